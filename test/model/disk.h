/* SPDX-License-Identifier: BSD-3-Clause */
/* disk: what lib/control has on disk, in memory, over the ends of the model's processes. hse.c calls it. */
#ifndef MODEL_DISK_H
#define MODEL_DISK_H

#include "control/control.h"
#include "state/state.h"

void disk_clear(void);
void disk_write(const struct state_batch *batch);
uint64_t disk_age(void);
/* Gives all records to a new store, in the order that control.h demands. */
void disk_restore(struct session_store *store);

#endif
