/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath_rig.h"

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, len)   ((void)(at), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(at, len) ((void)(at), (void)(len))
#endif

#include "datapath/owner.h"
#include "npdu/forgery.h"
#include "npdu/recovery.h"

/* The largest frame that an mbuf of the ordinary pool has room for, and growth. */
#define ORDINARY_ROOM 2048
/* What stands in an mbuf where nobody has written. */
#define UNWRITTEN 0xee

static struct rte_mempool *ordinary, *large, *fragments;
static struct npdu_engine *ue;

int rig_open_eal(void)
{
	char program[] = "datapath-test", no_huge[] = "--no-huge", no_pci[] = "--no-pci",
	     no_shconf[] = "--no-shconf", m[] = "-m", mib[] = "128",
	     no_telemetry[] = "--no-telemetry", l[] = "-l", lcore[] = "0",
	     log[] = "--log-level=error";
	char *args[] = {program, no_huge, no_pci, no_shconf, m, mib, no_telemetry, l, lcore, log};

	if (rte_eal_init((int)RTE_DIM(args), args) < 0)
		return -1;
	ordinary = rte_pktmbuf_pool_create("ordinary", 8191, 0, DATAPATH_MBUF_PRIV_SIZE,
					   RTE_PKTMBUF_HEADROOM + ORDINARY_ROOM, SOCKET_ID_ANY);
	large = rte_pktmbuf_pool_create("large", 63, 0, DATAPATH_MBUF_PRIV_SIZE, UINT16_MAX,
					SOCKET_ID_ANY);
	fragments = rte_pktmbuf_pool_create("fragments", 1023, 0, DATAPATH_MBUF_PRIV_SIZE,
					    RTE_PKTMBUF_HEADROOM + 256, SOCKET_ID_ANY);
	ue = npdu_engine_new(16);
	return ordinary && large && fragments && ue ? 0 : -1;
}

void rig_close_eal(void)
{
	npdu_engine_free(ue);
	rte_mempool_free(ordinary);
	rte_mempool_free(large);
	rte_mempool_free(fragments);
	rte_eal_cleanup();
}

static void take_over(void *arg, enum datapath_side side, struct rte_mbuf **mbufs, uint16_t count)
{
	struct rig *rig = arg;

	for (uint16_t i = 0; i < count; i++) {
		if (rig->out_count[side] == RIG_OUT_MAX)
			abort();
		rig->out[side][rig->out_count[side]++] = mbufs[i];
	}
}

static void free_all(struct rig *rig)
{
	rig_forget(rig);
	for (unsigned i = 0; i < rig->count; i++)
		datapath_worker_free(rig->workers[i]);
	rig->count = 0;
}

void rig_init(struct rig *rig)
{
	free_all(rig); /* of a test that ended early */
	memset(rig, 0, sizeof(*rig));
	rig->config = (struct datapath_config){.socket = SOCKET_ID_ANY,
					       .flows = RIG_FLOWS,
					       .window_max = NPDU_WINDOW_MAX,
					       .mtu = {1500, 1500},
					       .hold_packets_per_flow = 8,
					       .hold_packets_total = 16,
					       .hold_ms = 100,
					       .gtpc_hold_ms = 10,
					       .recovery_windows = NPDU_RECOVERY_WINDOWS_AUTO,
					       .recovery_per_s = NPDU_RECOVERY_PER_S_DEFAULT,
					       .bad_mac_per_s = NPDU_FORGERY_PER_S_DEFAULT,
					       .fragments = fragments,
					       .large = large};
	rig->now = rte_get_tsc_hz();
	rig->mbufs_before = rte_mempool_avail_count(ordinary) + rte_mempool_avail_count(large);
	rig->fragments_before = rte_mempool_avail_count(fragments);
}

void rig_start(struct rig *rig, unsigned workers)
{
	rig->count = workers;
	rig->config.workers = workers;
	for (unsigned i = 0; i < workers; i++) {
		rig->config.worker = i;
		rig->workers[i] = datapath_worker_new(&rig->config, take_over, rig);
		if (!rig->workers[i])
			abort();
		datapath_set_directory(rig->workers[i], rig->directory);
	}
	if (datapath_connect_workers(rig->workers, workers) != 0)
		abort();
}

void rig_stop(struct rig *rig)
{
	free_all(rig);
	CU_ASSERT_EQUAL(rte_mempool_avail_count(ordinary) + rte_mempool_avail_count(large),
			rig->mbufs_before);
	CU_ASSERT_EQUAL(rte_mempool_avail_count(fragments), rig->fragments_before);
}

struct rte_mbuf *rig_mbuf(const uint8_t *octets, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(len > ORDINARY_ROOM ? large : ordinary);

	if (!m || len > rte_pktmbuf_tailroom(m))
		abort();
	memset(m->buf_addr, UNWRITTEN, m->buf_len);
	memset(rte_mbuf_to_priv(m), UNWRITTEN, DATAPATH_MBUF_PRIV_SIZE);
	memcpy(rte_pktmbuf_append(m, (uint16_t)len), octets, len);
	return m;
}

void rig_process(struct rig *rig, unsigned worker, enum datapath_side side, struct rte_mbuf **mbufs,
		 uint16_t count)
{
	datapath_process(rig->workers[worker], side, mbufs, count, rig->now);
}

void rig_receive(struct rig *rig, enum datapath_side side, const struct rig_frame *frame)
{
	struct rte_mbuf *m = rig_mbuf(frame->octets, frame->len);

	rig_process(rig, 0, side, &m, 1);
}

void rig_receive_exactly(struct rig *rig, enum datapath_side side, const uint8_t *octets,
			 uint32_t len)
{
	struct rte_mbuf *m = rig_mbuf(octets, len);
	uint8_t *buffer = m->buf_addr;
	/* The mbuf may be freed when it is time to end this. */
	const size_t before = m->data_off, room = m->buf_len;

	ASAN_POISON_MEMORY_REGION(buffer, before);
	ASAN_POISON_MEMORY_REGION(buffer + before + len, room - before - len);
	rig_process(rig, 0, side, &m, 1);
	ASAN_UNPOISON_MEMORY_REGION(buffer, room);
}

static unsigned take_events(struct rig *rig, unsigned worker)
{
	struct datapath_event *events = rig->events + rig->event_count;
	unsigned n =
		datapath_events(rig->workers[worker], events, RIG_EVENTS_MAX - rig->event_count);

	for (unsigned i = 0; i < n; i++)
		if (events[i].kind == DATAPATH_GTPC)
			rte_pktmbuf_free(events[i].mbuf);
	rig->event_count += n;
	return n;
}

void rig_work(struct rig *rig)
{
	unsigned work;

	do {
		work = 0;
		for (unsigned i = 0; i < rig->count; i++) {
			work += datapath_housekeep(rig->workers[i], rig->now);
			work += take_events(rig, i);
		}
	} while (work > 0);
}

void rig_wait_ms(struct rig *rig, unsigned ms)
{
	rig->now += rte_get_tsc_hz() / 1000 * ms;
	rig_work(rig);
}

void rig_forget(struct rig *rig)
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		for (unsigned i = 0; i < rig->out_count[side]; i++)
			rte_pktmbuf_free(rig->out[side][i]);
		rig->out_count[side] = 0;
	}
	rig->event_count = 0;
}

const uint8_t *rig_sent_octets(const struct rig *rig, enum datapath_side side, unsigned nth,
			       uint32_t *len)
{
	static uint8_t copy[RIG_FRAME_MAX];

	if (nth >= rig->out_count[side])
		return NULL;
	*len = rte_pktmbuf_pkt_len(rig->out[side][nth]);
	return rte_pktmbuf_read(rig->out[side][nth], 0, *len, copy);
}

bool rig_take_sent(const struct rig *rig, enum datapath_side side, unsigned nth,
		   struct rig_frame *frame)
{
	const uint8_t *octets = rig_sent_octets(rig, side, nth, &frame->len);

	if (octets)
		memcpy(frame->octets, octets, frame->len);
	return octets;
}

bool rig_sent(const struct rig *rig, enum datapath_side side, unsigned nth,
	      const struct rig_frame *frame)
{
	uint32_t len;
	const uint8_t *octets = rig_sent_octets(rig, side, nth, &len);

	return octets && len == frame->len && memcmp(octets, frame->octets, len) == 0;
}

uint64_t rig_counter(const struct rig *rig, enum datapath_side side, enum datapath_counter counter)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < rig->count; i++)
		n += datapath_worker_counters(rig->workers[i], side)->value[counter];
	return n;
}

uint64_t rig_ended(const struct rig *rig, enum datapath_side side)
{
	uint64_t n = 0;

	for (unsigned c = 0; c < DATAPATH_COUNTER_COUNT; c++)
		if (c == DATAPATH_PASSED || c == DATAPATH_BYPASSED || c == DATAPATH_PROTECTED ||
		    c == DATAPATH_OPENED || c == DATAPATH_DROP_RECOVERY_PENDING ||
		    strncmp(datapath_counter_name(c), "drop.", 5) == 0)
			n += rig_counter(rig, side, c);
	/* Fragments that became one datagram end with it. */
	n += rig_counter(rig, side, DATAPATH_JOINED) - rig_counter(rig, side, DATAPATH_REASSEMBLED);
	/* GTP-C is seen, and then leaves, or is dropped. */
	return n + rig_counter(rig, side, DATAPATH_GTPC_SEEN) -
	       rig_counter(rig, side, DATAPATH_DROP_GTPC_REFUSED) -
	       rig_counter(rig, side, DATAPATH_DROP_GTPC_LATE);
}

const struct datapath_event *rig_event(const struct rig *rig, enum datapath_event_kind kind,
				       unsigned nth)
{
	for (unsigned i = 0; i < rig->event_count; i++)
		if (rig->events[i].kind == kind && nth-- == 0)
			return &rig->events[i];
	return NULL;
}

unsigned rig_count_events(const struct rig *rig, enum datapath_event_kind kind)
{
	unsigned n = 0;

	while (rig_event(rig, kind, n))
		n++;
	return n;
}

/* --- flows --- */

void rig_command(struct rig *rig, unsigned worker, const struct datapath_command *command)
{
	if (datapath_command(rig->workers[worker], command) != 0)
		abort();
	rig_work(rig);
}

void rig_add_flow(struct rig *rig, struct rig_flow *flow)
{
	struct datapath_command c = {.kind = DATAPATH_ADD_FLOW, .flow = flow->number};
	uint32_t window = flow->window ? flow->window : NPDU_WINDOW_DEFAULT;

	c.add.tunnel = rig_tunnel(flow->direction, flow->teid, flow->ipv6);
	c.add.session = flow->session ? flow->session : flow->number + 1000;
	c.add.direction = (uint8_t)flow->direction;
	c.add.bearer = flow->bearer;
	c.add.counter_octets = flow->counter_octets;
	c.add.window = (uint16_t)npdu_window_clamp(window, flow->counter_octets);
	flow->worker = tunnel_owner(c.add.tunnel.teid, rig->count);
	rig_command(rig, flow->worker, &c);
}

static void set_keyset(struct rig *rig, const struct rig_flow *flow, struct datapath_command *c,
		       enum datapath_key_state state, uint8_t key_id, const struct npdu_key *key)
{
	c->kind = DATAPATH_SET_KEYSET;
	c->acknowledge = 1;
	c->flow = flow->number;
	c->key_state = (uint8_t)state;
	c->keyset.key = key;
	c->keyset.key_id = key_id;
	c->keyset.ceiling = DATAPATH_NO_CEILING;
	rig_command(rig, flow->worker, c);
}

void rig_set_keyset(struct rig *rig, const struct rig_flow *flow, unsigned slot,
		    enum datapath_key_state state, uint8_t key_id, const struct npdu_key *key,
		    uint32_t count)
{
	struct datapath_command c = {.slot = (uint8_t)slot, .keyset = {.count = count}};

	set_keyset(rig, flow, &c, state, key_id, key);
}

void rig_change_keyset(struct rig *rig, const struct rig_flow *flow, unsigned slot,
		       enum datapath_key_state state, uint8_t key_id, const struct npdu_key *key)
{
	struct datapath_command c = {.slot = (uint8_t)slot, .keyset = {.keep_count = true}};

	set_keyset(rig, flow, &c, state, key_id, key);
}

void rig_set_ceiling(struct rig *rig, const struct rig_flow *flow, unsigned slot, uint32_t ceiling,
		     uint32_t mark)
{
	const struct datapath_command c = {.kind = DATAPATH_RAISE_CEILING,
					   .slot = (uint8_t)slot,
					   .flow = flow->number,
					   .ceiling = {ceiling, mark}};

	rig_command(rig, flow->worker, &c);
}

void rig_flow_command(struct rig *rig, const struct rig_flow *flow, enum datapath_command_kind kind,
		      unsigned slot)
{
	const struct datapath_command c = {.kind = (uint8_t)kind,
					   .acknowledge = 1,
					   .slot = (uint8_t)slot,
					   .flow = flow->number};

	rig_command(rig, flow->worker, &c);
}

struct npdu_key *rig_key(enum e2m_eea eea, enum e2m_eia eia, unsigned tag, unsigned seed)
{
	/* Both ends use this key, so it fits a flow of any counter_octets. */
	const struct npdu_profile profile = {
		.eea = eea, .eia = eia, .counter_octets = 1, .gcm_tag_octets = (uint8_t)tag};
	struct e2m_keyset keyset;
	struct npdu_key *key;

	memset(keyset.e2mck, 0x20 + (int)seed, sizeof(keyset.e2mck));
	memset(keyset.e2mik, 0x90 + (int)seed, sizeof(keyset.e2mik));
	key = npdu_key_new(&e2m_default_numbers, &keyset, &profile);
	if (!key)
		abort();
	return key;
}

/* --- the UE's end --- */

size_t rig_protect(const struct rig_flow *flow, const struct npdu_key *key, uint8_t key_id,
		   uint32_t count, const uint8_t *npdu, size_t len, uint8_t *out)
{
	static uint8_t room[RIG_FRAME_MAX];
	const size_t header = npdu_header_len(flow->counter_octets);
	struct npdu_op op = {.key = key,
			     .pdu = room + NPDU_HEADROOM,
			     .npdu_len = (uint32_t)len,
			     .count = count,
			     .bearer = flow->bearer,
			     .direction = (uint8_t)flow->direction,
			     .counter_octets = flow->counter_octets};

	npdu_write_header(op.pdu, flow->counter_octets, key_id, count);
	memmove(op.pdu + header, npdu, len);
	npdu_protect(ue, &op, 1);
	if (!op.ok)
		abort();
	memcpy(out, op.pdu, header + len + npdu_key_mac_len(key));
	return header + len + npdu_key_mac_len(key);
}

void rig_write_protected(struct rig_frame *frame, const struct rig_outer *outer,
			 const struct rig_flow *flow, const struct npdu_key *key, uint8_t key_id,
			 uint32_t count, const uint8_t *npdu, size_t len)
{
	static uint8_t pdu[RIG_FRAME_MAX];

	len = rig_protect(flow, key, key_id, count, npdu, len, pdu);
	rig_write_gpdu(frame, outer, flow->direction, flow->teid, pdu, len);
}
