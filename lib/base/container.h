/* SPDX-License-Identifier: BSD-3-Clause */
/* container: from a member of a struct to the struct. */
#ifndef BASE_CONTAINER_H
#define BASE_CONTAINER_H

#include <stddef.h>

/* The struct of type that has *pointer as its member. A pointer of another type than the member's does
 * not compile. DPDK's rte_common.h defines the same. */
#ifndef container_of
#define container_of(pointer, type, member) \
	((type *)((char *)(1 ? (pointer) : &((type *)0)->member) - offsetof(type, member)))
#endif

#endif
