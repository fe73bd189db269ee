/* SPDX-License-Identifier: BSD-3-Clause */
/* GSNs that restart, as their restart counters tell: which sessions end, which do not, and which
 * counters are believed. */
#include <errno.h>

#include "control/restarts.h"
#include "control/transactions.h"
#include "gtp/gtpc_v2.h"
#include "session_lab.h"

#define MANY	 1500
#define SWEEP_MS 200 /* of as many sessions */

static struct session_view view;

/* Context number at the GSNs with these addresses. The GGSN says that counter. What the SGSN says in
 * its requests is another number, or the answer would only repeat it. */
static struct lab_context at(unsigned number, uint8_t sgsn, uint8_t ggsn, uint8_t counter)
{
	struct lab_context c = lab_context(number);

	c.sgsn = sgsn;
	c.ggsn = ggsn;
	c.recovery_sgsn = (uint8_t)(counter + 100);
	c.recovery_ggsn = counter;
	return c;
}

static void create(struct lab_context *c)
{
	lab_create(c, lab_sqn(1), 1);
	lab_settle();
}

/* Until all sessions that are to end have ended. */
static void sweep(void)
{
	lab_pass(SWEEP_MS);
	lab_settle();
}

static bool is_there(const struct lab_context *c)
{
	const struct tunnel up = lab_up(c), down = lab_down(c);

	return lab_view(c, &view) && lab_flow(&up) && lab_flow(&down);
}

/* Two sessions of GSNs 1 and 2, and one each that has only one of them. */
static struct lab_context a, b, other_sgsn, other_ggsn;

static void start(void)
{
	a = at(1, 1, 2, 10);
	b = at(2, 1, 2, 10);
	other_sgsn = at(3, 3, 2, 10);
	other_ggsn = at(4, 1, 4, 10);
	create(&a);
	create(&b);
	create(&other_sgsn);
	create(&other_ggsn);
	CU_ASSERT_EQUAL(lab_sessions(), 4);
}

static void start_lab(void)
{
	lab_start();
	start();
}

static void expect_all_there(void)
{
	sweep();
	CU_ASSERT_TRUE(is_there(&a));
	CU_ASSERT_TRUE(is_there(&b));
	CU_ASSERT_TRUE(is_there(&other_sgsn));
	CU_ASSERT_TRUE(is_there(&other_ggsn));
	CU_ASSERT_EQUAL(lab_count(SESSION_GSN_RESTARTS), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_REMOVED), 0);
}

static void echo(enum datapath_side side, uint8_t from, uint8_t to, enum gtpc_v1_type type,
		 uint16_t sequence, uint8_t counter)
{
	uint8_t data[64];
	const int len = gtpc_v1_write_echo(data, sizeof(data), type, sequence, counter);

	lab_give(side, from, to, data, (size_t)len);
}

/* The GGSN asks, and the SGSN answers with its counter. */
static void ask_sgsn(uint8_t sgsn, uint8_t ggsn, uint8_t counter)
{
	static uint16_t sequence = 2000;

	echo(DATAPATH_CORE, ggsn, sgsn, GTPC_V1_ECHO_REQUEST, ++sequence, 0);
	echo(DATAPATH_ACCESS, sgsn, ggsn, GTPC_V1_ECHO_RESPONSE, sequence, counter);
}

/* --- which sessions end --- */

static void restart_of_a_ggsn_ends_the_sessions_between_the_two_addresses(void)
{
	struct lab_context later = at(5, 1, 2, 10);

	start_lab();
	later.recovery_ggsn = 11;
	create(&later);
	sweep();
	CU_ASSERT_FALSE(is_there(&a));
	CU_ASSERT_FALSE(is_there(&b));
	CU_ASSERT_TRUE(is_there(&other_sgsn));
	CU_ASSERT_TRUE(is_there(&other_ggsn));
	CU_ASSERT_TRUE(is_there(&later));
	CU_ASSERT_EQUAL(lab_count(SESSION_GSN_RESTARTS), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_REMOVED), 2);
	lab_stop();
}

static void restart_of_an_sgsn_ends_the_sessions_between_the_two_addresses(void)
{
	start_lab();
	ask_sgsn(1, 2, 10);
	ask_sgsn(1, 2, 11);
	sweep();
	CU_ASSERT_FALSE(is_there(&a));
	CU_ASSERT_FALSE(is_there(&b));
	CU_ASSERT_TRUE(is_there(&other_sgsn));
	CU_ASSERT_TRUE(is_there(&other_ggsn));
	CU_ASSERT_EQUAL(lab_count(SESSION_GSN_RESTARTS), 1);
	lab_stop();
}

/* A restarted SGSN makes a context before it answers an Echo Request. */
static void session_made_under_the_new_counter_survives(void)
{
	struct lab_context later = at(5, 1, 2, 10);

	start_lab();
	ask_sgsn(1, 2, 10);
	later.recovery_sgsn = 11;
	create(&later);
	sweep();
	CU_ASSERT_TRUE(is_there(&a)); /* a request proves no restart */
	CU_ASSERT_EQUAL(lab_count(SESSION_GSN_RESTARTS), 0);
	ask_sgsn(1, 2, 11);
	sweep();
	CU_ASSERT_FALSE(is_there(&a));
	CU_ASSERT_FALSE(is_there(&b));
	CU_ASSERT_TRUE(is_there(&later));
	CU_ASSERT_EQUAL(lab_count(SESSION_GSN_RESTARTS), 1);
	lab_stop();
}

static void session_made_under_another_counter_than_the_new_one_ends(void)
{
	struct lab_context later = at(5, 1, 2, 10);

	start_lab();
	ask_sgsn(1, 2, 10);
	later.recovery_sgsn = 11;
	create(&later);
	ask_sgsn(1, 2, 12);
	sweep();
	CU_ASSERT_FALSE(is_there(&a));
	CU_ASSERT_FALSE(is_there(&later));
	lab_stop();
}

static void context_made_anew_under_the_new_counter_survives(void)
{
	start_lab();
	ask_sgsn(1, 2, 10);
	a.recovery_sgsn = 11;
	create(&a);
	ask_sgsn(1, 2, 11);
	sweep();
	CU_ASSERT_TRUE(is_there(&a));
	CU_ASSERT_FALSE(is_there(&b));
	lab_stop();
}

/* Each SGSN hears of the restart itself. */
static void restart_of_a_ggsn_is_seen_by_each_of_its_peers(void)
{
	struct lab_context later = at(5, 1, 2, 10), last = at(6, 3, 2, 10);

	start_lab();
	later.recovery_ggsn = last.recovery_ggsn = 11;
	create(&later);
	sweep();
	create(&last);
	sweep();
	CU_ASSERT_FALSE(is_there(&other_sgsn));
	CU_ASSERT_TRUE(is_there(&last));
	CU_ASSERT_EQUAL(lab_count(SESSION_GSN_RESTARTS), 2);
	lab_stop();
}

/* TS 23.007 18: a counter may be the node's or each peer's. */
static void ggsn_with_a_counter_for_each_peer_has_not_restarted(void)
{
	struct lab_context later = at(5, 3, 2, 12), last = at(6, 1, 2, 10);

	start_lab();
	other_sgsn = at(3, 3, 2, 12);
	create(&other_sgsn);
	create(&later);
	create(&last);
	sweep();
	CU_ASSERT_TRUE(is_there(&a));
	CU_ASSERT_TRUE(is_there(&b));
	CU_ASSERT_TRUE(is_there(&other_ggsn));
	CU_ASSERT_TRUE(is_there(&last));
	lab_stop();
}

static void restart_over_ipv6_is_seen(void)
{
	struct lab_context later = at(5, 1, 2, 11);

	lab_defaults();
	lab.ipv6 = true;
	lab_open();
	start();
	create(&later);
	sweep();
	CU_ASSERT_EQUAL(lab_sessions(), 3);
	CU_ASSERT_FALSE(is_there(&a));
	CU_ASSERT_TRUE(is_there(&later));
	lab_stop();
}

static void restart_is_said_once(void)
{
	struct lab_context later = at(5, 1, 2, 10), last = at(6, 1, 2, 10);

	start_lab();
	later.recovery_ggsn = last.recovery_ggsn = 11;
	create(&later);
	create(&last);
	sweep();
	CU_ASSERT_EQUAL(lab.warnings, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(lab.last_warning,
				      "10.1.0.2 on the core side has restarted, its "
				      "counter for 10.1.0.1 went from 10 to 11"));
	CU_ASSERT_EQUAL(lab_count(SESSION_GSN_RESTARTS), 1);
	lab_stop();
}

static void context_that_is_made_anew_survives(void)
{
	start_lab();
	a.recovery_ggsn = 11;
	a.up = 0x7777;
	create(&a);
	sweep();
	CU_ASSERT_TRUE(is_there(&a));
	CU_ASSERT_FALSE(is_there(&b));
	lab_stop();
}

/* A GGSN that has restarted gives TEIDs of before again. */
static void new_session_may_have_an_old_tunnel(void)
{
	struct lab_context later = at(5, 1, 2, 10);

	start_lab();
	later.recovery_ggsn = 11;
	later.up = a.up;
	later.control_ggsn = a.control_ggsn;
	create(&later);
	sweep();
	CU_ASSERT_TRUE(is_there(&later));
	CU_ASSERT_FALSE(lab_view(&a, &view));
	CU_ASSERT_EQUAL(lab_count(SESSION_REMOVED), 2);
	lab_stop();
}

/* An Update that the restarted GSN takes part in after its restart: the context is there. */
static void session_that_moves_to_the_restarted_sgsn_survives(void)
{
	start_lab();
	ask_sgsn(1, 2, 10);
	ask_sgsn(1, 2, 11);
	other_sgsn.sgsn = 1;
	lab_move(&other_sgsn);
	lab_settle();
	sweep();
	CU_ASSERT_TRUE(is_there(&other_sgsn));
	CU_ASSERT_FALSE(is_there(&a));
	/* And the next Update finds it. */
	other_sgsn.down = 0x7777;
	lab_move(&other_sgsn);
	lab_settle();
	CU_ASSERT_TRUE(is_there(&other_sgsn));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_UNKNOWN_SESSION), 0);
	lab_stop();
}

static void session_that_leaves_the_sgsn_before_its_restart_survives(void)
{
	start_lab();
	ask_sgsn(1, 2, 10);
	a.sgsn = 5;
	a.control_sgsn = 0x7777;
	lab_move(&a); /* not settled: under way when the restart is seen */
	ask_sgsn(1, 2, 11);
	lab_pass(SWEEP_MS);
	lab_settle();
	CU_ASSERT_TRUE(is_there(&a));
	CU_ASSERT_FALSE(is_there(&b));
	lab_stop();
}

static void session_that_is_being_deleted_ends_once(void)
{
	struct lab_context later = at(5, 1, 2, 10);

	start_lab();
	lab_delete(&a);
	later.recovery_ggsn = 11;
	lab_create(&later, lab_sqn(1), 1);
	lab_pass(SWEEP_MS);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 3);
	CU_ASSERT_EQUAL(lab_count(SESSION_REMOVED), 2);
	lab_stop();
}

static void second_restart_ends_what_came_after_the_first(void)
{
	struct lab_context first = at(5, 1, 2, 10), second = at(6, 1, 2, 10);

	start_lab();
	first.recovery_ggsn = 11;
	second.recovery_ggsn = 12;
	create(&first);
	lab_pass(8);
	create(&second);
	sweep();
	CU_ASSERT_FALSE(is_there(&a));
	CU_ASSERT_FALSE(is_there(&first));
	CU_ASSERT_TRUE(is_there(&second));
	CU_ASSERT_EQUAL(lab_count(SESSION_GSN_RESTARTS), 2);
	lab_stop();
}

/* The lab refuses a COUNT that was used before. */
static void counts_outlive_a_restart(void)
{
	struct lab_context later = at(5, 1, 2, 10);
	const struct tunnel down = lab_down(&(struct lab_context){.sgsn = 1, .down = 0x1001});

	start_lab();
	lab_make_ready(&a);
	CU_ASSERT_TRUE(lab_view(&a, &view));
	lab_use(lab_flow(&down), view.slot, 100);
	later.recovery_ggsn = 11;
	create(&later);
	sweep();
	CU_ASSERT_FALSE(is_there(&a));
	create(&a);
	lab_make_ready(&a);
	CU_ASSERT_TRUE(lab_view(&a, &view));
	CU_ASSERT_EQUAL(lab_flow(&down)->places[view.slot].count, 100);
	lab_use(lab_flow(&down), view.slot, 1);
	lab_stop();
}

/* --- a million sessions --- */

static void start_with_many(struct lab_context *c, bool is_durable)
{
	lab_defaults();
	lab.config.max = MANY + 1;
	lab.config.is_durable = is_durable;
	lab.config.count_block = 1 << 16;
	lab_open();
	for (unsigned i = 0; i < MANY; i++) {
		*c = at(1000 + i, 1, 2, 10);
		c->down = c->control_sgsn = 0x100000 + i;
		c->up = c->control_ggsn = 0x200000 + i;
		lab_create(c, lab_sqn(1), 1);
	}
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), MANY);
}

static void sessions_end_a_few_at_a_time(void)
{
	struct lab_context c;
	unsigned before = MANY;

	start_with_many(&c, false);
	c.recovery_ggsn = 11;
	create(&c);
	for (unsigned rounds = 0; lab_sessions() > 1 && rounds < 100; rounds++) {
		lab_pass(10);
		lab_settle();
		CU_ASSERT_TRUE(before - lab_sessions() <= MANY / 2);
		before = lab_sessions();
	}
	CU_ASSERT_EQUAL(before, 1);
	CU_ASSERT_TRUE(is_there(&c));
	lab_stop();
}

static void pass_rounds(unsigned rounds)
{
	while (rounds-- > 0) {
		lab_pass(10);
		lab_settle();
	}
}

/* Or messages that make sessions would wait until all of them are on disk. */
static void sessions_end_no_faster_than_the_disk_takes_it(void)
{
	struct lab_context c;
	uint64_t response;

	start_with_many(&c, true);
	lab_save();
	c.recovery_ggsn = 11;
	response = lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	pass_rounds(20);
	CU_ASSERT_TRUE(lab_sessions() > MANY / 3);
	CU_ASSERT_TRUE(lab_sessions() < MANY);
	lab_save();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	for (unsigned writes = 0; writes < 10; writes++) {
		pass_rounds(2);
		lab_save();
	}
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_stop();
}

/* Nothing waits for it then. */
static void sessions_end_when_the_disk_fails(void)
{
	struct lab_context c;

	start_with_many(&c, true);
	lab_save();
	c.recovery_ggsn = 11;
	create(&c);
	pass_rounds(2);
	CU_ASSERT_TRUE(lab_write());
	lab_written(-EIO);
	pass_rounds(10);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_stop();
}

/* Its session's place is one that has been looked at already. */
static void restart_during_a_sweep_is_seen_as_well(void)
{
	struct lab_context c, first;

	start_with_many(&c, false);
	first = at(1000, 1, 4, 10);
	first.down = first.control_sgsn = 0x100000;
	create(&first);
	c.recovery_ggsn = 11;
	create(&c);
	lab_pass(20);
	lab_settle();
	CU_ASSERT_TRUE(lab_sessions() < MANY);
	c = at(999, 1, 4, 11);
	create(&c);
	lab_pass(2 * SWEEP_MS);
	lab_settle();
	CU_ASSERT_FALSE(lab_view(&first, &view));
	CU_ASSERT_TRUE(is_there(&c));
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	CU_ASSERT_EQUAL(lab_count(SESSION_GSN_RESTARTS), 2);
	lab_stop();
}

static void message_does_not_wait_for_the_sweep(void)
{
	struct lab_context c;
	uint64_t response;

	start_with_many(&c, false);
	c.recovery_ggsn = 11;
	response = lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_sessions(), MANY);
	lab_stop();
}

/* --- which counters --- */

static void counter_rolls_over(void)
{
	struct lab_context first = at(1, 1, 2, 255), later = at(2, 1, 2, 255);

	lab_start();
	create(&first);
	later.recovery_ggsn = 0;
	create(&later);
	sweep();
	CU_ASSERT_FALSE(is_there(&first));
	CU_ASSERT_TRUE(is_there(&later));
	lab_stop();
}

static void late_message_is_no_restart(void)
{
	struct lab_context after = at(5, 1, 2, 10), late = at(6, 1, 2, 10), last = at(7, 1, 2, 10);

	start_lab();
	after.recovery_ggsn = last.recovery_ggsn = 11;
	create(&after);
	sweep();
	create(&late);
	create(&last);
	sweep();
	CU_ASSERT_TRUE(is_there(&after));
	CU_ASSERT_TRUE(is_there(&late));
	CU_ASSERT_TRUE(is_there(&last));
	CU_ASSERT_EQUAL(lab_count(SESSION_GSN_RESTARTS), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_RECOVERY_LATE), 1);
	lab_stop();
}

static void late_message_around_zero_is_no_restart(void)
{
	struct lab_context first = at(1, 1, 2, 0), late = at(2, 1, 2, 0);

	lab_start();
	create(&first);
	late.recovery_ggsn = 255;
	create(&late);
	sweep();
	CU_ASSERT_TRUE(is_there(&first));
	CU_ASSERT_TRUE(is_there(&late));
	lab_stop();
}

static void counter_from_before_all_sessions_ends_none(void)
{
	lab_start();
	a = at(1, 1, 2, 10);
	create(&a);
	lab_delete(&a);
	lab_settle();
	a.recovery_ggsn = 11;
	create(&a);
	sweep();
	CU_ASSERT_TRUE(is_there(&a));
	lab_stop();
}

static void first_counter_after_our_own_restart_is_noted(void)
{
	lab_defaults();
	lab.config.is_durable = true;
	lab.config.count_block = 1 << 16;
	lab_open();
	start();
	lab_save();
	lab_crash();
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 4);
	b.recovery_ggsn = 12;
	lab_move(&b);
	lab_settle();
	expect_all_there();
	b.recovery_ggsn = 13;
	create(&b);
	sweep();
	CU_ASSERT_FALSE(is_there(&a));
	CU_ASSERT_TRUE(is_there(&b));
	lab_stop();
}

/* --- whom to believe --- */

static void refused_request_tells_nothing(void)
{
	struct lab_context refused = at(5, 1, 2, 11);
	const struct e2m_keyset_id name = lab_sqn(1);

	start_lab();
	lab_create_request(&refused, &name, 1);
	lab_response(&refused, GTPC_V1_CREATE_PDP_RESPONSE, 199);
	expect_all_there();
	lab_stop();
}

static void request_tells_nothing_before_its_response(void)
{
	struct lab_context unanswered = at(5, 1, 2, 11);
	const struct e2m_keyset_id name = lab_sqn(1);

	start_lab();
	lab_create_request(&unanswered, &name, 1);
	expect_all_there();
	lab_stop();
}

static void response_that_nobody_asked_for_tells_nothing(void)
{
	struct lab_context spoofed = at(5, 1, 2, 11);

	start_lab();
	spoofed.sequence = 0x7777;
	lab_create_response(&spoofed);
	expect_all_there();
	lab_stop();
}

/* The GSN Addresses in it are another's. */
static void message_speaks_of_its_sender_alone(void)
{
	uint8_t data[512];
	struct lab_context c = at(5, 7, 8, 10);
	const struct e2m_keyset_id name = lab_sqn(1);
	int len;

	start_lab();
	lab_create_request(&c, &name, 1);
	const struct gtpc_v1_accept accept = {.type = GTPC_V1_CREATE_PDP_RESPONSE,
					      .sequence = c.sequence,
					      .peer_teid_control = c.control_sgsn,
					      .recovery = 11,
					      .teid_data = c.up,
					      .teid_control = c.control_ggsn,
					      .gsn = lab_gsn(2),
					      .end_user_ipv4 = {10, 2, 0, 1}};

	len = gtpc_v1_write_accept_response(data, sizeof(data), &accept);
	lab_give(DATAPATH_CORE, 8, 7, data, (size_t)len);
	lab_settle();
	expect_all_there();
	lab_stop();
}

/* An SGSN that bears the GGSN's address ends no sessions of the GGSN. */
static void gsn_is_one_on_its_side_alone(void)
{
	struct lab_context c = at(5, 2, 4, 10);

	start_lab();
	create(&c);
	ask_sgsn(2, 4, 10);
	ask_sgsn(2, 4, 11);
	sweep();
	CU_ASSERT_FALSE(is_there(&c));
	CU_ASSERT_TRUE(is_there(&a));
	CU_ASSERT_TRUE(is_there(&other_ggsn));
	lab_stop();
}

/* Anybody on the access side can write a request, from any address. */
static void counter_in_a_request_tells_nothing(void)
{
	struct lab_context forged = at(5, 1, 2, 10);

	start_lab();
	forged.recovery_sgsn = 111;
	create(&forged);
	expect_all_there();
	lab_stop();
}

/* restart-counters.hex: two Echo Requests from elsewhere, and answers of a P-GW that counts for each
 * peer. */
static void answers_to_an_address_without_sessions_end_none(void)
{
	start_lab();
	for (uint8_t counter = 11; counter <= 13; counter++) {
		echo(DATAPATH_ACCESS, 66, 2, GTPC_V1_ECHO_REQUEST, counter, 0);
		echo(DATAPATH_CORE, 2, 66, GTPC_V1_ECHO_RESPONSE, counter, counter);
	}
	expect_all_there();
	lab_stop();
}

static void echo_v2(enum datapath_side side, uint8_t from, uint8_t to, enum gtpc_v2_type type,
		    uint32_t sequence, uint8_t counter)
{
	const struct gtpc_v2 echo = {.type = type,
				     .sequence = sequence,
				     .present = GTPC_V2_HAS_RECOVERY,
				     .recovery = counter};
	uint8_t data[64];
	const int len = gtpc_v2_write(data, sizeof(data), &echo);

	CU_ASSERT_TRUE_FATAL(len > 0);
	lab_give(side, from, to, data, (size_t)len);
}

/* restart-counters.hex: two Echo Requests under the S-GW's address, and a P-GW that repeats what it is
 * asked. */
static void counter_that_repeats_the_request_tells_nothing(void)
{
	start_lab();
	for (uint8_t counter = 40; counter <= 41; counter++) {
		echo_v2(DATAPATH_ACCESS, 1, 2, GTPC_V2_ECHO_REQUEST, counter, counter);
		echo_v2(DATAPATH_CORE, 2, 1, GTPC_V2_ECHO_RESPONSE, counter, counter);
	}
	expect_all_there();
	echo_v2(DATAPATH_ACCESS, 1, 2, GTPC_V2_ECHO_REQUEST, 50, 40);
	echo_v2(DATAPATH_CORE, 2, 1, GTPC_V2_ECHO_RESPONSE, 50, 11);
	sweep();
	CU_ASSERT_FALSE(is_there(&a)); /* that was a restart */
	lab_stop();
}

/* So many pairs that each set would be full several times over. */
static void counters_of_strangers_take_no_places(void)
{
	start_lab();
	for (unsigned i = 0; i < 4 * RESTARTS_PAIRS; i++) {
		struct recovery said = {.is_said = true, .side = DATAPATH_CORE};

		lab_address(&said.gsn[DATAPATH_CORE], 2);
		memcpy(said.gsn[DATAPATH_ACCESS].receiver, &i, sizeof(i));
		CU_ASSERT_FALSE(restarts_take(lab.store, &said));
	}
	a.recovery_ggsn = 11;
	create(&a);
	sweep();
	CU_ASSERT_FALSE(is_there(&b));
	lab_stop();
}

/* --- contexts of others --- */

static void unprotected_context_tells_of_a_restart(void)
{
	struct lab_context plain = at(5, 1, 2, 10);

	start_lab();
	plain.recovery_ggsn = 11;
	lab_create_request(&plain, NULL, 0);
	lab_create_response(&plain);
	sweep();
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	CU_ASSERT_TRUE(is_there(&other_sgsn));
	CU_ASSERT_TRUE(is_there(&other_ggsn));
	lab_stop();
}

/* It says so beside its new counter. */
static void ggsn_that_knows_the_context_no_more_tells_of_its_restart(void)
{
	uint8_t data[64];
	int len;

	start_lab();
	lab_update_request(&a, NULL, 0);
	len = gtpc_v1_write_cause_response(data, sizeof(data), GTPC_V1_UPDATE_PDP_RESPONSE,
					   a.sequence, a.control_sgsn, GTPC_V1_CAUSE_NON_EXISTENT);
	memcpy(data + len, (const uint8_t[]){14, 11}, 2);
	data[3] = (uint8_t)(len + 2 - 8);
	lab_give(DATAPATH_CORE, 2, 1, data, (size_t)len + 2);
	sweep();
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	CU_ASSERT_FALSE(is_there(&b));
	CU_ASSERT_EQUAL(lab_count(SESSION_GSN_RESTARTS), 1);
	lab_stop();
}

/* --- Echo --- */

static void echo_response_tells_of_a_restart(void)
{
	start_lab();
	echo(DATAPATH_ACCESS, 1, 2, GTPC_V1_ECHO_REQUEST, 900, 0);
	echo(DATAPATH_CORE, 2, 1, GTPC_V1_ECHO_RESPONSE, 900, 11);
	sweep();
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	CU_ASSERT_TRUE(is_there(&other_sgsn));
	CU_ASSERT_TRUE(is_there(&other_ggsn));
	CU_ASSERT_EQUAL(lab_count(SESSION_GSN_RESTARTS), 1);
	lab_stop();
}

static void echo_response_that_nobody_asked_for_tells_nothing(void)
{
	start_lab();
	echo(DATAPATH_CORE, 2, 1, GTPC_V1_ECHO_RESPONSE, 900, 11);
	expect_all_there();
	lab_stop();
}

static void echo_response_with_another_sequence_number_tells_nothing(void)
{
	start_lab();
	echo(DATAPATH_ACCESS, 1, 2, GTPC_V1_ECHO_REQUEST, 900, 0);
	echo(DATAPATH_CORE, 2, 1, GTPC_V1_ECHO_RESPONSE, 901, 11);
	expect_all_there();
	lab_stop();
}

static void echo_response_from_the_side_of_its_request_tells_nothing(void)
{
	start_lab();
	echo(DATAPATH_ACCESS, 1, 2, GTPC_V1_ECHO_REQUEST, 900, 0);
	echo(DATAPATH_ACCESS, 2, 1, GTPC_V1_ECHO_RESPONSE, 900, 11);
	expect_all_there();
	lab_stop();
}

static void echo_response_of_another_gsn_tells_nothing(void)
{
	start_lab();
	echo(DATAPATH_ACCESS, 1, 4, GTPC_V1_ECHO_REQUEST, 900, 0);
	echo(DATAPATH_CORE, 2, 1, GTPC_V1_ECHO_RESPONSE, 900, 11);
	expect_all_there();
	lab_stop();
}

static void echo_response_counts_once(void)
{
	start_lab();
	echo(DATAPATH_ACCESS, 1, 2, GTPC_V1_ECHO_REQUEST, 900, 0);
	echo(DATAPATH_CORE, 2, 1, GTPC_V1_ECHO_RESPONSE, 900, 10);
	echo(DATAPATH_CORE, 2, 1, GTPC_V1_ECHO_RESPONSE, 900, 11);
	expect_all_there();
	lab_stop();
}

/* A flood of them pushes no Create Request out that waits for its response. */
static void echo_request_of_a_stranger_is_not_remembered(void)
{
	start_lab();
	echo(DATAPATH_ACCESS, 1, 99, GTPC_V1_ECHO_REQUEST, 900, 0);
	echo(DATAPATH_ACCESS, 66, 2, GTPC_V1_ECHO_REQUEST, 901, 0);
	CU_ASSERT_EQUAL(transactions_count(lab.store), 0);
	lab_stop();
}

UNIT_MAIN("session_recovery", TEST(restart_of_a_ggsn_ends_the_sessions_between_the_two_addresses),
	  TEST(restart_of_an_sgsn_ends_the_sessions_between_the_two_addresses),
	  TEST(session_made_under_the_new_counter_survives),
	  TEST(session_made_under_another_counter_than_the_new_one_ends),
	  TEST(context_made_anew_under_the_new_counter_survives),
	  TEST(restart_of_a_ggsn_is_seen_by_each_of_its_peers),
	  TEST(ggsn_with_a_counter_for_each_peer_has_not_restarted),
	  TEST(restart_over_ipv6_is_seen), TEST(restart_is_said_once),
	  TEST(context_that_is_made_anew_survives), TEST(new_session_may_have_an_old_tunnel),
	  TEST(session_that_moves_to_the_restarted_sgsn_survives),
	  TEST(session_that_leaves_the_sgsn_before_its_restart_survives),
	  TEST(session_that_is_being_deleted_ends_once),
	  TEST(second_restart_ends_what_came_after_the_first), TEST(counts_outlive_a_restart),
	  TEST(sessions_end_a_few_at_a_time), TEST(sessions_end_no_faster_than_the_disk_takes_it),
	  TEST(sessions_end_when_the_disk_fails), TEST(restart_during_a_sweep_is_seen_as_well),
	  TEST(message_does_not_wait_for_the_sweep), TEST(counter_rolls_over),
	  TEST(late_message_is_no_restart), TEST(late_message_around_zero_is_no_restart),
	  TEST(counter_from_before_all_sessions_ends_none),
	  TEST(first_counter_after_our_own_restart_is_noted), TEST(refused_request_tells_nothing),
	  TEST(request_tells_nothing_before_its_response),
	  TEST(response_that_nobody_asked_for_tells_nothing),
	  TEST(message_speaks_of_its_sender_alone), TEST(gsn_is_one_on_its_side_alone),
	  TEST(counter_in_a_request_tells_nothing),
	  TEST(answers_to_an_address_without_sessions_end_none),
	  TEST(counter_that_repeats_the_request_tells_nothing),
	  TEST(counters_of_strangers_take_no_places), TEST(unprotected_context_tells_of_a_restart),
	  TEST(ggsn_that_knows_the_context_no_more_tells_of_its_restart),
	  TEST(echo_response_tells_of_a_restart),
	  TEST(echo_response_that_nobody_asked_for_tells_nothing),
	  TEST(echo_response_with_another_sequence_number_tells_nothing),
	  TEST(echo_response_from_the_side_of_its_request_tells_nothing),
	  TEST(echo_response_of_another_gsn_tells_nothing), TEST(echo_response_counts_once),
	  TEST(echo_request_of_a_stranger_is_not_remembered))
