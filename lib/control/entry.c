/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/entry.h"

#include "control/table.h"

static const uint8_t kinds[] = {[STATE_UNPROTECTED] = DIRECTORY_UNPROTECTED,
				[STATE_ENDED] = DIRECTORY_ENDED,
				[STATE_NETWORK] = DIRECTORY_NETWORK};

static uint8_t kind_of(const struct session *s)
{
	switch (s->kind) {
	case DIRECTORY_ENDED:
		return STATE_ENDED;
	case DIRECTORY_NETWORK:
		return STATE_NETWORK;
	default:
		return STATE_UNPROTECTED;
	}
}

void entry_put(const struct session_store *store, const struct session *s,
	       struct state_entry *record)
{
	const struct directory *d = store->directory;

	record->kind = kind_of(s);
	record->nsapi = s->nsapi;
	record->primary = s->primary;
	record->origin = s->origin;
	record->policy = s->kind == DIRECTORY_ENDED ? s->is_doubtful : s->policy;
	record->is_barred = s->is_barred;
	record->serial = s->serial;
	record->apn = apns_hash(store->apns, s->apn);
	record->imsi = directory_imsi(s);
	record->tunnel[UP] = directory_tunnel(d, &s->tunnel[UP]);
	record->tunnel[DOWN] = directory_tunnel(d, &s->tunnel[DOWN]);
	record->control_sgsn = directory_tunnel(d, &s->control_sgsn);
	record->control_ggsn = directory_tunnel(d, &s->control_ggsn);
	if (s->kind == DIRECTORY_NETWORK)
		record->network = s->network;
	else
		record->address = s->address;
}

/* Returns 0 or -ENOMEM. */
static int get_tunnels(struct session_store *store, struct session *s,
		       const struct state_entry *record)
{
	struct directory *d = store->directory;
	int ret = directory_set_tunnel(d, &s->control_sgsn, &record->control_sgsn);

	if (ret == 0)
		ret = directory_set_tunnel(d, &s->control_ggsn, &record->control_ggsn);
	for (unsigned direction = 0; direction < 2 && ret == 0; direction++)
		ret = directory_set_tunnel(d, &s->tunnel[direction], &record->tunnel[direction]);
	return ret;
}

/* What is no session, and a session whose packets are dropped, waits for nothing. */
static void index_now(struct session_store *store, struct session *s,
		      const struct state_entry *record)
{
	struct directory *d = store->directory;

	if (s->kind == DIRECTORY_NETWORK) {
		s->network = record->network;
		directory_index(d, s, s->network.is_ipv6 ? INDEX_IPV6 : INDEX_IPV4);
		return;
	}
	directory_set_address(d, s, &record->address);
	if (s->is_doubtful && s->control_ggsn.teid != 0)
		directory_index(d, s, INDEX_CONTROL_GGSN);
	for (unsigned direction = 0; direction < 2 && (s->kind == DIRECTORY_ENDED || s->is_barred);
	     direction++)
		directory_index(d, s, INDEX_TUNNEL_UP + direction);
}

struct session *entry_get(struct session_store *store, const struct state_entry *record)
{
	const enum directory_kind kind = kinds[record->kind];
	struct session *s = table_restore_session(
		store, kind, directory_id_of_number(store->directory, kind, record->number),
		record->serial, &record->imsi, record->nsapi);

	if (!s)
		return NULL;
	s->primary = record->primary;
	s->origin = record->origin & 3;
	s->policy = record->policy & 3;
	s->is_barred = record->is_barred & 1;
	s->is_doubtful = kind == DIRECTORY_ENDED && s->policy != 0;
	if (kind != DIRECTORY_NETWORK)
		table_set_apn(store, s, apns_recall(store->apns, record->apn));
	if (get_tunnels(store, s, record) != 0) {
		table_free_session(store, s);
		return NULL;
	}
	directory_join_restored(store->directory, s);
	index_now(store, s, record);
	return s;
}
