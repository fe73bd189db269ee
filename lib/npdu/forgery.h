/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * forgery: the budget of e2m.md 7 "Forgery budget": how many PDUs a second and flow may fail check 5, for a MAC of
 * four octets is guessed with probability 2^-32 a try. After that, until the second is over, one of each 16 is
 * checked. Workers and hse-ue call it for PDUs that fail, and for PDUs of a flow whose budget is used up; tags
 * of NPDU_FORGERY_TAG octets and more have no budget. No lock, no heap, no system call.
 *
 * Times are in milliseconds from any moment on, and may wrap. A zeroed struct is valid.
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

/* Of one flow. */
struct npdu_forgeries {
	uint32_t second;
	uint32_t failed; /* in it */
	uint8_t place;	 /* of the next PDU among NPDU_FORGERY_ONE_OF, in a flood */
	uint8_t chosen;	 /* the place of the one that is checked */
};

/* A PDU has failed check 5. True: the budget of per_s (at least 1) is used up, and npdu_forgeries_check decides. */
static inline bool npdu_forgeries_note(struct npdu_forgeries *f, uint32_t per_s, uint32_t now_ms)
{
	const uint32_t second = now_ms / 1000;

	if (f->second != second)
		*f = (struct npdu_forgeries){.second = second};
	return ++f->failed >= per_s;
}

enum npdu_forgery_verdict {
	NPDU_FORGERY_OVER,  /* the second is over: check this PDU and all others */
	NPDU_FORGERY_CHECK, /* this one alone */
	NPDU_FORGERY_DROP,  /* bad_mac_flood */
};

/* Once the budget is used up, for each PDU that has come as far as check 5. random: npdu/random.h. */
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
