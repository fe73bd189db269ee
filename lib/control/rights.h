/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rights: who may change what of a session by GTP-C. Only the table in rights.c decides it. GTP-C
 * is not authenticated: a sender is known by its address alone. Called by request.c and
 * procedure_create.c.
 */
#ifndef CONTROL_RIGHTS_H
#define CONTROL_RIGHTS_H

#include "control/message.h"

enum rights_sender {
	SENDER_PEER,	 /* the session's GSN on that side, or there is no session yet */
	SENDER_NEW_PEER, /* another GSN, which an Update makes the peer */
	SENDER_ANYBODY,
	SENDERS
};

enum rights {
	MAY_BEGIN = 1 << 0, /* a session */
	MAY_END = 1 << 1,
	MAY_MOVE_DOWNLINK = 1 << 2,
	MAY_MOVE_UPLINK = 1 << 3,
	MAY_MOVE_CONTROL_SGSN = 1 << 4,
	MAY_MOVE_CONTROL_GGSN = 1 << 5,
	MAY_NAME_KEYSET = 1 << 6,
	IS_COUNTED = 1 << 7, /* counted as gtpc.not_from_peer */
};

/* Returns bits of enum rights. cause: MESSAGE_ACCEPTED or MESSAGE_GONE, from the response. */
unsigned rights_of(uint8_t version, enum message_kind kind, enum rights_sender sender,
		   enum message_cause cause);

#endif
