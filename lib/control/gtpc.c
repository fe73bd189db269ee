/* SPDX-License-Identifier: BSD-3-Clause */
/* gtpc: takes a datagram of GTP-C that crosses. Its dialect reads the messages, and the procedure
 * decides. The datagram leaves when all that its messages ask for is done. */
#include "control/commands.h"
#include "control/dialect.h"
#include "control/discard.h"
#include "control/procedure.h"

#define DATAGRAM_MOST 2 /* messages: one, and one that is piggybacked (TS 29.274 5.5.1) */

static const struct dialect *find_dialect(const struct session_gtpc *gtpc)
{
	const unsigned version = gtpc->len > 0 ? gtpc_version(gtpc->data[0]) : 1;

	return version == 1 ? &dialect_v1 : version == 2 ? &dialect_v2 : NULL;
}

/* Takes the first message from the rest of the datagram. Returns false if it cannot be read. */
static bool read_first(const struct session_store *store, struct session_gtpc *left, unsigned count,
		       struct message *m, struct session_gtpc *first)
{
	const int len = count < DATAGRAM_MOST ? m->dialect->read(m, left->data, left->len,
								 left->side, &store->config.numbers)
					      : -1;

	if (len < 0)
		return false;
	*first = *left;
	first->len = (size_t)len;
	left->data += len;
	left->len -= (size_t)len;
	return true;
}

/* left begins with a message that cannot be read. */
static void take_unread(struct session_store *store, const struct dialect *dialect,
			const struct session_gtpc *left, struct held *held)
{
	if (left->len < 2)
		control_count(store, SESSION_GTPC_OTHER);
	else if (dialect->is_read(left->data[1]))
		discard_gtpc(store, left, DISCARD_MALFORMED, held);
	else
		discard_note_crossing(store, dialect->version, left->data[1]);
}

static void take(struct session_store *store, const struct session_gtpc *gtpc,
		 const struct message *m, struct held *held)
{
	const uint8_t type = gtpc->data[1];

	if (m->fault != GTPC_FAULTLESS && m->dialect->is_read(type))
		procedure_take_faulty(store, gtpc, m, held);
	else if (m->kind == MESSAGE_OTHER)
		discard_note_crossing(store, m->dialect->version, type);
	else if (m->kind == MESSAGE_ECHO)
		procedure_take_echo(store, gtpc, m);
	else if (m->is_response)
		procedure_take_response(store, gtpc, m, held);
	else
		procedure_take_request(store, gtpc, m, held);
}

/* The messages of a datagram cross together or not at all. Returns false if the one before first or the one behind does
 * not cross, so first must have no effect. */
static bool is_followed_well(struct session_store *store, const struct session_gtpc *behind,
			     const struct message *first, struct held *held)
{
	struct message_bearer bearers[MESSAGE_BEARERS_MAX];
	struct message m = {.dialect = first->dialect, .bearers = bearers};
	struct session_gtpc left = *behind, one;

	if (!first->has_next || left.len < 2 || !m.dialect->is_read(left.data[1]))
		return true;
	if (!read_first(store, &left, 1, &m, &one))
		take_unread(store, m.dialect, &left, held);
	else if (m.fault != GTPC_FAULTLESS)
		procedure_take_faulty(store, &one, &m, held);
	return held->outcome == SESSION_DONE;
}

void session_take_gtpc(struct session_store *store, const struct session_gtpc *gtpc)
{
	const struct dialect *dialect = find_dialect(gtpc);
	struct message_bearer bearers[MESSAGE_BEARERS_MAX];
	struct message m = {.dialect = dialect, .bearers = bearers, .has_next = dialect};
	struct session_gtpc one, left = *gtpc;
	struct held *held = held_new_gtpc(gtpc);

	control_count(store, SESSION_GTPC_SEEN);
	if (!held) {
		commands_answer_gtpc(store, gtpc, false);
		return;
	}
	if (!dialect)
		control_count(store, SESSION_GTPC_OTHER);
	for (unsigned count = 0; m.has_next && held->outcome == SESSION_DONE; count++) {
		if (!read_first(store, &left, count, &m, &one)) {
			take_unread(store, dialect, &left, held);
			break;
		}
		if (is_followed_well(store, &left, &m, held))
			take(store, &one, &m, held);
	}
	held_release(store, held);
}
