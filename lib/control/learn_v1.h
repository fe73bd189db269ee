/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * learn_v1: what the two halves of the learner of GTPv1-C share. learn_v1.c matches requests and responses;
 * effects_v1.c is what an accepted request makes of sessions.
 */
#ifndef CONTROL_LEARN_V1_H
#define CONTROL_LEARN_V1_H

#include "control/change.h"
#include "control/learn.h"

/* What of a request its response needs. */
struct request {
	struct transaction transaction;
	bool teardown;
	bool has_e2m;
	uint8_t policy;	    /* Create: enum policy_action */
	struct apn_ref apn; /* Create: the APN that the policy was checked with */
	struct pco_e2m e2m;
	struct e2m_imsi imsi;
	uint8_t nsapi;
	bool is_linked; /* Create: to a context whose PDP address it shares: */
	uint8_t linked_nsapi;
	uint32_t session;	 /* Update: id, */
	uint32_t serial;	 /* and which of the sessions that had it */
	struct endpoint user;	 /* of the requester */
	struct endpoint control; /* likewise */
	bool expects;		 /* that is, its packets are held until there is an answer */
	struct tunnel expected;
	struct recovery recovery[DATAPATH_SIDES]; /* of both, once the response is there */
};

/* TEID Data I and GSN Address for user traffic. */
struct endpoint learn_v1_user(const struct gtpc_v1 *message);
/* TEID Control Plane and GSN Address for signalling. */
struct endpoint learn_v1_control(const struct gtpc_v1 *message);

/* Of a Create for the context whose PDP address it shares. NULL: it has its own. */
struct session *effects_v1_find_primary(struct session_store *store, const struct request *request);
/* A Create of somebody who is not its SGSN, for another context of a protected one's PDP address. */
bool effects_v1_is_intruder(struct session_store *store, const struct request *request);
/* Whom an Update is about, for request->session. False: that depends on who reads it. */
bool effects_v1_find_updated(struct session_store *store, struct request *request,
			     const struct gtpc_v1 *message);
/* False: response is not for whoever sent the request. */
bool effects_v1_is_for_requester(struct session_store *store, const struct request *request,
				 const struct gtpc_v1 *response);
/* response accepts the request, or says that its context is not there. */
void effects_v1(struct session_store *store, const struct request *request,
		const struct gtpc_v1 *response, struct held *held);
/* After that: whether a session has the tunnel that was expected, or may have it yet. */
bool effects_v1_has_expected(struct session_store *store, const struct request *request);

#endif
