/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy: what an operator wants of a subscriber's sessions, by IMSI and APN. lib/control asks when GTP-C or
 * a notification makes a session, and again when the rules have changed. The first rule that fits counts; if
 * none fits, the action is POLICY_OPTIONAL. Nothing here allocates, blocks or keeps state. cover.h is for
 * --check.
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

/* Returns true if no packet crosses without a keyset: the action is strict. */
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
	/* As configured; owned by the configuration. */
	char *apn; /* NULL: any. Labels with dots between; "*" stands for one whole label */
	char *imsi; /* NULL: any. "26201": those that begin so; "262010-262014": that begin from, to */
	int action; /* enum policy_action */
	/* What policy_read_rule makes of imsi. */
	uint8_t digits; /* of first and last; 0: any */
	char first[E2M_IMSI_MAX_DIGITS + 1];
	char last[E2M_IMSI_MAX_DIGITS + 1];
};

struct policy {
	const struct policy_rule *rules;
	size_t count;
};

/* Checks apn and imsi, and sets the members made of imsi. NULL: all is well. Otherwise what is wrong, for
 * people, and in *member the name of the wrong member. */
const char *policy_read_rule(struct policy_rule *rule, const char **member);

/* Compares the labels of apn, which has dots, with those of pattern, which may have "*". Returns what follows
 * in apn behind the labels of pattern: "" or ".more". NULL: a label differs, or apn has fewer labels. */
const char *policy_match_apn(const char *pattern, const char *apn);

/*
 * apn: the contents of an Access Point Name IE (TS 23.003 9.1: labels, each after an octet with its
 * length), len octets; len 0: there is none. Case does not matter. An Operator Identifier behind the APN of
 * a rule does not matter either. An APN that is missing, or that not all GSNs would read alike, fits each
 * strict rule and no other: so a way to write it does not get around a rule.
 */
enum policy_action policy_decide(const struct policy *policy, const struct e2m_imsi *imsi,
				 const uint8_t *apn, size_t len);
/* Returns true if a rule is strict. */
bool policy_is_strict(const struct policy *policy);
/* Same for a session that exists already, reported by a GGSN or P-GW without its APN: a rule with an APN
 * fits if it protects. */
enum policy_action policy_decide_reported(const struct policy *policy, const struct e2m_imsi *imsi);

#endif
