/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/teid_table.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#define PLACE_MASK ((UINT32_C(1) << TEID_PLACE_BITS) - 1)

int teid_table_init(struct teid_table *table)
{
	uint32_t random;

	*table = (struct teid_table){0};
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	/* One bit is set for sure, so that no TEID is 0: that one is for messages without a tunnel. */
	table->base = (random & ~PLACE_MASK) | UINT32_C(1) << TEID_PLACE_BITS;
	return 0;
}

void teid_table_free(struct teid_table *table)
{
	free(table->owners);
	*table = (struct teid_table){0};
}

uint32_t teid_table_add(struct teid_table *table, void *owner)
{
	if (table->count > PLACE_MASK)
		return 0;
	void **owners = reallocarray(table->owners, table->count + 1, sizeof(*owners));
	if (!owners)
		return 0;
	table->owners = owners;
	owners[table->count] = owner;
	return table->base | (uint32_t)table->count++;
}

/* NULL when teid is none of the table's. */
static void **place_of(const struct teid_table *table, uint32_t teid)
{
	size_t place = teid & PLACE_MASK;

	if ((teid & ~PLACE_MASK) != table->base || place >= table->count)
		return NULL;
	return &table->owners[place];
}

void teid_table_remove(struct teid_table *table, uint32_t teid)
{
	void **owner = place_of(table, teid);

	if (owner)
		*owner = NULL;
}

void *teid_table_find(const struct teid_table *table, uint32_t teid)
{
	void **owner = place_of(table, teid);

	return owner ? *owner : NULL;
}
