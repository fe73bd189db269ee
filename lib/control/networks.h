/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * networks: the networks behind the UEs of protected sessions (e2m.md 6): framed routes and delegated prefixes, from
 * notifications and from the policy. They belong to the PDN: all its contexts share them. The directory stores them, one
 * entry each, and the workers read them there. A list is replaced as a whole. Called by establish.c, carry.c, report.c, reconfigure.c
 * and restore.c.
 */
#ifndef CONTROL_NETWORKS_H
#define CONTROL_NETWORKS_H

#include "control/context.h"

/* The lists that notifications have. */
#define NETWORKS_REPORTED                                                         \
	(1u << PDP_NETWORKS_FRAMED_ROUTE | 1u << PDP_NETWORKS_FRAMED_IPV6_ROUTE | \
	 1u << PDP_NETWORKS_DELEGATED_PREFIX)

/* Returns true if there is room for count more networks. */
bool networks_has_room(const struct session_store *store, unsigned count);
/* Replaces these lists (a bit of each enum pdp_network_list) of the session's PDN by the networks that are in them. No
 * effect on a session that is not protected. Call networks_has_room before. */
void networks_replace(struct session_store *store, const struct session *session, unsigned lists,
		      const struct pdp_network *networks, unsigned count);
/* The session has the networks of the rule that fits it, and no longer those of an earlier rule. */
void networks_take_policy(struct session_store *store, const struct session *session);
/* The address that the session has if GTP-C, a notification or the configuration gives it this one: a rule may say that
 * it stands for a prefix of another length. */
struct pdp_address networks_widen(const struct session_store *store, const struct session *session,
				  const struct pdp_address *address);
/* After a restart: the restored session, or what is left of an ended one, has these networks still. */
void networks_claim(struct session_store *store, const struct session *session);
/* Then: restored networks that none has claimed leave. */
void networks_drop_unclaimed(struct session_store *store);
/* The session, or what was left of it when it ended, is about to go: the networks leave, if no protected session of the
 * PDN is there. */
void networks_leave(struct session_store *store, const struct session *session);

#endif
