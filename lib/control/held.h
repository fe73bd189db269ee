/* SPDX-License-Identifier: BSD-3-Clause */
/* held: a GTP-C message or a notification that waits until what it asked for is done, and on disk. */
#ifndef CONTROL_HELD_H
#define CONTROL_HELD_H

#include "control/journal.h"

/* What waits until all operations that it asked for are done, and on disk: a GTP-C message, which leaves then,
 * or a notification, which is answered. */
struct held {
	struct journal_waiter waiter;
	unsigned users; /* operations, and whoever holds it still */
	enum session_outcome outcome;
	bool is_notification;
	bool is_lasting; /* it made or changed what must outlive the process */
	union {
		struct session_gtpc gtpc; /* discarded if the outcome is not DONE */
		uint64_t notification;
	};
};
/* With one user, the caller; NULL: no memory. */
struct held *held_new_gtpc(const struct session_gtpc *gtpc);
struct held *held_new_notification(uint64_t number);
void held_release(struct session_store *store, struct held *held);
/* It leaves, is discarded, or answered: nobody has it any more. */
void held_answer(struct session_store *store, struct held *held);

#endif
