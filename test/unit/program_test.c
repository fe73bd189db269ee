/* SPDX-License-Identifier: BSD-3-Clause */
#include "program/program.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

/* What is written to fd until stop_capture. */
struct capture {
	int fd;
	int saved;
	FILE *file;
};

static struct capture start_capture(int fd)
{
	struct capture c = {.fd = fd, .saved = dup(fd), .file = tmpfile()};

	fflush(NULL);
	dup2(fileno(c.file), fd);
	return c;
}

static void stop_capture(struct capture *c, char *text, size_t size)
{
	fflush(NULL);
	dup2(c->saved, c->fd);
	close(c->saved);
	rewind(c->file);
	text[fread(text, 1, size - 1, c->file)] = '\0';
	fclose(c->file);
}

static int parse(struct program_options *options, const char *a, const char *b, const char *c)
{
	char program[] = "hse-x", *argv[] = {program, (char *)a, (char *)b, (char *)c, NULL};
	int argc = 1;

	while (argv[argc])
		argc++;
	return program_parse_options("hse-x", "a program", argc, argv, options);
}

static void options_are_read(void)
{
	struct program_options options;

	CU_ASSERT_EQUAL(parse(&options, "--config", "a.yaml", NULL), -1);
	CU_ASSERT_STRING_EQUAL(options.config, "a.yaml");
	CU_ASSERT_FALSE(options.check);
	CU_ASSERT_EQUAL(parse(&options, "--check", "-c", "b.yaml"), -1);
	CU_ASSERT_STRING_EQUAL(options.config, "b.yaml");
	CU_ASSERT_TRUE(options.check);
}

static void wrong_options_say_what_is_wrong(void)
{
	struct program_options options;
	char text[512];

	struct capture c = start_capture(STDERR_FILENO);
	int missing = parse(&options, NULL, NULL, NULL);
	int surplus = parse(&options, "-c", "a.yaml", "b.yaml");
	stop_capture(&c, text, sizeof(text));
	CU_ASSERT_EQUAL(missing, PROGRAM_USAGE);
	CU_ASSERT_EQUAL(surplus, PROGRAM_USAGE);
	CU_ASSERT_STRING_EQUAL(text, "hse-x: --config FILE is missing; see hse-x --help\n"
				     "hse-x: 'b.yaml' is not expected; see hse-x --help\n");
}

static void help_and_version_end_the_program_well(void)
{
	struct program_options options;
	char text[1024];

	struct capture c = start_capture(STDOUT_FILENO);
	int help = parse(&options, "--help", NULL, NULL);
	int version = parse(&options, "--version", NULL, NULL);
	stop_capture(&c, text, sizeof(text));
	CU_ASSERT_EQUAL(help, PROGRAM_OK);
	CU_ASSERT_EQUAL(version, PROGRAM_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "usage: hse-x --config FILE [--check]\n"));
}

static void a_program_may_have_options_of_its_own(void)
{
	struct program_extra_option extra[] = {
		{.name = "fleet", .argument = "N", .help = "play N devices"},
		{.name = "eps", .help = "play an MME"},
		{.name = "other", .help = "is not given"},
		{0}};
	char program[] = "hse-x", with[] = "--fleet", n[] = "5", flag[] = "--eps", c[] = "-c",
	     file[] = "a.yaml", help_option[] = "--help", text[1024];
	char *given[] = {program, with, n, flag, c, file, NULL};
	char *help[] = {program, help_option, NULL};
	struct program_options options;

	CU_ASSERT_EQUAL(program_parse_options_and("hse-x", "a program", 6, given, &options, extra),
			-1);
	CU_ASSERT_STRING_EQUAL(extra[0].value, "5");
	CU_ASSERT_STRING_EQUAL(extra[1].value, "");
	CU_ASSERT_PTR_NULL(extra[2].value);
	CU_ASSERT_STRING_EQUAL(options.config, "a.yaml");
	struct capture capture = start_capture(STDERR_FILENO);
	CU_ASSERT_EQUAL(program_parse_options("hse-x", "a program", 6, given, &options),
			PROGRAM_USAGE);
	stop_capture(&capture, text, sizeof(text));
	capture = start_capture(STDOUT_FILENO);
	program_parse_options_and("hse-x", "a program", 2, help, &options, extra);
	stop_capture(&capture, text, sizeof(text));
	CU_ASSERT_PTR_NOT_NULL(strstr(
		text, "usage: hse-x --config FILE [--check] [--fleet N] [--eps] [--other]\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "      --fleet N      play N devices\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "      --eps          play an MME\n"));
}

static void no_file_gets_the_number_of_a_closed_standard_stream(void)
{
	struct program_options options;
	pid_t child;
	int status = -1;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		for (int fd = 0; fd <= STDERR_FILENO; fd++)
			close(fd);
		parse(&options, "--config", "a.yaml", NULL);
		_exit(dup(STDERR_FILENO) > STDERR_FILENO ? 0 : 1);
	}
	waitpid(child, &status, 0);
	CU_ASSERT_EQUAL(status, 0);
}

static void log_lines_have_program_level_and_text(void)
{
	struct program_options options;
	char text[512];

	CU_ASSERT_EQUAL(parse(&options, "-c", "a.yaml", NULL), -1);
	struct capture c = start_capture(STDERR_FILENO);
	program_log(PROGRAM_WARNING, "peer %s is gone", "a\nb");
	stop_capture(&c, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "hse-x: warning: peer a?b is gone\n");
}

static void log_lines_below_the_level_are_not_written(void)
{
	char text[512];

	program_set_log_level(PROGRAM_WARNING);
	struct capture c = start_capture(STDERR_FILENO);
	program_log(PROGRAM_INFO, "a");
	program_log(PROGRAM_ERROR, "b");
	program_set_log_level(PROGRAM_DEBUG);
	program_log(PROGRAM_DEBUG, "c");
	stop_capture(&c, text, sizeof(text));
	program_set_log_level(PROGRAM_INFO);
	CU_ASSERT_STRING_EQUAL(text, "hse-x: error: b\nhse-x: debug: c\n");
}

static void long_log_lines_are_cut(void)
{
	char text[4096], endless[3000];

	memset(endless, 'x', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	struct capture c = start_capture(STDERR_FILENO);
	program_log(PROGRAM_ERROR, "%s", endless);
	stop_capture(&c, text, sizeof(text));
	CU_ASSERT_EQUAL(strlen(text), 1000);
	CU_ASSERT_EQUAL(text[999], '\n');
}

static void a_hardened_process_leaves_no_core(void)
{
	CU_ASSERT_EQUAL(program_harden(), 0);
	CU_ASSERT_EQUAL(prctl(PR_GET_DUMPABLE), 0);
}

/* What the log has of these calls. */
static void log_of_faults(char *said, size_t size)
{
	struct capture c = start_capture(STDERR_FILENO);

	program_fault("diameter.listen", "no such address");
	program_fault("diameter.listen", "no such address");
	program_fault("diameter.tls.key", "no such file");
	program_fault("diameter.listen", "another program listens");
	program_fault("diameter.tls.key", NULL);
	program_fault("diameter.tls.key", NULL);
	stop_capture(&c, said, size);
}

static unsigned lines_with(const char *text, const char *what)
{
	unsigned count = 0;

	for (const char *at = text; (at = strstr(at, what)); at++)
		count++;
	return count;
}

static void a_fault_is_said_once_and_again_when_it_is_mended(void)
{
	char said[1000], list[1000];

	log_of_faults(said, sizeof(said));
	CU_ASSERT_EQUAL(lines_with(said, "error: no such address"), 1);
	CU_ASSERT_EQUAL(lines_with(said, "error: another program listens"), 1);
	CU_ASSERT_EQUAL(lines_with(said, "error: no such file"), 1);
	CU_ASSERT_EQUAL(lines_with(said, "mended: diameter.tls.key"), 1);
	CU_ASSERT_EQUAL(program_faults(list, sizeof(list)), 1);
	CU_ASSERT_STRING_EQUAL(list, "another program listens");
	program_fault("diameter.listen", NULL);
	CU_ASSERT_EQUAL(program_faults(list, sizeof(list)), 0);
	CU_ASSERT_STRING_EQUAL(list, "");
}

static void faults_are_listed_in_the_order_in_which_they_came(void)
{
	char list[1000];

	program_fault("a", "the first");
	program_fault("b", "the second");
	program_fault("c", "the third");
	program_fault("b", NULL);
	CU_ASSERT_EQUAL(program_faults(list, sizeof(list)), 2);
	CU_ASSERT_STRING_EQUAL(list, "the first\nthe third");
	CU_ASSERT_EQUAL(program_faults(list, 8), 2);
	CU_ASSERT_STRING_EQUAL(list, "the fir");
	program_fault("a", NULL);
	program_fault("c", NULL);
}

UNIT_MAIN("program", {"options are read", options_are_read},
	  {"wrong options say what is wrong", wrong_options_say_what_is_wrong},
	  {"help and version end the program well", help_and_version_end_the_program_well},
	  {"a program may have options of its own", a_program_may_have_options_of_its_own},
	  {"no file gets the number of a closed standard stream",
	   no_file_gets_the_number_of_a_closed_standard_stream},
	  {"log lines have program, level and text", log_lines_have_program_level_and_text},
	  {"log lines below the level are not written", log_lines_below_the_level_are_not_written},
	  {"long log lines are cut", long_log_lines_are_cut},
	  {"a fault is said once, and again when it is mended",
	   a_fault_is_said_once_and_again_when_it_is_mended},
	  {"faults are listed in the order in which they came",
	   faults_are_listed_in_the_order_in_which_they_came},
	  {"a hardened process leaves no core", a_hardened_process_leaves_no_core})
