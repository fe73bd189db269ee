/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * request: a GTP-C request that waits for its response: its sender, its sessions and its tunnels.
 * Workers hold the packets of these tunnels meanwhile. Called by procedure*.c.
 */
#ifndef CONTROL_REQUEST_H
#define CONTROL_REQUEST_H

#include "control/change.h"
#include "control/held.h"
#include "control/rights.h"
#include "control/transactions.h"

/* One bearer of a request. */
struct asked_bearer {
	struct message_bearer said;
	uint8_t expected_count; /* expected tunnels of the sender: one of each IP version */
	struct tunnel expected[2];
};

struct request {
	struct transaction transaction;
	struct session_store *store;
	struct message said; /* without bearers and apn, which point into the datagram */
	uint8_t policy;	     /* Create: enum policy_action */
	struct apn_ref apn;  /* Create: the APN that the policy was checked with */
	/* Update of GTPv1-C: its session, which may get another place meanwhile. Serial 0: none. */
	struct e2m_imsi subscriber;
	uint8_t nsapi;
	uint32_t serial;
	struct recovery recovery; /* once the response is there */
	bool is_repeated; /* the response is octet for octet an earlier one under its number */
	unsigned bearers_count;
	struct asked_bearer bearers[];
};

static inline bool request_is_of_access(const struct request *r)
{
	return r->transaction.side == DATAPATH_ACCESS;
}

/* NULL: the request does not name the bearer. */
struct asked_bearer *request_find_asked(struct request *request, uint8_t id, bool is_marked);

/* --- sessions --- */

/* Returns true if the session will exist when all that is under way for it is done. Then before has
 * what it will be. session may be NULL. */
bool request_is_alive(const struct session_store *store, const struct session *session,
		      struct change *before);
/* Finds the session with this id and the control TEID in the request's header. It may be about to
 * end. */
struct session *request_find_addressed(const struct request *request, uint8_t id);
/* Finds the live session with this id that the request is about. NULL: there is none. */
struct session *request_find(const struct request *request, uint8_t id, struct change *before);
/* For a Create of a secondary context: finds the primary context, which has the PDP address. NULL:
 * the Create names no primary context, or that context is not known. */
struct session *request_find_primary(const struct request *request);
/* An Update may name its context by TEID and by IMSI. Notes the session that it is about. Returns
 * false if different GGSNs would read this request differently. */
bool request_note_updated(struct request *request);

/* --- its sender --- */

/* Returns bits of enum rights: what the sender may change of the session if the response has this cause. before:
 * what the session will be. */
unsigned request_rights(const struct request *request, const struct session *session,
			const struct change *before, enum message_cause cause);
/* Returns true if a Create shares the PDP address of a protected context, and its sender may not do
 * so. */
bool request_is_intruder(const struct request *request);
/* Returns the control TEID that the response should have: the one in the request, or the one of the
 * sender's session. 0: not known. */
uint32_t request_answer_teid(const struct request *request);
/* Returns true if response has the requester's TEID. A response that does not accept may have TEID
 * 0: its sender need not know the TEID. */
bool request_is_answered(const struct request *request, const struct message *response);

/* --- the tunnels that it names --- */

/* For bearers that are to be known, has workers hold packets from the other end until the request
 * is answered. The request leaves when the workers have acknowledged that. is_again: the request is
 * a retransmission. */
void request_expect(struct request *request, bool is_again, struct held *held);
/* Returns true if the request is an Update of sessions that have all addresses of their PDN types, and
 * names no tunnel of another session. Then the packets tell whose they are, however the GGSN reads the
 * request. */
bool request_is_of_addresses(struct request *request);
/* Returns true if the response to a Create gives a tunnel or an address that another session has. If it is the
 * response to an earlier request, the GGSN may only repeat what it gave then. */
bool request_gives_anothers(const struct request *request, const struct message *response);
/* Returns true if an Update of a context that is not known here names a tunnel of a protected session
 * without addresses, or does not say which tunnel. The GGSN may have the context, and its packets would
 * be taken for those of the session. */
bool request_claims_for_unknown(const struct request *request);
/* Returns true if the request would move a session's downlink into a tunnel of another session that
 * has the same address. Then nothing would tell their packets apart, and it must not cross. Call it
 * after request_expect. */
bool request_mixes_addresses(const struct request *request);
/* Settles a bearer of an accepted request: its tunnels are no longer expected, except used, which a
 * session has now. used may be NULL. Does nothing if the dialect settles by sessions. */
void request_settle(const struct request *request, struct asked_bearer *asked,
		    const struct tunnel *used);
/* Same once for all bearers, if the dialect settles by sessions. Tunnels that a session has or may
 * get stay. */
void request_settle_by_sessions(struct request *request);
/* The request was not accepted: its tunnels are no longer expected. */
void request_expect_no_more(struct request *request);

#endif
