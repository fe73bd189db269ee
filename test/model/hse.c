/* SPDX-License-Identifier: BSD-3-Clause */
#include "hse.h"

#include <errno.h>
#include <malloc.h>
#include <rte_cycles.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/datapath_rig.h"
#include "backlog.h"
#include "directory/directory.h"
#include "disk.h"

/* Fewer than session_flows_per_worker, which leaves room for many tunnels of requests: control takes low numbers first. */
#define FLOWS	      512
#define SCHEDULES     64
#define QUESTIONS_MAX 256
#define EVENTS	      32
#define BATCH	      64
#define STEP_MS	      8
#define SETTLE_ROUNDS 10000

static struct rig rig;
static struct {
	struct hse_settings settings;
	struct hse_ops ops;
	struct session_store *store;
	struct backlog backlogs[HSE_WORKERS_MAX];
	struct keysource_request questions[QUESTIONS_MAX];
	uint64_t cookies[QUESTIONS_MAX];
	unsigned asked;
	uint64_t now_ms;
	uint64_t notifications;
	struct state_batch *batch;
	bool is_disk_slow;
	uint64_t session_counters[SESSION_COUNTER_COUNT]; /* of processes that have ended */
	struct datapath_counters counters[DATAPATH_SIDES];
} hse;

/* --- the key source --- */

struct keysource {
	char unused;
};

void keysource_why(const struct keysource *source, char *text, size_t size)
{
	(void)source;
	if (size > 0)
		text[0] = 0;
}

int keysource_ask(struct keysource *source, const struct keysource_request *request,
		  uint32_t timeout_ms, uint64_t cookie)
{
	(void)source, (void)timeout_ms;
	if (hse.asked == QUESTIONS_MAX)
		return -ENOBUFS;
	hse.questions[hse.asked] = *request;
	hse.cookies[hse.asked++] = cookie;
	return 0;
}

const struct keysource_file *keysource_file(const struct keysource *source)
{
	(void)source;
	return NULL;
}

bool keysource_file_keyset(const struct keysource_file *file, size_t i, struct e2m_imsi *imsi,
			   struct e2m_keyset *keyset)
{
	(void)file, (void)i, (void)imsi, (void)keyset;
	return false;
}

const char *keysource_outcome_name(enum keysource_outcome outcome)
{
	return outcome == KEYSOURCE_FOUND ? "found" : "not found";
}

static unsigned answer_questions(void)
{
	const unsigned count = hse.asked;
	uint64_t cookies[QUESTIONS_MAX];
	struct keysource_request questions[QUESTIONS_MAX];

	memcpy(cookies, hse.cookies, count * sizeof(cookies[0]));
	memcpy(questions, hse.questions, count * sizeof(questions[0]));
	hse.asked = 0;
	for (unsigned i = 0; i < count; i++) {
		struct keysource_answer answer = {.cookie = cookies[i],
						  .outcome = KEYSOURCE_NOT_AVAILABLE,
						  .ciphering = E2M_EEA2,
						  .integrity = E2M_EIA2};

		if (hse.ops.find_keyset(hse.ops.arg, &questions[i].imsi, &questions[i].id,
					&answer.keyset))
			answer.outcome = KEYSOURCE_FOUND;
		pull_take_answer(session_pulls(hse.store), &answer);
	}
	if (count > 0)
		pull_send_waiting(session_pulls(hse.store));
	return count;
}

/* --- what the store asks for --- */

static void on_command(void *arg, unsigned worker, const struct datapath_command *command)
{
	(void)arg;
	if (command->flow >= FLOWS)
		abort();
	if (backlog_is_empty(&hse.backlogs[worker]) &&
	    datapath_command(rig.workers[worker], command) == 0)
		return;
	if (backlog_push(&hse.backlogs[worker], command) != 0)
		abort();
}

static void on_view(void *arg, unsigned worker, uint32_t flow, struct datapath_flow_view *view)
{
	(void)arg;
	datapath_view_flow(rig.workers[worker], flow, view);
}

static void on_log(void *arg, enum session_log_level level, const char *line)
{
	(void)arg, (void)level;
	hse.ops.log(hse.ops.arg, line);
}

static void on_notified(void *arg, uint64_t number, enum session_outcome outcome)
{
	(void)arg, (void)number, (void)outcome;
}

/* --- frames --- */

static void transmit(void *arg, enum datapath_side side, struct rte_mbuf **mbufs, uint16_t count)
{
	static uint8_t room[RIG_FRAME_MAX];

	(void)arg;
	for (uint16_t i = 0; i < count; i++) {
		const uint32_t len = rte_pktmbuf_pkt_len(mbufs[i]);

		hse.ops.sent(hse.ops.arg, side, rte_pktmbuf_read(mbufs[i], 0, len, room), len);
		rte_pktmbuf_free(mbufs[i]);
	}
}

void hse_receive(unsigned worker, enum datapath_side side, const uint8_t *frame, uint32_t len)
{
	struct rte_mbuf *m = rig_mbuf(frame, len);

	rig_process(&rig, worker % hse.settings.workers, side, &m, 1);
}

/* --- the control thread's work --- */

static void take_gtpc(unsigned worker, const struct datapath_event *event)
{
	const uint8_t *ip = rte_pktmbuf_mtod_offset(event->mbuf, const uint8_t *, event->l3);
	const uint8_t *payload =
		rte_pktmbuf_mtod_offset(event->mbuf, const uint8_t *, event->payload);
	uint8_t *copy = malloc(event->payload_len ? event->payload_len : 1);
	struct session_gtpc gtpc = {.side = event->side,
				    .data = copy,
				    .len = event->payload_len,
				    .worker = worker,
				    .number = event->cookie};

	if (ip[0] >> 4 == 4) {
		tunnel_set_ipv4(&gtpc.source, ip + 12);
		tunnel_set_ipv4(&gtpc.destination, ip + 16);
	} else {
		tunnel_set_ipv6(&gtpc.source, ip + 8);
		tunnel_set_ipv6(&gtpc.destination, ip + 24);
	}
	gtpc.source.teid = (uint32_t)(payload[-8] << 8 | payload[-7]);
	gtpc.destination.teid = (uint32_t)(payload[-6] << 8 | payload[-5]);
	memcpy(copy, payload, event->payload_len);
	session_take_gtpc(hse.store, &gtpc);
	free(copy);
	rte_pktmbuf_free(event->mbuf);
}

static unsigned take_events(unsigned worker)
{
	struct datapath_event events[EVENTS];
	const unsigned count = datapath_events(rig.workers[worker], events, EVENTS);

	for (unsigned i = 0; i < count; i++) {
		if (events[i].kind == DATAPATH_GTPC)
			take_gtpc(worker, &events[i]);
		else
			session_take_event(hse.store, worker, &events[i]);
	}
	return count;
}

static unsigned send_backlog(unsigned worker)
{
	struct backlog *b = &hse.backlogs[worker];
	unsigned sent = 0;

	while (!backlog_is_empty(b) &&
	       datapath_command(rig.workers[worker], backlog_first(b)) == 0) {
		backlog_pop(b);
		sent++;
	}
	return sent;
}

static unsigned write_disk(void)
{
	if (!hse.settings.is_durable || hse.is_disk_slow || !session_collect(hse.store, hse.batch))
		return 0;
	disk_write(hse.batch);
	session_written(hse.store, hse.batch, 0);
	return 1;
}

unsigned hse_work(void)
{
	unsigned work = 0;

	for (unsigned w = 0; w < hse.settings.workers; w++) {
		work += take_events(w);
		work += send_backlog(w);
		work += datapath_housekeep(rig.workers[w], rig.now);
	}
	pull_send_waiting(session_pulls(hse.store));
	return work + answer_questions() + write_disk();
}

void hse_settle(void)
{
	for (unsigned round = 0; hse_work() > 0; round++)
		if (round == SETTLE_ROUNDS) {
			fprintf(stderr, "model: the HSE never comes to rest\n");
			abort();
		}
}

void hse_pass(uint64_t ms)
{
	for (const uint64_t end = hse.now_ms + ms; hse.now_ms < end;) {
		const uint64_t step = end - hse.now_ms < STEP_MS ? end - hse.now_ms : STEP_MS;

		hse.now_ms += step;
		rig.now = rte_get_tsc_hz() / 1000 * hse.now_ms;
		session_advance(hse.store, hse.now_ms);
		hse_settle();
	}
}

uint64_t hse_now_ms(void)
{
	return hse.now_ms;
}

void hse_set_disk(bool is_fast)
{
	hse.is_disk_slow = !is_fast;
}

void hse_set_bypass(bool is_on)
{
	const struct datapath_command command = {.kind = DATAPATH_SET_BYPASS, .bypass = is_on};

	for (unsigned w = 0; w < hse.settings.workers; w++)
		on_command(NULL, w, &command);
}

void hse_notify(const struct session_notification *notification)
{
	session_take_notification(hse.store, notification, hse.notifications++);
}

/* --- processes --- */

/* Linked in the place of npdu_engine_new: a worker asks for 4,096 schedules, which take longer to wipe than a sequence takes
 * to play. */
struct npdu_engine *__real_npdu_engine_new(uint32_t schedules);
struct npdu_engine *__wrap_npdu_engine_new(uint32_t schedules);
struct npdu_engine *__wrap_npdu_engine_new(uint32_t schedules)
{
	return __real_npdu_engine_new(schedules < SCHEDULES ? schedules : SCHEDULES);
}

int hse_open(void)
{
	/* Each sequence has a new HSE: keep its memory for the next, but for tables that are hardly touched. */
	mallopt(M_MMAP_THRESHOLD, 1 << 18);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	return rig_open_eal();
}

void hse_close(void)
{
	hse_end();
	state_batch_free(hse.batch);
	hse.batch = NULL;
	rig_close_eal();
}

static void session_settings(struct session_config *s)
{
	*s = (struct session_config){
		.numbers = e2m_default_numbers,
		.max = hse.settings.sessions,
		.idle_flush_s = hse.settings.idle_flush_s,
		.workers = hse.settings.workers,
		.counter_octets = hse.settings.counter_octets,
		.replay_window = 64,
		.gcm_tag_octets = 8,
		.policy = hse.settings.policy,
		.unprotected_max = 2 * hse.settings.sessions,
		.pull_on_activation = hse.settings.pull_on_activation,
		.changeover_s = 10,
		.negative_cache_s = 10,
		.is_durable = hse.settings.is_durable,
		.count_block = 64,
		.age_s = disk_age(),
		.pull = {.timeout_ms = 2000,
			 .retry_min_ms = 200,
			 .retry_max_ms = 5000,
			 .in_flight_max = 64},
	};
}

static void start_workers(void)
{
	rig.count = rig.config.workers = hse.settings.workers;
	for (unsigned i = 0; i < rig.count; i++) {
		rig.config.worker = i;
		rig.workers[i] = datapath_worker_new(&rig.config, transmit, NULL);
		if (!rig.workers[i])
			abort();
	}
	if (datapath_connect_workers(rig.workers, rig.count) != 0)
		abort();
}

static void begin_process(void)
{
	static struct keysource source;
	const struct session_ops ops = {.command = on_command,
					.view_flow = on_view,
					.log = on_log,
					.notified = on_notified};
	struct session_config config;

	session_settings(&config);
	hse.store = session_store_new(&config, &ops, hse.now_ms);
	if (!hse.store)
		abort();
	rig_init(&rig);
	rig.config.flows = FLOWS;
	rig.config.drop_unknown = hse.settings.drop_unknown;
	rig.config.window_max = config.replay_window;
	rig.config.hold_ms = 2000;
	rig.config.hold_packets_per_flow = 16;
	rig.config.hold_packets_total = 64;
	rig.config.gtpc_hold_ms = 1000;
	rig.config.recovery_windows = 0;
	rig.now = rte_get_tsc_hz() / 1000 * hse.now_ms;
	start_workers();
	for (unsigned w = 0; w < rig.count; w++)
		datapath_set_directory(rig.workers[w], session_directory(hse.store));
	session_add_source(hse.store, &(struct session_source){.keysource = &source,
							       .name = "model",
							       .memory = RETENTION_SHORT,
							       .short_s = 300});
}

static void end_process(void)
{
	if (!hse.store)
		return;
	for (unsigned i = 0; i < SESSION_COUNTER_COUNT; i++)
		hse.session_counters[i] += session_count(hse.store, (enum session_counter)i);
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		for (unsigned i = 0; i < DATAPATH_COUNTER_COUNT; i++)
			hse.counters[side].value[i] += rig_counter(&rig, (enum datapath_side)side,
								   (enum datapath_counter)i);
	rig_init(&rig); /* frees the workers */
	session_store_free(hse.store);
	hse.store = NULL;
	hse.asked = 0;
	for (unsigned w = 0; w < HSE_WORKERS_MAX; w++)
		backlog_free(&hse.backlogs[w]);
	memset(hse.backlogs, 0, sizeof(hse.backlogs));
}

static void begin_with_what_is_on_disk(void)
{
	uint32_t next = 0;

	begin_process();
	disk_restore(hse.store);
	do {
		next = session_restart(hse.store, next, 3);
		hse_settle();
	} while (next);
}

void hse_begin(const struct hse_settings *settings, const struct hse_ops *ops)
{
	hse_end();
	if (!hse.batch)
		hse.batch = state_batch_new(BATCH);
	hse.settings = *settings;
	hse.ops = *ops;
	hse.now_ms = 100000;
	hse.is_disk_slow = false;
	disk_clear();
	memset(hse.counters, 0, sizeof(hse.counters));
	memset(hse.session_counters, 0, sizeof(hse.session_counters));
	begin_process();
}

void hse_end(void)
{
	end_process();
}

void hse_crash(void)
{
	end_process();
	if (hse.settings.is_durable)
		begin_with_what_is_on_disk();
	else
		begin_process();
}

/* --- counters --- */

uint64_t hse_counter(enum datapath_side side, enum datapath_counter counter)
{
	return hse.counters[side].value[counter] +
	       (hse.store ? rig_counter(&rig, side, counter) : 0);
}

uint64_t hse_session_counter(enum session_counter counter)
{
	return hse.session_counters[counter] + (hse.store ? session_count(hse.store, counter) : 0);
}

const struct session_store *hse_store(void)
{
	return hse.store;
}

bool hse_is_overfull(void)
{
	return directory_is_overfull(session_directory(hse.store));
}
