/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * held: a GTP-C message or a notification that waits until all operations that it asked for are
 * done and on disk. Then the message is released, or the notification is answered. gtpc.c and
 * report.c make it. Its users are its maker, session.c, carry.c and tunnels.c. durable.c answers what has
 * waited for the disk.
 */
#ifndef CONTROL_HELD_H
#define CONTROL_HELD_H

#include "control/journal.h"

struct held {
	struct journal_waiter waiter;
	unsigned users; /* its maker, operations and expected tunnels */
	enum session_outcome outcome;
	bool is_notification;
	bool is_lasting; /* it made or changed what must be on disk */
	union {
		struct session_gtpc gtpc; /* discarded if the outcome is not DONE */
		uint64_t notification;
	};
};

/* Its one user is the caller. NULL: no memory. */
struct held *held_new_gtpc(const struct session_gtpc *gtpc);
struct held *held_new_notification(uint64_t number);
/* Removes a user. Without users, held waits for the disk if it has to, and is then answered. held
 * may be NULL. */
void held_release(struct session_store *store, struct held *held);
/* Same while the store is freed: held is not answered. */
void held_drop(struct held *held);
/* Releases or discards the message, or answers the notification. Frees held. */
void held_answer(struct session_store *store, struct held *held);

#endif
