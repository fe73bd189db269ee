/* SPDX-License-Identifier: BSD-3-Clause */
/* fleet: the sessions of a case, and their frames as a NIC would hand them over. */
#include <errno.h>
#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "datapath/owner.h"
#include "gtp/gtpu.h"

#define SGSN	     RTE_IPV4(10, 1, 0, 1)
#define GGSN	     RTE_IPV4(10, 1, 0, 2)
#define HEADERS	     (RTE_ETHER_HDR_LEN + 20 + 8 + GTPU_HEADER_MIN)
#define FRAMES_LEAST 65536
#define FIRST_UE     RTE_IPV4(10, 64, 0, 0) /* address of session 0 */
/* Octets of a session's place in control, so that addresses are as far apart as in hse. */
#define PLACE_OCTETS 336

_Static_assert(HEADERS == BENCH_HEADERS, "as bench.h says");

void fleet_tunnel(const struct bench_case *c, uint32_t session, struct tunnel *tunnel)
{
	const rte_be32_t receiver = rte_cpu_to_be_32(c->direction == E2M_UPLINK ? GGSN : SGSN);

	tunnel_set_ipv4(tunnel, &receiver);
	tunnel->teid = fleet_teid(session);
}

static uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(*state >> 32);
}

static void shuffle(uint32_t *order, uint32_t count)
{
	uint64_t state = 1;

	for (uint32_t i = 0; i < count; i++)
		order[i] = i;
	for (uint32_t i = count - 1; i > 0; i--) {
		uint32_t j = next_random(&state) % (i + 1), t = order[i];
		order[i] = order[j];
		order[j] = t;
	}
}

void fleet_keyset(uint32_t session, struct e2m_keyset *keyset)
{
	memset(keyset, 0x5a, sizeof(*keyset));
	memcpy(keyset->e2mck, &session, sizeof(session));
}

static struct npdu_key *new_key(const struct bench_case *c, uint32_t session)
{
	const struct npdu_profile profile = {.eea = c->eea,
					     .eia = c->eia,
					     .counter_octets = BENCH_COUNTER_OCTETS,
					     .gcm_tag_octets = 8};
	struct e2m_keyset keyset;

	fleet_keyset(session, &keyset);
	return npdu_key_new(&e2m_default_numbers, &keyset, &profile);
}

/* --- addresses --- */

static rte_be32_t ue_ipv4(uint32_t session)
{
	return rte_cpu_to_be_32(FIRST_UE + session);
}

static void ue_ipv6(uint32_t session, uint8_t ipv6[16])
{
	static const uint8_t first[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
	const rte_be32_t number = rte_cpu_to_be_32(session);

	memcpy(ipv6, first, sizeof(first));
	memcpy(ipv6 + 4, &number, sizeof(number));
}

static struct pdp_address ue_address(const struct bench_fleet *f, uint32_t session)
{
	const rte_be32_t ipv4 = ue_ipv4(session);
	struct pdp_address address = {0};
	uint8_t ipv6[16];

	ue_ipv6(session, ipv6);
	if (f->c.ipv6)
		pdp_address_set_ipv6(&address, ipv6, PDP_IPV6_PREFIX);
	else
		pdp_address_set_ipv4(&address, (const uint8_t *)&ipv4);
	return address;
}

/* Session s has the id s + 1, its flow's tunnel, and its address. */
static int add_to_directory(const struct bench_fleet *f, uint32_t session)
{
	const struct pdp_address address = ue_address(f, session);
	struct e2m_imsi imsi;
	struct tunnel tunnel;
	struct session *s;
	char digits[16];

	snprintf(digits, sizeof(digits), "%015u", session);
	if (e2m_imsi_parse(&imsi, digits, strlen(digits)) != 0)
		return -EINVAL;
	s = directory_add(f->directory, DIRECTORY_PROTECTED, &imsi, BENCH_BEARER);
	fleet_tunnel(&f->c, session, &tunnel);
	if (!s || directory_id(f->directory, s) != session + 1 ||
	    directory_set_tunnel(f->directory, &s->tunnel[f->c.direction], &tunnel) != 0)
		return -ENOMEM;
	directory_index(f->directory, s,
			f->c.direction == E2M_UPLINK ? INDEX_TUNNEL_UP : INDEX_TUNNEL_DOWN);
	directory_set_address(f->directory, s, &address);
	return 0;
}

/* The numbers of their tunnels and addresses follow those of the protected ones. */
static int add_unprotected(const struct bench_fleet *f, uint32_t number)
{
	const struct pdp_address address = ue_address(f, f->c.sessions + number);
	struct e2m_imsi imsi;
	struct tunnel tunnel;
	struct session *s;

	snprintf(imsi.digits, sizeof(imsi.digits), "%015u", f->c.sessions + number);
	s = directory_add(f->directory, DIRECTORY_UNPROTECTED, &imsi, BENCH_BEARER);
	fleet_tunnel(&f->c, f->c.sessions + number, &tunnel);
	if (!s || directory_set_tunnel(f->directory, &s->tunnel[f->c.direction], &tunnel) != 0)
		return -ENOMEM;
	directory_index(f->directory, s, INDEX_TUNNEL_UP + f->c.direction);
	directory_set_address(f->directory, s, &address);
	return 0;
}

static int make_directory(struct bench_fleet *f)
{
	const struct directory_config config = {.protected_max = f->c.sessions,
						.others_max = f->c.unprotected,
						.protected_octets = PLACE_OCTETS,
						.hash_secret = 1};
	int ret = 0;

	f->directory = directory_new(&config);
	if (!f->directory)
		return -ENOMEM;
	for (uint32_t s = 0; ret == 0 && s < f->c.sessions; s++)
		ret = add_to_directory(f, s);
	for (uint32_t n = 0; ret == 0 && n < f->c.unprotected; n++)
		ret = add_unprotected(f, n);
	return ret;
}

int fleet_init(struct bench_fleet *f, const struct bench_case *c)
{
	memset(f, 0, sizeof(*f));
	f->c = *c;
	f->frames_count =
		c->sessions > FRAMES_LEAST ? c->sessions : FRAMES_LEAST / c->sessions * c->sessions;
	f->frame_size = RTE_ALIGN_CEIL(HEADERS + NPDU_HEADER_MAX + c->npdu_len + NPDU_MAC_MAX, 64);
	f->keys = calloc(c->sessions, sizeof(*f->keys));
	f->order = calloc(c->sessions, sizeof(*f->order));
	f->counts = calloc(c->sessions, sizeof(*f->counts));
	f->frames = aligned_alloc(64, (size_t)f->frames_count * f->frame_size);
	f->engine = npdu_engine_new(16);
	if (!f->keys || !f->order || !f->counts || !f->frames || !f->engine)
		return -ENOMEM;
	shuffle(f->order, c->sessions);
	for (uint32_t s = 0; s < c->sessions; s++)
		if (!(f->keys[s] = new_key(c, s)))
			return -ENOMEM;
	fleet_fill(f);
	return make_directory(f);
}

void fleet_free(struct bench_fleet *f)
{
	for (uint32_t s = 0; f->keys && s < f->c.sessions; s++)
		npdu_key_free(f->keys[s]);
	free(f->keys);
	free(f->order);
	free(f->counts);
	free(f->frames);
	npdu_engine_free(f->engine);
	directory_free(f->directory);
}

/* --- frames --- */

static uint32_t payload_len(const struct bench_fleet *f)
{
	if (f->c.direction == E2M_DOWNLINK)
		return f->c.npdu_len;
	return (uint32_t)(npdu_header_len(BENCH_COUNTER_OCTETS) + f->c.npdu_len +
			  npdu_key_mac_len(f->keys[0]));
}

static void write_headers(const struct bench_fleet *f, uint8_t *frame, uint32_t session)
{
	const uint16_t payload = (uint16_t)payload_len(f);
	struct rte_ether_hdr *ether = (struct rte_ether_hdr *)frame;
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(ether + 1);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);
	const bool up = f->c.direction == E2M_UPLINK;

	memset(frame, 0, HEADERS);
	ether->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
	ip->version_ihl = 0x45;
	ip->total_length = rte_cpu_to_be_16((uint16_t)(20 + 8 + GTPU_HEADER_MIN + payload));
	ip->time_to_live = 64;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = rte_cpu_to_be_32(up ? SGSN : GGSN);
	ip->dst_addr = rte_cpu_to_be_32(up ? GGSN : SGSN);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	udp->src_port = udp->dst_port = rte_cpu_to_be_16(GTPU_PORT);
	udp->dgram_len = rte_cpu_to_be_16((uint16_t)(8 + GTPU_HEADER_MIN + payload));
	gtpu_write((uint8_t *)(udp + 1), GTPU_G_PDU, fleet_teid(session), payload);
}

/* From the UE or to it. Uplink it has room for the header and the MAC of a protected N-PDU. */
static void write_npdu(const struct bench_fleet *f, uint8_t *payload, uint32_t session)
{
	const bool up = f->c.direction == E2M_UPLINK;
	const rte_be32_t ipv4 = ue_ipv4(session);
	uint8_t *npdu = payload + (up ? npdu_header_len(BENCH_COUNTER_OCTETS) : 0);

	memset(payload, 0xab, payload_len(f));
	npdu[0] = f->c.ipv6 ? 0x60 : 0x45;
	if (f->c.ipv6)
		ue_ipv6(session, npdu + (up ? 8 : 24));
	else
		memcpy(npdu + (up ? 12 : 16), &ipv4, sizeof(ipv4));
}

static void protect(struct bench_fleet *f, uint8_t *const *frames, const uint32_t *sessions,
		    uint32_t count)
{
	struct npdu_op ops[NPDU_BURST_MAX];

	for (uint32_t i = 0; i < count; i++) {
		ops[i] = (struct npdu_op){.key = f->keys[sessions[i]],
					  .pdu = frames[i] + HEADERS,
					  .npdu_len = f->c.npdu_len,
					  .count = f->counts[sessions[i]]++,
					  .bearer = BENCH_BEARER,
					  .direction = E2M_UPLINK,
					  .counter_octets = BENCH_COUNTER_OCTETS};
		npdu_write_header(ops[i].pdu, BENCH_COUNTER_OCTETS, BENCH_KEY_ID, ops[i].count);
	}
	npdu_protect(f->engine, ops, count);
}

void fleet_fill(struct bench_fleet *f)
{
	uint8_t *frames[NPDU_BURST_MAX];
	uint32_t sessions[NPDU_BURST_MAX];

	f->frame_len = HEADERS + payload_len(f);
	for (uint32_t at = 0; at < f->frames_count;) {
		uint32_t count = 0;
		for (; count < NPDU_BURST_MAX && at < f->frames_count; count++, at++) {
			sessions[count] = f->order[at % f->c.sessions];
			frames[count] = f->frames + (size_t)at * f->frame_size;
			write_headers(f, frames[count], sessions[count]);
			write_npdu(f, frames[count] + HEADERS, sessions[count]);
		}
		if (f->c.direction == E2M_UPLINK)
			protect(f, frames, sessions, count);
	}
}

uint32_t fleet_write(struct bench_fleet *f, uint8_t *frame, uint32_t session, uint32_t count,
		     enum e2m_direction direction)
{
	struct npdu_op op = {.key = f->keys[session],
			     .pdu = frame + HEADERS,
			     .npdu_len = f->c.npdu_len,
			     .count = count,
			     .bearer = BENCH_BEARER,
			     .direction = (uint8_t)direction,
			     .counter_octets = BENCH_COUNTER_OCTETS};

	write_headers(f, frame, session);
	write_npdu(f, frame + HEADERS, session);
	npdu_write_header(op.pdu, BENCH_COUNTER_OCTETS, BENCH_KEY_ID, count);
	npdu_protect(f->engine, &op, 1);
	return HEADERS + payload_len(f);
}

uint32_t fleet_write_unprotected(const struct bench_fleet *f, uint8_t *frame, uint32_t number)
{
	const uint32_t session = f->c.sessions + number;

	write_headers(f, frame, session);
	write_npdu(f, frame + HEADERS, session);
	if (f->c.direction == E2M_UPLINK) /* without the room for a header */
		memmove(frame + HEADERS, frame + HEADERS + npdu_header_len(BENCH_COUNTER_OCTETS),
			f->c.npdu_len);
	return f->frame_len;
}

/* --- installing --- */

static void command(struct datapath_worker *worker, const struct datapath_command *c)
{
	while (datapath_command(worker, c) != 0)
		datapath_housekeep(worker, 0);
}

int fleet_install(const struct bench_fleet *f, struct datapath_worker *const *workers,
		  unsigned count)
{
	uint32_t *next = calloc(count, sizeof(*next));

	if (!next)
		return -ENOMEM;
	for (unsigned w = 0; w < count; w++)
		datapath_set_directory(workers[w], f->directory);
	for (uint32_t s = 0; s < f->c.sessions; s++) {
		struct datapath_command add = {.kind = DATAPATH_ADD_FLOW};
		struct datapath_command set = {.kind = DATAPATH_SET_KEYSET,
					       .key_state = DATAPATH_KEY_READY};
		fleet_tunnel(&f->c, s, &add.add.tunnel);
		unsigned owner = tunnel_owner(add.add.tunnel.teid, count);

		add.flow = set.flow = next[owner]++;
		add.add.session = s + 1;
		add.add.direction = (uint8_t)f->c.direction;
		add.add.bearer = BENCH_BEARER;
		add.add.counter_octets = BENCH_COUNTER_OCTETS;
		add.add.window = 64;
		set.keyset.key = f->keys[s];
		set.keyset.key_id = BENCH_KEY_ID;
		set.keyset.ceiling = DATAPATH_NO_CEILING;
		command(workers[owner], &add);
		command(workers[owner], &set);
	}
	for (unsigned w = 0; w < count; w++)
		while (datapath_housekeep(workers[w], 0) > 0)
			;
	free(next);
	return 0;
}
