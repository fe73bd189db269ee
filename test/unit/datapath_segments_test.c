/* SPDX-License-Identifier: BSD-3-Clause */
/* G-PDUs of protected tunnels in mbufs of every shape that a port may hand over: in segments cut anywhere, indirect,
 * and shared with somebody else. */
#include "datapath_rig.h"

#define N_PDU	     400
#define SEGMENTS_MAX 64

static struct rig rig;
static struct rig_flow up, down;
static struct npdu_key *key;
static struct rig_frame clear, shut;
static uint32_t next_count;

static const struct rig_outer outers[] = {
	{.udp_checksum = true},
	{.ipv6 = true, .udp_checksum = true},
	{.vlan_tags = 1, .ip_options = 8, .gtpu_flags = 2},
};

static void set_up(const struct rig_outer *outer)
{
	const struct rig_flow flow = {.ipv6 = outer->ipv6, .bearer = 5, .counter_octets = 1};

	rig_init(&rig);
	rig_start(&rig, 1);
	key = rig_key(E2M_EEA2, E2M_EIA2, 8, 1);
	up = down = flow;
	up.teid = 0xa1;
	down.teid = 0xb2;
	down.number = 1;
	down.direction = E2M_DOWNLINK;
	rig_add_flow(&rig, &up);
	rig_add_flow(&rig, &down);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, 0);
	rig_set_keyset(&rig, &down, 0, DATAPATH_KEY_READY, 3, key, 0);
	next_count = 0;
}

static void tear_down(void)
{
	rig_stop(&rig);
	npdu_key_free(key);
}

/* The next N-PDU of flow, in clear and protected. */
static void write_both(const struct rig_outer *outer, const struct rig_flow *flow, size_t len)
{
	rig_write_gpdu(&clear, outer, flow->direction, flow->teid, rig_npdu(len, next_count), len);
	rig_write_protected(&shut, outer, flow, key, 3, next_count, rig_npdu(len, next_count), len);
	next_count++;
}

static const struct rig_frame *incoming(const struct rig_flow *flow)
{
	return flow->direction == E2M_UPLINK ? &shut : &clear;
}

static void expect_crossed(const struct rig_flow *flow, struct rte_mbuf *m)
{
	const bool is_up = flow->direction == E2M_UPLINK;
	const enum datapath_side side = is_up ? DATAPATH_ACCESS : DATAPATH_CORE;

	rig_process(&rig, 0, side, &m, 1);
	CU_ASSERT_EQUAL(rig.out_count[!side], 1);
	CU_ASSERT_TRUE(rig.out_count[!side] == 1 &&
		       rig_sent(&rig, !side, 0, is_up ? &clear : &shut));
	rig_forget(&rig);
}

/* In segments that end before each of ends, and one for the rest. */
static struct rte_mbuf *cut(const struct rig_frame *frame, const uint32_t *ends, unsigned count)
{
	struct rte_mbuf *m = rig_mbuf(frame->octets, ends[0]);

	for (unsigned i = 0; i < count; i++) {
		const uint32_t end = i + 1 < count ? ends[i + 1] : frame->len;
		if (rte_pktmbuf_chain(m, rig_mbuf(frame->octets + ends[i], end - ends[i])) != 0)
			abort();
	}
	return m;
}

static void for_each_kind(void (*test)(const struct rig_outer *, const struct rig_flow *))
{
	for (unsigned i = 0; i < RTE_DIM(outers); i++) {
		set_up(&outers[i]);
		test(&outers[i], &up);
		next_count = 0;
		test(&outers[i], &down);
		tear_down();
	}
}

static void cut_once(const struct rig_outer *outer, const struct rig_flow *flow)
{
	for (uint32_t at = 1;; at++) {
		write_both(outer, flow, 150);
		if (at == incoming(flow)->len)
			break;
		expect_crossed(flow, cut(incoming(flow), &at, 1));
	}
}

static void a_cut_at_every_octet(void)
{
	for_each_kind(cut_once);
}

static void cut_twice(const struct rig_outer *outer, const struct rig_flow *flow)
{
	for (uint32_t first = 1; first < 90; first += 3)
		for (uint32_t size = 1; size < 40; size += 6) {
			const uint32_t ends[] = {first, first + size};
			write_both(outer, flow, 150);
			expect_crossed(flow, cut(incoming(flow), ends, 2));
		}
}

static void two_cuts_in_and_around_the_headers(void)
{
	for_each_kind(cut_twice);
}

static void cut_small(const struct rig_outer *outer, const struct rig_flow *flow)
{
	for (uint32_t size = 7; size < 60; size += 4) {
		uint32_t ends[SEGMENTS_MAX];
		unsigned count = 0;

		write_both(outer, flow, N_PDU);
		for (uint32_t at = size; at < incoming(flow)->len && count < SEGMENTS_MAX;
		     at += size)
			ends[count++] = at;
		expect_crossed(flow, cut(incoming(flow), ends, count));
	}
}

static void many_small_segments(void)
{
	for_each_kind(cut_small);
}

/* A first segment of none: some drivers keep headers apart, and there are none. */
static void cut_empty(const struct rig_outer *outer, const struct rig_flow *flow)
{
	const uint32_t ends[] = {0, 60, 60};

	write_both(outer, flow, N_PDU);
	expect_crossed(flow, cut(incoming(flow), ends, 3));
}

static void empty_segments(void)
{
	for_each_kind(cut_empty);
}

/* Not a bit of what others see may change. */
static void expect_untouched(struct rte_mbuf *m, const struct rig_frame *frame)
{
	uint8_t room[RIG_FRAME_MAX];
	const void *octets = rte_pktmbuf_read(m, 0, frame->len, room);

	CU_ASSERT_EQUAL(rte_pktmbuf_pkt_len(m), frame->len);
	CU_ASSERT_TRUE(octets && memcmp(octets, frame->octets, frame->len) == 0);
	rte_pktmbuf_free(m);
}

static void pass_clones(const struct rig_outer *outer, const struct rig_flow *flow)
{
	const uint32_t ends[] = {30, 80};

	for (unsigned segments = 1; segments <= 3; segments += 2) {
		struct rte_mbuf *original, *clone;

		write_both(outer, flow, N_PDU);
		original = segments == 1 ? rig_mbuf(incoming(flow)->octets, incoming(flow)->len)
					 : cut(incoming(flow), ends, 2);
		clone = rte_pktmbuf_clone(original, original->pool);
		CU_ASSERT_PTR_NOT_NULL_FATAL(clone);
		expect_crossed(flow, clone);
		expect_untouched(original, incoming(flow));
	}
}

static void indirect_mbufs_leave_the_original_alone(void)
{
	for_each_kind(pass_clones);
}

static void pass_shared(const struct rig_outer *outer, const struct rig_flow *flow)
{
	const uint32_t ends[] = {30, 80};

	for (unsigned segments = 1; segments <= 3; segments += 2) {
		struct rte_mbuf *m;

		write_both(outer, flow, N_PDU);
		m = segments == 1 ? rig_mbuf(incoming(flow)->octets, incoming(flow)->len)
				  : cut(incoming(flow), ends, 2);
		rte_pktmbuf_refcnt_update(m, 1);
		expect_crossed(flow, m);
		expect_untouched(m, incoming(flow));
	}
}

static void shared_mbufs_are_left_alone(void)
{
	for_each_kind(pass_shared);
}

/* Only the last segment is: the first has room for all. */
static void pass_mixed(const struct rig_outer *outer, const struct rig_flow *flow)
{
	struct rte_mbuf *m, *tail, *clone;
	struct rig_frame rest = {0};

	write_both(outer, flow, N_PDU);
	rest.len = incoming(flow)->len - 100;
	memcpy(rest.octets, incoming(flow)->octets + 100, rest.len);
	m = rig_mbuf(incoming(flow)->octets, 100);
	tail = rig_mbuf(rest.octets, rest.len);
	clone = rte_pktmbuf_clone(tail, tail->pool);
	CU_ASSERT_PTR_NOT_NULL_FATAL(clone);
	CU_ASSERT_EQUAL(rte_pktmbuf_chain(m, clone), 0);
	expect_crossed(flow, m);
	expect_untouched(tail, &rest);
}

static void a_direct_head_with_an_indirect_tail(void)
{
	for_each_kind(pass_mixed);
}

RIG_MAIN("datapath-segments", {"a_cut_at_every_octet", a_cut_at_every_octet},
	 {"two_cuts_in_and_around_the_headers", two_cuts_in_and_around_the_headers},
	 {"many_small_segments", many_small_segments}, {"empty_segments", empty_segments},
	 {"indirect_mbufs_leave_the_original_alone", indirect_mbufs_leave_the_original_alone},
	 {"shared_mbufs_are_left_alone", shared_mbufs_are_left_alone},
	 {"a_direct_head_with_an_indirect_tail", a_direct_head_with_an_indirect_tail})
