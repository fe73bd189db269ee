/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/kept.h"

#include <errno.h>
#include <stdlib.h>

#include "control/commands.h"
#include "control/journal.h"
#include "control/reserve.h"
#include "control/table.h"

/* A key that workers may still read, with the COUNTs of its keyset as workers report them. */
struct retired {
	LIST_ENTRY(retired) entry;
	struct npdu_key *key;
	bool has_counts; /* the keyset has left the session */
	struct counts_key counts_key;
	struct counts_value counts;
	unsigned pending; /* acknowledgements */
};

struct kept {
	LIST_HEAD(, retired) retired;
	const struct keysource *unread[PULL_SOURCES_MAX]; /* files still to be read; NULL: none */
	uint64_t given_up_said_ms;			  /* 0: never */
};

/* Each keyset has a place, so only memory can be missing. Going on would lose COUNTs, and a COUNT
 * could be used twice. */
static void must(bool is_done)
{
	if (!is_done)
		abort();
}

static struct counts_key key_of(const struct session *s, unsigned slot)
{
	return (struct counts_key){.imsi = directory_imsi(s),
				   .keyset = protection_of(s)->keysets[slot].fingerprint,
				   .bearer = s->nsapi};
}

/* --- key sources, and what they release --- */

/* A file can give each of its keysets, under SQN or RAND, for as long as the file has the
 * keyset. */
static int keep_file(struct session_store *store, const struct keysource_file *file)
{
	struct counts_key key = {0};
	struct e2m_keyset keyset;
	int ret = 0;

	for (size_t i = 0; ret == 0 && keysource_file_keyset(file, i, &key.imsi, &keyset); i++) {
		ret = counts_fingerprint(&key.keyset, &keyset);
		if (ret == 0 && !retention_keep_always(store->retention, &key))
			ret = -ENOMEM;
	}
	e2m_keyset_wipe(&keyset);
	return ret;
}

int session_add_source(struct session_store *store, const struct session_source *source)
{
	const unsigned number = pull_sources(store->pulls);
	int ret = pull_manager_add_source(store->pulls, source->keysource, source->name,
					  source->prefetch);

	if (ret == 0)
		ret = retention_add_source(store->retention, source->name, source->memory,
					   source->short_s);
	if (ret != 0)
		return ret;
	if (source->memory == RETENTION_ALWAYS)
		store->kept->unread[number] = source->keysource;
	return 0;
}

void kept_look_at_files(struct session_store *store)
{
	for (unsigned i = 0; i < PULL_SOURCES_MAX; i++) {
		const struct keysource *source = store->kept->unread[i];
		const struct keysource_file *file = source ? keysource_file(source) : NULL;

		if (!file)
			continue;
		if (keep_file(store, file) != 0)
			return; /* try again at the next look */
		store->kept->unread[i] = NULL;
		retention_is_read(store->retention, i);
	}
}

static enum pull_given take_given(void *arg, const struct keysource_request *request,
				  unsigned source, uint64_t sent_ms,
				  const struct keysource_answer *answer)
{
	struct session_store *store = arg;
	struct counts_key key = {.imsi = request->imsi};
	enum retention_verdict verdict;

	if (counts_fingerprint(&key.keyset, &answer->keyset) != 0)
		return PULL_GIVEN_WRONG;
	verdict = retention_given(store->retention, &key, source, sent_ms, answer->lifetime_s);
	if (verdict == RETENTION_DOUBTFUL) {
		control_count(store, SESSION_KEYSETS_DOUBTFUL);
		return PULL_GIVEN_WRONG;
	}
	return verdict == RETENTION_NEW ? PULL_GIVEN_FIRST : PULL_GIVEN;
}

static void take_lost(void *arg, const struct keysource_request *request, unsigned source)
{
	struct session_store *store = arg;

	retention_lost(store->retention, &request->imsi, source);
}

static bool is_waited_for(void *arg, const struct keysource_request *request,
			  const struct keysource_answer *answer, unsigned source)
{
	struct session_store *store = arg;
	struct counts_key key = {.imsi = request->imsi};

	return counts_fingerprint(&key.keyset, &answer->keyset) == 0 &&
	       retention_waits(store->retention, &key, source);
}

static bool is_held(const struct session_keyset *keyset)
{
	return keyset->state != DATAPATH_KEY_NONE && (keyset->is_known || keyset->key);
}

/* A place number is a session's id and the number of its places that were returned already. */
#define PLACES (DATAPATH_KEYSETS + 1)

static bool next_held(void *arg, const struct e2m_imsi *imsi, unsigned *at,
		      struct retention_held *held)
{
	struct session_store *store = arg;
	struct session *s =
		*at ? table_session(store, *at / PLACES) : table_next_protected(store, imsi, NULL);
	unsigned slot = *at % PLACES;

	for (; s; s = table_next_protected(store, imsi, s), slot = 0)
		for (; slot < DATAPATH_KEYSETS; slot++) {
			if (!is_held(&protection_of(s)->keysets[slot]))
				continue;
			*held = (struct retention_held){
				.fingerprint = protection_of(s)->keysets[slot].fingerprint,
				.given_by = protection_of(s)->given_by[slot],
				.lifetime_s = protection_of(s)->keysets[slot].lifetime_s};
			*at = table_id(store, s) * PLACES + slot + 1;
			return true;
		}
	return false;
}

void kept_observe(struct pull_observer *observer)
{
	observer->given = take_given;
	observer->lost = take_lost;
	observer->is_waited_for = is_waited_for;
}

int kept_init(struct session_store *store)
{
	const struct session_config *config = &store->config;
	const struct retention_sessions sessions = {.next = next_held, .arg = store};

	store->kept = calloc(1, sizeof(*store->kept));
	store->counts = counts_new(config->max * SESSION_COUNTS_REMEMBERED, config->is_durable);
	if (!store->kept || !store->counts)
		return -ENOMEM;
	store->retention = retention_new(store->wheel, store->counts, &sessions, config->max,
					 config->is_durable);
	return store->retention ? 0 : -ENOMEM;
}

static void free_retired(struct retired *retired)
{
	LIST_REMOVE(retired, entry);
	npdu_key_free(retired->key);
	free(retired);
}

void kept_free(struct session_store *store)
{
	while (kept_has_retired(store))
		free_retired(LIST_FIRST(&store->kept->retired));
	retention_free(store->retention);
	counts_free(store->counts);
	free(store->kept);
}

/* --- room --- */

/* Places that are promised, or that keysets of sessions need when they leave. */
static uint32_t places_taken(const struct session_store *store)
{
	return directory_count(store->directory, DIRECTORY_PROTECTED) * DATAPATH_KEYSETS +
	       store->promised;
}

void kept_reserve_room(struct session_store *store)
{
	counts_reserve(store->counts, places_taken(store));
}

/* Places that a subscriber's sessions and its kept COUNTs use. */
static uint32_t places_of(struct session_store *store, const struct e2m_imsi *imsi)
{
	const struct session *s = NULL;
	uint32_t sessions = 0;

	while ((s = table_next_protected(store, imsi, s)) != NULL)
		sessions++;
	return counts_of(store->counts, imsi, NULL) + sessions * DATAPATH_KEYSETS;
}

/* One source that does not answer can keep many subscribers waiting, so log lines are limited. */
#define GIVEN_UP_SAID_EVERY_MS 60000

static void say_given_up(struct session_store *store, const struct e2m_imsi *imsi)
{
	const uint64_t now = wheel_now(store->wheel);

	control_count(store, SESSION_COUNTS_GIVEN_UP);
	if (store->kept->given_up_said_ms != 0 &&
	    now < store->kept->given_up_said_ms + GIVEN_UP_SAID_EVERY_MS)
		return;
	store->kept->given_up_said_ms = now;
	control_log(
		store, SESSION_LOG_WARNING,
		"all places for COUNTs are taken: those of the oldest keyset that waits for a key "
		"source are given up, of IMSI %s now, and of others "
		"(session.counts_given_up); does each source without keyset_retention_s answer "
		"(key_source.<name>.prefetch.*)?",
		imsi->digits);
}

bool kept_make_room(struct session_store *store, uint32_t counts)
{
	struct e2m_imsi imsi;

	while (counts_room(store->counts) < (uint64_t)places_taken(store) + counts) {
		if (!retention_give_up_any(store->retention, &imsi))
			return false;
		say_given_up(store, &imsi);
	}
	return true;
}

bool kept_make_room_of(struct session_store *store, const struct e2m_imsi *imsi, uint32_t counts)
{
	while (places_of(store, imsi) + counts > SESSION_COUNTS_OF_IMSI) {
		if (!retention_give_up(store->retention, imsi)) {
			control_count(store, SESSION_REFUSED_QUOTA);
			control_log(
				store, SESSION_LOG_WARNING,
				"IMSI %s: it has COUNTs of %u keysets and bearers, which is the "
				"most that one IMSI may have, all of them in use or used within "
				"minutes; what asks for another keyset is refused",
				imsi->digits, SESSION_COUNTS_OF_IMSI);
			return false;
		}
		control_count(store, SESSION_COUNTS_GIVEN_UP);
		control_log(
			store, SESSION_LOG_WARNING,
			"IMSI %s: COUNTs of its oldest keyset are given up, for it has those of "
			"%u keysets and bearers; a key source that could still give that keyset "
			"is believed no keyset of this IMSI alone until it has replaced it",
			imsi->digits, SESSION_COUNTS_OF_IMSI);
	}
	return true;
}

/* --- keys and COUNTs leave --- */

static struct retired *retire(struct session_store *store, struct session *s, unsigned slot)
{
	struct retired *retired = calloc(1, sizeof(*retired));

	must(retired != NULL);
	retired->key = protection_of(s)->keysets[slot].key;
	protection_of(s)->keysets[slot].key = NULL;
	LIST_INSERT_HEAD(&store->kept->retired, retired, entry);
	return retired;
}

struct retired *kept_retire_key(struct session_store *store, struct session *s, unsigned slot)
{
	return protection_of(s)->keysets[slot].key ? retire(store, s, slot) : NULL;
}

void kept_unused(struct session_store *store, struct session *s, unsigned slot)
{
	const struct counts_key key = key_of(s, slot);

	protection_of(s)->given_by[slot] = 0;
	retention_leave(store->retention, &key);
}

/* An earlier process reserved COUNTs of a keyset and may have used them. It ended before it could
 * write which keys they belong to. */
static void leave_nameless(struct session_store *store, const struct session *s, unsigned slot)
{
	const struct counts_value count = protection_of(s)->keysets[slot].count;
	struct counts_key key = key_of(s, slot);

	if (counts_is_unused(count))
		return;
	key.keyset = counts_nameless;
	must(counts_put(store->counts, &key, count) == 0 &&
	     retention_keep_nameless(store->retention, &key.imsi));
}

struct retired *kept_retire(struct session_store *store, struct session *s, unsigned slot)
{
	const struct counts_key key = key_of(s, slot);
	const struct counts_value bound = {
		{reserve_bound(s, slot, UP), reserve_bound(s, slot, DOWN)}};
	struct retired *retired;

	if (!protection_of(s)->keysets[slot].is_known) {
		leave_nameless(store, s, slot);
		kept_unused(store, s, slot);
		return kept_retire_key(store, s, slot);
	}
	retired = retire(store, s, slot);
	retired->has_counts = true;
	retired->counts_key = key;
	retired->counts = protection_of(s)
				  ->keysets[slot]
				  .count; /* valid for directions without a live flow */
	must(retention_hold(store->retention, &key));
	protection_of(s)->given_by[slot] = 0;
	/* Until workers have reported the COUNTs, the disk needs a bound above them. */
	must(!store->config.is_durable || counts_bind(store->counts, &key, bound) == 0);
	return retired;
}

static void remember(struct session_store *store, const struct retired *retired)
{
	const struct counts_key *key = &retired->counts_key;

	if (counts_is_unused(retired->counts))
		counts_unbind(store->counts, key);
	else if (counts_put(store->counts, key, retired->counts) != 0)
		control_log(
			store, SESSION_LOG_ERROR,
			"IMSI %s: no memory for the COUNTs of its keyset; they would start from "
			"0 if it came back",
			key->imsi.digits);
	retention_release(store->retention, key);
}

static void let_go(struct session_store *store, struct retired *retired)
{
	if (retired->has_counts)
		remember(store, retired);
	free_retired(retired);
}

void kept_tell(struct session_store *store, struct session *s, unsigned slot, bool keep_count,
	       struct retired *retired)
{
	for (unsigned d = 0; d < 2; d++)
		if (protection_of(s)->flow[d].live) {
			if (retired)
				retired->pending++;
			commands_set_keyset(store, s, d, slot, reserve_ceiling(store, s, slot, d),
					    keep_count, retired);
		}
	if (retired && retired->pending == 0)
		let_go(store, retired);
}

void kept_acknowledged(struct session_store *store, const struct datapath_event *event)
{
	struct retired *retired = (struct retired *)(uintptr_t)event->cookie;

	retired->counts.next[event->side] = event->count[event->slot];
	if (--retired->pending == 0)
		let_go(store, retired);
}

bool kept_has_retired(const struct session_store *store)
{
	return store->kept && !LIST_EMPTY(&store->kept->retired);
}

/* --- COUNTs are found again --- */

bool kept_may_come_again(const struct session_store *store, const struct session *s, unsigned slot)
{
	const struct counts_key key = key_of(s, slot);

	return retention_may_come_again(store->retention, &key);
}

void kept_find(struct session_store *store, struct session *s, unsigned slot)
{
	struct session_keyset *keyset = &protection_of(s)->keysets[slot];
	const struct session_keyset *other = &protection_of(s)->keysets[1 - slot];
	struct counts_key key = key_of(s, slot);
	struct counts_value known, nameless;

	/* COUNTs may come from an earlier process that knew only the keyset's name. */
	must(counts_is_unused(keyset->count) || retention_keep_restored(store->retention, &key));
	counts_take(store->counts, &key, &known);
	key.keyset = counts_nameless;
	counts_look(store->counts, &key, &nameless);
	counts_raise(&keyset->count, known);
	counts_raise(&keyset->count, nameless);
	/* An earlier process may have used these keys under their other name, SQN or RAND. */
	if (other->state != DATAPATH_KEY_NONE && !other->is_known)
		counts_raise(&keyset->count, other->count);
	journal_note(store, s);
}

void kept_find_restored(struct session_store *store, struct session *s, unsigned slot)
{
	const struct counts_key key = key_of(s, slot);
	struct counts_value value;

	if (!protection_of(s)->keysets[slot].is_known)
		return;
	must(retention_keep_restored(store->retention, &key));
	if (!counts_take(store->counts, &key, &value))
		return;
	counts_raise(&protection_of(s)->keysets[slot].count, value);
	journal_note(store, s);
}
