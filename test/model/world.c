/* SPDX-License-Identifier: BSD-3-Clause */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "frame.h"
#include "hse.h"
#include "judge.h"

const struct subscriber subscribers[SUBS] = {
	[SUB_V] = {"V", "262010000000001", .has_keys = true, .node = NODE_SGSN1},
	[SUB_V2] = {"V2", "262010000000002", .has_keys = true, .node = NODE_SGSN1},
	[SUB_W] = {"W", "262010000000003", .has_keys = true, .node = NODE_SGSN2},
	[SUB_U] = {"U", "262010000000004", .node = NODE_SGSN1},
	[SUB_A] = {"A", "262010000000005", true, true, NODE_ATTACKER},
	[SUB_A2] = {"A2", "262010000000006", true, true, NODE_ATTACKER},
	[SUB_B] = {"B", "262010000000007", true, false, NODE_ATTACKER},
};

#define PARTS 8

struct queue under_way, seen;
bool everyone_is_protected, unknown_passes;
bool is_told;

unsigned subscriber_of(const char *imsi)
{
	unsigned i = 0;

	while (i < SUBS && strcmp(subscribers[i].imsi, imsi) != 0)
		i++;
	return i;
}

/* --- nodes --- */

static struct tunnel end_at(uint8_t third, uint8_t last, bool is_ipv6, uint32_t teid)
{
	struct tunnel end = {.teid = teid};
	const uint8_t ipv4[] = {10, 1, third, last};
	const uint8_t ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, [14] = third, [15] = last};

	if (is_ipv6)
		tunnel_set_ipv6(&end, ipv6);
	else
		tunnel_set_ipv4(&end, ipv4);
	return end;
}

struct tunnel node_end(unsigned node, bool is_ipv6, uint32_t teid)
{
	return end_at(0, (uint8_t)(1 + node), is_ipv6, teid);
}

struct tunnel ggsn_end(unsigned ggsn, unsigned address, bool is_ipv6, uint32_t teid)
{
	return end_at((uint8_t)(1 + ggsn), (uint8_t)(1 + address), is_ipv6, teid);
}

unsigned ggsn_of(const struct tunnel *end)
{
	for (unsigned g = 0; g < GGSNS; g++)
		for (unsigned a = 0; a < 3; a++)
			for (unsigned v = 0; v < 2; v++) {
				const struct tunnel own = ggsn_end(g, a, v, 0);

				if (tunnel_has_same_receiver(&own, end))
					return g;
			}
	return GGSNS;
}

const char *apn_name(unsigned apn)
{
	return apn == 0 ? "internet" : "corporate";
}

/* --- PDP addresses --- */

void pdn_octets_ipv4(uint8_t number, uint8_t octets[4])
{
	memcpy(octets, (uint8_t[]){10, 2, 0, number}, 4);
}

void pdn_octets_ipv6(uint8_t number, uint8_t octets[16])
{
	memset(octets, 0, 16);
	memcpy(octets, (uint8_t[]){0x20, 0x01, 0x0d, 0xb8, 0, 0x77, 0, number}, 8);
	octets[15] = 1;
}

uint8_t pdn_number_ipv4(const uint8_t octets[4])
{
	return octets[0] == 10 && octets[1] == 2 && octets[2] == 0 ? octets[3] : 0;
}

uint8_t pdn_number_ipv6(const uint8_t octets[16])
{
	return octets[0] == 0x20 && octets[1] == 1 && octets[5] == 0x77 ? octets[7] : 0;
}

/* --- random numbers --- */

static uint64_t random_state;

/* SplitMix64. */
static uint64_t next_random(void)
{
	uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void random_begin(uint64_t seed, uint64_t sequence, uint64_t step)
{
	random_state = seed;
	random_state = next_random() ^ sequence;
	random_state = next_random() ^ step;
	next_random();
}

unsigned pick(unsigned n)
{
	return (unsigned)((next_random() >> 33) % n);
}

/* --- keys --- */

static struct npdu_key *keys[SUBS][KEYSETS + 1];
static struct npdu_engine *engine;

static struct e2m_keyset keyset_of(unsigned sub, unsigned keyset)
{
	struct e2m_keyset made;

	memset(made.e2mck, (int)(0x10 * sub + keyset), sizeof(made.e2mck));
	memset(made.e2mik, (int)(0x80 + 0x10 * sub + keyset), sizeof(made.e2mik));
	return made;
}

struct e2m_keyset_id keyset_id(unsigned sub, unsigned keyset, bool is_rand)
{
	uint8_t value[E2M_RAND_LEN];

	memset(value, (int)(0x10 * (sub + 1) + keyset), sizeof(value));
	return e2m_keyset_id_make(is_rand ? E2M_ID_RAND : E2M_ID_SQN, value);
}

bool find_keyset(void *arg, const struct e2m_imsi *imsi, const struct e2m_keyset_id *id,
		 struct e2m_keyset *keyset)
{
	const unsigned sub = subscriber_of(imsi->digits), number = id->value[0] % 0x10;
	struct e2m_keyset_id its;

	(void)arg;
	if (sub == SUBS || !subscribers[sub].has_keys || number == 0 || number > KEYSETS)
		return false;
	its = keyset_id(sub, number, id->type == E2M_ID_RAND);
	if (memcmp(&its, id, sizeof(its)) != 0)
		return false;
	*keyset = keyset_of(sub, number);
	return true;
}

int keys_open(void)
{
	const struct npdu_profile profile = {
		.eea = E2M_EEA2, .eia = E2M_EIA2, .counter_octets = COUNTER_OCTETS};

	engine = npdu_engine_new(32);
	for (unsigned s = 0; s < SUBS; s++)
		for (unsigned k = 1; k <= KEYSETS; k++) {
			const struct e2m_keyset keyset = keyset_of(s, k);

			keys[s][k] = npdu_key_new(&e2m_default_numbers, &keyset, &profile);
			if (!keys[s][k])
				return -1;
		}
	return engine ? 0 : -1;
}

void keys_close(void)
{
	for (unsigned s = 0; s < SUBS; s++)
		for (unsigned k = 1; k <= KEYSETS; k++)
			npdu_key_free(keys[s][k]);
	npdu_engine_free(engine);
}

#define NPDU_ROOM 2048

size_t keys_protect(unsigned sub, unsigned keyset, uint8_t key_id, uint8_t bearer, uint32_t count,
		    const uint8_t *npdu, size_t len, uint8_t *out)
{
	static uint8_t room[NPDU_HEADROOM + NPDU_ROOM];
	const size_t header = npdu_header_len(COUNTER_OCTETS);
	struct npdu_op op = {.key = keys[sub][keyset],
			     .pdu = room + NPDU_HEADROOM,
			     .npdu_len = (uint32_t)len,
			     .count = count,
			     .bearer = bearer,
			     .direction = E2M_UPLINK,
			     .counter_octets = COUNTER_OCTETS};

	npdu_write_header(op.pdu, COUNTER_OCTETS, key_id, count);
	memcpy(op.pdu + header, npdu, len);
	npdu_protect(engine, &op, 1);
	memcpy(out, op.pdu, header + len + 4);
	return header + len + 4;
}

int keys_open_npdu(unsigned sub, unsigned keyset, uint8_t bearer, const uint8_t *pdu, size_t len,
		   uint8_t *npdu, uint32_t *count)
{
	static uint8_t room[NPDU_HEADROOM + NPDU_ROOM];
	const size_t header = npdu_header_len(COUNTER_OCTETS);
	struct npdu_op op = {.key = keys[sub][keyset],
			     .pdu = room + NPDU_HEADROOM,
			     .bearer = bearer,
			     .direction = E2M_DOWNLINK,
			     .counter_octets = COUNTER_OCTETS};

	if (len < header + 4 || len > NPDU_ROOM || !npdu_header_is_valid(pdu[0]))
		return -1;
	op.npdu_len = (uint32_t)(len - header - 4);
	op.count = *count = npdu_read_ctr(pdu, COUNTER_OCTETS);
	memcpy(op.pdu, pdu, len);
	npdu_open(engine, &op, 1);
	if (!op.ok)
		return -1;
	memcpy(npdu, op.pdu + header, op.npdu_len);
	return (int)op.npdu_len;
}

/* --- datagrams --- */

void queue_push(struct queue *queue, const struct datagram *datagram)
{
	if (queue->count == DATAGRAMS)
		queue_take(queue, 0);
	queue->items[queue->count++] = *datagram;
}

struct datagram queue_take(struct queue *queue, unsigned nth)
{
	const struct datagram taken = queue->items[nth];

	queue->count--;
	memmove(&queue->items[nth], &queue->items[nth + 1],
		(queue->count - nth) * sizeof(queue->items[0]));
	return taken;
}

static void receive(bool to_core, const struct frame *frame)
{
	hse_receive(pick(2), to_core ? DATAPATH_ACCESS : DATAPATH_CORE, frame->octets, frame->len);
}

void send_datagram(const struct datagram *d)
{
	struct frame frame;

	tally.messages[d->to_core ? DATAPATH_ACCESS : DATAPATH_CORE]++;
	frame_write_udp(&frame, &d->source, &d->destination, d->data, d->len);
	receive(d->to_core, &frame);
}

static void receive_in_pieces(bool to_core, const struct frame *whole, size_t piece)
{
	static struct frame parts[PARTS];
	const unsigned count =
		frame_split(whole, piece, (uint16_t)(1 + pick(0xfffe)), parts, PARTS);

	if (count == 0)
		receive(to_core, whole);
	for (unsigned i = 0; i < count; i++)
		receive(to_core, &parts[i]);
}

void send_fragmented(const struct datagram *d)
{
	struct frame whole;

	tally.messages[d->to_core ? DATAPATH_ACCESS : DATAPATH_CORE]++;
	frame_write_udp(&whole, &d->source, &d->destination, d->data, d->len);
	receive_in_pieces(d->to_core, &whole, 64);
}

void send_gpdu_fragmented(bool to_core, const struct tunnel *source, const struct tunnel *tunnel,
			  const uint8_t *npdu, size_t len, size_t piece)
{
	struct frame whole;

	frame_write_gpdu(&whole, source, tunnel, npdu, len);
	receive_in_pieces(to_core, &whole, piece);
}

/* Pieces of 40 octets: headers of UDP and GTP-U, and 24 octets of the N-PDU. The second begins at the N-PDU. */
void send_gpdu_overlapping(bool to_core, const struct tunnel *source, const struct tunnel *tunnel,
			   const uint8_t *npdu, const uint8_t *overlay, size_t len)
{
	const uint16_t id = (uint16_t)(1 + pick(0xfffe));
	struct frame shown, hidden, first[2], second[4];

	frame_write_gpdu(&shown, source, tunnel, npdu, len);
	frame_write_gpdu(&hidden, source, tunnel, overlay, len);
	if (frame_split(&shown, 40, id, first, 2) != 2 ||
	    frame_split(&hidden, 16, id, second, 4) < 2)
		return;
	receive(to_core, &first[0]);
	receive(to_core, &second[1]);
	receive(to_core, &first[1]);
}

void send_msg(bool to_core, const struct tunnel *source, const struct tunnel *destination,
	      const struct msg *m)
{
	struct datagram d = {.to_core = to_core, .source = *source, .destination = *destination};

	d.len = (uint16_t)msg_write(m, d.data);
	if (to_core)
		queue_push(&seen, &d);
	send_datagram(&d);
}

void send_gpdu(bool to_core, const struct tunnel *source, const struct tunnel *tunnel,
	       const uint8_t *npdu, size_t len)
{
	struct frame frame;

	frame_write_gpdu(&frame, source, tunnel, npdu, len);
	receive(to_core, &frame);
}

/* --- words --- */

void say(const char *format, ...)
{
	va_list args;

	if (!is_told)
		return;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

const char *end_str(const struct tunnel *end)
{
	static char text[4][TUNNEL_STR];
	static unsigned n;

	return tunnel_str(end, text[n++ % 4]);
}

const char *pdn_str(struct pdn pdn)
{
	static char text[4][48];
	static unsigned n;
	char *at = text[n++ % 4];

	if (pdn_is_empty(pdn))
		snprintf(at, sizeof(text[0]), "no address");
	else if (pdn.ipv4 && pdn.ipv6)
		snprintf(at, sizeof(text[0]), "10.2.0.%u and 2001:db8:77:%x::", pdn.ipv4, pdn.ipv6);
	else if (pdn.ipv4)
		snprintf(at, sizeof(text[0]), "10.2.0.%u", pdn.ipv4);
	else
		snprintf(at, sizeof(text[0]), "2001:db8:77:%x::", pdn.ipv6);
	return at;
}
