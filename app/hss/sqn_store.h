/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sqn_store: each subscriber's SQN, kept across restarts and crashes so that none is ever used twice.
 *
 * Vectors do not wait for the disk. What is on disk for a subscriber, D, stands for all SQNs up to
 * D + SQN_STORE_AHEAD: so far may go who asks before D has to be written anew, which a thread does a few
 * times a second for all who have moved, in one transaction. After a clean stop everybody goes on at D.
 * After a crash everybody goes on at D + SQN_STORE_AHEAD, beyond whatever was used; a count of crashes
 * in the file, and in each record as it was then, adds up crashes that a record has slept through.
 */
#ifndef HSS_SQN_STORE_H
#define HSS_SQN_STORE_H

#include "hss/subscribers.h"

/* In SEQ, the part of SQN that USIMs compare (TS 33.102 C.1.1.1). */
#define SQN_STORE_AHEAD 64

struct sqn_store;

/* Opens or makes the file (LMDB), and path-lock beside it. NULL on any error, which is written to
 * errors: what it is, and what to do. subscribers have been prepared, and stay. */
struct sqn_store *sqn_store_open(const char *path, const struct subscribers *subscribers,
				 FILE *errors);
/* Writes everything, so that the next start loses no SQN. */
void sqn_store_close(struct sqn_store *store);

/*
 * Replaces the subscribers by others, which are prepared and must stay valid. Subscribers in both
 * sets keep their SQNs. The SQNs of removed subscribers are written, and used again if the
 * subscriber comes back. No other call may run meanwhile. -EIO: the SQNs cannot be written, or the
 * file cannot be read; -ENOMEM. After an error the subscribers are unchanged, and the reason is
 * logged.
 */
int sqn_store_reload(struct sqn_store *store, const struct subscribers *subscribers);

/*
 * The SQN for a subscriber's next vector. Any thread. Waits for the disk only when SQN_STORE_AHEAD
 * vectors have been made since the last write. -EIO: the disk does not take it; -ERANGE: SQNs are spent.
 */
int sqn_store_next(struct sqn_store *store, const struct subscriber *subscriber,
		   uint8_t sqn[E2M_SQN_LEN]);

/* Resynchronisation (TS 33.102 6.3.5): the next SQN will be above the USIM's. Never lowers. */
void sqn_store_raise(struct sqn_store *store, const struct subscriber *subscriber,
		     const uint8_t sqn_ms[E2M_SQN_LEN]);

#endif
