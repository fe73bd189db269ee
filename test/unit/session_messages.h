/* SPDX-License-Identifier: BSD-3-Clause */
/* session_messages: GTPv1-C written octet for octet, as session_lab's GSNs never would, about a session that is there. */
#ifndef UNIT_SESSION_MESSAGES_H
#define UNIT_SESSION_MESSAGES_H

#include "gtp/pco.h"
#include "session_lab.h"

#define ELSEWHERE 66 /* last octet of an address that no session has */

static struct lab_context context;
static struct session_view view;

static inline void start(void)
{
	context = lab_context(1);
	lab_start();
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
}

static inline bool has_flow(struct tunnel tunnel)
{
	return lab_flow(&tunnel) != NULL;
}

static inline bool is_unchanged(const struct lab_context *c)
{
	const struct e2m_keyset_id name = lab_sqn(1);

	return lab_view(c, &view) && has_flow(lab_up(c)) && has_flow(lab_down(c)) &&
	       memcmp(&view.keyset, &name, sizeof(name)) == 0;
}

/* --- messages, octet for octet --- */

struct message {
	uint8_t data[256];
	size_t len;
};

static inline void add(struct message *m, const void *octets, size_t len)
{
	CU_ASSERT_TRUE_FATAL(m->len + len <= sizeof(m->data));
	memcpy(m->data + m->len, octets, len);
	m->len += len;
}

static inline void add_octet(struct message *m, uint8_t type, uint8_t value)
{
	add(m, (const uint8_t[]){type, value}, 2);
}

static inline void add_teid(struct message *m, uint8_t type, uint32_t teid)
{
	add(m,
	    (const uint8_t[]){type, (uint8_t)(teid >> 24), (uint8_t)(teid >> 16),
			      (uint8_t)(teid >> 8), (uint8_t)teid},
	    5);
}

static inline void add_gsn(struct message *m, uint8_t last_octet)
{
	const struct gtp_address gsn = lab_gsn(last_octet);

	add(m, (const uint8_t[]){133, 0, gsn.len}, 3);
	add(m, gsn.octets, gsn.len);
}

static inline void add_imsi(struct message *m, unsigned subscriber)
{
	const struct e2m_imsi imsi = lab_imsi(subscriber);
	uint8_t ie[9] = {2, [8] = 0xF0};

	for (unsigned i = 0; i < 15; i++)
		ie[1 + i / 2] |= (uint8_t)((imsi.digits[i] - '0') << (i % 2 ? 4 : 0));
	add(m, ie, sizeof(ie));
}

static inline void add_keyset(struct message *m, struct e2m_keyset_id name)
{
	const struct pco_e2m e2m = {.id = name, .key_id = 2};
	uint8_t pco[PCO_MAX_LEN];
	const size_t len = (size_t)pco_write_e2m(pco, &e2m_default_numbers, &e2m);

	add(m, (const uint8_t[]){132, 0, (uint8_t)len}, 3);
	add(m, pco, len);
}

static inline struct message message(uint8_t type, uint32_t teid, uint16_t sequence)
{
	struct message m = {.data = {0x32, type}, .len = 4};

	add_teid(&m, 0, teid);
	memmove(m.data + 4, m.data + 5, 4);
	m.len = 8;
	add(&m, (const uint8_t[]){(uint8_t)(sequence >> 8), (uint8_t)sequence, 0, 0}, 4);
	return m;
}

static inline uint64_t give(enum datapath_side side, uint8_t from, uint8_t to, struct message *m)
{
	m->data[3] = (uint8_t)(m->len - 8);
	return lab_give(side, from, to, m->data, m->len);
}

static inline uint16_t next_sequence(void)
{
	static uint16_t sequence = 5000;

	return ++sequence;
}

/* An Update for context c as c says, by its SGSN's own address, but sent from another. */
static inline struct message update(const struct lab_context *c, uint16_t sequence)
{
	struct message m = message(GTPC_V1_UPDATE_PDP_REQUEST, c->control_ggsn, sequence);

	add_teid(&m, 16, c->down);
	add_teid(&m, 17, c->control_sgsn);
	add_octet(&m, 20, c->nsapi);
	return m;
}

static inline void add_sgsn(struct message *m, uint8_t last_octet)
{
	add_gsn(m, last_octet);
	add_gsn(m, last_octet);
}

/* It accepts an Update, with ends of its own. */
static inline void accept_update(const struct lab_context *c, uint8_t to, uint16_t sequence)
{
	struct message m = message(GTPC_V1_UPDATE_PDP_RESPONSE, c->control_sgsn, sequence);

	add_octet(&m, 1, GTPC_V1_CAUSE_ACCEPTED);
	add_teid(&m, 16, c->up);
	add_teid(&m, 17, c->control_ggsn);
	add_sgsn(&m, c->ggsn);
	give(DATAPATH_CORE, context.ggsn, to, &m);
	lab_settle();
}

#endif
