/* SPDX-License-Identifier: BSD-3-Clause */
/* session_binding_lab: what tests of address binding (e2m.md 6) ask of session_lab. */
#ifndef UNIT_SESSION_BINDING_LAB_H
#define UNIT_SESSION_BINDING_LAB_H

#include "gtp/gtpc_v1.h"
#include "session_lab_v2.h"

/* A GTPv1 Create with these End User Addresses (TS 29.060 7.7.27); len 0: the message has none. */
static inline uint64_t lab_create_with(struct lab_context *c, const uint8_t *asked,
				       size_t asked_len, const uint8_t *given, size_t given_len)
{
	const struct e2m_keyset_id name = lab_sqn(1);
	static uint16_t sequence = 20000;
	uint8_t pco[PCO_MAX_LEN], data[512];
	const struct pco_e2m e2m = {.key_id = 1, .id = name};
	const size_t pco_len = (size_t)pco_write_e2m(pco, &e2m_default_numbers, &e2m);
	const struct gtpc_v1_create create = {
		.sequence = ++sequence,
		.imsi = lab_imsi(c->subscriber),
		.apn = lab.apn ? lab.apn : "internet",
		.nsapi = c->nsapi,
		.teid_data = c->down,
		.teid_control = c->control_sgsn,
		.gsn = lab_gsn(c->sgsn),
		.pco = {.data = pco, .len = (uint16_t)pco_len},
		.end_user_address = {.data = asked_len ? asked : NULL, .len = (uint16_t)asked_len}};
	const struct gtpc_v1_accept accept = {
		.type = GTPC_V1_CREATE_PDP_RESPONSE,
		.sequence = sequence,
		.peer_teid_control = c->control_sgsn,
		.teid_data = c->up,
		.teid_control = c->control_ggsn,
		.gsn = lab_gsn(c->ggsn),
		.end_user_address = {.data = given_len ? given : NULL, .len = (uint16_t)given_len},
		.without_end_user_address = given_len == 0};
	int len = gtpc_v1_write_create_request(data, sizeof(data), &create);
	uint64_t response;

	CU_ASSERT_TRUE_FATAL(len > 0);
	lab_give(DATAPATH_ACCESS, c->sgsn, c->ggsn, data, (size_t)len);
	len = gtpc_v1_write_accept_response(data, sizeof(data), &accept);
	CU_ASSERT_TRUE_FATAL(len > 0);
	response = lab_give(DATAPATH_CORE, c->ggsn, c->sgsn, data, (size_t)len);
	lab_settle();
	return response;
}

/* A GGSN-initiated Update (TS 29.060 7.3.3) from this address, with this End User Address, and its response. */
static inline void lab_update_by_ggsn(const struct lab_context *c, uint8_t from,
				      const struct gtp_octets *address, bool accepts)
{
	static uint16_t sequence = 30000;
	uint8_t data[128];
	const struct gtpc_v1_update update = {.sequence = ++sequence,
					      .peer_teid_control = c->control_sgsn,
					      .nsapi = c->nsapi,
					      .teid_data = c->up,
					      .teid_control = c->control_ggsn,
					      .gsn = lab_gsn(from),
					      .end_user_address = *address};
	int len = gtpc_v1_write_update_request(data, sizeof(data), &update);

	CU_ASSERT_TRUE_FATAL(len > 0);
	lab_give(DATAPATH_CORE, from, c->sgsn, data, (size_t)len);
	len = gtpc_v1_write_cause_response(data, sizeof(data), GTPC_V1_UPDATE_PDP_RESPONSE,
					   sequence, c->control_ggsn,
					   accepts ? GTPC_V1_CAUSE_ACCEPTED : 199);
	lab_give(DATAPATH_ACCESS, c->sgsn, from, data, (size_t)len);
	lab_settle();
}

/* A GTPv2 Create Session with these PAAs (TS 29.274 8.14). In the response, len 0: there is none. */
static inline void lab_begin_with(struct lab_context *c, const struct gtp_octets *asked,
				  const struct gtp_octets *given)
{
	struct gtpc_v2 m = lab_create_session(c);

	m.pco = lab_pco(lab_sqn(1), 1);
	m.paa = *asked;
	lab_send(c, &m);
	m = lab_accept(c, GTPC_V2_CREATE_SESSION_RESPONSE);
	m.paa = *given;
	lab_send(c, &m);
	lab_settle();
}

/* Longer than tunnels linger in workers. */
static inline void lab_pass_lingering(void)
{
	lab_pass(6000);
	lab_settle();
}

/* Create and accepted response without a keyset; the response's number. */
static inline uint64_t lab_create_plain(struct lab_context *c)
{
	uint64_t response;

	lab_create_request(c, NULL, 0);
	response = lab_create_response(c);
	lab_settle();
	return response;
}

/* Returns true if workers guard the context's address at the GGSN with this outer address against all sessions. */
static inline bool lab_guards(const struct lab_context *c, const struct tunnel *ggsn)
{
	struct pdp_prefix address = {.length = PDP_IPV4_BITS};

	lab_ipv4(c, address.octets);
	return directory_guards(lab.store->directory, ggsn->receiver, &address, NULL);
}

static inline bool lab_guards_at(const struct lab_context *c, uint8_t ggsn)
{
	struct tunnel at = {0};

	lab_address(&at, ggsn);
	return lab_guards(c, &at);
}

/* What workers find of the tunnel. DIRECTORY_FREE: nothing. */
static inline enum directory_kind lab_kind_of(const struct tunnel *tunnel,
					      enum session_direction direction)
{
	const struct session *s = directory_find_tunnel(lab.store->directory, tunnel, direction);

	return s ? (enum directory_kind)s->kind : DIRECTORY_FREE;
}

static inline enum directory_kind lab_kind_of_down(const struct lab_context *c)
{
	const struct tunnel down = lab_down(c);

	return lab_kind_of(&down, DOWN);
}

/* Workers find the tunnel, of a session that is or was protected, and have no flow for it. */
static inline bool lab_is_barred(const struct tunnel *tunnel, enum session_direction direction)
{
	const enum directory_kind kind = lab_kind_of(tunnel, direction);

	return !lab_flow(tunnel) && (kind == DIRECTORY_PROTECTED || kind == DIRECTORY_ENDED);
}

static inline bool lab_is_barred_down(const struct lab_context *c)
{
	const struct tunnel down = lab_down(c);

	return lab_is_barred(&down, DOWN);
}

static inline bool lab_has_downlink(const struct lab_context *c)
{
	struct session_view view;
	const struct tunnel down = lab_down(c);

	return lab_view(c, &view) && view.downlink.live &&
	       tunnel_is_equal(&view.downlink.tunnel, &down);
}

static inline void lab_move_and_settle(struct lab_context *c)
{
	lab_move(c);
	lab_settle();
}

/* "gone": there is no session. */
static inline const char *lab_state_name(const struct lab_context *c)
{
	static struct session_view view;

	return lab_view(c, &view) ? view.state : "gone";
}

/* The addresses of a context in the directory. All versions EXCLUDED: there is no session. */
static inline struct pdp_address lab_address_of(const struct lab_context *c)
{
	const struct e2m_imsi imsi = lab_imsi(c->subscriber);
	const struct session *s = table_find_subscriber(lab.store, &imsi, c->nsapi);
	struct pdp_address address = {.ipv4_state = PDP_EXCLUDED, .ipv6_state = PDP_EXCLUDED};

	if (s)
		directory_address(s, &address);
	return address;
}

static inline bool lab_is_bound_to(const struct lab_context *c, const uint8_t ipv4[4])
{
	const struct pdp_address a = lab_address_of(c);

	return a.ipv4_state == PDP_BOUND && memcmp(a.ipv4, ipv4, 4) == 0;
}

/* The session is bound to the address that the lab's GGSN gives its context. */
static inline bool lab_has_own_address(const struct lab_context *c)
{
	uint8_t ipv4[4];

	lab_ipv4(c, ipv4);
	return lab_is_bound_to(c, ipv4);
}

static inline void lab_begin_and_settle(struct lab_context *c)
{
	lab_create(c, lab_sqn(1), 1);
	lab_settle();
}

static inline bool lab_has_flows(const struct lab_context *c)
{
	struct session_view view;
	const struct tunnel up = lab_up(c), down = lab_down(c);

	return lab_view(c, &view) && view.uplink.live && view.downlink.live &&
	       tunnel_is_equal(&view.uplink.tunnel, &up) &&
	       tunnel_is_equal(&view.downlink.tunnel, &down);
}

#endif
