/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests that a GGSN may read otherwise than hse, about sessions with and without addresses: e2m.md 6, "Unread
 * messages do not cross". */
#include "session_binding_lab.h"

static struct lab_context v, other;

static void start(bool is_unbound)
{
	v = lab_context(1);
	other = lab_context(2);
	v.is_unbound = is_unbound;
	lab_start();
	lab_begin_and_settle(&v);
	lab_make_ready(&v);
}

/* --- a second request under an answered number --- */

/* The GGSN takes the second request for a copy, and repeats its response. */
static uint64_t repeat_with(uint32_t down)
{
	struct lab_context second = v;
	uint64_t response;

	lab_move(&v);
	lab_settle();
	second.sequence = v.sequence;
	second.down = down;
	lab.send_again = true;
	lab_update_request(&second, NULL, 0);
	lab_settle();
	response = lab_update_response(&v);
	lab_settle();
	lab.send_again = false;
	return response;
}

static void repeated_response_does_not_cross_where_the_session_has_no_addresses(void)
{
	start(true);
	CU_ASSERT_EQUAL(lab_fate(repeat_with(0x7777)), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_AMBIGUOUS), 1);
	CU_ASSERT_TRUE(lab_has_downlink(&v));
	lab_stop();
}

/* The GGSN may have done it, all the same: then it sends the packets of both there. */
static void the_tunnel_of_another_session_is_barred_then(void)
{
	start(true);
	lab_begin_and_settle(&other);
	CU_ASSERT_TRUE(lab_has_downlink(&other));
	CU_ASSERT_EQUAL(lab_fate(repeat_with(other.down)), LAB_DISCARDED);
	CU_ASSERT_FALSE(lab_has_downlink(&other));
	CU_ASSERT_TRUE(lab_has_downlink(&v));
	lab_stop();
}

static void the_same_doubt_again_and_again_takes_one_place(void)
{
	struct session_totals once, often;

	start(true);
	repeat_with(0x7777);
	session_totals(lab.store, &once);
	for (unsigned i = 0; i < 5; i++)
		repeat_with(0x7777);
	session_totals(lab.store, &often);
	CU_ASSERT_EQUAL(once.ended, 1);
	CU_ASSERT_EQUAL(often.ended, once.ended);
	lab_stop();
}

/* Some GGSNs repeat it whatever the port is. */
static void so_it_is_from_another_port_while_both_requests_wait(void)
{
	struct lab_context second;
	uint64_t response;

	start(true);
	lab_update_request(&v, NULL, 0);
	second = v;
	second.down = 0x7777;
	lab.send_again = true;
	lab.sgsn_port = 40000;
	lab_update_request(&second, NULL, 0);
	lab.send_again = false;
	lab.sgsn_port = 0;
	lab_update_response(&v);
	lab.sgsn_port = 40000;
	response = lab_update_response(&v);
	lab.sgsn_port = 0;
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
	CU_ASSERT_TRUE(lab_has_downlink(&v));
	lab_stop();
}

static void repeated_response_does_not_cross_where_the_tunnel_is_another_sessions(void)
{
	start(false);
	lab_begin_and_settle(&other);
	CU_ASSERT_EQUAL(lab_fate(repeat_with(other.down)), LAB_DISCARDED);
	CU_ASSERT_TRUE(lab_has_downlink(&v));
	CU_ASSERT_TRUE(lab_has_downlink(&other));
	lab_stop();
}

static void another_response_crosses(void)
{
	struct lab_context second;
	uint64_t response;

	start(true);
	lab_move(&v);
	lab_settle();
	second = v;
	second.down = 0x7777;
	second.control_ggsn += 0x100;
	lab.send_again = true;
	lab_move(&second); /* the GGSN answers with something else */
	lab_settle();
	second.control_ggsn = v.control_ggsn;
	response = lab_update_request(&second, NULL, 0);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	lab_stop();
}

static void response_to_a_retransmission_crosses(void)
{
	uint64_t response;

	start(true);
	lab_move(&v);
	lab_settle();
	lab.send_again = true;
	response = lab_move(&v);
	lab_settle();
	lab.send_again = false;
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	lab_stop();
}

static void after_a_minute_the_number_is_a_new_one(void)
{
	uint64_t response;

	start(true);
	lab_move(&v);
	lab_settle();
	lab_pass(60100);
	lab_settle();
	v.down = 0x7777;
	lab.send_again = true;
	response = lab_move(&v);
	lab_settle();
	lab.send_again = false;
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_TRUE(lab_has_downlink(&v));
	lab_stop();
}

/* --- elements that GGSNs read differently --- */

/* An Update with a third GSN Address of so many octets. */
static uint64_t update_with_third_address(uint8_t octets)
{
	static uint16_t sequence = 40000;
	uint8_t data[256];
	const struct gtpc_v1_update update = {.sequence = ++sequence,
					      .peer_teid_control = v.control_ggsn,
					      .nsapi = v.nsapi,
					      .teid_data = v.down,
					      .teid_control = v.control_sgsn,
					      .gsn = lab_gsn(v.sgsn)};
	int len = gtpc_v1_write_update_request(data, sizeof(data), &update);

	CU_ASSERT_TRUE_FATAL(len > 0);
	memset(data + len, 0, 3 + octets);
	data[len] = 133;
	data[len + 2] = octets;
	len += 3 + octets;
	data[3] = (uint8_t)(len - 8);
	return lab_give(DATAPATH_ACCESS, v.sgsn, v.ggsn, data, (size_t)len);
}

static void update_with_an_invalid_address_does_not_cross_where_the_session_has_no_addresses(void)
{
	uint64_t request;

	start(true);
	request = update_with_third_address(5);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_AMBIGUOUS), 1);
	lab_stop();
}

static void update_with_an_alternative_address_crosses(void)
{
	uint64_t request;

	start(true);
	request = update_with_third_address(16);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_LEFT);
	lab_stop();
}

static void nor_where_it_has_addresses(void)
{
	uint64_t request;

	start(false);
	request = update_with_third_address(5);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_DISCARDED);
	lab_stop();
}

/* --- contexts that are not known --- */

static void update_of_an_unknown_context_onto_a_session_without_addresses_does_not_cross(void)
{
	uint64_t request;

	start(true);
	other.down = v.down;
	request = lab_update_request(&other, NULL, 0);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_DISCARDED);
	CU_ASSERT_TRUE(lab_has_downlink(&v));
	lab_stop();
}

static void update_of_an_unknown_context_elsewhere_crosses(void)
{
	uint64_t request;

	start(true);
	request = lab_update_request(&other, NULL, 0);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_LEFT);
	lab_stop();
}

UNIT_MAIN("session_binding_reading",
	  TEST(repeated_response_does_not_cross_where_the_session_has_no_addresses),
	  TEST(the_tunnel_of_another_session_is_barred_then),
	  TEST(the_same_doubt_again_and_again_takes_one_place),
	  TEST(so_it_is_from_another_port_while_both_requests_wait),
	  TEST(repeated_response_does_not_cross_where_the_tunnel_is_another_sessions),
	  TEST(another_response_crosses), TEST(response_to_a_retransmission_crosses),
	  TEST(after_a_minute_the_number_is_a_new_one),
	  TEST(update_with_an_invalid_address_does_not_cross_where_the_session_has_no_addresses),
	  TEST(update_with_an_alternative_address_crosses), TEST(nor_where_it_has_addresses),
	  TEST(update_of_an_unknown_context_onto_a_session_without_addresses_does_not_cross),
	  TEST(update_of_an_unknown_context_elsewhere_crosses))
