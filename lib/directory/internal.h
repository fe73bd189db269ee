/* SPDX-License-Identifier: BSD-3-Clause */
/* internal: what the files of this library share. */
#ifndef DIRECTORY_INTERNAL_H
#define DIRECTORY_INTERNAL_H

#include "directory/chain.h"
#include "directory/directory.h"
#include "directory/gsns.h"

/* So many places become free before one is used again, unless all are in use. A reader that still has a freed entry
 * finds it unchanged. They are beyond the number that the configuration allows. */
#define SPARE 256

/* Ids of one range have places of one size. */
struct range {
	char *places; /* of id first */
	void *memory;
	size_t octets; /* of one place */
	uint32_t first;
	uint32_t places_count;
	uint32_t max, in_use;
	uint32_t highest;			    /* highest id that was ever in use; 0: none */
	uint32_t free_first, free_last, free_count; /* in the order in which they became free */
};

enum { RANGE_PROTECTED, RANGE_OTHERS, RANGES };

/* Bits of an IPv6 prefix, and 0. */
#define LENGTHS (PDP_IPV6_BITS + 1)

struct directory {
	struct range range[RANGES];
	struct gsns *gsns;
	uint32_t secret;
	uint32_t last_serial;
	uint32_t count[DIRECTORY_KINDS];
	bool is_overfull;
	uint32_t generation; /* directory_generation */
	uint32_t *heads;     /* of all indexes, one index after the other */
	uint32_t first_head[DIRECTORY_INDEXES], heads_count[DIRECTORY_INDEXES];
	/* By IP version: the lengths that entries have, as bits, and how many entries have each. */
	uint64_t lengths[2][(LENGTHS + 63) / 64];
	uint32_t length_users[2][LENGTHS];
};

/* The place with this id, which is 1 to the highest of its range. */
static inline struct session *place_of(const struct directory *d, uint32_t id)
{
	const struct range *r = &d->range[id >= d->range[RANGE_OTHERS].first];

	return (struct session *)(r->places + (id - r->first) * r->octets);
}

/* --- places.c --- */

static inline unsigned places_range(enum directory_kind kind)
{
	return kind == DIRECTORY_PROTECTED ? RANGE_PROTECTED : RANGE_OTHERS;
}

/* Returns a place that became free long ago, or one that was never used. There must be one: in_use < max. */
uint32_t places_take(struct directory *directory, struct range *range);
void places_give_back(struct directory *directory, struct range *range, uint32_t id);

/* --- index.c --- */

/* Lists in which a TEID for uplink may be. They are neighbours, from a multiple of this number on. */
#define INDEX_TEID_LISTS 8

struct key {
	uint64_t what[2];
	uint8_t more; /* nsapi, or length of the prefix */
};

struct key index_key_of_prefix(const struct pdp_prefix *prefix, unsigned length);
/* The same for the tunnel with this number of its address. */
struct key index_key_of_tunnel(const struct session_tunnel *tunnel, uint8_t nsapi);
struct key index_key_of_subscriber(const struct e2m_imsi *imsi, uint8_t nsapi);
/* Returns true if the session has an address or network in this index, and fills prefix. */
bool index_prefix(const struct session *session, enum directory_index which,
		  struct pdp_prefix *prefix);
/* For readers. Returns the first entry under the key for which wanted is true; wanted may be NULL. An entry may be asked
 * about more than once. */
struct session *index_find(const struct directory *directory, enum directory_index which,
			   const struct key *key,
			   bool (*wanted)(const struct session *session, void *arg), void *arg);
/* The same for the TEID of the tunnel for uplink, whatever its address. */
struct session *index_find_teid(const struct directory *directory, uint32_t teid,
				bool (*wanted)(const struct session *session, void *arg),
				void *arg);
/* Returns the next entry under the key. after: NULL at first, and still in place. */
struct session *index_next(const struct directory *directory, enum directory_index which,
			   const struct key *key, const struct session *after);

/* --- ggsn.c --- */

/* For readers. The group of the GGSN that the session is at. 0: not known. */
uint32_t ggsn_group(const struct directory *directory, const struct session *session);

/* --- address.c --- */

void address_begin_generation(struct directory *directory);

#endif
