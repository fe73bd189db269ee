/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/bearers.h"

#include <errno.h>
#include <stdlib.h>

#include "program/program.h"
#include "ue/loop.h"

enum { IN_USE, NEXT }; /* of keys */

static void received(void *arg, struct packet *packets, size_t count)
{
	struct bearer *bearer = arg;

	count = user_plane_open(&bearer->plane, packets, count, (uint32_t)loop_now_ms());
	bearer->all->received(bearer->all->arg, packets, count);
}

static void close_bearer(struct bearer *bearer)
{
	struct bearers *all = bearer->all;

	for (size_t i = 0; i < PDP_PLACES; i++)
		if (bearer->pdp.tunnels[i].teid)
			user_path_remove_tunnel(all->paths[i], &bearer->pdp.tunnels[i]);
	user_plane_free(&bearer->plane);
	free(bearer);
}

void bearers_free(struct bearers *all)
{
	while (all->count > 0)
		close_bearer(all->list[--all->count]);
	e2m_wipe(all->keys, sizeof(all->keys));
}

/* --- keysets --- */

int bearers_add_keyset(struct bearers *all, const struct e2m_keyset *keyset, uint8_t key_id)
{
	int err = 0;

	all->keys[NEXT].keyset = *keyset;
	all->keys[NEXT].key_id = key_id;
	for (unsigned i = 0; i < all->count && !err; i++)
		err = user_plane_add_keyset(&all->list[i]->plane, keyset, key_id);
	return err;
}

void bearers_use_keyset(struct bearers *all, uint8_t key_id)
{
	if (all->keys[NEXT].key_id == key_id) {
		all->keys[IN_USE] = all->keys[NEXT];
		e2m_wipe(&all->keys[NEXT], sizeof(all->keys[NEXT]));
	}
	for (unsigned i = 0; i < all->count; i++)
		user_plane_use_keyset(&all->list[i]->plane, key_id);
}

/* --- bearers --- */

static int open_bearer(struct bearer *bearer, uint8_t ebi)
{
	struct bearers *all = bearer->all;
	struct user_plane_config plane = all->plane;
	int err = 0;

	plane.bearer = ebi;
	user_plane_init(&bearer->plane, &plane, all->searches, all->counters);
	for (unsigned i = 0; i < USER_PLANE_KEYSETS && !err; i++)
		if (all->keys[i].key_id) {
			err = user_plane_add_keyset(&bearer->plane, &all->keys[i].keyset,
						    all->keys[i].key_id);
			if (i == IN_USE)
				user_plane_use_keyset(&bearer->plane, all->keys[i].key_id);
		}
	for (size_t i = 0; i < PDP_PLACES && !err; i++) {
		bearer->pdp.tunnels[i] = (struct user_tunnel){.received = received, .arg = bearer};
		if (all->paths[i])
			err = user_path_add_tunnel(all->paths[i], &bearer->pdp.tunnels[i]);
	}
	return err;
}

struct pdp_bearer *bearers_begin(struct bearers *all, uint8_t ebi, const struct gtp_octets *tft)
{
	struct bearer *bearer;

	if (all->count == PDP_BEARERS_MAX || !(bearer = calloc(1, sizeof(*bearer))))
		return NULL;
	bearer->all = all;
	if (!tft->data || tft_parse(&bearer->tft, tft->data, tft->len) ||
	    open_bearer(bearer, ebi)) {
		program_log(
			PROGRAM_WARNING,
			"EBI %u: a bearer that we cannot have: its TFT is none of ours, or there "
			"is no room",
			ebi);
		close_bearer(bearer);
		return NULL;
	}
	all->list[all->count++] = bearer;
	return &bearer->pdp;
}

void bearers_end(struct bearers *all, struct pdp_bearer *bearer)
{
	unsigned at = 0;

	while (&all->list[at]->pdp != bearer)
		at++;
	close_bearer(all->list[at]);
	all->list[at] = all->list[--all->count];
}

/* --- packets --- */

/* Of all bearers' filters the one with the lowest precedence; NULL: none. */
static struct bearer *bearer_of(const struct bearers *all, const struct packet *packet)
{
	struct bearer *found = NULL;
	int lowest = 0;

	for (unsigned i = 0; i < all->count; i++) {
		const int precedence = tft_match(&all->list[i]->tft, packet->data, packet->len);

		if (precedence >= 0 && (!found || precedence < lowest)) {
			found = all->list[i];
			lowest = precedence;
		}
	}
	return found;
}

size_t bearers_send(struct bearers *all, size_t place, struct packet *packets, size_t count)
{
	size_t kept = 0;

	if (all->count == 0)
		return count;
	for (size_t i = 0; i < count; i++) {
		struct packet packet = packets[i];
		struct bearer *bearer = bearer_of(all, &packet);

		if (!bearer)
			packets[kept++] = packet;
		else if (user_plane_protect(&bearer->plane, &packet, 1) == 1)
			user_path_send(all->paths[place], &bearer->pdp.tunnels[place], &packet, 1);
	}
	return kept;
}
