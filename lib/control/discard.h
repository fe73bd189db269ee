/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * discard: GTP-C messages that do not cross, counted and logged by reason, and those that cross without being
 * read, counted by type (e2m.md 6, "Unread messages do not cross"). Called by gtpc.c and procedure.c; control.c
 * makes and frees it.
 */
#ifndef CONTROL_DISCARD_H
#define CONTROL_DISCARD_H

#include "control/context.h"

/* Each has a counter gtpc.drop.NAME. */
enum discard_reason {
	DISCARD_MALFORMED,   /* of a type that must be read, and cannot be */
	DISCARD_MANDATORY,   /* a mandatory element is missing or makes no sense */
	DISCARD_NO_SEQUENCE, /* without a sequence number no response can be matched */
	DISCARD_NO_REQUEST,  /* a response, and no request that crossed waits for it */
	DISCARD_AMBIGUOUS,   /* receivers differ in what they make of it */
	DISCARD_REASONS
};

struct discard *discard_new(void); /* NULL: no memory */
void discard_free(struct discard *discard);

/* The datagram that held has does not cross. Counts the message. Logs it with both addresses, at most once a second
 * for each reason. */
void discard_gtpc(struct session_store *store, const struct session_gtpc *gtpc,
		  enum discard_reason reason, struct held *held);
/* version: 1 or 2. */
void discard_note_crossing(struct session_store *store, unsigned version, uint8_t type);

#endif
