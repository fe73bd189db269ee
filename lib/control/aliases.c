/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/aliases.h"

#include "base/container.h"
#include "control/commands.h"
#include "control/ended.h"
#include "control/table.h"
#include "control/tunnels_inside.h"

/* After the first N-PDU in the new tunnel, e2m.md 6. */
#define LASTS_MS 5000
/* Of one session. Beyond, one of those in the middle ends: the oldest is where the GGSN was when an N-PDU was
 * seen last, and the youngest is the likeliest. */
#define OF_SESSION_MAX 4

/* Iterates over the tunnels of a session, from the oldest. after: NULL at first. */
static struct lone_tunnel *next_of(const struct session_store *store, uint32_t session,
				   const struct lone_tunnel *after)
{
	struct lone_tunnel *t =
		after ? TAILQ_NEXT(after, of_session) : TAILQ_FIRST(tunnels_before(store, session));

	while (t && t->session != session)
		t = TAILQ_NEXT(t, of_session);
	return t;
}

bool aliases_has_any(const struct session_store *store, const struct session *s)
{
	return next_of(store, table_id(store, s), NULL) != NULL;
}

bool aliases_find_in_use(const struct session_store *store, const struct session *s,
			 struct tunnel *tunnel)
{
	*tunnel = (struct tunnel){0};
	for (const struct lone_tunnel *t = NULL;
	     (t = next_of(store, table_id(store, s), t)) != NULL;)
		if (!wheel_is_set(&t->timer))
			*tunnel = t->tunnel;
	return !tunnel_is_none(tunnel);
}

static void stop(struct session_store *store, const struct lone_tunnel *t, bool hold)
{
	commands_send(store, &t->flow,
		      (struct datapath_command){.kind = DATAPATH_STOP_FLOW, .hold = hold}, NULL);
}

/* --- the end --- */

static void end(struct session_store *store, struct lone_tunnel *t)
{
	stop(store, t, false);
	tunnels_linger_on(store, t);
}

static void time_is_over(struct wheel_timer *timer, void *store)
{
	end(store, container_of(timer, struct lone_tunnel, timer));
}

void aliases_end(struct session_store *store, const struct session *s)
{
	const uint32_t session = table_id(store, s);
	struct lone_tunnel *t;

	while ((t = next_of(store, session, NULL)) != NULL)
		end(store, t);
}

static void end_barred(struct session_store *store, const struct session *s, struct lone_tunnel *t)
{
	if (!wheel_is_set(&t->timer))
		ended_leave_before_move(store, s, &t->tunnel);
	end(store, t);
}

void aliases_end_barred(struct session_store *store, const struct session *s)
{
	const uint32_t session = table_id(store, s);
	struct lone_tunnel *t;

	while ((t = next_of(store, session, NULL)) != NULL)
		end_barred(store, s, t);
}

void aliases_leave(struct session_store *store, const struct session *s)
{
	const struct e2m_imsi imsi = directory_imsi(s);
	struct change left = {.alive = true,
			      .apn = apns_ref(store->apns, s->apn),
			      .control_ggsn = directory_tunnel(store->directory, &s->control_ggsn)};

	for (struct lone_tunnel *t = NULL; (t = next_of(store, table_id(store, s), t)) != NULL;) {
		left.tunnel[DOWN] = t->tunnel;
		ended_leave_unserved(store, &imsi, s->nsapi, s->primary, &left);
	}
}

void aliases_take_first_npdu(struct session_store *store, const struct session *s)
{
	for (struct lone_tunnel *t = NULL; (t = next_of(store, table_id(store, s), t)) != NULL;)
		if (!wheel_is_set(&t->timer))
			wheel_set(store->wheel, &t->timer, LASTS_MS, time_is_over);
}

bool aliases_find_watched(const struct session_store *store, const struct session *s,
			  unsigned worker, uint32_t number, struct tunnel *tunnel)
{
	for (const struct lone_tunnel *t = NULL;
	     (t = next_of(store, table_id(store, s), t)) != NULL;) {
		const struct session_flow *alias = t->guest.live ? &t->guest : &t->flow;

		*tunnel = t->tunnel;
		if (t->is_doubtful && !t->is_held && alias->worker == worker &&
		    alias->number == number)
			return true;
	}
	return false;
}

/* --- a move --- */

/* Until the session's flow is somewhere else. */
static void hold(struct session_store *store, struct lone_tunnel *t)
{
	t->is_doubtful = false;
	if (t->is_held)
		return;
	t->is_held = true;
	stop(store, t, true);
	tunnels_detach(store, t);
}

static void make_room_of(struct session_store *store, uint32_t session)
{
	struct lone_tunnel *second = NULL;
	unsigned count = 0;

	for (struct lone_tunnel *t = NULL; (t = next_of(store, session, t)) != NULL;)
		if (++count == 2)
			second = t;
	if (count >= OF_SESSION_MAX)
		end(store, second);
}

bool aliases_hold(struct session_store *store, struct session *s, const struct tunnel *tunnel,
		  bool is_doubtful)
{
	const uint32_t session = table_id(store, s);
	struct lone_tunnel *t;

	if (tunnels_is_short(store))
		return false;
	if (tunnels_before_count(store) >= tunnels_aliases_max(&store->config))
		end(store, tunnels_oldest_before(store));
	make_room_of(store, session);
	for (t = NULL; (t = next_of(store, session, t)) != NULL;)
		hold(store, t);
	t = tunnels_enter(store, tunnel, BEFORE);
	if (!t)
		return false;
	t->flow.number = protection_of(s)->flow[DOWN].number;
	t->direction = DOWN;
	t->session = session;
	t->is_doubtful = is_doubtful;
	t->is_held = true;
	TAILQ_INSERT_TAIL(tunnels_before(store, session), t, of_session);
	return true;
}

/* at: the flow that becomes the alias. */
static void send_alias(struct session_store *store, const struct lone_tunnel *t,
		       const struct session_flow *at, const struct session_flow *target,
		       void *acknowledge)
{
	const struct datapath_command c = {.kind = DATAPATH_ALIAS_FLOW,
					   .alias = {.tunnel = t->tunnel,
						     .target = target->number,
						     .worker = target->worker,
						     .direction = t->direction}};

	commands_send(store, at, c, acknowledge);
}

static void watch(struct session_store *store, const struct lone_tunnel *t,
		  const struct session_flow *alias)
{
	if (t->is_doubtful)
		commands_send(store, alias, (struct datapath_command){.kind = DATAPATH_WATCH_FLOW},
			      NULL);
}

/* In another worker, the flow's worker gets its alias first: aliases_acknowledged. */
static void follow(struct session_store *store, struct lone_tunnel *t,
		   const struct session_flow *target)
{
	t->is_held = false;
	if (t->flow.worker == target->worker) {
		send_alias(store, t, &t->flow, target, NULL);
		watch(store, t, &t->flow);
		return;
	}
	t->guest.worker = target->worker;
	if (!tunnels_take_number(store, &t->guest)) {
		end(store, t);
		return;
	}
	t->guest.live = true;
	t->pending++;
	send_alias(store, t, &t->guest, target, t);
	watch(store, t, &t->guest);
}

void aliases_follow(struct session_store *store, struct session *s)
{
	const struct session_flow *target = &protection_of(s)->flow[DOWN];
	const uint32_t session = table_id(store, s);
	struct lone_tunnel *t = next_of(store, session, NULL), *next;

	for (; t; t = next) {
		next = next_of(store, session, t);
		if (!target->live)
			end_barred(store, s, t);
		else if (t->is_held)
			follow(store, t, target);
	}
}

void aliases_acknowledged(struct session_store *store, unsigned worker,
			  const struct datapath_event *event)
{
	struct lone_tunnel *t = (struct lone_tunnel *)(uintptr_t)event->cookie;

	t->pending--;
	if (t->stage == OVER)
		tunnels_forget(t);
	else if (t->stage == BEFORE && t->guest.live && t->guest.worker == worker &&
		 t->guest.number == event->flow)
		send_alias(store, t, &t->flow, &t->guest, NULL);
}
