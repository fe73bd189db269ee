/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/networks.h"

#include <string.h>

#include "control/journal.h"
#include "control/rule.h"
#include "control/table.h"

bool networks_has_room(const struct session_store *store, unsigned count)
{
	return directory_room(store->directory, DIRECTORY_NETWORK) >= count;
}

/* The list of a network is in origin: a network has no origin of its own. */
static bool is_in(const struct session *network, unsigned lists)
{
	return lists >> network->origin & 1;
}

static bool is_wanted(const struct session *network, const struct pdp_network *networks,
		      unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (networks[i].list == network->origin &&
		    memcmp(&networks[i].prefix, &network->network, sizeof(network->network)) == 0)
			return true;
	return false;
}

/* Removes the networks of these lists that are not among networks. */
static void remove_others(struct session_store *store, const struct session *s, unsigned lists,
			  const struct pdp_network *networks, unsigned count)
{
	struct session *kept = NULL, *network;

	while ((network = directory_next_network(store->directory, s, kept)) != NULL) {
		if (!is_in(network, lists) || is_wanted(network, networks, count)) {
			kept = network;
			continue;
		}
		journal_note(store, network);
		directory_remove(store->directory, network);
	}
}

static bool has(const struct session_store *store, const struct session *s,
		const struct pdp_network *wanted)
{
	const struct session *network = NULL;

	while ((network = directory_next_network(store->directory, s, network)) != NULL)
		if (is_wanted(network, wanted, 1))
			return true;
	return false;
}

static void add(struct session_store *store, const struct session *s,
		const struct pdp_network *wanted)
{
	char text[PDP_PREFIX_STR];
	struct session *network;

	if (has(store, s, wanted))
		return;
	network = directory_add_network(store->directory, s, &wanted->prefix);
	if (!network) {
		control_log_of(store, s, SESSION_LOG_WARNING,
			       "no room for its network %s: packets of it are dropped; raise "
			       "sessions.unprotected_max",
			       pdp_prefix_str(&wanted->prefix, text));
		return;
	}
	network->origin = wanted->list & 3;
	journal_note(store, network);
}

void networks_replace(struct session_store *store, const struct session *s, unsigned lists,
		      const struct pdp_network *networks, unsigned count)
{
	if (s->kind != DIRECTORY_PROTECTED)
		return;
	remove_others(store, s, lists, networks, count);
	for (unsigned i = 0; i < count; i++)
		add(store, s, &networks[i]);
}

void networks_take_policy(struct session_store *store, const struct session *s)
{
	const struct policy_rule *rule =
		s->kind == DIRECTORY_PROTECTED ? rule_of_session(store, s) : NULL;
	struct pdp_network networks[PDP_NETWORKS_MAX];
	unsigned count = 0;

	for (; rule && count < rule->routes_count && count < PDP_NETWORKS_MAX; count++)
		networks[count] = (struct pdp_network){.prefix = rule->routes[count].prefix,
						       .list = PDP_NETWORKS_POLICY};
	networks_replace(store, s, 1u << PDP_NETWORKS_POLICY, networks, count);
}

struct pdp_address networks_widen(const struct session_store *store, const struct session *s,
				  const struct pdp_address *address)
{
	const struct policy_rule *rule =
		s->kind == DIRECTORY_PROTECTED ? rule_of_session(store, s) : NULL;
	struct pdp_address widened = *address;

	if (rule && rule->delegated_prefix_length > 0)
		pdp_address_set_length(&widened, rule->delegated_prefix_length);
	return widened;
}

/* Returns true if the PDN of s has a protected session other than s. */
static bool has_other_session(const struct session_store *store, const struct session *s)
{
	const struct e2m_imsi imsi = directory_imsi(s);
	const struct session *other = NULL;

	while ((other = table_next_of_subscriber(store, &imsi, other)) != NULL)
		if (other != s && other->primary == s->primary &&
		    other->kind == DIRECTORY_PROTECTED)
			return true;
	return false;
}

void networks_claim(struct session_store *store, const struct session *s)
{
	struct session *network = NULL;

	while ((network = directory_next_network(store->directory, s, network)) != NULL)
		network->is_passed_over = true;
}

/* If the process ended between two batches, a session may have gone without its networks. */
void networks_drop_unclaimed(struct session_store *store)
{
	uint32_t id = directory_count(store->directory, DIRECTORY_NETWORK)
			      ? directory_next_id(store->directory, 0)
			      : 0;

	for (; id != 0; id = directory_next_id(store->directory, id)) {
		struct session *network = directory_session(store->directory, id);

		if (!network || network->kind != DIRECTORY_NETWORK)
			continue;
		if (!network->is_passed_over) {
			journal_note(store, network);
			directory_remove(store->directory, network);
		} else {
			network->is_passed_over = false;
		}
	}
}

void networks_leave(struct session_store *store, const struct session *s)
{
	if (s->kind != DIRECTORY_UNPROTECTED && !has_other_session(store, s))
		remove_others(store, s, NETWORKS_REPORTED | 1u << PDP_NETWORKS_POLICY, NULL, 0);
}
