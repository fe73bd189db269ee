/* SPDX-License-Identifier: BSD-3-Clause */
/* Whatever happens, in whatever order, and wherever the process ends: no COUNT is used twice with one key.
 * The lab's workers check each that they use, and each that they are told to go on with, against all that
 * any process before has used. */
#include "session_lab.h"

#include <errno.h>

#define RUNS	    150
#define STEPS	    1500
#define SUBSCRIBERS 2

static struct lab_context contexts[SUBSCRIBERS];
static uint64_t seed;
static unsigned used, crashes;

static unsigned pick(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)((seed >> 33) % n);
}

static struct lab_context *some_context(void)
{
	return &contexts[pick(SUBSCRIBERS)];
}

/* Few keysets, by both their names, so that they come back. */
static struct e2m_keyset_id some_name(void)
{
	const unsigned keyset = 1 + pick(3);

	return pick(2) ? lab_sqn(keyset) : lab_rand(keyset);
}

static struct lab_flow *some_flow(void)
{
	const struct lab_context *c = some_context();
	const struct tunnel tunnel = pick(2) ? lab_up(c) : lab_down(c);

	return lab_flow(&tunnel);
}

/* --- what GSNs do --- */

static void create(void)
{
	struct lab_context *c = some_context();

	if (pick(2))
		c->down = 0x1000 + pick(0x800) * SUBSCRIBERS + c->subscriber;
	lab_create(c, some_name(), (uint8_t)(1 + pick(3)));
}

static void update(void)
{
	lab_update(some_context(), some_name(), (uint8_t)(1 + pick(3)));
}

static void move(void)
{
	struct lab_context *c = some_context();

	/* Sometimes to where another still is. */
	c->down = 0x1000 + pick(pick(2) ? 4 : 0x800) * SUBSCRIBERS + pick(8) / 7 + c->subscriber;
	lab_move(c);
}

static void delete (void)
{
	lab_delete(some_context());
}

static void report(void)
{
	struct lab_context *c = some_context();
	const struct e2m_keyset_id name = some_name();
	struct session_notification n =
		lab_notification(pick(3), c, pick(4) ? &name : NULL, (uint8_t)(1 + pick(3)));

	if (n.event == SESSION_ACTIVATE)
		n.keyset = name;
	else if (n.event == SESSION_UPDATE)
		n.has_tunnel[pick(2)] = pick(2);
	lab_notify(&n);
}

/* --- what workers do --- */

static void send_packets(void)
{
	struct lab_flow *flow = some_flow();
	unsigned slot;
	uint32_t allowed;

	if (!flow)
		return;
	slot = flow->direction == E2M_UPLINK ? pick(2) : flow->in_use;
	if (flow->places[slot].state == DATAPATH_KEY_MISSING)
		lab_miss(flow, slot);
	if (flow->places[slot].state != DATAPATH_KEY_READY)
		return;
	allowed = lab_allowed(flow, slot);
	if (allowed > 0) {
		lab_use(flow, slot, 1 + pick(allowed));
		used++;
	}
	if (flow->direction == E2M_UPLINK)
		lab_authenticated(flow, slot);
	if (flow->places[slot].count >= flow->places[slot].ceiling.mark)
		lab_low(flow, slot, flow->places[slot].count + pick(10));
}

static void work_a_little(void)
{
	const unsigned worker = pick(lab.config.workers);

	for (unsigned n = pick(4); n > 0; n--)
		if (pick(2))
			lab_execute(worker);
		else
			lab_deliver(worker);
}

/* --- what the disk does --- */

static void write_a_little(void)
{
	if (lab.disk.is_writing)
		lab_written(pick(8) ? 0 : EIO);
	else if (lab.disk.batch)
		lab.disk.batch->room = 1 + pick(4);
	if (!lab.disk.is_writing)
		lab_write();
}

static void crash(void)
{
	crashes++;
	if (pick(8))
		lab_crash();
	else
		lab_restart();
}

static void step(void)
{
	static void (*const often[])(void) = {send_packets,   send_packets,   send_packets,
					      work_a_little,  work_a_little,  work_a_little,
					      lab_settle,     write_a_little, write_a_little,
					      write_a_little, lab_answer_all};
	static void (*const seldom[])(void) = {create, create, update, move, delete, report, crash};

	if (pick(15))
		often[pick(sizeof(often) / sizeof(often[0]))]();
	else
		seldom[pick(sizeof(seldom) / sizeof(seldom[0]))]();
	if (pick(20) == 0)
		lab_pass(pick(20) ? pick(2000) : 100000 + pick(3000000));
}

static void no_count_is_used_twice_however_often_it_crashes(void)
{
	for (unsigned run = 1; run <= RUNS; run++) {
		seed = run;
		for (unsigned i = 0; i < SUBSCRIBERS; i++)
			contexts[i] = lab_context(i);
		lab_defaults();
		lab.config.is_durable = true;
		lab.config.count_block = 64;
		lab.config.count_retention_s = 0; /* else what is forgotten may come again */
		lab.config.counter_octets = (uint8_t)pick(3);
		lab.config.pull_on_activation = pick(4) == 0;
		lab.next.lifetime_s = pick(4) ? 0 : 3000;
		lab_open();
		for (unsigned i = 0; i < STEPS; i++)
			step();
		lab_stop();
	}
	CU_ASSERT_TRUE(used > RUNS * 10);
	CU_ASSERT_TRUE(crashes > RUNS * 5);
}

UNIT_MAIN("session-crash", TEST(no_count_is_used_twice_however_often_it_crashes))
