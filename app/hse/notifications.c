/* SPDX-License-Identifier: BSD-3-Clause */
#include "notifications.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

/* That are not answered yet. */
#define UNANSWERED_MAX 16384
#define TAKEN_AT_ONCE  64

struct item {
	TAILQ_ENTRY(item) entry;
	struct session_notification notification;
	struct diameter_asked *asked; /* NULL: it is answered */
};

TAILQ_HEAD(item_list, item);

enum count { NOT_ALLOWED, TOO_BUSY, COUNTS };

struct hse_notifications {
	const struct hse_config *config;
	int event;		/* readable while there are some to take */
	struct item_list taken; /* by the store; the control thread's */
	/* Of Diameter's threads and the control thread. */
	pthread_mutex_t lock;
	struct item_list waiting;
	unsigned unanswered;
	bool is_closed;
	bool *was_refused; /* by place in diameter.peers */
	uint64_t counts[COUNTS];
};

/* --- Diameter's threads --- */

static void set_tunnel(struct session_notification *n, enum e2m_direction direction,
		       const struct diameter_tunnel *tunnel)
{
	if (tunnel->gsn.family == 0)
		return;
	n->has_tunnel[direction] = true;
	n->tunnel[direction] = hse_config_tunnel(&tunnel->gsn, tunnel->teid);
}

static struct session_notification translate(const struct diameter_notification *d)
{
	static const enum session_event events[] = {[DIAMETER_SESSION_ACTIVATE] = SESSION_ACTIVATE,
						    [DIAMETER_SESSION_UPDATE] = SESSION_UPDATE,
						    [DIAMETER_SESSION_DELETE] = SESSION_DELETE};
	struct session_notification n = {.event = events[d->event],
					 .imsi = d->imsi,
					 .nsapi = d->nsapi,
					 .key_id = d->key_id,
					 .keyset = d->keyset,
					 .address = d->address,
					 .apn_len = d->apn_len,
					 .lists = d->lists,
					 .networks_count = d->networks_count};

	memcpy(n.apn, d->apn, sizeof(n.apn));
	memcpy(n.networks, d->networks, sizeof(n.networks));
	set_tunnel(&n, E2M_UPLINK, &d->uplink);
	set_tunnel(&n, E2M_DOWNLINK, &d->downlink);
	return n;
}

static bool is_allowed(const struct hse_config *config, const char *host)
{
	for (size_t i = 0; i < config->notifications.peers_count; i++)
		if (strcasecmp(config->notifications.peers[i], host) == 0)
			return true;
	return false;
}

static void refuse(struct hse_notifications *n, const char *host)
{
	const struct diameter_config *diameter = &n->config->diameter;
	bool is_new = false;

	pthread_mutex_lock(&n->lock);
	n->counts[NOT_ALLOWED]++;
	for (size_t i = 0; i < diameter->peers_count; i++)
		if (strcasecmp(diameter->peers[i].identity, host) == 0) {
			is_new = !n->was_refused[i];
			n->was_refused[i] = true;
		}
	pthread_mutex_unlock(&n->lock);
	if (is_new)
		program_log(PROGRAM_WARNING,
			    "diameter: %s notifies of sessions, and is not in notifications.peers: "
			    "refused, now and from here on",
			    host);
}

/* False: there are too many, or no more are taken. */
static bool push(struct hse_notifications *n, struct item *item)
{
	bool has_room;

	pthread_mutex_lock(&n->lock);
	has_room = item && !n->is_closed && n->unanswered < UNANSWERED_MAX;
	if (has_room) {
		n->unanswered++;
		if (TAILQ_EMPTY(&n->waiting))
			eventfd_write(n->event, 1);
		TAILQ_INSERT_TAIL(&n->waiting, item, entry);
	} else {
		n->counts[TOO_BUSY]++;
	}
	pthread_mutex_unlock(&n->lock);
	return has_room;
}

static void on_notification(void *arg, const struct diameter_notification *notification,
			    struct diameter_asked *asked)
{
	struct hse_notifications *n = arg;
	struct item *item;

	if (!is_allowed(n->config, notification->origin_host)) {
		refuse(n, notification->origin_host);
		diameter_answer_notification(asked, DIAMETER_NOTIFICATION_NOT_AUTHORIZED);
		return;
	}
	item = calloc(1, sizeof(*item));
	if (item) {
		item->notification = translate(notification);
		item->asked = asked;
	}
	if (!push(n, item)) {
		free(item);
		diameter_answer_notification(asked, DIAMETER_NOTIFICATION_TOO_BUSY);
	}
}

/* --- the control thread --- */

int notifications_fd(const struct hse_notifications *n)
{
	return n->event;
}

static struct item *pop(struct hse_notifications *n)
{
	struct item *item;
	eventfd_t value;

	pthread_mutex_lock(&n->lock);
	item = TAILQ_FIRST(&n->waiting);
	if (item)
		TAILQ_REMOVE(&n->waiting, item, entry);
	if (TAILQ_EMPTY(&n->waiting))
		eventfd_read(n->event, &value);
	pthread_mutex_unlock(&n->lock);
	return item;
}

size_t notifications_take(struct hse_notifications *n, struct session_store *store)
{
	struct item *item;
	size_t count = 0;

	if (!n)
		return 0;
	while (count < TAKEN_AT_ONCE && (item = pop(n)) != NULL) {
		TAILQ_INSERT_TAIL(&n->taken, item, entry);
		session_take_notification(store, &item->notification, (uintptr_t)item);
		count++;
	}
	return count;
}

static void answer(struct hse_notifications *n, struct item *item,
		   enum diameter_notification_outcome outcome)
{
	if (!item->asked)
		return;
	diameter_answer_notification(item->asked, outcome);
	item->asked = NULL;
	pthread_mutex_lock(&n->lock);
	n->unanswered--;
	pthread_mutex_unlock(&n->lock);
}

void notifications_answer(struct hse_notifications *n, uint64_t number,
			  enum session_outcome outcome)
{
	static const enum diameter_notification_outcome outcomes[] = {
		[SESSION_DONE] = DIAMETER_NOTIFICATION_DONE,
		[SESSION_UNKNOWN] = DIAMETER_NOTIFICATION_UNKNOWN,
		[SESSION_NO_ROOM] = DIAMETER_NOTIFICATION_NO_ROOM,
		[SESSION_STATIC] = DIAMETER_NOTIFICATION_NOT_AUTHORIZED,
		[SESSION_TAKEN] = DIAMETER_NOTIFICATION_NOT_AUTHORIZED,
		[SESSION_INVALID] = DIAMETER_NOTIFICATION_INVALID,
		[SESSION_POLICY] = DIAMETER_NOTIFICATION_NOT_AUTHORIZED,
	};
	struct item *item = (struct item *)(uintptr_t)number;

	answer(n, item, outcomes[outcome]);
	TAILQ_REMOVE(&n->taken, item, entry);
	free(item);
}

/* --- start and stop --- */

static uint64_t read_count(struct hse_notifications *n, enum count which)
{
	uint64_t value;

	if (!n)
		return 0;
	pthread_mutex_lock(&n->lock);
	value = n->counts[which];
	pthread_mutex_unlock(&n->lock);
	return value;
}

uint64_t notifications_not_allowed(struct hse_notifications *n)
{
	return read_count(n, NOT_ALLOWED);
}

uint64_t notifications_too_busy(struct hse_notifications *n)
{
	return read_count(n, TOO_BUSY);
}

struct hse_notifications *notifications_new(const struct hse_config *config)
{
	struct hse_notifications *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->config = config;
	TAILQ_INIT(&n->taken);
	TAILQ_INIT(&n->waiting);
	pthread_mutex_init(&n->lock, NULL);
	n->was_refused = calloc(config->diameter.peers_count, sizeof(*n->was_refused));
	n->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (n->was_refused && n->event >= 0 &&
	    diameter_serve_notifications(on_notification, n) == 0)
		return n;
	program_log(PROGRAM_ERROR, "notifications cannot be served: %s", strerror(errno));
	notifications_free(n);
	return NULL;
}

static void take_all(struct hse_notifications *n)
{
	struct item *item;

	while ((item = pop(n)) != NULL)
		TAILQ_INSERT_TAIL(&n->taken, item, entry);
}

void notifications_stop(struct hse_notifications *n)
{
	struct item *item;

	if (!n)
		return;
	pthread_mutex_lock(&n->lock);
	n->is_closed = true;
	pthread_mutex_unlock(&n->lock);
	take_all(n);
	TAILQ_FOREACH (item, &n->taken, entry)
		answer(n, item, DIAMETER_NOTIFICATION_TOO_BUSY);
}

void notifications_free(struct hse_notifications *n)
{
	struct item *item;

	if (!n)
		return;
	while ((item = TAILQ_FIRST(&n->taken)) != NULL) {
		TAILQ_REMOVE(&n->taken, item, entry);
		free(item);
	}
	pthread_mutex_destroy(&n->lock);
	if (n->event >= 0)
		close(n->event);
	free(n->was_refused);
	free(n);
}
