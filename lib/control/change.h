/* SPDX-License-Identifier: BSD-3-Clause */
/* change: what a GTP-C message, a notification or the configuration makes of a session.
 * procedure*.c, report.c, restore.c and sweep.c fill it; session.c carries it out. Data alone. */
#ifndef CONTROL_CHANGE_H
#define CONTROL_CHANGE_H

#include "control/apns.h"
#include "control/model.h"

/* The Recovery IE of a response, which its sender says to the requester alone. */
struct recovery {
	bool is_said;
	uint8_t counter; /* restart counter, TS 29.060 7.7.11 */
	uint8_t side;	 /* enum datapath_side: where its sender is */
	/* The addresses of both: the one that sent the request, and the one that it went to. */
	struct tunnel gsn[DATAPATH_SIDES];
};

/* What a session is to become. */
struct change {
	bool alive;
	bool is_swept; /* not alive: the log has one line for the whole sweep */
	/* Not alive: the GGSN has accepted its Delete, or has reported its end. Otherwise the GGSN may
	 * still have it. */
	bool is_over;
	bool fresh; /* a Create: ends the session's other keysets */
	bool has_keyset;
	bool is_bare;	    /* a Create without a keyset: ends the session's keysets */
	uint8_t policy;	    /* a Create: enum policy_action */
	struct apn_ref apn; /* a Create */
	uint8_t key_id;
	enum session_origin origin;
	struct e2m_keyset_id keyset;
	struct tunnel tunnel[2]; /* by direction */
	struct tunnel control_sgsn;
	struct tunnel control_ggsn;
	struct pdp_address address;
	bool has_address; /* an accepted message gives address to the session */
	/* The response is the one to an earlier request under its number: perhaps the GGSN has done
	 * nothing, and goes on in the tunnel before. */
	bool is_repeated;
	/* No message says so: what the GGSN was told of tunnels before stays as it is. */
	bool keeps_claims;
	struct recovery recovery; /* that of the response */
};

#endif
