/* SPDX-License-Identifier: BSD-3-Clause */
#include "npdu/arena.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK (2U << 20)

/* A place that is free. */
struct vacancy {
	struct vacancy *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct vacancy *vacancies;

/* Twice the size is mapped, and what is not aligned given back: huge pages start at their own size. */
static char *map_chunk(void)
{
	char *map =
		mmap(NULL, 2 * CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *chunk;

	if (map == MAP_FAILED)
		return NULL;
	chunk = (char *)(((uintptr_t)map + CHUNK - 1) & ~(uintptr_t)(CHUNK - 1));
	if (chunk > map)
		munmap(map, (size_t)(chunk - map));
	munmap(chunk + CHUNK, (size_t)(map + CHUNK - chunk));
	madvise(chunk, CHUNK, MADV_HUGEPAGE);
	madvise(chunk, CHUNK, MADV_DONTDUMP);
	return chunk;
}

static int grow(void)
{
	char *chunk = map_chunk();

	if (!chunk)
		return -1;
	for (size_t at = CHUNK; at >= sizeof(struct npdu_key); at -= sizeof(struct npdu_key)) {
		struct vacancy *v = (struct vacancy *)(chunk + at - sizeof(struct npdu_key));
		v->next = vacancies;
		vacancies = v;
	}
	return 0;
}

struct npdu_key *arena_take(void)
{
	struct vacancy *v = NULL;

	pthread_mutex_lock(&lock);
	if (vacancies || grow() == 0) {
		v = vacancies;
		vacancies = v->next;
	}
	pthread_mutex_unlock(&lock);
	if (v)
		memset(v, 0, sizeof(struct npdu_key));
	return (struct npdu_key *)v;
}

void arena_give_back(struct npdu_key *key)
{
	struct vacancy *v = (struct vacancy *)key;

	e2m_wipe(key, sizeof(*key));
	pthread_mutex_lock(&lock);
	v->next = vacancies;
	vacancies = v;
	pthread_mutex_unlock(&lock);
}
