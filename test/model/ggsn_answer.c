/* SPDX-License-Identifier: BSD-3-Clause */
#include "ggsn_answer.h"

#include "sgsn.h"

/* TS 29.274 8.22. */
enum interface {
	S5_PGW_U = 5,
	S5_PGW_C = 7,
	S2B_EPDG_U = 31,
	S2B_PGW_C = 32,
	S2B_PGW_U = 33,
};

static const uint8_t v1_kinds[] = {
	[1] = ASKED_ECHO, [16] = ASKED_CREATE, [18] = ASKED_UPDATE, [20] = ASKED_DELETE};
static const uint8_t v2_kinds[] = {
	[1] = ASKED_ECHO, [32] = ASKED_CREATE, [34] = ASKED_UPDATE, [36] = ASKED_DELETE};

static enum asked_kind kind_of(const struct msg *m)
{
	if (m->version == 1)
		return m->type < sizeof(v1_kinds) ? v1_kinds[m->type] : ASKED_NOTHING;
	return m->type < sizeof(v2_kinds) ? v2_kinds[m->type] : ASKED_NOTHING;
}

bool asked_is_request(const struct msg *m)
{
	return kind_of(m) != ASKED_NOTHING;
}

const char *asked_name(enum asked_kind kind)
{
	static const char *const names[] = {"nothing", "Echo", "Create", "Update", "Delete"};

	return names[kind];
}

/* The element that counts where it is repeated. */
static const struct ie *element(const struct msg *m, uint8_t type, uint32_t habits)
{
	const struct ie *found = NULL;

	for (unsigned i = 0; i < m->count; i++)
		if (m->ies[i].type == type && (!found || (habits & HABIT_LAST_ELEMENT)))
			found = &m->ies[i];
	return found;
}

static const struct ie *nth(const struct msg *m, uint8_t type, unsigned n)
{
	for (unsigned i = 0; i < m->count; i++)
		if (m->ies[i].type == type && n-- == 0)
			return &m->ies[i];
	return NULL;
}

static uint8_t apn_of(const struct ie *ie)
{
	const char *name = apn_name(1);

	return ie && ie->len == strlen(name) + 1 && memcmp(ie->value + 1, name, ie->len - 1u) == 0;
}

static unsigned sub_of(const struct ie *ie)
{
	char digits[16];

	return ie_imsi(ie, digits) ? subscriber_of(digits) : SUBS;
}

/* --- version 1 --- */

static bool read_gsn(const struct ie *ie, struct tunnel *end, uint32_t habits)
{
	if (ie && ie->len == 5 && (habits & HABIT_ODD_ADDRESS)) {
		tunnel_set_ipv4(end, ie->value);
		return true;
	}
	return ie_gsn(ie, end);
}

static void read_addresses(struct asked *a, const struct msg *m, uint32_t habits)
{
	const struct ie *third = nth(m, V1_GSN, 2);

	a->has_control = read_gsn(nth(m, V1_GSN, 0), &a->control, habits);
	a->has_user = read_gsn(nth(m, V1_GSN, 1), &a->user, habits);
	if (third && (habits & (HABIT_LAST_ELEMENT | HABIT_ODD_ADDRESS)))
		a->has_user |= read_gsn(third, &a->user, habits);
}

static void read_eua(struct asked *a, const struct ie *eua)
{
	a->type = PDN_IPV4;
	if (!eua || eua->len < 2)
		return;
	if ((eua->value[0] & 15) == 0)
		a->type = PDN_NONE;
	else if (eua->value[1] == 0x57)
		a->type = PDN_IPV6;
	else if (eua->value[1] == 0x8d)
		a->type = PDN_IPV4V6;
	if (a->type == PDN_IPV4 && eua->len == 6)
		a->static_ipv4 = pdn_number_ipv4(eua->value + 2);
}

static void read_v1(struct asked *a, const struct msg *m, uint32_t habits)
{
	const struct ie *linked = nth(m, V1_NSAPI, 1);

	a->sub = sub_of(element(m, V1_IMSI, habits));
	a->nsapi = ie8(nth(m, V1_NSAPI, 0)) & 15;
	a->is_linked = a->kind == ASKED_CREATE && linked;
	a->linked = ie8(linked) & 15;
	a->recovery = ie8(nth(m, V1_RECOVERY, 0));
	a->is_teardown = ie8(nth(m, V1_TEARDOWN, 0)) & 1;
	a->apn = apn_of(element(m, V1_APN, habits));
	a->has_user_teid = element(m, V1_TEID_DATA, habits);
	a->user.teid = ie32(element(m, V1_TEID_DATA, habits));
	a->has_control_teid = element(m, V1_TEID_CONTROL, habits);
	a->control.teid = ie32(element(m, V1_TEID_CONTROL, habits));
	read_addresses(a, m, habits);
	read_eua(a, element(m, V1_EUA, habits));
}

/* --- version 2 --- */

static void read_bearer(struct asked *a, const struct ie *bearer)
{
	static const uint8_t instances[] = {2, 1, 5, 6}; /* S5/S8 in Create and Modify, S2b, S2a */
	struct ie ie;

	if (!bearer)
		return;
	if (msg_find_in_group(bearer, V2_EBI, 0, &ie))
		a->nsapi = ie8(&ie) & 15;
	for (size_t i = 0; i < sizeof(instances) && !a->has_user; i++)
		if (msg_find_in_group(bearer, V2_FTEID, instances[i], &ie) &&
		    ie_fteid(&ie, &a->user)) {
			a->has_user = a->has_user_teid = true;
			a->interface = ie.value[0] & 0x3f;
		}
}

static void read_v2(struct asked *a, const struct msg *m, uint32_t habits)
{
	static const uint8_t types[] = {PDN_IPV4, PDN_IPV4, PDN_IPV6, PDN_IPV4V6, PDN_NONE};
	const struct ie *type = nth(m, V2_PDN_TYPE, 0), *paa = nth(m, V2_PAA, 0);

	a->sub = sub_of(element(m, V2_IMSI, habits));
	a->apn = apn_of(element(m, V2_APN, habits));
	a->recovery = ie8(nth(m, V2_RECOVERY, 0));
	a->is_handover = ie8(nth(m, V2_INDICATION, 0)) & 0x20; /* HI, TS 29.274 8.12 */
	a->has_control = a->has_control_teid = ie_fteid(nth(m, V2_FTEID, 0), &a->control);
	a->type = types[(type && ie8(type) <= 4) ? ie8(type) : 1];
	if (paa && paa->len == 5)
		a->static_ipv4 = pdn_number_ipv4(paa->value + 1);
	a->nsapi = a->kind == ASKED_DELETE ? ie8(nth(m, V2_EBI, 0)) & 15 : 0;
	a->is_teardown = a->kind == ASKED_DELETE;
	read_bearer(a, element(m, V2_BEARER, habits));
}

void asked_read(struct asked *a, const struct msg *m, const struct tunnel *source, uint32_t habits)
{
	const struct ie *pco;

	*a = (struct asked){.kind = kind_of(m),
			    .version = m->version,
			    .teid = m->teid,
			    .source = *source,
			    .sub = SUBS};
	if (m->version == 1)
		read_v1(a, m, habits);
	else
		read_v2(a, m, habits);
	pco = nth(m, m->version == 1 ? V1_PCO : V2_PCO, 0);
	a->has_e2m =
		pco && pco_find_e2m(&a->e2m, &e2m_default_numbers, NULL, pco->value, pco->len) == 1;
}

/* --- responses --- */

/* An address that was given as asked for need not be repeated. */
static bool tells_address(const struct asked *a, const struct pdp *p, uint32_t habits)
{
	return !(habits & HABIT_NO_ADDRESS) || !a->static_ipv4 || a->static_ipv4 != p->pdn.ipv4;
}

static void add_eua(struct msg *r, const struct asked *a, const struct pdp *p)
{
	uint8_t eua[22] = {0xf1, 0x21};
	size_t len = 2;

	if (a->type == PDN_NONE) {
		memcpy(eua, (uint8_t[]){0xf0, 0x01}, 2);
	} else if (a->type == PDN_IPV4) {
		if (p->is_told)
			pdn_octets_ipv4(p->pdn.ipv4, eua + 2);
		len = 6;
	} else {
		eua[1] = a->type == PDN_IPV6 ? 0x57 : 0x8d;
		if (a->type == PDN_IPV4V6) {
			if (p->is_told)
				pdn_octets_ipv4(p->pdn.ipv4, eua + 2);
			len += 4;
		}
		pdn_octets_ipv6(p->pdn.ipv6, eua + len);
		len += 16;
	}
	msg_add(r, V1_EUA, 0, eua, len);
}

static void accept_v1(struct msg *r, const struct asked *a, const struct pdp *p, uint8_t recovery,
		      uint32_t habits)
{
	msg_add8(r, V1_CAUSE, 128);
	if (a->kind == ASKED_DELETE)
		return;
	msg_add8(r, V1_RECOVERY, recovery);
	msg_add32(r, V1_TEID_DATA, p->user.teid);
	msg_add32(r, V1_TEID_CONTROL, p->control.teid);
	if (a->kind == ASKED_CREATE && !a->is_linked && tells_address(a, p, habits))
		add_eua(r, a, p);
	msg_add_gsn(r, &p->control);
	msg_add_gsn(r, &p->user);
}

static void add_paa(struct msg *r, const struct asked *a, const struct pdp *p)
{
	uint8_t paa[22] = {0};
	size_t len = 1;

	if (a->type == PDN_NONE)
		return;
	paa[0] = a->type == PDN_IPV4 ? 1 : a->type == PDN_IPV6 ? 2 : 3;
	if (a->type != PDN_IPV4) {
		paa[1] = 64;
		pdn_octets_ipv6(p->pdn.ipv6, paa + 2);
		len += 17;
	}
	if (a->type != PDN_IPV6) {
		if (p->is_told)
			pdn_octets_ipv4(p->pdn.ipv4, paa + len);
		len += 4;
	}
	msg_add(r, V2_PAA, 0, paa, len);
}

static void add_bearer(struct msg *r, const struct asked *a, const struct pdp *p)
{
	const uint8_t cause[2] = {16};
	struct msg inner = {.version = 2};
	unsigned group = r->count;

	msg_add(r, V2_BEARER, 0, NULL, 0);
	msg_add8(&inner, V2_EBI, p->nsapi);
	msg_add(&inner, V2_CAUSE, 0, cause, 2);
	if (a->kind == ASKED_CREATE && a->interface == S2B_EPDG_U)
		msg_add_fteid(&inner, 4, S2B_PGW_U, &p->user);
	else if (a->kind == ASKED_CREATE)
		msg_add_fteid(&inner, 2, S5_PGW_U, &p->user);
	for (unsigned i = 0; i < inner.count; i++)
		msg_add_to_group(r, group, &inner.ies[i]);
}

static void accept_v2(struct msg *r, const struct asked *a, const struct pdp *p, uint8_t recovery,
		      uint32_t habits)
{
	const uint8_t cause[2] = {16};

	msg_add(r, V2_CAUSE, 0, cause, 2);
	if (a->kind == ASKED_DELETE)
		return;
	if (a->kind == ASKED_CREATE) {
		msg_add_fteid(r, 1, a->interface == S2B_EPDG_U ? S2B_PGW_C : S5_PGW_C, &p->control);
		if (tells_address(a, p, habits))
			add_paa(r, a, p);
	}
	msg_add8(r, V2_RECOVERY, recovery);
	add_bearer(r, a, p);
}

static void refuse(struct msg *r, const struct asked *a)
{
	const uint8_t cause[2] = {a->kind == ASKED_CREATE ? 73 : 64};

	if (r->version == 1)
		msg_add8(r, V1_CAUSE, a->kind == ASKED_CREATE ? 199 : 192);
	else
		msg_add(r, V2_CAUSE, 0, cause, 2);
}

void answer_write(struct msg *r, const struct msg *request, const struct asked *a,
		  const struct pdp *p, bool is_accepted, uint8_t recovery, uint32_t habits)
{
	*r = (struct msg){.version = request->version,
			  .type = (uint8_t)(request->type + 1),
			  .sequence = request->sequence,
			  .teid = a->peer_teid};
	if (a->kind == ASKED_ECHO)
		msg_add8(r, r->version == 1 ? V1_RECOVERY : V2_RECOVERY, recovery);
	else if (!is_accepted)
		refuse(r, a);
	else if (r->version == 1)
		accept_v1(r, a, p, recovery, habits);
	else
		accept_v2(r, a, p, recovery, habits);
}
