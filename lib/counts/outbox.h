/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * outbox: finds the records of a table with changes that are not on disk yet. An item is a member
 * of its record. A forgotten record stays in memory until the disk has forgotten it too.
 */
#ifndef COUNTS_OUTBOX_H
#define COUNTS_OUTBOX_H

#include <stdbool.h>
#include <sys/queue.h>

struct outbox_item {
	TAILQ_ENTRY(outbox_item) entry;
	bool is_gone;	 /* deleted, but perhaps still on disk */
	bool is_on_disk; /* the disk has some record with that key */
	bool is_on_way;	 /* a change was taken and its outcome is unknown */
	bool is_waiting; /* in one of the two queues */
};

TAILQ_HEAD(outbox_queue, outbox_item);

struct outbox {
	struct outbox_queue changed, gone; /* by item->is_gone */
	bool is_durable;		   /* if false, nothing waits here */
};

void outbox_init(struct outbox *outbox, bool is_durable);

/* The record has changed. */
void outbox_note(struct outbox *outbox, struct outbox_item *item);
/* The record is forgotten. Returns true if the disk does not have it: then the caller frees it. */
bool outbox_forget(struct outbox *outbox, struct outbox_item *item);
/* A forgotten record exists again. */
void outbox_revive(struct outbox *outbox, struct outbox_item *item);
/* Call it before a record is freed. */
void outbox_remove(struct outbox *outbox, struct outbox_item *item);

/* Takes the next changed (or deleted) item; its change is then on its way. NULL: there is none. */
struct outbox_item *outbox_take(struct outbox *outbox, bool is_gone);
/* The outcome of a change that was taken. Returns true if the record is deleted on disk too: then
 * the caller frees it. */
bool outbox_written(struct outbox *outbox, struct outbox_item *item, bool is_gone, bool is_written);

#endif
