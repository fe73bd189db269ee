/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames of every kind, whole, cut short, and with lengths that lie. What is not a G-PDU of a protected
 * tunnel crosses unchanged; what is one, however broken, never does. */
#include "datapath_rig.h"

#include "gtp/gtpu.h"

static struct rig rig;
static struct rig_flow up, down;
static struct npdu_key *key;

/* Both tunnels exist over IPv4 and over IPv6, with TEIDs 0xa1 and 0xb2. */
static void set_up(void)
{
	rig_init(&rig);
	rig_start(&rig, 1);
	key = rig_key(E2M_EEA2, E2M_EIA2, 8, 1);
	for (uint32_t i = 0; i < 4; i++) {
		struct rig_flow flow = {.number = i,
					.direction = i % 2 ? E2M_DOWNLINK : E2M_UPLINK,
					.teid = i % 2 ? 0xb2 : 0xa1,
					.ipv6 = i >= 2,
					.bearer = 5,
					.counter_octets = 1};
		rig_add_flow(&rig, &flow);
		rig_set_keyset(&rig, &flow, 0, DATAPATH_KEY_READY, 3, key, 0);
		*(i % 2 ? &down : &up) = flow;
	}
}

static void tear_down(void)
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		CU_ASSERT_EQUAL(rig_ended(&rig, side),
				rig_counter(&rig, side, DATAPATH_RX_PACKETS));
	rig_stop(&rig);
	npdu_key_free(key);
}

static enum datapath_side side_of(enum e2m_direction direction)
{
	return direction == E2M_UPLINK ? DATAPATH_ACCESS : DATAPATH_CORE;
}

static uint32_t teid_of(enum e2m_direction direction)
{
	return direction == E2M_UPLINK ? up.teid : down.teid;
}

static bool crosses(enum datapath_side side, const struct rig_frame *frame)
{
	bool ret;

	rig_receive_exactly(&rig, side, frame->octets, frame->len);
	ret = rig.out_count[!side] == 1 && rig_sent(&rig, !side, 0, frame);
	rig_forget(&rig);
	return ret;
}

static bool is_dropped(enum datapath_side side, const struct rig_frame *frame,
		       enum datapath_counter counter)
{
	const uint64_t before = rig_counter(&rig, side, counter);
	bool ret;

	rig_receive_exactly(&rig, side, frame->octets, frame->len);
	ret = rig.out_count[DATAPATH_ACCESS] + rig.out_count[DATAPATH_CORE] == 0 &&
	      rig_counter(&rig, side, counter) == before + 1;
	rig_forget(&rig);
	return ret;
}

static const struct rig_outer forms[] = {
	{0},
	{.udp_checksum = true},
	{.ipv6 = true},
	{.vlan_tags = 1},
	{.vlan_tags = 2, .tpid = 0x88a8},
	{.vlan_tags = 2, .tpid = 0x9100},
	{.ip_options = 12},
	{.ipv6 = true, .ipv6_headers = 2, .vlan_tags = 1},
	{.gtpu_flags = GTPU_FLAG_OPTIONS, .gtpu_extensions = 3},
	{.behind_gpdu = 7, .padding = 9},
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

/* A G-PDU of the protected tunnel with its N-PDU in clear. */
static void write_clear(struct rig_frame *frame, const struct rig_outer *outer,
			enum e2m_direction direction)
{
	static const uint8_t clear[60] = {0x45, 0, 0, 60};

	rig_write_gpdu(frame, outer, direction, teid_of(direction), clear, sizeof(clear));
}

/* --- what is not ours --- */

static void an_unknown_tunnel_crosses(void)
{
	static struct rig_frame frame;

	set_up();
	for (size_t f = 0; f < FORMS; f++)
		for (unsigned d = 0; d < 2; d++) {
			rig_write_gpdu(&frame, &forms[f], d, 0x77, rig_npdu(50, 1), 50);
			CU_ASSERT_TRUE(crosses(side_of(d), &frame));
		}
	tear_down();
}

static void other_gtpu_messages_of_a_protected_tunnel_cross(void)
{
	static const uint8_t types[] = {1, 2, 26, 31, 253, 254};
	static struct rig_frame frame;

	set_up();
	for (size_t i = 0; i < sizeof(types); i++)
		for (unsigned d = 0; d < 2; d++) {
			write_clear(&frame, NULL, d);
			frame.octets[frame.gtpu + 1] = types[i];
			CU_ASSERT_TRUE(crosses(side_of(d), &frame));
		}
	tear_down();
}

/* GTP' has protocol type 0, and other versions are not GTP-U. Version 0 with protocol type 1 has tests of its own. */
static void other_versions_cross(void)
{
	static struct rig_frame frame;

	set_up();
	for (unsigned upper = 0; upper < 16; upper++) {
		if (upper == 1 || upper == 3)
			continue;
		write_clear(&frame, NULL, E2M_UPLINK);
		frame.octets[frame.gtpu] = (uint8_t)(upper << 4);
		CU_ASSERT_TRUE(crosses(DATAPATH_ACCESS, &frame));
	}
	tear_down();
}

static void other_ports_cross(void)
{
	static struct rig_frame frame;

	set_up();
	rig_write_udp(&frame, NULL, E2M_UPLINK, 2152, 53, rig_npdu(40, 1), 40);
	CU_ASSERT_TRUE(crosses(DATAPATH_ACCESS, &frame));
	tear_down();
}

static void other_protocols_cross(void)
{
	static struct rig_frame frame;

	set_up();
	for (unsigned protocol = 0; protocol < 256; protocol++) {
		if (protocol == IPPROTO_UDP)
			continue;
		write_clear(&frame, NULL, E2M_UPLINK);
		frame.octets[frame.l3 + 9] = (uint8_t)protocol;
		CU_ASSERT_TRUE(crosses(DATAPATH_ACCESS, &frame));
	}
	tear_down();
}

static void other_ethertypes_cross(void)
{
	static const uint16_t types[] = {0x0806, 0x8847, 0x88cc, 0x0027, 0x05dc};
	static struct rig_frame frame;

	set_up();
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		write_clear(&frame, NULL, E2M_UPLINK);
		frame.octets[12] = (uint8_t)(types[i] >> 8);
		frame.octets[13] = (uint8_t)types[i];
		CU_ASSERT_TRUE(crosses(DATAPATH_ACCESS, &frame));
	}
	tear_down();
}

/* A tunnel is its receiver and its TEID: the same TEID at another address is another tunnel. */
static void the_same_teid_at_another_receiver_crosses(void)
{
	static struct rig_frame frame;

	set_up();
	write_clear(&frame, NULL, E2M_UPLINK);
	frame.octets[frame.l3 + 19] ^= 0x40;
	CU_ASSERT_TRUE(crosses(DATAPATH_ACCESS, &frame));
	tear_down();
}

static void the_wrong_way_crosses(void)
{
	static struct rig_frame frame;

	set_up();
	write_clear(&frame, NULL, E2M_UPLINK);
	CU_ASSERT_TRUE(crosses(DATAPATH_CORE, &frame));
	write_clear(&frame, NULL, E2M_DOWNLINK);
	CU_ASSERT_TRUE(crosses(DATAPATH_ACCESS, &frame));
	tear_down();
}

static void frames_of_any_size_cross(void)
{
	static struct rig_frame frame;

	set_up();
	memset(frame.octets, 0xff, 128);
	for (frame.len = 0; frame.len < 128; frame.len++) {
		frame.l3 = 14;
		CU_ASSERT_TRUE(crosses(DATAPATH_ACCESS, &frame));
	}
	tear_down();
}

/* --- GTP version 0 --- */

static const uint16_t gtp_ports[] = {2123, 2152, 3386};

/* upper: of octet 0, version and protocol type. */
static void write_version(struct rig_frame *frame, const struct rig_outer *outer, unsigned d,
			  uint16_t source_port, uint16_t destination_port, unsigned upper)
{
	uint8_t message[40] = {[1] = 16};

	message[0] = (uint8_t)(upper << 4 | 0xe);
	rig_write_udp(frame, outer, d, source_port, destination_port, message, sizeof(message));
}

static void gtpv0_is_dropped_on_every_port_of_gtp(void)
{
	static struct rig_frame frame;

	set_up();
	for (size_t f = 0; f < FORMS; f++)
		for (unsigned i = 0; i < 3; i++)
			for (unsigned d = 0; d < 2; d++) {
				write_version(&frame, &forms[f], d, 40000, gtp_ports[i], 1);
				CU_ASSERT_TRUE(is_dropped(side_of(d), &frame, DATAPATH_DROP_GTPV0));
				write_version(&frame, &forms[f], d, gtp_ports[i], 40000, 1);
				CU_ASSERT_TRUE(is_dropped(side_of(d), &frame, DATAPATH_DROP_GTPV0));
			}
	tear_down();
}

static void gtpv0_is_dropped_when_its_lengths_lie(void)
{
	static struct rig_frame frame;
	static const unsigned lengths[] = {0, 7, 8, 200};

	set_up();
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		write_version(&frame, NULL, E2M_UPLINK, 3386, 3386, 1);
		frame.octets[frame.udp + 4] = 0;
		frame.octets[frame.udp + 5] = (uint8_t)lengths[i];
		CU_ASSERT_TRUE(is_dropped(DATAPATH_ACCESS, &frame, DATAPATH_DROP_GTPV0));
	}
	tear_down();
}

static void gtp_prime_crosses(void)
{
	static struct rig_frame frame;

	set_up();
	for (unsigned upper = 0; upper <= 6; upper += 2) {
		write_version(&frame, NULL, E2M_UPLINK, 3386, 3386, upper);
		CU_ASSERT_TRUE(crosses(DATAPATH_ACCESS, &frame));
	}
	tear_down();
}

static void the_first_octet_of_gtpv0_on_another_port_says_nothing(void)
{
	static struct rig_frame frame;

	set_up();
	write_version(&frame, NULL, E2M_UPLINK, 40000, 53, 1);
	CU_ASSERT_TRUE(crosses(DATAPATH_ACCESS, &frame));
	tear_down();
}

/* --- what is ours, broken --- */

/* Cut on its way, its lengths as they were. While no octet of the N-PDU is there it may cross. */
static void no_cut_gpdu_of_a_protected_tunnel_crosses(void)
{
	static struct rig_frame frame;

	set_up();
	for (size_t f = 0; f < FORMS; f++)
		for (unsigned d = 0; d < 2; d++) {
			write_clear(&frame, &forms[f], d);
			frame.len -= forms[f].padding;
			while (--frame.len >= frame.gtpu + 8U)
				CU_ASSERT_TRUE(
					is_dropped(side_of(d), &frame, DATAPATH_DROP_MALFORMED));
			for (; frame.len > 0; frame.len--)
				CU_ASSERT_TRUE(crosses(side_of(d), &frame));
		}
	tear_down();
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* offset: of a 16-bit length; right: its value. */
static void no_length_but_the_right_one(const struct rig_outer *outer, unsigned d, size_t offset,
					const unsigned *lengths, size_t count)
{
	static struct rig_frame frame;

	for (size_t i = 0; i < count; i++) {
		write_clear(&frame, outer, d);
		put16(frame.octets + offset, lengths[i]);
		CU_ASSERT_TRUE(is_dropped(side_of(d), &frame, DATAPATH_DROP_MALFORMED));
	}
}

static void no_gpdu_whose_lengths_lie_crosses(void)
{
	/* Right: 96 of IPv4, 76 of UDP, 60 of GTP-U. */
	static const unsigned ipv4[] = {0, 19, 97, 200, 65535}, udp[] = {0, 7, 77, 65535},
			      gtpu[] = {61, 68, 65535}, ipv6[] = {0, 77, 65535};
	const struct rig_outer outer6 = {.ipv6 = true};

	set_up();
	for (unsigned d = 0; d < 2; d++) {
		no_length_but_the_right_one(NULL, d, 14 + 2, ipv4, 5);
		no_length_but_the_right_one(NULL, d, 14 + 20 + 4, udp, 4);
		no_length_but_the_right_one(NULL, d, 14 + 20 + 8 + 2, gtpu, 3);
		no_length_but_the_right_one(&outer6, d, 14 + 4, ipv6, 3);
		no_length_but_the_right_one(&outer6, d, 14 + 40 + 4, udp, 4);
	}
	tear_down();
}

static void broken_gtpu_options_do_not_cross(void)
{
	static struct rig_frame frame;
	const struct rig_outer outer = {.gtpu_flags = GTPU_FLAG_E, .gtpu_extensions = 2};

	set_up();
	for (unsigned d = 0; d < 2; d++) {
		write_clear(&frame, &outer, d);
		frame.octets[frame.gtpu + 12] = 0; /* an extension header of no length */
		CU_ASSERT_TRUE(is_dropped(side_of(d), &frame, DATAPATH_DROP_MALFORMED));
		write_clear(&frame, &outer, d);
		frame.octets[frame.gtpu + 12] = 200; /* past the end */
		CU_ASSERT_TRUE(is_dropped(side_of(d), &frame, DATAPATH_DROP_MALFORMED));
		write_clear(&frame, NULL, d);
		frame.octets[frame.gtpu] |= GTPU_FLAG_S; /* 4 octets more than the length says */
		put16(frame.octets + frame.gtpu + 2, 3);
		CU_ASSERT_TRUE(is_dropped(side_of(d), &frame, DATAPATH_DROP_MALFORMED));
	}
	tear_down();
}

static void more_vlan_tags_than_two_do_not_hide_a_tunnel(void)
{
	static struct rig_frame frame;

	set_up();
	for (uint8_t tags = 3; tags <= 20; tags++)
		for (unsigned d = 0; d < 2; d++) {
			const struct rig_outer outer = {.vlan_tags = tags};
			write_clear(&frame, &outer, d);
			CU_ASSERT_TRUE(is_dropped(side_of(d), &frame, DATAPATH_DROP_MALFORMED));
			/* The address of its N-PDU may be another session's. */
			rig_write_gpdu(&frame, &outer, d, 0x77, rig_npdu(50, 1), 50);
			CU_ASSERT_TRUE(is_dropped(side_of(d), &frame, DATAPATH_DROP_MALFORMED));
		}
	tear_down();
}

static void many_ipv6_extension_headers_do_not_hide_a_tunnel(void)
{
	static struct rig_frame frame;
	const struct rig_outer outer = {.ipv6 = true, .ipv6_headers = 40};

	set_up();
	write_clear(&frame, &outer, E2M_UPLINK);
	CU_ASSERT_TRUE(is_dropped(DATAPATH_ACCESS, &frame, DATAPATH_DROP_MALFORMED));
	tear_down();
}

/* RFC 6946: a fragment header on a datagram in one piece. */
static void an_atomic_ipv6_fragment_is_a_whole_datagram(void)
{
	static struct rig_frame frame;
	const struct rig_outer outer = {.ipv6 = true, .ipv6_headers = 1};

	set_up();
	write_clear(&frame, &outer, E2M_UPLINK);
	frame.octets[frame.l3 + 6] = IPPROTO_FRAGMENT;
	memset(frame.octets + frame.l3 + 41, 0, 7);
	CU_ASSERT_TRUE(is_dropped(DATAPATH_ACCESS, &frame, DATAPATH_DROP_MALFORMED));
	tear_down();
}

/* --- anything --- */

static bool is_of_protected_tunnel(const uint8_t *octets, uint32_t len,
				   enum e2m_direction direction)
{
	struct tunnel t, ipv4 = rig_tunnel(direction, teid_of(direction), false),
			 ipv6 = rig_tunnel(direction, teid_of(direction), true);

	return rig_is_gpdu(octets, len, &t) &&
	       (tunnel_is_equal(&t, &ipv4) || tunnel_is_equal(&t, &ipv6));
}

/* Octets changed, frames cut, at random: whatever leaves, no receiver takes it for a G-PDU of the
 * protected tunnel, since none of them was authentic. */
static void nothing_broken_crosses_as_a_gpdu_of_a_protected_tunnel(void)
{
	static struct rig_frame frame;

	set_up();
	srandom(11);
	for (unsigned i = 0; i < 60000; i++) {
		uint32_t len;
		write_clear(&frame, &forms[(size_t)random() % FORMS], E2M_UPLINK);
		for (unsigned changes = (unsigned)random() % 4; changes > 0; changes--)
			frame.octets[12 + random() % (frame.len - 12)] = (uint8_t)random();
		if (random() % 4 == 0)
			frame.len = 14 + (uint32_t)random() % (frame.len - 14);
		rig_receive_exactly(&rig, DATAPATH_ACCESS, frame.octets, frame.len);
		for (unsigned n = 0; n < rig.out_count[DATAPATH_CORE]; n++) {
			const uint8_t *sent = rig_sent_octets(&rig, DATAPATH_CORE, n, &len);
			CU_ASSERT_FALSE(is_of_protected_tunnel(sent, len, E2M_UPLINK));
		}
		rig_forget(&rig);
	}
	rig_wait_ms(&rig, 2000);
	tear_down();
}

/* The same downlink: what leaves was protected, so nothing of the clear N-PDU is in it. */
static void nothing_broken_crosses_in_clear(void)
{
	static struct rig_frame frame;
	uint8_t secret[48];

	set_up();
	srandom(12);
	memset(secret, 0x5e, sizeof(secret));
	for (unsigned i = 0; i < 60000; i++) {
		uint32_t len;
		rig_write_gpdu(&frame, &forms[(size_t)random() % FORMS], E2M_DOWNLINK, down.teid,
			       secret, sizeof(secret));
		const uint32_t headers = frame.payload;
		/* Lengths, flags and options, but what makes it a G-PDU of this tunnel stays. */
		const uint32_t fields[] = {2, 3, 4, 5, 6, 7, 8};
		for (unsigned changes = (unsigned)random() % 3; changes > 0; changes--) {
			uint32_t at = fields[random() % 7];
			if (forms[0].ipv6 || frame.octets[frame.l3] >> 4 == 6)
				at = 4 + at % 2;
			else if (at == 6 || at == 7)
				at = 2; /* fragments have tests of their own */
			frame.octets[frame.l3 + at] = (uint8_t)random();
		}
		for (unsigned changes = (unsigned)random() % 3; changes > 0; changes--)
			frame.octets[frame.gtpu - 4 + random() % 4] = (uint8_t)random();
		for (unsigned changes = (unsigned)random() % 2; changes > 0; changes--)
			frame.octets[frame.gtpu + 2 + random() % 2] = (uint8_t)random();
		if (random() % 4 == 0)
			frame.len = headers + (uint32_t)random() % (frame.len - headers);
		struct rte_mbuf *m = rig_mbuf(frame.octets, frame.len);
		rig_process(&rig, 0, DATAPATH_CORE, &m, 1);
		for (unsigned n = 0; n < rig.out_count[DATAPATH_ACCESS]; n++) {
			const uint8_t *sent = rig_sent_octets(&rig, DATAPATH_ACCESS, n, &len);
			CU_ASSERT_PTR_NULL(memmem(sent, len, secret, 8));
		}
		rig_forget(&rig);
	}
	tear_down();
}

RIG_MAIN("datapath-parse", {"an unknown tunnel crosses", an_unknown_tunnel_crosses},
	 {"other GTP-U messages of a protected tunnel cross",
	  other_gtpu_messages_of_a_protected_tunnel_cross},
	 {"other versions cross", other_versions_cross}, {"other ports cross", other_ports_cross},
	 {"other protocols cross", other_protocols_cross},
	 {"other Ethertypes cross", other_ethertypes_cross},
	 {"the same TEID at another receiver crosses", the_same_teid_at_another_receiver_crosses},
	 {"the wrong way crosses", the_wrong_way_crosses},
	 {"frames of any size cross", frames_of_any_size_cross},
	 {"GTPv0 is dropped on every port of GTP", gtpv0_is_dropped_on_every_port_of_gtp},
	 {"GTPv0 is dropped when its lengths lie", gtpv0_is_dropped_when_its_lengths_lie},
	 {"GTP' crosses", gtp_prime_crosses},
	 {"the first octet of GTPv0 on another port says nothing",
	  the_first_octet_of_gtpv0_on_another_port_says_nothing},
	 {"no cut G-PDU of a protected tunnel crosses", no_cut_gpdu_of_a_protected_tunnel_crosses},
	 {"no G-PDU whose lengths lie crosses", no_gpdu_whose_lengths_lie_crosses},
	 {"broken GTP-U options do not cross", broken_gtpu_options_do_not_cross},
	 {"more VLAN tags than two do not hide a tunnel",
	  more_vlan_tags_than_two_do_not_hide_a_tunnel},
	 {"many IPv6 extension headers do not hide a tunnel",
	  many_ipv6_extension_headers_do_not_hide_a_tunnel},
	 {"an atomic IPv6 fragment is a whole datagram",
	  an_atomic_ipv6_fragment_is_a_whole_datagram},
	 {"nothing broken crosses as a G-PDU of a protected tunnel",
	  nothing_broken_crosses_as_a_gpdu_of_a_protected_tunnel},
	 {"nothing broken crosses in clear", nothing_broken_crosses_in_clear})
