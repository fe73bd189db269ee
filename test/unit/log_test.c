/* SPDX-License-Identifier: BSD-3-Clause */
/* The ring of the log and the thread that writes it: order, loss, a reader that does not read, the end. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program/log_ring.h"
#include "program/log_writer.h"
#include "program/program.h"
#include "unit.h"

/* --- the ring --- */

static struct log_ring ring;

static bool push_number(unsigned number)
{
	char text[32];
	const int len = snprintf(text, sizeof(text), "%u", number);

	return log_ring_push(&ring, text, (size_t)len, false);
}

static unsigned number_of(const struct log_line *line)
{
	char text[32] = "";

	memcpy(text, line->text, line->len);
	return (unsigned)strtoul(text, NULL, 10);
}

static void lines_leave_in_the_order_in_which_they_came(void)
{
	unsigned wrong = 0;

	log_ring_init(&ring);
	for (unsigned i = 0; i < 3 * LOG_RING_LINES; i++) {
		CU_ASSERT_FATAL(push_number(i));
		if (i < 10)
			continue; /* so that some are always waiting */
		wrong += number_of(log_ring_at(&ring, 0)) != i - 10;
		log_ring_pop(&ring, 1);
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void an_empty_ring_has_no_line(void)
{
	log_ring_init(&ring);
	CU_ASSERT_PTR_NULL(log_ring_at(&ring, 0));
	push_number(1);
	log_ring_pop(&ring, 1);
	CU_ASSERT_PTR_NULL(log_ring_at(&ring, 0));
}

static void lines_without_a_place_are_counted_where_they_are_missing(void)
{
	log_ring_init(&ring);
	for (unsigned i = 0; i < LOG_RING_LINES; i++)
		CU_ASSERT_FATAL(push_number(i));
	CU_ASSERT_FALSE(push_number(0));
	CU_ASSERT_FALSE(push_number(0));
	log_ring_pop(&ring, 1);
	CU_ASSERT_TRUE(push_number(77));
	for (unsigned i = 1; i < LOG_RING_LINES; i++) {
		CU_ASSERT_EQUAL(log_ring_at(&ring, 0)->lost_before, 0);
		log_ring_pop(&ring, 1);
	}
	CU_ASSERT_EQUAL(log_ring_at(&ring, 0)->lost_before, 2);
	CU_ASSERT_EQUAL(log_ring_take_lost(&ring), 0);
	CU_ASSERT_EQUAL(atomic_load(&ring.lost_ever), 2);
}

static void lines_lost_after_the_last_are_told_too(void)
{
	log_ring_init(&ring);
	for (unsigned i = 0; i < LOG_RING_LINES + 5; i++)
		push_number(i);
	CU_ASSERT_EQUAL(log_ring_take_lost(&ring), 5);
	CU_ASSERT_EQUAL(log_ring_take_lost(&ring), 0);
}

#define PUSHERS		 4
#define LINES_EACH	 200000
#define PUSHER_OF(value) ((value) / LINES_EACH)

static void *push_many(void *arg)
{
	const unsigned pusher = *(const unsigned *)arg;

	for (unsigned i = 0; i < LINES_EACH; i++)
		push_number(pusher * LINES_EACH + i);
	return NULL;
}

/* What four threads push while one takes: each line whole, in the order of its thread, and all that lack counted. */
static void many_threads_lose_nothing_uncounted(void)
{
	unsigned numbers[PUSHERS], next[PUSHERS] = {0}, taken = 0, disorder = 0, lost = 0;
	pthread_t threads[PUSHERS];

	log_ring_init(&ring);
	for (unsigned i = 0; i < PUSHERS; i++) {
		numbers[i] = i;
		pthread_create(&threads[i], NULL, push_many, &numbers[i]);
	}
	while (taken + lost < PUSHERS * LINES_EACH) {
		const struct log_line *line = log_ring_at(&ring, 0);

		if (!line) {
			lost += log_ring_take_lost(&ring);
			continue;
		}
		const unsigned number = number_of(line), pusher = PUSHER_OF(number);
		disorder += pusher >= PUSHERS || number % LINES_EACH < next[pusher % PUSHERS];
		next[pusher % PUSHERS] = number % LINES_EACH + 1;
		lost += line->lost_before;
		taken++;
		log_ring_pop(&ring, 1);
	}
	for (unsigned i = 0; i < PUSHERS; i++)
		pthread_join(threads[i], NULL);
	CU_ASSERT_EQUAL(disorder, 0);
	CU_ASSERT_EQUAL(taken + lost, PUSHERS * LINES_EACH);
	CU_ASSERT_EQUAL(lost, atomic_load(&ring.lost_ever));
	CU_ASSERT_PTR_NULL(log_ring_at(&ring, 0));
}

/* --- the writer: in a child with stderr on a pipe or file --- */

/* What the child has written to its end of the pipe. */
static size_t read_to_end(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t got;

	while (len < size - 1 && (got = read(fd, text + len, size - 1 - len)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	return len;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct child {
	pid_t pid;
	int out; /* its stderr */
};

/* fn's return value is its exit status, through exit(), as a program's main. */
static struct child start_child(int (*fn)(const char *path), const char *path)
{
	struct child child;
	int fds[2];

	fflush(NULL);
	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	child.pid = fork();
	if (child.pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		exit(fn(path));
	}
	close(fds[1]);
	child.out = fds[0];
	return child;
}

static int end_child(struct child *child)
{
	int status = -1;

	waitpid(child->pid, &status, 0);
	close(child->out);
	return status;
}

static void start_log(const char *output)
{
	const struct program_log_config config = {.level = PROGRAM_INFO, .output = (char *)output};

	program_log_start(&config);
}

static int say_three(const char *path)
{
	start_log(path);
	program_log(PROGRAM_INFO, "one");
	program_log(PROGRAM_WARNING, "two");
	program_log(PROGRAM_ERROR, "three");
	return 3;
}

static void a_program_that_ends_at_once_has_said_all(void)
{
	struct child child = start_child(say_three, NULL);
	char text[512];
	int status;

	read_to_end(child.out, text, sizeof(text));
	status = end_child(&child);
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 3);
	CU_ASSERT_STRING_EQUAL(
		text, "program: info: one\nprogram: warning: two\nprogram: error: three\n");
}

#define STORM (LOG_RING_LINES + 5000)

static int say_many(const char *path)
{
	const uint64_t began = now_ms();

	start_log(path);
	for (unsigned i = 0; i < STORM; i++)
		program_log(PROGRAM_INFO, "line %u", i);
	/* A pipe has 64 KiB, and is full long before. */
	return now_ms() - began < 5000 ? (int)(program_log_lost() > 0) : 2;
}

/* Nobody reads while the child says more than its pipe and its ring hold: it ends all the same. */
static void a_reader_that_does_not_read_holds_nobody_up(void)
{
	struct child child = start_child(say_many, NULL);
	const uint64_t began = now_ms();
	int status = -1;

	waitpid(child.pid, &status, 0);
	CU_ASSERT(WIFEXITED(status));
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 1);
	CU_ASSERT(now_ms() - began < 10000);
	close(child.out);
}

static unsigned count_lines(const char *text, const char *with)
{
	unsigned count = 0;

	for (const char *at = text; (at = strstr(at, with)) != NULL; at++)
		count++;
	return count;
}

static void lines_that_are_lost_are_said_when_the_reader_reads_again(void)
{
	static char text[4 << 20];
	struct child child = start_child(say_many, NULL);
	unsigned lost = 0, said;
	int status;

	usleep(300000); /* it has said all by now, and waits for us at its end */
	read_to_end(child.out, text, sizeof(text));
	status = end_child(&child);
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 1);
	said = count_lines(text, "program: info: line ");
	for (const char *at = text; (at = strstr(at, "warning: log: ")) != NULL; at++)
		lost += (unsigned)strtoul(at + strlen("warning: log: "), NULL, 10);
	CU_ASSERT(lost > 0);
	CU_ASSERT_EQUAL(said + lost, STORM);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, " lines lost\n"));
}

static void *say_some(void *arg)
{
	for (unsigned i = 0; i < 500; i++)
		program_log(PROGRAM_INFO, "thread %s says line %u of 500", (const char *)arg, i);
	return NULL;
}

static int say_in_threads(const char *path)
{
	pthread_t threads[4];
	static char names[4][2] = {"a", "b", "c", "d"};

	start_log(path);
	for (unsigned i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, say_some, names[i]);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

static void lines_of_several_threads_do_not_mix(void)
{
	static char text[1 << 20];
	struct child child = start_child(say_in_threads, NULL);
	char *rest = text, *line;
	unsigned lines = 0, broken = 0;

	read_to_end(child.out, text, sizeof(text));
	end_child(&child);
	while ((line = strsep(&rest, "\n")) != NULL && rest) {
		char name, end = 0;
		unsigned number;

		lines++;
		broken += sscanf(line, "program: info: thread %c says line %u of 50%c", &name,
				 &number, &end) != 3 ||
			  end != '0';
	}
	CU_ASSERT_EQUAL(lines, 2000);
	CU_ASSERT_EQUAL(broken, 0);
}

static int close_and_say(const char *path)
{
	program_ignore_signals();
	start_log(path);
	usleep(200000); /* the other end is closed */
	program_log(PROGRAM_INFO, "nobody hears this");
	log_writer_flush(1000);
	return program_log_lost() == 1 ? 5 : 6;
}

static void a_closed_stderr_ends_no_program(void)
{
	struct child child = start_child(close_and_say, NULL);
	int status = -1;

	close(child.out);
	waitpid(child.pid, &status, 0);
	CU_ASSERT(WIFEXITED(status));
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 5);
}

static int say_and_abort(const char *path)
{
	start_log(path);
	program_log(PROGRAM_ERROR, "the reason");
	abort();
}

static void what_was_said_before_an_abort_is_read(void)
{
	struct child child = start_child(say_and_abort, NULL);
	char text[256];
	int status;

	read_to_end(child.out, text, sizeof(text));
	status = end_child(&child);
	CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	CU_ASSERT_STRING_EQUAL(text, "program: error: the reason\n");
}

static int fork_and_say(const char *path)
{
	pid_t pid;

	start_log(path);
	program_log(PROGRAM_INFO, "parent");
	log_writer_flush(1000);
	pid = fork();
	if (pid == 0) {
		program_log(PROGRAM_INFO, "child");
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return 0;
}

static void a_child_writes_its_lines_itself(void)
{
	struct child child = start_child(fork_and_say, NULL);
	char text[256];

	read_to_end(child.out, text, sizeof(text));
	end_child(&child);
	CU_ASSERT_STRING_EQUAL(text, "program: info: parent\nprogram: info: child\n");
}

/* --- the output --- */

static void read_file(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "r");

	text[0] = '\0';
	if (!f)
		return;
	text[fread(text, 1, size - 1, f)] = '\0';
	fclose(f);
}

static void make_path(char path[64])
{
	int fd;

	strcpy(path, "/tmp/hse-log-test-XXXXXX");
	fd = mkstemp(path);
	close(fd);
	unlink(path);
}

static void a_file_has_the_time_of_each_line_and_stderr_the_errors(void)
{
	char path[64], text[512], errors[256];
	struct child child;
	int year, end = 0;

	make_path(path);
	child = start_child(say_three, path);
	read_to_end(child.out, errors, sizeof(errors));
	end_child(&child);
	read_file(path, text, sizeof(text));
	unlink(path);
	CU_ASSERT_STRING_EQUAL(errors, "program: error: three\n");
	CU_ASSERT_EQUAL(count_lines(text, "Z program: "), 3);
	sscanf(text, "%4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*3dZ program: info: one%n", &year, &end);
	CU_ASSERT(end > 0 && text[end] == '\n');
	CU_ASSERT(year > 2000);
}

static int rotate(const char *path)
{
	const struct program_log_config again = {.level = PROGRAM_DEBUG, .output = (char *)path};
	char old[80];

	snprintf(old, sizeof(old), "%s.1", path);
	start_log(path);
	program_log(PROGRAM_INFO, "before");
	program_log(PROGRAM_DEBUG, "not said");
	log_writer_flush(1000);
	rename(path, old);
	program_log_reload(&again);
	usleep(100000);
	program_log(PROGRAM_DEBUG, "after");
	return 0;
}

static void a_reload_opens_the_file_anew_with_another_level(void)
{
	char path[64], old[80], text[256];
	struct child child;

	make_path(path);
	snprintf(old, sizeof(old), "%s.1", path);
	child = start_child(rotate, path);
	end_child(&child);
	read_file(old, text, sizeof(text));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "info: before\n"));
	CU_ASSERT_EQUAL(count_lines(text, "\n"), 1);
	read_file(path, text, sizeof(text));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "debug: after\n"));
	CU_ASSERT_EQUAL(count_lines(text, "\n"), 1);
	unlink(path);
	unlink(old);
}

static int leave_a_blocked_pipe(const char *path)
{
	const struct program_log_config file = {.level = PROGRAM_INFO, .output = (char *)path};

	start_log(NULL);
	for (unsigned i = 0; i < 3000; i++)
		program_log(PROGRAM_INFO, "%0100u", i);
	usleep(100000); /* the pipe is full, and the thread waits */
	program_log_reload(&file);
	log_writer_flush(3000);
	return program_log_lost() == 0 ? 7 : 8;
}

static void a_reload_leaves_an_output_that_is_not_read(void)
{
	static char text[1 << 20];
	char path[64];
	struct child child;
	int status = -1;

	make_path(path);
	child = start_child(leave_a_blocked_pipe, path);
	waitpid(child.pid, &status, 0);
	close(child.out);
	read_file(path, text, sizeof(text));
	unlink(path);
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 7);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "0000000002999\n"));
}

static void a_file_that_cannot_be_opened_is_said_on_stderr(void)
{
	struct child child = start_child(say_three, "/nonexistent/folder/hse.log");
	char text[512];

	read_to_end(child.out, text, sizeof(text));
	end_child(&child);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(text, "program: error: log.output: /nonexistent/folder/hse.log: cannot be "
			     "opened; lines go where they went: No such file or directory\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "program: info: one\n"));
}

UNIT_MAIN("log",
	  {"lines leave in the order in which they came",
	   lines_leave_in_the_order_in_which_they_came},
	  {"an empty ring has no line", an_empty_ring_has_no_line},
	  {"lines without a place are counted where they are missing",
	   lines_without_a_place_are_counted_where_they_are_missing},
	  {"lines lost after the last are told too", lines_lost_after_the_last_are_told_too},
	  {"many threads lose nothing uncounted", many_threads_lose_nothing_uncounted},
	  {"a program that ends at once has said all", a_program_that_ends_at_once_has_said_all},
	  {"a reader that does not read holds nobody up",
	   a_reader_that_does_not_read_holds_nobody_up},
	  {"lines that are lost are said when the reader reads again",
	   lines_that_are_lost_are_said_when_the_reader_reads_again},
	  {"lines of several threads do not mix", lines_of_several_threads_do_not_mix},
	  {"a closed stderr ends no program", a_closed_stderr_ends_no_program},
	  {"what was said before an abort is read", what_was_said_before_an_abort_is_read},
	  {"a child writes its lines itself", a_child_writes_its_lines_itself},
	  {"a file has the time of each line, and stderr the errors",
	   a_file_has_the_time_of_each_line_and_stderr_the_errors},
	  {"a reload opens the file anew, with another level",
	   a_reload_opens_the_file_anew_with_another_level},
	  {"a reload leaves an output that is not read",
	   a_reload_leaves_an_output_that_is_not_read},
	  {"a file that cannot be opened is said on stderr",
	   a_file_that_cannot_be_opened_is_said_on_stderr})
