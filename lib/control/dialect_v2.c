/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "control/dialect.h"
#include "gtp/gtpc_v2.h"

static const struct message_type types[] = {{GTPC_V2_ECHO_REQUEST, MESSAGE_ECHO},
					    {GTPC_V2_CREATE_SESSION_REQUEST, MESSAGE_CREATE},
					    {GTPC_V2_MODIFY_BEARER_REQUEST, MESSAGE_UPDATE},
					    {GTPC_V2_DELETE_SESSION_REQUEST, MESSAGE_DELETE},
					    {GTPC_V2_BEARER_RESOURCE_COMMAND, MESSAGE_COMMAND},
					    {GTPC_V2_CREATE_BEARER_REQUEST, MESSAGE_CREATE_BEARER},
					    {GTPC_V2_UPDATE_BEARER_REQUEST, MESSAGE_UPDATE_BY_CORE},
					    {GTPC_V2_DELETE_BEARER_REQUEST, MESSAGE_DELETE_BEARER},
					    {0}};

/* All EPS bearer identities. */
#define ALL_IDS 0xFFFE

_Static_assert(MESSAGE_BEARERS_MAX == GTPC_V2_BEARERS_MAX, "all Bearer Contexts find room");

static enum message_cause cause_of(bool has_cause, uint8_t cause)
{
	if (!has_cause)
		return MESSAGE_REFUSED;
	if (cause == GTPC_V2_CAUSE_CONTEXT_NOT_FOUND)
		return MESSAGE_GONE;
	return gtpc_v2_cause_accepts(cause) ? MESSAGE_ACCEPTED : MESSAGE_REFUSED;
}

static struct message_end end_of(const struct gtpc_v2_fteid *fteid)
{
	return (struct message_end){.has_teid = fteid->is_present,
				    .teid = fteid->teid,
				    .ipv4 = fteid->ipv4,
				    .ipv6 = fteid->ipv6};
}

static bool find_e2m_in(struct pco_e2m *e2m, const struct e2m_numbers *numbers,
			const struct gtp_octets *const pcos[3])
{
	for (size_t i = 0; i < 3; i++)
		if (pcos[i]->data &&
		    pco_find_e2m(e2m, numbers, NULL, pcos[i]->data, pcos[i]->len) == 1)
			return true;
	return false;
}

/* Finds the UE's PCO in any of the IEs that carry one. That of a bearer takes precedence over that of the message
 * (TS 29.274 7.2.4, 7.2.16). */
static bool find_e2m(struct pco_e2m *e2m, const struct gtpc_v2 *said,
		     const struct e2m_numbers *numbers)
{
	for (unsigned i = 0; i < said->bearers_count; i++) {
		const struct gtpc_v2_bearer *b = &said->bearers[i];

		if (b->instance == 0 &&
		    find_e2m_in(e2m, numbers,
				(const struct gtp_octets *const[]){&b->pco, &b->epco, &b->apco}))
			return true;
	}
	return find_e2m_in(
		e2m, numbers,
		(const struct gtp_octets *const[]){&said->pco, &said->epco, &said->apco});
}

static void set_bearers(struct message *m, const struct gtpc_v2 *said)
{
	m->bearers_count = said->bearers_count;
	for (unsigned i = 0; i < said->bearers_count; i++) {
		const struct gtpc_v2_bearer *b = &said->bearers[i];

		m->bearers[i] = (struct message_bearer){
			.id = b->ebi,
			.is_marked = b->instance == 1,
			.cause = b->has_cause ? cause_of(true, b->cause) : m->cause,
			.user = {[E2M_UPLINK] = end_of(&b->pgw_u),
				 [E2M_DOWNLINK] = end_of(&b->sgw_u)}};
	}
}

static void set_ids(struct message *m, const struct gtpc_v2 *said)
{
	const struct message_bearer *first = message_first_bearer(m);

	m->names_bearers = true;
	m->reachable = ALL_IDS;
	m->linked = said->linked_ebi;
	if (m->linked == 0 && m->kind == MESSAGE_CREATE && first)
		m->linked = first->id;
	else if (m->linked == 0)
		m->named = m->kind == MESSAGE_DELETE ? ALL_IDS : said->ebis;
}

static bool is_read(uint8_t type)
{
	return (type >= GTPC_V2_CREATE_SESSION_REQUEST &&
		type <= GTPC_V2_DELETE_SESSION_RESPONSE) ||
	       (type >= GTPC_V2_CREATE_BEARER_REQUEST && type <= GTPC_V2_DELETE_PDN_SET_RESPONSE) ||
	       type == GTPC_V2_BEARER_RESOURCE_COMMAND || type == GTPC_V2_BEARER_RESOURCE_FAILURE ||
	       type == GTPC_V2_UPDATE_PDN_SET_REQUEST || type == GTPC_V2_UPDATE_PDN_SET_RESPONSE;
}

/* A PDN connection without IMSI is for emergency calls: there is no keyset for it. The HSE serves
 * only PDN connections over S5/S8, S2a and S2b. The S-GW, TWAN or ePDG is on the access side. */
static bool is_complete(const struct message *m, enum datapath_side side)
{
	const struct message_bearer *first = message_first_bearer(m);

	if (m->is_response)
		return m->kind != MESSAGE_CREATE || message_end_is_whole(&m->control);
	switch (m->kind) {
	case MESSAGE_CREATE:
		return side == DATAPATH_ACCESS && m->has_imsi &&
		       message_end_is_whole(&m->control) && first && first->id != 0 &&
		       message_end_is_whole(&first->user[E2M_DOWNLINK]);
	case MESSAGE_UPDATE:
	case MESSAGE_DELETE:
	case MESSAGE_COMMAND:
		return side == DATAPATH_ACCESS;
	case MESSAGE_CREATE_BEARER:
		return side == DATAPATH_CORE && m->linked != 0;
	default:
		return side == DATAPATH_CORE;
	}
}

static int read_message(struct message *m, const uint8_t *data, size_t len, enum datapath_side side,
			const struct e2m_numbers *numbers)
{
	struct gtpc_v2 said;
	const int octets = gtpc_v2_parse(&said, data, len);

	/* Clears what was read from the message before it in the datagram. */
	*m = (struct message){.dialect = m->dialect, .bearers = m->bearers, .fault = said.fault};
	if (octets < 0)
		return octets;
	/* Only Echo and similar messages have no TEID (TS 29.274 5.5.2). */
	if (!said.has_teid && said.type >= GTPC_V2_CREATE_SESSION_REQUEST) {
		m->fault = GTPC_WRONG_LENGTH;
		return -EBADMSG;
	}
	message_set_type(m, types, said.type);
	m->has_next = said.has_next;
	m->is_ambiguous = said.has_contradiction;
	m->has_sequence = true;
	m->sequence = said.sequence;
	m->teid = said.teid;
	m->cause = cause_of(said.present & GTPC_V2_HAS_CAUSE, said.cause);
	m->has_imsi = said.present & GTPC_V2_HAS_IMSI;
	m->imsi = said.imsi;
	m->apn = said.apn;
	m->pdp = gtpc_v2_paa(&said.paa);
	m->has_e2m = find_e2m(&m->e2m, &said, numbers);
	m->has_recovery = said.present & GTPC_V2_HAS_RECOVERY;
	m->recovery = said.recovery;
	m->control = end_of(m->is_response ? &said.pgw_c : &said.sgw_c);
	set_bearers(m, &said);
	set_ids(m, &said);
	m->is_complete = is_complete(m, side);
	return octets;
}

const struct dialect dialect_v2 = {.version = 2,
				   .is_read = is_read,
				   .create_response = "Create Session Response",
				   .command_type = GTPC_V2_BEARER_RESOURCE_COMMAND,
				   .read = read_message,
				   .checks_every_create = true,
				   .counts_unknown_delete = true};
