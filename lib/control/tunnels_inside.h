/* SPDX-License-Identifier: BSD-3-Clause */
/* tunnels_inside: the table of tunnels.c, for tunnels.c and aliases.c alone. */
#ifndef CONTROL_TUNNELS_INSIDE_H
#define CONTROL_TUNNELS_INSIDE_H

#include "control/tunnels.h"

enum stage {
	LINGERING,
	EXPECTED,
	BEFORE, /* the tunnel before a move: aliases.h */
	OVER,	/* gone, but something waits for the worker's acknowledgement */
};

struct lone_tunnel {
	struct wheel_timer timer;
	LIST_ENTRY(lone_tunnel) entry;
	TAILQ_ENTRY(lone_tunnel) age;
	struct tunnel tunnel;
	enum stage stage;
	struct session_flow flow; /* worker and number, in the worker that owns the tunnel */
	unsigned pending;	  /* acknowledgements */
	unsigned requests; /* EXPECTED: requests that name the tunnel and wait for a response */
	bool is_protected; /* EXPECTED: one of them is about a protected session */
	uint8_t direction;
	/* Until the worker acknowledges EXPECT_FLOW, or REMOVE_FLOW for a session without
	 * protection. */
	struct held *held;
	/* BEFORE: */
	TAILQ_ENTRY(lone_tunnel) of_session; /* in a list of aliases.c */
	uint32_t session;
	bool is_doubtful; /* the GGSN may not have moved: control is told of an N-PDU here */
	bool is_held;	  /* no flow takes its packets yet: the worker holds them */
	struct session_flow guest; /* live: the alias in the worker of the session's flow */
};

/* OVER is not found. */
struct lone_tunnel *tunnels_find(struct session_store *store, const struct tunnel *tunnel);
/* Makes it known. flow.number and all that belongs to the stage is the caller's. NULL: no memory. */
struct lone_tunnel *tunnels_enter(struct session_store *store, const struct tunnel *tunnel,
				  enum stage stage);
/* Frees a tunnel that is OVER, if no acknowledgement is under way. */
void tunnels_forget(struct lone_tunnel *t);
/* BEFORE, its flow stopped, becomes LINGERING. */
void tunnels_linger_on(struct session_store *store, struct lone_tunnel *t);
/* flow->worker must be set. Returns false if the worker has no number left. */
bool tunnels_take_number(struct session_store *store, struct session_flow *flow);
/* Returns true if a worker has few numbers left, which new flows need more than aliases. */
bool tunnels_is_short(const struct session_store *store);
/* The flow leaves its worker. Its number comes back with the acknowledgement. */
void tunnels_remove_flow(struct session_store *store, const struct session_flow *flow);
/* BEFORE: its packets are no longer those of the session's flow. Before a command to the flow in the
 * worker that owns the tunnel. */
void tunnels_detach(struct session_store *store, struct lone_tunnel *t);
/* How many tunnels are BEFORE, and the oldest. */
uint32_t tunnels_before_count(const struct session_store *store);
struct lone_tunnel *tunnels_oldest_before(const struct session_store *store);

/* Lists of tunnels BEFORE, by session. */
TAILQ_HEAD(before_list, lone_tunnel);
struct before_list *tunnels_before(const struct session_store *store, uint32_t session);

#endif
