/* SPDX-License-Identifier: BSD-3-Clause */
#include "control.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "settings.h"
#include "unknown_teid.h"
#include "worker_rings.h"

#define ANSWERS_A_ROUND 64
/* Sessions whose commands to workers are under way while they are restored. */
#define RESTORE_AT_ONCE 256
/* How long the loop sleeps when there was nothing to do: workers' rings cannot wake it. */
#define REST_NS 250000

struct hse_control {
	const struct hse_config *config;
	struct worker_rings rings;
	struct session_store *store;
	struct hse_disk *disk;			 /* NULL: nothing outlives the process */
	struct hse_notifications *notifications; /* NULL: nobody may send any */
	struct keysource_queue *queue;
	struct keysource **sources;
	struct hse_reload *reload;
	int epoll;
	int signals;
	/* What another thread asks: one question at a time. */
	pthread_mutex_t asking;
	pthread_mutex_t lock;
	pthread_cond_t answered;
	control_question question;
	void *question_arg;
	bool stopped;
	bool bypass;
	uint64_t bypass_since_ms;
	struct unknown_teid unknown_teid;
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- what the store asks for --- */

static void send_command(void *arg, unsigned worker, const struct datapath_command *command)
{
	struct hse_control *c = arg;

	worker_rings_send(&c->rings, worker, command);
}

static void view_flow(void *arg, unsigned worker, uint32_t flow, struct datapath_flow_view *view)
{
	const struct hse_control *c = arg;

	datapath_view_flow(c->rings.workers[worker], flow, view);
}

static void log_line(void *arg, enum session_log_level level, const char *line)
{
	static const enum program_level levels[] = {[SESSION_LOG_ERROR] = PROGRAM_ERROR,
						    [SESSION_LOG_WARNING] = PROGRAM_WARNING,
						    [SESSION_LOG_INFO] = PROGRAM_INFO,
						    [SESSION_LOG_DEBUG] = PROGRAM_DEBUG};

	(void)arg;
	program_log(levels[level], "%s", line);
}

static void on_notified(void *arg, uint64_t number, enum session_outcome outcome)
{
	struct hse_control *c = arg;

	notifications_answer(c->notifications, number, outcome);
}

/* --- unknown tunnels --- */

static void send_to_all(void *arg, const struct datapath_command *command)
{
	struct hse_control *c = arg;

	worker_rings_send_to_all(&c->rings, command);
}

static void set_unknown_tunnels(struct hse_control *c, const struct hse_config *config)
{
	const bool passes = config->unknown_teid == HSE_UNKNOWN_TEID_PASS;

	transparent_pairs_send(config, send_to_all, c);
	if (unknown_teid_set(&c->unknown_teid, passes, now_ms()) && !passes)
		program_log(PROGRAM_INFO, "unknown_teid is drop: no G-PDU of an unknown tunnel "
					  "crosses any more");
}

static void warn_of_unknown_tunnels(struct hse_control *c, uint64_t now)
{
	uint64_t crossed[DATAPATH_SIDES] = {0};
	char text[UNKNOWN_TEID_TEXT];

	if (!unknown_teid_is_due(&c->unknown_teid, now))
		return;
	for (unsigned w = 0; w < c->rings.count; w++)
		for (unsigned side = 0; side < DATAPATH_SIDES; side++)
			crossed[side] += datapath_worker_counters(c->rings.workers[w], side)
						 ->value[DATAPATH_UNKNOWN_TEID];
	program_log(PROGRAM_WARNING, "%s", unknown_teid_text(&c->unknown_teid, crossed, now, text));
}

void control_view_unknown_teid(const struct hse_control *c, struct control_unknown_teid *view)
{
	*view = (struct control_unknown_teid){.passes = c->unknown_teid.passes,
					      .for_s =
						      (now_ms() - c->unknown_teid.since_ms) / 1000};
}

/* --- start and stop --- */

static int open_sources(struct hse_control *c)
{
	const struct hse_config *config = c->config;

	c->queue = keysource_queue_new();
	c->sources = calloc(config->key_sources_count, sizeof(*c->sources));
	if (!c->queue || !c->sources)
		return -ENOMEM;
	for (size_t i = 0; i < config->key_sources_count; i++) {
		const struct keysource_config *k = &config->key_sources[i];
		c->sources[i] = keysource_open(k, c->queue, program_fault);
		if (!c->sources[i] ||
		    session_add_source(c->store, &(struct session_source){
							 .keysource = c->sources[i],
							 .name = k->name,
							 .prefetch = k->prefetch,
							 .memory = settings_of_memory(k),
							 .short_s = k->keyset_retention_s}) != 0) {
			program_log(PROGRAM_ERROR, "key_sources[%zu]: out of memory", i);
			return -ENOMEM;
		}
	}
	return 0;
}

static int watch(struct hse_control *c, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int open_events(struct hse_control *c)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < CONTROL_SIGNALS; i++)
		sigaddset(&set, control_signals[i]);
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	c->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (c->epoll < 0 || c->signals < 0 || watch(c, c->signals) != 0 ||
	    watch(c, keysource_fd(c->queue)) != 0 || (c->disk && watch(c, disk_fd(c->disk)) != 0) ||
	    (c->notifications && watch(c, notifications_fd(c->notifications)) != 0)) {
		program_log(PROGRAM_ERROR, "no event loop: %s", strerror(errno));
		return -errno;
	}
	return 0;
}

/* Sessions of an earlier process, before the first packet comes. */
static int restore(struct hse_control *c)
{
	const uint64_t began = now_ms();
	uint32_t next = 0;
	int ret;

	if (!c->disk)
		return 0;
	ret = disk_restore(c->disk, c->store);
	if (ret != 0)
		return ret;
	do {
		next = session_restart(c->store, next, RESTORE_AT_ONCE);
		worker_rings_settle(&c->rings, c->store);
	} while (next != 0);
	program_log(PROGRAM_INFO, "state: %s: %" PRIu64 " sessions restored in %" PRIu64 " ms",
		    c->config->state.path, session_count(c->store, SESSION_RESTORED),
		    now_ms() - began);
	return 0;
}

static int make_static(struct hse_control *c)
{
	const int ret = static_sessions_make(c->config, c->store);

	worker_rings_settle(&c->rings, c->store);
	return ret;
}

void control_conclude(struct hse_control *c)
{
	if (!c || !c->disk)
		return;
	/* What is on its way to the disk lets more COUNTs be used, and packets go that wait for them: that must be
	 * over before COUNTs are written as they are. */
	worker_rings_settle(&c->rings, c->store);
	disk_finish(c->disk, c->store);
	worker_rings_settle(&c->rings, c->store);
	session_conclude(c->store);
	disk_conclude(c->disk, c->store);
	/* What waited for the disk leaves. */
	worker_rings_settle(&c->rings, c->store);
}

struct hse_control *control_new(const struct hse_config *config,
				struct datapath_worker *const *workers, struct hse_disk *disk,
				struct hse_notifications *notifications)
{
	struct hse_control *c = calloc(1, sizeof(*c));
	const struct session_ops ops = {.command = send_command,
					.view_flow = view_flow,
					.log = log_line,
					.notified = on_notified,
					.arg = c};
	struct session_config session;

	if (!c)
		return NULL;
	c->config = config;
	c->disk = disk;
	c->notifications = notifications;
	c->epoll = c->signals = -1;
	c->unknown_teid.interval_ms = UNKNOWN_TEID_INTERVAL_MS;
	pthread_mutex_init(&c->asking, NULL);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->answered, NULL);
	settings_of_sessions(config, &session);
	session.age_s = disk_age(disk);
	if (worker_rings_open(&c->rings, workers, config->workers.count) == 0)
		c->store = session_store_new(&session, &ops, now_ms());
	if (!c->store) {
		program_log(PROGRAM_ERROR, "no memory for %u sessions", config->sessions.max);
		control_free(c);
		return NULL;
	}
	for (unsigned w = 0; w < config->workers.count; w++)
		datapath_set_directory(workers[w], session_directory(c->store));
	if (open_sources(c) != 0 || open_events(c) != 0 || restore(c) != 0 || make_static(c) != 0) {
		control_free(c);
		return NULL;
	}
	control_set_bypass(c, config->bypass);
	set_unknown_tunnels(c, config);
	return c;
}

void control_free(struct hse_control *c)
{
	if (!c)
		return;
	session_store_free(c->store);
	for (size_t i = 0; c->sources && i < c->config->key_sources_count; i++)
		keysource_close(c->sources[i]);
	free(c->sources);
	keysource_queue_free(c->queue);
	worker_rings_close(&c->rings);
	if (c->epoll >= 0)
		close(c->epoll);
	if (c->signals >= 0)
		close(c->signals);
	pthread_mutex_destroy(&c->asking);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->answered);
	free(c);
}

struct session_store *control_store(struct hse_control *c)
{
	return c->store;
}

struct hse_notifications *control_notifications(const struct hse_control *c)
{
	return c->notifications;
}

const struct keysource *control_source(const struct hse_control *c, unsigned source)
{
	return c->sources[source];
}

/* --- bypass --- */

void control_set_bypass(struct hse_control *c, bool is_on)
{
	const struct datapath_command command = {.kind = DATAPATH_SET_BYPASS, .bypass = is_on};

	if (c->bypass == is_on)
		return;
	worker_rings_send_to_all(&c->rings, &command);
	if (is_on)
		program_log(PROGRAM_WARNING,
			    "bypass is on: no packet of a protected session crosses, and all else "
			    "does, unread; `hsectl bypass off` ends it");
	else
		program_log(PROGRAM_WARNING, "bypass is off, after %" PRIu64 " s",
			    (now_ms() - c->bypass_since_ms) / 1000);
	c->bypass = is_on;
	c->bypass_since_ms = now_ms();
}

void control_view_bypass(const struct hse_control *c, struct control_bypass *bypass)
{
	*bypass = (struct control_bypass){.is_on = c->bypass,
					  .for_s = (now_ms() - c->bypass_since_ms) / 1000};
}

/* --- another configuration --- */

void control_set_reload(struct hse_control *c, struct hse_reload *reload)
{
	c->reload = reload;
}

static size_t take_reload(struct hse_control *c)
{
	const struct hse_config *config = reload_take(c->reload);

	if (!config)
		return 0;
	settings_apply(config, c->store, &c->rings);
	set_unknown_tunnels(c, config);
	reload_taken(c->reload);
	return 1;
}

/* --- key sources, telemetry, signals --- */

static size_t take_answers(struct hse_control *c)
{
	struct keysource_answer answers[ANSWERS_A_ROUND];
	size_t count = keysource_collect(c->queue, answers, ANSWERS_A_ROUND);

	for (size_t i = 0; i < count; i++)
		pull_take_answer(session_pulls(c->store), &answers[i]);
	return count;
}

int control_ask(struct hse_control *c, control_question ask, void *arg)
{
	int ret = 0;

	pthread_mutex_lock(&c->asking);
	pthread_mutex_lock(&c->lock);
	c->question = ask;
	c->question_arg = arg;
	while (c->question && !c->stopped)
		pthread_cond_wait(&c->answered, &c->lock);
	if (c->question)
		ret = -ESHUTDOWN;
	c->question = NULL;
	pthread_mutex_unlock(&c->lock);
	pthread_mutex_unlock(&c->asking);
	return ret;
}

static void answer_question(struct hse_control *c)
{
	pthread_mutex_lock(&c->lock);
	if (c->question) {
		c->question(c, c->question_arg);
		c->question = NULL;
		pthread_cond_broadcast(&c->answered);
	}
	pthread_mutex_unlock(&c->lock);
}

static void stop_answering(struct hse_control *c)
{
	pthread_mutex_lock(&c->lock);
	c->stopped = true;
	pthread_cond_broadcast(&c->answered);
	pthread_mutex_unlock(&c->lock);
}

const int control_signals[CONTROL_SIGNALS] = {SIGTERM, SIGINT, SIGHUP};

static bool was_asked_to_stop(struct hse_control *c)
{
	struct signalfd_siginfo info;

	if (read(c->signals, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo == SIGHUP) {
		program_log(PROGRAM_INFO, "%s: reloading", strsignal(SIGHUP));
		reload_request(c->reload);
		return false;
	}
	program_log(PROGRAM_INFO, "%s: stopping", strsignal((int)info.ssi_signo));
	return true;
}

static void rest(struct hse_control *c)
{
	const struct timespec t = {.tv_nsec = REST_NS};
	struct epoll_event event;

	epoll_pwait2(c->epoll, &event, 1, &t, NULL);
}

int control_run(struct hse_control *c)
{
	while (!was_asked_to_stop(c)) {
		size_t work = take_answers(c);

		for (unsigned w = 0; w < c->rings.count; w++) {
			work += worker_rings_take_events(&c->rings, w, c->store);
			work += worker_rings_send_backlog(&c->rings, w);
		}
		work += notifications_take(c->notifications, c->store);
		session_advance(c->store, now_ms());
		warn_of_unknown_tunnels(c, now_ms());
		work += disk_work(c->disk, c->store);
		work += take_reload(c);
		answer_question(c);
		if (work == 0)
			rest(c);
	}
	stop_answering(c);
	return 0;
}
