/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit_state.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void what_was_written_is_there_after_a_restart(void)
{
	struct state_change changes[] = {lab_session(1, 10), lab_session(70000, 20),
					 lab_counts(3, 30),
					 lab_retention(3, STATE_RETENTION_SOURCES)};
	struct lab_loaded l;

	lab_begin();
	struct state *state = lab_open();
	CU_ASSERT_PTR_NOT_NULL_FATAL(state);
	CU_ASSERT(lab_load(state, &l) && l.sessions == 0 && l.counts == 0);
	CU_ASSERT_EQUAL(lab_write(state, changes, 4, 0), 0);
	state_close(state);

	state = lab_open();
	CU_ASSERT_PTR_NOT_NULL_FATAL(state);
	CU_ASSERT(lab_load(state, &l));
	CU_ASSERT_EQUAL(l.sessions, 2);
	CU_ASSERT_EQUAL(l.counts, 1);
	CU_ASSERT_EQUAL(l.last_session.id, 70000);
	CU_ASSERT_EQUAL(l.last_session.keysets[1].ceiling[E2M_DOWNLINK], 22);
	CU_ASSERT_STRING_EQUAL(l.last_session.imsi.digits, "26201000070000");
	CU_ASSERT_EQUAL(memcmp(&l.last_session.tunnel, &changes[1].session.tunnel,
			       sizeof(l.last_session.tunnel)),
			0);
	CU_ASSERT_EQUAL(memcmp(&l.last_session.keysets, &changes[1].session.keysets,
			       sizeof(l.last_session.keysets)),
			0);
	CU_ASSERT_EQUAL(memcmp(&l.last_counts, &changes[2].counts, sizeof(l.last_counts)), 0);
	CU_ASSERT_EQUAL(l.retentions, 1);
	CU_ASSERT_EQUAL(memcmp(&l.last_retention, &changes[3].retention, sizeof(l.last_retention)),
			0);
	state_close(state);
	lab_end();
}

static void what_sources_there_are_is_there_after_a_restart(void)
{
	struct state_change change = lab_retention(3, 2);
	struct lab_loaded l;

	change.retention.imsi = (struct e2m_imsi){0};
	lab_begin();
	struct state *state = lab_open();
	CU_ASSERT_EQUAL(lab_write(state, &change, 1, 0), 0);
	state_close(state);
	state = lab_open();
	CU_ASSERT_PTR_NOT_NULL_FATAL(state);
	CU_ASSERT(lab_load(state, &l));
	CU_ASSERT_EQUAL(l.retentions, 1);
	CU_ASSERT_EQUAL(memcmp(&l.last_retention, &change.retention, sizeof(l.last_retention)), 0);
	state_close(state);
	lab_end();
}

static void a_later_change_stands_for_the_one_before_and_what_is_gone_is_gone(void)
{
	struct state_change changes[] = {lab_session(1, 10), lab_counts(3, 30), lab_counts(4, 40)};
	struct lab_loaded l;

	lab_begin();
	struct state *state = lab_open();
	CU_ASSERT_EQUAL(lab_write(state, changes, 3, 0), 0);
	changes[0] = lab_session(1, 11);
	changes[1].is_gone = true;
	changes[2] = lab_session(9, 1); /* was never there */
	changes[2].is_gone = true;
	CU_ASSERT_EQUAL(lab_write(state, changes, 3, 0), 0);
	CU_ASSERT(lab_load(state, &l));
	CU_ASSERT_EQUAL(l.sessions, 1);
	CU_ASSERT_EQUAL(l.last_session.keysets[0].ceiling[E2M_UPLINK], 11);
	CU_ASSERT_EQUAL(l.counts, 1);
	CU_ASSERT_EQUAL(l.last_counts.ceiling[E2M_UPLINK], 40);
	state_close(state);
	lab_end();
}

static void the_caller_does_not_wait_and_is_woken(void)
{
	struct state_change change = lab_session(1, 10);
	struct state_batch *batch = state_batch_new(1);
	int error = -1;

	lab_begin();
	struct state *state = lab_open();
	struct pollfd wake = {.fd = state_fd(state), .events = POLLIN};
	batch->count = 1;
	batch->changes[0] = change;
	CU_ASSERT_PTR_NULL(state_written(state, &error));
	CU_ASSERT_EQUAL(poll(&wake, 1, 0), 0);
	CU_ASSERT_EQUAL(state_write(state, batch), 0);
	CU_ASSERT_EQUAL(poll(&wake, 1, 10000), 1);
	CU_ASSERT_PTR_EQUAL(state_written(state, &error), batch);
	CU_ASSERT_EQUAL(error, 0);
	CU_ASSERT_EQUAL(poll(&wake, 1, 0), 0);
	CU_ASSERT_PTR_NULL(state_written(state, &error));
	state_close(state);
	state_batch_free(batch);
	lab_end();
}

static void the_age_goes_on_where_it_was_and_is_not_written_each_time(void)
{
	struct state_change change = lab_session(1, 10);

	lab_begin();
	struct state *state = lab_open();
	CU_ASSERT_EQUAL(state_age(state), 0);
	CU_ASSERT_EQUAL(lab_write(state, &change, 1, 100), 0);
	CU_ASSERT_EQUAL(lab_write(state, &change, 1, 130), 0);
	state_close(state);
	state = lab_open();
	CU_ASSERT_EQUAL(state_age(state), 100);
	CU_ASSERT_EQUAL(lab_write(state, &change, 1, 161), 0);
	state_close(state);
	state = lab_open();
	CU_ASSERT_EQUAL(state_age(state), 161);
	state_close(state);
	lab_end();
}

static void nobody_else_may_read_it(void)
{
	struct stat st;

	lab_begin();
	rmdir(lab_folder);
	umask(0);
	struct state *state = lab_open();
	CU_ASSERT_PTR_NOT_NULL_FATAL(state);
	CU_ASSERT(stat(lab_folder, &st) == 0 && (st.st_mode & 0777) == 0700);
	CU_ASSERT(stat(lab_file, &st) == 0 && (st.st_mode & 0777) == 0600);
	CU_ASSERT(stat(lab_lock, &st) == 0 && (st.st_mode & 0777) == 0600);
	state_close(state);
	lab_end();
}

static void two_processes_may_not_use_one_state(void)
{
	lab_begin();
	struct state *state = lab_open();
	CU_ASSERT_PTR_NOT_NULL_FATAL(state);
	CU_ASSERT_PTR_NULL(lab_open());
	CU_ASSERT_PTR_NOT_NULL(strstr(lab_errors, "in use by another hse"));
	state_close(state);
	state = lab_open();
	CU_ASSERT_PTR_NOT_NULL(state);
	state_close(state);
	lab_end();
}

static void a_folder_that_cannot_be_written_is_refused_and_said(void)
{
	lab_begin();
	strcat(lab_folder, "/missing/state");
	CU_ASSERT_PTR_NULL(lab_open());
	CU_ASSERT_PTR_NOT_NULL(strstr(lab_errors, "cannot be made: No such file or directory"));
	snprintf(lab_folder, sizeof(lab_folder), "/proc/self");
	CU_ASSERT_PTR_NULL(lab_open());
	CU_ASSERT_PTR_NOT_NULL(strstr(lab_errors, "cannot be opened for writing"));
	*strrchr(lab_file, '/') = 0;
	rmdir(lab_file);
}

/* Every batch that could be written is there, and none of the others. */
static void a_full_map_fails_whole_batches_and_recovers(void)
{
	struct state_change some[200];
	struct lab_loaded l;
	uint32_t batches = 0, id = 1;

	lab_begin();
	struct state *state = lab_open_sized(1 << 20);
	for (;; batches++) {
		for (size_t i = 0; i < 200; i++)
			some[i] = lab_session(id++, 10);
		if (lab_write(state, some, 200, 0) != 0)
			break;
	}
	CU_ASSERT(batches > 3);
	CU_ASSERT(lab_load(state, &l));
	CU_ASSERT_EQUAL(l.sessions, batches * 200);
	for (size_t i = 0; i < 200; i++) {
		some[i] = lab_session((uint32_t)i + 1, 0);
		some[i].is_gone = true;
	}
	CU_ASSERT_EQUAL(lab_write(state, some, 200, 0), 0);
	some[0] = lab_session(id, 5);
	CU_ASSERT_EQUAL(lab_write(state, some, 1, 0), 0);
	CU_ASSERT(lab_load(state, &l));
	CU_ASSERT_EQUAL(l.sessions, batches * 200 - 199);
	state_close(state);
	lab_end();
}

static void set_file_limit(rlim_t octets)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = octets == RLIM_INFINITY ? limit.rlim_max : octets;
	setrlimit(RLIMIT_FSIZE, &limit);
}

static rlim_t file_size(void)
{
	struct stat st;

	return stat(lab_file, &st) == 0 ? (rlim_t)st.st_size : 0;
}

static void a_disk_that_takes_no_more_fails_batches_until_it_does_again(void)
{
	struct state_change some[200];
	struct lab_loaded l;

	lab_begin();
	signal(SIGXFSZ, SIG_IGN);
	struct state *state = lab_open();
	for (uint32_t i = 0; i < 200; i++)
		some[i] = lab_session(i + 1, 10);
	CU_ASSERT_EQUAL(lab_write(state, some, 10, 0), 0);
	set_file_limit(file_size());
	CU_ASSERT_EQUAL(lab_write(state, some, 200, 0), EFBIG);
	/* Not even the meta page can be written. */
	set_file_limit(100);
	CU_ASSERT_NOT_EQUAL(lab_write(state, some, 1, 0), 0);
	CU_ASSERT_NOT_EQUAL(lab_write(state, some, 1, 0), 0);
	set_file_limit(RLIM_INFINITY);
	some[0] = lab_session(1, 99);
	CU_ASSERT_EQUAL(lab_write(state, some, 2, 0), 0);
	state_close(state);
	state = lab_open();
	CU_ASSERT_PTR_NOT_NULL_FATAL(state);
	CU_ASSERT(lab_load(state, &l));
	CU_ASSERT_EQUAL(l.sessions, 10);
	state_close(state);
	lab_end();
}

/* The child is killed while it writes; whatever it had been told is written is there. */
static void what_was_acknowledged_outlives_a_kill(void)
{
	uint32_t *told;
	struct lab_loaded l;
	int pipes[2];

	lab_begin();
	for (unsigned run = 0; run < 20; run++) {
		uint32_t last = 0, ceiling;
		pid_t child;

		if (pipe(pipes) != 0 || (child = fork()) < 0)
			abort();
		if (child == 0) {
			struct state *state = lab_open();
			for (ceiling = run * 1000000 + 1;; ceiling++) {
				struct state_change change = lab_session(1, ceiling);
				if (lab_write(state, &change, 1, 0) != 0 ||
				    write(pipes[1], &ceiling, sizeof(ceiling)) < 0)
					_exit(1);
			}
		}
		close(pipes[1]);
		usleep(2000 + run * 777);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		while (read(pipes[0], &ceiling, sizeof(ceiling)) == sizeof(ceiling))
			last = ceiling;
		close(pipes[0]);
		struct state *state = lab_open();
		CU_ASSERT_PTR_NOT_NULL_FATAL(state);
		CU_ASSERT(lab_load(state, &l));
		told = l.last_session.keysets[0].ceiling;
		CU_ASSERT(last == 0 || told[E2M_UPLINK] == last || told[E2M_UPLINK] == last + 1);
		state_close(state);
	}
	lab_end();
}

/* --- entries --- */

static bool comes_back(const struct state_change *change)
{
	struct lab_loaded l;
	struct state *state;
	bool same;

	lab_begin();
	state = lab_open();
	if (lab_write(state, change, 1, 1) != 0)
		abort();
	same = lab_load(state, &l) && l.entries == 1 &&
	       memcmp(&l.last_entry, &change->entry, sizeof(change->entry)) == 0;
	state_close(state);
	lab_end();
	return same;
}

static void entries_of_all_kinds_come_back(void)
{
	struct state_change unprotected = lab_entry(1, STATE_UNPROTECTED),
			    ended = lab_entry(77, STATE_ENDED),
			    network = lab_entry(5, STATE_NETWORK),
			    overfull = {.kind = STATE_ENTRY, .entry.kind = STATE_OVERFULL};

	CU_ASSERT_TRUE(comes_back(&unprotected));
	unprotected.entry.is_barred = 1;
	unprotected.entry.imsi = (struct e2m_imsi){"123456"};
	CU_ASSERT_TRUE(comes_back(&unprotected));
	CU_ASSERT_TRUE(comes_back(&ended));
	ended.entry.imsi = (struct e2m_imsi){0}; /* a tunnel of nobody knows whom */
	ended.entry.nsapi = ended.entry.primary = 0;
	CU_ASSERT_TRUE(comes_back(&ended));
	CU_ASSERT_TRUE(comes_back(&network));
	network.entry.network =
		(struct pdp_prefix){.is_ipv6 = 1, .length = 48, .octets = {0x20, 1}};
	CU_ASSERT_TRUE(comes_back(&network));
	CU_ASSERT_TRUE(comes_back(&overfull));
}

static void entries_with_addresses_of_all_forms_come_back(void)
{
	struct state_change c = lab_entry(1, STATE_UNPROTECTED);
	const uint8_t ipv6[16] = "2001 address of.";

	pdp_address_set_ipv6(&c.entry.address, ipv6, 64);
	CU_ASSERT_TRUE(comes_back(&c));
	pdp_address_set_ipv6(&c.entry.address, ipv6, 128);
	pdp_address_unset(&c.entry.address, false, PDP_EXCLUDED);
	CU_ASSERT_TRUE(comes_back(&c));
	pdp_address_unset(&c.entry.address, false, PDP_LOST);
	CU_ASSERT_TRUE(comes_back(&c));
	tunnel_set_ipv6(&c.entry.control_sgsn, "control of sgsn..");
	tunnel_set_ipv6(&c.entry.tunnel[E2M_UPLINK], "user of the ggsn.");
	c.entry.control_ggsn = (struct tunnel){0};
	CU_ASSERT_TRUE(comes_back(&c));
	c.entry.tunnel[E2M_DOWNLINK] = c.entry.control_sgsn;
	c.entry.tunnel[E2M_DOWNLINK].teid = 99;
	c.entry.tunnel[E2M_UPLINK] = (struct tunnel){0};
	CU_ASSERT_TRUE(comes_back(&c));
}

static void entry_that_is_gone_comes_back_no_more(void)
{
	struct state_change changes[] = {lab_entry(1, STATE_UNPROTECTED),
					 lab_entry(2, STATE_UNPROTECTED)};
	struct lab_loaded l;
	struct state *state;

	lab_begin();
	state = lab_open();
	CU_ASSERT_EQUAL(lab_write(state, changes, 2, 1), 0);
	changes[1].is_gone = true;
	CU_ASSERT_EQUAL(lab_write(state, changes, 2, 1), 0);
	changes[1] = lab_entry(1, STATE_ENDED);
	CU_ASSERT_EQUAL(lab_write(state, changes, 2, 1), 0);
	CU_ASSERT_TRUE(lab_load(state, &l));
	CU_ASSERT_EQUAL(l.entries, 1);
	CU_ASSERT_EQUAL(l.last_entry.kind, STATE_ENDED);
	state_close(state);
	lab_end();
}

/* Without a load, the writer does not know the numbers that are there. */
static void entries_in_any_order_come_back(void)
{
	struct state_change late[] = {lab_entry(900, STATE_UNPROTECTED),
				      lab_entry(800, STATE_UNPROTECTED)},
			    early[] = {lab_entry(5, STATE_UNPROTECTED),
				       lab_entry(7, STATE_UNPROTECTED),
				       lab_entry(901, STATE_UNPROTECTED)};
	struct lab_loaded l;
	struct state *state;

	lab_begin();
	state = lab_open();
	CU_ASSERT_EQUAL(lab_write(state, late, 2, 1), 0);
	state_close(state);
	state = lab_open();
	CU_ASSERT_EQUAL(lab_write(state, early, 3, 1), 0);
	CU_ASSERT_TRUE(lab_load(state, &l));
	CU_ASSERT_EQUAL(l.entries, 5);
	CU_ASSERT_EQUAL(l.last_entry.number, 901);
	state_close(state);
	lab_end();
}

#define MANY_ENTRIES 100000

static void an_entry_takes_128_octets_at_most(void)
{
	static struct state_change changes[1000];
	struct state *state;
	struct stat st;

	lab_begin();
	state = lab_open();
	for (uint32_t n = 0; n < MANY_ENTRIES;) {
		for (size_t i = 0; i < 1000; i++)
			changes[i] = lab_entry(++n, STATE_UNPROTECTED);
		CU_ASSERT_EQUAL_FATAL(lab_write(state, changes, 1000, 1), 0);
	}
	state_close(state);
	CU_ASSERT_EQUAL(stat(lab_file, &st), 0);
	printf("octets an entry, in the file: %lu\n",
	       (unsigned long)st.st_blocks * 512 / MANY_ENTRIES);
	CU_ASSERT_TRUE(st.st_blocks * 512 <= (off_t)MANY_ENTRIES * STATE_OCTETS_AN_ENTRY);
	lab_end();
}

UNIT_MAIN("state",
	  {"what was written is there after a restart", what_was_written_is_there_after_a_restart},
	  {"what sources there are is there after a restart",
	   what_sources_there_are_is_there_after_a_restart},
	  {"a later change stands for the one before, and what is gone is gone",
	   a_later_change_stands_for_the_one_before_and_what_is_gone_is_gone},
	  {"the caller does not wait, and is woken", the_caller_does_not_wait_and_is_woken},
	  {"the age goes on where it was, and is not written each time",
	   the_age_goes_on_where_it_was_and_is_not_written_each_time},
	  {"nobody else may read it", nobody_else_may_read_it},
	  {"two processes may not use one state", two_processes_may_not_use_one_state},
	  {"a folder that cannot be written is refused, and said",
	   a_folder_that_cannot_be_written_is_refused_and_said},
	  {"a full map fails whole batches, and recovers",
	   a_full_map_fails_whole_batches_and_recovers},
	  {"a disk that takes no more fails batches until it does again",
	   a_disk_that_takes_no_more_fails_batches_until_it_does_again},
	  {"what was acknowledged outlives a kill", what_was_acknowledged_outlives_a_kill},
	  {"entries of all kinds come back", entries_of_all_kinds_come_back},
	  {"entries with addresses of all forms come back",
	   entries_with_addresses_of_all_forms_come_back},
	  {"entry that is gone comes back no more", entry_that_is_gone_comes_back_no_more},
	  {"entries in any order come back", entries_in_any_order_come_back},
	  {"an entry takes 128 octets at most", an_entry_takes_128_octets_at_most})
