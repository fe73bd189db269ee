/* SPDX-License-Identifier: BSD-3-Clause */
/* container: finds a struct by the address of one of its members. For all libraries and programs. */
#ifndef BASE_CONTAINER_H
#define BASE_CONTAINER_H

#include <stddef.h>

/* Returns the struct of type that contains *pointer as member. Does not compile if pointer has another type than
 * the address of member. DPDK's rte_common.h defines the same macro. */
#ifndef container_of
#define container_of(pointer, type, member) \
	((type *)((char *)(1 ? (pointer) : &((type *)0)->member) - offsetof(type, member)))
#endif

#endif
