/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gtpc_v1_ie: header and information elements of GTPv1-C as they lie on the wire, TS 29.060 clauses 6
 * and 7.7. For the parser and the writers of this library, not for others.
 *
 * Header: octet 0 version (3 bits, 1), PT (1), spare, E, S, PN; 1 message type; 2-3 length of what
 * follows the first eight; 4-7 TEID; if any of E, S, PN: 8-9 sequence number, 10 N-PDU number, 11 next
 * extension header type.
 * IE: type below 128: type (1), value of a length that goes with the type (TV); from 128 on: type (1),
 * length (2), value (TLV).
 */
#ifndef GTP_GTPC_V1_IE_H
#define GTP_GTPC_V1_IE_H

#include <stdint.h>

#define GTPC_V1_HEADER_MIN  8
#define GTPC_V1_OPTIONS_LEN 4
#define GTPC_V1_VERSION_PT1 0x30 /* version 1, PT 1: the upper half of octet 0 */
#define GTPC_V1_FLAG_PN	    0x01
#define GTPC_V1_FLAG_S	    0x02
#define GTPC_V1_FLAG_E	    0x04

#define IE_TLV	      128 /* the first type that carries its length */
#define IE_TV_HEADER  1
#define IE_TLV_HEADER 3

/* TS 29.060 table 37. */
enum gtpc_v1_ie {
	IE_CAUSE = 1,
	IE_IMSI = 2,
	IE_RAI = 3,
	IE_TLLI = 4,
	IE_P_TMSI = 5,
	IE_REORDERING_REQUIRED = 8,
	IE_AUTHENTICATION_TRIPLET = 9,
	IE_MAP_CAUSE = 11,
	IE_P_TMSI_SIGNATURE = 12,
	IE_MS_VALIDATED = 13,
	IE_RECOVERY = 14,
	IE_SELECTION_MODE = 15,
	IE_TEID_DATA_I = 16,
	IE_TEID_CONTROL_PLANE = 17,
	IE_TEID_DATA_II = 18,
	IE_TEARDOWN_IND = 19,
	IE_NSAPI = 20,
	IE_RANAP_CAUSE = 21,
	IE_RAB_CONTEXT = 22,
	IE_RADIO_PRIORITY_SMS = 23,
	IE_RADIO_PRIORITY = 24,
	IE_PACKET_FLOW_ID = 25,
	IE_CHARGING_CHARACTERISTICS = 26,
	IE_TRACE_REFERENCE = 27,
	IE_TRACE_TYPE = 28,
	IE_MS_NOT_REACHABLE_REASON = 29,
	IE_CHARGING_ID = 127,
	IE_END_USER_ADDRESS = 128,
	IE_APN = 131,
	IE_PCO = 132,
	IE_GSN_ADDRESS = 133,
	IE_MSISDN = 134,
	IE_QOS_PROFILE = 135,
	IE_EXTENSION_HEADER_TYPE_LIST = 141,
};

/* TS 29.060 7.7.27: octet 0 PDP type organisation, with the four spare bits set; 1 PDP type number; then the addresses.
 * ETSI has PPP and non-IP. */
#define PDP_ORGANISATION_ETSI 0xF0
#define PDP_ORGANISATION_IETF 0xF1
#define PDP_TYPE_PPP	      0x01
#define PDP_TYPE_NON_IP	      0x02
#define PDP_TYPE_IPV4	      0x21
#define PDP_TYPE_IPV6	      0x57
#define PDP_TYPE_IPV4V6	      0x8D

#endif
