/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * window: the replay window of e2m.md 7, checks 3 and 4. One writer, no lock. h is one more than the
 * highest COUNT authenticated; the bits remember which of the COUNTs below it have been seen. The ring
 * of bits is indexed by COUNT, so advancing clears bits rather than shifting them.
 */
#ifndef NPDU_WINDOW_H
#define NPDU_WINDOW_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define NPDU_WINDOW_DEFAULT   64
#define NPDU_WINDOW_MAX	      1024
#define NPDU_WINDOW_WORDS_MAX (NPDU_WINDOW_MAX / 64)

/* bits has npdu_window_words(size) words, a power of two. */
struct npdu_window {
	uint32_t h;
	uint32_t
		mark; /* the owner's: COUNTs from here on are to be seen to first; not looked at here */
	uint64_t bits[];
};

/* The same with room for the largest window, for callers that do not count octets. */
struct npdu_window_any {
	uint32_t h;
	uint32_t mark;
	uint64_t bits[NPDU_WINDOW_WORDS_MAX];
};

/* Words of the ring for a window of size COUNTs (0 to NPDU_WINDOW_MAX). */
static inline uint32_t npdu_window_words(uint32_t size)
{
	uint32_t words = 1;

	while (words * 64 < size)
		words *= 2;
	return words;
}

/* The window that a session really has: e2m.md 7, "at most W/2". */
static inline uint32_t npdu_window_clamp(uint32_t size, unsigned counter_octets)
{
	uint32_t half = UINT32_C(1) << (2 + 8 * counter_octets);

	return size < half ? size : half;
}

/* Check 4: true when count was seen before or is too old (count + size < h). size 0: never. */
static inline bool npdu_window_is_replay(const struct npdu_window *w, uint32_t size, uint32_t words,
					 uint32_t count)
{
	if (count >= w->h || size == 0)
		return false;
	if ((uint64_t)count + size < w->h)
		return true;
	return w->bits[count / 64 & (words - 1)] >> (count % 64) & 1;
}

/* After authentication only: remembers count and advances h. */
static inline void npdu_window_accept(struct npdu_window *w, uint32_t words, uint32_t count)
{
	if (count >= w->h) {
		uint32_t skipped = count - w->h;

		if (skipped >= words * 64) {
			memset(w->bits, 0, words * sizeof(w->bits[0]));
		} else {
			for (uint32_t c = w->h; c != count; c++)
				w->bits[c / 64 & (words - 1)] &= ~(UINT64_C(1) << (c % 64));
		}
		w->h = count + 1;
	}
	w->bits[count / 64 & (words - 1)] |= UINT64_C(1) << (count % 64);
}

#endif
