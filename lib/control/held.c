/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/held.h"

#include <stdlib.h>

#include "control/commands.h"

static struct held *copy(struct held value)
{
	struct held *held = malloc(sizeof(*held));

	if (held)
		*held = value;
	return held;
}

struct held *held_new_gtpc(const struct session_gtpc *gtpc)
{
	struct held value = {.users = 1, .gtpc = *gtpc};

	value.gtpc.data = NULL; /* valid only during the call */
	return copy(value);
}

struct held *held_new_notification(uint64_t number)
{
	return copy((struct held){.users = 1, .is_notification = true, .notification = number});
}

void held_drop(struct held *held)
{
	if (held && --held->users == 0)
		free(held);
}

void held_release(struct session_store *store, struct held *held)
{
	if (!held || --held->users > 0)
		return;
	if (held->outcome != SESSION_DONE || !held->is_lasting ||
	    !journal_wait(store->journal, &held->waiter))
		held_answer(store, held);
	else if (!held->is_notification)
		commands_allow_gtpc(store, &held->gtpc);
}

void held_answer(struct session_store *store, struct held *held)
{
	if (held->is_notification)
		store->ops.notified(store->ops.arg, held->notification, held->outcome);
	else
		commands_answer_gtpc(store, &held->gtpc, held->outcome == SESSION_DONE);
	free(held);
}
