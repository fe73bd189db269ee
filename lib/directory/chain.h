/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * chain: the lists of a hash table that one thread writes while others read them, without locks.
 *
 * Links are numbers of entries. An entry that moves to another list takes a reader along that
 * stands on it. So the last link of a list names the list: a reader that ends in another one begins
 * again. The link of a freed entry may be 0, which is no list's end either.
 */
#ifndef DIRECTORY_CHAIN_H
#define DIRECTORY_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#define CHAIN_END (1U << 31)

#define CHAIN_READ(member)	   __atomic_load_n(&(member), __ATOMIC_RELAXED)
#define CHAIN_ACQUIRE(member)	   __atomic_load_n(&(member), __ATOMIC_ACQUIRE)
#define CHAIN_WRITE(member, value) __atomic_store_n(&(member), (value), __ATOMIC_RELAXED)

static inline bool chain_is_entry(uint32_t link)
{
	return link != 0 && !(link & CHAIN_END);
}

/* head: of the list with this number. It is 0 before its first use. */
static inline uint32_t chain_first(const uint32_t *head, uint32_t list)
{
	const uint32_t first = CHAIN_ACQUIRE(*head);

	return first ? first : CHAIN_END | list;
}

/* link is no entry. Returns true if it is the end of this list. */
static inline bool chain_is_end(uint32_t link, uint32_t list)
{
	return link == (CHAIN_END | list);
}

/* Puts the entry with this number at the head of the list. What the entry has is visible before it is found. */
static inline void chain_put(uint32_t *head, uint32_t *link, uint32_t number, uint32_t list)
{
	CHAIN_WRITE(*link, *head ? *head : CHAIN_END | list);
	__atomic_store_n(head, number, __ATOMIC_RELEASE);
}

#endif
