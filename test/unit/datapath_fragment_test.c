/* SPDX-License-Identifier: BSD-3-Clause */
/* G-PDUs that grow past the MTU of the port they leave by: what leaves are fragments of the outer IP, which
 * put together are the G-PDU that would have left had it fitted. */
#include "datapath_rig.h"

#include <rte_mempool.h>

#define PARTS_MAX 16

static struct rig rig;
static struct rig_flow flow;
static struct npdu_key *key;
static struct rig_frame parts[PARTS_MAX];

static void set_up(uint16_t mtu, bool ipv6)
{
	rig_init(&rig);
	rig.config.mtu[DATAPATH_ACCESS] = mtu;
	rig_start(&rig, 1);
	key = rig_key(E2M_EEA2, E2M_EIA2, 8, 1);
	flow = (struct rig_flow){.number = 0,
				 .direction = E2M_DOWNLINK,
				 .teid = 0xb2,
				 .ipv6 = ipv6,
				 .bearer = 5,
				 .counter_octets = 1};
	rig_add_flow(&rig, &flow);
	rig_set_keyset(&rig, &flow, 0, DATAPATH_KEY_READY, 3, key, 0);
}

static void tear_down(void)
{
	CU_ASSERT_EQUAL(rig_ended(&rig, DATAPATH_CORE),
			rig_counter(&rig, DATAPATH_CORE, DATAPATH_RX_PACKETS));
	rig_stop(&rig);
	npdu_key_free(key);
}

static uint64_t counted(enum datapath_counter counter)
{
	return rig_counter(&rig, DATAPATH_CORE, counter);
}

static void send_down(const struct rig_outer *outer, size_t len)
{
	static struct rig_frame frame;

	rig_write_gpdu(&frame, outer, E2M_DOWNLINK, flow.teid, rig_npdu(len, 1), len);
	rig_receive(&rig, DATAPATH_CORE, &frame);
}

static unsigned take_parts(uint16_t mtu)
{
	const unsigned count = rig.out_count[DATAPATH_ACCESS];

	CU_ASSERT_TRUE_FATAL(count <= PARTS_MAX);
	for (unsigned i = 0; i < count; i++) {
		rig_take_sent(&rig, DATAPATH_ACCESS, i, &parts[i]);
		CU_ASSERT_TRUE(parts[i].len <= mtu + 22U);
	}
	return count;
}

/* The N-PDU of len octets leaves in pieces that are together what it is with COUNT count. */
static void leaves_in_parts(const struct rig_outer *outer, uint32_t count, uint16_t mtu, size_t len)
{
	static struct rig_frame whole, expected;
	struct rig_outer joined = *outer;
	unsigned n;

	send_down(outer, len);
	n = take_parts(mtu);
	CU_ASSERT_TRUE(n > 1);
	joined.dont_fragment = false;
	joined.ip_id = 0;
	rig_write_protected(&expected, &joined, &flow, key, 3, count, rig_npdu(len, 1), len);
	CU_ASSERT_TRUE_FATAL(rig_join(parts, n, &whole));
	CU_ASSERT_EQUAL(whole.len, expected.len);
	CU_ASSERT_EQUAL(memcmp(whole.octets, expected.octets, whole.len), 0);
	rig_forget(&rig);
}

static void what_just_fits_leaves_whole(void)
{
	for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
		const struct rig_outer outer = {.ipv6 = ipv6};
		const size_t len = 1500 - (ipv6 ? 40 : 20) - 8 - 8 - 6;
		set_up(1500, ipv6);
		send_down(&outer, len);
		CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 1);
		send_down(&outer, len + 1);
		CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 3);
		CU_ASSERT_EQUAL(counted(DATAPATH_FRAGMENTED), 1);
		CU_ASSERT_EQUAL(counted(DATAPATH_PROTECTED), 2);
		tear_down();
	}
}

static void ipv4_fragments_make_the_whole(void)
{
	const struct rig_outer outer = {.udp_checksum = true, .ip_id = 99};

	set_up(1500, false);
	for (size_t len = 1459; len < 1500; len++)
		leaves_in_parts(&outer, (uint32_t)len - 1459, 1500, len);
	tear_down();
}

static void ipv6_fragments_make_the_whole(void)
{
	const struct rig_outer outer = {.ipv6 = true, .udp_checksum = true};

	set_up(1500, true);
	for (size_t len = 1439; len < 1480; len++)
		leaves_in_parts(&outer, (uint32_t)len - 1439, 1500, len);
	tear_down();
}

static void a_small_mtu_takes_many_fragments(void)
{
	const struct rig_outer outer = {.udp_checksum = true};

	/* 577: no multiple of 8 remains behind the header. */
	set_up(577, false);
	leaves_in_parts(&outer, 0, 577, 1900);
	leaves_in_parts(&outer, 1, 577, 6000);
	tear_down();
}

static void vlan_tags_stand_on_every_fragment(void)
{
	const struct rig_outer outer = {.vlan_tags = 2, .tpid = 0x88a8};
	const struct rig_outer outer6 = {.vlan_tags = 1, .ipv6 = true};

	set_up(1500, false);
	leaves_in_parts(&outer, 0, 1500, 1480);
	tear_down();
	set_up(1500, true);
	leaves_in_parts(&outer6, 0, 1500, 1480);
	tear_down();
}

/* e2m.md 6 asks for fragments: the sender cannot know of the octets that are added. */
static void dont_fragment_does_not_prevent_it(void)
{
	const struct rig_outer outer = {.dont_fragment = true};

	set_up(1500, false);
	leaves_in_parts(&outer, 0, 1500, 1480);
	tear_down();
}

static uint16_t id_of(const struct rig_frame *part)
{
	return (uint16_t)(part->octets[14 + 4] << 8 | part->octets[14 + 5]);
}

/* RFC 6864: with DF set, all of a sender's datagrams may have the same identification. */
static void fragments_of_datagrams_with_df_can_be_told_apart(void)
{
	const struct rig_outer outer = {.dont_fragment = true};
	uint16_t last;

	set_up(1500, false);
	send_down(&outer, 1480);
	take_parts(1500);
	CU_ASSERT_EQUAL(id_of(&parts[0]), id_of(&parts[1]));
	last = id_of(&parts[0]);
	rig_forget(&rig);
	send_down(&outer, 1480);
	take_parts(1500);
	CU_ASSERT_NOT_EQUAL(id_of(&parts[0]), last);
	tear_down();
}

static void fragments_without_df_keep_the_identification(void)
{
	const struct rig_outer outer = {.ip_id = 4711};

	set_up(1500, false);
	send_down(&outer, 1480);
	take_parts(1500);
	CU_ASSERT_EQUAL(id_of(&parts[0]), 4711);
	CU_ASSERT_EQUAL(id_of(&parts[1]), 4711);
	tear_down();
}

static void ipv6_fragments_of_two_datagrams_can_be_told_apart(void)
{
	const struct rig_outer outer = {.ipv6 = true};
	uint8_t last[4];

	set_up(1500, true);
	send_down(&outer, 1480);
	take_parts(1500);
	memcpy(last, parts[0].octets + 14 + 44, 4);
	CU_ASSERT_EQUAL(memcmp(last, parts[1].octets + 14 + 44, 4), 0);
	rig_forget(&rig);
	send_down(&outer, 1480);
	take_parts(1500);
	CU_ASSERT_NOT_EQUAL(memcmp(last, parts[0].octets + 14 + 44, 4), 0);
	tear_down();
}

/* RFC 791: of the options only those that say so stand on the others; no operation does not. */
static void ipv4_options_stand_on_the_first_fragment(void)
{
	const struct rig_outer outer = {.ip_options = 8};

	set_up(1500, false);
	send_down(&outer, 1480);
	CU_ASSERT_EQUAL(take_parts(1500), 2);
	CU_ASSERT_EQUAL(parts[0].octets[14], 0x47);
	CU_ASSERT_EQUAL(parts[1].octets[14], 0x45);
	for (unsigned i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(
			rig_checksum(0, parts[i].octets + 14, (parts[i].octets[14] & 0xfU) * 4), 0);
	tear_down();
}

static void a_header_that_must_stay_first_is_not_fragmented(void)
{
	static struct rig_frame frame;
	const struct rig_outer outer = {.ipv6 = true, .ipv6_headers = 1};

	set_up(1500, true);
	rig_write_gpdu(&frame, &outer, E2M_DOWNLINK, flow.teid, rig_npdu(1480, 1), 1480);
	frame.octets[frame.l3 + 6] = IPPROTO_HOPOPTS;
	rig_receive(&rig, DATAPATH_CORE, &frame);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_TOO_LONG), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_PROTECTED), 0);
	tear_down();
}

/* A packet ends under one name, and what had been made of it is freed. */
static void without_mbufs_for_fragments_it_is_dropped(void)
{
	static struct rte_mbuf *taken[1024];
	const struct rig_outer outer = {0};
	unsigned count;

	set_up(1500, false);
	count = rte_mempool_avail_count(rig.config.fragments) - 3;
	CU_ASSERT_EQUAL(rte_pktmbuf_alloc_bulk(rig.config.fragments, taken, count), 0);
	send_down(&outer, 1480);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_NO_MBUF), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_PROTECTED), 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_FRAGMENTED), 0);
	rte_pktmbuf_free_bulk(taken, count);
	tear_down();
}

static void a_burst_of_them_leaves_whole_and_in_order(void)
{
	static struct rig_frame frame, whole;
	struct rte_mbuf *burst[DATAPATH_BURST];

	set_up(600, false);
	for (unsigned i = 0; i < DATAPATH_BURST; i++) {
		rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, flow.teid, rig_npdu(2400, i), 2400);
		burst[i] = rig_mbuf(frame.octets, frame.len);
	}
	rig_process(&rig, 0, DATAPATH_CORE, burst, DATAPATH_BURST);
	CU_ASSERT_EQUAL_FATAL(rig.out_count[DATAPATH_ACCESS], 5 * DATAPATH_BURST);
	for (unsigned i = 0; i < DATAPATH_BURST; i++) {
		for (unsigned j = 0; j < 5; j++)
			rig_take_sent(&rig, DATAPATH_ACCESS, 5 * i + j, &parts[j]);
		CU_ASSERT_TRUE(rig_join(parts, 5, &whole));
		rig_write_protected(&frame, NULL, &flow, key, 3, i, rig_npdu(2400, i), 2400);
		CU_ASSERT_EQUAL(memcmp(whole.octets, frame.octets, frame.len), 0);
	}
	tear_down();
}

static void a_new_mtu_counts_from_the_next_packet_on(void)
{
	static const struct {
		uint16_t mtu;
		unsigned fragments;
	} steps[] = {{1500, 1}, {600, 3}, {1500, 1}};
	static struct rig_frame frame;

	set_up(1500, false);
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct rte_mbuf *m;
		const uint16_t before = rig.out_count[DATAPATH_ACCESS];

		datapath_set_mtu(rig.workers[0], DATAPATH_ACCESS, steps[i].mtu);
		rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, flow.teid, rig_npdu(1300, i), 1300);
		m = rig_mbuf(frame.octets, frame.len);
		rig_process(&rig, 0, DATAPATH_CORE, &m, 1);
		CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS] - before, steps[i].fragments);
	}
	tear_down();
}

RIG_MAIN("datapath-fragment", {"what just fits leaves whole", what_just_fits_leaves_whole},
	 {"IPv4 fragments make the whole", ipv4_fragments_make_the_whole},
	 {"IPv6 fragments make the whole", ipv6_fragments_make_the_whole},
	 {"a small MTU takes many fragments", a_small_mtu_takes_many_fragments},
	 {"VLAN tags stand on every fragment", vlan_tags_stand_on_every_fragment},
	 {"DF does not prevent it", dont_fragment_does_not_prevent_it},
	 {"fragments of datagrams with DF can be told apart",
	  fragments_of_datagrams_with_df_can_be_told_apart},
	 {"fragments without DF keep the identification",
	  fragments_without_df_keep_the_identification},
	 {"IPv6 fragments of two datagrams can be told apart",
	  ipv6_fragments_of_two_datagrams_can_be_told_apart},
	 {"IPv4 options stand on the first fragment", ipv4_options_stand_on_the_first_fragment},
	 {"a header that must stay first is not fragmented",
	  a_header_that_must_stay_first_is_not_fragmented},
	 {"without mbufs for fragments it is dropped", without_mbufs_for_fragments_it_is_dropped},
	 {"a burst of them leaves whole and in order", a_burst_of_them_leaves_whole_and_in_order},
	 {"a new MTU counts from the next packet on", a_new_mtu_counts_from_the_next_packet_on})
