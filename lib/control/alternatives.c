/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/alternatives.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

#define LISTS 16384

/* Two for each session are enough: of its SGSN and of its GGSN. The oldest is forgotten beyond. */
#define OF_SESSION 2

struct alternative {
	TAILQ_ENTRY(alternative) same_hash;
	TAILQ_ENTRY(alternative) age;
	struct tunnel tunnel;  /* with the other address */
	struct tunnel control; /* of the session */
	struct e2m_imsi imsi;
};

TAILQ_HEAD(alternative_list, alternative);

struct alternatives {
	struct alternative_list lists[LISTS];
	struct alternative_list by_age;
	uint32_t count, max;
};

int alternatives_init(struct session_store *store)
{
	struct alternatives *all = calloc(1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	store->alternatives = all;
	all->max = OF_SESSION * (store->config.max + store->config.unprotected_max);
	TAILQ_INIT(&all->by_age);
	for (unsigned i = 0; i < LISTS; i++)
		TAILQ_INIT(&all->lists[i]);
	return 0;
}

static struct alternative_list *list_of(const struct session_store *store,
					const struct tunnel *tunnel)
{
	return &store->alternatives->lists[control_hash(store, tunnel, 0) % LISTS];
}

static struct alternative *find(const struct session_store *store, const struct tunnel *tunnel)
{
	struct alternative *a;

	TAILQ_FOREACH (a, list_of(store, tunnel), same_hash)
		if (tunnel_is_equal(&a->tunnel, tunnel))
			break;
	return a;
}

static void forget(struct session_store *store, struct alternative *a)
{
	TAILQ_REMOVE(list_of(store, &a->tunnel), a, same_hash);
	TAILQ_REMOVE(&store->alternatives->by_age, a, age);
	store->alternatives->count--;
	free(a);
}

void alternatives_free(struct session_store *store)
{
	while (store->alternatives && !TAILQ_EMPTY(&store->alternatives->by_age))
		forget(store, TAILQ_FIRST(&store->alternatives->by_age));
	free(store->alternatives);
}

/* Returns the end's tunnel with the address that control does not have. Returns false if there is none. */
static bool other_of(const struct tunnel *control, const struct message_end *end,
		     struct tunnel *other)
{
	*other = *control;
	if (end->ipv4.len == 0 || end->ipv6.len == 0 || control->teid == 0)
		return false;
	if (tunnel_is_ipv4(control))
		tunnel_set_ipv6(other, end->ipv6.octets);
	else
		tunnel_set_ipv4(other, end->ipv4.octets);
	return true;
}

void alternatives_note(struct session_store *store, const struct e2m_imsi *imsi,
		       const struct tunnel *control, const struct message_end *end)
{
	struct alternatives *all = store->alternatives;
	struct alternative *a;
	struct tunnel other;

	if (!other_of(control, end, &other))
		return;
	a = find(store, &other);
	if (a)
		forget(store, a);
	if (all->count >= all->max)
		forget(store, TAILQ_FIRST(&all->by_age));
	a = malloc(sizeof(*a));
	if (!a)
		return;
	*a = (struct alternative){.tunnel = other, .control = *control, .imsi = *imsi};
	TAILQ_INSERT_TAIL(list_of(store, &other), a, same_hash);
	TAILQ_INSERT_TAIL(&all->by_age, a, age);
	all->count++;
}

static bool is_same_subscriber(const struct session *s, const struct e2m_imsi *imsi)
{
	const struct e2m_imsi its = directory_imsi(s);

	return memcmp(&its, imsi, sizeof(its)) == 0;
}

/* The session may have ended or moved since: then its alternative means nothing. */
static bool is_valid(const struct session_store *store, enum directory_index which,
		     const struct alternative *a)
{
	struct session *s = NULL;

	while ((s = directory_next_of_control(store->directory, which, &a->control, s)) != NULL)
		if (is_same_subscriber(s, &a->imsi))
			return true;
	return false;
}

void alternatives_resolve(const struct session_store *store, enum directory_index which,
			  struct tunnel *tunnel)
{
	const struct alternative *a;

	if (tunnel->teid == 0 ||
	    directory_next_of_control(store->directory, which, tunnel, NULL) != NULL)
		return;
	a = find(store, tunnel);
	if (a && is_valid(store, which, a))
		*tunnel = a->control;
}

bool alternatives_has(const struct session_store *store, const struct session *s,
		      const struct tunnel *control, const struct tunnel *address)
{
	const struct alternative *a;
	struct tunnel tunnel = *address;

	tunnel.teid = control->teid;
	a = find(store, &tunnel);
	return a && tunnel_is_equal(&a->control, control) && is_same_subscriber(s, &a->imsi);
}
