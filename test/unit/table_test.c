/* SPDX-License-Identifier: BSD-3-Clause */
/* The tunnel table against a plain list, with the hashes that are hard on it. */
#include "datapath/table.h"

#include <errno.h>

#include "datapath/tunnel_hash.h"
#include "datapath_rig.h"

#define FLOWS 1024

static char *flows;
static size_t size;
static struct tunnel_table *table;
static bool is_in[FLOWS];

static void set_up(uint32_t capacity)
{
	size = flow_size(1);
	flows = aligned_alloc(64, FLOWS * size);
	table = tunnel_table_new(capacity, SOCKET_ID_ANY, flows, size);
	if (!flows || !table)
		abort();
	memset(flows, 0, FLOWS * size);
	memset(is_in, 0, sizeof(is_in));
}

static void tear_down(void)
{
	tunnel_table_free(table);
	free(flows);
}

static struct flow *flow_at(uint32_t number)
{
	return tunnel_table_flow(table, number);
}

static struct tunnel tunnel_of(uint32_t teid)
{
	return rig_tunnel(teid % 2 ? E2M_UPLINK : E2M_DOWNLINK, teid, teid % 3 == 0);
}

static struct flow *find(const struct tunnel *tunnel)
{
	return tunnel_table_find(table, tunnel, tunnel_hash(tunnel));
}

static int add(uint32_t number, const struct tunnel *tunnel)
{
	int ret;

	flow_at(number)->tunnel = *tunnel;
	ret = tunnel_table_add(table, number);
	is_in[number] = ret == 0;
	return ret;
}

static int take_out(uint32_t number)
{
	is_in[number] = false;
	return tunnel_table_remove(table, number);
}

static bool agrees_with_list(void)
{
	for (uint32_t i = 0; i < FLOWS; i++)
		if (is_in[i] && find(&flow_at(i)->tunnel) != flow_at(i))
			return false;
	return true;
}

static void what_was_added_is_found_until_it_is_removed(void)
{
	const struct tunnel a = tunnel_of(1), b = tunnel_of(2);

	set_up(10);
	CU_ASSERT_PTR_NULL(find(&a));
	CU_ASSERT_EQUAL(add(5, &a), 0);
	CU_ASSERT_PTR_EQUAL(find(&a), flow_at(5));
	CU_ASSERT_PTR_EQUAL(tunnel_table_guess(table, tunnel_hash(&a)), flow_at(5));
	CU_ASSERT_PTR_NULL(find(&b));
	CU_ASSERT_EQUAL(take_out(5), 0);
	CU_ASSERT_PTR_NULL(find(&a));
	CU_ASSERT_PTR_NULL(tunnel_table_guess(table, tunnel_hash(&a)));
	CU_ASSERT_EQUAL(take_out(5), -ENOENT);
	tear_down();
}

static void a_tunnel_is_added_once(void)
{
	const struct tunnel a = tunnel_of(1);

	set_up(10);
	CU_ASSERT_EQUAL(add(5, &a), 0);
	CU_ASSERT_EQUAL(add(6, &a), -EEXIST);
	CU_ASSERT_PTR_EQUAL(find(&a), flow_at(5));
	tear_down();
}

static void a_table_takes_its_capacity_and_no_more(void)
{
	for (uint32_t capacity = 1; capacity < 40; capacity++) {
		set_up(capacity);
		for (uint32_t i = 0; i < capacity; i++) {
			const struct tunnel t = tunnel_of(i);
			CU_ASSERT_EQUAL(add(i, &t), 0);
		}
		const struct tunnel t = tunnel_of(capacity);
		CU_ASSERT_EQUAL(add(capacity, &t), -ENOSPC);
		CU_ASSERT_TRUE(agrees_with_list());
		CU_ASSERT_EQUAL(take_out(0), 0);
		CU_ASSERT_EQUAL(add(capacity, &t), 0);
		CU_ASSERT_TRUE(agrees_with_list());
		tear_down();
	}
}

static void random_operations_agree_with_a_list(void)
{
	srandom(3);
	for (unsigned round = 0; round < 4; round++) {
		const uint32_t capacity = 60 + 300 * round;
		uint32_t count = 0;
		set_up(capacity);
		for (unsigned i = 0; i < 60000; i++) {
			const uint32_t number = (uint32_t)random() % FLOWS;
			/* Each flow has a tunnel of its own, another one each time. */
			const struct tunnel t = tunnel_of(number + FLOWS * (i % 64));
			if (is_in[number]) {
				CU_ASSERT_EQUAL(take_out(number), 0);
				count--;
			} else if (count < capacity) {
				CU_ASSERT_EQUAL(add(number, &t), 0);
				count++;
			} else {
				CU_ASSERT_PTR_NULL(find(&t));
			}
			if (i % 1000 == 0)
				CU_ASSERT_TRUE(agrees_with_list());
		}
		tear_down();
	}
}

/* The nth tunnel, from *teid on, whose first bucket is that one. */
static struct tunnel next_of_bucket(uint32_t bucket, uint32_t *teid)
{
	struct tunnel t;

	do
		t = tunnel_of((*teid)++);
	while ((tunnel_hash(&t) & table->mask) != bucket);
	return t;
}

static void all_in_one_bucket_are_found(void)
{
	/* Also where the search goes round the end of the table. */
	for (int last = 0; last < 2; last++) {
		uint32_t teid = 1, left = 300;
		set_up(300);
		for (uint32_t i = 0; i < 300; i++) {
			const struct tunnel t = next_of_bucket(last ? table->mask : 5, &teid);
			CU_ASSERT_EQUAL(add(i, &t), 0);
		}
		CU_ASSERT_TRUE(agrees_with_list());
		srandom(5);
		while (left > 0) {
			const uint32_t number = (uint32_t)random() % 300;
			if (!is_in[number])
				continue;
			CU_ASSERT_EQUAL(take_out(number), 0);
			left--;
			CU_ASSERT_TRUE(agrees_with_list());
		}
		tear_down();
	}
}

static int by_hash(const void *a, const void *b)
{
	const uint32_t x = tunnel_hash(a), y = tunnel_hash(b);

	return x < y ? -1 : x > y;
}

static void tunnels_of_one_hash_are_told_apart(void)
{
	static struct tunnel tunnels[200000];
	const size_t count = sizeof(tunnels) / sizeof(tunnels[0]);
	unsigned pairs = 0;

	srandom(9);
	for (size_t i = 0; i < count; i++) {
		uint32_t address = (uint32_t)random();
		tunnel_set_ipv4(&tunnels[i], &address);
		tunnels[i].teid = (uint32_t)random();
	}
	qsort(tunnels, count, sizeof(tunnels[0]), by_hash);
	set_up(10);
	for (size_t i = 1; i < count; i++) {
		if (tunnel_hash(&tunnels[i - 1]) != tunnel_hash(&tunnels[i]) ||
		    tunnel_is_equal(&tunnels[i - 1], &tunnels[i]))
			continue;
		pairs++;
		CU_ASSERT_EQUAL(add(1, &tunnels[i - 1]), 0);
		CU_ASSERT_PTR_NULL(find(&tunnels[i]));
		CU_ASSERT_EQUAL(add(2, &tunnels[i]), 0);
		CU_ASSERT_TRUE(agrees_with_list());
		CU_ASSERT_EQUAL(take_out(1), 0);
		CU_ASSERT_TRUE(agrees_with_list());
		CU_ASSERT_PTR_NULL(find(&tunnels[i - 1]));
		CU_ASSERT_EQUAL(take_out(2), 0);
	}
	CU_ASSERT_TRUE(pairs > 0);
	tear_down();
}

/* Fills 99 buckets from bucket on, adds one more, which goes behind, and removes the others. */
static void leave_one_far_from(uint32_t bucket, uint32_t number, uint32_t *teid)
{
	const uint32_t filled = 99 * TUNNEL_BUCKET;

	for (uint32_t i = 0; i <= filled; i++) {
		const struct tunnel t = next_of_bucket(bucket, teid);
		CU_ASSERT_EQUAL(add(i < filled ? 100 + i : number, &t), 0);
	}
	for (uint32_t i = 0; i < filled; i++)
		CU_ASSERT_EQUAL(take_out(100 + i), 0);
}

/* A search ends at a bucket that nobody passed; three entries can have passed all that there are. */
static void a_search_ends_though_every_bucket_was_passed(void)
{
	uint32_t teid = 1;

	set_up(700);
	CU_ASSERT_EQUAL(table->mask, 255);
	leave_one_far_from(0, 1, &teid);
	leave_one_far_from(99, 2, &teid);
	leave_one_far_from(198, 3, &teid);
	for (uint32_t i = 0; i < 300; i++) {
		const struct tunnel t = tunnel_of(teid + i);
		CU_ASSERT_PTR_NULL(find(&t));
	}
	CU_ASSERT_EQUAL(take_out(500), -ENOENT);
	CU_ASSERT_TRUE(agrees_with_list());
	tear_down();
}

RIG_MAIN("table",
	 {"what was added is found until it is removed",
	  what_was_added_is_found_until_it_is_removed},
	 {"a tunnel is added once", a_tunnel_is_added_once},
	 {"a table takes its capacity and no more", a_table_takes_its_capacity_and_no_more},
	 {"random operations agree with a list", random_operations_agree_with_a_list},
	 {"all in one bucket are found", all_in_one_bucket_are_found},
	 {"tunnels of one hash are told apart", tunnels_of_one_hash_are_told_apart},
	 {"a search ends though every bucket was passed",
	  a_search_ends_though_every_bucket_was_passed})
