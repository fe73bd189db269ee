/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The input is a row of operations: what makes one (struct recipe), then its N-PDU. They are protected in
 * one call and opened in another; then once more, with a bit of each spoilt in between.
 */
#include "npdu/npdu.h"

#include <string.h>

#include "fuzz.h"

#define OPS_MAX	  16
#define N_PDU_MAX 1024
#define TAIL	  32
#define CANARY	  0x5A

/* As the octets of the input lie. */
struct recipe {
	uint8_t algorithms; /* place in the table of keys */
	uint8_t flags;	    /* bits 0-1 counter octets, 2 direction, 3-7 bearer */
	uint8_t count[4];
	uint8_t flip; /* which bit of the PDU to spoil */
	uint8_t len[2];
};

static const struct {
	uint8_t eea, eia, tag;
} algorithms[] = {
	{E2M_EEA0, E2M_EIA1, 0},       {E2M_EEA0, E2M_EIA2, 0},	       {E2M_EEA0, E2M_EIA3, 0},
	{E2M_EEA1, E2M_EIA0, 0},       {E2M_EEA1, E2M_EIA1, 0},	       {E2M_EEA1, E2M_EIA2, 0},
	{E2M_EEA1, E2M_EIA3, 0},       {E2M_EEA2, E2M_EIA0, 0},	       {E2M_EEA2, E2M_EIA1, 0},
	{E2M_EEA2, E2M_EIA2, 0},       {E2M_EEA2, E2M_EIA3, 0},	       {E2M_EEA3, E2M_EIA0, 0},
	{E2M_EEA3, E2M_EIA1, 0},       {E2M_EEA3, E2M_EIA2, 0},	       {E2M_EEA3, E2M_EIA3, 0},
	{E2M_EEA_GCM, E2M_EIA_GCM, 8}, {E2M_EEA_GCM, E2M_EIA_GCM, 16},
};

#define ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

struct packet {
	struct npdu_op op;
	const uint8_t *npdu;
	size_t pdu_len;
	uint8_t flip;
	uint8_t memory[NPDU_HEADROOM + NPDU_HEADER_MAX + N_PDU_MAX + NPDU_MAC_MAX + TAIL];
};

static struct npdu_engine *engine;
static struct npdu_key *keys[ALGORITHMS];
static struct packet packets[OPS_MAX];

static void set_up(void)
{
	struct e2m_keyset keyset = {.e2mck = {1, 2, 3}, .e2mik = {4, 5, 6}};

	engine = npdu_engine_new(16);
	FUZZ_CHECK(engine);
	for (size_t i = 0; i < ALGORITHMS; i++) {
		const struct npdu_profile profile = {
			.eea = (enum e2m_eea)algorithms[i].eea,
			.eia = (enum e2m_eia)algorithms[i].eia,
			.counter_octets = 1,
			.gcm_tag_octets = (uint8_t)algorithms[i].tag,
		};

		keys[i] = npdu_key_new(&e2m_default_numbers, &keyset, &profile);
		FUZZ_CHECK(keys[i]);
	}
}

/* Makes a packet of what stands at the front of data; returns how much that is, 0 for nothing more. */
static size_t make_packet(struct packet *p, const uint8_t *data, size_t size)
{
	struct recipe recipe;

	if (size < sizeof(recipe))
		return 0;
	memcpy(&recipe, data, sizeof(recipe));

	size_t left = size - sizeof(recipe);
	size_t len = (size_t)(recipe.len[0] << 8 | recipe.len[1]) % (N_PDU_MAX + 1);
	unsigned n = recipe.flags & 3;
	uint32_t count = (uint32_t)recipe.count[0] << 24 | (uint32_t)recipe.count[1] << 16 |
			 (uint32_t)recipe.count[2] << 8 | recipe.count[3];

	if (len > left)
		len = left;
	p->npdu = data + sizeof(recipe);
	p->flip = recipe.flip;
	p->op = (struct npdu_op){
		.key = keys[recipe.algorithms % ALGORITHMS],
		.pdu = p->memory + NPDU_HEADROOM,
		.npdu_len = (uint32_t)len,
		.count = count > NPDU_COUNT_MAX ? NPDU_COUNT_MAX : count,
		.bearer = recipe.flags >> 3,
		.direction = recipe.flags >> 2 & 1,
		.counter_octets = (uint8_t)n,
	};
	p->pdu_len = npdu_header_len(n) + len + npdu_key_mac_len(p->op.key);
	memset(p->memory, CANARY, sizeof(p->memory));
	return sizeof(recipe) + len;
}

static void check_around(const struct packet *p)
{
	for (size_t i = 0; i < NPDU_HEADROOM; i++)
		FUZZ_CHECK(p->memory[i] == CANARY);
	for (size_t i = NPDU_HEADROOM + p->pdu_len; i < sizeof(p->memory); i++)
		FUZZ_CHECK(p->memory[i] == CANARY);
}

static void check_header(const struct packet *p, uint8_t key_id)
{
	unsigned n = p->op.counter_octets;
	uint64_t w = UINT64_C(1) << (3 + 8 * n);
	uint32_t ctr = npdu_read_ctr(p->op.pdu, n);

	FUZZ_CHECK(npdu_header_is_valid(p->op.pdu[0]));
	FUZZ_CHECK(npdu_header_key_id(p->op.pdu[0]) == key_id);
	FUZZ_CHECK(ctr == p->op.count % w);
	/* e2m.md 7: the one value in [base, base + W - 1] that is CTR mod W. */
	for (uint32_t h = p->op.count; h > 1; h /= 2) {
		uint64_t base = h > w / 2 ? h - w / 2 : 0;
		uint64_t count = npdu_reconstruct_count(n, h, ctr);

		FUZZ_CHECK(count >= base && count < base + w && count % w == ctr);
	}
}

static void protect(struct npdu_op *ops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct packet *p = &packets[i];
		uint8_t key_id = 1 + i % E2M_KEY_ID_MAX;

		npdu_write_header(p->op.pdu, p->op.counter_octets, key_id, p->op.count);
		memcpy(p->op.pdu + npdu_header_len(p->op.counter_octets), p->npdu, p->op.npdu_len);
		check_header(p, key_id);
		ops[i] = p->op;
	}
	npdu_protect(engine, ops, count);
	for (size_t i = 0; i < count; i++) {
		FUZZ_CHECK(ops[i].ok);
		check_around(&packets[i]);
	}
}

/* What was protected opens to what it was; with a bit flipped it does not, where there is a MAC. */
static void open_again(struct npdu_op *ops, size_t count, bool spoilt)
{
	for (size_t i = 0; spoilt && i < count; i++)
		packets[i].op.pdu[packets[i].flip / 8 % packets[i].pdu_len] ^=
			(uint8_t)(1u << packets[i].flip % 8);
	npdu_open(engine, ops, count);
	for (size_t i = 0; i < count; i++) {
		const struct packet *p = &packets[i];

		check_around(p);
		FUZZ_CHECK(ops[i].ok == (!spoilt || !npdu_key_mac_len(p->op.key)));
		if (!spoilt)
			FUZZ_CHECK(memcmp(p->op.pdu + npdu_header_len(p->op.counter_octets),
					  p->npdu, p->op.npdu_len) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct npdu_op ops[OPS_MAX];
	size_t count = 0, at = 0;

	if (!engine)
		set_up();
	while (count < OPS_MAX) {
		size_t taken = make_packet(&packets[count], data + at, size - at);

		if (!taken)
			break;
		at += taken;
		count++;
	}
	protect(ops, count);
	open_again(ops, count, false);
	protect(ops, count);
	open_again(ops, count, true);
	return 0;
}
