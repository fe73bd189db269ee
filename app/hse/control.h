/* SPDX-License-Identifier: BSD-3-Clause */
/* control: the control thread, from its start to its end: an event loop over workers' events, key sources, timers, signals
 * and what telemetry asks. The rings to the workers are in worker_rings.c, what a configuration sets is in settings.c. */
#ifndef HSE_CONTROL_H
#define HSE_CONTROL_H

#include "control/control.h"
#include "datapath/datapath.h"
#include "disk.h"
#include "hse_config.h"
#include "notifications.h"
#include "reload.h"

struct hse_control;

/* Opens the key sources and makes the session store, with the sessions that disk (NULL: none) and the configuration
 * have, whose flows it makes itself: the workers must not run yet. notifications: NULL: none. Errors are logged; NULL
 * on any. */
struct hse_control *control_new(const struct hse_config *config,
				struct datapath_worker *const *workers, struct hse_disk *disk,
				struct hse_notifications *notifications);
/* The workers must have stopped. Wipes all keys. */
void control_free(struct hse_control *control);

/* After the workers have stopped: has them do what they were told, and writes what is to be on disk. */
void control_conclude(struct hse_control *control);

/* Runs until SIGTERM or SIGINT; SIGHUP reloads. Every thread must block control_signals. */
#define CONTROL_SIGNALS 3
extern const int control_signals[CONTROL_SIGNALS];
int control_run(struct hse_control *control);
/* Sets the target of SIGHUP. Call it before control_run. */
void control_set_reload(struct hse_control *control, struct hse_reload *reload);

/* From any other thread: runs ask in the control thread and waits for it. -ESHUTDOWN once control
 * has stopped. */
typedef void (*control_question)(struct hse_control *control, void *arg);
int control_ask(struct hse_control *control, control_question ask, void *arg);

/* Bypass, for maintenance: lib/datapath/bypass.c says what it is. In the control thread, or before it runs. */
struct control_bypass {
	bool is_on;
	uint64_t for_s; /* since it was switched on */
};
void control_set_bypass(struct hse_control *control, bool is_on);
void control_view_bypass(const struct hse_control *control, struct control_bypass *bypass);

/* Whether G-PDUs of unknown tunnels cross. In the control thread. */
struct control_unknown_teid {
	bool passes;
	uint64_t for_s; /* passes: since it was configured */
};
void control_view_unknown_teid(const struct hse_control *control,
			       struct control_unknown_teid *view);

struct session_store *control_store(struct hse_control *control);
struct hse_notifications *control_notifications(const struct hse_control *control);
/* The key source of key_sources[source], as pull_source_name numbers them. */
const struct keysource *control_source(const struct hse_control *control, unsigned source);

#endif
