/* SPDX-License-Identifier: BSD-3-Clause */
/* How long COUNTs of a keyset are kept: the sentences of e2m.md 2. */
#include "counts/retention.h"

#include "unit.h"

#define CAPACITY 64
#define LATE_MS	 16 /* the wheel's slots */
#define HSS_MS	 360000
#define YEAR_MS	 (UINT64_C(86400000) * 365)

static struct wheel *wheel;
static struct counts *counts;
static struct retention *retention;
static struct state_batch *batch;
static struct state_change disk[CAPACITY];
static size_t disk_count;
static struct retention_held held[4];
static unsigned held_count;

static struct e2m_imsi imsi_of(unsigned n)
{
	struct e2m_imsi imsi = {0};

	snprintf(imsi.digits, sizeof(imsi.digits), "26201%010u", n);
	return imsi;
}

static const struct e2m_imsi *imsi(void)
{
	static struct e2m_imsi one;

	one = imsi_of(1);
	return &one;
}

static struct counts_fingerprint keyset(unsigned n)
{
	struct counts_fingerprint f;

	memset(f.octets, (int)n, sizeof(f.octets));
	return f;
}

static const struct counts_key *key_with(const struct counts_fingerprint *fingerprint)
{
	static struct counts_key key;

	key = (struct counts_key){.imsi = *imsi(), .keyset = *fingerprint, .bearer = 7};
	return &key;
}

static bool next_held(void *arg, const struct e2m_imsi *of, unsigned *at,
		      struct retention_held *out)
{
	(void)arg;
	if (memcmp(of, imsi(), sizeof(*of)) != 0 || *at >= held_count)
		return false;
	*out = held[(*at)++];
	return true;
}

static void begin_process(const char *const names[], const enum retention_memory memories[],
			  unsigned sources, uint64_t now)
{
	const struct retention_sessions sessions = {.next = next_held};

	wheel = wheel_new(now, NULL);
	counts = counts_new(CAPACITY, true);
	retention = retention_new(wheel, counts, &sessions, 16, true);
	for (unsigned i = 0; i < sources; i++)
		CU_ASSERT_EQUAL(retention_add_source(retention, names[i], memories[i], 300), 0);
}

static void end_process(void)
{
	retention_free(retention);
	counts_free(counts);
	wheel_free(wheel);
}

static const char *const names[] = {"one", "two", "three"};

static void start(unsigned sources, enum retention_memory first, enum retention_memory second)
{
	const enum retention_memory memories[] = {first, second};

	held_count = 0;
	disk_count = 0;
	begin_process(names, memories, sources, 1000);
	CU_ASSERT_TRUE(retention_begin(retention));
	batch = state_batch_new(CAPACITY);
}

static void stop(void)
{
	state_batch_free(batch);
	end_process();
}

static void pass(uint64_t ms)
{
	/* A turn of the wheel at a time, as far as timers may be due. */
	for (; ms > 60000 && ms < 20 * HSS_MS; ms -= 60000)
		wheel_advance(wheel, wheel_now(wheel) + 60000);
	wheel_advance(wheel, wheel_now(wheel) + ms);
}

static struct counts_key key_of(unsigned n)
{
	return (struct counts_key){.imsi = *imsi(), .keyset = keyset(n), .bearer = 5};
}

static bool is_kept(unsigned n)
{
	const struct counts_key key = key_of(n);
	struct counts_value value;

	return counts_look(counts, &key, &value);
}

/* source gives keyset n, asked a moment ago. */
static enum retention_verdict give_with(unsigned n, unsigned source, uint32_t lifetime_s)
{
	const struct counts_fingerprint f = keyset(n);
	const uint64_t sent = wheel_now(wheel) + 10;

	pass(20);
	return retention_given(retention, key_with(&f), source, sent, lifetime_s);
}

static enum retention_verdict give(unsigned n, unsigned source)
{
	return give_with(n, source, 0);
}

static void hold(unsigned n, uint8_t given_by, uint32_t lifetime_s)
{
	held[held_count++] = (struct retention_held){
		.fingerprint = keyset(n), .given_by = given_by, .lifetime_s = lifetime_s};
}

/* The session that holds the latest leaves it, with COUNTs used. */
static void leave(void)
{
	const struct counts_fingerprint f = held[held_count - 1].fingerprint;
	const struct counts_key key = {.imsi = *imsi(), .keyset = f, .bearer = 5};

	CU_ASSERT_TRUE(retention_hold(retention, key_with(&f)));
	held_count--;
	CU_ASSERT_EQUAL(counts_put(counts, &key, (struct counts_value){{7, 9}}), 0);
	retention_release(retention, key_with(&f));
}

static void use_with(unsigned n, unsigned source, uint32_t lifetime_s)
{
	give_with(n, source, lifetime_s);
	hold(n, (uint8_t)(1U << source), lifetime_s);
	leave();
}

static void use(unsigned n, unsigned source)
{
	use_with(n, source, 0);
}

/* --- rule 1 --- */

static void counts_are_kept_while_a_session_holds_the_keyset(void)
{
	start(1, RETENTION_SHORT, 0);
	use(1, 0);
	hold(1, 1, 0); /* on another bearer */
	pass(10 * HSS_MS);
	CU_ASSERT_TRUE(is_kept(1));
	leave();
	pass(HSS_MS + LATE_MS);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

static void counts_are_kept_while_they_are_on_their_way(void)
{
	const struct counts_fingerprint f = keyset(1);

	start(1, RETENTION_SHORT, 0);
	use(1, 0);
	CU_ASSERT_TRUE(retention_hold(retention, key_with(&f)));
	pass(10 * HSS_MS);
	CU_ASSERT_TRUE(is_kept(1));
	stop();
}

/* --- rule 2 --- */

static void counts_are_kept_for_360_s_after_their_last_use(void)
{
	start(1, RETENTION_SHORT, 0);
	give(1, 0);
	hold(1, 1, 0);
	pass(10 * HSS_MS);
	leave();
	pass(HSS_MS - LATE_MS);
	CU_ASSERT_TRUE(is_kept(1));
	pass(2 * LATE_MS);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

static void counts_are_kept_for_360_s_after_the_last_answer(void)
{
	start(1, RETENTION_SHORT, 0);
	use(1, 0);
	pass(HSS_MS / 2);
	give(1, 0);
	pass(HSS_MS - LATE_MS);
	CU_ASSERT_TRUE(is_kept(1));
	pass(2 * LATE_MS);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

static void counts_are_kept_for_the_time_of_an_hss_that_remembers_longer(void)
{
	start(0, 0, 0);
	retention_add_source(retention, "hss", RETENTION_SHORT, 3600);
	use(1, 0);
	pass(3600000);
	CU_ASSERT_TRUE(is_kept(1));
	pass(60000 + LATE_MS);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

static void a_keyset_that_was_never_used_leaves_nothing(void)
{
	const struct counts_fingerprint f = keyset(1);

	start(1, RETENTION_LONG, 0);
	give(1, 0);
	hold(1, 1, 0);
	CU_ASSERT_TRUE(retention_hold(retention, key_with(&f)));
	held_count--;
	retention_release(retention, key_with(&f));
	CU_ASSERT_EQUAL(counts_room(counts), CAPACITY);
	CU_ASSERT_EQUAL(give(1, 0), RETENTION_NEW);
	stop();
}

/* --- rule 3 --- */

static void counts_are_kept_until_the_lifetime_ends(void)
{
	start(1, RETENTION_LONG, 0);
	use_with(1, 0, 7200);
	pass(7200000);
	CU_ASSERT_TRUE(is_kept(1));
	pass(60000 + LATE_MS);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

static void counts_are_kept_until_the_longest_lifetime_ends(void)
{
	start(2, RETENTION_LONG, RETENTION_LONG);
	give_with(1, 0, 7200);
	hold(1, 1, 7200);
	give_with(1, 1, 36000);
	give_with(1, 0, 600); /* is shorter, and changes nothing */
	leave();
	pass(36000000);
	CU_ASSERT_TRUE(is_kept(1));
	pass(60000 + LATE_MS);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

static void counts_are_kept_for_the_lifetime_that_a_session_knows_of(void)
{
	start(1, RETENTION_LONG, 0);
	give_with(1, 0, 7200);
	hold(1, 1, 7200);
	give_with(2, 0, 60); /* until then nothing was kept of the first */
	leave();
	pass(7200000);
	CU_ASSERT_TRUE(is_kept(1));
	stop();
}

/* Which source gave it the next process does not know. */
static void counts_are_kept_for_the_lifetime_of_a_session_of_an_earlier_process(void)
{
	start(1, RETENTION_SHORT, 0);
	hold(1, 0, 7200);
	leave();
	pass(7200000);
	CU_ASSERT_TRUE(is_kept(1));
	pass(62000);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

/* --- rule 4 --- */

static void counts_are_kept_until_the_source_has_replaced_the_keyset(void)
{
	start(1, RETENTION_LONG, 0);
	use(1, 0);
	pass(YEAR_MS);
	CU_ASSERT_TRUE(is_kept(1));
	give(2, 0);
	give(3, 0);
	pass(HSS_MS);
	CU_ASSERT_TRUE(is_kept(1));
	give(4, 0);
	pass(HSS_MS);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

static void counts_are_kept_until_an_answer_that_is_on_its_way_has_come(void)
{
	start(1, RETENTION_LONG, 0);
	use(1, 0);
	pass(YEAR_MS);
	for (unsigned n = 2; n <= 4; n++)
		give(n, 0);
	pass(59000);
	CU_ASSERT_TRUE(is_kept(1));
	pass(1000 + LATE_MS);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

/* Another KMS answers under the same name, or one was reset. */
static void a_source_that_gives_a_keyset_again_has_not_replaced_it(void)
{
	start(1, RETENTION_LONG, 0);
	use(1, 0);
	for (unsigned n = 2; n <= 4; n++)
		give(n, 0);
	CU_ASSERT_EQUAL(give(1, 0), RETENTION_KNOWN);
	pass(HSS_MS);
	CU_ASSERT_TRUE(is_kept(1));
	for (unsigned n = 5; n <= 7; n++)
		give(n, 0);
	pass(HSS_MS);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

static void the_same_other_counts_once(void)
{
	start(1, RETENTION_LONG, 0);
	use(1, 0);
	for (unsigned i = 0; i < 10; i++)
		give(2 + i % 2, 0);
	pass(10 * HSS_MS);
	CU_ASSERT_TRUE(is_kept(1));
	stop();
}

static void a_source_that_was_not_asked_has_replaced_nothing(void)
{
	start(2, RETENTION_SHORT, RETENTION_LONG);
	use(1, 0);
	pass(HSS_MS);
	for (unsigned n = 2; n <= 9; n++)
		give(n, 0);
	pass(YEAR_MS);
	CU_ASSERT_TRUE(is_kept(1));
	for (unsigned n = 2; n <= 4; n++)
		give(n, 1);
	pass(HSS_MS);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

static void every_source_that_remembers_must_have_replaced_it(void)
{
	start(2, RETENTION_LONG, RETENTION_LONG);
	use(1, 0);
	pass(HSS_MS);
	for (unsigned n = 2; n <= 4; n++)
		give(n, 0);
	pass(YEAR_MS);
	CU_ASSERT_TRUE(is_kept(1));
	CU_ASSERT_TRUE(retention_waits(retention, key_with(&(struct counts_fingerprint){0}), 1));
	CU_ASSERT_FALSE(retention_waits(retention, key_with(&(struct counts_fingerprint){0}), 0));
	for (unsigned n = 2; n <= 4; n++)
		give(n, 1);
	pass(HSS_MS);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

/* They may be many, and the source may have released them all before. */
static void others_with_a_lifetime_replace_nothing(void)
{
	start(1, RETENTION_LONG, 0);
	use(1, 0);
	for (unsigned n = 2; n <= 9; n++)
		give_with(n, 0, 60);
	pass(YEAR_MS);
	CU_ASSERT_TRUE(is_kept(1));
	stop();
}

static void another_subscribers_keysets_replace_nothing(void)
{
	const struct e2m_imsi other = imsi_of(2);

	start(1, RETENTION_LONG, 0);
	use(1, 0);
	for (unsigned n = 2; n <= 9; n++) {
		const struct counts_fingerprint f = keyset(n);
		pass(20);
		retention_given(retention, &(struct counts_key){.imsi = other, .keyset = f}, 0,
				wheel_now(wheel) - 5, 0);
	}
	pass(YEAR_MS);
	CU_ASSERT_TRUE(is_kept(1));
	stop();
}

static void an_answer_that_was_asked_for_before_the_keyset_came_does_not_count(void)
{
	const uint64_t sent = 1000;

	start(1, RETENTION_LONG, 0);
	use(1, 0);
	for (unsigned n = 2; n <= 9; n++) {
		const struct counts_fingerprint f = keyset(n);
		pass(20);
		retention_given(retention, key_with(&f), 0, sent, 0);
	}
	pass(10 * HSS_MS);
	CU_ASSERT_TRUE(is_kept(1));
	stop();
}

/* The source released the keyset in the answer that was lost, perhaps under its other name: after others. */
static void an_answer_that_was_lost_begins_the_count_again(void)
{
	start(2, RETENTION_SHORT, RETENTION_LONG);
	use(1, 0);
	pass(HSS_MS);
	give(2, 1);
	give(3, 1);
	retention_lost(retention, imsi(), 1);
	pass(61000);
	give(4, 1);
	give(5, 1);
	pass(HSS_MS);
	CU_ASSERT_TRUE(is_kept(1));
	give(6, 1);
	pass(HSS_MS);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

/* The request may be under way still: what the source gives meanwhile, it may have given before. */
static void what_comes_within_60_s_of_a_lost_answer_does_not_count(void)
{
	start(2, RETENTION_SHORT, RETENTION_LONG);
	use(1, 0);
	pass(HSS_MS);
	retention_lost(retention, imsi(), 1);
	for (unsigned n = 2; n <= 9; n++)
		give(n, 1);
	pass(10 * HSS_MS);
	CU_ASSERT_TRUE(is_kept(1));
	stop();
}

/* Of the source's own answer it is known when it had released the keyset. */
static void a_lost_answer_changes_nothing_of_what_the_source_has_given(void)
{
	start(1, RETENTION_LONG, 0);
	use(1, 0);
	give(2, 0);
	give(3, 0);
	retention_lost(retention, imsi(), 0);
	give(4, 0);
	pass(HSS_MS + 60000);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

/* Any three of eight keysets, some of whose answers were lost, in any order: a source that keeps to e2m.md 2 never
 * gives a keyset again whose COUNTs are forgotten. */
static void no_source_gives_a_keyset_again_whose_counts_are_forgotten(void)
{
	enum { KEYSETS = 12 };

	for (unsigned run = 1; run <= 300; run++) {
		unsigned released[KEYSETS + 1] = {0}, releases = 0;
		bool used[KEYSETS + 1] = {0};

		srand(run);
		start(1, RETENTION_LONG, 0);
		for (unsigned step = 0; step < 120; step++) {
			const unsigned n = 1 + (unsigned)rand() % (KEYSETS * (step + 20) / 140);
			const bool is_lost = rand() % 3 == 0;

			pass((unsigned)rand() % 3 ? 20 : 200000);
			/* The source's law. */
			if (released[n] && releases >= released[n] + 2)
				continue;
			if (!released[n])
				released[n] = ++releases;
			if (is_lost) {
				retention_lost(retention, imsi(), 0);
				continue;
			}
			CU_ASSERT_TRUE(!used[n] || is_kept(n));
			use(n, 0);
			used[n] = true;
		}
		stop();
	}
}

/* --- a file --- */

static void counts_of_a_keyset_that_a_file_has_are_always_kept(void)
{
	const struct counts_fingerprint f = keyset(1);

	start(1, RETENTION_ALWAYS, 0);
	use_with(1, 0, 60);
	use(3, 0);
	pass(YEAR_MS);
	CU_ASSERT_TRUE(is_kept(3)); /* nobody knows what the file has */
	CU_ASSERT_TRUE(retention_keep_always(retention, key_with(&f)));
	retention_is_read(retention, 0);
	use(2, 0);
	pass(YEAR_MS);
	CU_ASSERT_TRUE(is_kept(1));
	CU_ASSERT_FALSE(is_kept(2));
	CU_ASSERT_FALSE(is_kept(3));
	stop();
}

/* --- flushing --- */

static void keys_of_a_replaced_keyset_are_not_flushed(void)
{
	const struct counts_fingerprint f = keyset(1);

	start(1, RETENTION_LONG, 0);
	give(1, 0);
	hold(1, 1, 0);
	CU_ASSERT_TRUE(retention_may_come_again(retention, key_with(&f)));
	give(2, 0);
	CU_ASSERT_TRUE(retention_may_come_again(retention, key_with(&f)));
	give(3, 0);
	CU_ASSERT_FALSE(retention_may_come_again(retention, key_with(&f)));
	stop();
}

static void keys_of_a_keyset_that_may_be_replaced_are_not_flushed(void)
{
	const struct counts_fingerprint f = keyset(1);

	start(1, RETENTION_LONG, 0);
	give(1, 0);
	hold(1, 1, 0);
	give(2, 0);
	retention_lost(retention, imsi(), 0);
	CU_ASSERT_FALSE(retention_may_come_again(retention, key_with(&f)));
	give(1, 0); /* it was not */
	CU_ASSERT_TRUE(retention_may_come_again(retention, key_with(&f)));
	stop();
}

/* --- giving up --- */

static void what_was_given_up_is_believed_no_more(void)
{
	start(2, RETENTION_SHORT, RETENTION_LONG);
	use(1, 0);
	CU_ASSERT_FALSE(retention_give_up(retention, imsi())); /* its time is not over */
	pass(HSS_MS);
	CU_ASSERT_TRUE(retention_give_up(retention, imsi()));
	CU_ASSERT_FALSE(is_kept(1));
	CU_ASSERT_EQUAL(give(1, 1), RETENTION_DOUBTFUL);
	CU_ASSERT_EQUAL(give(1, 0), RETENTION_NEW); /* the HSS has made it within minutes */
	CU_ASSERT_EQUAL(give(2, 0), RETENTION_NEW);
	hold(2, 1, 0);
	CU_ASSERT_EQUAL(give(2, 1), RETENTION_KNOWN);
	stop();
}

static void a_source_is_believed_again_when_it_has_replaced_what_was_given_up(void)
{
	start(2, RETENTION_SHORT, RETENTION_LONG);
	use(1, 0);
	pass(HSS_MS);
	CU_ASSERT_TRUE(retention_give_up(retention, imsi()));
	pass(61000);
	for (unsigned n = 2; n <= 5; n++)
		CU_ASSERT_EQUAL(give(n, 1), RETENTION_DOUBTFUL);
	pass(HSS_MS);
	CU_ASSERT_EQUAL(give(6, 1), RETENTION_NEW);
	stop();
}

/* --- the next process --- */

static void write_change(const struct state_change *change)
{
	size_t i;

	for (i = 0; i < disk_count; i++)
		if (disk[i].kind == change->kind &&
		    memcmp(change->kind == STATE_COUNTS ? disk[i].counts.fingerprint
							: disk[i].retention.fingerprint,
			   change->kind == STATE_COUNTS ? change->counts.fingerprint
							: change->retention.fingerprint,
			   STATE_FINGERPRINT_LEN) == 0)
			break;
	if (i == disk_count)
		CU_ASSERT_TRUE_FATAL(disk_count++ < CAPACITY);
	disk[i] = *change;
}

static void write_all(void)
{
	batch->count = 0;
	batch->age_s = 5000;
	retention_collect(retention, batch, false);
	counts_collect(counts, batch, false);
	for (size_t i = 0; i < batch->count; i++) {
		write_change(&batch->changes[i]);
		if (batch->changes[i].kind == STATE_COUNTS)
			counts_written(counts, &batch->changes[i].counts, false, true);
		else
			retention_written(retention, &batch->changes[i].retention, false, true);
	}
}

static void next_process(const char *const its_names[], const enum retention_memory memories[],
			 unsigned sources)
{
	write_all();
	end_process();
	begin_process(its_names, memories, sources, 500);
	for (size_t i = 0; i < disk_count; i++)
		if (disk[i].kind == STATE_COUNTS) {
			struct counts_fingerprint f;
			memcpy(f.octets, disk[i].counts.fingerprint, sizeof(f.octets));
			CU_ASSERT_EQUAL(counts_restore(counts, &disk[i].counts), 0);
			CU_ASSERT_EQUAL(retention_adopt(retention, key_with(&f)), 0);
		}
	for (size_t i = 0; i < disk_count; i++)
		if (disk[i].kind == STATE_RETENTION)
			CU_ASSERT_EQUAL(retention_restore(retention, &disk[i].retention, 5000), 0);
	for (unsigned i = 0; i < held_count; i++)
		CU_ASSERT_TRUE(retention_keep_restored(retention, key_with(&held[i].fingerprint)));
	CU_ASSERT_TRUE(retention_begin(retention));
}

static const enum retention_memory is_long[] = {RETENTION_LONG, RETENTION_LONG, RETENTION_LONG};

static void what_a_source_has_given_outlives_the_process(void)
{
	start(1, RETENTION_LONG, 0);
	use(1, 0);
	give(2, 0);
	give(3, 0);
	next_process(names, is_long, 1);
	pass(YEAR_MS);
	CU_ASSERT_TRUE(is_kept(1));
	give(4, 0);
	pass(HSS_MS);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

static void lifetimes_outlive_the_process(void)
{
	start(1, RETENTION_LONG, 0);
	use_with(1, 0, 7200);
	next_process(names, is_long, 1);
	pass(7200000);
	CU_ASSERT_TRUE(is_kept(1));
	pass(62000);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

/* What it had asked for may be released yet. */
static void a_start_begins_the_count_of_a_source_that_has_not_given_the_keyset_again(void)
{
	const enum retention_memory memories[] = {RETENTION_SHORT, RETENTION_LONG};

	start(2, RETENTION_SHORT, RETENTION_LONG);
	use(1, 0);
	pass(HSS_MS);
	give(2, 1);
	give(3, 1);
	next_process(names, memories, 2);
	pass(61000);
	give(4, 1);
	give(5, 1);
	pass(HSS_MS);
	CU_ASSERT_TRUE(is_kept(1));
	give(6, 1);
	pass(HSS_MS);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

static void a_source_that_is_configured_no_more_has_replaced_nothing(void)
{
	start(2, RETENTION_LONG, RETENTION_LONG);
	use(1, 0);
	for (unsigned n = 2; n <= 4; n++)
		give(n, 0);
	next_process(names, is_long, 1);
	for (unsigned n = 5; n <= 9; n++)
		give(n, 0);
	pass(YEAR_MS);
	CU_ASSERT_TRUE(is_kept(1));
	/* It is back. */
	next_process(names, is_long, 2);
	pass(61000);
	CU_ASSERT_TRUE(is_kept(1));
	for (unsigned n = 10; n <= 12; n++)
		give(n, 1);
	pass(HSS_MS);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

static void a_source_is_known_by_its_name(void)
{
	static const char *const turned[] = {"two", "one"};

	start(2, RETENTION_LONG, RETENTION_LONG);
	use(1, 0);
	give(1, 1);
	give(2, 0);
	give(3, 0);
	next_process(turned, is_long, 2);
	give(4, 1); /* "one", the third */
	give(2, 0);
	give(3, 0);
	pass(HSS_MS);
	CU_ASSERT_TRUE(is_kept(1));
	give(4, 0);
	pass(HSS_MS);
	CU_ASSERT_FALSE(is_kept(1));
	stop();
}

/* The session that holds it has it from a source that is out of the configuration now. */
static void a_keyset_of_an_earlier_process_waits_for_a_source_that_is_out(void)
{
	static const char *const others[] = {"two", "one"};
	const enum retention_memory memories[] = {RETENTION_SHORT, RETENTION_LONG};

	start(1, RETENTION_LONG, 0);
	CU_ASSERT_EQUAL(give(1, 0), RETENTION_NEW);
	hold(1, 1, 0);
	held[0].given_by = 0;
	next_process(others, memories, 1);
	next_process(others, memories, 1);
	leave();
	for (unsigned n = 2; n <= 4; n++)
		give(n, 0);
	pass(2 * HSS_MS);
	CU_ASSERT_TRUE(is_kept(1));
	next_process(others, memories, 2);
	pass(YEAR_MS);
	CU_ASSERT_TRUE(is_kept(1));
	stop();
}

/* --- keysets whose keys nobody knows --- */

static void counts_of_unknown_keys_need_one_more_other(void)
{
	const struct counts_key key = {.imsi = *imsi(), .keyset = counts_nameless, .bearer = 5};
	struct counts_value value;

	start(1, RETENTION_LONG, 0);
	counts_put(counts, &key, (struct counts_value){{1, 4}});
	CU_ASSERT_TRUE(retention_keep_nameless(retention, imsi()));
	pass(HSS_MS);
	for (unsigned n = 1; n <= 3; n++)
		give(n, 0);
	pass(HSS_MS);
	CU_ASSERT_TRUE(counts_look(counts, &key, &value));
	give(4, 0);
	pass(HSS_MS);
	CU_ASSERT_FALSE(counts_look(counts, &key, &value));
	stop();
}

UNIT_MAIN("retention", TEST(counts_are_kept_while_a_session_holds_the_keyset),
	  TEST(counts_are_kept_while_they_are_on_their_way),
	  TEST(counts_are_kept_for_360_s_after_their_last_use),
	  TEST(counts_are_kept_for_360_s_after_the_last_answer),
	  TEST(counts_are_kept_for_the_time_of_an_hss_that_remembers_longer),
	  TEST(a_keyset_that_was_never_used_leaves_nothing),
	  TEST(counts_are_kept_until_the_lifetime_ends),
	  TEST(counts_are_kept_until_the_longest_lifetime_ends),
	  TEST(counts_are_kept_for_the_lifetime_that_a_session_knows_of),
	  TEST(counts_are_kept_for_the_lifetime_of_a_session_of_an_earlier_process),
	  TEST(counts_are_kept_until_the_source_has_replaced_the_keyset),
	  TEST(counts_are_kept_until_an_answer_that_is_on_its_way_has_come),
	  TEST(a_source_that_gives_a_keyset_again_has_not_replaced_it),
	  TEST(the_same_other_counts_once), TEST(a_source_that_was_not_asked_has_replaced_nothing),
	  TEST(every_source_that_remembers_must_have_replaced_it),
	  TEST(others_with_a_lifetime_replace_nothing),
	  TEST(another_subscribers_keysets_replace_nothing),
	  TEST(an_answer_that_was_asked_for_before_the_keyset_came_does_not_count),
	  TEST(an_answer_that_was_lost_begins_the_count_again),
	  TEST(what_comes_within_60_s_of_a_lost_answer_does_not_count),
	  TEST(a_lost_answer_changes_nothing_of_what_the_source_has_given),
	  TEST(no_source_gives_a_keyset_again_whose_counts_are_forgotten),
	  TEST(counts_of_a_keyset_that_a_file_has_are_always_kept),
	  TEST(keys_of_a_replaced_keyset_are_not_flushed),
	  TEST(keys_of_a_keyset_that_may_be_replaced_are_not_flushed),
	  TEST(what_was_given_up_is_believed_no_more),
	  TEST(a_source_is_believed_again_when_it_has_replaced_what_was_given_up),
	  TEST(what_a_source_has_given_outlives_the_process), TEST(lifetimes_outlive_the_process),
	  TEST(a_start_begins_the_count_of_a_source_that_has_not_given_the_keyset_again),
	  TEST(a_source_that_is_configured_no_more_has_replaced_nothing),
	  TEST(a_source_is_known_by_its_name),
	  TEST(a_keyset_of_an_earlier_process_waits_for_a_source_that_is_out),
	  TEST(counts_of_unknown_keys_need_one_more_other))
