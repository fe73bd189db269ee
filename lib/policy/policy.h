/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy: the operator's rules for sessions, by IMSI and APN. lib/control asks when GTP-C or a notification
 * makes a session, and again when the rules have changed. app/hse calls policy_read_rule for the configuration.
 * The first rule that fits applies; if no rule fits, the action is POLICY_OPTIONAL. The functions allocate
 * nothing, never block and keep no state. cover.h is for --check.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "e2m/e2m.h"

enum policy_action {
	POLICY_OPTIONAL, /* protected if the UE names a keyset; otherwise not protected */
	POLICY_PROTECT,	 /* always protected: without a keyset no packet crosses */
	POLICY_PASS,	 /* never protected, even if the UE names a keyset */
	POLICY_DROP,	 /* no session: the request for one does not cross */
};

/* Returns true if the action is strict: no packet crosses without a keyset. */
static inline bool policy_bars(enum policy_action action)
{
	return action == POLICY_PROTECT || action == POLICY_DROP;
}

/* Returns true if hse uses the keyset that the UE names. */
static inline bool policy_protects(enum policy_action action)
{
	return action == POLICY_OPTIONAL || action == POLICY_PROTECT;
}

/* The words of the configuration, by enum policy_action; ends with NULL. */
extern const char *const policy_action_names[];

struct policy_rule {
	/* As configured; owned by the configuration. */
	char *apn;  /* NULL: any. Labels separated by dots; "*" stands for one whole label */
	char *imsi; /* NULL: any. "26201": a prefix; "262010-262014": a range of prefixes */
	int action; /* enum policy_action */
	/* Set from imsi by policy_read_rule. */
	uint8_t digits; /* length of first and last; 0: any IMSI */
	char first[E2M_IMSI_MAX_DIGITS + 1];
	char last[E2M_IMSI_MAX_DIGITS + 1];
};

struct policy {
	const struct policy_rule *rules;
	size_t count;
};

/* Checks apn and imsi, and sets digits, first and last. Returns NULL if the rule is valid. Otherwise returns the
 * fault, for people, and the name of the wrong member in *member. */
const char *policy_read_rule(struct policy_rule *rule, const char **member);

/* Compares the labels of apn with the labels of pattern, which may contain "*". Labels are separated by dots.
 * Returns the rest of apn behind the labels of pattern: "" or ".more". NULL: a label differs, or apn has fewer
 * labels. */
const char *policy_match_apn(const char *pattern, const char *apn);

/*
 * Returns the action for a new session. apn: len octets of an Access Point Name IE (TS 23.003 9.1: each label
 * follows an octet with its length). len 0: no APN. Upper and lower case are the same. An Operator Identifier
 * behind the APN of a rule is ignored. A missing APN, or one that GSNs could read differently, fits each strict
 * rule and no other rule. So no spelling of an APN gets around a rule.
 */
enum policy_action policy_decide(const struct policy *policy, const struct e2m_imsi *imsi,
				 const uint8_t *apn, size_t len);
/* Returns true if a rule is strict. */
bool policy_is_strict(const struct policy *policy);
/* Same for an existing session that a GGSN or P-GW reports. The report has no APN, so a rule with an APN fits if
 * its action is POLICY_PROTECT. */
enum policy_action policy_decide_reported(const struct policy *policy, const struct e2m_imsi *imsi);

#endif
