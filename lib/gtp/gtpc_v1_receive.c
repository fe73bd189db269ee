/* SPDX-License-Identifier: BSD-3-Clause */
/* gtpc_v1_receive: what a GSN makes of the elements of a message, by the tables of TS 29.060 7.3.1 to 7.3.6. */
#include <string.h>

#include "gtp/gtpc_v1.h"

#define TEIDS (GTPC_V1_HAS_TEID_DATA | GTPC_V1_HAS_TEID_CONTROL)

enum gsn_addresses {
	NONE,
	CONTROL_AND_USER, /* each may have an alternative in the other IP version */
	USER_ALONE,
};

/* Of the elements that the parser reads. A QoS Profile, for example, is for the receiver to demand: if it refuses the
 * message, nothing changes. */
static const struct form {
	uint8_t type;
	uint8_t sender; /* enum gtpc_v1_sender */
	uint8_t gsn_addresses;
	bool needs_gsn_addresses; /* mandatory, or conditional and met by acceptance */
	uint32_t mandatory;	  /* bits of gtpc_v1.present */
	uint32_t if_accepted;	  /* conditional: an accepting response has them */
	uint32_t conditional;	  /* others, which must make sense if they are there */
	uint32_t not_expected;
} forms[] = {
	/* table 5 */
	{GTPC_V1_CREATE_PDP_REQUEST, GTPC_V1_FROM_SGSN, CONTROL_AND_USER, true,
	 .mandatory = GTPC_V1_HAS_TEID_DATA | GTPC_V1_HAS_NSAPI, .conditional = GTPC_V1_HAS_IMSI},
	/* table 6 */
	{GTPC_V1_CREATE_PDP_RESPONSE, GTPC_V1_FROM_GGSN, CONTROL_AND_USER, true,
	 .mandatory = GTPC_V1_HAS_CAUSE, .if_accepted = GTPC_V1_HAS_TEID_DATA},
	/* table 7 */
	{GTPC_V1_UPDATE_PDP_REQUEST, GTPC_V1_FROM_SGSN, CONTROL_AND_USER, true,
	 .mandatory = GTPC_V1_HAS_TEID_DATA | GTPC_V1_HAS_NSAPI},
	/* table 8 */
	{GTPC_V1_UPDATE_PDP_REQUEST, GTPC_V1_FROM_GGSN, NONE, .mandatory = GTPC_V1_HAS_NSAPI,
	 .not_expected = TEIDS},
	/* table 9 */
	{GTPC_V1_UPDATE_PDP_RESPONSE, GTPC_V1_FROM_GGSN, CONTROL_AND_USER,
	 .mandatory = GTPC_V1_HAS_CAUSE},
	/* table 10 */
	{GTPC_V1_UPDATE_PDP_RESPONSE, GTPC_V1_FROM_SGSN, USER_ALONE, .mandatory = GTPC_V1_HAS_CAUSE,
	 .not_expected = GTPC_V1_HAS_TEID_CONTROL},
	/* tables 11, 12, of either GSN */
	{GTPC_V1_DELETE_PDP_REQUEST, GTPC_V1_FROM_SGSN, NONE, .mandatory = GTPC_V1_HAS_NSAPI},
	{GTPC_V1_DELETE_PDP_REQUEST, GTPC_V1_FROM_GGSN, NONE, .mandatory = GTPC_V1_HAS_NSAPI},
	{GTPC_V1_DELETE_PDP_RESPONSE, GTPC_V1_FROM_SGSN, NONE, .mandatory = GTPC_V1_HAS_CAUSE},
	{GTPC_V1_DELETE_PDP_RESPONSE, GTPC_V1_FROM_GGSN, NONE, .mandatory = GTPC_V1_HAS_CAUSE},
};

static const struct form *form_of(uint8_t type, enum gtpc_v1_sender sender)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (forms[i].type == type && forms[i].sender == sender)
			return &forms[i];
	return NULL;
}

static bool is_same(const struct gtp_address *a, const struct gtp_address *b)
{
	return a->len == b->len && memcmp(a->octets, b->octets, sizeof(a->octets)) == 0;
}

/* The one address of table 10 is for user traffic. A receiver that takes a second one for user traffic, as in other
 * messages, must find the same. */
static enum gtpc_fault place_user_alone(struct gtpc_v1 *m)
{
	for (unsigned i = 1; i < m->gsn_addresses; i++)
		if (!is_same(&m->gsn_address[i], &m->gsn_address[0]))
			return GTPC_AMBIGUOUS;
	if (m->gsn_addresses > 0 && m->gsn_address[0].len == 0)
		return GTPC_MANDATORY_INVALID;
	m->gsn_control = m->alternative_control = m->alternative_user = (struct gtp_address){0};
	m->gsn_user = m->gsn_address[0];
	return GTPC_FAULTLESS;
}

/* An alternative that makes no sense, or is of the same IP version as its address, is not told apart from the other
 * alternative by all receivers. */
static enum gtpc_fault check_control_and_user(const struct gtpc_v1 *m, bool needs_both)
{
	if (needs_both && m->gsn_addresses < 2)
		return GTPC_MANDATORY_MISSING;
	for (unsigned i = 0; i < m->gsn_addresses; i++) {
		if (m->gsn_address[i].len == 0)
			return i < 2 ? GTPC_MANDATORY_INVALID : GTPC_AMBIGUOUS;
		if (i >= 2 && m->gsn_address[i].len == m->gsn_address[i - 2].len)
			return GTPC_AMBIGUOUS;
	}
	return GTPC_FAULTLESS;
}

static enum gtpc_fault place_gsn_addresses(struct gtpc_v1 *m, const struct form *form)
{
	switch (form->gsn_addresses) {
	case USER_ALONE:
		return place_user_alone(m);
	case CONTROL_AND_USER:
		return check_control_and_user(m, form->needs_gsn_addresses);
	default:
		m->gsn_control = m->gsn_user = (struct gtp_address){0};
		m->alternative_control = m->alternative_user = (struct gtp_address){0};
		return GTPC_FAULTLESS;
	}
}

static enum gtpc_fault find_fault(struct gtpc_v1 *m, const struct form *form)
{
	const bool is_response = form->mandatory & GTPC_V1_HAS_CAUSE;
	const bool is_refusal =
		is_response && (m->present & GTPC_V1_HAS_CAUSE) && !gtpc_v1_cause_accepts(m->cause);
	uint32_t missing = form->mandatory | (is_refusal ? 0 : form->if_accepted);

	missing &= ~m->present;
	if (m->invalid & (form->mandatory | form->if_accepted | form->conditional))
		return GTPC_MANDATORY_INVALID;
	if (missing)
		return GTPC_MANDATORY_MISSING;
	return is_refusal ? GTPC_FAULTLESS : place_gsn_addresses(m, form);
}

void gtpc_v1_receive(struct gtpc_v1 *m, enum gtpc_v1_sender sender)
{
	const struct form *form = form_of(m->type, sender);

	if (!form)
		return;
	m->fault = find_fault(m, form);
	m->present &= ~form->not_expected;
}
