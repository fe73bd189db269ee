/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * user_plane: the UE's side of e2m.md 7. N-PDUs in, protected N-PDUs out, and back; keysets, COUNTs and
 * replay windows of one bearer. Knows neither sockets nor tunnels.
 */
#ifndef UE_USER_PLANE_H
#define UE_USER_PLANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "e2m/e2m.h"
#include "npdu/forgery.h"
#include "npdu/npdu.h"
#include "npdu/recovery.h"
#include "npdu/window.h"
#include "ue/counters.h"
#include "ue/packet.h"

/* The same for all of a session: e2m.md 7. */
struct user_plane_config {
	const struct e2m_numbers *numbers;
	enum e2m_eea eea;
	enum e2m_eia eia;
	uint8_t gcm_tag_octets;
	uint8_t bearer; /* NSAPI */
	uint8_t counter_octets;
	uint32_t replay_window;
	uint32_t bad_mac_per_s; /* forgery budget of 4-octet MACs; 0: no limit */
};

struct user_plane_keyset {
	struct npdu_key *key; /* NULL: the place is free */
	uint8_t key_id;
	uint64_t up_count; /* COUNT of the next uplink PDU; above NPDU_COUNT_MAX: spent */
	struct npdu_window *down;
	struct npdu_recovery recovery; /* recovery of the downlink COUNT */
	uint64_t down_ahead; /* h, if every PDU that is being opened turns out to be right */
};

/* The one in use and the one before or after it: e2m.md 7, last paragraph. */
#define USER_PLANE_KEYSETS 2

struct user_plane {
	struct user_plane_config config;
	struct npdu_engine *engine;
	struct npdu_searches *searches;
	struct ue_counters *counters;
	struct user_plane_keyset keysets[USER_PLANE_KEYSETS];
	struct user_plane_keyset *uplink; /* NULL: nothing can be sent */
	uint32_t window;		  /* e2m.md 7: at most W/2 */
	uint32_t window_words;
	struct npdu_search_turn turn;
	struct npdu_forgeries forgeries;
	bool is_flooded; /* the forgery budget of this second is used up */
};

/* The caller owns searches, with its engine, and counters; they must outlive plane. */
void user_plane_init(struct user_plane *plane, const struct user_plane_config *config,
		     struct npdu_searches *searches, struct ue_counters *counters);
/* Wipes and frees keys. */
void user_plane_free(struct user_plane *plane);

/* From now on downlink PDUs with key_id are opened with keyset. It takes the place of the keyset that
 * the uplink does not use, and of any other with that key_id. -EINVAL: algorithms that may not be
 * combined, or key_id in use by the uplink; -ENOMEM. */
int user_plane_add_keyset(struct user_plane *plane, const struct e2m_keyset *keyset,
			  uint8_t key_id);

/* From now on the uplink uses the keyset of key_id. -ENOENT. */
int user_plane_use_keyset(struct user_plane *plane, uint8_t key_id);

/* packets[0..count) are N-PDUs, with PACKET_HEADROOM and PACKET_TAILROOM; count at most BURST_MAX.
 * Protects them; what cannot be sent is counted and left out. Returns how many remain, in order. */
size_t user_plane_protect(struct user_plane *plane, struct packet *packets, size_t count);

/* packets[0..count) are the payloads of G-PDUs, with NPDU_HEADROOM before each; count is at most
 * BURST_MAX. Makes the checks of e2m.md 7 and opens the packets, with recovery of a lost COUNT.
 * Packets that fail are counted and removed. now_ms may wrap. Returns the number of packets left,
 * in order. */
size_t user_plane_open(struct user_plane *plane, struct packet *packets, size_t count,
		       uint32_t now_ms);

#endif
