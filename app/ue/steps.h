/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * steps: the lines on stdout that tell which step of e2m.md 1 has just happened.
 */
#ifndef UE_STEPS_H
#define UE_STEPS_H

#include <stdio.h>

/* "step N: text", at once; out NULL: not at all. */
void step_say(FILE *out, unsigned step, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
