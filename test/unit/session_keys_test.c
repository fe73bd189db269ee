/* SPDX-License-Identifier: BSD-3-Clause */
/* Keysets of a session: pulled, refused, changed over, ended. */
#include "control/kept.h"
#include "session_lab.h"

static struct session_view view;
static struct lab_context context;

static struct lab_flow *flow_of(enum e2m_direction direction)
{
	const struct tunnel tunnel =
		direction == E2M_UPLINK ? lab_up(&context) : lab_down(&context);
	struct lab_flow *flow = lab_flow(&tunnel);

	CU_ASSERT_PTR_NOT_NULL_FATAL(flow);
	return flow;
}

static const char *state(void)
{
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	return view.state;
}

/* What downlink protects with; 0: nothing. */
static uint8_t key_id_in_use(void)
{
	const struct lab_flow *flow = flow_of(E2M_DOWNLINK);
	const struct lab_place *place = &flow->places[flow->in_use];

	return place->state == DATAPATH_KEY_READY ? place->key_id : 0;
}

static void start_learned(void)
{
	context = lab_context(1);
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
}

static void start_ready(void)
{
	lab_start();
	start_learned();
	lab_make_ready(&context);
	CU_ASSERT_STRING_EQUAL(state(), "ready");
}

/* --- pulls --- */

static void nothing_is_pulled_before_the_first_packet(void)
{
	lab_start();
	start_learned();
	lab_pass(60000);
	CU_ASSERT_EQUAL(lab.asked, 0);
	CU_ASSERT_STRING_EQUAL(state(), "learned");
	lab_stop();
}

static void first_packet_of_either_direction_pulls(void)
{
	for (enum e2m_direction d = E2M_UPLINK; d <= E2M_DOWNLINK; d++) {
		lab_start();
		start_learned();
		lab_miss(flow_of(d), 0);
		lab_settle();
		CU_ASSERT_EQUAL(lab.asked, 1);
		CU_ASSERT_STRING_EQUAL(state(), "pulling");
		lab_stop();
	}
}

static void both_directions_pull_once(void)
{
	lab_start();
	start_learned();
	lab_miss(flow_of(E2M_UPLINK), 0);
	lab_miss(flow_of(E2M_DOWNLINK), 0);
	lab_miss(flow_of(E2M_UPLINK), 0);
	lab_settle();
	CU_ASSERT_EQUAL(lab.asked, 1);
	lab_stop();
}

static void activation_pulls_where_so_configured(void)
{
	lab_defaults();
	lab.config.pull_on_activation = true;
	lab_open();
	start_learned();
	lab_pass(10);
	CU_ASSERT_EQUAL(lab.asked, 1);
	lab_stop();
}

static void keyset_reaches_both_flows(void)
{
	start_ready();
	for (enum e2m_direction d = E2M_UPLINK; d <= E2M_DOWNLINK; d++) {
		const struct lab_flow *flow = flow_of(d);

		CU_ASSERT_EQUAL(flow->places[0].state, DATAPATH_KEY_READY);
		CU_ASSERT_EQUAL(flow->places[0].key_id, 1);
		CU_ASSERT_EQUAL(flow->places[0].keyset, 1);
	}
	CU_ASSERT_EQUAL(key_id_in_use(), 1);
	lab_stop();
}

static void miss_of_a_keyset_that_is_there_pulls_nothing(void)
{
	start_ready();
	lab_miss(flow_of(E2M_UPLINK), 0);
	lab_settle();
	CU_ASSERT_EQUAL(lab.asked, 1);
	lab_stop();
}

static void answer_for_a_session_that_ended_is_wiped_and_ignored(void)
{
	lab_start();
	start_learned();
	lab_miss(flow_of(E2M_UPLINK), 0);
	lab_settle();
	lab_delete(&context);
	lab_settle();
	lab_answer_all();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(pull_in_flight(session_pulls(lab.store)), 0);
	lab_stop();
}

static void answer_for_a_keyset_that_was_replaced_is_ignored(void)
{
	lab_start();
	start_learned();
	lab_miss(flow_of(E2M_UPLINK), 0);
	lab_settle();
	lab_update(&context, lab_sqn(2), 1);
	lab_settle();
	lab_answer_all();
	lab_settle();
	CU_ASSERT_STRING_EQUAL(state(), "learned");
	CU_ASSERT_EQUAL(flow_of(E2M_UPLINK)->places[0].state, DATAPATH_KEY_MISSING);
	lab_stop();
}

static void create_sent_again_keeps_the_keyset(void)
{
	start_ready();
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_STRING_EQUAL(state(), "ready");
	CU_ASSERT_EQUAL(key_id_in_use(), 1);
	CU_ASSERT_EQUAL(lab.asked, 1);
	lab_stop();
}

static void keyset_that_comes_while_a_tunnel_moves_is_installed_after(void)
{
	lab_start();
	start_learned();
	lab_miss(flow_of(E2M_UPLINK), 0);
	lab_settle();
	context.down = 0x7777;
	lab_move(&context);
	lab_answer_all();
	CU_ASSERT_STRING_EQUAL(state(), "pulling");
	lab_settle();
	CU_ASSERT_STRING_EQUAL(state(), "ready");
	CU_ASSERT_EQUAL(key_id_in_use(), 1);
	CU_ASSERT_EQUAL(lab.asked, 1);
	lab_stop();
}

/* It has no place for keysets. */
static void a_context_without_a_keyset_shares_none(void)
{
	struct lab_context plain = lab_context(2);

	lab_start();
	plain.subscriber = 1;
	plain.nsapi = 6;
	lab_create_request(&plain, NULL, 0);
	lab_create_response(&plain);
	lab_settle();
	start_learned();
	lab_miss(flow_of(E2M_UPLINK), 0);
	lab_settle();
	CU_ASSERT_STRING_EQUAL(state(), "pulling");
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_SHARED), 0);
	CU_ASSERT_EQUAL(lab.asked, 1);
	lab_stop();
}

/* Which context is found first is not said: either of the other two is the one that is ready. */
static void keyset_is_shared_by_the_context_that_is_ready_not_by_one_that_waits(void)
{
	for (unsigned ready = 1; ready <= 2; ready++) {
		struct lab_context contexts[3];

		lab_start();
		for (unsigned i = 0; i < 3; i++) {
			contexts[i] = lab_context(1 + i);
			contexts[i].subscriber = 1;
			contexts[i].nsapi = (uint8_t)(5 + i);
			lab_create(&contexts[i], lab_sqn(1), 1);
			lab_settle();
		}
		lab_make_ready(&contexts[ready]);
		context = contexts[0];
		lab_miss(flow_of(E2M_UPLINK), 0);
		lab_settle();
		CU_ASSERT_STRING_EQUAL(state(), "ready");
		CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_SHARED), 1);
		CU_ASSERT_EQUAL(lab.asked, 1);
		context = contexts[3 - ready];
		CU_ASSERT_STRING_EQUAL(state(), "learned");
		lab_stop();
	}
}

/* --- refusals --- */

static void refuse(enum keysource_outcome outcome)
{
	lab_miss(flow_of(E2M_UPLINK), 0);
	lab_settle();
	lab_answer(lab.asked - 1, outcome);
	lab_settle();
}

static void each_refusal_has_its_name(void)
{
	static const struct {
		enum keysource_outcome outcome;
		const char *name;
	} cases[] = {{KEYSOURCE_USER_UNKNOWN, "user_unknown"},
		     {KEYSOURCE_NOT_AUTHORIZED, "not_authorized"},
		     {KEYSOURCE_NOT_AVAILABLE, "not_available"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lab_start();
		start_learned();
		refuse(cases[i].outcome);
		CU_ASSERT_STRING_EQUAL(state(), cases[i].name);
		lab_stop();
	}
}

static void refused_keyset_fails_in_both_flows(void)
{
	lab_start();
	start_learned();
	refuse(KEYSOURCE_USER_UNKNOWN);
	CU_ASSERT_STRING_EQUAL(state(), "user_unknown");
	CU_ASSERT_EQUAL(flow_of(E2M_UPLINK)->places[0].state, DATAPATH_KEY_FAILED);
	CU_ASSERT_EQUAL(flow_of(E2M_DOWNLINK)->places[0].state, DATAPATH_KEY_FAILED);
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_REFUSED), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(lab.last_warning, lab_imsi(1).digits));
	lab_stop();
}

static void refused_keyset_is_not_pulled_within_the_negative_cache(void)
{
	lab_start();
	start_learned();
	refuse(KEYSOURCE_NOT_AVAILABLE);
	lab_pass(lab.config.negative_cache_s * 1000 - 1);
	lab_miss(flow_of(E2M_UPLINK), 0);
	lab_settle();
	CU_ASSERT_EQUAL(lab.asked, 1);
	CU_ASSERT_EQUAL(flow_of(E2M_UPLINK)->places[0].state, DATAPATH_KEY_FAILED);
	lab_stop();
}

static void packet_after_the_negative_cache_pulls_again(void)
{
	lab_start();
	start_learned();
	refuse(KEYSOURCE_NOT_AVAILABLE);
	lab_pass(lab.config.negative_cache_s * 1000 + LAB_LATE_MS);
	lab_settle();
	CU_ASSERT_EQUAL(lab.asked, 1);
	lab_make_ready(&context);
	CU_ASSERT_EQUAL(lab.asked, 2);
	CU_ASSERT_STRING_EQUAL(state(), "ready");
	lab_stop();
}

static void refusal_is_said_once(void)
{
	lab_start();
	start_learned();
	for (int i = 0; i < 3; i++) {
		refuse(KEYSOURCE_NOT_AVAILABLE);
		lab_pass(lab.config.negative_cache_s * 1000 + LAB_LATE_MS);
		lab_settle();
	}
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_REFUSED), 3);
	CU_ASSERT_EQUAL(lab.warnings, 1);
	lab_stop();
}

static void create_tries_a_refused_keyset_again(void)
{
	lab_start();
	start_learned();
	refuse(KEYSOURCE_NOT_AVAILABLE);
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
	CU_ASSERT_STRING_EQUAL(state(), "ready");
	lab_stop();
}

static void refuses_algorithms(enum e2m_eea eea, enum e2m_eia eia)
{
	lab_start();
	lab.next.ciphering = eea;
	lab.next.integrity = eia;
	start_learned();
	lab_make_ready(&context);
	CU_ASSERT_STRING_EQUAL(state(), "not_allowed");
	lab_stop();
}

static void null_integrity_is_refused_unless_allowed(void)
{
	refuses_algorithms(E2M_EEA2, E2M_EIA0);
}

static void null_protection_is_refused(void)
{
	refuses_algorithms(E2M_EEA0, E2M_EIA0);
}

static void unknown_algorithm_is_refused(void)
{
	refuses_algorithms(0x77, 0x77);
}

/* --- lifetime, and keys that go --- */

static void keyset_ends_with_its_lifetime(void)
{
	lab_start();
	lab.next.lifetime_s = 60;
	start_learned();
	lab_make_ready(&context);
	lab_pass(59000);
	CU_ASSERT_STRING_EQUAL(state(), "ready");
	lab_pass(1000 + LAB_LATE_MS);
	lab_settle();
	CU_ASSERT_STRING_EQUAL(state(), "expired");
	CU_ASSERT_EQUAL(flow_of(E2M_DOWNLINK)->places[0].state, DATAPATH_KEY_FAILED);
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_EXPIRED), 1);
	lab_pass(600000);
	lab_settle();
	CU_ASSERT_EQUAL(lab.asked, 1);
	lab_stop();
}

/* The workers read what they have until they have executed the command: AddressSanitizer sees. */
static void key_stays_until_both_workers_have_heard_of_its_end(void)
{
	lab_start();
	lab.next.lifetime_s = 60;
	start_learned();
	lab_make_ready(&context);
	lab_pass(61000);
	CU_ASSERT_TRUE(kept_has_retired(lab.store));
	lab_settle();
	CU_ASSERT_FALSE(kept_has_retired(lab.store));
	lab_stop();
}

static void key_stays_while_a_flow_that_uses_it_is_being_stopped(void)
{
	lab_start();
	lab.next.lifetime_s = 60;
	start_learned();
	lab_make_ready(&context);
	lab_pass(59000);
	lab_delete(&context); /* STOP_FLOW is on its way to both workers */
	lab_pass(2000);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void key_stays_while_one_of_its_flows_moves(void)
{
	lab_start();
	lab.next.lifetime_s = 60;
	start_learned();
	lab_make_ready(&context);
	lab_pass(59000);
	context.down = 0x7777;
	lab_move(&context);
	lab_pass(2000);
	lab_settle();
	lab_pass(100);
	lab_settle();
	CU_ASSERT_EQUAL(flow_of(E2M_UPLINK)->places[0].state, DATAPATH_KEY_FAILED);
	CU_ASSERT_EQUAL(flow_of(E2M_DOWNLINK)->places[0].state, DATAPATH_KEY_FAILED);
	lab_stop();
}

static void spent_keyset_is_said(void)
{
	struct datapath_event event = {.kind = DATAPATH_SPENT};

	start_ready();
	event.flow = view.downlink.number;
	event.session = view.id;
	session_take_event(lab.store, view.downlink.worker, &event);
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_SPENT), 1);
	CU_ASSERT_EQUAL(lab.warnings, 1);
	lab_stop();
}

UNIT_MAIN("session_keys", TEST(nothing_is_pulled_before_the_first_packet),
	  TEST(first_packet_of_either_direction_pulls), TEST(both_directions_pull_once),
	  TEST(activation_pulls_where_so_configured), TEST(keyset_reaches_both_flows),
	  TEST(miss_of_a_keyset_that_is_there_pulls_nothing),
	  TEST(answer_for_a_session_that_ended_is_wiped_and_ignored),
	  TEST(answer_for_a_keyset_that_was_replaced_is_ignored),
	  TEST(create_sent_again_keeps_the_keyset),
	  TEST(keyset_that_comes_while_a_tunnel_moves_is_installed_after),
	  TEST(a_context_without_a_keyset_shares_none),
	  TEST(keyset_is_shared_by_the_context_that_is_ready_not_by_one_that_waits),
	  TEST(each_refusal_has_its_name), TEST(refused_keyset_fails_in_both_flows),
	  TEST(refused_keyset_is_not_pulled_within_the_negative_cache),
	  TEST(packet_after_the_negative_cache_pulls_again), TEST(refusal_is_said_once),
	  TEST(create_tries_a_refused_keyset_again), TEST(null_integrity_is_refused_unless_allowed),
	  TEST(null_protection_is_refused), TEST(unknown_algorithm_is_refused),
	  TEST(keyset_ends_with_its_lifetime),
	  TEST(key_stays_until_both_workers_have_heard_of_its_end),
	  TEST(key_stays_while_a_flow_that_uses_it_is_being_stopped),
	  TEST(key_stays_while_one_of_its_flows_moves), TEST(spent_keyset_is_said))
