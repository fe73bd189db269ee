/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reconfigure: applies another configuration while sessions exist. Stricter rules apply to all
 * sessions, some at a time, so that control can do its other work meanwhile. Laxer rules apply from
 * the next activation on.
 */
#include "control/reconfigure.h"

#include <stdlib.h>

#include "control/journal.h"
#include "control/networks.h"
#include "control/obtain.h"
#include "control/rounds.h"
#include "control/rule.h"
#include "control/session.h"
#include "control/table.h"
#include "control/work.h"

/* A request that was read under the old policy may get its response up to a minute later. So
 * sessions are checked again after AGAIN_MS, and then each time after twice as long. */
#define AGAIN_MS 1000
#define ROUNDS	 7

struct reconfigure {
	struct round round;
	bool has_passed_over; /* sessions with an operation under way: a second round follows */
	bool is_after;	      /* this is such a second round */
	uint8_t rounds;	      /* rounds begun over all sessions */
	uint32_t barred, forbidden; /* in this round */
};

/* --- the policy --- */

static unsigned strictness(enum policy_action action)
{
	static const uint8_t order[] = {
		[POLICY_PASS] = 0, [POLICY_OPTIONAL] = 1, [POLICY_PROTECT] = 2, [POLICY_DROP] = 3};

	return order[action];
}

static enum policy_action decide(const struct session_store *store, const struct session *s)
{
	const struct policy_rule *rule = rule_of_session(store, s);

	return rule ? (enum policy_action)rule->action : POLICY_OPTIONAL;
}

/* A session without protection becomes a protected one without a keyset. If there is no place for
 * it, workers drop its packets because it is_barred. */
static void bar(struct session_store *store, struct session *s)
{
	struct change same;

	control_count(store, SESSION_POLICY_BARRED);
	store->reconfigure->barred++;
	s->is_barred = true;
	session_current(store, s, &same);
	session_apply(store, s, &same, NULL);
}

static void apply_policy(struct session_store *store, struct session *s)
{
	const enum policy_action policy = decide(store, s);

	if (s->origin == ORIGIN_CONFIGURATION || strictness(policy) <= strictness(s->policy))
		return;
	s->policy = policy & 3;
	control_log_of(store, s, SESSION_LOG_DEBUG, "the policy says %s now",
		       policy_action_names[policy]);
	journal_note(store, s);
	if (s->kind == DIRECTORY_UNPROTECTED && policy_bars(policy)) {
		bar(store, s);
	} else if (policy == POLICY_DROP && session_has_keyset(s)) {
		store->reconfigure->barred++;
		/* Its tunnels stay known until they are deleted, because packets of unknown tunnels
		 * pass. */
		obtain_end(store, s);
	}
}

/* --- all sessions --- */

static unsigned look_at(struct session_store *store, struct session *s)
{
	struct reconfigure *r = store->reconfigure;

	if (r->is_after && !s->is_passed_over)
		return 0;
	s->is_passed_over = work_first_operation(s) != NULL;
	r->has_passed_over |= s->is_passed_over;
	if (s->is_passed_over)
		return 0;
	if (s->kind == DIRECTORY_PROTECTED) {
		r->forbidden += obtain_forbid(store, s);
		networks_take_policy(store, s);
	}
	apply_policy(store, s);
	return 0;
}

static uint64_t end_round(struct session_store *store)
{
	struct reconfigure *r = store->reconfigure;

	if (r->barred > 0)
		control_log(store, SESSION_LOG_WARNING,
			    "policy: %u sessions are barred that were not before", r->barred);
	if (r->forbidden > 0)
		control_log(store, SESSION_LOG_WARNING,
			    "allowed_algorithms: %u keysets are refused that were in use",
			    r->forbidden);
	r->barred = r->forbidden = 0;
	/* In a large network some session always has an operation under way, but not always the
	 * same one. */
	r->is_after = r->has_passed_over;
	r->has_passed_over = false;
	if (r->is_after)
		return ROUNDS_RUN_MS;
	return r->rounds < ROUNDS ? AGAIN_MS << (r->rounds++ - 1) : 0;
}

struct reconfigure *reconfigure_new(void)
{
	struct reconfigure *r = calloc(1, sizeof(*r));

	if (r)
		r->round = (struct round){.look_at = look_at, .end = end_round};
	return r;
}

void session_reconfigure(struct session_store *store, const struct session_config *config)
{
	struct session_config *c = &store->config;

	c->policy = config->policy;
	c->allow_null_integrity = config->allow_null_integrity;
	c->ciphering_allowed = config->ciphering_allowed;
	c->integrity_allowed = config->integrity_allowed;
	c->pull_on_activation = config->pull_on_activation;
	c->changeover_s = config->changeover_s;
	c->negative_cache_s = config->negative_cache_s;
	c->idle_flush_s = config->idle_flush_s;
	c->count_warning = config->count_warning;
	c->pull = config->pull;
	pull_manager_configure(store->pulls, &config->pull);
	store->reconfigure->rounds = 1;
	store->reconfigure->is_after = store->reconfigure->has_passed_over = false;
	rounds_begin_now(store, &store->reconfigure->round);
}
