/* SPDX-License-Identifier: BSD-3-Clause */
#include "counts/outbox.h"

#include <stddef.h>

void outbox_init(struct outbox *o, bool is_durable)
{
	TAILQ_INIT(&o->changed);
	TAILQ_INIT(&o->gone);
	o->is_durable = is_durable;
}

static struct outbox_queue *queue_of(struct outbox *o, bool is_gone)
{
	return is_gone ? &o->gone : &o->changed;
}

void outbox_note(struct outbox *o, struct outbox_item *item)
{
	if (!o->is_durable || item->is_waiting)
		return;
	TAILQ_INSERT_TAIL(queue_of(o, item->is_gone), item, entry);
	item->is_waiting = true;
}

void outbox_remove(struct outbox *o, struct outbox_item *item)
{
	if (item->is_waiting)
		TAILQ_REMOVE(queue_of(o, item->is_gone), item, entry);
	item->is_waiting = false;
}

bool outbox_forget(struct outbox *o, struct outbox_item *item)
{
	outbox_remove(o, item);
	item->is_gone = true;
	if (!item->is_on_disk && !item->is_on_way)
		return true;
	outbox_note(o, item);
	return false;
}

void outbox_revive(struct outbox *o, struct outbox_item *item)
{
	outbox_remove(o, item);
	item->is_gone = false;
}

struct outbox_item *outbox_take(struct outbox *o, bool is_gone)
{
	struct outbox_item *item = TAILQ_FIRST(queue_of(o, is_gone));

	if (!item)
		return NULL;
	outbox_remove(o, item);
	item->is_on_way = true;
	return item;
}

bool outbox_written(struct outbox *o, struct outbox_item *item, bool is_gone, bool is_written)
{
	item->is_on_way = false;
	if (is_written)
		item->is_on_disk = !is_gone;
	if (item->is_gone && !item->is_on_disk) {
		outbox_remove(o, item);
		return true;
	}
	if (!is_written || item->is_gone)
		outbox_note(o, item);
	return false;
}
