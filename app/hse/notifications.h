/* SPDX-License-Identifier: BSD-3-Clause */
/* notifications: E2M-Session-Notifications on their way from Diameter's threads to the control thread, and their
 * answers back. Who may send them is the configuration's to say. */
#ifndef HSE_NOTIFICATIONS_H
#define HSE_NOTIFICATIONS_H

#include "control/control.h"
#include "hse_config.h"

struct hse_notifications;

/* Serves them: call between diameter_init and diameter_start. Errors are logged; NULL on any. */
struct hse_notifications *notifications_new(const struct hse_config *config);

/* Readable while there are some to take. */
int notifications_fd(const struct hse_notifications *notifications);
/* For the control thread: gives the store some of those that wait; returns how many. NULL stands for a
 * configuration without them. */
size_t notifications_take(struct hse_notifications *notifications, struct session_store *store);
/* A session_ops.notified, but for its first argument: answers. */
void notifications_answer(struct hse_notifications *notifications, uint64_t number,
			  enum session_outcome outcome);

/* Before diameter_stop, by the control thread, which takes no more: whoever waits is told to try later. */
void notifications_stop(struct hse_notifications *notifications);
/* After diameter_stop, and when the store has answered what it will. */
void notifications_free(struct hse_notifications *notifications);

/* Those of peers that may not send any, and those that found too many others waiting. */
uint64_t notifications_not_allowed(struct hse_notifications *notifications);
uint64_t notifications_too_busy(struct hse_notifications *notifications);

#endif
