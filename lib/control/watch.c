/* SPDX-License-Identifier: BSD-3-Clause */
/* watch: what control sees of COUNTs, which are the workers'. It looks at those of all sessions once a
 * round, a few at a time, so that workers need not note when a keyset was used, or say how far it is.
 * Keysets that nobody uses lose their keys; session, COUNTs and windows stay, and the next packet, in
 * either direction, pulls the keys again. Of COUNTs that near their end it warns. */
#include "control/watch.h"
#include "control/changeover.h"
#include "control/flows.h"
#include "control/kept.h"
#include "control/keyset.h"
#include "control/table.h"
#include "control/work.h"
#include "datapath/datapath.h"

/* A round takes so long at most. */
#define ROUND_MS 60000
/* A keyset is flushed when so many looks in a row, evenly over idle_flush_s, saw no use of it. */
#define LOOKS 4
/* Sessions looked at in one go, at most, and how often. */
#define SLICE	 4096
#define SLICE_MS 10

/* Rounds from one look for use to the next. */
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

static void flush(struct session_store *store, struct session *s, unsigned slot)
{
	control_count(store, SESSION_FLUSHED);
	control_log_of(store, s, SESSION_LOG_INFO,
		       "keys of %s were not used for %u s and are wiped", keyset_name(s, slot).text,
		       store->config.idle_flush_s);
	keyset_set_missing(store, s, slot);
}

static void look_for_use(struct session_store *store, struct session *s, unsigned slot,
			 struct counts_value counts)
{
	struct session_keyset *keyset = &s->keysets[slot];

	if (keyset_was_used(keyset, counts))
		keyset->idle = 0;
	else if (keyset->idle < LOOKS - 1)
		keyset->idle++;
	else if (kept_may_come_again(store, s, slot))
		flush(store, s, slot);
}

static void look_for_end(struct session_store *store, struct session *s, unsigned slot,
			 struct counts_value counts)
{
	const uint32_t mark = store->config.count_warning;
	const enum session_direction direction = counts.next[UP] >= mark ? UP : DOWN;

	if (mark == 0 || s->keysets[slot].count_warned || counts.next[direction] < mark)
		return;
	s->keysets[slot].count_warned = true;
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

static void look_at(struct session_store *store, struct session *s)
{
	const bool is_look =
		store->config.idle_flush_s > 0 && store->watch.rounds % rounds_a_look(store) == 0;

	if (!is_look && store->config.count_warning == 0)
		return;
	/* Flows that come and go just now carry their COUNTs on in acknowledgements. */
	if (work_first_operation(s))
		return;
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++) {
		struct counts_value counts;

		if (s->keysets[slot].state != DATAPATH_KEY_READY)
			continue;
		counts = flows_counts(store, s, slot);
		look_for_end(store, s, slot, counts);
		if (is_look && (slot == s->newest || !changeover_is_leaving(s)))
			look_for_use(store, s, slot, counts);
	}
}

/* Ids that should have been looked at by now, in this round. */
static uint32_t target_of_round(const struct session_store *store)
{
	const uint64_t elapsed = wheel_now(store->wheel) - store->watch.round_began_ms;

	return elapsed < round_ms(store) ? (uint32_t)(store->highest * elapsed / round_ms(store))
					 : store->highest;
}

static void look_at_slice(struct wheel_timer *timer, void *arg)
{
	struct session_store *store = arg;
	const uint32_t target = target_of_round(store);
	const uint64_t now = wheel_now(store->wheel);

	for (unsigned i = 0; i < SLICE && store->watch.looked_at < target; i++) {
		struct session *s = table_session(store, ++store->watch.looked_at);
		if (s)
			look_at(store, s);
	}
	if (store->watch.looked_at >= store->highest &&
	    now - store->watch.round_began_ms >= round_ms(store)) {
		store->watch.looked_at = 0;
		store->watch.round_began_ms = now;
		store->watch.rounds++;
	}
	wheel_set(store->wheel, timer, SLICE_MS, look_at_slice);
}

void watch_start(struct session_store *store)
{
	store->watch.round_began_ms = wheel_now(store->wheel);
	wheel_set(store->wheel, &store->watch.timer, SLICE_MS, look_at_slice);
}
