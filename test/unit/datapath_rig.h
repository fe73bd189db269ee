/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * datapath_rig: one or two datapath workers on frames made in memory, for the datapath's tests. Frames are
 * written by code of its own, checksums from scratch, so that what a worker sends can be compared octet by
 * octet. Time is a number that the test advances. Whoever frees the rig also checks that no mbuf is lost.
 */
#ifndef UNIT_DATAPATH_RIG_H
#define UNIT_DATAPATH_RIG_H

#include "datapath/datapath.h"
#include "npdu/npdu.h"
#include "npdu/window.h"
#include "unit.h"

#define RIG_WORKERS_MAX 2
#define RIG_OUT_MAX	4096
#define RIG_EVENTS_MAX	1024
#define RIG_FRAME_MAX	65535
#define RIG_FLOWS	256

/* --- frames --- */

/* What stands around an N-PDU. All zero: plain IPv4, UDP without checksum, plain GTP-U header. */
struct rig_outer {
	bool ipv6;
	bool udp_checksum;
	uint8_t vlan_tags;
	uint16_t tpid;	      /* of the tags; 0: 0x8100 */
	uint8_t ip_options;   /* octets of IPv4 options, a multiple of 4 */
	uint8_t ipv6_headers; /* extension headers of 8 octets */
	bool dont_fragment;
	uint16_t ip_id;
	uint8_t gtpu_flags;	 /* GTPU_FLAG_* */
	uint8_t gtpu_extensions; /* headers of 4 octets; with GTPU_FLAG_E */
	uint16_t behind_gpdu;	 /* octets in the UDP datagram behind the G-PDU */
	uint16_t padding;	 /* octets in the frame behind the IP datagram */
};

struct rig_frame {
	uint32_t len;
	uint16_t l3, udp, gtpu, payload; /* offsets */
	uint8_t octets[RIG_FRAME_MAX];
};

/* The ends of all tunnels: uplink is received by the GGSN, downlink by the SGSN. */
struct tunnel rig_tunnel(enum e2m_direction direction, uint32_t teid, bool ipv6);

/* A G-PDU from the end that sends in direction. outer NULL: all zero. */
void rig_write_gpdu(struct rig_frame *frame, const struct rig_outer *outer,
		    enum e2m_direction direction, uint32_t teid, const uint8_t *npdu, size_t len);
/* A UDP datagram; direction says who sends it. */
void rig_write_udp(struct rig_frame *frame, const struct rig_outer *outer,
		   enum e2m_direction direction, uint16_t source_port, uint16_t destination_port,
		   const uint8_t *payload, size_t len);

/* From scratch: true when lengths and checksums of IP and UDP are right (zero UDP checksum allowed). */
bool rig_checksums_are_right(const uint8_t *frame, size_t len);
uint16_t rig_checksum(uint32_t sum, const uint8_t *octets, size_t len);

/* Splits the IP datagram of whole (without IPv6 extension headers) into fragments of piece octets, a
 * multiple of 8; returns how many. */
unsigned rig_split(const struct rig_frame *whole, size_t piece, uint32_t id,
		   struct rig_frame *parts, unsigned max);

/* Puts together what rig_split makes, in any order; false when something is missing, overlaps, or is not
 * right. whole is then as if it had never been split, but for DF and the identification, which are 0. */
bool rig_join(const struct rig_frame *parts, unsigned count, struct rig_frame *whole);

/* What a receiver that looks at lengths, but not at checksums, makes of a frame: true when it takes a G-PDU
 * out of it. */
bool rig_is_gpdu(const uint8_t *frame, size_t len, struct tunnel *tunnel);

/* An N-PDU of len octets that depends on seed. */
const uint8_t *rig_npdu(size_t len, unsigned seed);

/* --- workers --- */

struct rig {
	struct datapath_config config;
	const struct directory *directory; /* NULL: none */
	struct datapath_worker *workers[RIG_WORKERS_MAX];
	unsigned count; /* of workers */
	uint64_t now;	/* TSC */
	unsigned mbufs_before;
	unsigned fragments_before;
	struct rte_mbuf *out[DATAPATH_SIDES][RIG_OUT_MAX];
	unsigned out_count[DATAPATH_SIDES];
	struct datapath_event events[RIG_EVENTS_MAX]; /* of all workers, GTP-C freed */
	unsigned event_count;
};

/* Call first and last in main. */
int rig_open_eal(void);
void rig_close_eal(void);

/* A configuration to change before rig_start: one worker, MTU 1500 on both sides, windows up to
 * NPDU_WINDOW_MAX, 8 packets held a flow and 16 in all, for 100 ms, GTP-C for 10 ms. */
void rig_init(struct rig *rig);
void rig_start(struct rig *rig, unsigned workers);
/* Frees all, and asserts that every mbuf is back. */
void rig_stop(struct rig *rig);

/* An mbuf with the frame's octets, out of a pool of ordinary ones, or of larger ones where need be. */
struct rte_mbuf *rig_mbuf(const uint8_t *octets, uint32_t len);

/* Hands frames to a worker as one burst. */
void rig_process(struct rig *rig, unsigned worker, enum datapath_side side, struct rte_mbuf **mbufs,
		 uint16_t count);
/* One frame, to worker 0. */
void rig_receive(struct rig *rig, enum datapath_side side, const struct rig_frame *frame);
/* The same with nothing readable around the frame, for AddressSanitizer. For frames that do not grow. */
void rig_receive_exactly(struct rig *rig, enum datapath_side side, const uint8_t *octets,
			 uint32_t len);
/* Housekeeping of all workers, until there is nothing left to do, and their events. */
void rig_work(struct rig *rig);
/* Moves time on, and works. */
void rig_wait_ms(struct rig *rig, unsigned ms);
/* Frees what was sent and forgets the events. */
void rig_forget(struct rig *rig);

/* The nth frame sent on side is exactly this one. */
bool rig_sent(const struct rig *rig, enum datapath_side side, unsigned nth,
	      const struct rig_frame *frame);
/* The nth that was sent, as a frame whose offsets are not set. */
bool rig_take_sent(const struct rig *rig, enum datapath_side side, unsigned nth,
		   struct rig_frame *frame);
/* What was sent nth, in one piece; valid until the next call. */
const uint8_t *rig_sent_octets(const struct rig *rig, enum datapath_side side, unsigned nth,
			       uint32_t *len);

/* Over all workers. */
uint64_t rig_counter(const struct rig *rig, enum datapath_side side, enum datapath_counter counter);
/* The sum of all ways in which a packet that came in on side can end. */
uint64_t rig_ended(const struct rig *rig, enum datapath_side side);
unsigned rig_count_events(const struct rig *rig, enum datapath_event_kind kind);
const struct datapath_event *rig_event(const struct rig *rig, enum datapath_event_kind kind,
				       unsigned nth);

/* --- flows --- */

/* One direction of a session, as the test knows it. */
struct rig_flow {
	uint32_t number;
	enum e2m_direction direction;
	uint32_t teid;
	bool ipv6;
	uint8_t bearer;
	uint8_t counter_octets;
	uint16_t window;  /* 0: the default, clamped */
	uint32_t session; /* 0: 1000 more than the number */
	unsigned worker;  /* set by rig_add_flow: the owner */
};

void rig_command(struct rig *rig, unsigned worker, const struct datapath_command *command);
void rig_add_flow(struct rig *rig, struct rig_flow *flow);
void rig_set_keyset(struct rig *rig, const struct rig_flow *flow, unsigned slot,
		    enum datapath_key_state state, uint8_t key_id, const struct npdu_key *key,
		    uint32_t count);
/* As rig_set_keyset, with the COUNT left as it is. */
void rig_change_keyset(struct rig *rig, const struct rig_flow *flow, unsigned slot,
		       enum datapath_key_state state, uint8_t key_id, const struct npdu_key *key);
/* Keysets have none before. */
void rig_set_ceiling(struct rig *rig, const struct rig_flow *flow, unsigned slot, uint32_t ceiling,
		     uint32_t mark);
/* USE, STOP, REMOVE: acknowledged. */
void rig_flow_command(struct rig *rig, const struct rig_flow *flow, enum datapath_command_kind kind,
		      unsigned slot);

/* A key that depends on seed. */
struct npdu_key *rig_key(enum e2m_eea eea, enum e2m_eia eia, unsigned tag, unsigned seed);

/* --- the UE's end --- */

/* The protected form of an N-PDU; returns its length. */
size_t rig_protect(const struct rig_flow *flow, const struct npdu_key *key, uint8_t key_id,
		   uint32_t count, const uint8_t *npdu, size_t len, uint8_t *out);
/* A G-PDU with the protected form of an N-PDU. */
void rig_write_protected(struct rig_frame *frame, const struct rig_outer *outer,
			 const struct rig_flow *flow, const struct npdu_key *key, uint8_t key_id,
			 uint32_t count, const uint8_t *npdu, size_t len);

/* The main function of a test program over the rig: DPDK's EAL is open while the tests run. */
#define RIG_MAIN(suite, ...)                                                       \
	int main(void)                                                             \
	{                                                                          \
		static const struct unit_test tests[] = {__VA_ARGS__};             \
		int failed;                                                        \
                                                                                   \
		if (rig_open_eal() != 0)                                           \
			return 1;                                                  \
		failed = unit_run(suite, tests, sizeof(tests) / sizeof(tests[0])); \
		rig_close_eal();                                                   \
		return failed;                                                     \
	}

#endif
