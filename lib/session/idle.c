/* SPDX-License-Identifier: BSD-3-Clause */
/* idle: keysets that nobody uses lose their keys. Session, COUNTs and windows stay, and the next packet, in
 * either direction, pulls the keys again. Workers know nothing of it: control looks at the COUNTs of
 * their flows now and then, at all sessions once a round, a few at a time. */
#include "datapath/datapath.h"
#include "session/store.h"

/* A keyset is flushed when so many looks in a row saw no use of it. */
#define LOOKS 4
/* Sessions looked at in one go, at most, and how often. */
#define SLICE	 4096
#define SLICE_MS 10

static uint64_t round_ms(const struct session_store *store)
{
	return store->config.idle_flush_s * UINT64_C(1000) / LOOKS;
}

static void flush(struct session_store *store, struct session *s, unsigned slot)
{
	struct retired *retired = retire_key(store, s, slot);
	char id[E2M_KEYSET_ID_STR];

	store_count(store, SESSION_FLUSHED);
	store_log(store, SESSION_LOG_INFO,
		  "IMSI %s NSAPI %u: keys of %s were not used for %u s and are wiped",
		  store_imsi(s).digits, s->nsapi, e2m_keyset_id_str(&s->keysets[slot].id, id),
		  store->config.idle_flush_s);
	keys_set_state(store, s, slot, DATAPATH_KEY_MISSING);
	retire_tell(store, s, slot, true, retired);
}

static void look_at_keyset(struct session_store *store, struct session *s, unsigned slot,
			   uint32_t used)
{
	struct session_keyset *keyset = &s->keysets[slot];

	if (used != keyset->seen) {
		keyset->seen = used;
		keyset->idle = 0;
	} else if (++keyset->idle == LOOKS) {
		flush(store, s, slot);
	}
}

uint32_t idle_use_of(const struct session_store *store, const struct session *s, unsigned slot)
{
	const struct counts_value *count = &s->keysets[slot].count;
	struct datapath_flow_view view;
	uint32_t sum = 0;

	for (unsigned d = 0; d < 2; d++)
		if (s->flow[d].live) {
			store->ops.view_flow(store->ops.arg, s->flow[d].worker, s->flow[d].number,
					     &view);
			sum += view.count[slot];
		} else {
			sum += d == UP ? count->uplink : count->downlink;
		}
	return sum;
}

static void look_at(struct session_store *store, struct session *s)
{
	/* Flows that come and go just now carry their COUNTs on in acknowledgements. */
	if (work_first_operation(s))
		return;
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		if (s->keysets[slot].state == DATAPATH_KEY_READY &&
		    (slot == s->newest || !keys_is_leaving(s)))
			look_at_keyset(store, s, slot, idle_use_of(store, s, slot));
}

/* Ids that should have been looked at by now, in this round. */
static uint32_t target_of_round(const struct session_store *store)
{
	const uint64_t elapsed = wheel_now(store->wheel) - store->idle.round_began_ms;

	return elapsed < round_ms(store) ? (uint32_t)(store->highest * elapsed / round_ms(store))
					 : store->highest;
}

static void look_at_slice(struct wheel_timer *timer, void *arg)
{
	struct session_store *store = arg;
	const uint32_t target = target_of_round(store);
	const uint64_t now = wheel_now(store->wheel);

	for (unsigned i = 0; i < SLICE && store->idle.looked_at < target; i++) {
		struct session *s = store_session(store, ++store->idle.looked_at);
		if (s)
			look_at(store, s);
	}
	if (store->idle.looked_at >= store->highest &&
	    now - store->idle.round_began_ms >= round_ms(store)) {
		store->idle.looked_at = 0;
		store->idle.round_began_ms = now;
	}
	wheel_set(store->wheel, timer, SLICE_MS, look_at_slice);
}

void idle_start(struct session_store *store)
{
	store->idle.round_began_ms = wheel_now(store->wheel);
	if (store->config.idle_flush_s > 0)
		wheel_set(store->wheel, &store->idle.timer, SLICE_MS, look_at_slice);
}
