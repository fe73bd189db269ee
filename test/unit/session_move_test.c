/* SPDX-License-Identifier: BSD-3-Clause */
/* The tunnel before a move (e2m.md 6): it remains the session's until the first N-PDU in the new one, and for 5 s
 * after. */
#include "control/tunnels.h"
#include "datapath/owner.h"
#include "session_lab.h"

#define LASTS_MS 5000

static struct lab_context context;

static uint32_t teid_of(unsigned worker, uint32_t from)
{
	while (tunnel_owner(from, lab.config.workers) != worker)
		from++;
	return from;
}

/* A session with a key, the downlink of which is in worker 0 and has used COUNTs. */
static void start(void)
{
	struct tunnel down;

	lab_start();
	context = lab_context(1);
	context.down = teid_of(0, 0x1000);
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
	down = lab_down(&context);
	lab_use(lab_flow(&down), 0, 3);
}

/* Returns the tunnel before. */
static struct tunnel begin_to_move(unsigned worker, uint32_t from)
{
	const struct tunnel before = lab_down(&context);

	context.down = teid_of(worker, from);
	lab_move(&context);
	return before;
}

static struct tunnel move_to(unsigned worker, uint32_t from)
{
	const struct tunnel before = begin_to_move(worker, from);

	lab_settle();
	return before;
}

static struct lab_flow *flow(void)
{
	const struct tunnel down = lab_down(&context);
	struct lab_flow *flow = lab_flow(&down);

	CU_ASSERT_PTR_NOT_NULL_FATAL(flow);
	return flow;
}

static bool is_ours(const struct tunnel *tunnel)
{
	return lab_protects(tunnel) == flow();
}

static void first_npdu(void)
{
	const struct tunnel down = lab_down(&context);

	CU_ASSERT_TRUE(lab_first_npdu(&down));
	lab_settle();
}

static bool is_barred(const struct tunnel *tunnel)
{
	const struct session *s =
		directory_find_by(lab.store->directory, INDEX_TUNNEL_DOWN, tunnel, 0);

	return !lab_protects(tunnel) && s && s->kind == DIRECTORY_ENDED;
}

static void pass(uint64_t ms)
{
	lab_pass(ms);
	lab_settle();
}

/* --- a move --- */

static void both_tunnels_are_those_of_one_flow(void)
{
	for (unsigned worker = 0; worker < 2; worker++) {
		struct tunnel before;

		start();
		before = move_to(worker, 0x7000);
		CU_ASSERT_TRUE(is_ours(&before));
		CU_ASSERT_PTR_NULL(lab_flow(&before));
		lab_use(flow(), 0, 3); /* checks that no COUNT comes twice */
		CU_ASSERT_EQUAL(flow()->places[0].count, 6);
		lab_stop();
	}
}

/* Both workers go on, in each of four orders. */
static void settle_and_watch(unsigned order, const struct tunnel *before)
{
	const unsigned first = order >> 1;

	while (lab_execute(first) || lab_deliver(first) || lab_execute(1 - first) ||
	       lab_deliver(1 - first))
		CU_ASSERT_TRUE(lab_protects(before) || lab_waits(before));
	CU_ASSERT_TRUE(is_ours(before));
}

static void its_packets_are_never_dropped_while_it_moves(void)
{
	for (unsigned order = 0; order < 4; order++) {
		struct tunnel before;

		start();
		before = begin_to_move(order & 1, 0x7000);
		settle_and_watch(order, &before);
		lab_stop();
	}
}

static void its_packets_are_never_dropped_while_it_moves_back(void)
{
	for (unsigned order = 0; order < 4; order++) {
		struct tunnel first;

		start();
		first = move_to(order & 1, 0x7000);
		begin_to_move(0, 0x1000);
		settle_and_watch(order, &first);
		lab_stop();
	}
}

static void it_stays_as_long_as_no_n_pdu_comes_in_the_new_one(void)
{
	struct tunnel before;

	start();
	before = move_to(1, 0x7000);
	pass(3600 * 1000);
	CU_ASSERT_TRUE(is_ours(&before));
	lab_stop();
}

static void it_ends_five_seconds_after_the_first_n_pdu_in_the_new_one(void)
{
	for (unsigned worker = 0; worker < 2; worker++) {
		struct tunnel before;

		start();
		before = move_to(worker, 0x7000);
		pass(60000);
		first_npdu();
		pass(LASTS_MS - 16);
		CU_ASSERT_TRUE(is_ours(&before));
		pass(32);
		CU_ASSERT_PTR_NULL(lab_protects(&before));
		CU_ASSERT_PTR_NOT_NULL(flow());
		lab_stop();
	}
}

static void all_numbers_of_flows_come_back(void)
{
	uint32_t left[2];

	start();
	for (unsigned w = 0; w < 2; w++)
		left[w] = tunnels_free_numbers(lab.store, w);
	for (unsigned i = 0; i < 6; i++)
		move_to(i % 2, 0x7000 + 0x100 * i);
	lab_update(&context, lab_sqn(2), 2);
	move_to(0, 0x9000);
	first_npdu();
	pass(LASTS_MS + 16);
	pass(LASTS_MS + 16); /* late packets are dropped, for a while */
	for (unsigned w = 0; w < 2; w++)
		CU_ASSERT_EQUAL(tunnels_free_numbers(lab.store, w), left[w]);
	lab_stop();
}

static void a_new_keyset_goes_to_the_flow_alone(void)
{
	struct tunnel before;

	start();
	before = lab_down(&context);
	context.down = teid_of(1, 0x7000);
	lab_update(&context, lab_sqn(2), 2);
	lab_make_ready(&context);
	CU_ASSERT_TRUE(is_ours(&before));
	CU_ASSERT_EQUAL(flow()->places[1].state, DATAPATH_KEY_READY);
	lab_stop();
}

static void a_session_without_keyset_has_none(void)
{
	static struct policy_rule protect = {.action = POLICY_PROTECT};
	struct tunnel before;

	lab_defaults();
	lab.config.policy = (struct policy){.rules = &protect, .count = 1};
	lab_open();
	context = lab_context(1);
	lab_create_request(&context, NULL, 0);
	lab_create_response(&context);
	lab_settle();
	before = lab_down(&context);
	context.down = 0x7777;
	lab_move(&context);
	lab_settle();
	CU_ASSERT_PTR_NULL(lab_protects(&before));
	lab_stop();
}

/* --- a retransmission with other octets, and the answer of before --- */

/* The GGSN may have taken it for a copy, and not have moved. Returns the tunnel before. */
static struct tunnel move_doubtfully(unsigned worker)
{
	struct tunnel before;

	start();
	lab_move(&context);
	lab_settle();
	lab.send_again = true;
	before = move_to(worker, 0x7000);
	lab.send_again = false;
	return before;
}

static void both_are_the_sessions_after_it(void)
{
	for (unsigned worker = 0; worker < 2; worker++) {
		const struct tunnel before = move_doubtfully(worker);

		CU_ASSERT_TRUE(is_ours(&before));
		lab_stop();
	}
}

static void the_session_goes_back_with_an_n_pdu_in_the_tunnel_before(void)
{
	for (unsigned worker = 0; worker < 2; worker++) {
		const struct tunnel before = move_doubtfully(worker), new = lab_down(&context);

		CU_ASSERT_TRUE(lab_first_npdu(&before));
		lab_settle();
		context.down = before.teid;
		lab_use(flow(), 0, 1);
		CU_ASSERT_EQUAL(flow()->places[0].count, 4);
		first_npdu();
		pass(LASTS_MS + 16);
		CU_ASSERT_PTR_NULL(lab_protects(&new));
		CU_ASSERT_PTR_NOT_NULL(flow());
		lab_stop();
	}
}

static void it_does_not_go_back_after_a_move_without_doubt(void)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		struct tunnel before;

		if (kind & 2) {
			before = move_doubtfully(kind & 1);
			move_to(0, 0x8000);
		} else {
			start();
			before = move_to(kind & 1, 0x7000);
		}
		CU_ASSERT_FALSE(lab_first_npdu(&before));
		lab_settle();
		CU_ASSERT_PTR_NOT_NULL(flow());
		lab_stop();
	}
}

/* --- several moves --- */

static void all_tunnels_stay_until_one_shows_that_it_is_used(void)
{
	for (unsigned workers = 0; workers < 8; workers++) {
		struct tunnel first, second;

		start();
		first = move_to(workers & 1, 0x7000);
		second = move_to(workers >> 1 & 1, 0x8000);
		CU_ASSERT_TRUE(is_ours(&first) && is_ours(&second));
		move_to(workers >> 2 & 1, 0x9000);
		CU_ASSERT_TRUE(is_ours(&first) && is_ours(&second));
		first_npdu();
		pass(LASTS_MS + 16);
		CU_ASSERT_PTR_NULL(lab_protects(&first));
		CU_ASSERT_PTR_NULL(lab_protects(&second));
		lab_stop();
	}
}

static void several_moves_under_way_at_once_lose_nothing(void)
{
	struct tunnel first, second;

	start();
	first = begin_to_move(1, 0x7000);
	second = begin_to_move(0, 0x8000);
	begin_to_move(1, 0x9000);
	lab_settle();
	CU_ASSERT_TRUE(is_ours(&first) && is_ours(&second));
	lab_stop();
}

static void the_flow_may_move_back(void)
{
	for (unsigned worker = 0; worker < 2; worker++) {
		struct tunnel moved;

		start();
		move_to(worker, 0x7000);
		lab_use(flow(), 0, 3);
		moved = move_to(0, 0x1000);
		CU_ASSERT_TRUE(is_ours(&moved));
		CU_ASSERT_EQUAL(flow()->places[0].count, 6);
		first_npdu();
		pass(LASTS_MS + 16);
		CU_ASSERT_PTR_NULL(lab_protects(&moved));
		CU_ASSERT_PTR_NOT_NULL(flow());
		lab_stop();
	}
}

/* The oldest is where the GGSN was seen last. */
static void one_session_has_a_few_and_keeps_the_oldest(void)
{
	struct tunnel before[8];
	unsigned ours = 0;

	start();
	for (unsigned i = 0; i < 8; i++)
		before[i] = move_to(i % 2, 0x7000 + 0x100 * i);
	for (unsigned i = 0; i < 8; i++)
		ours += is_ours(&before[i]);
	CU_ASSERT_EQUAL(ours, 4);
	CU_ASSERT_TRUE(is_ours(&before[0]) && is_ours(&before[7]));
	lab_stop();
}

static void without_numbers_to_spare_it_ends_at_once(void)
{
	struct session_flow taken = {0};
	struct tunnel before, other = {.teid = teid_of(1, 1)};

	start();
	while (tunnels_free_numbers(lab.store, 1) > 100)
		CU_ASSERT_TRUE_FATAL(tunnels_take(lab.store, &other, 0, &taken));
	before = move_to(1, 0x7000);
	CU_ASSERT_PTR_NULL(lab_protects(&before));
	CU_ASSERT_PTR_NOT_NULL(flow());
	lab_stop();
}

/* --- another session names it --- */

static void another_session_gets_it_silently_by_an_accepted_response(void)
{
	for (unsigned worker = 0; worker < 2; worker++) {
		struct lab_context other = lab_context(2);
		const struct lab_flow *was;
		struct tunnel before;

		start();
		was = flow();
		before = move_to(worker, 0x7000);
		other.down = before.teid;
		lab_create(&other, lab_sqn(1), 1);
		lab_settle();
		/* Not with the packets that waited. */
		CU_ASSERT_PTR_NOT_EQUAL(lab_flow(&before), was);
		CU_ASSERT_PTR_NOT_NULL_FATAL(lab_flow(&before));
		CU_ASSERT_EQUAL(lab_subscriber(lab_flow(&before)), 2);
		CU_ASSERT_PTR_NOT_NULL(flow());
		CU_ASSERT_EQUAL(lab_count(SESSION_TUNNELS_LOST), 0);
		CU_ASSERT_EQUAL(lab.warnings, 0);
		lab_stop();
	}
}

static void a_session_without_protection_gets_it_too(void)
{
	struct lab_context other = lab_context(2);
	struct tunnel before;

	start();
	before = move_to(1, 0x7000);
	other.down = before.teid;
	lab_create_request(&other, NULL, 0);
	lab_create_response(&other);
	lab_settle();
	CU_ASSERT_PTR_NULL(lab_protects(&before));
	CU_ASSERT_EQUAL(lab_unprotected(), 1);
	lab_stop();
}

static void a_request_alone_takes_nothing(void)
{
	struct lab_context other = lab_context(2);
	const struct e2m_keyset_id name = lab_sqn(1);
	struct tunnel before;

	start();
	before = move_to(1, 0x7000);
	other.down = before.teid;
	lab_create_request(&other, &name, 1);
	lab_settle();
	CU_ASSERT_TRUE(is_ours(&before));
	lab_response(&other, GTPC_V1_CREATE_PDP_RESPONSE, 204);
	pass(60000);
	CU_ASSERT_TRUE(is_ours(&before));
	lab_stop();
}

/* Without addresses the tunnel alone decides, so a GGSN that reads the request otherwise must not get it. */
static void an_update_of_an_unknown_context_does_not_name_it_without_addresses(void)
{
	struct lab_context other = lab_context(2);
	struct tunnel before;

	lab_start();
	context = lab_context(1);
	context.is_unbound = true;
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
	before = move_to(1, 0x7000);
	CU_ASSERT_TRUE(is_ours(&before));
	other.down = before.teid;
	CU_ASSERT_EQUAL(lab_fate(lab_update_request(&other, NULL, 0)), LAB_HELD);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(lab.messages - 1), LAB_DISCARDED);
	lab_stop();
}

/* While the move to it is under way, the others must not refer to its flow. */
static void it_may_be_lost_while_the_session_moves_on(void)
{
	for (unsigned worker = 0; worker < 2; worker++) {
		struct lab_context other = lab_context(2);
		struct tunnel before;

		start();
		move_to(worker, 0x7000);
		before = begin_to_move(1 - worker, 0x8000);
		other.down = before.teid;
		lab_create(&other, lab_sqn(1), 1);
		lab_settle();
		CU_ASSERT_PTR_NOT_NULL_FATAL(lab_flow(&before));
		CU_ASSERT_EQUAL(lab_subscriber(lab_flow(&before)), 2);
		lab_use(flow(), 0, 1);
		lab_stop();
	}
}

/* No N-PDU has come in the new tunnel, so the GGSN may still use the one before. */
static void a_session_that_loses_the_new_tunnel_goes_on_in_the_one_before(void)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		const struct e2m_keyset_id name = lab_sqn(1);
		struct lab_context other = lab_context(2);
		struct tunnel before, lost;

		start();
		before = move_to(kind & 1, 0x7000);
		lost = lab_down(&context);
		other.down = lost.teid;
		lab_create_request(&other, kind & 2 ? &name : NULL, 1);
		lab_create_response(&other);
		lab_settle();
		context.down = before.teid;
		CU_ASSERT_EQUAL(lab_subscriber(flow()), context.subscriber);
		lab_use(flow(), 0, 1);
		CU_ASSERT_EQUAL(flow()->places[0].count, 4);
		CU_ASSERT_FALSE(is_ours(&lost));
		CU_ASSERT_EQUAL(lab.warnings, 0);
		lab_stop();
	}
}

static void without_one_that_may_be_used_it_is_barred(void)
{
	struct lab_context other = lab_context(2);
	struct tunnel before, lost;

	start();
	before = move_to(1, 0x7000);
	first_npdu();
	lost = lab_down(&context);
	other.down = lost.teid;
	lab_create(&other, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_PTR_NULL(lab_protects(&before));
	CU_ASSERT_EQUAL(lab_count(SESSION_TUNNELS_LOST), 1);
	CU_ASSERT_EQUAL(lab.warnings, 1);
	lab_stop();
}

/* --- the end --- */

static void it_is_barred_when_the_session_ends(void)
{
	for (unsigned worker = 0; worker < 2; worker++) {
		struct tunnel before;

		start();
		before = move_to(worker, 0x7000);
		lab_delete(&context);
		lab_settle();
		CU_ASSERT_TRUE(is_barred(&before));
		pass(60000);
		CU_ASSERT_TRUE(is_barred(&before));
		lab_stop();
	}
}

static void it_is_barred_when_the_session_is_made_anew(void)
{
	struct tunnel before;

	start();
	before = move_to(1, 0x7000);
	lab_create(&context, lab_sqn(2), 2);
	lab_settle();
	CU_ASSERT_TRUE(is_barred(&before));
	CU_ASSERT_PTR_NOT_NULL(flow());
	lab_stop();
}

static void after_a_restart_the_session_has_the_new_tunnel_alone(void)
{
	struct tunnel before;

	lab_defaults();
	lab.config.is_durable = true;
	lab_open();
	context = lab_context(1);
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
	lab_save();
	before = move_to(1, 0x7000);
	lab_save();
	lab_crash();
	lab_settle();
	CU_ASSERT_PTR_NOT_NULL(flow());
	CU_ASSERT_PTR_NULL(lab_protects(&before));
	lab_stop();
}

UNIT_MAIN("session_move", TEST(both_tunnels_are_those_of_one_flow),
	  TEST(its_packets_are_never_dropped_while_it_moves),
	  TEST(its_packets_are_never_dropped_while_it_moves_back),
	  TEST(it_stays_as_long_as_no_n_pdu_comes_in_the_new_one),
	  TEST(it_ends_five_seconds_after_the_first_n_pdu_in_the_new_one),
	  TEST(all_numbers_of_flows_come_back), TEST(a_new_keyset_goes_to_the_flow_alone),
	  TEST(a_session_without_keyset_has_none), TEST(both_are_the_sessions_after_it),
	  TEST(the_session_goes_back_with_an_n_pdu_in_the_tunnel_before),
	  TEST(it_does_not_go_back_after_a_move_without_doubt),
	  TEST(all_tunnels_stay_until_one_shows_that_it_is_used),
	  TEST(several_moves_under_way_at_once_lose_nothing), TEST(the_flow_may_move_back),
	  TEST(one_session_has_a_few_and_keeps_the_oldest),
	  TEST(without_numbers_to_spare_it_ends_at_once),
	  TEST(another_session_gets_it_silently_by_an_accepted_response),
	  TEST(a_session_without_protection_gets_it_too), TEST(a_request_alone_takes_nothing),
	  TEST(an_update_of_an_unknown_context_does_not_name_it_without_addresses),
	  TEST(it_may_be_lost_while_the_session_moves_on),
	  TEST(a_session_that_loses_the_new_tunnel_goes_on_in_the_one_before),
	  TEST(without_one_that_may_be_used_it_is_barred), TEST(it_is_barred_when_the_session_ends),
	  TEST(it_is_barred_when_the_session_is_made_anew),
	  TEST(after_a_restart_the_session_has_the_new_tunnel_alone))
