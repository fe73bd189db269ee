/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/config: mistakes as people make them, where each is reported, and what is said of it. */
#include "config_sample.h"

#define KEY "465b5ce8b199b49faa5f0a2ee238a6bc"

struct mistake {
	const char *text;  /* of the file */
	const char *place; /* line:column of the first report */
	const char *said;  /* a part of that line */
};

/* The first line that is reported. */
static void report(const char *text, char *line, size_t size)
{
	struct sample sample = {0};
	char errors[8192] = "";
	struct config_file *file = load(&sample, text, strlen(text), errors, sizeof(errors));

	CU_ASSERT_PTR_NULL(file);
	config_free(file);
	snprintf(line, size, "%.*s", (int)strcspn(errors, "\n"), errors);
}

static void assert_mistakes(const struct mistake *mistakes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct mistake *m = &mistakes[i];
		char line[2048], place[64];

		report(m->text, line, sizeof(line));
		snprintf(place, sizeof(place), "t.yaml:%s: ", m->place);
		const bool good = strncmp(line, place, strlen(place)) == 0 && strstr(line, m->said);
		if (!good)
			printf("%s\nwanted: %s%s\nsaid: %s\n", m->text, place, m->said, line);
		CU_ASSERT_TRUE(good);
	}
}

#define ASSERT_MISTAKES(mistakes) assert_mistakes(mistakes, sizeof(mistakes) / sizeof(mistakes[0]))

static void octets_that_are_not_utf8_are_reported_where_they_are(void)
{
	static const struct mistake mistakes[] = {
		{"small: 1\n# fa\xe7"
		 "ade\nwide: 2\n",
		 "2:5", "octet 0xe7 is not UTF-8"},
		{"small: 1\nname: \"\xc3\xa4\xe4\"\n", "2:9", "octet 0xe4 is not UTF-8"},
		{"small: 1\r\nname: \xff\r\n", "2:7", "octet 0xff is not UTF-8"},
		{"name: \xc0\x80\n", "1:7", "octet 0xc0 is not UTF-8"},
		{"name: \xed\xa0\x80\n", "1:7", "octet 0xed is not UTF-8"},
		{"name: \xf4\x90\x80\x80\n", "1:7", "octet 0xf4 is not UTF-8"},
		{"name: x\xe2\x82", "1:8", "octet 0xe2 is not UTF-8"},
		{"small: 1\nname: a\x01\n", "2:8", "control character U+0001"},
		{"name: a\x7f\n", "1:8", "control character U+007F"},
		{"name: a\xef\xbb\xbf\n", "1:8", "control character U+FEFF"},
		{"\xff\xfes\n", "1:1", "the file is UTF-16, not UTF-8"},
	};

	ASSERT_MISTAKES(mistakes);
}

static void utf8_with_a_byte_order_mark_and_crlf_is_read(void)
{
	struct sample s = {0};
	struct config_file *file =
		load_good(&s, "\xef\xbb\xbfsmall: 3\r\nname: \"\xc3\xa4 \xf0\x9f\x98\x80\"\r\n");

	CU_ASSERT_EQUAL(s.small, 3);
	CU_ASSERT_STRING_EQUAL(s.name, "\xc3\xa4 \xf0\x9f\x98\x80");
	config_free(file);
}

static void a_quote_without_its_end_is_reported_where_it_opens(void)
{
	static const struct mistake mistakes[] = {
		{"small: 1\nname: \"abc\nwide: 2\n", "2:7",
		 "the quote that opens here is never closed"},
		{"name: 'abc\nwide: 2\n", "1:7", "the quote that opens here is never closed"},
		{"access: {device: \"eth0, queues: 1}\nname: \"abc\"\nwide: 2\n", "1:18",
		 "the quote that opens here is closed at line 2, column 7 only"},
		{"name: \"abc\nwide: 2\nsmall: 1\naccess:\n  device: \"x\"\n", "1:7",
		 "the quote that opens here is closed at line 5, column 11 only"},
		{"name: \"abc\n---\nsmall: 1\n", "1:7",
		 "the quote that opens here is never closed"},
		{"name: \"a\n  b\"\n", "1:7", "a closing quote is missing"},
		{"name: abc\"\nsmall: \"1\nwide: 2\n", "2:8", "never closed"},
	};

	ASSERT_MISTAKES(mistakes);
}

static void what_is_not_yaml_is_reported_with_what_to_do(void)
{
	static const struct mistake mistakes[] = {
		{"access: {device: x\nwide: 2\n", "2:5",
		 "expected ',' or '}'; the '{' of line 1, column 9 has not ended"},
		{"access: {device: x queues: 2}\n", "1:26", "expected ',' or '}'"},
		{"subscribers: [{imsi: 262010}\nwide: 2\n", "2:1",
		 "expected ',' or ']'; the '[' of line 1, column 14 has not ended"},
		{"access:\n\tdevice: x\n", "2:1", "a tab cannot indent a line"},
		{"small: 1\n\twide: 2\n", "2:1", "a tab cannot indent a line"},
		{"name: @home\n", "1:7", "a text that begins with '@' needs quotes"},
		{"name: `home`\n", "1:7", "a text that begins with '`' needs quotes"},
		{"name: \"\\d\"\n", "1:8", "'\\' begins an escape"},
		{"access:\n  device: x\n   queues: 1\n", "3:10", "a ':' where no key can be"},
		{"access:\n  device: x\n queues: 1\n", "3:2",
		 "expected a key: indent the line as its neighbours"},
		{"name: a: b\n", "1:8", "a ':' where no key can be"},
		{"small: 1\nwide 2\nname: x\n", "2:1", "a key without ': ' behind it"},
		{"subscribers: - imsi: 262010\n", "1:14", "a '- ' where no item can be"},
		{"subscribers:\n  - imsi: 262010\n  imsi: 262011\n", "3:3", "expected '- '"},
		{"  small: 1\nwide: 1\n", "2:1",
		 "expected the end: indent the line as its neighbours"},
		{"small: 1\n---\nsmall: 1\n", "2:1", "a second document begins here"},
		{"name: &a x\n", "1:7", "anchors (&) are not supported"},
		{"name: *a\n", "1:7", "aliases (*) are not supported"},
		{"name: !x a\n", "1:7", "tags (!) are not supported"},
	};

	ASSERT_MISTAKES(mistakes);
}

static void a_value_that_was_nearly_right_is_corrected(void)
{
	static const struct mistake mistakes[] = {
		{"strict: on\n", "1:9", "expected true or false, found 'on'; write true"},
		{"strict: True\n", "1:9", "found 'True'; write true"},
		{"strict: OFF\n", "1:9", "found 'OFF'; write false"},
		{"strict: 1\n", "1:9", "found '1'; write true"},
		{"strict: \"no\"\n", "1:9", "found 'no'; write false without quotes"},
		{"wide: 0100\n", "1:7", "found '0100'; write 100, or 0x40 if it is octal"},
		{"wide: 007\n", "1:7", "found '007'; write 7"},
		{"wide: 0890\n", "1:7", "found '0890'; write 890, or 0x890 if it is hexadecimal"},
		{"wide: 00\n", "1:7", "found '00'; write 0"},
		{"wide: 1e6\n", "1:7", "found '1e6'; write 1000000"},
		{"wide: 1.5e3\n", "1:7", "found '1.5e3'; write 1500"},
		{"wide: 64.0\n", "1:7", "found '64.0'; write 64"},
		{"wide: 1_000\n", "1:7", "found '1_000'; write 1000"},
		{"wide: 1,000\n", "1:7", "found '1,000'; write 1000"},
		{"wide: 0o17\n", "1:7", "found '0o17'; write 0xf"},
		{"wide: 0b101\n", "1:7", "found '0b101'; write 0x5"},
		{"wide: 0X1F\n", "1:7", "found '0X1F'; write 0x1f"},
		{"wide: 1F\n", "1:7", "found '1F'; write 0x1F for a number in hex"},
		{"wide: E1\n", "1:7", "found 'E1'; write 0xE1 for a number in hex"},
		{"wide: 1.5\n", "1:7", "found '1.5'; write a whole number"},
		{"wide: 10s\n", "1:7", "found '10s'; write the number alone"},
		{"wide: 99999999999999999999999999\n", "1:7", "found '99999999999999999999999999'"},
		{"small: -1\n", "1:8", "expected an integer from 0 to 255, found '-1'"},
		{"amf: 0x8000\n", "1:6", "found '0x8000'; leave out the 0x"},
		{"amf: 80 00\n", "1:6", "found '80 00'; write the digits without anything between"},
		{"address: 10.0.0.1:5868\n", "1:10", "leave out the port"},
		{"address: 10.0.0.0/24\n", "1:10", "write one address, without '/'"},
		{"address: \"[::1]\"\n", "1:10", "leave out '[' and ']'"},
		{"address: [::1]\n", "1:11", "a text that begins with ':' needs quotes"},
		{"address: [10.0.0.1]\n", "1:10", "found a list; leave out the '[' and ']'"},
		{"address: fe80::1%eth0\n", "1:10", "link-local addresses cannot be used"},
		{"address: 10.0.0.256\n", "1:10",
		 "expected an IPv4 or IPv6 address, found '10.0.0.256'"},
		{"subscribers: [{imsi: 2620100000000012}]\n", "1:22", "which has 16"},
		{"subscribers: [{imsi: 262-01-1}]\n", "1:22", "write digits alone"},
		{"subscribers: [{imsi: 262010, hses: a.example}]\n", "1:36",
		 "expected a list, found 'a.example'; write [a.example]"},
		{"subscribers:\n  imsi: 262010\n", "2:3",
		 "found a mapping; begin each item with '- '"},
		{"access: eth0\n", "1:9", "found 'eth0'; its keys are device, queues"},
		{"access:\n- device: x\n", "2:1", "found a list; leave out the '- '"},
	};

	ASSERT_MISTAKES(mistakes);
}

static void a_misspelt_word_is_recognised(void)
{
	static const struct mistake mistakes[] = {
		{"timeuot_ms: 20\n", "1:1", "timeuot_ms: unknown key; did you mean timeout_ms?"},
		{"Small: 1\n", "1:1", "did you mean small?"},
		{"time-out-ms: 1\n", "1:1", "did you mean timeout_ms?"},
		{"poll: bsuy\n", "1:7", "found 'bsuy'; did you mean busy?"},
		{"subscribers: [{imsi: 262010, ciphering: gmc}]\n", "1:41", "did you mean gcm?"},
		{"poll: busy-wait\n", "1:7", "did you mean busy?"},
		{"sub: 1\n", "1:1", "did you mean subscribers?"},
		{"access: {devise: x}\n", "1:10", "did you mean device?"},
		{"queues: 1\n", "1:1",
		 "queues: unknown key here, it is access.queues; known here are"},
		{"hses: [a]\n", "1:1", "hses: unknown key here, it is subscribers[].hses;"},
		{"access: {device: net_af_packet0,iface=acc0}\n", "1:33",
		 "unknown key; a text with ',' needs quotes within {...}"},
	};

	ASSERT_MISTAKES(mistakes);
}

/* eea4 is as near to eea0 as to eea3. */
static void a_word_that_could_be_several_is_not_guessed(void)
{
	char line[2048];

	report("subscribers: [{imsi: 262010, ciphering: eea4}]\n", line, sizeof(line));
	CU_ASSERT_PTR_NULL(strstr(line, "did you mean"));
	report("wide: 0x100000000\n", line, sizeof(line));
	CU_ASSERT_PTR_NULL(strstr(line, "write"));
	report("elephant: 1\n", line, sizeof(line));
	CU_ASSERT_PTR_NULL(strstr(line, "did you mean"));
}

static void keys_are_not_echoed_wherever_they_stand(void)
{
	static const char *const texts[] = {
		"subscribers: [{imsi: " KEY ", k: 262010}]\n",
		"subscribers: [{imsi: 262010, k:" KEY "}]\n",
		"subscribers: [{imsi: 262010, k: 0x" KEY "}]\n",
		"subscribers: [{imsi: 262010, k: [" KEY "]}]\n",
		"subscribers: [{imsi: 262010, k: " KEY "a}]\n",
		"subscribers:\n  - imsi: 262010\n    k:" KEY "\n",
		"subscribers:\n  - imsi: 262010\n    k: \"" KEY "\n",
		"subscribers: [{imsi: 262010, ciphering: " KEY "}]\n",
		"subscribers: [{imsi: 262010, hses: " KEY "}]\n",
		"subscribers: [" KEY "]\n",
		"subscribers: " KEY "\n",
		"small: " KEY "\n",
		"strict: " KEY "\n",
		"address: " KEY "\n",
		"amf: " KEY "\n",
		"amf: 46 5b 5c e8 b1 99 b4 9f aa 5f 0a 2e e2 38 a6 bc\n",
		"poll: 46:5b:5c:e8:b1:99:b4:9f:aa:5f:0a:2e:e2:38:a6:bc\n",
		KEY ": 1\n",
		"name: &" KEY " x\n",
		"name: *" KEY "\n",
		"name: !" KEY " x\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct sample sample = {0};
		char errors[8192] = "";
		struct config_file *file =
			load(&sample, texts[i], strlen(texts[i]), errors, sizeof(errors));

		CU_ASSERT_PTR_NULL(file);
		CU_ASSERT_TRUE(errors[0] != '\0');
		if (strstr(errors, "5b5ce8") || strstr(errors, "5b 5c") || strstr(errors, "5b:5c"))
			printf("%s", errors);
		CU_ASSERT_PTR_NULL(strstr(errors, "5b5ce8"));
		CU_ASSERT_PTR_NULL(strstr(errors, "5b 5c"));
		CU_ASSERT_PTR_NULL(strstr(errors, "5b:5c"));
		config_free(file);
	}
}

/* An address of IPv6 and an IMSI are no keys. */
static void what_is_no_key_is_echoed(void)
{
	static const struct mistake mistakes[] = {
		{"wide: 2001:0db8:0000:0000:0000:0000:0000:0001\n", "1:7",
		 "found '2001:0db8:0000:0000:0000:0000:0000:0001'"},
		{"wide: 02:00:00:00:00:01\n", "1:7", "found '02:00:00:00:00:01'"},
		{"small: 262010000000001\n", "1:8", "found '262010000000001'"},
	};

	ASSERT_MISTAKES(mistakes);
}

static void a_warning_and_a_line_have_the_place_of_a_path(void)
{
	struct sample s = {0};
	struct config_file *file = load_good(&s, "small: 1\naccess:\n  device: x\n");
	char said[256] = "";
	FILE *stream = fmemopen(said, sizeof(said), "w");

	config_warning(file, stream, "access.device", "slow %d", 7);
	fclose(stream);
	CU_ASSERT_STRING_EQUAL(said, "t.yaml:3:11: warning: access.device: slow 7\n");
	CU_ASSERT_EQUAL(config_line(file, "access.device"), 3);
	CU_ASSERT_EQUAL(config_line(file, "small"), 1);
	config_free(file);
}

UNIT_MAIN("config_mistakes",
	  {"octets that are not UTF-8 are reported where they are",
	   octets_that_are_not_utf8_are_reported_where_they_are},
	  {"UTF-8 with a byte order mark and CRLF is read",
	   utf8_with_a_byte_order_mark_and_crlf_is_read},
	  {"a quote without its end is reported where it opens",
	   a_quote_without_its_end_is_reported_where_it_opens},
	  {"what is not YAML is reported with what to do",
	   what_is_not_yaml_is_reported_with_what_to_do},
	  {"a value that was nearly right is corrected",
	   a_value_that_was_nearly_right_is_corrected},
	  {"a misspelt word is recognised", a_misspelt_word_is_recognised},
	  {"a word that could be several is not guessed",
	   a_word_that_could_be_several_is_not_guessed},
	  {"keys are not echoed wherever they stand", keys_are_not_echoed_wherever_they_stand},
	  {"what is no key is echoed", what_is_no_key_is_echoed},
	  {"a warning and a line have the place of a path",
	   a_warning_and_a_line_have_the_place_of_a_path})
