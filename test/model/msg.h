/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * msg: GTP-C of both versions as a row of information elements, for the model's GSNs and attacker, who write what no
 * well-kept GSN does. Written apart from lib/gtp, so that one mistake in both is less likely.
 */
#ifndef MODEL_MSG_H
#define MODEL_MSG_H

#include "gtp/tunnel.h"

#define MSG_IES	      24
#define MSG_IE_OCTETS 128
#define MSG_OCTETS    1400

/* TS 29.060 7.7. */
enum ie_v1 {
	V1_CAUSE = 1,
	V1_IMSI = 2,
	V1_RECOVERY = 14,
	V1_SELECTION_MODE = 15,
	V1_TEID_DATA = 16,
	V1_TEID_CONTROL = 17,
	V1_TEARDOWN = 19,
	V1_NSAPI = 20,
	V1_EUA = 128,
	V1_APN = 131,
	V1_PCO = 132,
	V1_GSN = 133,
	V1_QOS = 135,
};

/* TS 29.274 8. */
enum ie_v2 {
	V2_IMSI = 1,
	V2_CAUSE = 2,
	V2_RECOVERY = 3,
	V2_APN = 71,
	V2_EBI = 73,
	V2_INDICATION = 77,
	V2_PCO = 78,
	V2_PAA = 79,
	V2_RAT = 82,
	V2_FTEID = 87,
	V2_BEARER = 93,
	V2_PDN_TYPE = 99,
};

struct ie {
	uint8_t type;
	uint8_t instance; /* version 2 */
	uint16_t len;
	uint8_t value[MSG_IE_OCTETS];
};

struct msg {
	uint8_t version; /* 1 or 2 */
	uint8_t type;
	uint32_t teid;
	uint32_t sequence;
	unsigned count;
	struct ie ies[MSG_IES];
};

/* Without room, an element is left out. */
void msg_add(struct msg *m, uint8_t type, uint8_t instance, const void *value, size_t len);
void msg_add8(struct msg *m, uint8_t type, uint8_t value);
void msg_add32(struct msg *m, uint8_t type, uint32_t value);
void msg_add_imsi(struct msg *m, const char *digits);
void msg_add_apn(struct msg *m, const char *label);
/* GSN Address of version 1: 4 or 16 octets of end's receiver. */
void msg_add_gsn(struct msg *m, const struct tunnel *end);
/* F-TEID of version 2, TS 29.274 8.22. */
void msg_add_fteid(struct msg *m, uint8_t instance, uint8_t interface, const struct tunnel *end);
/* Appends the element that lies behind m's last one to the grouped element at index. */
void msg_add_to_group(struct msg *m, unsigned group, const struct ie *ie);

/* The nth of that type, any instance; NULL: there is none. */
struct ie *msg_find(struct msg *m, uint8_t type, unsigned nth);
void msg_remove(struct msg *m, const struct ie *ie);
/* The element of that type and instance in a grouped element. */
bool msg_find_in_group(const struct ie *group, uint8_t type, uint8_t instance, struct ie *found);

uint8_t ie8(const struct ie *ie);   /* 0 where it is NULL or empty */
uint32_t ie32(const struct ie *ie); /* the same below 4 octets */
bool ie_imsi(const struct ie *ie, char digits[16]);
/* Address of a GSN Address or of an F-TEID, and of the latter the TEID. False: has none. */
bool ie_gsn(const struct ie *ie, struct tunnel *end);
bool ie_fteid(const struct ie *ie, struct tunnel *end);

size_t msg_write(const struct msg *m, uint8_t out[MSG_OCTETS]);
/* As a receiver without suspicion reads it: up to the first octet that makes no sense. */
bool msg_read(struct msg *m, const uint8_t *data, size_t len);

#endif
