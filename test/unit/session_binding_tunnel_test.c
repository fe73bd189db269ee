/* SPDX-License-Identifier: BSD-3-Clause */
/* A tunnel is one session's, and what becomes of it when its session ends: e2m.md 6. */
#include "session_binding_lab.h"

/* The victim, and another subscriber, which names the victim's tunnel. */
static struct lab_context v, other;
static struct session_view view;

/* --- what workers find of a tunnel in the directory --- */

static enum directory_kind kind_of_up(const struct lab_context *c)
{
	const struct tunnel up = lab_up(c);

	return lab_kind_of(&up, UP);
}

/* --- sessions without addresses --- */

static void start_unbound(void)
{
	v = lab_context(1);
	other = lab_context(2);
	v.is_unbound = true;
	lab_start();
	lab_begin_and_settle(&v);
	lab_make_ready(&v);
	CU_ASSERT_TRUE(lab_has_downlink(&v));
}

static void conflicting_claims_to_a_tunnel_bar_it_for_both(void)
{
	start_unbound();
	lab_begin_and_settle(&other);
	other.down = v.down;
	lab_move_and_settle(&other);
	CU_ASSERT_TRUE(lab_is_barred_down(&v));
	CU_ASSERT_FALSE(lab_has_downlink(&v));
	CU_ASSERT_FALSE(lab_has_downlink(&other));
	CU_ASSERT_TRUE(lab_view(&v, &view) && view.uplink.live);
	CU_ASSERT_EQUAL(lab_count(SESSION_TUNNELS_LOST), 0);
	CU_ASSERT_TRUE(lab_count(SESSION_TUNNELS_BARRED) > 0);
	lab_pass_lingering();
	CU_ASSERT_TRUE(lab_is_barred_down(&v));
	lab_stop();
}

/* Either is without addresses. */
static void claim_of_a_session_without_addresses_bars_it_too(void)
{
	v = lab_context(1);
	other = lab_context(2);
	lab_start();
	lab_begin_and_settle(&v);
	other.is_unbound = true;
	other.down = v.down;
	lab_begin_and_settle(&other);
	CU_ASSERT_TRUE(lab_is_barred_down(&v));
	lab_stop();
}

static void claim_that_is_said_again_and_again_gains_nothing(void)
{
	start_unbound();
	other.down = v.down;
	for (unsigned i = 0; i < 3; i++) {
		lab_begin_and_settle(&other);
		lab_move_and_settle(&other);
		CU_ASSERT_TRUE(lab_is_barred_down(&v));
	}
	lab_stop();
}

/* An ordinary subscriber has no keys, and its packets would cross in clear. */
static void claim_of_a_session_without_protection_gains_nothing(void)
{
	start_unbound();
	other.down = v.down;
	lab_create_plain(&other);
	CU_ASSERT_TRUE(lab_is_barred_down(&v));
	lab_pass_lingering();
	CU_ASSERT_TRUE(lab_is_barred_down(&v));
	lab_create_plain(&other);
	CU_ASSERT_EQUAL(lab_kind_of_down(&v), DIRECTORY_PROTECTED);
	lab_stop();
}

/* Late packets of a session without protection cross, but not in a tunnel that a protected one claims. */
static void tunnel_that_a_session_without_protection_claims_no_longer_stays_barred(void)
{
	start_unbound();
	other.down = v.down;
	lab_create_plain(&other);
	CU_ASSERT_TRUE(lab_is_barred_down(&v));
	other.down = 0x7777;
	lab_move_and_settle(&other);
	CU_ASSERT_EQUAL(lab_kind_of_down(&other), DIRECTORY_UNPROTECTED);
	CU_ASSERT_TRUE(lab_is_barred_down(&v));
	lab_stop();
}

static void accepted_response_gives_the_tunnel_to_the_one_that_still_claims_it(void)
{
	start_unbound();
	lab_begin_and_settle(&other);
	other.down = v.down;
	lab_move_and_settle(&other);
	other.down = 0x7777;
	lab_move_and_settle(&other);
	CU_ASSERT_TRUE(lab_has_downlink(&other));
	CU_ASSERT_TRUE(lab_is_barred_down(&v));
	lab_move_and_settle(&v);
	CU_ASSERT_TRUE(lab_has_downlink(&v));
	lab_stop();
}

/* --- the tunnel before a move that no flow of the session has --- */

/* A worker drops what comes late. */
static bool is_lingering(const struct tunnel *tunnel)
{
	for (unsigned w = 0; w < lab.config.workers; w++)
		for (uint32_t i = 0; i < lab.flows_per_worker; i++) {
			const struct lab_flow *flow = &lab.workers[w].flows[i];

			if (flow->state == LAB_STOPPED && tunnel_is_equal(&flow->tunnel, tunnel))
				return true;
		}
	return false;
}

/* The GGSN may have ignored the move (e2m.md 6). */
static void barred_tunnel_stays_barred_after_a_move_until_an_n_pdu_comes_in_the_new_one(void)
{
	struct tunnel down;

	start_unbound();
	other.down = v.down;
	lab_create_plain(&other);
	CU_ASSERT_TRUE(lab_is_barred_down(&other));
	v.down = 0x7777;
	lab_move_and_settle(&v);
	lab_pass_lingering();
	CU_ASSERT_TRUE(lab_has_downlink(&v));
	CU_ASSERT_TRUE(lab_is_barred_down(&other));
	down = lab_down(&v);
	CU_ASSERT_TRUE(lab_first_npdu(&down));
	lab_settle();
	down = lab_down(&other);
	CU_ASSERT_TRUE(is_lingering(&down)); /* for 5 s */
	lab_pass_lingering();
	CU_ASSERT_FALSE(is_lingering(&down));
	CU_ASSERT_EQUAL(lab_kind_of_down(&other), DIRECTORY_UNPROTECTED);
	lab_stop();
}

static void a_delete_ends_the_claim_to_a_tunnel_before_a_move(void)
{
	start_unbound();
	other.down = v.down;
	lab_create_plain(&other);
	v.down = 0x7777;
	lab_move_and_settle(&v);
	lab_delete(&v);
	lab_pass_lingering();
	CU_ASSERT_EQUAL(lab_kind_of_down(&other), DIRECTORY_UNPROTECTED);
	lab_stop();
}

static void of_many_tunnels_before_moves_the_oldest_and_the_latest_stay_barred(void)
{
	const uint32_t first = 0x7700, last = 0x7710;
	struct lab_context old;

	start_unbound();
	other.down = v.down;
	lab_create_plain(&other);
	for (v.down = first; v.down <= last; v.down++) {
		lab_move_and_settle(&v);
		/* Another subscriber claims each tunnel, so no flow has it. */
		old = lab_context(3 + v.down - first);
		old.down = v.down;
		lab_create_plain(&old);
		CU_ASSERT_TRUE(lab_is_barred_down(&v));
	}
	lab_pass_lingering();
	CU_ASSERT_TRUE(lab_is_barred_down(&other));
	old.down = last - 1;
	CU_ASSERT_TRUE(lab_is_barred_down(&old));
	old.down = first + 8;
	CU_ASSERT_EQUAL(lab_kind_of_down(&old), DIRECTORY_UNPROTECTED);
	lab_stop();
}

static void accepted_response_gives_another_tunnel(void)
{
	start_unbound();
	lab_begin_and_settle(&other);
	other.down = v.down;
	lab_move_and_settle(&other);
	v.down = 0x7777;
	lab_move_and_settle(&v);
	CU_ASSERT_TRUE(lab_has_downlink(&v));
	CU_ASSERT_TRUE(lab_view(&v, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "ready");
	lab_stop();
}

static void claims_outlive_the_process(void)
{
	lab_defaults();
	lab.config.is_durable = true;
	lab.config.count_block = 64;
	v = lab_context(1);
	other = lab_context(2);
	v.is_unbound = true;
	lab_open();
	lab_begin_and_settle(&v);
	lab_begin_and_settle(&other);
	other.down = v.down;
	lab_move_and_settle(&other);
	lab_save();
	lab_crash();
	lab_settle();
	CU_ASSERT_TRUE(lab_is_barred_down(&v));
	CU_ASSERT_FALSE(lab_has_downlink(&v));
	CU_ASSERT_FALSE(lab_has_downlink(&other));
	lab_stop();
}

/* --- addresses that do not tell packets apart --- */

static void start_bound(void)
{
	v = lab_context(1);
	other = lab_context(2);
	lab_start();
	lab_begin_and_settle(&v);
	lab_make_ready(&v);
}

/* Both keep the address, so it does not tell to which of them a packet in the tunnel belongs. */
static void tunnel_of_two_sessions_with_one_address_is_barred_for_both(void)
{
	start_bound();
	lab_ipv4(&v, other.ipv4);
	lab.apn = "corporate";
	other.down = v.down;
	lab_begin_and_settle(&other);
	CU_ASSERT_TRUE(lab_is_barred_down(&v));
	CU_ASSERT_FALSE(lab_has_downlink(&other));
	lab_stop();
}

static void session_that_has_the_address_now_has_the_tunnel_too(void)
{
	start_bound();
	lab_ipv4(&v, other.ipv4);
	other.down = v.down;
	lab_begin_and_settle(&other);
	CU_ASSERT_TRUE(lab_has_downlink(&other));
	CU_ASSERT_FALSE(lab_has_downlink(&v));
	lab_stop();
}

/* --- ends --- */

static void expect_what_it_leaves(void)
{
	lab_pass_lingering();
	CU_ASSERT_EQUAL(lab_kind_of_down(&v), DIRECTORY_ENDED);
	CU_ASSERT_EQUAL(kind_of_up(&v), DIRECTORY_ENDED);
	CU_ASSERT_TRUE(lab_guards_at(&v, v.ggsn));
	lab_stop();
}

static void delete_leaves_the_tunnels_barred_and_the_address_guarded(void)
{
	start_bound();
	lab_delete(&v);
	expect_what_it_leaves();
}

static void ggsn_that_does_not_have_the_context_leaves_them(void)
{
	start_bound();
	lab_update_request(&v, NULL, 0);
	lab_response(&v, GTPC_V1_UPDATE_PDP_RESPONSE, GTPC_V1_CAUSE_NON_EXISTENT);
	expect_what_it_leaves();
}

static void notification_that_deletes_leaves_them(void)
{
	struct session_notification n;

	start_bound();
	lab_activate(&v, lab_sqn(1), 1);
	n = lab_notification(SESSION_DELETE, &v, NULL, 0);
	lab_notify(&n);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	expect_what_it_leaves();
}

/* The same IMSI and NSAPI at another GGSN. */
static void create_anew_elsewhere_leaves_the_tunnels_and_the_address_of_before(void)
{
	struct lab_context before;

	start_bound();
	before = v;
	v.ggsn = 4;
	v.down = 0x7777;
	lab_begin_and_settle(&v);
	lab_pass_lingering();
	CU_ASSERT_TRUE(lab_has_downlink(&v));
	CU_ASSERT_EQUAL(lab_kind_of_down(&before), DIRECTORY_ENDED);
	CU_ASSERT_EQUAL(kind_of_up(&before), DIRECTORY_ENDED);
	CU_ASSERT_TRUE(lab_guards_at(&before, before.ggsn));
	lab_stop();
}

static void echo(enum gtpc_v1_type type, uint8_t counter)
{
	static uint16_t sequence = 9000;
	uint8_t data[64];
	const bool is_request = type == GTPC_V1_ECHO_REQUEST;
	const int len = gtpc_v1_write_echo(data, sizeof(data), type,
					   is_request ? ++sequence : sequence, counter);

	if (is_request)
		lab_give(DATAPATH_CORE, v.ggsn, v.sgsn, data, (size_t)len);
	else
		lab_give(DATAPATH_ACCESS, v.sgsn, v.ggsn, data, (size_t)len);
}

/* The P-GW keeps the PDN connection, and sends to the S-GW of before. */
static void restart_of_the_sgw_leaves_the_downlink_tunnel_barred(void)
{
	start_bound();
	for (uint8_t counter = 5; counter <= 6; counter++) {
		echo(GTPC_V1_ECHO_REQUEST, 0);
		echo(GTPC_V1_ECHO_RESPONSE, counter);
	}
	lab_pass(200);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	expect_what_it_leaves();
}

static void accepted_response_assigns_the_tunnel_of_an_ended_session(void)
{
	start_bound();
	lab_delete(&v);
	lab_pass_lingering();
	other.down = v.down;
	lab_create_plain(&other);
	CU_ASSERT_EQUAL(lab_kind_of_down(&v), DIRECTORY_UNPROTECTED);
	CU_ASSERT_EQUAL(kind_of_up(&v), DIRECTORY_ENDED);
	CU_ASSERT_TRUE(lab_guards_at(&v, v.ggsn));
	lab_stop();
}

static void accepted_response_assigns_the_address_of_an_ended_session(void)
{
	start_bound();
	lab_delete(&v);
	lab_pass_lingering();
	lab_ipv4(&v, other.ipv4);
	lab_create_plain(&other);
	CU_ASSERT_FALSE(lab_guards_at(&v, v.ggsn));
	CU_ASSERT_EQUAL(lab_kind_of_down(&other), DIRECTORY_UNPROTECTED);
	CU_ASSERT_FALSE(table_session(lab.store, 1));
	lab_stop();
}

static void tunnel_of_an_ended_session_without_addresses_stays_barred(void)
{
	start_unbound();
	lab_delete(&v);
	lab_pass_lingering();
	CU_ASSERT_EQUAL(lab_kind_of_down(&v), DIRECTORY_ENDED);
	lab_create_plain(&other);
	CU_ASSERT_EQUAL(lab_kind_of_down(&v), DIRECTORY_ENDED);
	lab_stop();
}

static void ended_session_that_has_nothing_left_is_forgotten(void)
{
	start_bound();
	lab_delete(&v);
	lab_pass_lingering();
	CU_ASSERT_EQUAL(directory_count(lab.store->directory, DIRECTORY_ENDED), 1);
	lab_begin_and_settle(&v);
	CU_ASSERT_EQUAL(directory_count(lab.store->directory, DIRECTORY_ENDED), 0);
	lab_stop();
}

static void what_an_ended_session_leaves_outlives_the_process(void)
{
	lab_defaults();
	lab.config.is_durable = true;
	lab.config.count_block = 64;
	v = lab_context(1);
	lab_open();
	lab_begin_and_settle(&v);
	lab_delete(&v);
	lab_settle();
	lab_save();
	lab_crash();
	CU_ASSERT_EQUAL(lab_kind_of_down(&v), DIRECTORY_ENDED);
	CU_ASSERT_EQUAL(kind_of_up(&v), DIRECTORY_ENDED);
	CU_ASSERT_TRUE(lab_guards_at(&v, v.ggsn));
	lab_stop();
}

/* --- sessions that cannot be served --- */

static void create_for_which_there_is_no_room_leaves_its_tunnels_barred(void)
{
	uint64_t response;

	lab_defaults();
	lab.config.max = 1;
	v = lab_context(1);
	other = lab_context(2);
	lab_open();
	lab_begin_and_settle(&v);
	response = lab_create(&other, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
	lab_pass(20000);
	lab_settle();
	CU_ASSERT_EQUAL(lab_kind_of_down(&other), DIRECTORY_ENDED);
	CU_ASSERT_EQUAL(kind_of_up(&other), DIRECTORY_ENDED);
	CU_ASSERT_TRUE(lab_guards_at(&other, other.ggsn));
	lab_stop();
}

static void without_a_place_for_what_they_leave_all_unknown_tunnels_are_barred(void)
{
	lab_defaults();
	lab.config.unprotected_max = 1;
	v = lab_context(1);
	other = lab_context(2);
	lab_open();
	lab_begin_and_settle(&v);
	lab_begin_and_settle(&other);
	lab_delete(&v);
	lab_settle();
	CU_ASSERT_FALSE(directory_is_overfull(lab.store->directory));
	lab_delete(&other);
	lab_settle();
	CU_ASSERT_TRUE(directory_is_overfull(lab.store->directory));
	CU_ASSERT_EQUAL(lab_count(SESSION_ENDED_LOST), 1);
	CU_ASSERT_TRUE(lab_guards_at(&other, other.ggsn));
	lab_stop();
}

/* --- requests without a response --- */

/* The GGSN may have accepted it. */
static void tunnel_of_an_update_whose_answers_are_all_lost_is_barred(void)
{
	struct lab_context moved;

	start_bound();
	moved = v;
	moved.down = 0x7777;
	lab_update_request(&moved, NULL, 0);
	lab_settle();
	lab_pass(20000);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_barred_down(&moved));
	CU_ASSERT_TRUE(lab_has_downlink(&v));
	/* The SGSN tries again, and the answer comes. */
	v.down = moved.down;
	lab_move_and_settle(&v);
	CU_ASSERT_TRUE(lab_has_downlink(&v));
	lab_stop();
}

static void tunnel_of_a_create_whose_answers_are_all_lost_is_barred(void)
{
	const struct e2m_keyset_id name = lab_sqn(1);

	lab_start();
	v = lab_context(1);
	lab_create_request(&v, &name, 1);
	lab_settle();
	lab_pass(20000);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_barred_down(&v));
	lab_stop();
}

static void tunnel_of_a_refused_update_is_not(void)
{
	struct lab_context moved;

	start_bound();
	moved = v;
	moved.down = 0x7777;
	lab_update_request(&moved, NULL, 0);
	lab_response(&moved, GTPC_V1_UPDATE_PDP_RESPONSE, 199);
	lab_pass(20000);
	lab_settle();
	CU_ASSERT_EQUAL(lab_kind_of_down(&moved), DIRECTORY_FREE);
	lab_stop();
}

/* Anybody can send requests that nothing answers. */
static void requests_without_a_response_take_half_of_the_places_at_most(void)
{
	lab_defaults();
	lab.config.unprotected_max = 8;
	v = lab_context(1);
	lab_open();
	lab_begin_and_settle(&v);
	for (unsigned i = 0; i < 10; i++) {
		struct lab_context forged = v;

		forged.down = 0x7000 + i;
		lab_update_request(&forged, NULL, 0);
		lab_settle();
	}
	lab_pass(20000);
	lab_settle();
	CU_ASSERT_EQUAL(directory_room(lab.store->directory, DIRECTORY_ENDED), 4);
	CU_ASSERT_TRUE(directory_is_overfull(lab.store->directory));
	lab_stop();
}

/* The GGSN says so in its own response, so no other claim is possible. */
static void uplink_tunnel_that_the_ggsn_gives_to_another_is_not_barred(void)
{
	struct tunnel up;

	start_unbound();
	other.up = v.up;
	lab_begin_and_settle(&other);
	up = lab_up(&other);
	CU_ASSERT_PTR_NOT_NULL_FATAL(lab_flow(&up));
	CU_ASSERT_EQUAL(lab_subscriber(lab_flow(&up)), other.subscriber);
	CU_ASSERT_TRUE(lab_has_downlink(&v));
	lab_stop();
}

/* --- claims of sessions of one kind --- */

static void second_pdn_connection(struct lab_context *c)
{
	*c = v;
	c->nsapi = 6;
	c->up = 0x7771;
	c->control_sgsn = 0x7772;
	c->control_ggsn = 0x7773;
}

/* The UE has both keysets, but the packets of one PDN connection are not the other one's. */
static void claims_of_two_pdn_connections_of_a_subscriber_bar_it_for_both(void)
{
	start_unbound();
	second_pdn_connection(&other);
	lab_begin_and_settle(&other);
	CU_ASSERT_TRUE(lab_is_barred_down(&v));
	CU_ASSERT_FALSE(lab_has_downlink(&other));
	lab_stop();
}

static void claims_of_two_sessions_without_protection_bar_nothing(void)
{
	v = lab_context(1);
	other = lab_context(2);
	v.is_unbound = other.is_unbound = true;
	other.down = v.down;
	lab_start();
	lab_create_plain(&v);
	lab_create_plain(&other);
	CU_ASSERT_EQUAL(lab_kind_of_down(&other), DIRECTORY_UNPROTECTED);
	CU_ASSERT_EQUAL(lab_count(SESSION_TUNNELS_BARRED), 0);
	lab_stop();
}

/* A Create Bearer of a PDN connection that hse does not know. */
static void bearer_of_an_unknown_pdn_connection_leaves_it_with_addresses(void)
{
	struct gtpc_v2 m;

	start_bound();
	other.down = v.down;
	m = lab_create_bearer(&other, &other);
	lab_send(&other, &m);
	m = lab_accept(&other, GTPC_V2_CREATE_BEARER_RESPONSE);
	lab_send(&other, &m);
	lab_settle();
	CU_ASSERT_TRUE(lab_has_downlink(&v));
	CU_ASSERT_EQUAL(lab.warnings, 0);
	lab_stop();
}

static void bearer_of_an_unknown_pdn_connection_bars_it_without_addresses(void)
{
	struct gtpc_v2 m;

	start_bound();
	v = lab_context(3);
	v.is_unbound = true;
	lab_begin_and_settle(&v);
	other.down = v.down;
	m = lab_create_bearer(&other, &other);
	lab_send(&other, &m);
	m = lab_accept(&other, GTPC_V2_CREATE_BEARER_RESPONSE);
	lab_send(&other, &m);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_barred_down(&v));
	v.down = 0x4242;
	lab_move_and_settle(&v);
	CU_ASSERT_TRUE(lab_has_downlink(&v));
	lab_stop();
}

UNIT_MAIN("session_binding_tunnel", TEST(conflicting_claims_to_a_tunnel_bar_it_for_both),
	  TEST(claim_of_a_session_without_addresses_bars_it_too),
	  TEST(claim_that_is_said_again_and_again_gains_nothing),
	  TEST(claim_of_a_session_without_protection_gains_nothing),
	  TEST(tunnel_that_a_session_without_protection_claims_no_longer_stays_barred),
	  TEST(accepted_response_gives_the_tunnel_to_the_one_that_still_claims_it),
	  TEST(barred_tunnel_stays_barred_after_a_move_until_an_n_pdu_comes_in_the_new_one),
	  TEST(a_delete_ends_the_claim_to_a_tunnel_before_a_move),
	  TEST(of_many_tunnels_before_moves_the_oldest_and_the_latest_stay_barred),
	  TEST(accepted_response_gives_another_tunnel), TEST(claims_outlive_the_process),
	  TEST(tunnel_of_two_sessions_with_one_address_is_barred_for_both),
	  TEST(session_that_has_the_address_now_has_the_tunnel_too),
	  TEST(delete_leaves_the_tunnels_barred_and_the_address_guarded),
	  TEST(ggsn_that_does_not_have_the_context_leaves_them),
	  TEST(notification_that_deletes_leaves_them),
	  TEST(create_anew_elsewhere_leaves_the_tunnels_and_the_address_of_before),
	  TEST(restart_of_the_sgw_leaves_the_downlink_tunnel_barred),
	  TEST(accepted_response_assigns_the_tunnel_of_an_ended_session),
	  TEST(accepted_response_assigns_the_address_of_an_ended_session),
	  TEST(tunnel_of_an_ended_session_without_addresses_stays_barred),
	  TEST(ended_session_that_has_nothing_left_is_forgotten),
	  TEST(what_an_ended_session_leaves_outlives_the_process),
	  TEST(create_for_which_there_is_no_room_leaves_its_tunnels_barred),
	  TEST(without_a_place_for_what_they_leave_all_unknown_tunnels_are_barred),
	  TEST(tunnel_of_an_update_whose_answers_are_all_lost_is_barred),
	  TEST(tunnel_of_a_create_whose_answers_are_all_lost_is_barred),
	  TEST(tunnel_of_a_refused_update_is_not),
	  TEST(requests_without_a_response_take_half_of_the_places_at_most),
	  TEST(uplink_tunnel_that_the_ggsn_gives_to_another_is_not_barred),
	  TEST(claims_of_two_pdn_connections_of_a_subscriber_bar_it_for_both),
	  TEST(claims_of_two_sessions_without_protection_bar_nothing),
	  TEST(bearer_of_an_unknown_pdn_connection_leaves_it_with_addresses),
	  TEST(bearer_of_an_unknown_pdn_connection_bars_it_without_addresses))
