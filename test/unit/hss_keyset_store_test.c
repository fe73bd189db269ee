/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/keyset_store.h"

#include "unit.h"

#define S    UINT64_C(1000000000)
#define HSE  "hse.home.test"
#define HSE2 "hse2.home.test"

static struct e2m_imsi imsi_of(unsigned n)
{
	struct e2m_imsi imsi = {0};

	snprintf(imsi.digits, sizeof(imsi.digits), "00101%010u", n);
	return imsi;
}

/* The n-th keyset: everything about it follows from n. */
static void put(struct keyset_store *store, unsigned n, uint64_t now)
{
	uint8_t sqn[E2M_SQN_LEN] = {0, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n};
	uint8_t rand[E2M_RAND_LEN] = {(uint8_t)(n >> 8), (uint8_t)n, 7};
	struct e2m_imsi imsi = imsi_of(n % 10);
	struct e2m_keyset keyset;

	memset(&keyset, (int)n, sizeof(keyset));
	keyset_store_put(store, &imsi, sqn, rand, &keyset, now);
}

static struct keyset_store_held held; /* of the last pull */
static bool lifetime;		      /* keysets are released with one */

static enum keyset_store_result get_as(const char *hse, struct keyset_store *store, unsigned n,
				       enum e2m_keyset_id_type type, uint64_t now)
{
	uint8_t sqn[E2M_RAND_LEN] = {0, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n};
	uint8_t rand[E2M_RAND_LEN] = {(uint8_t)(n >> 8), (uint8_t)n, 7};
	struct e2m_keyset_id id = e2m_keyset_id_make(type, type == E2M_ID_SQN ? sqn : rand);
	struct e2m_imsi imsi = imsi_of(n % 10);
	struct e2m_keyset keyset = {0}, expected = {0};
	enum keyset_store_result result =
		keyset_store_get(store, &imsi, &id, hse, lifetime, now, &keyset, &held);

	if (result == KEYSET_STORE_FOUND)
		memset(&expected, (int)n, sizeof(expected));
	CU_ASSERT_EQUAL(memcmp(&keyset, &expected, sizeof(keyset)), 0);
	return result;
}

static bool get(struct keyset_store *store, unsigned n, enum e2m_keyset_id_type type, uint64_t now)
{
	return get_as(HSE, store, n, type, now) == KEYSET_STORE_FOUND;
}

static void a_keyset_is_found_by_sqn_and_by_rand(void)
{
	struct keyset_store *store = keyset_store_new(100, 300, NULL);

	for (unsigned n = 0; n < 100; n++)
		put(store, n, S);
	for (unsigned n = 0; n < 100; n++) {
		CU_ASSERT_TRUE(get(store, n, E2M_ID_SQN, 2 * S));
		CU_ASSERT_TRUE(get(store, n, E2M_ID_RAND, 2 * S));
	}
	CU_ASSERT_FALSE(get(store, 100, E2M_ID_SQN, 2 * S));
	CU_ASSERT_FALSE(get(store, 100, E2M_ID_RAND, 2 * S));
	keyset_store_free(store);
}

static void a_keyset_of_another_imsi_is_not_found(void)
{
	struct keyset_store *store = keyset_store_new(4, 300, NULL);
	uint8_t sqn[E2M_RAND_LEN] = {0, 0, 0, 0, 0, 3};
	struct e2m_keyset_id id = e2m_keyset_id_make(E2M_ID_SQN, sqn);
	struct e2m_imsi other = imsi_of(4);
	struct e2m_keyset keyset;

	put(store, 3, 0);
	CU_ASSERT_TRUE(get(store, 3, E2M_ID_SQN, 0));
	CU_ASSERT_EQUAL(keyset_store_get(store, &other, &id, HSE, false, 0, &keyset, &held),
			KEYSET_STORE_NONE);
	keyset_store_free(store);
}

static void a_keyset_is_gone_when_its_time_has_passed(void)
{
	struct keyset_store *store = keyset_store_new(100, 300, NULL);

	put(store, 1, 10 * S);
	put(store, 2, 20 * S);
	CU_ASSERT_TRUE(get(store, 1, E2M_ID_SQN, 310 * S - 1));
	CU_ASSERT_FALSE(get(store, 1, E2M_ID_SQN, 310 * S));
	CU_ASSERT_EQUAL(keyset_store_expire(store, 310 * S - 1), 0);
	CU_ASSERT_EQUAL(keyset_store_expire(store, 310 * S), 1);
	CU_ASSERT_EQUAL(keyset_store_count(store), 1);
	CU_ASSERT_FALSE(get(store, 1, E2M_ID_RAND, 11 * S));
	CU_ASSERT_TRUE(get(store, 2, E2M_ID_RAND, 310 * S));
	keyset_store_free(store);
}

static void the_oldest_goes_when_the_store_is_full(void)
{
	struct keyset_store *store = keyset_store_new(7, 300, NULL);

	for (unsigned n = 0; n < 1000; n++) {
		put(store, n, n);
		CU_ASSERT_TRUE(get(store, n, E2M_ID_SQN, n));
		if (n >= 7) {
			CU_ASSERT_FALSE(get(store, n - 7, E2M_ID_SQN, n));
			CU_ASSERT_FALSE(get(store, n - 7, E2M_ID_RAND, n));
			CU_ASSERT_TRUE(get(store, n - 6, E2M_ID_RAND, n));
		}
	}
	CU_ASSERT_EQUAL(keyset_store_count(store), 7);
	keyset_store_free(store);
}

static void a_keyset_is_given_to_the_hse_that_was_first_and_to_no_other(void)
{
	struct keyset_store *store = keyset_store_new(4, 300, NULL);

	put(store, 1, 0);
	put(store, 11, 0); /* of the same IMSI */
	CU_ASSERT_EQUAL(get_as(HSE, store, 1, E2M_ID_SQN, 0), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(get_as(HSE2, store, 1, E2M_ID_SQN, 0), KEYSET_STORE_HELD);
	CU_ASSERT_STRING_EQUAL(held.holder, HSE);
	CU_ASSERT_EQUAL(get_as("HSE.home.test", store, 1, E2M_ID_SQN, S), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(get_as(HSE2, store, 11, E2M_ID_SQN, 0), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(get_as(HSE, store, 11, E2M_ID_SQN, 0), KEYSET_STORE_HELD);
	keyset_store_free(store);
}

static void its_other_name_is_no_way_around_that(void)
{
	struct keyset_store *store = keyset_store_new(4, 300, NULL);

	put(store, 1, 0);
	put(store, 2, 0);
	CU_ASSERT_EQUAL(get_as(HSE, store, 1, E2M_ID_SQN, 0), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(get_as(HSE2, store, 1, E2M_ID_RAND, 0), KEYSET_STORE_HELD);
	CU_ASSERT_EQUAL(get_as(HSE, store, 1, E2M_ID_RAND, 0), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(get_as(HSE, store, 2, E2M_ID_RAND, 0), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(get_as(HSE2, store, 2, E2M_ID_SQN, 0), KEYSET_STORE_HELD);
	keyset_store_free(store);
}

static void a_second_hse_is_news_once_for_each_keyset(void)
{
	struct keyset_store *store = keyset_store_new(4, 300, NULL);

	for (unsigned n = 1; n <= 2; n++) {
		put(store, n, 0);
		get_as(HSE, store, n, E2M_ID_SQN, 0);
		CU_ASSERT_EQUAL(get_as(HSE2, store, n, E2M_ID_SQN, 0), KEYSET_STORE_HELD);
		CU_ASSERT_TRUE(held.is_news);
		CU_ASSERT_EQUAL(get_as(HSE2, store, n, E2M_ID_RAND, 0), KEYSET_STORE_HELD);
		CU_ASSERT_FALSE(held.is_news);
	}
	keyset_store_free(store);
}

static void a_held_keyset_goes_like_others_and_leaves_nothing_to_its_successor(void)
{
	struct keyset_store *store = keyset_store_new(1, 300, NULL);

	put(store, 1, 0);
	CU_ASSERT_EQUAL(get_as(HSE, store, 1, E2M_ID_SQN, 0), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(get_as(HSE2, store, 1, E2M_ID_SQN, 300 * S), KEYSET_STORE_NONE);
	put(store, 2, 300 * S); /* in its place */
	CU_ASSERT_EQUAL(get_as(HSE2, store, 2, E2M_ID_SQN, 300 * S), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(get_as(HSE, store, 2, E2M_ID_SQN, 300 * S), KEYSET_STORE_HELD);
	CU_ASSERT_TRUE(held.is_news);
	keyset_store_free(store);
}

/* --- replaced: two others of the IMSI, released for the first time after it, to the same HSE --- */

#define HSE3 "hse3.home.test"

/* All of IMSI 0, made in this order. */
static struct keyset_store *begin_of_one_imsi(const struct clusters *clusters)
{
	struct keyset_store *store = keyset_store_new(100, 300, clusters);

	for (unsigned n = 10; n <= 90; n += 10)
		put(store, n, S);
	lifetime = false;
	return store;
}

static enum keyset_store_result pull(const char *hse, struct keyset_store *store, unsigned n)
{
	return get_as(hse, store, n, n % 20 ? E2M_ID_SQN : E2M_ID_RAND, 2 * S);
}

static void a_keyset_is_replaced_by_two_others(void)
{
	struct keyset_store *store = begin_of_one_imsi(NULL);

	CU_ASSERT_EQUAL(pull(HSE, store, 10), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE, store, 20), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE, store, 10), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE, store, 30), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(get_as(HSE, store, 10, E2M_ID_RAND, 2 * S), KEYSET_STORE_REPLACED);
	CU_ASSERT_EQUAL(get_as(HSE, store, 10, E2M_ID_SQN, 2 * S), KEYSET_STORE_REPLACED);
	CU_ASSERT_EQUAL(pull(HSE, store, 20), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE, store, 30), KEYSET_STORE_FOUND);
	keyset_store_free(store);
}

static void one_other_under_both_its_names_replaces_nothing(void)
{
	struct keyset_store *store = begin_of_one_imsi(NULL);

	CU_ASSERT_EQUAL(pull(HSE, store, 10), KEYSET_STORE_FOUND);
	for (unsigned i = 0; i < 3; i++) {
		get_as(HSE, store, 20, E2M_ID_SQN, 2 * S);
		get_as(HSE, store, 20, E2M_ID_RAND, 2 * S);
	}
	CU_ASSERT_EQUAL(pull(HSE, store, 10), KEYSET_STORE_FOUND);
	keyset_store_free(store);
}

/* What counts is when they were released, not when they were made. */
static void others_that_were_released_before_replace_nothing(void)
{
	struct keyset_store *store = begin_of_one_imsi(NULL);

	CU_ASSERT_EQUAL(pull(HSE, store, 30), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE, store, 10), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE, store, 30), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE, store, 20), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE, store, 30), KEYSET_STORE_REPLACED);
	CU_ASSERT_EQUAL(pull(HSE, store, 10), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE, store, 40), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE, store, 10), KEYSET_STORE_REPLACED);
	keyset_store_free(store);
}

static void others_that_another_hse_got_replace_nothing(void)
{
	struct keyset_store *store = begin_of_one_imsi(NULL);

	CU_ASSERT_EQUAL(pull(HSE, store, 10), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE2, store, 20), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE2, store, 30), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE2, store, 40), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE, store, 10), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE2, store, 20), KEYSET_STORE_REPLACED);
	keyset_store_free(store);
}

static void another_subscribers_keysets_replace_nothing(void)
{
	struct keyset_store *store = begin_of_one_imsi(NULL);

	put(store, 11, S);
	put(store, 21, S);
	CU_ASSERT_EQUAL(pull(HSE, store, 10), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE, store, 11), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE, store, 21), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE, store, 10), KEYSET_STORE_FOUND);
	keyset_store_free(store);
}

static void a_keyset_with_a_lifetime_is_not_replaced(void)
{
	struct keyset_store *store = begin_of_one_imsi(NULL);

	lifetime = true;
	for (unsigned n = 10; n <= 50; n += 10)
		CU_ASSERT_EQUAL(pull(HSE, store, n), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE, store, 10), KEYSET_STORE_FOUND);
	lifetime = false; /* the subscriber has changed */
	CU_ASSERT_EQUAL(pull(HSE, store, 10), KEYSET_STORE_REPLACED);
	keyset_store_free(store);
}

static void the_nodes_of_a_cluster_are_one_hse(void)
{
	char *nodes[] = {(char[]){HSE}, (char[]){HSE2}};
	const struct cluster_config one = {.nodes = nodes, .nodes_count = 2};
	struct clusters *clusters = clusters_new(&one, 1);
	struct keyset_store *store = begin_of_one_imsi(clusters);

	CU_ASSERT_EQUAL(pull(HSE, store, 10), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull("HSE2.home.test", store, 10), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE3, store, 10), KEYSET_STORE_HELD);
	CU_ASSERT_EQUAL(pull(HSE2, store, 20), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE, store, 30), KEYSET_STORE_FOUND);
	CU_ASSERT_EQUAL(pull(HSE, store, 10), KEYSET_STORE_REPLACED);
	CU_ASSERT_EQUAL(pull(HSE2, store, 10), KEYSET_STORE_REPLACED);
	keyset_store_free(store);
	clusters_free(clusters);
}

/* What it has released it cannot release again, though it does not know of it any more. */
static void after_a_restart_nothing_of_before_is_released(void)
{
	struct keyset_store *store = begin_of_one_imsi(NULL);

	for (unsigned n = 10; n <= 30; n += 10)
		CU_ASSERT_EQUAL(pull(HSE, store, n), KEYSET_STORE_FOUND);
	keyset_store_free(store);
	store = keyset_store_new(100, 300, NULL);
	for (unsigned n = 10; n <= 90; n += 10)
		CU_ASSERT_EQUAL(pull(HSE, store, n), KEYSET_STORE_NONE);
	keyset_store_free(store);
}

UNIT_MAIN("hss_keyset_store",
	  {"a keyset is found by SQN and by RAND", a_keyset_is_found_by_sqn_and_by_rand},
	  {"a keyset of another IMSI is not found", a_keyset_of_another_imsi_is_not_found},
	  {"a keyset is gone when its time has passed", a_keyset_is_gone_when_its_time_has_passed},
	  {"the oldest goes when the store is full", the_oldest_goes_when_the_store_is_full},
	  {"a keyset is given to the HSE that was first, and to no other",
	   a_keyset_is_given_to_the_hse_that_was_first_and_to_no_other},
	  {"its other name is no way around that", its_other_name_is_no_way_around_that},
	  {"a second HSE is news once for each keyset", a_second_hse_is_news_once_for_each_keyset},
	  {"a held keyset goes like others, and leaves nothing to its successor",
	   a_held_keyset_goes_like_others_and_leaves_nothing_to_its_successor},
	  {"a keyset is replaced by two others", a_keyset_is_replaced_by_two_others},
	  {"one other under both its names replaces nothing",
	   one_other_under_both_its_names_replaces_nothing},
	  {"others that were released before replace nothing",
	   others_that_were_released_before_replace_nothing},
	  {"others that another hse got replace nothing",
	   others_that_another_hse_got_replace_nothing},
	  {"another subscribers keysets replace nothing",
	   another_subscribers_keysets_replace_nothing},
	  {"a keyset with a lifetime is not replaced", a_keyset_with_a_lifetime_is_not_replaced},
	  {"the nodes of a cluster are one hse", the_nodes_of_a_cluster_are_one_hse},
	  {"after a restart nothing of before is released",
	   after_a_restart_nothing_of_before_is_released})
