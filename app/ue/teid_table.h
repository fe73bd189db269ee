/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * teid_table: the TEIDs that we have given out, and whose they are. The upper bits of a run's TEIDs are
 * random, so that late packets for tunnels of the run before find no owner; the lower ones are a place
 * in the table.
 */
#ifndef UE_TEID_TABLE_H
#define UE_TEID_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define TEID_PLACE_BITS 20

struct teid_table {
	uint32_t base;
	void **owners;
	size_t count;
};

/* Negative errno. */
int teid_table_init(struct teid_table *table);
void teid_table_free(struct teid_table *table);

/* A new TEID for owner, never 0; 0 when there are no more. */
uint32_t teid_table_add(struct teid_table *table, void *owner);

/* From now on teid is nobody's; it is not given out again. */
void teid_table_remove(struct teid_table *table, uint32_t teid);

/* NULL when teid is none of ours. */
void *teid_table_find(const struct teid_table *table, uint32_t teid);

#endif
