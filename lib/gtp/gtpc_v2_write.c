/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/gtpc_v2.h"

#include <string.h>

#include "gtp/codings.h"
#include "gtp/gtpc_v2_ie.h"
#include "gtp/gtpc_v2_places.h"
#include "gtp/wire.h"
#include "gtp/writer.h"

/* TS 29.274 8.58: APN provided by the MS or the network, subscription verified. */
#define SELECTION_MODE_VERIFIED 0
/* 8.57: no restriction of other APNs. */
#define APN_RESTRICTION_NONE 0

/* TS 29.274 8.7: kbps up and down. */
static const uint8_t ambr[] = {0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10};

/* TS 29.274 8.15: may be pre-empted and does not pre-empt, priority level 15; QCI 9 (best effort); maximum and
 * guaranteed bit rates, which such a bearer has none of. */
static const uint8_t best_effort[22] = {0x7C, 9};

static const uint8_t dynamic_ipv4[] = {PDN_TYPE_IPV4, 0, 0, 0, 0};

static void refuse_unless(struct writer *w, bool condition)
{
	if (!w->error && !condition)
		w->error = -EINVAL;
}

/* Room for a value of len octets, or NULL. */
static uint8_t *take_ie(struct writer *w, enum gtpc_v2_ie type, unsigned instance, uint16_t len)
{
	uint8_t *p = writer_take(w, GTPC_V2_IE_HEADER + (size_t)len);

	if (!p)
		return NULL;
	p[0] = (uint8_t)type;
	wire_put16(p + 1, len);
	p[3] = (uint8_t)instance;
	return p + GTPC_V2_IE_HEADER;
}

static void put(struct writer *w, enum gtpc_v2_ie type, const uint8_t *value, uint16_t len)
{
	uint8_t *p = take_ie(w, type, 0, len);

	if (p)
		memcpy(p, value, len);
}

static void put_octets(struct writer *w, enum gtpc_v2_ie type, const struct gtp_octets *octets)
{
	if (octets->data)
		put(w, type, octets->data, octets->len);
}

static void put8(struct writer *w, enum gtpc_v2_ie type, unsigned instance, uint8_t value)
{
	uint8_t *p = take_ie(w, type, instance, 1);

	if (p)
		p[0] = value;
}

static void put_ebi(struct writer *w, unsigned instance, uint8_t ebi)
{
	refuse_unless(w, ebi <= GTPC_V2_EBI_MAX);
	put8(w, IE_V2_EBI, instance, ebi);
}

static void put_imsi(struct writer *w, const struct e2m_imsi *imsi)
{
	const size_t count = strnlen(imsi->digits, sizeof(imsi->digits));
	const size_t len = (count + 1) / 2;
	struct e2m_imsi checked;
	uint8_t *p;

	refuse_unless(w, e2m_imsi_parse(&checked, imsi->digits, count) == 0);
	p = take_ie(w, IE_V2_IMSI, 0, (uint16_t)len);
	if (p)
		tbcd_write(p, len, imsi->digits, count);
}

static void put_cause(struct writer *w, uint8_t cause)
{
	uint8_t *p = take_ie(w, IE_V2_CAUSE, 0, 2);

	if (p) {
		p[0] = cause;
		p[1] = 0;
	}
}

static void put_fteid(struct writer *w, const struct gtpc_v2 *message, enum gtpc_v2_end end,
		      const struct gtpc_v2_fteid *fteid)
{
	const int instance = gtpc_v2_find_instance(message->type, end, message->access);
	const uint8_t ipv4 = fteid->ipv4.len, ipv6 = fteid->ipv6.len;
	uint8_t *p;

	if (!fteid->is_present)
		return;
	refuse_unless(w, instance >= 0);
	refuse_unless(w, (ipv4 == 4 || ipv4 == 0) && (ipv6 == 16 || ipv6 == 0) && ipv4 + ipv6 > 0);
	p = take_ie(w, IE_V2_FTEID, (unsigned)instance, (uint16_t)(FTEID_ADDRESS + ipv4 + ipv6));
	if (!p)
		return;
	p[0] = (uint8_t)((ipv4 ? FTEID_V4 : 0) | (ipv6 ? FTEID_V6 : 0) |
			 gtpc_v2_interface_type(end, message->access));
	wire_put32(p + 1, fteid->teid);
	memcpy(p + FTEID_ADDRESS, fteid->ipv4.octets, ipv4);
	memcpy(p + FTEID_ADDRESS + ipv4, fteid->ipv6.octets, ipv6);
}

/* TS 29.274 7.2.2: on S5/S8 the P-GW gives each bearer a Charging ID. Ours is the TEID. */
static void put_charging_id(struct writer *w, const struct gtpc_v2_fteid *pgw_u)
{
	uint8_t *p = take_ie(w, IE_V2_CHARGING_ID, 0, 4);

	if (p)
		wire_put32(p, pgw_u->teid);
}

static void put_bearer_context(struct writer *w, const struct gtpc_v2 *message,
			       const struct gtpc_v2_bearer *bearer)
{
	const uint8_t type = message->type;
	const size_t start = w->at;
	const bool is_new =
		type == GTPC_V2_CREATE_SESSION_REQUEST || type == GTPC_V2_CREATE_BEARER_REQUEST;

	refuse_unless(w, bearer->instance <= 1);
	(void)take_ie(w, IE_V2_BEARER_CONTEXT, bearer->instance, 0);
	put_ebi(w, 0, bearer->ebi);
	if (bearer->has_cause)
		put_cause(w, bearer->cause);
	put_octets(w, IE_V2_BEARER_TFT, &bearer->tft);
	put_octets(w, IE_V2_PCO, &bearer->pco);
	put_octets(w, IE_V2_APCO, &bearer->apco);
	put_octets(w, IE_V2_EPCO, &bearer->epco);
	put_fteid(w, message, GTPC_V2_SGW_U, &bearer->sgw_u);
	put_fteid(w, message, GTPC_V2_PGW_U, &bearer->pgw_u);
	if (is_new && bearer->instance == 0)
		put(w, IE_V2_BEARER_QOS, best_effort, sizeof(best_effort));
	if (type == GTPC_V2_CREATE_SESSION_RESPONSE && bearer->pgw_u.is_present)
		put_charging_id(w, &bearer->pgw_u);
	refuse_unless(w, w->at - start - GTPC_V2_IE_HEADER <= UINT16_MAX);
	if (!w->error)
		wire_put16(w->out + start + 1, (uint16_t)(w->at - start - GTPC_V2_IE_HEADER));
}

static void put_header(struct writer *w, const struct gtpc_v2 *message)
{
	const size_t len = message->has_teid ? GTPC_V2_HEADER_TEID : GTPC_V2_HEADER;
	uint8_t *p = writer_take(w, len);

	refuse_unless(w, message->sequence <= GTPC_V2_SEQUENCE_MAX);
	if (!p)
		return;
	p[0] = (uint8_t)(GTPC_V2_VERSION << 5 | (message->has_next ? GTPC_V2_FLAG_P : 0) |
			 (message->has_teid ? GTPC_V2_FLAG_T : 0));
	p[1] = message->type;
	if (message->has_teid)
		wire_put32(p + 4, message->teid);
	wire_put32(p + len - 4, message->sequence << 8);
}

/* TS 29.274 7.2.1: what a P-GW must know of a subscription. */
static void put_subscription(struct writer *w, const struct gtpc_v2 *message)
{
	put8(w, IE_V2_SELECTION_MODE, 0, SELECTION_MODE_VERIFIED);
	put8(w, IE_V2_PDN_TYPE, 0, message->paa.len > 0 ? message->paa.data[0] & 7 : PDN_TYPE_IPV4);
	if (!message->paa.data)
		put(w, IE_V2_PAA, dynamic_ipv4, sizeof(dynamic_ipv4));
	put8(w, IE_V2_APN_RESTRICTION, 0, APN_RESTRICTION_NONE);
	put(w, IE_V2_AMBR, ambr, sizeof(ambr));
}

static void put_scalars(struct writer *w, const struct gtpc_v2 *message)
{
	if (message->present & GTPC_V2_HAS_IMSI)
		put_imsi(w, &message->imsi);
	if (message->present & GTPC_V2_HAS_CAUSE)
		put_cause(w, message->cause);
	if (message->present & GTPC_V2_HAS_RECOVERY)
		put8(w, IE_V2_RECOVERY, 0, message->recovery);
	if (message->present & GTPC_V2_HAS_SERVING_NETWORK)
		put(w, IE_V2_SERVING_NETWORK, message->serving_network,
		    sizeof(message->serving_network));
	if (message->present & GTPC_V2_HAS_RAT_TYPE)
		put8(w, IE_V2_RAT_TYPE, 0, message->rat_type);
	if (message->linked_ebi)
		put_ebi(w, 0, message->linked_ebi);
	for (uint8_t ebi = 0; ebi <= GTPC_V2_EBI_MAX; ebi++)
		if (message->ebis >> ebi & 1)
			put_ebi(w, 1, ebi);
}

static void put_ies(struct writer *w, const struct gtpc_v2 *message)
{
	put_scalars(w, message);
	put_fteid(w, message, GTPC_V2_SGW_C, &message->sgw_c);
	put_fteid(w, message, GTPC_V2_PGW_C, &message->pgw_c);
	put_octets(w, IE_V2_MSISDN, &message->msisdn);
	put_octets(w, IE_V2_APN, &message->apn);
	if (message->type == GTPC_V2_CREATE_SESSION_REQUEST)
		put_subscription(w, message);
	put_octets(w, IE_V2_PAA, &message->paa);
	put_octets(w, IE_V2_PCO, &message->pco);
	put_octets(w, IE_V2_APCO, &message->apco);
	put_octets(w, IE_V2_EPCO, &message->epco);
	refuse_unless(w, message->bearers_count <= GTPC_V2_BEARERS_MAX);
	for (unsigned i = 0; i < message->bearers_count && !w->error; i++)
		put_bearer_context(w, message, &message->bearers[i]);
}

int gtpc_v2_write(uint8_t *out, size_t size, const struct gtpc_v2 *message)
{
	struct writer w = {.out = out, .size = size};

	put_header(&w, message);
	put_ies(&w, message);
	refuse_unless(&w, w.at <= GTPC_V2_LENGTH_STARTS + (size_t)UINT16_MAX);
	if (w.error)
		return w.error;
	wire_put16(out + 2, (uint16_t)(w.at - GTPC_V2_LENGTH_STARTS));
	return (int)w.at;
}
