/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy: what an operator wants of a subscriber's sessions, by IMSI and APN. Decided when GTP-C, of whatever
 * version, or a notification makes a session. Rules are looked at in their order, and the first that fits counts; where none
 * does, it is POLICY_OPTIONAL.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "e2m/e2m.h"

enum policy_action {
	POLICY_OPTIONAL, /* protected when the UE names a keyset, and else not */
	POLICY_PROTECT,	 /* protected: without a keyset nothing crosses */
	POLICY_PASS,	 /* never protected, also when the UE names a keyset */
	POLICY_DROP,	 /* the request that would make it does not cross */
};

/* Returns true if no packet crosses without a keyset. */
static inline bool policy_bars(enum policy_action action)
{
	return action == POLICY_PROTECT || action == POLICY_DROP;
}

/* Returns true if a keyset that the UE names is used. */
static inline bool policy_protects(enum policy_action action)
{
	return action == POLICY_OPTIONAL || action == POLICY_PROTECT;
}

/* "optional", ..., NULL: for a configuration. */
extern const char *const policy_action_names[];

struct policy_rule {
	/* As configured. */
	char *apn; /* NULL: any. Labels with dots between; "*" stands for one whole label */
	char *imsi; /* NULL: any. "26201": those that begin so; "262010-262014": that begin from, to */
	int action; /* enum policy_action */
	/* What policy_read_rule makes of imsi. */
	uint8_t digits; /* of first and last; 0: any */
	char first[E2M_IMSI_MAX_DIGITS + 1];
	char last[E2M_IMSI_MAX_DIGITS + 1];
};

/* Returns true if the rule stops packets or requests. */
static inline bool policy_rule_is_strict(const struct policy_rule *rule)
{
	return rule->action == POLICY_PROTECT || rule->action == POLICY_DROP;
}

struct policy {
	const struct policy_rule *rules;
	size_t count;
};

/* is_covered: earlier rules fit every session that rules[i] fits, so rules[i] never applies. */
struct policy_cover {
	bool is_covered;
	bool by_one; /* rule alone covers it; otherwise several rules together */
	size_t rule;
	bool same_action; /* the earlier rules have the same action */
};
struct policy_cover policy_find_cover(const struct policy *policy, size_t i);

/* Reads what a configuration has put there. NULL, or what is wrong, and in *member the name of the key. */
const char *policy_read_rule(struct policy_rule *rule, const char **member);

/*
 * apn: the contents of an Access Point Name IE (TS 23.003 9.1: labels, each after an octet with its length),
 * len 0: there is none. Case does not matter, and an Operator Identifier behind what the rule says does not
 * either. Where there is no APN, or none that everybody would read alike, it fits all rules that would keep
 * something from crossing and no other, so that nobody gets around a rule by how he writes it.
 */
enum policy_action policy_decide(const struct policy *policy, const struct e2m_imsi *imsi,
				 const uint8_t *apn, size_t len);
/* Whether a rule would keep something from crossing. */
bool policy_is_strict(const struct policy *policy);
/* policy_decide where a GGSN or P-GW reports a session, which is made already, and whose APN it does not say: a rule with
 * an APN fits if it would protect, and else not. */
enum policy_action policy_decide_reported(const struct policy *policy, const struct e2m_imsi *imsi);

#endif
