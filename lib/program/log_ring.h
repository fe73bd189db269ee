/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log_ring: the lines of the log that wait to be written. Any thread pushes, one takes. Bounded, without lock,
 * system call or heap: a push waits for nobody, whatever the other threads do meanwhile.
 */
#ifndef PROGRAM_LOG_RING_H
#define PROGRAM_LOG_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define LOG_LINE_OCTETS 1000 /* the '\n' included */
#define LOG_RING_LINES	4096 /* a power of two */

struct log_line {
	struct timespec made; /* CLOCK_REALTIME */
	uint32_t lost_before; /* lines that found no place since the last one that did */
	uint16_t len;
	bool is_error;
	char text[LOG_LINE_OCTETS];
};

/* A place may be written when turn is the number of the push, and read when it is that and one. */
struct log_place {
	atomic_size_t turn;
	struct log_line line;
};

struct log_ring {
	_Alignas(64) atomic_size_t pushed; /* lines that have a place, ever */
	_Alignas(64) atomic_size_t taken;
	atomic_uint lost; /* since the last push that found a place */
	atomic_ullong lost_ever;
	struct log_place places[LOG_RING_LINES];
};

/* Before anything else; an empty ring. */
void log_ring_init(struct log_ring *ring);

/* Any thread. text: up to LOG_LINE_OCTETS, copied. False: no place; the line is counted as lost. */
bool log_ring_push(struct log_ring *ring, const char *text, size_t len, bool is_error);

/* One thread: the oldest line but i, NULL when there are no more than i. It stays until log_ring_pop. */
const struct log_line *log_ring_at(const struct log_ring *ring, size_t i);
/* The same thread: the oldest count lines, which are there, go. */
void log_ring_pop(struct log_ring *ring, size_t count);
/* Lines that were lost after the newest in the ring, each told once. */
uint32_t log_ring_take_lost(struct log_ring *ring);

#endif
