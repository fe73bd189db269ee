/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * decode: a tree of nodes into the struct that a table of fields describes.
 */
#ifndef CONFIG_DECODE_H
#define CONFIG_DECODE_H

#include "config/config.h"
#include "config/report.h"
#include "config/tree.h"

/* A string or list that the caller's struct points into. */
struct config_block {
	struct config_block *next;
	size_t size;
	_Alignas(max_align_t) uint8_t data[];
};

/* Fills out, and wipes the secrets that it read from root; errors go to report, memory taken is pushed onto blocks also when there are errors. */
void config_decode(struct config_node *root, const struct config_field *table, void *out,
		   struct config_block **blocks, struct config_report *report);

/* A zeroed block's data, or NULL. */
void *config_block_new(struct config_block **blocks, size_t size);

/* Wipes and frees all. */
void config_blocks_free(struct config_block *blocks);

#endif
