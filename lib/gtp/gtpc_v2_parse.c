/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/gtpc_v2.h"

#include <errno.h>
#include <string.h>

#include "gtp/codings.h"
#include "gtp/gtpc_v2_ie.h"
#include "gtp/gtpc_v2_places.h"
#include "gtp/wire.h"

struct ie {
	uint8_t type;
	uint8_t instance;
	uint16_t len;
	const uint8_t *value;
};

struct reader {
	struct gtpc_v2 *message;
	uint32_t invalid;  /* bits of gtpc_v2.present: elements that make no sense */
	unsigned accesses; /* bit of each enum gtpc_v2_access that an F-TEID is of */
	/* By whether they are in a Bearer Context, that is, in the one that is being read: */
	unsigned fteids[2]; /* bit of each instance that came */
	bool has_ebi[2];    /* EBI, instance 0, has come */
};

/* Octets that an IE has at least; where there are more, they came with a later release (TS 29.274 7.7.5). */
static const uint8_t min_len[UINT8_MAX + 1] = {
	[IE_V2_IMSI] = 1,  [IE_V2_CAUSE] = 2,	 [IE_V2_RECOVERY] = 1,
	[IE_V2_EBI] = 1,   [IE_V2_RAT_TYPE] = 1, [IE_V2_SERVING_NETWORK] = 3,
	[IE_V2_FTEID] = 1, [IE_V2_FQ_CSID] = 1,
};

static bool is_long_enough(const struct ie *ie)
{
	return ie->len >= min_len[ie->type];
}

/* The first one counts. */
static void note_fault(struct gtpc_v2 *message, enum gtpc_fault fault)
{
	if (message->fault == GTPC_FAULTLESS)
		message->fault = fault;
}

static size_t give_up(struct gtpc_v2 *message, enum gtpc_fault fault)
{
	message->fault = fault;
	return 0;
}

/* Fills message from the header; *end is where the message ends. Returns the offset of the first IE or 0. */
static size_t read_header(struct gtpc_v2 *message, const uint8_t *data, size_t len, size_t *end)
{
	size_t at;

	if (len > 0 && gtpc_version(data[0]) != GTPC_V2_VERSION)
		return give_up(message, GTPC_WRONG_VERSION);
	if (len < GTPC_V2_HEADER)
		return give_up(message, GTPC_CUT_SHORT);
	message->has_next = data[0] & GTPC_V2_FLAG_P;
	message->has_teid = data[0] & GTPC_V2_FLAG_T;
	message->type = data[1];
	*end = GTPC_V2_LENGTH_STARTS + (size_t)wire_get16(data + 2);
	at = message->has_teid ? GTPC_V2_HEADER_TEID : GTPC_V2_HEADER;
	if (*end > len)
		return give_up(message, GTPC_CUT_SHORT);
	if (at > *end || message->has_next != (*end < len))
		return give_up(message, GTPC_WRONG_LENGTH);
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
	if (left - GTPC_V2_IE_HEADER < ie->len)
		return 0;
	return at + GTPC_V2_IE_HEADER + ie->len;
}

/* True the first time that it is asked for bit. An IE that makes no sense was the first one too (7.7.10). */
static bool is_first(const struct reader *r, uint32_t bit)
{
	return !((r->message->present | r->invalid) & bit);
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

/* --- F-TEIDs --- */

static void read_address(struct gtp_address *address, const uint8_t *octets, uint8_t len)
{
	address->len = len;
	memcpy(address->octets, octets, len);
}

/* False: it has no address, or is too short. */
static bool read_fteid(struct gtpc_v2_fteid *fteid, const struct ie *ie)
{
	const bool has_ipv4 = ie->value[0] & FTEID_V4, has_ipv6 = ie->value[0] & FTEID_V6;
	size_t at = FTEID_ADDRESS;

	if (ie->len < at + has_ipv4 * 4u + has_ipv6 * 16u || (!has_ipv4 && !has_ipv6))
		return false;
	fteid->is_present = true;
	fteid->teid = wire_get32(ie->value + 1);
	if (has_ipv4) {
		read_address(&fteid->ipv4, ie->value + at, 4);
		at += 4;
	}
	if (has_ipv6)
		read_address(&fteid->ipv6, ie->value + at, 16);
	return true;
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

static struct gtpc_v2_fteid *fteid_of(struct gtpc_v2 *message, struct gtpc_v2_bearer *bearer,
				      uint8_t end)
{
	if (bearer)
		return end == GTPC_V2_SGW_U ? &bearer->sgw_u : &bearer->pgw_u;
	return end == GTPC_V2_SGW_C ? &message->sgw_c : &message->pgw_c;
}

/* What an F-TEID is, its instance says. A receiver that goes by the interface type must find the same. Messages on
 * S11 and S4 have F-TEIDs of other interfaces in the same instances, but not for S5/S8, S2a or S2b user traffic.
 * bearer: the Bearer Context that it stands in. NULL: none. */
static void take_fteid(struct reader *r, struct gtpc_v2_bearer *bearer, const struct ie *ie)
{
	struct gtpc_v2 *const message = r->message;
	const struct gtpc_v2_place *place =
		gtpc_v2_find_place(message->type, bearer != NULL, ie->instance);
	struct gtpc_v2_interface_of of;
	const bool is_ours =
		is_long_enough(ie) && gtpc_v2_find_interface(&of, ie->value[0] & FTEID_TYPE);
	const unsigned instance = 1u << ie->instance;
	struct gtpc_v2_fteid *fteid;

	if (place && !is_long_enough(ie)) {
		note_fault(message, GTPC_MANDATORY_INVALID);
		return;
	}
	if (!is_ours) {
		if (place && bearer)
			note_fault(message, GTPC_AMBIGUOUS);
		return;
	}
	if (!place || place->end != of.end || !(place->accesses >> of.access & 1)) {
		note_fault(message, GTPC_AMBIGUOUS);
		return;
	}
	fteid = fteid_of(message, bearer, of.end);
	if (r->fteids[bearer != NULL] & instance) {
		message->has_contradiction |= !is_same(fteid, ie);
		return;
	}
	r->fteids[bearer != NULL] |= instance;
	r->accesses |= 1u << of.access;
	message->access = (enum gtpc_v2_access)of.access;
	if (!read_fteid(fteid, ie))
		note_fault(message, GTPC_MANDATORY_INVALID);
}

/* --- Bearer Contexts --- */

static void take_ie_of_bearer(struct reader *r, struct gtpc_v2_bearer *bearer, const struct ie *ie)
{
	switch (ie->type) {
	case IE_V2_EBI:
		if (ie->instance == 0 && !r->has_ebi[true] && is_long_enough(ie))
			bearer->ebi = ie->value[0] & GTPC_V2_EBI_MAX;
		r->has_ebi[true] |= ie->instance == 0;
		break;
	case IE_V2_CAUSE:
		if (ie->instance == 0 && !bearer->has_cause && is_long_enough(ie)) {
			bearer->has_cause = true;
			bearer->cause = ie->value[0];
		}
		break;
	case IE_V2_BEARER_TFT:
		keep_first(&bearer->tft, ie);
		break;
	case IE_V2_PCO:
		compare_first(r->message, &bearer->pco, ie);
		break;
	case IE_V2_APCO:
		compare_first(r->message, &bearer->apco, ie);
		break;
	case IE_V2_EPCO:
		compare_first(r->message, &bearer->epco, ie);
		break;
	case IE_V2_FTEID:
		/* Bearers to be removed have none of ours. */
		if (bearer->instance == 0)
			take_fteid(r, bearer, ie);
		break;
	}
}

static void read_bearer_context(struct reader *r, const struct ie *context)
{
	struct gtpc_v2 *const message = r->message;
	struct gtpc_v2_bearer *bearer;

	if (context->instance > 1)
		return;
	if (message->bearers_count == GTPC_V2_BEARERS_MAX) {
		note_fault(message, GTPC_AMBIGUOUS);
		return;
	}
	bearer = &message->bearers[message->bearers_count++];
	bearer->instance = context->instance;
	r->fteids[true] = 0;
	r->has_ebi[true] = false;
	for (size_t at = 0; at < context->len;) {
		struct ie ie;

		at = read_ie(&ie, context->value, at, context->len);
		if (!at) {
			note_fault(message, GTPC_MANDATORY_INVALID);
			return;
		}
		take_ie_of_bearer(r, bearer, &ie);
	}
}

/* --- FQ-CSIDs --- */

/* The nodes of FQ-CSIDs by instance, in the tables of 7.2 and 7.9. GTPC_V2_SET_NODES: none. */
static enum gtpc_v2_set_node set_node_of(uint8_t type, uint8_t instance)
{
	static const enum gtpc_v2_set_node nodes_of_sgw[] = {GTPC_V2_SET_MME, GTPC_V2_SET_SGW,
							     GTPC_V2_SET_EPDG, GTPC_V2_SET_TWAN};
	static const enum gtpc_v2_set_node nodes_of_pgw[] = {GTPC_V2_SET_PGW, GTPC_V2_SET_SGW};
	static const enum gtpc_v2_set_node nodes_of_set[] = {GTPC_V2_SET_MME, GTPC_V2_SET_SGW,
							     GTPC_V2_SET_PGW, GTPC_V2_SET_EPDG,
							     GTPC_V2_SET_TWAN};

	switch (type) {
	case GTPC_V2_CREATE_SESSION_REQUEST:
	case GTPC_V2_MODIFY_BEARER_REQUEST:
	case GTPC_V2_CREATE_BEARER_RESPONSE:
	case GTPC_V2_UPDATE_BEARER_RESPONSE:
	case GTPC_V2_DELETE_BEARER_RESPONSE:
	case GTPC_V2_UPDATE_PDN_SET_REQUEST:
		return instance < 4 ? nodes_of_sgw[instance] : GTPC_V2_SET_NODES;
	case GTPC_V2_CREATE_SESSION_RESPONSE:
	case GTPC_V2_MODIFY_BEARER_RESPONSE:
	case GTPC_V2_CREATE_BEARER_REQUEST:
	case GTPC_V2_UPDATE_BEARER_REQUEST:
	case GTPC_V2_DELETE_BEARER_REQUEST:
	case GTPC_V2_UPDATE_PDN_SET_RESPONSE:
		return instance < 2 ? nodes_of_pgw[instance] : GTPC_V2_SET_NODES;
	case GTPC_V2_DELETE_PDN_SET_REQUEST:
		return instance < 5 ? nodes_of_set[instance] : GTPC_V2_SET_NODES;
	default:
		return GTPC_V2_SET_NODES;
	}
}

static void read_fq_csid(struct gtpc_v2 *message, const struct ie *ie)
{
	static const uint8_t id_len[] = {
		[NODE_ID_IPV4] = 4, [NODE_ID_IPV6] = 16, [NODE_ID_NUMBER] = 4};
	const enum gtpc_v2_set_node node = set_node_of(message->type, ie->instance);
	struct gtpc_v2_fq_csid *fq_csid = &message->fq_csids[node % GTPC_V2_SET_NODES];
	uint8_t type, count;

	if (node == GTPC_V2_SET_NODES || fq_csid->node_id_len > 0 || !is_long_enough(ie))
		return;
	type = ie->value[0] >> 4;
	count = ie->value[0] & FQ_CSID_COUNT;
	if (type > NODE_ID_NUMBER || ie->len < 1u + id_len[type] + FQ_CSID_LEN * count)
		return;
	fq_csid->node_id_type = type;
	fq_csid->node_id_len = id_len[type];
	memcpy(fq_csid->node_id, ie->value + 1, id_len[type]);
	fq_csid->count = count;
	fq_csid->csids = ie->value + 1 + id_len[type];
}

/* --- messages --- */

static void read_ebi(struct reader *r, const struct ie *ie)
{
	const bool is_known = is_long_enough(ie);
	const uint8_t ebi = is_known ? ie->value[0] & GTPC_V2_EBI_MAX : 0;

	if (ie->instance == 0 && !r->has_ebi[false])
		r->message->linked_ebi = ebi;
	else if (ie->instance == 1 && is_known)
		r->message->ebis |= (uint16_t)(1u << ebi);
	r->has_ebi[false] |= ie->instance == 0;
}

/* Notes that the IE of this bit has come, with a value that makes sense or not. */
static void note(struct reader *r, uint32_t bit, bool makes_sense)
{
	*(makes_sense ? &r->message->present : &r->invalid) |= bit;
}

static void take_octet(struct reader *r, uint32_t bit, uint8_t *octet, const struct ie *ie)
{
	if (!is_first(r, bit))
		return;
	note(r, bit, is_long_enough(ie));
	if (is_long_enough(ie))
		*octet = ie->value[0];
}

static void read_imsi(struct reader *r, const struct ie *ie)
{
	struct gtpc_v2 *const message = r->message;
	struct e2m_imsi imsi;
	const bool makes_sense = tbcd_read_imsi(&imsi, ie->value, ie->len) == 0;

	if (is_first(r, GTPC_V2_HAS_IMSI)) {
		note(r, GTPC_V2_HAS_IMSI, makes_sense);
		if (makes_sense)
			message->imsi = imsi;
	} else if (!makes_sense || strcmp(imsi.digits, message->imsi.digits) != 0) {
		message->has_contradiction = true;
	}
}

/* Those that are scalars, and stand in instance 0. */
static void take_scalar(struct reader *r, const struct ie *ie)
{
	struct gtpc_v2 *const message = r->message;

	switch (ie->type) {
	case IE_V2_IMSI:
		read_imsi(r, ie);
		break;
	case IE_V2_CAUSE:
		take_octet(r, GTPC_V2_HAS_CAUSE, &message->cause, ie);
		break;
	case IE_V2_RECOVERY:
		take_octet(r, GTPC_V2_HAS_RECOVERY, &message->recovery, ie);
		break;
	case IE_V2_RAT_TYPE:
		take_octet(r, GTPC_V2_HAS_RAT_TYPE, &message->rat_type, ie);
		break;
	case IE_V2_SERVING_NETWORK:
		if (!is_first(r, GTPC_V2_HAS_SERVING_NETWORK))
			break;
		note(r, GTPC_V2_HAS_SERVING_NETWORK, is_long_enough(ie));
		if (is_long_enough(ie))
			memcpy(message->serving_network, ie->value,
			       sizeof(message->serving_network));
		break;
	}
}

static void take_ie(struct reader *r, const struct ie *ie)
{
	struct gtpc_v2 *const message = r->message;

	switch (ie->type) {
	case IE_V2_EBI:
		read_ebi(r, ie);
		break;
	case IE_V2_FTEID:
		take_fteid(r, NULL, ie);
		break;
	case IE_V2_BEARER_CONTEXT:
		read_bearer_context(r, ie);
		break;
	case IE_V2_FQ_CSID:
		read_fq_csid(message, ie);
		break;
	case IE_V2_MSISDN:
		keep_first(&message->msisdn, ie);
		break;
	case IE_V2_APN:
		compare_first(message, &message->apn, ie);
		break;
	case IE_V2_PCO:
		compare_first(message, &message->pco, ie);
		break;
	case IE_V2_APCO:
		compare_first(message, &message->apco, ie);
		break;
	case IE_V2_EPCO:
		compare_first(message, &message->epco, ie);
		break;
	case IE_V2_PAA:
		compare_first(message, &message->paa, ie);
		break;
	default:
		if (ie->instance == 0)
			take_scalar(r, ie);
	}
}

int gtpc_v2_parse(struct gtpc_v2 *message, const uint8_t *data, size_t len)
{
	struct reader r = {.message = message};
	size_t at, end = 0;

	memset(message, 0, sizeof(*message));
	at = read_header(message, data, len, &end);
	if (!at)
		return -EBADMSG;
	while (at < end) {
		struct ie ie;

		at = read_ie(&ie, data, at, end);
		if (!at) {
			message->fault = GTPC_CUT_SHORT;
			return -EBADMSG;
		}
		take_ie(&r, &ie);
	}
	if (r.accesses & (r.accesses - 1))
		note_fault(message, GTPC_AMBIGUOUS);
	message->fault = gtpc_v2_find_fault(message, r.invalid);
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
