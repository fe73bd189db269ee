/* SPDX-License-Identifier: BSD-3-Clause */
/* Whatever happens, in whatever order, and wherever the process ends: no COUNT is used twice with one key, and
 * no session is lost. The lab's workers check each COUNT that they use, and each that they are told to go
 * on with, against all that any process before has used. UEs keep their keysets and COUNTs all the time. */
#include "session_ends.h"

#include <errno.h>

#define RUNS	    150
#define STEPS	    1500
#define SUBSCRIBERS 2
#define KEYSETS	    3

static struct lab_context contexts[SUBSCRIBERS];
static struct ends ends[SUBSCRIBERS][KEYSETS + 1]; /* by number of the keyset */
static uint64_t seed;
static unsigned used, received, crashes;

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
	const unsigned keyset = 1 + pick(KEYSETS);

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

/* --- what workers and UEs do --- */

/* W/4, e2m.md 7. */
static uint32_t quarter(void)
{
	return UINT32_C(1) << (1 + 8 * lab.config.counter_octets);
}

/* Of the keyset in a place, whose key is there. */
static struct ends *ends_of(const struct lab_flow *flow, unsigned slot)
{
	return &ends[lab_subscriber(flow)][flow->places[slot].keyset];
}

/* Some are lost on their way; the last one, if not, comes to the UE, however many were skipped or lost. */
static void send_down(struct lab_flow *flow, unsigned slot)
{
	const uint32_t allowed = lab_allowed(flow, slot);
	struct ends *e = ends_of(flow, slot);

	if (allowed > 0) {
		lab_use(flow, slot, 1 + pick(allowed));
		used++;
		if (pick(2)) {
			CU_ASSERT_EQUAL(ends_take_down(e, flow, slot), ENDS_DELIVERED);
			received++;
		}
	}
	if (flow->places[slot].count >= flow->places[slot].ceiling.mark)
		lab_low(flow, slot, flow->places[slot].count + pick(10));
}

/* What the UE sends with COUNTs below H is refused; what it sends then is taken, at once. */
static void send_up(struct lab_flow *flow, unsigned slot)
{
	struct ends *e = ends_of(flow, slot);
	enum ends_verdict verdict;
	uint32_t h;

	if (ends_release_up(e, flow, slot) == ENDS_WAITS)
		return;
	if (pick(3) == 0)
		ends_lose_up(e, pick(quarter() < 300 ? quarter() : 300));
	h = flow->places[slot].count;
	verdict = ends_send_up(e, flow, slot);
	if (ends_up_count(e) <= h) {
		CU_ASSERT_EQUAL(verdict, ENDS_REFUSED);
		return;
	}
	CU_ASSERT_TRUE(verdict == ENDS_DELIVERED || verdict == ENDS_WAITS);
	received++;
	used += verdict == ENDS_DELIVERED;
}

static void send_packets(void)
{
	struct lab_flow *flow = some_flow();
	unsigned slot;

	if (!flow)
		return;
	slot = flow->direction == E2M_UPLINK ? pick(2) : flow->in_use;
	if (flow->places[slot].state == DATAPATH_KEY_MISSING)
		lab_miss(flow, slot);
	if (flow->places[slot].state != DATAPATH_KEY_READY)
		return;
	if (flow->direction == E2M_UPLINK)
		send_up(flow, slot);
	else
		send_down(flow, slot);
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

static void begin_ends(void)
{
	ends_open(NPDU_RECOVERY_WINDOWS_AUTO);
	for (unsigned i = 0; i < SUBSCRIBERS; i++) {
		contexts[i] = lab_context(i);
		for (unsigned keyset = 1; keyset <= KEYSETS; keyset++)
			ends_init(&ends[i][keyset], i, keyset, contexts[i].nsapi);
	}
}

static void end_ends(void)
{
	for (unsigned i = 0; i < SUBSCRIBERS; i++)
		for (unsigned keyset = 1; keyset <= KEYSETS; keyset++)
			ends_free(&ends[i][keyset]);
	ends_close();
}

static void no_count_is_used_twice_however_often_it_crashes(void)
{
	for (unsigned run = 1; run <= RUNS; run++) {
		seed = run;
		lab_defaults();
		lab.config.is_durable = true;
		lab.config.count_block = 64;
		/* The lab gives a few keysets again and again. */
		lab.memory = RETENTION_ALWAYS;
		lab.config.counter_octets = (uint8_t)pick(4);
		lab.config.pull_on_activation = pick(4) == 0;
		lab.next.lifetime_s = pick(4) ? 0 : 3000;
		lab_open();
		begin_ends();
		for (unsigned i = 0; i < STEPS; i++)
			step();
		end_ends();
		lab_stop();
	}
	CU_ASSERT_TRUE(used > RUNS * 10);
	CU_ASSERT_TRUE(received > RUNS * 10);
	CU_ASSERT_TRUE(crashes > RUNS * 5);
}

/* --- several crashes in a row --- */

/* Of one session with one keyset. */
static struct lab_flow *flow_of(enum e2m_direction direction)
{
	const struct tunnel tunnel =
		direction == E2M_UPLINK ? lab_up(&contexts[0]) : lab_down(&contexts[0]);
	struct lab_flow *flow = lab_flow(&tunnel);

	CU_ASSERT_PTR_NOT_NULL_FATAL(flow);
	return flow;
}

static void settle_and_save(void)
{
	lab_settle();
	lab_save();
}

/* The HSE sends so many; they are lost, but for the last, which may not be. */
static void send_many_down(uint32_t packets)
{
	struct lab_flow *flow = flow_of(E2M_DOWNLINK);
	const unsigned slot = flow->in_use;

	while (packets > 0) {
		const uint32_t allowed = lab_allowed(flow, slot);
		const uint32_t now = packets < allowed ? packets : allowed;

		lab_use(flow, slot, now);
		packets -= now;
		if (packets > 0 || flow->places[slot].count >= flow->places[slot].ceiling.mark) {
			lab_low(flow, slot, flow->places[slot].count + packets);
			settle_and_save();
		}
	}
}

static enum ends_verdict send_one_up(void)
{
	struct lab_flow *flow = flow_of(E2M_UPLINK);
	const unsigned slot = flow_of(E2M_DOWNLINK)->in_use;
	enum ends_verdict verdict = ends_send_up(&ends[0][1], flow, slot);

	while (verdict == ENDS_WAITS) {
		settle_and_save();
		verdict = ends_release_up(&ends[0][1], flow, slot);
	}
	return verdict;
}

/* Where there is recovery: one PDU, or two that agree, and the UE has COUNT again. */
static void expect_downlink(void)
{
	const unsigned slot = flow_of(E2M_DOWNLINK)->in_use;

	send_many_down(1);
	if (ends_take_down(&ends[0][1], flow_of(E2M_DOWNLINK), slot) == ENDS_PENDING) {
		send_many_down(1);
		CU_ASSERT_EQUAL(ends_take_down(&ends[0][1], flow_of(E2M_DOWNLINK), slot),
				ENDS_DELIVERED);
	}
	send_many_down(1);
	CU_ASSERT_EQUAL(ends_take_down(&ends[0][1], flow_of(E2M_DOWNLINK), slot), ENDS_DELIVERED);
}

/* What is below the ceiling is refused, less than W/4 PDUs; then the same. */
static void expect_uplink(void)
{
	const unsigned slot = flow_of(E2M_DOWNLINK)->in_use;

	while (ends_up_count(&ends[0][1]) < flow_of(E2M_UPLINK)->places[slot].count)
		CU_ASSERT_EQUAL(send_one_up(), ENDS_REFUSED);
	if (send_one_up() == ENDS_PENDING)
		CU_ASSERT_EQUAL(send_one_up(), ENDS_DELIVERED);
	CU_ASSERT_EQUAL(send_one_up(), ENDS_DELIVERED);
}

/* As fast as it may be, so that far is reserved ahead. */
static void send_both_ways(void)
{
	for (unsigned i = 0; i < 4; i++) {
		send_many_down(1 + pick(quarter() < 700 ? quarter() : 700));
		expect_downlink();
		for (unsigned left = pick(100); left > 0; left--)
			CU_ASSERT_EQUAL(send_one_up(), ENDS_DELIVERED);
	}
}

/* What the HSE and the UE have sent meanwhile has not arrived. */
static void crash_with_packets_on_their_way(void)
{
	if (pick(4)) {
		lab_make_ready(&contexts[0]);
		settle_and_save();
		send_many_down(pick(quarter() < 700 ? quarter() : 700));
		/* More is on its way to the disk, or is there and nobody has heard. */
		lab_low(flow_of(E2M_DOWNLINK), flow_of(E2M_DOWNLINK)->in_use,
			flow_of(E2M_DOWNLINK)->places[flow_of(E2M_DOWNLINK)->in_use].count + 1);
		lab_settle();
		if (pick(2) && lab_write() && pick(2))
			lab_written(0);
	}
	ends_lose_up(&ends[0][1], pick(200));
	lab_crash();
	crashes++;
}

static void survive(uint8_t n)
{
	uint32_t above;

	lab_defaults();
	lab.config.is_durable = true;
	lab.config.count_block = 65536;
	lab.config.counter_octets = n;
	lab_open();
	begin_ends();
	lab_create(&contexts[0], lab_sqn(1), 1);
	settle_and_save();
	lab_make_ready(&contexts[0]);
	settle_and_save();
	for (unsigned round = 0; round < 20; round++) {
		send_both_ways();
		for (unsigned left = 2 + pick(7); left > 0; left--)
			crash_with_packets_on_their_way();
		lab_make_ready(&contexts[0]);
		settle_and_save();
		above = flow_of(E2M_UPLINK)->places[flow_of(E2M_DOWNLINK)->in_use].count;
		above -= lab.used[0][1][contexts[0].nsapi][E2M_UPLINK];
		CU_ASSERT_TRUE(above < quarter());
		if (pick(2))
			expect_uplink();
		expect_downlink();
		expect_uplink();
	}
	end_ends();
	lab_stop();
}

static void with_recovery_crashes_in_a_row_lose_no_session(void)
{
	for (uint8_t n = 0; n <= NPDU_COUNTER_OCTETS_MAX; n++)
		for (unsigned run = 1; run <= 20; run++) {
			seed = run;
			survive(n);
		}
}

UNIT_MAIN("session-crash", TEST(no_count_is_used_twice_however_often_it_crashes),
	  TEST(with_recovery_crashes_in_a_row_lose_no_session))
