/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * arena: where keys live, private to this library. Chunks of two mebibytes, so that a million keys need
 * few entries of the TLB, kept out of core dumps. Any thread may take and give back; workers only
 * read.
 */
#ifndef NPDU_ARENA_H
#define NPDU_ARENA_H

#include "npdu/key.h"

/* Zeroed; NULL with errno ENOMEM. */
struct npdu_key *arena_take(void);
/* Wipes it. */
void arena_give_back(struct npdu_key *key);

#endif
