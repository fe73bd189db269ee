/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * datapath_rig_fragment: fragments of UDP datagrams of an attacker: any offset, any octets, any identification.
 */
#ifndef UNIT_DATAPATH_RIG_FRAGMENT_H
#define UNIT_DATAPATH_RIG_FRAGMENT_H

#include "datapath_rig.h"

/* All zero: over IPv4, of GTP-C, and undamaged. */
struct rig_fragment {
	bool ipv6;
	uint32_t id;
	uint16_t port;	 /* both of the first; 0: of GTP-C */
	uint16_t total;	 /* that UDP's length of the first says, with UDP's header */
	uint32_t offset; /* octets */
	uint32_t octets;
	bool more;
	uint8_t content;
	uint8_t ttl;	 /* 0: enough */
	uint8_t next;	 /* IPv6: the next header; 0: UDP */
	bool is_damaged; /* its IPv4 header's checksum is wrong */
	uint8_t vlan_tags;
};

/* One worker, which holds GTP-C for a second. */
void rig_start_fragments(struct rig *rig);
/* Waits until no fragment waits any more. Each packet has ended. */
void rig_stop_fragments(struct rig *rig);

/* The access side receives the fragment. */
void rig_receive_fragment(struct rig *rig, const struct rig_fragment *fragment);
/* From the SGSN. */
void rig_write_fragment(struct rig_frame *frame, const struct rig_fragment *fragment);

#endif
