/* SPDX-License-Identifier: BSD-3-Clause */
#include "worker_rings.h"

#include <errno.h>
#include <rte_cycles.h>
#include <rte_mbuf.h>
#include <stdlib.h>

#include "program/program.h"

#define EVENTS_A_ROUND 64

int worker_rings_open(struct worker_rings *rings, struct datapath_worker *const *workers,
		      unsigned count)
{
	rings->workers = workers;
	rings->count = count;
	rings->backlogs = calloc(count, sizeof(*rings->backlogs));
	return rings->backlogs ? 0 : -ENOMEM;
}

void worker_rings_close(struct worker_rings *rings)
{
	for (unsigned w = 0; rings->backlogs && w < rings->count; w++)
		backlog_free(&rings->backlogs[w]);
	free(rings->backlogs);
	rings->backlogs = NULL;
}

/* --- commands --- */

void worker_rings_send(struct worker_rings *rings, unsigned worker,
		       const struct datapath_command *command)
{
	struct backlog *b = &rings->backlogs[worker];

	if (backlog_is_empty(b) && datapath_command(rings->workers[worker], command) == 0)
		return;
	if (backlog_push(b, command) != 0) {
		program_log(PROGRAM_ERROR, "out of memory for commands to worker %u", worker);
		abort(); /* the log has the reason */
	}
}

void worker_rings_send_to_all(struct worker_rings *rings, const struct datapath_command *command)
{
	for (unsigned w = 0; w < rings->count; w++)
		worker_rings_send(rings, w, command);
}

unsigned worker_rings_send_backlog(struct worker_rings *rings, unsigned worker)
{
	struct backlog *b = &rings->backlogs[worker];
	unsigned sent = 0;

	while (!backlog_is_empty(b) &&
	       datapath_command(rings->workers[worker], backlog_first(b)) == 0) {
		backlog_pop(b);
		sent++;
	}
	return sent;
}

/* --- events --- */

static void read_endpoints(const struct rte_mbuf *m, const struct datapath_event *event,
			   struct session_gtpc *gtpc)
{
	const uint8_t *ip = rte_pktmbuf_mtod_offset(m, const uint8_t *, event->l3);
	const uint8_t *udp = rte_pktmbuf_mtod_offset(m, const uint8_t *, event->payload - 8);

	if (ip[0] >> 4 == 4) {
		tunnel_set_ipv4(&gtpc->source, ip + 12);
		tunnel_set_ipv4(&gtpc->destination, ip + 16);
	} else {
		tunnel_set_ipv6(&gtpc->source, ip + 8);
		tunnel_set_ipv6(&gtpc->destination, ip + 24);
	}
	gtpc->source.teid = (uint32_t)(udp[0] << 8 | udp[1]);
	gtpc->destination.teid = (uint32_t)(udp[2] << 8 | udp[3]);
}

static void take_gtpc(struct session_store *store, unsigned worker,
		      const struct datapath_event *event)
{
	struct session_gtpc gtpc = {
		.side = event->side,
		.data = rte_pktmbuf_mtod_offset(event->mbuf, const uint8_t *, event->payload),
		.len = event->payload_len,
		.worker = worker,
		.number = event->cookie,
	};

	read_endpoints(event->mbuf, event, &gtpc);
	session_take_gtpc(store, &gtpc);
	rte_pktmbuf_free(event->mbuf);
}

unsigned worker_rings_take_events(struct worker_rings *rings, unsigned worker,
				  struct session_store *store)
{
	struct datapath_event events[EVENTS_A_ROUND];
	unsigned count = datapath_events(rings->workers[worker], events, EVENTS_A_ROUND);

	for (unsigned i = 0; i < count; i++) {
		if (events[i].kind == DATAPATH_GTPC)
			take_gtpc(store, worker, &events[i]);
		else
			session_take_event(store, worker, &events[i]);
	}
	return count;
}

/* --- while no worker runs --- */

static unsigned act_for_workers(struct worker_rings *rings, struct session_store *store)
{
	unsigned work = 0;

	for (unsigned w = 0; w < rings->count; w++) {
		work += worker_rings_send_backlog(rings, w);
		work += datapath_housekeep(rings->workers[w], rte_rdtsc());
		work += worker_rings_take_events(rings, w, store);
	}
	return work;
}

void worker_rings_settle(struct worker_rings *rings, struct session_store *store)
{
	while (act_for_workers(rings, store) > 0)
		;
}
