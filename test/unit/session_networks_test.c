/* SPDX-License-Identifier: BSD-3-Clause */
/* Networks behind the UE of a session (e2m.md 6): from the policy and from notifications. */
#include "session_binding_lab.h"
#include "session_lab_policy.h"

static struct session_view view;
static struct lab_context c;

static struct policy_route routes[2];
static struct policy_rule rule;

/* One rule with these networks; NULL: none. */
static void make_rule(enum policy_action action, const char *first, const char *second)
{
	char member[POLICY_MEMBER];

	routes[0].text = (char *)(uintptr_t)first;
	routes[1].text = (char *)(uintptr_t)second;
	rule = (struct policy_rule){.action = (int)action,
				    .routes = routes,
				    .routes_count = (first != NULL) + (size_t)(second != NULL)};
	CU_ASSERT_PTR_NULL(policy_read_rule(&rule, member));
	lab.config.policy = (struct policy){.rules = &rule, .count = 1};
}

static void start_with_routes(const char *first, const char *second)
{
	lab_defaults();
	make_rule(POLICY_PROTECT, first, second);
	lab_open();
	c = lab_context(1);
}

static void create(struct lab_context *of)
{
	lab_create(of, lab_sqn(1), 1);
	lab_settle();
}

/* "10.1.0.0/16 10.2.0.0/16": in the order of their texts; "none": there is no session. */
static const char *networks_of(const struct lab_context *of)
{
	static char text[256];
	char one[SESSION_VIEW_NETWORKS][PDP_PREFIX_STR];

	if (!lab_view(of, &view))
		return "none";
	CU_ASSERT_TRUE_FATAL(view.networks_count <= SESSION_VIEW_NETWORKS);
	for (unsigned i = 0; i < view.networks_count; i++)
		pdp_prefix_str(&view.networks[i], one[i]);
	qsort(one, view.networks_count, sizeof(one[0]),
	      (int (*)(const void *, const void *))strcmp);
	text[0] = '\0';
	for (unsigned i = 0; i < view.networks_count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 one[i]);
	return text;
}

static void add_network(struct session_notification *n, enum pdp_network_list list,
			const char *text)
{
	struct pdp_network *network = &n->networks[n->networks_count++];

	CU_ASSERT_EQUAL(pdp_prefix_parse(&network->prefix, text), 0);
	network->list = list;
	n->lists |= (uint8_t)(1u << list);
}

static enum session_outcome notify(const struct session_notification *n)
{
	const uint64_t number = lab_notify(n);

	lab_settle();
	CU_ASSERT_TRUE_FATAL(lab.answered[number]);
	return lab.outcomes[number];
}

static uint32_t entries(void)
{
	return directory_count(lab.store->directory, DIRECTORY_NETWORK);
}

/* --- of the policy --- */

static void session_has_the_networks_of_its_rule(void)
{
	start_with_routes("10.1.0.0/16", "2001:db8:7::/48");
	create(&c);
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "10.1.0.0/16 2001:db8:7::/48");
	lab_stop();
}

static void session_that_is_not_protected_has_no_networks(void)
{
	lab_defaults();
	make_rule(POLICY_PASS, "10.1.0.0/16", NULL);
	lab_open();
	c = lab_context(1);
	create(&c);
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "");
	CU_ASSERT_EQUAL(entries(), 0);
	lab_stop();
}

/* e2m.md 6: after its end a session is guarded until an accepted response gives its address to a session. */
static void networks_are_guarded_until_the_address_is_given_to_another_session(void)
{
	struct lab_context other = lab_context(2);
	uint8_t ipv4[4], given[6] = {0xF1, 0x21};

	start_with_routes("10.1.0.0/16", NULL);
	create(&c);
	CU_ASSERT_EQUAL(entries(), 1);
	lab_delete(&c);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(entries(), 1);
	rule.routes_count = 0;
	lab_ipv4(&c, ipv4);
	memcpy(given + 2, ipv4, sizeof(ipv4));
	lab_create_with(&other, NULL, 0, given, sizeof(given));
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_EQUAL(entries(), 0);
	lab_stop();
}

/* Its tunnel would carry packets of the network in clear. */
static void session_without_keyset_that_gets_an_address_in_a_network_is_barred(void)
{
	struct lab_context other = lab_context(2), elsewhere = lab_context(3);
	const uint8_t inside[4] = {10, 1, 0, 5};

	start_with_routes("10.1.0.0/16", NULL);
	create(&c);
	rule.routes_count = 0;
	rule.action = POLICY_OPTIONAL;
	elsewhere.ggsn = 4;
	memcpy(elsewhere.ipv4, inside, sizeof(inside));
	lab_create_plain(&elsewhere);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&elsewhere), "clear");
	memcpy(other.ipv4, inside, sizeof(inside));
	lab_create_plain(&other);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&other), "barred");
	lab_stop();
}

/* Its PDN connection was protected, and is over. */
static void network_of_its_own_bars_no_session(void)
{
	const uint8_t inside[4] = {10, 1, 0, 5};

	start_with_routes("10.1.0.0/16", NULL);
	memcpy(c.ipv4, inside, sizeof(inside));
	create(&c);
	lab_delete(&c);
	lab_settle();
	CU_ASSERT_EQUAL(entries(), 1);
	rule.routes_count = 0;
	rule.action = POLICY_OPTIONAL;
	c.ipv4[3] = 6; /* its own address would bar it */
	lab_create_plain(&c);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&c), "clear");
	lab_stop();
}

static void networks_leave_with_what_is_left_of_a_session_without_addresses(void)
{
	struct lab_context other = lab_context(2);

	start_with_routes("10.1.0.0/16", NULL);
	c.is_unbound = true;
	create(&c);
	lab_delete(&c);
	lab_settle();
	CU_ASSERT_EQUAL(entries(), 1);
	rule.routes_count = 0;
	other.down = c.down;
	other.up = c.up;
	create(&other);
	CU_ASSERT_EQUAL(directory_count(lab.store->directory, DIRECTORY_ENDED), 0);
	CU_ASSERT_EQUAL(entries(), 0);
	lab_stop();
}

/* The address is another PDN's, and the network is none: both stay. */
static void address_inside_a_network_leaves_the_network(void)
{
	static const uint8_t given[6] = {0xF1, 0x21, 10, 1, 0, 5};
	struct lab_context other = lab_context(2);

	start_with_routes("10.1.0.0/16", NULL);
	create(&c);
	rule.routes_count = 0;
	lab_create_with(&other, NULL, 0, given, sizeof(given));
	CU_ASSERT_TRUE(lab_is_bound_to(&other, given + 2));
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "10.1.0.0/16");
	lab_stop();
}

static void bearers_of_a_pdn_share_its_networks(void)
{
	struct lab_context second;

	start_with_routes("10.1.0.0/16", NULL);
	second = lab_dedicated(&c, 6);
	lab_begin(&c, lab_sqn(1), 1);
	lab_settle();
	lab_begin_dedicated(&second, &c);
	lab_settle();
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "10.1.0.0/16");
	CU_ASSERT_STRING_EQUAL(networks_of(&second), "10.1.0.0/16");
	CU_ASSERT_EQUAL(entries(), 1);
	lab_stop();
}

static void context_made_anew_has_its_networks_once(void)
{
	start_with_routes("10.1.0.0/16", NULL);
	create(&c);
	create(&c);
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "10.1.0.0/16");
	CU_ASSERT_EQUAL(entries(), 1);
	lab_stop();
}

static void another_policy_gives_other_networks(void)
{
	start_with_routes("10.1.0.0/16", "10.2.0.0/16");
	create(&c);
	make_rule(POLICY_PROTECT, "10.2.0.0/16", "10.3.0.0/16");
	session_reconfigure(lab.store, &lab.config);
	lab_settle();
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "10.2.0.0/16 10.3.0.0/16");
	lab_stop();
}

static void delegated_prefix_length_widens_the_address(void)
{
	static const uint8_t six[] = {2,    0x40, 0x20, 1, 0xd, 0xb8, 0, 1, 2,
				      0x34, 0,	  0,	0, 0,	0,    0, 0, 1};
	const uint8_t wide[16] = {0x20, 1, 0xd, 0xb8, 0, 1, 2, 0};
	struct gtpc_v2 request, response;

	start_with_routes(NULL, NULL);
	rule.delegated_prefix_length = 56;
	request = lab_create_session(&c);
	request.pco = lab_pco(lab_sqn(1), 1);
	response = lab_accept(&c, GTPC_V2_CREATE_SESSION_RESPONSE);
	response.paa = (struct gtp_octets){six, sizeof(six)};
	lab_send(&c, &request);
	lab_send(&c, &response);
	lab_settle();
	CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
	CU_ASSERT_EQUAL(view.address.ipv6_state, PDP_BOUND);
	CU_ASSERT_EQUAL(view.address.ipv6_length, 56);
	CU_ASSERT_EQUAL(memcmp(view.address.ipv6, wide, 16), 0);
	lab_stop();
}

/* --- of notifications --- */

static struct session_notification report(enum session_event event)
{
	const struct e2m_keyset_id name = lab_sqn(1);

	return lab_notification(event, &c, event == SESSION_ACTIVATE ? &name : NULL, 1);
}

static void start_with_a_report(void)
{
	struct session_notification n;

	lab_start();
	c = lab_context(1);
	n = report(SESSION_ACTIVATE);
	add_network(&n, PDP_NETWORKS_FRAMED_ROUTE, "10.1.0.0/16");
	add_network(&n, PDP_NETWORKS_FRAMED_ROUTE, "10.2.0.0/16");
	add_network(&n, PDP_NETWORKS_DELEGATED_PREFIX, "2001:db8::/56");
	CU_ASSERT_EQUAL(notify(&n), SESSION_DONE);
}

static void reported_session_has_the_reported_networks(void)
{
	start_with_a_report();
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "10.1.0.0/16 10.2.0.0/16 2001:db8::/56");
	lab_stop();
}

static void list_that_is_there_replaces_the_whole_list_and_no_other(void)
{
	struct session_notification n;

	start_with_a_report();
	n = report(SESSION_UPDATE);
	add_network(&n, PDP_NETWORKS_FRAMED_ROUTE, "10.3.0.0/16");
	CU_ASSERT_EQUAL(notify(&n), SESSION_DONE);
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "10.3.0.0/16 2001:db8::/56");
	lab_stop();
}

static void update_without_lists_changes_no_network(void)
{
	const struct session_notification *n;
	struct session_notification update;

	start_with_a_report();
	update = report(SESSION_UPDATE);
	n = &update;
	CU_ASSERT_EQUAL(notify(n), SESSION_DONE);
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "10.1.0.0/16 10.2.0.0/16 2001:db8::/56");
	lab_stop();
}

static void activation_of_another_session_begins_without_networks(void)
{
	const struct e2m_keyset_id other = lab_sqn(2);
	struct session_notification n;

	start_with_a_report();
	n = lab_notification(SESSION_ACTIVATE, &c, &other, 2);
	CU_ASSERT_EQUAL(notify(&n), SESSION_DONE);
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "");
	lab_stop();
}

static void activation_sent_again_keeps_the_networks(void)
{
	struct session_notification n;

	start_with_a_report();
	n = report(SESSION_ACTIVATE);
	CU_ASSERT_EQUAL(notify(&n), SESSION_DONE);
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "10.1.0.0/16 10.2.0.0/16 2001:db8::/56");
	lab_stop();
}

static void activation_after_an_end_begins_without_networks(void)
{
	struct session_notification n;

	start_with_a_report();
	n = report(SESSION_DELETE);
	CU_ASSERT_EQUAL(notify(&n), SESSION_DONE);
	CU_ASSERT_EQUAL(entries(), 3);
	n = report(SESSION_ACTIVATE);
	CU_ASSERT_EQUAL(notify(&n), SESSION_DONE);
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "");
	CU_ASSERT_EQUAL(entries(), 0);
	lab_stop();
}

static void networks_of_policy_and_notification_are_apart(void)
{
	struct session_notification n;

	start_with_routes("10.9.0.0/16", NULL);
	n = report(SESSION_ACTIVATE);
	add_network(&n, PDP_NETWORKS_FRAMED_ROUTE, "10.1.0.0/16");
	CU_ASSERT_EQUAL(notify(&n), SESSION_DONE);
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "10.1.0.0/16 10.9.0.0/16");
	n = report(SESSION_UPDATE);
	add_network(&n, PDP_NETWORKS_FRAMED_ROUTE, "10.2.0.0/16");
	CU_ASSERT_EQUAL(notify(&n), SESSION_DONE);
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "10.2.0.0/16 10.9.0.0/16");
	lab_stop();
}

static void reported_apn_chooses_the_rule(void)
{
	static const uint8_t iot[] = {3, 'i', 'o', 't'};
	struct session_notification n;

	lab_defaults();
	make_rule(POLICY_DROP, NULL, NULL);
	rule.apn = (char *)(uintptr_t) "iot";
	lab_open();
	c = lab_context(1);
	n = report(SESSION_ACTIVATE);
	CU_ASSERT_EQUAL(notify(&n), SESSION_DONE);
	n.apn_len = sizeof(iot);
	memcpy(n.apn, iot, sizeof(iot));
	CU_ASSERT_EQUAL(notify(&n), SESSION_POLICY);
	lab_stop();
}

static void networks_without_room_are_refused(void)
{
	struct session_notification n;

	lab_defaults();
	lab.config.unprotected_max = 2;
	lab_open();
	c = lab_context(1);
	n = report(SESSION_ACTIVATE);
	add_network(&n, PDP_NETWORKS_FRAMED_ROUTE, "10.1.0.0/16");
	add_network(&n, PDP_NETWORKS_FRAMED_ROUTE, "10.2.0.0/16");
	add_network(&n, PDP_NETWORKS_FRAMED_ROUTE, "10.3.0.0/16");
	CU_ASSERT_EQUAL(notify(&n), SESSION_NO_ROOM);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	n.networks_count = 2;
	CU_ASSERT_EQUAL(notify(&n), SESSION_DONE);
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "10.1.0.0/16 10.2.0.0/16");
	lab_stop();
}

static void networks_outlive_the_process(void)
{
	struct session_notification n;

	lab_defaults();
	lab.config.is_durable = true;
	make_rule(POLICY_PROTECT, "10.9.0.0/16", NULL);
	lab_open();
	c = lab_context(1);
	n = report(SESSION_ACTIVATE);
	add_network(&n, PDP_NETWORKS_FRAMED_ROUTE, "10.1.0.0/16");
	add_network(&n, PDP_NETWORKS_DELEGATED_PREFIX, "2001:db8::/56");
	lab_notify(&n);
	lab_settle();
	lab_save();
	lab_settle();
	lab_restart();
	lab_settle();
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "10.1.0.0/16 10.9.0.0/16 2001:db8::/56");
	CU_ASSERT_EQUAL(entries(), 3);
	/* Each is still in its list. */
	n = report(SESSION_UPDATE);
	add_network(&n, PDP_NETWORKS_FRAMED_ROUTE, "10.2.0.0/16");
	lab_notify(&n);
	lab_settle();
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "10.2.0.0/16 10.9.0.0/16 2001:db8::/56");
	lab_stop();
}

/* The process may end when the session has left the disk, and its networks have not. */
static void network_without_its_session_leaves_at_the_restart(void)
{
	struct state_entry *entry = &lab.disk.entries[3];

	lab_defaults();
	lab.config.is_durable = true;
	lab_open();
	c = lab_context(7);
	*entry = (struct state_entry){.number = 3,
				      .kind = STATE_NETWORK,
				      .serial = 7,
				      .primary = 5,
				      .imsi = lab_imsi(7),
				      .network = {.length = 16, .octets = {10, 1}}};
	lab_crash();
	CU_ASSERT_EQUAL(entries(), 0);
	lab_stop();
}

static void session_is_found_by_its_network(void)
{
	struct session_filter filter = {0};
	uint32_t next;

	start_with_routes("10.1.0.0/16", NULL);
	create(&c);
	CU_ASSERT_EQUAL(pdp_prefix_parse(&filter.address, "10.1.2.3"), 0);
	CU_ASSERT_EQUAL(session_view_from(lab.store, &filter, 1, &view, 1, &next), 1);
	CU_ASSERT_EQUAL(pdp_prefix_parse(&filter.address, "10.2.2.3"), 0);
	CU_ASSERT_EQUAL(session_view_from(lab.store, &filter, 1, &view, 1, &next), 0);
	lab_stop();
}

/* The same network is in two lists. */
static void network_of_policy_and_notification_stays_without_the_policy(void)
{
	struct session_notification n;

	start_with_routes("10.1.0.0/16", NULL);
	n = report(SESSION_ACTIVATE);
	add_network(&n, PDP_NETWORKS_FRAMED_ROUTE, "10.1.0.0/16");
	CU_ASSERT_EQUAL(notify(&n), SESSION_DONE);
	make_rule(POLICY_PROTECT, NULL, NULL);
	session_reconfigure(lab.store, &lab.config);
	lab_settle();
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "10.1.0.0/16");
	CU_ASSERT_EQUAL(entries(), 1);
	lab_stop();
}

static void replaced_network_does_not_come_back(void)
{
	struct session_notification n;

	lab_defaults();
	lab.config.is_durable = true;
	lab_open();
	c = lab_context(1);
	n = report(SESSION_ACTIVATE);
	add_network(&n, PDP_NETWORKS_FRAMED_ROUTE, "10.1.0.0/16");
	lab_notify(&n);
	lab_settle();
	lab_save();
	n = report(SESSION_UPDATE);
	add_network(&n, PDP_NETWORKS_FRAMED_ROUTE, "10.2.0.0/16");
	lab_notify(&n);
	lab_settle();
	lab_save();
	lab_crash();
	lab_settle();
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "10.2.0.0/16");
	lab_stop();
}

static void network_of_the_policy_without_room_is_logged(void)
{
	lab_defaults();
	lab.config.unprotected_max = 1;
	make_rule(POLICY_PROTECT, "10.1.0.0/16", "10.2.0.0/16");
	lab_open();
	c = lab_context(1);
	create(&c);
	CU_ASSERT_EQUAL(entries(), 1);
	CU_ASSERT_EQUAL(lab.warnings, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(lab.last_warning, "no room for its network 10.2.0.0/16"));
	lab_stop();
}

static void reported_session_that_is_not_protected_has_no_networks(void)
{
	struct session_notification n;

	lab_defaults();
	make_rule(POLICY_PASS, NULL, NULL);
	lab_open();
	c = lab_context(1);
	n = report(SESSION_ACTIVATE);
	add_network(&n, PDP_NETWORKS_FRAMED_ROUTE, "10.1.0.0/16");
	CU_ASSERT_EQUAL(notify(&n), SESSION_DONE);
	CU_ASSERT_EQUAL(entries(), 0);
	lab_stop();
}

static void rule_without_delegated_prefix_length_leaves_the_address(void)
{
	static const uint8_t eua[] = {0xF1, 0x57, 0x20, 1, 0xd, 0xb8, 0, 1, 2,
				      0x34, 0,	  0,	0, 0,	0,    0, 0, 1};

	start_with_routes("10.1.0.0/16", NULL);
	lab_create_with(&c, NULL, 0, eua, sizeof(eua));
	CU_ASSERT_EQUAL(lab_address_of(&c).ipv6_length, 64);
	lab_stop();
}

/* A dedicated bearer that is made by GTP-C, of a reported PDN connection. */
static void bearer_of_gtpc_leaves_the_reported_networks(void)
{
	struct session_notification n;
	struct lab_context second;

	lab_start();
	c = lab_context(1);
	second = lab_dedicated(&c, 6);
	lab_begin(&c, lab_sqn(1), 1);
	lab_settle();
	n = report(SESSION_ACTIVATE);
	add_network(&n, PDP_NETWORKS_FRAMED_ROUTE, "10.1.0.0/16");
	CU_ASSERT_EQUAL(notify(&n), SESSION_DONE);
	lab_begin_dedicated(&second, &c);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	CU_ASSERT_STRING_EQUAL(networks_of(&c), "10.1.0.0/16");
	CU_ASSERT_STRING_EQUAL(networks_of(&second), "10.1.0.0/16");
	lab_stop();
}

static void networks_leave_though_another_pdn_connection_of_the_subscriber_is_there(void)
{
	struct lab_context second, third = lab_context(3);

	start_with_routes("10.1.0.0/16", NULL);
	create(&c);
	rule.routes_count = 0;
	second = c;
	second.nsapi = 6;
	second.down = 0x7777;
	second.up = 0x7778;
	second.control_sgsn = 0x7779;
	second.control_ggsn = 0x777A;
	create(&second);
	CU_ASSERT_EQUAL(entries(), 1);
	lab_delete(&c);
	lab_settle();
	third.down = c.down;
	third.up = c.up;
	lab_ipv4(&c, third.ipv4);
	create(&third);
	CU_ASSERT_EQUAL(directory_count(lab.store->directory, DIRECTORY_ENDED), 0);
	CU_ASSERT_EQUAL(entries(), 0);
	lab_stop();
}

UNIT_MAIN("session_networks", TEST(session_has_the_networks_of_its_rule),
	  TEST(session_that_is_not_protected_has_no_networks),
	  TEST(networks_are_guarded_until_the_address_is_given_to_another_session),
	  TEST(address_inside_a_network_leaves_the_network),
	  TEST(network_of_its_own_bars_no_session),
	  TEST(session_without_keyset_that_gets_an_address_in_a_network_is_barred),
	  TEST(networks_leave_with_what_is_left_of_a_session_without_addresses),
	  TEST(bearers_of_a_pdn_share_its_networks), TEST(context_made_anew_has_its_networks_once),
	  TEST(another_policy_gives_other_networks),
	  TEST(delegated_prefix_length_widens_the_address),
	  TEST(reported_session_has_the_reported_networks),
	  TEST(list_that_is_there_replaces_the_whole_list_and_no_other),
	  TEST(update_without_lists_changes_no_network),
	  TEST(activation_of_another_session_begins_without_networks),
	  TEST(activation_sent_again_keeps_the_networks),
	  TEST(activation_after_an_end_begins_without_networks),
	  TEST(networks_of_policy_and_notification_are_apart), TEST(reported_apn_chooses_the_rule),
	  TEST(networks_without_room_are_refused), TEST(networks_outlive_the_process),
	  TEST(network_without_its_session_leaves_at_the_restart),
	  TEST(session_is_found_by_its_network),
	  TEST(network_of_policy_and_notification_stays_without_the_policy),
	  TEST(replaced_network_does_not_come_back),
	  TEST(network_of_the_policy_without_room_is_logged),
	  TEST(reported_session_that_is_not_protected_has_no_networks),
	  TEST(rule_without_delegated_prefix_length_leaves_the_address),
	  TEST(bearer_of_gtpc_leaves_the_reported_networks),
	  TEST(networks_leave_though_another_pdn_connection_of_the_subscriber_is_there))
