/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * procedure: what GTP-C of either version makes of sessions (e2m.md 6). A request is remembered
 * until its response comes (procedure.c). A response takes effect only if it accepts, or says that
 * the context does not exist. Then it makes sessions (procedure_create.c), or changes and ends them
 * (procedure_change.c). Called by gtpc.c.
 */
#ifndef CONTROL_PROCEDURE_H
#define CONTROL_PROCEDURE_H

#include "control/request.h"

/* held has the message. It may get another outcome, and gains users until what the message asks for
 * is done. */
void procedure_take_request(struct session_store *store, const struct session_gtpc *gtpc,
			    const struct message *message, struct held *held);
void procedure_take_response(struct session_store *store, const struct session_gtpc *gtpc,
			     const struct message *message, struct held *held);
/* Reads restart counters. Only an Echo Response to a request that crossed is believed. */
void procedure_take_echo(struct session_store *store, const struct session_gtpc *gtpc,
			 const struct message *message);
/* Takes a message that can be read, and that its receiver must refuse or may read differently. It does not cross. */
void procedure_take_faulty(struct session_store *store, const struct session_gtpc *gtpc,
			   const struct message *message, struct held *held);
/* --- between the files of the procedure --- */

/* A response that takes effect, and its request. */
struct exchange {
	struct session_store *store;
	const struct session_gtpc *gtpc; /* of the response */
	struct request *request;
	const struct message *response;
	struct held *held;
};

/* Takes the response to a Create PDP Context or Create Session Request. */
void procedure_create(const struct exchange *exchange);
/* Takes the response to a Create Bearer Request. */
void procedure_create_bearers(const struct exchange *exchange);
/* Takes the response to an Update or a Delete. */
void procedure_change(const struct exchange *exchange);
/* Takes a request that crosses. If a command has asked for it, the command takes effect. */
void procedure_take_triggered(struct session_store *store, const struct session_gtpc *gtpc,
			      const struct message *message, struct held *held);
/* Names the keyset of the UE's message for all bearers of the PDN connection. default_bearer: its identity. */
void procedure_name_keyset(const struct exchange *exchange, uint8_t default_bearer);
/* Changes what rights allow of a session. before: filled by session_current. */
void procedure_change_bearer(const struct exchange *exchange, struct session *session,
			     const struct change *before, unsigned rights);
/* The GGSN may have done what an Update asks for, or may not. */
void procedure_doubt(struct request *request);
/* Ends the session, whatever its origin. */
void procedure_end(const struct exchange *exchange, struct session *session);
/* Changes the session to target, unless a notification or the configuration has the last word. */
void procedure_become(const struct exchange *exchange, struct session *session,
		      const struct change *before, const struct change *target);

#endif
