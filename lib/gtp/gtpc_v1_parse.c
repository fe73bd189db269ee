/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/gtpc_v1.h"

#include <errno.h>
#include <string.h>

#include "gtp/codings.h"
#include "gtp/extension.h"
#include "gtp/gtpc_v1_ie.h"
#include "gtp/wire.h"

/* Lengths of the values of TV elements, TS 29.060 table 37 and 7.7; 0: not in the table. */
static const uint8_t tv_len[IE_TLV] = {
	[IE_CAUSE] = 1,
	[IE_IMSI] = TBCD_IMSI_LEN,
	[IE_RAI] = 6,
	[IE_TLLI] = 4,
	[IE_P_TMSI] = 4,
	[IE_REORDERING_REQUIRED] = 1,
	[IE_AUTHENTICATION_TRIPLET] = 28,
	[IE_MAP_CAUSE] = 1,
	[IE_P_TMSI_SIGNATURE] = 3,
	[IE_MS_VALIDATED] = 1,
	[IE_RECOVERY] = 1,
	[IE_SELECTION_MODE] = 1,
	[IE_TEID_DATA_I] = 4,
	[IE_TEID_CONTROL_PLANE] = 4,
	[IE_TEID_DATA_II] = 5,
	[IE_TEARDOWN_IND] = 1,
	[IE_NSAPI] = 1,
	[IE_RANAP_CAUSE] = 1,
	[IE_RAB_CONTEXT] = 9,
	[IE_RADIO_PRIORITY_SMS] = 1,
	[IE_RADIO_PRIORITY] = 1,
	[IE_PACKET_FLOW_ID] = 2,
	[IE_CHARGING_CHARACTERISTICS] = 2,
	[IE_TRACE_REFERENCE] = 2,
	[IE_TRACE_TYPE] = 2,
	[IE_MS_NOT_REACHABLE_REASON] = 1,
	[IE_CHARGING_ID] = 4,
};

struct ie {
	uint8_t type;
	uint16_t len;
	const uint8_t *value;
};

static size_t give_up(struct gtpc_v1 *message, enum gtpc_fault fault)
{
	message->fault = fault;
	return 0;
}

/* Fills message from the header; returns the offset of the first IE or 0. */
static size_t read_header(struct gtpc_v1 *message, const uint8_t *data, size_t len)
{
	size_t at = GTPC_V1_HEADER_MIN;

	if (len > 0 && (data[0] & 0xF0) != GTPC_V1_VERSION_PT1)
		return give_up(message, GTPC_WRONG_VERSION);
	if (len < GTPC_V1_HEADER_MIN || wire_get16(data + 2) > len - GTPC_V1_HEADER_MIN)
		return give_up(message, GTPC_CUT_SHORT);
	if (wire_get16(data + 2) != len - GTPC_V1_HEADER_MIN)
		return give_up(message, GTPC_WRONG_LENGTH);
	message->type = data[1];
	message->teid = wire_get32(data + 4);
	if (!(data[0] & (GTPC_V1_FLAG_E | GTPC_V1_FLAG_S | GTPC_V1_FLAG_PN)))
		return at;
	at += GTPC_V1_OPTIONS_LEN;
	if (at > len)
		return give_up(message, GTPC_WRONG_LENGTH);
	if (data[0] & GTPC_V1_FLAG_S) {
		message->has_sequence = true;
		message->sequence = wire_get16(data + 8);
	}
	if (data[0] & GTPC_V1_FLAG_E)
		at = extension_walk(data, at, len, data[11]);
	return at ? at : give_up(message, GTPC_CUT_SHORT);
}

/* Reads the IE at data + at, where at < len; returns the offset after it or 0. ie->len 0 and a type below IE_TLV: the IE
 * has no known length. */
static size_t read_ie(struct ie *ie, const uint8_t *data, size_t at, size_t len)
{
	size_t left = len - at;
	size_t header = IE_TLV_HEADER;

	ie->type = data[at];
	if (ie->type < IE_TLV) {
		header = IE_TV_HEADER;
		ie->len = tv_len[ie->type];
		if (!ie->len)
			return 0;
	} else if (ie->type == IE_EXTENSION_HEADER_TYPE_LIST) {
		/* TS 29.060 7.7.40: the one TLV whose length is a single octet. */
		header = 2;
		if (left < header)
			return 0;
		ie->len = data[at + 1];
	} else {
		if (left < header)
			return 0;
		ie->len = wire_get16(data + at + 1);
	}
	if (left < header + ie->len)
		return 0;
	ie->value = data + at + header;
	return at + header + ie->len;
}

static void read_gsn_address(struct gtpc_v1 *message, const struct ie *ie)
{
	struct gtp_address *address = &message->gsn_address[message->gsn_addresses];

	/* More than a message can have: only the first ones are handled (11.1.12). */
	if (message->gsn_addresses == GTPC_V1_GSN_ADDRESSES)
		return;
	message->gsn_addresses++;
	if (ie->len != 4 && ie->len != 16)
		return;
	address->len = (uint8_t)ie->len;
	memcpy(address->octets, ie->value, ie->len);
}

/* By their places: for signalling, for user traffic, then the alternatives in the other IP version (7.3.1). */
static void place_gsn_addresses(struct gtpc_v1 *message)
{
	struct gtp_address *const places[] = {&message->gsn_control, &message->gsn_user,
					      &message->alternative_control,
					      &message->alternative_user};

	for (unsigned i = 0; i < message->gsn_addresses; i++)
		if (i < 2 || message->gsn_address[i].len != message->gsn_address[i - 2].len)
			*places[i] = message->gsn_address[i];
}

/* An element comes again. Receivers that take the first one and receivers that take the last one differ, unless both are
 * the same. */
static void note_repeated(struct gtpc_v1 *message, bool is_same)
{
	message->has_contradiction |= !is_same;
}

static void read_nsapi(struct gtpc_v1 *message, const struct ie *ie)
{
	if (!(message->present & GTPC_V1_HAS_NSAPI)) {
		message->present |= GTPC_V1_HAS_NSAPI;
		message->nsapi = ie->value[0] & 0xF;
	} else if (!(message->present & GTPC_V1_HAS_LINKED_NSAPI)) {
		message->present |= GTPC_V1_HAS_LINKED_NSAPI;
		message->linked_nsapi = ie->value[0] & 0xF;
	} else {
		note_repeated(message, message->linked_nsapi == (ie->value[0] & 0xF));
	}
}

/* True the first time that it is asked for bit. */
static bool is_first(struct gtpc_v1 *message, uint32_t bit)
{
	bool first = !(message->present & bit);

	message->present |= bit;
	return first;
}

static void read_imsi(struct gtpc_v1 *message, const struct ie *ie)
{
	struct e2m_imsi imsi;
	const bool makes_sense = tbcd_read_imsi(&imsi, ie->value, ie->len) == 0;

	if ((message->present | message->invalid) & GTPC_V1_HAS_IMSI) {
		note_repeated(message, makes_sense && (message->present & GTPC_V1_HAS_IMSI) &&
					       strcmp(imsi.digits, message->imsi.digits) == 0);
		return;
	}
	*(makes_sense ? &message->present : &message->invalid) |= GTPC_V1_HAS_IMSI;
	if (makes_sense)
		message->imsi = imsi;
}

static void read_teid(struct gtpc_v1 *message, uint32_t bit, uint32_t *teid, const struct ie *ie)
{
	if (is_first(message, bit))
		*teid = wire_get32(ie->value);
	else
		note_repeated(message, *teid == wire_get32(ie->value));
}

static void keep_first(struct gtpc_v1 *message, struct gtp_octets *octets, const struct ie *ie)
{
	if (octets->data)
		note_repeated(message, octets->len == ie->len &&
					       memcmp(octets->data, ie->value, ie->len) == 0);
	else
		*octets = (struct gtp_octets){.data = ie->value, .len = ie->len};
}

static void take_tv(struct gtpc_v1 *message, const struct ie *ie)
{
	switch (ie->type) {
	case IE_CAUSE:
		if (is_first(message, GTPC_V1_HAS_CAUSE))
			message->cause = ie->value[0];
		break;
	case IE_IMSI:
		read_imsi(message, ie);
		break;
	case IE_RECOVERY:
		if (is_first(message, GTPC_V1_HAS_RECOVERY))
			message->recovery = ie->value[0];
		break;
	case IE_TEID_DATA_I:
		read_teid(message, GTPC_V1_HAS_TEID_DATA, &message->teid_data, ie);
		break;
	case IE_TEID_CONTROL_PLANE:
		read_teid(message, GTPC_V1_HAS_TEID_CONTROL, &message->teid_control, ie);
		break;
	case IE_TEARDOWN_IND:
		if (is_first(message, GTPC_V1_HAS_TEARDOWN))
			message->teardown = ie->value[0] & 1;
		break;
	case IE_NSAPI:
		read_nsapi(message, ie);
		break;
	}
}

static void take_tlv(struct gtpc_v1 *message, const struct ie *ie)
{
	switch (ie->type) {
	case IE_END_USER_ADDRESS:
		keep_first(message, &message->end_user_address, ie);
		break;
	case IE_APN:
		keep_first(message, &message->apn, ie);
		break;
	case IE_PCO:
		keep_first(message, &message->pco, ie);
		break;
	case IE_GSN_ADDRESS:
		read_gsn_address(message, ie);
		break;
	}
}

int gtpc_v1_parse(struct gtpc_v1 *message, const uint8_t *data, size_t len)
{
	memset(message, 0, sizeof(*message));

	size_t at = read_header(message, data, len);

	if (!at)
		return -EBADMSG;
	while (at < len) {
		struct ie ie = {0};

		at = read_ie(&ie, data, at, len);
		if (!at) {
			message->fault = ie.type < IE_TLV && ie.len == 0 ? GTPC_UNKNOWN_ELEMENT
									 : GTPC_CUT_SHORT;
			return -EBADMSG;
		}
		if (ie.type < IE_TLV)
			take_tv(message, &ie);
		else
			take_tlv(message, &ie);
	}
	place_gsn_addresses(message);
	return 0;
}

/* Which addresses an End User Address has, by its length: TS 29.060 7.7.27. False: it cannot have that length. */
static bool has_length_of(uint8_t type, size_t len, bool *ipv4, bool *ipv6)
{
	*ipv4 = type != PDP_TYPE_IPV6 && (len == 4 || len == 4 + 16);
	*ipv6 = type != PDP_TYPE_IPV4 && (len == 16 || len == 4 + 16);
	if (type == PDP_TYPE_IPV4V6)
		return len == 0 || *ipv4 || *ipv6;
	return len == 0 || len == (type == PDP_TYPE_IPV4 ? 4 : 16);
}

static struct pdp_element end_user_ip(uint8_t type, const uint8_t *addresses, size_t len)
{
	struct pdp_element element = {.has_type = true};
	bool ipv4, ipv6;

	if (!has_length_of(type, len, &ipv4, &ipv6))
		return (struct pdp_element){0};
	element.has_address = ipv4 || ipv6;
	if (type == PDP_TYPE_IPV6)
		pdp_address_unset(&element.address, false, PDP_EXCLUDED);
	else if (type == PDP_TYPE_IPV4)
		pdp_address_unset(&element.address, true, PDP_EXCLUDED);
	if (ipv4)
		pdp_address_set_ipv4(&element.address, addresses);
	if (ipv6)
		pdp_address_set_ipv6(&element.address, addresses + (ipv4 ? 4 : 0), PDP_IPV6_PREFIX);
	return element;
}

struct pdp_element gtpc_v1_end_user(const struct gtp_octets *address)
{
	if (address->len < 2)
		return (struct pdp_element){0};

	/* The spare bits are not evaluated. */
	const uint8_t organisation = address->data[0] | 0xF0, type = address->data[1];

	if (organisation == PDP_ORGANISATION_IETF &&
	    (type == PDP_TYPE_IPV4 || type == PDP_TYPE_IPV6 || type == PDP_TYPE_IPV4V6))
		return end_user_ip(type, address->data + 2, address->len - 2u);
	/* Without IP addresses there is nothing to bind a session to. */
	return (struct pdp_element){.has_type = organisation == PDP_ORGANISATION_ETSI &&
						(type == PDP_TYPE_PPP || type == PDP_TYPE_NON_IP)};
}
