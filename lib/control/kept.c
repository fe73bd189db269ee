/* SPDX-License-Identifier: BSD-3-Clause */
/* kept: a key goes when no worker can read it any more, and the COUNTs of its keyset are remembered as
 * the workers had them. */
#include <stdlib.h>

#include "control/flows.h"
#include "control/kept.h"
#include "control/reserve.h"
#include "control/table.h"

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

struct retired *kept_retire_key(struct session_store *store, struct session *s, unsigned slot)
{
	struct npdu_key *key = s->keysets[slot].key;

	s->keysets[slot].key = NULL;
	return key ? retire(store, key) : NULL;
}

void kept_unused(struct session_store *store, struct session *s, unsigned slot)
{
	const struct e2m_imsi imsi = table_imsi(s);

	s->given_by[slot] = 0;
	retention_leave(store->retention, &imsi, &s->keysets[slot].fingerprint);
}

/* An earlier process reserved COUNTs of a keyset, and may have used them; whose keys they were, it had no time
 * to write. */
static void leave_nameless(struct session_store *store, const struct session *s, unsigned slot)
{
	const struct session_keyset *keyset = &s->keysets[slot];
	const struct counts_key key = {
		.imsi = table_imsi(s), .keyset = counts_nameless, .bearer = s->nsapi};

	if (counts_is_unused(keyset->count))
		return;
	if (counts_put(store->counts, &key, keyset->count) != 0 ||
	    !retention_keep_nameless(store->retention, &key.imsi))
		abort(); /* there is a place for each keyset */
}

/* Until the workers have said what the COUNTs are, the disk is to know what they are below. */
static void remember_bound(struct session_store *store, const struct session *s, unsigned slot,
			   const struct retired *retired)
{
	const struct counts_value bound = {
		{reserve_bound(s, slot, UP), reserve_bound(s, slot, DOWN)}};

	if (store->config.is_durable &&
	    counts_bind(store->counts, &retired->counts_key, bound) != 0)
		abort();
}

struct retired *kept_retire(struct session_store *store, struct session *s, unsigned slot)
{
	struct session_keyset *keyset = &s->keysets[slot];
	struct retired *retired;

	if (!keyset->is_known) {
		leave_nameless(store, s, slot);
		kept_unused(store, s, slot);
		return kept_retire_key(store, s, slot);
	}
	retired = retire(store, keyset->key);
	keyset->key = NULL;
	retired->has_counts = true;
	retired->counts_key = (struct counts_key){
		.imsi = table_imsi(s), .keyset = keyset->fingerprint, .bearer = s->nsapi};
	if (!retention_hold(store->retention, &retired->counts_key.imsi, &keyset->fingerprint))
		abort(); /* as in kept_retire */
	s->given_by[slot] = 0;
	retired->counts = keyset->count; /* of a direction without a live flow */
	remember_bound(store, s, slot, retired);
	return retired;
}

static void free_retired(struct retired *retired)
{
	LIST_REMOVE(retired, entry);
	npdu_key_free(retired->key);
	free(retired);
}

static void remember(const struct retired *retired)
{
	struct session_store *store = retired->store;

	if (counts_is_unused(retired->counts)) {
		counts_unbind(store->counts, &retired->counts_key); /* never used */
		return;
	}
	if (counts_put(store->counts, &retired->counts_key, retired->counts) != 0)
		control_log(
			store, SESSION_LOG_ERROR,
			"IMSI %s: no memory for the COUNTs of its keyset; they would start from "
			"0 if "
			"it came back",
			retired->counts_key.imsi.digits);
}

static void let_go(struct retired *retired)
{
	if (retired->has_counts) {
		remember(retired);
		retention_release(retired->store->retention, &retired->counts_key.imsi,
				  &retired->counts_key.keyset);
	}
	free_retired(retired);
}

void kept_tell(struct session_store *store, struct session *s, unsigned slot, bool keep_count,
	       struct retired *retired)
{
	for (unsigned d = 0; d < 2; d++)
		if (s->flow[d].live) {
			if (retired)
				retired->pending++;
			flows_set_keyset(store, s, d, slot, keep_count, retired);
		}
	if (retired && retired->pending == 0)
		let_go(retired);
}

void kept_acknowledged(const struct datapath_event *event)
{
	struct retired *retired = (struct retired *)(uintptr_t)event->cookie;

	retired->counts.next[event->side] = event->count[event->slot];
	if (--retired->pending == 0)
		let_go(retired);
}

void kept_free(struct session_store *store)
{
	while (!LIST_EMPTY(&store->retired))
		free_retired(LIST_FIRST(&store->retired));
}
