/* SPDX-License-Identifier: BSD-3-Clause */
/* SQN = SEQ || IND: TS 33.102 annex C. */
#include "aka/sqn.h"

#include <errno.h>

int aka_sqn_next(uint64_t last, uint64_t *next)
{
	uint64_t seq = aka_sqn_seq(last) + 1;

	if (seq > AKA_SEQ_MAX)
		return -ERANGE;
	*next = seq << AKA_IND_BITS | ((aka_sqn_ind(last) + 1) & AKA_IND_MASK);
	return 0;
}

uint64_t aka_usim_sqn(const struct aka_usim *usim)
{
	unsigned highest = 0;

	for (unsigned ind = 1; ind <= AKA_IND_MASK; ind++)
		if (usim->seq[ind] > usim->seq[highest])
			highest = ind;
	return usim->seq[highest] << AKA_IND_BITS | highest;
}

bool aka_sqn_is_fresh(const struct aka_usim *usim, uint64_t sqn)
{
	uint64_t seq = aka_sqn_seq(sqn);
	uint64_t highest = aka_sqn_seq(aka_usim_sqn(usim));

	/* C.2.1: no jumps, or one forged or mistaken SQN would use up all that there are. */
	if (seq > highest && seq - highest > AKA_SEQ_DELTA)
		return false;
	/* C.2.2 */
	return seq > usim->seq[aka_sqn_ind(sqn)];
}
