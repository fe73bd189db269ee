/* SPDX-License-Identifier: BSD-3-Clause */
/* Pulls from one of several hosts, and from another when that does not serve. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "diameter/internal.h"

/* How long a silent host is asked last: the first time, and at most. */
#define SILENT_MIN_MS 5000
#define SILENT_MAX_MS 60000
/* How long others are preferred to one that is busy. */
#define BUSY_MS 200
/* With less time left than this nobody else is asked. */
#define WORTHWHILE_MS 20

struct host {
	char *name;
	uint32_t openings;     /* when last looked at */
	uint64_t last_till_ms; /* asked last till then */
	uint32_t silent_ms;
};

struct diameter_hosts {
	char *realm;
	size_t count;
	uint64_t failovers;
	pthread_mutex_t lock; /* of the hosts' states and turn */
	size_t turn;
	struct host list[DIAMETER_HOSTS_MAX];
};

/* A pull that goes from host to host; freed by its last answer. */
struct tour {
	struct diameter_hosts *hosts;
	struct diameter_key_request request;
	uint64_t deadline_ms;
	size_t at;	/* asked now */
	uint32_t asked; /* a bit a host */
	diameter_key_answered answered;
	void *arg;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct diameter_hosts *diameter_hosts_new(const char *realm, char *const *names, size_t count)
{
	struct diameter_hosts *hosts = calloc(1, sizeof(*hosts));
	bool ok;

	if (!hosts || count > DIAMETER_HOSTS_MAX) {
		free(hosts);
		return NULL;
	}
	pthread_mutex_init(&hosts->lock, NULL);
	hosts->realm = strdup(realm);
	ok = hosts->realm != NULL;
	for (size_t i = 0; i < count && ok; i++) {
		hosts->list[hosts->count].name = strdup(names[i]);
		ok = hosts->list[hosts->count++].name != NULL;
	}
	if (ok)
		return hosts;
	diameter_hosts_free(hosts);
	return NULL;
}

void diameter_hosts_free(struct diameter_hosts *hosts)
{
	if (!hosts)
		return;
	for (size_t i = 0; i < hosts->count; i++)
		free(hosts->list[i].name);
	free(hosts->realm);
	pthread_mutex_destroy(&hosts->lock);
	free(hosts);
}

uint64_t diameter_hosts_failovers(const struct diameter_hosts *hosts)
{
	return __atomic_load_n(&hosts->failovers, __ATOMIC_RELAXED);
}

void diameter_hosts_why(const struct diameter_hosts *hosts, char *text, size_t size)
{
	char why[256];
	size_t used = 0;

	text[0] = 0;
	for (size_t i = 0; i < hosts->count; i++)
		if (diameter_peers_can_reach(hosts->list[i].name))
			return;
	for (size_t i = 0; i < hosts->count && used < size; i++) {
		diameter_peer_why(hosts->list[i].name, why, sizeof(why));
		used += (size_t)snprintf(text + used, size - used, "%s%s is not connected: %s",
					 used ? "; " : "", hosts->list[i].name, why);
	}
	if (hosts->count == 0 && !diameter_peers_can_reach(NULL))
		snprintf(text, size, "no peer of realm %s is connected", hosts->realm);
}

/* --- which host --- */

/* One that comes back starts afresh. */
static bool is_open(struct host *host)
{
	uint32_t openings = diameter_peers_openings(host->name);

	if (openings != host->openings) {
		host->openings = openings;
		host->last_till_ms = 0;
		host->silent_ms = 0;
	}
	return diameter_peers_can_reach(host->name);
}

/* When a host that was silent gets its turn, one pull tries it, and the others wait for what comes of
 * that. */
static void try_silent(struct host *host, uint64_t now)
{
	if (host->silent_ms == 0)
		return;
	host->silent_ms = host->silent_ms < SILENT_MAX_MS / 2 ? host->silent_ms * 2 : SILENT_MAX_MS;
	host->last_till_ms = now + host->silent_ms;
}

/* An open host that has not been asked: in turn, but those that did not serve lately last. False: there is
 * none. *others: whether there is one more. */
static bool choose(struct diameter_hosts *hosts, uint32_t asked, uint64_t now, size_t *chosen,
		   bool *others)
{
	uint64_t earliest = UINT64_MAX;
	size_t candidates = 0;

	pthread_mutex_lock(&hosts->lock);
	for (size_t i = 0; i < hosts->count; i++) {
		size_t at = (hosts->turn + i) % hosts->count;
		struct host *host = &hosts->list[at];

		if (asked & UINT32_C(1) << at || !is_open(host))
			continue;
		uint64_t till = host->last_till_ms > now ? host->last_till_ms : 0;
		if (till < earliest) {
			earliest = till;
			*chosen = at;
		}
		candidates++;
	}
	if (candidates > 0) {
		hosts->turn = *chosen + 1;
		try_silent(&hosts->list[*chosen], now);
	}
	pthread_mutex_unlock(&hosts->lock);
	*others = candidates > 1;
	return candidates > 0;
}

static bool has_served(enum diameter_key_outcome outcome)
{
	return outcome == DIAMETER_KEY_FOUND || outcome == DIAMETER_KEY_USER_UNKNOWN ||
	       outcome == DIAMETER_KEY_NOT_AVAILABLE || outcome == DIAMETER_KEY_NOT_AUTHORIZED;
}

static void note(struct diameter_hosts *hosts, size_t at, enum diameter_key_outcome outcome)
{
	struct host *host = &hosts->list[at];

	pthread_mutex_lock(&hosts->lock);
	if (outcome != DIAMETER_KEY_TIMEOUT && outcome != DIAMETER_KEY_UNREACHABLE) {
		host->silent_ms = 0;
		host->last_till_ms = outcome == DIAMETER_KEY_TOO_BUSY ? now_ms() + BUSY_MS : 0;
	} else if (host->silent_ms == 0) { /* else it is known already */
		host->silent_ms = SILENT_MIN_MS;
		host->last_till_ms = now_ms() + SILENT_MIN_MS;
	}
	pthread_mutex_unlock(&hosts->lock);
}

/* --- the tour --- */

static void on_answer(void *arg, const struct diameter_key_answer *answer);

/* 0: one more host is asked. */
static int ask_next(struct tour *tour)
{
	struct diameter_hosts *hosts = tour->hosts;
	uint64_t now = now_ms();
	int rc = -EHOSTUNREACH;
	bool others;
	size_t at = 0;

	while (now + WORTHWHILE_MS <= tour->deadline_ms &&
	       choose(hosts, tour->asked, now, &at, &others)) {
		uint64_t left = tour->deadline_ms - now;

		tour->at = at;
		tour->asked |= UINT32_C(1) << at;
		rc = diameter_send_key_request(hosts->list[at].name, hosts->realm, &tour->request,
					       (uint32_t)(others ? left / 2 : left), on_answer,
					       tour);
		if (rc != -EHOSTUNREACH)
			break;
	}
	return rc;
}

static void on_answer(void *arg, const struct diameter_key_answer *answer)
{
	struct tour *tour = arg;
	struct diameter_hosts *hosts = tour->hosts;

	note(hosts, tour->at, answer->outcome);
	if (!has_served(answer->outcome) && ask_next(tour) == 0) {
		__atomic_fetch_add(&hosts->failovers, 1, __ATOMIC_RELAXED);
		return;
	}
	tour->answered(tour->arg, answer);
	free(tour);
}

int diameter_hosts_ask(struct diameter_hosts *hosts, const struct diameter_key_request *request,
		       uint32_t timeout_ms, diameter_key_answered answered, void *arg)
{
	struct tour *tour;
	int rc;

	if (hosts->count < 2)
		return diameter_send_key_request(hosts->list[0].name, hosts->realm, request,
						 timeout_ms, answered, arg);
	tour = calloc(1, sizeof(*tour));
	if (!tour)
		return -ENOMEM;
	tour->hosts = hosts;
	tour->request = *request;
	tour->deadline_ms = now_ms() + timeout_ms;
	tour->answered = answered;
	tour->arg = arg;
	rc = ask_next(tour);
	if (rc)
		free(tour);
	return rc;
}
