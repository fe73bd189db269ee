/* SPDX-License-Identifier: BSD-3-Clause */
/* COUNTs of keysets that have left their sessions, and what key sources are asked so that they can be forgotten:
 * e2m.md 2. The lab's workers say when a COUNT is used twice with one key. */
#include "session_lab.h"

#define DAY_MS UINT64_C(86400000)

static struct lab_context context;
static struct session_view view;

static struct lab_flow *downlink(void)
{
	const struct tunnel tunnel = lab_down(&context);
	struct lab_flow *flow = lab_flow(&tunnel);

	CU_ASSERT_PTR_NOT_NULL_FATAL(flow);
	return flow;
}

static void start_with(enum retention_memory memory, const char *second)
{
	context = lab_context(1);
	lab_defaults();
	lab.memory = memory;
	lab.second = second;
	lab_open();
}

static void pass(uint64_t ms)
{
	for (; ms > 60000; ms -= 60000) {
		lab_pass(60000);
		lab_settle();
	}
	lab_pass(ms);
	lab_settle();
}

/* Answers what the first source was asked; the second never answers. */
static void answer_first(enum keysource_outcome outcome)
{
	for (size_t i = 0; i < lab.asked; i++)
		if (!lab.questions[i].answered && lab.questions[i].source == 0)
			lab_answer(i, outcome);
	lab_settle();
}

static size_t answer_second(enum keysource_outcome outcome)
{
	size_t answered = 0;

	for (size_t i = 0; i < lab.asked; i++)
		if (!lab.questions[i].answered && lab.questions[i].source == 1) {
			lab_answer(i, outcome);
			answered++;
		}
	lab_settle();
	return answered;
}

static void miss(void)
{
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	lab_miss(downlink(), view.slot);
	lab_settle();
	lab_pass(10);
}

/* An AKA run, and a session that uses its keyset, and ends. */
static void use_and_end(unsigned keyset)
{
	lab_create(&context, lab_sqn(keyset), 1);
	lab_settle();
	miss();
	answer_first(KEYSOURCE_FOUND);
	lab_pass(10);
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	lab_use(downlink(), view.slot, 10);
	lab_delete(&context);
	lab_settle();
}

/* COUNT of the keyset in a new session, whichever source gives it. */
static uint32_t count_in_a_new_session(unsigned keyset)
{
	uint32_t count;

	lab_create(&context, lab_sqn(keyset), 1);
	lab_settle();
	miss();
	lab_answer_all();
	lab_settle();
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	count = downlink()->places[view.slot].count;
	lab_delete(&context);
	lab_settle();
	return count;
}

/* A KMS gives a keyset without lifetime until it has replaced it. */
static void count_goes_on_when_a_kms_gives_the_keyset_a_day_later(void)
{
	start_with(RETENTION_LONG, NULL);
	use_and_end(1);
	pass(DAY_MS + 3600000);
	CU_ASSERT_EQUAL(count_in_a_new_session(1), 10);
	lab_stop();
}

static void count_goes_on_when_a_kms_that_was_never_asked_gives_the_keyset_a_day_later(void)
{
	start_with(RETENTION_SHORT, "kms");
	use_and_end(1);
	CU_ASSERT_EQUAL(answer_second(KEYSOURCE_FOUND), 0);
	pass(DAY_MS);
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	miss();
	answer_first(KEYSOURCE_NOT_AVAILABLE);
	lab_pass(10);
	CU_ASSERT_EQUAL(answer_second(KEYSOURCE_FOUND), 1);
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	CU_ASSERT_EQUAL(downlink()->places[view.slot].count, 10);
	lab_stop();
}

static void counts_are_forgotten_where_the_hss_is_all_there_is(void)
{
	start_with(RETENTION_SHORT, NULL);
	use_and_end(1);
	pass(361000);
	CU_ASSERT_EQUAL(counts_of(lab.store->counts, &(struct e2m_imsi){0}, NULL), 0);
	CU_ASSERT_EQUAL(counts_room(lab.store->counts), 16 * SESSION_COUNTS_REMEMBERED);
	lab_stop();
}

/* The trap: the HSS gives each keyset, so that nobody ever asks the KMS, which therefore replaces nothing. */
static void a_source_that_counts_wait_for_is_asked_in_the_background(void)
{
	const struct e2m_imsi imsi = lab_imsi(lab_context(1).subscriber);

	start_with(RETENTION_SHORT, "kms");
	for (unsigned keyset = 1; keyset <= LAB_KEYSETS; keyset++) {
		use_and_end(keyset);
		/* Of the first nobody knew that anything would wait. */
		CU_ASSERT_EQUAL(answer_second(KEYSOURCE_FOUND), keyset > 1);
		pass(500000);
		CU_ASSERT_TRUE(counts_of(lab.store->counts, &imsi, NULL) <= 4);
	}
	lab_stop();
}

static void keys_that_a_source_was_asked_for_in_the_background_are_not_used(void)
{
	start_with(RETENTION_SHORT, "kms");
	use_and_end(1);
	lab_create(&context, lab_sqn(2), 1);
	lab_settle();
	miss();
	answer_first(KEYSOURCE_FOUND);
	lab_pass(10);
	lab.answers_with = 3;
	CU_ASSERT_EQUAL(answer_second(KEYSOURCE_FOUND), 1);
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	CU_ASSERT_EQUAL(downlink()->places[view.slot].keyset, 2);
	lab_stop();
}

/* Each NSAPI of a UE has COUNTs of its own with each keyset. */
static unsigned fill_quota(void)
{
	const struct e2m_imsi imsi = lab_imsi(context.subscriber);
	unsigned used = 0;

	for (unsigned keyset = 1; keyset <= LAB_KEYSETS; keyset++)
		for (uint8_t nsapi = 0; nsapi <= 15; nsapi++) {
			if (counts_of(lab.store->counts, &imsi, NULL) + DATAPATH_KEYSETS >
			    SESSION_COUNTS_OF_IMSI)
				return used;
			context.nsapi = nsapi;
			use_and_end(keyset);
			used++;
		}
	return used;
}

static void one_subscriber_takes_no_more_places_than_its_quota(void)
{
	struct lab_context other = lab_context(2);
	uint64_t response;

	start_with(RETENTION_LONG, NULL);
	fill_quota();
	context.nsapi = 15;
	response = lab_create(&context, lab_sqn(LAB_KEYSETS), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_QUOTA), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_FULL), 0);
	response = lab_create(&other, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	lab_stop();
}

static void a_quota_has_room_for_three_keysets_on_eleven_bearers(void)
{
	start_with(RETENTION_LONG, NULL);
	for (unsigned keyset = 1; keyset <= 3; keyset++)
		for (uint8_t nsapi = 5; nsapi <= 15; nsapi++) {
			context.nsapi = nsapi;
			use_and_end(keyset);
		}
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_QUOTA), 0);
	lab_stop();
}

/* A KMS that never answers keeps COUNTs waiting, but not the subscriber from being served. */
static void a_subscriber_whose_quota_only_waits_for_a_source_is_served(void)
{
	start_with(RETENTION_SHORT, "kms");
	fill_quota();
	answer_second(KEYSOURCE_NOT_AVAILABLE);
	pass(361000);
	context.nsapi = 15;
	use_and_end(LAB_KEYSETS);
	CU_ASSERT_TRUE(lab_count(SESSION_COUNTS_GIVEN_UP) > 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_QUOTA), 0);
	lab_stop();
}

static void a_keyset_whose_counts_were_given_up_is_not_used(void)
{
	start_with(RETENTION_SHORT, "kms");
	fill_quota();
	answer_second(KEYSOURCE_NOT_AVAILABLE);
	pass(361000);
	context.nsapi = 15;
	use_and_end(LAB_KEYSETS);
	answer_second(KEYSOURCE_NOT_AVAILABLE);
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	miss();
	answer_first(KEYSOURCE_NOT_AVAILABLE);
	lab_pass(10);
	CU_ASSERT_EQUAL(answer_second(KEYSOURCE_FOUND), 1);
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "not_available");
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_DOUBTFUL), 1);
	lab_stop();
}

/* Many subscribers fill all places, none of them its quota. */
static void a_full_table_that_only_waits_for_a_source_serves_others(void)
{
	struct lab_context other = lab_context(2);
	uint64_t response;

	start_with(RETENTION_SHORT, "kms");
	lab_stop();
	lab_defaults();
	lab.memory = RETENTION_SHORT;
	lab.second = "kms";
	lab.config.max = 2;
	lab_open();
	/* All but one place beside those of a session. */
	for (unsigned i = 0; i < 2 * SESSION_COUNTS_REMEMBERED - 1; i++) {
		context.nsapi = (uint8_t)(i % 16);
		use_and_end(1 + i / 16);
		answer_second(KEYSOURCE_TIMEOUT);
	}
	response = lab_create(&other, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED); /* all were used within minutes */
	CU_ASSERT_EQUAL(lab_count(SESSION_COUNTS_GIVEN_UP), 0);
	pass(361000);
	response = lab_create(&other, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_count(SESSION_COUNTS_GIVEN_UP), 1);
	lab_stop();
}

/* The session could not get them again. */
static void keys_of_a_replaced_keyset_stay_while_the_session_is_idle(void)
{
	struct lab_context other = lab_context(1);

	start_with(RETENTION_LONG, NULL);
	lab_stop();
	lab_defaults();
	lab.config.idle_flush_s = 60;
	lab_open();
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	miss();
	answer_first(KEYSOURCE_FOUND);
	other.nsapi = 6;
	other.down += 100, other.up += 100, other.control_sgsn += 100, other.control_ggsn += 100;
	for (unsigned keyset = 2; keyset <= 3; keyset++) {
		lab_pass(10);
		lab_create(&other, lab_sqn(keyset), 1);
		lab_make_ready(&other);
	}
	pass(300000);
	CU_ASSERT_TRUE(lab_view(&context, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "ready");
	CU_ASSERT_TRUE(lab_view(&other, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "flushed");
	lab_stop();
}

static void what_a_source_has_given_outlives_a_crash(void)
{
	const struct e2m_imsi imsi = lab_imsi(lab_context(1).subscriber);

	start_with(RETENTION_LONG, NULL);
	lab_stop();
	lab_defaults();
	lab.config.is_durable = true;
	lab.config.count_block = 64;
	lab_open();
	for (unsigned keyset = 1; keyset <= LAB_KEYSETS; keyset++) {
		lab_create(&context, lab_sqn(keyset), 1);
		lab_settle();
		lab_save();
		lab_make_ready(&context);
		lab_save();
		lab_use(downlink(), 0, 1);
		lab_delete(&context);
		lab_settle();
		lab_save();
		lab_pass(10);
		lab_crash();
		lab_pass(10);
	}
	pass(500000);
	lab_save();
	/* The last, and two that three others have not followed. */
	CU_ASSERT_EQUAL(counts_of(lab.store->counts, &imsi, NULL), 3);
	CU_ASSERT_EQUAL(lab.disk.counts_count, 3);
	lab_stop();
}

/* It gave the keyset to a session that was there before it went, and after. */
static void count_goes_on_when_a_source_is_taken_out_and_put_back(void)
{
	start_with(RETENTION_SHORT, "kms");
	lab_stop();
	lab_defaults();
	lab.memory = RETENTION_SHORT;
	lab.second = "kms";
	lab.config.is_durable = true;
	lab.config.count_block = 64;
	lab_open();
	lab_crash(); /* a start with what is on disk, as each is */
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	lab_save();
	miss();
	answer_first(KEYSOURCE_NOT_AVAILABLE);
	lab_pass(10);
	CU_ASSERT_EQUAL(answer_second(KEYSOURCE_FOUND), 1);
	lab_save();
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	lab_use(downlink(), view.slot, 1);
	lab_save();
	lab.second = NULL;
	lab_crash();
	lab_save();
	lab_delete(&context);
	lab_settle();
	pass(500000);
	lab_save();
	lab.second = "kms";
	lab_crash();
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	lab_save();
	miss();
	answer_first(KEYSOURCE_NOT_AVAILABLE);
	lab_pass(10);
	CU_ASSERT_EQUAL(answer_second(KEYSOURCE_FOUND), 1);
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	CU_ASSERT_TRUE(downlink()->places[view.slot].count > 0);
	lab_stop();
}

UNIT_MAIN("session_retention", TEST(count_goes_on_when_a_kms_gives_the_keyset_a_day_later),
	  TEST(count_goes_on_when_a_kms_that_was_never_asked_gives_the_keyset_a_day_later),
	  TEST(counts_are_forgotten_where_the_hss_is_all_there_is),
	  TEST(a_source_that_counts_wait_for_is_asked_in_the_background),
	  TEST(keys_that_a_source_was_asked_for_in_the_background_are_not_used),
	  TEST(one_subscriber_takes_no_more_places_than_its_quota),
	  TEST(a_quota_has_room_for_three_keysets_on_eleven_bearers),
	  TEST(a_subscriber_whose_quota_only_waits_for_a_source_is_served),
	  TEST(a_keyset_whose_counts_were_given_up_is_not_used),
	  TEST(a_full_table_that_only_waits_for_a_source_serves_others),
	  TEST(keys_of_a_replaced_keyset_stay_while_the_session_is_idle),
	  TEST(what_a_source_has_given_outlives_a_crash),
	  TEST(count_goes_on_when_a_source_is_taken_out_and_put_back))
