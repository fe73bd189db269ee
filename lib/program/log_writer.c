/* SPDX-License-Identifier: BSD-3-Clause */
#include "program/log_writer.h"
#include "program/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "program/log_ring.h"

#define FILE_MODE   0640
#define TIME_OCTETS 32
#define LINE_ROOM   (TIME_OCTETS + LOG_LINE_OCTETS)
/* Lines that arrive together are written together, up to the size that a pipe takes in one
 * piece. */
#define TOGETHER_OCTETS 4096
#define TOGETHER_MS	1
#define LOOK_EVERY_MS	1000 /* how often a failed output is tried with nothing new to write */
/* How long an aborting process waits for its last lines to be written. */
#define ABORT_MS 1000
/* How long a line may wait before the thread runs: at that time the process has nothing else to
 * do. */
#define DIRECT_MS 1000

static struct {
	const char *program;
	atomic_bool runs;
	atomic_bool is_over; /* the thread has ended */
	pthread_t thread;
	int wake; /* an eventfd */
	atomic_bool sleeps;
	atomic_bool stops;
	atomic_ullong stop_by_ms; /* CLOCK_MONOTONIC */
	struct log_ring ring;
	/* The output that log_writer_set_output requested: a path, or NO_FILE for stderr; NULL:
	 * none. */
	_Atomic(char *) wanted;
	atomic_ullong lost; /* lines lost by the output */
	/* The members below belong to the thread. */
	int fd;
	bool is_file;
	uint32_t unsaid; /* lost lines that are not reported yet */
} writer = {.wake = -1, .fd = STDERR_FILENO};

static char no_file[] = "";

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- the output --- */

static bool is_late(void)
{
	return atomic_load(&writer.stops) && now_ms() >= atomic_load(&writer.stop_by_ms);
}

static void drain_wake(void)
{
	eventfd_t count;

	eventfd_read(writer.wake, &count);
}

/* Returns false if another output is requested, or if the time is over. */
static bool wait_until_writable(int fd)
{
	struct pollfd fds[] = {{.fd = fd, .events = POLLOUT},
			       {.fd = writer.wake, .events = POLLIN}};

	while (!is_late() && !atomic_load(&writer.wanted)) {
		const int timeout = atomic_load(&writer.stops) ? 10 : LOOK_EVERY_MS;

		if (poll(fds, 2, timeout) > 0) {
			if (fds[0].revents)
				return true;
			drain_wake();
		}
	}
	return false;
}

/* Returns false if the text was not written, or only in part. write does not wait: TOGETHER_OCTETS
 * fit a pipe that poll calls writable. */
static bool write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		if (!wait_until_writable(fd))
			return false;
		const ssize_t written = write(fd, text, len);
		if (written < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		if (written > 0) {
			text += written;
			len -= (size_t)written;
		}
	}
	return true;
}

/* "2026-11-30T12:00:00.123Z " */
static size_t write_time(char text[TIME_OCTETS], const struct timespec *at)
{
	struct tm utc;
	size_t len;

	gmtime_r(&at->tv_sec, &utc);
	len = strftime(text, TIME_OCTETS, "%Y-%m-%dT%H:%M:%S", &utc);
	return len +
	       (size_t)snprintf(text + len, TIME_OCTETS - len, ".%03ldZ ", at->tv_nsec / 1000000);
}

/* Errors also go to stderr when the log is a file, unless stderr blocks. */
static void show_error(const struct log_line *line)
{
	struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};

	if (line->is_error && poll(&fd, 1, 0) > 0 && fd.revents == POLLOUT &&
	    write(STDERR_FILENO, line->text, line->len) < 0)
		return;
}

/* Needs room for one line. Returns its length in octets. */
static size_t put_line(char text[LINE_ROOM], const struct log_line *line)
{
	const size_t len = writer.is_file ? write_time(text, &line->made) : 0;

	memcpy(text + len, line->text, line->len);
	if (writer.is_file)
		show_error(line);
	return len + line->len;
}

static bool write_line(const struct log_line *line)
{
	char text[LINE_ROOM];

	return write_all(writer.fd, text, put_line(text, line));
}

static struct log_line line_of(bool is_error, const char *what, const char *path, int error)
{
	struct log_line line = {.is_error = is_error};
	int len;

	clock_gettime(CLOCK_REALTIME, &line.made);
	len = snprintf(line.text, sizeof(line.text), "%s: %s: log%s%.800s%s%s%s\n", writer.program,
		       is_error ? "error" : "warning", path ? ".output: " : ": ", path ? path : "",
		       path ? ": " : "", what, error ? strerror(error) : "");
	line.len = (uint16_t)len;
	return line;
}

static void say_lost(void)
{
	char text[64];
	struct log_line line;
	const uint32_t count = writer.unsaid;

	if (count == 0)
		return;
	snprintf(text, sizeof(text), "%u line%s lost", count, count == 1 ? "" : "s");
	line = line_of(false, text, NULL, 0);
	if (write_line(&line))
		writer.unsaid = 0;
}

static void open_output(const char *path)
{
	int fd = STDERR_FILENO;

	if (path != no_file)
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
			  FILE_MODE);
	if (fd < 0) {
		const struct log_line line =
			line_of(true, "cannot be opened; lines go where they went: ", path, errno);
		write_line(&line);
		return;
	}
	if (writer.is_file)
		close(writer.fd);
	writer.fd = fd;
	writer.is_file = fd != STDERR_FILENO;
}

static void take_output(void)
{
	char *path = atomic_exchange(&writer.wanted, NULL);

	if (!path)
		return;
	open_output(path);
	if (path != no_file)
		free(path);
}

/* --- the thread --- */

static void sleep_until_woken(void)
{
	struct pollfd fd = {.fd = writer.wake, .events = POLLIN};

	atomic_store(&writer.sleeps, true);
	atomic_thread_fence(memory_order_seq_cst);
	/* Lines pushed before this point are seen here. A thread that pushes later wakes this
	 * one. */
	if (!log_ring_at(&writer.ring, 0) && !atomic_load(&writer.wanted) &&
	    !atomic_load(&writer.stops))
		poll(&fd, 1, LOOK_EVERY_MS);
	atomic_store(&writer.sleeps, false);
	drain_wake();
	/* more lines are likely to follow */
	if (!atomic_load(&writer.stops))
		nanosleep(&(const struct timespec){.tv_nsec = TOGETHER_MS * 1000000L}, NULL);
}

/* Puts the first lines of the ring into text, until a line with lost lines before it. Returns the
 * number of lines. */
static uint32_t put_lines(char text[TOGETHER_OCTETS], size_t *len)
{
	const struct log_line *line;
	uint32_t count = 0;

	*len = 0;
	while ((line = log_ring_at(&writer.ring, count)) != NULL &&
	       *len + LINE_ROOM <= TOGETHER_OCTETS && (count == 0 || line->lost_before == 0)) {
		*len += put_line(text + *len, line);
		count++;
	}
	return count;
}

static void write_first(const struct log_line *line)
{
	char text[TOGETHER_OCTETS];
	uint32_t count;
	size_t len;

	writer.unsaid += line->lost_before;
	say_lost();
	count = put_lines(text, &len);
	while (!write_all(writer.fd, text, len)) {
		if (atomic_load(&writer.wanted) && !is_late()) {
			take_output();
			count = put_lines(text, &len);
			continue;
		}
		writer.unsaid += count;
		atomic_fetch_add(&writer.lost, count);
		break;
	}
	log_ring_pop(&writer.ring, count);
}

static void *run(void *arg)
{
	(void)arg;
	for (;;) {
		const struct log_line *line = log_ring_at(&writer.ring, 0);

		if (line) {
			write_first(line);
			continue;
		}
		take_output();
		writer.unsaid += log_ring_take_lost(&writer.ring);
		say_lost();
		if (atomic_load(&writer.stops) && !log_ring_at(&writer.ring, 0))
			return NULL;
		sleep_until_woken();
	}
}

/* --- other threads --- */

static void wake(void)
{
	int cancel;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	eventfd_write(writer.wake, 1);
	pthread_setcancelstate(cancel, NULL);
}

static bool runs(void)
{
	return atomic_load_explicit(&writer.runs, memory_order_acquire);
}

/* Used before the thread runs and after it has ended. */
static void write_directly(const char *text, size_t len)
{
	struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};

	if (poll(&fd, 1, atomic_load(&writer.is_over) ? 0 : DIRECT_MS) <= 0 ||
	    write(STDERR_FILENO, text, len) < 0)
		atomic_fetch_add(&writer.lost, 1);
}

void log_writer_take(const char *text, size_t len, bool is_error)
{
	if (!runs()) {
		write_directly(text, len);
		return;
	}
	log_ring_push(&writer.ring, text, len, is_error);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&writer.sleeps, memory_order_relaxed) &&
	    atomic_exchange(&writer.sleeps, false))
		wake();
}

int log_writer_set_output(const char *path)
{
	char *copy = path ? strdup(path) : no_file;

	if (!copy)
		return -ENOMEM;
	copy = atomic_exchange(&writer.wanted, copy);
	if (copy != no_file)
		free(copy);
	if (runs())
		wake();
	return 0;
}

uint64_t log_writer_lost(void)
{
	return atomic_load(&writer.ring.lost_ever) + atomic_load(&writer.lost);
}

/* Async-signal-safe. */
void log_writer_flush(uint32_t for_ms)
{
	const struct timespec step = {.tv_nsec = 1000000};
	const size_t last = atomic_load(&writer.ring.pushed);
	const uint64_t until = now_ms() + for_ms;

	if (!runs())
		return;
	while ((ptrdiff_t)(last - atomic_load(&writer.ring.taken)) > 0 && now_ms() < until)
		nanosleep(&step, NULL);
}

/* A library called abort(): write the lines logged before it. */
static void on_abort(int signal)
{
	(void)signal;
	log_writer_flush(ABORT_MS);
}

/* A child process does not have the thread, so it writes directly. */
static void in_child(void)
{
	atomic_store(&writer.runs, false);
}

static int start_thread(void)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	sigdelset(&all, PRIVILEGES_SIGNAL);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&writer.thread, NULL, run, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == 0)
		pthread_setname_np(writer.thread, "log");
	return -rc;
}

int log_writer_start(const char *program)
{
	static bool is_prepared;
	const struct sigaction abort_action = {.sa_handler = on_abort, .sa_flags = SA_RESETHAND};
	int rc;

	if (runs())
		return 0;
	writer.program = program;
	if (!is_prepared) {
		log_ring_init(&writer.ring);
		writer.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (writer.wake < 0)
			return -errno;
		pthread_atfork(NULL, NULL, in_child);
		sigaction(SIGABRT, &abort_action, NULL);
		is_prepared = true;
	}
	atomic_store(&writer.stops, false);
	atomic_store(&writer.is_over, false);
	rc = start_thread();
	if (rc == 0)
		atomic_store_explicit(&writer.runs, true, memory_order_release);
	return rc;
}

void log_writer_follow_caller(void)
{
	cpu_set_t cpus;

	if (runs() && sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		pthread_setaffinity_np(writer.thread, sizeof(cpus), &cpus);
}

void log_writer_stop(uint32_t for_ms)
{
	struct timespec until;

	if (!runs())
		return;
	atomic_store(&writer.stop_by_ms, now_ms() + for_ms);
	atomic_store(&writer.stops, true);
	wake();
	/* Wait twice as long: the thread stops by itself, unless a write blocks although poll
	 * reported the output writable. */
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 2 * for_ms / 1000 + 1;
	if (pthread_timedjoin_np(writer.thread, NULL, &until) == 0)
		atomic_store(&writer.runs, false);
	atomic_store(&writer.is_over, true);
}
