/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * storm_ggsn: the GGSN of hse-bench storm, for more PDP contexts than the GGSNs take that can be had (libgtp, and so
 * osmo-ggsn, has 1024). It activates, moves and deletes the contexts of one range of IMSIs, and is the host behind
 * them as well: it answers ICMP echo. It takes nothing on trust: a G-PDU counts only when it is, in the clear, a whole
 * echo request from the address that the context of that very tunnel was given, to the address that fleets ping, and comes from
 * the SGSN that has the context. All else is counted as wrong and not answered. A thread of its own.
 */
#ifndef BENCH_STORM_GGSN_H
#define BENCH_STORM_GGSN_H

#include <netinet/in.h>
#include <stdint.h>

#include "e2m/e2m.h"

struct storm_ggsn;

struct storm_ggsn_config {
	struct in_addr
		address; /* of this machine, or of the network namespace that the caller is in */
	struct in_addr host;   /* whom the devices ping */
	struct e2m_imsi first; /* of the range */
	uint32_t count;
};

/* NULL after a line on stderr. */
struct storm_ggsn *storm_ggsn_start(const struct storm_ggsn_config *config);
void storm_ggsn_stop(struct storm_ggsn *ggsn);

/* What has become of a part of the contexts since they were made. Times are microseconds of CLOCK_MONOTONIC. */
struct storm_ggsn_figures {
	uint32_t activated;
	uint32_t delivered; /* contexts whose first packet has come */
	uint64_t first_activation_us;
	uint64_t last_delivery_us; /* of a first packet */
	/* Of all contexts, since the start. */
	uint64_t wrong; /* G-PDUs that are not what they should be */
	uint64_t
		retransmitted; /* Create Requests that came again: their response was lost or late */
	uint64_t unexpected;   /* messages that nobody should send */
};

void storm_ggsn_look(struct storm_ggsn *ggsn, uint32_t first, uint32_t count,
		     struct storm_ggsn_figures *figures);

#endif
