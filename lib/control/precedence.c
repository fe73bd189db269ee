/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/precedence.h"

#include <string.h>

#include "control/address.h"
#include "control/apart.h"
#include "control/binding.h"
#include "control/effect.h"
#include "control/ended.h"
#include "control/restarts.h"
#include "control/table.h"

static bool is_same_keyset(const struct change *a, const struct change *b)
{
	return memcmp(&a->keyset, &b->keyset, sizeof(a->keyset)) == 0;
}

static bool has_same_uplink(const struct change *a, const struct change *b)
{
	return tunnel_is_equal(&a->tunnel[UP], &b->tunnel[UP]);
}

static bool has_same_tunnels(const struct change *a, const struct change *b)
{
	return has_same_uplink(a, b) && tunnel_is_equal(&a->tunnel[DOWN], &b->tunnel[DOWN]);
}

/* SQN and RAND may name the same AKA run, so they do not conflict. */
static bool is_other_keyset(const struct change *a, const struct change *b)
{
	return a->key_id != b->key_id ||
	       (a->keyset.type == b->keyset.type && !is_same_keyset(a, b));
}

static void say_contradiction(struct session_store *store, struct session *s,
			      const struct change *right, const char *what)
{
	const bool is_static = right->origin == ORIGIN_CONFIGURATION;

	control_count(store, SESSION_CONTRADICTED);
	if (!s->contradiction_said)
		control_log_of(store, s, SESSION_LOG_WARNING,
			       "GTP-C says otherwise of its %s than %s, which counts", what,
			       is_static ? "the configuration" : "the GGSN's notification");
	s->contradiction_said = true;
}

/* Fills current with what the session will be. Returns false if GTP-C has the last word on it. */
static bool prevailing(const struct session_store *store, const struct session *s,
		       struct change *current)
{
	session_current(store, s, current);
	return current->alive && current->origin != ORIGIN_GTPC;
}

/* An address that the notification did not give is the one that GTP-C gives. */
static void give_address(struct change *current, const struct pdp_address *learned)
{
	const struct pdp_address address = address_prefer(&current->address, learned);

	current->has_address = memcmp(&address, &current->address, sizeof(address)) != 0;
	current->address = address;
}

/* The GGSN has accepted what target says, and it does not count here: its tunnels that are not the session's
 * are barred, until an accepted response or a notification gives them to a session. */
static void leave_unserved(struct session_store *store, const struct session *s,
			   const struct change *target, const struct change *current)
{
	const struct e2m_imsi imsi = directory_imsi(s);
	struct change left = *target;

	for (unsigned d = 0; d < 2; d++)
		if (tunnel_is_equal(&target->tunnel[d], &current->tunnel[d]))
			left.tunnel[d] = (struct tunnel){0};
	pdp_address_unset(&left.address, false, PDP_UNBOUND);
	pdp_address_unset(&left.address, true, PDP_UNBOUND);
	if (apart_is_protected(s) && !has_same_uplink(target, current))
		ended_leave_unserved(store, &imsi, s->nsapi, s->primary, &left);
}

bool precedence_prevails(struct session_store *store, struct session *s,
			 const struct change *target, struct held *held)
{
	struct change current;

	if (!prevailing(store, s, &current))
		return false;
	if (session_names_keyset(s) ? target->is_bare : target->has_keyset)
		say_contradiction(store, s, &current, "being protected");
	else if (target->has_keyset && is_other_keyset(target, &current))
		say_contradiction(store, s, &current, "keyset");
	else if (!has_same_tunnels(target, &current))
		say_contradiction(store, s, &current, "tunnels");
	if (target->alive && current.origin != ORIGIN_CONFIGURATION)
		leave_unserved(store, s, target, &current);
	/* A notification tells of a context at its own GGSN. The same IMSI and NSAPI at another GGSN
	 * are another context. */
	if (current.origin == ORIGIN_CONFIGURATION ||
	    binding_is_other_ggsn(store, &current.tunnel[UP], &target->control_ggsn))
		return true;
	current.control_sgsn = target->control_sgsn;
	current.control_ggsn = target->control_ggsn;
	current.recovery = target->recovery;
	if (target->has_address)
		give_address(&current, &target->address);
	restarts_spare(store, s, &current);
	session_apply(store, s, &current, held);
	return true;
}

/* GTP-C has given the context another downlink tunnel. A keyset alone does not tell that it is this
 * context: a UE may name a keyset again. */
static bool is_of_gtpc(const struct change *target, const struct change *current)
{
	return current->origin == ORIGIN_GTPC && has_same_uplink(target, current);
}

/* With the same tunnels it is the same context, whatever keyset GTP-C named. */
void precedence_compare(struct session_store *store, struct session *s, struct change *target)
{
	struct change current;
	bool names_same;

	session_current(store, s, &current);
	names_same = session_names_keyset(s) && is_same_keyset(target, &current);
	if (!current.alive ||
	    (!has_same_tunnels(target, &current) && !(names_same && is_of_gtpc(target, &current))))
		return;
	if (target->apn.number == 0)
		target->apn = current.apn;
	target->address = address_prefer(&target->address, &current.address);
	/* GTP-C knew the APN, so its policy is kept. A session of the configuration gets no control
	 * TEIDs: with them, GTP-C could end it. */
	if (target->origin != ORIGIN_CONFIGURATION) {
		effect_apply_policy(target, (enum policy_action)current.policy, true);
		target->control_sgsn = current.control_sgsn;
		target->control_ggsn = current.control_ggsn;
	}
	if (has_same_tunnels(target, &current) &&
	    (target->is_bare ? !session_names_keyset(s)
			     : names_same && target->key_id == current.key_id))
		target->fresh = target->is_bare = false;
	else if (current.origin == ORIGIN_GTPC &&
		 (!has_same_tunnels(target, &current) ||
		  (session_names_keyset(s) && is_other_keyset(target, &current))))
		say_contradiction(store, s, target, "tunnels, keyset or Key ID");
}
