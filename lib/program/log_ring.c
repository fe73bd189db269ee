/* SPDX-License-Identifier: BSD-3-Clause */
/* log_ring: D. Vyukov's bounded queue, with one consumer. */
#include "program/log_ring.h"

#include <string.h>

static struct log_place *place_of(const struct log_ring *ring, size_t number)
{
	return (struct log_place *)&ring->places[number % LOG_RING_LINES];
}

void log_ring_init(struct log_ring *ring)
{
	for (size_t i = 0; i < LOG_RING_LINES; i++)
		atomic_init(&ring->places[i].turn, i);
	atomic_init(&ring->pushed, 0);
	atomic_init(&ring->taken, 0);
	atomic_init(&ring->lost, 0);
	atomic_init(&ring->lost_ever, 0);
}

/* A place for this thread alone; NULL: all are taken. */
static struct log_place *reserve(struct log_ring *ring, size_t *number)
{
	*number = atomic_load_explicit(&ring->pushed, memory_order_relaxed);
	for (;;) {
		struct log_place *place = place_of(ring, *number);
		const size_t turn = atomic_load_explicit(&place->turn, memory_order_acquire);

		if (turn == *number) {
			if (atomic_compare_exchange_weak_explicit(&ring->pushed, number,
								  *number + 1, memory_order_relaxed,
								  memory_order_relaxed))
				return place;
		} else if ((ptrdiff_t)(turn - *number) < 0) {
			return NULL;
		} else {
			*number = atomic_load_explicit(&ring->pushed, memory_order_relaxed);
		}
	}
}

bool log_ring_push(struct log_ring *ring, const char *text, size_t len, bool is_error)
{
	size_t number;
	struct log_place *place = reserve(ring, &number);

	if (!place) {
		atomic_fetch_add_explicit(&ring->lost, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&ring->lost_ever, 1, memory_order_relaxed);
		return false;
	}
	struct log_line *line = &place->line;
	line->lost_before = log_ring_take_lost(ring);
	clock_gettime(CLOCK_REALTIME, &line->made);
	line->len = (uint16_t)(len < LOG_LINE_OCTETS ? len : LOG_LINE_OCTETS);
	line->is_error = is_error;
	memcpy(line->text, text, line->len);
	atomic_store_explicit(&place->turn, number + 1, memory_order_release);
	return true;
}

const struct log_line *log_ring_at(const struct log_ring *ring, size_t i)
{
	const size_t number = atomic_load_explicit(&ring->taken, memory_order_relaxed) + i;
	struct log_place *place = place_of(ring, number);

	return atomic_load_explicit(&place->turn, memory_order_acquire) == number + 1 ? &place->line
										      : NULL;
}

void log_ring_pop(struct log_ring *ring, size_t count)
{
	const size_t number = atomic_load_explicit(&ring->taken, memory_order_relaxed);

	for (size_t i = number; i < number + count; i++)
		atomic_store_explicit(&place_of(ring, i)->turn, i + LOG_RING_LINES,
				      memory_order_release);
	atomic_store_explicit(&ring->taken, number + count, memory_order_release);
}

uint32_t log_ring_take_lost(struct log_ring *ring)
{
	if (atomic_load_explicit(&ring->lost, memory_order_relaxed) == 0)
		return 0;
	return atomic_exchange_explicit(&ring->lost, 0, memory_order_relaxed);
}
