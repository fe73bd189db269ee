/* SPDX-License-Identifier: BSD-3-Clause */
/* sources: adds the key sources, and passes the keysets that they release to retention.h. */
#include <errno.h>

#include "control/sources.h"
#include "control/table.h"

/* A file can give each of its keysets, under either name, for as long as the file has it. */
static int keep_file(struct session_store *store, const struct keysource *file)
{
	struct counts_fingerprint fingerprint;
	struct e2m_keyset keyset;
	struct e2m_imsi imsi;
	int ret = 0;

	for (size_t i = 0; ret == 0 && keysource_keyset(file, i, &imsi, &keyset); i++) {
		ret = counts_fingerprint(&fingerprint, &keyset);
		if (ret == 0 && !retention_keep_always(store->retention, &imsi, &fingerprint))
			ret = -ENOMEM;
	}
	e2m_keyset_wipe(&keyset);
	return ret;
}

int session_add_source(struct session_store *store, const struct session_source *source)
{
	static const enum retention_memory memories[] = {
		[SESSION_SOURCE_LONG] = RETENTION_LONG,
		[SESSION_SOURCE_SHORT] = RETENTION_SHORT,
		[SESSION_SOURCE_ALWAYS] = RETENTION_ALWAYS,
	};
	const unsigned number = pull_sources(store->pulls);
	int ret = pull_manager_add_source(store->pulls, source->keysource, source->name,
					  source->prefetch);

	if (ret == 0)
		ret = retention_add_source(store->retention, source->name, memories[source->memory],
					   source->short_s);
	if (ret != 0)
		return ret;
	store->sources[number] = *source;
	if (source->memory == SESSION_SOURCE_ALWAYS)
		store->files_unread |= (uint8_t)(1U << number);
	return 0;
}

void sources_look(struct session_store *store)
{
	for (unsigned i = 0; store->files_unread >> i; i++) {
		if (!(store->files_unread >> i & 1) ||
		    !keysource_is_read(store->sources[i].keysource))
			continue;
		if (keep_file(store, store->sources[i].keysource) != 0)
			return; /* try again at the next look */
		store->files_unread &= (uint8_t) ~(1U << i);
		retention_is_read(store->retention, i);
	}
}

static enum pull_given take_given(void *arg, const struct keysource_request *request,
				  unsigned source, uint64_t sent_ms,
				  const struct keysource_answer *answer)
{
	struct session_store *store = arg;
	struct counts_fingerprint fingerprint;
	enum retention_verdict verdict;

	if (counts_fingerprint(&fingerprint, &answer->keyset) != 0)
		return PULL_GIVEN_WRONG;
	verdict = retention_given(store->retention, &request->imsi, &fingerprint, source, sent_ms,
				  answer->lifetime_s);
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
	struct counts_fingerprint fingerprint;

	return counts_fingerprint(&fingerprint, &answer->keyset) == 0 &&
	       retention_waits(store->retention, &request->imsi, &fingerprint, source);
}

static bool is_held(const struct session_keyset *keyset)
{
	return keyset->state != DATAPATH_KEY_NONE && (keyset->is_known || keyset->key);
}

/* A place number combines a session and the number of its keysets already returned. */
#define PLACES (DATAPATH_KEYSETS + 1)

static bool next_held(void *arg, const struct e2m_imsi *imsi, unsigned *at,
		      struct retention_held *held)
{
	struct session_store *store = arg;
	struct session *s = *at ? table_session(store, *at / PLACES)
				: table_next_of_subscriber(store, imsi, NULL);
	unsigned slot = *at % PLACES;

	for (; s; s = table_next_of_subscriber(store, imsi, s), slot = 0)
		for (; slot < DATAPATH_KEYSETS; slot++) {
			if (!is_held(&s->keysets[slot]))
				continue;
			*held = (struct retention_held){.fingerprint = s->keysets[slot].fingerprint,
							.given_by = s->given_by[slot],
							.lifetime_s = s->keysets[slot].lifetime_s};
			*at = table_id(store, s) * PLACES + slot + 1;
			return true;
		}
	return false;
}

int sources_make_retention(struct session_store *store)
{
	const struct retention_sessions sessions = {.next = next_held, .arg = store};

	store->retention = retention_new(store->wheel, store->counts, &sessions, store->config.max,
					 store->config.is_durable);
	return store->retention ? 0 : -ENOMEM;
}

void sources_init(struct session_store *store)
{
	const struct pull_observer observer = {.given = take_given,
					       .lost = take_lost,
					       .is_waited_for = is_waited_for,
					       .arg = store};

	pull_manager_observe(store->pulls, &observer);
}

/* --- places for COUNTs --- */

/* Places that a subscriber's sessions and kept COUNTs use. */
static uint32_t places_of(struct session_store *store, const struct e2m_imsi *imsi)
{
	const struct session *s = NULL;
	uint32_t sessions = 0;

	while ((s = table_next_of_subscriber(store, imsi, s)) != NULL)
		sessions++;
	return counts_of(store->counts, imsi, NULL) + sessions * DATAPATH_KEYSETS;
}

/* Limits the log: one source that does not answer can keep many subscribers waiting. */
#define GIVEN_UP_SAID_EVERY_MS 60000

static void say_given_up(struct session_store *store, const struct e2m_imsi *imsi)
{
	const uint64_t now = wheel_now(store->wheel);

	control_count(store, SESSION_COUNTS_GIVEN_UP);
	if (store->given_up_said_ms != 0 && now < store->given_up_said_ms + GIVEN_UP_SAID_EVERY_MS)
		return;
	store->given_up_said_ms = now;
	control_log(
		store, SESSION_LOG_WARNING,
		"all places for COUNTs are taken: those of the oldest keyset that waits for a key "
		"source are given up, of IMSI %s now, and of others "
		"(session.counts_given_up); does each source without keyset_retention_s answer "
		"(key_source.<name>.prefetch.*)?",
		imsi->digits);
}

bool sources_make_room(struct session_store *store, uint32_t counts)
{
	struct e2m_imsi imsi;

	while (!table_has_room(store, counts)) {
		if (!retention_give_up_any(store->retention, &imsi))
			return false;
		say_given_up(store, &imsi);
	}
	return true;
}

bool sources_have_room(struct session_store *store, const struct e2m_imsi *imsi, uint32_t counts)
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
