/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/user_plane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "program/program.h"

void user_plane_init(struct user_plane *plane, const struct user_plane_config *config,
		     struct npdu_searches *searches, struct ue_counters *counters)
{
	*plane = (struct user_plane){.config = *config,
				     .engine = searches->engine,
				     .searches = searches,
				     .counters = counters};
	plane->window = npdu_window_clamp(config->replay_window, config->counter_octets);
	plane->window_words = npdu_window_words(plane->window);
}

static void drop_keyset(struct user_plane_keyset *keyset)
{
	npdu_key_free(keyset->key);
	free(keyset->down);
	*keyset = (struct user_plane_keyset){0};
}

void user_plane_free(struct user_plane *plane)
{
	plane->uplink = NULL;
	for (size_t i = 0; i < USER_PLANE_KEYSETS; i++)
		drop_keyset(&plane->keysets[i]);
}

static struct user_plane_keyset *find_keyset(struct user_plane *plane, uint8_t key_id)
{
	for (size_t i = 0; i < USER_PLANE_KEYSETS; i++)
		if (plane->keysets[i].key && plane->keysets[i].key_id == key_id)
			return &plane->keysets[i];
	return NULL;
}

int user_plane_add_keyset(struct user_plane *plane, const struct e2m_keyset *keyset, uint8_t key_id)
{
	const struct user_plane_config *config = &plane->config;
	struct user_plane_keyset *place = &plane->keysets[0];

	if (place == plane->uplink)
		place = &plane->keysets[1];
	if (plane->uplink && plane->uplink->key_id == key_id)
		return -EINVAL;
	errno = ENOMEM;
	const struct npdu_profile profile = {
		.eea = config->eea,
		.eia = config->eia,
		.counter_octets = config->counter_octets,
		.gcm_tag_octets = config->gcm_tag_octets,
	};
	struct npdu_key *key = npdu_key_new(config->numbers, keyset, &profile);
	if (!key)
		return -errno;
	struct npdu_window *down =
		calloc(1, sizeof(*down) + plane->window_words * sizeof(down->bits[0]));
	if (!down) {
		npdu_key_free(key);
		return -ENOMEM;
	}
	drop_keyset(place);
	place->key = key;
	place->key_id = key_id;
	place->down = down;
	return 0;
}

int user_plane_use_keyset(struct user_plane *plane, uint8_t key_id)
{
	struct user_plane_keyset *keyset = find_keyset(plane, key_id);

	if (!keyset)
		return -ENOENT;
	plane->uplink = keyset;
	return 0;
}

/* --- uplink --- */

/* Gives the N-PDU its header and COUNT. */
static bool prepare_uplink(struct user_plane *plane, struct packet *packet, struct npdu_op *op)
{
	const struct user_plane_config *config = &plane->config;
	struct user_plane_keyset *keyset = plane->uplink;
	size_t header = npdu_header_len(config->counter_octets);

	if (packet->len > NPDU_LEN_MAX) {
		plane->counters->up_too_long++;
		return false;
	}
	if (!keyset || keyset->up_count > NPDU_COUNT_MAX) {
		plane->counters->up_keyset_spent++;
		return false;
	}
	*op = (struct npdu_op){
		.key = keyset->key,
		.pdu = packet->data - header,
		.npdu_len = (uint32_t)packet->len,
		.count = (uint32_t)keyset->up_count++,
		.bearer = config->bearer,
		.direction = E2M_UPLINK,
		.counter_octets = config->counter_octets,
	};
	npdu_write_header(op->pdu, config->counter_octets, keyset->key_id, op->count);
	packet->data = op->pdu;
	packet->len += header + npdu_key_mac_len(keyset->key);
	return true;
}

size_t user_plane_protect(struct user_plane *plane, struct packet *packets, size_t count)
{
	struct npdu_op ops[BURST_MAX];
	size_t prepared = 0, kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct packet packet = packets[i];
		if (prepare_uplink(plane, &packet, &ops[prepared]))
			packets[prepared++] = packet;
	}
	npdu_protect(plane->engine, ops, prepared);
	for (size_t i = 0; i < prepared; i++) {
		if (!ops[i].ok) {
			plane->counters->up_crypto_failed++;
			continue;
		}
		packets[kept++] = packets[i];
		plane->counters->up_octets += ops[i].npdu_len;
	}
	plane->counters->up_packets += kept;
	return kept;
}

/* --- downlink --- */

/* PDUs on their way through the engine. */
struct opening {
	struct npdu_op ops[BURST_MAX];
	struct user_plane_keyset *keysets[BURST_MAX];
	size_t count;
	uint32_t now_ms;
};

static bool is_replay(const struct user_plane *plane, const struct user_plane_keyset *keyset,
		      uint64_t count)
{
	return npdu_window_is_replay(keyset->down, plane->window, plane->window_words,
				     (uint32_t)count);
}

static uint64_t reconstruct(const struct user_plane *plane, uint64_t h, const uint8_t *pdu)
{
	const unsigned n = plane->config.counter_octets;

	return npdu_reconstruct_count(n, (uint32_t)h, npdu_read_ctr(pdu, n));
}

/* Call it for a PDU that has reached check 5 while the forgery budget is used up. */
static bool is_flood(struct user_plane *plane, uint32_t now_ms)
{
	switch (npdu_forgeries_check(&plane->forgeries, now_ms, &plane->searches->random)) {
	case NPDU_FORGERY_OVER:
		plane->is_flooded = false;
		return false;
	case NPDU_FORGERY_CHECK:
		return false;
	default:
		plane->counters->down_bad_mac_flood++;
		return true;
	}
}

/* Checks 1 to 3; *undecided when COUNT depends on whether PDUs before it turn out to be right. */
static bool prepare_downlink(struct user_plane *plane, const struct packet *packet,
			     struct opening *opening, bool *undecided)
{
	const struct user_plane_config *config = &plane->config;
	size_t header = npdu_header_len(config->counter_octets);
	size_t mac = npdu_mac_len(config->eia, config->gcm_tag_octets);

	*undecided = false;
	/* No N-PDU of a tunnel with an MTU is longer than what the engine takes. */
	if (packet->len < header + mac || !npdu_header_is_valid(packet->data[0]) ||
	    packet->len - header - mac > NPDU_LEN_MAX) {
		plane->counters->down_malformed++;
		return false;
	}
	struct user_plane_keyset *keyset = find_keyset(plane, npdu_header_key_id(packet->data[0]));
	if (!keyset) {
		plane->counters->down_unknown_key_id++;
		return false;
	}
	uint64_t count = reconstruct(plane, keyset->down->h, packet->data);
	uint64_t ahead = reconstruct(plane, keyset->down_ahead, packet->data);
	if (opening->count > 0 && keyset->down_ahead > keyset->down->h && count != ahead) {
		*undecided = true;
		return false;
	}
	if (count > NPDU_COUNT_MAX) {
		plane->counters->down_count_range++;
		return false;
	}
	if (plane->is_flooded && !is_replay(plane, keyset, count) &&
	    is_flood(plane, opening->now_ms))
		return false;
	if (keyset->down_ahead <= count)
		keyset->down_ahead = count + 1;
	opening->keysets[opening->count] = keyset;
	opening->ops[opening->count++] = (struct npdu_op){
		.key = keyset->key,
		.pdu = packet->data,
		.npdu_len = (uint32_t)(packet->len - header - mac),
		.count = (uint32_t)count,
		.bearer = config->bearer,
		.direction = E2M_DOWNLINK,
		.counter_octets = config->counter_octets,
	};
	return true;
}

/* The MAC of op is wrong for its COUNT. */
static void note_bad_mac(struct user_plane *plane, const struct user_plane_keyset *keyset,
			 struct npdu_op *op, uint32_t now_ms)
{
	const uint32_t per_s = plane->config.bad_mac_per_s;

	npdu_restore(plane->engine, op);
	if (per_s > 0 && npdu_key_mac_len(op->key) < NPDU_FORGERY_TAG &&
	    !is_replay(plane, keyset, op->count) &&
	    npdu_forgeries_note(&plane->forgeries, per_s, now_ms))
		plane->is_flooded = true;
}

/* Earlier PDUs may have advanced H since the COUNT of op was reconstructed. Returns false if check
 * 3 has failed. */
static bool open_again(struct user_plane *plane, const struct user_plane_keyset *keyset,
		       struct npdu_op *op, uint32_t now_ms)
{
	const uint64_t count = reconstruct(plane, keyset->down->h, op->pdu);

	if (count > NPDU_COUNT_MAX) {
		plane->counters->down_count_range++;
		return false;
	}
	if (count == op->count)
		return true;
	op->count = (uint32_t)count;
	if (is_replay(plane, keyset, count))
		return true;
	npdu_open(plane->engine, op, 1);
	if (!op->ok)
		note_bad_mac(plane, keyset, op, now_ms);
	return true;
}

static void say_recovered(const struct user_plane *plane, uint32_t h, uint32_t count)
{
	if (plane->counters->down_recovered == 1)
		program_log(PROGRAM_INFO,
			    "bearer %u: COUNT recovered downlink: %u after %u PDUs that did not "
			    "come; counted from now on as down.recovered",
			    plane->config.bearer, count, count - h);
}

/* op has failed check 4 or 5. Returns true if it is open, with a new COUNT. */
static bool recover(struct user_plane *plane, struct user_plane_keyset *keyset, struct npdu_op *op,
		    uint32_t now_ms)
{
	const uint32_t h = keyset->down->h;
	const bool is_old = is_replay(plane, keyset, op->count);

	switch (npdu_recover(plane->searches, &plane->turn, &keyset->recovery, op, h, now_ms)) {
	case NPDU_RECOVERED:
		plane->counters->down_recovered++;
		say_recovered(plane, h, op->count);
		return true;
	case NPDU_RECOVERY_PENDING:
		plane->counters->down_recovery_pending++;
		return false;
	default:
		++*(is_old ? &plane->counters->down_replay : &plane->counters->down_bad_mac);
		return false;
	}
}

/* Checks 4 and 5 of op after its crypto. Returns true if it is open, with a new COUNT. */
static bool check(struct user_plane *plane, struct user_plane_keyset *keyset, struct npdu_op *op,
		  uint32_t now_ms)
{
	if (op->ok && is_replay(plane, keyset, op->count)) {
		/* The MAC proves this COUNT, so there is no other COUNT to search. */
		plane->counters->down_replay++;
		return false;
	}
	if (op->ok)
		return true;
	note_bad_mac(plane, keyset, op, now_ms);
	if (!open_again(plane, keyset, op, now_ms))
		return false;
	return op->ok || recover(plane, keyset, op, now_ms);
}

/* Handles PDU by PDU, in order. Appends those that pass to packets[0..kept). */
static size_t finish_downlink(struct user_plane *plane, struct opening *opening,
			      struct packet *packets, size_t kept)
{
	npdu_open(plane->engine, opening->ops, opening->count);
	for (size_t i = 0; i < opening->count; i++) {
		struct user_plane_keyset *keyset = opening->keysets[i];
		struct npdu_op *op = &opening->ops[i];
		if (!check(plane, keyset, op, opening->now_ms))
			continue;
		npdu_window_accept(keyset->down, plane->window_words, op->count);
		packets[kept].data = op->pdu + npdu_header_len(op->counter_octets);
		packets[kept].len = op->npdu_len;
		kept++;
		plane->counters->down_packets++;
		plane->counters->down_octets += op->npdu_len;
	}
	opening->count = 0;
	for (size_t i = 0; i < USER_PLANE_KEYSETS; i++)
		if (plane->keysets[i].key)
			plane->keysets[i].down_ahead = plane->keysets[i].down->h;
	return kept;
}

size_t user_plane_open(struct user_plane *plane, struct packet *packets, size_t count,
		       uint32_t now_ms)
{
	struct opening opening = {.count = 0, .now_ms = now_ms};
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		bool undecided;
		prepare_downlink(plane, &packets[i], &opening, &undecided);
		if (undecided) {
			kept = finish_downlink(plane, &opening, packets, kept);
			prepare_downlink(plane, &packets[i], &opening, &undecided);
		}
	}
	return finish_downlink(plane, &opening, packets, kept);
}
