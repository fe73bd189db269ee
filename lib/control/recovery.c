/* SPDX-License-Identifier: BSD-3-Clause */
/* recovery: GSNs that restart, TS 23.007. Each counts its restarts and says so in the Recovery IE (TS 29.060
 * 7.7.11); when the counter goes on, all PDP contexts of before at that GSN are gone, though nobody deletes
 * them. Their sessions end a few at a time, while control goes on with its work; those that are made
 * meanwhile are told from them by their serial. A GSN is an address on one side of us. */
#include <arpa/inet.h>
#include <string.h>

#include "control/journal.h"
#include "control/recovery.h"
#include "control/session.h"
#include "control/table.h"
#include "control/work.h"

#define ECHO_REQUEST 1 /* TS 29.060 table 1, TS 29.274 table 6.1-1 */

/* Sessions looked at, and ended, in one go, at most, and how often. */
#define SLICE	   4096
#define SLICE_ENDS 512
#define SLICE_MS   10
/* Ended in one go while the disk is that far behind: what others change has to wait for it as well. */
#define BEHIND	    512
#define BEHIND_ENDS 16

/* Modulo 256. One that is not later is from before the last restart, and was late on its way. */
static bool is_later(uint8_t counter, uint8_t than)
{
	return (int8_t)(counter - than) > 0;
}

/* --- sessions of before --- */

static bool is_sweeping(const struct session_store *store)
{
	return wheel_is_set(&store->sweep.timer);
}

/* gsn 0: there is none. */
static bool is_lost_at(const struct session_store *store, uint32_t gsn, unsigned side,
		       uint32_t serial)
{
	const struct gsn_restarts *restarts = gsns_restarts(store->gsns, gsn, side);

	return gsn != 0 && restarts->is_swept && !table_is_later(serial, restarts->serial);
}

/* What is under way for it decides where it is. */
static bool is_target_lost(const struct session_store *store, const struct session *s,
			   const struct change *t)
{
	const uint32_t sgsn = gsns_find(store->gsns, t->control_sgsn.receiver);
	const uint32_t ggsn = gsns_find(store->gsns, t->control_ggsn.receiver);

	return is_lost_at(store, sgsn, DATAPATH_ACCESS, s->serial) ||
	       is_lost_at(store, ggsn, DATAPATH_CORE, s->serial);
}

bool recovery_is_lost(const struct session_store *store, const struct session *s)
{
	struct change target;

	if (!work_first_operation(s))
		return is_lost_at(store, s->control_sgsn.gsn, DATAPATH_ACCESS, s->serial) ||
		       is_lost_at(store, s->control_ggsn.gsn, DATAPATH_CORE, s->serial);
	session_current(store, s, &target);
	return is_target_lost(store, s, &target);
}

/* --- the sweep --- */

static void finish_sweep(struct session_store *store)
{
	for (uint32_t gsn = 1; gsn <= gsns_highest(store->gsns); gsn++)
		for (unsigned side = 0; side < DATAPATH_SIDES; side++)
			gsns_restarts(store->gsns, gsn, side)->is_swept = false;
}

static void sweep_slice(struct wheel_timer *timer, void *arg)
{
	const struct change end = {.alive = false, .is_swept = true};
	struct session_store *store = arg;
	const unsigned ends = journal_behind(store->journal) < BEHIND ? SLICE_ENDS : BEHIND_ENDS;

	for (unsigned i = 0, ended = 0;
	     i < SLICE && ended < ends && store->sweep.looked_at < store->highest; i++) {
		struct session *s = table_session(store, ++store->sweep.looked_at);
		if (!s || !recovery_is_lost(store, s))
			continue;
		session_apply(store, s, &end, NULL);
		ended++;
	}
	if (store->sweep.looked_at == store->highest) {
		if (!store->sweep.again) {
			finish_sweep(store);
			return;
		}
		store->sweep.again = false;
		store->sweep.looked_at = 0;
	}
	wheel_set(store->wheel, timer, SLICE_MS, sweep_slice);
}

static void sweep(struct session_store *store, struct gsn_restarts *restarts)
{
	restarts->serial = store->last_serial;
	restarts->is_swept = true;
	if (is_sweeping(store)) {
		store->sweep.again = true;
		return;
	}
	store->sweep.looked_at = 0;
	wheel_set(store->wheel, &store->sweep.timer, 0, sweep_slice);
}

void recovery_spare(struct session_store *store, struct session *s, const struct change *target)
{
	if (is_sweeping(store) && is_target_lost(store, s, target))
		s->serial = table_next_serial(store);
}

/* --- counters --- */

static const char *address_str(const uint8_t address[GSN_ADDRESS_LEN], char buf[INET6_ADDRSTRLEN])
{
	const bool is_ipv4 = IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)address);

	return is_ipv4 ? inet_ntop(AF_INET, address + 12, buf, INET6_ADDRSTRLEN)
		       : inet_ntop(AF_INET6, address, buf, INET6_ADDRSTRLEN);
}

static void say_restart(struct session_store *store, const struct recovery *said, unsigned side,
			uint8_t before)
{
	char text[INET6_ADDRSTRLEN];

	control_count(store, SESSION_GSN_RESTARTS);
	control_log(store, SESSION_LOG_WARNING,
		    "GSN %s on the %s side has restarted, its counter went from %u to %u: its "
		    "sessions of before end",
		    address_str(said->sender.receiver, text),
		    side == DATAPATH_ACCESS ? "access" : "core", before, said->counter);
}

static void take(struct session_store *store, const struct recovery *said, unsigned side,
		 bool may_have_restarted)
{
	const uint32_t gsn = gsns_find(store->gsns, said->sender.receiver);
	struct gsn_restarts *restarts = gsns_restarts(store->gsns, gsn, side);

	if (gsn == 0 || !said->is_said)
		return;
	if (!restarts->is_known) {
		restarts->is_known = true;
		restarts->counter = said->counter;
	} else if (may_have_restarted && is_later(said->counter, restarts->counter)) {
		say_restart(store, said, side, restarts->counter);
		restarts->counter = said->counter;
		sweep(store, restarts);
	} else if (may_have_restarted && said->counter != restarts->counter) {
		control_count(store, SESSION_GTPC_RECOVERY_LATE);
	}
}

void recovery_take(struct session_store *store, const struct recovery said[DATAPATH_SIDES])
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		take(store, &said[side], side, true);
}

void recovery_note(struct session_store *store, const struct recovery said[DATAPATH_SIDES])
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		take(store, &said[side], side, false);
}

/* --- Echo --- */

void recovery_take_echo_request(struct session_store *store, const struct session_gtpc *gtpc,
				uint8_t version, uint32_t sequence)
{
	/* Of others there is nothing to learn, and requests that make sessions come first. */
	if (gsns_find(store->gsns, gtpc->destination.receiver) != 0 && transactions_are_few(store))
		transactions_remember(store, gtpc, version, ECHO_REQUEST, sequence, 0,
				      sizeof(struct transaction));
}

void recovery_take_echo_response(struct session_store *store, const struct session_gtpc *gtpc,
				 uint8_t version, uint32_t sequence, const struct recovery *said)
{
	struct transaction *request =
		transactions_find_answered(store, gtpc, version, ECHO_REQUEST, sequence, 0);
	struct recovery by_side[DATAPATH_SIDES] = {0};

	if (!request)
		return;
	by_side[gtpc->side] = *said;
	recovery_take(store, by_side);
	transactions_forget(store, request);
}
