/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/learn.h"
#include "control/commands.h"
#include "control/context.h"
#include "control/notify.h"
#include "control/restarts.h"
#include "control/session.h"
#include "control/table.h"
#include "control/tunnels.h"

#include <string.h>

/* --- what messages say --- */

struct endpoint endpoint_of(const struct gtp_address *address, bool has_teid, uint32_t teid)
{
	struct endpoint e = {.has_address = address->len != 0, .has_teid = has_teid};

	if (address->len == 4)
		tunnel_set_ipv4(&e.tunnel, address->octets);
	else
		tunnel_set_ipv6(&e.tunnel, address->octets);
	e.tunnel.teid = teid;
	return e;
}

bool endpoint_is_whole(const struct endpoint *e)
{
	return e->has_address && e->has_teid;
}

void endpoint_update(struct tunnel *tunnel, const struct endpoint *e)
{
	if (e->has_address)
		memcpy(tunnel->receiver, e->tunnel.receiver, sizeof(tunnel->receiver));
	if (e->has_teid)
		tunnel->teid = e->tunnel.teid;
}

enum session_index learn_control_index(uint8_t side)
{
	return side == DATAPATH_ACCESS ? INDEX_CONTROL_GGSN : INDEX_CONTROL_SGSN;
}

/* --- what the operator wants of them --- */

enum policy_action learn_policy(const struct session_store *store, const struct e2m_imsi *imsi,
				const struct gtp_octets *apn, const struct session *primary)
{
	if (primary)
		return primary->policy;
	return policy_decide(&store->config.policy, imsi, apn->data, apn->len);
}

struct apn_ref learn_apn(struct session_store *store, const struct gtp_octets *apn,
			 const struct session *primary)
{
	return primary ? apns_ref(store->apns, primary->apn)
		       : apns_note(store->apns, apn->data, apn->len);
}

bool learn_is_refused(struct session_store *store, enum policy_action policy,
		      const struct e2m_imsi *imsi, uint8_t nsapi, struct held *held)
{
	if (policy != POLICY_DROP)
		return false;
	control_count(store, SESSION_POLICY_REFUSED);
	control_log(store, SESSION_LOG_INFO,
		    "IMSI %s NSAPI %u: the policy says drop: what would make its session does not "
		    "cross",
		    imsi->digits, nsapi);
	held->outcome = SESSION_POLICY;
	return true;
}

bool learn_is_to_know(const struct session_store *store, enum policy_action policy,
		      bool names_keyset)
{
	return policy == POLICY_PROTECT || store->config.learns_all || names_keyset;
}

void learn_leave_unparsed(struct session_store *store, enum policy_action policy, struct held *held)
{
	control_count(store, SESSION_GTPC_UNPARSED);
	if (policy == POLICY_PROTECT)
		held->outcome = SESSION_POLICY;
}

void learn_leave_unread(struct session_store *store, const struct session_gtpc *gtpc, bool creates,
			struct held *held)
{
	control_count(store, SESSION_GTPC_UNPARSED);
	if (!creates || gtpc->side != DATAPATH_ACCESS || !policy_is_strict(&store->config.policy))
		return;
	control_count(store, SESSION_POLICY_REFUSED);
	held->outcome = SESSION_POLICY;
}

void learn_apply_policy(struct change *target, enum policy_action policy, bool names_keyset)
{
	target->policy = (uint8_t)policy;
	target->has_keyset = names_keyset && policy_protects(policy);
	target->is_bare = !target->has_keyset;
}

/* --- what becomes of sessions --- */

static void say_without_keyset(struct session_store *store, const struct session *s,
			       const struct change *t)
{
	char up[TUNNEL_STR], down[TUNNEL_STR];

	control_log(store, SESSION_LOG_INFO,
		    "step 6: IMSI %s NSAPI %u: no keyset, %s, uplink %s, downlink %s",
		    table_imsi(s).digits, s->nsapi,
		    t->policy == POLICY_PROTECT ? "and to be protected: its packets are dropped"
						: "in clear",
		    tunnel_str(&t->tunnel[UP], up), tunnel_str(&t->tunnel[DOWN], down));
}

void learn_say(struct session_store *store, const struct session *s, const struct change *t)
{
	char id[E2M_KEYSET_ID_STR], up[TUNNEL_STR], down[TUNNEL_STR];

	if (t->is_bare) {
		say_without_keyset(store, s, t);
		return;
	}
	control_log(store, SESSION_LOG_INFO,
		    "step 6: IMSI %s NSAPI %u: %s, Key ID %u, uplink %s, downlink %s",
		    table_imsi(s).digits, s->nsapi, e2m_keyset_id_str(&t->keyset, id), t->key_id,
		    tunnel_str(&t->tunnel[UP], up), tunnel_str(&t->tunnel[DOWN], down));
}

/* A session that was protected is made anew, and its Create names no keyset: the UE has lost it, or somebody on
 * the way takes it out. */
static void note_downgrade(struct session_store *store, const struct session *s,
			   const struct change *target)
{
	if (!session_has_keyset(s))
		return;
	control_count(store, SESSION_UNPROTECTED_AGAIN);
	control_log(store, SESSION_LOG_WARNING,
		    "IMSI %s NSAPI %u: the UE made the context anew without naming a keyset; the "
		    "protected session ends%s",
		    table_imsi(s).digits, s->nsapi,
		    target->policy == POLICY_PROTECT ? ", and nothing of the new one crosses" : "");
}

static void note_bare(struct session_store *store, const struct session *s,
		      const struct change *target)
{
	if (target->policy == POLICY_PROTECT)
		control_count(store, SESSION_POLICY_BARRED);
	note_downgrade(store, s, target);
}

void learn_session(struct session_store *store, const struct e2m_imsi *imsi, uint8_t nsapi,
		   uint8_t primary, const struct change *target, const char *response,
		   struct held *held)
{
	struct session *s = table_find_subscriber(store, imsi, nsapi);

	if (s && notify_prevails(store, s, target, held)) {
		s->primary = primary;
		return;
	}
	s = session_place(store, imsi, nsapi);
	if (!s) {
		control_log(store, SESSION_LOG_WARNING,
			    "IMSI %s NSAPI %u: no room for another session, its %s does not cross; "
			    "raise sessions.max",
			    imsi->digits, nsapi, response);
		held->outcome = SESSION_NO_ROOM;
		return;
	}
	s->primary = primary;
	if (target->is_bare)
		note_bare(store, s, target);
	learn_say(store, s, target);
	session_apply(store, s, target, held);
}

/* One of its tunnels is another session's, and stays so: true when held was discarded, counted, and said. */
static bool is_anothers(struct session_store *store, const struct e2m_imsi *imsi, uint8_t nsapi,
			const struct endpoint user[2], struct held *held)
{
	for (unsigned d = 0; d < 2; d++) {
		if (!endpoint_is_whole(&user[d]) ||
		    !session_is_anothers_downlink(store, imsi, nsapi, (enum session_direction)d,
						  &user[d].tunnel))
			continue;
		control_count(store, SESSION_REFUSED_TUNNEL);
		control_log(
			store, SESSION_LOG_WARNING,
			"IMSI %s NSAPI %u: a context without a keyset names the downlink tunnel "
			"of another subscriber's session; what makes it does not cross",
			imsi ? imsi->digits : "unknown", nsapi);
		held->outcome = SESSION_TAKEN;
		return true;
	}
	return false;
}

void learn_unprotected(struct session_store *store, const struct e2m_imsi *imsi, uint8_t nsapi,
		       const struct endpoint user[2], struct held *held)
{
	const struct change end = {.alive = false};
	struct session *s = imsi ? table_find_subscriber(store, imsi, nsapi) : NULL;

	if (s && notify_prevails_protected(store, s))
		return;
	if (is_anothers(store, imsi, nsapi, user, held))
		return;
	if (s) {
		note_downgrade(store, s, &end);
		session_apply(store, s, &end, held);
	}
	for (unsigned d = 0; d < 2; d++)
		if (endpoint_is_whole(&user[d]))
			session_end_of_tunnel(store, &user[d].tunnel, held);
}

void learn_expect(struct session_store *store, uint8_t side, const struct tunnel *user,
		  bool is_again, struct held *held)
{
	tunnels_expect(store, side == DATAPATH_ACCESS ? DOWN : UP, user, is_again, held);
}

void learn_refuse_ambiguous(struct session_store *store, struct held *held)
{
	control_count(store, SESSION_GTPC_AMBIGUOUS);
	held->outcome = SESSION_POLICY;
}

void learn_change(struct session_store *store, struct session *s, const struct change *before,
		  const struct change *target, struct held *held)
{
	for (unsigned d = 0; d < 2; d++)
		if (!tunnel_is_equal(&target->tunnel[d], &before->tunnel[d]))
			control_count(store, SESSION_MOVED);
	if (target->has_keyset)
		learn_say(store, s, target);
	if (target->alive)
		restarts_spare(store, s, target);
	session_apply(store, s, target, held);
}

void learn_change_of_gtpc(struct session_store *store, struct session *s,
			  const struct change *before, const struct change *wanted,
			  struct held *held)
{
	struct change target = *wanted;

	target.has_keyset &= policy_protects(before->policy);
	if (!target.alive || !notify_prevails(store, s, &target, held))
		learn_change(store, s, before, &target, held);
}

/* --- dispatch --- */

static void take_message(struct session_store *store, const struct session_gtpc *gtpc,
			 struct held *held)
{
	const unsigned version = gtpc->len > 0 ? gtpc_version(gtpc->data[0]) : 1;

	if (version == 1)
		learn_v1_take(store, gtpc, held);
	else if (version == 2)
		learn_v2_take(store, gtpc, held);
	else
		control_count(store, SESSION_GTPC_OTHER);
}

void session_take_gtpc(struct session_store *store, const struct session_gtpc *gtpc)
{
	struct held *held = held_new_gtpc(gtpc);

	control_count(store, SESSION_GTPC_SEEN);
	if (!held) {
		commands_answer_gtpc(store, gtpc, false);
		return;
	}
	take_message(store, gtpc, held);
	held_release(store, held);
}
