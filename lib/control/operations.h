/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * operations: the changes of a protected session that are under way. They run one after the other. carry.c
 * carries them out. Other files ask what the session will be after the last of them.
 */
#ifndef CONTROL_OPERATIONS_H
#define CONTROL_OPERATIONS_H

#include "control/change.h"
#include "control/held.h"

enum step {
	STEP_WAIT, /* for earlier operations */
	STEP_STOP,
	STEP_START,
};

struct operation {
	TAILQ_ENTRY(operation) entry;
	struct session *session;
	struct change target;
	enum step step;
	unsigned pending;  /* acknowledgements */
	unsigned promised; /* places for COUNTs that it may need */
	bool is_barred[2]; /* by direction: the flow stops, and the tunnel stays claimed */
	bool leaves_claim; /* to the downlink tunnel before a move, which no flow will have */
	enum session_outcome outcome;
	struct held *held;
};

/* Puts a change behind those that are under way. NULL: no memory. */
struct operation *operations_add(struct session_store *store, struct session *session,
				 const struct change *target);
/* Frees the operation. */
void operations_remove(struct session *session, struct operation *operation);

/* --- what a session will be when all that is under way for it is done --- */

/* Fills target. keyset and key_id are those of the latest activation. */
void session_current(const struct session_store *store, const struct session *session,
		     struct change *target);
/* Returns true if the session will have a keyset. */
bool session_names_keyset(const struct session *session);

#endif
