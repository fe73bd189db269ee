/* SPDX-License-Identifier: BSD-3-Clause */
/* The tunnel before a move, and two tunnels of which nobody knows which one the GGSN uses (e2m.md 6). All is as control
 * sends it: OLD is the tunnel before the move, NEW the one after it. */
#include "datapath/owner.h"
#include "datapath_rig_directory.h"

#define KEY_ID 3
#define LEN    80
#define SERVER "198.51.100.1"
#define V      "10.0.0.1"
#define OTHER  "10.0.0.2"
#define OLD    1 /* numbers of flows, each in the worker that owns the tunnel */
#define NEW    2
#define ALIAS  3 /* of the other tunnel, in the worker that has the flow */

static struct rig rig;
static struct directory *directory;
static struct session *v;
static struct rig_flow old, new;
static struct npdu_key *key;
static struct rig_frame frame;
static uint32_t next_count;

static uint32_t teid_of(unsigned worker, uint32_t from)
{
	while (tunnel_owner(from, rig.count) != worker)
		from++;
	return from;
}

static void add(struct rig_flow *flow, uint32_t count)
{
	rig_add_flow(&rig, flow);
	rig_set_keyset(&rig, flow, 0, DATAPATH_KEY_READY, KEY_ID, key, count);
}

static void set_up(unsigned workers)
{
	rig_init(&rig);
	rig.config.hold_ms = 10000;
	directory = rig_open_directory(&rig);
	v = rig_add_session(directory, DIRECTORY_PROTECTED, 0xa1, 0);
	rig_bind(directory, v, V, NULL);
	rig_start(&rig, workers);
	key = rig_key(E2M_EEA2, E2M_EIA2, 8, 1);
	old = (struct rig_flow){.number = OLD,
				.direction = E2M_DOWNLINK,
				.bearer = 5,
				.counter_octets = 1,
				.session = directory_id(directory, v)};
	new = old;
	new.number = NEW;
	old.teid = teid_of(0, 0x100);
	new.teid = teid_of(workers - 1, 0x200);
	next_count = 0;
	add(&old, 0);
}

static void tear_down(void)
{
	rig_work(&rig);
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		CU_ASSERT_EQUAL(rig_ended(&rig, side),
				rig_counter(&rig, side, DATAPATH_RX_PACKETS));
	rig_stop(&rig);
	directory_free(directory);
	npdu_key_free(key);
}

/* --- packets --- */

/* A NIC does not know the owner, so each worker receives half. */
static void receive(uint32_t teid, const char *address)
{
	static unsigned worker;
	struct rte_mbuf *m;

	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, teid, rig_ip(SERVER, address, LEN), LEN);
	m = rig_mbuf(frame.octets, frame.len);
	rig_process(&rig, worker++ % rig.count, DATAPATH_CORE, &m, 1);
}

/* What left nth is V's, in this tunnel, under V's key and the next COUNT. */
static bool left(unsigned nth, uint32_t teid)
{
	struct rig_flow flow = old;

	flow.teid = teid;
	rig_write_protected(&frame, NULL, &flow, key, KEY_ID, next_count++, rig_ip(SERVER, V, LEN),
			    LEN);
	return rig_sent(&rig, DATAPATH_ACCESS, nth, &frame);
}

static bool crosses(uint32_t teid)
{
	rig_forget(&rig);
	receive(teid, V);
	rig_work(&rig);
	return rig.out_count[DATAPATH_ACCESS] == 1 && left(0, teid);
}

static bool is_held(uint32_t teid)
{
	const unsigned sent = rig.out_count[DATAPATH_ACCESS];
	uint32_t held = 0;

	for (unsigned i = 0; i < rig.count; i++)
		held += datapath_held(rig.workers[i]);
	receive(teid, V);
	rig_work(&rig);
	for (unsigned i = 0; i < rig.count; i++)
		held -= datapath_held(rig.workers[i]);
	return held == UINT32_MAX && rig.out_count[DATAPATH_ACCESS] == sent;
}

static uint64_t drops(void)
{
	uint64_t n = 0;

	for (unsigned c = 0; c < DATAPATH_COUNTER_COUNT; c++)
		if (strncmp(datapath_counter_name(c), "drop.", 5) == 0)
			n += rig_counter(&rig, DATAPATH_CORE, c);
	return n;
}

/* --- commands --- */

static unsigned owner(const struct rig_flow *flow)
{
	return tunnel_owner(flow->teid, rig.count);
}

/* Returns the acknowledged COUNT. */
static uint32_t stop_and_hold(const struct rig_flow *flow)
{
	const struct datapath_command c = {
		.kind = DATAPATH_STOP_FLOW, .acknowledge = 1, .flow = flow->number, .hold = true};
	const struct datapath_event *event;

	rig.event_count = 0;
	rig_command(&rig, owner(flow), &c);
	event = rig_event(&rig, DATAPATH_DONE, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(event);
	return event->count[0];
}

static void send_command(unsigned worker, enum datapath_command_kind kind, uint32_t number)
{
	const struct datapath_command c = {.kind = (uint8_t)kind, .acknowledge = 1, .flow = number};

	rig_command(&rig, worker, &c);
}

static void expect_flow(const struct rig_flow *flow)
{
	struct datapath_command c = {.kind = DATAPATH_EXPECT_FLOW, .flow = flow->number};

	c.add.tunnel = rig_tunnel(E2M_DOWNLINK, flow->teid, false);
	c.add.direction = E2M_DOWNLINK;
	rig_command(&rig, owner(flow), &c);
}

static void alias_at(unsigned worker, uint32_t number, const struct rig_flow *tunnel,
		     const struct rig_flow *flow)
{
	struct datapath_command c = {.kind = DATAPATH_ALIAS_FLOW, .flow = number};

	c.alias.tunnel = rig_tunnel(E2M_DOWNLINK, tunnel->teid, false);
	c.alias.target = flow->number;
	c.alias.worker = (uint8_t)owner(flow);
	c.alias.direction = E2M_DOWNLINK;
	rig_command(&rig, worker, &c);
}

/* tunnel's flow holds, and becomes an alias of flow. */
static void make_alias(const struct rig_flow *tunnel, const struct rig_flow *flow)
{
	if (owner(tunnel) != owner(flow))
		alias_at(owner(flow), ALIAS, tunnel, flow);
	alias_at(owner(tunnel), tunnel->number, tunnel, flow);
}

static void remove_alias(const struct rig_flow *tunnel, const struct rig_flow *flow)
{
	send_command(owner(tunnel), DATAPATH_REMOVE_FLOW, tunnel->number);
	if (owner(tunnel) != owner(flow))
		send_command(owner(flow), DATAPATH_REMOVE_FLOW, ALIAS);
}

static void move(void)
{
	expect_flow(&new);
	add(&new, stop_and_hold(&old));
	rig_flow_command(&rig, &new, DATAPATH_WATCH_FLOW, 0);
	rig_flow_command(&rig, &new, DATAPATH_USE_KEYSET, 0);
	make_alias(&old, &new);
	rig_forget(&rig);
}

/* --- a move --- */

static void both_tunnels_cross_with_one_count(void)
{
	for (unsigned workers = 1; workers <= 2; workers++) {
		set_up(workers);
		CU_ASSERT_TRUE(crosses(old.teid));
		CU_ASSERT_TRUE(crosses(old.teid));
		move();
		CU_ASSERT_TRUE(crosses(old.teid));
		CU_ASSERT_TRUE(crosses(new.teid));
		CU_ASSERT_TRUE(crosses(old.teid));
		CU_ASSERT_TRUE(crosses(new.teid));
		CU_ASSERT_EQUAL(drops(), 0);
		tear_down();
	}
}

/* At each step of it, in each tunnel. */
static void nothing_is_lost_while_the_move_is_under_way(void)
{
	for (unsigned workers = 1; workers <= 2; workers++) {
		uint32_t count;

		set_up(workers);
		CU_ASSERT_TRUE(crosses(old.teid));
		rig_forget(&rig);
		expect_flow(&new);
		CU_ASSERT_TRUE(is_held(new.teid));
		count = stop_and_hold(&old);
		CU_ASSERT_EQUAL(count, 1);
		CU_ASSERT_TRUE(is_held(old.teid));
		add(&new, count);
		CU_ASSERT_TRUE(is_held(old.teid));
		CU_ASSERT_TRUE(is_held(new.teid));
		rig_flow_command(&rig, &new, DATAPATH_USE_KEYSET, 0);
		CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 2);
		CU_ASSERT_TRUE(left(0, new.teid) && left(1, new.teid));
		CU_ASSERT_TRUE(is_held(old.teid));
		make_alias(&old, &new);
		CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 5);
		for (unsigned i = 2; i < 5; i++)
			CU_ASSERT_TRUE(left(i, old.teid));
		CU_ASSERT_EQUAL(drops(), 0);
		CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_HELD), 5);
		CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_RELEASED), 5);
		tear_down();
	}
}

static void what_waited_for_its_key_before_the_move_leaves_after_it(void)
{
	for (unsigned workers = 1; workers <= 2; workers++) {
		set_up(workers);
		rig_set_keyset(&rig, &old, 0, DATAPATH_KEY_MISSING, KEY_ID, NULL, 0);
		CU_ASSERT_TRUE(is_held(old.teid));
		stop_and_hold(&old);
		rig_add_flow(&rig, &new);
		rig_set_keyset(&rig, &new, 0, DATAPATH_KEY_MISSING, KEY_ID, NULL, 0);
		rig_flow_command(&rig, &new, DATAPATH_USE_KEYSET, 0);
		make_alias(&old, &new);
		CU_ASSERT_EQUAL(datapath_held(rig.workers[owner(&new)]), 1);
		rig_set_keyset(&rig, &new, 0, DATAPATH_KEY_READY, KEY_ID, key, 0);
		CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 1);
		CU_ASSERT_TRUE(left(0, old.teid));
		tear_down();
	}
}

static void a_tunnel_that_holds_takes_no_n_pdu_of_another_session(void)
{
	set_up(1);
	stop_and_hold(&old);
	receive(old.teid, OTHER);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_WRONG_ADDRESS), 1);
	tear_down();
}

static void an_alias_takes_no_n_pdu_of_another_session(void)
{
	for (unsigned workers = 1; workers <= 2; workers++) {
		set_up(workers);
		move();
		receive(old.teid, OTHER);
		rig_work(&rig);
		CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
		CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_WRONG_ADDRESS), 1);
		tear_down();
	}
}

static void a_move_that_is_given_up_loses_nothing(void)
{
	uint32_t count;

	set_up(1);
	CU_ASSERT_TRUE(crosses(old.teid));
	count = stop_and_hold(&old);
	CU_ASSERT_TRUE(is_held(old.teid));
	rig_forget(&rig);
	add(&old, count);
	rig_flow_command(&rig, &old, DATAPATH_USE_KEYSET, 0);
	CU_ASSERT_TRUE(left(0, old.teid));
	CU_ASSERT_TRUE(crosses(old.teid));
	CU_ASSERT_EQUAL(drops(), 0);
	tear_down();
}

static void fragments_in_the_tunnel_before_the_move_come_together(void)
{
	static struct rig_frame parts[8];

	for (unsigned workers = 1; workers <= 2; workers++) {
		unsigned count;

		set_up(workers);
		move();
		rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, old.teid, rig_ip(SERVER, V, LEN), LEN);
		count = rig_split(&frame, 40, 7, parts, 8);
		for (unsigned i = 0; i < count; i++)
			rig_receive(&rig, DATAPATH_CORE, &parts[count - 1 - i]);
		rig_work(&rig);
		CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 1);
		CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_PROTECTED), 1);
		tear_down();
	}
}

static void uplink_is_opened_in_both_tunnels(void)
{
	for (unsigned workers = 1; workers <= 2; workers++) {
		set_up(workers);
		old.direction = new.direction = E2M_UPLINK;
		old.number = OLD + 10;
		new.number = NEW + 10;
		old.teid = teid_of(0, 0x300);
		new.teid = teid_of(workers - 1, 0x400);
		add(&new, 0);
		for (unsigned i = 0; i < 2; i++) {
			struct datapath_command c = {.kind = DATAPATH_ALIAS_FLOW};

			c.flow = i ? old.number : ALIAS + 10;
			c.alias.tunnel = rig_tunnel(E2M_UPLINK, old.teid, false);
			c.alias.target = new.number;
			c.alias.worker = (uint8_t)owner(&new);
			c.alias.direction = E2M_UPLINK;
			if (workers == 2 || i == 1)
				rig_command(&rig, i ? owner(&old) : owner(&new), &c);
		}
		for (uint32_t i = 0; i < 4; i++) {
			const struct rig_flow *flow = i % 2 ? &old : &new;

			rig_write_protected(&frame, NULL, flow, key, KEY_ID, i,
					    rig_ip(V, SERVER, LEN), LEN);
			rig_receive(&rig, DATAPATH_ACCESS, &frame);
			rig_work(&rig);
			rig_write_gpdu(&frame, NULL, E2M_UPLINK, flow->teid, rig_ip(V, SERVER, LEN),
				       LEN);
			CU_ASSERT_TRUE(rig_sent(&rig, DATAPATH_CORE, i, &frame));
		}
		/* One window for both. */
		rig_write_protected(&frame, NULL, &old, key, KEY_ID, 2, rig_ip(V, SERVER, LEN),
				    LEN);
		rig_receive(&rig, DATAPATH_ACCESS, &frame);
		rig_work(&rig);
		CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_REPLAY), 1);
		tear_down();
	}
}

/* --- the end of it --- */

static void a_removed_alias_is_unknown_and_the_flow_goes_on(void)
{
	for (unsigned workers = 1; workers <= 2; workers++) {
		set_up(workers);
		move();
		remove_alias(&old, &new);
		CU_ASSERT_TRUE(crosses(new.teid));
		rig_forget(&rig);
		receive(old.teid, V);
		rig_work(&rig);
		CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
		CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_WRONG_ADDRESS), 1);
		tear_down();
	}
}

/* The worker that has the flow forgets the alias first, though control does not do that. */
static void what_finds_no_alias_does_not_cross_in_clear(void)
{
	set_up(2);
	move();
	send_command(owner(&new), DATAPATH_REMOVE_FLOW, ALIAS);
	receive(old.teid, V);
	rig_work(&rig);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_TUNNEL_REMOVED), 1);
	tear_down();
}

static void in_bypass_it_does_not_cross_either(void)
{
	const struct datapath_command c = {.kind = DATAPATH_SET_BYPASS, .bypass = true};

	set_up(2);
	move();
	send_command(owner(&new), DATAPATH_REMOVE_FLOW, ALIAS);
	rig_command(&rig, owner(&new), &c);
	receive(old.teid, V);
	rig_work(&rig);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_BYPASS), 1);
	tear_down();
}

/* --- control hears of the first N-PDU --- */

static const struct datapath_event *first(void)
{
	rig_work(&rig);
	return rig_event(&rig, DATAPATH_FIRST_NPDU, 0);
}

static void control_hears_once_of_the_first_n_pdu_in_the_new_tunnel(void)
{
	for (unsigned workers = 1; workers <= 2; workers++) {
		set_up(workers);
		move();
		receive(old.teid, V);
		CU_ASSERT_PTR_NULL(first());
		receive(new.teid, OTHER);
		CU_ASSERT_PTR_NULL(first());
		receive(new.teid, V);
		CU_ASSERT_PTR_NOT_NULL_FATAL(first());
		CU_ASSERT_EQUAL(first()->flow, NEW);
		CU_ASSERT_EQUAL(first()->session, directory_id(directory, v));
		receive(new.teid, V);
		rig_work(&rig);
		CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_FIRST_NPDU), 1);
		CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_PROTECTED), 3);
		tear_down();
	}
}

/* It has no keyset, so nothing of it crosses; its GGSN has moved all the same. */
static void control_hears_of_the_first_n_pdu_of_a_barred_session_too(void)
{
	struct datapath_command c = {.kind = DATAPATH_ADD_FLOW, .flow = NEW};

	set_up(1);
	c.add.tunnel = rig_tunnel(E2M_DOWNLINK, new.teid, false);
	c.add.session = directory_id(directory, v);
	c.add.direction = E2M_DOWNLINK;
	c.add.treatment = DATAPATH_BAR;
	rig_command(&rig, 0, &c);
	rig_flow_command(&rig, &new, DATAPATH_WATCH_FLOW, 0);
	receive(new.teid, OTHER);
	CU_ASSERT_PTR_NULL(first());
	receive(new.teid, V);
	CU_ASSERT_PTR_NOT_NULL_FATAL(first());
	CU_ASSERT_EQUAL(first()->flow, NEW);
	receive(new.teid, V);
	rig_work(&rig);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_FIRST_NPDU), 1);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
	tear_down();
}

static void what_the_flow_held_of_its_alias_is_not_its_first(void)
{
	set_up(1);
	move();
	rig_set_keyset(&rig, &new, 0, DATAPATH_KEY_MISSING, KEY_ID, NULL, 0);
	CU_ASSERT_TRUE(is_held(old.teid));
	rig_set_keyset(&rig, &new, 0, DATAPATH_KEY_READY, KEY_ID, key, 0);
	CU_ASSERT_TRUE(left(0, old.teid));
	CU_ASSERT_PTR_NULL(first());
	tear_down();
}

static void what_the_new_tunnel_held_counts_as_its_first(void)
{
	set_up(2);
	expect_flow(&new);
	receive(new.teid, V);
	rig_work(&rig);
	add(&new, stop_and_hold(&old));
	rig_flow_command(&rig, &new, DATAPATH_WATCH_FLOW, 0);
	CU_ASSERT_PTR_NULL(first());
	rig_flow_command(&rig, &new, DATAPATH_USE_KEYSET, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(first());
	CU_ASSERT_EQUAL(first()->flow, NEW);
	tear_down();
}

/* --- two tunnels until an N-PDU comes in one of them --- */

/* The flow stays that of OLD; NEW is the alias. */
static void offer(void)
{
	const unsigned worker = owner(&old);

	expect_flow(&new);
	if (owner(&new) != worker)
		alias_at(worker, ALIAS, &new, &old);
	send_command(worker, DATAPATH_WATCH_FLOW, owner(&new) != worker ? ALIAS : NEW);
	send_command(worker, DATAPATH_WATCH_FLOW, OLD);
	alias_at(owner(&new), NEW, &new, &old);
	if (owner(&new) == worker)
		send_command(worker, DATAPATH_WATCH_FLOW, NEW);
}

static void control_hears_in_which_of_two_tunnels_an_n_pdu_came(void)
{
	for (unsigned workers = 1; workers <= 2; workers++)
		for (unsigned is_new = 0; is_new < 2; is_new++) {
			const uint32_t number = !is_new ? OLD : workers == 2 ? ALIAS : NEW;

			set_up(workers);
			offer();
			rig_forget(&rig);
			receive(is_new ? new.teid : old.teid, V);
			CU_ASSERT_PTR_NOT_NULL_FATAL(first());
			CU_ASSERT_EQUAL(first()->flow, number);
			CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_FIRST_NPDU), 1);
			CU_ASSERT_TRUE(left(0, is_new ? new.teid : old.teid));
			/* Once in each, and both go on. */
			CU_ASSERT_TRUE(crosses(is_new ? new.teid : old.teid));
			CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_FIRST_NPDU), 0);
			CU_ASSERT_TRUE(crosses(is_new ? old.teid : new.teid));
			CU_ASSERT_TRUE(crosses(is_new ? new.teid : old.teid));
			CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_FIRST_NPDU), 0);
			tear_down();
		}
}

static void what_a_new_alias_held_counts_too(void)
{
	set_up(2);
	expect_flow(&new);
	receive(new.teid, V);
	rig_work(&rig);
	alias_at(owner(&old), ALIAS, &new, &old);
	send_command(owner(&old), DATAPATH_WATCH_FLOW, ALIAS);
	alias_at(owner(&new), NEW, &new, &old);
	CU_ASSERT_PTR_NOT_NULL_FATAL(first());
	CU_ASSERT_EQUAL(first()->flow, ALIAS);
	CU_ASSERT_TRUE(left(0, new.teid));
	tear_down();
}

/* In one worker, the tunnel is watched before it becomes an alias. */
static void what_an_alias_in_the_same_worker_held_counts_too(void)
{
	set_up(1);
	expect_flow(&new);
	receive(new.teid, V);
	rig_work(&rig);
	send_command(0, DATAPATH_WATCH_FLOW, NEW);
	alias_at(0, NEW, &new, &old);
	CU_ASSERT_PTR_NOT_NULL_FATAL(first());
	CU_ASSERT_EQUAL(first()->flow, NEW);
	CU_ASSERT_TRUE(left(0, new.teid));
	tear_down();
}

/* The alias has turned out to be the tunnel in use: the flow moves to it. */
static void the_flow_moves_to_its_alias_without_loss(void)
{
	for (unsigned workers = 1; workers <= 2; workers++) {
		const unsigned last = workers - 1;
		uint32_t count;

		set_up(workers);
		offer();
		CU_ASSERT_TRUE(crosses(new.teid));
		CU_ASSERT_TRUE(crosses(old.teid));
		rig_forget(&rig);
		stop_and_hold(&new);
		CU_ASSERT_TRUE(is_held(new.teid));
		count = stop_and_hold(&old);
		CU_ASSERT_EQUAL(count, 2);
		CU_ASSERT_TRUE(is_held(old.teid));
		add(&new, count);
		rig_flow_command(&rig, &new, DATAPATH_USE_KEYSET, 0);
		CU_ASSERT_TRUE(left(0, new.teid));
		if (workers == 2)
			alias_at(last, ALIAS, &old, &new);
		alias_at(0, OLD, &old, &new);
		CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 2);
		CU_ASSERT_TRUE(left(1, old.teid));
		if (workers == 2)
			send_command(0, DATAPATH_REMOVE_FLOW, ALIAS);
		CU_ASSERT_TRUE(crosses(new.teid));
		CU_ASSERT_TRUE(crosses(old.teid));
		CU_ASSERT_EQUAL(drops(), 0);
		tear_down();
	}
}

/* Packets that the new owner had sent on before the flow came to it. */
static void what_is_on_its_way_between_workers_comes_back(void)
{
	struct rte_mbuf *m;
	uint32_t count;

	set_up(2);
	offer();
	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, new.teid, rig_ip(SERVER, V, LEN), LEN);
	m = rig_mbuf(frame.octets, frame.len);
	datapath_process(rig.workers[1], DATAPATH_CORE, &m, 1, rig.now);
	/* Worker 1 alone, until its packet is in the ring. */
	datapath_housekeep(rig.workers[1], rig.now);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_HANDED_OVER), 1);
	/* A worker executes commands before it looks at its rings. */
	count = 0;
	for (unsigned i = 0; i < 2; i++) {
		const struct datapath_command c = {
			.kind = DATAPATH_STOP_FLOW, .flow = i ? OLD : NEW, .hold = true};
		CU_ASSERT_EQUAL(datapath_command(rig.workers[!i], &c), 0);
	}
	const struct datapath_command remove = {.kind = DATAPATH_REMOVE_FLOW, .flow = ALIAS};
	CU_ASSERT_EQUAL(datapath_command(rig.workers[0], &remove), 0);
	rig_work(&rig);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[1]), 1);
	add(&new, count);
	rig_flow_command(&rig, &new, DATAPATH_USE_KEYSET, 0);
	CU_ASSERT_TRUE(left(0, new.teid));
	CU_ASSERT_EQUAL(drops(), 0);
	tear_down();
}

/* --- what a tunnel held, and a flow that is not live --- */

static void what_it_held_waits_for_a_flow_that_is_expected(void)
{
	set_up(1);
	stop_and_hold(&old);
	CU_ASSERT_TRUE(is_held(old.teid));
	expect_flow(&new);
	make_alias(&old, &new);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 1);
	CU_ASSERT_EQUAL(drops(), 0);
	add(&new, 0);
	rig_flow_command(&rig, &new, DATAPATH_USE_KEYSET, 0);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 1);
	CU_ASSERT_TRUE(left(0, old.teid));
	tear_down();
}

static void what_it_held_ends_with_a_flow_that_has_stopped(void)
{
	set_up(1);
	add(&new, 0);
	stop_and_hold(&old);
	CU_ASSERT_TRUE(is_held(old.teid));
	rig_flow_command(&rig, &new, DATAPATH_STOP_FLOW, 0);
	make_alias(&old, &new);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_TUNNEL_REMOVED), 1);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
	tear_down();
}

static void uplink_that_it_held_is_opened(void)
{
	struct datapath_command c = {.kind = DATAPATH_EXPECT_FLOW, .flow = ALIAS};
	const struct rig_flow expected = {.teid = 0x300, .bearer = 5, .counter_octets = 1};

	set_up(1);
	new.direction = E2M_UPLINK;
	add(&new, 0);
	c.add.tunnel = rig_tunnel(E2M_UPLINK, expected.teid, false);
	c.add.direction = E2M_UPLINK;
	rig_command(&rig, 0, &c);
	rig_write_protected(&frame, NULL, &expected, key, KEY_ID, 0, rig_ip(V, SERVER, LEN), LEN);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 1);
	c = (struct datapath_command){.kind = DATAPATH_ALIAS_FLOW, .flow = ALIAS};
	c.alias.tunnel = rig_tunnel(E2M_UPLINK, expected.teid, false);
	c.alias.target = new.number;
	c.alias.direction = E2M_UPLINK;
	rig_command(&rig, 0, &c);
	rig_write_gpdu(&frame, NULL, E2M_UPLINK, expected.teid, rig_ip(V, SERVER, LEN), LEN);
	CU_ASSERT_TRUE(rig_sent(&rig, DATAPATH_CORE, 0, &frame));
	tear_down();
}

RIG_MAIN("datapath-alias", TEST(both_tunnels_cross_with_one_count),
	 TEST(nothing_is_lost_while_the_move_is_under_way),
	 TEST(what_waited_for_its_key_before_the_move_leaves_after_it),
	 TEST(a_tunnel_that_holds_takes_no_n_pdu_of_another_session),
	 TEST(an_alias_takes_no_n_pdu_of_another_session),
	 TEST(a_move_that_is_given_up_loses_nothing),
	 TEST(fragments_in_the_tunnel_before_the_move_come_together),
	 TEST(uplink_is_opened_in_both_tunnels),
	 TEST(a_removed_alias_is_unknown_and_the_flow_goes_on),
	 TEST(what_finds_no_alias_does_not_cross_in_clear),
	 TEST(in_bypass_it_does_not_cross_either),
	 TEST(control_hears_once_of_the_first_n_pdu_in_the_new_tunnel),
	 TEST(control_hears_of_the_first_n_pdu_of_a_barred_session_too),
	 TEST(what_the_flow_held_of_its_alias_is_not_its_first),
	 TEST(what_the_new_tunnel_held_counts_as_its_first),
	 TEST(control_hears_in_which_of_two_tunnels_an_n_pdu_came),
	 TEST(what_a_new_alias_held_counts_too),
	 TEST(what_an_alias_in_the_same_worker_held_counts_too),
	 TEST(the_flow_moves_to_its_alias_without_loss),
	 TEST(what_is_on_its_way_between_workers_comes_back),
	 TEST(what_it_held_waits_for_a_flow_that_is_expected),
	 TEST(what_it_held_ends_with_a_flow_that_has_stopped), TEST(uplink_that_it_held_is_opened))
