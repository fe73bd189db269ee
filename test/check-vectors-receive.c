/* SPDX-License-Identifier: BSD-3-Clause */
/* Groups receive and sequences: the checks and the recovery of e2m.md 7, one PDU after the other, as the workers make
 * them, without bounds of searches. Each entry is received twice: with the code of the library npdu itself, and with that of
 * intel-ipsec-mb alone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check-vectors-entry.h"
#include "npdu/recovery.h"
#include "npdu/window.h"

#define PDU_MAX 4096

struct receiver {
	struct e2m_keyset keyset;
	uint64_t ciphering, integrity, bearer, direction, counter_octets, mac_octets;
	uint64_t window_size, recovery_windows, h;
	struct npdu_key *key;
	struct npdu_engine *engine;
	struct npdu_searches searches;
	struct npdu_search_turn turn;
	struct npdu_recovery recovery;
	struct npdu_window_any window;
};

struct received {
	const char *verdict;
	uint32_t count;
	bool has_count, is_open;
	uint8_t memory[NPDU_HEADROOM + PDU_MAX];
	uint8_t *npdu;
	uint32_t npdu_len;
};

static bool read_receiver(struct entry *e, struct receiver *r)
{
	return entry_hex(e, "e2mck", r->keyset.e2mck, E2M_KEY_LEN) &&
	       entry_hex(e, "e2mik", r->keyset.e2mik, E2M_KEY_LEN) &&
	       entry_uint(e, "ciphering", UINT8_MAX, &r->ciphering) &&
	       entry_uint(e, "integrity", UINT8_MAX, &r->integrity) &&
	       entry_uint(e, "bearer", 31, &r->bearer) &&
	       entry_uint(e, "direction", E2M_DOWNLINK, &r->direction) &&
	       entry_uint(e, "counter_octets", NPDU_COUNTER_OCTETS_MAX, &r->counter_octets) &&
	       entry_uint(e, "mac_octets", NPDU_MAC_MAX, &r->mac_octets) &&
	       entry_uint(e, "window", NPDU_WINDOW_MAX, &r->window_size) &&
	       entry_uint(e, "recovery_windows", NPDU_RECOVERY_WINDOWS_MAX, &r->recovery_windows) &&
	       entry_uint(e, "h", NPDU_COUNT_MAX + UINT64_C(1), &r->h);
}

static struct npdu_window *window_of(struct receiver *r)
{
	return (struct npdu_window *)&r->window;
}

static uint32_t words_of(const struct receiver *r)
{
	return npdu_window_words((uint32_t)r->window_size);
}

/* Of the COUNTs below H only H - 1 was seen. */
static bool receiver_init(struct entry *e, struct receiver *r, bool library_only)
{
	const struct npdu_profile profile = {
		.eea = (enum e2m_eea)r->ciphering,
		.eia = (enum e2m_eia)r->integrity,
		.counter_octets = (uint8_t)r->counter_octets,
		.gcm_tag_octets = (uint8_t)r->mac_octets,
	};

	if (r->window_size > UINT64_C(1) << (2 + 8 * r->counter_octets)) {
		entry_fail(e, "window", "expected at most W/2, got %u", (unsigned)r->window_size);
		return false;
	}
	r->key = npdu_key_new(&e2m_default_numbers, &r->keyset, &profile);
	if (!r->key) {
		entry_fail(e, "ciphering",
			   "expected a key for ciphering %u with integrity %u, got: %s",
			   (unsigned)r->ciphering, (unsigned)r->integrity, strerror(errno));
		return false;
	}
	r->engine = npdu_engine_new(16);
	if (!r->engine || (library_only && npdu_engine_use_library_only(r->engine) != 0)) {
		entry_fail(e, "pdu", "expected an engine, got none");
		return false;
	}
	npdu_searches_init(&r->searches, r->engine, (uint32_t)r->recovery_windows, 0, 1, 0);
	if (r->h > 0)
		npdu_window_accept(window_of(r), words_of(r), (uint32_t)r->h - 1);
	return entry_expect_uint(e, "mac_octets", r->mac_octets, npdu_key_mac_len(r->key));
}

static void receiver_free(struct receiver *r)
{
	npdu_engine_free(r->engine);
	npdu_key_free(r->key);
}

static void accept(struct receiver *r, struct received *out, const struct npdu_op *op,
		   const char *verdict)
{
	npdu_window_accept(window_of(r), words_of(r), op->count);
	out->verdict = verdict;
	out->count = op->count;
	out->has_count = out->is_open = true;
	out->npdu = op->pdu + npdu_header_len(op->counter_octets);
	out->npdu_len = op->npdu_len;
}

/* Of a PDU that has failed check 4 or 5. */
static void recover(struct receiver *r, struct received *out, struct npdu_op *op,
		    const char *failed)
{
	switch (npdu_recover(&r->searches, &r->turn, &r->recovery, op, r->window.h, 0)) {
	case NPDU_RECOVERED:
		accept(r, out, op, "recovered");
		break;
	case NPDU_RECOVERY_PENDING:
		out->verdict = "recovery_pending";
		out->count = r->recovery.pending;
		out->has_count = true;
		break;
	case NPDU_NOT_RECOVERED:
		out->verdict = failed;
	}
}

/* e2m.md 7, in the order of its checks. Keys have no Key ID here: check 2 is not made. */
static void receive(struct receiver *r, struct received *out, size_t len)
{
	uint8_t *pdu = out->memory + NPDU_HEADROOM;
	const unsigned n = (unsigned)r->counter_octets;
	const size_t least = npdu_header_len(n) + npdu_key_mac_len(r->key);
	uint64_t count;

	if (len < least || !npdu_header_is_valid(pdu[0])) {
		out->verdict = "malformed";
		return;
	}
	count = npdu_reconstruct_count(n, r->window.h, npdu_read_ctr(pdu, n));
	if (count > NPDU_COUNT_MAX) {
		out->verdict = "count_range";
		return;
	}
	struct npdu_op op = {.key = r->key,
			     .pdu = pdu,
			     .npdu_len = (uint32_t)(len - least),
			     .count = (uint32_t)count,
			     .bearer = (uint8_t)r->bearer,
			     .direction = (uint8_t)r->direction,
			     .counter_octets = (uint8_t)n};
	if (npdu_window_is_replay(window_of(r), (uint32_t)r->window_size, words_of(r), op.count)) {
		recover(r, out, &op, "replay");
		return;
	}
	npdu_open(r->engine, &op, 1);
	if (op.ok) {
		accept(r, out, &op, "opened");
		return;
	}
	recover(r, out, &op, "bad_mac");
	npdu_restore(r->engine, &op);
}

static void check_count(struct entry *e, const struct received *out)
{
	uint64_t count;

	if (json_is_null(json_object_get(e->object, "count")))
		entry_expect_uint(e, "count (none)", 0, out->has_count);
	else if (entry_uint(e, "count", NPDU_COUNT_MAX, &count) &&
		 entry_expect_uint(e, "count (any)", 1, out->has_count))
		entry_expect_uint(e, "count", count, out->count);
}

/* The PDU of e, and what is expected of it. False: e has failed. */
static bool check_pdu_received(struct entry *e, struct receiver *r, struct received *out)
{
	const char *verdict = json_string_value(json_object_get(e->object, "verdict"));
	size_t len = 0;
	uint8_t *pdu = entry_octets(e, "pdu", &len);

	if (!pdu || len > PDU_MAX || !verdict) {
		entry_fail(e, verdict ? "pdu" : "verdict", "missing, or too long");
		free(pdu);
		return false;
	}
	memset(out, 0, sizeof(*out));
	memcpy(out->memory + NPDU_HEADROOM, pdu, len);
	receive(r, out, len);
	if (strcmp(verdict, out->verdict) != 0)
		entry_fail(e, "verdict", "expected %s, got %s", verdict, out->verdict);
	check_count(e, out);
	/* What was not opened is as it came: another COUNT can still be tried. */
	if (!out->is_open)
		entry_expect_octets(e, "pdu (afterwards)", pdu, len, out->memory + NPDU_HEADROOM,
				    len);
	free(pdu);
	return !e->failed;
}

static void check_npdu(struct entry *e, const struct received *out)
{
	if (json_is_null(json_object_get(e->object, "npdu")))
		entry_expect_uint(e, "npdu (none)", 0, out->is_open);
	else
		entry_check_hex(e, "npdu", out->is_open ? out->npdu : out->memory, out->npdu_len);
}

static void check_step(struct entry *e, struct receiver *r)
{
	struct received out;
	uint64_t h;

	if (check_pdu_received(e, r, &out) && entry_uint(e, "h", UINT32_MAX, &h))
		entry_expect_uint(e, "h", h, r->window.h);
}

static void check_steps(struct entry *e, struct receiver *r)
{
	const json_t *steps = json_object_get(e->object, "steps");
	char group[64];
	struct entry step = {.group = group};

	if (!json_is_array(steps) || json_array_size(steps) == 0) {
		entry_fail(e, "steps", "expected a list of PDUs");
		return;
	}
	snprintf(group, sizeof(group), "%s[%zu].steps", e->group, e->index);
	for (; step.index < json_array_size(steps) && !step.failed; step.index++) {
		step.object = json_array_get(steps, step.index);
		check_step(&step, r);
	}
	e->failed |= step.failed;
}

/* Runs check on a receiver of e, with either code. */
static void with_receiver(struct entry *e, void (*check)(struct entry *e, struct receiver *r))
{
	for (int library_only = 0; library_only <= 1 && !e->failed; library_only++) {
		struct receiver r = {0};

		if (read_receiver(e, &r) && receiver_init(e, &r, library_only))
			check(e, &r);
		receiver_free(&r);
	}
}

static void check_one(struct entry *e, struct receiver *r)
{
	struct received out;

	if (check_pdu_received(e, r, &out))
		check_npdu(e, &out);
}

void check_receive(struct entry *e)
{
	with_receiver(e, check_one);
}

void check_sequence(struct entry *e)
{
	with_receiver(e, check_steps);
}
