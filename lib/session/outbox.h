/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * outbox: which records of a table have changes that are not on disk. An item lives in its record. A record that is
 * forgotten stays in memory until the disk has forgotten it too.
 */
#ifndef SESSION_OUTBOX_H
#define SESSION_OUTBOX_H

#include <stdbool.h>
#include <sys/queue.h>

struct outbox_item {
	TAILQ_ENTRY(outbox_item) entry;
	bool is_gone;	 /* for all but the disk */
	bool is_on_disk; /* some record with that key */
	bool is_on_way;	 /* a change was taken, and its outcome is not known */
	bool is_waiting; /* in one of the two queues */
};

TAILQ_HEAD(outbox_queue, outbox_item);

struct outbox {
	struct outbox_queue changed, gone; /* by item->is_gone */
	bool is_durable;		   /* else nothing waits here */
};

void outbox_init(struct outbox *outbox, bool is_durable);

/* The record has changed. */
void outbox_note(struct outbox *outbox, struct outbox_item *item);
/* The record is forgotten. true: the disk knows nothing of it, so the caller frees it. */
bool outbox_forget(struct outbox *outbox, struct outbox_item *item);
/* A record that was forgotten is there again. */
void outbox_revive(struct outbox *outbox, struct outbox_item *item);
/* Before a record is freed. */
void outbox_remove(struct outbox *outbox, struct outbox_item *item);

/* The next item that changed, or is gone, which is on its way now. NULL: there is none. */
struct outbox_item *outbox_take(struct outbox *outbox, bool is_gone);
/* The outcome of a change that was taken. true: the record is gone from the disk too, so the caller frees it. */
bool outbox_written(struct outbox *outbox, struct outbox_item *item, bool is_gone, bool is_written);

#endif
