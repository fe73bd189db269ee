/* SPDX-License-Identifier: BSD-3-Clause */
/* What operators see of sessions, and how they find one. */
#include "session_binding_lab.h"

static const uint8_t ipv4_a[] = {0xF1, 0x21, 10, 9, 0, 1}, ipv4_b[] = {0xF1, 0x21, 10, 9, 0, 2},
		     ipv6[] = {0xF1, 0x57, 0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1},
		     dynamic[] = {0xF1, 0x21};

static struct lab_context a, b, c;
static struct session_view views[8];

/* Three sessions: with an IPv4 address each, and with an IPv6 prefix. */
static void start(void)
{
	lab_start();
	a = lab_context(1);
	b = lab_context(2);
	c = lab_context(3);
	lab_create_with(&a, NULL, 0, ipv4_a, sizeof(ipv4_a));
	lab_create_with(&b, NULL, 0, ipv4_b, sizeof(ipv4_b));
	lab_create_with(&c, NULL, 0, ipv6, sizeof(ipv6));
}

static size_t find(const struct session_filter *filter)
{
	uint32_t next = 1;
	size_t count = 0;

	while (next && count < 8)
		count +=
			session_view_from(lab.store, filter, next, views + count, 8 - count, &next);
	return count;
}

static size_t find_address(const char *text)
{
	struct session_filter filter = {0};

	CU_ASSERT_EQUAL(pdp_prefix_parse(&filter.address, text), 0);
	return find(&filter);
}

static bool is_of(const struct session_view *v, const struct lab_context *of)
{
	const struct e2m_imsi imsi = lab_imsi(of->subscriber);

	return strcmp(v->imsi.digits, imsi.digits) == 0;
}

static void view_has_the_address_and_the_apn(void)
{
	start();
	CU_ASSERT_EQUAL_FATAL(find(NULL), 3);
	CU_ASSERT_STRING_EQUAL(views[0].kind, "protected");
	CU_ASSERT_EQUAL(views[0].address.ipv4_state, PDP_BOUND);
	CU_ASSERT_EQUAL(memcmp(views[0].address.ipv4, ipv4_a + 2, 4), 0);
	CU_ASSERT_EQUAL(views[0].address.ipv6_state, PDP_EXCLUDED);
	CU_ASSERT_TRUE(views[0].apn_len > 0);
	CU_ASSERT_EQUAL(views[0].primary, views[0].nsapi);
	lab_stop();
}

static void session_is_found_by_its_imsi(void)
{
	struct session_filter filter = {0};

	start();
	filter.imsi = lab_imsi(b.subscriber);
	CU_ASSERT_EQUAL_FATAL(find(&filter), 1);
	CU_ASSERT_TRUE(is_of(&views[0], &b));
	lab_stop();
}

static void session_is_found_by_each_of_its_teids(void)
{
	start();

	const uint32_t teids[] = {lab_up(&b).teid, lab_down(&b).teid};

	for (unsigned i = 0; i < 2; i++) {
		const struct session_filter filter = {.has_teid = true, .teid = teids[i]};

		CU_ASSERT_EQUAL_FATAL(find(&filter), 1);
		CU_ASSERT_TRUE(is_of(&views[0], &b));
	}
	lab_stop();
}

static void session_is_found_by_its_address_and_its_network(void)
{
	start();
	CU_ASSERT_EQUAL_FATAL(find_address("10.9.0.2"), 1);
	CU_ASSERT_TRUE(is_of(&views[0], &b));
	CU_ASSERT_EQUAL(find_address("10.9.0.0/24"), 2);
	CU_ASSERT_EQUAL(find_address("10.9.0.3"), 0);
	CU_ASSERT_EQUAL_FATAL(find_address("2001:db8:1:2::77"), 1);
	CU_ASSERT_TRUE(is_of(&views[0], &c));
	CU_ASSERT_EQUAL(find_address("2001:db8:1:3::77"), 0);
	lab_stop();
}

static void unbound_session_has_no_address(void)
{
	start();
	lab_create_with(&a, NULL, 0, dynamic, sizeof(dynamic));
	CU_ASSERT_EQUAL_FATAL(find(NULL), 3);
	for (size_t i = 0; i < 3; i++)
		if (is_of(&views[i], &a))
			CU_ASSERT_EQUAL(views[i].address.ipv4_state, PDP_UNBOUND);
	CU_ASSERT_EQUAL(find_address("10.9.0.1"), 0);
	lab_stop();
}

static void lost_address_is_shown_as_lost(void)
{
	start();
	lab_create_with(&b, NULL, 0, ipv4_a, sizeof(ipv4_a));
	CU_ASSERT_EQUAL_FATAL(find_address("10.9.0.1"), 1);
	CU_ASSERT_TRUE(is_of(&views[0], &b));
	CU_ASSERT_EQUAL_FATAL(find(NULL), 3);
	CU_ASSERT_EQUAL(views[0].address.ipv4_state, PDP_LOST);
	lab_stop();
}

static void ended_session_is_found_if_it_is_asked_for(void)
{
	struct session_filter filter = {.with_ended = true};

	start();
	filter.imsi = lab_imsi(b.subscriber);
	lab_delete(&b);
	lab_settle();
	CU_ASSERT_EQUAL(find_address("10.9.0.2"), 0);
	CU_ASSERT_EQUAL(find(NULL), 2);
	CU_ASSERT_EQUAL_FATAL(find(&filter), 1);
	CU_ASSERT_STRING_EQUAL(views[0].kind, "ended");
	CU_ASSERT_STRING_EQUAL(views[0].state, "barred");
	CU_ASSERT_EQUAL(memcmp(views[0].address.ipv4, ipv4_b + 2, 4), 0);
	CU_ASSERT_FALSE(views[0].uplink.live || views[0].downlink.live);
	filter = (struct session_filter){
		.with_ended = true, .has_teid = true, .teid = lab_down(&b).teid};
	CU_ASSERT_EQUAL(find(&filter), 1);
	lab_stop();
}

static void unprotected_session_is_shown_as_such(void)
{
	start();
	c = lab_context(4);
	lab_create_request(&c, NULL, 0);
	lab_settle();
	lab_create_response(&c);
	lab_settle();
	CU_ASSERT_EQUAL_FATAL(find(NULL), 4);
	CU_ASSERT_STRING_EQUAL(views[3].kind, "unprotected");
	CU_ASSERT_STRING_EQUAL(views[3].state, "clear");
	CU_ASSERT_EQUAL(views[3].address.ipv4_state, PDP_BOUND);
	lab_stop();
}

UNIT_MAIN("session_view", {"view has the address and the APN", view_has_the_address_and_the_apn},
	  {"session is found by its IMSI", session_is_found_by_its_imsi},
	  {"session is found by each of its TEIDs", session_is_found_by_each_of_its_teids},
	  {"session is found by its address and its network",
	   session_is_found_by_its_address_and_its_network},
	  {"unbound session has no address", unbound_session_has_no_address},
	  {"lost address is shown as lost", lost_address_is_shown_as_lost},
	  {"ended session is found if it is asked for", ended_session_is_found_if_it_is_asked_for},
	  {"unprotected session is shown as such", unprotected_session_is_shown_as_such})
