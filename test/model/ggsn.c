/* SPDX-License-Identifier: BSD-3-Clause */
#include "ggsn.h"

#include "ggsn_answer.h"
#include "ggsn_report.h"
#include "hse.h"
#include "owners.h"
#include "sgsn.h"

#define ADDRESSES 24 /* of an IP version and APN: numbers from 1 on */
#define ANSWERS	  32

struct pdp pdps[PDPS];

static struct ggsn {
	uint32_t habits;
	uint8_t recovery;
	uint8_t recovery_of[NODES]; /* the latest that each node has said; 0: none */
	uint32_t next_teid;
	uint8_t next_number;
	struct datagram answers
		[ANSWERS]; /* the latest response to each request, with the request's type and number */
	struct {
		struct tunnel source;
		uint8_t type;
		uint32_t sequence;
		struct pdp given; /* with a keyset */
		uint64_t since_ms;
		bool is_forgotten; /* by the HSE, which has crashed */
	} asked[ANSWERS];
	unsigned answers_count;
	uint32_t sequence;
} ggsns[GGSNS];
static bool is_silent; /* responses are lost */

void ggsn_begin(const uint32_t habits[GGSNS])
{
	memset(pdps, 0, sizeof(pdps));
	memset(ggsns, 0, sizeof(ggsns));
	owners_begin();
	for (unsigned g = 0; g < GGSNS; g++) {
		ggsns[g].habits = habits[g];
		ggsns[g].recovery = (uint8_t)(10 + g);
		ggsns[g].next_teid = 0x20000 * (g + 1);
		ggsns[g].sequence = 0x100 * (g + 1);
	}
}

uint32_t ggsn_habits(unsigned ggsn)
{
	return ggsns[ggsn].habits;
}

static bool has(unsigned ggsn, enum habit habit)
{
	return ggsns[ggsn].habits & habit;
}

/* --- contexts --- */

struct pdp *ggsn_find_user(unsigned ggsn, uint32_t teid)
{
	for (struct pdp *p = pdps; p < pdps + PDPS; p++)
		if (p->is_live && p->ggsn == ggsn && p->user.teid == teid)
			return p;
	return NULL;
}

static struct pdp *find_imsi(unsigned ggsn, unsigned sub, uint8_t nsapi)
{
	for (struct pdp *p = pdps; p < pdps + PDPS; p++)
		if (p->is_live && p->ggsn == ggsn && p->sub == sub && p->nsapi == nsapi)
			return p;
	return NULL;
}

/* nsapi 0: any. */
static struct pdp *find_control(unsigned ggsn, uint32_t teid, uint8_t nsapi)
{
	for (struct pdp *p = pdps; p < pdps + PDPS; p++)
		if (p->is_live && p->ggsn == ggsn && p->control.teid == teid &&
		    (nsapi == 0 || p->nsapi == nsapi))
			return p;
	return NULL;
}

static uint32_t new_teid(unsigned ggsn)
{
	struct ggsn *g = &ggsns[ggsn];
	uint32_t teid = 0x20000 * (ggsn + 1);

	if (!(g->habits & HABIT_REUSES))
		return ++g->next_teid;
	do
		teid++;
	while (ggsn_find_user(ggsn, teid) || find_control(ggsn, teid, 0));
	return teid;
}

static bool is_number_used(unsigned ggsn, unsigned apn, bool is_ipv6, uint8_t number)
{
	for (const struct pdp *p = pdps; p < pdps + PDPS; p++)
		if (p->is_live && p->ggsn == ggsn && p->apn == apn &&
		    (is_ipv6 ? p->pdn.ipv6 : p->pdn.ipv4) == number)
			return true;
	return false;
}

static uint8_t new_number(unsigned ggsn, unsigned apn, bool is_ipv6)
{
	struct ggsn *g = &ggsns[ggsn];
	uint8_t number = g->habits & HABIT_REUSES ? 0 : g->next_number;

	do
		number = (uint8_t)(number % ADDRESSES + 1);
	while (is_number_used(ggsn, apn, is_ipv6, number));
	g->next_number = number;
	return number;
}

static void end_context(struct pdp *p)
{
	p->is_live = false;
	ggsn_report_end(p);
}

static void drop_pdn(struct pdp *primary)
{
	const uint8_t number = (uint8_t)(primary - pdps);

	for (struct pdp *p = pdps; p < pdps + PDPS; p++)
		if (p->is_live && p->primary == number)
			end_context(p);
}

static void drop_context(struct pdp *p)
{
	if (p->primary == p - pdps)
		drop_pdn(p);
	if (p->is_live)
		end_context(p);
}

/* The context ends, and is not replaced by another of the same subscriber. */
static void release_context(struct pdp *p)
{
	if (p->primary == p - pdps)
		owners_release(p);
	drop_context(p);
}

static struct pdp *new_pdp(void)
{
	struct pdp *p = pdps;

	while (p < pdps + PDPS && p->is_live)
		p++;
	if (p == pdps + PDPS)
		return NULL;
	*p = (struct pdp){.is_live = true, .primary = (uint8_t)(p - pdps)};
	return p;
}

void ggsn_confirm(unsigned ggsn, uint32_t user_teid, unsigned sub, unsigned slot)
{
	struct pdp *p = ggsn_find_user(ggsn, user_teid);

	if (!p || p->sub != sub)
		return;
	p->is_honest = true;
	p->slot = (uint8_t)slot;
	owners_confirm(p, slot);
}

/* --- requests --- */

static void set_ends(struct pdp *p, const struct asked *asked)
{
	const unsigned user = has(p->ggsn, HABIT_OTHER_USER) ? 1 + (p - pdps) % 2 : 0;

	p->control = ggsn_end(p->ggsn, 0, false, new_teid(p->ggsn));
	p->user = ggsn_end(p->ggsn, user, has(p->ggsn, HABIT_IPV6_USER), p->control.teid);
	p->user.teid = new_teid(p->ggsn);
	p->peer_control = asked->control;
	p->peer_user = asked->user;
}

/* The address of the context that is replaced, or that is handed over, goes on. */
static struct pdn address_before(const struct asked *asked, unsigned ggsn, struct pdp *replaced)
{
	if (replaced && replaced->apn == asked->apn && has(ggsn, HABIT_KEEPS_ADDRESS) &&
	    replaced->primary == replaced - pdps) /* otherwise its primary has the address */
		return replaced->pdn;
	if (!has(ggsn, HABIT_HANDOVER))
		return (struct pdn){0};
	for (struct pdp *p = pdps; p < pdps + PDPS; p++)
		if (p->is_live && p->ggsn == ggsn && p->sub == asked->sub && p->apn == asked->apn &&
		    p->primary == p - pdps && asked->is_handover) {
			const struct pdn pdn = p->pdn;

			drop_context(p);
			return pdn;
		}
	return (struct pdn){0};
}

/* With the same APN, the session that has had the address loses it (e2m.md 6). */
static void spoil_number(const struct pdp *p, uint8_t ipv4)
{
	for (const struct pdp *other = pdps; other < pdps + PDPS; other++)
		if (other->is_live && other->ggsn == p->ggsn && other->apn == p->apn &&
		    other->pdn.ipv4 == ipv4)
			contexts[other->sub][0].is_clean = contexts[other->sub][1].is_clean = false;
}

static void give_address(struct pdp *p, const struct asked *asked, struct pdn before)
{
	const bool has_ipv4 = asked->type == PDN_IPV4 || asked->type == PDN_IPV4V6;
	const bool has_ipv6 = asked->type == PDN_IPV6 || asked->type == PDN_IPV4V6;
	const bool is_free = !is_number_used(p->ggsn, p->apn, false, asked->static_ipv4);

	p->pdn = (struct pdn){has_ipv4 ? before.ipv4 : 0, has_ipv6 ? before.ipv6 : 0};
	if (has_ipv4 && !p->pdn.ipv4 && asked->static_ipv4 &&
	    (is_free || has(p->ggsn, HABIT_STATIC))) {
		spoil_number(p, asked->static_ipv4);
		p->pdn.ipv4 = asked->static_ipv4;
	}
	if (has_ipv4 && !p->pdn.ipv4)
		p->pdn.ipv4 = new_number(p->ggsn, p->apn, false);
	if (has_ipv6 && !p->pdn.ipv6)
		p->pdn.ipv6 = new_number(p->ggsn, p->apn, true);
	owners_give(p);
}

static struct pdp *find_primary(unsigned ggsn, const struct asked *asked)
{
	if (has(ggsn, HABIT_BY_IMSI) && asked->sub != SUBS)
		return find_imsi(ggsn, asked->sub, asked->linked);
	return find_control(ggsn, asked->teid, asked->linked);
}

/* A context that shares its primary's address. */
static struct pdp *create_secondary(unsigned ggsn, const struct asked *asked)
{
	struct pdp *primary = find_primary(ggsn, asked), *before, *p;

	if (!primary)
		return NULL;
	before = asked->nsapi ? find_control(ggsn, primary->control.teid, asked->nsapi) : NULL;
	if (before && before != primary)
		drop_context(before);
	p = new_pdp();
	if (!p)
		return NULL;
	p->ggsn = (uint8_t)ggsn;
	p->sub = primary->sub;
	p->nsapi = asked->nsapi;
	p->apn = primary->apn;
	p->version = asked->version;
	p->pdn = primary->pdn;
	p->is_told = primary->is_told;
	p->primary = (uint8_t)(primary - pdps);
	set_ends(p, asked);
	p->control.teid = primary->control.teid;
	return p;
}

static struct pdp *create(unsigned ggsn, const struct asked *asked)
{
	struct pdp *replaced, *p;
	struct pdn before;

	if (asked->is_linked)
		return create_secondary(ggsn, asked);
	if (asked->sub == SUBS || asked->nsapi == 0)
		return NULL;
	replaced = find_imsi(ggsn, asked->sub, asked->nsapi);
	if (replaced && !has(ggsn, HABIT_BY_IMSI))
		replaced = NULL;
	before = address_before(asked, ggsn, replaced);
	if (replaced)
		drop_context(replaced);
	p = new_pdp();
	if (!p)
		return NULL;
	p->ggsn = (uint8_t)ggsn;
	p->sub = (uint8_t)asked->sub;
	p->nsapi = asked->nsapi;
	p->apn = asked->apn;
	p->version = asked->version;
	set_ends(p, asked);
	give_address(p, asked, before);
	p->is_told = !has(ggsn, HABIT_DHCP);
	return p;
}

static struct pdp *find_updated(unsigned ggsn, const struct asked *asked)
{
	if (has(ggsn, HABIT_UPDATE_BY_IMSI) && asked->sub != SUBS)
		return find_imsi(ggsn, asked->sub, asked->nsapi);
	return find_control(ggsn, asked->teid, asked->nsapi);
}

static void set_peer(struct pdp *p, const struct asked *asked)
{
	if (asked->has_control)
		memcpy(p->peer_control.receiver, asked->control.receiver, 16);
	if (asked->has_control_teid)
		p->peer_control.teid = asked->control.teid;
}

static bool is_its_tunnel(const struct pdp *p)
{
	for (unsigned i = 0; i < CONTEXTS; i++)
		if (p->peer_user.teid == contexts[p->sub][i].down.teid ||
		    p->peer_user.teid == contexts[p->sub][i].asked.down.teid)
			return true;
	return false;
}

static struct pdp *update(unsigned ggsn, const struct asked *asked)
{
	struct pdp *p = find_updated(ggsn, asked);

	if (p && has(ggsn, HABIT_IGNORES_UPDATES)) {
		/* Signalling goes to the new SGSN, N-PDUs do not. */
		set_peer(p, asked);
		p->has_ignored = true;
		p->accepted_user = asked->user;
		/* Only a protected session keeps its tunnel before the move. */
		if (!subscribers[p->sub].has_keys)
			contexts[p->sub][p->slot].is_clean = false;
		return p;
	}
	if (!p)
		return NULL;
	p->has_ignored = false;
	if (asked->has_user_teid)
		p->peer_user.teid = asked->user.teid;
	if (asked->has_user)
		memcpy(p->peer_user.receiver, asked->user.receiver, 16);
	else if (has(ggsn, HABIT_SOURCE_ADDRESS) && asked->has_user_teid)
		memcpy(p->peer_user.receiver, asked->source.receiver, 16);
	set_peer(p, asked);
	/* Not the TEID of this subscriber's SGSN: another's request has named the context. */
	for (unsigned i = 0; i < CONTEXTS; i++)
		contexts[p->sub][i].is_clean &= is_its_tunnel(p);
	return p;
}

static bool delete_asked(unsigned ggsn, struct asked *asked)
{
	struct pdp *p = find_control(ggsn, asked->teid, asked->nsapi);

	if (!p)
		return false;
	asked->peer_teid = p->peer_control.teid;
	if (asked->is_teardown)
		release_context(&pdps[p->primary]);
	release_context(p);
	return true;
}

/* An SGSN that has restarted has lost its contexts. */
static void take_recovery(unsigned ggsn, const struct asked *asked)
{
	for (unsigned node = 0; node < NODES; node++) {
		const struct tunnel end = node_end(node, false, 0);
		uint8_t *before = &ggsns[ggsn].recovery_of[node];

		if (!tunnel_has_same_receiver(&end, &asked->source) || asked->recovery == 0)
			continue;
		for (struct pdp *p = pdps; p < pdps + PDPS; p++)
			if (p->is_live && *before && *before != asked->recovery &&
			    p->ggsn == ggsn && !has(ggsn, HABIT_KEEPS_RESTARTED) &&
			    tunnel_has_same_receiver(&p->peer_control, &end))
				release_context(p);
		*before = asked->recovery;
	}
}

/* --- responses --- */

static uint8_t recovery_for(unsigned ggsn, const struct asked *asked)
{
	if (has(ggsn, HABIT_ECHO_RECOVERY))
		return asked->recovery;
	if (has(ggsn, HABIT_RECOVERY_PER_PEER))
		return (uint8_t)(ggsns[ggsn].recovery + asked->source.receiver[15]);
	return ggsns[ggsn].recovery;
}

/* given: the context that the response gives, with a keyset; or NULL. */
static void answer(unsigned ggsn, const struct datagram *request, const struct msg *m,
		   const struct pdp *given)
{
	struct ggsn *g = &ggsns[ggsn];
	const unsigned at = g->answers_count++ % ANSWERS;
	struct datagram *d = &g->answers[at];

	*d = (struct datagram){.source = request->destination, .destination = request->source};
	if (has(ggsn, HABIT_OTHER_ANSWERS) && m->type > 2)
		d->source = ggsn_end(ggsn, 1, false, request->destination.teid);
	d->len = (uint16_t)msg_write(m, d->data);
	g->asked[at].source = request->source;
	g->asked[at].type = m->type;
	g->asked[at].sequence = m->sequence;
	g->asked[at].since_ms = hse_now_ms();
	g->asked[at].is_forgotten = false;
	g->asked[at].given = given ? *given : (struct pdp){.ggsn = (uint8_t)ggsn};
	if (!is_silent)
		send_datagram(d);
}

void ggsn_note_crash(void)
{
	for (unsigned g = 0; g < GGSNS; g++)
		for (unsigned i = 0; i < ANSWERS; i++)
			ggsns[g].asked[i].is_forgotten = true;
}

/* Nothing tells the HSE that the response was given before (e2m.md 6: within the last 60 s, with the same ports). */
static bool is_new_to_hse(const struct ggsn *g, unsigned i, const struct datagram *request)
{
	return g->asked[i].source.teid != request->source.teid || g->asked[i].is_forgotten ||
	       hse_now_ms() - g->asked[i].since_ms >= 60000;
}

/* Repeats what was answered to this number; false: nothing was. */
static bool answer_again(unsigned ggsn, const struct datagram *request, const struct msg *m)
{
	const struct ggsn *g = &ggsns[ggsn];
	const unsigned count = g->answers_count < ANSWERS ? g->answers_count : ANSWERS;

	if (!(g->habits & (HABIT_REPEATS | HABIT_REPEATS_ANY_PORT)))
		return false;
	for (unsigned i = 0; i < count; i++) {
		struct datagram d = g->answers[i];

		if (g->asked[i].type != m->type + 1 || g->asked[i].sequence != m->sequence ||
		    !tunnel_has_same_receiver(&g->asked[i].source, &request->source) ||
		    (g->asked[i].source.teid != request->source.teid &&
		     !(g->habits & HABIT_REPEATS_ANY_PORT)))
			continue;
		d.destination = request->source;
		/* Whoever has by now what the GGSN gave then may lose it. */
		if (is_new_to_hse(g, i, request))
			sgsn_spoil(NULL, d.data, d.len);
		owners_doubt(&g->asked[i].given);
		say("    the GGSN repeats its response");
		send_datagram(&d);
		return true;
	}
	return false;
}

static void carry_out(unsigned ggsn, const struct datagram *request, const struct msg *m)
{
	struct asked asked;
	struct msg response;
	struct pdp *p = NULL;
	bool is_done = true;

	asked_read(&asked, m, &request->source, ggsns[ggsn].habits);
	take_recovery(ggsn, &asked);
	switch (asked.kind) {
	case ASKED_CREATE:
		p = create(ggsn, &asked);
		is_done = p;
		break;
	case ASKED_UPDATE:
		p = update(ggsn, &asked);
		is_done = p;
		break;
	case ASKED_DELETE:
		is_done = delete_asked(ggsn, &asked);
		break;
	case ASKED_ECHO:
		break;
	default:
		return;
	}
	if (p)
		asked.peer_teid = p->peer_control.teid;
	if (p && asked.has_e2m)
		owners_doubt(p);
	if (p && has(ggsn, HABIT_REPORTS))
		ggsn_report(p, &asked);
	answer_write(&response, m, &asked, p, is_done, recovery_for(ggsn, &asked),
		     ggsns[ggsn].habits);
	if (asked.kind != ASKED_ECHO)
		say("    GGSN %u %s %s of %s: %s%s%s", ggsn + 1, is_done ? "accepts" : "refuses",
		    asked_name(asked.kind), asked.sub < SUBS ? subscribers[asked.sub].name : "-",
		    p ? pdn_str(p->pdn) : "-", p ? ", downlink to " : "",
		    p ? end_str(&p->peer_user) : "");
	answer(ggsn, request, &response, asked.has_e2m ? p : NULL);
}

/* --- what GGSNs do by themselves --- */

static void ask(struct pdp *p, struct msg *m)
{
	struct tunnel from = p->control, to = p->peer_control;

	from.teid = to.teid = GTPC;
	m->version = p->version;
	m->teid = p->peer_control.teid;
	m->sequence = ++ggsns[p->ggsn].sequence;
	send_msg(false, &from, &to, m);
}

void ggsn_delete_context(struct pdp *p)
{
	struct msg m = {.version = p->version, .type = p->version == 1 ? 20 : 99};

	say("    GGSN %u ends NSAPI %u of %s", p->ggsn + 1, p->nsapi, subscribers[p->sub].name);
	if (p->version == 1) {
		msg_add8(&m, V1_TEARDOWN, 0xff);
		msg_add8(&m, V1_NSAPI, (uint8_t)(0xf0 | p->nsapi));
	} else {
		msg_add8(&m, V2_EBI, p->nsapi);
	}
	ask(p, &m);
	for (unsigned i = 0; i < CONTEXTS; i++)
		contexts[p->sub][i].is_clean = false;
	release_context(&pdps[p->primary]);
}

void ggsn_tell_address(struct pdp *p)
{
	struct msg m = {.version = 1, .type = 18};
	uint8_t eua[6] = {0xf1, 0x21};

	if (p->version != 1 || !p->pdn.ipv4)
		return;
	say("    GGSN %u tells %s of %s", p->ggsn + 1, pdn_str(p->pdn), subscribers[p->sub].name);
	pdn_octets_ipv4(p->pdn.ipv4, eua + 2);
	msg_add8(&m, V1_NSAPI, (uint8_t)(0xf0 | p->nsapi));
	msg_add(&m, V1_EUA, 0, eua, sizeof(eua));
	ask(p, &m);
	p->is_told = true;
	owners_tell(p);
}

void ggsn_dedicate_bearer(struct pdp *p)
{
	struct msg m = {.version = 2, .type = 95}, inner = {.version = 2};
	struct pdp *bearer = p->version == 2 && p->nsapi == 5 && p->is_honest ? new_pdp() : NULL;

	if (!bearer)
		return;
	*bearer = *p;
	bearer->is_reported = false;
	bearer->primary = (uint8_t)(p - pdps);
	bearer->is_honest = false;
	bearer->nsapi = 0; /* until the S-GW gives an identity */
	bearer->user.teid = new_teid(p->ggsn);
	bearer->request = ggsns[p->ggsn].sequence + 1;
	say("    GGSN %u makes a dedicated bearer of %s", p->ggsn + 1, subscribers[p->sub].name);
	msg_add8(&m, V2_EBI, p->nsapi);
	msg_add(&m, V2_BEARER, 0, "", 0);
	msg_add8(&inner, V2_EBI, 0);
	msg_add_fteid(&inner, 1, 5, &bearer->user);
	for (unsigned i = 0; i < inner.count; i++)
		msg_add_to_group(&m, 1, &inner.ies[i]);
	ask(p, &m);
}

static void confirm_bearer(const struct pdp *p)
{
	struct context *c = &contexts[p->sub][1];

	if (c->up.teid == p->user.teid)
		c->is_pending = false;
	ggsn_confirm(p->ggsn, p->user.teid, p->sub, 1);
	/* Without a keyset it is barred, as any session that gets the address of a protected one. */
	if (!subscribers[p->sub].has_keys && owners_are_doubtful(p->ggsn, p->pdn)) {
		owners_doubt(p);
		c->is_clean = false;
	}
}

/* Create Bearer Response. */
static void take_bearer(unsigned ggsn, struct msg *m)
{
	struct ie *group = msg_find(m, V2_BEARER, 0), ie;

	for (struct pdp *p = pdps; p < pdps + PDPS; p++) {
		if (!p->is_live || p->ggsn != ggsn || p->nsapi != 0 || p->request != m->sequence)
			continue;
		if (group && msg_find_in_group(group, V2_EBI, 0, &ie))
			p->nsapi = ie8(&ie) & 15;
		if (!group || p->nsapi == 0 || !msg_find_in_group(group, V2_FTEID, 2, &ie) ||
		    !ie_fteid(&ie, &p->peer_user))
			p->is_live = false;
		else
			confirm_bearer(p);
	}
}

void ggsn_restart(unsigned ggsn)
{
	say("    GGSN %u restarts", ggsn + 1);
	for (struct pdp *p = pdps; p < pdps + PDPS; p++)
		if (p->is_live && p->ggsn == ggsn) {
			p->is_reported = false; /* it knows of nothing that it could report */
			release_context(p);
		}
	ggsns[ggsn].recovery++;
	ggsns[ggsn].answers_count = 0;
	for (unsigned s = 0; s < SUBS; s++)
		for (unsigned i = 0; i < CONTEXTS; i++)
			if (contexts[s][i].ggsn == ggsn)
				contexts[s][i].is_clean = false;
}

/* --- messages --- */

void ggsn_take(const struct datagram *datagram)
{
	const unsigned ggsn = ggsn_of(&datagram->destination);
	struct msg m;

	if (ggsn == GGSNS || !msg_read(&m, datagram->data, datagram->len))
		return;
	if (m.version == 2 && m.type == 96)
		take_bearer(ggsn, &m);
	else if (asked_is_request(&m) && !answer_again(ggsn, datagram, &m))
		carry_out(ggsn, datagram, &m);
}

void ggsn_take_silently(const struct datagram *datagram)
{
	is_silent = true;
	ggsn_take(datagram);
	is_silent = false;
}
