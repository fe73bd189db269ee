/* SPDX-License-Identifier: BSD-3-Clause */
/* table: the sessions in memory, and the indexes by which they are found. */
#ifndef CONTROL_TABLE_H
#define CONTROL_TABLE_H

#include "control/context.h"

/* NULL: no place left. */
struct session *store_new_session(struct session_store *store, const struct e2m_imsi *imsi,
				  uint8_t nsapi);
/* The same in a place that no session has had, above all that have. */
struct session *store_restore_session(struct session_store *store, uint32_t id,
				      const struct e2m_imsi *imsi, uint8_t nsapi);
void store_free_session(struct session_store *store, struct session *session);
/* Of a Create: tells a session from the one that had its place, or its IMSI and NSAPI, before. */
uint32_t store_next_serial(struct session_store *store);
static inline bool store_is_later(uint32_t serial, uint32_t than)
{
	return (int32_t)(serial - than) > 0;
}

/* Stores the APN that the policy was checked with when the session was made. */
void store_set_apn(struct session_store *store, struct session *session, struct apn_ref apn);

struct session *store_find_subscriber(struct session_store *store, const struct e2m_imsi *imsi,
				      uint8_t nsapi);
/* Iterates over the sessions of a subscriber: after is NULL at first. NULL: no more. */
struct session *store_next_of_subscriber(struct session_store *store, const struct e2m_imsi *imsi,
					 const struct session *after);
/* which: INDEX_CONTROL_SGSN or INDEX_CONTROL_GGSN. */
struct session *store_find_control(struct session_store *store, enum session_index which,
				   const struct tunnel *control, uint8_t nsapi);
/* Whose live flow has the tunnel, in whichever direction: workers know a tunnel once. */
struct session *store_find_tunnel(struct session_store *store, const struct tunnel *tunnel,
				  enum session_direction *direction);
/* Places for COUNTs that were promised, or that the keysets of sessions need when they leave. */
uint32_t store_places_taken(const struct session_store *store);
/* True when so many more COUNTs would find a place beside those of all keysets that sessions hold. */
bool store_has_room(const struct session_store *store, uint32_t counts);

/* Puts the session under the key that it has now, if it has one, and takes it out again, which must be done
 * before the key changes. */
void store_index(struct session_store *store, struct session *session, enum session_index which);
void store_unindex(struct session_store *store, struct session *session, enum session_index which);

struct session *store_session(struct session_store *store, uint32_t id);
uint32_t store_id(const struct session_store *store, const struct session *session);
struct e2m_imsi store_imsi(const struct session *session);
struct tunnel store_tunnel(const struct session_store *store, const struct session_tunnel *tunnel);
/* A value without an address is none. -ENOMEM: it is as before. An index that it is a key of must not have the
 * session. */
int store_set_tunnel(struct session_store *store, struct session_tunnel *tunnel,
		     const struct tunnel *value);
/* The session that an event is about, if flow is still its own, and which of its flows that is; NULL when it was
 * meant for another. */
struct session *store_session_of_event(struct session_store *store, unsigned worker,
				       const struct datapath_event *event,
				       enum session_direction *direction);

#endif
