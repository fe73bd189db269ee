/* SPDX-License-Identifier: BSD-3-Clause */
/* GTP-C in fragments, from an attacker: whatever a receiver puts together of what crosses, control has read. */
#include "datapath_rig_fragment.h"

#include <stdlib.h>

#define ATTACKS 10000 /* over each version of IP */

static struct rig rig;

/* --- control --- */

#define READ_MAX 64

static struct {
	uint16_t len;
	uint8_t octets[128];
} reads[READ_MAX];
static unsigned read_count;

/* Control reads what there is, and lets it leave. */
static void control_reads(void)
{
	struct datapath_event event;

	datapath_housekeep(rig.workers[0], rig.now);
	while (datapath_events(rig.workers[0], &event, 1) > 0) {
		const struct datapath_command c = {.kind = DATAPATH_RELEASE_GTPC,
						   .gtpc = event.cookie};
		if (event.kind != DATAPATH_GTPC)
			continue;
		if (read_count < READ_MAX && event.payload_len <= sizeof(reads[0].octets)) {
			reads[read_count].len = event.payload_len;
			memcpy(reads[read_count++].octets,
			       rte_pktmbuf_mtod_offset(event.mbuf, uint8_t *, event.payload),
			       event.payload_len);
		}
		rte_pktmbuf_free(event.mbuf);
		CU_ASSERT_EQUAL(datapath_command(rig.workers[0], &c), 0);
		datapath_housekeep(rig.workers[0], rig.now);
	}
}

static bool has_read(const uint8_t *octets, uint32_t len)
{
	for (unsigned i = 0; i < read_count; i++)
		if (reads[i].len == len && memcmp(reads[i].octets, octets, len) == 0)
			return true;
	return false;
}

/* --- receivers --- */

enum rules {
	FIRST_STAYS,	 /* octets that are there stay */
	LAST_OVERWRITES, /* RFC 815 */
	LINUX, /* a part of what is there is ignored, and another overlap ends the datagram */
	BSD,   /* octets of a fragment that does not begin later stay */
	LINUX_BEFORE, /* octets of a fragment that begins earlier stay; so Linux had it up to 4.18 */
	RULES,
};

#define UNITS 8 /* of 8 octets, in a datagram */

struct receiver {
	uint8_t octets[UNITS * 8];
	int from[UNITS]; /* unit in which the fragment began that has this unit; -1: a hole */
	int end;	 /* -1: not known */
};

static void receiver_init(struct receiver *r)
{
	memset(r->from, 0xff, sizeof(r->from));
	r->end = -1;
}

static bool stays(enum rules rules, int there, int begin)
{
	return there >= 0 &&
	       (rules == FIRST_STAYS || rules == LINUX || (rules == BSD && there <= begin) ||
		(rules == LINUX_BEFORE && there < begin));
}

/* Linux drops a datagram with a partial overlap. */
static bool overlaps_in_part(const struct receiver *r, int begin, int end)
{
	int there = 0;

	for (int i = begin; i < end; i++)
		there += r->from[i] >= 0;
	return there > 0 && there < end - begin;
}

static void receiver_take(struct receiver *r, enum rules rules, const uint8_t *octets, int begin,
			  int end, bool more)
{
	if (rules == LINUX && overlaps_in_part(r, begin, end)) {
		receiver_init(r);
		return;
	}
	if (!more && r->end < 0)
		r->end = end;
	for (int i = begin; i < end; i++)
		if (!stays(rules, r->from[i], begin)) {
			memcpy(r->octets + 8 * i, octets + 8 * (i - begin), 8);
			r->from[i] = begin;
		}
}

static bool is_complete(const struct receiver *r)
{
	for (int i = 0; i < r->end; i++)
		if (r->from[i] < 0)
			return false;
	return r->end > 0;
}

/* True: what came together is GTP-C that control has not read. */
static bool took_unread(struct receiver *r)
{
	const unsigned port = (unsigned)(r->octets[2] << 8 | r->octets[3]);
	const unsigned len = (unsigned)(r->octets[4] << 8 | r->octets[5]);

	return is_complete(r) && port == 2123 && len >= 8 && len <= 8U * (unsigned)r->end &&
	       !has_read(r->octets + 8, len - 8);
}

/* What crossed comes to a receiver. True: it takes GTP-C that control has not read. */
static bool deliver(struct receiver *r, enum rules rules, const uint8_t *frame)
{
	const uint8_t *ip = frame + 14;
	const bool is_ipv6 = ip[0] >> 4 == 6;
	const unsigned field = (unsigned)(is_ipv6 ? ip[42] << 8 | ip[43] : ip[6] << 8 | ip[7]);
	const int begin = is_ipv6 ? (int)(field >> 3) : (int)(field & 0x1fff);
	const int octets = is_ipv6 ? (ip[4] << 8 | ip[5]) - 8 : (ip[2] << 8 | ip[3]) - 20;
	const bool more = is_ipv6 ? field & 1 : field & 0x2000;
	struct receiver alone;

	if (ip[is_ipv6 ? 7 : 8] == 1 || (!is_ipv6 && rig_checksum(0, ip, 20) != 0) ||
	    (is_ipv6 && begin == 0 && ip[40] != IPPROTO_UDP))
		return false;
	/* A datagram in one piece, RFC 6946. */
	if (begin == 0 && !more) {
		receiver_init(&alone);
		r = &alone;
	}
	receiver_take(r, rules, ip + (is_ipv6 ? 48 : 20), begin, begin + octets / 8, more);
	if (took_unread(r))
		return true;
	if (is_complete(r))
		receiver_init(r);
	return false;
}

/* --- the attacker --- */

static unsigned any(unsigned n)
{
	return (unsigned)rand() % n;
}

/* Of a datagram of four units. */
static struct rig_fragment any_fragment(bool ipv6, uint16_t id)
{
	const unsigned begin = any(4), units = 1 + any(4 - begin);
	const bool is_other = any(3) == 0;

	return (struct rig_fragment){.ipv6 = ipv6,
				     .id = id,
				     .port = is_other ? 5353 : 0,
				     .total = 32,
				     .offset = 8 * begin,
				     .octets = 8 * units,
				     .more = begin + units < 4,
				     .content = (uint8_t)any(3),
				     .ttl = any(3) == 0,
				     .next = any(4) == 0 ? IPPROTO_TCP : 0,
				     .is_damaged = !ipv6 && is_other && any(2)};
}

/* 1: of what crosses, some receiver puts a message together that control has not read. */
static unsigned attack(bool ipv6, uint16_t id)
{
	struct receiver receivers[RULES];
	unsigned delivered = 0;

	read_count = 0;
	for (unsigned r = 0; r < RULES; r++)
		receiver_init(&receivers[r]);
	for (unsigned i = 0; i < 12; i++) {
		const struct rig_fragment f = any_fragment(ipv6, id);
		rig_receive_fragment(&rig, &f);
		control_reads();
		for (; delivered < rig.out_count[DATAPATH_CORE]; delivered++) {
			uint32_t len;
			const uint8_t *frame =
				rig_sent_octets(&rig, DATAPATH_CORE, delivered, &len);
			for (unsigned r = 0; r < RULES; r++)
				if (deliver(&receivers[r], r, frame))
					return 1;
		}
		if (any(8) == 0)
			rig_wait_ms(&rig, 1100);
	}
	return 0;
}

static void no_receiver_puts_together_what_control_has_not_read(void)
{
	unsigned unread = 0, read = 0;

	rig_start_fragments(&rig);
	srand(1);
	for (unsigned i = 0; i < 2 * ATTACKS; i++) {
		unread += attack(i % 2, (uint16_t)(i / 2));
		read += read_count > 0;
		rig_forget(&rig);
	}
	CU_ASSERT_EQUAL(unread, 0);
	CU_ASSERT_TRUE(read > ATTACKS / 10);
	rig_stop_fragments(&rig);
}

/* --- what control reads --- */

static void control_reads_fragments_in_segments(void)
{
	static struct rig_frame frame;
	const struct rig_fragment first = {.total = 32, .octets = 16, .more = true, .content = 1};
	const struct rig_fragment last = {.offset = 16, .octets = 16};
	uint8_t expected[24];

	rig_start_fragments(&rig);
	read_count = 0;
	rig_receive_fragment(&rig, &first);
	rig_write_fragment(&frame, &last);
	struct rte_mbuf *m = rig_mbuf(frame.octets, frame.len - 5);
	CU_ASSERT_EQUAL(rte_pktmbuf_chain(m, rig_mbuf(frame.octets + frame.len - 5, 5)), 0);
	rig_process(&rig, 0, DATAPATH_ACCESS, &m, 1);
	control_reads();
	memset(expected, 0x31, 8);
	memset(expected + 8, 0x30, 16);
	CU_ASSERT_EQUAL(read_count, 1);
	CU_ASSERT_TRUE(has_read(expected, sizeof(expected)));
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 2);
	rig_stop_fragments(&rig);
}

RIG_MAIN("datapath-gtpc-receivers",
	 {"no receiver puts together what control has not read",
	  no_receiver_puts_together_what_control_has_not_read},
	 {"control reads fragments in segments", control_reads_fragments_in_segments})
