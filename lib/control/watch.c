/* SPDX-License-Identifier: BSD-3-Clause */
/* watch: what control sees of COUNTs, which are the workers'. It looks at those of all sessions once a
 * round, a few at a time, so that workers need not note when a keyset was used, or say how far it is.
 * Keysets that nobody uses lose their keys; session, COUNTs and windows stay, and the next packet, in
 * either direction, pulls the keys again. Of COUNTs that near their end it warns. */
#include "control/watch.h"
#include "control/kept.h"
#include "control/keys.h"
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

struct counts_value watch_counts_of(const struct session_store *store, const struct session *s,
				    unsigned slot)
{
	struct counts_value counts = s->keysets[slot].count;
	struct datapath_flow_view view;

	for (unsigned d = 0; d < 2; d++) {
		if (!s->flow[d].live)
			continue;
		store->ops.view_flow(store->ops.arg, s->flow[d].worker, s->flow[d].number, &view);
		counts.next[d] = view.count[slot];
	}
	return counts;
}

static uint32_t use_of(struct counts_value counts)
{
	return counts.next[UP] + counts.next[DOWN];
}

uint32_t watch_use_of(const struct session_store *store, const struct session *s, unsigned slot)
{
	return use_of(watch_counts_of(store, s, slot));
}

static void flush(struct session_store *store, struct session *s, unsigned slot)
{
	struct retired *retired = kept_retire_key(store, s, slot);
	char id[E2M_KEYSET_ID_STR];

	control_count(store, SESSION_FLUSHED);
	control_log(store, SESSION_LOG_INFO,
		    "IMSI %s NSAPI %u: keys of %s were not used for %u s and are wiped",
		    table_imsi(s).digits, s->nsapi, e2m_keyset_id_str(&s->keysets[slot].id, id),
		    store->config.idle_flush_s);
	keys_set_state(store, s, slot, DATAPATH_KEY_MISSING);
	kept_tell(store, s, slot, true, retired);
}

/* e2m.md 2: the keys of a replaced keyset are not flushed while a session holds it. */
static bool may_come_again(struct session_store *store, const struct session *s, unsigned slot)
{
	const struct e2m_imsi imsi = table_imsi(s);

	return retention_may_come_again(store->retention, &imsi, &s->keysets[slot].fingerprint);
}

static void look_for_use(struct session_store *store, struct session *s, unsigned slot,
			 uint32_t used)
{
	struct session_keyset *keyset = &s->keysets[slot];

	if (used != keyset->seen) {
		keyset->seen = used;
		keyset->idle = 0;
	} else if (keyset->idle < LOOKS - 1) {
		keyset->idle++;
	} else if (may_come_again(store, s, slot)) {
		flush(store, s, slot);
	}
}

static void warn(struct session_store *store, struct session *s, unsigned slot, const char *which,
		 uint32_t count)
{
	char id[E2M_KEYSET_ID_STR];

	s->keysets[slot].count_warned = true;
	control_count(store, SESSION_COUNT_WARNINGS);
	control_log(
		store, SESSION_LOG_WARNING,
		"IMSI %s NSAPI %u: %s COUNT of e2mKEYSET %s is at %u of %u; the UE must activate "
		"another before that, or nothing more is sent",
		table_imsi(s).digits, s->nsapi, which, e2m_keyset_id_str(&s->keysets[slot].id, id),
		count, NPDU_COUNT_MAX);
}

static void look_for_end(struct session_store *store, struct session *s, unsigned slot,
			 struct counts_value counts)
{
	const uint32_t mark = store->config.count_warning;

	if (mark == 0 || s->keysets[slot].count_warned)
		return;
	if (counts.next[UP] >= mark)
		warn(store, s, slot, "uplink", counts.next[UP]);
	else if (counts.next[DOWN] >= mark)
		warn(store, s, slot, "downlink", counts.next[DOWN]);
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
		counts = watch_counts_of(store, s, slot);
		look_for_end(store, s, slot, counts);
		if (is_look && (slot == s->newest || !keys_is_leaving(s)))
			look_for_use(store, s, slot, use_of(counts));
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
