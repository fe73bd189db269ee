/* SPDX-License-Identifier: BSD-3-Clause */
#include "npdu/schedules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One miss of so many is kept: a hot key is soon found, and a cold one rarely costs the write. */
#define KEEP_EVERY 8

static int allocate(struct schedules *s, size_t size, uint32_t count)
{
	s->size = (size + 63) & ~(size_t)63;
	s->count = count;
	/* One allocation: entries that are kept, then those of the burst at hand. */
	const size_t octets = (count + (size_t)NPDU_BURST_MAX) * s->size;
	s->entries = aligned_alloc(64, octets);
	s->burst = SCHEDULES_LATELY + 1;
	if (!s->entries)
		return -ENOMEM;
	for (uint32_t i = 0; i < count + NPDU_BURST_MAX; i++) {
		schedules_at(s, i)->number = 0;
		schedules_at(s, i)->used = 0;
		schedules_at(s, i)->hint = NULL;
	}
	for (uint32_t i = 0; i < NPDU_BURST_MAX; i++)
		s->scratch[i] = schedules_at(s, count + i);
	return 0;
}

int schedules_init(struct schedules *s, uint32_t count)
{
	memset(s, 0, sizeof(*s));
	s->expand = npdu_expand_key;
	return allocate(s, NPDU_SCHEDULE_PARTS_SIZE, count);
}

int schedules_init_for_library(struct schedules *s, uint32_t first, uint32_t count)
{
	memset(s, 0, sizeof(*s));
	s->first = first;
	s->expand = npdu_expand_key_for_library;
	return allocate(s, sizeof(struct npdu_schedule), count);
}

void schedules_free(struct schedules *s)
{
	if (s->entries)
		e2m_wipe(s->entries, (s->count + (size_t)NPDU_BURST_MAX) * s->size);
	free(s->entries);
	memset(s, 0, sizeof(*s));
}

/* An entry that nobody met for a while; count when the next few were all met lately. */
static uint32_t find_victim(struct schedules *s)
{
	for (unsigned tries = 0; tries < 8; tries++) {
		uint32_t at = s->hand;
		s->hand = at + 1 < s->count ? at + 1 : 0;
		if (s->burst - schedules_at(s, at)->used > SCHEDULES_LATELY)
			return at;
	}
	return s->count;
}

static struct npdu_schedule *place_for(struct schedules *s, uint32_t *hint, unsigned place)
{
	uint32_t at = s->count;

	if (hint && s->misses++ % KEEP_EVERY == 0)
		at = find_victim(s);
	if (at == s->count)
		return s->scratch[place];
	struct npdu_schedule *schedule = schedules_at(s, at);
	if (schedule->number != 0)
		*schedule->hint = NPDU_NO_HINT;
	schedule->hint = hint;
	*hint = s->first + at;
	schedule->used = s->burst;
	return schedule;
}

struct npdu_schedule *schedules_make(struct schedules *s, const struct npdu_key *key,
				     uint32_t *hint, unsigned place)
{
	struct npdu_schedule *schedule = place_for(s, hint, place);

	/* eea2 with eia2 fills all of it; of others something of the key before would be left behind. */
	if (!key->is_aes && schedule->number != 0)
		e2m_wipe(&schedule->parts, s->size - offsetof(struct npdu_schedule, parts));
	s->expand(key, schedule);
	return schedule;
}

void schedules_forget(struct schedules *s, const struct npdu_key *key, uint32_t *hint)
{
	struct npdu_schedule *schedule;

	if (schedules_has(s, *hint)) {
		schedule = schedules_at(s, *hint - s->first);
		if (schedule->hint == hint)
			e2m_wipe(schedule, s->size);
	}
	*hint = NPDU_NO_HINT;
	/* It may stand where a burst put it that did not keep it. */
	for (unsigned place = 0; place < NPDU_BURST_MAX; place++)
		if (s->scratch[place]->number == key->number)
			e2m_wipe(s->scratch[place], s->size);
}
