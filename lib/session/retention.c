/* SPDX-License-Identifier: BSD-3-Clause */
#include "session/retention.h"

#include <errno.h>
#include <rte_common.h>
#include <rte_hash_crc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "session/outbox.h"

/* Others that prove a keyset replaced; where its keys are not known, one of them may be itself. */
#define OTHERS		3
#define OTHERS_NAMELESS 4
/* So many that may have been released may have replaced it. */
#define OTHERS_DOUBT 2

/* What a source has done to a keyset. */
struct item {
	uint64_t since_ms;     /* requests that were sent later count */
	uint32_t tags[OTHERS]; /* the first octets of others' fingerprints: equal ones count once */
	uint8_t flags;	       /* enum state_retention_flag */
	uint8_t others;
	uint8_t later; /* others that may have been released since the keyset was given last */
};

struct keyset {
	struct outbox_item outbox;
	LIST_ENTRY(keyset) same_hash;
	struct wheel_timer timer;
	struct retention *retention;
	uint64_t until_ms; /* rules 2 and 3 */
	struct e2m_imsi imsi;
	struct counts_fingerprint fingerprint;
	uint32_t holders;     /* of COUNTs that are on their way from a session */
	bool is_always;	      /* a file has it */
	uint32_t items_count; /* sources that were known when it was made */
	struct item items[];
};

LIST_HEAD(keyset_list, keyset);

struct source {
	uint32_t name;	/* a hash */
	uint8_t memory; /* enum retention_memory */
	bool is_read;	/* of RETENTION_ALWAYS: what it has is known */
	bool is_absent; /* of an earlier configuration: it gives nothing, and replaces nothing */
};

struct retention {
	struct wheel *wheel;
	struct counts *counts;
	struct retention_sessions sessions;
	struct outbox outbox;
	uint64_t short_ms;	 /* rule 2 */
	uint32_t longest_life_s; /* of all that were given */
	unsigned sources_count;
	struct source sources[STATE_RETENTION_SOURCES];
	uint32_t lists_count;
	struct keyset_list lists[]; /* all of an IMSI are in one of them */
};

/* Of sessions.max, for each list. */
#define SUBSCRIBERS_A_LIST 4

/* Stands for keysets whose COUNTs were given up. No keyset has it, but by a chance of 2^-128. */
static const struct counts_fingerprint given_up = {.octets = {
							   0xff,
							   0xff,
							   0xff,
							   0xff,
							   0xff,
							   0xff,
							   0xff,
							   0xff,
							   0xff,
							   0xff,
							   0xff,
							   0xff,
							   0xff,
							   0xff,
							   0xff,
							   0xff,
						   }};

struct retention *retention_new(struct wheel *wheel, struct counts *counts,
				const struct retention_sessions *sessions, uint32_t subscribers,
				bool is_durable)
{
	const uint32_t lists = subscribers / SUBSCRIBERS_A_LIST + 1;
	struct retention *r = calloc(1, sizeof(*r) + lists * sizeof(r->lists[0]));

	if (!r)
		return NULL;
	r->wheel = wheel;
	r->counts = counts;
	r->sessions = *sessions;
	r->lists_count = lists;
	r->short_ms = RETENTION_HSS_S * UINT64_C(1000) + RETENTION_LATE_MS;
	outbox_init(&r->outbox, is_durable);
	return r;
}

static void free_keyset(struct keyset *k)
{
	outbox_remove(&k->retention->outbox, &k->outbox);
	wheel_cancel(&k->timer);
	LIST_REMOVE(k, same_hash);
	free(k);
}

void retention_free(struct retention *r)
{
	if (!r)
		return;
	for (uint32_t i = 0; i < r->lists_count; i++)
		while (!LIST_EMPTY(&r->lists[i]))
			free_keyset(LIST_FIRST(&r->lists[i]));
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
	r->sources[r->sources_count++] = (struct source){
		.name = rte_hash_crc(name, (uint32_t)strlen(name), 0), .memory = (uint8_t)memory};
	return 0;
}

/* --- keysets --- */

static struct keyset_list *list_of(struct retention *r, const struct e2m_imsi *imsi)
{
	return &r->lists[counts_hash(imsi) % r->lists_count];
}

static bool is_of(const struct keyset *k, const struct e2m_imsi *imsi)
{
	return !k->outbox.is_gone && memcmp(&k->imsi, imsi, sizeof(*imsi)) == 0;
}

static bool has_fingerprint(const struct keyset *k, const struct counts_fingerprint *fingerprint)
{
	return memcmp(&k->fingerprint, fingerprint, sizeof(*fingerprint)) == 0;
}

/* Those that are gone, too. */
static struct keyset *find_any(struct retention *r, const struct e2m_imsi *imsi,
			       const struct counts_fingerprint *fingerprint)
{
	struct keyset *k;

	LIST_FOREACH (k, list_of(r, imsi), same_hash)
		if (memcmp(&k->imsi, imsi, sizeof(*imsi)) == 0 && has_fingerprint(k, fingerprint))
			break;
	return k;
}

static struct keyset *find(struct retention *r, const struct e2m_imsi *imsi,
			   const struct counts_fingerprint *fingerprint)
{
	struct keyset *k = find_any(r, imsi, fingerprint);

	return k && !k->outbox.is_gone ? k : NULL;
}

static void prolong(struct keyset *k, uint64_t ms)
{
	const uint64_t until = wheel_now(k->retention->wheel) + ms;

	if (until > k->until_ms)
		k->until_ms = until;
}

/* A source that has not given the keyset may have released it all the same: with a request that is under way, or with
 * one of an earlier process. */
static void begin_again(const struct retention *r, struct item *item)
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
		begin_again(r, &k->items[i]);
		/* What is absent has not been asked for it. */
		if (r->sources[i].is_absent)
			k->items[i].flags = STATE_RETENTION_FREE;
	}
	prolong(k, r->short_ms);
}

/* NULL: no memory. */
static struct keyset *make(struct retention *r, const struct e2m_imsi *imsi,
			   const struct counts_fingerprint *fingerprint)
{
	struct keyset *k = find_any(r, imsi, fingerprint);

	if (k) {
		outbox_revive(&r->outbox, &k->outbox);
	} else {
		k = calloc(1, sizeof(*k) + r->sources_count * sizeof(k->items[0]));
		if (!k)
			return NULL;
		k->retention = r;
		k->imsi = *imsi;
		k->fingerprint = *fingerprint;
		k->items_count = r->sources_count;
		LIST_INSERT_HEAD(list_of(r, imsi), k, same_hash);
	}
	begin(r, k);
	outbox_note(&r->outbox, &k->outbox);
	return k;
}

static struct keyset *find_or_make(struct retention *r, const struct e2m_imsi *imsi,
				   const struct counts_fingerprint *fingerprint)
{
	struct keyset *k = find(r, imsi, fingerprint);

	return k ? k : make(r, imsi, fingerprint);
}

/* --- keysets that sessions hold --- */

static bool next_held(struct retention *r, const struct e2m_imsi *imsi, unsigned *at,
		      struct retention_held *held)
{
	return r->sessions.next(r->sessions.arg, imsi, at, held);
}

static bool is_held(struct retention *r, const struct e2m_imsi *imsi,
		    const struct counts_fingerprint *fingerprint)
{
	struct retention_held held;

	for (unsigned at = 0; next_held(r, imsi, &at, &held);)
		if (memcmp(&held.fingerprint, fingerprint, sizeof(*fingerprint)) == 0)
			return true;
	return false;
}

static bool any_kept(struct retention *r, const struct e2m_imsi *imsi)
{
	const struct keyset *k;

	LIST_FOREACH (k, list_of(r, imsi), same_hash)
		if (is_of(k, imsi))
			return true;
	return false;
}

/* Where the sessions hold this keyset at most, and have it from source alone, with that lifetime. */
static bool is_plain(struct retention *r, const struct e2m_imsi *imsi,
		     const struct counts_fingerprint *fingerprint, unsigned source,
		     uint32_t lifetime_s)
{
	struct retention_held held;

	if (any_kept(r, imsi))
		return false;
	for (unsigned at = 0; next_held(r, imsi, &at, &held);)
		if (memcmp(&held.fingerprint, fingerprint, sizeof(*fingerprint)) != 0 ||
		    (held.given_by & ~(1U << source)) != 0 || held.lifetime_s != lifetime_s)
			return false;
	return true;
}

static void note_given(struct keyset *k, unsigned source, uint32_t lifetime_s);

/* What is known of keysets that sessions hold and that nothing was kept of. */
static void keep_held(struct retention *r, const struct e2m_imsi *imsi)
{
	struct retention_held held;

	for (unsigned at = 0; next_held(r, imsi, &at, &held);) {
		struct keyset *k =
			find(r, imsi, &held.fingerprint) ? NULL : make(r, imsi, &held.fingerprint);

		for (unsigned i = 0; k && i < k->items_count; i++)
			if (held.given_by >> i & 1)
				note_given(k, i, held.lifetime_s);
	}
}

/* --- rules --- */

static bool has_no_keys(const struct keyset *k)
{
	return has_fingerprint(k, &counts_nameless) || has_fingerprint(k, &given_up);
}

static uint8_t others_needed(const struct keyset *k)
{
	return has_no_keys(k) ? OTHERS_NAMELESS : OTHERS;
}

/* Rule 4. */
static bool waits_for(const struct keyset *k, unsigned source)
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
		return k->is_always || has_no_keys(k) || !k->retention->sources[source].is_read;
	case RETENTION_LONG:
		break;
	}
	return !has_end && item->others < others_needed(k);
}

static bool waits(const struct keyset *k)
{
	for (unsigned i = 0; i < k->items_count; i++)
		if (waits_for(k, i))
			return true;
	return false;
}

static void forget(struct keyset *k)
{
	counts_forget(k->retention->counts, &k->imsi, &k->fingerprint);
	wheel_cancel(&k->timer);
	if (outbox_forget(&k->retention->outbox, &k->outbox))
		free_keyset(k);
}

static void on_time(struct wheel_timer *timer, void *arg);

/* Forgets what need not be kept. */
static void judge(struct keyset *k)
{
	struct retention *r = k->retention;
	const uint64_t now = wheel_now(r->wheel);

	wheel_cancel(&k->timer);
	if (k->is_always || k->holders > 0 || is_held(r, &k->imsi, &k->fingerprint))
		return;
	if (!has_fingerprint(k, &given_up) && counts_of(r->counts, &k->imsi, &k->fingerprint) == 0)
		forget(k); /* never used */
	else if (now < k->until_ms)
		wheel_set(r->wheel, &k->timer, k->until_ms - now, on_time);
	else if (!waits(k))
		forget(k);
}

static void on_time(struct wheel_timer *timer, void *arg)
{
	(void)arg;
	judge((struct keyset *)((char *)timer - offsetof(struct keyset, timer)));
}

/* When a caller who may yet hold it has had its turn. */
static void judge_later(struct keyset *k)
{
	wheel_set(k->retention->wheel, &k->timer, 0, on_time);
}

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
	if (sent_ms <= item->since_ms || item->others >= others_needed(k))
		return;
	if (item->others < OTHERS)
		item->tags[item->others] = tag;
	/* This one may be in an answer that is on its way. */
	if (++item->others == others_needed(k))
		prolong(k, RETENTION_LATE_MS);
	outbox_note(&k->retention->outbox, &k->outbox);
	judge_later(k);
}

static void note_given(struct keyset *k, unsigned source, uint32_t lifetime_s)
{
	struct item *item = &k->items[source];

	prolong(k, k->retention->short_ms);
	if (lifetime_s > 0)
		prolong(k, lifetime_s * UINT64_C(1000) + RETENTION_LATE_MS);
	/* From its first answer on, what others the source gives counts. */
	if (!(item->flags & STATE_RETENTION_GIVEN)) {
		item->since_ms = wheel_now(k->retention->wheel);
		item->others = 0;
	}
	item->flags &= (uint8_t)~STATE_RETENTION_FREE;
	item->flags |= STATE_RETENTION_GIVEN;
	item->flags |= lifetime_s > 0 ? STATE_RETENTION_LIFETIME : STATE_RETENTION_OPEN;
	item->later = item->others > 0; /* one, for it has not been replaced yet */
}

enum retention_verdict retention_given(struct retention *r, const struct e2m_imsi *imsi,
				       const struct counts_fingerprint *fingerprint,
				       unsigned source, uint64_t sent_ms, uint32_t lifetime_s)
{
	const bool is_new = !find(r, imsi, fingerprint) && !is_held(r, imsi, fingerprint);
	const enum retention_verdict verdict = is_new ? RETENTION_NEW : RETENTION_KNOWN;
	struct keyset *k, *other, *next, *doubt;
	bool is_doubtful;

	if (lifetime_s > r->longest_life_s)
		r->longest_life_s = lifetime_s;
	if (is_plain(r, imsi, fingerprint, source, lifetime_s))
		return verdict;
	keep_held(r, imsi);
	k = find(r, imsi, fingerprint);
	doubt = find(r, imsi, &given_up);
	is_doubtful = !k && doubt && waits_for(doubt, source);
	for (other = LIST_FIRST(list_of(r, imsi)); other; other = next) {
		next = LIST_NEXT(other, same_hash);
		/* Those that have a lifetime may be many, and none of them new. */
		if (other != k && is_of(other, imsi) && source < other->items_count &&
		    lifetime_s == 0)
			count_other(other, source, sent_ms, tag_of(fingerprint));
	}
	if (is_doubtful)
		return RETENTION_DOUBTFUL;
	if (!k)
		k = make(r, imsi, fingerprint);
	if (!k || source >= k->items_count)
		return RETENTION_KNOWN;
	note_given(k, source, lifetime_s);
	outbox_note(&r->outbox, &k->outbox);
	judge_later(k);
	return verdict;
}

bool retention_keep_always(struct retention *r, const struct e2m_imsi *imsi,
			   const struct counts_fingerprint *fingerprint)
{
	struct keyset *k = find(r, imsi, fingerprint);

	if (!k) {
		k = make(r, imsi, fingerprint);
		if (!k)
			return false;
		/* The file has it; the disk need not know until a source gives it. */
		outbox_remove(&r->outbox, &k->outbox);
	}
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
	struct keyset *k;

	keep_held(r, imsi);
	LIST_FOREACH (k, list_of(r, imsi), same_hash) {
		struct item *item = &k->items[source];

		if (!is_of(k, imsi) || source >= k->items_count)
			continue;
		note_later(item);
		if (item->flags & STATE_RETENTION_GIVEN)
			continue;
		begin_again(r, item);
		outbox_note(&r->outbox, &k->outbox);
	}
}

bool retention_waits(struct retention *r, const struct e2m_imsi *imsi,
		     const struct counts_fingerprint *but, unsigned source)
{
	struct keyset *k;

	LIST_FOREACH (k, list_of(r, imsi), same_hash)
		if (is_of(k, imsi) && !has_fingerprint(k, but) && waits_for(k, source) &&
		    r->sources[source].memory == RETENTION_LONG)
			return true;
	return false;
}

/* --- what sessions do --- */

bool retention_hold(struct retention *r, const struct e2m_imsi *imsi,
		    const struct counts_fingerprint *fingerprint)
{
	struct keyset *k;

	keep_held(r, imsi);
	k = find_or_make(r, imsi, fingerprint);
	if (!k)
		return false;
	k->holders++;
	return true;
}

void retention_release(struct retention *r, const struct e2m_imsi *imsi,
		       const struct counts_fingerprint *fingerprint)
{
	struct keyset *k = find(r, imsi, fingerprint);

	if (!k || k->holders == 0)
		return;
	k->holders--;
	prolong(k, r->short_ms); /* after its last use */
	outbox_note(&r->outbox, &k->outbox);
	judge(k);
}

void retention_leave(struct retention *r, const struct e2m_imsi *imsi,
		     const struct counts_fingerprint *fingerprint)
{
	struct keyset *k = find(r, imsi, fingerprint);

	if (k)
		judge_later(k);
}

bool retention_keep_nameless(struct retention *r, const struct e2m_imsi *imsi)
{
	struct keyset *k = find_or_make(r, imsi, &counts_nameless);

	if (!k)
		return false;
	for (unsigned i = 0; i < k->items_count; i++)
		begin_again(r, &k->items[i]);
	prolong(k, r->short_ms);
	prolong(k, r->longest_life_s * UINT64_C(1000) + RETENTION_LATE_MS);
	outbox_note(&r->outbox, &k->outbox);
	judge(k);
	return true;
}

bool retention_may_come_again(struct retention *r, const struct e2m_imsi *imsi,
			      const struct counts_fingerprint *fingerprint)
{
	const struct keyset *k = find(r, imsi, fingerprint);

	if (!k)
		return true; /* no source has given another */
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

static struct keyset *find_oldest(struct retention *r, const struct e2m_imsi *imsi)
{
	struct keyset *k, *oldest = NULL;

	LIST_FOREACH (k, list_of(r, imsi), same_hash) {
		if (is_of(k, imsi) && k->holders == 0 && k->until_ms <= wheel_now(r->wheel) &&
		    !is_held(r, imsi, &k->fingerprint) && !has_no_keys(k) && !k->is_always &&
		    (!oldest || k->until_ms < oldest->until_ms))
			oldest = k;
	}
	return oldest;
}

bool retention_give_up(struct retention *r, const struct e2m_imsi *imsi)
{
	struct keyset *oldest = find_oldest(r, imsi);
	struct keyset *doubt = oldest ? find(r, imsi, &given_up) : NULL;
	const bool is_new = oldest && !doubt;

	if (is_new)
		doubt = make(r, imsi, &given_up);
	if (!doubt)
		return false;
	for (unsigned i = 0; i < doubt->items_count; i++) {
		struct item *item = &doubt->items[i];

		if (is_new)
			item->flags = STATE_RETENTION_FREE;
		if (!waits_for(oldest, i))
			continue;
		item->flags = 0;
		begin_again(r, item);
	}
	outbox_note(&r->outbox, &doubt->outbox);
	judge_later(doubt);
	forget(oldest);
	return true;
}

/* --- on disk --- */

static void put_item(const struct keyset *k, unsigned i, struct state_retention *record)
{
	const struct item *item = &k->items[i];
	struct state_retention_source *source = &record->sources[record->sources_count];

	/* What a process that comes after this one would find of itself. */
	if (k->retention->sources[i].memory == RETENTION_SHORT ||
	    (k->retention->sources[i].is_absent && (item->flags & STATE_RETENTION_FREE)))
		return;
	record->sources_count++;
	source->name = k->retention->sources[i].name;
	source->flags = item->flags;
	source->others = item->others;
	memcpy(source->tags, item->tags, sizeof(source->tags));
}

static void put_keyset(const struct keyset *k, uint64_t age_s, struct state_retention *record)
{
	const uint64_t now = wheel_now(k->retention->wheel);

	record->imsi = k->imsi;
	memcpy(record->fingerprint, k->fingerprint.octets, sizeof(record->fingerprint));
	/* A moment longer, never shorter. */
	record->until_s = age_s + (k->until_ms > now ? (k->until_ms - now) / 1000 + 1 : 0);
	for (unsigned i = 0; i < k->items_count; i++)
		put_item(k, i, record);
}

static void collect(struct retention *r, struct state_batch *batch, bool is_gone)
{
	struct outbox_item *item;

	while (batch->count < batch->room && (item = outbox_take(&r->outbox, is_gone)) != NULL) {
		struct state_change *change = &batch->changes[batch->count++];

		*change = (struct state_change){.kind = STATE_RETENTION, .is_gone = is_gone};
		put_keyset((struct keyset *)((char *)item - offsetof(struct keyset, outbox)),
			   batch->age_s, &change->retention);
	}
}

void retention_collect(struct retention *r, struct state_batch *batch)
{
	collect(r, batch, false);
}

void retention_collect_gone(struct retention *r, struct state_batch *batch)
{
	collect(r, batch, true);
}

static struct keyset *find_recorded(struct retention *r, const struct state_retention *record)
{
	struct counts_fingerprint fingerprint;

	memcpy(fingerprint.octets, record->fingerprint, sizeof(fingerprint.octets));
	return find_any(r, &record->imsi, &fingerprint);
}

void retention_written(struct retention *r, const struct state_retention *record, bool is_gone,
		       bool is_written)
{
	struct keyset *k = find_recorded(r, record); /* is there, for it is on its way */

	if (outbox_written(&r->outbox, &k->outbox, is_gone, is_written))
		free_keyset(k);
}

int retention_adopt(struct retention *r, const struct e2m_imsi *imsi,
		    const struct counts_fingerprint *fingerprint)
{
	return find_or_make(r, imsi, fingerprint) ? 0 : -ENOMEM;
}

/* The source's number: one that the configuration does not have gets one too. */
static int number_of(struct retention *r, uint32_t name, unsigned *number)
{
	for (*number = 0; *number < r->sources_count; (*number)++)
		if (r->sources[*number].name == name)
			return 0;
	if (r->sources_count == STATE_RETENTION_SOURCES)
		return -ENOSPC;
	r->sources[r->sources_count++] =
		(struct source){.name = name, .memory = RETENTION_LONG, .is_absent = true};
	return 0;
}

static void restore_item(struct item *item, const struct state_retention_source *source)
{
	item->flags = source->flags;
	item->later = 1; /* by a request of the earlier process */
	/* Else requests of the earlier process may release it yet. */
	if (!(source->flags & STATE_RETENTION_GIVEN))
		return;
	item->since_ms = 0;
	item->others = source->others;
	memcpy(item->tags, source->tags, sizeof(item->tags));
}

/* -ENOMEM: it has too few items, and no others can be had. */
static struct keyset *make_recorded(struct retention *r, const struct state_retention *record)
{
	struct keyset *k = find_recorded(r, record);
	struct counts_fingerprint fingerprint;

	memcpy(fingerprint.octets, record->fingerprint, sizeof(fingerprint.octets));
	bool is_always = k && k->is_always;

	if (k && k->items_count < r->sources_count) {
		free_keyset(k);
		k = NULL;
	}
	if (!k)
		k = make(r, &record->imsi, &fingerprint);
	if (k)
		k->is_always = is_always;
	return k;
}

int retention_restore(struct retention *r, const struct state_retention *record, uint64_t age_s)
{
	unsigned numbers[STATE_RETENTION_SOURCES];
	struct keyset *k;

	for (unsigned i = 0; i < record->sources_count; i++) {
		const int ret = number_of(r, record->sources[i].name, &numbers[i]);
		if (ret != 0)
			return ret;
	}
	k = make_recorded(r, record);
	if (!k)
		return -ENOMEM;
	outbox_remove(&r->outbox, &k->outbox);
	k->outbox.is_on_disk = true;
	k->until_ms = 0;
	if (record->until_s > age_s)
		prolong(k, (record->until_s - age_s) * 1000);
	for (unsigned i = 0; i < record->sources_count; i++)
		restore_item(&k->items[numbers[i]], &record->sources[i]);
	return 0;
}

void retention_begin(struct retention *r)
{
	for (uint32_t i = 0; i < r->lists_count; i++) {
		struct keyset *k, *next;

		for (k = LIST_FIRST(&r->lists[i]); k; k = next) {
			next = LIST_NEXT(k, same_hash);
			judge(k);
		}
	}
}

size_t retention_octets(const struct retention *r)
{
	return sizeof(*r) + r->lists_count * sizeof(r->lists[0]);
}

size_t retention_octets_each(const struct retention *r)
{
	return RTE_ALIGN_CEIL(sizeof(struct keyset) + r->sources_count * sizeof(struct item) +
				      sizeof(size_t),
			      16); /* as glibc does */
}
