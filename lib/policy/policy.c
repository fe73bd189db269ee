/* SPDX-License-Identifier: BSD-3-Clause */
#include "policy/policy.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* TS 23.003 9.1. APN_MAX contains the length octets. */
#define APN_MAX	  100
#define LABEL_MAX 63

const char *const policy_action_names[] = {"optional", "protect", "pass", "drop", NULL};

/* --- rules --- */

static bool is_apn(const char *apn)
{
	for (size_t len; *apn; apn += len) {
		len = strcspn(apn, ".");
		if (len == 0 || len > LABEL_MAX ||
		    (memchr(apn, '*', len) && (len > 1 || *apn != '*')))
			return false;
		if (apn[len] == '.' && apn[++len] == '\0')
			return false;
	}
	return true;
}

/* Copies the digits at the begin of text and returns their number. Returns 0 if they do not stop at end or at the
 * end of text. */
static size_t read_digits(char *digits, const char *text, char end)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > E2M_IMSI_MAX_DIGITS || (text[len] != end && text[len] != '\0'))
		return 0;
	memcpy(digits, text, len);
	digits[len] = '\0';
	return len;
}

static const char *read_imsis(struct policy_rule *rule)
{
	size_t len = read_digits(rule->first, rule->imsi, '-');

	if (len == 0)
		return "expected 1 to 15 digits, or two such numbers with a '-' between";
	strcpy(rule->last, rule->first);
	if (rule->imsi[len] == '-' && read_digits(rule->last, rule->imsi + len + 1, '\0') != len)
		return "expected as many digits behind the '-' as before it";
	if (strcmp(rule->first, rule->last) > 0)
		return "the range ends before it begins";
	rule->digits = (uint8_t)len;
	return NULL;
}

static const char *read_route(struct policy_route *route)
{
	if (pdp_prefix_parse(&route->prefix, route->text))
		return "expected a network as in 10.1.0.0/16 or 2001:db8::/32, without bits behind "
		       "its length, or one address";
	if (route->prefix.length == 0)
		return "every address is no network behind one UE";
	return NULL;
}

static const char *read_routes(struct policy_rule *rule, char member[POLICY_MEMBER])
{
	const char *wrong = NULL;

	for (size_t i = 0; i < rule->routes_count && !wrong; i++) {
		snprintf(member, POLICY_MEMBER, "routes[%zu]", i);
		wrong = read_route(&rule->routes[i]);
	}
	return wrong;
}

const char *policy_read_rule(struct policy_rule *rule, char member[POLICY_MEMBER])
{
	const char *wrong = NULL;

	strcpy(member, "apn");
	if (rule->apn && (!is_apn(rule->apn) || strlen(rule->apn) >= APN_MAX))
		return "expected an APN: labels with dots between, each of letters, digits and "
		       "'-', or '*' for one whole label";
	strcpy(member, "imsi");
	if (rule->imsi)
		wrong = read_imsis(rule);
	return wrong ? wrong : read_routes(rule, member);
}

/* --- subscribers --- */

/* Writes the APN with dots between its labels. Returns false if GSNs could read the APN differently. */
static bool read_apn(char text[APN_MAX + 1], const uint8_t *apn, size_t len)
{
	if (len == 0 || len > APN_MAX)
		return false;
	for (size_t at = 0; at < len;) {
		const size_t label = apn[at];

		if (label == 0 || label > LABEL_MAX || at + 1 + label > len)
			return false;
		for (size_t i = at + 1; i <= at + label; i++)
			if (!isalnum(apn[i]) && apn[i] != '-' && apn[i] != '_')
				return false;
		if (at > 0)
			text[at - 1] = '.';
		memcpy(text + at, apn + at + 1, label);
		at += 1 + label;
		text[at - 1] = '\0';
	}
	return true;
}

/* Returns true if the label consists of name ("mnc" or "mcc") and two or three digits. */
static bool is_code(const char *label, size_t len, const char *name)
{
	return len >= 5 && len <= 6 && strncasecmp(label, name, 3) == 0 &&
	       strspn(label + 3, "0123456789") >= len - 3;
}

/* TS 23.003 9.1.2: "mnc001.mcc262.gprs". */
static bool is_operator_identifier(const char *text)
{
	const size_t mnc = strcspn(text, "."), mcc = text[mnc] ? strcspn(text + mnc + 1, ".") : 0;

	return mcc > 0 && text[mnc + 1 + mcc] == '.' && is_code(text, mnc, "mnc") &&
	       is_code(text + mnc + 1, mcc, "mcc") && strcasecmp(text + mnc + mcc + 2, "gprs") == 0;
}

const char *policy_match_apn(const char *pattern, const char *apn)
{
	for (;;) {
		const size_t wanted = strcspn(pattern, "."), len = strcspn(apn, ".");

		if (strncmp(pattern, "*", wanted) != 0 &&
		    (wanted != len || strncasecmp(pattern, apn, len) != 0))
			return NULL;
		pattern += wanted;
		apn += len;
		if (*pattern == '\0')
			return apn;
		if (*apn == '\0')
			return NULL;
		pattern++;
		apn++;
	}
}

static bool fits_apn(const char *pattern, const char *apn)
{
	const char *rest = policy_match_apn(pattern, apn);

	return rest && (*rest == '\0' || is_operator_identifier(rest + 1));
}

static bool fits_imsi(const struct policy_rule *rule, const struct e2m_imsi *imsi)
{
	return strlen(imsi->digits) >= rule->digits &&
	       strncmp(imsi->digits, rule->first, rule->digits) >= 0 &&
	       strncmp(imsi->digits, rule->last, rule->digits) <= 0;
}

bool policy_is_strict(const struct policy *policy)
{
	for (size_t i = 0; i < policy->count; i++)
		if (policy_bars(policy->rules[i].action))
			return true;
	return false;
}

/* apn NULL: the APN is unknown. Then a rule with an APN fits if assumed of its action is true. */
static const struct policy_rule *find(const struct policy *policy, const struct e2m_imsi *imsi,
				      const char *apn, const bool assumed[])
{
	for (size_t i = 0; i < policy->count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (fits_imsi(rule, imsi) &&
		    (!rule->apn || (apn ? fits_apn(rule->apn, apn) : assumed[rule->action])))
			return rule;
	}
	return NULL;
}

static enum policy_action action_of(const struct policy_rule *rule)
{
	return rule ? (enum policy_action)rule->action : POLICY_OPTIONAL;
}

const struct policy_rule *policy_find(const struct policy *policy, const struct e2m_imsi *imsi,
				      const uint8_t *apn, size_t len)
{
	static const bool strict[POLICY_DROP + 1] = {[POLICY_PROTECT] = true, [POLICY_DROP] = true};
	char text[APN_MAX + 1];

	return find(policy, imsi, read_apn(text, apn, len) ? text : NULL, strict);
}

enum policy_action policy_decide(const struct policy *policy, const struct e2m_imsi *imsi,
				 const uint8_t *apn, size_t len)
{
	return action_of(policy_find(policy, imsi, apn, len));
}

const struct policy_rule *policy_find_reported(const struct policy *policy,
					       const struct e2m_imsi *imsi)
{
	static const bool protects[POLICY_DROP + 1] = {[POLICY_PROTECT] = true};

	return find(policy, imsi, NULL, protects);
}

enum policy_action policy_decide_reported(const struct policy *policy, const struct e2m_imsi *imsi)
{
	return action_of(policy_find_reported(policy, imsi));
}
