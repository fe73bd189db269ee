/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log_ring: the log lines that wait to be written. Any thread pushes, one thread takes. It is
 * bounded and uses no lock, no system call and no heap memory. So a push never waits, whatever
 * other threads do.
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
	uint32_t lost_before; /* lines lost since the previous line in the ring */
	uint16_t len;
	bool is_error;
	char text[LOG_LINE_OCTETS];
};

/* A place may be written when turn is the number of the push, and read when turn is that number +
 * 1. */
struct log_place {
	atomic_size_t turn;
	struct log_line line;
};

struct log_ring {
	_Alignas(64) atomic_size_t pushed; /* number of lines that ever got a place */
	_Alignas(64) atomic_size_t taken;
	atomic_uint lost; /* since the last push that got a place */
	atomic_ullong lost_ever;
	struct log_place places[LOG_RING_LINES];
};

/* Makes an empty ring. Call it first. */
void log_ring_init(struct log_ring *ring);

/* Any thread. Copies text, up to LOG_LINE_OCTETS. Returns false if no place is free; the line then
 * counts as lost. */
bool log_ring_push(struct log_ring *ring, const char *text, size_t len, bool is_error);

/* One thread: the line with index i, 0 is the oldest. NULL if there are not more than i lines. It
 * is valid until log_ring_pop. */
const struct log_line *log_ring_at(const struct log_ring *ring, size_t i);
/* The same thread: removes the oldest count lines, which must exist. */
void log_ring_pop(struct log_ring *ring, size_t count);
/* Takes the number of lines lost after the newest line in the ring; each is returned once. */
uint32_t log_ring_take_lost(struct log_ring *ring);

#endif
