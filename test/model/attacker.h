/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attacker: on the access side; sees all GTP-C there, sends any packet from any address, and has protected subscribers
 * A and A2 and the unprotected B. Its targets are V, V2 and U; it does not know of W.
 */
#ifndef MODEL_ATTACKER_H
#define MODEL_ATTACKER_H

#include "sgsn.h"

/* One attack by a message, chosen at random. */
void attacker_signal(void);
/* One forged uplink N-PDU, chosen at random. */
void attacker_send_npdu(void);

/* --- single attacks, for scripts --- */

/* Sends m to a GGSN from a node's address; contexts that m names are no longer clean. */
void attacker_send(const struct msg *m, unsigned node, uint16_t port, unsigned ggsn,
		   bool is_fragmented);
/* A forged uplink N-PDU with this source address in a tunnel; keys NULL: in clear. */
void attacker_forge(const struct context *keys, const struct tunnel *tunnel, struct pdn source);
void attacker_send_gtpv0(const struct context *victim, bool is_create);

#endif
