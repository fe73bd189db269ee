/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "ue/hss.h"

struct hss_diameter {
	struct hss hss;
	struct loop *loop;
	const struct hss_diameter_config *config;
	struct loop_source source; /* an eventfd: answered is not empty */
	pthread_mutex_t lock;	   /* of answered */
	STAILQ_HEAD(query_list, query) answered;
};

struct query {
	STAILQ_ENTRY(query) link;
	struct hss_diameter *hss;
	hss_answered answered;
	void *arg;
	struct diameter_auth_answer answer;
};

static void free_query(struct query *query)
{
	e2m_wipe(query, sizeof(*query));
	free(query);
}

/* In a thread of freeDiameter's: hands over and returns. */
static void hand_over(void *arg, const struct diameter_auth_answer *answer)
{
	struct query *query = arg;
	struct hss_diameter *hss = query->hss;

	query->answer = *answer;
	pthread_mutex_lock(&hss->lock);
	bool was_empty = STAILQ_EMPTY(&hss->answered);
	STAILQ_INSERT_TAIL(&hss->answered, query, link);
	pthread_mutex_unlock(&hss->lock);
	if (was_empty)
		eventfd_write(hss->source.fd, 1);
}

static struct query *take_answered(struct hss_diameter *hss)
{
	pthread_mutex_lock(&hss->lock);
	struct query *query = STAILQ_FIRST(&hss->answered);
	if (query)
		STAILQ_REMOVE_HEAD(&hss->answered, link);
	pthread_mutex_unlock(&hss->lock);
	return query;
}

static void collect(void *arg)
{
	struct hss_diameter *hss = arg;
	struct query *query;
	eventfd_t ignored;

	eventfd_read(hss->source.fd, &ignored);
	while ((query = take_answered(hss))) {
		query->answered(query->arg, &query->answer);
		free_query(query);
	}
}

static int ask(struct hss *base, const struct diameter_auth_request *request, hss_answered answered,
	       void *arg)
{
	struct hss_diameter *hss = (struct hss_diameter *)base;
	struct query *query = calloc(1, sizeof(*query));

	if (!query)
		return -ENOMEM;
	query->hss = hss;
	query->answered = answered;
	query->arg = arg;
	int err = diameter_send_auth_request(hss->config->host, hss->config->realm, request,
					     hss->config->timeout_ms, hand_over, query);
	if (err)
		free_query(query);
	return err;
}

struct hss *hss_diameter_open(struct loop *loop, const struct hss_diameter_config *config)
{
	struct hss_diameter *hss = calloc(1, sizeof(*hss));

	if (!hss)
		return NULL;
	hss->hss = (struct hss){.name = config->host ? config->host : config->realm, .ask = ask};
	hss->loop = loop;
	hss->config = config;
	STAILQ_INIT(&hss->answered);
	pthread_mutex_init(&hss->lock, NULL);
	hss->source = (struct loop_source){.ready = collect, .arg = hss};
	hss->source.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int err = hss->source.fd < 0 ? -errno : loop_add(loop, &hss->source);
	if (err) {
		hss_diameter_close(&hss->hss);
		errno = -err;
		return NULL;
	}
	return &hss->hss;
}

void hss_diameter_close(struct hss *base)
{
	struct hss_diameter *hss = (struct hss_diameter *)base;
	struct query *query;

	if (!hss)
		return;
	while ((query = take_answered(hss)))
		free_query(query);
	loop_remove(hss->loop, &hss->source);
	if (hss->source.fd >= 0)
		close(hss->source.fd);
	pthread_mutex_destroy(&hss->lock);
	free(hss);
}
