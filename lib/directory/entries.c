/* SPDX-License-Identifier: BSD-3-Clause */
/* entries: makes, converts and removes the entries of the directory. */
#include <string.h>

#include "directory/internal.h"

static struct session *make(struct directory *d, enum directory_kind kind, uint32_t id,
			    const struct e2m_imsi *imsi, uint8_t nsapi)
{
	struct session *s = place_of(d, id);

	memset(s, 0, d->range[places_range(kind)].octets);
	s->imsi = index_key_of_subscriber(imsi, nsapi).what[0];
	s->nsapi = s->primary = nsapi;
	s->kind = (uint8_t)kind;
	d->count[kind]++;
	return s;
}

struct session *directory_add(struct directory *d, enum directory_kind kind,
			      const struct e2m_imsi *imsi, uint8_t nsapi)
{
	struct range *r = &d->range[places_range(kind)];
	struct session *s;

	if (r->in_use == r->max)
		return NULL;
	s = make(d, kind, places_take(d, r), imsi, nsapi);
	s->serial = directory_next_serial(d);
	if (kind != DIRECTORY_ENDED)
		directory_index(d, s, INDEX_SUBSCRIBER);
	return s;
}

struct session *directory_restore(struct directory *d, enum directory_kind kind, uint32_t id,
				  uint32_t serial, const struct e2m_imsi *imsi, uint8_t nsapi)
{
	struct range *r = &d->range[places_range(kind)];
	uint32_t next = r->highest ? r->highest + 1 : r->first;
	struct session *s;

	if (id < next || id >= r->first + r->places_count || r->in_use == r->max)
		return NULL;
	while (next < id)
		places_give_back(d, r, next++);
	r->highest = id;
	r->in_use++;
	if ((int32_t)(serial - d->last_serial) > 0)
		d->last_serial = serial;
	s = make(d, kind, id, imsi, nsapi);
	s->serial = serial;
	if (kind != DIRECTORY_ENDED)
		directory_index(d, s, INDEX_SUBSCRIBER);
	return s;
}

void directory_remove(struct directory *d, struct session *s)
{
	const uint32_t id = directory_id(d, s);
	struct range *r = &d->range[places_range(s->kind)];

	for (unsigned i = 0; i < DIRECTORY_INDEXES; i++)
		directory_unindex(d, s, i);
	gsns_give_back(d->gsns, s->control_sgsn.gsn);
	gsns_give_back(d->gsns, s->control_ggsn.gsn);
	for (unsigned direction = 0; direction < 2; direction++)
		gsns_give_back(d->gsns, s->tunnel[direction].gsn);
	d->count[s->kind]--;
	r->in_use--;
	CHAIN_WRITE(s->kind, DIRECTORY_FREE);
	places_give_back(d, r, id);
}

/* Gives target all that session has, and takes session out. */
static void replace(struct directory *d, struct session *target, struct session *s)
{
	const uint8_t indexed = s->indexed, kind = target->kind;

	*target = *s;
	target->kind = kind;
	target->indexed = 0;
	gsns_take_again(d->gsns, s->control_sgsn.gsn);
	gsns_take_again(d->gsns, s->control_ggsn.gsn);
	for (unsigned direction = 0; direction < 2; direction++)
		gsns_take_again(d->gsns, s->tunnel[direction].gsn);
	for (unsigned i = 0; i < DIRECTORY_INDEXES; i++)
		if (indexed >> i & 1)
			directory_index(d, target, i);
	directory_remove(d, s);
}

struct session *directory_convert(struct directory *d, struct session *s, enum directory_kind kind)
{
	struct range *r = &d->range[places_range(kind)];
	const struct e2m_imsi imsi = directory_imsi(s);
	struct session *target;

	if (r->in_use == r->max)
		return NULL;
	target = make(d, kind, places_take(d, r), &imsi, s->nsapi);
	replace(d, target, s);
	if (kind == DIRECTORY_PROTECTED && pdp_address_is_bound(&target->address))
		address_begin_generation(d);
	return target;
}
