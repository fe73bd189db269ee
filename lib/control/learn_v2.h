/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * learn_v2: what the parts of the learner of GTPv2-C share. learn_v2.c matches requests and responses,
 * messages_v2.c reads them; what an accepted request makes of bearers that begin is in bearers_v2.c, of those that
 * are there in effects_v2.c.
 */
#ifndef CONTROL_LEARN_V2_H
#define CONTROL_LEARN_V2_H

#include "control/change.h"
#include "control/learn.h"
#include "gtp/gtpc_v2.h"

/* Of a bearer in a request what its response needs. */
struct asked_bearer {
	uint8_t instance;
	uint8_t ebi;
	bool expects;		   /* that is, packets to user are held until there is an answer */
	struct gtpc_v2_fteid user; /* the sender's end of the tunnel */
};

/* What of a request its response needs. */
struct request {
	struct transaction transaction;
	struct gtpc_v2_fteid control; /* the S-GW's */
	bool has_e2m;
	uint8_t policy;	    /* Create Session: enum policy_action */
	struct apn_ref apn; /* Create Session: the APN that the policy was checked with */
	struct pco_e2m e2m;
	struct recovery recovery[DATAPATH_SIDES]; /* of both, once the response is there */
	struct e2m_imsi imsi;
	uint8_t linked_ebi;
	uint16_t ebis;
	unsigned bearers_count;
	struct asked_bearer bearers[];
};

#define EBI_MIN 1

/* --- messages_v2.c: what they say --- */

/* The PCO that the UE has sent, in whichever of the elements that carry one. */
bool messages_v2_find_e2m(const struct session_store *store, struct pco_e2m *e2m,
			  const struct gtpc_v2 *message);
void messages_v2_name_keyset(struct change *target, const struct pco_e2m *e2m);
bool messages_v2_is_ipv4(const struct tunnel *tunnel);
/* Of an F-TEID with two addresses, the one of that IP version is used. */
struct tunnel messages_v2_tunnel(const struct gtpc_v2_fteid *fteid, bool ipv4);
/* NULL: it says nothing of that bearer, as below. */
const struct gtpc_v2_bearer *messages_v2_find_bearer(const struct gtpc_v2 *message,
						     unsigned instance, uint8_t ebi);
const struct asked_bearer *messages_v2_find_asked(const struct request *request, unsigned instance,
						  uint8_t ebi);
/* What a response says of a bearer: its own Cause, or the message's where it has none. */
uint8_t messages_v2_cause(const struct gtpc_v2 *message, const struct gtpc_v2_bearer *bearer);

/* --- messages_v2.c: and of whom --- */

/* The bearer of the PDN connection that the request's header names; before is what it will be when all that is
 * under way for it is done. NULL: there is none. */
struct session *messages_v2_find_addressed(struct session_store *store,
					   const struct request *request, uint8_t ebi,
					   struct change *before);
/* Of a request about the session: from its S-GW or P-GW. */
bool messages_v2_is_from_present_peer(const struct request *request, const struct change *before);
/* The same, or the S-GW that a Modify Bearer Request makes it. */
bool messages_v2_is_from_peer(const struct request *request, const struct change *before);
/* The control TEID of whoever asks, as he says, or as the PDN connection that he asks about has it; 0: nobody knows. */
uint32_t messages_v2_answer_teid(struct session_store *store, const struct request *request);
/* A response bears that TEID; 0 where its sender does not know it (5.5.2), which only one that does not accept can
 * say. */
bool messages_v2_is_for_requester(struct session_store *store, const struct request *request,
				  const struct gtpc_v2 *response);

/* --- bearers_v2.c: those that begin --- */

/* The tunnels that the request names, of bearers that are to be known: their packets are held until it is answered.
 * It leaves when workers know that. is_again: it was there before. */
void bearers_v2_expect(struct session_store *store, struct request *request, bool is_again,
		       struct held *held);
/* That of one bearer is over: its user is nobody's, over an IP version that it may be used with, but for used, which
 * a session has got; NULL: none has. */
void bearers_v2_expect_no_more(struct session_store *store, const struct asked_bearer *asked,
			       const struct tunnel *used);
/* It was not accepted. */
void bearers_v2_refused(struct session_store *store, const struct request *request);
void bearers_v2_create_session(struct session_store *store, const struct session_gtpc *gtpc,
			       const struct request *request, const struct gtpc_v2 *response,
			       struct held *held);
void bearers_v2_create_dedicated(struct session_store *store, const struct session_gtpc *gtpc,
				 const struct request *request, const struct gtpc_v2 *response,
				 struct held *held);

/* --- effects_v2.c --- */

/* response accepts the request, or says that its context is not there. */
void effects_v2(struct session_store *store, const struct session_gtpc *gtpc,
		const struct request *request, const struct gtpc_v2 *response, struct held *held);
void effects_v2_end(struct session_store *store, struct session *session, struct held *held);

#endif
