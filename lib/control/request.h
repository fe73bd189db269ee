/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * request: a GTP-C request that waits for its response: which sessions it is about, who sent it, and the tunnels that
 * it names, whose packets workers hold meanwhile. For the procedure.
 */
#ifndef CONTROL_REQUEST_H
#define CONTROL_REQUEST_H

#include "control/change.h"
#include "control/held.h"
#include "control/rights.h"
#include "control/transactions.h"

/* One of its bearers. */
struct asked_bearer {
	struct message_bearer said;
	uint8_t expected_count; /* tunnels of the sender that are expected: one of each IP version */
	struct tunnel expected[2];
};

struct request {
	struct transaction transaction;
	struct session_store *store;
	struct message said; /* without bearers and apn, which went with the datagram */
	uint8_t policy;	     /* Create: enum policy_action */
	struct apn_ref apn;  /* Create: the APN that the policy was checked with */
	uint32_t session;    /* Update of GTPv1-C: id, */
	uint32_t serial;     /* and which of the sessions that had it */
	struct recovery recovery[DATAPATH_SIDES]; /* of both, once the response is there */
	unsigned bearers_count;
	struct asked_bearer bearers[];
};

static inline bool request_is_of_access(const struct request *r)
{
	return r->transaction.side == DATAPATH_ACCESS;
}

/* NULL: the request does not name it. */
struct asked_bearer *request_find_asked(struct request *request, uint8_t id, bool is_marked);

/* --- sessions --- */

/* Whether the session will be there when all that is under way for it is done; before is what it will be then. NULL
 * session: there is none. */
bool request_is_alive(const struct session_store *store, const struct session *session,
		      struct change *before);
/* By the control TEID in the request's header, and id; it may be about to end. */
struct session *request_find_addressed(const struct request *request, uint8_t id);
/* The session that the request is about under that id, if it is alive. NULL: there is none. */
struct session *request_find(const struct request *request, uint8_t id, struct change *before);
/* Of a Create for the context whose PDP address it shares. NULL: it has its own. */
struct session *request_find_primary(const struct request *request);
/* An Update may name its context twice: notes the one it is about. False: different GGSNs would read this request
 * differently. */
bool request_note_updated(struct request *request);

/* --- its sender --- */

/* What it may change, when it is answered with cause, of a session that will be before. */
unsigned request_rights(const struct request *request, const struct change *before,
			enum message_cause cause);
/* It would make a context that shares the PDP address of a protected one, and may not. */
bool request_is_intruder(const struct request *request);
/* The control TEID that its response should bear: the sender's, as it says, or as its session has it. 0: not known. */
uint32_t request_answer_teid(const struct request *request);
/* The response bears the TEID of the requester; or 0, as its sender does not know that, and does not accept. */
bool request_is_answered(const struct request *request, const struct message *response);

/* --- the tunnels that it names --- */

/* Whether a session is to be known, if the request that makes it is accepted; names_keyset: its PCO does. */
bool request_is_to_know(const struct session_store *store, enum policy_action policy,
			bool names_keyset);
/* Of bearers that are to be known: packets from the other end are held until the request is answered. It leaves when
 * workers know that. is_again: it was there before. */
void request_expect(struct request *request, bool is_again, struct held *held);
/* A bearer of an accepted request is settled: its tunnels are expected no more, but for used, which a session has
 * got. NULL used: none has. */
void request_settle(const struct request *request, struct asked_bearer *asked,
		    const struct tunnel *used);
/* The same once for all bearers, where the dialect says so: what no session has, or may have yet. */
void request_settle_by_sessions(struct request *request);
/* It was not accepted. */
void request_expect_no_more(struct request *request);

#endif
