/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gtpc_v2: GTPv2-C (TS 29.274), as far as an HSE on S5/S8, S2a and S2b reads it and an S-GW with one UE speaks it. One
 * struct is a message, for the parser and for the writer. The parser takes a pointer and a length, survives
 * any bytes, and copies nothing but scalars: what it points to lives in the caller's buffer. Information
 * elements (IE) that it has no use for are passed over by their length. An F-TEID is what its instance says that it is
 * (8.22, and the tables of 7.2); those of other interfaces are passed over. The TWAN on S2a and the ePDG on S2b stand
 * for the S-GW in all names here.
 */
#ifndef GTP_GTPC_V2_H
#define GTP_GTPC_V2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "e2m/e2m.h"
#include "gtp/gtpc.h"
#include "gtp/pdp_address.h"

/* TS 29.274 table 6.1-1. */
enum gtpc_v2_type {
	GTPC_V2_ECHO_REQUEST = 1,
	GTPC_V2_ECHO_RESPONSE = 2,
	GTPC_V2_CREATE_SESSION_REQUEST = 32,
	GTPC_V2_CREATE_SESSION_RESPONSE = 33,
	GTPC_V2_MODIFY_BEARER_REQUEST = 34,
	GTPC_V2_MODIFY_BEARER_RESPONSE = 35,
	GTPC_V2_DELETE_SESSION_REQUEST = 36,
	GTPC_V2_DELETE_SESSION_RESPONSE = 37,
	GTPC_V2_BEARER_RESOURCE_COMMAND = 68,
	GTPC_V2_BEARER_RESOURCE_FAILURE = 69, /* Failure Indication */
	GTPC_V2_CREATE_BEARER_REQUEST = 95,
	GTPC_V2_CREATE_BEARER_RESPONSE = 96,
	GTPC_V2_UPDATE_BEARER_REQUEST = 97,
	GTPC_V2_UPDATE_BEARER_RESPONSE = 98,
	GTPC_V2_DELETE_BEARER_REQUEST = 99,
	GTPC_V2_DELETE_BEARER_RESPONSE = 100,
	GTPC_V2_DELETE_PDN_SET_REQUEST = 101, /* Delete PDN Connection Set */
	GTPC_V2_DELETE_PDN_SET_RESPONSE = 102,
	GTPC_V2_UPDATE_PDN_SET_REQUEST = 200,
	GTPC_V2_UPDATE_PDN_SET_RESPONSE = 201,
};

/* TS 29.274 table 8.4-1: 16 to 63 accept; 17: with some bearers refused, whose own Cause says so. */
#define GTPC_V2_CAUSE_ACCEPTED		 16
#define GTPC_V2_CAUSE_ACCEPTED_PARTIALLY 17
#define GTPC_V2_CAUSE_CONTEXT_NOT_FOUND	 64
#define GTPC_V2_CAUSE_NO_RESOURCES	 73

static inline bool gtpc_v2_cause_accepts(uint8_t cause)
{
	return cause >= 16 && cause < 64;
}

#define GTPC_V2_SEQUENCE_MAX 0xFFFFFFu
/* EPS bearer identities, TS 24.007 11.2.3.1.5; 0: none, or not given yet. */
#define GTPC_V2_EBI_MAX 15

/* The node that a P-GW's peer is. */
enum gtpc_v2_access {
	GTPC_V2_S5_S8, /* S-GW */
	GTPC_V2_S2A,   /* TWAN */
	GTPC_V2_S2B,   /* ePDG */
};

#define GTPC_V2_ACCESSES 3

/* Of an S-GW or a P-GW (TS 29.274 8.22): a TEID, and where. At least one of the addresses. */
struct gtpc_v2_fteid {
	bool is_present;
	uint32_t teid;
	struct gtp_address ipv4;
	struct gtp_address ipv6;
};

/* The node that a set of PDN connections has in common. */
enum gtpc_v2_set_node {
	GTPC_V2_SET_MME,
	GTPC_V2_SET_SGW,
	GTPC_V2_SET_PGW,
	GTPC_V2_SET_EPDG,
	GTPC_V2_SET_TWAN,
	GTPC_V2_SET_NODES
};

/* An FQ-CSID (8.62): sets of PDN connections of one node. */
struct gtpc_v2_fq_csid {
	uint8_t node_id_len; /* 4 or 16: an address. 0: absent */
	uint8_t node_id[16]; /* an IPv4 address, an IPv6 address, or MCC, MNC and a number */
	uint8_t node_id_type;
	uint8_t count;	      /* 0 to 15 */
	const uint8_t *csids; /* of two octets each */
};

/* A Bearer Context. What instance 0 and instance 1 are, the message's type tells: bearers to be created and to
 * be removed, created and marked for removal, to be modified and to be removed... */
struct gtpc_v2_bearer {
	uint8_t instance;
	uint8_t ebi; /* 0 to 15 */
	bool has_cause;
	uint8_t cause;
	struct gtpc_v2_fteid sgw_u; /* S-GW GTP-U */
	struct gtpc_v2_fteid pgw_u; /* P-GW GTP-U */
	struct gtp_octets tft;	    /* TS 24.008 10.5.6.12 from octet 3 on */
	/* They take precedence over those of the message (7.2.4, 7.2.16). */
	struct gtp_octets pco;
	struct gtp_octets apco;
	struct gtp_octets epco;
};

/* As many in each instance as a UE can have. */
#define GTPC_V2_BEARERS_MAX (2 * GTPC_V2_EBI_MAX)

/* Bits of gtpc_v2.present. */
#define GTPC_V2_HAS_IMSI	    (1u << 0)
#define GTPC_V2_HAS_CAUSE	    (1u << 1)
#define GTPC_V2_HAS_RECOVERY	    (1u << 2)
#define GTPC_V2_HAS_RAT_TYPE	    (1u << 3)
#define GTPC_V2_HAS_SERVING_NETWORK (1u << 4)

/* One message; an IE that comes twice in one instance counts the first time, but for Bearer Contexts. */
struct gtpc_v2 {
	uint8_t type;  /* enum gtpc_v2_type, or any other */
	bool has_next; /* P: another message follows in the same datagram (5.5.1) */
	bool has_teid; /* T */
	/* An element that may come once in its instance comes again with other contents. It counts the first time
	 * (7.7.10), but receivers differ. All that names a subscriber, an address or a tunnel is compared. */
	bool has_contradiction;
	uint32_t teid;	   /* of the header: the receiver's; 0 where it has none yet (5.5.2) */
	uint32_t sequence; /* 24 bits */
	uint32_t present;
	/* The parser's: why the message cannot be served. */
	enum gtpc_fault fault;
	struct e2m_imsi imsi;
	uint8_t cause;
	uint8_t recovery;
	uint8_t rat_type;
	uint8_t serving_network[3]; /* PLMN, TS 24.008 10.5.1.3 */
	uint8_t linked_ebi;	    /* EBI, instance 0: of the default bearer; 0: absent */
	uint16_t ebis;		    /* EBI, instance 1, as a bit of each: Delete Bearer Request */
	/* Of all F-TEIDs. */
	enum gtpc_v2_access access;
	struct gtpc_v2_fteid sgw_c; /* S-GW GTP-C */
	struct gtpc_v2_fteid pgw_c; /* P-GW GTP-C */
	struct gtp_octets msisdn;   /* as gtp_msisdn_write writes it */
	struct gtp_octets apn;	    /* labels, each after an octet with its length */
	struct gtp_octets pco;	    /* TS 29.274 8.13 */
	struct gtp_octets apco;	    /* additional, 8.94 */
	struct gtp_octets epco;	    /* extended, 8.128 */
	struct gtp_octets paa;
	struct gtpc_v2_fq_csid fq_csids[GTPC_V2_SET_NODES]; /* the writer leaves them out */
	struct gtpc_v2_bearer bearers[GTPC_V2_BEARERS_MAX];
	unsigned bearers_count;
};

/*
 * Reads the message that stands first in a datagram. Returns its octets; where has_next is set, more octets
 * follow, for a call of their own. -EBADMSG, with the reason in fault: cut short, another version, octets left over
 * without the P flag or none left with it, or an IE that runs past the end of the message.
 *
 * Elements are read as 7.7 requires of a receiver. An IE that is too short or makes no sense counts as absent. Of those
 * that come twice the first one counts, but for Bearer Contexts. An IE that is longer than it was in TS 29.274 when this
 * was written is read as far as that (7.7.5). Where a mandatory element, or an F-TEID, is missing or makes none, fault
 * says so: GTPC_MANDATORY_MISSING, GTPC_MANDATORY_INVALID. GTPC_AMBIGUOUS: the interface type of an F-TEID contradicts
 * its instance, or two F-TEIDs are of different accesses.
 */
int gtpc_v2_parse(struct gtpc_v2 *message, const uint8_t *data, size_t len);

/*
 * Writes what message has, into out (size octets), and returns the length; -ENOSPC when out is too small, -EINVAL
 * when it cannot be written: an IMSI that is not decimal, a sequence number above 24 bits, an EBI above 15, an
 * address of another length than its kind has, an F-TEID without one. F-TEIDs get the instance that they have
 * in a message of that type. What TS 29.274 demands in a Create Session Request or Create Bearer Request and
 * the struct has no member for is written too: Selection Mode, PDN Type (that of the PAA), Maximum APN Restriction,
 * APN-AMBR, Bearer QoS; and a PAA for a dynamic IPv4 address where there is none. With has_next, the next message is the
 * caller's to put behind it.
 */
int gtpc_v2_write(uint8_t *out, size_t size, const struct gtpc_v2 *message);

/* What a PDN Address Allocation says (8.14). An IE that is absent, of an unknown PDN type, or too short for its PDN type,
 * says nothing: all zero. Without a usable prefix length, the IPv6 address is not known. */
struct pdp_element gtpc_v2_paa(const struct gtp_octets *paa);

#endif
