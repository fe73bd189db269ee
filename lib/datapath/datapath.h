/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * datapath: the worker's path, architecture.md "The path of a packet". A burst goes through the stages
 *
 *   parse - steer - look up - prepare - crypto - finish
 *
 * each a function over the whole burst. hse calls it between rx and tx of its ports, hse-bench on
 * packets made in memory. It takes no lock, allocates nothing, and calls no system; it owns the tunnels,
 * COUNTs and replay windows of one worker, and hears of them by commands.
 */
#ifndef DATAPATH_DATAPATH_H
#define DATAPATH_DATAPATH_H

#include <rte_mbuf.h>
#include <stdint.h>

#include "datapath/command.h"
#include "datapath/counters.h"
#include "e2m/e2m.h"

struct directory;

/* Packets in one call of datapath_process, at most. */
#define DATAPATH_BURST 32

/* Segments of fragments that wait in one worker for the rest of their datagrams, at most. */
#define DATAPATH_FRAGMENTS_WAITING 2048

/* mbuf pools need a private area of this size (struct packet). */
#define DATAPATH_MBUF_PRIV_SIZE 64

struct datapath_config {
	unsigned worker;	      /* this one's number */
	unsigned workers;	      /* of all */
	int socket;		      /* NUMA node of this worker's memory */
	uint32_t flows;		      /* flows that this worker can own */
	uint16_t window_max;	      /* largest replay window of any flow */
	uint16_t mtu[DATAPATH_SIDES]; /* of the ports: largest IP datagram that leaves */
	uint32_t hold_packets_per_flow;
	uint32_t hold_packets_total; /* for this worker */
	uint32_t hold_ms;
	uint32_t gtpc_hold_ms;
	/* Parameters of npdu_searches_init. per_s is at least 1 unless recovery_windows is 0. */
	uint32_t recovery_windows;
	uint32_t recovery_per_s;
	uint32_t bad_mac_per_s;	       /* forgery budget of a flow; 0: unlimited */
	bool lab_mode;		       /* replay_window 0 is allowed */
	bool drop_unknown;	       /* G-PDUs of no known tunnel; else they pass */
	struct rte_mempool *fragments; /* for headers of outer fragments; same socket */
	/* Buffers for whole datagrams, of N-PDUs that come in several segments. NULL: there are none. */
	struct rte_mempool *large;
};

struct datapath_worker;

/* Called with what is to leave through side, in order; takes the packets over. */
typedef void (*datapath_transmit)(void *arg, enum datapath_side side, struct rte_mbuf **mbufs,
				  uint16_t count);

/* NULL with rte_errno or errno set when memory is short or the CPU is not supported. */
struct datapath_worker *datapath_worker_new(const struct datapath_config *config,
					    datapath_transmit transmit, void *arg);
/* Frees what is held; no other thread may use the worker any more. */
void datapath_worker_free(struct datapath_worker *worker);

/* The sessions by tunnel and by address. The worker must not run yet, and only reads. Without a directory no N-PDU's
 * address is checked, and only flows make tunnels known. */
void datapath_set_directory(struct datapath_worker *worker, const struct directory *directory);

/* Makes the rings by which workers hand packets over to the tunnel's owner. Call once all exist. */
int datapath_connect_workers(struct datapath_worker *const *workers, unsigned count);

/* --- in the worker's thread --- */

/* Takes count packets (at most DATAPATH_BURST) that came in on side. now: TSC. */
void datapath_process(struct datapath_worker *worker, enum datapath_side side,
		      struct rte_mbuf **mbufs, uint16_t count, uint64_t now);

/* Commands, packets handed over by other workers, time-outs of what is held. Returns how much there
 * was to do. */
unsigned datapath_housekeep(struct datapath_worker *worker, uint64_t now);

/* Sets the MTU of the port on that side from now on. */
void datapath_set_mtu(struct datapath_worker *worker, enum datapath_side side, uint16_t mtu);

void datapath_count(struct datapath_worker *worker, enum datapath_side side,
		    enum datapath_counter counter, uint64_t n);

/* --- in the control thread --- */

/* Sends a command. -ENOBUFS: the ring is full, try again when events have been worked off. */
int datapath_command(struct datapath_worker *worker, const struct datapath_command *command);

/* Takes up to max events; returns how many. */
unsigned datapath_events(struct datapath_worker *worker, struct datapath_event *events,
			 unsigned max);

/* --- in any thread: values may be a moment old --- */

const struct datapath_counters *datapath_worker_counters(const struct datapath_worker *worker,
							 enum datapath_side side);
uint32_t datapath_held(const struct datapath_worker *worker);

struct datapath_flow_view {
	uint64_t packets;
	uint64_t dropped;
	uint32_t count[DATAPATH_KEYSETS]; /* next COUNT, or H */
};
void datapath_view_flow(const struct datapath_worker *worker, uint32_t flow,
			struct datapath_flow_view *view);

/* Octets of memory that one flow takes, table included. */
size_t datapath_flow_octets(const struct datapath_worker *worker);

#endif
