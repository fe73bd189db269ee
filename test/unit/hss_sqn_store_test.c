/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/sqn_store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "program/program.h"
#include "unit.h"

#define SUBSCRIBERS 1000
#define FIRST	    0x20

static char dir[] = "/tmp/unit-sqn-XXXXXX";
static char state[64];
static struct subscriber list[SUBSCRIBERS];
static const struct subscribers subscribers = {.list = list, .count = SUBSCRIBERS};

static void begin_anew(void)
{
	char lock[80];

	snprintf(state, sizeof(state), "%s/sqn", dir);
	snprintf(lock, sizeof(lock), "%s-lock", state);
	unlink(state);
	unlink(lock);
	for (size_t i = 0; i < SUBSCRIBERS; i++) {
		snprintf(list[i].imsi.digits, sizeof(list[i].imsi.digits), "00101%05zu", i);
		list[i].sqn[5] = FIRST;
	}
}

static uint64_t next(struct sqn_store *store, size_t i)
{
	uint8_t sqn[E2M_SQN_LEN];

	if (sqn_store_next(store, &list[i], sqn))
		return 0;
	return aka_sqn_read(sqn);
}

static void sqns_go_up_by_one_seq_from_the_first(void)
{
	begin_anew();
	struct sqn_store *store = sqn_store_open(state, &subscribers, stderr);
	CU_ASSERT_PTR_NOT_NULL_FATAL(store);
	/* FIRST is SEQ 1, IND 0. */
	CU_ASSERT_EQUAL(next(store, 0), 2 << 5 | 1);
	CU_ASSERT_EQUAL(next(store, 0), 3 << 5 | 2);
	CU_ASSERT_EQUAL(next(store, 1), 2 << 5 | 1);
	sqn_store_close(store);
}

static void a_clean_stop_loses_no_sqn(void)
{
	begin_anew();
	struct sqn_store *store = sqn_store_open(state, &subscribers, stderr);
	uint64_t last = 0;

	for (int i = 0; i < 1000; i++)
		last = next(store, 5);
	sqn_store_close(store);
	store = sqn_store_open(state, &subscribers, stderr);
	CU_ASSERT_EQUAL(next(store, 5) >> 5, (last >> 5) + 1);
	CU_ASSERT_EQUAL(next(store, 6), 2 << 5 | 1);
	sqn_store_close(store);
}

static void one_subscriber_may_take_more_than_what_is_ahead(void)
{
	begin_anew();
	struct sqn_store *store = sqn_store_open(state, &subscribers, stderr);
	uint64_t last = 0;
	bool up = true;

	for (int i = 0; i < 10 * SQN_STORE_AHEAD; i++) {
		uint64_t sqn = next(store, 7);
		up = up && sqn > last;
		last = sqn;
	}
	CU_ASSERT_TRUE(up);
	sqn_store_close(store);
}

/* Of two subscribers one goes, and comes back. */
static void sqns_go_on_over_other_subscribers(void)
{
	static struct subscriber fewer[1], more[2];
	struct subscribers first = {.list = list, .count = 2}, second = {.list = fewer, .count = 1},
			   third = {.list = more, .count = 2};
	struct sqn_store *store;
	uint8_t sqn[E2M_SQN_LEN];
	uint64_t stays, goes = 0;

	begin_anew();
	fewer[0] = list[0];
	memcpy(more, list, sizeof(more));
	store = sqn_store_open(state, &first, stderr);
	CU_ASSERT_PTR_NOT_NULL_FATAL(store);
	stays = next(store, 0);
	for (unsigned i = 0; i < 10; i++)
		goes = next(store, 1);
	CU_ASSERT_EQUAL(sqn_store_reload(store, &second), 0);
	CU_ASSERT_EQUAL(sqn_store_next(store, &fewer[0], sqn), 0);
	CU_ASSERT_EQUAL(aka_sqn_read(sqn) >> 5, (stays >> 5) + 1);
	CU_ASSERT_EQUAL(sqn_store_reload(store, &third), 0);
	CU_ASSERT_EQUAL(sqn_store_next(store, &more[0], sqn), 0);
	CU_ASSERT_EQUAL(aka_sqn_read(sqn) >> 5, (stays >> 5) + 2);
	CU_ASSERT_EQUAL(sqn_store_next(store, &more[1], sqn), 0);
	CU_ASSERT_EQUAL(aka_sqn_read(sqn) >> 5, (goes >> 5) + 1);
	sqn_store_close(store);
	/* And so it is on disk. */
	store = sqn_store_open(state, &first, stderr);
	CU_ASSERT_EQUAL(next(store, 1) >> 5, (goes >> 5) + 2);
	sqn_store_close(store);
}

/* What a child that is killed has used, by subscriber. */
static volatile uint64_t *used;

static void use_until_killed(unsigned seed)
{
	struct sqn_store *store = sqn_store_open(state, &subscribers, stderr);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned i = seed;; i = i * 1103515245 + 12345) {
		/* A few are busy, many are not. */
		size_t who = i >> 16 & 1 ? i >> 20 & 7 : (i >> 17) % SUBSCRIBERS;
		uint64_t sqn = next(store, who);

		if (sqn <= used[who])
			_exit(1);
		used[who] = sqn;
	}
}

static void no_sqn_is_used_twice_over_kill_9(void)
{
	bool reused = false;

	begin_anew();
	used = mmap(NULL, SUBSCRIBERS * sizeof(*used), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (unsigned round = 1; round <= 20; round++) {
		struct timespec run = {.tv_nsec = 13000000L * round};
		int status = 0;
		pid_t child = fork();

		if (child == 0)
			use_until_killed(round);
		nanosleep(&run, NULL);
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		reused = reused || WIFEXITED(status);
	}
	CU_ASSERT_FALSE(reused);
	struct sqn_store *store = sqn_store_open(state, &subscribers, stderr);
	for (size_t i = 0; i < SUBSCRIBERS; i++)
		reused = reused || next(store, i) <= used[i];
	CU_ASSERT_FALSE(reused);
	sqn_store_close(store);
	munmap((void *)used, SUBSCRIBERS * sizeof(*used));
}

static void resynchronisation_raises_and_never_lowers(void)
{
	uint8_t high[E2M_SQN_LEN] = {0, 0, 1, 0, 0, 0}, low[E2M_SQN_LEN] = {0};

	begin_anew();
	struct sqn_store *store = sqn_store_open(state, &subscribers, stderr);
	sqn_store_raise(store, &list[0], high);
	uint64_t sqn = next(store, 0);
	CU_ASSERT_EQUAL(sqn >> 5, (0x1000000 >> 5) + 1);
	sqn_store_raise(store, &list[0], low);
	CU_ASSERT_EQUAL(next(store, 0) >> 5, (sqn >> 5) + 1);
	sqn_store_close(store);
	store = sqn_store_open(state, &subscribers, stderr);
	CU_ASSERT_EQUAL(next(store, 0) >> 5, (sqn >> 5) + 2);
	sqn_store_close(store);
}

static void spent_sqns_are_an_error(void)
{
	uint8_t last[E2M_SQN_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, sqn[E2M_SQN_LEN];

	begin_anew();
	struct sqn_store *store = sqn_store_open(state, &subscribers, stderr);
	sqn_store_raise(store, &list[0], last);
	CU_ASSERT_EQUAL(sqn_store_next(store, &list[0], sqn), -ERANGE);
	CU_ASSERT_EQUAL(next(store, 1), 2 << 5 | 1);
	sqn_store_close(store);
}

static void expect_refusal(const char *text)
{
	char said[1000] = "";
	FILE *errors = fmemopen(said, sizeof(said), "w");

	CU_ASSERT_PTR_NULL(sqn_store_open(state, &subscribers, errors));
	fclose(errors);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, text));
}

static void two_programs_cannot_share_a_state(void)
{
	begin_anew();
	struct sqn_store *store = sqn_store_open(state, &subscribers, stderr);
	expect_refusal("in use by another hse-hss");
	sqn_store_close(store);
}

static void a_damaged_state_is_refused_with_what_to_do(void)
{
	begin_anew();
	struct sqn_store *store = sqn_store_open(state, &subscribers, stderr);
	for (size_t i = 0; i < SUBSCRIBERS; i++)
		next(store, i);
	sqn_store_close(store);
	CU_ASSERT_EQUAL(truncate(state, 3 * 4096), 0);
	expect_refusal("move it away to start anew");

	begin_anew();
	int fd = open(state, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	for (int i = 0; i < 2000; i++)
		CU_ASSERT_EQUAL(write(fd, "garbage!", 8), 8);
	close(fd);
	expect_refusal("move it away to start anew");
	begin_anew();
	snprintf(state, sizeof(state), "%s/none/sqn", dir);
	expect_refusal("is there such a folder?");
}

/* In a child that may write no more to any file: how many SQNs a subscriber gets. */
static void count_without_disk(volatile uint64_t *count)
{
	struct sqn_store *store = sqn_store_open(state, &subscribers, stderr);
	const struct rlimit none = {0};
	uint8_t sqn[E2M_SQN_LEN];

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &none);
	while (*count < 1000 && !sqn_store_next(store, &list[0], sqn))
		++*count;
}

static void a_full_disk_ends_vectors_before_an_sqn_could_be_reused(void)
{
	volatile uint64_t *count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	begin_anew();
	pid_t child = fork();
	if (child == 0) {
		count_without_disk(count);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	CU_ASSERT_EQUAL(*count, SQN_STORE_AHEAD);
	struct sqn_store *store = sqn_store_open(state, &subscribers, stderr);
	CU_ASSERT_TRUE(next(store, 0) >> 5 > 1 + *count);
	sqn_store_close(store);
	munmap((void *)count, sizeof(*count));
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"SQNs go up by one SEQ from the first", sqns_go_up_by_one_seq_from_the_first},
		{"a clean stop loses no SQN", a_clean_stop_loses_no_sqn},
		{"one subscriber may take more than what is ahead",
		 one_subscriber_may_take_more_than_what_is_ahead},
		{"sqns go on over other subscribers", sqns_go_on_over_other_subscribers},
		{"no SQN is used twice over kill -9", no_sqn_is_used_twice_over_kill_9},
		{"resynchronisation raises and never lowers",
		 resynchronisation_raises_and_never_lowers},
		{"spent SQNs are an error", spent_sqns_are_an_error},
		{"two programs cannot share a state", two_programs_cannot_share_a_state},
		{"a full disk ends vectors before an SQN could be reused",
		 a_full_disk_ends_vectors_before_an_sqn_could_be_reused},
		{"a damaged state is refused with what to do",
		 a_damaged_state_is_refused_with_what_to_do},
	};

	program_set_log_level(PROGRAM_ERROR);
	if (!mkdtemp(dir))
		return 1;
	int rc = unit_run("hss_sqn_store", tests, sizeof(tests) / sizeof(tests[0]));
	begin_anew();
	snprintf(state, sizeof(state), "%s/sqn", dir);
	unlink(state);
	rmdir(dir);
	return rc;
}
