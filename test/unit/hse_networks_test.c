/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses and networks of hse.yaml: policy[].routes, policy[].delegated_prefix_length, static_sessions[].address. */
#include "unit_hse_config.h"

/* Line 4, where nothing else is said. */
#define POLICY "policy:\n"
#define ONE    "imsi: \"262010000000001\", action: protect"
#define OTHER  "imsi: \"262010000000002\", action: protect"

#define LIST "static_sessions:\n"
#define SESSION(imsi, teid, more)                                                                \
	"  - {imsi: \"" imsi "\", nsapi: 5, sqn: \"000000000021\", key_id: 3, "                  \
	"uplink: {address: 10.1.0.2, teid: " teid "}, downlink: {address: 10.1.0.1, teid: " teid \
	"}" more "}\n"

static bool is_prefix(const struct pdp_prefix *prefix, const char *text)
{
	char buf[PDP_PREFIX_STR];

	return strcmp(pdp_prefix_str(prefix, buf), text) == 0;
}

/* --- routes --- */

static void routes_of_a_rule_are_read(void)
{
	const struct policy_rule *rule;

	CU_ASSERT_TRUE_FATAL(load(BASE STATE POLICY
				  "  - {" ONE
				  ", routes: [10.1.0.0/16, \"2001:db8:7::/48\", 10.9.0.1]}\n"));
	rule = &config.policy[0];
	CU_ASSERT_EQUAL_FATAL(rule->routes_count, 3);
	CU_ASSERT_TRUE(is_prefix(&rule->routes[0].prefix, "10.1.0.0/16"));
	CU_ASSERT_TRUE(is_prefix(&rule->routes[1].prefix, "2001:db8:7::/48"));
	CU_ASSERT_TRUE(is_prefix(&rule->routes[2].prefix, "10.9.0.1"));
	CU_ASSERT_EQUAL(rule->delegated_prefix_length, 0);
}

static void one_route_needs_no_list(void)
{
	CU_ASSERT_TRUE_FATAL(load(BASE STATE POLICY "  - {" ONE ", routes: 10.1.0.0/16}\n"));
	CU_ASSERT_EQUAL_FATAL(config.policy[0].routes_count, 1);
	CU_ASSERT_TRUE(is_prefix(&config.policy[0].routes[0].prefix, "10.1.0.0/16"));
}

static void route_that_is_none_has_its_place(void)
{
	static const struct {
		const char *route, *says;
	} bad[] = {
		{"10.1.0.1/16", "expected a network as in 10.1.0.0/16 or 2001:db8::/32, without "
				"bits behind its length, or one address"},
		{"10.1.0.0/33", "expected a network as in 10.1.0.0/16 or 2001:db8::/32, without "
				"bits behind its length, or one address"},
		{"net", "expected a network as in 10.1.0.0/16 or 2001:db8::/32, without bits "
			"behind its length, or one address"},
		{"0.0.0.0/0", "every address is no network behind one UE"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[512], line[256];

		snprintf(text, sizeof(text),
			 BASE STATE POLICY "  - {" ONE ", routes: [10.0.0.0/8, %s]}\n",
			 bad[i].route);
		snprintf(line, sizeof(line), PLACE("5", "69") "policy[0].routes[1]: %s",
			 bad[i].says);
		CU_ASSERT_FALSE(load(text));
		CU_ASSERT_TRUE(says(line));
	}
}

static void rule_has_as_many_routes_as_a_session_can_have(void)
{
	char text[2048] = BASE STATE POLICY "  - {" ONE ", routes: [10.0.0.1";

	for (unsigned i = 2; i <= PDP_NETWORKS_MAX + 1; i++)
		snprintf(text + strlen(text), 32, ", 10.0.0.%u", i);
	strcat(text, "]}\n");
	CU_ASSERT_FALSE(load(text));
	CU_ASSERT_TRUE(says("policy[0].routes: expected at most 32 items, found 33"));
}

static void delegated_prefix_length_is_read(void)
{
	CU_ASSERT_TRUE_FATAL(
		load(BASE STATE POLICY "  - {action: protect, delegated_prefix_length: 56}\n"));
	CU_ASSERT_EQUAL(config.policy[0].delegated_prefix_length, 56);
	CU_ASSERT_FALSE(
		load(BASE STATE POLICY "  - {action: protect, delegated_prefix_length: 129}\n"));
	CU_ASSERT_TRUE(says(PLACE("5", "48") "policy[0].delegated_prefix_length: expected an "
					     "integer from 1 to 128, found '129'"));
}

/* What --check says of these rules. */
static bool finds(const char *rules, const char *line)
{
	char text[1024];

	snprintf(text, sizeof(text), BASE STATE POLICY "%s", rules);
	CU_ASSERT_TRUE(check(text));
	return says(line);
}

static void right_networks_have_no_findings(void)
{
	CU_ASSERT_TRUE(check(BASE STATE POLICY
			     "  - {" ONE ", routes: [10.1.0.0/16, 10.2.0.0/16]}\n"
			     "  - {" OTHER ", routes: 10.3.0.0/16, delegated_prefix_length: 56}\n"
			     "  - {action: protect, delegated_prefix_length: 60}\n"));
	CU_ASSERT_STRING_EQUAL(said, "");
	/* Private addresses of different APNs. */
	CU_ASSERT_TRUE(check(BASE STATE POLICY "  - {apn: a, " ONE ", routes: 10.1.0.0/16}\n"
					       "  - {apn: b, " OTHER ", routes: 10.1.0.0/16}\n"
					       "  - {action: protect}\n"));
	CU_ASSERT_STRING_EQUAL(said, "");
}

static void routes_that_overlap_are_found(void)
{
	CU_ASSERT_TRUE(finds("  - {" ONE ", routes: [10.1.0.0/16, 10.1.2.0/24]}\n"
			     "  - {action: protect}\n",
			     "hse.yaml:5:70: warning: policy[0].routes[1]: 10.1.2.0/24 overlaps "
			     "policy[0].routes[0] (line 5), 10.1.0.0/16: remove the narrower one"));
	CU_ASSERT_TRUE(finds("  - {" ONE ", routes: 10.1.0.0/16}\n"
			     "  - {" OTHER ", routes: 10.0.0.0/8}\n"
			     "  - {action: protect}\n",
			     "hse.yaml:6:56: warning: policy[1].routes[0]: 10.0.0.0/8 overlaps "
			     "policy[0].routes[0] (line 5), 10.1.0.0/16: at one GGSN an address is "
			     "one session's alone"));
}

static void routes_of_many_subscribers_are_found(void)
{
	CU_ASSERT_TRUE(
		finds("  - {imsi: \"26201\", action: protect, routes: 10.1.0.0/16}\n"
		      "  - {action: protect}\n",
		      "hse.yaml:5:46: warning: policy[0].routes: the rule fits more than one "
		      "subscriber, and each would have these networks; give it a whole imsi"));
}

static void networks_without_protection_are_found(void)
{
	CU_ASSERT_TRUE(
		finds("  - {imsi: \"262010000000001\", action: pass, routes: 10.1.0.0/16}\n"
		      "  - {action: protect}\n",
		      "hse.yaml:5:53: warning: policy[0].routes: no effect: the rule does not "
		      "protect"));
	CU_ASSERT_TRUE(
		finds("  - {apn: a, action: drop, delegated_prefix_length: 56}\n"
		      "  - {action: protect}\n",
		      "hse.yaml:5:53: warning: policy[0].delegated_prefix_length: no effect: "
		      "the rule does not protect"));
}

static void very_wide_networks_are_found(void)
{
	CU_ASSERT_TRUE(
		finds("  - {" ONE ", routes: [0.0.0.0/1]}\n  - {action: protect}\n",
		      "hse.yaml:5:57: warning: policy[0].routes[0]: 0.0.0.0/1 is a very wide "
		      "network behind one UE: is its length meant so?"));
	CU_ASSERT_TRUE(finds("  - {action: protect, delegated_prefix_length: 20}\n",
			     "hse.yaml:5:48: warning: policy[0].delegated_prefix_length: 20 is a "
			     "very wide prefix for one UE: is it meant so?"));
}

static void prefix_that_is_narrower_than_a_ue_has_is_found(void)
{
	CU_ASSERT_TRUE(
		finds("  - {action: protect, delegated_prefix_length: 72}\n",
		      "hse.yaml:5:48: warning: policy[0].delegated_prefix_length: 72 is "
		      "longer than the /64 that a UE has: packets of its other addresses are "
		      "dropped"));
}

/* --- static sessions --- */

static void static_session_has_its_addresses(void)
{
	const struct static_session *s;

	CU_ASSERT_TRUE_FATAL(load(BASE STATE LIST SESSION(
		"262010000000001", "1",
		", address: [10.0.0.1, \"2001:db8:1:2::/64\"], apn: internet.example")));
	s = &config.static_sessions[0];
	CU_ASSERT_EQUAL_FATAL(s->address_count, 2);
	CU_ASSERT_TRUE(is_prefix(&s->address[0].prefix, "10.0.0.1"));
	CU_ASSERT_TRUE(is_prefix(&s->address[1].prefix, "2001:db8:1:2::/64"));
	CU_ASSERT_STRING_EQUAL(s->apn, "internet.example");
}

static void one_address_needs_no_list(void)
{
	CU_ASSERT_TRUE_FATAL(
		load(BASE STATE LIST SESSION("262010000000001", "1", ", address: 10.0.0.1")));
	CU_ASSERT_EQUAL_FATAL(config.static_sessions[0].address_count, 1);
	CU_ASSERT_TRUE(is_prefix(&config.static_sessions[0].address[0].prefix, "10.0.0.1"));
}

static void address_that_is_none_has_its_place(void)
{
	static const struct {
		const char *address, *says;
	} bad[] = {
		{"10.0.0.0/24",
		 "static_sessions[0].address[0]: expected one IPv4 address: networks "
		 "behind the UE are policy[].routes, found '10.0.0.0/24'"},
		{"0.0.0.0", "static_sessions[0].address[0]: no UE can have this address, found "
			    "'0.0.0.0'"},
		{"\"fe80::/64\"", "static_sessions[0].address[0]: no UE can have this address, "
				  "found 'fe80::/64'"},
		{"\"::/0\"", "static_sessions[0].address[0]: no UE can have this address, found "
			     "'::/0'"},
		{"x", "static_sessions[0].address[0]: expected an IPv4 address, or an IPv6 prefix "
		      "as in 2001:db8:1:2::/64, without bits behind its length, found 'x'"},
		{"[10.0.0.1, 10.0.0.2]", "static_sessions[0].address[1]: a session has one address "
					 "of each IP version, found '10.0.0.2'"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[1024];

		snprintf(text, sizeof(text),
			 BASE STATE LIST SESSION("262010000000001", "1", ", address: %s"),
			 bad[i].address);
		CU_ASSERT_FALSE(load(text));
		CU_ASSERT_TRUE(says(bad[i].says));
	}
}

static void apn_of_a_static_session_is_one(void)
{
	CU_ASSERT_FALSE(load(BASE STATE LIST SESSION("262010000000001", "1", ", apn: a..b")));
	CU_ASSERT_TRUE(says("static_sessions[0].apn: expected an APN: labels of up to 63 "
			    "characters with dots between, found 'a..b'"));
}

static void address_of_two_static_sessions_is_found(void)
{
	CU_ASSERT_TRUE(check(BASE STATE LIST SESSION("262010000000001", "1", ", address: 10.0.0.1")
				     SESSION("262010000000002", "2", ", address: 10.0.0.1")));
	CU_ASSERT_TRUE(says("warning: static_sessions[1].address: 10.0.0.1 is an address of "
			    "static_sessions[0].address (line 5) at the same GGSN: the later "
			    "session gets it"));
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(routes_of_a_rule_are_read),
		TEST(one_route_needs_no_list),
		TEST(route_that_is_none_has_its_place),
		TEST(rule_has_as_many_routes_as_a_session_can_have),
		TEST(delegated_prefix_length_is_read),
		TEST(right_networks_have_no_findings),
		TEST(routes_that_overlap_are_found),
		TEST(routes_of_many_subscribers_are_found),
		TEST(networks_without_protection_are_found),
		TEST(very_wide_networks_are_found),
		TEST(prefix_that_is_narrower_than_a_ue_has_is_found),
		TEST(static_session_has_its_addresses),
		TEST(one_address_needs_no_list),
		TEST(address_that_is_none_has_its_place),
		TEST(apn_of_a_static_session_is_one),
		TEST(address_of_two_static_sessions_is_found),
	};
	const int rc = unit_run("hse_networks", tests, sizeof(tests) / sizeof(tests[0]));

	config_free(file);
	return rc;
}
