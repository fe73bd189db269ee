/* SPDX-License-Identifier: BSD-3-Clause */
#include "session_lab_v2.h"

struct lab_context lab_dedicated(const struct lab_context *of, uint8_t ebi)
{
	struct lab_context c = *of;

	c.nsapi = ebi;
	c.down += 0x10000u * ebi;
	c.up += 0x10000u * ebi;
	return c;
}

struct gtpc_v2_fteid lab_fteid(uint8_t last_octet, uint32_t teid)
{
	const struct gtp_address address = lab_gsn(last_octet);
	struct gtpc_v2_fteid fteid = {.is_present = true, .teid = teid};

	if (address.len == 4)
		fteid.ipv4 = address;
	else
		fteid.ipv6 = address;
	return fteid;
}

struct gtp_octets lab_pco(struct e2m_keyset_id name, uint8_t key_id)
{
	static uint8_t room[PCO_MAX_LEN];
	const struct pco_e2m e2m = {.key_id = key_id, .id = name};

	return (struct gtp_octets){
		.data = room, .len = (uint16_t)pco_write_e2m(room, &e2m_default_numbers, &e2m)};
}

static struct gtp_octets apn(void)
{
	static uint8_t room[GTP_APN_MAX];
	const int len = gtp_apn_write(room, lab.apn ? lab.apn : "internet");

	CU_ASSERT_TRUE_FATAL(len > 0);
	return (struct gtp_octets){.data = room, .len = (uint16_t)len};
}

/* With the one bearer. */
static struct gtpc_v2 message(const struct lab_context *c, enum gtpc_v2_type type, uint32_t teid)
{
	return (struct gtpc_v2){.type = (uint8_t)type,
				.has_teid = true,
				.teid = teid,
				.sequence = c->sequence,
				.bearers_count = 1,
				.bearers = {{.ebi = c->nsapi}}};
}

static struct gtpc_v2 request(struct lab_context *c, enum gtpc_v2_type type, uint32_t teid)
{
	static uint32_t sequence = 0xFFFFF0;

	if (!lab.send_again)
		c->sequence = ++sequence & GTPC_V2_SEQUENCE_MAX;
	return message(c, type, teid);
}

struct gtpc_v2 lab_create_session(struct lab_context *c)
{
	struct gtpc_v2 m = request(c, GTPC_V2_CREATE_SESSION_REQUEST, 0);

	m.present = GTPC_V2_HAS_IMSI;
	m.imsi = lab_imsi(c->subscriber);
	m.apn = apn();
	m.sgw_c = lab_fteid(c->sgsn, c->control_sgsn);
	m.bearers[0].sgw_u = lab_fteid(c->sgsn, c->down);
	return m;
}

struct gtpc_v2 lab_modify_bearer(struct lab_context *c)
{
	struct gtpc_v2 m = request(c, GTPC_V2_MODIFY_BEARER_REQUEST, c->control_ggsn);

	m.sgw_c = lab_fteid(c->sgsn, c->control_sgsn);
	m.bearers[0].sgw_u = lab_fteid(c->sgsn, c->down);
	return m;
}

struct gtpc_v2 lab_delete_session(struct lab_context *c)
{
	struct gtpc_v2 m = request(c, GTPC_V2_DELETE_SESSION_REQUEST, c->control_ggsn);

	m.linked_ebi = c->nsapi;
	m.bearers_count = 0;
	return m;
}

struct gtpc_v2 lab_create_bearer(struct lab_context *c, const struct lab_context *of)
{
	struct gtpc_v2 m = request(c, GTPC_V2_CREATE_BEARER_REQUEST, c->control_sgsn);

	m.linked_ebi = of->nsapi;
	m.bearers[0].ebi = 0;
	m.bearers[0].pgw_u = lab_fteid(c->ggsn, c->up);
	return m;
}

struct gtpc_v2 lab_update_bearer(struct lab_context *c)
{
	return request(c, GTPC_V2_UPDATE_BEARER_REQUEST, c->control_sgsn);
}

struct gtpc_v2 lab_delete_bearer(struct lab_context *c)
{
	struct gtpc_v2 m = request(c, GTPC_V2_DELETE_BEARER_REQUEST, c->control_sgsn);

	m.ebis = (uint16_t)(1u << c->nsapi);
	m.bearers_count = 0;
	return m;
}

static bool is_of_pgw(uint8_t type)
{
	switch (type) {
	case GTPC_V2_CREATE_SESSION_RESPONSE:
	case GTPC_V2_MODIFY_BEARER_RESPONSE:
	case GTPC_V2_DELETE_SESSION_RESPONSE:
	case GTPC_V2_BEARER_RESOURCE_FAILURE:
	case GTPC_V2_CREATE_BEARER_REQUEST:
	case GTPC_V2_UPDATE_BEARER_REQUEST:
	case GTPC_V2_DELETE_BEARER_REQUEST:
		return true;
	default:
		return false;
	}
}

struct gtpc_v2 lab_refuse(const struct lab_context *c, enum gtpc_v2_type type, uint8_t cause)
{
	struct gtpc_v2 m = message(c, type, is_of_pgw(type) ? c->control_sgsn : c->control_ggsn);

	m.present = GTPC_V2_HAS_CAUSE;
	m.cause = cause;
	m.bearers[0].has_cause = true;
	m.bearers[0].cause = cause;
	return m;
}

/* Good until the next call. */
static struct gtp_octets paa(const struct lab_context *c)
{
	static uint8_t octets[5] = {1}; /* IPv4 */

	if (c->is_unbound)
		return (struct gtp_octets){0};
	lab_ipv4(c, octets + 1);
	return (struct gtp_octets){.data = octets, .len = sizeof(octets)};
}

struct gtpc_v2 lab_accept(const struct lab_context *c, enum gtpc_v2_type type)
{
	struct gtpc_v2 m = lab_refuse(c, type, GTPC_V2_CAUSE_ACCEPTED);

	if (type == GTPC_V2_CREATE_SESSION_RESPONSE) {
		m.pgw_c = lab_fteid(c->ggsn, c->control_ggsn);
		m.paa = paa(c);
		m.bearers[0].pgw_u = lab_fteid(c->ggsn, c->up);
	} else if (type == GTPC_V2_CREATE_BEARER_RESPONSE) {
		m.bearers[0].sgw_u = lab_fteid(c->sgsn, c->down);
		m.bearers[0].pgw_u = lab_fteid(c->ggsn, c->up);
	}
	return m;
}

static uint64_t give(uint8_t from, const struct lab_context *c, uint8_t type, const uint8_t *data,
		     int len)
{
	CU_ASSERT_TRUE_FATAL(len > 0);
	if (is_of_pgw(type))
		return lab_give(DATAPATH_CORE, from, c->sgsn, data, (size_t)len);
	return lab_give(DATAPATH_ACCESS, from, c->ggsn, data, (size_t)len);
}

uint64_t lab_send_from(uint8_t last_octet, const struct lab_context *c, const struct gtpc_v2 *m)
{
	uint8_t data[2048];

	return give(last_octet, c, m->type, data, gtpc_v2_write(data, sizeof(data), m));
}

uint64_t lab_send(const struct lab_context *c, const struct gtpc_v2 *m)
{
	return lab_send_from(is_of_pgw(m->type) ? c->ggsn : c->sgsn, c, m);
}

uint64_t lab_send_both(const struct lab_context *c, const struct gtpc_v2 *first,
		       const struct gtpc_v2 *second)
{
	struct gtpc_v2 bearing = *first;
	uint8_t data[2048];
	int len;

	bearing.has_next = true;
	len = gtpc_v2_write(data, sizeof(data), &bearing);
	CU_ASSERT_TRUE_FATAL(len > 0);
	len += gtpc_v2_write(data + len, sizeof(data) - (size_t)len, second);
	return give(is_of_pgw(first->type) ? c->ggsn : c->sgsn, c, first->type, data, len);
}

uint64_t lab_begin(struct lab_context *c, struct e2m_keyset_id name, uint8_t key_id)
{
	struct gtpc_v2 m = lab_create_session(c);

	m.pco = lab_pco(name, key_id);
	lab_send(c, &m);
	m = lab_accept(c, GTPC_V2_CREATE_SESSION_RESPONSE);
	return lab_send(c, &m);
}

uint64_t lab_begin_dedicated(struct lab_context *c, const struct lab_context *of)
{
	struct gtpc_v2 m = lab_create_bearer(c, of);

	lab_send(c, &m);
	m = lab_accept(c, GTPC_V2_CREATE_BEARER_RESPONSE);
	return lab_send(c, &m);
}
