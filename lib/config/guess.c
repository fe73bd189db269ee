/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds the known word that a misspelt word stands for. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "config/config.h"

#define WORD_MAX 64 /* longer words are not compared */

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Number of insertions, deletions, substitutions and swaps of neighbours that turn a into b
 * (optimal string alignment). */
static unsigned distance_of(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *top = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = least(least(above[j], row[j - 1]) + 1,
				       above[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], top[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

struct config_guess config_guess_start(const char *word)
{
	const size_t len = strlen(word);

	return (struct config_guess){.word = word,
				     .distance = len < 2    ? 0
						 : len < 6  ? 1
						 : len < 11 ? 2
							    : 3};
}

/* True for "key" and "key_file", or "info" and "information". */
static bool begins_alike(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const size_t shorter = a_len < b_len ? a_len : b_len;

	return shorter >= 3 && strncasecmp(a, b, shorter) == 0;
}

void config_guess_try(struct config_guess *guess, const char *known)
{
	const size_t len = strlen(guess->word), known_len = strlen(known);
	unsigned distance;

	if (len > WORD_MAX || known_len > WORD_MAX)
		return;
	distance = distance_of(guess->word, len, known, known_len);
	if (distance > guess->distance) {
		if (!begins_alike(guess->word, len, known, known_len))
			return;
		distance = guess->distance;
	}
	guess->is_tied = guess->best && distance == guess->distance;
	guess->distance = distance;
	guess->best = known;
}

const char *config_guess_best(const struct config_guess *guess)
{
	return guess->is_tied ? NULL : guess->best;
}
