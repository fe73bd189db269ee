/* SPDX-License-Identifier: BSD-3-Clause */
/* The sessions whose addresses are guarded, and the GGSNs where they are: e2m.md 6, "Address binding". */
#include "control/binding.h"
#include "session_binding_lab.h"
#include "session_lab_policy.h"

static const uint8_t address[4] = {10, 9, 0, 1};
static const uint8_t eua_address[] = {0xF1, 0x21, 10, 9, 0, 1};

/* The victim, and another subscriber. */
static struct lab_context v, other;
static struct session_view view;

static void make_contexts(void)
{
	v = lab_context(1);
	other = lab_context(2);
	memcpy(v.ipv4, address, 4);
}

static void start(void)
{
	make_contexts();
	lab_start();
	lab_begin_and_settle(&v);
	lab_make_ready(&v);
}

/* Both subscribers have address from now on. */
static void share_address(void)
{
	memcpy(other.ipv4, address, 4);
}

static struct lab_flow *flow_of(const struct lab_context *c)
{
	const struct tunnel down = lab_down(c);
	struct lab_flow *flow = lab_flow(&down);

	CU_ASSERT_PTR_NOT_NULL_FATAL(flow);
	return flow;
}

/* --- a protected session: has or must have protection, also while it is barred --- */

static void address_of_a_session_with_a_keyset_is_guarded(void)
{
	start();
	CU_ASSERT_TRUE(lab_guards_at(&v, v.ggsn));
	CU_ASSERT_FALSE(lab_guards_at(&other, v.ggsn));
	lab_stop();
}

static void address_of_a_session_without_protection_is_not(void)
{
	make_contexts();
	lab_start();
	lab_create_plain(&v);
	CU_ASSERT_FALSE(lab_guards_at(&v, v.ggsn));
	lab_stop();
}

/* The policy protects the victim, which has no keyset, and no other subscriber. */
static void start_with_a_barred_session(void)
{
	const struct e2m_imsi imsi = lab_imsi(1);

	make_contexts();
	lab_defaults();
	lab_rule(NULL, imsi.digits, POLICY_PROTECT);
	lab_open();
	lab_create_plain(&v);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&v), "barred");
}

static void address_of_a_session_that_must_have_protection_is_guarded(void)
{
	start_with_a_barred_session();
	CU_ASSERT_TRUE(lab_guards_at(&v, v.ggsn));
	lab_stop();
}

static void session_without_keyset_that_gets_its_address_is_barred(void)
{
	start_with_a_barred_session();
	share_address();
	lab_create_plain(&other);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&other), "barred");
	lab_stop();
}

static void address_of_a_session_that_has_lost_its_tunnel_is_guarded(void)
{
	start();
	other.down = v.down;
	lab_begin_and_settle(&other);
	CU_ASSERT_TRUE(lab_is_bound_to(&v, address));
	CU_ASSERT_TRUE(lab_guards_at(&v, v.ggsn));
	lab_stop();
}

/* --- a session without keyset gets the address of a protected one, by whatever message --- */

static void session_that_gets_it_by_a_ggsn_initiated_update_is_barred(void)
{
	const struct gtp_octets eua = {.data = eua_address, .len = sizeof(eua_address)};

	start();
	lab_create_request(&other, NULL, 0);
	other.is_unbound = true;
	lab_create_response(&other);
	lab_settle();
	CU_ASSERT_STRING_EQUAL(lab_state_name(&other), "clear");
	lab_update_by_ggsn(&other, other.ggsn, &eua, true);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&other), "barred");
	lab_stop();
}

static void session_that_gets_it_by_a_create_session_is_barred(void)
{
	struct gtpc_v2 m;

	start();
	share_address();
	m = lab_create_session(&other);
	lab_send(&other, &m);
	m = lab_accept(&other, GTPC_V2_CREATE_SESSION_RESPONSE);
	lab_send(&other, &m);
	lab_settle();
	CU_ASSERT_STRING_EQUAL(lab_state_name(&other), "barred");
	lab_stop();
}

/* --- one tunnel, one session --- */

static void session_that_loses_its_only_tunnel_keeps_keys_counts_and_addresses(void)
{
	struct tunnel lost;
	size_t asked;

	start();
	lab_use(flow_of(&v), 0, 3);
	asked = lab.asked;
	other.down = v.down;
	lab_create(&other, lab_sqn(1), 1);
	lab_settle();
	lost = lab_down(&v);
	CU_ASSERT_EQUAL(lab_subscriber(lab_flow(&lost)), other.subscriber);
	CU_ASSERT_TRUE(lab_is_bound_to(&v, address));
	CU_ASSERT_TRUE(lab_view(&v, &view) && view.uplink.live && !view.downlink.live);
	v.down = 0x7777;
	lab_move(&v);
	lab_settle();
	lab_use(flow_of(&v), 0, 1); /* checks that no COUNT comes twice */
	CU_ASSERT_EQUAL(flow_of(&v)->places[0].count, 4);
	CU_ASSERT_EQUAL(lab.asked, asked);
	lab_stop();
}

/* The response that was given before came again: the GGSN may have either tunnel (e2m.md 6). */
static struct tunnel move_doubtfully(void)
{
	struct tunnel before;

	start();
	lab_use(flow_of(&v), 0, 3);
	lab_move(&v);
	lab_settle();
	before = lab_down(&v);
	v.down = 0x7777;
	lab.send_again = true;
	lab_move(&v);
	lab_settle();
	lab.send_again = false;
	CU_ASSERT_PTR_EQUAL(lab_protects(&before), flow_of(&v));
	return before;
}

static void session_that_has_two_tunnels_loses_either_silently(void)
{
	for (unsigned is_new = 0; is_new < 2; is_new++) {
		struct tunnel before = move_doubtfully(), taken;

		other.down = is_new ? v.down : before.teid;
		lab_begin_and_settle(&other);
		taken = lab_down(&other);
		CU_ASSERT_PTR_NOT_NULL_FATAL(lab_flow(&taken));
		CU_ASSERT_EQUAL(lab_subscriber(lab_flow(&taken)), other.subscriber);
		v.down = is_new ? before.teid : v.down;
		CU_ASSERT_EQUAL(lab_subscriber(flow_of(&v)), v.subscriber);
		lab_use(flow_of(&v), 0, 1);
		CU_ASSERT_EQUAL(flow_of(&v)->places[0].count, 4);
		CU_ASSERT_EQUAL(lab_count(SESSION_TUNNELS_LOST), 0);
		lab_stop();
	}
}

/* --- a GGSN is known by all the user-plane addresses that it has given --- */

/* 2001:db8::40 and 10.1.0.40 */
static const struct gtp_address user_ipv6 = {.len = 16,
					     .octets = {0x20, 0x01, 0x0d, 0xb8, [15] = 0x40}},
				user_ipv4 = {.len = 4, .octets = {10, 1, 0, 40}};

static void expect_guard_at_both(void)
{
	struct tunnel at = {0}, known = {0};

	tunnel_set_ipv4(&at, user_ipv4.octets);
	CU_ASSERT_TRUE(lab_guards(&v, &at));
	tunnel_set_ipv6(&at, user_ipv6.octets);
	CU_ASSERT_TRUE(lab_guards(&v, &at));
	/* Not because they are unknown. */
	tunnel_set_ipv4(&known, user_ipv4.octets);
	CU_ASSERT_NOT_EQUAL(gsns_group(lab.store->gsns, gsns_find(lab.store->gsns, known.receiver)),
			    0);
	CU_ASSERT_EQUAL(gsns_group(lab.store->gsns, gsns_find(lab.store->gsns, at.receiver)),
			gsns_group(lab.store->gsns, gsns_find(lab.store->gsns, known.receiver)));
	CU_ASSERT_FALSE(lab_guards_at(&v, other.ggsn));
}

/* A second GGSN is known, at which nothing is guarded. */
static void start_with_another_ggsn(void)
{
	make_contexts();
	lab_start();
	other.ggsn = 4;
	lab_begin_and_settle(&other);
}

static void ggsn_is_known_by_both_addresses_of_an_f_teid(void)
{
	struct gtpc_v2 m;

	start_with_another_ggsn();
	m = lab_create_session(&v);
	m.pco = lab_pco(lab_sqn(1), 1);
	lab_send(&v, &m);
	m = lab_accept(&v, GTPC_V2_CREATE_SESSION_RESPONSE);
	m.bearers[0].pgw_u.ipv4 = user_ipv4;
	m.bearers[0].pgw_u.ipv6 = user_ipv6;
	lab_send(&v, &m);
	lab_settle();
	expect_guard_at_both();
	lab_stop();
}

/* Alternative GSN Addresses, for control and for user traffic, behind all else. */
static size_t put_alternatives(uint8_t *data, size_t len)
{
	for (unsigned i = 0; i < 2; i++) {
		data[len++] = 133;
		data[len++] = 0;
		data[len++] = user_ipv6.len;
		memcpy(data + len, user_ipv6.octets, user_ipv6.len);
		len += user_ipv6.len;
	}
	data[3] = (uint8_t)(len - 8);
	return len;
}

static void ggsn_is_known_by_its_alternative_gsn_addresses(void)
{
	const struct e2m_keyset_id name = lab_sqn(1);
	struct gtpc_v1_accept accept = {.type = GTPC_V1_CREATE_PDP_RESPONSE};
	uint8_t data[512];
	int len;

	start_with_another_ggsn();
	lab_create_request(&v, &name, 1);
	accept.sequence = (uint16_t)v.sequence;
	accept.peer_teid_control = v.control_sgsn;
	accept.teid_data = v.up;
	accept.teid_control = v.control_ggsn;
	accept.gsn = user_ipv4;
	memcpy(accept.end_user_ipv4, address, 4);
	len = gtpc_v1_write_accept_response(data, sizeof(data), &accept);
	CU_ASSERT_TRUE_FATAL(len > 0);
	lab_give(DATAPATH_CORE, v.ggsn, v.sgsn, data, put_alternatives(data, (size_t)len));
	lab_settle();
	expect_guard_at_both();
	lab_stop();
}

static void ggsn_that_reports_is_known_by_its_user_plane_address(void)
{
	start_with_another_ggsn();
	share_address();
	lab_activate(&v, lab_sqn(1), 1);
	CU_ASSERT_TRUE(lab_guards_at(&v, v.ggsn));
	CU_ASSERT_FALSE(lab_guards_at(&v, other.ggsn));
	lab_stop();
}

static void user_plane_address_that_no_ggsn_has_given_counts_as_the_ggsn(void)
{
	start();
	CU_ASSERT_TRUE(lab_guards_at(&v, 99));
	lab_stop();
}

/* The SGSN's own address, which stands in its requests. */
static void address_of_the_access_side_counts_as_the_ggsn_too(void)
{
	start();
	CU_ASSERT_TRUE(lab_guards_at(&v, v.sgsn));
	lab_stop();
}

/* --- what is known of GGSNs --- */

static struct tunnel ggsn(unsigned number)
{
	const uint8_t octets[4] = {11, (uint8_t)(number >> 16), (uint8_t)(number >> 8),
				   (uint8_t)number};
	struct tunnel tunnel = {0};

	tunnel_set_ipv4(&tunnel, octets);
	return tunnel;
}

static uint32_t group_of(const struct tunnel *tunnel)
{
	return gsns_group(lab.store->gsns, gsns_find(lab.store->gsns, tunnel->receiver));
}

/* Two GGSNs that leave out the same address are not one for that. */
static void address_that_a_message_leaves_out_is_no_ggsns(void)
{
	const struct tunnel none = {0}, first = ggsn(1), second = ggsn(2);

	lab_start();
	for (unsigned i = 1; i < 3; i++) {
		const struct tunnel addresses[] = {none, ggsn(i), none, ggsn(10 + i)};

		binding_note_ggsn(lab.store, addresses, 4);
		CU_ASSERT_NOT_EQUAL(group_of(&addresses[1]), 0);
		CU_ASSERT_EQUAL(group_of(&addresses[1]), group_of(&addresses[3]));
	}
	CU_ASSERT_EQUAL(group_of(&none), 0);
	CU_ASSERT_NOT_EQUAL(group_of(&first), group_of(&second));
	lab_stop();
}

static void address_that_no_ggsn_has_given_is_not_known_to_be_of_another(void)
{
	const struct tunnel known = ggsn(1), other_one = ggsn(2), unknown = ggsn(3);

	lab_start();
	binding_note_ggsn(lab.store, &known, 1);
	binding_note_ggsn(lab.store, &other_one, 1);
	CU_ASSERT_TRUE(binding_is_other_ggsn(lab.store, &known, &other_one));
	CU_ASSERT_FALSE(binding_is_other_ggsn(lab.store, &known, &known));
	CU_ASSERT_FALSE(binding_is_other_ggsn(lab.store, &known, &unknown));
	CU_ASSERT_FALSE(binding_is_other_ggsn(lab.store, &unknown, &known));
	lab_stop();
}

static void addresses_of_several_messages_are_of_one_ggsn(void)
{
	const struct tunnel addresses[] = {ggsn(1), ggsn(2), ggsn(3)};

	lab_start();
	binding_note_ggsn(lab.store, addresses, 1);
	binding_note_ggsn(lab.store, addresses, 2);
	binding_note_ggsn(lab.store, addresses + 1, 2);
	CU_ASSERT_NOT_EQUAL(group_of(&addresses[0]), 0);
	CU_ASSERT_EQUAL(group_of(&addresses[1]), group_of(&addresses[0]));
	CU_ASSERT_EQUAL(group_of(&addresses[2]), group_of(&addresses[0]));
	lab_stop();
}

/* Its other sessions use it, although none that is known names it now. */
static void ggsn_is_known_although_no_session_names_it(void)
{
	struct tunnel named;

	make_contexts();
	lab_start();
	lab_create_plain(&v);
	named = lab_down(&v); /* an SGSN may have named it before */
	binding_note_ggsn(lab.store, &named, 1);
	lab_delete(&v);
	lab_pass_lingering();
	CU_ASSERT_EQUAL(lab_unprotected(), 0);
	CU_ASSERT_NOT_EQUAL(group_of(&named), 0);
	lab_stop();
}

static void fill_ggsns(void)
{
	for (unsigned i = 0; lab.store->ggsns < BINDING_GGSNS_MAX; i++) {
		const struct tunnel one = ggsn(i);

		CU_ASSERT_TRUE_FATAL(i < BINDING_GGSNS_MAX);
		binding_note_ggsn(lab.store, &one, 1);
	}
}

static void addresses_of_ggsns_are_bounded_and_counted_once(void)
{
	const struct tunnel first = ggsn(0), late = ggsn(BINDING_GGSNS_MAX + 1);
	const struct tunnel late_and_first[] = {late, first};

	lab_start();
	for (unsigned i = 0; i < 3; i++)
		binding_note_ggsn(lab.store, &first, 1);
	CU_ASSERT_EQUAL(lab.store->ggsns, 1);
	fill_ggsns();
	binding_note_ggsn(lab.store, late_and_first, 2);
	CU_ASSERT_EQUAL(group_of(&late), 0);
	CU_ASSERT_NOT_EQUAL(group_of(&first), 0);
	CU_ASSERT_EQUAL(lab.store->ggsns, BINDING_GGSNS_MAX);
	lab_stop();
}

/* With a session at a GGSN that is known, before it or after it. */
static void session_at_a_ggsn_that_is_not_known_has_its_address_at_every_ggsn(void)
{
	for (unsigned is_known_first = 0; is_known_first < 2; is_known_first++) {
		struct lab_context *const first = is_known_first ? &v : &other,
					  *const later = is_known_first ? &other : &v;
		struct tunnel of_v, of_other;

		make_contexts();
		share_address();
		other.ggsn = 4;
		lab_start();
		of_v = lab_up(&v);
		of_other = lab_up(&other);
		if (is_known_first)
			lab_begin_and_settle(first);
		else
			binding_note_ggsn(lab.store, &of_v, 1);
		fill_ggsns();
		if (!is_known_first)
			lab_begin_and_settle(first);
		CU_ASSERT_EQUAL(group_of(&of_other), 0);
		lab_begin_and_settle(later);
		CU_ASSERT_TRUE(lab_is_bound_to(later, address));
		CU_ASSERT_EQUAL(lab_address_of(first).ipv4_state, PDP_LOST);
		lab_stop();
	}
}

/* --- prefixes of different lengths --- */

static void begin_with_prefix(struct lab_context *c, uint8_t length)
{
	uint8_t octets[18] = {2, length, 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2};
	const struct gtp_octets none = {0}, given = {.data = octets, .len = sizeof(octets)};

	lab_begin_with(c, &none, &given);
}

/* The addresses do not tell whose the packets in the tunnel are. */
static void tunnel_of_two_prefixes_of_which_one_is_in_the_other_is_barred(void)
{
	for (unsigned is_wider = 0; is_wider < 2; is_wider++) {
		struct tunnel down;

		make_contexts();
		lab_start();
		begin_with_prefix(&v, is_wider ? 64 : 56);
		lab.apn = "corporate";
		other.down = v.down;
		begin_with_prefix(&other, is_wider ? 56 : 64);
		down = lab_down(&v);
		CU_ASSERT_PTR_NULL(lab_flow(&down));
		CU_ASSERT_EQUAL(lab_kind_of(&down, DOWN), DIRECTORY_PROTECTED);
		lab_stop();
	}
}

UNIT_MAIN("session_binding_guard", TEST(address_of_a_session_with_a_keyset_is_guarded),
	  TEST(address_of_a_session_without_protection_is_not),
	  TEST(address_of_a_session_that_must_have_protection_is_guarded),
	  TEST(session_without_keyset_that_gets_its_address_is_barred),
	  TEST(address_of_a_session_that_has_lost_its_tunnel_is_guarded),
	  TEST(session_that_gets_it_by_a_ggsn_initiated_update_is_barred),
	  TEST(session_that_gets_it_by_a_create_session_is_barred),
	  TEST(session_that_loses_its_only_tunnel_keeps_keys_counts_and_addresses),
	  TEST(session_that_has_two_tunnels_loses_either_silently),
	  TEST(ggsn_is_known_by_both_addresses_of_an_f_teid),
	  TEST(ggsn_is_known_by_its_alternative_gsn_addresses),
	  TEST(ggsn_that_reports_is_known_by_its_user_plane_address),
	  TEST(user_plane_address_that_no_ggsn_has_given_counts_as_the_ggsn),
	  TEST(address_of_the_access_side_counts_as_the_ggsn_too),
	  TEST(address_that_a_message_leaves_out_is_no_ggsns),
	  TEST(address_that_no_ggsn_has_given_is_not_known_to_be_of_another),
	  TEST(addresses_of_several_messages_are_of_one_ggsn),
	  TEST(ggsn_is_known_although_no_session_names_it),
	  TEST(addresses_of_ggsns_are_bounded_and_counted_once),
	  TEST(session_at_a_ggsn_that_is_not_known_has_its_address_at_every_ggsn),
	  TEST(tunnel_of_two_prefixes_of_which_one_is_in_the_other_is_barred))
