/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "control/dialect.h"
#include "gtp/gtpc_v1.h"

static const struct message_type types[] = {{GTPC_V1_ECHO_REQUEST, MESSAGE_ECHO},
					    {GTPC_V1_CREATE_PDP_REQUEST, MESSAGE_CREATE},
					    {GTPC_V1_UPDATE_PDP_REQUEST, MESSAGE_UPDATE},
					    {GTPC_V1_DELETE_PDP_REQUEST, MESSAGE_DELETE},
					    {0}};

static bool is_read(uint8_t type)
{
	return type >= GTPC_V1_CREATE_PDP_REQUEST && type <= GTPC_V1_DELETE_PDP_RESPONSE;
}

static enum message_cause cause_of(const struct gtpc_v1 *said)
{
	if (!(said->present & GTPC_V1_HAS_CAUSE))
		return MESSAGE_REFUSED;
	if (said->cause == GTPC_V1_CAUSE_NON_EXISTENT)
		return MESSAGE_GONE;
	return gtpc_v1_cause_accepts(said->cause) ? MESSAGE_ACCEPTED : MESSAGE_REFUSED;
}

static struct message_end end_of(const struct gtp_address *address,
				 const struct gtp_address *alternative, bool has_teid,
				 uint32_t teid)
{
	struct message_end end = {.has_teid = has_teid, .teid = teid};

	*(address->len == 4 ? &end.ipv4 : &end.ipv6) = *address;
	if (alternative->len)
		*(alternative->len == 4 ? &end.ipv4 : &end.ipv6) = *alternative;
	return end;
}

/* A message is about one context. A response does not name the context. */
static void set_bearer(struct message *m, const struct gtpc_v1 *said, enum datapath_side side)
{
	m->bearers_count = 1;
	m->bearers[0] = (struct message_bearer){.id = said->nsapi, .cause = m->cause};
	if (m->kind != MESSAGE_DELETE)
		m->bearers[0].user[side == DATAPATH_ACCESS ? E2M_DOWNLINK : E2M_UPLINK] =
			end_of(&said->gsn_user, &said->alternative_user,
			       said->present & GTPC_V1_HAS_TEID_DATA, said->teid_data);
}

static void set_ids(struct message *m, const struct gtpc_v1 *said)
{
	const bool has_linked = said->present & GTPC_V1_HAS_LINKED_NSAPI;

	m->names_bearers = !m->is_response && (said->present & GTPC_V1_HAS_NSAPI);
	m->linked = has_linked ? said->linked_nsapi : said->nsapi;
	/* A GGSN that sees a Linked NSAPI may ignore the IMSI. */
	m->is_linked = m->kind == MESSAGE_CREATE && (has_linked || !m->has_imsi);
	/* A GGSN may refuse that, replace the context, or make another one with its NSAPI. */
	m->is_ambiguous |=
		m->kind == MESSAGE_CREATE && has_linked && said->linked_nsapi == said->nsapi;
	m->is_teardown = m->kind == MESSAGE_DELETE && said->teardown;
	m->reachable = m->named = (uint16_t)(1u << said->nsapi);
}

static int read_message(struct message *m, const uint8_t *data, size_t len, enum datapath_side side,
			const struct e2m_numbers *numbers)
{
	struct gtpc_v1 said;

	const int error = gtpc_v1_parse(&said, data, len);

	if (error == 0)
		gtpc_v1_receive(&said,
				side == DATAPATH_ACCESS ? GTPC_V1_FROM_SGSN : GTPC_V1_FROM_GGSN);
	m->fault = said.fault;
	if (error != 0)
		return error;
	message_set_type(m, types, said.type);
	if (m->kind == MESSAGE_UPDATE && (side == DATAPATH_ACCESS) == m->is_response)
		m->kind = MESSAGE_UPDATE_BY_CORE;
	m->has_next = false;
	m->is_ambiguous = said.has_contradiction;
	m->has_sequence = said.has_sequence;
	m->sequence = said.sequence;
	m->teid = said.teid;
	m->cause = cause_of(&said);
	m->has_imsi = said.present & GTPC_V1_HAS_IMSI;
	m->imsi = said.imsi;
	m->apn = said.apn;
	m->pdp = gtpc_v1_end_user(&said.end_user_address);
	m->has_e2m = said.pco.data &&
		     pco_find_e2m(&m->e2m, numbers, NULL, said.pco.data, said.pco.len) == 1;
	m->has_recovery = said.present & GTPC_V1_HAS_RECOVERY;
	m->recovery = said.recovery;
	m->control = end_of(&said.gsn_control, &said.alternative_control,
			    said.present & GTPC_V1_HAS_TEID_CONTROL, said.teid_control);
	set_bearer(m, &said, side);
	set_ids(m, &said);
	m->is_complete = m->has_sequence && (m->is_response || m->kind != MESSAGE_CREATE ||
					     (side == DATAPATH_ACCESS && m->names_bearers));
	return (int)len;
}

const struct dialect dialect_v1 = {.version = 1,
				   .is_read = is_read,
				   .create_response = "Create PDP Context Response",
				   .read = read_message,
				   .may_go_by_imsi = true,
				   .says_teid_once = true,
				   .settles_by_sessions = true};
