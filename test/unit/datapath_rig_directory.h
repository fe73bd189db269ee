/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * datapath_rig_directory: sessions with addresses for the workers of a rig, and N-PDUs with addresses. All tunnels are
 * those of rig_tunnel: one SGSN, one GGSN.
 */
#ifndef UNIT_DATAPATH_RIG_DIRECTORY_H
#define UNIT_DATAPATH_RIG_DIRECTORY_H

#include "datapath_rig.h"
#include "directory/directory.h"

/* An address and its text: "10.0.0.1", or "2001:db8::/64" for a session with IPv6. */
struct pdp_prefix rig_prefix(const char *text);

/* Between rig_init and rig_start. Free it after rig_stop. */
struct directory *rig_open_directory(struct rig *rig);

/* A session of this kind, at the rig's GGSN, with a tunnel of each direction. */
struct session *rig_add_session(struct directory *directory, enum directory_kind kind,
				uint32_t teid_up, uint32_t teid_down);
/* Texts of the addresses, or NULL: the version is unbound. */
void rig_bind(struct directory *directory, struct session *session, const char *ipv4,
	      const char *ipv6);
/* The PDN type excludes this version. */
void rig_exclude(struct directory *directory, struct session *session, bool is_ipv6);

/* An N-PDU of len octets with these addresses, which are of one version. Valid until the next call but three. */
const uint8_t *rig_ip(const char *source, const char *destination, size_t len);

#endif
