/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/config: files, YAML itself, and places in it. */
#include <sys/stat.h>
#include <unistd.h>

#include "config_sample.h"

static void bad_yaml_is_reported_where_it_breaks(void)
{
	assert_errors("small: 1\naccess: {device: x\nwide: 2\n",
		      "t.yaml:3:5: not valid YAML: expected ',' or '}'; the '{' of line 2, column "
		      "9 has not ended\n");
	assert_errors("small: 1\n\twide: 2\n",
		      "t.yaml:2:1: not valid YAML: a tab cannot indent a line; use spaces\n");
	assert_errors("name: \"\xff\"\n",
		      "t.yaml:1:8: octet 0xff is not UTF-8; save the file as UTF-8\n");
	assert_errors("small: 1\n---\nsmall: 2\n", "t.yaml:2:1: a second document begins here: put "
						   "all into the first, without the '---'\n");
}

static void a_billion_laughs_stop_at_the_first(void)
{
	assert_errors("a: &a [x, x, x, x, x, x, x, x, x]\n"
		      "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n",
		      "t.yaml:1:4: anchors (&) are not supported; write the value out\n");
	assert_errors("small: *a\n",
		      "t.yaml:1:8: aliases (*) are not supported; write the value out\n");
	assert_errors("name: !!binary aGFsbG8=\n",
		      "t.yaml:1:7: tags (!) are not supported; leave the tag out\n");
}

static void deep_nesting_is_refused(void)
{
	char text[100001];

	memset(text, '[', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_errors(text, "t.yaml:1:17: nested too deeply\n");
}

static void huge_input_is_refused(void)
{
	size_t len = ((size_t)64 << 20) + 1;
	char *text = malloc(len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	memset(text, ' ', len);
	assert_errors_len(text, len, "t.yaml:1:1: larger than 64 MiB\n");
	free(text);
}

static void a_long_list_is_read(void)
{
	enum { SUBSCRIBERS = 20000 };
	char *text = malloc(32 * SUBSCRIBERS + 32), *at = text;
	struct sample s = {0};

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	at += sprintf(at, "subscribers:\n");
	for (int i = 0; i < SUBSCRIBERS; i++)
		at += sprintf(at, "- {imsi: 2620100000%05d}\n", i);
	struct config_file *file = load_good(&s, text);
	CU_ASSERT_EQUAL_FATAL(s.subscribers_count, SUBSCRIBERS);
	CU_ASSERT_STRING_EQUAL(s.subscribers[SUBSCRIBERS - 1].imsi.digits, "262010000019999");
	config_free(file);
	free(text);
}

static void config_error_finds_the_place_of_a_path(void)
{
	static const char text[] = "small: 1\n"
				   "access:\n"
				   "  device: x\n"
				   "subscribers:\n"
				   "  - imsi: 262010\n"
				   "  - imsi: 262011\n"
				   "    hses: [a, b]\n";
	static const char *const paths[][2] = {
		{"small", "t.yaml:1:8: small: wrong 7\n"},
		{"access", "t.yaml:3:3: access: wrong 7\n"},
		{"access.device", "t.yaml:3:11: access.device: wrong 7\n"},
		{"access.queues", "t.yaml:3:3: access.queues: wrong 7\n"},
		{"subscribers[1].imsi", "t.yaml:6:11: subscribers[1].imsi: wrong 7\n"},
		{"subscribers[1].hses[1]", "t.yaml:7:15: subscribers[1].hses[1]: wrong 7\n"},
		{"subscribers[2]", "t.yaml:5:3: subscribers[2]: wrong 7\n"},
		{"pull.timeout_ms", "t.yaml:1:1: pull.timeout_ms: wrong 7\n"},
		{"", "t.yaml:1:1: wrong 7\n"},
	};
	struct sample s = {0};
	struct config_file *file = load_good(&s, text);

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char errors[256] = "";
		FILE *stream = fmemopen(errors, sizeof(errors), "w");
		config_error(file, stream, paths[i][0], "wrong %d", 7);
		fclose(stream);
		CU_ASSERT_STRING_EQUAL(errors, paths[i][1]);
	}
	config_free(file);
}

static void files_are_read_and_name_their_folder(void)
{
	char path[] = "/tmp/config-test-XXXXXX", errors[256] = "";
	int fd = mkstemp(path);
	struct sample s = {0};

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, "small: 7\n", 9), 9);
	close(fd);
	FILE *stream = fmemopen(errors, sizeof(errors), "w");
	struct config_file *file = config_load(path, sample_fields, &s, stream);
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL(s.small, 7);
	CU_ASSERT_STRING_EQUAL(config_resolve_path(file, "hse.pem"), "/tmp/hse.pem");
	CU_ASSERT_STRING_EQUAL(config_resolve_path(file, "/etc/hse.pem"), "/etc/hse.pem");
	config_free(file);
	unlink(path);
	CU_ASSERT_PTR_NULL(config_load("/nonexistent/hse.yaml", sample_fields, &s, stream));
	fclose(stream);
	CU_ASSERT_STRING_EQUAL(errors, "/nonexistent/hse.yaml: cannot be read: No such file or "
				       "directory\n");
}

static void a_file_cut_short_anywhere_is_survived(void)
{
	static const char text[] = "access: {device: \"a b\", queues: 0x2}\n"
				   "subscribers:\n"
				   "  - imsi: '262010000000001'\n"
				   "    hses: [a.example, b.example]\n";

	for (size_t len = 0; len < sizeof(text); len++) {
		struct sample s = {0};
		char errors[4096] = "";
		struct config_file *file = load(&s, text, len, errors, sizeof(errors));
		CU_ASSERT_EQUAL(file == NULL, errors[0] != '\0');
		config_free(file);
	}
}

#define SECRET "subscribers: [{imsi: 262010000000001, k: 000102030405060708090a0b0c0d0e0f}]\n"

static void keys_in_a_file_that_others_can_read_are_refused(void)
{
	static const struct {
		mode_t mode;
		const char *text;
		bool is_good;
	} cases[] = {
		{0600, SECRET, true},  {0400, SECRET, true},
		{0640, SECRET, false}, {0604, SECRET, false},
		{0620, SECRET, false}, {0644, "small: 1\n", true}, /* no key in it */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[] = "/tmp/unit-config-XXXXXX", said[256] = "", wanted[256];
		const int fd = mkstemp(path);
		FILE *errors = fmemopen(said, sizeof(said), "w");
		struct sample s = {0};
		struct config_file *file;

		CU_ASSERT_FATAL(fd >= 0 && write(fd, cases[i].text, strlen(cases[i].text)) > 0 &&
				fchmod(fd, cases[i].mode) == 0);
		file = config_load(path, sample_fields, &s, errors);
		fclose(errors);
		CU_ASSERT_EQUAL(file != NULL, cases[i].is_good);
		snprintf(wanted, sizeof(wanted),
			 "%s:1:42: subscribers[0].k: others than the owner may read or write the "
			 "file, which holds "
			 "keys: chmod 600 %s\n",
			 path, path);
		CU_ASSERT_STRING_EQUAL(said, cases[i].is_good ? "" : wanted);
		config_free(file);
		unlink(path);
		close(fd);
	}
}

UNIT_MAIN("config_file",
	  {"bad YAML is reported where it breaks", bad_yaml_is_reported_where_it_breaks},
	  {"a billion laughs stop at the first", a_billion_laughs_stop_at_the_first},
	  {"deep nesting is refused", deep_nesting_is_refused},
	  {"huge input is refused", huge_input_is_refused},
	  {"a long list is read", a_long_list_is_read},
	  {"config_error finds the place of a path", config_error_finds_the_place_of_a_path},
	  {"keys in a file that others can read are refused",
	   keys_in_a_file_that_others_can_read_are_refused},
	  {"files are read and name their folder", files_are_read_and_name_their_folder},
	  {"a file cut short anywhere is survived", a_file_cut_short_anywhere_is_survived})
