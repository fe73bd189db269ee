/* SPDX-License-Identifier: BSD-3-Clause */
/* cover: finds rules that never apply, because earlier rules fit all their sessions. app/hse calls it for --check. */
#ifndef POLICY_COVER_H
#define POLICY_COVER_H

#include "policy/policy.h"

/* is_covered: earlier rules fit every session that rules[i] fits, so rules[i] never applies. */
struct policy_cover {
	bool is_covered;
	bool by_one;	  /* one rule covers rules[i]; otherwise several rules do together */
	size_t rule;	  /* by_one: the number of the earlier rule */
	bool same_action; /* the earlier rules have the same action */
};

/* i: less than policy->count. The rules were read by policy_read_rule. */
struct policy_cover policy_find_cover(const struct policy *policy, size_t i);

#endif
