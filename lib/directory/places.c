/* SPDX-License-Identifier: BSD-3-Clause */
/* places: the memory of the directory, ids and serials. */
#include <rte_common.h>
#include <rte_prefetch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "directory/internal.h"

/* Entries for each head of an index when all places are in use: saves some octets a session, and costs some looks. Workers
 * look at the tunnels and addresses. */
#define ENTRIES_A_HEAD	       8
#define ENTRIES_A_WORKERS_HEAD 2
#define LINE		       64
#define HUGE_PAGE	       ((size_t)2 << 20)

_Static_assert(sizeof(struct session) == 104, "counted in doc/performance.md");
_Static_assert(offsetof(struct session, link[INDEX_SUBSCRIBER]) == LINE,
	       "links are beside what is searched by");

/* --- memory --- */

/* NULL: no memory. calloc does not touch what it gets from the kernel. With millions of entries, each look would miss
 * the TLB in pages of 4 KB; the kernel gives 2 MB at a touch then. */
static void *new_memory(size_t len)
{
	const uintptr_t page = HUGE_PAGE - 1;
	char *memory = calloc(1, len);
	char *from = (char *)(((uintptr_t)memory + page) & ~page);

	if (memory && len >= 16 * HUGE_PAGE)
		madvise(from, (len - (size_t)(from - memory)) & ~page, MADV_HUGEPAGE);
	return memory;
}

/* Returns 0 or -1. */
static int make_range(struct range *r, uint32_t first, uint32_t max, size_t octets)
{
	r->first = first;
	r->max = max;
	r->places_count = max + SPARE;
	r->octets = octets;
	r->memory = new_memory(r->places_count * octets + LINE);
	r->places = (char *)(((uintptr_t)r->memory + LINE - 1) & ~(uintptr_t)(LINE - 1));
	return r->memory ? 0 : -1;
}

static unsigned entries_a_head(enum directory_index which)
{
	if (which < INDEX_SUBSCRIBER)
		return ENTRIES_A_WORKERS_HEAD;
	return which == INDEX_SUBSCRIBER ? ENTRIES_A_HEAD / 2 : ENTRIES_A_HEAD;
}

struct directory *directory_new(const struct directory_config *c)
{
	struct directory *d = calloc(1, sizeof(*d));
	uint32_t places, heads = 0;

	if (!d)
		return NULL;
	places = c->protected_max + c->others_max + 2 * SPARE;
	d->secret = c->hash_secret;
	d->generation = 1;
	for (unsigned i = 0; i < DIRECTORY_INDEXES; i++) {
		d->first_head[i] = heads;
		d->heads_count[i] =
			RTE_ALIGN_CEIL(places / entries_a_head(i) + 1, INDEX_TEID_LISTS);
		heads += d->heads_count[i];
	}
	d->heads = new_memory(heads * sizeof(d->heads[0]));
	d->gsns = gsns_new(c->hash_secret);
	if (d->heads && d->gsns &&
	    make_range(&d->range[RANGE_PROTECTED], 1, c->protected_max, c->protected_octets) == 0 &&
	    make_range(&d->range[RANGE_OTHERS], c->protected_max + SPARE + 1, c->others_max,
		       sizeof(struct session)) == 0)
		return d;
	directory_free(d);
	return NULL;
}

void directory_free(struct directory *d)
{
	if (!d)
		return;
	for (unsigned i = 0; i < RANGES; i++)
		free(d->range[i].memory);
	gsns_free(d->gsns);
	free(d->heads);
	free(d);
}

size_t directory_index_octets(void)
{
	size_t octets = 0;

	for (unsigned i = 0; i < DIRECTORY_INDEXES; i++)
		octets += 8 * sizeof(((struct directory *)0)->heads[0]) / entries_a_head(i);
	return (octets + 7) / 8;
}

struct gsns *directory_gsns(const struct directory *d)
{
	return d->gsns;
}

/* --- ids --- */

static uint32_t end_of(const struct range *r)
{
	return r->first + r->places_count;
}

bool directory_is_id_of(const struct directory *d, enum directory_kind kind, uint32_t id)
{
	const struct range *r = &d->range[places_range(kind)];

	return id >= r->first && id < end_of(r);
}

const struct session *directory_entry(const struct directory *d, uint32_t id)
{
	const struct session *s;

	if (id == 0 || id >= end_of(&d->range[RANGE_OTHERS]))
		return NULL;
	s = place_of(d, id);
	return CHAIN_READ(s->kind) != DIRECTORY_FREE ? s : NULL;
}

void directory_prefetch(const struct directory *d, uint32_t id)
{
	const char *place = id != 0 ? (const char *)place_of(d, id) : NULL;

	/* A place does not begin with a line. */
	if (place) {
		rte_prefetch0(place);
		rte_prefetch0(place + offsetof(struct session, kind));
	}
}

struct session *directory_session(const struct directory *d, uint32_t id)
{
	return (struct session *)directory_entry(d, id);
}

uint32_t directory_id(const struct directory *d, const struct session *s)
{
	const struct range *others = &d->range[RANGE_OTHERS];
	const size_t into = (uintptr_t)s - (uintptr_t)others->places;
	const struct range *r =
		into < others->places_count * others->octets ? others : &d->range[RANGE_PROTECTED];

	return r->first + (uint32_t)((size_t)((const char *)s - r->places) / r->octets);
}

uint32_t directory_number(const struct directory *d, uint32_t id)
{
	return id - d->range[id >= d->range[RANGE_OTHERS].first].first + 1;
}

uint32_t directory_id_of_number(const struct directory *d, enum directory_kind kind,
				uint32_t number)
{
	const struct range *r = &d->range[places_range(kind)];

	return number <= r->places_count ? r->first + number - 1 : UINT32_MAX;
}

uint32_t directory_highest(const struct directory *d, enum directory_kind kind)
{
	return d->range[places_range(kind)].highest;
}

uint32_t directory_id_max(const struct directory *d)
{
	return end_of(&d->range[RANGE_OTHERS]) - 1;
}

uint32_t directory_next_id(const struct directory *d, uint32_t after)
{
	const struct range *p = &d->range[RANGE_PROTECTED], *o = &d->range[RANGE_OTHERS];

	if (after < p->highest)
		return after + 1;
	if (after < o->first)
		return o->highest ? o->first : 0;
	return after < o->highest ? after + 1 : 0;
}

/* 0 is never a serial. */
uint32_t directory_next_serial(struct directory *d)
{
	if (++d->last_serial == 0)
		d->last_serial = 1;
	return d->last_serial;
}

uint32_t directory_last_serial(const struct directory *d)
{
	return d->last_serial;
}

uint32_t directory_count(const struct directory *d, enum directory_kind kind)
{
	return d->count[kind];
}

uint32_t directory_room(const struct directory *d, enum directory_kind kind)
{
	const struct range *r = &d->range[places_range(kind)];

	return r->max - r->in_use;
}

/* --- places --- */

uint32_t places_take(struct directory *d, struct range *r)
{
	uint32_t id = r->free_first;

	r->in_use++;
	if (r->free_count < SPARE && r->highest + 1 < end_of(r))
		return r->highest = r->highest ? r->highest + 1 : r->first;
	r->free_first = place_of(d, id)->link[INDEX_SUBSCRIBER];
	r->free_count--;
	return id;
}

void places_give_back(struct directory *d, struct range *r, uint32_t id)
{
	if (r->free_count++ > 0)
		place_of(d, r->free_last)->link[INDEX_SUBSCRIBER] = id;
	else
		r->free_first = id;
	r->free_last = id;
}

bool directory_is_overfull(const struct directory *d)
{
	return CHAIN_READ(d->is_overfull);
}

void directory_set_overfull(struct directory *d)
{
	CHAIN_WRITE(d->is_overfull, true);
}
