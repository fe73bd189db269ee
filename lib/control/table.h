/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table: the sessions of the store in the directory (lib/directory), and what control has with each.
 * All files may search it. Only session.c, establish.c and restore.c make and free sessions.
 */
#ifndef CONTROL_TABLE_H
#define CONTROL_TABLE_H

#include "control/context.h"

/* NULL: no memory. */
struct directory *table_new(const struct session_config *config, uint32_t hash_secret);

/* --- sessions --- */

/* NULL: the table is full. */
struct session *table_new_session(struct session_store *store, enum directory_kind kind,
				  const struct e2m_imsi *imsi, uint8_t nsapi);
/* Makes of an unprotected session a protected one without keysets and flows, or the other way round;
 * a protected one must have neither. Then no index has its tunnels. Returns the session in its new
 * place. NULL: no place is left, and nothing has changed. */
struct session *table_convert(struct session_store *store, struct session *session,
			      enum directory_kind kind);
/* Same with this id and serial. No session may ever have had this id or a higher one. NULL: the id is
 * too high, or the table is full. */
struct session *table_restore_session(struct session_store *store, enum directory_kind kind,
				      uint32_t id, uint32_t serial, const struct e2m_imsi *imsi,
				      uint8_t nsapi);
void table_free_session(struct session_store *store, struct session *session);

/* NULL: no session has the id. */
struct session *table_session(const struct session_store *store, uint32_t id);
static inline uint32_t table_id(const struct session_store *store, const struct session *session)
{
	return directory_id(store->directory, session);
}
/* Iterates over all sessions in the order of ids. after: NULL at first; the session may have been
 * freed since. NULL: the end. */
struct session *table_next(const struct session_store *store, const struct session *after);

static inline bool table_is_later(uint32_t serial, uint32_t than)
{
	return (int32_t)(serial - than) > 0;
}

/* Stores the APN that the policy was checked with when the session was made. */
void table_set_apn(struct session_store *store, struct session *session, struct apn_ref apn);

struct session *table_find_subscriber(const struct session_store *store,
				      const struct e2m_imsi *imsi, uint8_t nsapi);
/* Iterates over the sessions of a subscriber. after: NULL at first. NULL: the end. */
struct session *table_next_of_subscriber(const struct session_store *store,
					 const struct e2m_imsi *imsi, const struct session *after);
/* The same, without sessions that have no place for keysets. */
struct session *table_next_protected(const struct session_store *store, const struct e2m_imsi *imsi,
				     const struct session *after);
/* which: any index of tunnels. nsapi: 0 for INDEX_TUNNEL_UP and INDEX_TUNNEL_DOWN. */
struct session *table_find_by(const struct session_store *store, enum directory_index which,
			      const struct tunnel *tunnel, uint8_t nsapi);
/* Finds the session with a live flow on the tunnel, in either direction. Workers know a tunnel only
 * once. */
struct session *table_find_tunnel(const struct session_store *store, const struct tunnel *tunnel,
				  enum session_direction *direction);

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
