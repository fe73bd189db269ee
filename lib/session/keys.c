/* SPDX-License-Identifier: BSD-3-Clause */
/* keys: the keysets of a session, from their name to their end. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "session/store.h"

static struct counts_key counts_key_of(const struct session *s, unsigned slot)
{
	return (struct counts_key){.imsi = s->imsi, .id = s->keysets[slot].id, .bearer = s->nsapi};
}

static void set_state(struct session_store *store, struct session *s, unsigned slot,
		      enum datapath_key_state state)
{
	struct session_keyset *keyset = &s->keysets[slot];
	unsigned before = 0, after = 0;

	for (unsigned i = 0; i < DATAPATH_KEYSETS; i++)
		before += s->keysets[i].state == DATAPATH_KEY_READY;
	keyset->state = (uint8_t)state;
	for (unsigned i = 0; i < DATAPATH_KEYSETS; i++)
		after += s->keysets[i].state == DATAPATH_KEY_READY;
	store->ready += (after > 0) - (before > 0);
}

/* --- old keys --- */

static struct retired *retire(struct session_store *store, struct npdu_key *key)
{
	struct retired *retired = calloc(1, sizeof(*retired));

	/* Nothing that follows is safe without it: COUNTs would be lost. */
	if (!retired)
		abort();
	retired->store = store;
	retired->key = key;
	LIST_INSERT_HEAD(&store->retired, retired, entry);
	return retired;
}

static void free_retired(struct retired *retired)
{
	LIST_REMOVE(retired, entry);
	npdu_key_free(retired->key);
	free(retired);
}

static void remember(struct session_store *store, const struct counts_key *key,
		     struct counts_value value)
{
	if (counts_put(store->counts, key, value, store->config.count_retention_s) != 0)
		store_log(store, SESSION_LOG_WARNING,
			  "IMSI %s: no room to remember the COUNTs of its keyset; raise "
			  "sessions.max",
			  key->imsi.digits);
}

void keys_acknowledged(const struct datapath_event *event)
{
	struct retired *retired = (struct retired *)(uintptr_t)event->cookie;

	if (event->side == E2M_UPLINK)
		retired->counts.uplink = event->count[event->slot];
	else
		retired->counts.downlink = event->count[event->slot];
	if (--retired->pending > 0)
		return;
	if (retired->has_counts)
		remember(retired->store, &retired->counts_key, retired->counts);
	free_retired(retired);
}

void keys_free_retired(struct session_store *store)
{
	while (!LIST_EMPTY(&store->retired))
		free_retired(LIST_FIRST(&store->retired));
}

/* Tells live flows of a place, with keep_count as it is; the key that was there goes when they have
 * let go of it. */
static void tell_flows(struct session_store *store, struct session *s, unsigned slot,
		       bool keep_count, struct retired *retired)
{
	for (unsigned d = 0; d < 2; d++)
		if (s->flow[d].live) {
			retired->pending++;
			flows_set_keyset(store, s, d, slot, keep_count, retired);
		}
	if (retired->pending == 0)
		free_retired(retired);
}

/* --- places --- */

static void clear(struct session_store *store, struct session *s, unsigned slot)
{
	struct session_keyset *keyset = &s->keysets[slot];

	pull_cancel(store->pulls, &keyset->waiter);
	wheel_cancel(&keyset->timer);
	set_state(store, s, slot, DATAPATH_KEY_NONE);
	keyset->key = NULL;
	keyset->refusal_said = false;
	keyset->eea = keyset->eia = 0;
}

void keys_forget(struct session_store *store, struct session *s, unsigned slot)
{
	struct session_keyset *keyset = &s->keysets[slot];

	if (keyset->state != DATAPATH_KEY_NONE) {
		struct counts_key key = counts_key_of(s, slot);
		remember(store, &key, keyset->count);
	}
	npdu_key_free(keyset->key);
	clear(store, s, slot);
	keyset->count = (struct counts_value){0};
}

void keys_learn(struct session_store *store, struct session *s, unsigned slot,
		const struct e2m_keyset_id *id, uint8_t key_id)
{
	struct session_keyset *keyset = &s->keysets[slot];
	struct retired *retired = retire(store, keyset->key);
	struct counts_key key;

	if (keyset->state != DATAPATH_KEY_NONE) {
		retired->has_counts = true;
		retired->counts_key = counts_key_of(s, slot);
		retired->counts = keyset->count; /* of a direction without a live flow */
	}
	clear(store, s, slot);
	set_state(store, s, slot, DATAPATH_KEY_MISSING);
	keyset->id = *id;
	keyset->key_id = key_id;
	key = counts_key_of(s, slot);
	counts_take(store->counts, &key, &keyset->count);
	tell_flows(store, s, slot, false, retired);
}

/* --- pulling, steps 7 and 8 --- */

void keys_pull(struct session_store *store, struct session *s, unsigned slot)
{
	struct session_keyset *keyset = &s->keysets[slot];
	const struct keysource_request request = {.imsi = s->imsi, .id = keyset->id};
	char id[E2M_KEYSET_ID_STR];

	if (keyset->state != DATAPATH_KEY_MISSING || keyset->waiter.pull)
		return;
	if (pull_start(store->pulls, &request, &keyset->waiter) != 0) {
		store_log(store, SESSION_LOG_WARNING, "IMSI %s: out of memory, no pull started",
			  s->imsi.digits);
		return;
	}
	store_log(store, SESSION_LOG_INFO, "step 7: IMSI %s NSAPI %u: pulling e2mKEYSET of %s",
		  s->imsi.digits, s->nsapi, e2m_keyset_id_str(&keyset->id, id));
}

static struct session_keyset *keyset_of_timer(struct wheel_timer *timer)
{
	return (struct session_keyset *)((char *)timer - offsetof(struct session_keyset, timer));
}

static struct session *session_of_keyset(struct session_store *store, struct session_keyset *k,
					 unsigned *slot)
{
	const size_t at = (size_t)((char *)k - (char *)store->sessions);
	struct session *s = &store->sessions[at / sizeof(*s)];

	*slot = (unsigned)(k - s->keysets);
	return s;
}

static void fail(struct session_store *store, struct session *s, unsigned slot)
{
	struct retired *retired = retire(store, s->keysets[slot].key);

	s->keysets[slot].key = NULL;
	set_state(store, s, slot, DATAPATH_KEY_FAILED);
	tell_flows(store, s, slot, true, retired);
}

/* The negative cache has done its time: the next packet asks again. */
static void refusal_is_over(struct wheel_timer *timer, void *arg)
{
	struct session_store *store = arg;
	unsigned slot;
	struct session *s = session_of_keyset(store, keyset_of_timer(timer), &slot);

	set_state(store, s, slot, DATAPATH_KEY_MISSING);
	tell_flows(store, s, slot, true, retire(store, NULL));
}

static void refuse(struct session_store *store, struct session *s, unsigned slot, const char *why,
		   const char *detail)
{
	struct session_keyset *keyset = &s->keysets[slot];
	char id[E2M_KEYSET_ID_STR];

	store_count(store, SESSION_KEYSETS_REFUSED);
	if (!keyset->refusal_said)
		store_log(store, SESSION_LOG_WARNING,
			  "IMSI %s NSAPI %u: no e2mKEYSET for %s: %s%s%s; its packets are dropped",
			  s->imsi.digits, s->nsapi, e2m_keyset_id_str(&keyset->id, id), why,
			  detail[0] ? ": " : "", detail);
	keyset->refusal_said = true;
	fail(store, s, slot);
	if (store->config.negative_cache_s > 0)
		wheel_set(store->wheel, &keyset->timer,
			  store->config.negative_cache_s * UINT64_C(1000), refusal_is_over);
}

static void lifetime_is_over(struct wheel_timer *timer, void *arg)
{
	struct session_store *store = arg;
	unsigned slot;
	struct session *s = session_of_keyset(store, keyset_of_timer(timer), &slot);
	char id[E2M_KEYSET_ID_STR];

	store_count(store, SESSION_KEYSETS_EXPIRED);
	store_log(
		store, SESSION_LOG_WARNING,
		"IMSI %s NSAPI %u: the lifetime of e2mKEYSET %s has ended; its packets are dropped "
		"until the UE activates another",
		s->imsi.digits, s->nsapi, e2m_keyset_id_str(&s->keysets[slot].id, id));
	fail(store, s, slot);
}

static void use_newest(struct session_store *store, struct session *s)
{
	wheel_cancel(&s->changeover);
	if (s->downlink_slot == s->newest)
		return;
	s->downlink_slot = s->newest;
	store_count(store, SESSION_CHANGEOVERS);
	if (s->flow[DOWN].live)
		flows_use_keyset(store, s, DOWN, NULL);
}

static void install(struct session_store *store, struct session *s, unsigned slot,
		    struct npdu_key *key, const struct keysource_answer *answer)
{
	struct session_keyset *keyset = &s->keysets[slot];
	char id[E2M_KEYSET_ID_STR];

	keyset->key = key;
	keyset->eea = (uint8_t)answer->ciphering;
	keyset->eia = (uint8_t)answer->integrity;
	keyset->refusal_said = false;
	set_state(store, s, slot, DATAPATH_KEY_READY);
	store_log(store, SESSION_LOG_INFO,
		  "step 8: IMSI %s NSAPI %u: e2mKEYSET of %s is here, %s+%s, lifetime %u s",
		  s->imsi.digits, s->nsapi, e2m_keyset_id_str(&keyset->id, id),
		  e2m_eea_name(keyset->eea), e2m_eia_name(keyset->eia), answer->lifetime_s);
	if (answer->lifetime_s > 0)
		wheel_set(store->wheel, &keyset->timer, answer->lifetime_s * UINT64_C(1000),
			  lifetime_is_over);
	tell_flows(store, s, slot, true, retire(store, NULL));
	store_log(store, SESSION_LOG_INFO, "step 9: IMSI %s NSAPI %u: protecting, Key ID %u",
		  s->imsi.digits, s->nsapi, keyset->key_id);
	if (slot == s->newest && s->downlink_slot != slot && !wheel_is_set(&s->changeover))
		use_newest(store, s);
}

static void take_found(struct session_store *store, struct session *s, unsigned slot,
		       const struct keysource_answer *answer)
{
	struct npdu_key *key;
	char detail[64];

	if (!e2m_algorithms_allowed(answer->ciphering, answer->integrity,
				    store->config.allow_null_integrity)) {
		snprintf(detail, sizeof(detail), "ciphering 0x%02x with integrity 0x%02x",
			 answer->ciphering, answer->integrity);
		store_count(store, SESSION_KEYSETS_WEAK);
		refuse(store, s, slot, "algorithms that are not allowed", detail);
		return;
	}
	key = npdu_key_new(&store->config.numbers, &answer->keyset, answer->ciphering,
			   answer->integrity, store->config.gcm_tag_octets);
	if (!key) {
		refuse(store, s, slot, "its keys cannot be made ready", "");
		return;
	}
	install(store, s, slot, key, answer);
}

void keys_take_answer(void *arg, struct pull_waiter *waiter, const struct keysource_answer *answer)
{
	struct session_store *store = arg;
	struct session_keyset *keyset =
		(struct session_keyset *)((char *)waiter - offsetof(struct session_keyset, waiter));
	unsigned slot;
	struct session *s = session_of_keyset(store, keyset, &slot);

	if (answer->outcome == KEYSOURCE_FOUND)
		take_found(store, s, slot, answer);
	else
		refuse(store, s, slot, keysource_outcome_name(answer->outcome), answer->detail);
}

void keys_take_trouble(void *arg, const struct keysource_request *request, const char *source,
		       const struct keysource_answer *answer, uint32_t retry_ms)
{
	char id[E2M_KEYSET_ID_STR];

	store_log(arg, SESSION_LOG_WARNING,
		  "IMSI %s: pull of %s from %s failed: %s%s%s; again in %u ms",
		  request->imsi.digits, e2m_keyset_id_str(&request->id, id), source,
		  keysource_outcome_name(answer->outcome), answer->detail[0] ? ": " : "",
		  answer->detail, retry_ms);
}

/* --- changeover, e2m.md 7 --- */

/* No uplink PDU came with the new Key ID in time: downlink starts, once the keyset is there. */
static void changeover_is_due(struct wheel_timer *timer, void *arg)
{
	struct session_store *store = arg;
	struct session *s =
		(struct session *)((char *)timer - offsetof(struct session, changeover));

	if (s->keysets[s->newest].state == DATAPATH_KEY_READY)
		use_newest(store, s);
	else
		keys_pull(store, s, s->newest); /* install changes over when it comes */
}

void keys_start_changeover(struct session_store *store, struct session *s)
{
	wheel_cancel(&s->changeover);
	if (s->downlink_slot != s->newest)
		wheel_set(store->wheel, &s->changeover, store->config.changeover_s * UINT64_C(1000),
			  changeover_is_due);
}

void keys_take_event(struct session_store *store, struct session *s,
		     const struct datapath_event *event)
{
	char id[E2M_KEYSET_ID_STR];

	switch (event->kind) {
	case DATAPATH_MISS:
		keys_pull(store, s, event->slot);
		break;
	case DATAPATH_AUTHENTICATED:
		if (event->slot == s->newest)
			use_newest(store, s);
		break;
	case DATAPATH_SPENT:
		store_count(store, SESSION_KEYSETS_SPENT);
		store_log(store, SESSION_LOG_WARNING,
			  "IMSI %s NSAPI %u: COUNT of e2mKEYSET %s has reached its end; nothing "
			  "more is "
			  "sent with it",
			  s->imsi.digits, s->nsapi,
			  e2m_keyset_id_str(&s->keysets[event->slot].id, id));
		break;
	default:
		break;
	}
}
