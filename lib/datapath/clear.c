/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/clear.h"

#include "datapath/binding.h"
#include "datapath/owner.h"

/* What becomes of a packet that no flow protects. */
enum verdict {
	CROSSES,	 /* of a session without protection */
	CROSSES_UNKNOWN, /* of a tunnel that nobody knows */
	IS_BARRED,	 /* of a session that must not cross */
	IS_PROTECTED,	 /* of a session that has, must have or had protection */
};

static const struct session *find_session(const struct datapath_worker *w, const struct packet *p)
{
	const enum e2m_direction direction = p->side == DATAPATH_ACCESS ? E2M_UPLINK : E2M_DOWNLINK;

	return w->directory ? directory_find_tunnel(w->directory, &p->tunnel, direction) : NULL;
}

static enum verdict judge(const struct session *session)
{
	if (!session)
		return CROSSES_UNKNOWN;
	if (session->kind != DIRECTORY_UNPROTECTED)
		return IS_PROTECTED;
	return session->is_barred ? IS_BARRED : CROSSES;
}

/* GTP-C gives a tunnel one address of its GGSN. Some GGSNs take its TEID at their other addresses too. */
static bool may_be_of_barred(const struct datapath_worker *w, const struct packet *p)
{
	return p->side == DATAPATH_ACCESS && w->directory &&
	       directory_bars_teid(w->directory, &p->tunnel);
}

static bool is_guarded(const struct datapath_worker *w, const struct session *own,
		       struct rte_mbuf *m)
{
	const struct packet *p = packet_of(m);
	uint8_t room[BINDING_OCTETS];
	const uint32_t octets = RTE_MIN(p->payload_len, (uint16_t)BINDING_OCTETS);

	return binding_guards(w, own, m, rte_pktmbuf_read(m, p->payload, octets, room),
			      p->payload_len);
}

/* False: the packet was dropped, because its N-PDU has the address of another session, or may have. */
static bool has_free_address(struct datapath_worker *w, const struct session *own,
			     struct rte_mbuf *m)
{
	const struct packet *p = packet_of(m);

	if (p->kind == PACKET_BAD_GPDU)
		worker_drop(w, m, DATAPATH_DROP_MALFORMED);
	else if (p->kind != PACKET_FRAGMENT && is_guarded(w, own, m))
		worker_drop(w, m, DATAPATH_DROP_WRONG_ADDRESS);
	else if (p->kind == PACKET_FRAGMENT && p->fragment.inner == INNER_GUARDED)
		worker_drop(w, m, DATAPATH_DROP_WRONG_ADDRESS);
	else if (p->kind == PACKET_FRAGMENT && p->fragment.inner == INNER_HIDDEN)
		worker_drop(w, m, DATAPATH_DROP_FRAGMENT);
	else
		return true;
	return false;
}

/* Another worker has sent the packet here for the sake of an alias that has gone since. The owner of its tunnel knows
 * better; but it does not come back twice. */
static bool goes_back(struct datapath_worker *w, struct rte_mbuf *m)
{
	struct packet *p = packet_of(m);
	const unsigned owner = tunnel_owner(p->tunnel.teid, w->config.workers);

	if (owner == w->config.worker)
		return false;
	if (p->is_returned) {
		worker_drop(w, m, DATAPATH_DROP_TUNNEL_REMOVED);
		return true;
	}
	p->is_returned = true;
	p->flow = NULL;
	handover_packet(w, m, owner);
	return true;
}

static bool drops_unknown(const struct datapath_worker *w)
{
	return w->config.drop_unknown || (w->directory && directory_is_overfull(w->directory));
}

static void end_unknown(struct datapath_worker *w, struct rte_mbuf *m)
{
	const bool is_transparent = transparent_covers(&w->transparent, m);

	if (!is_transparent && drops_unknown(w)) {
		worker_drop(w, m, DATAPATH_DROP_UNKNOWN_TEID);
	} else if (!is_transparent && may_be_of_barred(w, packet_of(m))) {
		worker_drop(w, m, DATAPATH_DROP_TUNNEL_REMOVED);
	} else if (has_free_address(w, NULL, m)) {
		worker_count(w, packet_of(m)->side,
			     is_transparent ? DATAPATH_TRANSPARENT : DATAPATH_UNKNOWN_TEID);
		worker_pass(w, m);
	}
}

void clear_end(struct datapath_worker *w, struct rte_mbuf *m)
{
	const struct session *session;

	if (goes_back(w, m))
		return;
	session = find_session(w, packet_of(m));
	switch (judge(session)) {
	case IS_PROTECTED:
		worker_drop(w, m, DATAPATH_DROP_TUNNEL_REMOVED);
		break;
	case IS_BARRED:
		worker_drop(w, m, DATAPATH_DROP_POLICY);
		break;
	case CROSSES_UNKNOWN:
		end_unknown(w, m);
		break;
	case CROSSES:
		if (has_free_address(w, session, m))
			worker_pass(w, m);
	}
}

bool clear_admits(struct datapath_worker *w, struct rte_mbuf *m)
{
	const struct session *session = find_session(w, packet_of(m));
	const enum verdict verdict = judge(session);

	if (verdict == CROSSES ||
	    (verdict == CROSSES_UNKNOWN && !may_be_of_barred(w, packet_of(m))))
		return has_free_address(w, session, m);
	worker_drop(w, m,
		    verdict == IS_BARRED ? DATAPATH_DROP_POLICY : DATAPATH_DROP_TUNNEL_REMOVED);
	return false;
}

void clear_end_in_bypass(struct datapath_worker *w, struct rte_mbuf *m)
{
	const struct packet *p = packet_of(m);
	const struct session *session = find_session(w, p);
	const enum verdict verdict = judge(session);

	/* Another worker has sent it for the sake of an alias: it belongs to a protected session. */
	const bool is_sent_on = tunnel_owner(p->tunnel.teid, w->config.workers) != w->config.worker;

	if (is_sent_on || verdict == IS_PROTECTED || verdict == IS_BARRED ||
	    (verdict == CROSSES_UNKNOWN && !transparent_covers(&w->transparent, m) &&
	     may_be_of_barred(w, p)))
		worker_drop(w, m, DATAPATH_DROP_BYPASS);
	else if (has_free_address(w, session, m))
		worker_pass(w, m);
}

bool clear_may_cross(const struct datapath_worker *w, const struct packet *p)
{
	const enum verdict verdict = judge(find_session(w, p));

	return verdict == CROSSES || verdict == CROSSES_UNKNOWN;
}

enum packet_inner clear_judge_first(const struct datapath_worker *w, struct rte_mbuf *m)
{
	const struct packet *p = packet_of(m);
	const uint32_t at = p->fragment.npdu;
	uint8_t room[BINDING_OCTETS];
	uint32_t octets;

	if (at == 0)
		return INNER_HIDDEN;
	octets = RTE_MIN(rte_pktmbuf_pkt_len(m) - at, (uint32_t)BINDING_OCTETS);
	return binding_guards(w, find_session(w, p), m, rte_pktmbuf_read(m, at, octets, room),
			      octets)
		       ? INNER_GUARDED
		       : INNER_FREE;
}
