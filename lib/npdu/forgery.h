/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * forgery: the budget of e2m.md 7 "Forgery budget": how many PDUs of a flow may fail check 5 in a
 * second. It exists because each try guesses a MAC of four octets with probability 2^-32. Once the
 * budget is used up, one PDU in 16 is checked until the second ends. Workers and hse-ue call it for
 * PDUs that fail, and for all PDUs of a flow after its budget is used up. Tags of NPDU_FORGERY_TAG
 * octets or more have no budget. It takes no lock, no heap memory and no system call.
 *
 * Times are in milliseconds from an arbitrary start, and may wrap. A zeroed struct is valid.
 */
#ifndef NPDU_FORGERY_H
#define NPDU_FORGERY_H

#include <stdbool.h>
#include <stdint.h>

#include "npdu/random.h"

#define NPDU_FORGERY_PER_S_DEFAULT 10000
#define NPDU_FORGERY_PER_S_MAX	   100000000
#define NPDU_FORGERY_TAG	   8 /* octets */
#define NPDU_FORGERY_ONE_OF	   16

/* The failures of one flow. */
struct npdu_forgeries {
	uint32_t second;
	uint32_t failed; /* PDUs that failed in this second */
	uint8_t place;	 /* place of the next PDU among NPDU_FORGERY_ONE_OF, in a flood */
	uint8_t chosen;	 /* place of the PDU that is checked */
};

/* A PDU has failed check 5. Returns true if the budget of per_s (at least 1) is used up: from then
 * on npdu_forgeries_check decides. */
static inline bool npdu_forgeries_note(struct npdu_forgeries *f, uint32_t per_s, uint32_t now_ms)
{
	const uint32_t second = now_ms / 1000;

	if (f->second != second)
		*f = (struct npdu_forgeries){.second = second};
	return ++f->failed >= per_s;
}

enum npdu_forgery_verdict {
	NPDU_FORGERY_OVER,  /* the second has ended: check this PDU and all others */
	NPDU_FORGERY_CHECK, /* check this PDU alone */
	NPDU_FORGERY_DROP,  /* drop it as bad_mac_flood */
};

/* Call it for each PDU that has reached check 5 once the budget is used up. random: state of
 * npdu/random.h. */
static inline enum npdu_forgery_verdict npdu_forgeries_check(struct npdu_forgeries *f,
							     uint32_t now_ms, uint64_t *random)
{
	bool is_chosen;

	if (f->second != now_ms / 1000)
		return NPDU_FORGERY_OVER;
	if (f->place == 0)
		f->chosen = (uint8_t)npdu_random(random, NPDU_FORGERY_ONE_OF);
	is_chosen = f->place == f->chosen;
	f->place = (uint8_t)((f->place + 1) % NPDU_FORGERY_ONE_OF);
	return is_chosen ? NPDU_FORGERY_CHECK : NPDU_FORGERY_DROP;
}

#endif
