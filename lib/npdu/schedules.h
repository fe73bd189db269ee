/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * schedules: the key schedules that an engine keeps, private to this library. With a thousand busy
 * sessions all of theirs are here and no packet waits for an expansion; with a million visited at
 * random hardly any is, and expanding anew from one line of key is cheaper than fetching six of
 * schedule. So a key that is met now and then is expanded on the spot, and only now and then kept.
 */
#ifndef NPDU_SCHEDULES_H
#define NPDU_SCHEDULES_H

#include "npdu/key.h"

/* Bursts that an entry is kept at least without being met, more or less. */
#define SCHEDULES_LATELY 1024

struct schedules {
	char *entries;
	size_t size;	/* of an entry */
	uint32_t first; /* hint of the first entry: an engine's two kinds of schedules share none */
	void (*expand)(const struct npdu_key *key, struct npdu_schedule *out);
	uint32_t count;
	uint32_t burst;
	uint32_t hand;
	uint32_t misses;
	struct npdu_schedule *scratch[NPDU_BURST_MAX]; /* for what is not kept */
};

/* count entries, with hints from 0 on, as npdu_expand_key makes them. -ENOMEM. */
int schedules_init(struct schedules *s, uint32_t count);
/* The same as npdu_expand_key_for_library makes them, with hints from first on. */
int schedules_init_for_library(struct schedules *s, uint32_t first, uint32_t count);
void schedules_free(struct schedules *s);

/* Begins a burst: what it uses is not given up before the next begins. */
static inline void schedules_begin(struct schedules *s)
{
	s->burst++;
}

static inline struct npdu_schedule *schedules_at(const struct schedules *s, uint32_t entry)
{
	return (struct npdu_schedule *)(s->entries + entry * s->size);
}

static inline bool schedules_has(const struct schedules *s, uint32_t hint)
{
	return hint - s->first < s->count;
}

/* What is kept for the owner of hint; NULL: nothing. The key itself is not looked at, for that would be
 * one more line to fetch: an owner whose key changes says so first (schedules_forget). */
static inline struct npdu_schedule *schedules_kept(const struct schedules *s, uint32_t *hint)
{
	struct npdu_schedule *schedule;

	if (!hint || !schedules_has(s, *hint))
		return NULL;
	schedule = schedules_at(s, *hint - s->first);
	if (schedule->hint != hint)
		return NULL;
	/* Not each time: a line that is only read need not be written back. */
	if (s->burst - schedule->used > SCHEDULES_LATELY / 4)
		schedule->used = s->burst;
	return schedule;
}

/* When nothing is kept: the schedule of key, good until the burst ends; place (0 to NPDU_BURST_MAX - 1) is
 * the key's in the burst. hint remembers where it is kept, and is NPDU_NO_HINT when it no longer is; NULL:
 * never keep. */
struct npdu_schedule *schedules_make(struct schedules *s, const struct npdu_key *key,
				     uint32_t *hint, unsigned place);

/* Wipes what is kept at hint, if it is kept for its owner, and what bursts have left of key. */
void schedules_forget(struct schedules *s, const struct npdu_key *key, uint32_t *hint);

#endif
