/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * transactions: GTP-C requests of either version that have no response yet. They are bounded in
 * number and in time. Called by procedure.c; control.c makes and frees them.
 */
#ifndef CONTROL_TRANSACTIONS_H
#define CONTROL_TRANSACTIONS_H

#include <sys/queue.h>

#include "control/control.h"
#include "control/dialect.h"

/* Most requests that wait for their responses. */
#define TRANSACTIONS_MAX 65536

/* Identifies a request (TS 29.060 7.6, TS 29.274 7.6). Its response goes to the source of the
 * request, with the same sequence number. The requester may use that number again towards another
 * receiver. */
struct transaction_key {
	struct tunnel requester; /* address, with the UDP port as TEID */
	uint8_t receiver[16];	 /* as in struct tunnel */
	uint32_t sequence;	 /* 24 bits in GTPv2 */
	uint8_t version;	 /* of GTP */
	uint8_t type;		 /* of the request, on the wire */
};

/* The first member of struct request. An Echo Request, and a request that is_unserved, is remembered as
 * this alone. */
struct transaction {
	TAILQ_ENTRY(transaction) same_hash;
	TAILQ_ENTRY(transaction) age;
	uint64_t since_ms;
	struct transaction_key key;
	uint8_t side;	  /* side that the request came from */
	bool is_unserved; /* it makes nothing here: its response crosses without effect */
	/* Receiver of the request, with the TEID in its header; if that is an alternative, the session's control
	 * tunnel. */
	struct tunnel addressed;
	bool has_recovery;
	uint8_t recovery;     /* restart counter of the requester */
	uint32_t content;     /* hash of the whole message */
	uint32_t answer_teid; /* TEID that the response must have; 0: not known */
};

struct session_store;

/* Returns 0 or -ENOMEM. */
int transactions_init(struct session_store *store);
void transactions_free(struct session_store *store);

/* What a request is, compared with earlier ones that wait for their responses. */
enum transaction_kind {
	TRANSACTION_NEW,
	TRANSACTION_AGAIN, /* a retransmission of one of them */
	/* Another request, with the number of a recent one. A GSN that has the recent one takes
	 * this one for a copy and repeats its answer (TS 29.060 7.6, TS 29.274 7.6). */
	TRANSACTION_AMBIGUOUS,
};
/* Compares a message, read from gtpc. For TRANSACTION_AGAIN, *same is the earlier request. */
enum transaction_kind transactions_look(struct session_store *store,
					const struct session_gtpc *gtpc,
					const struct message *message, struct transaction **same);
/* Remembers a request in size octets, which are 0 behind struct transaction. Replaces an earlier
 * request with the same key. If there are too many, forgets the oldest. NULL: no memory. */
struct transaction *transactions_remember(struct session_store *store,
					  const struct session_gtpc *gtpc,
					  const struct message *message, size_t size);

/* Finds the request that a response answers: the request went to the source of gtpc (TS 29.060
 * 10.2.2, TS 29.274 4.2.2.2). A GGSN or P-GW with several addresses may answer from another of
 * them. So on the core side, the home network's, knowing the TEID is enough. NULL: there is
 * none. */
struct transaction *transactions_find_answered(struct session_store *store,
					       const struct session_gtpc *gtpc,
					       const struct message *response);
/* Finds the command that a request from the core side answers: it has the command's sequence number, and goes to the
 * TEID of the command's sender (TS 29.274 7.6). NULL: there is none. */
struct transaction *transactions_find_command(struct session_store *store,
					      const struct session_gtpc *gtpc,
					      const struct message *request);
/* Call it when the response takes effect: it is remembered for 60 s. */
void transactions_note_answer(struct session_store *store, const struct transaction *transaction,
			      const struct session_gtpc *response);
/* Returns true if an earlier request, which differs from this one in its octets alone, has had this
 * response. The GSN may have taken this request for a copy, and not have done it (e2m.md 6). */
bool transactions_is_repeated(const struct session_store *store,
			      const struct transaction *transaction,
			      const struct session_gtpc *response);
/* Returns true if the request is an earlier one, octet for octet, and has had this response. */
bool transactions_is_copy(const struct session_store *store, const struct transaction *transaction,
			  const struct session_gtpc *response);
/* Returns true if the response is, octet for octet, one that has taken effect within the last 60 s: its
 * request was repeated before the first response came. */
bool transactions_is_answer_again(struct session_store *store, const struct session_gtpc *gtpc,
				  const struct message *response);
/* Returns how many requests wait for their responses. */
uint32_t transactions_count(const struct session_store *store);
/* Frees the request. */
void transactions_forget(struct session_store *store, struct transaction *transaction);

#endif
