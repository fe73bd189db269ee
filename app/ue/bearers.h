/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bearers: the bearers that a UE has beside the one that its PDN connection began with. Each has a TFT, tunnels,
 * and COUNTs and a BEARER of its own; the keysets are those of the PDN connection.
 */
#ifndef UE_BEARERS_H
#define UE_BEARERS_H

#include "ue/pdp.h"
#include "ue/tft.h"
#include "ue/user_plane.h"

struct bearers;

struct bearer {
	struct pdp_bearer pdp; /* first: pdp.c knows it by this */
	struct bearers *all;
	struct tft tft;
	struct user_plane plane;
};

struct bearers {
	struct user_plane_config plane; /* but for the bearer */
	struct npdu_searches *searches;
	struct ue_counters *counters;
	struct user_path *paths[PDP_PLACES]; /* NULL: there is no such place */
	struct bearer *list[PDP_BEARERS_MAX];
	unsigned count;
	/* For bearers to come: the keyset in use, and the one that is to be. */
	struct {
		struct e2m_keyset keyset;
		uint8_t key_id; /* 0: none */
	} keys[USER_PLANE_KEYSETS];
	/* Downlink N-PDUs of any of them, opened. */
	void (*received)(void *arg, const struct packet *packets, size_t count);
	void *arg;
};

void bearers_free(struct bearers *bearers);

/* user_plane_add_keyset and user_plane_use_keyset for all of them. Negative errno. */
int bearers_add_keyset(struct bearers *bearers, const struct e2m_keyset *keyset, uint8_t key_id);
void bearers_use_keyset(struct bearers *bearers, uint8_t key_id);

/* For pdp_config. */
struct pdp_bearer *bearers_begin(struct bearers *bearers, uint8_t ebi,
				 const struct gtp_octets *tft);
void bearers_end(struct bearers *bearers, struct pdp_bearer *bearer);

/* Sends those of packets[0..count) that are for one of the bearers, from the given place; returns how many remain,
 * in order. */
size_t bearers_send(struct bearers *bearers, size_t place, struct packet *packets, size_t count);

#endif
