/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table: the sessions in memory, and the indexes by which they are found. All files may search it.
 * Only session.c and restore.c make and free sessions.
 */
#ifndef CONTROL_TABLE_H
#define CONTROL_TABLE_H

#include "control/context.h"

/* For up to max sessions. NULL: no memory. */
struct table *table_new(uint32_t max);
void table_free(struct table *table);
/* Octets of the indexes, for max sessions. */
size_t table_octets(const struct table *table);

/* --- sessions --- */

/* The table must not be full. */
struct session *table_new_session(struct session_store *store, const struct e2m_imsi *imsi,
				  uint8_t nsapi);
/* Same with this id and serial. No session may ever have had this id or a higher one. */
struct session *table_restore_session(struct session_store *store, uint32_t id, uint32_t serial,
				      const struct e2m_imsi *imsi, uint8_t nsapi);
void table_free_session(struct session_store *store, struct session *session);
uint32_t table_sessions(const struct session_store *store);
bool table_is_full(const struct session_store *store);

/* Ids are 1 to max. NULL: no session has the id. */
struct session *table_session(const struct session_store *store, uint32_t id);
uint32_t table_id(const struct session_store *store, const struct session *session);
/* The highest id that a session ever had. 0: there was none. */
uint32_t table_highest(const struct session_store *store);
/* Iterates over all sessions in the order of ids. after: NULL at first; the session may have been
 * freed since. NULL: the end. */
struct session *table_next(const struct session_store *store, const struct session *after);

/* A serial tells a session from an earlier one in its place, or with its IMSI and NSAPI. */
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
/* Iterates over the sessions of a subscriber. after: NULL at first. NULL: the end. */
struct session *table_next_of_subscriber(struct session_store *store, const struct e2m_imsi *imsi,
					 const struct session *after);
/* which: any index except INDEX_SUBSCRIBER. nsapi: 0 for INDEX_TUNNEL_UP and INDEX_TUNNEL_DOWN. */
struct session *table_find_by(struct session_store *store, enum session_index which,
			      const struct tunnel *tunnel, uint8_t nsapi);
/* Finds the session with a live flow on the tunnel, in either direction. Workers know a tunnel only
 * once. */
struct session *table_find_tunnel(struct session_store *store, const struct tunnel *tunnel,
				  enum session_direction *direction);

/* table_index enters the session under its present key, if it has one. table_unindex takes it out,
 * which must be done before the key changes. */
void table_index(struct session_store *store, struct session *session, enum session_index which);
void table_unindex(struct session_store *store, struct session *session, enum session_index which);

struct e2m_imsi table_imsi(const struct session *session);
struct tunnel table_tunnel(const struct session_store *store, const struct session_tunnel *tunnel);
/* A value without an address stands for no tunnel. The session must not be in an index that has the
 * tunnel as its key. -ENOMEM: the tunnel is unchanged. */
int table_set_tunnel(struct session_store *store, struct session_tunnel *tunnel,
		     const struct tunnel *value);
/* Returns the session that an event is about, and the direction of the flow. NULL: the flow is not
 * that session's any more. */
struct session *table_session_of_event(struct session_store *store, unsigned worker,
				       const struct datapath_event *event,
				       enum session_direction *direction);

/* Logs a line that begins with the session's "IMSI ... NSAPI ...: ". */
void control_log_of(struct session_store *store, const struct session *session,
		    enum session_log_level level, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
