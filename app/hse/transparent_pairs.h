/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * transparent_pairs: the list transparent: of the configuration (e2m.md 6). hse_check reads it, hse_findings looks for
 * pairs that are probably not meant, and control.c sends it to the workers.
 */
#ifndef HSE_TRANSPARENT_PAIRS_H
#define HSE_TRANSPARENT_PAIRS_H

#include "config/config.h"
#include "datapath/command.h"

struct hse_config;

struct transparent_config {
	char *text[DATAPATH_SIDES]; /* as configured */
	/* Read from text by transparent_pairs_check. Both have the same IP version. */
	struct pdp_prefix prefix[DATAPATH_SIDES];
};

/* An item of transparent:. */
extern const struct config_field transparent_item;

/* Reads the networks, and reports those that are none. Returns true if all are good. */
bool transparent_pairs_check(const struct config_file *file, struct hse_config *config,
			     FILE *errors);

/* Reports pairs that never count, and addresses on both sides. Returns false if a pair cannot work as written. */
bool transparent_pairs_find(const struct config_file *file, const struct hse_config *config,
			    FILE *out);

/* Calls send for each SET_TRANSPARENT of the whole list. */
typedef void (*transparent_send)(void *arg, const struct datapath_command *command);
void transparent_pairs_send(const struct hse_config *config, transparent_send send, void *arg);

#endif
