/* SPDX-License-Identifier: BSD-3-Clause */
/* GTP-C in fragments: which names, lengths and numbers of fragments cross, or wait, and which do not. */
#include "datapath_rig_fragment.h"

static struct rig rig;

static void set_up(void)
{
	rig_init(&rig);
	rig.config.gtpc_hold_ms = 1000;
	rig_start(&rig, 1);
}

static void tear_down(void)
{
	rig_wait_ms(&rig, 2100);
	CU_ASSERT_EQUAL(rig_ended(&rig, DATAPATH_ACCESS),
			rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_RX_PACKETS));
	rig_stop(&rig);
}

static void receive(const struct rig_fragment *f)
{
	static struct rig_frame frame;

	rig_write_fragment(&frame, f);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
}

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

static const struct rig_fragment gtpc[2] = {{.total = 32, .octets = 16, .more = true},
					    {.offset = 16, .octets = 16}};

/* Both fragments, with that identification. Returns how many cross. */
static unsigned cross(const struct rig_fragment *fragments, bool ipv6, uint32_t id)
{
	rig_forget(&rig);
	for (unsigned i = 0; i < 2; i++) {
		struct rig_fragment f = fragments[i];
		f.ipv6 = ipv6;
		f.id = id;
		receive(&f);
		control_reads();
	}
	return rig.out_count[DATAPATH_CORE];
}

static void what_is_no_message_when_it_is_whole_is_dropped(void)
{
	static const uint16_t totals[] = {7, 33, 0xffff};

	set_up();
	for (unsigned i = 0; i < 3; i++) {
		struct rig_fragment f = gtpc[0];
		f.id = (uint16_t)i;
		f.total = totals[i];
		receive(&f);
		f = gtpc[1];
		f.id = (uint16_t)i;
		receive(&f);
	}
	control_reads();
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 6);
	tear_down();
}

/* --- bounds --- */

/* As many as may wait, all but free of them. */
static void fill(unsigned free)
{
	const struct rig_fragment f = {.id = 30000, .offset = 16, .octets = 8};

	for (unsigned i = 0; i < 384 - free; i++)
		receive(&f);
}

static void fill_core(unsigned fragments)
{
	static struct rig_frame frame;

	rig_write_fragment(&frame, &(struct rig_fragment){.offset = 16, .octets = 8});
	for (unsigned i = 0; i < fragments; i++)
		rig_receive(&rig, DATAPATH_CORE, &frame);
}

static void a_flood_of_fragments_on_one_side_leaves_the_other_its_places(void)
{
	set_up();
	fill(0);
	fill(0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 384);
	fill_core(129);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_FRAGMENT), 1);
	tear_down();
}

static void both_sides_together_have_their_bound(void)
{
	set_up();
	fill_core(513);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_FRAGMENT), 1);
	fill(383);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 1);
	tear_down();
}

/* Control takes its time. Large buffers are for G-PDUs as well. */
static void gtpc_in_fragments_leaves_half_of_the_large_buffers(void)
{
	set_up();
	for (unsigned i = 0; i < 100; i++)
		for (unsigned part = 0; part < 2; part++) {
			struct rig_fragment f = gtpc[part];
			f.id = (uint16_t)i;
			receive(&f);
		}
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_GTPC_SEEN), 32);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 2 * 68);
	control_reads();
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 2 * 32);
	CU_ASSERT_EQUAL(cross(gtpc, false, 100), 2);
	tear_down();
}

RIG_MAIN("datapath-gtpc-fragments",
	 {"what is no message when it is whole is dropped",
	  what_is_no_message_when_it_is_whole_is_dropped},
	 {"a flood of fragments on one side leaves the other its places",
	  a_flood_of_fragments_on_one_side_leaves_the_other_its_places},
	 {"both sides together have their bound", both_sides_together_have_their_bound},
	 {"GTP-C in fragments leaves half of the large buffers",
	  gtpc_in_fragments_leaves_half_of_the_large_buffers})
