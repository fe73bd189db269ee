/* SPDX-License-Identifier: BSD-3-Clause */
#include "counts/counts.h"

#include <errno.h>

#include "unit.h"

#define CAPACITY 8

static struct counts *counts;
static struct counts_value value;

static void start(void)
{
	counts = counts_new(CAPACITY, false);
	CU_ASSERT_PTR_NOT_NULL_FATAL(counts);
}

static void stop(void)
{
	counts_free(counts);
}

static struct counts_key key_of(unsigned n)
{
	struct counts_key key = {.bearer = 5};

	snprintf(key.imsi.digits, sizeof(key.imsi.digits), "26201%010u", n);
	memset(&key.keyset, 0x11, sizeof(key.keyset));
	return key;
}

static int put(const struct counts_key *key, uint32_t uplink, uint32_t downlink)
{
	return counts_put(counts, key, (struct counts_value){{uplink, downlink}});
}

static void what_was_put_is_taken(void)
{
	const struct counts_key key = key_of(1);

	start();
	CU_ASSERT_EQUAL(put(&key, 7, 9), 0);
	CU_ASSERT_TRUE(counts_take(counts, &key, &value));
	CU_ASSERT_EQUAL(value.next[E2M_UPLINK], 7);
	CU_ASSERT_EQUAL(value.next[E2M_DOWNLINK], 9);
	stop();
}

static void what_was_taken_is_gone(void)
{
	const struct counts_key key = key_of(1);

	start();
	put(&key, 7, 9);
	counts_take(counts, &key, &value);
	CU_ASSERT_FALSE(counts_take(counts, &key, &value));
	CU_ASSERT_EQUAL(value.next[E2M_UPLINK], 0);
	CU_ASSERT_EQUAL(value.next[E2M_DOWNLINK], 0);
	CU_ASSERT_EQUAL(counts_room(counts), CAPACITY);
	stop();
}

static void count_is_only_ever_raised(void)
{
	const struct counts_key key = key_of(1);

	start();
	put(&key, 7, 9);
	put(&key, 3, 12);
	counts_take(counts, &key, &value);
	CU_ASSERT_EQUAL(value.next[E2M_UPLINK], 7);
	CU_ASSERT_EQUAL(value.next[E2M_DOWNLINK], 12);
	stop();
}

static void subscriber_keyset_and_bearer_tell_counts_apart(void)
{
	struct counts_key key[4] = {key_of(1), key_of(2), key_of(1), key_of(1)};

	key[2].keyset.octets[15] ^= 1;
	key[3].bearer = 6;
	start();
	for (uint32_t i = 0; i < 4; i++)
		put(&key[i], i + 1, 0);
	for (uint32_t i = 0; i < 4; i++) {
		CU_ASSERT_TRUE(counts_take(counts, &key[i], &value));
		CU_ASSERT_EQUAL(value.next[E2M_UPLINK], i + 1);
	}
	stop();
}

static void full_table_refuses_and_forgets_nothing(void)
{
	struct counts_key key;

	start();
	for (unsigned i = 0; i < CAPACITY; i++) {
		key = key_of(i);
		CU_ASSERT_EQUAL(put(&key, i + 1, 0), 0);
	}
	key = key_of(CAPACITY);
	CU_ASSERT_EQUAL(put(&key, 1, 1), -ENOSPC);
	for (unsigned i = 0; i < CAPACITY; i++) {
		key = key_of(i);
		CU_ASSERT_TRUE(counts_take(counts, &key, &value));
		CU_ASSERT_EQUAL(value.next[E2M_UPLINK], i + 1);
	}
	stop();
}

static void full_table_still_raises_what_is_there(void)
{
	struct counts_key key;

	start();
	for (unsigned i = 0; i < CAPACITY; i++) {
		key = key_of(i);
		put(&key, 1, 1);
	}
	CU_ASSERT_EQUAL(counts_room(counts), 0);
	CU_ASSERT_EQUAL(put(&key, 5, 5), 0);
	counts_take(counts, &key, &value);
	CU_ASSERT_EQUAL(value.next[E2M_UPLINK], 5);
	stop();
}

static void fingerprint_tells_keysets_apart_by_every_octet(void)
{
	struct e2m_keyset keyset = {.e2mck = {1}, .e2mik = {2}};
	struct counts_fingerprint first, again, other;

	CU_ASSERT_EQUAL(counts_fingerprint(&first, &keyset), 0);
	CU_ASSERT_EQUAL(counts_fingerprint(&again, &keyset), 0);
	CU_ASSERT_EQUAL(memcmp(&first, &again, sizeof(first)), 0);
	for (size_t i = 0; i < sizeof(keyset); i++) {
		struct e2m_keyset changed = keyset;

		((uint8_t *)&changed)[i] ^= 0x80;
		CU_ASSERT_EQUAL(counts_fingerprint(&other, &changed), 0);
		CU_ASSERT_NOT_EQUAL(memcmp(&first, &other, sizeof(first)), 0);
	}
}

static void fingerprint_shows_nothing_of_the_keys(void)
{
	struct e2m_keyset keyset;
	struct counts_fingerprint fingerprint;

	memset(&keyset, 0xa5, sizeof(keyset));
	CU_ASSERT_EQUAL(counts_fingerprint(&fingerprint, &keyset), 0);
	for (size_t i = 0; i + 4 <= sizeof(fingerprint); i++)
		CU_ASSERT_NOT_EQUAL(memcmp(fingerprint.octets + i, keyset.e2mck, 4), 0);
}

/* --- on disk --- */

static struct state_batch *batch;

static void start_durable(void)
{
	counts = counts_new(CAPACITY, true);
	batch = state_batch_new(CAPACITY);
	CU_ASSERT_PTR_NOT_NULL_FATAL(counts);
	CU_ASSERT_PTR_NOT_NULL_FATAL(batch);
}

static void stop_durable(void)
{
	state_batch_free(batch);
	stop();
}

static size_t collect(void)
{
	batch->count = 0;
	counts_collect(counts, batch, false);
	counts_collect(counts, batch, true);
	return batch->count;
}

static void written(bool is_written)
{
	for (size_t i = 0; i < batch->count; i++)
		counts_written(counts, &batch->changes[i].counts, batch->changes[i].is_gone,
			       is_written);
}

static bool collected(size_t i, bool is_gone, uint32_t uplink, uint32_t downlink)
{
	const struct state_change *c = &batch->changes[i];

	return i < batch->count && c->kind == STATE_COUNTS && c->is_gone == is_gone &&
	       c->counts.ceiling[E2M_UPLINK] == uplink &&
	       c->counts.ceiling[E2M_DOWNLINK] == downlink;
}

static void what_is_put_is_told_once(void)
{
	const struct counts_key key = key_of(1);

	start_durable();
	put(&key, 7, 9);
	CU_ASSERT_EQUAL(collect(), 1);
	CU_ASSERT_TRUE(collected(0, false, 7, 9));
	CU_ASSERT_STRING_EQUAL(batch->changes[0].counts.imsi.digits, key.imsi.digits);
	written(true);
	CU_ASSERT_EQUAL(collect(), 0);
	put(&key, 8, 9);
	CU_ASSERT_EQUAL(collect(), 1);
	written(true);
	stop_durable();
}

static void what_could_not_be_written_is_told_again(void)
{
	const struct counts_key key = key_of(1);

	start_durable();
	put(&key, 7, 9);
	collect();
	put(&key, 8, 9);
	written(false);
	CU_ASSERT_EQUAL(collect(), 1);
	CU_ASSERT_TRUE(collected(0, false, 8, 9));
	stop_durable();
}

static void what_could_not_be_written_is_told_again_though_nothing_changed(void)
{
	const struct counts_key key = key_of(1);

	start_durable();
	put(&key, 7, 9);
	collect();
	written(false);
	CU_ASSERT_EQUAL(collect(), 1);
	CU_ASSERT_TRUE(collected(0, false, 7, 9));
	written(true);
	CU_ASSERT_EQUAL(collect(), 0);
	stop_durable();
}

static void what_was_never_on_disk_is_not_told_when_it_goes(void)
{
	const struct counts_key key = key_of(1);

	start_durable();
	put(&key, 7, 9);
	counts_take(counts, &key, &value);
	CU_ASSERT_EQUAL(collect(), 0);
	stop_durable();
}

static void what_is_taken_or_forgotten_is_told(void)
{
	const struct counts_key one = key_of(1), other = key_of(2);

	start_durable();
	put(&one, 7, 9);
	put(&other, 7, 9);
	collect();
	/* One of them while it is on its way. */
	counts_take(counts, &one, &value);
	written(true);
	counts_forget(counts, &other.imsi, &other.keyset);
	CU_ASSERT_EQUAL(counts_room(counts), CAPACITY);
	CU_ASSERT_EQUAL(collect(), 2);
	CU_ASSERT_TRUE(batch->changes[0].is_gone && batch->changes[1].is_gone);
	written(false);
	CU_ASSERT_EQUAL(collect(), 2);
	written(true);
	CU_ASSERT_EQUAL(collect(), 0);
	stop_durable();
}

static void what_comes_back_before_the_disk_forgot_it_stays(void)
{
	const struct counts_key key = key_of(1);

	start_durable();
	put(&key, 70, 90);
	collect();
	written(true);
	counts_take(counts, &key, &value);
	CU_ASSERT_EQUAL(collect(), 1);
	CU_ASSERT_TRUE(batch->changes[0].is_gone);
	/* With lower COUNTs, as is the caller's right: it had them in between. */
	put(&key, 7, 9);
	written(true);
	CU_ASSERT_EQUAL(collect(), 1);
	CU_ASSERT_TRUE(collected(0, false, 7, 9));
	written(true);
	CU_ASSERT_TRUE(counts_take(counts, &key, &value) && value.next[E2M_UPLINK] == 7);
	CU_ASSERT_EQUAL(collect(), 1);
	stop_durable();
}

/* COUNTs are on their way from the workers: the disk is told the most that they can be. */
static void a_bound_stands_for_counts_that_are_not_known_yet(void)
{
	const struct counts_key key = key_of(1);

	start_durable();
	CU_ASSERT_EQUAL(counts_bind(counts, &key, (struct counts_value){{64, 128}}), 0);
	CU_ASSERT_EQUAL(collect(), 1);
	CU_ASSERT_TRUE(collected(0, false, 64, 128));
	CU_ASSERT_TRUE(counts_look(counts, &key, &value) && value.next[E2M_DOWNLINK] == 128);
	put(&key, 7, 9);
	written(true);
	CU_ASSERT_EQUAL(collect(), 1);
	CU_ASSERT_TRUE(collected(0, false, 7, 9));
	written(true);
	CU_ASSERT_TRUE(counts_take(counts, &key, &value) && value.next[E2M_DOWNLINK] == 9);
	stop_durable();
}

static void a_bound_of_what_was_never_used_leaves_nothing(void)
{
	const struct counts_key key = key_of(1), used = key_of(2);

	start_durable();
	put(&used, 3, 4);
	counts_bind(counts, &key, (struct counts_value){{64, 128}});
	counts_bind(counts, &used, (struct counts_value){{64, 128}});
	counts_unbind(counts, &key);
	counts_unbind(counts, &used);
	CU_ASSERT_FALSE(counts_look(counts, &key, &value));
	CU_ASSERT_TRUE(counts_look(counts, &used, &value) && value.next[E2M_UPLINK] == 3);
	CU_ASSERT_EQUAL(counts_room(counts), CAPACITY - 1);
	stop_durable();
}

static void a_batch_takes_what_it_has_room_for(void)
{
	start_durable();
	for (unsigned i = 0; i < CAPACITY; i++) {
		const struct counts_key key = key_of(i);
		put(&key, i, i);
	}
	batch->room = 3;
	CU_ASSERT_EQUAL(collect(), 3);
	written(true);
	CU_ASSERT_EQUAL(collect(), 3);
	CU_ASSERT_TRUE(collected(0, false, 3, 3));
	written(true);
	CU_ASSERT_EQUAL(collect(), 2);
	stop_durable();
}

static void what_the_disk_had_is_remembered(void)
{
	struct state_counts record = {.bearer = 5, .ceiling = {7, 9}};
	struct counts_key key = key_of(1);

	start_durable();
	record.imsi = key.imsi;
	memset(record.fingerprint, 0x11, sizeof(record.fingerprint));
	CU_ASSERT_EQUAL(counts_restore(counts, &record), 0);
	CU_ASSERT_EQUAL(collect(), 0);
	CU_ASSERT_TRUE(counts_look(counts, &key, &value) && value.next[E2M_UPLINK] == 7);
	counts_forget(counts, &key.imsi, &key.keyset);
	CU_ASSERT_FALSE(counts_look(counts, &key, &value));
	CU_ASSERT_EQUAL(collect(), 1);
	CU_ASSERT_TRUE(batch->changes[0].is_gone);
	written(true);
	stop_durable();
}

/* --- by subscriber and keyset --- */

static void a_keyset_is_forgotten_on_all_its_bearers(void)
{
	struct counts_key key[4] = {key_of(1), key_of(1), key_of(1), key_of(2)};

	key[1].bearer = 6;
	key[2].keyset.octets[15] ^= 1;
	start();
	for (uint32_t i = 0; i < 4; i++)
		put(&key[i], i + 1, 0);
	CU_ASSERT_EQUAL(counts_of(counts, &key[0].imsi, NULL), 3);
	CU_ASSERT_EQUAL(counts_of(counts, &key[0].imsi, &key[0].keyset), 2);
	counts_forget(counts, &key[0].imsi, &key[0].keyset);
	CU_ASSERT_EQUAL(counts_of(counts, &key[0].imsi, NULL), 1);
	CU_ASSERT_EQUAL(counts_of(counts, &key[3].imsi, NULL), 1);
	CU_ASSERT_TRUE(counts_look(counts, &key[2], &value));
	CU_ASSERT_TRUE(counts_look(counts, &key[3], &value));
	stop();
}

UNIT_MAIN("counts", TEST(what_was_put_is_taken), TEST(what_was_taken_is_gone),
	  TEST(count_is_only_ever_raised), TEST(subscriber_keyset_and_bearer_tell_counts_apart),
	  TEST(full_table_refuses_and_forgets_nothing), TEST(full_table_still_raises_what_is_there),
	  TEST(fingerprint_tells_keysets_apart_by_every_octet),
	  TEST(fingerprint_shows_nothing_of_the_keys), TEST(what_is_put_is_told_once),
	  TEST(what_could_not_be_written_is_told_again),
	  TEST(what_could_not_be_written_is_told_again_though_nothing_changed),
	  TEST(what_was_never_on_disk_is_not_told_when_it_goes),
	  TEST(what_is_taken_or_forgotten_is_told),
	  TEST(what_comes_back_before_the_disk_forgot_it_stays),
	  TEST(a_bound_stands_for_counts_that_are_not_known_yet),
	  TEST(a_bound_of_what_was_never_used_leaves_nothing),
	  TEST(a_batch_takes_what_it_has_room_for), TEST(what_the_disk_had_is_remembered),
	  TEST(a_keyset_is_forgotten_on_all_its_bearers))
