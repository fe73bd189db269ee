/* SPDX-License-Identifier: BSD-3-Clause */
/* ggsn_traffic: N-PDUs that the network sends to the UEs. */
#include "frame.h"
#include "ggsn.h"
#include "hse.h"
#include "judge.h"
#include "owners.h"
#include "sgsn.h"

static void note(const struct pdp *p, unsigned version, struct npdu *npdu)
{
	const struct owner *a = version == 0 ? NULL : owners_find(p, version);
	const bool is_honest = a ? a->is_honest : p->is_honest;
	const uint8_t slot = a ? a->slot : p->slot;
	const struct context *c = &contexts[p->sub][slot];

	*npdu = (struct npdu){.owner = SUBS, .ggsn = p->ggsn, .tunnel = p->peer_user};
	if (!is_honest || subscribers[p->sub].is_attackers)
		return;
	npdu->owner = p->sub;
	npdu->slot = p->slot;
	npdu->is_protected = a ? a->is_protected : c->is_protected || everyone_is_protected;
	c = &contexts[p->sub][p->slot];
	/* Of an unknown tunnel, hse lets pass what has no address that it knows. */
	if (unknown_passes && !(a && a->is_told) && !tunnel_is_equal(&p->peer_user, &c->down))
		npdu->is_protected = false;
	npdu->must_arrive = p->is_honest && (c->is_protected || !everyone_is_protected) &&
			    c->is_live && c->is_clean && !c->is_pending &&
			    c->up.teid == p->user.teid && c->ggsn == p->ggsn;
}

/* A router advertisement, which no address tells whose it is. */
static void send_multicast(struct pdp *p, const struct tunnel *from)
{
	static const uint8_t router[16] = {0xfe, 0x80, [15] = 1};
	static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1};
	uint8_t out[NPDU_OCTETS];
	struct npdu npdu;
	uint32_t serial;
	size_t len;

	note(p, 0, &npdu);
	/* Where the attacker has moved the tunnel, it leaves there. */
	npdu.is_protected &= npdu.must_arrive;
	serial = judge_note(&npdu);
	len = npdu_write(out, 6, router, all_nodes, serial);
	say("    downlink multicast N-PDU %u for %s in %s%s", serial, subscribers[p->sub].name,
	    end_str(&p->peer_user), npdu.must_arrive ? "; must arrive" : "");
	send_gpdu(false, from, &p->peer_user, out, len);
}

/* e2m.md 6: "A session that has it only from before a move [...] loses it" to the session that an accepted response gives
 * it to. Without addresses the tunnel alone decides whose the N-PDUs there are. */
static bool is_anothers_tunnel(const struct pdp *p)
{
	if (!p->has_ignored || !(pdn_is_empty(p->pdn) || !p->is_told))
		return false;
	for (unsigned i = 0; i < PDPS; i++)
		if (&pdps[i] != p && pdps[i].is_live &&
		    (tunnel_is_equal(&pdps[i].peer_user, &p->peer_user) ||
		     (pdps[i].has_ignored &&
		      tunnel_is_equal(&pdps[i].accepted_user, &p->peer_user))))
			return true;
	return false;
}

void ggsn_send_npdu(struct pdp *p)
{
	static const uint8_t ipv4[4] = {192, 0, 2, 1};
	static const uint8_t ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, 0xff, [15] = 1};
	unsigned version = p->pdn.ipv4 ? 4 : p->pdn.ipv6 ? 6 : 0;
	uint8_t out[NPDU_OCTETS], address[16];
	struct tunnel from;
	struct npdu npdu;
	uint32_t serial;
	size_t len;

	if (p->pdn.ipv4 && p->pdn.ipv6 && one_in(2))
		version = 6;
	if (version == 4)
		pdn_octets_ipv4(p->pdn.ipv4, address);
	else
		pdn_octets_ipv6(p->pdn.ipv6, address);
	from = p->user;
	if ((ggsn_habits(p->ggsn) & HABIT_OTHER_SOURCE))
		from = ggsn_end(p->ggsn, 2, !tunnel_is_ipv4(&p->peer_user), 0);
	else if (tunnel_is_ipv4(&from) != tunnel_is_ipv4(&p->peer_user))
		from = ggsn_end(p->ggsn, 0, !tunnel_is_ipv4(&p->peer_user), 0);
	if (p->pdn.ipv6 && one_in(8)) {
		send_multicast(p, &from);
		return;
	}
	note(p, version, &npdu);
	if (is_anothers_tunnel(p))
		npdu.is_protected = npdu.must_arrive = false;
	/* Of a source that no GGSN has given, nothing tells which of two GGSNs with this address it is. */
	if ((ggsn_habits(p->ggsn) & HABIT_OTHER_SOURCE) &&
	    owners_are_at_two_ggsns(version == 6, version == 6 ? p->pdn.ipv6 : p->pdn.ipv4))
		npdu.is_protected = npdu.must_arrive = false;
	/* Nor of one that an ended session without a place may have had. */
	npdu.must_arrive &=
		version != 4 || p->is_told || !(owners_are_many(p->pdn.ipv4) || hse_is_overfull());
	serial = judge_note(&npdu);
	len = npdu_write(out, version, version == 4 ? ipv4 : ipv6, address, serial);
	say("    downlink N-PDU %u of %s for %s in %s%s", serial,
	    npdu.owner < SUBS ? subscribers[npdu.owner].name : "another", pdn_str(p->pdn),
	    end_str(&p->peer_user), npdu.must_arrive ? "; must arrive" : "");
	send_gpdu(false, &from, &p->peer_user, out, len);
}
