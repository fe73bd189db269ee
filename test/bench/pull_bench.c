/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pull-bench: how many keysets a second cross Diameter with TLS on loopback, from an HSS with real
 * subscribers to a key source as hse has it, each in a process of its own. Prints one line a second and
 * at the end the rate, the time that a pull took, and the CPU time that it took of either process, which
 * other work on the machine changes least.
 *
 *   pull-bench [SECONDS [WINDOW [WORKER_THREADS]]]     5 seconds, 256 pulls on their way, 2 threads
 */
#include <poll.h>
#include <sys/resource.h>

#include "../unit/unit_diameter.h"
#include "hss/hss.h"
#include "keys/keysource.h"

#define SUBSCRIBERS 100000
#define BATCH	    64

static struct {
	bool ready, stop;
	uint64_t hss_cpu_us; /* written by the HSS every few milliseconds */
	uint8_t rands[SUBSCRIBERS][E2M_RAND_LEN];
} * shared;

static unsigned seconds = 5, window = 256, threads = 2;

static struct e2m_imsi imsi_of(unsigned i)
{
	struct e2m_imsi imsi = {0};

	snprintf(imsi.digits, sizeof(imsi.digits), "00101%010u", i);
	return imsi;
}

static uint64_t cpu_us(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
	       (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

/* The HSS, each of whose subscribers has just got a vector. */
static void run_hss(void)
{
	struct hss_config config = {.keyset_retention_s = 3600, .keyset_capacity = SUBSCRIBERS};
	struct diameter_auth_answer answer;

	config.numbers = e2m_default_numbers;
	config.state = unit_path("sqn", "");
	config.subscribers.count = SUBSCRIBERS;
	config.subscribers.list = calloc(SUBSCRIBERS, sizeof(config.subscribers.list[0]));
	for (unsigned i = 0; i < SUBSCRIBERS; i++) {
		config.subscribers.list[i] = subscriber_default;
		config.subscribers.list[i].imsi = imsi_of(i);
	}
	struct hss *hss = hss_open(&config, stderr);
	if (!hss)
		_exit(1);
	for (unsigned i = 0; i < SUBSCRIBERS; i++) {
		struct diameter_auth_request request = {.imsi = imsi_of(i)};

		hss_answer_auth(hss, &request, &answer);
		memcpy(shared->rands[i], answer.vector.rand, E2M_RAND_LEN);
	}
	unit_worker_threads = threads;
	if (unit_diameter_init(UNIT_HSS) || diameter_serve_keys(hss_answer_pull, hss) ||
	    diameter_start())
		_exit(1);
	shared->ready = true;
	UNIT_WAIT((shared->hss_cpu_us = cpu_us(), shared->stop), 600000);
	diameter_stop();
	hss_close(hss);
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static struct {
	struct keysource *source;
	struct keysource_queue *queue;
	unsigned next, on_their_way;
	uint64_t found, failed;
	uint32_t *took_us; /* of the found, in order of arrival */
	size_t took_room;
} hse;

/* The cookie is when it was asked. */
static void ask(void)
{
	struct keysource_request request = {.imsi = imsi_of(hse.next)};

	request.id = e2m_keyset_id_make(E2M_ID_RAND, shared->rands[hse.next]);
	if (!keysource_ask(hse.source, &request, 10000, now_us()))
		hse.on_their_way++;
	hse.next = (hse.next + 1) % SUBSCRIBERS;
}

static void take_answers(void)
{
	struct keysource_answer answers[BATCH];
	struct pollfd readable = {.fd = keysource_fd(hse.queue), .events = POLLIN};
	uint64_t now;
	size_t count;

	poll(&readable, 1, 1000);
	count = keysource_collect(hse.queue, answers, BATCH);
	now = now_us();
	for (size_t i = 0; i < count; i++) {
		hse.on_their_way--;
		if (answers[i].outcome != KEYSOURCE_FOUND)
			hse.failed++;
		else if (hse.found < hse.took_room)
			hse.took_us[hse.found++] = (uint32_t)(now - answers[i].cookie);
	}
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void print_results(uint64_t took, uint64_t cpu, uint64_t hss_cpu)
{
	if (hse.found == 0) {
		printf("no pull was answered with a keyset, %llu failed\n",
		       (unsigned long long)hse.failed);
		return;
	}
	qsort(hse.took_us, hse.found, sizeof(hse.took_us[0]), compare);
	printf("%llu pulls, %llu failed, %.0f a second; a pull took p50 %u us, p99 %u us; CPU "
	       "%.1f us of the HSE, %.1f us of the HSS\n",
	       (unsigned long long)hse.found, (unsigned long long)hse.failed,
	       (double)hse.found * 1e6 / (double)took, hse.took_us[hse.found / 2],
	       hse.took_us[hse.found - 1 - hse.found / 100], (double)cpu / (double)hse.found,
	       (double)hss_cpu / (double)hse.found);
}

static void run_hse(void)
{
	struct keysource_config config = {.kind = KEYSOURCE_DIAMETER,
					  .name = (char *)"hss",
					  .host = (char *)UNIT_HSS,
					  .realm = (char *)UNIT_REALM};
	uint64_t start, end, told, cpu, hss_cpu;

	hse.took_room = (size_t)seconds * 200000;
	hse.took_us = calloc(hse.took_room, sizeof(hse.took_us[0]));
	hse.queue = keysource_queue_new();
	hse.source = keysource_open(&config, hse.queue, NULL);
	unit_worker_threads = threads;
	if (!unit_diameter_connect(UNIT_HSE))
		_exit(1);
	cpu = cpu_us();
	hss_cpu = shared->hss_cpu_us;
	start = told = now_us();
	end = start + seconds * UINT64_C(1000000);
	for (uint64_t now = start, before = 0; now < end; now = now_us()) {
		while (hse.on_their_way < window)
			ask();
		take_answers();
		if (now - told < 1000000)
			continue;
		printf("%llu a second\n", (unsigned long long)(hse.found - before));
		before = hse.found;
		told += 1000000;
	}
	end = now_us();
	cpu = cpu_us() - cpu;
	hss_cpu = shared->hss_cpu_us - hss_cpu;
	while (hse.on_their_way > 0)
		take_answers();
	print_results(end - start, cpu, hss_cpu);
	fflush(stdout);
	diameter_stop();
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seconds = (unsigned)atoi(argv[1]);
	if (argc > 2)
		window = (unsigned)atoi(argv[2]);
	if (argc > 3)
		threads = (unsigned)atoi(argv[3]);
	program_set_log_level(PROGRAM_ERROR);
	shared = unit_share(sizeof(*shared));
	unit_diameter_setup();
	pid_t hss = unit_node_start(run_hss);
	bool ok = UNIT_WAIT(shared->ready, 30000) &&
		  unit_node_wait(unit_node_start(run_hse), (seconds + 20) * 1000);
	shared->stop = true;
	ok = unit_node_wait(hss, 20000) && ok;
	unit_diameter_teardown();
	return !ok;
}
