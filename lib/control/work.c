/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/work.h"

#include <stdlib.h>

#include "control/table.h"

struct session_work *work_begin(struct session_store *store, struct session *s)
{
	if (protection_of(s)->work)
		return protection_of(s)->work;
	protection_of(s)->work = calloc(1, sizeof(*protection_of(s)->work));
	if (!protection_of(s)->work)
		return NULL;
	TAILQ_INIT(&protection_of(s)->work->operations);
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++) {
		protection_of(s)->work->waiters[slot].session = table_id(store, s);
		protection_of(s)->work->waiters[slot].slot = slot;
	}
	return protection_of(s)->work;
}

void work_end(struct session *s)
{
	if (!protection_of(s)->work || !TAILQ_EMPTY(&protection_of(s)->work->operations))
		return;
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		if (work_is_pulling(s, slot) || protection_of(s)->work->wanted[slot][UP] ||
		    protection_of(s)->work->wanted[slot][DOWN])
			return;
	free(protection_of(s)->work);
	protection_of(s)->work = NULL;
}

struct operation *work_first_operation(const struct session *s)
{
	return s->kind == DIRECTORY_PROTECTED && protection_of(s)->work
		       ? TAILQ_FIRST(&protection_of(s)->work->operations)
		       : NULL;
}

bool work_is_pulling(const struct session *s, unsigned slot)
{
	return protection_of(s)->work && protection_of(s)->work->waiters[slot].waiter.pull;
}
