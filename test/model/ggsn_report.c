/* SPDX-License-Identifier: BSD-3-Clause */
#include "ggsn_report.h"

#include "hse.h"

static struct session_notification about(const struct pdp *p, enum session_event event)
{
	struct session_notification n = {.event = event, .nsapi = p->nsapi, .key_id = 1};

	memcpy(n.imsi.digits, subscribers[p->sub].imsi, strlen(subscribers[p->sub].imsi));
	return n;
}

static void add_address(struct session_notification *n, const struct pdp *p)
{
	if (p->pdn.ipv4 && p->is_told) {
		n->address.ipv4_state = PDP_BOUND;
		pdn_octets_ipv4(p->pdn.ipv4, n->address.ipv4);
	}
	if (p->pdn.ipv6) {
		n->address.ipv6_state = PDP_BOUND;
		n->address.ipv6_length = 64;
		pdn_octets_ipv6(p->pdn.ipv6, n->address.ipv6);
		memset(n->address.ipv6 + 8, 0, 8);
	}
}

static void add_tunnels(struct session_notification *n, const struct pdp *p)
{
	n->has_tunnel[E2M_UPLINK] = n->has_tunnel[E2M_DOWNLINK] = true;
	n->tunnel[E2M_UPLINK] = p->user;
	n->tunnel[E2M_DOWNLINK] = p->peer_user;
}

static void add_keyset(struct session_notification *n, const struct asked *asked)
{
	n->keyset = asked->e2m.id;
	n->key_id = asked->e2m.key_id;
}

static void activate(struct pdp *p, const struct asked *asked)
{
	struct session_notification n = about(p, SESSION_ACTIVATE);
	const char *apn = apn_name(p->apn);

	add_keyset(&n, asked);
	add_address(&n, p);
	add_tunnels(&n, p);
	n.apn_len = (uint8_t)(1 + strlen(apn));
	n.apn[0] = (uint8_t)strlen(apn);
	memcpy(n.apn + 1, apn, strlen(apn));
	p->is_reported = true;
	say("    GGSN %u reports NSAPI %u of %s", p->ggsn + 1, p->nsapi, subscribers[p->sub].name);
	hse_notify(&n);
}

static void update(const struct pdp *p, const struct asked *asked)
{
	struct session_notification n = about(p, SESSION_UPDATE);

	if (asked->has_e2m)
		add_keyset(&n, asked);
	n.has_tunnel[E2M_DOWNLINK] = true;
	n.tunnel[E2M_DOWNLINK] = p->peer_user;
	say("    GGSN %u reports that NSAPI %u of %s has moved", p->ggsn + 1, p->nsapi,
	    subscribers[p->sub].name);
	hse_notify(&n);
}

void ggsn_report(struct pdp *p, const struct asked *asked)
{
	if (asked->kind == ASKED_CREATE && asked->has_e2m)
		activate(p, asked);
	else if (asked->kind == ASKED_UPDATE && p->is_reported)
		update(p, asked);
}

void ggsn_report_end(const struct pdp *p)
{
	struct session_notification n = about(p, SESSION_DELETE);

	if (!p->is_reported)
		return;
	add_tunnels(&n, p);
	say("    GGSN %u reports the end of NSAPI %u of %s", p->ggsn + 1, p->nsapi,
	    subscribers[p->sub].name);
	hse_notify(&n);
}
