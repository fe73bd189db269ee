/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * owners: whose each PDP address is at each GGSN, from the time that a response gives it until another response does, and
 * what the HSE can know of it. ggsn.c tells; the judge and the UEs ask.
 */
#ifndef MODEL_OWNERS_H
#define MODEL_OWNERS_H

#include "ggsn.h"

struct owner {
	uint8_t sub;
	uint8_t slot;
	bool is_given;
	bool is_honest; /* that subscriber's UE has it */
	bool is_protected;
	bool is_told;	  /* the HSE can know of it */
	bool is_released; /* its PDN has ended: the next is another, of the same IMSI too */
	bool is_doubtful; /* was a protected session's, of whose end the HSE may not know */
	bool is_guarded;  /* a message has told that it is a protected session's */
};

void owners_begin(void);
/* A response gives p its addresses. */
void owners_give(const struct pdp *p);
/* A message has named a keyset for p: it is a protected session, whoever sent it. */
void owners_doubt(const struct pdp *p);
/* A message of the GGSN tells p's address. */
void owners_tell(const struct pdp *p);
/* p's subscriber has asked for them itself. */
void owners_confirm(const struct pdp *p, unsigned slot);
/* p ends, and is not replaced by another of the same subscriber. */
void owners_release(const struct pdp *p);
/* The HSE knows that the session of this subscriber with these addresses has ended. */
void owners_forget(unsigned ggsn, unsigned apn, unsigned sub, struct pdn pdn);

/* version: 4 or 6. */
const struct owner *owners_find(const struct pdp *p, unsigned version);
/* Protected honest subscriber that has this address at this GGSN, in any APN, as a message has told; SUBS: none. */
unsigned owners_find_protected(unsigned ggsn, bool is_ipv6, uint8_t number);
/* The PDNs of all protected honest subscribers with this address at this GGSN have ended there. */
bool owners_are_released(unsigned ggsn, bool is_ipv6, uint8_t number);
/* An address that a protected session may still have at the HSE, in any APN: without a keyset, another PDN with it is
 * barred. */
bool owners_are_doubtful(unsigned ggsn, struct pdn pdn);
/* An IPv4 address that several PDNs have, at other GGSNs or in other APNs: it tells nothing of one that has not been told.
 * So it is with one that a protected session has, or had before its end, until a response gives it to another. */
bool owners_are_many(uint8_t ipv4);
bool owners_are_at_two_ggsns(bool is_ipv6, uint8_t number);

#endif
