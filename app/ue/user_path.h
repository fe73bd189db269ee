/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * user_path: the SGSN's end of GTP-U (TS 29.281). Takes G-PDUs from the socket a burst at a time and
 * hands what stands in them to the tunnel that they are for; sends bursts; answers echo. Shared by all
 * UEs of the process.
 */
#ifndef UE_USER_PATH_H
#define UE_USER_PATH_H

#include <stdint.h>

#include "ue/counters.h"
#include "ue/endpoint.h"
#include "ue/loop.h"
#include "ue/packet.h"
#include "ue/teid_table.h"

struct user_tunnel {
	uint32_t teid;	      /* ours, for downlink */
	uint32_t peer_teid;   /* the GGSN's, for uplink */
	struct endpoint peer; /* the GGSN; len 0: not there yet */
	/* packets have the GTP-U header's octets before them, and PACKET_TAILROOM. */
	void (*received)(void *arg, struct packet *packets, size_t count);
	void *arg;
};

struct user_path;

/* Binds to local. NULL with errno. */
struct user_path *user_path_open(struct loop *loop, const struct endpoint *local,
				 struct ue_counters *counters);
void user_path_close(struct user_path *path);

/* Fills tunnel->teid; -ENOSPC. tunnel stays where it is as long as path is open. */
int user_path_add_tunnel(struct user_path *path, struct user_tunnel *tunnel);

/* From now on tunnel's TEID is nobody's; it is not given out again. */
void user_path_remove_tunnel(struct user_path *path, const struct user_tunnel *tunnel);

/* Buffers for a burst to send, empty; valid until the loop goes on. */
struct packet *user_path_burst(struct user_path *path);

/* Puts a GTP-U header before each of packets[0..count) and sends them into tunnel; count at most
 * BURST_MAX. What the socket does not take is counted. */
void user_path_send(struct user_path *path, const struct user_tunnel *tunnel,
		    struct packet *packets, size_t count);

#endif
