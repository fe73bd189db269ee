/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ggsn: two GGSNs (P-GWs) that believe all GTP-C, each with habits of its own. They know whose each downlink N-PDU is.
 */
#ifndef MODEL_GGSN_H
#define MODEL_GGSN_H

#include "world.h"

enum habit {
	HABIT_BY_IMSI = 1 << 0, /* a Create for a known IMSI and NSAPI replaces the context */
	HABIT_UPDATE_BY_IMSI =
		1 << 1,		     /* an Update is for the IMSI that it names, not for its TEID */
	HABIT_LAST_ELEMENT = 1 << 2, /* of repeated elements, the last counts */
	HABIT_ODD_ADDRESS = 1 << 3,  /* an address of 5 octets: takes 4 of them */
	HABIT_SOURCE_ADDRESS = 1 << 4,	 /* an Update without addresses moves to its source */
	HABIT_IGNORES_UPDATES = 1 << 5,	 /* accepts an Update and moves no N-PDU */
	HABIT_REPEATS = 1 << 6,		 /* repeats the response to a number that it knows */
	HABIT_REPEATS_ANY_PORT = 1 << 7, /* the same, from whatever port */
	HABIT_REUSES = 1 << 8,		 /* gives TEIDs and addresses again at once */
	HABIT_NO_ADDRESS = 1 << 9,	 /* a static address is not repeated in the response */
	HABIT_DHCP = 1 << 10,		 /* says 0.0.0.0 */
	HABIT_STATIC = 1 << 11,		 /* gives an address that another APN has given */
	HABIT_KEEPS_ADDRESS = 1 << 12,	 /* the replaced context's address goes on */
	HABIT_HANDOVER = 1 << 13,     /* a Create of the same IMSI and APN takes the address over */
	HABIT_OTHER_USER = 1 << 14,   /* the user plane has other addresses */
	HABIT_IPV6_USER = 1 << 15,    /* of IPv6 */
	HABIT_OTHER_SOURCE = 1 << 16, /* downlink comes from an address that no message has given */
	HABIT_ECHO_RECOVERY = 1 << 17, /* an Echo Response repeats the requester's Recovery */
	HABIT_RECOVERY_PER_PEER = 1 << 18,
	HABIT_OTHER_ANSWERS = 1 << 19,	 /* responses come from another address */
	HABIT_KEEPS_RESTARTED = 1 << 20, /* a restarted SGSN's contexts go on */
	HABIT_REPORTS = 1 << 21,	 /* reports sessions over Diameter, e2m.md 4 */
};
/* What a GGSN may do and keep to the specifications. */
#define HABITS_LAWFUL                                                                   \
	(HABIT_BY_IMSI | HABIT_REPEATS | HABIT_REUSES | HABIT_NO_ADDRESS | HABIT_DHCP | \
	 HABIT_OTHER_USER | HABIT_IPV6_USER | HABIT_RECOVERY_PER_PEER | HABIT_REPORTS)

struct pdp {
	bool is_live;
	bool is_honest; /* its SGSN has asked for it, and knows of it */
	uint8_t ggsn, sub, nsapi, apn, version, slot;
	bool is_told; /* the response had the address */
	struct pdn pdn;
	struct tunnel control, user; /* own ends */
	struct tunnel peer_control, peer_user;
	uint8_t primary;
	bool is_reported;
	bool has_ignored; /* it has accepted an Update, and goes on in the tunnel before */
	struct tunnel accepted_user; /* has_ignored: the tunnel of that Update */
	uint32_t request;	     /* number of the Create Bearer Request that waits */
};
#define PDPS 40
extern struct pdp pdps[PDPS];

void ggsn_begin(const uint32_t habits[GGSNS]);
uint32_t ggsn_habits(unsigned ggsn);
/* GTP-C for a GGSN. */
void ggsn_take(const struct datagram *datagram);
/* The same; the response is lost before it comes to the HSE. */
void ggsn_take_silently(const struct datagram *datagram);
/* The SGSN of sub has the accepted response to its own Create: what follows is that subscriber's. */
void ggsn_confirm(unsigned ggsn, uint32_t user_teid, unsigned sub, unsigned slot);
/* The PDP context with this TEID at a GGSN; NULL: none. */
struct pdp *ggsn_find_user(unsigned ggsn, uint32_t teid);
/* The HSE crashes: it does not know what it has seen before. */
void ggsn_note_crash(void);
/* One N-PDU from the network to a context, in the tunnel that the GGSN believes. */
void ggsn_send_npdu(struct pdp *pdp);
/* Loses all contexts, and has another restart counter. */
void ggsn_restart(unsigned ggsn);
void ggsn_delete_context(struct pdp *pdp);
/* GGSN-initiated Update with the address that the response did not have. */
void ggsn_tell_address(struct pdp *pdp);
void ggsn_dedicate_bearer(struct pdp *pdp);

#endif
