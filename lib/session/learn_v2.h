/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * learn_v2: what the two halves of the learner of GTPv2-C share. learn_v2.c matches requests and responses;
 * effects_v2.c is what an accepted request makes of sessions.
 */
#ifndef SESSION_LEARN_V2_H
#define SESSION_LEARN_V2_H

#include "gtp/gtpc_v2.h"
#include "session/learn.h"

/* Of a bearer in a request what its response needs. */
struct asked_bearer {
	uint8_t instance;
	uint8_t ebi;
	struct gtpc_v2_fteid user; /* the sender's end of the tunnel */
};

/* What of a request its response needs. */
struct request {
	struct transaction transaction;
	struct gtpc_v2_fteid control; /* the S-GW's */
	bool has_e2m;
	struct pco_e2m e2m;
	struct recovery recovery[DATAPATH_SIDES]; /* of both, once the response is there */
	struct e2m_imsi imsi;
	uint8_t linked_ebi;
	uint16_t ebis;
	unsigned bearers_count;
	struct asked_bearer bearers[];
};

/* The PCO that the UE has sent, in whichever of the elements that carry one. */
bool learn_v2_find_e2m(const struct session_store *store, struct pco_e2m *e2m,
		       const struct gtpc_v2 *message);

/* The tunnels that the request names, of bearers that are protected: their packets are held until it is answered.
 * It leaves when workers know that. */
void effects_v2_expect(struct session_store *store, const struct request *request,
		       struct held *held);
/* It was not accepted. */
void effects_v2_refused(struct session_store *store, const struct request *request);
/* response accepts the request, or says that its context is not there. */
void effects_v2(struct session_store *store, const struct session_gtpc *gtpc,
		const struct request *request, const struct gtpc_v2 *response, struct held *held);

#endif
