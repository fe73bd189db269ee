/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/config: what stands in a mapping. */
#include <arpa/inet.h>

#include "config_sample.h"

static void every_kind_is_read(void)
{
	static const char text[] = "# a comment\n"
				   "strict: yes\n"
				   "small: 0xff\n"
				   "timeout_ms: 5000\n"
				   "wide: 4294967295\n"
				   "widest: 18446744073709551615\n"
				   "name: \"a name\"\n"
				   "poll: busy\n"
				   "amf: \"80fF\"\n"
				   "address: 2001:db8::1\n"
				   "access: {device: net_null0, queues: 2}\n"
				   "subscribers:\n"
				   "  - imsi: 262010000000001\n"
				   "    k: 465b5ce8b199b49faa5f0a2ee238a6bc\n"
				   "    ciphering: gcm\n"
				   "    hses: [a.example, b.example]\n"
				   "  - {imsi: \"262010000000002\"}\n"
				   "numbers: {fc_e2mkeyset: 0xD1, pco_container: 65281}\n";
	struct sample s = {.numbers = e2m_default_numbers};
	uint8_t k[16], address[16];

	struct config_file *file = load_good(&s, text);
	CU_ASSERT_TRUE(s.strict && s.strict_given && s.access_given);
	CU_ASSERT_EQUAL(s.small, 255);
	CU_ASSERT_EQUAL(s.timeout_ms, 5000);
	CU_ASSERT_EQUAL(s.wide, UINT32_MAX);
	CU_ASSERT_EQUAL(s.widest, UINT64_MAX);
	CU_ASSERT_STRING_EQUAL(s.name, "a name");
	CU_ASSERT_EQUAL(s.poll, POLL_BUSY);
	CU_ASSERT_EQUAL(s.amf[0], 0x80);
	CU_ASSERT_EQUAL(s.amf[1], 0xff);
	CU_ASSERT_EQUAL(s.address.family, AF_INET6);
	inet_pton(AF_INET6, "2001:db8::1", address);
	CU_ASSERT_EQUAL(memcmp(s.address.octets, address, 16), 0);
	CU_ASSERT_STRING_EQUAL(s.access.device, "net_null0");
	CU_ASSERT_EQUAL(s.access.queues, 2);
	CU_ASSERT_EQUAL_FATAL(s.subscribers_count, 2);
	CU_ASSERT_STRING_EQUAL(s.subscribers[0].imsi.digits, "262010000000001");
	unit_hex(k, sizeof(k), "465b5ce8b199b49faa5f0a2ee238a6bc");
	CU_ASSERT_EQUAL(memcmp(s.subscribers[0].k, k, 16), 0);
	CU_ASSERT_EQUAL(s.subscribers[0].ciphering, E2M_EEA_GCM);
	CU_ASSERT_EQUAL_FATAL(s.subscribers[0].hses_count, 2);
	CU_ASSERT_STRING_EQUAL(s.subscribers[0].hses[1], "b.example");
	CU_ASSERT_STRING_EQUAL(s.subscribers[1].imsi.digits, "262010000000002");
	CU_ASSERT_EQUAL(s.subscribers[1].ciphering, E2M_EEA2);
	CU_ASSERT_EQUAL(s.numbers.fc_e2mkeyset, 0xD1);
	CU_ASSERT_EQUAL(s.numbers.pco_container, 0xFF01);
	CU_ASSERT_EQUAL(s.numbers.fc_umts_prime, 0xE0);
	config_free(file);
}

static void absent_keys_leave_defaults(void)
{
	static const char *const texts[] = {"", "---\n", "# nothing\n", "{}\n"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct sample s = {.timeout_ms = 77, .poll = POLL_BUSY};
		struct config_file *file = load_good(&s, texts[i]);
		CU_ASSERT_EQUAL(s.timeout_ms, 77);
		CU_ASSERT_EQUAL(s.poll, POLL_BUSY);
		CU_ASSERT_FALSE(s.strict_given || s.access_given);
		config_free(file);
	}
}

static void unknown_keys_are_errors_at_the_key(void)
{
	assert_errors("small: 1\naccess:\n  device: x\n  queue: 1\n",
		      "t.yaml:4:3: access.queue: unknown key; did you mean queues? Known here are "
		      "device, queues\n");
	assert_errors("subscribers:\n  - imsi: 262010\n  - imsi: 262011\n    K: aa\n",
		      "t.yaml:4:5: subscribers[1].K: unknown key; did you mean k? Known here are "
		      "imsi, k, "
		      "ciphering, hses\n");
	assert_errors("? [a]\n: 1\n", "t.yaml:1:3: expected a word as key\n");
	assert_errors(
		"<<: {small: 1}\n",
		"t.yaml:1:1: <<: unknown key; known here are strict, small, timeout_ms, wide, "
		"widest, name, poll, amf, address, access, subscribers, numbers\n");
}

static void duplicate_keys_are_errors(void)
{
	assert_errors("small: 1\nwide: 2\nsmall: 1\n",
		      "t.yaml:3:1: small: given twice, first at line 1\n");
}

static void wrong_types_are_errors_at_the_value(void)
{
	assert_errors("strict: maybe\n",
		      "t.yaml:1:9: strict: expected true or false, found 'maybe'\n");
	assert_errors("strict: \"true\"\n", "t.yaml:1:9: strict: expected true or false, found "
					    "'true'; write true without quotes\n");
	assert_errors("small: [1]\n", "t.yaml:1:8: small: expected an integer from 0 to 255, found "
				      "a list; leave out the '[' and ']', or the '- '\n");
	assert_errors("small:\n",
		      "t.yaml:1:7: small: expected an integer from 0 to 255, found nothing\n");
	assert_errors("name: {a: b}\n", "t.yaml:1:7: name: expected a string, found a mapping\n");
	assert_errors("name: \"\"\n", "t.yaml:1:7: name: expected a string, found ''\n");
	assert_errors("name: ~\n", "t.yaml:1:7: name: expected a string, found nothing\n");
	assert_errors("name: \"a\\nb\"\n",
		      "t.yaml:1:7: name: expected a string, found unprintable text\n");
	assert_errors(
		"access: 5\n",
		"t.yaml:1:9: access: expected a mapping, found '5'; its keys are device, queues\n");
	assert_errors("subscribers: {}\n", "t.yaml:1:14: subscribers: expected a list, found a "
					   "mapping; begin each item with '- '\n");
	assert_errors("- a\n", "t.yaml:1:1: expected a mapping, found a list; leave out the '- ': "
			       "its keys are strict, small, timeout_ms, wide, widest, name, poll, "
			       "amf, address, access, subscribers, numbers\n");
}

static void integers_out_of_range_are_errors(void)
{
	static const char *const bad[][2] = {
		{"9", "'9'"},
		{"5001", "'5001'"},
		{"-1", "'-1'"},
		{"10.0", "'10.0'; write 10"},
		{"1e2", "'1e2'; write 100"},
		{"010", "'010'; write 10, or 0x8 if it is octal"},
		{"0x", "'0x'"},
		{"0xg", "'0xg'"},
		{"+10", "'+10'; write 10"},
		{"10 0", "'10 0'; write the number alone, in the unit of the key"},
		{"18446744073709551626", "'18446744073709551626'"},
		{"\"100\"", "'100'; leave out the quotes"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[64], expected[192];
		snprintf(text, sizeof(text), "timeout_ms: %s\n", bad[i][0]);
		snprintf(expected, sizeof(expected),
			 "t.yaml:1:13: timeout_ms: expected an integer from 10 to 5000, found "
			 "%s\n",
			 bad[i][1]);
		assert_errors(text, expected);
	}
	assert_errors("wide: 4294967296\n", "t.yaml:1:7: wide: expected an integer from 0 to "
					    "4294967295, found '4294967296'\n");
}

static void missing_required_keys_are_placed_at_their_mapping(void)
{
	assert_errors("small: 1\naccess:\n  queues: 1\n",
		      "t.yaml:3:3: access.device: required, but missing\n");
	assert_errors("subscribers: [{}]\n",
		      "t.yaml:1:15: subscribers[0].imsi: required, but missing\n");
}

static void enums_name_what_is_allowed(void)
{
	assert_errors("poll: Busy\n", "t.yaml:1:7: poll: expected one of adaptive, busy, found "
				      "'Busy'; did you mean busy?\n");
	assert_errors("poll: \"busy\\0\"\n", "t.yaml:1:7: poll: expected one of adaptive, busy, "
					     "found unprintable text\n");
	assert_errors("subscribers: [{imsi: 262010, ciphering: eea4}]\n",
		      "t.yaml:1:41: subscribers[0].ciphering: expected one of eea0, eea1, eea2, "
		      "eea3, gcm, found 'eea4'\n");
}

static void hex_has_its_exact_length(void)
{
	assert_errors("amf: 800\n",
		      "t.yaml:1:6: amf: expected exactly 4 hex digits, found '800', which has 3\n");
	assert_errors(
		"amf: 80000\n",
		"t.yaml:1:6: amf: expected exactly 4 hex digits, found '80000', which has 5\n");
	assert_errors("amf: 80x0\n", "t.yaml:1:6: amf: expected exactly 4 hex digits, found "
				     "'80x0', in which not all are 0 to 9 or a to f\n");
}

static void secrets_are_not_echoed(void)
{
	assert_errors(
		"subscribers: [{imsi: 262010, k: 465b5ce8b199b49faa5f0a2ee238a6b}]\n",
		"t.yaml:1:33: subscribers[0].k: expected exactly 32 hex digits, found another "
		"value, which has 31\n");
}

struct one_or_more {
	char **names;
	size_t count;
};

static void a_list_may_be_one_item(void)
{
	static const struct config_field item = {.kind = CONFIG_STRING, .size = sizeof(char *)};
	static const struct config_field fields[] = {
		{.name = "names",
		 .kind = CONFIG_LIST,
		 CONFIG_MEMBER(struct one_or_more, names),
		 .item = &item,
		 .count_offset = offsetof(struct one_or_more, count),
		 .min = 1,
		 .max = 2,
		 .or_one = true},
		{0}};
	static const char *const texts[] = {"names: a\n", "names: [a, b]\n", "names: [[a]]\n",
					    "names: {a: b}\n"};

	for (size_t i = 0; i < 4; i++) {
		struct one_or_more out = {0};
		FILE *none = fopen("/dev/null", "w");
		struct config_file *f =
			config_load_memory("t", texts[i], strlen(texts[i]), fields, &out, none);

		CU_ASSERT_EQUAL(f != NULL, i < 2);
		CU_ASSERT_TRUE(i >= 2 || (out.count == i + 1 && strcmp(out.names[0], "a") == 0));
		config_free(f);
		fclose(none);
	}
}

static void lists_have_their_bounds_and_places(void)
{
	assert_errors("subscribers: [{imsi: 262010, hses: []}]\n",
		      "t.yaml:1:36: subscribers[0].hses: expected at least 1 items, found 0\n");
	assert_errors("subscribers: [{imsi: 262010, hses: [a, b, c]}]\n",
		      "t.yaml:1:36: subscribers[0].hses: expected at most 2 items, found 3\n");
	assert_errors("subscribers: [{imsi: 262010, hses: [a, [b]]}]\n",
		      "t.yaml:1:40: subscribers[0].hses[1]: expected a string, found a list; leave "
		      "out the '[' and ']', or the '- '\n");
}

static void addresses_are_numeric(void)
{
	struct sample s = {0};
	struct config_file *file = load_good(&s, "address: 10.1.2.3\n");

	CU_ASSERT_EQUAL(s.address.family, AF_INET);
	CU_ASSERT_EQUAL(memcmp(s.address.octets, "\x0a\x01\x02\x03", 4), 0);
	config_free(file);
	assert_errors("address: 10.1.2\n",
		      "t.yaml:1:10: address: expected an IPv4 or IPv6 address, found '10.1.2'\n");
	assert_errors("address: localhost\n",
		      "t.yaml:1:10: address: expected an IPv4 or IPv6 address, found "
		      "'localhost'; names are not resolved, write the address\n");
}

static void imsis_are_decimal(void)
{
	assert_errors("subscribers: [{imsi: 26201}]\n",
		      "t.yaml:1:22: subscribers[0].imsi: expected an IMSI of 6 to 15 decimal "
		      "digits, found '26201', which has 5\n");
	assert_errors("subscribers: [{imsi: 2620100000000012}]\n",
		      "t.yaml:1:22: subscribers[0].imsi: expected an IMSI of 6 to 15 decimal "
		      "digits, found '2620100000000012', which has 16\n");
}

static void all_errors_of_a_file_are_reported(void)
{
	assert_errors("small: x\naccess: {queues: 17}\n",
		      "t.yaml:1:8: small: expected an integer from 0 to 255, found 'x'\n"
		      "t.yaml:2:18: access.queues: expected an integer from 1 to 16, found '17'\n"
		      "t.yaml:2:9: access.device: required, but missing\n");
}

static void twenty_errors_are_shown_and_the_rest_counted(void)
{
	char text[512] = "subscribers: [", expected[4096] = "";

	for (int i = 0; i < 23; i++) {
		strcat(text, "1, ");
		if (i < 20)
			sprintf(expected + strlen(expected),
				"t.yaml:1:%d: subscribers[%d]: expected a mapping, found '1'; its "
				"keys are "
				"imsi, k, ciphering, hses\n",
				15 + 3 * i, i);
	}
	strcat(text, "]\n");
	strcat(expected, "t.yaml: and 3 more errors\n");
	assert_errors(text, expected);
}

static void long_values_are_shown_cut(void)
{
	assert_errors("poll: 0123456789012345678901234567890123456789TAIL\n",
		      "t.yaml:1:7: poll: expected one of adaptive, busy, found "
		      "'0123456789012345678901234567890123456789...'\n");
}

/* Every prefix of a good file either loads or is refused with a text. */
UNIT_MAIN("config", {"every kind is read", every_kind_is_read},
	  {"absent keys leave defaults", absent_keys_leave_defaults},
	  {"unknown keys are errors at the key", unknown_keys_are_errors_at_the_key},
	  {"duplicate keys are errors", duplicate_keys_are_errors},
	  {"wrong types are errors at the value", wrong_types_are_errors_at_the_value},
	  {"integers out of range are errors", integers_out_of_range_are_errors},
	  {"missing required keys are placed at their mapping",
	   missing_required_keys_are_placed_at_their_mapping},
	  {"enums name what is allowed", enums_name_what_is_allowed},
	  {"hex has its exact length", hex_has_its_exact_length},
	  {"secrets are not echoed", secrets_are_not_echoed},
	  {"lists have their bounds and places", lists_have_their_bounds_and_places},
	  {"a list may be one item", a_list_may_be_one_item},
	  {"addresses are numeric", addresses_are_numeric},
	  {"IMSIs are decimal", imsis_are_decimal},
	  {"all errors of a file are reported", all_errors_of_a_file_are_reported},
	  {"twenty errors are shown and the rest counted",
	   twenty_errors_are_shown_and_the_rest_counted},
	  {"long values are shown cut", long_values_are_shown_cut})
