/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * worker: a worker's state and the stages that share it, private to this library. One file a stage;
 * the order of the declarations is the order in which a packet meets them.
 */
#ifndef DATAPATH_WORKER_H
#define DATAPATH_WORKER_H

#include <rte_branch_prediction.h>
#include <rte_cycles.h>
#include <rte_ring.h>
#include <sys/queue.h>

#include "datapath/failures.h"
#include "datapath/flow.h"
#include "datapath/packet.h"
#include "datapath/stages.h"
#include "datapath/table.h"
#include "datapath/transparent.h"
#include "directory/directory.h"
#include "npdu/npdu.h"

#define WORKER_RING_COMMANDS 4096
#define WORKER_RING_EVENTS   8192
/* Events that only acknowledgements may still take, so that none is ever lost. */
#define WORKER_EVENTS_RESERVED 256
#define WORKER_RING_HANDOVER   1024
/* Key schedules that a worker keeps: of its busiest flows. */
#define WORKER_SCHEDULES    4096
#define WORKER_GTPC_WAITING 1024 /* messages for control, and places for them: a power of two */
#define WORKER_GTPC_PLACES  8192

/* A GTP-C message on its way past control. */
struct gtpc_pending {
	struct rte_mbuf *mbuf;	/* or a list of fragments; NULL: has left */
	struct rte_mbuf *whole; /* fragments: what control reads; NULL once it has been told */
	uint64_t since;		/* TSC */
	uint16_t fragments;	/* 0: in one piece */
	uint8_t side;
	bool is_allowed; /* to leave when its time is over */
};

/* Fragments of datagrams whose first has not come, or has: gather.c. */
#define GATHER_DATAGRAMS 1024 /* power of two */
#define GATHER_WAYS	 4
#define GATHER_HELD_MAX	 512
/* Whatever floods the visited network's side, fragments of the home network find a place. */
#define GATHER_HELD_ACCESS (GATHER_HELD_MAX / 4 * 3)
#define GATHER_MS	   1000

struct gather_key {
	uint8_t source[16]; /* IPv4 as in struct tunnel */
	uint8_t receiver[16];
	uint32_t datagram; /* IP's identification */
	uint32_t side;
};

struct gather {
	struct gather_key key;
	TAILQ_ENTRY(gather) age;
	uint64_t since; /* TSC */
	bool in_use;
	bool is_told; /* the first fragment has come */
	uint8_t says; /* it; enum packet_says */
	uint16_t told_by;
	uint8_t inner; /* of the first fragment; enum packet_inner */
	bool crosses;  /* the others may, as they came */
	uint32_t teid;
	uint32_t octets;	/* seen so far */
	uint32_t total;		/* of the datagram; 0: not known yet */
	struct rte_mbuf *first; /* waiting */
	struct rte_mbuf *last;
};

TAILQ_HEAD(gather_list, gather);

/* Datagrams whose fragments have crossed: names.c. */
#define NAMES_PAIRS   4
#define NAMES_OF_PAIR 65536 /* all identifications of IPv4 */

struct name_mark {
	uint32_t since_s; /* of the last; 0: there is none */
	uint16_t tag;	  /* which of the names that share the place */
	bool is_of_many;  /* more than one of them */
};

struct name_marks {
	struct name_mark gtpc;
	struct name_mark other;
};

/* G-PDUs of protected tunnels in reassembly, a side, and for how long. */
#define REASSEMBLY_DATAGRAMS 256
#define REASSEMBLY_SEGMENTS  (DATAPATH_FRAGMENTS_WAITING - GATHER_HELD_MAX)
#define REASSEMBLY_MS	     1000
/* The longest part of a frame that parse reads: layer 2, IPv6, and the longest payload. */
#define WORKER_FRAME_MAX (34 + 40 + 65535)

/* Packets of one flow that wait: hold.c. */
struct hold {
	TAILQ_ENTRY(hold) entry; /* of those in use, or of those that are not */
	struct rte_mbuf *first;
	struct rte_mbuf *last;
	struct flow *flow;
	uint32_t count;
};

TAILQ_HEAD(hold_list, hold);

/* What leaves at the end of a burst. */
struct worker_out {
	uint16_t count;
	struct rte_mbuf *mbufs[DATAPATH_BURST * 4];
};

/* What goes to another worker at the end of a burst: one write of the ring's tail for all of it. */
struct worker_away {
	uint16_t count;
	struct rte_mbuf *mbufs[DATAPATH_BURST];
};

/* A packet that failed check 4 before its batch was processed. */
struct worker_early {
	struct rte_mbuf *mbuf;
	struct flow_keyset *keyset;
	struct npdu_op op;
	uint16_t before; /* number of batch jobs before this packet */
};

/* Jobs of one burst, in packet order. */
struct worker_batch {
	uint16_t count;
	uint16_t early;
	struct npdu_op ops[NPDU_BURST_MAX];
	struct rte_mbuf *mbufs[NPDU_BURST_MAX];
	struct flow *flows[NPDU_BURST_MAX];
	struct flow_keyset *keysets[NPDU_BURST_MAX];
	struct worker_early earlies[NPDU_BURST_MAX];
};

/* For flow->confirmed: binding.h. */
struct worker_binding {
	uint64_t generation4; /* of the directory, in the upper half */
	uint64_t generation6;
	uint64_t key[3]; /* random; the first and the last are odd */
};

struct datapath_worker {
	struct datapath_config config;
	const struct directory *directory;
	struct worker_binding binding;
	bool asks_directory; /* of late an N-PDU had no confirmed address */
	struct tunnel_table *table;
	struct npdu_engine *engine;
	char *flows;
	size_t flow_size;
	size_t keyset_size;
	uint32_t window_words; /* of all flows: those of the largest window */
	uint32_t batch_number;
	uint64_t now; /* TSC at the start of the round */
	uint64_t hold_tsc;
	uint64_t gtpc_hold_tsc;
	uint64_t ms_tsc;
	struct npdu_searches searches;
	struct failures failures;
	bool bypass;

	struct datapath_counters counters[DATAPATH_SIDES];
	struct datapath_stage_cycles *clock; /* NULL: nobody asks */
	uint64_t clock_at;
	struct worker_batch batch;
	struct worker_out out[DATAPATH_SIDES];
	datapath_transmit transmit;
	void *transmit_arg;

	uint32_t held;	    /* packets, in all hold queues */
	struct hold *holds; /* by number; the first is nobody's */
	struct hold_list holding;
	struct hold_list holds_free;

	struct gather gathers[GATHER_DATAGRAMS];
	struct gather_list gathers_by_age;
	uint32_t gather_held[DATAPATH_SIDES]; /* fragments that wait */
	uint64_t gather_tsc;
	struct name_marks names[NAMES_PAIRS * NAMES_OF_PAIR];

	struct rte_ip_frag_tbl *reassembly[DATAPATH_SIDES];
	struct rte_ip_frag_death_row *dead; /* what reassembly gives up */
	uint32_t reassembling;		    /* segments */
	uint8_t frame[WORKER_FRAME_MAX];    /* one in several segments, for parse to read */

	struct gtpc_pending gtpc[WORKER_GTPC_PLACES];
	uint64_t gtpc_first; /* numbers of the oldest and the next message */
	uint64_t gtpc_told;  /* the first that control has not heard of */
	uint64_t gtpc_next;
	uint32_t gtpc_waiting; /* that have not left, from first to next */
	uint32_t fragment_id;  /* of the last datagram fragmented; no two workers use the same */

	struct rte_ring *commands;
	struct rte_ring *events;
	struct rte_ring *from[RTE_MAX_LCORE]; /* handed over by that worker */
	struct rte_ring *to[RTE_MAX_LCORE];
	struct worker_away away[RTE_MAX_LCORE];
	uint16_t away_to[RTE_MAX_LCORE]; /* for whom there is anything */
	uint16_t away_count;

	struct transparent transparent;
};

static inline struct flow *worker_flow(const struct datapath_worker *w, uint32_t number)
{
	return (struct flow *)(w->flows + number * w->flow_size);
}

static inline uint32_t worker_flow_number(const struct datapath_worker *w, const struct flow *flow)
{
	return (uint32_t)((size_t)((const char *)flow - w->flows) / w->flow_size);
}

static inline struct flow_keyset *worker_keyset(const struct datapath_worker *w, struct flow *flow,
						unsigned slot)
{
	return flow_keyset_at(flow, slot, w->keyset_size);
}

static inline void worker_count(struct datapath_worker *w, unsigned side,
				enum datapath_counter counter)
{
	w->counters[side].value[counter]++;
}

/* The cycles since the last call went to stage. */
static inline void worker_clock(struct datapath_worker *w, enum datapath_stage stage)
{
	if (likely(!w->clock))
		return;
	const uint64_t now = rte_rdtsc();
	w->clock->cycles[stage] += now - w->clock_at;
	w->clock_at = now;
}

/* Ends a packet under a counter's name; flow may be NULL. */
uint64_t worker_ms_to_tsc(uint32_t ms);
void worker_drop(struct datapath_worker *w, struct rte_mbuf *m, enum datapath_counter counter);

/* Hands what is to leave to transmit. */
void worker_flush(struct datapath_worker *w);

/* Lets a packet leave on the other side. */
static inline void worker_send(struct datapath_worker *w, struct rte_mbuf *m)
{
	struct worker_out *out = &w->out[!packet_of(m)->side];

	if (out->count == RTE_DIM(out->mbufs))
		worker_flush(w);
	out->mbufs[out->count++] = m;
}

/* The same for one that is none of ours. */
static inline void worker_pass(struct datapath_worker *w, struct rte_mbuf *m)
{
	worker_count(w, packet_of(m)->side, w->bypass ? DATAPATH_BYPASSED : DATAPATH_PASSED);
	worker_send(w, m);
}

/* Milliseconds from an arbitrary start; wraps. Used for packets that fail. */
static inline uint32_t worker_now_ms(const struct datapath_worker *w)
{
	return (uint32_t)(w->now / w->ms_tsc);
}

/* false: the ring is full; nothing was posted. Never so for DATAPATH_DONE. */
bool worker_post(struct datapath_worker *w, const struct datapath_event *event);

/* --- handover --- */

/* To another worker. */
void handover_packet(struct datapath_worker *w, struct rte_mbuf *m, unsigned to);
/* To the worker that owns it; false: that is this one. */
bool handover_away(struct datapath_worker *w, struct rte_mbuf *m, unsigned owner);
/* At the end of a round, or of steer_packets: puts what is to go to other workers into their rings. */
void handover_flush(struct datapath_worker *w);

/* --- stages --- */

/* Fills packet_of(m) from the frame alone. Returns the octets of all frames. */
uint64_t parse_packets(struct datapath_worker *w, enum datapath_side side, struct rte_mbuf **mbufs,
		       uint16_t count);

/* Passes, drops or hands over what is not this worker's; keeps the rest in mbufs and returns its
 * number. */
uint16_t steer_packets(struct datapath_worker *w, struct rte_mbuf **mbufs, uint16_t count);

/* Takes a fragment of this worker's: it waits for the first of its datagram, then all go where that says.
 * Returns the G-PDU of one of this worker's tunnels that is whole now, else NULL. */
struct rte_mbuf *gather_fragment(struct datapath_worker *w, struct rte_mbuf *m);
uint32_t gather_hash(struct rte_mbuf *m);
void gather_expire(struct datapath_worker *w);
void gather_drop_all(struct datapath_worker *w);

/* Of fragments that came in on the access side. false: GTP-C of the same name has crossed, so no other fragment may.
 * crosses: the fragment may cross as it came. */
bool names_admit(struct datapath_worker *w, const struct gather_key *key, bool crosses);
/* false: a fragment of the same name has crossed, so GTP-C in fragments may not. */
bool names_admit_gtpc(struct datapath_worker *w, const struct gather_key *key);

/* Finds the flow of a G-PDU. Returns it, whole, or NULL when it has ended or waits. */
struct rte_mbuf *lookup_packet(struct datapath_worker *w, struct rte_mbuf *m);

/* Returns true if lengths and offset of a fragment are those of an honest sender, and its IPv4 header is undamaged: the
 * header is made anew, and that must not make it right. Sets l2_len and l3_len, and removes padding. */
bool reassemble_measure(struct rte_mbuf *m);
/* Takes a fragment of a G-PDU of flow. Returns the G-PDU, parsed, when it was the last one missing, else
 * NULL. */
struct rte_mbuf *reassemble_fragment(struct datapath_worker *w, struct rte_mbuf *m,
				     struct flow *flow);
int reassemble_open(struct datapath_worker *w);
void reassemble_expire(struct datapath_worker *w);
void reassemble_close(struct datapath_worker *w);

/* The G-PDU in one segment, with room to grow. NULL: it was dropped. */
struct rte_mbuf *segments_join(struct datapath_worker *w, struct rte_mbuf *m);
/* A copy of the octets alone, in one segment; NULL: there is no room for it. */
struct rte_mbuf *segments_copy(const struct datapath_worker *w, const struct rte_mbuf *m);

/* Checks 1 to 4 of e2m.md 7 for uplink, COUNT for downlink; makes jobs, runs them batch by batch. */
void protect_packets(struct datapath_worker *w, struct rte_mbuf **mbufs, uint16_t count);
void open_packets(struct datapath_worker *w, struct rte_mbuf **mbufs, uint16_t count);
/* The same for G-PDUs of this worker's tunnels whose flows are still to be found: up to DATAPATH_BURST. */
void protect_received(struct datapath_worker *w, struct rte_mbuf **mbufs, uint16_t count);
void open_received(struct datapath_worker *w, struct rte_mbuf **mbufs, uint16_t count);

/* Sends a datagram longer than the MTU of the port it leaves by in fragments; false: it was dropped. */
bool fragment_packet(struct datapath_worker *w, struct rte_mbuf *m, uint16_t mtu);

/* --- COUNTs that may be used --- */

void ceiling_set(struct flow *flow, struct flow_keyset *keyset, unsigned slot,
		 const struct datapath_ceiling *ceiling);
/* COUNTs below needed are to be used of slot's keyset: asks for more where they pass the mark and nobody has
 * asked yet. True: they may. */
bool ceiling_covers(struct datapath_worker *w, struct flow *flow, unsigned slot, uint32_t needed);

/* --- hold --- */

/* Packets that wait in the flow's queue. */
static inline uint32_t hold_count(const struct datapath_worker *w, const struct flow *flow)
{
	return w->holds[flow->hold].count;
}

int hold_open(struct datapath_worker *w);
void hold_close(struct datapath_worker *w);

/* Until slot's keyset has its key, or may use more COUNTs. */
void hold_packet(struct datapath_worker *w, struct flow *flow, unsigned slot, struct rte_mbuf *m);
/* Until its flow, which is expected, is somebody's. */
void hold_expected(struct datapath_worker *w, struct flow *flow, struct rte_mbuf *m);
/* Same for an open N-PDU of len octets with a COUNT that must not be used yet. is_recovered: the
 * window has not accepted its COUNT yet either. */
void hold_open_packet(struct datapath_worker *w, struct flow *flow, unsigned slot,
		      struct rte_mbuf *m, uint32_t count, uint16_t npdu_len, bool is_recovered);
/* One more than the highest recovered COUNT that waits for slot; 0: none. */
uint32_t hold_recovered(const struct datapath_worker *w, const struct flow *flow, unsigned slot);
void hold_release(struct datapath_worker *w, struct flow *flow);
void hold_drop(struct datapath_worker *w, struct flow *flow, enum datapath_counter counter);
/* They cross as they came: their flow is not protected. */
void hold_pass(struct datapath_worker *w, struct flow *flow);
/* The open ones of slot: their keyset leaves it. */
void hold_drop_open(struct datapath_worker *w, struct flow *flow, unsigned slot);
void hold_expire(struct datapath_worker *w);

/* Takes the oldest packet out of the queue of flow: it no longer waits. The queue must have one. */
struct rte_mbuf *hold_take(struct datapath_worker *w, struct flow *flow);

/* --- a session that moves --- */

/* alias has become an alias: what it holds goes to its target. */
void alias_release(struct datapath_worker *w, struct flow *alias);

/* From now on flow is watched: control hears of its first N-PDU. */
void watch_flow(struct flow *flow);
/* A packet of flow that the flow protects protects: posts the event, if the packet is the first N-PDU. */
void watch_note(struct datapath_worker *w, struct flow *flow, struct flow *protects,
		struct rte_mbuf *m);

static inline void watch_packet(struct datapath_worker *w, struct flow *flow, struct flow *protects,
				struct rte_mbuf *m)
{
	if (unlikely(flow->state == FLOW_WATCHED || flow->is_watched))
		watch_note(w, flow, protects, m);
}

/* --- GTP-C --- */

void gtpc_divert(struct datapath_worker *w, struct rte_mbuf *m);
/* Takes a list of fragments that wait (gather_held), and what control reads instead of them. */
void gtpc_divert_fragments(struct datapath_worker *w, struct rte_mbuf *first,
			   struct rte_mbuf *whole);
/* Returns the datagram in one piece. NULL: the fragments make no GTP-C datagram, or no mbuf is left. total: octets of what
 * IP fragmented. */
struct rte_mbuf *gtpc_fragments_join(struct datapath_worker *w, struct rte_mbuf *first,
				     uint32_t total);
void gtpc_release(struct datapath_worker *w, uint64_t number);
void gtpc_allow(struct datapath_worker *w, uint64_t number);
void gtpc_discard(struct datapath_worker *w, uint64_t number);
void gtpc_expire(struct datapath_worker *w);
void gtpc_drop_all(struct datapath_worker *w);

/* --- recovery, e2m.md 7 --- */

/* Handles a PDU that has failed check 4 or 5: job i of the batch, or a packet that failed earlier.
 * The packet is sent, waits or is dropped. */
void recover_job(struct datapath_worker *w, uint16_t i);
void recover_early(struct datapath_worker *w, struct worker_early *early);
/* Call it for a PDU that has reached check 5 while the flow's forgery budget is used up. Returns
 * true if the PDU was dropped. */
bool recover_drops_in_flood(struct datapath_worker *w, struct rte_mbuf *m, struct flow *flow,
			    const struct flow_keyset *keyset);
/* An open N-PDU with a recovered COUNT has waited for the ceiling, which covers that COUNT now.
 * Returns false if the N-PDU was a replay and was dropped. */
bool recover_accept(struct datapath_worker *w, struct rte_mbuf *m, struct flow *flow,
		    uint32_t count);
/* Call it when the flow number goes to another flow, or when the keyset in slot gets another
 * COUNT. */
void recover_forget_flow(struct datapath_worker *w, uint32_t number);
void recover_forget_keyset(struct datapath_worker *w, uint32_t number, unsigned slot);

/* --- bypass --- */

void bypass_set(struct datapath_worker *w, bool is_on);
/* In place of open_received and protect_received, and of lookup_packet: each packet ends. */
void bypass_received(struct datapath_worker *w, struct rte_mbuf **mbufs, uint16_t count);
void bypass_packet(struct datapath_worker *w, struct rte_mbuf *m);

/* --- commands --- */

unsigned commands_execute(struct datapath_worker *w);

#endif
