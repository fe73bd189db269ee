/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gtpc_v2_ie: header and information elements of GTPv2-C as they lie on the wire, TS 29.274 clauses 5.1 and
 * 8. For the parser and the writer of this library, not for others.
 *
 * Header: octet 0 version (3 bits, 2), P, T, MP, spare; 1 message type; 2-3 length of what follows the first
 * four; with T: 4-7 TEID, 8-10 sequence number, 11 priority or spare; without: 4-6 sequence number, 7 spare.
 * IE: type (1), length of the value (2), spare and instance (4 bits each), value. The value of a grouped IE is
 * a row of IEs.
 */
#ifndef GTP_GTPC_V2_IE_H
#define GTP_GTPC_V2_IE_H

#include <stdint.h>

#include "gtp/gtpc_v2.h"

#define GTPC_V2_VERSION		2
#define GTPC_V2_HEADER		8 /* without TEID */
#define GTPC_V2_HEADER_TEID	12
#define GTPC_V2_LENGTH_STARTS	4
#define GTPC_V2_FLAG_P		0x10
#define GTPC_V2_FLAG_T		0x08
#define GTPC_V2_IE_HEADER	4
#define GTPC_V2_INSTANCE(octet) ((octet)&0xF)

/* TS 29.274 table 8.1-1. */
enum gtpc_v2_ie {
	IE_V2_IMSI = 1,
	IE_V2_CAUSE = 2,
	IE_V2_RECOVERY = 3,
	IE_V2_APN = 71,
	IE_V2_AMBR = 72,
	IE_V2_EBI = 73,
	IE_V2_MSISDN = 76,
	IE_V2_PCO = 78,
	IE_V2_PAA = 79,
	IE_V2_BEARER_QOS = 80,
	IE_V2_RAT_TYPE = 82,
	IE_V2_SERVING_NETWORK = 83,
	IE_V2_BEARER_TFT = 84,
	IE_V2_FTEID = 87,
	IE_V2_BEARER_CONTEXT = 93,
	IE_V2_CHARGING_ID = 94,
	IE_V2_PDN_TYPE = 99,
	IE_V2_APN_RESTRICTION = 127,
	IE_V2_SELECTION_MODE = 128,
	IE_V2_FQ_CSID = 132,
	IE_V2_APCO = 163,
	IE_V2_EPCO = 197,
};

/* TS 29.274 8.22: octet 0 V4, V6, interface type; 1-4 TEID; then the addresses. */
#define FTEID_V4      0x80
#define FTEID_V6      0x40
#define FTEID_TYPE    0x3F
#define FTEID_ADDRESS 5

enum gtpc_v2_interface {
	INTERFACE_S5_SGW_U = 4,
	INTERFACE_S5_PGW_U = 5,
	INTERFACE_S5_SGW_C = 6,
	INTERFACE_S5_PGW_C = 7,
	INTERFACE_S2B_EPDG_C = 30,
	INTERFACE_S2B_EPDG_U = 31,
	INTERFACE_S2B_PGW_C = 32,
	INTERFACE_S2B_PGW_U = 33,
	INTERFACE_S2A_TWAN_U = 34,
	INTERFACE_S2A_TWAN_C = 35,
	INTERFACE_S2A_PGW_C = 36,
	INTERFACE_S2A_PGW_U = 37,
};

/* TS 29.274 8.62: octet 0 type of the node identity and number of CSIDs, 4 bits each; then the identity; then the
 * CSIDs. */
#define FQ_CSID_COUNT 0xF
#define FQ_CSID_LEN   2

enum gtpc_v2_node_id_type { NODE_ID_IPV4 = 0, NODE_ID_IPV6 = 1, NODE_ID_NUMBER = 2 };

/* TS 29.274 8.14, 8.34. */
enum gtpc_v2_pdn_type {
	PDN_TYPE_IPV4 = 1,
	PDN_TYPE_IPV6 = 2,
	PDN_TYPE_IPV4V6 = 3,
	PDN_TYPE_NON_IP = 4,
	PDN_TYPE_ETHERNET = 5,
};

#endif
