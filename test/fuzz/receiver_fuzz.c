/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A receiver with recovery (e2m.md 7) that gets what a sender has sent, in any order, with outages and junk between. No COUNT is
 * accepted that was not sent, none twice, H only grows, and a PDU that is refused is as it came.
 */
#include "npdu/recovery.h"

#include <string.h>

#include "fuzz.h"
#include "npdu/window.h"

#define STEPS_MAX 64
#define LEN	  24

/* As the octets of the input lie. Octets before: suite, counter octets and bounds, window. */
struct step {
	uint8_t kind; /* low bits: below; others: how far an outage is shifted */
	uint8_t amount[2];
	uint8_t wait; /* in units of 50 ms */
};

enum { NEXT, OUTAGE, AGAIN, JUNK, KINDS };

static const struct npdu_profile profiles[] = {
	{E2M_EEA2, E2M_EIA2, 0, 0}, {E2M_EEA1, E2M_EIA3, 0, 0},	      {E2M_EEA3, E2M_EIA1, 0, 0},
	{E2M_EEA0, E2M_EIA2, 0, 0}, {E2M_EEA_GCM, E2M_EIA_GCM, 0, 8}, {E2M_EEA2, E2M_EIA0, 0, 0},
};

#define PROFILES (sizeof(profiles) / sizeof(profiles[0]))

struct receiver {
	const struct npdu_key *key;
	uint8_t n;
	uint32_t window_size, words;
	struct npdu_window_any window;
	struct npdu_recovery recovery;
	struct npdu_search_turn turn;
	struct npdu_searches searches;
	uint32_t now_ms;
	uint32_t accepted[STEPS_MAX];
	size_t accepted_count;
};

static struct npdu_engine *engine;
static struct npdu_key *keys[4][PROFILES];

static void set_up(void)
{
	const struct e2m_keyset keyset = {.e2mck = {1, 2, 3}, .e2mik = {4, 5, 6}};

	engine = npdu_engine_new(32);
	FUZZ_CHECK(engine);
	for (uint8_t n = 0; n < 4; n++)
		for (size_t i = 0; i < PROFILES; i++) {
			struct npdu_profile profile = profiles[i];
			profile.counter_octets = n;
			keys[n][i] = npdu_key_new(&e2m_default_numbers, &keyset, &profile);
			FUZZ_CHECK(keys[n][i]);
		}
}

static struct npdu_window *window_of(struct receiver *r)
{
	return (struct npdu_window *)&r->window;
}

static struct npdu_op op_of(const struct receiver *r, uint8_t *pdu, uint32_t count)
{
	return (struct npdu_op){.key = r->key,
				.pdu = pdu,
				.npdu_len = LEN,
				.count = count,
				.bearer = 5,
				.direction = E2M_UPLINK,
				.counter_octets = r->n};
}

/* The N-PDU says which COUNT it was sent with. */
static void send(const struct receiver *r, uint8_t *pdu, uint32_t count)
{
	struct npdu_op op = op_of(r, pdu, count);

	memset(pdu, 0x5A, NPDU_HEADER_MAX + LEN + NPDU_MAC_MAX);
	npdu_write_header(pdu, r->n, 1, count);
	memcpy(pdu + npdu_header_len(r->n), &count, sizeof(count));
	npdu_protect(engine, &op, 1);
	FUZZ_CHECK(op.ok);
}

static void accept(struct receiver *r, const struct npdu_op *op)
{
	const uint32_t h = r->window.h;
	uint32_t sent;

	memcpy(&sent, op->pdu + npdu_header_len(r->n), sizeof(sent));
	if (npdu_key_mac_len(r->key) > 0)
		FUZZ_CHECK(sent == op->count);
	for (size_t i = 0; i < r->accepted_count; i++)
		FUZZ_CHECK(r->accepted[i] != op->count);
	r->accepted[r->accepted_count++] = op->count;
	npdu_window_accept(window_of(r), r->words, op->count);
	FUZZ_CHECK(r->window.h >= h && r->window.h > op->count);
}

/* True: it was accepted. */
static bool receive(struct receiver *r, uint8_t *pdu)
{
	const uint32_t h = r->window.h;
	const uint64_t count = npdu_reconstruct_count(r->n, h, npdu_read_ctr(pdu, r->n));
	struct npdu_op op;
	enum npdu_recovery_result result;

	if (count > NPDU_COUNT_MAX)
		return false;
	op = op_of(r, pdu, (uint32_t)count);
	if (!npdu_window_is_replay(window_of(r), r->window_size, r->words, op.count)) {
		npdu_open(engine, &op, 1);
		if (op.ok) {
			accept(r, &op);
			return true;
		}
	}
	result = npdu_recover(&r->searches, &r->turn, &r->recovery, &op, h, r->now_ms);
	if (result == NPDU_RECOVERED) {
		FUZZ_CHECK(op.count >= h && npdu_key_mac_len(r->key) > 0);
		accept(r, &op);
		return true;
	}
	FUZZ_CHECK(op.count == count);
	if (result == NPDU_RECOVERY_PENDING)
		FUZZ_CHECK(npdu_recovery_pending(&r->recovery, h, r->now_ms) > h);
	npdu_restore(engine, &op);
	return false;
}

static void run_step(struct receiver *r, const struct step *step, uint32_t *next)
{
	uint8_t memory[NPDU_HEADROOM + NPDU_HEADER_MAX + LEN + NPDU_MAC_MAX];
	uint8_t came[sizeof(memory)], *pdu = memory + NPDU_HEADROOM;
	const uint32_t amount = (uint32_t)(step->amount[0] << 8 | step->amount[1]);
	uint64_t count = *next;

	memset(memory, 0x5A, sizeof(memory));
	r->now_ms += step->wait * 50;
	if (step->kind % KINDS == OUTAGE)
		count += (uint64_t)amount << (step->kind / KINDS % 16);
	else if (step->kind % KINDS != NEXT)
		count -= amount < count ? amount : count;
	if (count > NPDU_COUNT_MAX)
		return;
	send(r, pdu, (uint32_t)count);
	if (step->kind % KINDS == JUNK && npdu_key_mac_len(r->key) > 0)
		pdu[amount % (npdu_header_len(r->n) + LEN)] ^= (uint8_t)(1 << amount % 8);
	if (count >= *next && step->kind % KINDS != JUNK)
		*next = (uint32_t)count + 1;
	memcpy(came, memory, sizeof(memory));
	if (!receive(r, pdu))
		FUZZ_CHECK(memcmp(came, memory, sizeof(memory)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct receiver r;
	uint32_t next = 0;

	if (!engine)
		set_up();
	if (size < 3)
		return 0;
	r = (struct receiver){.n = data[1] & 3, .now_ms = 1000};
	r.key = keys[r.n][data[0] % PROFILES];
	r.window_size = npdu_window_clamp(data[2] + 1U, r.n);
	r.words = npdu_window_words(r.window_size);
	/* Few windows where there are no bounds, or it would take long. */
	npdu_searches_init(&r.searches, engine, data[1] & 4 ? 40 : NPDU_RECOVERY_WINDOWS_AUTO,
			   data[1] & 4 ? 0 : NPDU_RECOVERY_PER_S_DEFAULT, data[0], r.now_ms);
	data += 3;
	size -= 3;
	for (size_t i = 0; i < STEPS_MAX && size >= sizeof(struct step); i++) {
		run_step(&r, (const struct step *)data, &next);
		data += sizeof(struct step);
		size -= sizeof(struct step);
	}
	return 0;
}
