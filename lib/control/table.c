/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/table.h"

#include <stdarg.h>
#include <stdio.h>

struct directory *table_new(const struct session_config *config, uint32_t hash_secret)
{
	const struct directory_config c = {.protected_max = config->max,
					   .others_max = config->unprotected_max,
					   .protected_octets = sizeof(struct protected_session),
					   .hash_secret = hash_secret};

	return directory_new(&c);
}

/* --- searches --- */

struct session *table_find_by(const struct session_store *store, enum directory_index which,
			      const struct tunnel *tunnel, uint8_t nsapi)
{
	struct session *s = directory_find_by(store->directory, which, tunnel, nsapi);

	return s && s->kind != DIRECTORY_ENDED ? s : NULL;
}

struct session *table_find_subscriber(const struct session_store *store,
				      const struct e2m_imsi *imsi, uint8_t nsapi)
{
	return directory_find_subscriber(store->directory, imsi, nsapi);
}

struct session *table_next_of_subscriber(const struct session_store *store,
					 const struct e2m_imsi *imsi, const struct session *after)
{
	return directory_next_of_subscriber(store->directory, imsi, after);
}

struct session *table_next_protected(const struct session_store *store, const struct e2m_imsi *imsi,
				     const struct session *after)
{
	struct session *s = table_next_of_subscriber(store, imsi, after);

	while (s && s->kind != DIRECTORY_PROTECTED)
		s = table_next_of_subscriber(store, imsi, s);
	return s;
}

struct session *table_find_tunnel(const struct session_store *store, const struct tunnel *tunnel,
				  enum session_direction *direction)
{
	struct session *s = table_find_by(store, INDEX_TUNNEL_UP, tunnel, 0);

	*direction = s ? UP : DOWN;
	return s ? s : table_find_by(store, INDEX_TUNNEL_DOWN, tunnel, 0);
}

/* --- sessions --- */

static struct session *begin(const struct session_store *store, struct session *s)
{
	if (s && s->kind == DIRECTORY_PROTECTED)
		protection_of(s)->counter_octets = store->config.counter_octets & 3;
	return s;
}

struct session *table_new_session(struct session_store *store, enum directory_kind kind,
				  const struct e2m_imsi *imsi, uint8_t nsapi)
{
	return begin(store, directory_add(store->directory, kind, imsi, nsapi));
}

struct session *table_convert(struct session_store *store, struct session *s,
			      enum directory_kind kind)
{
	struct session *converted;

	if (s->kind == DIRECTORY_PROTECTED)
		wheel_cancel(&protection_of(s)->timer);
	converted = begin(store, directory_convert(store->directory, s, kind));
	if (!converted)
		return NULL;
	converted->is_barred = false;
	for (unsigned d = 0; d < 2; d++)
		directory_unindex(store->directory, converted, INDEX_TUNNEL_UP + d);
	return converted;
}

struct session *table_restore_session(struct session_store *store, enum directory_kind kind,
				      uint32_t id, uint32_t serial, const struct e2m_imsi *imsi,
				      uint8_t nsapi)
{
	return begin(store, directory_restore(store->directory, kind, id, serial, imsi, nsapi));
}

void table_free_session(struct session_store *store, struct session *s)
{
	if (s->kind == DIRECTORY_PROTECTED)
		wheel_cancel(&protection_of(s)->timer);
	apns_give_back(store->apns, s->apn);
	directory_remove(store->directory, s);
}

struct session *table_session(const struct session_store *store, uint32_t id)
{
	struct session *s = directory_session(store->directory, id);

	return s && s->kind != DIRECTORY_ENDED && s->kind != DIRECTORY_NETWORK ? s : NULL;
}

struct session *table_next(const struct session_store *store, const struct session *after)
{
	uint32_t id = after ? table_id(store, after) : 0;
	struct session *s = NULL;

	while (!s && (id = directory_next_id(store->directory, id)) != 0)
		s = table_session(store, id);
	return s;
}

void table_set_apn(struct session_store *store, struct session *s, struct apn_ref apn)
{
	apns_give_back(store->apns, s->apn);
	s->apn = apns_take(store->apns, apn);
}

struct session *table_session_of_event(struct session_store *store, unsigned worker,
				       const struct datapath_event *event,
				       enum session_direction *direction)
{
	struct session *s = table_session(store, event->session);

	if (!s || s->kind != DIRECTORY_PROTECTED)
		return NULL;
	for (unsigned d = 0; d < 2; d++)
		if (protection_of(s)->flow[d].live && protection_of(s)->flow[d].worker == worker &&
		    protection_of(s)->flow[d].number == event->flow) {
			*direction = d;
			return s;
		}
	return NULL;
}

void control_log_of(struct session_store *store, const struct session *s,
		    enum session_log_level level, const char *format, ...)
{
	char line[CONTROL_LINE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	control_log(store, level, "IMSI %s NSAPI %u: %s", directory_imsi(s).digits, s->nsapi, line);
}
