/* SPDX-License-Identifier: BSD-3-Clause */
/* Which rule fits which subscriber and APN. */
#include "policy/policy.h"

#include "unit.h"

/* "internet.example" to labels. */
static size_t labels(uint8_t *out, const char *text)
{
	size_t at = 0;

	for (size_t len; *text; text += len + (text[len] == '.')) {
		len = strcspn(text, ".");
		out[at++] = (uint8_t)len;
		memcpy(out + at, text, len);
		at += len;
	}
	return at;
}

static const char *read_rule(struct policy_rule *rule, const char *apn, const char *imsi)
{
	char member[POLICY_MEMBER];

	*rule = (struct policy_rule){.apn = (char *)(uintptr_t)apn,
				     .imsi = (char *)(uintptr_t)imsi,
				     .action = POLICY_DROP};
	return policy_read_rule(rule, member);
}

static enum policy_action decide(const struct policy *policy, const char *imsi, const char *apn)
{
	uint8_t octets[256];
	struct e2m_imsi subscriber;

	CU_ASSERT_EQUAL_FATAL(e2m_imsi_parse(&subscriber, imsi, strlen(imsi)), 0);
	return policy_decide(policy, &subscriber, octets, labels(octets, apn));
}

static bool fits(const char *rule_apn, const char *rule_imsi, const char *imsi, const char *apn)
{
	struct policy_rule rule;
	const struct policy policy = {.rules = &rule, .count = 1};

	CU_ASSERT_PTR_NULL_FATAL(read_rule(&rule, rule_apn, rule_imsi));
	return decide(&policy, imsi, apn) == POLICY_DROP;
}

#define IMSI "262010000000001"

/* For its routes: e2m.md 6. */
static void the_rule_that_decides_is_found(void)
{
	struct policy_rule rules[2];
	const struct policy policy = {.rules = rules, .count = 2};
	const struct e2m_imsi imsi = {IMSI}, other = {"262020000000001"};
	uint8_t apn[64];
	size_t len;

	CU_ASSERT_PTR_NULL(read_rule(&rules[0], "iot", "26201"));
	CU_ASSERT_PTR_NULL(read_rule(&rules[1], NULL, "26201"));
	rules[1].action = POLICY_PROTECT;
	len = labels(apn, "internet");
	CU_ASSERT_PTR_EQUAL(policy_find(&policy, &imsi, apn, len), &rules[1]);
	len = labels(apn, "iot");
	CU_ASSERT_PTR_EQUAL(policy_find(&policy, &imsi, apn, len), &rules[0]);
	CU_ASSERT_PTR_NULL(policy_find(&policy, &other, apn, len));
	CU_ASSERT_PTR_EQUAL(policy_find_reported(&policy, &imsi), &rules[1]);
	CU_ASSERT_PTR_NULL(policy_find_reported(&policy, &other));
}

static void the_wrong_member_of_a_rule_is_named(void)
{
	struct policy_route routes[] = {{.text = (char *)(uintptr_t) "10.0.0.0/8"},
					{.text = (char *)(uintptr_t) "10.0.0.1/8"}};
	struct policy_rule rule = {.routes = routes, .routes_count = 2};
	char member[POLICY_MEMBER];

	CU_ASSERT_PTR_NOT_NULL(policy_read_rule(&rule, member));
	CU_ASSERT_STRING_EQUAL(member, "routes[1]");
	rule.routes_count = 1;
	CU_ASSERT_PTR_NULL(policy_read_rule(&rule, member));
	CU_ASSERT_EQUAL(routes[0].prefix.length, 8);
}

static void without_rules_protection_is_optional(void)
{
	const struct policy policy = {0};

	CU_ASSERT_EQUAL(decide(&policy, IMSI, "internet"), POLICY_OPTIONAL);
}

static void a_rule_without_conditions_fits_all(void)
{
	CU_ASSERT_TRUE(fits(NULL, NULL, IMSI, "internet"));
	CU_ASSERT_TRUE(fits(NULL, NULL, "901700", "a.b.c"));
}

static void an_imsi_begins_so(void)
{
	CU_ASSERT_TRUE(fits(NULL, "26201", IMSI, "internet"));
	CU_ASSERT_TRUE(fits(NULL, IMSI, IMSI, "internet"));
	CU_ASSERT_FALSE(fits(NULL, "26202", IMSI, "internet"));
	CU_ASSERT_FALSE(fits(NULL, "262010000000001", "26201000000000", "internet"));
}

static void a_range_has_both_its_ends(void)
{
	static const char range[] = "262010000000100-262010000000199";

	CU_ASSERT_FALSE(fits(NULL, range, "262010000000099", "internet"));
	CU_ASSERT_TRUE(fits(NULL, range, "262010000000100", "internet"));
	CU_ASSERT_TRUE(fits(NULL, range, "262010000000199", "internet"));
	CU_ASSERT_FALSE(fits(NULL, range, "262010000000200", "internet"));
	CU_ASSERT_FALSE(fits(NULL, range, "26201000000015", "internet"));
	CU_ASSERT_TRUE(fits(NULL, "26201-26203", "262029999999999", "internet"));
	CU_ASSERT_FALSE(fits(NULL, "26201-26203", "262040000000000", "internet"));
}

static void case_of_an_apn_does_not_matter(void)
{
	CU_ASSERT_TRUE(fits("Internet.Example", NULL, IMSI, "iNTERNET.eXAMPLE"));
}

static void an_apn_is_all_of_its_labels(void)
{
	CU_ASSERT_FALSE(fits("internet", NULL, IMSI, "internet.example"));
	CU_ASSERT_FALSE(fits("internet.example", NULL, IMSI, "internet"));
	CU_ASSERT_FALSE(fits("internet", NULL, IMSI, "internet2"));
	CU_ASSERT_FALSE(fits("internet", NULL, IMSI, "interne"));
	CU_ASSERT_FALSE(fits("internet", NULL, IMSI, "example.internet"));
}

/* TS 23.003 9.1.2. */
static void an_operator_identifier_may_stand_behind(void)
{
	CU_ASSERT_TRUE(fits("internet", NULL, IMSI, "internet.mnc001.mcc262.gprs"));
	CU_ASSERT_TRUE(fits("internet", NULL, IMSI, "INTERNET.MNC01.MCC262.GPRS"));
	CU_ASSERT_FALSE(fits("internet", NULL, IMSI, "internet.mnc001.mcc262"));
	CU_ASSERT_FALSE(fits("internet", NULL, IMSI, "internet.mnc001.mcc262.gprs.x"));
	CU_ASSERT_FALSE(fits("internet", NULL, IMSI, "internet.mncabc.mcc262.gprs"));
	CU_ASSERT_FALSE(fits("internet", NULL, IMSI, "internet.mcc262.mnc001.gprs"));
	CU_ASSERT_FALSE(fits("internet", NULL, IMSI, "internet.mnc0001.mcc262.gprs"));
}

static void a_rule_may_ask_for_one_operator_identifier(void)
{
	static const char apn[] = "internet.mnc001.mcc262.gprs";

	CU_ASSERT_TRUE(fits(apn, NULL, IMSI, apn));
	CU_ASSERT_FALSE(fits(apn, NULL, IMSI, "internet.mnc002.mcc262.gprs"));
	CU_ASSERT_FALSE(fits(apn, NULL, IMSI, "internet"));
}

static void a_star_is_one_whole_label(void)
{
	CU_ASSERT_TRUE(fits("*.iot.example", NULL, IMSI, "meters.iot.example"));
	CU_ASSERT_TRUE(fits("*.iot.example", NULL, IMSI, "meters.iot.example.mnc001.mcc262.gprs"));
	CU_ASSERT_FALSE(fits("*.iot.example", NULL, IMSI, "iot.example"));
	CU_ASSERT_FALSE(fits("*.iot.example", NULL, IMSI, "a.b.iot.example"));
	CU_ASSERT_TRUE(fits("*", NULL, IMSI, "internet"));
	CU_ASSERT_FALSE(fits("*", NULL, IMSI, "internet.example"));
	CU_ASSERT_TRUE(fits("iot.*", NULL, IMSI, "IOT.meters"));
}

static void both_conditions_must_fit(void)
{
	CU_ASSERT_TRUE(fits("internet", "26201", IMSI, "internet"));
	CU_ASSERT_FALSE(fits("internet", "26202", IMSI, "internet"));
	CU_ASSERT_FALSE(fits("example", "26201", IMSI, "internet"));
}

static void the_first_rule_that_fits_counts(void)
{
	struct policy_rule rules[3];
	const struct policy policy = {.rules = rules, .count = 3};

	read_rule(&rules[0], "meters", NULL);
	rules[0].action = POLICY_PASS;
	read_rule(&rules[1], NULL, "26201");
	rules[1].action = POLICY_PROTECT;
	read_rule(&rules[2], NULL, NULL);
	CU_ASSERT_EQUAL(decide(&policy, IMSI, "meters"), POLICY_PASS);
	CU_ASSERT_EQUAL(decide(&policy, IMSI, "internet"), POLICY_PROTECT);
	CU_ASSERT_EQUAL(decide(&policy, "262020000000001", "internet"), POLICY_DROP);
}

/* As no honest SGSN writes it, but some GGSN may read it. */
static void an_apn_that_can_be_read_in_two_ways_gets_around_no_rule(void)
{
	static const struct {
		const char *octets;
		size_t len;
	} apns[] = {
		{"", 0},		      /* none */
		{"\x08internet\x00", 10},     /* an empty label behind */
		{"\x09internet", 9},	      /* cut short */
		{"internet", 8},	      /* no length */
		{"\x10internet.example", 17}, /* two in one */
		{"\x09internet\x00", 10},     /* NUL in a label */
		{"\x09internet ", 10},
		{"\x00\x08internet", 10},
		{"\x09internetx", 9},	      /* the last label ends behind the IE */
		{"\x08internet\x04gprs", 13}, /* the same */
	};
	struct policy_rule rules[2];
	const struct policy policy = {.rules = rules, .count = 2};
	struct e2m_imsi imsi;

	e2m_imsi_parse(&imsi, IMSI, strlen(IMSI));
	for (unsigned i = 0; i < sizeof(apns) / sizeof(apns[0]); i++)
		for (int lax = 0; lax < 2; lax++)
			for (int strict = 0; strict < 2; strict++) {
				read_rule(&rules[0], "internet", NULL);
				rules[0].action = lax ? POLICY_PASS : POLICY_OPTIONAL;
				read_rule(&rules[1], "example", NULL);
				rules[1].action = strict ? POLICY_PROTECT : POLICY_DROP;
				CU_ASSERT_EQUAL(policy_decide(&policy, &imsi,
							      (const uint8_t *)apns[i].octets,
							      apns[i].len),
						rules[1].action);
			}
}

/* Makes octets of labels, and returns their length. lengths ends with 0. */
static size_t labels_of(uint8_t *octets, const uint8_t *lengths)
{
	size_t at = 0;

	for (; *lengths; at += *lengths++) {
		octets[at++] = *lengths;
		memset(octets + at, 'a', *lengths);
	}
	return at;
}

/* Returns true if the policy reads the APN. If not, the first rule does not fit, as it is not strict, and
 * the second one does. */
static bool is_read(const uint8_t *lengths)
{
	struct policy_rule rules[3];
	const struct policy policy = {.rules = rules, .count = 3};
	struct e2m_imsi imsi;
	uint8_t octets[512];
	const size_t len = labels_of(octets, lengths);
	enum policy_action action;

	CU_ASSERT_PTR_NULL_FATAL(read_rule(&rules[0], "*", NULL));
	CU_ASSERT_PTR_NULL_FATAL(read_rule(&rules[1], "*.*", NULL));
	rules[0].action = rules[1].action = POLICY_PASS;
	CU_ASSERT_PTR_NULL_FATAL(read_rule(&rules[2], "example", NULL));
	e2m_imsi_parse(&imsi, IMSI, strlen(IMSI));
	action = policy_decide(&policy, &imsi, octets, len);
	CU_ASSERT_TRUE(action == POLICY_PASS || action == POLICY_DROP);
	return action == POLICY_PASS;
}

/* RFC 1035 2.3.4, which TS 23.003 9.1 follows. */
static void a_label_has_63_octets_at_most(void)
{
	CU_ASSERT_TRUE(is_read((const uint8_t[]){62, 0}));
	CU_ASSERT_TRUE(is_read((const uint8_t[]){63, 0}));
	CU_ASSERT_FALSE(is_read((const uint8_t[]){64, 0}));
	CU_ASSERT_FALSE(is_read((const uint8_t[]){99, 0}));
	CU_ASSERT_TRUE(is_read((const uint8_t[]){8, 63, 0}));
	CU_ASSERT_FALSE(is_read((const uint8_t[]){8, 64, 0}));
}

/* TS 23.003 9.1, with the octets that give the lengths of the labels. */
static void an_apn_has_100_octets_at_most(void)
{
	CU_ASSERT_TRUE(is_read((const uint8_t[]){63, 34, 0}));
	CU_ASSERT_TRUE(is_read((const uint8_t[]){63, 35, 0}));
	CU_ASSERT_FALSE(is_read((const uint8_t[]){63, 36, 0}));
	CU_ASSERT_FALSE(is_read((const uint8_t[]){63, 63, 0}));
}

/* Where nobody says it: it may be the rule's. */
static void an_apn_that_is_not_reported_fits_what_protects_and_nothing_else(void)
{
	struct policy_rule rules[2];
	const struct policy policy = {.rules = rules, .count = 2};
	struct e2m_imsi imsi;

	e2m_imsi_parse(&imsi, IMSI, strlen(IMSI));
	read_rule(&rules[1], NULL, "26201");
	rules[1].action = POLICY_DROP;
	for (int action = POLICY_OPTIONAL; action <= POLICY_DROP; action++) {
		read_rule(&rules[0], "internet", NULL);
		rules[0].action = action;
		CU_ASSERT_EQUAL(policy_decide_reported(&policy, &imsi),
				action == POLICY_PROTECT ? POLICY_PROTECT : POLICY_DROP);
	}
	e2m_imsi_parse(&imsi, "262020000000001", 15);
	CU_ASSERT_EQUAL(policy_decide_reported(&policy, &imsi), POLICY_OPTIONAL);
}

static void an_apn_of_any_octets_is_survived(void)
{
	struct policy_rule rule;
	const struct policy policy = {.rules = &rule, .count = 1};
	struct e2m_imsi imsi;
	uint32_t random = 1;

	read_rule(&rule, "a.*.c", NULL);
	e2m_imsi_parse(&imsi, IMSI, strlen(IMSI));
	for (unsigned i = 0; i < 20000; i++) {
		const size_t len = i % 300;
		uint8_t *octets = malloc(len ? len : 1); /* for AddressSanitizer */

		for (size_t at = 0; at < len; at++) {
			random = random * 1664525 + 1013904223;
			octets[at] = i % 2 ? (uint8_t)(random >> 24) : (uint8_t)(random >> 24) % 5;
		}
		policy_decide(&policy, &imsi, octets, len);
		free(octets);
	}
}

/* "aaa...a.aa...a": labels of so many letters; second 0: one label. */
static bool is_rule(unsigned first, unsigned second)
{
	struct policy_rule rule;
	char apn[256];

	memset(apn, 'a', sizeof(apn));
	if (second > 0)
		apn[first] = '.';
	apn[first + (second > 0) + second] = '\0';
	return read_rule(&rule, apn, NULL) == NULL;
}

static void the_apn_of_a_rule_is_no_longer_than_one_of_a_request(void)
{
	CU_ASSERT_TRUE(is_rule(63, 0));
	CU_ASSERT_FALSE(is_rule(64, 0));
	CU_ASSERT_TRUE(is_rule(8, 63));
	CU_ASSERT_FALSE(is_rule(8, 64));
	CU_ASSERT_TRUE(is_rule(63, 35));
	CU_ASSERT_FALSE(is_rule(63, 36));
}

static void mistakes_in_a_rule_are_told(void)
{
	static const char *const bad_apns[] = {".", "a..b", ".a", "a.", "a*", "*a.b", "**"};
	static const char *const bad_imsis[] = {
		"-",	 "26201-",	"-26201",	    "26201-262",
		"2620a", "26202-26201", "1234567890123456", "1-2-3"};
	struct policy_rule rule;

	for (unsigned i = 0; i < sizeof(bad_apns) / sizeof(bad_apns[0]); i++)
		CU_ASSERT_PTR_NOT_NULL(read_rule(&rule, bad_apns[i], NULL));
	for (unsigned i = 0; i < sizeof(bad_imsis) / sizeof(bad_imsis[0]); i++)
		CU_ASSERT_PTR_NOT_NULL(read_rule(&rule, NULL, bad_imsis[i]));
}

UNIT_MAIN("policy", TEST(the_rule_that_decides_is_found), TEST(the_wrong_member_of_a_rule_is_named),
	  TEST(without_rules_protection_is_optional), TEST(a_rule_without_conditions_fits_all),
	  TEST(an_imsi_begins_so), TEST(a_range_has_both_its_ends),
	  TEST(case_of_an_apn_does_not_matter), TEST(an_apn_is_all_of_its_labels),
	  TEST(an_operator_identifier_may_stand_behind),
	  TEST(a_rule_may_ask_for_one_operator_identifier), TEST(a_star_is_one_whole_label),
	  TEST(both_conditions_must_fit), TEST(the_first_rule_that_fits_counts),
	  TEST(an_apn_that_can_be_read_in_two_ways_gets_around_no_rule),
	  TEST(a_label_has_63_octets_at_most), TEST(an_apn_has_100_octets_at_most),
	  TEST(an_apn_that_is_not_reported_fits_what_protects_and_nothing_else),
	  TEST(an_apn_of_any_octets_is_survived),
	  TEST(the_apn_of_a_rule_is_no_longer_than_one_of_a_request),
	  TEST(mistakes_in_a_rule_are_told))
