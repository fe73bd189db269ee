/* SPDX-License-Identifier: BSD-3-Clause */
/* The tunnels before the moves of many sessions, or of one that moves often: e2m.md 6. session_move_test.c has one move. */
#include "control/tunnels.h"
#include "control/tunnels_inside.h"
#include "datapath/owner.h"
#include "session_lab.h"

#define LASTS_MS 5000
/* Sessions whose ids differ by this number are in one list of tunnels_inside.h. */
#define LISTS 1024

static struct lab_context context;

static void begin(struct lab_context *c)
{
	lab_create(c, lab_sqn(1), 1);
	lab_settle();
}

static void start(void)
{
	lab_start();
	context = lab_context(1);
	begin(&context);
}

/* Returns the tunnel before. */
static struct tunnel move(struct lab_context *c, uint32_t to)
{
	const struct tunnel before = lab_down(c);

	c->down = to;
	lab_move(c);
	lab_settle();
	return before;
}

static bool protects(const struct tunnel *tunnel, const struct lab_context *c)
{
	const struct lab_flow *flow = lab_protects(tunnel);

	return flow && lab_subscriber(flow) == c->subscriber;
}

static void first_npdu(const struct lab_context *c)
{
	const struct tunnel down = lab_down(c);

	CU_ASSERT_TRUE(lab_first_npdu(&down));
	lab_settle();
}

static void pass(uint64_t ms)
{
	lab_pass(ms);
	lab_settle();
}

/* An N-PDU in the third tunnel is not the first after the first move. */
static void each_tunnel_has_five_seconds_of_its_own(void)
{
	struct tunnel first, second;

	start();
	first = move(&context, 0x7000);
	first_npdu(&context);
	pass(LASTS_MS - 1000);
	second = move(&context, 0x8000);
	first_npdu(&context);
	CU_ASSERT_TRUE(protects(&first, &context));
	pass(1000 + LAB_LATE_MS);
	CU_ASSERT_PTR_NULL(lab_protects(&first));
	CU_ASSERT_TRUE(protects(&second, &context));
	pass(LASTS_MS - 1000);
	CU_ASSERT_PTR_NULL(lab_protects(&second));
	lab_stop();
}

/* So many that some sessions share a list. */
static void tunnels_of_one_session_are_not_anothers(void)
{
	struct lab_context other = lab_context(2), filler = lab_context(0);
	struct tunnel before;

	lab_defaults();
	lab.config.max = LISTS + 1;
	lab_open();
	context = lab_context(1);
	begin(&context);
	for (unsigned i = 1; i < LISTS; i++) {
		filler = lab_context(2 + i);
		begin(&filler);
	}
	begin(&other);
	before = move(&context, 0x7000);
	move(&other, 0x7100);
	first_npdu(&other);
	pass(LASTS_MS + LAB_LATE_MS);
	CU_ASSERT_TRUE(protects(&before, &context));
	lab_delete(&other);
	lab_settle();
	CU_ASSERT_TRUE(protects(&before, &context));
	lab_stop();
}

static void all_sessions_together_have_a_bounded_number_and_the_oldest_ends(void)
{
	static struct lab_context contexts[140];
	struct tunnel oldest = {0}, youngest = {0};
	uint32_t max;

	lab_defaults();
	lab.config.max = 200;
	lab_open();
	max = tunnels_aliases_max(&lab.config);
	for (unsigned i = 0; i < 140; i++) {
		contexts[i] = lab_context(i + 1);
		begin(&contexts[i]);
		for (uint32_t n = 0; n < 4; n++) {
			const uint32_t count = tunnels_before_count(lab.store);

			youngest = move(&contexts[i], 0x100000 * (n + 1) + i);
			oldest = i + n == 0 ? youngest : oldest;
			CU_ASSERT_EQUAL(tunnels_before_count(lab.store),
					count < max ? count + 1 : max);
			CU_ASSERT_EQUAL(protects(&oldest, &contexts[0]), count < max);
		}
	}
	CU_ASSERT_TRUE(protects(&youngest, &contexts[139]));
	lab_stop();
}

/* It came before the tunnel was given up, or is of another flow. */
static void event_of_no_tunnel_that_is_watched_moves_nothing(void)
{
	struct tunnel before, now;

	start();
	lab_move(&context);
	lab_settle();
	lab.send_again = true;
	before = move(&context, 0x7000);
	lab.send_again = false;
	now = lab_down(&context);
	CU_ASSERT_TRUE(protects(&before, &context));
	for (unsigned worker = 0; worker < 2; worker++) {
		const struct datapath_event event = {.kind = DATAPATH_FIRST_NPDU,
						     .flow = lab.flows_per_worker - 1,
						     .session = lab_protects(&now)->session};

		session_take_event(lab.store, worker, &event);
		lab_settle();
	}
	CU_ASSERT_PTR_NOT_NULL(lab_flow(&now));
	CU_ASSERT_TRUE(protects(&before, &context));
	lab_stop();
}

UNIT_MAIN("session_move_many", TEST(each_tunnel_has_five_seconds_of_its_own),
	  TEST(tunnels_of_one_session_are_not_anothers),
	  TEST(all_sessions_together_have_a_bounded_number_and_the_oldest_ends),
	  TEST(event_of_no_tunnel_that_is_watched_moves_nothing))
