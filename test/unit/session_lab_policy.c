/* SPDX-License-Identifier: BSD-3-Clause */
#include "session_lab_policy.h"

#define RULES 3

static struct policy_rule rules[RULES];

void lab_rule(const char *apn, const char *imsi, enum policy_action action)
{
	char member[POLICY_MEMBER];
	struct policy_rule *rule;

	CU_ASSERT_TRUE_FATAL(lab.config.policy.count < RULES);
	rule = &rules[lab.config.policy.count++];
	*rule = (struct policy_rule){.apn = (char *)(uintptr_t)apn,
				     .imsi = (char *)(uintptr_t)imsi,
				     .action = (int)action};
	CU_ASSERT_PTR_NULL(policy_read_rule(rule, member));
	lab.config.policy.rules = rules;
}

void lab_start_with(enum policy_action action)
{
	lab_defaults();
	lab_rule("internet", NULL, action);
	lab_open();
}

static bool get_flows(const struct lab_context *c, const struct lab_flow *flows[2])
{
	const struct tunnel up = lab_up(c), down = lab_down(c);

	flows[0] = lab_flow(&up);
	flows[1] = lab_flow(&down);
	return flows[0] && flows[1];
}

/* Workers find it in the directory, and have no flow for it. */
static bool crosses(const struct lab_context *c)
{
	const struct tunnel tunnels[2] = {[UP] = lab_up(c), [DOWN] = lab_down(c)};
	bool does = true;

	for (unsigned d = 0; d < 2; d++) {
		const struct session *s =
			directory_find_tunnel(lab.store->directory, &tunnels[d], d);

		does &= s && s->kind == DIRECTORY_UNPROTECTED && !s->is_barred &&
			!lab_flow(&tunnels[d]);
	}
	return does;
}

bool lab_is_treated(const struct lab_context *c, enum datapath_treatment treatment)
{
	const struct lab_flow *flows[2];

	if (treatment == DATAPATH_LET_PASS)
		return crosses(c);
	return get_flows(c, flows) && flows[0]->treatment == treatment &&
	       flows[1]->treatment == treatment;
}

bool lab_is_protected(const struct lab_context *c)
{
	const struct lab_flow *flows[2];

	return get_flows(c, flows) &&
	       flows[0]->places[flows[0]->in_use].state == DATAPATH_KEY_READY &&
	       flows[1]->places[flows[1]->in_use].state == DATAPATH_KEY_READY;
}
