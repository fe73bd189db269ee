/* SPDX-License-Identifier: BSD-3-Clause */
/* play: one sequence: draws its configuration and its steps from seed and number, and plays them. */
#ifndef MODEL_PLAY_H
#define MODEL_PLAY_H

#include "judge.h"

#define PLAY_STEPS_MAX 96

/* Steps of a sequence that are left out, to find the few that matter. */
struct skipped {
	bool is_skipped[PLAY_STEPS_MAX];
};

/* Habits that no GGSN has: to look for what they do not cause. */
extern uint32_t play_without_habits;

/* Plays sequence number of seed; the judge's finding is the result. Returns how many steps it has. */
unsigned play(uint64_t seed, uint64_t number, const struct skipped *skipped);
/* Finds steps that can be left out, so that the finding is still the same verdict. */
void play_shrink(uint64_t seed, uint64_t number, struct skipped *skipped);

/* Delivers GTP-C and lets the HSE work until nothing is under way. */
void play_deliver_all(void);

#endif
