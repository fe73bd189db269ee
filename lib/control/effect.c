/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/effect.h"
#include "control/restarts.h"
#include "control/table.h"

bool effect_is_refused(struct session_store *store, enum policy_action policy,
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

void effect_apply_policy(struct change *target, enum policy_action policy, bool names_keyset)
{
	target->policy = (uint8_t)policy;
	target->has_keyset = names_keyset && policy_protects(policy);
	target->is_bare = !target->has_keyset;
}

void effect_say(struct session_store *store, const struct session *s, const struct change *t)
{
	char id[E2M_KEYSET_ID_STR], up[TUNNEL_STR], down[TUNNEL_STR];

	tunnel_str(&t->tunnel[UP], up);
	tunnel_str(&t->tunnel[DOWN], down);
	if (t->is_bare)
		control_log(store, SESSION_LOG_INFO,
			    "step 6: IMSI %s NSAPI %u: no keyset, %s, uplink %s, downlink %s",
			    directory_imsi(s).digits, s->nsapi,
			    t->policy == POLICY_PROTECT
				    ? "and to be protected: its packets are dropped"
				    : "in clear",
			    up, down);
	else
		control_log(store, SESSION_LOG_INFO,
			    "step 6: IMSI %s NSAPI %u: %s, Key ID %u, uplink %s, downlink %s",
			    directory_imsi(s).digits, s->nsapi, e2m_keyset_id_str(&t->keyset, id),
			    t->key_id, up, down);
}

void effect_change(struct session_store *store, struct session *s, const struct change *before,
		   const struct change *target, struct held *held)
{
	for (unsigned d = 0; d < 2; d++)
		if (!tunnel_is_equal(&target->tunnel[d], &before->tunnel[d]))
			control_count(store, SESSION_MOVED);
	if (target->has_keyset)
		effect_say(store, s, target);
	if (target->alive)
		restarts_spare(store, s, target);
	session_apply(store, s, target, held);
}
