/* SPDX-License-Identifier: BSD-3-Clause */
#include "attacker.h"

#include "frame.h"
#include "ggsn.h"
#include "judge.h"

static const uint8_t targets[] = {SUB_V, SUB_V, SUB_V2, SUB_U};
static const uint8_t own[] = {SUB_A, SUB_A, SUB_A2, SUB_B};

static struct context *pick_live(const uint8_t *subs, unsigned count)
{
	for (unsigned tries = 0; tries < 6; tries++) {
		struct context *c = &contexts[subs[pick(count)]][one_in(4)];

		if (c->is_live)
			return c;
	}
	return NULL;
}

static struct context *pick_victim(void)
{
	return pick_live(targets, sizeof(targets));
}

static struct context *pick_own(void)
{
	return pick_live(own, sizeof(own));
}

void attacker_send(const struct msg *m, unsigned node, uint16_t port, unsigned ggsn,
		   bool is_fragmented)
{
	struct datagram d = {.to_core = true,
			     .source = node_end(node, false, port),
			     .destination = ggsn_end(ggsn, 0, false, GTPC)};

	d.len = (uint16_t)msg_write(m, d.data);
	sgsn_spoil(&d.source, d.data, d.len);
	if (is_fragmented)
		send_fragmented(&d);
	else
		send_datagram(&d);
}

/* From the victim's SGSN, from the attacker's, or from the host. */
static unsigned pick_node(const struct context *victim)
{
	static const uint8_t nodes[] = {NODE_ATTACKER, NODE_HOST, NODE_SGSN1};

	return one_in(2) && victim ? victim->node : nodes[pick(3)];
}

static uint16_t pick_port(void)
{
	return one_in(3) ? (uint16_t)(40000 + pick(3)) : GTPC;
}

/* A tunnel for what the attacker wants: an own session's, another victim's, or one on the host. */
static struct tunnel pick_tunnel(const struct context *victim)
{
	const struct context *a = pick_own(), *other = pick_victim();

	if (a && !one_in(3))
		return a->down;
	if (other && other != victim && one_in(2))
		return other->down;
	return node_end(NODE_HOST, false, 0x66000 + pick(3));
}

static void name_subscriber(struct msg *m, unsigned sub)
{
	struct msg first = *m;

	if (m->version != 1)
		return;
	m->count = 0;
	msg_add_imsi(m, subscribers[sub].imsi);
	for (unsigned i = 0; i < first.count; i++)
		msg_add(m, first.ies[i].type, 0, first.ies[i].value, first.ies[i].len);
}

/* What no well-kept SGSN sends. */
static void make_odd(struct msg *m)
{
	uint8_t odd[5] = {10, 1, 0, (uint8_t)(1 + pick(NODES)), 0};
	struct ie *ie;

	switch (pick(6)) {
	case 0: /* a third GSN Address, of five octets */
		msg_add(m, V1_GSN, 0, odd, sizeof(odd));
		break;
	case 1:
		msg_add(m, V1_GSN, 0, odd, 4);
		break;
	case 2: /* an element twice */
		ie = &m->ies[pick(m->count)];
		msg_add(m, ie->type, ie->instance, ie->value, ie->len);
		break;
	case 3:
		msg_add32(m, V1_TEID_DATA, 0x1000 + pick(40));
		break;
	case 4:
		name_subscriber(m, own[pick(sizeof(own))]);
		break;
	default:
		name_subscriber(m, targets[pick(sizeof(targets))]);
		break;
	}
}

/* --- attacks by messages --- */

static void move_victim(void)
{
	const struct context *c = pick_victim();
	struct tunnel down, control;
	struct msg m;

	if (!c)
		return;
	down = pick_tunnel(c);
	control = one_in(2) ? c->control : node_end(NODE_HOST, false, 0x66600);
	m = sgsn_update_msg(c->version, c->ggsn_control.teid, c->nsapi, &down, &control);
	if (one_in(3))
		make_odd(&m);
	say("attacker moves %s NSAPI %u to %s", subscribers[c->sub].name, c->nsapi, end_str(&down));
	attacker_send(&m, pick_node(c), pick_port(), c->ggsn, one_in(4));
}

/* First as it is, then, under the same number, elsewhere. */
static void move_victim_again(void)
{
	const struct context *c = pick_victim();
	const unsigned node = pick_node(c);
	const uint16_t port = pick_port();
	struct tunnel down;
	struct msg m;

	if (!c)
		return;
	down = pick_tunnel(c);
	m = sgsn_update_msg(c->version, c->ggsn_control.teid, c->nsapi, &c->down, &c->control);
	say("attacker updates %s as it is, then under the same number to %s",
	    subscribers[c->sub].name, end_str(&down));
	attacker_send(&m, node, port, c->ggsn, false);
	{
		struct msg again =
			sgsn_update_msg(c->version, m.teid, c->nsapi, &down, &c->control);

		again.sequence = m.sequence;
		attacker_send(&again, node, one_in(4) ? pick_port() : port, c->ggsn, false);
	}
}

static struct wish pick_wish(void)
{
	return (struct wish){.version = (uint8_t)(1 + pick(2)),
			     .type = (uint8_t)(one_in(2) ? PDN_IPV4 : pick(PDN_TYPES)),
			     .apn = (uint8_t)one_in(3),
			     .ggsn = (uint8_t)one_in(4)};
}

static void create_as_victim(void)
{
	const struct context *c = pick_victim();
	struct wish wish = pick_wish();
	const bool names_keyset = one_in(2);
	struct tunnel down, control;
	struct msg m;

	if (!c)
		return;
	wish.ggsn = one_in(3) ? !c->ggsn : c->ggsn;
	wish.apn = one_in(3) ? !c->apn : c->apn;
	wish.is_s2b = wish.version == 2 && one_in(3);
	wish.static_ipv4 = one_in(3) ? c->pdn.ipv4 : 0;
	if (wish.static_ipv4)
		wish.type = PDN_IPV4;
	down = one_in(4) ? c->down : pick_tunnel(c);
	control = node_end(NODE_HOST, false, 0x66700 + pick(3));
	m = sgsn_create_msg(&wish, c->sub, (uint8_t)(5 + pick(2)), &down, &control,
			    one_in(2) ? SUB_A : c->sub, names_keyset ? 1 + pick(KEYSETS) : 0,
			    (uint8_t)(1 + pick(3)));
	if (one_in(4))
		make_odd(&m);
	say("attacker creates a context of %s by GTPv%u%s at GGSN %u, tunnel %s%s",
	    subscribers[c->sub].name, m.version, wish.is_s2b ? " on S2b" : "", wish.ggsn + 1,
	    end_str(&down), names_keyset ? ", with a keyset" : "");
	attacker_send(&m, pick_node(c), pick_port(), wish.ggsn, one_in(6));
}

/* The attacker's subscriber, with a victim's tunnel, address, or context as its primary. */
static void create_own(void)
{
	const struct context *c = pick_victim();
	const unsigned sub = own[pick(sizeof(own))];
	const unsigned slot = pick(CONTEXTS);
	struct wish wish = pick_wish();
	struct tunnel down = node_end(NODE_ATTACKER, false, 0x67000 + pick(8)), control;
	struct msg m;

	if (!c)
		return;
	wish.ggsn = c->ggsn;
	wish.static_ipv4 = one_in(2) ? c->pdn.ipv4 : 0;
	wish.is_secondary = wish.version == 1 && one_in(4);
	if (wish.static_ipv4)
		wish.type = PDN_IPV4;
	if (!one_in(3))
		down = c->down;
	control = node_end(NODE_ATTACKER, false, 0x67800 + pick(8));
	m = sgsn_create_msg(&wish, sub, (uint8_t)(5 + slot), &down, &control, sub,
			    subscribers[sub].has_keys ? 1 + pick(KEYSETS) : 0, 1);
	if (wish.is_secondary)
		m.teid = c->ggsn_control.teid;
	if (one_in(6))
		make_odd(&m);
	say("attacker creates a context of %s by GTPv%u at GGSN %u, tunnel %s%s%s",
	    subscribers[sub].name, m.version, c->ggsn + 1, end_str(&down),
	    wish.static_ipv4 ? ", with the address of " : "",
	    wish.static_ipv4 ? subscribers[c->sub].name : "");
	attacker_send(&m, NODE_ATTACKER, pick_port(), c->ggsn, false);
}

static void move_own(void)
{
	const struct context *c = pick_victim(), *a = pick_own();
	struct msg m;

	if (!c || !a)
		return;
	m = sgsn_update_msg(a->version, a->ggsn_control.teid, a->nsapi, &c->down, &a->control);
	say("attacker moves %s onto the tunnel of %s", subscribers[a->sub].name,
	    subscribers[c->sub].name);
	attacker_send(&m, pick_node(a), pick_port(), a->ggsn, false);
}

static void delete_victim(void)
{
	const struct context *c = pick_victim();
	struct msg m = {0};

	if (!c)
		return;
	m = sgsn_update_msg(c->version, c->ggsn_control.teid, c->nsapi, &c->down, &c->control);
	m.type = c->version == 1 ? 20 : 36;
	m.count = 0;
	if (c->version == 1) {
		msg_add8(&m, V1_TEARDOWN, (uint8_t)(0xfe | pick(2)));
		msg_add8(&m, V1_NSAPI, (uint8_t)(0xf0 | c->nsapi));
	} else {
		msg_add8(&m, V2_EBI, c->nsapi);
	}
	say("attacker deletes NSAPI %u of %s", c->nsapi, subscribers[c->sub].name);
	attacker_send(&m, pick_node(c), pick_port(), c->ggsn, false);
}

static void restart_sgsn(void)
{
	const struct context *c = pick_victim();
	struct msg m;

	if (!c)
		return;
	m = sgsn_update_msg(c->version, c->ggsn_control.teid, c->nsapi, &c->down, &c->control);
	if (one_in(2))
		m = (struct msg){.version = (uint8_t)(1 + pick(2)), .type = 1, .sequence = pick(9)};
	msg_add8(&m, m.version == 1 ? V1_RECOVERY : V2_RECOVERY, (uint8_t)(100 + pick(100)));
	say("attacker says that the SGSN of %s has restarted, by GTPv%u type %u",
	    subscribers[c->sub].name, m.version, m.type);
	attacker_send(&m, c->node, pick_port(), c->ggsn, false);
}

/* --- what was seen, mutated --- */

static void mutate_ie(struct msg *m)
{
	struct ie *ie = m->count ? &m->ies[pick(m->count)] : NULL;
	const struct tunnel tunnel = pick_tunnel(NULL);

	if (!ie)
		return;
	switch (pick(6)) {
	case 0:
		msg_remove(m, ie);
		break;
	case 1:
		if (ie->len)
			ie->value[pick(ie->len)] ^= (uint8_t)(1 << pick(8));
		break;
	case 2:
		ie->len = (uint16_t)pick(ie->len + 2u);
		break;
	case 3:
		msg_add(m, ie->type, ie->instance, ie->value, ie->len);
		break;
	case 4:
		if (ie->len >= 4)
			memcpy(ie->value, &(uint32_t){htobe32(tunnel.teid)}, 4);
		break;
	default:
		msg_add_gsn(m, &tunnel);
		break;
	}
}

static void mutate(struct msg *m)
{
	const struct context *c = pick_victim(), *a = pick_own();

	for (unsigned n = 1 + pick(3); n > 0; n--)
		switch (pick(6)) {
		case 0:
			m->teid = c ? c->ggsn_control.teid : 0;
			break;
		case 1:
			m->teid = a ? a->ggsn_control.teid : 0;
			break;
		case 2:
			m->sequence += pick(3);
			break;
		default:
			mutate_ie(m);
			break;
		}
}

static void repeat_seen(void)
{
	struct datagram d;
	struct msg m;

	if (seen.count == 0)
		return;
	d = seen.items[seen.count - 1 - pick(seen.count < 24 ? seen.count : 24)];
	if (!msg_read(&m, d.data, d.len))
		return;
	/* A response, too, can be sent to where requests go. */
	if (!d.to_core) {
		const struct tunnel source = d.source;

		d.source = one_in(2) ? d.destination : node_end(NODE_HOST, false, GTPC);
		d.destination = source;
		d.to_core = true;
	} else if (one_in(3)) {
		d.source = node_end(pick_node(NULL), false, pick_port());
	}
	if (!one_in(3)) {
		mutate(&m);
		d.len = (uint16_t)msg_write(&m, d.data);
	}
	if (one_in(12))
		d.len = (uint16_t)(d.len - pick(d.len));
	say("attacker sends a message of type %u (GTPv%u) again, changed", m.type, m.version);
	sgsn_spoil(&d.source, d.data, d.len);
	if (one_in(6))
		send_fragmented(&d);
	else
		send_datagram(&d);
}

void attacker_signal(void)
{
	static void (*const attacks[])(void) = {
		move_victim, move_victim, move_victim_again, create_as_victim, create_as_victim,
		create_own,  create_own,  move_own,	     delete_victim,    restart_sgsn,
		repeat_seen, repeat_seen, repeat_seen};

	attacks[pick(sizeof(attacks) / sizeof(attacks[0]))]();
}

/* --- forged N-PDUs --- */

/* Some in fragments: of which the first does not show the address, or shows another. */
static void send_forged(const struct tunnel *from, const struct tunnel *tunnel, const uint8_t *npdu,
			size_t len, unsigned version)
{
	uint8_t shown[NPDU_OCTETS];

	memcpy(shown, npdu, len);
	if (!one_in(3) || !tunnel_is_ipv4(tunnel)) {
		send_gpdu(true, from, tunnel, npdu, len);
	} else if (one_in(2) && version == 4) {
		shown[15] ^= 0x40; /* last octet of the source */
		say("    in fragments that overlap");
		send_gpdu_overlapping(true, from, tunnel, shown, npdu, len);
	} else {
		say("    in fragments");
		send_gpdu_fragmented(true, from, tunnel, npdu, len, 8u * (1 + pick(6)));
	}
}

void attacker_forge(const struct context *keys, const struct tunnel *tunnel, struct pdn source)
{
	static const uint8_t ipv4[4] = {192, 0, 2, 1};
	static const uint8_t ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, 0xff, [15] = 1};
	const unsigned version = source.ipv4 ? 4 : source.ipv6 ? 6 : 0;
	const struct npdu npdu = {.owner = SUBS,
				  .is_up = true,
				  .is_forged = true,
				  .may_repeat = true,
				  .tunnel = *tunnel};
	const struct tunnel from = node_end(NODE_HOST, !tunnel_is_ipv4(tunnel), 0);
	uint8_t out[NPDU_OCTETS], address[16];
	const uint32_t serial = judge_note(&npdu);
	size_t len;

	if (version == 4)
		pdn_octets_ipv4(source.ipv4, address);
	else
		pdn_octets_ipv6(source.ipv6, address);
	len = npdu_write(out, version, address, version == 4 ? ipv4 : ipv6, serial);
	say("attacker forges uplink N-PDU %u from %s in %s, %s%s", serial, pdn_str(source),
	    end_str(tunnel), keys ? "under keys of " : "in clear",
	    keys ? subscribers[keys->sub].name : "");
	if (keys)
		sgsn_send_protected(keys, tunnel, out, len);
	else
		send_forged(&from, tunnel, out, len, version);
}

void attacker_send_gtpv0(const struct context *victim, bool is_create)
{
	struct datagram d = {.to_core = true,
			     .source = node_end(NODE_HOST, false, 3386),
			     .destination = ggsn_end(victim->ggsn, 0, false, 3386),
			     .len = 40,
			     .data = {0x1e, is_create ? 16 : 255, 0, 20}};

	if (one_in(2))
		d.destination.teid = one_in(2) ? GTPC : GTPU;
	memcpy(d.data + 6, &(uint16_t){htobe16((uint16_t)victim->up.teid)}, 2);
	send_datagram(&d);
}

void attacker_send_npdu(void)
{
	const struct context *c = pick_victim(), *a = pick_own();
	struct tunnel tunnel;

	if (!c)
		return;
	tunnel = a && !one_in(3) ? a->up : c->up;
	if (one_in(8))
		tunnel = ggsn_end(c->ggsn, pick(3), one_in(3), tunnel.teid);
	if (one_in(8))
		attacker_send_gtpv0(c, one_in(2));
	else
		attacker_forge(a && subscribers[a->sub].has_keys && !one_in(3) ? a : NULL, &tunnel,
			       one_in(6) && a ? a->pdn : c->pdn);
}
