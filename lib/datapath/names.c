/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * names: remembers the datagrams that have crossed in fragments within the last 120 s. The name of a datagram is its
 * addresses and its identification. A receiver that has lost a fragment keeps the other fragments, and puts them together
 * with later fragments of the same name. So after GTP-C in fragments, no other fragment of that name crosses. After another
 * fragment, no GTP-C of that name crosses in fragments. Several names share a place in the table. If a place does not tell
 * whether a name has crossed, the fragments do not cross.
 */
#include <rte_hash_crc.h>

#include "datapath/worker.h"

/* RFC 1122 3.3.2: a receiver keeps fragments for 60 to 120 s. */
#define KEPT_S 120

struct place {
	struct name_marks *marks;
	uint32_t now_s; /* at least 1 */
	uint16_t tag;
};

/* A pair of addresses with many datagrams fills no more than the pair's share of the places. */
static struct place find(struct datapath_worker *w, const struct gather_key *key)
{
	const uint32_t pair =
		rte_hash_crc(key->source, sizeof(key->source) + sizeof(key->receiver), key->side);
	const uint32_t id = (key->datagram ^ key->datagram >> 16) % NAMES_OF_PAIR;

	return (struct place){.marks = &w->names[pair % NAMES_PAIRS * NAMES_OF_PAIR + id],
			      .now_s = (uint32_t)(w->now / w->ms_tsc / 1000) + 1,
			      .tag = (uint16_t)rte_hash_crc_4byte(key->datagram, pair)};
}

static bool is_recent(const struct name_mark *mark, const struct place *place)
{
	return mark->since_s != 0 && place->now_s - mark->since_s <= KEPT_S;
}

static bool has_crossed(const struct name_mark *mark, const struct place *place)
{
	return is_recent(mark, place) && (mark->is_of_many || mark->tag == place->tag);
}

static void note(struct name_mark *mark, const struct place *place)
{
	mark->is_of_many = is_recent(mark, place) && (mark->is_of_many || mark->tag != place->tag);
	mark->since_s = place->now_s;
	mark->tag = place->tag;
}

bool names_admit(struct datapath_worker *w, const struct gather_key *key, bool crosses)
{
	const struct place place = find(w, key);

	if (has_crossed(&place.marks->gtpc, &place))
		return false;
	if (crosses)
		note(&place.marks->other, &place);
	return true;
}

bool names_admit_gtpc(struct datapath_worker *w, const struct gather_key *key)
{
	const struct place place = find(w, key);

	if (has_crossed(&place.marks->gtpc, &place) || has_crossed(&place.marks->other, &place))
		return false;
	note(&place.marks->gtpc, &place);
	return true;
}
