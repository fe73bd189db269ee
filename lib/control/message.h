/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * message: a GTP-C request or response of either version, as the procedure needs it. A dialect
 * fills it from octets; procedure*.c, request.c and transactions.c read it. Data alone. apn points
 * into the octets.
 */
#ifndef CONTROL_MESSAGE_H
#define CONTROL_MESSAGE_H

#include "datapath/command.h"
#include "gtp/gtpc.h"
#include "gtp/pco.h"
#include "gtp/pdp_address.h"
#include "gtp/tunnel.h"

enum message_kind {
	MESSAGE_OTHER, /* nothing to learn from */
	MESSAGE_ECHO,
	MESSAGE_CREATE,		/* Create PDP Context, Create Session */
	MESSAGE_CREATE_BEARER,	/* Create Bearer */
	MESSAGE_UPDATE,		/* from the access side: Update PDP Context, Modify Bearer */
	MESSAGE_UPDATE_BY_CORE, /* from the core side: Update PDP Context, Update Bearer */
	MESSAGE_DELETE,		/* Delete PDP Context, Delete Session */
	MESSAGE_DELETE_BEARER,	/* Delete Bearer */
	/* Bearer Resource Command. A request from the core side answers it, or a failure indication. */
	MESSAGE_COMMAND,
	MESSAGE_KINDS
};

enum message_cause {
	MESSAGE_REFUSED, /* or the message has no Cause */
	MESSAGE_ACCEPTED,
	MESSAGE_GONE, /* the sender has no such context */
};

/* A TEID and its address, as far as the message has them. An F-TEID may have an address of each IP
 * version. */
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
	bool is_marked;		    /* to be removed: GTPv2-C Bearer Context of instance 1 */
	enum message_cause cause;   /* in a response: its own Cause, or the message's */
	struct message_end user[2]; /* by direction: uplink ends at the core side */
};

/* Room for both instances of the Bearer Context in GTPv2-C. */
#define MESSAGE_BEARERS_MAX 30

/* The type of a request on the wire. Its response has the next number. */
struct message_type {
	uint8_t request; /* 0: end of the list */
	enum message_kind kind;
};

struct dialect;

struct message {
	const struct dialect *dialect;
	enum message_kind kind;
	uint8_t type; /* on the wire; in a response: its request's type */
	bool is_response;
	bool is_complete; /* has what the specification demands, and comes from the right side */
	bool has_next;	  /* another message follows in the datagram */
	/* Why the message cannot be served, or be read at all. */
	enum gtpc_fault fault;
	bool is_ambiguous; /* has elements that GSNs read differently */
	bool has_sequence;
	uint32_t sequence;
	uint32_t teid;		  /* in the header: the receiver's TEID */
	enum message_cause cause; /* in a response */
	bool has_imsi;
	struct e2m_imsi imsi;
	struct gtp_octets apn;
	struct pdp_element pdp; /* End User Address, PAA */
	bool has_e2m;
	struct pco_e2m e2m; /* the keyset that the UE names */
	bool has_recovery;
	uint8_t recovery;
	struct message_end control; /* the sender's control TEID */
	/* Id of the context with the PDP address, or of the default bearer. 0: not given. */
	uint8_t linked;
	bool is_linked;	    /* Create: shares the PDP address of the known context linked */
	bool names_bearers; /* false: a response is about the bearer of its request */
	bool is_teardown;   /* Delete: ends all contexts that share the PDP address */
	uint16_t reachable; /* bit of each id that the header's TEID may stand for */
	/* Delete: bit of each id that ends. All that are linked to linked end too. */
	uint16_t named;
	unsigned bearers_count;
	struct message_bearer *bearers; /* array of the caller */
};

static inline bool message_is_update(const struct message *message)
{
	return message->kind == MESSAGE_UPDATE || message->kind == MESSAGE_UPDATE_BY_CORE;
}

/* Sets kind, type and is_response from the type on the wire. */
void message_set_type(struct message *message, const struct message_type *types, uint8_t type);
bool message_end_has_address(const struct message_end *end);
/* Returns true if end has a TEID and an address. */
bool message_end_is_whole(const struct message_end *end);
/* Sets in tunnel what end has. If end has both addresses, ipv4 chooses between them. */
void message_end_update(struct tunnel *tunnel, const struct message_end *end, bool ipv4);
/* NULL: the message has no such bearer. */
const struct message_bearer *message_find_bearer(const struct message *message, uint8_t id,
						 bool is_marked);
/* Returns the first bearer that is not marked. NULL: there is none. */
const struct message_bearer *message_first_bearer(const struct message *message);
/* Returns the Cause of a response for one bearer. */
enum message_cause message_cause_of(const struct message *message, uint8_t id);

#endif
