/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/demands.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "base/crc32c.h"

#define BUCKETS 16384

struct waiter {
	SLIST_ENTRY(waiter) next;
	struct diameter_asked *asked;
};

SLIST_HEAD(waiters, waiter);

struct demand {
	LIST_ENTRY(demand) same_hash;
	struct demands *demands;
	struct diameter_key_request request; /* of who came first */
	struct waiters waiters;
};

struct demands {
	struct diameter_hosts *hosts;
	uint32_t timeout_ms;
	demands_answered answered;
	void *arg;

	pthread_mutex_t lock; /* of what follows */
	LIST_HEAD(, demand) buckets[BUCKETS];
	struct demands_counters counters;
};

struct demands *demands_new(struct diameter_hosts *hosts, uint32_t timeout_ms,
			    demands_answered answered, void *arg)
{
	struct demands *demands = calloc(1, sizeof(*demands));

	if (!demands)
		return NULL;
	demands->hosts = hosts;
	demands->timeout_ms = timeout_ms;
	demands->answered = answered;
	demands->arg = arg;
	pthread_mutex_init(&demands->lock, NULL);
	return demands;
}

void demands_free(struct demands *demands)
{
	if (!demands)
		return;
	pthread_mutex_destroy(&demands->lock);
	free(demands);
}

static uint32_t hash(const struct diameter_key_request *request)
{
	const uint32_t of_imsi = crc32c(0, &request->imsi, sizeof(request->imsi));

	return crc32c(of_imsi, &request->id, sizeof(request->id)) % BUCKETS;
}

static bool is_same(const struct diameter_key_request *a, const struct diameter_key_request *b)
{
	return !memcmp(&a->imsi, &b->imsi, sizeof(a->imsi)) &&
	       !memcmp(&a->id, &b->id, sizeof(a->id)) &&
	       !strcasecmp(a->origin_host, b->origin_host);
}

/* --- with the lock held --- */

static struct demand *find(struct demands *demands, const struct diameter_key_request *request)
{
	struct demand *demand;

	LIST_FOREACH (demand, &demands->buckets[hash(request)], same_hash)
		if (is_same(&demand->request, request))
			return demand;
	return NULL;
}

static struct demand *add(struct demands *demands, const struct diameter_key_request *request)
{
	struct demand *demand = calloc(1, sizeof(*demand));

	if (!demand)
		return NULL;
	demand->demands = demands;
	demand->request = *request;
	memcpy(demand->request.on_behalf_of, request->origin_host, sizeof(request->origin_host));
	LIST_INSERT_HEAD(&demands->buckets[hash(request)], demand, same_hash);
	return demand;
}

static bool wait(struct demands *demands, struct demand *demand, struct diameter_asked *asked)
{
	struct waiter *waiter = calloc(1, sizeof(*waiter));

	if (!waiter)
		return false;
	waiter->asked = asked;
	SLIST_INSERT_HEAD(&demand->waiters, waiter, next);
	demands->counters.waiting++;
	return true;
}

/* --- asking --- */

void demands_conclude(struct demand *demand, const struct diameter_key_answer *answer)
{
	struct demands *demands = demand->demands;
	struct waiter *waiter;

	pthread_mutex_lock(&demands->lock);
	LIST_REMOVE(demand, same_hash); /* nobody joins it any more */
	SLIST_FOREACH (waiter, &demand->waiters, next)
		demands->counters.waiting--;
	pthread_mutex_unlock(&demands->lock);
	while ((waiter = SLIST_FIRST(&demand->waiters)) != NULL) {
		SLIST_REMOVE_HEAD(&demand->waiters, next);
		diameter_answer_key(waiter->asked, answer);
		free(waiter);
	}
	free(demand);
}

static void on_answer(void *arg, const struct diameter_key_answer *given)
{
	struct diameter_key_answer answer = *given;
	struct demand *demand = arg;

	if (demand->demands->answered(demand->demands->arg, demand, &demand->request, &answer))
		demands_conclude(demand, &answer);
	e2m_wipe(&answer, sizeof(answer));
}

static void send(struct demand *demand)
{
	struct diameter_key_answer none = {.outcome = DIAMETER_KEY_UNREACHABLE};

	if (!diameter_hosts_ask(demand->demands->hosts, &demand->request,
				demand->demands->timeout_ms, on_answer, demand))
		return;
	snprintf(none.detail, sizeof(none.detail), "no HSS to ask");
	on_answer(demand, &none);
}

/* Joins the demand that is on its way, or makes one, which is the caller's to send then. False: no
 * room. */
static bool join(struct demands *demands, const struct diameter_key_request *request,
		 struct diameter_asked *asked, struct demand **made)
{
	struct demand *demand;

	*made = NULL;
	if (demands->counters.waiting >= DEMANDS_WAITING_MAX)
		return false;
	demand = find(demands, request);
	if (demand) {
		demands->counters.joined++;
		return wait(demands, demand, asked);
	}
	demand = add(demands, request);
	if (!demand)
		return false;
	if (!wait(demands, demand, asked)) {
		LIST_REMOVE(demand, same_hash);
		free(demand);
		return false;
	}
	demands->counters.sent++;
	*made = demand;
	return true;
}

void demands_ask(struct demands *demands, const struct diameter_key_request *request,
		 struct diameter_asked *asked)
{
	const struct diameter_key_answer busy = {.outcome = DIAMETER_KEY_TOO_BUSY};
	struct demand *made;

	pthread_mutex_lock(&demands->lock);
	bool waits = join(demands, request, asked, &made);
	pthread_mutex_unlock(&demands->lock);
	if (!waits)
		diameter_answer_key(asked, &busy);
	else if (made)
		send(made);
}

void demands_count(struct demands *demands, struct demands_counters *counters)
{
	pthread_mutex_lock(&demands->lock);
	*counters = demands->counters;
	pthread_mutex_unlock(&demands->lock);
}
