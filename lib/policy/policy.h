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
#include "gtp/pdp_address.h"

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

/* A network behind the UE of a session. */
struct policy_route {
	char *text;		  /* as configured: "10.1.0.0/16"; owned by the configuration */
	struct pdp_prefix prefix; /* set from text by policy_read_rule */
};

struct policy_rule {
	/* As configured; owned by the configuration. */
	char *apn;  /* NULL: any. Labels separated by dots; "*" stands for one whole label */
	char *imsi; /* NULL: any. "26201": a prefix; "262010-262014": a range of prefixes */
	int action; /* enum policy_action */
	struct policy_route *routes; /* networks that each session has which the rule fits */
	size_t routes_count;
	/* Bits of the prefix that a session's IPv6 address stands for, 1 to 128; 0: as GTP-C or a notification says. */
	uint8_t delegated_prefix_length;
	/* Set from imsi by policy_read_rule. */
	uint8_t digits; /* length of first and last; 0: any IMSI */
	char first[E2M_IMSI_MAX_DIGITS + 1];
	char last[E2M_IMSI_MAX_DIGITS + 1];
};

struct policy {
	const struct policy_rule *rules;
	size_t count;
};

/* Checks apn, imsi and routes, and sets what is set from them. Returns NULL if the rule is valid. Otherwise returns the
 * fault, for people, and the name of the wrong member in member ("apn", "routes[2]"). */
#define POLICY_MEMBER 32
const char *policy_read_rule(struct policy_rule *rule, char member[POLICY_MEMBER]);

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
/* Returns the rule that decides: for its routes and its delegated_prefix_length. NULL: no rule fits. */
const struct policy_rule *policy_find(const struct policy *policy, const struct e2m_imsi *imsi,
				      const uint8_t *apn, size_t len);
/* Returns true if a rule is strict. */
bool policy_is_strict(const struct policy *policy);
/* Same as policy_decide and policy_find for an existing session that a GGSN or P-GW reports without an APN. A rule with
 * an APN fits if its action is POLICY_PROTECT. */
enum policy_action policy_decide_reported(const struct policy *policy, const struct e2m_imsi *imsi);
const struct policy_rule *policy_find_reported(const struct policy *policy,
					       const struct e2m_imsi *imsi);

#endif
