/* SPDX-License-Identifier: BSD-3-Clause */
/* What outlives the process: COUNTs are reserved on disk before they are used, and sessions are there again
 * after a restart. The lab's workers use no COUNT that may not be used, and check each against all that were
 * used before, by whatever process. */
#include "session_lab.h"

#include <errno.h>

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

static uint32_t ceiling_of(enum e2m_direction direction)
{
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	return flow_of(direction)->places[view.slot].ceiling.ceiling;
}

static uint32_t count_of(enum e2m_direction direction)
{
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	return flow_of(direction)->places[view.slot].count;
}

/* Uses COUNTs as a worker does: up to the ceiling, asking for more half-way. */
static void use(enum e2m_direction direction, uint32_t packets)
{
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	while (packets > 0) {
		struct lab_flow *flow = flow_of(direction);
		const uint32_t allowed = lab_allowed(flow, view.slot);
		const uint32_t now = packets < allowed ? packets : allowed;
		lab_use(flow, view.slot, now);
		packets -= now;
		if (flow->places[view.slot].count >= flow->places[view.slot].ceiling.mark ||
		    packets > 0) {
			lab_low(flow, view.slot, flow->places[view.slot].count + (packets > 0));
			lab_settle();
			lab_save();
		}
	}
}

static void configure(void)
{
	context = lab_context(1);
	lab_defaults();
	lab.config.is_durable = true;
	lab.config.count_block = 1 << 16;
}

static void start(void)
{
	configure();
	lab_open();
}

/* A session that is on disk, with its keyset ready and nothing used. */
static void start_ready(void)
{
	start();
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	lab_save();
	lab_make_ready(&context);
	lab_save();
}

/* --- reservations --- */

static void nothing_is_used_before_it_is_on_disk(void)
{
	start();
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
	CU_ASSERT_EQUAL(ceiling_of(E2M_UPLINK), 0);
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 0);
	CU_ASSERT_TRUE(lab_write());
	lab_settle();
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 0);
	lab_written(0);
	lab_settle();
	CU_ASSERT_EQUAL(ceiling_of(E2M_UPLINK), 1); /* for the packet that made it ready */
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 4);
	lab_stop();
}

static void what_the_first_packets_need_is_reserved_before_they_have_their_key(void)
{
	start();
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	lab_save();
	CU_ASSERT_EQUAL(lab.asked, 0);
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 4);
	/* Nothing uplink before there is a packet: what a crash takes from it is the UE's. */
	CU_ASSERT_EQUAL(ceiling_of(E2M_UPLINK), 0);
	lab_miss(flow_of(E2M_UPLINK), 0);
	lab_settle();
	lab_save();
	CU_ASSERT_EQUAL(ceiling_of(E2M_UPLINK), 1);
	lab_answer_all();
	lab_settle();
	CU_ASSERT_EQUAL(lab_allowed(flow_of(E2M_UPLINK), 0), 1);
	CU_ASSERT_EQUAL(lab_allowed(flow_of(E2M_DOWNLINK), 0), 4);
	lab_stop();
}

static void more_is_there_when_the_disk_has_it(void)
{
	start_ready();
	lab_use(flow_of(E2M_DOWNLINK), 0, 3);
	lab_low(flow_of(E2M_DOWNLINK), 0, 3);
	lab_settle();
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 4);
	CU_ASSERT_TRUE(lab_write());
	lab_written(0);
	lab_settle();
	CU_ASSERT_TRUE(ceiling_of(E2M_DOWNLINK) > 4);
	CU_ASSERT_EQUAL(ceiling_of(E2M_UPLINK), 1);
	CU_ASSERT_EQUAL(lab_record(1)->keysets[0].ceiling[E2M_DOWNLINK], ceiling_of(E2M_DOWNLINK));
	CU_ASSERT_FALSE(lab_write());
	lab_stop();
}

static void a_question_that_was_answered_meanwhile_asks_for_nothing(void)
{
	start_ready();
	lab_use(flow_of(E2M_DOWNLINK), 0, 3);
	lab_low(flow_of(E2M_DOWNLINK), 0, 3);
	struct lab_flow before = *flow_of(E2M_DOWNLINK);
	lab_settle();
	lab_save();
	CU_ASSERT_NOT_EQUAL(before.places[0].ceiling.ceiling, ceiling_of(E2M_DOWNLINK));
	const uint32_t ceiling = ceiling_of(E2M_DOWNLINK);
	flow_of(E2M_DOWNLINK)->places[0].ceiling = before.places[0].ceiling;
	lab_low(flow_of(E2M_DOWNLINK), 0, 4);
	flow_of(E2M_DOWNLINK)->places[0].ceiling.ceiling = ceiling;
	lab_settle();
	CU_ASSERT_FALSE(lab_write());
	lab_stop();
}

static void a_disk_that_fails_holds_up_what_needs_it_and_nothing_else(void)
{
	struct session_totals totals;

	start_ready();
	lab_low(flow_of(E2M_DOWNLINK), 0, 3);
	lab_settle();
	CU_ASSERT_TRUE(lab_write());
	lab_written(ENOSPC);
	lab_settle();
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 4);
	session_totals(lab.store, &totals);
	CU_ASSERT_EQUAL(totals.state_error, ENOSPC);
	CU_ASSERT_EQUAL(lab.warnings, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(lab.last_warning, "No space left on device"));
	/* Not at once again, and said once. */
	CU_ASSERT_FALSE(lab_write());
	lab_pass(1000);
	CU_ASSERT_TRUE(lab_write());
	lab_written(ENOSPC);
	CU_ASSERT_EQUAL(lab.warnings, 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_STATE_FAILURES), 2);
	lab_use(flow_of(E2M_DOWNLINK), 0, 4);
	lab_pass(1000);
	CU_ASSERT_TRUE(lab_write());
	lab_written(0);
	lab_settle();
	CU_ASSERT_TRUE(ceiling_of(E2M_DOWNLINK) > 4);
	CU_ASSERT_EQUAL(lab.warnings, 2);
	session_totals(lab.store, &totals);
	CU_ASSERT_EQUAL(totals.state_error, 0);
	lab_stop();
}

static void what_is_used_fast_is_reserved_far_ahead(void)
{
	uint32_t before, writes;

	start_ready();
	use(E2M_DOWNLINK, 2000);
	before = count_of(E2M_DOWNLINK);
	writes = (uint32_t)lab_count(SESSION_STATE_WRITES);
	use(E2M_DOWNLINK, 10000);
	/* A quarter of what CTR can tell apart, each time. */
	CU_ASSERT_TRUE(lab_count(SESSION_STATE_WRITES) - writes <= 10000 / 256 + 2);
	CU_ASSERT_TRUE(ceiling_of(E2M_DOWNLINK) - count_of(E2M_DOWNLINK) <= 512);
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), before + 10000);
	/* And when it is used slowly again, little by little. */
	for (int i = 0; i < 600; i++) {
		use(E2M_DOWNLINK, 1);
		lab_pass(8000);
		lab_settle();
		lab_save();
	}
	CU_ASSERT_TRUE(ceiling_of(E2M_DOWNLINK) - count_of(E2M_DOWNLINK) <= 4);
	lab_stop();
}

/* A worker has used all COUNTs that it may, ms after the last reservation, and asks for COUNTs below needed. */
static void ask_after(enum e2m_direction direction, uint64_t ms, uint32_t needed)
{
	struct lab_flow *flow = flow_of(direction);

	lab_use(flow, 0, lab_allowed(flow, 0));
	lab_pass(ms);
	lab_low(flow, 0, needed);
	lab_settle();
	lab_save();
}

/* Downlink: 2 s of the rate at which the last reservation was used, rounded up to a power of two. */
static void downlink_is_reserved_for_two_seconds(void)
{
	start_ready();
	ask_after(E2M_DOWNLINK, 640, 4); /* 4 in 640 ms: 12.5 in 2 s */
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 4 + 16);
	ask_after(E2M_DOWNLINK, 640, 4 + 16); /* 16 in 640 ms: 50 in 2 s */
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 20 + 64);
	ask_after(E2M_DOWNLINK, 6400, 20 + 64); /* 64 in 6.4 s: 20 in 2 s */
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 84 + 32);
	lab_stop();
}

static void downlink_is_reserved_ahead_however_slow(void)
{
	start_ready();
	ask_after(E2M_DOWNLINK, 64000, 4);
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 4 + 4);
	lab_stop();
}

/* What is reserved uplink is lost in a crash: 250 ms of the rate are enough. */
static void uplink_is_reserved_for_a_quarter_of_a_second(void)
{
	start_ready();
	ask_after(E2M_UPLINK, 640, 1 + 20); /* 20 in 640 ms: 7.8 in 250 ms */
	CU_ASSERT_EQUAL(ceiling_of(E2M_UPLINK), 21 + 8);
	ask_after(E2M_UPLINK, 640, 21 + 8); /* 8 in 640 ms: 3.1 in 250 ms */
	CU_ASSERT_EQUAL(ceiling_of(E2M_UPLINK), 29 + 4);
	ask_after(E2M_UPLINK, 6400, 29 + 4); /* 4 in 6.4 s: none in 250 ms */
	CU_ASSERT_EQUAL(ceiling_of(E2M_UPLINK), 33);
	lab_stop();
}

/* A burst is no rate: eight times what was ahead, or eight times the least, and W/4 in the end. */
static void what_is_reserved_grows_eightfold_at_most(void)
{
	start_ready();
	ask_after(E2M_DOWNLINK, 0, 4);
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 4 + 8 * 4);
	ask_after(E2M_DOWNLINK, 0, 36);
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 36 + 8 * 32);
	ask_after(E2M_DOWNLINK, 0, 292);
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 292 + 511);
	ask_after(E2M_UPLINK, 640, 1 + 1000); /* 390 in 250 ms, and none was ahead */
	CU_ASSERT_EQUAL(ceiling_of(E2M_UPLINK), 1001 + 8 * 4);
	lab_stop();
}

/* Half of what is ahead is left when a worker asks again. */
static void more_is_asked_for_when_half_is_used(void)
{
	start_ready();
	CU_ASSERT_EQUAL(flow_of(E2M_DOWNLINK)->places[0].ceiling.mark, 4 - 2);
	ask_after(E2M_DOWNLINK, 0, 4);
	CU_ASSERT_EQUAL(flow_of(E2M_DOWNLINK)->places[0].ceiling.mark, 36 - 16);
	/* None is ahead, so a packet asks when it waits. */
	CU_ASSERT_EQUAL(flow_of(E2M_UPLINK)->places[0].ceiling.mark, 1);
	lab_stop();
}

static void what_is_asked_for_twice_grows_once(void)
{
	start_ready();
	lab_use(flow_of(E2M_DOWNLINK), 0, 4);
	lab_low(flow_of(E2M_DOWNLINK), 0, 4);
	lab_low(flow_of(E2M_DOWNLINK), 0, 5);
	lab_settle();
	lab_save();
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 5 + 8 * 4);
	lab_stop();
}

/* e2m.md 7: no ceiling is more than W/4 above the highest COUNT used. */
static bool is_within_a_quarter(enum e2m_direction direction)
{
	const uint32_t quarter = UINT32_C(1) << (1 + 8 * lab.config.counter_octets);

	/* count is one more than the highest COUNT used. */
	return ceiling_of(direction) - count_of(direction) < quarter;
}

static void what_is_reserved_fits_what_the_counter_can_tell_apart(void)
{
	for (uint8_t n = 0; n < 4; n++) {
		const uint32_t quarter = UINT32_C(1) << (1 + 8 * n);
		configure();
		lab.config.counter_octets = n;
		lab.config.count_block = UINT32_C(1) << 25;
		lab_open();
		lab_create(&context, lab_sqn(1), 1);
		lab_settle();
		lab_save();
		lab_make_ready(&context);
		for (unsigned i = 0; i < 200; i++) {
			use(E2M_DOWNLINK, 1 + (i < 20 ? quarter / 4 : 0));
			CU_ASSERT_TRUE(is_within_a_quarter(E2M_DOWNLINK));
			use(E2M_UPLINK, 1 + (i < 20 ? quarter / 4 : 0));
			CU_ASSERT_TRUE(is_within_a_quarter(E2M_UPLINK));
		}
		lab_stop();
	}
}

/* More waits than may be reserved, while what was reserved before is not used yet. */
static void what_waits_raises_no_ceiling_beyond_a_quarter(void)
{
	for (uint8_t n = 0; n < 4; n++) {
		const uint32_t quarter = UINT32_C(1) << (1 + 8 * n);
		configure();
		lab.config.counter_octets = n;
		lab.config.count_block = UINT32_C(1) << 25;
		lab_open();
		lab_create(&context, lab_sqn(1), 1);
		lab_settle();
		lab_save();
		lab_make_ready(&context);
		for (unsigned i = 0; i < 5; i++) {
			lab_low(flow_of(E2M_DOWNLINK), 0, count_of(E2M_DOWNLINK) + quarter + 100);
			lab_settle();
			lab_save();
			CU_ASSERT_TRUE(is_within_a_quarter(E2M_DOWNLINK));
			CU_ASSERT_TRUE(lab_allowed(flow_of(E2M_DOWNLINK), 0) > 0);
		}
		lab_stop();
	}
}

/* Its COUNTs may be far above: a ceiling there would leave the keyset of now without a COUNT after a crash. */
static void what_a_keyset_of_before_needs_raises_no_ceiling(void)
{
	configure();
	lab_open();
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	lab_save();
	lab_make_ready(&context);
	lab_settle();
	lab_save();
	for (unsigned d = 0; d < 2; d++) {
		const uint32_t ceiling = ceiling_of(d);

		lab_low_of_another_keyset(flow_of(d), 0, 1000000);
		lab_settle();
		lab_save();
		CU_ASSERT_EQUAL(ceiling_of(d), ceiling);
	}
	lab_stop();
}

static void the_configuration_bounds_what_is_reserved(void)
{
	configure();
	lab.config.count_block = 16;
	lab_open();
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	lab_save();
	lab_make_ready(&context);
	use(E2M_UPLINK, 1000);
	CU_ASSERT_TRUE(ceiling_of(E2M_UPLINK) - count_of(E2M_UPLINK) <= 16);
	lab_stop();
}

/* An uplink COUNT far ahead is authentic: others were lost on their way. */
static void a_jump_is_reserved_up_to_where_it_goes(void)
{
	start_ready();
	lab_low(flow_of(E2M_UPLINK), 0, 700);
	lab_settle();
	lab_save();
	CU_ASSERT_TRUE(ceiling_of(E2M_UPLINK) >= 700 && ceiling_of(E2M_UPLINK) <= 700 + 512);
	lab_stop();
}

static void the_end_of_count_is_no_ceiling_of_its_own(void)
{
	start_ready();
	lab_low(flow_of(E2M_UPLINK), 0, UINT32_MAX - 1);
	lab_settle();
	lab_save();
	CU_ASSERT_EQUAL(ceiling_of(E2M_UPLINK), UINT32_MAX);
	lab_stop();
}

/* What was on its way to the disk when a keyset left its place says nothing of the one that is there now. */
static void a_record_of_another_keyset_grants_nothing(void)
{
	start();
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_TRUE(lab_write());
	lab_update(&context, lab_sqn(2), 1);
	lab_settle();
	lab_written(0);
	lab_settle();
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 0);
	lab_save();
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 4);
	lab_stop();
}

static void a_record_of_another_subscriber_grants_nothing(void)
{
	start();
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_TRUE(lab_write());
	/* Until the place of the first subscriber is used again. */
	for (unsigned i = 2; view.id != 1 || i == 2; i++) {
		CU_ASSERT_TRUE_FATAL(i < 1000);
		lab_delete(&context);
		lab_settle();
		context = lab_context(i);
		lab_create(&context, lab_sqn(1), 1);
		lab_settle();
		CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	}
	lab_written(0);
	lab_settle();
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 0);
	lab_stop();
}

/* The disk knows whose keys it speaks of, and the session does not yet. */
static void a_record_of_known_keys_grants_nothing_to_a_name(void)
{
	configure();
	lab_open();
	lab.next.lifetime_s = 100;
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	lab_save();
	lab_make_ready(&context);
	lab_save();
	lab_pass(101000);
	lab_settle();
	CU_ASSERT_TRUE(lab_write());
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	lab_written(0);
	lab_settle();
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 0);
	lab_save();
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 4);
	lab_stop();
}

/* --- restarts --- */

static void a_session_is_there_again_after_a_crash(void)
{
	start_ready();
	use(E2M_UPLINK, 3);
	use(E2M_DOWNLINK, 2);
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	const struct session_view before = view;
	lab_crash();
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "flushed");
	CU_ASSERT_TRUE(tunnel_is_equal(&view.uplink.tunnel, &before.uplink.tunnel));
	CU_ASSERT_TRUE(tunnel_is_equal(&view.downlink.tunnel, &before.downlink.tunnel));
	CU_ASSERT_EQUAL(memcmp(&view.keyset, &before.keyset, sizeof(view.keyset)), 0);
	CU_ASSERT_EQUAL(view.key_id, before.key_id);
	CU_ASSERT_EQUAL(view.eea, before.eea);
	CU_ASSERT_EQUAL(lab_count(SESSION_RESTORED), 1);
	/* Nobody asked for keys yet. */
	CU_ASSERT_EQUAL(lab.asked, 1);
	lab_make_ready(&context);
	CU_ASSERT_EQUAL(lab.asked, 2);
	use(E2M_UPLINK, 100);
	use(E2M_DOWNLINK, 100);
	lab_stop();
}

static void all_below_the_ceiling_counts_as_used_after_a_crash(void)
{
	start_ready();
	lab_use(flow_of(E2M_UPLINK), 0, 1);
	lab_crash();
	CU_ASSERT_EQUAL(count_of(E2M_UPLINK), 1);
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 4);
	CU_ASSERT_EQUAL(ceiling_of(E2M_UPLINK), 1);
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 4);
	lab_stop();
}

/* One packet an hour: whenever the process ends, the next one is taken. */
static void a_slow_ue_loses_nothing_in_crashes(void)
{
	start_ready();
	for (uint32_t i = 1; i <= 20; i++) {
		use(E2M_UPLINK, 1);
		CU_ASSERT_EQUAL(count_of(E2M_UPLINK), i);
		lab_crash();
		CU_ASSERT_EQUAL(count_of(E2M_UPLINK), i);
		lab_pass(3600000);
		lab_make_ready(&context);
		lab_save();
	}
	lab_stop();
}

static void a_burst_uplink_is_no_rate(void)
{
	start_ready();
	for (int i = 0; i < 40; i++)
		use(E2M_UPLINK, 1);
	CU_ASSERT_TRUE(ceiling_of(E2M_UPLINK) <= 40 + 64);
	lab_pass(2000);
	/* And is forgotten when it is over. */
	for (int i = 0; i < 100; i++) {
		use(E2M_UPLINK, 1);
		lab_pass(500);
	}
	CU_ASSERT_EQUAL(ceiling_of(E2M_UPLINK), count_of(E2M_UPLINK));
	lab_stop();
}

static void a_clean_stop_skips_nothing(void)
{
	start_ready();
	lab_use(flow_of(E2M_UPLINK), 0, 1);
	use(E2M_DOWNLINK, 37);
	lab_restart();
	CU_ASSERT_EQUAL(count_of(E2M_UPLINK), 1);
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 37);
	lab_make_ready(&context);
	use(E2M_UPLINK, 5);
	use(E2M_DOWNLINK, 5);
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 42);
	lab_stop();
}

/* A packet waits, and more COUNTs are on their way to the disk. */
static void a_stop_lets_no_more_be_used_than_it_writes(void)
{
	start_ready();
	lab_use(flow_of(E2M_DOWNLINK), 0, 4);
	lab_low(flow_of(E2M_DOWNLINK), 0, 5);
	lab_settle();
	CU_ASSERT_TRUE(lab_write());
	session_conclude(lab.store);
	lab_written(0);
	while (lab_write())
		lab_written(0);
	lab_settle();
	CU_ASSERT_EQUAL(lab_allowed(flow_of(E2M_DOWNLINK), 0), 0);
	CU_ASSERT_EQUAL(lab_record(1)->keysets[0].ceiling[E2M_DOWNLINK], 4);
	lab_stop();
}

/* Its COUNTs are on their way from the workers. */
static void a_stop_in_the_midst_of_an_operation_skips_and_repeats_nothing(void)
{
	start_ready();
	lab_use(flow_of(E2M_DOWNLINK), 0, 3);
	lab_low(flow_of(E2M_DOWNLINK), 0, 3);
	lab_settle();
	context.down = 0x7777;
	lab_move(&context);
	session_conclude(lab.store);
	CU_ASSERT_TRUE(lab_write());
	lab_written(0);
	CU_ASSERT_TRUE(lab_record(1)->keysets[0].ceiling[E2M_DOWNLINK] >= 3);
	lab_crash();
	lab_make_ready(&context);
	lab_stop();
}

/* A packet of each process has its keys pulled, and is none of the UE's. */
static void what_is_not_authentic_raises_no_uplink_ceiling_after_a_crash(void)
{
	uint32_t ceiling;

	start_ready();
	use(E2M_UPLINK, 10);
	ceiling = ceiling_of(E2M_UPLINK);
	for (int i = 0; i < 5; i++) {
		lab_crash();
		lab_make_ready(&context);
		lab_save();
		CU_ASSERT_EQUAL(count_of(E2M_UPLINK), ceiling);
		CU_ASSERT_EQUAL(ceiling_of(E2M_UPLINK), ceiling);
	}
	lab_stop();
}

static void crashes_in_a_row_skip_no_more_than_one(void)
{
	uint32_t ceiling;

	start_ready();
	use(E2M_DOWNLINK, 100);
	ceiling = ceiling_of(E2M_DOWNLINK);
	for (int i = 0; i < 5; i++) {
		lab_crash();
		lab_save();
		CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), ceiling);
		CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), ceiling);
	}
	lab_stop();
}

/* What a packet needs after a restart is reserved beside the pull, in its direction alone. */
static void the_first_packet_after_a_restart_reserves_its_direction(void)
{
	start_ready();
	lab_crash();
	lab_miss(flow_of(E2M_DOWNLINK), 0);
	lab_settle();
	lab_save();
	CU_ASSERT_EQUAL(ceiling_of(E2M_DOWNLINK), 8);
	CU_ASSERT_EQUAL(ceiling_of(E2M_UPLINK), 1);
	/* The other direction's worker knows that nobody has asked. */
	CU_ASSERT_TRUE(flow_of(E2M_UPLINK)->places[0].ceiling.mark <= 1);
	lab_answer_all();
	lab_settle();
	CU_ASSERT_TRUE(flow_of(E2M_UPLINK)->places[0].ceiling.mark <= 1);
	lab_low(flow_of(E2M_UPLINK), 0, 5);
	lab_settle();
	lab_save();
	CU_ASSERT_TRUE(ceiling_of(E2M_UPLINK) > 4);
	lab_stop();
}

static void other_keys_under_the_name_are_refused_after_a_restart(void)
{
	start_ready();
	use(E2M_DOWNLINK, 10);
	lab_crash();
	lab.answers_with = 7;
	lab_make_ready(&context);
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "other_keys");
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_CHANGED), 1);
	lab_stop();
}

static void a_session_that_never_was_on_disk_is_lost(void)
{
	start();
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
	CU_ASSERT_EQUAL(lab_allowed(flow_of(E2M_DOWNLINK), 0), 0);
	lab_crash();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	lab_save();
	lab_make_ready(&context);
	use(E2M_DOWNLINK, 1);
	lab_stop();
}

static void a_restored_session_is_moved_and_deleted_like_any_other(void)
{
	start_ready();
	use(E2M_DOWNLINK, 10);
	lab_crash();
	context.down = 0x7777;
	lab_move(&context);
	lab_settle();
	lab_save();
	lab_crash();
	lab_make_ready(&context);
	use(E2M_DOWNLINK, 10);
	lab_delete(&context);
	lab_settle();
	lab_save();
	CU_ASSERT_PTR_NULL(lab_record(1));
	lab_crash();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void a_restored_session_can_be_rekeyed(void)
{
	start_ready();
	use(E2M_DOWNLINK, 10);
	lab_crash();
	lab_update(&context, lab_sqn(2), 2);
	lab_settle();
	lab_save();
	lab_make_ready(&context);
	lab_authenticated(flow_of(E2M_UPLINK), 1);
	lab_settle();
	lab_save();
	use(E2M_DOWNLINK, 10);
	lab_crash();
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	CU_ASSERT_EQUAL(view.key_id, 2);
	CU_ASSERT_EQUAL(flow_of(E2M_DOWNLINK)->in_use, view.slot);
	lab_make_ready(&context);
	use(E2M_DOWNLINK, 10);
	lab_stop();
}

static void a_changeover_goes_on_after_a_restart(void)
{
	start_ready();
	lab_update(&context, lab_sqn(2), 2);
	lab_settle();
	lab_save();
	lab_crash();
	CU_ASSERT_EQUAL(flow_of(E2M_DOWNLINK)->in_use, 0);
	CU_ASSERT_EQUAL(flow_of(E2M_UPLINK)->places[0].key_id, 1);
	CU_ASSERT_EQUAL(flow_of(E2M_UPLINK)->places[1].key_id, 2);
	lab_pass(10000 + LAB_LATE_MS);
	lab_answer_all();
	lab_settle();
	CU_ASSERT_EQUAL(flow_of(E2M_DOWNLINK)->in_use, 1);
	lab_stop();
}

static void two_contexts_of_one_subscriber_are_there_again(void)
{
	struct lab_context secondary = lab_context(2);

	start_ready();
	secondary.subscriber = 1;
	secondary.nsapi = 6;
	lab_create(&secondary, lab_sqn(1), 1);
	lab_settle();
	lab_save();
	lab_crash();
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	CU_ASSERT_TRUE(lab_view(&secondary, &view));
	lab_stop();
}

static void a_lifetime_does_not_begin_anew(void)
{
	configure();
	lab_open();
	lab.next.lifetime_s = 600;
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	lab_save();
	lab_make_ready(&context);
	lab_pass(400000);
	lab_save();
	lab_crash();
	lab_make_ready(&context);
	lab_pass(190000);
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_EXPIRED), 0);
	lab_pass(15000);
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_EXPIRED), 1);
	/* It stays so. */
	lab_save();
	lab_crash();
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "expired");
	lab_pass(60000);
	CU_ASSERT_STRING_EQUAL(view.state, "expired");
	lab_stop();
}

static void a_state_that_is_too_large_is_not_read(void)
{
	struct state_session record = {.id = 1000, .serial = 1, .imsi = lab_imsi(1), .nsapi = 5};

	start();
	CU_ASSERT_EQUAL(session_restore(lab.store, &record), -ENOSPC);
	lab_stop();
}

/* The disk forgets after it has written what took the place. Sessions of before go on, and no other finds room. */
static void a_state_with_more_counts_than_places_is_read(void)
{
	struct lab_context another = lab_context(3);
	const struct state_session session = {
		.id = 1, .serial = 1, .imsi = lab_imsi(1), .nsapi = 5};
	struct state_counts counts = {.imsi = lab_imsi(1), .bearer = 5};

	start();
	for (unsigned i = 0; i < lab.config.max * SESSION_COUNTS_REMEMBERED; i++) {
		counts.fingerprint[0] = (uint8_t)i;
		counts.fingerprint[1] = (uint8_t)(1 + i / 256);
		CU_ASSERT_EQUAL(session_restore_counts(lab.store, &counts), 0);
	}
	for (unsigned i = 0; i < 3; i++) {
		counts.fingerprint[2] = (uint8_t)(1 + i);
		CU_ASSERT_EQUAL(session_restore_counts(lab.store, &counts), 0);
	}
	CU_ASSERT_EQUAL(session_restore(lab.store, &session), 0);
	lab_create(&another, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_FULL), 1);
	lab_stop();
}

static void places_between_are_used_again(void)
{
	struct lab_context c[4];

	start();
	for (unsigned i = 0; i < 4; i++) {
		c[i] = lab_context(i);
		lab_create(&c[i], lab_sqn(1), 1);
	}
	lab_settle();
	lab_delete(&c[0]);
	lab_delete(&c[2]);
	lab_settle();
	lab_save();
	lab_crash();
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	for (unsigned i = 4; i < 4 + 14; i++) {
		struct lab_context other = lab_context(i % LAB_SUBSCRIBERS);
		other.nsapi = (uint8_t)(i < LAB_SUBSCRIBERS ? 5 : 6);
		other.up += 100, other.down += 100;
		other.control_sgsn += 100, other.control_ggsn += 100;
		lab_create(&other, lab_sqn(1), 1);
	}
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 16);
	lab_stop();
}

/* --- messages that wait for the disk --- */

static void a_response_leaves_when_its_session_is_on_disk(void)
{
	uint64_t response;

	start();
	response = lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_HELD);
	CU_ASSERT_TRUE(lab_write());
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_HELD);
	lab_written(0);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	lab_crash();
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_stop();
}

static void a_batch_that_was_on_its_way_before_is_not_enough(void)
{
	struct lab_context other = lab_context(2);
	uint64_t first, second;

	start();
	first = lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_TRUE(lab_write());
	second = lab_create(&other, lab_sqn(1), 1);
	lab_settle();
	lab_written(0);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(first), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_fate(second), LAB_HELD);
	lab_save();
	CU_ASSERT_EQUAL(lab_fate(second), LAB_LEFT);
	lab_stop();
}

static void a_move_leaves_when_it_is_on_disk(void)
{
	uint64_t response;

	start_ready();
	context.down += 100;
	response = lab_move(&context);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_HELD);
	lab_save();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_record(1)->tunnel[E2M_DOWNLINK].teid, context.down);
	lab_stop();
}

static void a_message_without_a_session_waits_for_nothing(void)
{
	uint64_t response;

	start();
	lab_create_request(&context, NULL, 0);
	response = lab_response(&context, GTPC_V1_CREATE_PDP_RESPONSE, 199); /* no resources */
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	lab_stop();
}

static void a_disk_that_fails_holds_up_no_message(void)
{
	struct lab_context other = lab_context(2);
	uint64_t first, second;

	start();
	first = lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_TRUE(lab_write());
	lab_written(ENOSPC);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(first), LAB_LEFT);
	second = lab_create(&other, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(second), LAB_LEFT);
	/* And both are on disk as soon as it takes something again. */
	lab_pass(1000);
	lab_save();
	lab_crash();
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	lab_stop();
}

/* --- keysets that sessions have left --- */

static void what_a_removed_session_used_is_remembered(void)
{
	start_ready();
	use(E2M_UPLINK, 10);
	use(E2M_DOWNLINK, 20000);
	lab_delete(&context);
	lab_settle();
	lab_save();
	CU_ASSERT_EQUAL_FATAL(lab.disk.counts_count, 1);
	CU_ASSERT_EQUAL(lab.disk.counts[0].ceiling[E2M_UPLINK], 10);
	CU_ASSERT_EQUAL(lab.disk.counts[0].ceiling[E2M_DOWNLINK], 20000);
	lab_crash();
	lab_create(&context, lab_rand(1), 1);
	lab_settle();
	lab_save();
	lab_make_ready(&context);
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 20000);
	CU_ASSERT_TRUE(lab_write());
	lab_written(0);
	lab_settle();
	CU_ASSERT_TRUE(lab_allowed(flow_of(E2M_DOWNLINK), 0) > 0);
	lab_save();
	use(E2M_DOWNLINK, 10);
	/* The session has them now. */
	CU_ASSERT_EQUAL(lab.disk.counts_count, 0);
	lab_crash();
	lab_make_ready(&context);
	use(E2M_DOWNLINK, 10);
	lab_stop();
}

static void a_keyset_that_leaves_is_bounded_until_its_counts_are_here(void)
{
	start_ready();
	lab_use(flow_of(E2M_DOWNLINK), 0, 2);
	lab_update(&context, lab_sqn(2), 1); /* takes its place */
	/* Nothing of what the workers say has come. */
	lab_execute(0), lab_execute(1);
	while (lab_write())
		lab_written(0);
	lab_crash();
	CU_ASSERT_TRUE(lab.disk.counts_count == 0 || lab.disk.counts[0].ceiling[1] >= 2);
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	lab_save();
	lab_make_ready(&context);
	use(E2M_DOWNLINK, 1);
	lab_stop();
}

static void a_nameless_reservation_counts_for_all_keysets(void)
{
	start();
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	lab_save();
	lab_make_ready(&context);
	/* Used, and the process ends before the disk knows whose keys they were. */
	lab_use(flow_of(E2M_DOWNLINK), 0, 2);
	lab_crash();
	CU_ASSERT_FALSE(lab_record(1)->keysets[0].flags & STATE_KEYSET_KNOWN);
	/* The session ends before anybody pulls them again. */
	lab_delete(&context);
	lab_settle();
	lab_save();
	lab_crash();
	lab_create(&context, lab_rand(1), 1);
	lab_settle();
	lab_save();
	lab_make_ready(&context);
	use(E2M_DOWNLINK, 1);
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 5);
	lab_stop();
}

static void a_name_without_keys_counts_for_the_keyset_beside_it(void)
{
	start();
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	lab_save();
	lab_make_ready(&context);
	lab_use(flow_of(E2M_DOWNLINK), 0, 2);
	lab_crash();
	/* The same keys by their other name, before anybody pulls them by the first. */
	lab_update(&context, lab_rand(1), 2);
	lab_settle();
	lab_save();
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	lab_miss(flow_of(E2M_UPLINK), view.slot);
	lab_settle();
	CU_ASSERT_EQUAL_FATAL(lab.asked, 2);
	lab_answer(1, KEYSOURCE_FOUND);
	lab_settle();
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 4);
	lab_stop();
}

static void the_time_of_the_disk_goes_on_without_changes(void)
{
	start_ready();
	CU_ASSERT_FALSE(lab_write());
	lab_pass(61000);
	CU_ASSERT_TRUE(lab_write());
	lab_written(0);
	CU_ASSERT_TRUE(lab.disk.age_s >= 60 && lab.disk.age_s <= 62);
	CU_ASSERT_FALSE(lab_write());
	lab_stop();
}

static void counts_are_remembered_for_their_time_of_running(void)
{
	configure();
	lab.memory = RETENTION_SHORT;
	lab_open();
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	lab_save();
	lab_make_ready(&context);
	lab_save();
	use(E2M_DOWNLINK, 20);
	lab_delete(&context);
	lab_settle();
	lab_save();
	lab_pass(300000);
	lab_save();
	lab_crash();
	lab_pass(55000);
	lab_save();
	CU_ASSERT_EQUAL(lab.disk.counts_count, 1);
	CU_ASSERT_EQUAL(lab.disk.retention_count, 1);
	lab_pass(65000);
	lab_save();
	CU_ASSERT_EQUAL(lab.disk.counts_count, 0);
	CU_ASSERT_EQUAL(lab.disk.retention_count, 0);
	lab_stop();
}

/* Two records of a subscriber, and of a tunnel: the process ended between two batches. */
static void the_later_of_two_sessions_is_right(void)
{
	start_ready();
	use(E2M_DOWNLINK, 10);
	lab.disk.sessions[1].serial = 50;
	lab.disk.sessions[5] = lab.disk.sessions[1];
	lab.disk.sessions[5].id = 5;
	lab.disk.sessions[5].serial++;
	lab.disk.sessions[5].keysets[0].ceiling[E2M_DOWNLINK] = 3;
	lab.disk.sessions[7] = lab.disk.sessions[1];
	lab.disk.sessions[7].id = 7;
	lab.disk.sessions[7].imsi = lab_imsi(3);
	lab.disk.sessions[7].serial--;
	lab_crash();
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	CU_ASSERT_EQUAL(view.id, 5);
	CU_ASSERT_TRUE(view.uplink.live && view.downlink.live);
	CU_ASSERT_TRUE(count_of(E2M_DOWNLINK) >= 10);
	lab_save();
	CU_ASSERT_EQUAL(lab.disk.sessions[1].id, 0);
	CU_ASSERT_FALSE(lab.disk.sessions[7].has_tunnel[UP]);
	CU_ASSERT_FALSE(lab.disk.sessions[7].has_tunnel[DOWN]);
	lab_crash();
	CU_ASSERT_TRUE(count_of(E2M_DOWNLINK) >= 10);
	lab_make_ready(&context);
	use(E2M_DOWNLINK, 10);
	lab_stop();
}

static void without_a_disk_nothing_is_told(void)
{
	struct state_batch *batch = state_batch_new(4);

	context = lab_context(1);
	lab_start();
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
	lab_use(flow_of(E2M_UPLINK), 0, 100000);
	CU_ASSERT_FALSE(session_collect(lab.store, batch));
	lab_stop();
	state_batch_free(batch);
}

/* The next session may have taken its COUNTs over, and have another place. */
static void record_of_an_ended_session_stays_until_all_that_came_after_it_is_on_disk(void)
{
	start_ready();
	use(E2M_DOWNLINK, 10);
	lab_save();
	lab_delete(&context);
	lab_settle();
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
	lab.disk.batch->room = 1;
	while (lab_write()) {
		lab_written(0);
		CU_ASSERT_TRUE(lab_record(context.subscriber) || lab.disk.counts_count > 0);
	}
	lab_stop();
}

UNIT_MAIN("session-state", TEST(nothing_is_used_before_it_is_on_disk),
	  TEST(what_the_first_packets_need_is_reserved_before_they_have_their_key),
	  TEST(more_is_there_when_the_disk_has_it),
	  TEST(a_question_that_was_answered_meanwhile_asks_for_nothing),
	  TEST(a_disk_that_fails_holds_up_what_needs_it_and_nothing_else),
	  TEST(what_is_used_fast_is_reserved_far_ahead), TEST(downlink_is_reserved_for_two_seconds),
	  TEST(downlink_is_reserved_ahead_however_slow),
	  TEST(uplink_is_reserved_for_a_quarter_of_a_second),
	  TEST(what_is_reserved_grows_eightfold_at_most), TEST(more_is_asked_for_when_half_is_used),
	  TEST(what_is_asked_for_twice_grows_once),
	  TEST(what_is_reserved_fits_what_the_counter_can_tell_apart),
	  TEST(what_waits_raises_no_ceiling_beyond_a_quarter),
	  TEST(what_a_keyset_of_before_needs_raises_no_ceiling),
	  TEST(the_configuration_bounds_what_is_reserved),
	  TEST(a_jump_is_reserved_up_to_where_it_goes),
	  TEST(the_end_of_count_is_no_ceiling_of_its_own),
	  TEST(a_record_of_another_keyset_grants_nothing),
	  TEST(a_record_of_another_subscriber_grants_nothing),
	  TEST(a_record_of_known_keys_grants_nothing_to_a_name),
	  TEST(a_session_is_there_again_after_a_crash),
	  TEST(a_stop_in_the_midst_of_an_operation_skips_and_repeats_nothing),
	  TEST(all_below_the_ceiling_counts_as_used_after_a_crash),
	  TEST(a_slow_ue_loses_nothing_in_crashes), TEST(a_burst_uplink_is_no_rate),
	  TEST(a_clean_stop_skips_nothing), TEST(a_stop_lets_no_more_be_used_than_it_writes),
	  TEST(what_is_not_authentic_raises_no_uplink_ceiling_after_a_crash),
	  TEST(crashes_in_a_row_skip_no_more_than_one),
	  TEST(the_first_packet_after_a_restart_reserves_its_direction),
	  TEST(other_keys_under_the_name_are_refused_after_a_restart),
	  TEST(a_session_that_never_was_on_disk_is_lost),
	  TEST(a_restored_session_is_moved_and_deleted_like_any_other),
	  TEST(a_restored_session_can_be_rekeyed), TEST(a_changeover_goes_on_after_a_restart),
	  TEST(two_contexts_of_one_subscriber_are_there_again),
	  TEST(a_lifetime_does_not_begin_anew), TEST(a_state_that_is_too_large_is_not_read),
	  TEST(a_state_with_more_counts_than_places_is_read), TEST(places_between_are_used_again),
	  TEST(a_response_leaves_when_its_session_is_on_disk),
	  TEST(a_batch_that_was_on_its_way_before_is_not_enough),
	  TEST(a_move_leaves_when_it_is_on_disk),
	  TEST(a_message_without_a_session_waits_for_nothing),
	  TEST(a_disk_that_fails_holds_up_no_message),
	  TEST(what_a_removed_session_used_is_remembered),
	  TEST(a_keyset_that_leaves_is_bounded_until_its_counts_are_here),
	  TEST(a_nameless_reservation_counts_for_all_keysets),
	  TEST(a_name_without_keys_counts_for_the_keyset_beside_it),
	  TEST(the_time_of_the_disk_goes_on_without_changes),
	  TEST(counts_are_remembered_for_their_time_of_running),
	  TEST(the_later_of_two_sessions_is_right),
	  TEST(record_of_an_ended_session_stays_until_all_that_came_after_it_is_on_disk),
	  TEST(without_a_disk_nothing_is_told))
