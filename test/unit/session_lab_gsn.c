/* SPDX-License-Identifier: BSD-3-Clause */
/* The two GSNs of session_lab. */
#include "gtp/pco.h"
#include "session_lab.h"

struct lab_context lab_context(unsigned number)
{
	return (struct lab_context){.subscriber = number,
				    .nsapi = 5,
				    .sgsn = 1,
				    .ggsn = 2,
				    .down = 0x1000 + number,
				    .up = 0x2000 + number,
				    .control_sgsn = 0x3000 + number,
				    .control_ggsn = 0x4000 + number};
}

struct gtp_address lab_gsn(uint8_t last_octet)
{
	if (lab.ipv6)
		return (struct gtp_address){.len = 16,
					    .octets = {0x20, 0x01, 0x0d, 0xb8, [15] = last_octet}};
	return (struct gtp_address){.len = 4, .octets = {10, 1, 0, last_octet}};
}

void lab_address(struct tunnel *tunnel, uint8_t last_octet)
{
	const struct gtp_address address = lab_gsn(last_octet);

	if (lab.ipv6)
		tunnel_set_ipv6(tunnel, address.octets);
	else
		tunnel_set_ipv4(tunnel, address.octets);
}

void lab_ipv4(const struct lab_context *c, uint8_t ipv4[4])
{
	const uint8_t own[4] = {10, (uint8_t)(16 + c->nsapi), (uint8_t)(c->subscriber >> 8),
				(uint8_t)c->subscriber};
	static const uint8_t none[4];

	memcpy(ipv4, memcmp(c->ipv4, none, 4) == 0 ? own : c->ipv4, 4);
}

struct tunnel lab_up(const struct lab_context *c)
{
	struct tunnel t = {.teid = c->up};

	lab_address(&t, c->ggsn);
	return t;
}

struct tunnel lab_down(const struct lab_context *c)
{
	struct tunnel t = {.teid = c->down};

	lab_address(&t, c->sgsn);
	return t;
}

uint64_t lab_give_between(enum datapath_side side, const struct tunnel *from,
			  const struct tunnel *to, const uint8_t *data, size_t len)
{
	struct session_gtpc gtpc = {.side = side,
				    .source = *from,
				    .destination = *to,
				    .worker = (unsigned)(lab.messages % lab.config.workers),
				    .number = lab.messages};
	uint8_t *copy = malloc(len ? len : 1); /* gone after the call, as the real one */

	CU_ASSERT_TRUE_FATAL(lab.messages < LAB_MESSAGES);
	memcpy(copy, data, len);
	gtpc.data = copy;
	gtpc.len = len;
	gtpc.source.teid = gtpc.destination.teid = GTPC_PORT;
	if (lab.sgsn_port)
		*(side == DATAPATH_ACCESS ? &gtpc.source.teid : &gtpc.destination.teid) =
			lab.sgsn_port;
	lab.messages++;
	session_take_gtpc(lab.store, &gtpc);
	free(copy);
	pull_send_waiting(session_pulls(lab.store));
	return gtpc.number;
}

uint64_t lab_give(enum datapath_side side, uint8_t from, uint8_t to, const uint8_t *data,
		  size_t len)
{
	struct tunnel source = {0}, destination = {0};

	lab_address(&source, from);
	lab_address(&destination, to);
	return lab_give_between(side, &source, &destination, data, len);
}

enum lab_fate lab_fate(uint64_t message)
{
	return lab.left[message] ? LAB_LEFT : lab.discarded[message] ? LAB_DISCARDED : LAB_HELD;
}

static uint16_t next_sequence(struct lab_context *c)
{
	static uint16_t sequence;

	if (!lab.send_again)
		c->sequence = ++sequence;
	return c->sequence;
}

static struct gtp_octets pco_of(uint8_t room[PCO_MAX_LEN], const struct e2m_keyset_id *name,
				uint8_t key_id)
{
	struct pco_e2m e2m = {.key_id = key_id};

	if (!name)
		return (struct gtp_octets){0};
	e2m.id = *name;
	return (struct gtp_octets){
		.data = room, .len = (uint16_t)pco_write_e2m(room, &e2m_default_numbers, &e2m)};
}

static uint64_t give(enum datapath_side side, const struct lab_context *c, const uint8_t *data,
		     int len)
{
	const bool up = side == DATAPATH_ACCESS;

	CU_ASSERT_TRUE_FATAL(len > 0);
	return lab_give(side, up ? c->sgsn : c->ggsn, up ? c->ggsn : c->sgsn, data, (size_t)len);
}

uint64_t lab_create_request(struct lab_context *c, const struct e2m_keyset_id *name, uint8_t key_id)
{
	uint8_t pco[PCO_MAX_LEN], data[512];
	const struct gtpc_v1_create create = {.sequence = next_sequence(c),
					      .imsi = lab_imsi(c->subscriber),
					      .apn = lab.apn ? lab.apn : "internet",
					      .nsapi = c->nsapi,
					      .recovery = c->recovery_sgsn,
					      .teid_data = c->down,
					      .teid_control = c->control_sgsn,
					      .gsn = lab_gsn(c->sgsn),
					      .pco = pco_of(pco, name, key_id)};

	return give(DATAPATH_ACCESS, c, data,
		    gtpc_v1_write_create_request(data, sizeof(data), &create));
}

static uint64_t give_acceptance(const struct lab_context *c, enum gtpc_v1_type type)
{
	uint8_t data[512];
	struct gtpc_v1_accept accept = {.type = type,
					.sequence = c->sequence,
					.peer_teid_control = c->control_sgsn,
					.recovery = c->recovery_ggsn,
					.teid_data = c->up,
					.teid_control = c->control_ggsn,
					.gsn = lab_gsn(c->ggsn)};

	lab_ipv4(c, accept.end_user_ipv4);
	accept.without_end_user_address = c->is_unbound;
	return give(DATAPATH_CORE, c, data,
		    gtpc_v1_write_accept_response(data, sizeof(data), &accept));
}

uint64_t lab_create_response(const struct lab_context *c)
{
	return give_acceptance(c, GTPC_V1_CREATE_PDP_RESPONSE);
}

uint64_t lab_update_request(struct lab_context *c, const struct e2m_keyset_id *name, uint8_t key_id)
{
	uint8_t pco[PCO_MAX_LEN], data[512];
	const struct gtpc_v1_update update = {.sequence = next_sequence(c),
					      .peer_teid_control = c->control_ggsn,
					      .nsapi = c->nsapi,
					      .recovery = c->recovery_sgsn,
					      .teid_data = c->down,
					      .teid_control = c->control_sgsn,
					      .gsn = lab_gsn(c->sgsn),
					      .pco = pco_of(pco, name, key_id)};

	return give(DATAPATH_ACCESS, c, data,
		    gtpc_v1_write_update_request(data, sizeof(data), &update));
}

uint64_t lab_update_response(const struct lab_context *c)
{
	return give_acceptance(c, GTPC_V1_UPDATE_PDP_RESPONSE);
}

uint64_t lab_delete_request(struct lab_context *c, bool teardown)
{
	uint8_t data[128];

	return give(DATAPATH_ACCESS, c, data,
		    gtpc_v1_write_delete_request(data, sizeof(data), next_sequence(c),
						 c->control_ggsn, c->nsapi, teardown));
}

uint64_t lab_response(const struct lab_context *c, enum gtpc_v1_type type, uint8_t cause)
{
	uint8_t data[128];

	return give(DATAPATH_CORE, c, data,
		    gtpc_v1_write_cause_response(data, sizeof(data), type, c->sequence,
						 c->control_sgsn, cause));
}

uint64_t lab_create(struct lab_context *c, struct e2m_keyset_id name, uint8_t key_id)
{
	lab_create_request(c, &name, key_id);
	return lab_create_response(c);
}

uint64_t lab_update(struct lab_context *c, struct e2m_keyset_id name, uint8_t key_id)
{
	lab_update_request(c, &name, key_id);
	return lab_update_response(c);
}

uint64_t lab_move(struct lab_context *c)
{
	lab_update_request(c, NULL, 0);
	return lab_update_response(c);
}

uint64_t lab_delete(struct lab_context *c)
{
	lab_delete_request(c, false);
	return lab_response(c, GTPC_V1_DELETE_PDP_RESPONSE, GTPC_V1_CAUSE_ACCEPTED);
}

/* --- a GGSN that reports --- */

struct session_notification lab_notification(enum session_event event, const struct lab_context *c,
					     const struct e2m_keyset_id *name, uint8_t key_id)
{
	struct session_notification n = {.event = event,
					 .imsi = lab_imsi(c->subscriber),
					 .nsapi = c->nsapi,
					 .key_id = key_id ? key_id : 1};

	uint8_t ipv4[4];

	if (name)
		n.keyset = *name;
	lab_ipv4(c, ipv4);
	if (event == SESSION_ACTIVATE && !c->is_unbound)
		pdp_address_set_ipv4(&n.address, ipv4);
	if (event == SESSION_ACTIVATE && !c->is_unbound)
		pdp_address_unset(&n.address, true, PDP_EXCLUDED);
	n.tunnel[UP] = lab_up(c);
	n.tunnel[DOWN] = lab_down(c);
	n.has_tunnel[UP] = n.has_tunnel[DOWN] = event == SESSION_ACTIVATE;
	return n;
}

uint64_t lab_notify(const struct session_notification *n)
{
	CU_ASSERT_TRUE_FATAL(lab.notifications < LAB_NOTIFICATIONS);
	session_take_notification(lab.store, n, lab.notifications++);
	pull_send_waiting(session_pulls(lab.store));
	return lab.notifications - 1;
}

uint64_t lab_activate(const struct lab_context *c, struct e2m_keyset_id name, uint8_t key_id)
{
	const struct session_notification n = lab_notification(SESSION_ACTIVATE, c, &name, key_id);
	const uint64_t number = lab_notify(&n);

	lab_settle();
	return number;
}
