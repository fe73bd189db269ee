/* SPDX-License-Identifier: BSD-3-Clause */
/* backlog: commands that did not fit into a worker's ring, in order, as many as memory holds. */
#ifndef HSE_BACKLOG_H
#define HSE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>

#include "datapath/command.h"

struct backlog {
	struct datapath_command *items; /* a ring */
	size_t size;
	size_t first;
	size_t count;
};

static inline bool backlog_is_empty(const struct backlog *b)
{
	return b->count == 0;
}

static inline const struct datapath_command *backlog_first(const struct backlog *b)
{
	return &b->items[b->first];
}

void backlog_pop(struct backlog *b);
/* -ENOMEM */
int backlog_push(struct backlog *b, const struct datapath_command *command);
void backlog_free(struct backlog *b);

#endif
