/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/gtpc_v2.h"

#include <errno.h>
#include <string.h>

#include "gtp/codings.h"
#include "gtp/gtpc_v2_ie.h"
#include "gtp/wire.h"

struct ie {
	uint8_t type;
	uint8_t instance;
	uint16_t len;
	const uint8_t *value;
};

/* Octets that an IE has at least; where there are more, they came with a later release (TS 29.274 7.7.5). */
static const uint8_t min_len[UINT8_MAX + 1] = {
	[IE_V2_IMSI] = 1,     [IE_V2_CAUSE] = 2,	   [IE_V2_RECOVERY] = 1, [IE_V2_EBI] = 1,
	[IE_V2_RAT_TYPE] = 1, [IE_V2_SERVING_NETWORK] = 3, [IE_V2_FTEID] = 1,
};

/* Fills message from the header; *end is where the message ends. Returns the offset of the first IE or 0. */
static size_t read_header(struct gtpc_v2 *message, const uint8_t *data, size_t len, size_t *end)
{
	size_t at;

	if (len < GTPC_V2_HEADER || gtpc_version(data[0]) != GTPC_V2_VERSION)
		return 0;
	message->has_next = data[0] & GTPC_V2_FLAG_P;
	message->has_teid = data[0] & GTPC_V2_FLAG_T;
	message->type = data[1];
	*end = GTPC_V2_LENGTH_STARTS + (size_t)wire_get16(data + 2);
	at = message->has_teid ? GTPC_V2_HEADER_TEID : GTPC_V2_HEADER;
	if (at > *end || *end > len || message->has_next != (*end < len))
		return 0;
	if (message->has_teid)
		message->teid = wire_get32(data + 4);
	message->sequence = wire_get32(data + at - 4) >> 8;
	return at;
}

/* Reads the IE at data + at, where at < end; returns the offset after it or 0. */
static size_t read_ie(struct ie *ie, const uint8_t *data, size_t at, size_t end)
{
	const size_t left = end - at;

	if (left < GTPC_V2_IE_HEADER)
		return 0;
	ie->type = data[at];
	ie->len = wire_get16(data + at + 1);
	ie->instance = GTPC_V2_INSTANCE(data[at + 3]);
	ie->value = data + at + GTPC_V2_IE_HEADER;
	if (left - GTPC_V2_IE_HEADER < ie->len || ie->len < min_len[ie->type])
		return 0;
	return at + GTPC_V2_IE_HEADER + ie->len;
}

/* True the first time that it is asked for bit. */
static bool is_first(struct gtpc_v2 *message, uint32_t bit)
{
	bool first = !(message->present & bit);

	message->present |= bit;
	return first;
}

static void keep_first(struct gtp_octets *octets, const struct ie *ie)
{
	if (ie->instance == 0 && !octets->data)
		*octets = (struct gtp_octets){.data = ie->value, .len = ie->len};
}

/* The same. Receivers that take the first one and receivers that take the last one differ, unless both are the same. */
static void compare_first(struct gtpc_v2 *message, struct gtp_octets *octets, const struct ie *ie)
{
	const struct gtp_octets first = *octets;

	keep_first(octets, ie);
	if (ie->instance == 0 && first.data &&
	    (first.len != ie->len || memcmp(first.data, ie->value, ie->len) != 0))
		message->has_contradiction = true;
}

static int read_imsi(struct gtpc_v2 *message, const struct ie *ie)
{
	struct e2m_imsi again;

	if (is_first(message, GTPC_V2_HAS_IMSI))
		return tbcd_read_imsi(&message->imsi, ie->value, ie->len);
	if (tbcd_read_imsi(&again, ie->value, ie->len) != 0 ||
	    strcmp(again.digits, message->imsi.digits) != 0)
		message->has_contradiction = true;
	return 0;
}

static void read_address(struct gtp_address *address, const uint8_t *octets, uint8_t len)
{
	address->len = len;
	memcpy(address->octets, octets, len);
}

static bool has_address(const struct gtp_address *address, const uint8_t *octets)
{
	return memcmp(address->octets, octets, address->len) == 0;
}

static bool is_same(const struct gtpc_v2_fteid *fteid, const struct ie *ie)
{
	const size_t ipv4 = fteid->ipv4.len, ipv6 = fteid->ipv6.len;

	return ie->len >= FTEID_ADDRESS + ipv4 + ipv6 &&
	       !(ie->value[0] & FTEID_V4) == (ipv4 == 0) &&
	       !(ie->value[0] & FTEID_V6) == (ipv6 == 0) &&
	       fteid->teid == wire_get32(ie->value + 1) &&
	       has_address(&fteid->ipv4, ie->value + FTEID_ADDRESS) &&
	       has_address(&fteid->ipv6, ie->value + FTEID_ADDRESS + ipv4);
}

static int read_fteid(struct gtpc_v2 *message, struct gtpc_v2_fteid *fteid, const struct ie *ie)
{
	const bool has_ipv4 = ie->value[0] & FTEID_V4, has_ipv6 = ie->value[0] & FTEID_V6;
	size_t at = FTEID_ADDRESS;

	if (fteid->is_present) {
		if (fteid->instance == ie->instance && !is_same(fteid, ie))
			message->has_contradiction = true;
		return 0;
	}
	if (ie->len < at + has_ipv4 * 4u + has_ipv6 * 16u || (!has_ipv4 && !has_ipv6))
		return -EBADMSG;
	fteid->is_present = true;
	fteid->instance = ie->instance;
	fteid->teid = wire_get32(ie->value + 1);
	if (has_ipv4) {
		read_address(&fteid->ipv4, ie->value + at, 4);
		at += 4;
	}
	if (has_ipv6)
		read_address(&fteid->ipv6, ie->value + at, 16);
	return 0;
}

static int take_control_fteid(struct gtpc_v2 *message, const struct ie *ie)
{
	const unsigned type = ie->value[0] & FTEID_TYPE;

	for (unsigned a = 0; a < GTPC_V2_ACCESSES; a++) {
		const struct gtpc_v2_interfaces *of = &gtpc_v2_interfaces[a];

		if (type != of->sgw_c && type != of->pgw_c)
			continue;
		message->access = (enum gtpc_v2_access)a;
		return read_fteid(message, type == of->sgw_c ? &message->sgw_c : &message->pgw_c,
				  ie);
	}
	return 0;
}

static int take_user_fteid(struct gtpc_v2 *message, struct gtpc_v2_bearer *bearer,
			   const struct ie *ie)
{
	const unsigned type = ie->value[0] & FTEID_TYPE;

	for (unsigned a = 0; a < GTPC_V2_ACCESSES; a++) {
		const struct gtpc_v2_interfaces *of = &gtpc_v2_interfaces[a];

		if (type != of->sgw_u && type != of->pgw_u)
			continue;
		message->access = (enum gtpc_v2_access)a;
		return read_fteid(message, type == of->sgw_u ? &bearer->sgw_u : &bearer->pgw_u, ie);
	}
	return 0;
}

static int take_ie_of_bearer(struct gtpc_v2 *message, struct gtpc_v2_bearer *bearer,
			     const struct ie *ie)
{
	switch (ie->type) {
	case IE_V2_EBI:
		if (ie->instance == 0 && bearer->ebi == 0)
			bearer->ebi = ie->value[0] & GTPC_V2_EBI_MAX;
		break;
	case IE_V2_CAUSE:
		if (ie->instance == 0 && !bearer->has_cause) {
			bearer->has_cause = true;
			bearer->cause = ie->value[0];
		}
		break;
	case IE_V2_BEARER_TFT:
		keep_first(&bearer->tft, ie);
		break;
	case IE_V2_FTEID:
		return take_user_fteid(message, bearer, ie);
	}
	return 0;
}

static int read_bearer_context(struct gtpc_v2 *message, const struct ie *context)
{
	struct gtpc_v2_bearer *bearer;
	int error = 0;

	if (context->instance > 1)
		return 0;
	if (message->bearers_count == GTPC_V2_BEARERS_MAX)
		return -EBADMSG;
	bearer = &message->bearers[message->bearers_count++];
	bearer->instance = context->instance;
	for (size_t at = 0; at < context->len && !error;) {
		struct ie ie;

		at = read_ie(&ie, context->value, at, context->len);
		if (!at)
			return -EBADMSG;
		error = take_ie_of_bearer(message, bearer, &ie);
	}
	return error;
}

static void read_ebi(struct gtpc_v2 *message, const struct ie *ie)
{
	const uint8_t ebi = ie->value[0] & GTPC_V2_EBI_MAX;

	if (ie->instance == 0 && message->linked_ebi == 0)
		message->linked_ebi = ebi;
	else if (ie->instance == 1)
		message->ebis |= (uint16_t)(1u << ebi);
}

/* Those that are scalars, and stand in instance 0. */
static int take_scalar(struct gtpc_v2 *message, const struct ie *ie)
{
	switch (ie->type) {
	case IE_V2_IMSI:
		return read_imsi(message, ie);
	case IE_V2_CAUSE:
		if (is_first(message, GTPC_V2_HAS_CAUSE))
			message->cause = ie->value[0];
		break;
	case IE_V2_RECOVERY:
		if (is_first(message, GTPC_V2_HAS_RECOVERY))
			message->recovery = ie->value[0];
		break;
	case IE_V2_RAT_TYPE:
		if (is_first(message, GTPC_V2_HAS_RAT_TYPE))
			message->rat_type = ie->value[0];
		break;
	case IE_V2_SERVING_NETWORK:
		if (is_first(message, GTPC_V2_HAS_SERVING_NETWORK))
			memcpy(message->serving_network, ie->value,
			       sizeof(message->serving_network));
		break;
	}
	return 0;
}

static int take_ie(struct gtpc_v2 *message, const struct ie *ie)
{
	switch (ie->type) {
	case IE_V2_EBI:
		read_ebi(message, ie);
		return 0;
	case IE_V2_FTEID:
		return take_control_fteid(message, ie);
	case IE_V2_BEARER_CONTEXT:
		return read_bearer_context(message, ie);
	case IE_V2_MSISDN:
		keep_first(&message->msisdn, ie);
		return 0;
	case IE_V2_APN:
		compare_first(message, &message->apn, ie);
		return 0;
	case IE_V2_PCO:
		compare_first(message, &message->pco, ie);
		return 0;
	case IE_V2_APCO:
		compare_first(message, &message->apco, ie);
		return 0;
	case IE_V2_EPCO:
		compare_first(message, &message->epco, ie);
		return 0;
	case IE_V2_PAA:
		compare_first(message, &message->paa, ie);
		return 0;
	}
	return ie->instance == 0 ? take_scalar(message, ie) : 0;
}

int gtpc_v2_parse(struct gtpc_v2 *message, const uint8_t *data, size_t len)
{
	size_t at, end = 0;

	memset(message, 0, sizeof(*message));
	at = read_header(message, data, len, &end);
	if (!at)
		return -EBADMSG;
	while (at < end) {
		struct ie ie;
		int error;

		at = read_ie(&ie, data, at, end);
		if (!at)
			return -EBADMSG;
		error = take_ie(message, &ie);
		if (error)
			return error;
	}
	return (int)end;
}

struct pdp_element gtpc_v2_paa(const struct gtp_octets *paa)
{
	/* TS 29.274 8.14: PDN Type (3 bits); IPv6 prefix length and address; IPv4 address. */
	const unsigned type = paa->len > 0 ? paa->data[0] & 7 : 0;
	const bool ipv4 = type == PDN_TYPE_IPV4 || type == PDN_TYPE_IPV4V6;
	const bool ipv6 = type == PDN_TYPE_IPV6 || type == PDN_TYPE_IPV4V6;
	const uint8_t *p;
	struct pdp_element element = {.has_type = type != 0 && type <= PDN_TYPE_ETHERNET,
				      .has_address = ipv4 || ipv6};

	/* Non-IP and Ethernet have nothing to bind a session to. */
	if (!element.has_address)
		return element;
	if (paa->len < 1u + ipv6 * (1 + 16u) + ipv4 * 4u)
		return (struct pdp_element){0};
	p = paa->data + 1;
	pdp_address_unset(&element.address, false, ipv4 ? PDP_UNBOUND : PDP_EXCLUDED);
	pdp_address_unset(&element.address, true, ipv6 ? PDP_UNBOUND : PDP_EXCLUDED);
	if (ipv6 && p[0] > 0 && p[0] <= PDP_IPV6_BITS)
		pdp_address_set_ipv6(&element.address, p + 1, p[0]);
	if (ipv4)
		pdp_address_set_ipv4(&element.address, ipv6 ? p + 1 + 16 : p);
	return element;
}
