/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gtpc_v1: GTPv1-C (TS 29.060), as far as an HSE reads it and an SGSN with one UE writes it. The
 * parser takes a pointer and a length, survives any bytes, and copies nothing but scalars: what it
 * points to lives in the caller's buffer. Information elements (IE) that it has no use for are passed
 * over by their length.
 */
#ifndef GTP_GTPC_V1_H
#define GTP_GTPC_V1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "e2m/e2m.h"
#include "gtp/gtpc.h"
#include "gtp/pdp_address.h"

/* TS 29.060 table 1. */
enum gtpc_v1_type {
	GTPC_V1_ECHO_REQUEST = 1,
	GTPC_V1_ECHO_RESPONSE = 2,
	GTPC_V1_CREATE_PDP_REQUEST = 16,
	GTPC_V1_CREATE_PDP_RESPONSE = 17,
	GTPC_V1_UPDATE_PDP_REQUEST = 18,
	GTPC_V1_UPDATE_PDP_RESPONSE = 19,
	GTPC_V1_DELETE_PDP_REQUEST = 20,
	GTPC_V1_DELETE_PDP_RESPONSE = 21,
};

/* TS 29.060 7.7.1: 128 to 191 accept. */
#define GTPC_V1_CAUSE_ACCEPTED	   128
#define GTPC_V1_CAUSE_NON_EXISTENT 192

static inline bool gtpc_v1_cause_accepts(uint8_t cause)
{
	return cause >= 128 && cause < 192;
}

/* Bits of gtpc_v1.present. */
#define GTPC_V1_HAS_IMSI	 (1u << 0)
#define GTPC_V1_HAS_NSAPI	 (1u << 1)
#define GTPC_V1_HAS_LINKED_NSAPI (1u << 2)
#define GTPC_V1_HAS_TEID_DATA	 (1u << 3)
#define GTPC_V1_HAS_TEID_CONTROL (1u << 4)
#define GTPC_V1_HAS_CAUSE	 (1u << 5)
#define GTPC_V1_HAS_RECOVERY	 (1u << 6)
#define GTPC_V1_HAS_TEARDOWN	 (1u << 7)

/* The GSN that has sent a message. */
enum gtpc_v1_sender { GTPC_V1_FROM_SGSN, GTPC_V1_FROM_GGSN };

#define GTPC_V1_GSN_ADDRESSES 4

/* One message; an IE that comes twice counts the first time, but for NSAPI and GSN Address, where
 * the order tells them apart (TS 29.060 7.3.1: the second NSAPI is the linked one; GSN Address for
 * signalling, for user traffic, then the alternatives of both in the other IP version). */
struct gtpc_v1 {
	uint8_t type; /* enum gtpc_v1_type, or any other */
	bool has_sequence;
	uint16_t sequence;
	uint32_t teid; /* of the header: the receiver's */
	uint32_t present;
	uint32_t invalid; /* bits of elements that came with a value that makes no sense */
	enum gtpc_fault fault;
	struct e2m_imsi imsi;
	uint8_t nsapi;	      /* 0 to 15 */
	uint8_t linked_nsapi; /* 0 to 15 */
	uint32_t teid_data;
	uint32_t teid_control;
	uint8_t cause;
	uint8_t recovery;
	bool teardown; /* the Teardown Ind's bit */
	struct gtp_address gsn_control;
	struct gtp_address gsn_user;
	struct gtp_address
		alternative_control; /* always of the other IP version than gsn_control */
	struct gtp_address alternative_user;
	/* An element that may come once comes again with other contents. It counts the first time (11.1), but receivers
	 * differ. NSAPI and all that names a subscriber, an address or a tunnel is compared. */
	bool has_contradiction;
	/* GSN Address elements in their order; len 0: one that makes no sense. */
	struct gtp_address gsn_address[GTPC_V1_GSN_ADDRESSES];
	uint8_t gsn_addresses; /* of them */
	struct gtp_octets pco;
	struct gtp_octets apn; /* as on the wire: length-prefixed labels */
	struct gtp_octets end_user_address;
};

/*
 * Reads one GTPv1-C message. 0; or -EBADMSG, with the reason in fault: cut short, wrong version, a header length that is
 * not what len says (octets left over are an error too: a GSN drops such a message), an IE that runs past the end, or a
 * fixed-length IE of unknown length (type below 128 that TS 29.060 table 37 does not list).
 * An IE with contents that make no sense (an IMSI that is not decimal, a GSN Address of five octets) counts as absent
 * (11.1.8, 11.1.13), and so do its repetitions. GSN Addresses are those of a request for a context: for signalling, for
 * user traffic, and the alternatives of both.
 */
int gtpc_v1_parse(struct gtpc_v1 *message, const uint8_t *data, size_t len);

/*
 * Finds what only the sender's side tells of a message that has been read: which GSN each GSN Address is of, and
 * whether the mandatory elements are there (7.3.1 to 7.3.6, 11.1.5, 11.1.7). Removes the elements that such a message
 * does not have (11.1.12). fault: GTPC_MANDATORY_MISSING, GTPC_MANDATORY_INVALID; GTPC_AMBIGUOUS: receivers may differ
 * in what they make of the GSN Addresses.
 */
void gtpc_v1_receive(struct gtpc_v1 *message, enum gtpc_v1_sender sender);

/* What an End User Address says (TS 29.060 7.7.27). An IE that is absent, of an unknown PDP type, or of a length that
 * its PDP type does not have, says nothing: all zero. */
struct pdp_element gtpc_v1_end_user(const struct gtp_octets *address);

/*
 * Writers, for hse-ue and for tests. They fill out (size octets) and return the length; -ENOSPC when out
 * is too small, -EINVAL when what they are given cannot be written (an IMSI or MSISDN that is not
 * decimal, an APN with an empty or too long label, an NSAPI above 15, an address of neither 4 nor 16
 * octets).
 */
struct gtpc_v1_create {
	uint16_t sequence;
	struct e2m_imsi imsi;
	const char *msisdn; /* digits; NULL: none */
	const char *apn;    /* dotted text */
	uint8_t nsapi;
	uint8_t recovery;
	uint32_t teid_data;	    /* ours, for downlink */
	uint32_t teid_control;	    /* ours */
	struct gtp_address gsn;	    /* ours, for signalling and for user traffic */
	const uint8_t *static_ipv4; /* of the UE; NULL: the GGSN gives an address */
	struct gtp_octets pco;
	struct gtp_octets end_user_address; /* instead of static_ipv4; data NULL: none */
};

/* Create PDP Context Request, TS 29.060 7.3.1. */
int gtpc_v1_write_create_request(uint8_t *out, size_t size, const struct gtpc_v1_create *create);

struct gtpc_v1_update {
	uint16_t sequence;
	uint32_t peer_teid_control; /* header TEID: the GGSN's */
	uint8_t nsapi;
	uint8_t recovery;
	uint32_t teid_data;
	uint32_t teid_control;
	struct gtp_address gsn;
	struct gtp_octets pco;		    /* data NULL: none */
	struct gtp_octets end_user_address; /* data NULL: none. The GGSN's to give */
};

/* Update PDP Context Request, TS 29.060 7.3.3. */
int gtpc_v1_write_update_request(uint8_t *out, size_t size, const struct gtpc_v1_update *update);

/* Delete PDP Context Request, TS 29.060 7.3.5. */
int gtpc_v1_write_delete_request(uint8_t *out, size_t size, uint16_t sequence,
				 uint32_t peer_teid_control, uint8_t nsapi, bool teardown);

/* A response with Cause alone: Delete Response, or a refusal. */
int gtpc_v1_write_cause_response(uint8_t *out, size_t size, enum gtpc_v1_type type,
				 uint16_t sequence, uint32_t peer_teid_control, uint8_t cause);

/* An accepted Create or Update Response as a GGSN sends it (tests play the GGSN with it): Cause,
 * Recovery, TEIDs, GSN Addresses, and for a Create Charging ID and End User Address. */
struct gtpc_v1_accept {
	enum gtpc_v1_type type; /* CREATE or UPDATE response */
	uint16_t sequence;
	uint32_t peer_teid_control; /* the SGSN's */
	uint8_t recovery;
	uint32_t teid_data;		    /* the GGSN's, for uplink */
	uint32_t teid_control;		    /* the GGSN's */
	struct gtp_address gsn;		    /* for signalling and for user traffic */
	uint8_t end_user_ipv4[4];	    /* CREATE: the address for the UE */
	struct gtp_octets end_user_address; /* CREATE: instead of end_user_ipv4; data NULL: none */
	bool without_end_user_address;	    /* CREATE: there is neither */
};
int gtpc_v1_write_accept_response(uint8_t *out, size_t size, const struct gtpc_v1_accept *accept);

/* Echo Request (recovery is not sent) or Response (with Recovery), TS 29.060 7.2. */
int gtpc_v1_write_echo(uint8_t *out, size_t size, enum gtpc_v1_type type, uint16_t sequence,
		       uint8_t recovery);

#endif
