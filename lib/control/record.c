/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/record.h"

#include <string.h>

#include "control/due.h"
#include "control/keyset.h"
#include "control/reserve.h"
#include "control/table.h"
#include "control/work.h"

static void put_keyset(const struct session_store *store, const struct session *s, unsigned slot,
		       struct state_keyset *record)
{
	const struct session_keyset *keyset = &protection_of(s)->keysets[slot];

	if (keyset->state == DATAPATH_KEY_NONE)
		return;
	record->flags = STATE_KEYSET_HELD;
	if (keyset->is_known)
		record->flags |= STATE_KEYSET_KNOWN;
	if (keyset->authenticated)
		record->flags |= STATE_KEYSET_AUTHENTICATED;
	/* A refusal has a time at which it ends. A lifetime that has ended has none. */
	if (keyset->state == DATAPATH_KEY_FAILED && keyset->due == 0)
		record->flags |= STATE_KEYSET_OVER;
	record->key_id = keyset->key_id;
	record->eea = keyset->eea;
	record->eia = keyset->eia;
	record->id = keyset->id;
	memcpy(record->fingerprint, keyset->fingerprint.octets, sizeof(record->fingerprint));
	record->lifetime_s = keyset->lifetime_s;
	if (keyset->state != DATAPATH_KEY_FAILED)
		record->over_at = due_age_s(store, keyset->due);
	for (unsigned d = 0; d < 2; d++)
		record->ceiling[d] = reserve_wanted(s, slot, d);
	if (store->durable.is_concluded && !work_first_operation(s))
		memcpy(record->ceiling, keyset->count.next, sizeof(record->ceiling));
}

static void get_keyset(struct session_store *store, struct session *s, unsigned slot,
		       const struct state_keyset *record)
{
	struct session_keyset *keyset = &protection_of(s)->keysets[slot];
	const bool is_over = record->flags & STATE_KEYSET_OVER;
	const uint64_t age_s = store->config.age_s;

	if (!(record->flags & STATE_KEYSET_HELD))
		return;
	keyset->id = record->id;
	keyset->key_id = record->key_id & 7;
	keyset->authenticated = record->flags & STATE_KEYSET_AUTHENTICATED;
	keyset->is_known = record->flags & STATE_KEYSET_KNOWN;
	keyset->eea = record->eea & 0x1f;
	keyset->eia = record->eia;
	memcpy(keyset->fingerprint.octets, record->fingerprint, sizeof(record->fingerprint));
	keyset->lifetime_s = record->lifetime_s;
	/* All COUNTs below the ceilings are taken as used. */
	for (unsigned d = 0; d < 2; d++)
		keyset->count.next[d] = keyset->ceiling[d].granted = record->ceiling[d];
	keyset_restore(store, s, slot, is_over);
	if (!is_over && record->over_at != 0)
		due_set(store, s, &keyset->due,
			record->over_at > age_s ? (record->over_at - age_s) * 1000 : 0);
}

bool record_is_about(const struct state_session *record, const struct session *s, unsigned slot)
{
	const struct state_keyset *recorded = &record->keysets[slot];
	const struct session_keyset *keyset = &protection_of(s)->keysets[slot];
	const struct e2m_imsi imsi = directory_imsi(s);

	if (s->nsapi != record->nsapi || memcmp(&imsi, &record->imsi, sizeof(imsi)) != 0 ||
	    keyset->state == DATAPATH_KEY_NONE || !(recorded->flags & STATE_KEYSET_HELD) ||
	    memcmp(&recorded->id, &keyset->id, sizeof(keyset->id)) != 0)
		return false;
	return !(recorded->flags & STATE_KEYSET_KNOWN) ||
	       (keyset->is_known && memcmp(recorded->fingerprint, keyset->fingerprint.octets,
					   sizeof(recorded->fingerprint)) == 0);
}

static void put_tunnels(const struct session_store *store, const struct session *s,
			struct state_session *record)
{
	for (unsigned d = 0; d < 2; d++) {
		/* A flow that is not live is moving to another tunnel, or another session has taken
		 * its tunnel, unless both claim it. */
		record->has_tunnel[d] =
			s->tunnel[d].gsn != 0 &&
			(protection_of(s)->flow[d].live || work_first_operation(s) ||
			 s->indexed >> (INDEX_TUNNEL_UP + d) & 1);
		record->tunnel[d] = directory_tunnel(store->directory, &s->tunnel[d]);
	}
	record->control_sgsn = directory_tunnel(store->directory, &s->control_sgsn);
	record->control_ggsn = directory_tunnel(store->directory, &s->control_ggsn);
}

/* Returns 0 or -ENOMEM. */
static int get_tunnels(struct session_store *store, struct session *s,
		       const struct state_session *record)
{
	int ret = directory_set_tunnel(store->directory, &s->control_sgsn, &record->control_sgsn);

	if (ret == 0)
		ret = directory_set_tunnel(store->directory, &s->control_ggsn,
					   &record->control_ggsn);
	for (unsigned d = 0; d < 2 && ret == 0; d++)
		if (record->has_tunnel[d])
			ret = directory_set_tunnel(store->directory, &s->tunnel[d],
						   &record->tunnel[d]);
	return ret;
}

void record_put(const struct session_store *store, const struct session *s,
		struct state_session *record)
{
	record->serial = s->serial;
	record->imsi = directory_imsi(s);
	record->nsapi = s->nsapi;
	record->primary = s->primary;
	record->newest = protection_of(s)->newest;
	record->downlink_slot = protection_of(s)->downlink_slot;
	record->counter_octets = protection_of(s)->counter_octets;
	record->origin = s->origin;
	record->policy = s->policy;
	record->address = s->address;
	record->apn = apns_hash(store->apns, s->apn);
	put_tunnels(store, s, record);
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		put_keyset(store, s, slot, &record->keysets[slot]);
}

int record_get(struct session_store *store, struct session *s, const struct state_session *record)
{
	const int ret = get_tunnels(store, s, record);

	s->serial = record->serial;
	s->primary = record->primary;
	protection_of(s)->newest = record->newest & 1;
	protection_of(s)->downlink_slot = record->downlink_slot & 1;
	protection_of(s)->counter_octets = record->counter_octets & 3;
	s->origin = record->origin & 3;
	s->policy = record->policy & 3;
	directory_join_restored(store->directory, s);
	directory_set_address(store->directory, s, &record->address);
	table_set_apn(store, s, apns_recall(store->apns, record->apn));
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		get_keyset(store, s, slot, &record->keysets[slot]);
	return ret;
}
