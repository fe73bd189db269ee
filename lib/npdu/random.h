/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * random: random times and choices that an attacker cannot predict, without a system call. The
 * owner seeds the state once from the kernel, and one thread uses it. Not for keys.
 */
#ifndef NPDU_RANDOM_H
#define NPDU_RANDOM_H

#include <stdint.h>

/* Returns 0 to below - 1; below is at least 1. The generator is splitmix64, which accepts any
 * state. */
static inline uint32_t npdu_random(uint64_t *state, uint32_t below)
{
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return (uint32_t)(((z ^ z >> 31) >> 32) * below >> 32);
}

#endif
