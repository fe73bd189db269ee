/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * figures: what a fleet has done so far, and how long it took. Times are microseconds of CLOCK_MONOTONIC.
 */
#ifndef UE_FIGURES_H
#define UE_FIGURES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* How long something took, as often as it was done. */
struct samples {
	uint32_t *us;
	size_t count;
	size_t room; /* beyond, nothing is noted */
};

struct figures {
	uint32_t devices;
	uint32_t activated;
	uint32_t answered; /* devices whose first packet was */
	uint32_t lost;	   /* packets of theirs, first or later, that were not */
	uint32_t failed;   /* devices that were refused */
	uint64_t begun_us;
	uint64_t last_us; /* the last first packet's answer */
	struct samples activation;
	struct samples first;
	struct samples next;
	struct samples delay; /* by how much a device's first answer took longer than its second */
	/* Packets of the traffic after that, in this second. */
	uint64_t sent, back;
	struct samples traffic;
};

uint64_t figures_now_us(void);

/* -ENOMEM. packets: of each device; traffic: packets a second. */
int figures_init(struct figures *figures, uint32_t devices, uint32_t packets, uint32_t traffic);
void figures_free(struct figures *figures);

void samples_note(struct samples *samples, uint64_t us);

/* Lines of name=value. */
void figures_print_progress(const struct figures *figures, FILE *out);
void figures_print_summary(struct figures *figures, FILE *out);
/* Of the second that ends now; the next begins. */
void figures_print_traffic(struct figures *figures, FILE *out);

#endif
