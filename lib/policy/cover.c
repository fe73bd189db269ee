/* SPDX-License-Identifier: BSD-3-Clause */
#include "policy/cover.h"

#include <stdlib.h>
#include <string.h>

/* A range of IMSIs as numbers of 15 digits. The prefix first stands for first000... to first999... */
struct range {
	uint64_t from, to;
};

static uint64_t padded(const char *digits, char with)
{
	char text[E2M_IMSI_MAX_DIGITS + 1];
	const size_t len = strlen(digits);

	memcpy(text, digits, len);
	memset(text + len, with, E2M_IMSI_MAX_DIGITS - len);
	text[E2M_IMSI_MAX_DIGITS] = '\0';
	return strtoull(text, NULL, 10);
}

static struct range range_of(const struct policy_rule *rule)
{
	return (struct range){padded(rule->first, '0'), padded(rule->last, '9')};
}

/* Returns true if earlier can fit all IMSIs that later fits. An IMSI with fewer digits than earlier
 * names does not fit. */
static bool has_digits(const struct policy_rule *earlier, const struct policy_rule *later)
{
	return earlier->digits <= E2M_IMSI_MIN_DIGITS || earlier->digits <= later->digits;
}

/* Without a readable APN, a rule with an APN fits only if it is strict (policy_decide) or protects
 * (policy_decide_reported). */
static bool covers_apn(const struct policy_rule *earlier, const struct policy_rule *later)
{
	const char *rest;

	if (!earlier->apn)
		return true;
	rest = later->apn ? policy_match_apn(earlier->apn, later->apn) : NULL;
	return rest && *rest == '\0' &&
	       (policy_bars(earlier->action) || !policy_bars(later->action)) &&
	       (earlier->action == POLICY_PROTECT || later->action != POLICY_PROTECT);
}

/* Among the rules before rules[i] that fit the IMSI from, finds the rule that reaches the highest IMSI.
 * NULL: no rule fits. */
static const struct policy_rule *find_rule(const struct policy *policy, size_t i, uint64_t from)
{
	const struct policy_rule *later = &policy->rules[i], *best = NULL;

	for (size_t j = 0; j < i; j++) {
		const struct policy_rule *rule = &policy->rules[j];
		const struct range range = range_of(rule);

		if (has_digits(rule, later) && covers_apn(rule, later) && range.from <= from &&
		    range.to >= from && (!best || range.to > range_of(best).to))
			best = rule;
	}
	return best;
}

struct policy_cover policy_find_cover(const struct policy *policy, size_t i)
{
	const struct policy_rule *later = &policy->rules[i];
	struct policy_cover cover = {.is_covered = true, .by_one = true, .same_action = true};
	struct range left = range_of(later);
	const struct policy_rule *rule = NULL;

	while (left.from <= left.to) {
		const struct policy_rule *last = rule;

		rule = find_rule(policy, i, left.from);
		if (!rule)
			return (struct policy_cover){0};
		cover.by_one &= !last;
		cover.same_action &= rule->action == later->action;
		cover.rule = (size_t)(rule - policy->rules);
		left.from = range_of(rule).to + 1;
	}
	return cover;
}
