/* SPDX-License-Identifier: BSD-3-Clause */
/* A server that answers pulls when it can, not when it is asked: a KMS. */
#include "unit_diameter.h"

#define PULLS 3

static struct {
	bool ready, stop, connected;
	unsigned answered;
	uint64_t order[PULLS]; /* the pulls, as their answers came */
	struct diameter_key_answer answers[PULLS];
} * shared;

/* --- the server: it waits for all, then answers the last first --- */

static struct {
	struct diameter_asked *asked[PULLS];
	unsigned count;
} taken;

static void take(void *arg, const struct diameter_key_request *request,
		 struct diameter_asked *asked)
{
	unsigned place = (unsigned)(request->imsi.digits[14] - '0');

	(void)arg;
	taken.asked[place] = asked;
	__atomic_add_fetch(&taken.count, 1, __ATOMIC_RELEASE);
}

static void run_server(void)
{
	static const enum diameter_key_outcome outcomes[PULLS] = {
		DIAMETER_KEY_FOUND, DIAMETER_KEY_UNREACHABLE, DIAMETER_KEY_TIMEOUT};

	unit_worker_threads = 1;
	if (unit_diameter_init(UNIT_HSS) || diameter_serve_keys_later(take, NULL) ||
	    diameter_start())
		_exit(1);
	shared->ready = true;
	UNIT_WAIT(__atomic_load_n(&taken.count, __ATOMIC_ACQUIRE) == PULLS, 5000);
	for (unsigned i = PULLS; i-- > 0;) {
		struct diameter_key_answer answer = {
			.outcome = outcomes[i], .ciphering = E2M_EEA2, .integrity = E2M_EIA2};

		memset(&answer.keyset, 'k', sizeof(answer.keyset));
		diameter_answer_key(taken.asked[i], &answer);
		UNIT_WAIT(__atomic_load_n(&shared->answered, __ATOMIC_ACQUIRE) == PULLS - i, 5000);
	}
	UNIT_WAIT(shared->stop, 30000);
	diameter_stop();
}

/* --- the client --- */

static void on_answer(void *arg, const struct diameter_key_answer *answer)
{
	unsigned place = (unsigned)(uintptr_t)arg;

	shared->answers[place] = *answer;
	shared->order[shared->answered] = place;
	__atomic_add_fetch(&shared->answered, 1, __ATOMIC_RELEASE);
}

static void run_client(void)
{
	static const uint8_t sqn[E2M_SQN_LEN] = {5};

	shared->connected = unit_diameter_connect(UNIT_HSE);
	for (unsigned i = 0; i < PULLS; i++) {
		struct diameter_key_request request = {.id = e2m_keyset_id_make(E2M_ID_SQN, sqn)};

		snprintf(request.imsi.digits, sizeof(request.imsi.digits), "00101000000000%u", i);
		diameter_send_key_request(UNIT_HSS, UNIT_REALM, &request, 5000, on_answer,
					  (void *)(uintptr_t)i);
	}
	UNIT_WAIT(__atomic_load_n(&shared->answered, __ATOMIC_ACQUIRE) == PULLS, 10000);
	diameter_stop();
}

static void pull_all(void)
{
	memset(shared, 0, sizeof(*shared));
	pid_t server = unit_node_start(run_server);

	CU_ASSERT_TRUE(UNIT_WAIT(shared->ready, UNIT_START_MS));
	pid_t client = unit_node_start(run_client);
	CU_ASSERT_TRUE(unit_node_wait(client, 20000));
	shared->stop = true;
	CU_ASSERT_TRUE(unit_node_wait(server, 20000));
	CU_ASSERT_TRUE(shared->connected);
	CU_ASSERT_EQUAL_FATAL(shared->answered, PULLS);
}

static void pulls_are_answered_in_any_order_and_from_any_thread(void)
{
	struct diameter_key_answer *found = &shared->answers[0];

	pull_all();
	for (unsigned i = 0; i < PULLS; i++)
		CU_ASSERT_EQUAL(shared->order[i], PULLS - 1 - i);
	CU_ASSERT_EQUAL(found->outcome, DIAMETER_KEY_FOUND);
	CU_ASSERT_EQUAL(found->keyset.e2mck[0], 'k');
	CU_ASSERT_EQUAL(found->keyset.e2mik[15], 'k');
}

static void a_server_that_cannot_ask_further_says_try_again(void)
{
	pull_all();
	CU_ASSERT_EQUAL(shared->answers[1].outcome, DIAMETER_KEY_UNREACHABLE);
	CU_ASSERT_EQUAL(shared->answers[2].outcome, DIAMETER_KEY_UNREACHABLE);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"pulls are answered in any order and from any thread",
		 pulls_are_answered_in_any_order_and_from_any_thread},
		{"a server that cannot ask further says: try again",
		 a_server_that_cannot_ask_further_says_try_again},
	};
	shared = unit_share(sizeof(*shared));
	unit_diameter_setup();
	int rc = unit_run("diameter_later", tests, sizeof(tests) / sizeof(tests[0]));
	unit_diameter_teardown();
	return rc;
}
