/* SPDX-License-Identifier: BSD-3-Clause */
/* sqn: the parts of an SQN, and whether a USIM takes it. */
#ifndef AKA_SQN_H
#define AKA_SQN_H

#include "aka/aka.h"

#define AKA_IND_MASK ((1u << AKA_IND_BITS) - 1)
#define AKA_SEQ_MAX  (AKA_SQN_MAX >> AKA_IND_BITS)

static inline uint64_t aka_sqn_seq(uint64_t sqn)
{
	return sqn >> AKA_IND_BITS;
}

static inline unsigned aka_sqn_ind(uint64_t sqn)
{
	return (unsigned)sqn & AKA_IND_MASK;
}

/* TS 33.102 C.2.1 and C.2.2. */
bool aka_sqn_is_fresh(const struct aka_usim *usim, uint64_t sqn);

#endif
