/* SPDX-License-Identifier: BSD-3-Clause */
/* Two HSSs that serve the same pulls, and one HSE: who is asked, and who then. */
#include "unit_diameter.h"

#define PULLS_MAX 256
#define HSE7	  "hse7.home.test" /* whom all pulls are for */

enum mood {
	SERVES,
	SILENT, /* longer than anybody waits */
	BUSY,
	HAS_NONE,
	FAILS, /* answers with a Result-Code that clause 4 does not know */
};

static struct {
	struct {
		bool ready, stop;
		enum mood mood;
		unsigned asked;
	} hss[2];
	unsigned for_another; /* pulls that did not name whom they were for */
	/* The HSE's findings. */
	bool connected, done;
	unsigned outcomes[DIAMETER_KEY_REFUSED + 1];
	unsigned answered, spread[2], step;
	int64_t slowest_ms;
	uint64_t failovers;
	int rc;
} * shared;

/* --- the HSSs --- */

static void serve(unsigned which, struct diameter_key_answer *answer)
{
	__atomic_add_fetch(&shared->hss[which].asked, 1, __ATOMIC_RELAXED);
	switch (shared->hss[which].mood) {
	case SILENT:
		unit_sleep_ms(3000);
		/* fall through */
	case SERVES:
		answer->outcome = DIAMETER_KEY_FOUND;
		answer->ciphering = E2M_EEA2;
		answer->integrity = E2M_EIA2;
		break;
	case BUSY:
		answer->outcome = DIAMETER_KEY_TOO_BUSY;
		break;
	case HAS_NONE:
		answer->outcome = DIAMETER_KEY_NOT_AVAILABLE;
		break;
	case FAILS:
		break;
	}
}

static void answer_pull(void *arg, const struct diameter_key_request *request,
			struct diameter_key_answer *answer)
{
	if (strcmp(request->on_behalf_of, HSE7))
		__atomic_add_fetch(&shared->for_another, 1, __ATOMIC_RELAXED);
	serve((unsigned)(uintptr_t)arg, answer);
}

static void run_hss(unsigned which)
{
	unit_worker_threads = 16; /* those that are silent hold one each */
	if (unit_diameter_init(which ? UNIT_HSS2 : UNIT_HSS) ||
	    diameter_serve_keys(answer_pull, (void *)(uintptr_t)which) || diameter_start())
		_exit(1);
	shared->hss[which].ready = true;
	UNIT_WAIT(shared->hss[which].stop, 60000);
	diameter_stop();
}

static void run_first(void)
{
	run_hss(0);
}

static void run_second(void)
{
	run_hss(1);
}

static pid_t start_hss(unsigned which)
{
	shared->hss[which].ready = shared->hss[which].stop = false;
	pid_t pid = unit_node_start(which ? run_second : run_first);
	CU_ASSERT_TRUE(UNIT_WAIT(shared->hss[which].ready, UNIT_START_MS));
	return pid;
}

/* --- the HSE --- */

static struct diameter_hosts *hosts;

static struct diameter_key_request request(void)
{
	static const uint8_t sqn[E2M_SQN_LEN] = {5};
	struct diameter_key_request key = {.id = e2m_keyset_id_make(E2M_ID_SQN, sqn)};

	e2m_imsi_parse(&key.imsi, UNIT_IMSI, strlen(UNIT_IMSI));
	snprintf(key.on_behalf_of, sizeof(key.on_behalf_of), "%s", HSE7);
	return key;
}

static void on_answer(void *arg, const struct diameter_key_answer *answer)
{
	int64_t took = unit_now_ms() - (int64_t)(intptr_t)arg;

	__atomic_add_fetch(&shared->outcomes[answer->outcome], 1, __ATOMIC_RELAXED);
	if (took > shared->slowest_ms)
		shared->slowest_ms = took;
	__atomic_add_fetch(&shared->answered, 1, __ATOMIC_RELEASE);
}

static void send_pulls(unsigned count, uint32_t timeout_ms)
{
	const struct diameter_key_request pull = request();

	for (unsigned i = 0; i < count; i++)
		shared->rc = diameter_hosts_ask(hosts, &pull, timeout_ms, on_answer,
						(void *)(intptr_t)unit_now_ms());
}

static void wait_for_answers(unsigned count)
{
	UNIT_WAIT(__atomic_load_n(&shared->answered, __ATOMIC_ACQUIRE) >= count, 10000);
}

static void pull(unsigned count, uint32_t timeout_ms)
{
	unsigned before = shared->answered;

	send_pulls(count, timeout_ms);
	wait_for_answers(before + count);
}

static unsigned opened;

static void on_peer(const char *identity, bool open)
{
	(void)identity;
	__atomic_add_fetch(&opened, open, __ATOMIC_RELEASE);
}

static bool connect_to_both(void)
{
	char *names[] = {(char *)UNIT_HSS, (char *)UNIT_HSS2};

	unit_has_hss2 = true;
	hosts = diameter_hosts_new(UNIT_REALM, names, 2);
	diameter_watch_peers(on_peer);
	return hosts && !unit_diameter_init(UNIT_HSE) && !diameter_start() &&
	       UNIT_WAIT(__atomic_load_n(&opened, __ATOMIC_ACQUIRE) == 2, UNIT_START_MS);
}

static void close_hosts(void)
{
	diameter_stop();
	shared->failovers = diameter_hosts_failovers(hosts);
	diameter_hosts_free(hosts);
}

/* Both HSSs in their moods, and an HSE that does its part. */
static void with_both(enum mood first, enum mood second, void (*run_hse)(void))
{
	memset(shared, 0, sizeof(*shared));
	pid_t servers[2] = {start_hss(0), start_hss(1)};
	shared->hss[0].mood = first;
	shared->hss[1].mood = second;
	pid_t client = unit_node_start(run_hse);
	CU_ASSERT_TRUE(unit_node_wait(client, 30000));
	CU_ASSERT_TRUE(shared->connected);
	for (unsigned i = 0; i < 2; i++) {
		shared->hss[i].stop = true;
		CU_ASSERT_TRUE(unit_node_wait(servers[i], 20000));
	}
}

static void pull_twenty_one_by_one(void)
{
	shared->connected = connect_to_both();
	for (unsigned i = 0; i < 20; i++)
		pull(1, 2000);
	close_hosts();
}

static void hosts_are_asked_in_turn(void)
{
	with_both(SERVES, SERVES, pull_twenty_one_by_one);
	CU_ASSERT_EQUAL(shared->outcomes[DIAMETER_KEY_FOUND], 20);
	CU_ASSERT_EQUAL(shared->hss[0].asked, 10);
	CU_ASSERT_EQUAL(shared->hss[1].asked, 10);
	CU_ASSERT_EQUAL(shared->failovers, 0);
}

static void what_one_is_too_busy_for_the_other_serves(void)
{
	with_both(BUSY, SERVES, pull_twenty_one_by_one);
	CU_ASSERT_EQUAL(shared->outcomes[DIAMETER_KEY_FOUND], 20);
	CU_ASSERT_EQUAL(shared->hss[1].asked, 20);
	CU_ASSERT_EQUAL(shared->for_another, 0);
	CU_ASSERT_EQUAL(shared->failovers, shared->hss[0].asked);
	CU_ASSERT_TRUE(shared->hss[0].asked < 5); /* it is given a rest */
}

static void what_one_fails_at_the_other_serves(void)
{
	with_both(SERVES, FAILS, pull_twenty_one_by_one);
	CU_ASSERT_EQUAL(shared->outcomes[DIAMETER_KEY_FOUND], 20);
	CU_ASSERT_EQUAL(shared->hss[0].asked, 20);
}

static void both_busy_is_busy(void)
{
	with_both(BUSY, BUSY, pull_twenty_one_by_one);
	CU_ASSERT_EQUAL(shared->outcomes[DIAMETER_KEY_TOO_BUSY], 20);
}

static void what_one_does_not_have_the_other_is_not_asked_for(void)
{
	with_both(HAS_NONE, HAS_NONE, pull_twenty_one_by_one);
	CU_ASSERT_EQUAL(shared->outcomes[DIAMETER_KEY_NOT_AVAILABLE], 20);
	CU_ASSERT_EQUAL(shared->hss[0].asked + shared->hss[1].asked, 20);
}

static void pull_past_a_silent_host(void)
{
	shared->connected = connect_to_both();
	pull(10, 1000);
	shared->spread[0] = shared->hss[0].asked;
	pull(40, 1000);
	shared->spread[1] = shared->hss[0].asked;
	close_hosts();
}

static void what_one_is_silent_on_the_other_serves_in_time(void)
{
	with_both(SILENT, SERVES, pull_past_a_silent_host);
	CU_ASSERT_EQUAL(shared->outcomes[DIAMETER_KEY_FOUND], 50);
	CU_ASSERT_TRUE(shared->slowest_ms >= 400);
	CU_ASSERT_TRUE(shared->slowest_ms < 1000);
	CU_ASSERT_EQUAL(shared->spread[0], 5);
	CU_ASSERT_TRUE(shared->spread[1] <= 6); /* and is left alone, but for a try */
}

static void pull_from_two_silent_ones(void)
{
	shared->connected = connect_to_both();
	pull(4, 500);
	close_hosts();
}

static void both_silent_is_a_time_out_in_time(void)
{
	with_both(SILENT, SILENT, pull_from_two_silent_ones);
	CU_ASSERT_EQUAL(shared->outcomes[DIAMETER_KEY_TIMEOUT], 4);
	CU_ASSERT_TRUE(shared->slowest_ms >= 450);
	CU_ASSERT_TRUE(shared->slowest_ms < 900);
}

/* --- a host goes, and comes back --- */

static void live_through_a_crash(void)
{
	shared->connected = connect_to_both();
	send_pulls(20, 4000);
	UNIT_WAIT(shared->hss[0].asked >= 10, 2000);
	__atomic_store_n(&shared->step, 1, __ATOMIC_RELEASE); /* the first is killed now */
	wait_for_answers(20);
	UNIT_WAIT(!diameter_peer_is_open(UNIT_HSS), UNIT_START_MS);
	pull(20, 2000);
	__atomic_store_n(&shared->step, 2, __ATOMIC_RELEASE); /* it comes back */
	UNIT_WAIT(__atomic_load_n(&opened, __ATOMIC_ACQUIRE) == 3, UNIT_START_MS);
	pull(20, 2000);
	close_hosts();
}

static void a_host_that_crashes_loses_no_pull_and_is_used_again_when_back(void)
{
	memset(shared, 0, sizeof(*shared));
	pid_t servers[2] = {start_hss(0), start_hss(1)};
	shared->hss[0].mood = SILENT;
	pid_t client = unit_node_start(live_through_a_crash);
	CU_ASSERT_TRUE(UNIT_WAIT(__atomic_load_n(&shared->step, __ATOMIC_ACQUIRE) == 1, 20000));
	unit_node_kill(servers[0]);
	CU_ASSERT_TRUE(UNIT_WAIT(__atomic_load_n(&shared->step, __ATOMIC_ACQUIRE) == 2, 20000));
	CU_ASSERT_EQUAL(shared->outcomes[DIAMETER_KEY_FOUND], 40);
	CU_ASSERT_TRUE(shared->slowest_ms < 1500); /* the connection tells, not the clock */
	shared->hss[0].mood = SERVES;
	shared->hss[0].asked = 0;
	servers[0] = start_hss(0);
	CU_ASSERT_TRUE(unit_node_wait(client, 30000));
	CU_ASSERT_EQUAL(shared->outcomes[DIAMETER_KEY_FOUND], 60);
	CU_ASSERT_EQUAL(shared->hss[0].asked, 10);
	for (unsigned i = 0; i < 2; i++) {
		shared->hss[i].stop = true;
		CU_ASSERT_TRUE(unit_node_wait(servers[i], 20000));
	}
}

static void pull_from_nobody(void)
{
	char *names[] = {(char *)UNIT_HSS, (char *)UNIT_HSS2};

	unit_has_hss2 = true;
	hosts = diameter_hosts_new(UNIT_REALM, names, 2);
	shared->connected = hosts && !unit_diameter_init(UNIT_HSE) && !diameter_start();
	send_pulls(1, 1000);
	close_hosts();
}

static void without_an_open_host_it_is_said_at_once(void)
{
	memset(shared, 0, sizeof(*shared));
	CU_ASSERT_TRUE(unit_node_wait(unit_node_start(pull_from_nobody), 20000));
	CU_ASSERT_TRUE(shared->connected);
	CU_ASSERT_EQUAL(shared->rc, -EHOSTUNREACH);
	CU_ASSERT_EQUAL(shared->answered, 0);
}

/* --- one host --- */

static void pull_from_the_first_until_it_crashes(void)
{
	const struct diameter_key_request key = request();

	shared->connected = connect_to_both();
	diameter_send_key_request(UNIT_HSS, UNIT_REALM, &key, 8000, on_answer,
				  (void *)(intptr_t)unit_now_ms());
	UNIT_WAIT(shared->hss[0].asked == 1, 2000);
	__atomic_store_n(&shared->step, 1, __ATOMIC_RELEASE);
	wait_for_answers(1);
	close_hosts();
}

static void a_pull_is_not_taken_to_another_peer_than_its_host(void)
{
	memset(shared, 0, sizeof(*shared));
	pid_t servers[2] = {start_hss(0), start_hss(1)};
	shared->hss[0].mood = SILENT;
	pid_t client = unit_node_start(pull_from_the_first_until_it_crashes);
	CU_ASSERT_TRUE(UNIT_WAIT(__atomic_load_n(&shared->step, __ATOMIC_ACQUIRE) == 1, 20000));
	unit_node_kill(servers[0]);
	CU_ASSERT_TRUE(unit_node_wait(client, 30000));
	CU_ASSERT_EQUAL(shared->outcomes[DIAMETER_KEY_UNREACHABLE], 1);
	CU_ASSERT_EQUAL(shared->hss[1].asked, 0);
	shared->hss[1].stop = true;
	CU_ASSERT_TRUE(unit_node_wait(servers[1], 20000));
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"hosts are asked in turn", hosts_are_asked_in_turn},
		{"what one is too busy for the other serves",
		 what_one_is_too_busy_for_the_other_serves},
		{"what one fails at the other serves", what_one_fails_at_the_other_serves},
		{"both busy is busy", both_busy_is_busy},
		{"what one does not have the other is not asked for",
		 what_one_does_not_have_the_other_is_not_asked_for},
		{"what one is silent on the other serves in time",
		 what_one_is_silent_on_the_other_serves_in_time},
		{"both silent is a time-out, in time", both_silent_is_a_time_out_in_time},
		{"a host that crashes loses no pull, and is used again when back",
		 a_host_that_crashes_loses_no_pull_and_is_used_again_when_back},
		{"without an open host it is said at once",
		 without_an_open_host_it_is_said_at_once},
		{"a pull is not taken to another peer than its host",
		 a_pull_is_not_taken_to_another_peer_than_its_host},
	};
	shared = unit_share(sizeof(*shared));
	unit_diameter_setup();
	int rc = unit_run("diameter_hosts", tests, sizeof(tests) / sizeof(tests[0]));
	unit_diameter_teardown();
	return rc;
}
