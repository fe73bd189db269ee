/* SPDX-License-Identifier: BSD-3-Clause */
/* change: what a GTP-C message, a notification or the configuration makes of a session. Data alone. */
#ifndef CONTROL_CHANGE_H
#define CONTROL_CHANGE_H

#include "control/apns.h"
#include "control/model.h"

/* What a message says of its sender's restarts. */
struct recovery {
	bool is_said;
	uint8_t counter;      /* TS 29.060 7.7.11 */
	struct tunnel sender; /* address */
};

/* What a session is to become. */
struct change {
	bool alive;
	bool is_swept; /* not alive: one of many, of which the log has spoken already */
	bool fresh;    /* a Create: other keysets of the session count no more */
	bool has_keyset;
	bool is_bare;	    /* a Create without a keyset: ends the session's keysets */
	uint8_t policy;	    /* enum policy_action; for a Create */
	struct apn_ref apn; /* for a Create */
	uint8_t key_id;
	enum session_origin origin;
	struct e2m_keyset_id keyset;
	struct tunnel tunnel[2]; /* by direction */
	struct tunnel control_sgsn;
	struct tunnel control_ggsn;
	struct recovery recovery[DATAPATH_SIDES]; /* of its GSNs, by the message's word */
};

#endif
