/* SPDX-License-Identifier: BSD-3-Clause */
#include "backlog.h"

#include <errno.h>
#include <stdlib.h>

static int grow(struct backlog *b)
{
	size_t size = b->size ? 2 * b->size : 1024;
	struct datapath_command *items = calloc(size, sizeof(*items));

	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < b->count; i++)
		items[i] = b->items[(b->first + i) % b->size];
	free(b->items);
	b->items = items;
	b->size = size;
	b->first = 0;
	return 0;
}

int backlog_push(struct backlog *b, const struct datapath_command *command)
{
	if (b->count == b->size && grow(b) != 0)
		return -ENOMEM;
	b->items[(b->first + b->count++) % b->size] = *command;
	return 0;
}

void backlog_pop(struct backlog *b)
{
	b->first = (b->first + 1) % b->size;
	b->count--;
}

void backlog_free(struct backlog *b)
{
	free(b->items);
	*b = (struct backlog){0};
}
