/* SPDX-License-Identifier: BSD-3-Clause */
/* sgsn_messages: the octets of requests, for the SGSNs and the attacker. */
#include "sgsn_messages.h"
#include "gtp/pco.h"

/* TS 29.274 8.22. */
enum interface {
	S5_SGW_U = 4,
	S5_SGW_C = 6,
	S2B_EPDG_C = 30,
	S2B_EPDG_U = 31,
};

static uint32_t next_sequence;

void sgsn_begin_messages(void)
{
	next_sequence = 0x100;
}

uint32_t sgsn_next_sequence(void)
{
	return ++next_sequence;
}

void sgsn_add_pco(struct msg *m, unsigned sub, unsigned keyset, uint8_t key_id)
{
	struct pco_e2m e2m = {.key_id = key_id};
	uint8_t pco[PCO_MAX_LEN];
	size_t len;

	if (keyset == 0)
		return;
	e2m.id = keyset_id(sub, keyset, (sub + keyset) % 2);
	len = pco_write_e2m(pco, &e2m_default_numbers, &e2m);
	msg_add(m, m->version == 1 ? V1_PCO : V2_PCO, 0, pco, len);
}

static void add_eua(struct msg *m, const struct wish *wish)
{
	static const uint8_t types[PDN_TYPES][2] = {
		{0xf1, 0x21}, {0xf1, 0x57}, {0xf1, 0x8d}, {0xf0, 0x01}};
	uint8_t eua[6];
	size_t len = 2;

	memcpy(eua, types[wish->type], 2);
	if (wish->static_ipv4) {
		pdn_octets_ipv4(wish->static_ipv4, eua + 2);
		len = 6;
	}
	msg_add(m, V1_EUA, 0, eua, len);
}

static void create_v1(struct msg *m, const struct wish *wish, unsigned sub, uint8_t nsapi,
		      const struct tunnel *down, const struct tunnel *control)
{
	if (!wish->is_secondary)
		msg_add_imsi(m, subscribers[sub].imsi);
	msg_add8(m, V1_SELECTION_MODE, 0xfc);
	msg_add32(m, V1_TEID_DATA, down->teid);
	msg_add32(m, V1_TEID_CONTROL, control->teid);
	msg_add8(m, V1_NSAPI, (uint8_t)(0xf0 | nsapi));
	if (wish->is_secondary)
		msg_add8(m, V1_NSAPI, 0xf0 | 5);
	if (!wish->is_secondary) {
		add_eua(m, wish);
		msg_add_apn(m, apn_name(wish->apn));
	}
	msg_add_gsn(m, control);
	msg_add_gsn(m, down);
	msg_add(m, V1_QOS, 0, (uint8_t[]){2, 0x23, 0x92, 0x1f}, 4);
}

static void add_bearer(struct msg *m, uint8_t ebi, uint8_t instance, uint8_t interface,
		       const struct tunnel *down)
{
	struct msg inner = {.version = 2};
	const unsigned group = m->count;

	msg_add(m, V2_BEARER, 0, NULL, 0);
	msg_add8(&inner, V2_EBI, ebi);
	msg_add_fteid(&inner, instance, interface, down);
	for (unsigned i = 0; i < inner.count; i++)
		msg_add_to_group(m, group, &inner.ies[i]);
}

static void add_paa(struct msg *m, const struct wish *wish)
{
	uint8_t paa[22] = {(uint8_t)(1 + wish->type)};
	const size_t lens[] = {5, 18, 22};

	if (wish->type == PDN_NONE)
		return;
	if (wish->static_ipv4)
		pdn_octets_ipv4(wish->static_ipv4, paa + 1);
	msg_add(m, V2_PAA, 0, paa, lens[wish->type]);
}

static void create_v2(struct msg *m, const struct wish *wish, unsigned sub, uint8_t nsapi,
		      const struct tunnel *down, const struct tunnel *control)
{
	msg_add_imsi(m, subscribers[sub].imsi);
	msg_add8(m, V2_RAT, wish->is_s2b ? 3 : 6);
	msg_add_fteid(m, 0, wish->is_s2b ? S2B_EPDG_C : S5_SGW_C, control);
	msg_add_apn(m, apn_name(wish->apn));
	if (wish->is_s2b)
		msg_add(m, V2_INDICATION, 0, (uint8_t[]){0x20, 0}, 2);
	msg_add8(m, V2_PDN_TYPE, (uint8_t)(1 + wish->type));
	add_paa(m, wish);
	add_bearer(m, nsapi, wish->is_s2b ? 5 : 2, wish->is_s2b ? S2B_EPDG_U : S5_SGW_U, down);
}

struct msg sgsn_create_msg(const struct wish *wish, unsigned sub, uint8_t nsapi,
			   const struct tunnel *down, const struct tunnel *control,
			   unsigned keyset_sub, unsigned keyset, uint8_t key_id)
{
	struct msg m = {.version = wish->version,
			.type = wish->version == 1 ? 16 : 32,
			.sequence = sgsn_next_sequence()};

	if (wish->version == 1)
		create_v1(&m, wish, sub, nsapi, down, control);
	else
		create_v2(&m, wish, sub, nsapi, down, control);
	sgsn_add_pco(&m, keyset_sub, keyset, key_id);
	return m;
}

struct msg sgsn_update_msg(uint8_t version, uint32_t teid, uint8_t nsapi, const struct tunnel *down,
			   const struct tunnel *control)
{
	struct msg m = {.version = version,
			.type = version == 1 ? 18 : 34,
			.teid = teid,
			.sequence = sgsn_next_sequence()};

	if (version == 2) {
		msg_add_fteid(&m, 0, S5_SGW_C, control);
		add_bearer(&m, nsapi, 1, S5_SGW_U, down);
		return m;
	}
	msg_add32(&m, V1_TEID_DATA, down->teid);
	msg_add32(&m, V1_TEID_CONTROL, control->teid);
	msg_add8(&m, V1_NSAPI, (uint8_t)(0xf0 | nsapi));
	msg_add_gsn(&m, control);
	msg_add_gsn(&m, down);
	msg_add(&m, V1_QOS, 0, (uint8_t[]){2, 0x23, 0x92, 0x1f}, 4);
	return m;
}
