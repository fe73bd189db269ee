/* SPDX-License-Identifier: BSD-3-Clause */
/* AKA runs against an HSS that lives in this process, and the USIM's memory. */
#include "ue/auth.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program/program.h"
#include "unit.h"

/* What the HSS does, beyond being right. */
struct habits {
	uint64_t sqn;
	enum diameter_auth_outcome refuses; /* DIAMETER_AUTH_OK: does not */
	int unreachable;		    /* so many times */
	int silent;			    /* answers so many times that it timed out */
	bool other_k;
	bool other_xres;
	bool no_e2m;
	bool ignores_auts;
	enum aka_system system;
};

struct world {
	struct hss hss; /* first: ask gets it */
	struct habits habits;
	struct loop *loop;
	struct loop_timer answer_soon;
	struct diameter_auth_request request;
	struct diameter_auth_answer answer;
	hss_answered answered;
	void *answered_arg;
	int asked;
	struct usim_config card;
	struct usim usim;
	struct ue_counters counters;
	struct auth auth;
	int done;
	bool got_result;
	struct auth_result result;
};

static void answer_now(void *arg)
{
	struct world *w = arg;

	w->answered(w->answered_arg, &w->answer);
}

static void make_vector(struct world *w)
{
	struct e2m_numbers numbers = e2m_default_numbers;
	uint8_t k[AKA_K_LEN], rand[E2M_RAND_LEN] = {(uint8_t)w->asked}, sqn[E2M_SQN_LEN];

	memcpy(k, w->card.k, sizeof(k));
	if (w->habits.other_k)
		k[0] ^= 1;
	if (w->habits.no_e2m)
		numbers.amf_e2m_bit = 0;
	CU_ASSERT_EQUAL(aka_sqn_next(w->habits.sqn, &w->habits.sqn), 0);
	aka_sqn_write(w->habits.sqn, sqn);
	CU_ASSERT_EQUAL(aka_make_vector(&numbers, w->habits.system, k, w->card.opc, rand, sqn, 0,
					w->request.visited_plmn, &w->answer.vector),
			0);
	if (w->habits.other_xres)
		w->answer.vector.xres[0] ^= 1;
}

static int ask(struct hss *hss, const struct diameter_auth_request *request, hss_answered answered,
	       void *arg)
{
	struct world *w = (struct world *)hss;
	uint8_t sqn_ms[E2M_SQN_LEN];

	if (w->habits.unreachable > 0 && w->habits.unreachable--)
		return -EHOSTUNREACH;
	w->asked++;
	w->request = *request;
	w->answered = answered;
	w->answered_arg = arg;
	w->answer = (struct diameter_auth_answer){.outcome = w->habits.refuses};
	if (w->habits.silent > 0 && w->habits.silent--)
		w->answer.outcome = DIAMETER_AUTH_TIMEOUT;
	if (request->resynchronise && !w->habits.ignores_auts) {
		CU_ASSERT_EQUAL(
			aka_open_auts(w->card.k, w->card.opc, request->rand, request->auts, sqn_ms),
			0);
		w->habits.sqn = aka_sqn_read(sqn_ms);
	}
	if (w->answer.outcome == DIAMETER_AUTH_OK)
		make_vector(w);
	loop_start_timer(w->loop, &w->answer_soon, 0);
	return 0;
}

static void done(void *arg, const struct auth_result *result)
{
	struct world *w = arg;

	w->done++;
	w->got_result = result != NULL;
	if (result)
		w->result = *result;
	loop_stop(w->loop, 0);
}

static void setup(struct world *w, struct habits habits)
{
	struct auth_config config = {.numbers = &e2m_default_numbers,
				     .system = habits.system,
				     .plmn = {0x62, 0xf2, 0x10},
				     .done = done,
				     .arg = w};

	program_set_log_level(PROGRAM_ERROR);
	*w = (struct world){
		.hss = {.name = "hss", .ask = ask},
		.habits = habits,
		.loop = loop_new(),
		.answer_soon = {.expired = answer_now, .arg = w},
		.card = {.k = {1}, .opc = {2}, .sqn = {0, 0, 0, 0, 1, 0}},
	};
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->loop);
	e2m_imsi_parse(&w->card.imsi, "262010000000001", 15);
	CU_ASSERT_EQUAL_FATAL(usim_open(&w->usim, &w->card), 0);
	auth_init(&w->auth, &config, w->loop, &w->hss, &w->usim, &w->counters);
}

/* One run, to its end. */
static void run(struct world *w)
{
	int before = w->done;

	auth_start(&w->auth);
	CU_ASSERT_TRUE(auth_is_running(&w->auth));
	CU_ASSERT_EQUAL(loop_run(w->loop), 0);
	CU_ASSERT_EQUAL(w->done, before + 1);
	CU_ASSERT_FALSE(auth_is_running(&w->auth));
}

static void teardown(struct world *w)
{
	auth_stop(&w->auth);
	usim_close(&w->usim);
	loop_free(w->loop);
}

static void a_run_gives_the_keyset_of_the_hss(void)
{
	struct world w;

	setup(&w, (struct habits){.sqn = 0x100});
	run(&w);
	CU_ASSERT_TRUE(w.got_result);
	CU_ASSERT_EQUAL(memcmp(&w.result.keyset, &w.answer.vector.keyset, sizeof(w.result.keyset)),
			0);
	CU_ASSERT_EQUAL(memcmp(w.result.rand, w.answer.vector.rand, E2M_RAND_LEN), 0);
	CU_ASSERT_EQUAL(aka_sqn_read(w.result.sqn), w.habits.sqn);
	CU_ASSERT_EQUAL(w.asked, 1);
	CU_ASSERT_STRING_EQUAL(w.request.imsi.digits, "262010000000001");
	CU_ASSERT_EQUAL(w.request.system, AKA_UMTS);
	CU_ASSERT_EQUAL(w.request.visited_plmn[1], 0xf2);
	run(&w);
	CU_ASSERT_EQUAL(w.asked, 2);
	CU_ASSERT_EQUAL(w.counters.aka_runs, 2);
	CU_ASSERT_EQUAL(w.counters.aka_failures, 0);
	teardown(&w);
}

static void a_run_in_eps_asks_for_an_eutran_vector(void)
{
	struct world w;

	setup(&w, (struct habits){.sqn = 0x100, .system = AKA_EPS});
	run(&w);
	CU_ASSERT_TRUE(w.got_result);
	CU_ASSERT_EQUAL(memcmp(&w.result.keyset, &w.answer.vector.keyset, sizeof(w.result.keyset)),
			0);
	CU_ASSERT_EQUAL(w.request.system, AKA_EPS);
	teardown(&w);
}

static void a_stale_sqn_is_resynchronised(void)
{
	struct world w;

	setup(&w, (struct habits){.sqn = 0});
	run(&w);
	CU_ASSERT_TRUE(w.got_result);
	CU_ASSERT_EQUAL(w.asked, 2);
	CU_ASSERT_TRUE(w.request.resynchronise);
	CU_ASSERT_EQUAL(w.counters.aka_sqn_not_fresh, 1);
	run(&w); /* and the next run begins anew */
	CU_ASSERT_EQUAL(w.asked, 3);
	CU_ASSERT_FALSE(w.request.resynchronise);
	teardown(&w);
}

static void resynchronisation_is_tried_once(void)
{
	struct world w;

	setup(&w, (struct habits){.sqn = 0, .ignores_auts = true});
	run(&w);
	CU_ASSERT_FALSE(w.got_result);
	CU_ASSERT_EQUAL(w.asked, 2);
	CU_ASSERT_EQUAL(w.counters.aka_failures, 1);
	teardown(&w);
}

/* A run that fails for good; asked says after how many questions. */
static void assert_failure(struct habits habits, int asked)
{
	struct world w;

	setup(&w, habits);
	run(&w);
	CU_ASSERT_FALSE(w.got_result);
	CU_ASSERT_EQUAL(w.asked, asked);
	CU_ASSERT_EQUAL(w.counters.aka_failures, 1);
	teardown(&w);
}

static void an_hss_with_another_k_is_refused(void)
{
	assert_failure((struct habits){.sqn = 0x100, .other_k = true}, 1);
}

static void a_wrong_res_is_refused(void)
{
	assert_failure((struct habits){.sqn = 0x100, .other_xres = true}, 1);
}

static void a_vector_without_the_e2m_bit_is_refused(void)
{
	assert_failure((struct habits){.sqn = 0x100, .no_e2m = true}, 1);
}

static void an_unknown_subscriber_is_not_asked_for_again(void)
{
	assert_failure((struct habits){.refuses = DIAMETER_AUTH_USER_UNKNOWN}, 1);
	assert_failure((struct habits){.refuses = DIAMETER_AUTH_NOT_AUTHORIZED}, 1);
}

static void an_hss_out_of_reach_is_asked_until_it_answers(void)
{
	struct world w;

	setup(&w, (struct habits){.sqn = 0x100, .unreachable = 2, .silent = 1});
	run(&w);
	CU_ASSERT_TRUE(w.got_result);
	CU_ASSERT_EQUAL(w.asked, 2);
	CU_ASSERT_EQUAL(w.counters.aka_retries, 3);
	teardown(&w);
}

static void give_up(void *arg)
{
	struct world *w = arg;

	auth_stop(&w->auth);
	answer_now(w);
	loop_stop(w->loop, 0);
}

static void a_run_given_up_tells_nobody(void)
{
	struct world w;

	setup(&w, (struct habits){.sqn = 0x100});
	w.answer_soon.expired = give_up;
	auth_start(&w.auth);
	CU_ASSERT_EQUAL(loop_run(w.loop), 0);
	CU_ASSERT_EQUAL(w.asked, 1);
	CU_ASSERT_EQUAL(w.done, 0);
	CU_ASSERT_FALSE(auth_is_running(&w.auth));
	teardown(&w);
}

/* --- the USIM's memory --- */

static void temporary_path(char path[64])
{
	snprintf(path, 64, "/tmp/usim-test-%d", (int)getpid());
	unlink(path);
}

/* A challenge of that SQN to a card that has just been switched on. */
static int challenge(const struct usim_config *card, uint64_t sqn)
{
	uint8_t octets[E2M_SQN_LEN];
	const uint8_t rand[E2M_RAND_LEN] = {3};
	struct aka_vector vector;
	struct aka_usim_result result;
	struct usim usim;

	aka_sqn_write(sqn, octets);
	CU_ASSERT_EQUAL(aka_make_vector(&e2m_default_numbers, AKA_UMTS, card->k, card->opc, rand,
					octets, 0, NULL, &vector),
			0);
	int err = usim_open(&usim, card);
	if (err)
		return err;
	err = usim_run(&usim, &e2m_default_numbers, AKA_UMTS, vector.rand, vector.autn, NULL,
		       &result);
	usim_close(&usim);
	return err;
}

static struct usim_config make_card(const char *state)
{
	struct usim_config card = {.k = {1}, .opc = {2}, .state = state};

	program_set_log_level(PROGRAM_ERROR);
	e2m_imsi_parse(&card.imsi, "262010000000001", 15);
	return card;
}

static void a_usim_with_a_state_file_remembers(void)
{
	char path[64];

	temporary_path(path);
	struct usim_config card = make_card(path);
	CU_ASSERT_EQUAL(challenge(&card, 0x421), 0);
	CU_ASSERT_EQUAL(challenge(&card, 0x421), -ESTALE);
	CU_ASSERT_EQUAL(challenge(&card, 0x442), 0);
	unlink(path);
	CU_ASSERT_EQUAL(challenge(&card, 0x421), 0);
	unlink(path);
}

static void a_usim_without_a_state_file_forgets(void)
{
	struct usim_config card = make_card(NULL);

	CU_ASSERT_EQUAL(challenge(&card, 0x421), 0);
	CU_ASSERT_EQUAL(challenge(&card, 0x421), 0);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fputs(text, file);
	fclose(file);
}

static void a_state_of_something_else_is_refused(void)
{
	static const char *const texts[] = {"",
					    "hse-usim 1\nimsi 262010000000002\n0 1\n",
					    "hse-usim 2\nimsi 262010000000001\n0 1\n",
					    "hse-usim 1\nimsi 262010000000001\n0 1\n1 1\n",
					    "hse-usim 1\nimsi 262010000000001\n1 1\n",
					    "hse-usim 1\nimsi 262010000000001\n0 8796093022208\n"};
	char path[64];

	temporary_path(path);
	struct usim_config card = make_card(path);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_file(path, texts[i]);
		CU_ASSERT_EQUAL(challenge(&card, 0x421), -EBADMSG);
	}
	unlink(path);
}

static void an_sqn_that_cannot_be_remembered_is_not_accepted(void)
{
	struct usim_config card = make_card("/nonexistent/folder/usim");

	CU_ASSERT_EQUAL(challenge(&card, 0x421), -ENOENT);
}

UNIT_MAIN("ue_auth", {"a run gives the keyset of the HSS", a_run_gives_the_keyset_of_the_hss},
	  {"a run in EPS asks for an E-UTRAN vector", a_run_in_eps_asks_for_an_eutran_vector},
	  {"a stale SQN is resynchronised", a_stale_sqn_is_resynchronised},
	  {"resynchronisation is tried once", resynchronisation_is_tried_once},
	  {"an HSS with another K is refused", an_hss_with_another_k_is_refused},
	  {"a wrong RES is refused", a_wrong_res_is_refused},
	  {"a vector without the e2m bit is refused", a_vector_without_the_e2m_bit_is_refused},
	  {"an unknown subscriber is not asked for again",
	   an_unknown_subscriber_is_not_asked_for_again},
	  {"an HSS out of reach is asked until it answers",
	   an_hss_out_of_reach_is_asked_until_it_answers},
	  {"a run given up tells nobody", a_run_given_up_tells_nobody},
	  {"a USIM with a state file remembers", a_usim_with_a_state_file_remembers},
	  {"a USIM without a state file forgets", a_usim_without_a_state_file_forgets},
	  {"a state of something else is refused", a_state_of_something_else_is_refused},
	  {"an SQN that cannot be remembered is not accepted",
	   an_sqn_that_cannot_be_remembered_is_not_accepted})
