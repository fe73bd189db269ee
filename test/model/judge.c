/* SPDX-License-Identifier: BSD-3-Clause */
#include "judge.h"

#include <stdarg.h>
#include <stdio.h>

#include "frame.h"
#include "ggsn.h"
#include "owners.h"
#include "sgsn.h"

#define NPDUS		 4096 /* of a sequence */
#define COUNTS		 4096 /* of a key, BEARER and DIRECTION */
#define FRAGMENTS_OCTETS 2048

const char *const verdict_names[VERDICTS] = {
	"none",
	"left in clear",
	"left under another's keys",
	"forged uplink was delivered",
	"a COUNT was used twice",
	"lost",
	"delivered twice",
	"GTPv0 crossed",
	"opens under no key",
};

struct tally tally;
struct finding finding;

static struct npdu npdus[NPDUS];
static uint32_t npdus_count, first_due;
/* By subscriber, keyset, BEARER and COUNT: the sequence and the N-PDU that used it. */
static uint64_t used[SUBS][KEYSETS + 1][BEARERS][COUNTS];
static uint64_t sequence;
static struct {
	uint16_t id;
	size_t len; /* 0: the last fragment is not there */
	uint8_t first[FRAGMENTS_OCTETS], last[FRAGMENTS_OCTETS];
	bool is_there[FRAGMENTS_OCTETS];
} fragments;

static void find(enum verdict verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void find(enum verdict verdict, const char *format, ...)
{
	va_list args;

	if (finding.verdict != VERDICT_NONE)
		return;
	finding.verdict = verdict;
	va_start(args, format);
	vsnprintf(finding.text, sizeof(finding.text), format, args);
	va_end(args);
	say("    !!! %s: %s", verdict_names[verdict], finding.text);
}

void judge_begin(void)
{
	npdus_count = first_due = 0;
	memset(&fragments, 0, sizeof(fragments));
	sequence++;
	finding = (struct finding){0};
}

uint32_t judge_note(const struct npdu *npdu)
{
	if (npdus_count == NPDUS)
		npdus_count = first_due = 0;
	npdus[npdus_count] = *npdu;
	if (npdu->is_forged)
		tally.forged++;
	else if (npdu->owner < SUBS)
		tally.sent[npdu->is_up ? E2M_UPLINK : E2M_DOWNLINK]++;
	if (npdu->must_arrive)
		tally.due[npdu->is_up ? E2M_UPLINK : E2M_DOWNLINK]++;
	return npdus_count++;
}

static const char *owner_name(const struct npdu *n)
{
	return n->owner < SUBS ? subscribers[n->owner].name : "another";
}

static void arrive(uint32_t serial)
{
	struct npdu *n = &npdus[serial];

	if (n->has_arrived && !n->may_repeat)
		find(VERDICT_TWICE, "N-PDU %u of %s", serial, owner_name(n));
	if (!n->has_arrived && !n->is_forged && n->owner < SUBS)
		tally.arrived[n->is_up ? E2M_UPLINK : E2M_DOWNLINK]++;
	n->has_arrived = true;
}

/* --- downlink --- */

static void use_count(unsigned sub, unsigned keyset, unsigned bearer, uint32_t count,
		      uint32_t serial)
{
	uint64_t *place = &used[sub][keyset][bearer][count % COUNTS];
	const uint64_t now = sequence << 32 | serial;

	if (count < COUNTS && *place >> 32 == sequence && *place != now)
		find(VERDICT_COUNT, "COUNT %u of %s, keyset %u, NSAPI %u: N-PDUs %u and %u", count,
		     subscribers[sub].name, keyset, bearer, (uint32_t)*place, serial);
	*place = now;
}

static void judge_opened(unsigned sub, unsigned keyset, unsigned bearer, uint32_t count,
			 const uint8_t *npdu, size_t len)
{
	uint32_t serial;

	if (!npdu_find_serial(npdu, len, &serial) || serial >= npdus_count)
		return;
	use_count(sub, keyset, bearer, count, serial);
	if (npdus[serial].is_protected && npdus[serial].owner != sub)
		find(VERDICT_KEYS, "downlink N-PDU %u of %s leaves under keys of %s", serial,
		     owner_name(&npdus[serial]), subscribers[sub].name);
	tally.protected_down++;
	arrive(serial);
}

static bool open_as(unsigned sub, unsigned first, unsigned count, const uint8_t *pdu, size_t len)
{
	uint8_t npdu[FRAME_OCTETS];
	uint32_t at;

	for (unsigned keyset = 1; subscribers[sub].has_keys && keyset <= KEYSETS; keyset++)
		for (unsigned bearer = first; bearer < first + count; bearer++) {
			const int opened =
				keys_open_npdu(sub, keyset, (uint8_t)bearer, pdu, len, npdu, &at);

			if (opened < 0)
				continue;
			judge_opened(sub, keyset, bearer, at, npdu, (size_t)opened);
			return true;
		}
	return false;
}

static void judge_protected(const struct tunnel *tunnel, const uint8_t *pdu, size_t len)
{
	const unsigned likely = npdus_count ? npdus[npdus_count - 1].owner : SUBS;

	if (likely < SUBS && open_as(likely, 5, CONTEXTS, pdu, len))
		return;
	for (unsigned sub = 0; sub < SUBS; sub++)
		if (open_as(sub, 5, CONTEXTS, pdu, len))
			return;
	/* The attacker may have made a session with any NSAPI. */
	for (unsigned sub = 0; sub < SUBS; sub++)
		if (open_as(sub, 0, BEARERS, pdu, len))
			return;
	find(VERDICT_OPAQUE, "downlink N-PDU in %s", end_str(tunnel));
}

static void judge_downlink(const struct tunnel *tunnel, const uint8_t *pdu, size_t len)
{
	uint32_t serial;

	if (!npdu_find_serial(pdu, len, &serial)) {
		judge_protected(tunnel, pdu, len);
		return;
	}
	if (serial >= npdus_count)
		return;
	if (npdus[serial].is_protected)
		find(VERDICT_CLEAR, "downlink N-PDU %u of %s leaves in clear in %s", serial,
		     owner_name(&npdus[serial]), end_str(tunnel));
	tally.clear_down++;
	arrive(serial);
}

/* --- uplink --- */

/* e2m.md 6: clear uplink is dropped "unless the tunnel's own session has the same address". That session has no keyset; it
 * must be barred if it got the address while a protected session had it, or by policy. A protected session that has ended is
 * one only "until an accepted response gives its address at that GGSN to a session". */
static bool is_own(const struct pdp *p, bool is_ipv6, uint8_t number)
{
	const struct owner *owner = owners_find(p, is_ipv6 ? 6 : 4);

	if ((is_ipv6 ? p->pdn.ipv6 : p->pdn.ipv4) != number)
		return false;
	return subscribers[p->sub].is_attackers ||
	       (!everyone_is_protected && owner->sub == p->sub &&
		(!owner->is_doubtful || owners_are_released(p->ggsn, is_ipv6, number)));
}

/* The protected subscriber whom a GGSN takes for the sender; SUBS: none. */
static unsigned taken_for(unsigned ggsn, const struct pdp *p, const struct tunnel *tunnel,
			  const uint8_t *npdu, size_t len)
{
	const bool is_ipv4 = npdu[0] >> 4 == 4 && len >= 20;
	const bool is_ipv6 = npdu[0] >> 4 == 6 && len >= 40;
	const uint8_t number = is_ipv4	 ? pdn_number_ipv4(npdu + 12)
			       : is_ipv6 ? pdn_number_ipv6(npdu + 8)
					 : 0;
	const struct context *c = &contexts[p->sub][p->slot];

	/* Without an address, and where unknown tunnels pass, it must come in the tunnel that the HSE knows. */
	if (unknown_passes && (!p->is_told || pdn_is_empty(p->pdn)) &&
	    !tunnel_is_equal(tunnel, &c->up))
		return SUBS;
	if (p->is_honest && !subscribers[p->sub].is_attackers && c->is_protected)
		return p->sub;
	if (number == 0 || is_own(p, is_ipv6, number))
		return SUBS;
	return owners_find_protected(ggsn, is_ipv6, number);
}

static void judge_forged(const struct tunnel *tunnel, uint32_t serial, const uint8_t *npdu,
			 size_t len)
{
	const unsigned ggsn = ggsn_of(tunnel);
	const struct pdp *p = ggsn < GGSNS ? ggsn_find_user(ggsn, tunnel->teid) : NULL;
	const unsigned sub = p ? taken_for(ggsn, p, tunnel, npdu, len) : SUBS;

	if (sub < SUBS)
		find(VERDICT_FORGED,
		     "uplink N-PDU %u, which the attacker sent, comes to %s as %s's", serial,
		     end_str(tunnel), subscribers[sub].name);
	tally.forged_gone++;
}

static void judge_uplink(const struct tunnel *tunnel, const uint8_t *npdu, size_t len)
{
	uint32_t serial;

	if (!npdu_find_serial(npdu, len, &serial) || serial >= npdus_count || len == 0 ||
	    !npdus[serial].is_up)
		return;
	if (npdus[serial].is_forged)
		judge_forged(tunnel, serial, npdu, len);
	arrive(serial);
}

/* --- frames --- */

static void take_gtpu(bool to_core, const struct frame_udp *udp)
{
	const uint8_t *p = udp->payload;
	struct tunnel tunnel = udp->destination;

	if (udp->len < 8 || p[0] >> 4 != 3 || p[1] != 255)
		return;
	tunnel.teid = (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | p[7];
	if (to_core)
		judge_uplink(&tunnel, p + 8, udp->len - 8);
	else
		judge_downlink(&tunnel, p + 8, udp->len - 8);
}

static void take_gtpc(bool to_core, const struct frame_udp *udp)
{
	struct datagram d = {.to_core = to_core,
			     .source = udp->source,
			     .destination = udp->destination,
			     .len = (uint16_t)udp->len};

	if (udp->len > sizeof(d.data))
		return;
	memcpy(d.data, udp->payload, udp->len);
	tally.messages_left[to_core ? DATAPATH_CORE : DATAPATH_ACCESS]++;
	queue_push(&under_way, &d);
	if (!to_core)
		queue_push(&seen, &d);
}

static void take_datagram(bool to_core, const struct frame_udp *udp)
{
	const uint32_t port = udp->destination.teid;

	if (udp->len > 0 && udp->payload[0] >> 4 == 1 &&
	    (port == GTPC || port == GTPU || port == 3386))
		find(VERDICT_GTPV0, "type %u to %s", udp->len > 1 ? udp->payload[1] : 0,
		     end_str(&udp->destination));
	else if (port == GTPU)
		take_gtpu(to_core, udp);
	else if (port == GTPC || udp->source.teid == GTPC)
		take_gtpc(to_core, udp);
}

/* Receivers differ in which octets of overlapping fragments count: both readings are looked at. */
static void read_joined(bool to_core, const struct frame_udp *udp, const uint8_t *whole)
{
	struct frame_udp joined = *udp;

	joined.source.teid = (uint32_t)(whole[0] << 8 | whole[1]);
	joined.destination.teid = (uint32_t)(whole[2] << 8 | whole[3]);
	joined.payload = whole + 8;
	joined.len = fragments.len - 8;
	take_datagram(to_core, &joined);
}

static bool is_whole(void)
{
	for (size_t i = 0; i < fragments.len; i++)
		if (!fragments.is_there[i])
			return false;
	return fragments.len > 8;
}

/* Puts the fragments of the last datagram together. */
static void take_fragment(bool to_core, const struct frame_udp *udp)
{
	if (fragments.id != udp->id) {
		memset(&fragments, 0, sizeof(fragments));
		fragments.id = udp->id;
	}
	if (udp->offset + udp->len > sizeof(fragments.last))
		return;
	for (size_t i = 0; i < udp->len; i++) {
		fragments.last[udp->offset + i] = udp->payload[i];
		if (!fragments.is_there[udp->offset + i])
			fragments.first[udp->offset + i] = udp->payload[i];
		fragments.is_there[udp->offset + i] = true;
	}
	if (!udp->has_more)
		fragments.len = udp->offset + udp->len;
	if (!is_whole())
		return;
	read_joined(to_core, udp, fragments.first);
	if (memcmp(fragments.first, fragments.last, fragments.len) != 0)
		read_joined(to_core, udp, fragments.last);
	fragments.id = 0;
	fragments.len = 0;
}

void judge_sent(void *arg, enum datapath_side side, const uint8_t *frame, uint32_t len)
{
	struct frame_udp udp;

	(void)arg;
	if (!frame_read(&udp, frame, len))
		return;
	if (udp.is_fragment)
		take_fragment(side == DATAPATH_CORE, &udp);
	else
		take_datagram(side == DATAPATH_CORE, &udp);
}

/* --- what is lost --- */

void judge_settled(void)
{
	for (; first_due < npdus_count; first_due++) {
		const struct npdu *n = &npdus[first_due];

		if (n->must_arrive && !n->has_arrived)
			find(VERDICT_LOST, "%s N-PDU %u of %s NSAPI %u",
			     n->is_up ? "uplink" : "downlink", first_due, owner_name(n),
			     5 + n->slot);
	}
}

void judge_forget(void)
{
	first_due = npdus_count;
}
