/* SPDX-License-Identifier: BSD-3-Clause */
/* What --check says about protection: the policy, unknown tunnels, and the list of transparent pairs. */
#include "unit_hse_config.h"

#define GOOD BASE STATE PROTECT /* 4 lines */

/* --- policy --- */

static void a_policy_without_protect_is_warned_of(void)
{
	static const char *const texts[] = {
		BASE STATE, BASE STATE "policy: []\n",
		BASE STATE "policy: [{imsi: \"26201\", action: optional}, {action: pass}]\n"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CU_ASSERT_TRUE(check(texts[i]));
		CU_ASSERT_PTR_NOT_NULL(strstr(
			said,
			"warning: policy: no rule says protect: a session without a keyset "
			"crosses in clear, also where an SGSN or S-GW on the way has removed the "
			"keyset from the PCO; add a last rule {action: protect}"));
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(said, PLACE("4", "9")));
}

static void a_policy_with_protect_is_not_warned_of(void)
{
	CU_ASSERT_TRUE(check(BASE STATE "policy: [{apn: a, action: protect}, {action: pass}]\n"));
	CU_ASSERT_STRING_EQUAL(said, "");
}

/* --- unknown tunnels --- */

static void unknown_tunnels_are_dropped_by_default(void)
{
	CU_ASSERT_TRUE(load(GOOD));
	CU_ASSERT_EQUAL(config.unknown_teid, HSE_UNKNOWN_TEID_DROP);
	CU_ASSERT_TRUE(load(GOOD "unknown_teid: pass\n"));
	CU_ASSERT_EQUAL(config.unknown_teid, HSE_UNKNOWN_TEID_PASS);
}

static void pass_is_warned_of(void)
{
	CU_ASSERT_TRUE(check(GOOD "unknown_teid: pass\n"));
	CU_ASSERT_TRUE(says(PLACE("5", "15") "warning: unknown_teid: pass lets G-PDUs of unknown "
					     "tunnels cross, unread: for the day of insertion; "
					     "then set drop"));
}

static void drop_without_state_is_warned_of(void)
{
	CU_ASSERT_TRUE(check(BASE LAB PROTECT "unknown_teid: drop\n"));
	CU_ASSERT_TRUE(says(PLACE("5", "15") "warning: unknown_teid: drop without state: after a "
					     "restart all sessions from before are unknown, and "
					     "their packets are dropped until they are made anew; "
					     "add state: {path: FOLDER}"));
	CU_ASSERT_TRUE(check(BASE LAB PROTECT));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "unknown_teid: drop without state"));
	CU_ASSERT_TRUE(check(BASE LAB PROTECT "unknown_teid: pass\n"));
	CU_ASSERT_PTR_NULL(strstr(said, "without state"));
}

/* --- transparent --- */

#define PAIRS(pairs) GOOD "transparent: [" pairs "]\n"

static void pairs_are_read(void)
{
	char text[PDP_PREFIX_STR];

	CU_ASSERT_TRUE(check(PAIRS("{access: 10.1.0.0/16, core: 10.2.0.1}, "
				   "{access: \"2001:db8:1::/48\", core: \"2001:db8:2::5\"}")));
	CU_ASSERT_STRING_EQUAL(said, "");
	CU_ASSERT_TRUE(load(PAIRS("{access: 10.1.0.0/16, core: 10.2.0.1}, "
				  "{access: \"2001:db8:1::/48\", core: \"2001:db8:2::5\"}")));
	CU_ASSERT_EQUAL_FATAL(config.transparent_count, 2);
	CU_ASSERT_STRING_EQUAL(pdp_prefix_str(&config.transparent[0].prefix[DATAPATH_ACCESS], text),
			       "10.1.0.0/16");
	CU_ASSERT_STRING_EQUAL(pdp_prefix_str(&config.transparent[0].prefix[DATAPATH_CORE], text),
			       "10.2.0.1");
	CU_ASSERT_STRING_EQUAL(pdp_prefix_str(&config.transparent[1].prefix[DATAPATH_ACCESS], text),
			       "2001:db8:1::/48");
}

static void texts_that_are_no_networks_are_errors(void)
{
	static const char *const bad[] = {"10.1.0.0/33",    "10.1.0.1/16", "10.1/16",	"internet",
					  "2001:db8::1/64", "10.1.0.0/",   "10.1.0.0/x"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[512], wanted[512];

		snprintf(text, sizeof(text), PAIRS("{access: 10.1.0.0/16, core: \"%s\"}"), bad[i]);
		CU_ASSERT_FALSE(load(text));
		snprintf(wanted, sizeof(wanted),
			 PLACE("5",
			       "43") "transparent[0].core: expected a network as in 10.1.0.0/16 "
				     "or 2001:db8::/32, without bits behind its length, or one "
				     "address, found '%s'",
			 bad[i]);
		CU_ASSERT_TRUE(says(wanted));
	}
}

static void both_sides_are_needed_and_of_one_version(void)
{
	CU_ASSERT_FALSE(load(PAIRS("{access: 10.1.0.0/16}")));
	CU_ASSERT_TRUE(says(PLACE("5", "15") "transparent[0].core: required, but missing"));
	CU_ASSERT_FALSE(load(PAIRS("{access: 10.1.0.0/16, core: \"2001:db8::/32\"}")));
	CU_ASSERT_TRUE(says(PLACE("5", "15") "transparent[0]: access and core are of different IP "
					     "versions: no packet has both"));
}

/* {access: 10.1.0.N, core: 10.2.0.N}, count times. */
static void write_pairs(char *text, size_t size, unsigned count)
{
	size_t len = (size_t)snprintf(text, size, GOOD "transparent:\n");

	for (unsigned i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, size - len,
					"  - {access: 10.1.0.%u, core: 10.2.0.%u}\n", i, i);
}

static void there_are_at_most_64_pairs(void)
{
	char text[8192];

	write_pairs(text, sizeof(text), 64);
	CU_ASSERT_TRUE(load(text));
	write_pairs(text, sizeof(text), 65);
	CU_ASSERT_FALSE(load(text));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "transparent: "));
}

static void exchanged_sides_are_faults(void)
{
	CU_ASSERT_FALSE(check(PAIRS("{access: 10.1.0.0/16, core: 10.2.0.0/16}, "
				    "{access: 10.2.7.0/24, core: 10.1.0.0/16}")));
	CU_ASSERT_TRUE(
		says(PLACE("5", "66") "transparent[1].access: 10.2.7.0/24 is on the access "
				      "side here, and on the core side in "
				      "transparent[0].core (line 5), 10.2.0.0/16: are access "
				      "and core exchanged?"));
	CU_ASSERT_FALSE(check(PAIRS("{access: 10.1.0.0/16, core: 10.1.2.0/24}")));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "transparent[0].access: 10.1.0.0/16 is on the access "
					    "side here, and on the core side in "
					    "transparent[0].core (line 5), 10.1.2.0/24"));
	CU_ASSERT_TRUE(load(PAIRS("{access: 10.1.0.0/16, core: 10.1.2.0/24}")));
}

static void overlapping_pairs_are_warned_of(void)
{
	CU_ASSERT_TRUE(check(PAIRS("{access: 10.1.0.0/16, core: 10.2.0.0/16}, "
				   "{access: 10.1.7.0/24, core: 10.2.0.0/16}")));
	CU_ASSERT_TRUE(says(PLACE("5", "57") "warning: transparent[1]: never counts: "
					     "transparent[0] (line 5) has all its addresses; "
					     "remove it"));
	CU_ASSERT_TRUE(check(PAIRS("{access: 10.1.7.0/24, core: 10.2.0.0/16}, "
				   "{access: 10.1.0.0/16, core: 10.2.0.0/16}")));
	CU_ASSERT_TRUE(says("warning: transparent[1]: has all addresses of transparent[0] (line "
			    "5), which never counts; remove that one, or narrow this one"));
	CU_ASSERT_TRUE(check(PAIRS("{access: 10.1.7.0/24, core: 10.2.0.0/16}, "
				   "{access: 10.1.0.0/16, core: 10.2.7.0/24}")));
	CU_ASSERT_TRUE(says("warning: transparent[1]: overlaps transparent[0] (line 5): is each "
			    "network as long as it is meant?"));
	CU_ASSERT_TRUE(check(PAIRS("{access: 10.1.0.0/16, core: 10.2.0.0/16}, "
				   "{access: 10.1.0.0/16, core: 10.3.0.0/16}")));
	CU_ASSERT_STRING_EQUAL(said, "");
}

static void pairs_beside_pass_are_warned_of(void)
{
	CU_ASSERT_TRUE(
		check(PAIRS("{access: 10.1.0.0/16, core: 10.2.0.0/16}") "unknown_teid: pass\n"));
	CU_ASSERT_TRUE(says(PLACE("5", "14") "warning: transparent: no effect while unknown_teid "
					     "is pass, which lets all unknown tunnels cross"));
}

static void collect(void *arg, const struct datapath_command *command)
{
	struct datapath_command **next = arg;

	*(*next)++ = *command;
}

static void workers_get_each_pair_in_order(void)
{
	struct datapath_command commands[4], *next = commands;

	CU_ASSERT_TRUE(load(PAIRS("{access: 10.1.0.0/16, core: 10.2.0.1}, "
				  "{access: 10.3.0.1, core: 10.4.0.1}")));
	transparent_pairs_send(&config, collect, &next);
	CU_ASSERT_EQUAL_FATAL(next - commands, 2);
	for (unsigned i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(commands[i].kind, DATAPATH_SET_TRANSPARENT);
		CU_ASSERT_EQUAL(commands[i].transparent.index, i);
		CU_ASSERT_EQUAL(commands[i].transparent.count, 2);
		CU_ASSERT_EQUAL(memcmp(commands[i].transparent.prefix, config.transparent[i].prefix,
				       sizeof(config.transparent[i].prefix)),
				0);
	}
	CU_ASSERT_TRUE(load(GOOD));
	next = commands;
	transparent_pairs_send(&config, collect, &next);
	CU_ASSERT_EQUAL_FATAL(next - commands, 1);
	CU_ASSERT_EQUAL(commands[0].transparent.count, 0);
}

UNIT_MAIN("hse_protection",
	  {"a policy without protect is warned of", a_policy_without_protect_is_warned_of},
	  {"a policy with protect is not warned of", a_policy_with_protect_is_not_warned_of},
	  {"unknown tunnels are dropped by default", unknown_tunnels_are_dropped_by_default},
	  {"pass is warned of", pass_is_warned_of},
	  {"drop without state is warned of", drop_without_state_is_warned_of},
	  {"pairs are read", pairs_are_read},
	  {"texts that are no networks are errors", texts_that_are_no_networks_are_errors},
	  {"both sides are needed and of one version", both_sides_are_needed_and_of_one_version},
	  {"there are at most 64 pairs", there_are_at_most_64_pairs},
	  {"exchanged sides are faults", exchanged_sides_are_faults},
	  {"overlapping pairs are warned of", overlapping_pairs_are_warned_of},
	  {"pairs beside pass are warned of", pairs_beside_pass_are_warned_of},
	  {"workers get each pair in order", workers_get_each_pair_in_order})
