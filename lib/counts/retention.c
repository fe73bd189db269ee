/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/block.h"
#include "base/container.h"
#include "base/crc32c.h"
#include "counts/retention_inside.h"

/* The average number of subscribers in one list of the ledger. */
#define SUBSCRIBERS_A_LIST 4

/* The number of other keysets that prove that a keyset with unknown keys is replaced. One more than
 * OTHERS, because one of them may be the keyset itself. */
#define OTHERS_NAMELESS (OTHERS + 1)
/* This number of released keysets may have replaced a keyset, but does not prove that. */
#define OTHERS_DOUBT 2

/* Stands for keysets with COUNTs that were given up. A real keyset has this fingerprint with
 * probability 2^-128. */
static const struct counts_fingerprint given_up = {
	.octets = {[0 ... COUNTS_FINGERPRINT_LEN - 1] = 0xff}};

struct retention *retention_new(struct wheel *wheel, struct counts *counts,
				const struct retention_sessions *sessions, uint32_t subscribers,
				bool is_durable)
{
	struct retention *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->ledger = ledger_new(subscribers / SUBSCRIBERS_A_LIST + 1, is_durable);
	if (!r->ledger) {
		free(r);
		return NULL;
	}
	r->wheel = wheel;
	r->counts = counts;
	r->sessions = *sessions;
	r->short_s = RETENTION_HSS_S;
	TAILQ_INIT(&r->waiting);
	r->is_restoring = true;
	return r;
}

void retention_free(struct retention *r)
{
	struct keyset *k = NULL;

	if (!r)
		return;
	while ((k = ledger_next(r->ledger, NULL, k)) != NULL)
		wheel_cancel(&k->timer);
	ledger_free(r->ledger);
	free(r);
}

int retention_add_source(struct retention *r, const char *name, enum retention_memory memory,
			 uint32_t short_s)
{
	if (r->sources_count == STATE_RETENTION_SOURCES)
		return -ENOSPC;
	if (memory != RETENTION_SHORT)
		r->any_remembers = true;
	else if (short_s > r->short_s)
		r->short_s = short_s;
	r->sources[r->sources_count++] =
		(struct source){.name = crc32c(0, name, strlen(name)), .memory = (uint8_t)memory};
	return 0;
}

/* --- keysets --- */

struct keyset *retention_find(struct retention *r, const struct counts_key *key)
{
	struct counts_key its = *key;

	its.bearer = 0;
	return ledger_find(r->ledger, &its);
}

void retention_note(struct keyset *k)
{
	ledger_note(k->retention->ledger, &k->entry);
}

void retention_keep_for(struct keyset *k, uint32_t seconds)
{
	const uint64_t until =
		wheel_now(k->retention->wheel) + seconds * UINT64_C(1000) + RETENTION_LATE_MS;

	if (until > k->until_ms)
		k->until_ms = until;
}

void retention_begin_again(const struct retention *r, struct item *item)
{
	item->since_ms = wheel_now(r->wheel) + RETENTION_LATE_MS;
	item->others = 0;
}

static size_t octets_of_keyset(const struct retention *r)
{
	return sizeof(struct keyset) + r->sources_count * sizeof(struct item);
}

struct keyset *retention_get(struct retention *r, const struct counts_key *key)
{
	const struct counts_key its = {.imsi = key->imsi, .keyset = key->keyset};
	struct keyset *k = ledger_find(r->ledger, &its);

	if (k)
		return k;
	k = ledger_add(r->ledger, &its, octets_of_keyset(r));
	if (!k)
		return NULL;
	if (!k->retention) {
		k->retention = r;
		k->items_count = r->sources_count;
	}
	k->until_ms = 0;
	k->holders = 0;
	memset(k->items, 0, k->items_count * sizeof(k->items[0]));
	for (unsigned i = 0; i < k->items_count; i++) {
		retention_begin_again(r, &k->items[i]);
		/* An absent source was not asked for this keyset, unless the previous process asked
		 * it. */
		if (r->sources[i].is_absent && !(r->is_restoring && r->sources[i].was_there))
			k->items[i].flags = STATE_RETENTION_FREE;
	}
	retention_keep_for(k, r->short_s);
	retention_note(k);
	return k;
}

/* --- keysets that sessions hold --- */

static bool is_held(struct retention *r, const struct counts_key *key)
{
	struct retention_held held;

	for (unsigned at = 0; r->sessions.next(r->sessions.arg, &key->imsi, &at, &held);)
		if (counts_is_same(&held.fingerprint, &key->keyset))
			return true;
	return false;
}

/* Returns true while the keyset must be kept without a time limit. */
static bool is_in_use(const struct keyset *k)
{
	return k->is_always || k->holders > 0 || is_held(k->retention, &k->entry.key);
}

/* --- rules --- */

static bool is_given_up(const struct keyset *k)
{
	return counts_is_same(&k->entry.key.keyset, &given_up);
}

/* Returns true for a record that stands for keysets with unknown keys. */
static bool has_no_keys(const struct keyset *k)
{
	return is_given_up(k) || counts_is_same(&k->entry.key.keyset, &counts_nameless);
}

static uint8_t others_needed(const struct keyset *k)
{
	return has_no_keys(k) ? OTHERS_NAMELESS : OTHERS;
}

/* Returns true if rule 4 keeps the keyset for the source. */
static bool waits_for(const struct keyset *k, unsigned number)
{
	const struct source *source = &k->retention->sources[number];
	const struct item *item = &k->items[number];
	bool has_end;

	if (number >= k->items_count || (item->flags & STATE_RETENTION_FREE))
		return false;
	if (source->memory == RETENTION_ALWAYS)
		return k->is_always || has_no_keys(k) || !source->is_read;
	has_end = (item->flags & STATE_RETENTION_LIFETIME) && !(item->flags & STATE_RETENTION_OPEN);
	return source->memory == RETENTION_LONG && !has_end && item->others < others_needed(k);
}

static bool waits(const struct keyset *k)
{
	for (unsigned i = 0; i < k->items_count; i++)
		if (waits_for(k, i))
			return true;
	return false;
}

void retention_wait_no_more(struct keyset *k)
{
	if (k->is_waiting)
		TAILQ_REMOVE(&k->retention->waiting, k, wait);
	k->is_waiting = false;
}

void retention_forget(struct keyset *k)
{
	counts_forget(k->retention->counts, &k->entry.key.imsi, &k->entry.key.keyset);
	wheel_cancel(&k->timer);
	retention_wait_no_more(k);
	ledger_forget(k->retention->ledger, &k->entry);
}

static void on_time(struct wheel_timer *timer, void *arg);

void retention_judge(struct keyset *k)
{
	struct retention *r = k->retention;
	const struct counts_key *key = &k->entry.key;
	const uint64_t now = wheel_now(r->wheel);

	wheel_cancel(&k->timer);
	if (is_in_use(k))
		return;
	if (!is_given_up(k) && counts_of(r->counts, &key->imsi, &key->keyset) == 0)
		retention_forget(k); /* never used */
	else if (now < k->until_ms)
		wheel_set(r->wheel, &k->timer, k->until_ms - now, on_time);
	else if (!waits(k))
		retention_forget(k);
	else if (!k->is_waiting) {
		TAILQ_INSERT_TAIL(&r->waiting, k, wait);
		k->is_waiting = true;
	}
}

static void on_time(struct wheel_timer *timer, void *arg)
{
	(void)arg;
	retention_judge(container_of(timer, struct keyset, timer));
}

/* The caller may still use the keyset, so retention_judge runs from the timer. */
static void judge_later(struct keyset *k)
{
	wheel_set(k->retention->wheel, &k->timer, 0, on_time);
}

/* --- what sources say --- */

static void note_given(struct keyset *k, unsigned source, uint32_t lifetime_s)
{
	struct item *item = &k->items[source];

	retention_keep_for(k, k->retention->short_s);
	retention_keep_for(k, lifetime_s);
	/* Other keysets count from the source's first answer with this keyset. If they had already
	 * replaced this keyset, they count from this answer: the source is then more than one KMS,
	 * or has forgotten what it released. */
	if (!(item->flags & STATE_RETENTION_GIVEN) || item->others >= others_needed(k)) {
		item->since_ms = wheel_now(k->retention->wheel);
		item->others = 0;
	}
	item->flags &= (uint8_t)~STATE_RETENTION_FREE;
	item->flags |= STATE_RETENTION_GIVEN;
	item->flags |= lifetime_s > 0 ? STATE_RETENTION_LIFETIME : STATE_RETENTION_OPEN;
	item->later = item->others > 0; /* at most 1: the source has not replaced the keyset */
}

void retention_keep_held(struct retention *r, const struct e2m_imsi *imsi)
{
	struct retention_held held;

	for (unsigned at = 0; r->sessions.next(r->sessions.arg, imsi, &at, &held);) {
		const struct counts_key key = {.imsi = *imsi, .keyset = held.fingerprint};
		struct keyset *k = retention_find(r, &key) ? NULL : retention_get(r, &key);

		if (!k)
			continue;
		for (unsigned i = 0; i < k->items_count; i++)
			if (held.given_by >> i & 1)
				note_given(k, i, held.lifetime_s);
		/* A keyset of an earlier process: an unknown source gave it. */
		retention_keep_for(k, held.lifetime_s);
	}
}

static void note_later(struct item *item)
{
	if (item->later < OTHERS_DOUBT)
		item->later++;
}

/* Counts a different keyset that source has given, for rule 4. */
static void count_other(struct keyset *k, unsigned source, uint64_t sent_ms,
			const struct counts_fingerprint *other)
{
	struct item *item = &k->items[source];
	uint32_t tag;

	memcpy(&tag, other->octets, sizeof(tag));
	for (unsigned i = 0; i < item->others && i < OTHERS; i++)
		if (item->tags[i] == tag)
			return;
	note_later(item);
	if (sent_ms <= item->since_ms || item->others >= others_needed(k))
		return;
	if (item->others < OTHERS)
		item->tags[item->others] = tag;
	/* An answer in flight may still have this keyset. */
	if (++item->others == others_needed(k))
		retention_keep_for(k, 0);
	retention_note(k);
	judge_later(k);
}

/* Returns true if the IMSI needs no record: its sessions hold no other keyset, only source gave this
 * keyset, with this lifetime, and the ledger has no record. */
static bool is_plain(struct retention *r, const struct counts_key *key, unsigned source,
		     uint32_t lifetime_s)
{
	struct retention_held held;

	if (ledger_next(r->ledger, &key->imsi, NULL))
		return false;
	for (unsigned at = 0; r->sessions.next(r->sessions.arg, &key->imsi, &at, &held);)
		if (!counts_is_same(&held.fingerprint, &key->keyset) ||
		    (held.given_by & ~(1U << source)) != 0 || held.lifetime_s != lifetime_s)
			return false;
	return true;
}

enum retention_verdict retention_given(struct retention *r, const struct counts_key *key,
				       unsigned source, uint64_t sent_ms, uint32_t lifetime_s)
{
	const struct counts_key doubt_key = {.imsi = key->imsi, .keyset = given_up};
	const bool is_known = retention_find(r, key) || is_held(r, key);
	const enum retention_verdict verdict = is_known ? RETENTION_KNOWN : RETENTION_NEW;
	struct keyset *k, *doubt, *other = NULL;
	bool is_doubtful;

	if (lifetime_s > r->longest_life_s)
		r->longest_life_s = lifetime_s;
	if (is_plain(r, key, source, lifetime_s))
		return verdict;
	retention_keep_held(r, &key->imsi);
	k = retention_find(r, key);
	doubt = retention_find(r, &doubt_key);
	is_doubtful = !k && doubt && waits_for(doubt, source);
	/* Keysets with a lifetime do not count: a source may have many, and give old ones again. */
	while (lifetime_s == 0 && (other = ledger_next(r->ledger, &key->imsi, other)) != NULL)
		if (other != k && source < other->items_count)
			count_other(other, source, sent_ms, &key->keyset);
	if (is_doubtful)
		return RETENTION_DOUBTFUL;
	k = retention_get(r, key);
	if (!k || source >= k->items_count)
		return RETENTION_KNOWN;
	note_given(k, source, lifetime_s);
	retention_note(k);
	judge_later(k);
	return verdict;
}

void retention_lost(struct retention *r, const struct e2m_imsi *imsi, unsigned source)
{
	struct keyset *k = NULL;

	retention_keep_held(r, imsi);
	while ((k = ledger_next(r->ledger, imsi, k)) != NULL) {
		if (source >= k->items_count)
			continue;
		note_later(&k->items[source]);
		if (k->items[source].flags & STATE_RETENTION_GIVEN)
			continue;
		retention_begin_again(r, &k->items[source]);
		retention_note(k);
	}
}

bool retention_waits(struct retention *r, const struct counts_key *but, unsigned source)
{
	const struct keyset *k = NULL;

	if (r->sources[source].memory != RETENTION_LONG)
		return false;
	while ((k = ledger_next(r->ledger, &but->imsi, k)) != NULL)
		if (!counts_is_same(&k->entry.key.keyset, &but->keyset) && waits_for(k, source))
			return true;
	return false;
}

/* --- what sessions do --- */

bool retention_hold(struct retention *r, const struct counts_key *key)
{
	struct keyset *k;

	retention_keep_held(r, &key->imsi);
	k = retention_get(r, key);
	if (!k)
		return false;
	k->holders++;
	return true;
}

void retention_release(struct retention *r, const struct counts_key *key)
{
	struct keyset *k = retention_find(r, key);

	if (!k || k->holders == 0)
		return;
	k->holders--;
	retention_keep_for(k, r->short_s); /* rule 2, from the last use */
	retention_note(k);
	retention_judge(k);
}

void retention_leave(struct retention *r, const struct counts_key *key)
{
	struct keyset *k = retention_find(r, key);

	if (k)
		judge_later(k);
}

bool retention_may_come_again(struct retention *r, const struct counts_key *key)
{
	const struct keyset *k = retention_find(r, key);

	if (!k)
		return true; /* no source has given another keyset */
	for (unsigned i = 0; i < k->items_count; i++) {
		const struct item *item = &k->items[i];
		const bool has_end = item->flags & STATE_RETENTION_LIFETIME;

		if (!r->sources[i].is_absent && (item->flags & STATE_RETENTION_GIVEN) &&
		    (has_end || r->sources[i].memory == RETENTION_ALWAYS ||
		     item->later < OTHERS_DOUBT))
			return true;
	}
	return false;
}

/* --- giving up --- */

/* Returns true if only rule 4 keeps the keyset. */
static bool only_waits(const struct keyset *k)
{
	return k->until_ms <= wheel_now(k->retention->wheel) && !has_no_keys(k) && !is_in_use(k);
}

/* Returns false if there is no memory. */
static bool give_up(struct keyset *k)
{
	struct retention *r = k->retention;
	const struct counts_key key = {.imsi = k->entry.key.imsi, .keyset = given_up};
	const bool is_new = !retention_find(r, &key);
	struct keyset *doubt = retention_get(r, &key);

	if (!doubt)
		return false;
	for (unsigned i = 0; i < doubt->items_count; i++) {
		struct item *item = &doubt->items[i];

		if (is_new)
			item->flags = STATE_RETENTION_FREE;
		if (!waits_for(k, i))
			continue;
		item->flags = 0;
		retention_begin_again(r, item);
	}
	retention_note(doubt);
	judge_later(doubt);
	retention_forget(k);
	return true;
}

bool retention_give_up(struct retention *r, const struct e2m_imsi *imsi)
{
	struct keyset *k = NULL, *oldest = NULL;

	while ((k = ledger_next(r->ledger, imsi, k)) != NULL)
		if (only_waits(k) && (!oldest || k->until_ms < oldest->until_ms))
			oldest = k;
	return oldest && give_up(oldest);
}

bool retention_give_up_any(struct retention *r, struct e2m_imsi *of)
{
	struct keyset *k;

	while ((k = TAILQ_FIRST(&r->waiting)) != NULL) {
		*of = k->entry.key.imsi;
		if (only_waits(k))
			return give_up(k);
		retention_wait_no_more(k); /* retention_judge runs again later */
	}
	return false;
}

size_t retention_octets(const struct retention *r)
{
	return sizeof(*r) + ledger_octets(r->ledger);
}

size_t retention_octets_each(const struct retention *r)
{
	return base_octets_of_block(octets_of_keyset(r));
}
