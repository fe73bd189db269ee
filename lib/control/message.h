/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * message: a GTP-C request or response of either version, as the procedure needs it. A dialect fills it from octets.
 * Data alone; it knows no sessions. apn points into the octets.
 */
#ifndef CONTROL_MESSAGE_H
#define CONTROL_MESSAGE_H

#include "datapath/command.h"
#include "gtp/gtpc.h"
#include "gtp/pco.h"
#include "gtp/tunnel.h"

enum message_kind {
	MESSAGE_OTHER, /* nothing to learn from */
	MESSAGE_ECHO,
	MESSAGE_CREATE,		/* Create PDP Context, Create Session */
	MESSAGE_CREATE_BEARER,	/* Create Bearer */
	MESSAGE_UPDATE,		/* of the access side: Update PDP Context, Modify Bearer */
	MESSAGE_UPDATE_BY_CORE, /* Update PDP Context of the GGSN, Update Bearer */
	MESSAGE_DELETE,		/* Delete PDP Context, Delete Session */
	MESSAGE_DELETE_BEARER,	/* Delete Bearer */
	MESSAGE_KINDS
};

enum message_cause {
	MESSAGE_REFUSED, /* or there is no Cause */
	MESSAGE_ACCEPTED,
	MESSAGE_GONE, /* the sender has no such context */
};

/* A TEID and where it is, as far as the message says. An F-TEID may have an address of each IP version. */
struct message_end {
	bool has_teid;
	uint32_t teid;
	struct gtp_address ipv4;
	struct gtp_address ipv6;
};

/* NSAPIs and EPS bearer identities are 0 to 15. */
#define MESSAGE_IDS 16

/* A PDP context or EPS bearer. */
struct message_bearer {
	uint8_t id;		    /* NSAPI, EPS bearer identity; 0: not given */
	bool is_marked;		    /* to be removed: GTPv2-C, Bearer Context of instance 1 */
	enum message_cause cause;   /* in a response: its own, or else the message's */
	struct message_end user[2]; /* by direction: uplink ends at the core side */
};

/* As many as both instances in GTPv2-C can have. */
#define MESSAGE_BEARERS_MAX 30

/* A request on the wire, and its response, which has the next number. */
struct message_type {
	uint8_t request; /* 0: no more */
	enum message_kind kind;
};

struct dialect;

struct message {
	const struct dialect *dialect;
	enum message_kind kind;
	uint8_t type; /* on the wire; of a response: of its request */
	bool is_response;
	bool is_complete; /* has what the specification demands, and comes from the right side */
	bool has_next;	  /* another message follows in the datagram */
	bool has_sequence;
	uint32_t sequence;
	uint32_t teid;		  /* of the header: the receiver's */
	enum message_cause cause; /* in a response */
	bool has_imsi;
	struct e2m_imsi imsi;
	struct gtp_octets apn;
	bool has_e2m;
	struct pco_e2m e2m; /* the keyset that the UE names */
	bool has_recovery;
	uint8_t recovery;
	struct message_end control; /* the sender's */
	uint8_t linked; /* id of the context with the PDP address, of the default bearer; 0: not given */
	bool is_linked;	    /* Create: it shares the PDP address of linked, which is known */
	bool names_bearers; /* else a response is about the bearer of its request */
	bool is_teardown;   /* Delete: with all that share the PDP address */
	uint16_t reachable; /* bit of each id that the TEID in the header may stand for */
	uint16_t named; /* Delete: bit of each id that ends, with all that are linked to linked */
	unsigned bearers_count;
	struct message_bearer *bearers; /* of the caller */
};

static inline bool message_is_update(const struct message *message)
{
	return message->kind == MESSAGE_UPDATE || message->kind == MESSAGE_UPDATE_BY_CORE;
}

/* Sets what the type on the wire means. */
void message_set_type(struct message *message, const struct message_type *types, uint8_t type);
bool message_end_has_address(const struct message_end *end);
bool message_end_is_whole(const struct message_end *end);
/* Changes of tunnel what the end says. Of two addresses, the one of that IP version is used. */
void message_end_update(struct tunnel *tunnel, const struct message_end *end, bool ipv4);
/* NULL: the message says nothing of it. */
const struct message_bearer *message_find_bearer(const struct message *message, uint8_t id,
						 bool is_marked);
/* The first that is not marked; NULL: there is none. */
const struct message_bearer *message_first_bearer(const struct message *message);
/* What a response says of a bearer. */
enum message_cause message_cause_of(const struct message *message, uint8_t id);

#endif
