/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table: from tunnel to flow, for one worker. Written and read by that worker alone. Made for a
 * million tunnels visited in random order: a bulk lookup touches one cache line of the table a packet,
 * fetched ahead, and the flow itself holds the key to compare with.
 */
#ifndef DATAPATH_TABLE_H
#define DATAPATH_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "datapath/flow.h"

struct tunnel_table;

/* For up to capacity tunnels; flows is the array that numbers point into. */
struct tunnel_table *tunnel_table_new(uint32_t capacity, int socket, char *flows, size_t flow_size);
void tunnel_table_free(struct tunnel_table *table);

/* The flow's tunnel must be set. 0, -EEXIST, or -ENOSPC. */
int tunnel_table_add(struct tunnel_table *table, uint32_t flow);
/* 0 or -ENOENT. */
int tunnel_table_remove(struct tunnel_table *table, uint32_t flow);

struct flow *tunnel_table_find(const struct tunnel_table *table, const struct tunnel *tunnel,
			       uint32_t hash);

/* Fetches the line that tunnel_table_guess and tunnel_table_find read first. */
void tunnel_table_prefetch(const struct tunnel_table *table, uint32_t hash);

/* The flow that a tunnel of that hash most likely has, from the table alone: to fetch its lines. NULL:
 * none, or not in the first bucket. Only the flow's own tunnel says whether it is the one. */
struct flow *tunnel_table_guess(const struct tunnel_table *table, uint32_t hash);

size_t tunnel_table_octets(const struct tunnel_table *table);

#endif
