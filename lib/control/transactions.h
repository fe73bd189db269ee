/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * transactions: GTP-C requests that have no response yet, of any version, private to this library. They
 * are bounded in number and in time.
 */
#ifndef CONTROL_TRANSACTIONS_H
#define CONTROL_TRANSACTIONS_H

#include <sys/queue.h>

#include "control/control.h"
#include "control/dialect.h"

/* Requests that wait for their responses, at most. */
#define TRANSACTIONS_MAX 65536

/* What tells a request from others. TS 29.060 7.6, TS 29.274 7.6: its response goes to where it came from,
 * with its sequence number, which the requester may use again towards another receiver. */
struct transaction_key {
	struct tunnel requester; /* address, and port for a TEID */
	uint8_t receiver[16];	 /* as in struct tunnel */
	uint32_t sequence;	 /* of 24 bits in GTPv2 */
	uint8_t version;	 /* of GTP */
	uint8_t type;		 /* of the request */
};

/* The first member of what a learner remembers of a request. */
struct transaction {
	TAILQ_ENTRY(transaction) same_hash;
	TAILQ_ENTRY(transaction) age;
	uint64_t since_ms;
	struct transaction_key key;
	uint8_t side;		 /* that the request came in on */
	struct tunnel addressed; /* receiver of the request, and the TEID in its header */
	uint32_t content;	 /* hash of the message */
	uint32_t
		answer_teid; /* that the requester wants in its response's header; 0: it does not say */
};

struct session_store;

/* -ENOMEM. */
int transactions_init(struct session_store *store);
void transactions_free(struct session_store *store);

/* What a request is to those before it that wait for their responses. */
enum transaction_kind {
	TRANSACTION_NEW,
	TRANSACTION_AGAIN, /* one of them, sent again */
	TRANSACTION_AMBIGUOUS, /* another, with the number of one that was sent a moment ago: for whoever has had that
				* one it is the same, and answered alike (TS 29.060 7.6, TS 29.274 7.6) */
};
/* Of a message at hand, read from gtpc. AGAIN: *same is that request. */
enum transaction_kind transactions_look(struct session_store *store,
					const struct session_gtpc *gtpc,
					const struct message *message, struct transaction **same);
/* size octets, those after struct transaction zero, for a request. It replaces one before it with its number;
 * where there are too many, the oldest goes first. NULL: no memory. */
struct transaction *transactions_remember(struct session_store *store,
					  const struct session_gtpc *gtpc,
					  const struct message *message, size_t size);

/* The request that a response answers: one that went to where gtpc comes from (TS 29.060 10.2.2, TS 29.274
 * 4.2.2.2). A GGSN or P-GW of several addresses may answer by another of them: on the core side, which is the home
 * network's, it is enough that it knows the TEID. NULL: there is none. */
struct transaction *transactions_find_answered(struct session_store *store,
					       const struct session_gtpc *gtpc,
					       const struct message *response);
uint32_t transactions_count(const struct session_store *store);
void transactions_forget(struct session_store *store, struct transaction *transaction);

#endif
