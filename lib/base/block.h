/* SPDX-License-Identifier: BSD-3-Clause */
/* block: what a block of the heap takes, for estimates of memory. */
#ifndef BASE_BLOCK_H
#define BASE_BLOCK_H

#include <stddef.h>

/* The octets that glibc takes for a block of size octets. */
static inline size_t base_octets_of_block(size_t size)
{
	return (size + sizeof(size_t) + 15) & ~(size_t)15;
}

#endif
