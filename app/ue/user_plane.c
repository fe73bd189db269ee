/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/user_plane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void user_plane_init(struct user_plane *plane, const struct user_plane_config *config,
		     struct npdu_engine *engine, struct ue_counters *counters)
{
	*plane = (struct user_plane){.config = *config, .engine = engine, .counters = counters};
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

/* PDUs on their way through the engine. */
struct opening {
	struct npdu_op ops[BURST_MAX];
	struct user_plane_keyset *keysets[BURST_MAX];
	size_t count;
};

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
	uint32_t ctr = npdu_read_ctr(packet->data, config->counter_octets);
	uint64_t count = npdu_reconstruct_count(config->counter_octets, keyset->down->h, ctr);
	uint64_t ahead =
		npdu_reconstruct_count(config->counter_octets, (uint32_t)keyset->down_ahead, ctr);
	if (opening->count > 0 && keyset->down_ahead > keyset->down->h && count != ahead) {
		*undecided = true;
		return false;
	}
	if (count > NPDU_COUNT_MAX) {
		plane->counters->down_count_range++;
		return false;
	}
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

/* Checks 4 and 5, PDU by PDU as they came; what remains is appended to packets[0..kept). */
static size_t finish_downlink(struct user_plane *plane, struct opening *opening,
			      struct packet *packets, size_t kept)
{
	npdu_open(plane->engine, opening->ops, opening->count);
	for (size_t i = 0; i < opening->count; i++) {
		struct user_plane_keyset *keyset = opening->keysets[i];
		const struct npdu_op *op = &opening->ops[i];
		if (npdu_window_is_replay(keyset->down, plane->window, plane->window_words,
					  op->count)) {
			plane->counters->down_replay++;
			continue;
		}
		if (!op->ok) {
			plane->counters->down_bad_mac++;
			continue;
		}
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

size_t user_plane_open(struct user_plane *plane, struct packet *packets, size_t count)
{
	struct opening opening = {.count = 0};
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
