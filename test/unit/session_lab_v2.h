/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session_lab_v2: the S-GW and the P-GW of session_lab. A bearer is a struct lab_context, whose NSAPI is its EPS
 * bearer identity, whose SGSN is the S-GW and whose GGSN the P-GW; the bearers of a PDN connection have the same
 * control TEIDs. Each message is made first, for a test to change it, and then given to the store.
 */
#ifndef UNIT_SESSION_LAB_V2_H
#define UNIT_SESSION_LAB_V2_H

#include "gtp/gtpc_v2.h"
#include "session_lab.h"

/* A bearer of the same PDN connection, with that identity and tunnels of its own. */
struct lab_context lab_dedicated(const struct lab_context *of, uint8_t ebi);
struct gtpc_v2_fteid lab_fteid(uint8_t last_octet, uint32_t teid);
/* A PCO that names a keyset, as it lies in a message; good until the next call. */
struct gtp_octets lab_pco(struct e2m_keyset_id name, uint8_t key_id);

/* From the S-GW to the P-GW, with a new sequence number; the second and third are about the bearer alone. */
struct gtpc_v2 lab_create_session(struct lab_context *c);
struct gtpc_v2 lab_modify_bearer(struct lab_context *c);
struct gtpc_v2 lab_delete_session(struct lab_context *c);
/* From the P-GW to the S-GW; of is the default bearer. */
struct gtpc_v2 lab_create_bearer(struct lab_context *c, const struct lab_context *of);
struct gtpc_v2 lab_update_bearer(struct lab_context *c);
struct gtpc_v2 lab_delete_bearer(struct lab_context *c);
/* What accepts the last request about c, with what belongs into it. */
struct gtpc_v2 lab_accept(const struct lab_context *c, enum gtpc_v2_type type);
/* The same with another Cause, of the message and of the bearer. */
struct gtpc_v2 lab_refuse(const struct lab_context *c, enum gtpc_v2_type type, uint8_t cause);

/* Gives it to the store, and returns its number. Who sends it is clear by its type. */
uint64_t lab_send(const struct lab_context *c, const struct gtpc_v2 *message);
/* As if it came from elsewhere. */
uint64_t lab_send_from(uint8_t last_octet, const struct lab_context *c,
		       const struct gtpc_v2 *message);
/* Both in one datagram. */
uint64_t lab_send_both(const struct lab_context *c, const struct gtpc_v2 *first,
		       const struct gtpc_v2 *second);

/* Request and accepted response; the response's number. */
uint64_t lab_begin(struct lab_context *c, struct e2m_keyset_id name, uint8_t key_id);
uint64_t lab_begin_dedicated(struct lab_context *c, const struct lab_context *of);

#endif
