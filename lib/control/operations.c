/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/operations.h"

#include <stdlib.h>

#include "control/table.h"
#include "control/work.h"

static struct operation *last_operation(const struct session *s)
{
	return s->kind == DIRECTORY_PROTECTED && protection_of(s)->work
		       ? TAILQ_LAST(&protection_of(s)->work->operations, operation_list)
		       : NULL;
}

struct operation *operations_add(struct session_store *store, struct session *s,
				 const struct change *target)
{
	struct session_work *work = work_begin(store, s);
	struct operation *op = work ? calloc(1, sizeof(*op)) : NULL;

	if (!op) {
		work_end(s);
		return NULL;
	}
	op->session = s;
	op->target = *target;
	TAILQ_INSERT_TAIL(&work->operations, op, entry);
	return op;
}

void operations_remove(struct session *s, struct operation *op)
{
	TAILQ_REMOVE(&protection_of(s)->work->operations, op, entry);
	free(op);
	work_end(s);
}

void session_current(const struct session_store *store, const struct session *s,
		     struct change *target)
{
	const struct operation *op = last_operation(s);

	if (op)
		*target = op->target;
	else
		*target = (struct change){
			.alive = true,
			.origin = s->origin,
			.policy = s->policy,
			.apn = apns_ref(store->apns, s->apn),
			.control_sgsn = directory_tunnel(store->directory, &s->control_sgsn),
			.control_ggsn = directory_tunnel(store->directory, &s->control_ggsn),
			.tunnel = {directory_tunnel(store->directory, &s->tunnel[UP]),
				   directory_tunnel(store->directory, &s->tunnel[DOWN])}};
	directory_address(s, &target->address);
	for (const struct operation *with = op; with;
	     with = TAILQ_PREV(with, operation_list, entry))
		if (with->target.has_address) {
			target->address = with->target.address;
			break;
		}
	target->has_address = false;
	while (op && !op->target.has_keyset)
		op = TAILQ_PREV(op, operation_list, entry);
	if (op) {
		target->keyset = op->target.keyset;
		target->key_id = op->target.key_id;
	} else if (s->kind == DIRECTORY_PROTECTED) {
		const struct session_protection *p = protection_of(s);

		target->keyset = p->keysets[p->newest].id;
		target->key_id = p->keysets[p->newest].key_id;
	}
	target->fresh = target->has_keyset = target->is_bare = target->is_repeated = false;
	target->keeps_claims = false;
	target->recovery = (struct recovery){0};
}

bool session_names_keyset(const struct session *s)
{
	const struct operation *op = last_operation(s);

	while (op && !op->target.has_keyset && !op->target.is_bare)
		op = TAILQ_PREV(op, operation_list, entry);
	return op ? op->target.has_keyset : session_has_keyset(s);
}
