/* SPDX-License-Identifier: BSD-3-Clause */
/* watch: workers own COUNTs. Once a round, control looks at the COUNTs of all sessions, some at a
 * time. So workers need not note when a keyset was used, or how near its end is. An unused keyset
 * loses its keys; its session, COUNTs and windows stay. The next packet in either direction pulls
 * the keys again. */
#include "control/watch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/param.h>

#include "control/changeover.h"
#include "control/flows.h"
#include "control/kept.h"
#include "control/keyset.h"
#include "control/rounds.h"
#include "control/table.h"
#include "control/work.h"

/* Longest time of a round. */
#define ROUND_MS 60000
/* A keyset is flushed if this number of looks in a row, spread over idle_flush_s, found no use. */
#define LOOKS 4
/* A link failure can cause first recoveries in a million sessions, so log lines are limited. */
#define LINES_A_SECOND 10

struct watch {
	struct round round;
	uint64_t round_began_ms;
	uint32_t rounds; /* number of rounds that are over */
	/* Limits the log lines of recovered COUNTs. */
	uint64_t second; /* in which recovered was counted */
	uint32_t recovered;
};

/* Rounds between two looks for use. */
static uint32_t rounds_a_look(const struct session_store *store)
{
	return (uint32_t)(store->config.idle_flush_s * UINT64_C(1000) / LOOKS / ROUND_MS + 1);
}

static uint64_t round_ms(const struct session_store *store)
{
	if (store->config.idle_flush_s == 0)
		return ROUND_MS;
	return store->config.idle_flush_s * UINT64_C(1000) / LOOKS / rounds_a_look(store);
}

static void look_for_use(struct session_store *store, struct session *s, unsigned slot,
			 struct counts_value counts)
{
	struct session_keyset *keyset = &protection_of(s)->keysets[slot];

	if (keyset_was_used(keyset, counts)) {
		keyset->idle = 0;
	} else if (keyset->idle < LOOKS - 1) {
		keyset->idle++;
	} else if (kept_may_come_again(store, s, slot)) {
		control_count(store, SESSION_FLUSHED);
		control_log_of(store, s, SESSION_LOG_INFO,
			       "keys of %s were not used for %u s and are wiped",
			       keyset_name(s, slot).text, store->config.idle_flush_s);
		keyset_set_missing(store, s, slot);
	}
}

static void look_for_end(struct session_store *store, struct session *s, unsigned slot,
			 struct counts_value counts)
{
	const uint32_t mark = store->config.count_warning;
	const enum session_direction direction = counts.next[UP] >= mark ? UP : DOWN;

	if (mark == 0 || protection_of(s)->keysets[slot].count_warned ||
	    counts.next[direction] < mark)
		return;
	protection_of(s)->keysets[slot].count_warned = true;
	control_count(store, SESSION_COUNT_WARNINGS);
	control_log_of(
		store, s, SESSION_LOG_WARNING,
		"%s COUNT of e2mKEYSET %s is at %u of %u; the UE must activate another before "
		"that, or nothing more is sent",
		direction == UP ? "uplink" : "downlink", keyset_name(s, slot).text,
		counts.next[direction], NPDU_COUNT_MAX);
}

void watch_take_spent(struct session_store *store, const struct session *s, unsigned slot)
{
	control_count(store, SESSION_KEYSETS_SPENT);
	control_log_of(store, s, SESSION_LOG_WARNING,
		       "COUNT of e2mKEYSET %s has reached its end; nothing more is sent with it",
		       keyset_name(s, slot).text);
}

static unsigned look_at(struct session_store *store, struct session *s)
{
	const bool is_look =
		store->config.idle_flush_s > 0 && store->watch->rounds % rounds_a_look(store) == 0;

	/* While flows come and go, acknowledgements carry their COUNTs. */
	if ((!is_look && store->config.count_warning == 0) || work_first_operation(s))
		return 0;
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++) {
		struct counts_value counts;

		if (protection_of(s)->keysets[slot].state != DATAPATH_KEY_READY)
			continue;
		counts = flows_counts(store, s, slot);
		look_for_end(store, s, slot, counts);
		if (is_look && (slot == protection_of(s)->newest || !changeover_is_leaving(s)))
			look_for_use(store, s, slot, counts);
	}
	return 0;
}

/* Spreads the looks over round_ms. */
static uint32_t target(const struct session_store *store)
{
	const uint64_t elapsed = wheel_now(store->wheel) - store->watch->round_began_ms;

	const uint64_t highest = directory_highest(store->directory, DIRECTORY_PROTECTED);

	return (uint32_t)(highest * MIN(elapsed, round_ms(store)) / round_ms(store));
}

static uint64_t end_round(struct session_store *store)
{
	const uint64_t now = wheel_now(store->wheel);

	if (now - store->watch->round_began_ms >= round_ms(store)) {
		store->watch->round_began_ms = now;
		store->watch->rounds++;
	}
	return ROUNDS_RUN_MS;
}

struct watch *watch_start(struct session_store *store)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->round = (struct round){.look_at = look_at, .end = end_round, .target = target};
	watch->round_began_ms = wheel_now(store->wheel);
	rounds_begin(store, &watch->round, ROUNDS_RUN_MS);
	return watch;
}

/* --- COUNTs that were recovered, e2m.md 7 "Recovery" --- */

static void say_recovered(struct session_store *store, const struct session *s, uint64_t counts)
{
	const uint64_t second = wheel_now(store->wheel) / 1000;
	struct watch *w = store->watch;

	if (w->second != second) {
		if (w->recovered > LINES_A_SECOND)
			control_log(store, SESSION_LOG_INFO,
				    "%" PRIu32 " more sessions have found COUNT again: hsectl "
				    "sessions shows which",
				    w->recovered - LINES_A_SECOND);
		w->second = second;
		w->recovered = 0;
	}
	if (w->recovered++ < LINES_A_SECOND)
		control_log_of(store, s, SESSION_LOG_INFO,
			       "COUNT found again %" PRIu64
			       " ahead: so many uplink packets were lost, or sent elsewhere",
			       counts);
}

void watch_take_recovered(struct session_store *store, struct session *s,
			  const struct datapath_event *event)
{
	if (event->kind == DATAPATH_COUNT_PENDING)
		protection_of(s)->recovery_pending++;
	else if (protection_of(s)->recovered++ == 0)
		say_recovered(store, s, event->cookie);
}
