/* SPDX-License-Identifier: BSD-3-Clause */
/* The directory, read by threads while one writes: what stays is always found, and what was never there never is. */
#include <pthread.h>

#include "directory/directory.h"
#include "unit.h"

/* Few lists, so that readers and the writer meet in each. */
#define PLACES	16
#define STABLE	4
#define READERS 2
#define ROUNDS	200000
#define ABSENT	1000

static struct {
	struct directory *d;
	bool is_over;
	unsigned long missed, invented, looks;
} lab;

static struct tunnel tunnel_of(unsigned number)
{
	const uint8_t address[] = {10, 0, 0, (uint8_t)(number % 3)};
	struct tunnel t = {.teid = number};

	tunnel_set_ipv4(&t, address);
	return t;
}

static struct pdp_prefix address_of(unsigned number)
{
	return (struct pdp_prefix){.length = 32,
				   .octets = {10, 9, (uint8_t)(number >> 8), (uint8_t)number}};
}

static void give(struct session *s, unsigned number)
{
	const struct tunnel tunnel = tunnel_of(number);
	struct pdp_address address = {0};

	for (unsigned direction = 0; direction < 2; direction++) {
		directory_unindex(lab.d, s, INDEX_TUNNEL_UP + direction);
		directory_set_tunnel(lab.d, &s->tunnel[direction], &tunnel);
		directory_index(lab.d, s, INDEX_TUNNEL_UP + direction);
	}
	directory_join_ggsn(lab.d, tunnel.receiver, tunnel.receiver);
	pdp_address_set_ipv4(&address, address_of(number).octets);
	directory_set_address(lab.d, s, &address);
}

static struct session *add(enum directory_kind kind, unsigned number)
{
	struct e2m_imsi imsi;
	struct session *s;

	snprintf(imsi.digits, sizeof(imsi.digits), "26201%010u", number);
	s = directory_add(lab.d, kind, &imsi, 5);
	give(s, number);
	return s;
}

static void look_at(unsigned number, bool is_there)
{
	const struct tunnel tunnel = tunnel_of(number);
	const struct pdp_prefix address = address_of(number);
	const struct session *up = directory_find_tunnel(lab.d, &tunnel, E2M_UPLINK);
	const struct session *down = directory_find_tunnel(lab.d, &tunnel, E2M_DOWNLINK);
	const bool is_guarded = directory_guards(lab.d, tunnel.receiver, &address, NULL);

	if (is_there && (!up || up != down || !is_guarded))
		__atomic_fetch_add(&lab.missed, 1, __ATOMIC_RELAXED);
	if (!is_there && (up || down || is_guarded))
		__atomic_fetch_add(&lab.invented, 1, __ATOMIC_RELAXED);
}

static void *read_on(void *arg)
{
	(void)arg;
	for (unsigned i = 0; !__atomic_load_n(&lab.is_over, __ATOMIC_RELAXED); i++) {
		look_at(i % STABLE, true);
		look_at(ABSENT + i % 64, false);
		__atomic_fetch_add(&lab.looks, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* Sessions come, move, change their addresses and their kind, and go. */
static void churn(void)
{
	struct session *moving = add(DIRECTORY_UNPROTECTED, 100);

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct session *s = add(DIRECTORY_PROTECTED, 200 + i % 100);

		give(moving, 400 + i % 200);
		moving = directory_convert(lab.d, moving,
					   i % 2 ? DIRECTORY_UNPROTECTED : DIRECTORY_PROTECTED);
		directory_remove(lab.d, s);
	}
}

static void reader_never_misses_a_session_that_stays(void)
{
	const struct directory_config config = {.protected_max = PLACES,
						.others_max = PLACES,
						.protected_octets = sizeof(struct session),
						.hash_secret = 1};
	pthread_t readers[READERS];

	lab.d = directory_new(&config);
	CU_ASSERT_PTR_NOT_NULL_FATAL(lab.d);
	for (unsigned i = 0; i < STABLE; i++)
		add(DIRECTORY_PROTECTED, i);
	for (unsigned i = 0; i < READERS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&readers[i], NULL, read_on, NULL), 0);
	while (__atomic_load_n(&lab.looks, __ATOMIC_RELAXED) < READERS)
		;
	churn();
	__atomic_store_n(&lab.is_over, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	CU_ASSERT_EQUAL(lab.missed, 0);
	CU_ASSERT_EQUAL(lab.invented, 0);
	directory_free(lab.d);
}

UNIT_MAIN("directory_readers",
	  {"reader never misses a session that stays", reader_never_misses_a_session_that_stays})
