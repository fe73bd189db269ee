/* SPDX-License-Identifier: BSD-3-Clause */
/* retention_given: which keysets sources have given, and which of them can be trusted. */
#include <string.h>

#include "counts/retention_inside.h"

/* --- what sources say --- */

static uint32_t tag_of(const struct counts_fingerprint *fingerprint)
{
	uint32_t tag;

	memcpy(&tag, fingerprint->octets, sizeof(tag));
	return tag;
}

static void note_later(struct item *item)
{
	if (item->later < OTHERS_DOUBT)
		item->later++;
}

/* source has given another keyset. */
static void count_other(struct keyset *k, unsigned source, uint64_t sent_ms, uint32_t tag)
{
	struct item *item = &k->items[source];

	for (unsigned i = 0; i < item->others && i < OTHERS; i++)
		if (item->tags[i] == tag)
			return;
	note_later(item);
	if (sent_ms <= item->since_ms || item->others >= retention_others_needed(k))
		return;
	if (item->others < OTHERS)
		item->tags[item->others] = tag;
	/* This keyset may be in an answer that is on its way. */
	if (++item->others == retention_others_needed(k))
		retention_prolong(k, RETENTION_LATE_MS);
	retention_note(k);
	retention_judge_later(k);
}

/* Returns true if the IMSI's sessions hold no keyset but this one, have it from source alone and
 * with lifetime_s, and no record is kept. */
static bool is_plain(struct retention *r, const struct counts_key *key, unsigned source,
		     uint32_t lifetime_s)
{
	struct retention_held held;

	if (retention_next(r, &key->imsi, NULL))
		return false;
	for (unsigned at = 0; r->sessions.next(r->sessions.arg, &key->imsi, &at, &held);)
		if (memcmp(&held.fingerprint, &key->keyset, sizeof(key->keyset)) != 0 ||
		    (held.given_by & ~(1U << source)) != 0 || held.lifetime_s != lifetime_s)
			return false;
	return true;
}

enum retention_verdict retention_given(struct retention *r, const struct counts_key *key,
				       unsigned source, uint64_t sent_ms, uint32_t lifetime_s)
{
	const struct counts_key given_up = {.imsi = key->imsi, .keyset = retention_given_up};
	struct keyset *k = retention_find(r, key), *other = NULL;
	const struct keyset *doubt;
	bool is_doubtful;
	const bool is_new = !k && !retention_is_held(r, key);
	const enum retention_verdict verdict = is_new ? RETENTION_NEW : RETENTION_KNOWN;

	if (lifetime_s > r->longest_life_s)
		r->longest_life_s = lifetime_s;
	if (is_plain(r, key, source, lifetime_s))
		return verdict;
	retention_keep_held(r, &key->imsi);
	k = retention_find(r, key);
	doubt = retention_find(r, &given_up);
	is_doubtful = !k && doubt && retention_waits_for(doubt, source);
	/* Keysets with a lifetime do not count: they may be many, and none of them new. */
	while (lifetime_s == 0 && (other = retention_next(r, &key->imsi, other)) != NULL)
		if (other != k && source < other->items_count)
			count_other(other, source, sent_ms, tag_of(&key->keyset));
	if (is_doubtful)
		return RETENTION_DOUBTFUL;
	k = retention_get(r, key, NULL);
	if (!k || source >= k->items_count)
		return RETENTION_KNOWN;
	retention_note_given(k, source, lifetime_s);
	retention_note(k);
	retention_judge_later(k);
	return verdict;
}

bool retention_keep_always(struct retention *r, const struct counts_key *key)
{
	bool is_new;
	struct keyset *k = retention_get(r, key, &is_new);

	if (!k)
		return false;
	/* The file has the keyset, so the disk need not have it until a source gives it. */
	if (is_new)
		ledger_unnote(r->ledger, &k->entry);
	k->is_always = true;
	return true;
}

void retention_is_read(struct retention *r, unsigned source)
{
	r->sources[source].is_read = true;
	retention_begin(r);
}

void retention_lost(struct retention *r, const struct e2m_imsi *imsi, unsigned source)
{
	struct keyset *k = NULL;

	retention_keep_held(r, imsi);
	while ((k = retention_next(r, imsi, k)) != NULL) {
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

	while ((k = retention_next(r, &but->imsi, k)) != NULL)
		if (!retention_has_fingerprint(k, &but->keyset) && retention_waits_for(k, source) &&
		    r->sources[source].memory == RETENTION_LONG)
			return true;
	return false;
}

/* --- giving up --- */

static bool only_waits(const struct keyset *k)
{
	return k->holders == 0 && k->until_ms <= wheel_now(k->retention->wheel) &&
	       !retention_is_held(k->retention, &k->entry.key) && !retention_has_no_keys(k) &&
	       !k->is_always;
}

/* Returns false if there is no memory. */
static bool give_up(struct keyset *k)
{
	struct retention *r = k->retention;
	const struct counts_key key = {.imsi = k->entry.key.imsi, .keyset = retention_given_up};
	bool is_new;
	struct keyset *doubt = retention_get(r, &key, &is_new);

	if (!doubt)
		return false;
	for (unsigned i = 0; i < doubt->items_count; i++) {
		struct item *item = &doubt->items[i];

		if (is_new)
			item->flags = STATE_RETENTION_FREE;
		if (!retention_waits_for(k, i))
			continue;
		item->flags = 0;
		retention_begin_again(r, item);
	}
	retention_note(doubt);
	retention_judge_later(doubt);
	retention_forget(k);
	return true;
}

bool retention_give_up(struct retention *r, const struct e2m_imsi *imsi)
{
	struct keyset *k = NULL, *oldest = NULL;

	while ((k = retention_next(r, imsi, k)) != NULL)
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
		retention_wait_no_more(k); /* it is judged again later */
	}
	return false;
}
