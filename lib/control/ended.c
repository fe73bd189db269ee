/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/ended.h"

#include "control/apart.h"
#include "control/journal.h"
#include "control/networks.h"
#include "control/table.h"

/* Claims of one session to tunnels before moves. */
#define BEFORE_MOVE_MAX 4

/* Notes that there was no place for what a protected session leaves. */
static void say_overfull(struct session_store *store)
{
	control_count(store, SESSION_ENDED_LOST);
	if (store->is_overfull_said)
		return;
	store->is_overfull_said = true;
	if (store->journal)
		journal_note_id(store->journal, journal_overfull(store->journal));
	control_log(store, SESSION_LOG_WARNING,
		    "no place for the tunnels and addresses that a protected session leaves: from "
		    "now on, G-PDUs of unknown tunnels are dropped, and of sessions without "
		    "addresses too; raise sessions.unprotected_max, and remove the state when all "
		    "sessions of before are over");
}

/* Other sessions that have the tunnel too stay barred, although one of those that claim it is gone. */
static bool bars(const struct session_store *store, const struct session *ended)
{
	const struct tunnel tunnel = directory_tunnel(store->directory, &ended->tunnel[DOWN]);
	const struct session *other = NULL;

	while ((other = directory_next_of_tunnel(store->directory, &tunnel, DOWN, other)) != NULL)
		if (other->kind != DIRECTORY_ENDED &&
		    (other->imsi != ended->imsi || other->nsapi != ended->nsapi) &&
		    !apart_is_told(ended, other))
			return true;
	return false;
}

/* The GGSN may have the session: it may still be moved, and still be deleted. */
static void be_doubtful(struct session_store *store, struct session *ended,
			const struct tunnel *control)
{
	ended->is_doubtful = true;
	directory_set_tunnel(store->directory, &ended->control_ggsn, control);
	directory_index(store->directory, ended, INDEX_CONTROL_GGSN);
	ended->is_barred = bars(store, ended);
}

bool ended_leave(struct session_store *store, const struct session *s, bool is_doubtful)
{
	const struct tunnel control = directory_tunnel(store->directory, &s->control_ggsn);
	const bool was_overfull = directory_is_overfull(store->directory);
	struct session *ended = directory_leave_ended(store->directory, s);

	if (ended) {
		ended->apn = apns_take(store->apns, apns_ref(store->apns, s->apn));
		if (is_doubtful)
			be_doubtful(store, ended, &control);
		journal_note(store, ended);
	} else if (was_overfull || directory_is_overfull(store->directory)) {
		say_overfull(store);
	}
	return ended != NULL;
}

static void be_overfull(struct session_store *store)
{
	directory_set_overfull(store->directory);
	say_overfull(store);
}

/* Returns NULL if there is no place: then the directory is overfull. */
static struct session *add_unserved(struct session_store *store, const struct e2m_imsi *imsi,
				    uint8_t nsapi, uint8_t primary, const struct change *t)
{
	struct directory *d = store->directory;
	struct session *ended = directory_add(d, DIRECTORY_ENDED, imsi, nsapi);

	if (!ended) {
		be_overfull(store);
		return NULL;
	}
	directory_unindex(d, ended, INDEX_SUBSCRIBER);
	ended->primary = primary;
	for (unsigned direction = 0; direction < 2; direction++) {
		directory_set_tunnel(d, &ended->tunnel[direction], &t->tunnel[direction]);
		directory_index(d, ended, INDEX_TUNNEL_UP + direction);
	}
	directory_set_address(d, ended, &t->address);
	ended->apn = apns_take(store->apns, t->apn);
	journal_note(store, ended);
	return ended;
}

void ended_leave_unserved(struct session_store *store, const struct e2m_imsi *imsi, uint8_t nsapi,
			  uint8_t primary, const struct change *t)
{
	struct session *ended = add_unserved(store, imsi, nsapi, primary, t);

	if (ended && imsi->digits[0] != '\0')
		be_doubtful(store, ended, &t->control_ggsn);
}

void ended_leave_unknown(struct session_store *store, const struct tunnel *tunnel)
{
	static const struct e2m_imsi unknown;
	static const struct tunnel none;
	const struct change t = {.alive = true, .tunnel = {[DOWN] = *tunnel}};
	struct session *ended = add_unserved(store, &unknown, 0, 0, &t);

	if (ended)
		be_doubtful(store, ended, &none);
}

void ended_leave_expected(struct session_store *store, enum session_direction direction,
			  const struct tunnel *tunnel)
{
	static const struct e2m_imsi unknown;
	struct change t = {.alive = true};

	t.tunnel[direction] = *tunnel;
	if (directory_room(store->directory, DIRECTORY_ENDED) > store->config.unprotected_max / 2)
		ended_leave_unserved(store, &unknown, 0, 0, &t);
	else
		be_overfull(store);
}

static void forget_if(struct session_store *store, struct session *ended, bool has_nothing)
{
	journal_note(store, ended);
	if (!has_nothing)
		return;
	networks_leave(store, ended);
	apns_give_back(store->apns, ended->apn);
	directory_remove(store->directory, ended);
}

void ended_lose_tunnel(struct session_store *store, struct session *ended,
		       enum session_direction direction)
{
	const bool is_claim = ended->is_before_move;

	forget_if(store, ended,
		  directory_ended_lost_tunnel(store->directory, ended, direction) || is_claim);
}

/* The claim is at the session's GGSN, and no message names it by a control TEID. */
static void set_ggsn(struct directory *d, struct session *claim, const struct session *s)
{
	struct tunnel ggsn = directory_tunnel(d, &s->control_ggsn);

	if (tunnel_is_none(&ggsn))
		ggsn = directory_tunnel(d, &s->tunnel[UP]);
	ggsn.teid = 0;
	directory_set_tunnel(d, &claim->control_ggsn, &ggsn);
}

/* A claim on the same disk may be of an earlier session with this IMSI and NSAPI. */
static struct session *next_claim(const struct session_store *store, const struct session *s,
				  struct session *after)
{
	struct session *claim = directory_next_claim(store->directory, s, after);

	while (claim && (!claim->is_claim || claim->serial != s->serial))
		claim = directory_next_claim(store->directory, s, claim);
	return claim;
}

/* An attacker may have the same claim made again and again. */
static struct session *find_claim(const struct session_store *store, const struct session *s,
				  const struct tunnel *tunnel)
{
	struct session *claim = NULL;

	while ((claim = next_claim(store, s, claim)) != NULL) {
		const struct tunnel its = directory_tunnel(store->directory, &claim->tunnel[DOWN]);

		if (!claim->is_before_move && tunnel_is_equal(&its, tunnel))
			break;
	}
	return claim;
}

/* NULL: no place is left. */
static struct session *add_claim(struct session_store *store, const struct session *s,
				 const struct tunnel *tunnel)
{
	struct directory *d = store->directory;
	const struct e2m_imsi imsi = directory_imsi(s);
	struct session *claim = directory_add(d, DIRECTORY_ENDED, &imsi, s->nsapi);

	if (!claim) {
		be_overfull(store);
		return NULL;
	}
	claim->serial = s->serial;
	claim->primary = s->primary;
	claim->is_doubtful = claim->is_claim = true;
	claim->apn = apns_take(store->apns, apns_ref(store->apns, s->apn));
	set_ggsn(d, claim, s);
	directory_set_tunnel(d, &claim->tunnel[DOWN], tunnel);
	directory_index(d, claim, INDEX_TUNNEL_DOWN);
	directory_index(d, claim, INDEX_SUBSCRIBER);
	directory_set_address(d, claim, &s->address);
	journal_note(store, claim);
	return claim;
}

struct session *ended_leave_claim(struct session_store *store, const struct session *s,
				  const struct tunnel *tunnel)
{
	struct session *claim = find_claim(store, s, tunnel);

	return claim ? claim : add_claim(store, s, tunnel);
}

static struct session *find_before_move(const struct session_store *store, const struct session *s)
{
	struct session *claim = next_claim(store, s, NULL);

	while (claim && !claim->is_before_move)
		claim = next_claim(store, s, claim);
	return claim;
}

bool ended_has_before_move(const struct session_store *store, const struct session *s)
{
	return find_before_move(store, s) != NULL;
}

bool ended_take_before_move(struct session_store *store, const struct session *s,
			    struct tunnel *tunnel)
{
	struct session *claim = find_before_move(store, s);

	if (!claim)
		return false;
	*tunnel = directory_tunnel(store->directory, &claim->tunnel[DOWN]);
	forget_if(store, claim, true);
	return true;
}

/* The youngest come first. The oldest is where the GGSN was when an N-PDU was seen last. */
static void make_room_of(struct session_store *store, const struct session *s)
{
	unsigned count = 0;

	for (struct session *claim = NULL; (claim = next_claim(store, s, claim)) != NULL;)
		count += claim->is_before_move;
	if (count >= BEFORE_MOVE_MAX)
		forget_if(store, find_before_move(store, s), true);
}

void ended_leave_before_move(struct session_store *store, const struct session *s,
			     const struct tunnel *tunnel)
{
	struct session *claim;

	make_room_of(store, s);
	claim = add_claim(store, s, tunnel);
	if (!claim)
		return;
	claim->is_before_move = true;
	claim->is_barred = bars(store, claim);
}

static void settle_claims(struct session_store *store, const struct session *s, bool is_over)
{
	struct session *claim = next_claim(store, s, NULL), *next;

	for (; claim; claim = next) {
		next = next_claim(store, s, claim);
		if (is_over || !claim->is_before_move)
			forget_if(store, claim, true);
	}
}

void ended_settle_lost(struct session_store *store, const struct session *s)
{
	settle_claims(store, s, false);
}

void ended_settle_claims(struct session_store *store, const struct session *s)
{
	settle_claims(store, s, true);
}

void ended_settle(struct session_store *store, struct session *ended)
{
	ended->is_doubtful = ended->is_barred = false;
	journal_note(store, ended);
}

void ended_lose_address(struct session_store *store, struct session *ended, bool is_ipv6)
{
	const bool has_nothing = directory_ended_lost_address(store->directory, ended, is_ipv6);

	/* The GGSN has given the address to another PDN, so this one is over there. */
	networks_leave(store, ended);
	forget_if(store, ended, has_nothing);
}
