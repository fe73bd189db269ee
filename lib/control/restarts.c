/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/restarts.h"

#include <arpa/inet.h>

#include "control/table.h"

/* --- sessions from before a restart --- */

static bool is_before(const struct session_store *store, const struct session *s,
		      const struct tunnel *control, unsigned side)
{
	const uint32_t gsn = gsns_find(store->gsns, control->receiver);
	const struct gsn_restarts *restarts = gsns_restarts(store->gsns, gsn, side);

	return gsn != 0 && restarts->is_swept && !table_is_later(s->serial, restarts->serial);
}

bool restarts_are_after(const struct session_store *store, const struct session *s,
			const struct change *t)
{
	return is_before(store, s, &t->control_sgsn, DATAPATH_ACCESS) ||
	       is_before(store, s, &t->control_ggsn, DATAPATH_CORE);
}

void restarts_spare(struct session_store *store, struct session *s, const struct change *t)
{
	if (restarts_are_after(store, s, t))
		s->serial = table_next_serial(store);
}

void restarts_forget(struct session_store *store)
{
	for (uint32_t gsn = 1; gsn <= gsns_highest(store->gsns); gsn++)
		for (unsigned side = 0; side < DATAPATH_SIDES; side++)
			gsns_restarts(store->gsns, gsn, side)->is_swept = false;
}

/* --- counters --- */

static void say_restart(struct session_store *store, const struct recovery *said, unsigned side,
			uint8_t before)
{
	const uint8_t *address = said->sender.receiver;
	const bool is_ipv4 = IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)address);
	char text[INET6_ADDRSTRLEN];

	inet_ntop(is_ipv4 ? AF_INET : AF_INET6, address + (is_ipv4 ? 12 : 0), text, sizeof(text));
	control_count(store, SESSION_GSN_RESTARTS);
	control_log(store, SESSION_LOG_WARNING,
		    "GSN %s on the %s side has restarted, its counter went from %u to %u: its "
		    "sessions of before end",
		    text, side == DATAPATH_ACCESS ? "access" : "core", before, said->counter);
}

/* NULL: the message has no Recovery IE, or no session has the GSN. */
static struct gsn_restarts *restarts_of(struct session_store *store, const struct recovery *said,
					unsigned side)
{
	const uint32_t gsn = gsns_find(store->gsns, said->sender.receiver);

	return gsn != 0 && said->is_said ? gsns_restarts(store->gsns, gsn, side) : NULL;
}

static bool take(struct session_store *store, const struct recovery *said, unsigned side)
{
	struct gsn_restarts *restarts = restarts_of(store, said, side);

	if (!restarts || !restarts->is_known || said->counter == restarts->counter)
		return false;
	/* Modulo 256. A lower counter is from before the last restart and comes late. */
	if ((int8_t)(said->counter - restarts->counter) < 0) {
		control_count(store, SESSION_GTPC_RECOVERY_LATE);
		return false;
	}
	say_restart(store, said, side, restarts->counter);
	restarts->counter = said->counter;
	restarts->serial = table_last_serial(store);
	restarts->is_swept = true;
	return true;
}

bool restarts_take(struct session_store *store, const struct recovery said[DATAPATH_SIDES])
{
	bool has_restarted = false;

	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		has_restarted |= take(store, &said[side], side);
	restarts_note(store, said);
	return has_restarted;
}

void restarts_note(struct session_store *store, const struct recovery said[DATAPATH_SIDES])
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		struct gsn_restarts *restarts = restarts_of(store, &said[side], side);

		if (!restarts || restarts->is_known)
			continue;
		restarts->is_known = true;
		restarts->counter = said[side].counter;
	}
}
