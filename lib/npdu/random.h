/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * random: moments and choices that a sender of junk cannot foresee, without a system call. The state is seeded
 * from the kernel, once, by its owner, and used by one thread. Not for keys.
 */
#ifndef NPDU_RANDOM_H
#define NPDU_RANDOM_H

#include <stdint.h>

/* 0 to below - 1; below is at least 1. The generator is splitmix64, for which any state is as good as another. */
static inline uint32_t npdu_random(uint64_t *state, uint32_t below)
{
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return (uint32_t)(((z ^ z >> 31) >> 32) * below >> 32);
}

#endif
