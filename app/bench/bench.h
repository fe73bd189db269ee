/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench: what one measurement is. A case is measured twice in the same run, in turns: by the worker's
 * own functions on frames made in memory, and by intel-ipsec-mb alone with the same algorithms, sizes
 * and number of keys. What a NIC would do (put the frame into a buffer) is done outside the measured
 * time, for both alike.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdint.h>

#include "datapath/datapath.h"
#include "datapath/stages.h"
#include "directory/directory.h"
#include "npdu/npdu.h"

/* Buffers that frames go round in, as in a NIC's ring. */
#define BENCH_BUFFERS 512

struct bench_case {
	enum e2m_direction direction;
	enum e2m_eea eea;
	enum e2m_eia eia;
	uint32_t npdu_len;
	uint32_t sessions; /* visited in random order */
	bool ipv6;	   /* N-PDUs and addresses of sessions; then npdu_len is at least 40 */
	/* Sessions without protection beside them. After each burst of protected packets comes one of theirs, in random
	 * order, which is not measured. */
	uint32_t unprotected;
};

struct bench_result {
	double worker_cycles; /* a packet, median */
	double bare_cycles;
	double ratio; /* bare to worker, median of the turns */
	double stage_cycles[DATAPATH_STAGES];
	double unprotected_cycles; /* a packet of a session without protection, median */
};

/* Measures a case in turns of about turn_packets packets (from 2048 on). Negative errno, said on stderr. */
int bench_measure(const struct bench_case *c, unsigned turns, uint32_t turn_packets,
		  struct bench_result *result);

/* One packet into an idle worker: how many poll rounds until it is out, 0 when it never is. */
unsigned bench_idle_rounds(const struct bench_case *c);

/* Packets a second, wall time, with workers workers of which one receives everything. */
double bench_workers(const struct bench_case *c, unsigned workers, double seconds);

double bench_median(double *values, unsigned count);

/* --- fleet.c: sessions, keys and frames --- */

#define BENCH_BEARER	     5
#define BENCH_KEY_ID	     1
#define BENCH_COUNTER_OCTETS 1
#define BENCH_HALF_WINDOW    1024 /* W/2 of that */
/* Octets before the payload of G-PDUs: Ethernet, IPv4, UDP, GTP-U. */
#define BENCH_HEADERS 50

struct bench_fleet {
	struct bench_case c;
	struct npdu_key **keys;
	uint32_t *order;  /* sessions, shuffled */
	uint32_t *counts; /* uplink: next COUNT of each */
	uint8_t *frames;  /* as they come in: slots of frame_size octets, in the order of visits */
	uint32_t frame_size;
	uint32_t frames_count;
	uint32_t frame_len;
	struct npdu_engine *engine;  /* plays the UEs */
	struct directory *directory; /* the sessions with their addresses */
};

int fleet_init(struct bench_fleet *fleet, const struct bench_case *c);
void fleet_free(struct bench_fleet *fleet);
/* The TEID of a session. */
static inline uint32_t fleet_teid(uint32_t session)
{
	return 0x10000 + session;
}
/* The frame of a session without protection, of frame_size octets at most. Returns its length. */
uint32_t fleet_write_unprotected(const struct bench_fleet *fleet, uint8_t *frame, uint32_t number);
/* Tells worker of all sessions that it owns. */
int fleet_install(const struct bench_fleet *fleet, struct datapath_worker *const *workers,
		  unsigned count);
/* Makes all frames anew: uplink with the next COUNTs. */
void fleet_fill(struct bench_fleet *fleet);
void fleet_tunnel(const struct bench_case *c, uint32_t session, struct tunnel *tunnel);

/* One frame of a session with count, as the sender of direction makes it: uplink to hse, downlink
 * to the UE. frame must have room for BENCH_HEADERS, NPDU_HEADER_MAX, the N-PDU and NPDU_MAC_MAX.
 * Returns the frame's length. */
uint32_t fleet_write(struct bench_fleet *fleet, uint8_t *frame, uint32_t session, uint32_t count,
		     enum e2m_direction direction);
void fleet_keyset(uint32_t session, struct e2m_keyset *keyset);

/* --- bench_worker.c: a worker that may drop packets --- */

struct bench_worker {
	struct datapath_worker *worker;
	struct rte_mempool *pool;
	struct rte_mbuf *left[DATAPATH_BURST * 4];
	unsigned left_count;
};

/* Makes a worker with all sessions of an uplink fleet. -ENOMEM. */
int bench_worker_init(struct bench_worker *worker, const struct bench_fleet *fleet);
void bench_worker_free(struct bench_worker *worker);
/* Passes one frame to the worker at time (TSC). Returns true if the frame was sent on. */
bool bench_worker_receive(struct bench_worker *worker, const uint8_t *frame, uint32_t len,
			  uint64_t now);
/* Passes DATAPATH_BURST frames. Returns the cycles used. */
uint64_t bench_worker_burst(struct bench_worker *worker, const uint8_t *const *frames,
			    const uint32_t *lens, uint64_t now);
void bench_worker_forget_events(struct bench_worker *worker);

/* --- bare.c --- */

struct bench_bare;
struct bench_bare *bare_new(const struct bench_case *c);
void bare_free(struct bench_bare *bare);
/* Cycles for count packets. */
uint64_t bare_run(struct bench_bare *bare, const uint32_t *order, uint32_t count);

#endif
