/* SPDX-License-Identifier: BSD-3-Clause */
/* Groups pdus and reconstruct: e2m.md 7. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check-vectors-entry.h"
#include "npdu/npdu.h"

/* Octets after the MAC that must stay as they are. */
#define TAIL   16
#define CANARY 0xA5

struct pdu {
	struct e2m_keyset keyset;
	uint64_t ciphering, integrity, key_id, count, bearer, direction, counter_octets, mac_octets;
	uint8_t *npdu, *pdu;
	size_t npdu_len, pdu_len;
};

/* A packet in memory as the engine wants it, with canaries around it. */
struct packet {
	uint8_t *memory;
	uint8_t *pdu;
	size_t size;
	struct npdu_op op;
};

static bool read_pdu(struct entry *e, struct pdu *p)
{
	if (!entry_hex(e, "e2mck", p->keyset.e2mck, E2M_KEY_LEN) ||
	    !entry_hex(e, "e2mik", p->keyset.e2mik, E2M_KEY_LEN) ||
	    !entry_uint(e, "ciphering", UINT8_MAX, &p->ciphering) ||
	    !entry_uint(e, "integrity", UINT8_MAX, &p->integrity) ||
	    !entry_uint(e, "key_id", E2M_KEY_ID_MAX, &p->key_id) ||
	    !entry_uint(e, "count", NPDU_COUNT_MAX, &p->count) ||
	    !entry_uint(e, "bearer", 31, &p->bearer) ||
	    !entry_uint(e, "direction", E2M_DOWNLINK, &p->direction) ||
	    !entry_uint(e, "counter_octets", NPDU_COUNTER_OCTETS_MAX, &p->counter_octets) ||
	    !entry_uint(e, "mac_octets", NPDU_MAC_MAX, &p->mac_octets))
		return false;
	p->npdu = entry_octets(e, "npdu", &p->npdu_len);
	p->pdu = entry_octets(e, "pdu", &p->pdu_len);
	if (!p->npdu || !p->pdu)
		return false;
	if (p->npdu_len > NPDU_LEN_MAX) {
		entry_fail(e, "npdu", "expected at most %u octets, got %zu", NPDU_LEN_MAX,
			   p->npdu_len);
		return false;
	}
	return entry_expect_uint(e, "pdu (octets)",
				 npdu_header_len((unsigned)p->counter_octets) + p->npdu_len +
					 p->mac_octets,
				 p->pdu_len);
}

static bool packet_make(struct packet *packet, const struct pdu *p, const struct npdu_key *key)
{
	packet->size = NPDU_HEADROOM + p->pdu_len + TAIL;
	packet->memory = malloc(packet->size);
	if (!packet->memory)
		return false;
	memset(packet->memory, CANARY, packet->size);
	packet->pdu = packet->memory + NPDU_HEADROOM;
	packet->op = (struct npdu_op){
		.key = key,
		.pdu = packet->pdu,
		.npdu_len = (uint32_t)p->npdu_len,
		.count = (uint32_t)p->count,
		.bearer = (uint8_t)p->bearer,
		.direction = (uint8_t)p->direction,
		.counter_octets = (uint8_t)p->counter_octets,
	};
	return true;
}

static bool check_canaries(struct entry *e, const char *field, const struct packet *packet)
{
	for (size_t i = 0; i < packet->size; i++) {
		if (i == NPDU_HEADROOM)
			i = packet->size - TAIL;
		if (packet->memory[i] != CANARY) {
			entry_fail(e, field,
				   "expected the octets around it untouched, got 0x%02x "
				   "at %zd",
				   packet->memory[i], (ssize_t)i - NPDU_HEADROOM);
			return false;
		}
	}
	return true;
}

static void check_header(struct entry *e, const struct pdu *p)
{
	unsigned n = (unsigned)p->counter_octets;
	uint64_t w = UINT64_C(1) << (3 + 8 * n);
	uint8_t header[NPDU_HEADER_MAX];

	npdu_write_header(header, n, (uint8_t)p->key_id, (uint32_t)p->count);
	entry_expect_octets(e, "pdu (header)", p->pdu, npdu_header_len(n), header,
			    npdu_header_len(n));
	entry_expect_uint(e, "pdu (U and R)", 1, npdu_header_is_valid(p->pdu[0]));
	entry_expect_uint(e, "key_id", p->key_id, npdu_header_key_id(p->pdu[0]));
	entry_expect_uint(e, "pdu (CTR)", p->count % w, npdu_read_ctr(p->pdu, n));
	/* A receiver that has seen all before it finds the COUNT again. */
	entry_expect_uint(e, "count", p->count,
			  npdu_reconstruct_count(n, (uint32_t)p->count, npdu_read_ctr(p->pdu, n)));
}

static void check_protect(struct entry *e, const struct pdu *p, struct npdu_engine *engine,
			  struct packet *packet)
{
	size_t header_len = npdu_header_len((unsigned)p->counter_octets);

	npdu_write_header(packet->pdu, (unsigned)p->counter_octets, (uint8_t)p->key_id,
			  (uint32_t)p->count);
	memcpy(packet->pdu + header_len, p->npdu, p->npdu_len);
	npdu_protect(engine, &packet->op, 1);
	if (entry_expect_uint(e, "pdu (protect: ok)", 1, packet->op.ok) &&
	    entry_expect_octets(e, "pdu", p->pdu, p->pdu_len, packet->pdu, p->pdu_len))
		check_canaries(e, "pdu", packet);
}

static void check_open(struct entry *e, const struct pdu *p, struct npdu_engine *engine,
		       struct packet *packet)
{
	size_t header_len = npdu_header_len((unsigned)p->counter_octets);

	memcpy(packet->pdu, p->pdu, p->pdu_len);
	npdu_open(engine, &packet->op, 1);
	if (entry_expect_uint(e, "npdu (open: ok)", 1, packet->op.ok) &&
	    entry_expect_octets(e, "npdu", p->npdu, p->npdu_len, packet->pdu + header_len,
				p->npdu_len))
		check_canaries(e, "npdu", packet);
}

/* Where there is a MAC, no bit of header, first ciphertext and MAC may be flipped. */
static void check_rejects(struct entry *e, const struct pdu *p, struct npdu_engine *engine,
			  struct packet *packet)
{
	for (size_t i = 0; i < p->pdu_len && p->mac_octets; i++) {
		size_t mac_at = p->pdu_len - p->mac_octets;

		if (i == NPDU_HEADER_MAX + 1 && i < mac_at)
			i = mac_at;
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(packet->pdu, p->pdu, p->pdu_len);
			packet->pdu[i] ^= (uint8_t)(1u << bit);
			npdu_open(engine, &packet->op, 1);
			if (!packet->op.ok)
				continue;
			entry_fail(e, "pdu",
				   "expected to be refused with bit %u of octet %zu "
				   "flipped, got accepted",
				   bit, i);
			return;
		}
	}
}

static void check_with_key(struct entry *e, const struct pdu *p, const struct npdu_key *key)
{
	struct npdu_engine *engine = npdu_engine_new(16);
	struct packet packet = {0};

	if (!entry_expect_uint(e, "mac_octets", p->mac_octets, npdu_key_mac_len(key)))
		goto out;
	if (!engine || !packet_make(&packet, p, key)) {
		entry_fail(e, "pdu",
			   "expected an engine, got none: no memory, or a CPU without "
			   "AES instructions");
		goto out;
	}
	check_header(e, p);
	check_protect(e, p, engine, &packet);
	check_open(e, p, engine, &packet);
	check_rejects(e, p, engine, &packet);
out:
	free(packet.memory);
	npdu_engine_free(engine);
}

void check_pdu(struct entry *e)
{
	struct pdu p = {0};

	if (read_pdu(e, &p)) {
		const struct npdu_profile profile = {
			.eea = (enum e2m_eea)p.ciphering,
			.eia = (enum e2m_eia)p.integrity,
			.counter_octets = (uint8_t)p.counter_octets,
			.gcm_tag_octets = (uint8_t)p.mac_octets,
		};
		struct npdu_key *key = npdu_key_new(&e2m_default_numbers, &p.keyset, &profile);

		if (key)
			check_with_key(e, &p, key);
		else
			entry_fail(e, "ciphering",
				   "expected a key for ciphering %u (%s) with integrity %u (%s), "
				   "got: %s",
				   (unsigned)p.ciphering, e2m_eea_name((unsigned)p.ciphering),
				   (unsigned)p.integrity, e2m_eia_name((unsigned)p.integrity),
				   strerror(errno));
		npdu_key_free(key);
	}
	free(p.npdu);
	free(p.pdu);
}

void check_reconstruct(struct entry *e)
{
	uint64_t n, h, ctr, count;

	if (!entry_uint(e, "counter_octets", NPDU_COUNTER_OCTETS_MAX, &n) ||
	    !entry_uint(e, "h", UINT32_MAX, &h) ||
	    !entry_uint(e, "ctr", (UINT64_C(1) << (3 + 8 * n)) - 1, &ctr) ||
	    !entry_uint(e, "count", UINT64_C(1) << 33, &count))
		return;
	entry_expect_uint(e, "count", count,
			  npdu_reconstruct_count((unsigned)n, (uint32_t)h, (uint32_t)ctr));
}
