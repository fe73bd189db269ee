/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table: the sessions in memory, and the indexes by which they are found. All files may search it; session.c and the
 * restoring of records make and free sessions.
 */
#ifndef CONTROL_TABLE_H
#define CONTROL_TABLE_H

#include "control/context.h"

/* For up to max sessions. NULL: no memory. */
struct table *table_new(uint32_t max);
void table_free(struct table *table);
/* Memory of the indexes, for max sessions. */
size_t table_octets(const struct table *table);

/* --- sessions --- */

/* Call it for a table that is not full. */
struct session *table_new_session(struct session_store *store, const struct e2m_imsi *imsi,
				  uint8_t nsapi);
/* The same with that serial, in a place that no session has had, above all that have. */
struct session *table_restore_session(struct session_store *store, uint32_t id, uint32_t serial,
				      const struct e2m_imsi *imsi, uint8_t nsapi);
void table_free_session(struct session_store *store, struct session *session);
uint32_t table_sessions(const struct session_store *store);
bool table_is_full(const struct session_store *store);

/* Ids are 1 to max. NULL: none has the id. */
struct session *table_session(const struct session_store *store, uint32_t id);
uint32_t table_id(const struct session_store *store, const struct session *session);
/* No session ever had a higher id; 0: there was none. */
uint32_t table_highest(const struct session_store *store);
/* All sessions in the order of ids: after is NULL at first, and may have been freed since. NULL: no more. */
struct session *table_next(const struct session_store *store, const struct session *after);

/* A serial tells a session from the one that had its place, or its IMSI and NSAPI, before. */
uint32_t table_next_serial(struct session_store *store);
uint32_t table_last_serial(const struct session_store *store);
static inline bool table_is_later(uint32_t serial, uint32_t than)
{
	return (int32_t)(serial - than) > 0;
}

/* Stores the APN that the policy was checked with when the session was made. */
void table_set_apn(struct session_store *store, struct session *session, struct apn_ref apn);

struct session *table_find_subscriber(struct session_store *store, const struct e2m_imsi *imsi,
				      uint8_t nsapi);
/* Iterates over the sessions of a subscriber: after is NULL at first. NULL: no more. */
struct session *table_next_of_subscriber(struct session_store *store, const struct e2m_imsi *imsi,
					 const struct session *after);
/* which: an index of tunnels. nsapi: 0 for INDEX_TUNNEL_UP and INDEX_TUNNEL_DOWN. */
struct session *table_find_by(struct session_store *store, enum session_index which,
			      const struct tunnel *tunnel, uint8_t nsapi);
/* Whose live flow has the tunnel, in whichever direction: workers know a tunnel once. */
struct session *table_find_tunnel(struct session_store *store, const struct tunnel *tunnel,
				  enum session_direction *direction);

/* Puts the session under the key that it has now, if it has one, and takes it out again, which must be done
 * before the key changes. */
void table_index(struct session_store *store, struct session *session, enum session_index which);
void table_unindex(struct session_store *store, struct session *session, enum session_index which);

struct e2m_imsi table_imsi(const struct session *session);
struct tunnel table_tunnel(const struct session_store *store, const struct session_tunnel *tunnel);
/* A value without an address is none. -ENOMEM: it is as before. An index that it is a key of must not have the
 * session. */
int table_set_tunnel(struct session_store *store, struct session_tunnel *tunnel,
		     const struct tunnel *value);
/* The session that an event is about, if flow is still its own, and which of its flows that is; NULL when it was
 * meant for another. */
struct session *table_session_of_event(struct session_store *store, unsigned worker,
				       const struct datapath_event *event,
				       enum session_direction *direction);

/* Logs a line that begins with the session's "IMSI ... NSAPI ...: ". */
void control_log_of(struct session_store *store, const struct session *session,
		    enum session_log_level level, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
