/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ledger: a table of records by subscriber, keyset and bearer, and the list of changes that are not on disk.
 * Only counts.c and retention*.c call these functions. A record begins with its ledger_item. A forgotten record
 * stays in memory until it is erased on disk. Until then, only ledger_add and ledger_written find it.
 */
#ifndef COUNTS_LEDGER_H
#define COUNTS_LEDGER_H

#include <sys/queue.h>

#include "counts/counts.h"

struct ledger_item {
	LIST_ENTRY(ledger_item) same_hash;
	TAILQ_ENTRY(ledger_item) entry;
	struct counts_key key;
	bool is_gone;	 /* forgotten, but may still be on disk */
	bool is_on_disk; /* the disk has a record with this key, perhaps an older one */
	bool is_on_way;	 /* a change was collected, and its outcome is unknown */
	bool is_waiting; /* waits for ledger_collect */
};

struct ledger;

/* Writes the record to change. kind and is_gone of change are set, all other members are zeros. */
typedef void (*ledger_put)(const struct ledger_item *item, uint64_t age_s,
			   struct state_change *change);

/* lists: number of lists in the hash table. is_durable false: ledger_collect finds nothing. Returns NULL if there is
 * no memory. */
struct ledger *ledger_new(uint32_t lists, bool is_durable);
/* Frees all records. */
void ledger_free(struct ledger *ledger);
size_t ledger_octets(const struct ledger *ledger);

/* Returns the record, or NULL if there is none or the record is forgotten. */
void *ledger_find(struct ledger *ledger, const struct counts_key *key);
/* Makes a record of size octets, with zeros behind the item. Call it only if ledger_find returned NULL. A forgotten
 * record that is still in memory comes back with its old contents. NULL: no memory. */
void *ledger_add(struct ledger *ledger, const struct counts_key *key, size_t size);
/* Returns the record behind after: of the IMSI, or of all IMSIs if imsi is NULL. after NULL: the first record.
 * Returns NULL behind the last. */
void *ledger_next(struct ledger *ledger, const struct e2m_imsi *imsi, const void *after);

/* Notes that the record has changed, for ledger_collect. */
void ledger_note(struct ledger *ledger, struct ledger_item *item);
/* Drops the note: changes so far need not be on disk. */
void ledger_unnote(struct ledger *ledger, struct ledger_item *item);
/* Forgets the record. Frees it unless the record may be on disk. */
void ledger_forget(struct ledger *ledger, struct ledger_item *item);
/* Frees the record at once and leaves the disk as it is. */
void ledger_drop(struct ledger *ledger, struct ledger_item *item);

/* Adds the changed records to batch, or the forgotten ones if is_gone, up to the room of batch. */
void ledger_collect(struct ledger *ledger, struct state_batch *batch, bool is_gone,
		    enum state_kind kind, ledger_put put);
/* Reports the outcome of a change that was collected. Frees a forgotten record that is no longer on disk. */
void ledger_written(struct ledger *ledger, const struct counts_key *key, bool is_gone,
		    bool is_written);

#endif
