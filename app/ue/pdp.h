/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pdp: one PDP context as the SGSN keeps it (TS 29.060 7.3): creates, updates and deletes it at the
 * GGSN, carries the PCO there, and learns from the answers where the tunnels end.
 */
#ifndef UE_PDP_H
#define UE_PDP_H

#include <netinet/in.h>
#include <stdint.h>

#include "gtp/gtpc_v1.h"
#include "gtp/pco.h"
#include "ue/control_path.h"
#include "ue/endpoint.h"
#include "ue/user_path.h"

enum pdp_event {
	PDP_CREATED, /* user_tunnel->peer and address are there */
	PDP_UPDATED, /* user_tunnel->peer may have changed */
	PDP_MOVED,   /* to the other place, whose user_tunnel->peer is there */
	PDP_DELETED, /* as asked for */
	PDP_REFUSED, /* Create or Update, with a cause; or an answer that lacks something: cause 0 */
	PDP_NO_ANSWER, /* Create, Update or Delete */
	PDP_GONE,      /* the GGSN has deleted it, or does not know it any more */
};

struct pdp_config {
	const struct e2m_numbers *numbers;
	struct e2m_imsi imsi;
	const char *msisdn; /* NULL: none */
	const char *apn;
	uint8_t nsapi;
	struct endpoint ggsn;  /* GTP-C */
	struct endpoint local; /* ours, for signalling and user traffic, at first */
	void (*changed)(void *arg, enum pdp_event event, uint8_t cause);
	void *arg;
};

enum pdp_state {
	PDP_NONE,
	PDP_CREATING,
	PDP_ACTIVE,
	PDP_UPDATING,
	PDP_MOVING,
	PDP_DELETING,
};

/* An SGSN that may have the context. */
struct pdp_place {
	struct pdp *pdp;
	struct endpoint local;	   /* for signalling and user traffic */
	struct control_path *path; /* NULL: there is no such SGSN */
	struct user_tunnel *user_tunnel;
	struct control_end end;
};

#define PDP_PLACES 2

struct pdp {
	struct pdp_config config;
	struct pdp_place places[PDP_PLACES];
	struct pdp_place *at; /* the one that has it */
	struct control_request request;
	enum pdp_state state;
	struct endpoint peer; /* the GGSN's for signalling */
	uint32_t peer_teid;
	struct in_addr address; /* the UE's */
};

/* path and user_tunnel are the caller's, and outlive pdp. Negative errno. */
int pdp_init(struct pdp *pdp, const struct pdp_config *config, struct control_path *path,
	     struct user_tunnel *user_tunnel);
/* Another SGSN that the context may move to. */
int pdp_add_place(struct pdp *pdp, const struct endpoint *local, struct control_path *path,
		  struct user_tunnel *user_tunnel);
/* The place that it is not at; NULL: there is none. */
struct pdp_place *pdp_other_place(struct pdp *pdp);

/* Each sends a request and tells its outcome by changed. A request that is on its way is given up for
 * it. -EINVAL: the configuration gives no valid message (APN, MSISDN). */
int pdp_create(struct pdp *pdp, const struct pco_e2m *pco);
int pdp_update(struct pdp *pdp, const struct pco_e2m *pco);
/* To the other place, TS 23.060 6.9.1.2.2: the SGSN there asks the GGSN for an update. -ENOENT: there is none. */
int pdp_move(struct pdp *pdp);
int pdp_delete(struct pdp *pdp);

/* Gives up what is on its way. */
void pdp_stop(struct pdp *pdp);

#endif
