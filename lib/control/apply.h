/* SPDX-License-Identifier: BSD-3-Clause */
/* apply: operations. */
#ifndef CONTROL_APPLY_H
#define CONTROL_APPLY_H

#include "control/context.h"

/* What a message says of its sender's restarts. */
struct recovery {
	bool is_said;
	uint8_t counter;      /* TS 29.060 7.7.11 */
	struct tunnel sender; /* address */
};

/* What a session is to become. */
struct session_target {
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

/* What waits until all operations that it asked for are done, and on disk: a GTP-C message, which leaves then,
 * or a notification, which is answered. */
struct held {
	TAILQ_ENTRY(held) entry;
	unsigned users; /* operations, and whoever holds it still */
	enum session_outcome outcome;
	bool is_notification;
	bool is_lasting; /* it made or changed what must outlive the process */
	uint64_t noted;	 /* it waits for the disk: for all notes up to this */
	union {
		struct session_gtpc gtpc; /* discarded if the outcome is not DONE */
		uint64_t notification;
	};
};
/* With one user, the caller; NULL: no memory. */
struct held *apply_hold_gtpc(const struct session_gtpc *gtpc);
struct held *apply_hold_notification(uint64_t number);
void apply_let_go(struct session_store *store, struct held *held);
/* It leaves, is discarded, or answered: nobody has it any more. */
void apply_answer(struct session_store *store, struct held *held);

/* Brings the session there, after what is under way for it already. held (NULL: none) gains a user
 * until then, or another outcome where it is refused. A session that is not to be alive is freed in the
 * end. */
void apply_target(struct session_store *store, struct session *session,
		  const struct session_target *target, struct held *held);
/* The tunnel, wanted for that direction of a session, is another's who is to be protected in any case. Where downlink
 * goes is the word of the SGSN, which need not be trusted: it could have another's packets sent to it in clear, or under
 * its own subscriber's keys. Uplink tunnels are the GGSN's to give away. NULL imsi: nobody knows who wants it. */
bool apply_is_anothers_downlink(struct session_store *store, const struct e2m_imsi *imsi,
				uint8_t nsapi, enum session_direction wanted,
				const struct tunnel *tunnel);
/* Ends the session, if there is one, that has the tunnel, which is of an unprotected context now: its
 * packets cross at once. Not if it is of the configuration. */
void apply_end_of_tunnel(struct session_store *store, const struct tunnel *tunnel,
			 struct held *held);
/* Whether the session will have a keyset once all that is under way is done. */
bool apply_names_keyset(const struct session *session);
/* What the session will be once all that is under way is done; keyset and key_id are of the latest activation. */
void apply_current(const struct session_store *store, const struct session *session,
		   struct session_target *target);
/* An acknowledgement of STOP_FLOW or USE_KEYSET. */
void apply_acknowledged(struct session_store *store, const struct datapath_event *event);
void apply_free(struct session *session);

#endif
