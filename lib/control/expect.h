/* SPDX-License-Identifier: BSD-3-Clause */
/* expect: tunnels that a request has named. */
#ifndef CONTROL_EXPECT_H
#define CONTROL_EXPECT_H

#include "control/context.h"

void expect_init(struct session_store *store);
void expect_free(struct session_store *store);
/* A request names it: its packets are held from now on. The request, held, leaves when its worker knows that.
 * is_again: it did so before. */
void expect_tunnel(struct session_store *store, enum session_direction direction,
		   const struct tunnel *tunnel, bool is_again, struct held *held);
/* An acknowledgement of EXPECT_FLOW. */
void expect_acknowledged(struct session_store *store, const struct datapath_event *event);
/* What that request asked for is not to be. Where no other names the tunnel, what is held of it is dropped. */
void expect_no_more(struct session_store *store, const struct tunnel *tunnel);
/* The same, whoever names it. */
void expect_end(struct session_store *store, const struct tunnel *tunnel);
/* It begins, at its worker under that number, with what is held of it. false: it was not expected. */
bool expect_take(struct session_store *store, const struct tunnel *tunnel, uint32_t *number);

#endif
