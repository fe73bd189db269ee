/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * worker_rings: commands to the workers and events from them, through their rings. Called by control.c and settings.c,
 * in the control thread alone. A command for which a ring has no room waits in a backlog, so no command is lost or
 * overtakes another.
 */
#ifndef HSE_WORKER_RINGS_H
#define HSE_WORKER_RINGS_H

#include "backlog.h"
#include "control/control.h"
#include "datapath/datapath.h"

struct worker_rings {
	struct datapath_worker *const *workers;
	unsigned count;
	struct backlog *backlogs; /* by worker */
};

/* workers must stay valid until worker_rings_close. Returns 0 or -ENOMEM. */
int worker_rings_open(struct worker_rings *rings, struct datapath_worker *const *workers,
		      unsigned count);
/* No effect on rings that are all zero. */
void worker_rings_close(struct worker_rings *rings);

/* Without memory for a backlog, the process ends: a worker that misses a command may use a key that is freed. */
void worker_rings_send(struct worker_rings *rings, unsigned worker,
		       const struct datapath_command *command);
void worker_rings_send_to_all(struct worker_rings *rings, const struct datapath_command *command);

/* Both return how many they moved. Some at a time: call again while the result is not 0. */
unsigned worker_rings_take_events(struct worker_rings *rings, unsigned worker,
				  struct session_store *store);
unsigned worker_rings_send_backlog(struct worker_rings *rings, unsigned worker);

/* While no worker runs: executes all commands in their stead, and takes the events, until nothing is left. */
void worker_rings_settle(struct worker_rings *rings, struct session_store *store);

#endif
