/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ledger: a table of records by subscriber, keyset and bearer, which knows what of them is not on disk yet. A
 * record begins with its ledger_item. A record that was forgotten stays in memory until the disk has forgotten it
 * too; only ledger_add and ledger_written see it meanwhile.
 */
#ifndef COUNTS_LEDGER_H
#define COUNTS_LEDGER_H

#include <sys/queue.h>

#include "counts/counts.h"

struct ledger_item {
	LIST_ENTRY(ledger_item) same_hash;
	TAILQ_ENTRY(ledger_item) entry;
	struct counts_key key;
	bool is_gone;	 /* forgotten, but perhaps still on disk */
	bool is_on_disk; /* the disk has some record with that key */
	bool is_on_way;	 /* a change was collected and its outcome is unknown */
	bool is_waiting; /* for ledger_collect */
};

struct ledger;

/* Fills change, which has its kind, and is zeros otherwise. */
typedef void (*ledger_put)(const struct ledger_item *item, uint64_t age_s,
			   struct state_change *change);

/* lists: of the hash table. If it is not durable, nothing is collected. NULL: no memory. */
struct ledger *ledger_new(uint32_t lists, bool is_durable);
/* Frees all records. */
void ledger_free(struct ledger *ledger);
size_t ledger_octets(const struct ledger *ledger);

/* Returns the record. */
void *ledger_find(struct ledger *ledger, const struct counts_key *key);
/* Makes the record, which ledger_find does not find: size octets, with zeros after the item. A record that was
 * forgotten comes back with what it had. NULL: no memory. */
void *ledger_add(struct ledger *ledger, const struct counts_key *key, size_t size);
/* Iterates over the records of an IMSI, or over all if imsi is NULL. after is NULL at first. NULL: no more. */
void *ledger_next(struct ledger *ledger, const struct e2m_imsi *imsi, const void *after);

/* The record has changed. */
void ledger_note(struct ledger *ledger, struct ledger_item *item);
/* The disk need not have what has changed so far. */
void ledger_unnote(struct ledger *ledger, struct ledger_item *item);
/* Forgets the record, and frees it if the disk does not have it. */
void ledger_forget(struct ledger *ledger, struct ledger_item *item);
/* Frees the record, whatever the disk has. */
void ledger_drop(struct ledger *ledger, struct ledger_item *item);

/* Adds to batch the records that have changed, or those that are forgotten, up to its room. */
void ledger_collect(struct ledger *ledger, struct state_batch *batch, bool is_gone,
		    enum state_kind kind, ledger_put put);
/* The outcome of a change that was collected. Frees a forgotten record that the disk has forgotten too. */
void ledger_written(struct ledger *ledger, const struct counts_key *key, bool is_gone,
		    bool is_written);

#endif
