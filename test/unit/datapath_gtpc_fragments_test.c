/* SPDX-License-Identifier: BSD-3-Clause */
/* GTP-C in fragments: which names, lengths and numbers of fragments cross, or wait, and which do not. */
#include "datapath_rig_directory.h"
#include "datapath_rig_fragment.h"

static struct rig rig;

/* Control has read what there is, and lets it leave. */
static void control_reads(void)
{
	struct datapath_event event;

	while (datapath_events(rig.workers[0], &event, 1) > 0) {
		const struct datapath_command c = {.kind = DATAPATH_RELEASE_GTPC,
						   .gtpc = event.cookie};
		rte_pktmbuf_free(event.mbuf);
		CU_ASSERT_EQUAL(datapath_command(rig.workers[0], &c), 0);
		datapath_housekeep(rig.workers[0], rig.now);
	}
}

/* --- what a receiver may have of a name --- */

static const struct rig_fragment gtpc[2] = {{.total = 32, .octets = 16, .more = true},
					    {.offset = 16, .octets = 16}};
static const struct rig_fragment other[2] = {
	{.total = 32, .octets = 16, .more = true, .port = 5353}, {.offset = 16, .octets = 16}};

/* Both fragments, with that identification. Returns how many cross. */
static unsigned cross(const struct rig_fragment *fragments, bool ipv6, uint32_t id)
{
	rig_forget(&rig);
	for (unsigned i = 0; i < 2; i++) {
		struct rig_fragment f = fragments[i];
		f.ipv6 = ipv6;
		f.id = id;
		rig_receive_fragment(&rig, &f);
		control_reads();
	}
	return rig.out_count[DATAPATH_CORE];
}

static void gtpc_does_not_cross_where_another_fragment_has(void)
{
	rig_start_fragments(&rig);
	for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
		CU_ASSERT_EQUAL(cross(other, ipv6, 7), 2);
		CU_ASSERT_EQUAL(cross(gtpc, ipv6, 7), 0);
		CU_ASSERT_EQUAL(cross(gtpc, ipv6, 8), 2);
	}
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 4);
	rig_stop_fragments(&rig);
}

static void no_fragment_crosses_where_gtpc_has(void)
{
	rig_start_fragments(&rig);
	for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
		CU_ASSERT_EQUAL(cross(gtpc, ipv6, 7), 2);
		CU_ASSERT_EQUAL(cross(other, ipv6, 7), 0);
		CU_ASSERT_EQUAL(cross(gtpc, ipv6, 7), 0);
		CU_ASSERT_EQUAL(cross(other, ipv6, 8), 2);
	}
	rig_stop_fragments(&rig);
}

static void a_name_may_be_used_again_when_no_receiver_has_fragments_of_it(void)
{
	rig_start_fragments(&rig);
	for (unsigned first = 0; first < 2; first++)
		for (unsigned then = 0; then < 2; then++) {
			const uint16_t id = (uint16_t)(2 * first + then);
			CU_ASSERT_EQUAL(cross(first ? gtpc : other, false, id), 2);
			rig_wait_ms(&rig, 119000);
			CU_ASSERT_EQUAL(cross(then ? gtpc : other, false, id),
					first || then ? 0 : 2);
			rig_wait_ms(&rig, 122000);
			CU_ASSERT_EQUAL(cross(then ? gtpc : other, false, id), 2);
		}
	rig_stop_fragments(&rig);
}

static void other_datagrams_of_one_name_do_not_hinder_each_other(void)
{
	rig_start_fragments(&rig);
	for (unsigned i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(cross(other, false, 7), 2);
	rig_stop_fragments(&rig);
}

/* Identifications of IPv6 with the place of id. */
#define SAME_PLACE(id, i) ((uint32_t)(i) << 16 | ((id) ^ (i)))

static void a_name_that_shares_a_place_is_another(void)
{
	rig_start_fragments(&rig);
	CU_ASSERT_EQUAL(cross(other, true, 7), 2);
	CU_ASSERT_EQUAL(cross(gtpc, true, SAME_PLACE(7, 1)), 2);
	CU_ASSERT_EQUAL(cross(other, true, 7), 2);
	CU_ASSERT_EQUAL(cross(other, true, SAME_PLACE(7, 1)), 0);
	CU_ASSERT_EQUAL(cross(gtpc, true, 7), 0);
	rig_stop_fragments(&rig);
}

/* What has crossed is not forgotten for others that have crossed since. */
static void of_names_that_share_a_place_none_crosses_twice(void)
{
	rig_start_fragments(&rig);
	for (unsigned i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(cross(other, true, SAME_PLACE(7, i)), 2);
	for (unsigned i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(cross(gtpc, true, SAME_PLACE(7, i)), 0);
	for (unsigned i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(cross(gtpc, true, SAME_PLACE(70, i)), 2);
	for (unsigned i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(cross(other, true, SAME_PLACE(70, i)), 0);
	rig_wait_ms(&rig, 122000);
	CU_ASSERT_EQUAL(cross(other, true, 7), 2);
	CU_ASSERT_EQUAL(cross(gtpc, true, SAME_PLACE(7, 1)), 2);
	rig_stop_fragments(&rig);
}

/* In three fragments. Returns how many cross. */
static unsigned cross_gpdu(uint32_t teid, uint16_t id)
{
	static struct rig_frame whole, parts[3];

	rig_forget(&rig);
	rig_write_gpdu(&whole, NULL, E2M_UPLINK, teid, rig_ip("10.0.0.9", "198.51.100.1", 120),
		       120);
	CU_ASSERT_EQUAL(rig_split(&whole, 64, id, parts, 3), 3);
	for (unsigned i = 0; i < 3; i++)
		rig_receive(&rig, DATAPATH_ACCESS, &parts[i]);
	return rig.out_count[DATAPATH_CORE];
}

/* Those of protected sessions do not cross as they came, so they are in nobody's way. */
static void gtpc_does_not_cross_where_a_gpdu_in_clear_has(void)
{
	struct directory *directory;

	rig_init(&rig);
	directory = rig_open_directory(&rig);
	rig_add_session(directory, DIRECTORY_PROTECTED, 0xa1, 0xb1);
	rig_add_session(directory, DIRECTORY_UNPROTECTED, 0xa2, 0xb2);
	rig_start(&rig, 1);
	CU_ASSERT_EQUAL(cross_gpdu(0xa1, 1), 0);
	CU_ASSERT_EQUAL(cross(gtpc, false, 1), 2);
	CU_ASSERT_EQUAL(cross_gpdu(0xa2, 2), 3);
	CU_ASSERT_EQUAL(cross(gtpc, false, 2), 0);
	CU_ASSERT_EQUAL(cross_gpdu(0x77, 3), 3);
	CU_ASSERT_EQUAL(cross(gtpc, false, 3), 0);
	CU_ASSERT_EQUAL(cross(gtpc, false, 4), 2);
	CU_ASSERT_EQUAL(cross_gpdu(0x77, 4), 0);
	rig_stop_fragments(&rig);
	directory_free(directory);
}

/* From the home network, and there from another address. Returns how many cross. */
static unsigned cross_down(const struct rig_fragment *fragments, uint32_t id, uint8_t address)
{
	static struct rig_frame frame;

	rig_forget(&rig);
	for (unsigned i = 0; i < 2; i++) {
		struct rig_fragment f = fragments[i];
		f.id = id;
		f.ipv6 = true;
		rig_write_fragment(&frame, &f);
		frame.octets[frame.l3 + 8 + 14] = address;
		rig_receive(&rig, DATAPATH_CORE, &frame);
		control_reads();
	}
	return rig.out_count[DATAPATH_ACCESS];
}

/* It sends many fragments, and so has few identifications that are not in use. */
static void the_home_network_may_use_names_again(void)
{
	rig_start_fragments(&rig);
	for (unsigned i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(cross_down(other, 7, 0), 2);
		CU_ASSERT_EQUAL(cross_down(gtpc, 7, 0), 2);
	}
	rig_stop_fragments(&rig);
}

static void fragments_of_the_home_network_are_in_nobodys_way(void)
{
	rig_start_fragments(&rig);
	for (uint8_t address = 0; address < 32; address++)
		for (uint32_t i = 0; i < 2; i++)
			CU_ASSERT_EQUAL(cross_down(other, SAME_PLACE(7, i), address), 2);
	CU_ASSERT_EQUAL(cross(gtpc, true, 7), 2);
	rig_stop_fragments(&rig);
}

static void what_is_no_message_when_it_is_whole_is_dropped(void)
{
	static const uint16_t totals[] = {7, 33, 0xffff};

	rig_start_fragments(&rig);
	for (unsigned i = 0; i < 3; i++) {
		struct rig_fragment f = gtpc[0];
		f.id = (uint16_t)i;
		f.total = totals[i];
		rig_receive_fragment(&rig, &f);
		f = gtpc[1];
		f.id = (uint16_t)i;
		rig_receive_fragment(&rig, &f);
	}
	control_reads();
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 6);
	rig_stop_fragments(&rig);
}

/* --- lengths --- */

static void gtpc_with_a_last_fragment_in_its_middle_is_dropped(void)
{
	static const struct rig_fragment parts[3] = {{.total = 48, .octets = 16, .more = true},
						     {.offset = 16, .octets = 16, .more = false},
						     {.offset = 32, .octets = 16, .more = false}};

	rig_start_fragments(&rig);
	rig_receive_fragment(&rig, &parts[1]);
	rig_receive_fragment(&rig, &parts[2]);
	rig_receive_fragment(&rig, &parts[0]);
	control_reads();
	rig_wait_ms(&rig, 1100);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_GTPC_SEEN), 0);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	rig_stop_fragments(&rig);
}

/* As many as may wait, all but free of them. */
static void fill(unsigned free)
{
	const struct rig_fragment f = {.id = 30000, .offset = 16, .octets = 8};

	for (unsigned i = 0; i < 384 - free; i++)
		rig_receive_fragment(&rig, &f);
}

/* The last fragment, which says how long the datagram is, finds no place to wait. Another that reaches further comes
 * when there is one. */
static void gtpc_longer_than_its_last_fragment_says_is_dropped(void)
{
	struct rig_fragment f = {.id = 7, .total = 65300, .octets = 1024, .more = true};
	const struct rig_fragment last = {.id = 7, .offset = 65288, .octets = 8};
	const struct rig_fragment beyond = {.id = 7, .offset = 64512, .octets = 1000, .more = true};

	rig_start_fragments(&rig);
	fill(63);
	rig_wait_ms(&rig, 600);
	for (; f.offset < 64512; f.offset += 1024)
		rig_receive_fragment(&rig, &f);
	rig_receive_fragment(&rig, &last);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 1);
	rig_wait_ms(&rig, 600);
	rig_receive_fragment(&rig, &beyond);
	control_reads();
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_GTPC_SEEN), 0);
	rig_stop_fragments(&rig);
}

/* In its place comes one that is not the last. */
static void gtpc_without_a_last_fragment_is_dropped(void)
{
	const struct rig_fragment not_last = {.offset = 16, .octets = 16, .more = true};

	rig_start_fragments(&rig);
	fill(0);
	rig_wait_ms(&rig, 600);
	rig_receive_fragment(&rig, &gtpc[1]);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 1);
	rig_wait_ms(&rig, 600);
	rig_receive_fragment(&rig, &not_last);
	rig_receive_fragment(&rig, &gtpc[0]);
	control_reads();
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_GTPC_SEEN), 0);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	rig_stop_fragments(&rig);
}

/* As many octets as a large buffer takes behind layer 2, which is longer than an mbuf can say. */
static void fragments_of_gtpc_with_more_tags_than_can_be_are_dropped(void)
{
	struct rig_fragment f = {.total = 65384, .octets = 1024, .more = true, .vlan_tags = 29};

	rig_start_fragments(&rig);
	for (; f.offset < 65384; f.offset += f.octets) {
		f.octets = f.offset + 1024 < 65384 ? 1024 : 65384 - f.offset;
		f.more = f.offset + f.octets < 65384;
		rig_receive_fragment(&rig, &f);
	}
	control_reads();
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 64);
	rig_stop_fragments(&rig);
}

static void gtpc_of_more_octets_than_a_buffer_takes_is_dropped(void)
{
	struct rig_fragment f = {.total = 65512, .octets = 1024, .more = true};

	rig_start_fragments(&rig);
	for (; f.offset < 65512; f.offset += f.octets) {
		f.octets = f.offset + 1024 < 65512 ? 1024 : 65512 - f.offset;
		f.more = f.offset + f.octets < 65512;
		rig_receive_fragment(&rig, &f);
	}
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 64);
	rig_stop_fragments(&rig);
}

/* Of parts fragments. Returns how many cross. */
static unsigned cross_in(unsigned parts, uint16_t id)
{
	struct rig_fragment f = {
		.id = id, .total = (uint16_t)(16 * parts), .octets = 16, .more = true};

	rig_forget(&rig);
	for (unsigned i = 0; i < parts; i++, f.offset += 16) {
		f.more = i < parts - 1;
		rig_receive_fragment(&rig, &f);
	}
	control_reads();
	return rig.out_count[DATAPATH_CORE];
}

static void gtpc_in_more_fragments_than_any_gsn_makes_is_dropped(void)
{
	rig_start_fragments(&rig);
	CU_ASSERT_EQUAL(cross_in(64, 1), 64);
	CU_ASSERT_EQUAL(cross_in(65, 2), 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 65);
	rig_stop_fragments(&rig);
}

/* --- bounds --- */

static void fill_core(unsigned fragments)
{
	static struct rig_frame frame;

	rig_write_fragment(&frame, &(struct rig_fragment){.offset = 16, .octets = 8});
	for (unsigned i = 0; i < fragments; i++)
		rig_receive(&rig, DATAPATH_CORE, &frame);
}

static void a_flood_of_fragments_on_one_side_leaves_the_other_its_places(void)
{
	rig_start_fragments(&rig);
	fill(0);
	fill(0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 384);
	fill_core(129);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_FRAGMENT), 1);
	rig_stop_fragments(&rig);
}

static void both_sides_together_have_their_bound(void)
{
	rig_start_fragments(&rig);
	fill_core(513);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_FRAGMENT), 1);
	fill(383);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 1);
	rig_stop_fragments(&rig);
}

/* Control takes its time. Large buffers are for G-PDUs as well. */
static void gtpc_in_fragments_leaves_half_of_the_large_buffers(void)
{
	rig_start_fragments(&rig);
	for (unsigned i = 0; i < 100; i++)
		for (unsigned part = 0; part < 2; part++) {
			struct rig_fragment f = gtpc[part];
			f.id = (uint16_t)i;
			rig_receive_fragment(&rig, &f);
		}
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_GTPC_SEEN), 32);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 2 * 68);
	control_reads();
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 2 * 32);
	CU_ASSERT_EQUAL(cross(gtpc, false, 100), 2);
	rig_stop_fragments(&rig);
}

/* The copy for control goes with them. */
static void gtpc_in_fragments_that_finds_no_place_is_dropped_once(void)
{
	const struct rig_fragment in_one_piece = {.total = 16, .octets = 16};

	rig_start_fragments(&rig);
	for (unsigned i = 0; i < 768; i++)
		rig_receive_fragment(&rig, &in_one_piece);
	rig_receive_fragment(&rig, &gtpc[0]);
	rig_receive_fragment(&rig, &gtpc[1]);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_GTPC_FULL), 1);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_JOINED), 2);
	rig_stop(&rig);
}

RIG_MAIN("datapath-gtpc-fragments",
	 {"GTP-C does not cross where another fragment has",
	  gtpc_does_not_cross_where_another_fragment_has},
	 {"no fragment crosses where GTP-C has", no_fragment_crosses_where_gtpc_has},
	 {"a name may be used again when no receiver has fragments of it",
	  a_name_may_be_used_again_when_no_receiver_has_fragments_of_it},
	 {"other datagrams of one name do not hinder each other",
	  other_datagrams_of_one_name_do_not_hinder_each_other},
	 {"a name that shares a place is another", a_name_that_shares_a_place_is_another},
	 {"of names that share a place none crosses twice",
	  of_names_that_share_a_place_none_crosses_twice},
	 {"GTP-C does not cross where a G-PDU in clear has",
	  gtpc_does_not_cross_where_a_gpdu_in_clear_has},
	 {"the home network may use names again", the_home_network_may_use_names_again},
	 {"fragments of the home network are in nobody's way",
	  fragments_of_the_home_network_are_in_nobodys_way},
	 {"what is no message when it is whole is dropped",
	  what_is_no_message_when_it_is_whole_is_dropped},
	 {"GTP-C with a last fragment in its middle is dropped",
	  gtpc_with_a_last_fragment_in_its_middle_is_dropped},
	 {"GTP-C longer than its last fragment says is dropped",
	  gtpc_longer_than_its_last_fragment_says_is_dropped},
	 {"GTP-C without a last fragment is dropped", gtpc_without_a_last_fragment_is_dropped},
	 {"fragments of GTP-C with more tags than can be are dropped",
	  fragments_of_gtpc_with_more_tags_than_can_be_are_dropped},
	 {"GTP-C of more octets than a buffer takes is dropped",
	  gtpc_of_more_octets_than_a_buffer_takes_is_dropped},
	 {"GTP-C in more fragments than any GSN makes is dropped",
	  gtpc_in_more_fragments_than_any_gsn_makes_is_dropped},
	 {"a flood of fragments on one side leaves the other its places",
	  a_flood_of_fragments_on_one_side_leaves_the_other_its_places},
	 {"both sides together have their bound", both_sides_together_have_their_bound},
	 {"GTP-C in fragments leaves half of the large buffers",
	  gtpc_in_fragments_leaves_half_of_the_large_buffers},
	 {"GTP-C in fragments that finds no place is dropped once",
	  gtpc_in_fragments_that_finds_no_place_is_dropped_once})
