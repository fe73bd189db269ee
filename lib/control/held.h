/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * held: what waits until all operations that it asked for are done, and on disk: a GTP-C message, which is released then,
 * or a notification, which is answered. Those who make it, session.c and the tunnels that are expected are its users;
 * durable.c answers what has waited for the disk.
 */
#ifndef CONTROL_HELD_H
#define CONTROL_HELD_H

#include "control/journal.h"

struct held {
	struct journal_waiter waiter;
	unsigned users; /* operations, tunnels that are expected, and its maker */
	enum session_outcome outcome;
	bool is_notification;
	bool is_lasting; /* it made or changed what must outlive the process */
	union {
		struct session_gtpc gtpc; /* discarded if the outcome is not DONE */
		uint64_t notification;
	};
};

/* With one user, the caller. NULL: no memory. */
struct held *held_new_gtpc(const struct session_gtpc *gtpc);
struct held *held_new_notification(uint64_t number);
/* One user less. Without users it waits for the disk, if it has to, and is answered. Allowed for NULL. */
void held_release(struct session_store *store, struct held *held);
/* The same, when the store is freed: it is not answered. */
void held_drop(struct held *held);
/* Releases or discards the message, or answers the notification. Frees held. */
void held_answer(struct session_store *store, struct held *held);

#endif
