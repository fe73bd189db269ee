/* SPDX-License-Identifier: BSD-3-Clause */
/* disk: between the session store and its state on disk, for the control thread: what is there at the start,
 * what changes, and the last of it at a clean stop. NULL stands for a configuration without state:. */
#ifndef HSE_DISK_H
#define HSE_DISK_H

#include "control/control.h"
#include "hse_config.h"

struct hse_disk;

/* Locks, checks and opens what state: names. Errors are logged; NULL on any. */
struct hse_disk *disk_open(const struct hse_config *config);
void disk_close(struct hse_disk *disk);

/* state_age at the start. */
uint64_t disk_age(const struct hse_disk *disk);

/* Gives the store all records: session_restore, session_restore_counts. Errors are logged; -errno. */
int disk_restore(struct hse_disk *disk, struct session_store *store);

/* Tells the store what is on disk now, and hands over what is to be. Waits for nothing. Returns how much there
 * was to do. */
size_t disk_work(struct hse_disk *disk, struct session_store *store);
/* Becomes readable when disk_work has something to tell; -1: never. */
int disk_fd(const struct hse_disk *disk);

/* Waits for what is being written, and tells the store. */
void disk_finish(struct hse_disk *disk, struct session_store *store);
/* After session_conclude: writes all that is left, and waits for it. Errors are logged. */
void disk_conclude(struct hse_disk *disk, struct session_store *store);

#endif
