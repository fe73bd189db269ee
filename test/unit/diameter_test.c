/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit_diameter.h"

/* --- the HSS of these tests: what it answers depends on the last digit of the IMSI --- */

static struct {
	bool hss_ready, hss_stop;
	struct diameter_key_request asked;
	struct diameter_auth_request auth_asked;
	unsigned requests, for_others; /* a bit a last digit */
} * hss;

static const struct e2m_keyset keyset = {
	.e2mck = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
	.e2mik = {17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32},
};

/* IMSIs that end in 0 to 4 get the outcome of that number; 5 is found with gcm; 6 waits. */
static void answer_key(void *arg, const struct diameter_key_request *request,
		       struct diameter_key_answer *answer)
{
	char last = request->imsi.digits[strlen(request->imsi.digits) - 1];

	(void)arg;
	hss->asked = *request;
	__atomic_add_fetch(&hss->requests, 1, __ATOMIC_RELAXED);
	if (request->on_behalf_of[0])
		hss->for_others |= 1U << (last - '0');
	if (last == '6')
		unit_sleep_ms(700);
	answer->outcome =
		last <= '4' ? (enum diameter_key_outcome)(last - '0') : DIAMETER_KEY_FOUND;
	if (answer->outcome != DIAMETER_KEY_FOUND)
		return;
	answer->keyset = keyset;
	answer->ciphering = last == '5' ? E2M_EEA_GCM : E2M_EEA2;
	answer->integrity = last == '5' ? E2M_EIA_GCM : E2M_EIA1;
	answer->lifetime_s = last == '5' ? 0 : 3600;
}

static void answer_auth(void *arg, const struct diameter_auth_request *request,
			struct diameter_auth_answer *answer)
{
	char last = request->imsi.digits[strlen(request->imsi.digits) - 1];

	(void)arg;
	hss->auth_asked = *request;
	answer->outcome = (enum diameter_auth_outcome)(last - '0');
	memset(answer->vector.rand, 'r', sizeof(answer->vector.rand));
	memset(answer->vector.xres, 'x', sizeof(answer->vector.xres));
	memset(answer->vector.autn, 'a', sizeof(answer->vector.autn));
	memset(answer->vector.ck, 'c', sizeof(answer->vector.ck));
	memset(answer->vector.ik, 'i', sizeof(answer->vector.ik));
	memset(answer->vector.kasme, 'k', sizeof(answer->vector.kasme));
	memset(&answer->vector.keyset, 's', sizeof(answer->vector.keyset));
}

static void run_hss(void)
{
	if (unit_diameter_init(UNIT_HSS) || diameter_serve_keys(answer_key, NULL) ||
	    diameter_serve_auth(answer_auth, NULL) || diameter_start())
		_exit(1);
	hss->hss_ready = true;
	UNIT_WAIT(hss->hss_stop, 60000);
	diameter_stop();
}

static pid_t start_hss(void)
{
	hss->hss_ready = hss->hss_stop = false;
	pid_t pid = unit_node_start(run_hss);
	CU_ASSERT_TRUE(UNIT_WAIT(hss->hss_ready, UNIT_START_MS));
	return pid;
}

/* --- the HSE of these tests --- */

#define ASKED_MAX 3000

static struct {
	bool connected, done;
	struct diameter_key_answer key[16];
	struct diameter_auth_answer auth[16];
	uint8_t answered[ASKED_MAX]; /* how often */
	unsigned sent, total;
	int rc;
	bool opened, closed; /* as the watcher was told */
} * hse;

static void on_key(void *arg, const struct diameter_key_answer *answer)
{
	struct diameter_key_answer *to = arg;

	*to = *answer;
	__atomic_add_fetch(&hse->total, 1, __ATOMIC_RELEASE);
}

static void on_auth(void *arg, const struct diameter_auth_answer *answer)
{
	struct diameter_auth_answer *to = arg;

	*to = *answer;
	__atomic_add_fetch(&hse->total, 1, __ATOMIC_RELEASE);
}

static struct diameter_key_request key_request(const char *imsi, enum e2m_keyset_id_type type)
{
	static const uint8_t value[E2M_RAND_LEN] = {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7};
	struct diameter_key_request request = {.id = e2m_keyset_id_make(type, value)};

	e2m_imsi_parse(&request.imsi, imsi, strlen(imsi));
	return request;
}

static int pull(const char *imsi, enum e2m_keyset_id_type type, uint32_t timeout_ms,
		struct diameter_key_answer *answer)
{
	struct diameter_key_request request = key_request(imsi, type);

	/* As a KMS does for one HSE, and an HSE for itself. */
	if (type == E2M_ID_RAND)
		snprintf(request.on_behalf_of, sizeof(request.on_behalf_of), "hse7.home.test");
	return diameter_send_key_request(UNIT_HSS, UNIT_REALM, &request, timeout_ms, on_key,
					 answer);
}

/* Runs a child against an HSS, and sees both end. */
static void with_hss(void (*run_hse)(void))
{
	memset(hse, 0, sizeof(*hse));
	pid_t server = start_hss();
	pid_t client = unit_node_start(run_hse);
	CU_ASSERT_TRUE(unit_node_wait(client, 20000));
	CU_ASSERT_TRUE(hse->connected);
	hss->hss_stop = true;
	CU_ASSERT_TRUE(unit_node_wait(server, 20000));
}

static void pull_each_outcome(void)
{
	hse->connected = unit_diameter_connect(UNIT_HSE);
	for (unsigned i = 0; i <= 5; i++) {
		char imsi[] = "001010000000000";
		imsi[14] = (char)('0' + i);
		hse->rc |= pull(imsi, i % 2 ? E2M_ID_RAND : E2M_ID_SQN, 3000, &hse->key[i]);
		UNIT_WAIT(__atomic_load_n(&hse->total, __ATOMIC_ACQUIRE) == i + 1, 4000);
	}
	diameter_stop();
}

static void each_outcome_of_clause_4_reaches_the_hse(void)
{
	with_hss(pull_each_outcome);
	CU_ASSERT_EQUAL(hse->rc, 0);
	CU_ASSERT_EQUAL(hse->total, 6);
	for (int i = 0; i <= 4; i++)
		CU_ASSERT_EQUAL((int)hse->key[i].outcome, i);
	CU_ASSERT_EQUAL(memcmp(&hse->key[0].keyset, &keyset, sizeof(keyset)), 0);
	CU_ASSERT_EQUAL(hse->key[0].ciphering, E2M_EEA2);
	CU_ASSERT_EQUAL(hse->key[0].integrity, E2M_EIA1);
	CU_ASSERT_EQUAL(hse->key[0].lifetime_s, 3600);
	CU_ASSERT_EQUAL(hse->key[5].outcome, DIAMETER_KEY_FOUND);
	CU_ASSERT_EQUAL(hse->key[5].ciphering, E2M_EEA_GCM);
	CU_ASSERT_EQUAL(hse->key[5].integrity, E2M_EIA_GCM);
	CU_ASSERT_EQUAL(hse->key[5].lifetime_s, 0);
	struct diameter_key_request last = key_request("001010000000005", E2M_ID_RAND);
	CU_ASSERT_EQUAL(memcmp(&hss->asked.id, &last.id, sizeof(last.id)), 0);
	CU_ASSERT_STRING_EQUAL(hss->asked.imsi.digits, "001010000000005");
	CU_ASSERT_STRING_EQUAL(hss->asked.origin_host, UNIT_HSE);
	CU_ASSERT_STRING_EQUAL(hss->asked.on_behalf_of, "hse7.home.test");
	CU_ASSERT_EQUAL(hss->for_others, 1U << 1 | 1U << 3 | 1U << 5);
}

static void ask_auth(enum aka_system system, unsigned last_digit, bool resynchronise)
{
	struct diameter_auth_request request = {
		.system = system,
		.visited_plmn = {0x00, 0xf1, 0x10},
		.resynchronise = resynchronise,
	};
	unsigned before = hse->total;
	char imsi[] = "001010000000000";

	imsi[14] = (char)('0' + last_digit);
	e2m_imsi_parse(&request.imsi, imsi, strlen(imsi));
	memset(request.rand, 'R', sizeof(request.rand));
	memset(request.auts, 'U', sizeof(request.auts));
	unsigned place = last_digit + (system == AKA_EPS ? 8 : 0);
	hse->rc |= diameter_send_auth_request(UNIT_HSS, UNIT_REALM, &request, 3000, on_auth,
					      &hse->auth[place]);
	UNIT_WAIT(__atomic_load_n(&hse->total, __ATOMIC_ACQUIRE) > before, 4000);
}

static void ask_for_vectors(void)
{
	hse->connected = unit_diameter_connect(UNIT_SGSN);
	for (unsigned i = 0; i <= 3; i++)
		ask_auth(AKA_UMTS, i, false);
	ask_auth(AKA_EPS, 0, true);
	diameter_stop();
}

static void vectors_cross_s6a(void)
{
	static const struct e2m_keyset none;

	with_hss(ask_for_vectors);
	CU_ASSERT_EQUAL(hse->rc, 0);
	CU_ASSERT_EQUAL(hse->total, 5);
	for (int i = 0; i <= 3; i++)
		CU_ASSERT_EQUAL((int)hse->auth[i].outcome, i);
	const struct aka_vector *umts = &hse->auth[0].vector, *eps = &hse->auth[8].vector;
	CU_ASSERT_EQUAL(umts->rand[15], 'r');
	CU_ASSERT_EQUAL(umts->xres[7], 'x');
	CU_ASSERT_EQUAL(umts->autn[15], 'a');
	CU_ASSERT_EQUAL(umts->ck[15], 'c');
	CU_ASSERT_EQUAL(umts->ik[15], 'i');
	CU_ASSERT_EQUAL(umts->kasme[0], 0);
	CU_ASSERT_EQUAL(hse->auth[8].outcome, DIAMETER_AUTH_OK);
	CU_ASSERT_EQUAL(eps->rand[0], 'r');
	CU_ASSERT_EQUAL(eps->kasme[31], 'k');
	CU_ASSERT_EQUAL(eps->ck[0], 0);
	/* e2mKEYSET never goes to the SGSN. */
	CU_ASSERT_EQUAL(memcmp(&umts->keyset, &none, sizeof(none)), 0);
	CU_ASSERT_EQUAL(memcmp(&eps->keyset, &none, sizeof(none)), 0);
}

static void resynchronisation_reaches_the_hss(void)
{
	/* The request of the test before was the last. */
	CU_ASSERT_EQUAL(hss->auth_asked.system, AKA_EPS);
	CU_ASSERT_TRUE(hss->auth_asked.resynchronise);
	CU_ASSERT_EQUAL(hss->auth_asked.rand[15], 'R');
	CU_ASSERT_EQUAL(hss->auth_asked.auts[13], 'U');
	CU_ASSERT_EQUAL(hss->auth_asked.visited_plmn[1], 0xf1);
	CU_ASSERT_STRING_EQUAL(hss->auth_asked.origin_host, UNIT_SGSN);
}

static void on_counted(void *arg, const struct diameter_key_answer *answer)
{
	(void)answer;
	__atomic_add_fetch(&hse->answered[(uintptr_t)arg], 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&hse->total, 1, __ATOMIC_RELEASE);
}

static void pull_many(const char *imsi, uint32_t timeout_ms, unsigned count)
{
	struct diameter_key_request request = key_request(imsi, E2M_ID_SQN);

	for (hse->sent = 0; hse->sent < count; hse->sent++)
		if (diameter_send_key_request(NULL, UNIT_REALM, &request, timeout_ms, on_counted,
					      (void *)(uintptr_t)hse->sent))
			return;
}

static bool each_was_answered_once(void)
{
	for (unsigned i = 0; i < hse->sent; i++)
		if (hse->answered[i] != 1)
			return false;
	return hse->sent > 0 && hse->total == hse->sent;
}

static void pull_a_burst(void)
{
	hse->connected = unit_diameter_connect(UNIT_HSE);
	pull_many(UNIT_IMSI, 10000, ASKED_MAX);
	UNIT_WAIT(__atomic_load_n(&hse->total, __ATOMIC_ACQUIRE) == ASKED_MAX, 15000);
	diameter_stop();
}

static void a_burst_of_requests_is_answered_each_once(void)
{
	with_hss(pull_a_burst);
	CU_ASSERT_EQUAL(hse->sent, ASKED_MAX);
	CU_ASSERT_TRUE(each_was_answered_once());
}

static void pull_in_vain(void)
{
	hse->connected = unit_diameter_connect(UNIT_HSE);
	hse->rc = pull("001010000000006", E2M_ID_SQN, 200, &hse->key[0]);
	UNIT_WAIT(__atomic_load_n(&hse->total, __ATOMIC_ACQUIRE) == 1, 4000);
	unit_sleep_ms(900); /* the answer comes late */
	diameter_stop();
}

static void a_slow_hss_is_a_time_out_and_its_late_answer_is_dropped(void)
{
	with_hss(pull_in_vain);
	CU_ASSERT_EQUAL(hse->rc, 0);
	CU_ASSERT_EQUAL(hse->total, 1);
	CU_ASSERT_EQUAL(hse->key[0].outcome, DIAMETER_KEY_TIMEOUT);
}

static void stop_in_the_middle(void)
{
	hse->connected = unit_diameter_connect(UNIT_HSE);
	pull_many("001010000000006", 10000, 200);
	diameter_stop();
	hse->done = each_was_answered_once();
	struct diameter_key_request request = key_request(UNIT_IMSI, E2M_ID_SQN);
	hse->rc = diameter_send_key_request(NULL, UNIT_REALM, &request, 100, on_counted, NULL);
}

static void stop_completes_what_is_on_its_way(void)
{
	with_hss(stop_in_the_middle);
	CU_ASSERT_EQUAL(hse->sent, 200);
	CU_ASSERT_TRUE(hse->done);
	CU_ASSERT_EQUAL(hse->rc, -EHOSTUNREACH);
	CU_ASSERT_EQUAL(hse->total, 200);
}

static void on_peer(const char *identity, bool open)
{
	if (strcmp(identity, UNIT_HSS))
		return;
	*(open ? &hse->opened : &hse->closed) = true;
}

/* Steps are told apart by hse->sent. */
static void survive_the_hss(void)
{
	struct diameter_key_request request = key_request(UNIT_IMSI, E2M_ID_SQN);

	diameter_watch_peers(on_peer);
	hse->connected = unit_diameter_connect(UNIT_HSE);
	hse->rc = pull("001010000000006", E2M_ID_SQN, 10000, &hse->key[0]);
	hse->done = true; /* the test kills the HSS now */
	UNIT_WAIT(hse->closed, 5000);
	UNIT_WAIT(__atomic_load_n(&hse->total, __ATOMIC_ACQUIRE) == 1, 2000);
	hse->sent = diameter_send_key_request(UNIT_HSS, UNIT_REALM, &request, 100, on_key,
					      &hse->key[1]) == -EHOSTUNREACH;
	hse->opened = false;
	hse->done = false; /* and starts it again now */
	UNIT_WAIT(hse->opened, UNIT_START_MS);
	hse->rc |= pull("001010000000000", E2M_ID_SQN, 3000, &hse->key[2]);
	UNIT_WAIT(__atomic_load_n(&hse->total, __ATOMIC_ACQUIRE) == 2, 4000);
	diameter_stop();
}

static void after_a_crash_of_the_hss_pulls_go_on(void)
{
	memset(hse, 0, sizeof(*hse));
	pid_t server = start_hss();
	pid_t client = unit_node_start(survive_the_hss);
	CU_ASSERT_TRUE(UNIT_WAIT(hse->done, 20000));
	unit_sleep_ms(100); /* the pull is on its way */
	unit_node_kill(server);
	CU_ASSERT_TRUE(UNIT_WAIT(!hse->done, 20000));
	server = start_hss();
	CU_ASSERT_TRUE(unit_node_wait(client, 20000));
	CU_ASSERT_TRUE(hse->connected);
	CU_ASSERT_EQUAL(hse->rc, 0);
	CU_ASSERT_EQUAL(hse->key[0].outcome, DIAMETER_KEY_UNREACHABLE);
	CU_ASSERT_TRUE(hse->sent);
	CU_ASSERT_EQUAL(hse->key[2].outcome, DIAMETER_KEY_FOUND);
	CU_ASSERT_EQUAL(hse->total, 2);
	hss->hss_stop = true;
	CU_ASSERT_TRUE(unit_node_wait(server, 20000));
}

static void stop_when_told(void)
{
	hse->connected = unit_diameter_connect(UNIT_HSE);
	UNIT_WAIT(hse->done, 20000);
	diameter_stop();
}

static void an_hss_that_hangs_does_not_hold_up_the_stop(void)
{
	memset(hse, 0, sizeof(*hse));
	pid_t server = start_hss();
	pid_t client = unit_node_start(stop_when_told);
	CU_ASSERT_TRUE(UNIT_WAIT(hse->connected, UNIT_START_MS));
	kill(server, SIGSTOP);
	hse->done = true;
	CU_ASSERT_TRUE(unit_node_wait(client, 14000)); /* libfdcore alone takes 16 s */
	unit_node_kill(server);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"each outcome of clause 4 reaches the HSE",
		 each_outcome_of_clause_4_reaches_the_hse},
		{"vectors cross S6a", vectors_cross_s6a},
		{"resynchronisation reaches the HSS", resynchronisation_reaches_the_hss},
		{"a burst of requests is answered, each once",
		 a_burst_of_requests_is_answered_each_once},
		{"a slow HSS is a time-out, and its late answer is dropped",
		 a_slow_hss_is_a_time_out_and_its_late_answer_is_dropped},
		{"stop completes what is on its way", stop_completes_what_is_on_its_way},
		{"after a crash of the HSS pulls go on", after_a_crash_of_the_hss_pulls_go_on},
		{"an HSS that hangs does not hold up the stop",
		 an_hss_that_hangs_does_not_hold_up_the_stop},
	};
	hss = unit_share(sizeof(*hss));
	hse = unit_share(sizeof(*hse));
	unit_diameter_setup();
	int rc = unit_run("diameter", tests, sizeof(tests) / sizeof(tests[0]));
	unit_diameter_teardown();
	return rc;
}
