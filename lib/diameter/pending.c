/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests on their way. libfdcore calls back for an answer, and mostly for a time-out, but it also
 * forgets requests: when the answer breaks its dictionary, when a queue is torn down, when the clock is
 * set back. So each request has an entry here with a deadline of its own on the monotonic clock, and
 * whoever takes the entry out of the table, by its handle, completes it: the answer, libfdcore's good-bye
 * to a message, the deadline, or the stop of the stack. The others find the handle stale.
 *
 * Two threads: one hands requests to libfdcore, and answers that must hold nobody up, for its queue blocks when
 * a peer does not read; one looks after deadlines, which must go on all the same, and after the peers' states.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "diameter/internal.h"

#define CHUNK	    1024 /* entries allocated at a time; they never move */
#define CHUNKS	    (DIAMETER_REQUESTS_MAX / CHUNK)
#define PEERS_EVERY (100 * UINT64_C(1000000)) /* ns between looks at the peers' states */
/* libfdcore forgets a request so long after its deadline has passed here. */
#define FORGET_AFTER_S 1

struct entry {
	uint32_t index, generation; /* the handle; generation is odd while the entry is in use */
	struct msg *request;	    /* not yet handed to libfdcore; else NULL */
	uint64_t deadline;	    /* CLOCK_MONOTONIC, ns */
	uint32_t timeout_ms;
	struct diameter_asker asker;
	TAILQ_ENTRY(entry) by_deadline; /* while in use; else the free list */
	TAILQ_ENTRY(entry) to_send;	/* while request is set */
};

TAILQ_HEAD(entries, entry);

struct unsent_answer {
	STAILQ_ENTRY(unsent_answer) next;
	struct msg *message;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t wake_sender, wake_timer;
	pthread_t sender, timer;
	bool running;
	struct entry *chunks[CHUNKS];
	uint32_t allocated; /* chunks */
	struct entries free, in_use, unsent;
	STAILQ_HEAD(, unsent_answer) answers;
} pending = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.free = TAILQ_HEAD_INITIALIZER(pending.free),
	.in_use = TAILQ_HEAD_INITIALIZER(pending.in_use),
	.unsent = TAILQ_HEAD_INITIALIZER(pending.unsent),
	.answers = STAILQ_HEAD_INITIALIZER(pending.answers),
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void *handle_of(const struct entry *entry)
{
	return (void *)((uintptr_t)entry->generation << 32 | entry->index);
}

/* With the lock held, like all up to take_entry. NULL: the entry has been completed. */
static struct entry *find_entry(const void *handle)
{
	uint32_t index = (uint32_t)(uintptr_t)handle;
	uint32_t generation = (uint32_t)((uintptr_t)handle >> 32);

	if (index >= pending.allocated * CHUNK)
		return NULL;
	struct entry *entry = &pending.chunks[index / CHUNK][index % CHUNK];
	return entry->generation == generation ? entry : NULL;
}

static void allocate_chunk(void)
{
	struct entry *chunk;

	if (pending.allocated == CHUNKS || !(chunk = calloc(CHUNK, sizeof(*chunk))))
		return;
	for (uint32_t i = 0; i < CHUNK; i++) {
		chunk[i].index = pending.allocated * CHUNK + i;
		TAILQ_INSERT_TAIL(&pending.free, &chunk[i], by_deadline);
	}
	pending.chunks[pending.allocated++] = chunk;
}

/* Most requests of a program have the same time-out, so the place is at or near the end. */
static void insert_by_deadline(struct entry *entry)
{
	struct entry *before = TAILQ_LAST(&pending.in_use, entries);

	while (before && before->deadline > entry->deadline)
		before = TAILQ_PREV(before, entries, by_deadline);
	if (before)
		TAILQ_INSERT_AFTER(&pending.in_use, before, entry, by_deadline);
	else
		TAILQ_INSERT_HEAD(&pending.in_use, entry, by_deadline);
}

/* Takes the entry out of the table: the caller, and nobody else, completes what is in *taken. */
static void take_entry(struct entry *entry, struct entry *taken)
{
	*taken = *entry;
	TAILQ_REMOVE(&pending.in_use, entry, by_deadline);
	if (entry->request)
		TAILQ_REMOVE(&pending.unsent, entry, to_send);
	entry->request = NULL;
	entry->generation++;
	TAILQ_INSERT_HEAD(&pending.free, entry, by_deadline);
}

/* A stopping libfdcore cancels threads that take too long, and they would keep the locks that finish
 * holds. */
static void complete(const struct entry *taken, enum diameter_end end, struct msg *answer)
{
	int cancel;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	taken->asker.finish(&taken->asker, end, answer);
	pthread_setcancelstate(cancel, NULL);
	if (taken->request)
		fd_msg_free(taken->request);
}

static void complete_by_handle(const void *handle, enum diameter_end end, struct msg *answer)
{
	struct entry taken;

	pthread_mutex_lock(&pending.lock);
	struct entry *entry = find_entry(handle);
	if (entry)
		take_entry(entry, &taken);
	pthread_mutex_unlock(&pending.lock);
	if (entry)
		complete(&taken, end, answer);
}

static void on_answer(void *handle, struct msg **answer)
{
	complete_by_handle(handle, DIAMETER_END_ANSWER, *answer);
	diameter_message_free(*answer);
	*answer = NULL;
}

/* The deadline here has passed already: nothing is left to do but to forget. */
static void on_expiry(void *handle, DiamId_t peer, size_t peer_len, struct msg **request)
{
	(void)handle, (void)peer, (void)peer_len;
	fd_msg_free(*request);
	*request = NULL;
}

bool diameter_pending_dropped(struct msg *message)
{
	void (*answered)(void *, struct msg **) = NULL;
	struct msg *request = message;
	struct msg_hdr *header;
	void *handle = NULL;
	bool is_answer;

	if (!message || fd_msg_hdr(message, &header))
		return true;
	is_answer = !(header->msg_flags & CMD_FLAG_REQUEST);
	if (is_answer && (fd_msg_answ_getq(message, &request) || !request))
		return false;
	if (!fd_msg_anscb_get(request, &answered, NULL, &handle) && answered == on_answer)
		complete_by_handle(
			handle, is_answer ? DIAMETER_END_UNPARSED : DIAMETER_END_UNREACHABLE, NULL);
	return true;
}

static void hand_over(struct msg *request, void *handle, uint32_t timeout_ms)
{
	struct timespec forget;

	clock_gettime(CLOCK_REALTIME, &forget);
	forget.tv_sec += timeout_ms / 1000 + FORGET_AFTER_S;
	if (!fd_msg_send_timeout(&request, on_answer, handle, on_expiry, &forget))
		return;
	complete_by_handle(handle, DIAMETER_END_UNREACHABLE, NULL);
	if (request)
		fd_msg_free(request);
}

/* These two with the lock held; they let go of it to send. */
static void send_first_request(struct entry *entry)
{
	struct msg *request = entry->request;
	void *handle = handle_of(entry);
	uint32_t timeout_ms = entry->timeout_ms;

	TAILQ_REMOVE(&pending.unsent, entry, to_send);
	entry->request = NULL;
	pthread_mutex_unlock(&pending.lock);
	hand_over(request, handle, timeout_ms);
	pthread_mutex_lock(&pending.lock);
}

static void send_first_answer(struct unsent_answer *answer)
{
	STAILQ_REMOVE_HEAD(&pending.answers, next);
	pthread_mutex_unlock(&pending.lock);
	diameter_answer_send(&answer->message, 0);
	free(answer);
	pthread_mutex_lock(&pending.lock);
}

static void *run_sender(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&pending.lock);
	while (pending.running) {
		struct entry *entry = TAILQ_FIRST(&pending.unsent);
		struct unsent_answer *answer = STAILQ_FIRST(&pending.answers);

		if (!entry && !answer)
			pthread_cond_wait(&pending.wake_sender, &pending.lock);
		if (entry)
			send_first_request(entry);
		if (answer)
			send_first_answer(answer);
	}
	pthread_mutex_unlock(&pending.lock);
	return NULL;
}

/* With the lock held; lets go of it to complete. */
static void complete_overdue(uint64_t now)
{
	struct entry *entry, taken;

	while ((entry = TAILQ_FIRST(&pending.in_use)) && entry->deadline <= now) {
		take_entry(entry, &taken);
		pthread_mutex_unlock(&pending.lock);
		complete(&taken, DIAMETER_END_TIMEOUT, NULL);
		pthread_mutex_lock(&pending.lock);
	}
}

static void *run_timer(void *arg)
{
	uint64_t next_look = now_ns();

	(void)arg;
	pthread_mutex_lock(&pending.lock);
	while (pending.running) {
		uint64_t now = now_ns(), wake;

		complete_overdue(now);
		if (now >= next_look) {
			pthread_mutex_unlock(&pending.lock);
			diameter_peers_poll();
			pthread_mutex_lock(&pending.lock);
			next_look = now_ns() + PEERS_EVERY;
			continue;
		}
		wake = next_look;
		if (!TAILQ_EMPTY(&pending.in_use) && TAILQ_FIRST(&pending.in_use)->deadline < wake)
			wake = TAILQ_FIRST(&pending.in_use)->deadline;
		struct timespec until = {.tv_sec = (time_t)(wake / 1000000000),
					 .tv_nsec = (long)(wake % 1000000000)};
		pthread_cond_timedwait(&pending.wake_timer, &pending.lock, &until);
	}
	pthread_mutex_unlock(&pending.lock);
	return NULL;
}

int diameter_pending_start(void)
{
	pthread_condattr_t monotonic;
	int rc;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&pending.wake_timer, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_cond_init(&pending.wake_sender, NULL);
	pending.running = true;
	rc = pthread_create(&pending.sender, NULL, run_sender, NULL);
	if (rc) {
		pending.running = false;
		return -rc;
	}
	rc = pthread_create(&pending.timer, NULL, run_timer, NULL);
	if (rc) {
		pthread_mutex_lock(&pending.lock);
		pending.running = false;
		pthread_cond_signal(&pending.wake_sender);
		pthread_mutex_unlock(&pending.lock);
		pthread_join(pending.sender, NULL);
	}
	return -rc;
}

int diameter_pending_send(struct msg *request, uint32_t timeout_ms,
			  const struct diameter_asker *asker)
{
	int rc = 0;

	pthread_mutex_lock(&pending.lock);
	if (TAILQ_EMPTY(&pending.free))
		allocate_chunk();
	struct entry *entry = TAILQ_FIRST(&pending.free);
	if (!pending.running) {
		rc = -EHOSTUNREACH;
	} else if (!entry) {
		rc = pending.allocated == CHUNKS ? -ENOBUFS : -ENOMEM;
	} else {
		TAILQ_REMOVE(&pending.free, entry, by_deadline);
		entry->generation++;
		entry->request = request;
		entry->timeout_ms = timeout_ms;
		entry->deadline = now_ns() + timeout_ms * UINT64_C(1000000);
		entry->asker = *asker;
		insert_by_deadline(entry);
		if (TAILQ_FIRST(&pending.in_use) == entry)
			pthread_cond_signal(&pending.wake_timer);
		if (TAILQ_EMPTY(&pending.unsent))
			pthread_cond_signal(&pending.wake_sender);
		TAILQ_INSERT_TAIL(&pending.unsent, entry, to_send);
	}
	pthread_mutex_unlock(&pending.lock);
	if (rc)
		fd_msg_free(request);
	return rc;
}

void diameter_pending_answer(struct msg *message)
{
	struct unsent_answer *answer = malloc(sizeof(*answer));

	pthread_mutex_lock(&pending.lock);
	if (answer && pending.running) {
		answer->message = message;
		STAILQ_INSERT_TAIL(&pending.answers, answer, next);
		pthread_cond_signal(&pending.wake_sender);
		message = NULL;
		answer = NULL;
	}
	pthread_mutex_unlock(&pending.lock);
	free(answer);
	if (message)
		diameter_message_free(message);
}

static void free_answers(void)
{
	struct unsent_answer *answer;

	while ((answer = STAILQ_FIRST(&pending.answers))) {
		STAILQ_REMOVE_HEAD(&pending.answers, next);
		diameter_message_free(answer->message);
		free(answer);
	}
}

void diameter_pending_stop(void)
{
	struct entry *entry, taken;
	bool was_running;

	pthread_mutex_lock(&pending.lock);
	was_running = pending.running;
	pending.running = false;
	pthread_cond_broadcast(&pending.wake_sender);
	pthread_cond_broadcast(&pending.wake_timer);
	while ((entry = TAILQ_FIRST(&pending.in_use))) {
		take_entry(entry, &taken);
		pthread_mutex_unlock(&pending.lock);
		complete(&taken, DIAMETER_END_UNREACHABLE, NULL);
		pthread_mutex_lock(&pending.lock);
	}
	pthread_mutex_unlock(&pending.lock);
	if (was_running) {
		pthread_join(pending.timer, NULL);
		pthread_join(pending.sender, NULL);
	}
	free_answers();
}
