/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tree: a YAML document as nodes that remember where they stood. Only what a configuration needs:
 * one document, no anchors, aliases or tags (so no document is larger in memory than on disk by more
 * than a constant factor), and bounds on depth, size and number of nodes.
 */
#ifndef CONFIG_TREE_H
#define CONFIG_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/report.h"

#define CONFIG_MAX_OCTETS ((size_t)64 << 20)
#define CONFIG_MAX_NODES  (UINT32_C(4) << 20)
#define CONFIG_MAX_DEPTH  16

enum config_node_kind {
	CONFIG_NODE_SCALAR,
	CONFIG_NODE_SEQUENCE,
	CONFIG_NODE_MAPPING,
};

struct config_node {
	struct config_node *next;  /* in its sequence or mapping */
	struct config_node *first; /* item; in a mapping: key, value, key, value... */
	char *text;		   /* scalar; NUL-terminated */
	uint32_t len;		   /* octets of text */
	uint32_t line;		   /* from 1 */
	uint32_t column;	   /* from 1, in characters */
	uint32_t count;		   /* items, or keys */
	uint8_t kind;		   /* enum config_node_kind */
	bool plain;		   /* scalar without quotes */
};

/* Parses text. NULL when it was reported why not. An empty document is an empty mapping. */
struct config_node *config_tree_parse(const char *text, size_t len, struct config_report *report);

/* Frees a tree; wipes all scalars, since any of them may have held a key. */
void config_tree_free(struct config_node *root);

/* The node at path ("a.b[2].c"), or its nearest parent that there is. */
const struct config_node *config_tree_find(const struct config_node *root, const char *path);

#endif
