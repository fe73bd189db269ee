/* SPDX-License-Identifier: BSD-3-Clause */
#include "counts/retention_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/block.h"
#include "base/container.h"
#include "base/crc32c.h"

/* Times sessions.max: size of each list. */
#define SUBSCRIBERS_A_LIST 4

/* Stands for keysets with COUNTs that were given up. A real keyset has this fingerprint with
 * probability 2^-128. */
const struct counts_fingerprint retention_given_up = {
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
	r->short_ms = RETENTION_HSS_S * UINT64_C(1000) + RETENTION_LATE_MS;
	TAILQ_INIT(&r->waiting);
	r->is_restoring = true;
	return r;
}

void retention_free(struct retention *r)
{
	if (!r)
		return;
	for (struct keyset *k = NULL; (k = retention_next(r, NULL, k)) != NULL;)
		wheel_cancel(&k->timer);
	ledger_free(r->ledger);
	free(r);
}

int retention_add_source(struct retention *r, const char *name, enum retention_memory memory,
			 uint32_t short_s)
{
	const uint64_t short_ms = short_s * UINT64_C(1000) + RETENTION_LATE_MS;

	if (r->sources_count == STATE_RETENTION_SOURCES)
		return -ENOSPC;
	if (memory == RETENTION_SHORT && short_ms > r->short_ms)
		r->short_ms = short_ms;
	r->sources[r->sources_count++] =
		(struct source){.name = crc32c(0, name, strlen(name)), .memory = (uint8_t)memory};
	return 0;
}

/* --- keysets --- */

/* Keysets have no bearer. */
static struct counts_key without_bearer(const struct counts_key *key)
{
	return (struct counts_key){.imsi = key->imsi, .keyset = key->keyset};
}

struct keyset *retention_find(struct retention *r, const struct counts_key *key)
{
	const struct counts_key its = without_bearer(key);

	return (struct keyset *)ledger_find(r->ledger, &its);
}

struct keyset *retention_next(struct retention *r, const struct e2m_imsi *imsi,
			      const struct keyset *after)
{
	return (struct keyset *)ledger_next(r->ledger, imsi, after ? &after->entry : NULL);
}

bool retention_has_fingerprint(const struct keyset *k, const struct counts_fingerprint *fingerprint)
{
	return memcmp(&k->entry.key.keyset, fingerprint, sizeof(*fingerprint)) == 0;
}

void retention_note(struct keyset *k)
{
	ledger_note(k->retention->ledger, &k->entry);
}

void retention_prolong(struct keyset *k, uint64_t ms)
{
	const uint64_t until = wheel_now(k->retention->wheel) + ms;

	if (until > k->until_ms)
		k->until_ms = until;
}

void retention_begin_again(const struct retention *r, struct item *item)
{
	item->since_ms = wheel_now(r->wheel) + RETENTION_LATE_MS;
	item->others = 0;
}

static void begin(struct retention *r, struct keyset *k)
{
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
	retention_prolong(k, r->short_ms);
}

struct keyset *retention_get(struct retention *r, const struct counts_key *key, bool *is_new)
{
	const struct counts_key its = without_bearer(key);
	const size_t size = sizeof(struct keyset) + r->sources_count * sizeof(struct item);
	bool was_made;
	struct keyset *k = (struct keyset *)ledger_get(r->ledger, &its, size, &was_made);

	if (is_new)
		*is_new = was_made;
	if (!k || !was_made)
		return k;
	if (!k->retention) {
		k->retention = r;
		k->items_count = r->sources_count;
	}
	begin(r, k);
	retention_note(k);
	return k;
}

/* --- keysets that sessions hold --- */

bool retention_is_held(struct retention *r, const struct counts_key *key)
{
	struct retention_held held;

	for (unsigned at = 0; r->sessions.next(r->sessions.arg, &key->imsi, &at, &held);)
		if (memcmp(&held.fingerprint, &key->keyset, sizeof(key->keyset)) == 0)
			return true;
	return false;
}

void retention_note_given(struct keyset *k, unsigned source, uint32_t lifetime_s)
{
	struct item *item = &k->items[source];

	retention_prolong(k, k->retention->short_ms);
	if (lifetime_s > 0)
		retention_prolong(k, lifetime_s * UINT64_C(1000) + RETENTION_LATE_MS);
	/* Other keysets count from the source's first answer with this keyset. If they had already
	 * replaced this keyset, they count from this answer: the source is then more than one KMS,
	 * or has forgotten what it released. */
	if (!(item->flags & STATE_RETENTION_GIVEN) || item->others >= retention_others_needed(k)) {
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
	bool is_new;

	for (unsigned at = 0; r->sessions.next(r->sessions.arg, imsi, &at, &held);) {
		const struct counts_key key = {.imsi = *imsi, .keyset = held.fingerprint};
		struct keyset *k = retention_get(r, &key, &is_new);

		if (!k || !is_new)
			continue;
		for (unsigned i = 0; i < k->items_count; i++)
			if (held.given_by >> i & 1)
				retention_note_given(k, i, held.lifetime_s);
		/* A keyset of an earlier process: an unknown source gave it. */
		if (held.lifetime_s > 0)
			retention_prolong(k, held.lifetime_s * UINT64_C(1000) + RETENTION_LATE_MS);
	}
}

/* --- rules --- */

bool retention_has_no_keys(const struct keyset *k)
{
	return retention_has_fingerprint(k, &counts_nameless) ||
	       retention_has_fingerprint(k, &retention_given_up);
}

uint8_t retention_others_needed(const struct keyset *k)
{
	return retention_has_no_keys(k) ? OTHERS_NAMELESS : OTHERS;
}

bool retention_waits_for(const struct keyset *k, unsigned source)
{
	const struct item *item = &k->items[source];
	bool has_end;

	if (source >= k->items_count || (item->flags & STATE_RETENTION_FREE))
		return false;
	has_end = (item->flags & STATE_RETENTION_LIFETIME) && !(item->flags & STATE_RETENTION_OPEN);
	switch ((enum retention_memory)k->retention->sources[source].memory) {
	case RETENTION_SHORT:
		return false;
	case RETENTION_ALWAYS:
		return k->is_always || retention_has_no_keys(k) ||
		       !k->retention->sources[source].is_read;
	case RETENTION_LONG:
		break;
	}
	return !has_end && item->others < retention_others_needed(k);
}

static bool waits(const struct keyset *k)
{
	for (unsigned i = 0; i < k->items_count; i++)
		if (retention_waits_for(k, i))
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
	if (k->is_always || k->holders > 0 || retention_is_held(r, key))
		return;
	if (!retention_has_fingerprint(k, &retention_given_up) &&
	    counts_of(r->counts, &key->imsi, &key->keyset) == 0)
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

void retention_judge_later(struct keyset *k)
{
	wheel_set(k->retention->wheel, &k->timer, 0, on_time);
}

/* --- what sessions do --- */

bool retention_hold(struct retention *r, const struct counts_key *key)
{
	struct keyset *k;

	retention_keep_held(r, &key->imsi);
	k = retention_get(r, key, NULL);
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
	retention_prolong(k, r->short_ms); /* rule 2: after its last use */
	retention_note(k);
	retention_judge(k);
}

void retention_leave(struct retention *r, const struct counts_key *key)
{
	struct keyset *k = retention_find(r, key);

	if (k)
		retention_judge_later(k);
}

void retention_wait_for_absent(struct keyset *k)
{
	for (unsigned i = 0; i < k->items_count; i++)
		k->items[i].flags &= (uint8_t)~STATE_RETENTION_FREE;
}

bool retention_keep_nameless(struct retention *r, const struct e2m_imsi *imsi)
{
	const struct counts_key key = {.imsi = *imsi, .keyset = counts_nameless};
	struct keyset *k = retention_get(r, &key, NULL);

	if (!k)
		return false;
	retention_wait_for_absent(k);
	for (unsigned i = 0; i < k->items_count; i++)
		retention_begin_again(r, &k->items[i]);
	retention_prolong(k, r->short_ms);
	retention_prolong(k, r->longest_life_s * UINT64_C(1000) + RETENTION_LATE_MS);
	retention_note(k);
	retention_judge(k);
	return true;
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

size_t retention_octets(const struct retention *r)
{
	return sizeof(*r) + ledger_octets(r->ledger);
}

size_t retention_octets_each(const struct retention *r)
{
	return base_octets_of_block(sizeof(struct keyset) +
				    r->sources_count *
					    sizeof(struct item)); /* the cap that glibc uses */
}
