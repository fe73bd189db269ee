/* SPDX-License-Identifier: BSD-3-Clause */
#include "session_ends.h"

#include "program/program.h"

#define KEY_ID	 1
#define NPDU_LEN 24

static struct npdu_engine *engine;
static struct npdu_searches ue_searches, hse_searches;
static struct burst burst;

void ends_open(uint32_t windows)
{
	program_set_log_level(PROGRAM_ERROR);
	engine = npdu_engine_new(16);
	CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
	npdu_searches_init(&ue_searches, engine, windows, 0, 1, 0);
	npdu_searches_init(&hse_searches, engine, windows, 0, 2, 0);
}

void ends_close(void)
{
	npdu_engine_free(engine);
}

void ends_init(struct ends *ends, unsigned subscriber, unsigned keyset, uint8_t bearer)
{
	const struct user_plane_config config = {.numbers = &e2m_default_numbers,
						 .eea = E2M_EEA2,
						 .eia = E2M_EIA2,
						 .bearer = bearer,
						 .counter_octets = lab.config.counter_octets,
						 .replay_window = NPDU_WINDOW_DEFAULT};
	const struct e2m_imsi imsi = lab_imsi(subscriber);
	const struct e2m_keyset keys = lab_keyset(&imsi, keyset);

	memset(ends, 0, sizeof(*ends));
	user_plane_init(&ends->ue, &config, &ue_searches, &ends->counters);
	CU_ASSERT_EQUAL_FATAL(user_plane_add_keyset(&ends->ue, &keys, KEY_ID), 0);
	CU_ASSERT_EQUAL_FATAL(user_plane_use_keyset(&ends->ue, KEY_ID), 0);
}

void ends_free(struct ends *ends)
{
	user_plane_free(&ends->ue);
}

uint32_t ends_up_count(const struct ends *ends)
{
	return (uint32_t)ends->ue.uplink->up_count;
}

void ends_lose_up(struct ends *ends, uint32_t packets)
{
	ends->ue.uplink->up_count += packets;
}

static struct packet *next_packet(void)
{
	burst_reset(&burst);
	memset(burst.packets[0].data, 0x45, NPDU_LEN);
	burst.packets[0].len = NPDU_LEN;
	return &burst.packets[0];
}

/* --- downlink --- */

enum ends_verdict ends_take_down(struct ends *ends, const struct lab_flow *flow, unsigned slot)
{
	const struct lab_place *place = &flow->places[slot];
	const uint64_t pending = ends->counters.down_recovery_pending;
	const uint8_t n = lab.config.counter_octets;
	struct packet *packet = next_packet();
	struct npdu_op op = {.key = place->key,
			     .pdu = packet->data - npdu_header_len(n),
			     .npdu_len = NPDU_LEN,
			     .count = place->count - 1,
			     .bearer = flow->bearer,
			     .direction = E2M_DOWNLINK,
			     .counter_octets = n};

	npdu_write_header(op.pdu, n, KEY_ID, op.count);
	npdu_protect(engine, &op, 1);
	CU_ASSERT_TRUE(op.ok);
	packet->data = op.pdu;
	packet->len += npdu_header_len(n) + npdu_key_mac_len(place->key);
	if (user_plane_open(&ends->ue, packet, 1, 0) == 1)
		return ENDS_DELIVERED;
	return ends->counters.down_recovery_pending > pending ? ENDS_PENDING : ENDS_REFUSED;
}

/* --- uplink --- */

static struct npdu_window *window_of(struct ends *ends)
{
	return (struct npdu_window *)&ends->window;
}

/* The flow began, or began again, since: all below H counts as seen. */
static void follow(struct ends *ends, const struct lab_place *place)
{
	if (ends->window.h == place->count)
		return;
	memset(&ends->window, 0xff, sizeof(ends->window));
	ends->window.h = place->count;
	ends->recovery = (struct npdu_recovery){0};
	ends->waiting = 0;
}

static uint32_t window_size(void)
{
	return npdu_window_clamp(NPDU_WINDOW_DEFAULT, lab.config.counter_octets);
}

static bool is_replay(struct ends *ends, uint64_t count)
{
	return npdu_window_is_replay(window_of(ends), window_size(),
				     npdu_window_words(window_size()), (uint32_t)count);
}

enum ends_verdict ends_release_up(struct ends *ends, struct lab_flow *flow, unsigned slot)
{
	const struct lab_place *place = &flow->places[slot];
	const uint32_t needed = ends->waiting;

	follow(ends, place);
	if (ends->waiting == 0 || place->state != DATAPATH_KEY_READY)
		return ENDS_REFUSED;
	if (needed > place->ceiling.ceiling) {
		lab_low(flow, slot, needed);
		return ENDS_WAITS;
	}
	ends->waiting = 0;
	npdu_window_accept(window_of(ends), npdu_window_words(window_size()), needed - 1);
	if (needed > place->count)
		lab_use(flow, slot, needed - place->count);
	return ENDS_DELIVERED;
}

/* Checks 4 and 5, and recovery: op is open with a COUNT that was not seen. */
static enum ends_verdict receive(struct ends *ends, struct npdu_op *op)
{
	if (!is_replay(ends, op->count)) {
		npdu_open(engine, op, 1);
		if (op->ok)
			return ENDS_DELIVERED;
		npdu_restore(engine, op);
	}
	switch (npdu_recover(&hse_searches, &ends->turn, &ends->recovery, op, ends->window.h, 0)) {
	case NPDU_RECOVERED:
		return ENDS_DELIVERED;
	case NPDU_RECOVERY_PENDING:
		return ENDS_PENDING;
	default:
		return ENDS_REFUSED;
	}
}

enum ends_verdict ends_send_up(struct ends *ends, struct lab_flow *flow, unsigned slot)
{
	const struct lab_place *place = &flow->places[slot];
	const uint8_t n = lab.config.counter_octets;
	struct packet *packet = next_packet();
	enum ends_verdict verdict;

	follow(ends, place);
	CU_ASSERT_EQUAL_FATAL(user_plane_protect(&ends->ue, packet, 1), 1);
	struct npdu_op op = {.key = place->key,
			     .pdu = packet->data,
			     .npdu_len = NPDU_LEN,
			     .count = (uint32_t)npdu_reconstruct_count(
				     n, ends->window.h, npdu_read_ctr(packet->data, n)),
			     .bearer = flow->bearer,
			     .direction = E2M_UPLINK,
			     .counter_octets = n};
	verdict = receive(ends, &op);
	if (verdict != ENDS_DELIVERED)
		return verdict;
	/* The MAC covers COUNT: whatever was guessed, this is the UE's. */
	CU_ASSERT_EQUAL(op.count, ends_up_count(ends) - 1);
	lab_authenticated(flow, slot);
	ends->waiting = op.count + 1;
	return ends_release_up(ends, flow, slot);
}
