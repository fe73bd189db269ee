/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of EPS bearers by the operator's policy. */
#include "session_lab_policy.h"
#include "session_lab_v2.h"

static struct session_view view;

/* A PDN connection whose UE names no keyset. */
static uint64_t begin_plain(struct lab_context *c)
{
	struct gtpc_v2 m = lab_create_session(c);

	lab_send(c, &m);
	m = lab_accept(c, GTPC_V2_CREATE_SESSION_RESPONSE);
	return lab_send(c, &m);
}

/* A Modify Bearer, to what c says now. */
static void modify(struct lab_context *c, const struct e2m_keyset_id *name, uint8_t key_id)
{
	struct gtpc_v2 m = lab_modify_bearer(c);

	if (name)
		m.pco = lab_pco(*name, key_id);
	lab_send(c, &m);
	m = lab_accept(c, GTPC_V2_MODIFY_BEARER_RESPONSE);
	lab_send(c, &m);
	lab_settle();
}

static void remove_it(struct lab_context *c)
{
	struct gtpc_v2 m = lab_delete_session(c);

	lab_send(c, &m);
	m = lab_accept(c, GTPC_V2_DELETE_SESSION_RESPONSE);
	lab_send(c, &m);
	lab_settle();
}

/* --- protect --- */

static void to_be_protected_and_without_a_keyset_it_is_barred(void)
{
	struct lab_context c = lab_context(1);
	uint64_t response;

	lab_start_with(POLICY_PROTECT);
	response = begin_plain(&c);
	CU_ASSERT_EQUAL(lab_fate(response), LAB_HELD);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_BAR));
	CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "barred");
	CU_ASSERT_EQUAL(lab_count(SESSION_POLICY_BARRED), 1);
	remove_it(&c);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void its_tunnel_is_expected_from_the_request_on(void)
{
	struct lab_context c = lab_context(1);
	const struct tunnel down = lab_down(&c);
	struct gtpc_v2 m;

	lab_start_with(POLICY_PROTECT);
	m = lab_create_session(&c);
	lab_send(&c, &m);
	lab_settle();
	CU_ASSERT_PTR_NOT_NULL(lab_expected(&down));
	m = lab_accept(&c, GTPC_V2_CREATE_SESSION_RESPONSE);
	lab_send(&c, &m);
	lab_settle();
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	lab_stop();
}

static void a_keyset_that_comes_by_a_modify_ends_the_bar(void)
{
	struct lab_context c = lab_context(1);
	const struct e2m_keyset_id name = lab_sqn(1);

	lab_start_with(POLICY_PROTECT);
	begin_plain(&c);
	lab_settle();
	modify(&c, NULL, 0);
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_BAR));
	modify(&c, &name, 2);
	lab_make_ready(&c);
	CU_ASSERT_TRUE(lab_is_protected(&c));
	lab_stop();
}

static void with_a_keyset_it_is_protected_as_any(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_PROTECT);
	lab_begin(&c, lab_sqn(1), 1);
	lab_settle();
	lab_make_ready(&c);
	CU_ASSERT_TRUE(lab_is_protected(&c));
	CU_ASSERT_EQUAL(lab_count(SESSION_POLICY_BARRED), 0);
	lab_stop();
}

static void made_anew_without_a_keyset_it_is_barred(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_PROTECT);
	lab_begin(&c, lab_sqn(1), 1);
	lab_settle();
	lab_make_ready(&c);
	begin_plain(&c);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_BAR));
	CU_ASSERT_EQUAL(lab_count(SESSION_UNPROTECTED_AGAIN), 1);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_stop();
}

static void an_acceptance_that_does_not_name_its_tunnels_does_not_cross(void)
{
	for (unsigned protect = 0; protect < 2; protect++)
		for (unsigned lacks = 0; lacks < 2; lacks++) {
			struct lab_context c = lab_context(1);
			struct gtpc_v2 m;
			uint64_t response;

			lab_start_with(protect ? POLICY_PROTECT : POLICY_OPTIONAL);
			m = lab_create_session(&c);
			lab_send(&c, &m);
			m = lab_accept(&c, GTPC_V2_CREATE_SESSION_RESPONSE);
			if (lacks == 0)
				m.bearers[0].pgw_u.is_present = false;
			else
				m.pgw_c.is_present = false;
			response = lab_send(&c, &m);
			lab_settle();
			CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
			CU_ASSERT_EQUAL(lab_expected_count(), 0);
			CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_MALFORMED), 1);
			lab_stop();
		}
}

/* A P-GW that does not look at the interface type could make a bearer of it that nobody here knows. */
static void a_request_that_cannot_be_learned_does_not_cross(void)
{
	for (unsigned protect = 0; protect < 2; protect++) {
		struct lab_context c = lab_context(1);
		struct gtpc_v2 m;
		uint64_t request;

		lab_start_with(protect ? POLICY_PROTECT : POLICY_OPTIONAL);
		m = lab_create_session(&c);
		m.bearers[0].sgw_u.is_present = false;
		request = lab_send(&c, &m);
		lab_settle();
		CU_ASSERT_EQUAL(lab_fate(request), protect ? LAB_DISCARDED : LAB_LEFT);
		lab_stop();

		lab_start_with(protect ? POLICY_PROTECT : POLICY_OPTIONAL);
		m = lab_create_session(&c);
		m.sgw_c.is_present = false;
		request = lab_send(&c, &m);
		lab_settle();
		CU_ASSERT_EQUAL(lab_fate(request), protect ? LAB_DISCARDED : LAB_LEFT);
		CU_ASSERT_EQUAL(lab_count(SESSION_POLICY_REFUSED), protect);
		lab_stop();
	}
}

/* e2m.md 6: S2a and S2b have the same policy. */
static void to_be_protected_on_s2a_or_s2b_and_without_a_keyset_it_is_barred(void)
{
	for (unsigned access = GTPC_V2_S2A; access <= GTPC_V2_S2B; access++) {
		struct lab_context c = lab_context(1);
		struct gtpc_v2 m;

		lab_start_with(POLICY_PROTECT);
		m = lab_create_session(&c);
		m.access = (enum gtpc_v2_access)access;
		lab_send(&c, &m);
		m = lab_accept(&c, GTPC_V2_CREATE_SESSION_RESPONSE);
		m.access = (enum gtpc_v2_access)access;
		lab_send(&c, &m);
		lab_settle();
		CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_BAR));
		lab_stop();
	}
}

/* --- bearers beside the first --- */

static void a_dedicated_bearer_of_a_barred_one_is_barred(void)
{
	struct lab_context first = lab_context(1), second = lab_dedicated(&first, 6);

	lab_start_with(POLICY_PROTECT);
	begin_plain(&first);
	lab_settle();
	lab_begin_dedicated(&second, &first);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_treated(&second, DATAPATH_BAR));
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	lab_stop();
}

/* In one datagram, when the first session has hardly begun. */
static void nor_does_one_that_is_piggybacked_get_around_it(void)
{
	struct lab_context first = lab_context(1), second = lab_dedicated(&first, 6);
	struct gtpc_v2 m, create;

	lab_start_with(POLICY_PROTECT);
	m = lab_create_session(&first);
	lab_send(&first, &m);
	m = lab_accept(&first, GTPC_V2_CREATE_SESSION_RESPONSE);
	create = lab_create_bearer(&second, &first);
	lab_send_both(&first, &m, &create);
	m = lab_accept(&second, GTPC_V2_CREATE_BEARER_RESPONSE);
	lab_send(&second, &m);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_treated(&first, DATAPATH_BAR));
	CU_ASSERT_TRUE(lab_is_treated(&second, DATAPATH_BAR));
	lab_stop();
}

static void a_dedicated_bearer_of_a_clear_one_is_clear(void)
{
	struct lab_context first = lab_context(1), second = lab_dedicated(&first, 6);

	lab_start_with(POLICY_OPTIONAL);
	begin_plain(&first);
	lab_settle();
	lab_begin_dedicated(&second, &first);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_treated(&second, DATAPATH_LET_PASS));
	lab_stop();
}

static void a_dedicated_bearer_whose_tunnels_are_not_named_does_not_cross(void)
{
	struct lab_context first = lab_context(1), second = lab_dedicated(&first, 6);
	struct gtpc_v2 m;
	uint64_t response;

	lab_start_with(POLICY_PROTECT);
	lab_begin(&first, lab_sqn(1), 1);
	lab_settle();
	m = lab_create_bearer(&second, &first);
	lab_send(&second, &m);
	m = lab_accept(&second, GTPC_V2_CREATE_BEARER_RESPONSE);
	m.bearers[0].sgw_u.is_present = false;
	response = lab_send(&second, &m);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_stop();
}

/* --- pass --- */

static void what_is_to_pass_is_left_alone_though_it_names_a_keyset(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_PASS);
	lab_begin(&c, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_unprotected(), 1); /* so that a stricter policy can find it */
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
	CU_ASSERT_EQUAL(lab_count(SESSION_POLICY_PASSED), 1);
	CU_ASSERT_EQUAL(lab.asked, 0);
	lab_stop();
}

/* --- drop --- */

static void what_is_to_be_dropped_has_no_session_anywhere(void)
{
	struct lab_context c = lab_context(1);
	struct gtpc_v2 m;
	uint64_t request, response;

	lab_start_with(POLICY_DROP);
	m = lab_create_session(&c);
	m.pco = lab_pco(lab_sqn(1), 1);
	request = lab_send(&c, &m);
	/* It was overdue, and a worker let it go. */
	m = lab_accept(&c, GTPC_V2_CREATE_SESSION_RESPONSE);
	response = lab_send(&c, &m);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	lab_stop();
}

static void another_apn_is_another_rules(void)
{
	struct lab_context a = lab_context(1), b = lab_context(2);

	lab_start_with(POLICY_DROP);
	lab.apn = "Internet.mnc001.mcc262.gprs";
	lab_begin(&a, lab_sqn(1), 1);
	lab.apn = "meters";
	lab_begin(&b, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_FALSE(lab_view(&a, &view));
	CU_ASSERT_TRUE(lab_view(&b, &view));
	lab_stop();
}

/* --- unknown TEIDs are dropped --- */

static void where_the_unknown_is_dropped_the_unprotected_is_known(void)
{
	static const enum policy_action actions[] = {POLICY_OPTIONAL, POLICY_PASS};

	for (unsigned i = 0; i < 2; i++) {
		struct lab_context c = lab_context(1);

		lab_start_with(actions[i]);
		begin_plain(&c);
		lab_settle();
		CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
		CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
		CU_ASSERT_STRING_EQUAL(view.state, "clear");
		c.sgsn = 7;
		c.down++;
		modify(&c, NULL, 0);
		CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
		remove_it(&c);
		CU_ASSERT_EQUAL(lab_sessions(), 0);
		lab_stop();
	}
}

static void there_a_keyset_is_taken_up_by_a_modify_unless_it_is_to_pass(void)
{
	static const enum policy_action actions[] = {POLICY_OPTIONAL, POLICY_PASS};
	const struct e2m_keyset_id name = lab_sqn(1);

	for (unsigned i = 0; i < 2; i++) {
		struct lab_context c = lab_context(1);

		lab_start_with(actions[i]);
		begin_plain(&c);
		lab_settle();
		modify(&c, &name, 1);
		if (actions[i] == POLICY_PASS) {
			CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
		} else {
			lab_make_ready(&c);
			CU_ASSERT_TRUE(lab_is_protected(&c));
		}
		lab_stop();
	}
}

/* --- whose downlink tunnel is it? --- */

/* By a rule for subscriber 1 alone. */
static void start_with_one_to_protect(struct lab_context *victim)
{
	static struct e2m_imsi imsi;

	lab_defaults();
	*victim = lab_context(1);
	imsi = lab_imsi(1);
	lab_rule(NULL, imsi.digits, POLICY_PROTECT);
	lab_open();
	lab_begin(victim, lab_sqn(1), 1);
	lab_settle();
	lab_make_ready(victim);
	CU_ASSERT_TRUE(lab_is_protected(victim));
}

/* e2m.md 6: a tunnel is one session's. The packets of the victim are dropped there, by their
 * address. */
static bool has_lost_only(const struct lab_context *c, enum session_direction direction)
{
	struct session_view its;

	return lab_view(c, &its) && its.uplink.live == (direction == DOWN) &&
	       its.downlink.live == (direction == UP) && strcmp(its.state, "ready") == 0;
}

static void another_pdn_connection_takes_its_downlink_tunnel(void)
{
	for (unsigned names = 0; names < 2; names++) {
		struct lab_context victim, other = lab_context(2);
		uint64_t response;

		start_with_one_to_protect(&victim);
		other.down = victim.down;
		response = names ? lab_begin(&other, lab_sqn(2), 1) : begin_plain(&other);
		lab_settle();
		CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
		CU_ASSERT_EQUAL(lab_count(SESSION_TUNNELS_LOST), 1);
		CU_ASSERT_TRUE(has_lost_only(&victim, DOWN));
		lab_stop();
	}
}

static void a_dedicated_bearer_of_another_does_as_well(void)
{
	struct lab_context victim, other = lab_context(2), dedicated = lab_dedicated(&other, 6);
	uint64_t response;

	start_with_one_to_protect(&victim);
	begin_plain(&other);
	dedicated.down = victim.down;
	response = lab_begin_dedicated(&dedicated, &other);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_TRUE(has_lost_only(&victim, DOWN));
	lab_stop();
}

static void nobody_ends_it_by_naming_its_uplink_tunnel_as_his_downlink(void)
{
	for (unsigned names = 0; names < 2; names++) {
		struct lab_context victim, other = lab_context(2);
		struct gtpc_v2 m;
		uint64_t response;

		start_with_one_to_protect(&victim);
		m = lab_create_session(&other);
		if (names)
			m.pco = lab_pco(lab_sqn(2), 1);
		m.bearers[0].sgw_u = lab_fteid(victim.ggsn, victim.up);
		lab_send(&other, &m);
		m = lab_accept(&other, GTPC_V2_CREATE_SESSION_RESPONSE);
		response = lab_send(&other, &m);
		lab_settle();
		CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
		CU_ASSERT_TRUE(has_lost_only(&victim, UP));
		lab_stop();
	}
}

/* By another APN, which no rule is about. */
static void another_pdn_connection_of_the_same_subscriber_takes_its_downlink_tunnel(void)
{
	struct lab_context victim = lab_context(1), other = lab_context(2);
	uint64_t response;

	lab_start_with(POLICY_PROTECT);
	lab_begin(&victim, lab_sqn(1), 1);
	lab_settle();
	lab_make_ready(&victim);
	other.subscriber = 1;
	other.nsapi = 7;
	other.sgsn = victim.sgsn;
	other.down = victim.down;
	lab.apn = "meters";
	response = begin_plain(&other);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_TRUE(has_lost_only(&victim, DOWN));
	lab_stop();
}

/* --- requests that not everybody reads alike --- */

static void a_create_that_cannot_be_read_does_not_cross(void)
{
	for (enum policy_action action = POLICY_OPTIONAL; action <= POLICY_DROP; action++)
		for (unsigned version = 1; version <= 2; version++) {
			struct lab_context c = lab_context(1);
			uint8_t v1[] = {0x32, GTPC_V1_CREATE_PDP_REQUEST, 0, 9}, v2[512] = {0};
			struct gtpc_v2 m;
			uint64_t request;
			int len;

			lab_start_with(action);
			m = lab_create_session(&c);
			len = gtpc_v2_write(v2, sizeof(v2) - 1, &m) + 1; /* one octet too many */
			request = version == 1 ? lab_give(DATAPATH_ACCESS, c.sgsn, c.ggsn, v1,
							  sizeof(v1))
					       : lab_give(DATAPATH_ACCESS, c.sgsn, c.ggsn, v2,
							  (size_t)len);
			lab_settle();
			CU_ASSERT_EQUAL(lab_fate(request), LAB_DISCARDED);
			CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_MALFORMED), 1);
			lab_stop();
		}
}

static void one_bearer_twice_does_not_cross(void)
{
	struct lab_context c = lab_context(1);
	struct gtpc_v2 m;
	uint64_t request;

	lab_start_with(POLICY_OPTIONAL);
	m = lab_create_session(&c);
	m.bearers_count = 2;
	m.bearers[1] = m.bearers[0];
	m.bearers[1].sgw_u.teid++;
	request = lab_send(&c, &m);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_AMBIGUOUS), 1);
	lab_stop();
}

/* --- a P-GW that reports what GTP-C has made --- */

/* It knows the control TEIDs still: who is barred, and who named the run otherwise. */
static void what_is_reported_later_can_still_be_moved_and_ended(void)
{
	for (unsigned named = 0; named < 2; named++) {
		struct lab_context c = lab_context(1);
		struct tunnel down;
		struct gtpc_v2 m;

		lab_start_with(POLICY_PROTECT);
		if (named)
			lab_begin(&c, lab_sqn(1), 1);
		else
			begin_plain(&c);
		lab_settle();
		lab_activate(&c, named ? lab_rand(1) : lab_sqn(1), 1);
		lab_settle();
		CU_ASSERT_EQUAL(lab_count(SESSION_CONTRADICTED), 0);
		lab_make_ready(&c);
		CU_ASSERT_TRUE(lab_is_protected(&c));
		c.down++;
		down = lab_down(&c);
		m = lab_modify_bearer(&c);
		lab_send(&c, &m);
		lab_settle();
		CU_ASSERT_PTR_NOT_NULL(lab_expected(&down));
		remove_it(&c);
		CU_ASSERT_EQUAL(lab_sessions(), 0);
		lab_stop();
	}
}

static void what_passes_by_its_apn_is_left_alone_when_it_is_reported(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_PASS);
	lab_begin(&c, lab_sqn(1), 1);
	lab_settle();
	lab_activate(&c, lab_sqn(1), 1);
	lab_activate(&c, lab_sqn(1), 1);
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
	CU_ASSERT_EQUAL(lab_count(SESSION_REPLACED), 0);
	lab_stop();
}

UNIT_MAIN("session_policy_v2", TEST(to_be_protected_and_without_a_keyset_it_is_barred),
	  TEST(its_tunnel_is_expected_from_the_request_on),
	  TEST(a_keyset_that_comes_by_a_modify_ends_the_bar),
	  TEST(with_a_keyset_it_is_protected_as_any), TEST(made_anew_without_a_keyset_it_is_barred),
	  TEST(an_acceptance_that_does_not_name_its_tunnels_does_not_cross),
	  TEST(a_request_that_cannot_be_learned_does_not_cross),
	  TEST(to_be_protected_on_s2a_or_s2b_and_without_a_keyset_it_is_barred),
	  TEST(a_dedicated_bearer_of_a_barred_one_is_barred),
	  TEST(nor_does_one_that_is_piggybacked_get_around_it),
	  TEST(a_dedicated_bearer_of_a_clear_one_is_clear),
	  TEST(a_dedicated_bearer_whose_tunnels_are_not_named_does_not_cross),
	  TEST(what_is_to_pass_is_left_alone_though_it_names_a_keyset),
	  TEST(what_is_to_be_dropped_has_no_session_anywhere), TEST(another_apn_is_another_rules),
	  TEST(where_the_unknown_is_dropped_the_unprotected_is_known),
	  TEST(there_a_keyset_is_taken_up_by_a_modify_unless_it_is_to_pass),
	  TEST(another_pdn_connection_takes_its_downlink_tunnel),
	  TEST(a_dedicated_bearer_of_another_does_as_well),
	  TEST(nobody_ends_it_by_naming_its_uplink_tunnel_as_his_downlink),
	  TEST(another_pdn_connection_of_the_same_subscriber_takes_its_downlink_tunnel),
	  TEST(a_create_that_cannot_be_read_does_not_cross), TEST(one_bearer_twice_does_not_cross),
	  TEST(what_is_reported_later_can_still_be_moved_and_ended),
	  TEST(what_passes_by_its_apn_is_left_alone_when_it_is_reported), )
