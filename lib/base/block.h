/* SPDX-License-Identifier: BSD-3-Clause */
/* block: the size of a block of the heap. For all libraries and programs that estimate their memory. */
#ifndef BASE_BLOCK_H
#define BASE_BLOCK_H

#include <stddef.h>

/* Returns the octets that glibc uses for a block of size octets. */
static inline size_t base_octets_of_block(size_t size)
{
	return (size + sizeof(size_t) + 15) & ~(size_t)15;
}

#endif
