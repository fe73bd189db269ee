/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/work.h"

#include <stdlib.h>

#include "control/table.h"

struct session_work *work_begin(struct session_store *store, struct session *s)
{
	if (s->work)
		return s->work;
	s->work = calloc(1, sizeof(*s->work));
	if (!s->work)
		return NULL;
	TAILQ_INIT(&s->work->operations);
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++) {
		s->work->waiters[slot].session = table_id(store, s);
		s->work->waiters[slot].slot = slot;
	}
	return s->work;
}

void work_end(struct session *s)
{
	if (!s->work || !TAILQ_EMPTY(&s->work->operations))
		return;
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		if (work_is_pulling(s, slot) || s->work->wanted[slot][UP] ||
		    s->work->wanted[slot][DOWN])
			return;
	free(s->work);
	s->work = NULL;
}

struct operation *work_first_operation(const struct session *s)
{
	return s->work ? TAILQ_FIRST(&s->work->operations) : NULL;
}

bool work_is_pulling(const struct session *s, unsigned slot)
{
	return s->work && s->work->waiters[slot].waiter.pull;
}
