/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pdp: one PDP context as the SGSN keeps it (TS 29.060 7.3), or one PDN connection as the S-GW does (TS 29.274
 * 7.2): creates, updates and deletes it at the GGSN or P-GW, carries the PCO there, and learns from the answers
 * where the tunnels end. A PDN connection may have other bearers than the one that it begins with: the P-GW makes
 * and ends them.
 */
#ifndef UE_PDP_H
#define UE_PDP_H

#include <netinet/in.h>
#include <stdint.h>

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

#define PDP_PLACES 2

/* A bearer that the P-GW made beside the one that the PDN connection began with. */
struct pdp_bearer {
	uint8_t ebi;
	struct user_tunnel tunnels[PDP_PLACES];
};

struct pdp_config {
	const struct e2m_numbers *numbers;
	unsigned version; /* of GTP-C: 1 or 2 */
	struct e2m_imsi imsi;
	const char *msisdn; /* NULL: none */
	const char *apn;
	uint8_t plmn[PCO_PLMN_LEN]; /* the serving network */
	uint8_t nsapi;		    /* or EPS bearer identity */
	struct in_addr address;	    /* static, for the request; 0.0.0.0: dynamic */
	struct endpoint ggsn;	    /* GTP-C */
	struct endpoint local;	    /* ours, for signalling and user traffic, at first */
	void (*changed)(void *arg, enum pdp_event event, uint8_t cause);
	/* Another bearer, for what its TFT (TS 24.008 10.5.6.12 from octet 3 on) says; its tunnels have TEIDs, and
	 * get their peers. It is the owner's, until it has ended, or pdp is stopped. NULL: no room. Both may be
	 * NULL: there are no others. */
	struct pdp_bearer *(*bearer_begins)(void *arg, uint8_t ebi, const struct gtp_octets *tft);
	void (*bearer_ends)(void *arg, struct pdp_bearer *bearer);
	void *arg;
};

enum pdp_phase {
	PDP_NONE,
	PDP_CREATING,
	PDP_ACTIVE,
	PDP_UPDATING,
	PDP_MOVING,
	PDP_DELETING,
};

/* An SGSN or S-GW that may have the context. */
struct pdp_place {
	struct pdp *pdp;
	struct endpoint local;	   /* for signalling and user traffic */
	struct control_path *path; /* NULL: there is no such SGSN */
	struct user_tunnel *user_tunnel;
	struct control_end end;
};

/* EPS bearer identities 5 to 15, but for the first bearer's. */
#define PDP_BEARERS_MAX	 10
#define PDP_RESPONSE_MAX 512

struct pdp {
	struct pdp_config config;
	const struct pdp_dialect *dialect;
	struct pdp_place places[PDP_PLACES];
	struct pdp_place *at; /* the one that has it */
	struct control_request request;
	enum pdp_phase state;
	struct endpoint peer; /* the GGSN's for signalling */
	uint32_t peer_teid;
	struct in_addr address; /* the UE's */
	struct pdp_bearer *bearers[PDP_BEARERS_MAX];
	unsigned bearers_count;
	/* What the peer's last request was answered with: it may not have come (TS 29.274 7.6). */
	struct {
		uint8_t type; /* of the request */
		uint32_t sequence;
		uint8_t octets[PDP_RESPONSE_MAX];
		size_t len; /* 0: none */
	} response;
};

/* What messages are called in the version of GTP-C that it speaks. */
struct pdp_words {
	const char *context, *create, *update, *delete, *peer, *node, *identity, *causes;
};
const struct pdp_words *pdp_words(unsigned version);

/* path and user_tunnel are the caller's, and outlive pdp. Negative errno. */
int pdp_init(struct pdp *pdp, const struct pdp_config *config, struct control_path *path,
	     struct user_tunnel *user_tunnel);
/* Another SGSN or S-GW that the context may move to. */
int pdp_add_place(struct pdp *pdp, const struct endpoint *local, struct control_path *path,
		  struct user_tunnel *user_tunnel);
/* The place that it is not at; NULL: there is none. */
struct pdp_place *pdp_other_place(struct pdp *pdp);

/* Each sends a request and tells its outcome by changed. A request that is on its way is given up for
 * it. -EINVAL: the configuration gives no valid message (APN, MSISDN). */
int pdp_create(struct pdp *pdp, const struct pco_e2m *pco);
int pdp_update(struct pdp *pdp, const struct pco_e2m *pco);
/* To the other place, TS 23.060 6.9.1.2.2, TS 23.401 5.5.1.1.3: the SGSN or S-GW there asks for an update, and all
 * bearers go with it. -ENOENT: there is none. */
int pdp_move(struct pdp *pdp);
int pdp_delete(struct pdp *pdp);

/* Gives up what is on its way. */
void pdp_stop(struct pdp *pdp);

#endif
