/* SPDX-License-Identifier: BSD-3-Clause */
#include "sgsn.h"

#include <stdio.h>

#include "frame.h"
#include "ggsn.h"
#include "hse.h"
#include "judge.h"
#include "owners.h"
#include "sgsn_messages.h"

/* TS 29.274 8.22. */
#define S5_SGW_U 4

struct context contexts[SUBS][CONTEXTS];

static uint32_t next_teid;
static uint8_t recoveries[NODES];
static bool is_spoilt[SUBS]; /* the attacker has named this subscriber */
/* Next COUNT of the uplink, by subscriber, keyset and bearer. */
static uint32_t counts[SUBS][KEYSETS + 1][BEARERS];

void sgsn_begin(void)
{
	memset(contexts, 0, sizeof(contexts));
	memset(counts, 0, sizeof(counts));
	memset(is_spoilt, 0, sizeof(is_spoilt));
	next_teid = 0x1000;
	sgsn_begin_messages();
	for (unsigned i = 0; i < NODES; i++)
		recoveries[i] = (uint8_t)(1 + i);
}

/* --- procedures --- */

/* A context that has ended at the GGSN may name TEIDs that are another's now. */
static void spoil_by_stale(const struct context *c, const struct msg *m)
{
	uint8_t octets[MSG_OCTETS];

	if (!c->is_clean)
		sgsn_spoil(NULL, octets, msg_write(m, octets));
}

static void ask(struct context *c, const struct msg *m)
{
	const struct tunnel from = node_end(c->asked.node, false, c->asked.port);
	const struct tunnel to = ggsn_end(c->asked.ggsn, 0, false, GTPC);

	c->is_pending = true;
	c->asked.type = m->type;
	c->asked.sequence = m->sequence;
	spoil_by_stale(c, m);
	send_msg(true, &from, &to, m);
}

static void begin(struct context *c, unsigned node)
{
	c->asked.node = (uint8_t)node;
	c->asked.ggsn = c->ggsn;
	c->asked.port = GTPC;
	c->asked.keyset = 0;
	c->asked.down = node_end(node, false, ++next_teid);
	c->asked.control = node_end(node, false, ++next_teid);
}

/* What a GGSN has reported of an attacker's context stays until the GGSN reports otherwise. */
static bool is_reported_wrongly(unsigned sub)
{
	return is_spoilt[sub] && (ggsn_habits(0) & HABIT_REPORTS);
}

void sgsn_create(unsigned sub, unsigned slot, const struct wish *wish)
{
	struct context *c = &contexts[sub][slot];
	const struct context *primary = &contexts[sub][0];
	const bool is_anew = c->is_live;
	struct msg m;

	if (slot == 0 && contexts[sub][1].is_secondary)
		contexts[sub][1].is_live = contexts[sub][1].is_pending = false;
	*c = (struct context){.sub = (uint8_t)sub,
			      .slot = (uint8_t)slot,
			      .is_clean = !c->is_pending && !is_reported_wrongly(sub),
			      .version = wish->version,
			      .nsapi = (uint8_t)(5 + slot),
			      .apn = wish->apn,
			      .ggsn = wish->ggsn,
			      .node = subscribers[sub].node,
			      .type = wish->type,
			      .is_secondary = wish->is_secondary,
			      .is_protected = subscribers[sub].has_keys,
			      .key_id = (uint8_t)(1 + slot)};
	begin(c, wish->is_secondary ? primary->node : c->node);
	if (subscribers[sub].has_keys)
		c->asked.keyset =
			(uint8_t)(wish->is_secondary ? primary->keyset : 1 + pick(KEYSETS));
	if (wish->is_secondary) {
		c->asked.control = primary->control;
		c->key_id = primary->key_id;
	}
	m = sgsn_create_msg(wish, sub, c->nsapi, &c->asked.down, &c->asked.control, sub,
			    c->asked.keyset, c->key_id);
	if (wish->is_secondary)
		m.teid = primary->ggsn_control.teid;
	else
		msg_add8(&m, m.version == 1 ? V1_RECOVERY : V2_RECOVERY, recoveries[c->node]);
	say("%s creates NSAPI %u%s by GTPv%u at GGSN %u, %s, type %u%s, tunnel %s, keyset %u",
	    subscribers[sub].name, c->nsapi, is_anew ? " anew" : "", m.version, c->ggsn + 1,
	    wish->is_secondary ? "secondary" : apn_name(wish->apn), wish->type,
	    wish->static_ipv4 ? ", static address" : "", end_str(&c->asked.down), c->asked.keyset);
	ask(c, &m);
}

void sgsn_move(struct context *c, bool is_other_node, bool is_rekey)
{
	const bool is_one_of_many =
		c->version == 2 && contexts[c->sub][1].is_live && contexts[c->sub][1].is_secondary;
	/* An S-GW hands over a whole PDN connection (TS 29.274 7.2.7). */
	const uint8_t node = is_other_node && !is_rekey && !is_one_of_many ? c->node ^ 1 : c->node;
	struct msg m;

	begin(c, node);
	if (node == c->node)
		c->asked.control = c->control;
	if (is_rekey) {
		c->asked.down = c->down;
		c->asked.keyset = (uint8_t)(c->keyset % KEYSETS + 1);
		c->key_id = (uint8_t)(c->key_id % 7 + 1);
	}
	m = sgsn_update_msg(c->version, c->ggsn_control.teid, c->nsapi, &c->asked.down,
			    &c->asked.control);
	sgsn_add_pco(&m, c->sub, c->asked.keyset, c->key_id);
	msg_add8(&m, m.version == 1 ? V1_RECOVERY : V2_RECOVERY, recoveries[node]);
	say("%s %s NSAPI %u %s %s, keyset %u", subscribers[c->sub].name,
	    is_rekey ? "rekeys" : "moves", c->nsapi, is_rekey ? "in" : "to",
	    end_str(&c->asked.down), c->asked.keyset);
	ask(c, &m);
}

void sgsn_delete(struct context *c)
{
	struct msg m = {.version = c->version,
			.type = c->version == 1 ? 20 : 36,
			.teid = c->ggsn_control.teid,
			.sequence = sgsn_next_sequence()};

	begin(c, c->node);
	if (c->version == 1) {
		msg_add8(&m, V1_TEARDOWN, (uint8_t)(0xfe | !c->is_secondary));
		msg_add8(&m, V1_NSAPI, (uint8_t)(0xf0 | c->nsapi));
	} else {
		msg_add8(&m, V2_EBI, c->nsapi);
	}
	say("%s deletes NSAPI %u", subscribers[c->sub].name, c->nsapi);
	ask(c, &m);
}

void sgsn_echo(unsigned node, unsigned ggsn)
{
	const struct tunnel from = node_end(node, false, GTPC), to = ggsn_end(ggsn, 0, false, GTPC);
	struct msg m = {
		.version = (uint8_t)(1 + pick(2)), .type = 1, .sequence = sgsn_next_sequence()};

	if (m.version == 2)
		msg_add8(&m, V2_RECOVERY, recoveries[node]);
	send_msg(true, &from, &to, &m);
}

void sgsn_restart(unsigned node)
{
	say("SGSN %u restarts", node + 1);
	recoveries[node] = (uint8_t)(recoveries[node] + 10);
	for (unsigned s = 0; s < SUBS; s++)
		for (unsigned i = 0; i < CONTEXTS; i++)
			if (contexts[s][i].node == node)
				contexts[s][i].is_live = contexts[s][i].is_pending =
					contexts[s][i].is_clean = false;
}

/* --- responses --- */

/* A refusal may have TEID 0. */
static bool is_to(const struct context *c, const struct msg *m)
{
	return m->teid == 0 || m->teid == c->control.teid || m->teid == c->asked.control.teid;
}

static struct context *find_asked(const struct datagram *d, const struct msg *m)
{
	for (unsigned s = 0; s < SUBS; s++)
		for (unsigned i = 0; i < CONTEXTS; i++) {
			struct context *c = &contexts[s][i];
			const struct tunnel node = node_end(c->asked.node, false, 0);

			if (c->is_pending && is_to(c, m) && m->type == c->asked.type + 1 &&
			    m->version == c->version && m->sequence == c->asked.sequence &&
			    tunnel_has_same_receiver(&node, &d->destination))
				return c;
		}
	return NULL;
}

static bool is_accepted(struct msg *m)
{
	const uint8_t cause = ie8(msg_find(m, m->version == 1 ? V1_CAUSE : V2_CAUSE, 0));

	return m->version == 1 ? cause >= 128 && cause < 192 : cause >= 16 && cause < 64;
}

static void read_eua(struct context *c, const struct ie *eua)
{
	const uint8_t *p = eua ? eua->value + 2 : NULL;

	if (!eua || eua->len < 2 || eua->value[0] != 0xf1)
		return;
	if (eua->value[1] != 0x57 && eua->len >= 6) {
		c->pdn.ipv4 = pdn_number_ipv4(p);
		p += 4;
	}
	if (eua->value[1] != 0x21 && p + 16 <= eua->value + eua->len)
		c->pdn.ipv6 = pdn_number_ipv6(p);
}

static void read_paa(struct context *c, const struct ie *paa)
{
	const uint8_t *p = paa ? paa->value + 1 : NULL;

	if (!paa || paa->len < 5)
		return;
	if (ie8(paa) != 1 && paa->len >= 18) {
		c->pdn.ipv6 = pdn_number_ipv6(p + 1);
		p += 17;
	}
	if (ie8(paa) != 2 && p + 4 <= paa->value + paa->len)
		c->pdn.ipv4 = pdn_number_ipv4(p);
}

static void take_created(struct context *c, struct msg *m)
{
	struct ie ie;

	if (c->version == 1) {
		c->up.teid = ie32(msg_find(m, V1_TEID_DATA, 0));
		c->ggsn_control.teid = ie32(msg_find(m, V1_TEID_CONTROL, 0));
		ie_gsn(msg_find(m, V1_GSN, 0), &c->ggsn_control);
		ie_gsn(msg_find(m, V1_GSN, 1), &c->up);
		read_eua(c, msg_find(m, V1_EUA, 0));
	} else {
		ie_fteid(msg_find(m, V2_FTEID, 0), &c->ggsn_control);
		if (msg_find(m, V2_BEARER, 0) &&
		    msg_find_in_group(msg_find(m, V2_BEARER, 0), V2_FTEID, 2, &ie))
			ie_fteid(&ie, &c->up);
		read_paa(c, msg_find(m, V2_PAA, 0));
	}
	if (c->is_secondary)
		c->pdn = contexts[c->sub][0].pdn;
	c->is_live = true;
}

/* The GGSN may not have told the address: the UE has it by other means. */
static void learn_address(struct context *c)
{
	const struct pdp *p = ggsn_find_user(c->ggsn, c->up.teid);

	if (!p || p->sub != c->sub)
		return;
	c->is_untold = p->pdn.ipv4 && !p->is_told;
	c->pdn = p->pdn;
}

static void take_accepted(struct context *c, struct msg *m)
{
	switch (c->asked.type) {
	case 16:
	case 32:
		take_created(c, m);
		learn_address(c);
		if (!c->is_protected && owners_are_doubtful(c->ggsn, c->pdn))
			c->is_clean = false;
		ggsn_confirm(c->ggsn, c->up.teid, c->sub, c->slot);
		break;
	case 20:
	case 36:
		for (unsigned i = 0; i < CONTEXTS; i++)
			if (i == c->slot || (!c->is_secondary && contexts[c->sub][i].is_secondary))
				contexts[c->sub][i].is_live = false;
		if (!c->is_secondary && c->is_clean)
			owners_forget(c->ggsn, c->apn, c->sub, c->pdn);
		return;
	default:
		break;
	}
	c->node = c->asked.node;
	c->down = c->asked.down;
	c->control = c->asked.control;
	if (c->asked.keyset)
		c->keyset = c->asked.keyset;
}

/* A GGSN has reported a context with this NSAPI, which ends when that GGSN says so. */
static bool is_reported_elsewhere(const struct context *c)
{
	for (const struct pdp *p = pdps; p < pdps + PDPS; p++)
		if (p->is_live && p->is_reported && p->ggsn != c->ggsn && p->sub == c->sub &&
		    p->nsapi == c->nsapi)
			return true;
	return false;
}

/* Create Bearer Request: the second context of the subscriber. */
static void add_dedicated(const struct datagram *d, struct msg *request)
{
	struct msg m = {.version = 2, .type = 96, .sequence = request->sequence},
		   inner = {.version = 2};
	struct context *c = NULL, *primary = NULL;
	struct ie up;

	for (unsigned s = 0; s < SUBS && !primary; s++)
		if (contexts[s][0].is_live && contexts[s][0].control.teid == request->teid)
			primary = &contexts[s][0];
	/* Not during a handover (TS 29.274 7.2.4). */
	if (!primary || primary->is_pending || primary->version != 2 ||
	    contexts[primary->sub][1].is_live || contexts[primary->sub][1].is_pending ||
	    !msg_find(request, V2_BEARER, 0) ||
	    !msg_find_in_group(msg_find(request, V2_BEARER, 0), V2_FTEID, 1, &up))
		return;
	c = &contexts[primary->sub][1];
	*c = *primary;
	c->slot = 1;
	c->is_pending = true; /* until the P-GW has the response */
	c->nsapi = 6;
	c->is_secondary = true;
	c->is_clean &= !is_reported_elsewhere(c);
	c->down.teid = ++next_teid;
	ie_fteid(&up, &c->up);
	m.teid = primary->ggsn_control.teid;
	msg_add(&m, V2_CAUSE, 0, (uint8_t[]){16, 0}, 2);
	msg_add(&m, V2_BEARER, 0, "", 0);
	msg_add8(&inner, V2_EBI, c->nsapi);
	msg_add(&inner, V2_CAUSE, 0, (uint8_t[]){16, 0}, 2);
	msg_add_fteid(&inner, 2, S5_SGW_U, &c->down);
	msg_add_fteid(&inner, 3, 5, &c->up);
	for (unsigned i = 0; i < inner.count; i++)
		msg_add_to_group(&m, 1, &inner.ies[i]);
	say("    %s has a dedicated bearer, tunnel %s", subscribers[c->sub].name,
	    end_str(&c->down));
	send_msg(true, &d->destination, &d->source, &m);
}

/* The GGSN may know of a context, or of a move, before its response is here. */
static bool is_addressed(const struct context *c, uint32_t teid)
{
	return (c->is_live && c->control.teid == teid) ||
	       (c->is_pending && c->asked.control.teid == teid);
}

/* A request of a GGSN: answered, and done. */
static void answer(const struct datagram *d, const struct msg *request)
{
	struct msg m = {.version = request->version,
			.type = (uint8_t)(request->type + 1),
			.sequence = request->sequence};

	for (unsigned s = 0; s < SUBS; s++)
		for (unsigned i = 0; i < CONTEXTS; i++) {
			struct context *c = &contexts[s][i];

			if (!is_addressed(c, request->teid))
				continue;
			if (!c->is_live)
				return; /* it does not know its GGSN's TEID yet */
			m.teid = c->ggsn_control.teid;
			if (request->type == 20 || request->type == 99)
				c->is_live = false;
		}
	if (m.version == 1)
		msg_add8(&m, V1_CAUSE, m.teid ? 128 : 192);
	else
		msg_add(&m, V2_CAUSE, 0, (uint8_t[]){m.teid ? 16 : 64, 0}, 2);
	send_msg(true, &d->destination, &d->source, &m);
}

void sgsn_take(const struct datagram *d)
{
	struct context *c;
	struct msg m;

	if (!msg_read(&m, d->data, d->len))
		return;
	if (m.type == 18 || m.type == 20 || m.type == 99) {
		answer(d, &m);
		return;
	}
	if (m.version == 2 && m.type == 95) {
		add_dedicated(d, &m);
		return;
	}
	c = find_asked(d, &m);
	if (!c)
		return;
	c->is_pending = false;
	if (is_accepted(&m))
		take_accepted(c, &m);
	else if (c->asked.type == 16 || c->asked.type == 32)
		c->is_live = false;
}

/* --- N-PDUs --- */

void sgsn_send_protected(const struct context *of, const struct tunnel *tunnel, const uint8_t *npdu,
			 size_t len)
{
	const struct tunnel from = node_end(of->node, !tunnel_is_ipv4(tunnel), 0);
	uint8_t pdu[NPDU_OCTETS + 16];

	len = keys_protect(of->sub, of->keyset, of->key_id, of->nsapi,
			   counts[of->sub][of->keyset][of->nsapi]++, npdu, len, pdu);
	send_gpdu(true, &from, tunnel, pdu, len);
}

void sgsn_skip_counts(void)
{
	for (unsigned s = 0; s < SUBS; s++)
		for (unsigned k = 1; k <= KEYSETS; k++)
			for (unsigned b = 0; b < BEARERS; b++)
				counts[s][k][b] += 300;
}

/* A GGSN that has ended the context has reported its end, or gives its TEID to another. */
static bool is_at_ggsn(const struct context *c)
{
	const struct pdp *p = ggsn_find_user(c->ggsn, c->up.teid);

	return p && p->sub == c->sub;
}

void sgsn_send_npdu(struct context *c)
{
	static const uint8_t ipv4[4] = {192, 0, 2, 1};
	static const uint8_t ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, 0xff, [15] = 1};
	const struct tunnel from = node_end(c->node, !tunnel_is_ipv4(&c->up), 0);
	unsigned version = c->pdn.ipv4 ? 4 : c->pdn.ipv6 ? 6 : 0;
	uint8_t out[NPDU_OCTETS], address[16];
	struct npdu npdu = {
		.owner = c->sub, .slot = c->slot, .ggsn = c->ggsn, .is_up = true, .tunnel = c->up};
	uint32_t serial;
	size_t len;

	if (c->pdn.ipv4 && c->pdn.ipv6 && one_in(2))
		version = 6;
	if (version == 4)
		pdn_octets_ipv4(c->pdn.ipv4, address);
	else
		pdn_octets_ipv6(c->pdn.ipv6, address);
	/* Before the UE has an address: a router solicitation, or DHCP. */
	if (!pdn_is_empty(c->pdn) && one_in(12))
		memcpy(address,
		       version == 4 ? (uint8_t[16]){0} : (uint8_t[16]){0xfe, 0x80, [15] = 2}, 16);
	npdu.is_forged = subscribers[c->sub].is_attackers;
	npdu.must_arrive = c->is_clean && !c->is_pending && !npdu.is_forged && is_at_ggsn(c) &&
			   (c->is_protected || !everyone_is_protected) &&
			   (version != 4 || !c->is_untold ||
			    !(owners_are_many(c->pdn.ipv4) || hse_is_overfull()));
	serial = judge_note(&npdu);
	len = npdu_write(out, version, address, version == 4 ? ipv4 : ipv6, serial);
	say("    uplink N-PDU %u of %s NSAPI %u%s", serial, subscribers[c->sub].name, c->nsapi,
	    npdu.must_arrive ? "; must arrive" : "");
	if (c->is_protected)
		sgsn_send_protected(c, &c->up, out, len);
	else
		send_gpdu(true, &from, &c->up, out, len);
}

/* --- who is touched --- */

static bool names(const uint8_t *octets, size_t len, uint32_t teid)
{
	const uint32_t word = htobe32(teid);

	return teid && memmem(octets, len, &word, sizeof(word));
}

static bool is_named(const struct context *c, const struct tunnel *source, const uint8_t *octets,
		     size_t len)
{
	const struct tunnel node = node_end(c->node, false, 0);
	struct msg imsi = {.version = 1};
	uint8_t address[16];

	msg_add_imsi(&imsi, subscribers[c->sub].imsi);
	pdn_octets_ipv4(c->pdn.ipv4, address);
	if (c->pdn.ipv4 && memmem(octets, len, address, 4))
		return true;
	pdn_octets_ipv6(c->pdn.ipv6, address);
	if (c->pdn.ipv6 && memmem(octets, len, address, 8))
		return true;
	if (source &&
	    (tunnel_has_same_receiver(source, &node) || memmem(octets, len, node.receiver + 12, 4)))
		return true;
	return memmem(octets, len, imsi.ies[0].value, 8) || names(octets, len, c->down.teid) ||
	       names(octets, len, c->control.teid) || names(octets, len, c->up.teid) ||
	       names(octets, len, c->ggsn_control.teid) || names(octets, len, c->asked.down.teid) ||
	       names(octets, len, c->asked.control.teid);
}

void sgsn_spoil(const struct tunnel *source, const uint8_t *octets, size_t len)
{
	for (unsigned s = 0; s < SUBS; s++)
		for (unsigned i = 0; i < CONTEXTS; i++)
			if (is_named(&contexts[s][i], source, octets, len)) {
				is_spoilt[s] = true;
				for (unsigned k = 0; k < CONTEXTS; k++)
					contexts[s][k].is_clean = false;
			}
}
