/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/gtpc_v1.h"

#include <errno.h>
#include <string.h>

#include "gtp/codings.h"
#include "gtp/gtpc_v1_ie.h"
#include "gtp/wire.h"
#include "gtp/writer.h"

/* TS 29.060 7.7.12: APN provided by the MS or the network, subscription verified. */
#define SELECTION_MODE_VERIFIED 0xFC
/* TS 29.060 7.7.5, 7.7.16, 7.7.17: spare bits are set. */
#define REORDERING_NOT_REQUIRED 0xFE
#define TEARDOWN_SPARE		0xFE
#define NSAPI_SPARE		0xF0
/* TS 29.002 AddressString: no extension, international number, E.164. */
#define MSISDN_INTERNATIONAL_E164 0x91
#define MSISDN_MAX_DIGITS	  15

/*
 * Allocation/retention priority 2, then TS 24.008 10.5.6.5 from octet 3 on: delay class best effort,
 * reliability class 3; peak throughput 9, precedence 2; mean throughput best effort; background
 * class, no delivery order, erroneous SDUs not delivered; SDUs up to 1500 octets; 8640 kbps up and down;
 * residual bit errors 1e-5, SDU errors 1e-4; no transfer delay, no guaranteed bit rate.
 */
static const uint8_t best_effort[] = {0x02, 0x23, 0x92, 0x1F, 0x93, 0x96,
				      0xFE, 0xFE, 0x74, 0x03, 0xFF, 0xFF};

static void put_tv8(struct writer *w, enum gtpc_v1_ie type, uint8_t value)
{
	uint8_t *p = writer_take(w, IE_TV_HEADER + 1);

	if (p) {
		p[0] = (uint8_t)type;
		p[1] = value;
	}
}

static void put_tv32(struct writer *w, enum gtpc_v1_ie type, uint32_t value)
{
	uint8_t *p = writer_take(w, IE_TV_HEADER + 4);

	if (p) {
		p[0] = (uint8_t)type;
		wire_put32(p + IE_TV_HEADER, value);
	}
}

/* Room for a TLV's value of len octets, or NULL. */
static uint8_t *take_tlv(struct writer *w, enum gtpc_v1_ie type, uint16_t len)
{
	uint8_t *p = writer_take(w, IE_TLV_HEADER + (size_t)len);

	if (!p)
		return NULL;
	p[0] = (uint8_t)type;
	wire_put16(p + 1, len);
	return p + IE_TLV_HEADER;
}

static void put_tlv(struct writer *w, enum gtpc_v1_ie type, const uint8_t *value, uint16_t len)
{
	uint8_t *p = take_tlv(w, type, len);

	if (p)
		memcpy(p, value, len);
}

static void put_imsi(struct writer *w, const struct e2m_imsi *imsi)
{
	size_t count = strnlen(imsi->digits, sizeof(imsi->digits));
	struct e2m_imsi checked;

	if (!w->error && e2m_imsi_parse(&checked, imsi->digits, count))
		w->error = -EINVAL;

	uint8_t *p = writer_take(w, IE_TV_HEADER + TBCD_IMSI_LEN);

	if (p) {
		p[0] = IE_IMSI;
		tbcd_write(p + IE_TV_HEADER, TBCD_IMSI_LEN, imsi->digits, count);
	}
}

static void put_msisdn(struct writer *w, const char *digits)
{
	size_t count = strlen(digits);

	if (!w->error &&
	    (!count || count > MSISDN_MAX_DIGITS || strspn(digits, "0123456789") != count))
		w->error = -EINVAL;

	size_t len = 1 + (count + 1) / 2;
	uint8_t *p = take_tlv(w, IE_MSISDN, (uint16_t)len);

	if (p) {
		p[0] = MSISDN_INTERNATIONAL_E164;
		tbcd_write(p + 1, len - 1, digits, count);
	}
}

static void put_apn(struct writer *w, const char *apn)
{
	uint8_t octets[GTP_APN_MAX];
	int len = gtp_apn_write(octets, apn);

	if (!w->error && len < 0)
		w->error = len;
	if (!w->error)
		put_tlv(w, IE_APN, octets, (uint16_t)len);
}

static void put_gsn_address(struct writer *w, const struct gtp_address *address)
{
	if (!w->error && address->len != 4 && address->len != 16)
		w->error = -EINVAL;
	put_tlv(w, IE_GSN_ADDRESS, address->octets, address->len);
}

/* contents, where it has data; otherwise that IPv4 address. ipv4 NULL: to be given by the GGSN. */
static void put_end_user_address(struct writer *w, const struct gtp_octets *contents,
				 const uint8_t *ipv4)
{
	uint8_t *p;

	if (contents->data) {
		put_tlv(w, IE_END_USER_ADDRESS, contents->data, contents->len);
		return;
	}
	p = take_tlv(w, IE_END_USER_ADDRESS, ipv4 ? 6 : 2);
	if (!p)
		return;
	p[0] = PDP_ORGANISATION_IETF;
	p[1] = PDP_TYPE_IPV4;
	if (ipv4)
		memcpy(p + 2, ipv4, 4);
}

static void put_nsapi(struct writer *w, uint8_t nsapi)
{
	if (!w->error && nsapi > 0xF)
		w->error = -EINVAL;
	put_tv8(w, IE_NSAPI, NSAPI_SPARE | nsapi);
}

static struct writer begin(uint8_t *out, size_t size, enum gtpc_v1_type type, uint16_t sequence,
			   uint32_t teid)
{
	struct writer w = {.out = out, .size = size};
	uint8_t *p = writer_take(&w, GTPC_V1_HEADER_MIN + GTPC_V1_OPTIONS_LEN);

	if (p) {
		p[0] = GTPC_V1_VERSION_PT1 | GTPC_V1_FLAG_S;
		p[1] = (uint8_t)type;
		wire_put16(p + 2, 0);
		wire_put32(p + 4, teid);
		wire_put16(p + 8, sequence);
		wire_put16(p + 10, 0);
	}
	return w;
}

/* Fills in the header's length; returns the message's, or the first error. */
static int end(struct writer *w)
{
	if (!w->error && w->at - GTPC_V1_HEADER_MIN > UINT16_MAX)
		w->error = -EINVAL;
	if (w->error)
		return w->error;
	wire_put16(w->out + 2, (uint16_t)(w->at - GTPC_V1_HEADER_MIN));
	return (int)w->at;
}

int gtpc_v1_write_create_request(uint8_t *out, size_t size, const struct gtpc_v1_create *create)
{
	struct writer w = begin(out, size, GTPC_V1_CREATE_PDP_REQUEST, create->sequence, 0);

	put_imsi(&w, &create->imsi);
	put_tv8(&w, IE_RECOVERY, create->recovery);
	put_tv8(&w, IE_SELECTION_MODE, SELECTION_MODE_VERIFIED);
	put_tv32(&w, IE_TEID_DATA_I, create->teid_data);
	put_tv32(&w, IE_TEID_CONTROL_PLANE, create->teid_control);
	put_nsapi(&w, create->nsapi);
	put_end_user_address(&w, &create->end_user_address, create->static_ipv4);
	put_apn(&w, create->apn);
	if (create->pco.data)
		put_tlv(&w, IE_PCO, create->pco.data, create->pco.len);
	put_gsn_address(&w, &create->gsn);
	put_gsn_address(&w, &create->gsn);
	if (create->msisdn)
		put_msisdn(&w, create->msisdn);
	put_tlv(&w, IE_QOS_PROFILE, best_effort, sizeof(best_effort));
	return end(&w);
}

int gtpc_v1_write_update_request(uint8_t *out, size_t size, const struct gtpc_v1_update *update)
{
	struct writer w = begin(out, size, GTPC_V1_UPDATE_PDP_REQUEST, update->sequence,
				update->peer_teid_control);

	put_tv8(&w, IE_RECOVERY, update->recovery);
	put_tv32(&w, IE_TEID_DATA_I, update->teid_data);
	put_tv32(&w, IE_TEID_CONTROL_PLANE, update->teid_control);
	put_nsapi(&w, update->nsapi);
	if (update->end_user_address.data)
		put_end_user_address(&w, &update->end_user_address, NULL);
	if (update->pco.data)
		put_tlv(&w, IE_PCO, update->pco.data, update->pco.len);
	put_gsn_address(&w, &update->gsn);
	put_gsn_address(&w, &update->gsn);
	put_tlv(&w, IE_QOS_PROFILE, best_effort, sizeof(best_effort));
	return end(&w);
}

int gtpc_v1_write_delete_request(uint8_t *out, size_t size, uint16_t sequence,
				 uint32_t peer_teid_control, uint8_t nsapi, bool teardown)
{
	struct writer w = begin(out, size, GTPC_V1_DELETE_PDP_REQUEST, sequence, peer_teid_control);

	put_tv8(&w, IE_TEARDOWN_IND, (uint8_t)(TEARDOWN_SPARE | teardown));
	put_nsapi(&w, nsapi);
	return end(&w);
}

int gtpc_v1_write_cause_response(uint8_t *out, size_t size, enum gtpc_v1_type type,
				 uint16_t sequence, uint32_t peer_teid_control, uint8_t cause)
{
	struct writer w = begin(out, size, type, sequence, peer_teid_control);

	put_tv8(&w, IE_CAUSE, cause);
	return end(&w);
}

int gtpc_v1_write_accept_response(uint8_t *out, size_t size, const struct gtpc_v1_accept *accept)
{
	bool create = accept->type == GTPC_V1_CREATE_PDP_RESPONSE;
	struct writer w =
		begin(out, size, accept->type, accept->sequence, accept->peer_teid_control);

	put_tv8(&w, IE_CAUSE, GTPC_V1_CAUSE_ACCEPTED);
	if (create)
		put_tv8(&w, IE_REORDERING_REQUIRED, REORDERING_NOT_REQUIRED);
	put_tv8(&w, IE_RECOVERY, accept->recovery);
	put_tv32(&w, IE_TEID_DATA_I, accept->teid_data);
	put_tv32(&w, IE_TEID_CONTROL_PLANE, accept->teid_control);
	put_tv32(&w, IE_CHARGING_ID, accept->teid_data);
	if (create && !accept->without_end_user_address)
		put_end_user_address(&w, &accept->end_user_address, accept->end_user_ipv4);
	put_gsn_address(&w, &accept->gsn);
	put_gsn_address(&w, &accept->gsn);
	put_tlv(&w, IE_QOS_PROFILE, best_effort, sizeof(best_effort));
	return end(&w);
}

int gtpc_v1_write_echo(uint8_t *out, size_t size, enum gtpc_v1_type type, uint16_t sequence,
		       uint8_t recovery)
{
	struct writer w = begin(out, size, type, sequence, 0);

	/* 7.2.1 and 7.2.2: only the response carries Recovery. */
	if (type == GTPC_V1_ECHO_RESPONSE)
		put_tv8(&w, IE_RECOVERY, recovery);
	return end(&w);
}
