/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clear: G-PDUs that are not to be protected: of sessions without protection, and of unknown tunnels (e2m.md 6). They
 * cross as they are. An N-PDU with the address of another, protected session never crosses so.
 */
#ifndef DATAPATH_CLEAR_H
#define DATAPATH_CLEAR_H

#include "datapath/worker.h"

/* The packet has no flow: it crosses or is dropped. */
void clear_end(struct datapath_worker *w, struct rte_mbuf *m);

/* For a packet of a flow that lets packets pass. Returns false if the packet was dropped. */
bool clear_admits(struct datapath_worker *w, struct rte_mbuf *m);

/* In place of clear_end, in bypass: unknown tunnels cross, and what belongs to a protected session is dropped as
 * bypass. */
void clear_end_in_bypass(struct datapath_worker *w, struct rte_mbuf *m);

/* False: the G-PDU is of a protected or barred session, so that no fragment of it crosses as it came. */
bool clear_may_cross(const struct datapath_worker *w, const struct packet *p);

/* What the first fragment of a G-PDU says about the addresses of the N-PDU. */
enum packet_inner clear_judge_first(const struct datapath_worker *w, struct rte_mbuf *m);

#endif
