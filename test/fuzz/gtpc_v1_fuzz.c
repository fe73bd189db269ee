/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/gtpc_v1.h"

#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "gtp/pco.h"

static void check_within(struct gtp_octets octets, const uint8_t *data, size_t size)
{
	if (octets.data)
		FUZZ_CHECK(octets.data >= data && octets.data + octets.len <= data + size);
	else
		FUZZ_CHECK(octets.len == 0);
}

static void check_address(const struct gtp_address *address)
{
	static const uint8_t zero[sizeof(address->octets)];

	FUZZ_CHECK(address->len == 0 || address->len == 4 || address->len == 16);
	FUZZ_CHECK(memcmp(address->octets + address->len, zero, sizeof(zero) - address->len) == 0);
}

static void check_element(const struct pdp_element *element)
{
	const struct pdp_address *a = &element->address;

	FUZZ_CHECK(element->has_type || !element->has_address);
	FUZZ_CHECK(!pdp_address_is_bound(a) || element->has_address);
	FUZZ_CHECK(a->ipv4_state <= PDP_EXCLUDED && a->ipv6_state <= PDP_EXCLUDED);
	FUZZ_CHECK(a->ipv4_state != PDP_EXCLUDED || a->ipv6_state != PDP_EXCLUDED);
	FUZZ_CHECK(a->ipv6_length == (a->ipv6_state == PDP_BOUND ? PDP_IPV6_PREFIX : 0));
}

static void check_message(const struct gtpc_v1 *m, const uint8_t *data, size_t size)
{
	struct e2m_imsi imsi;
	struct pco_e2m e2m;
	const struct pdp_element element = gtpc_v1_end_user(&m->end_user_address);

	check_within(m->pco, data, size);
	check_within(m->apn, data, size);
	check_within(m->end_user_address, data, size);
	check_address(&m->gsn_control);
	check_address(&m->gsn_user);
	check_address(&m->alternative_control);
	check_address(&m->alternative_user);
	FUZZ_CHECK(m->gsn_addresses <= GTPC_V1_GSN_ADDRESSES);
	FUZZ_CHECK(!m->alternative_user.len || m->alternative_user.len != m->gsn_user.len);
	FUZZ_CHECK((m->present & m->invalid) == 0);
	FUZZ_CHECK(m->nsapi <= 15 && m->linked_nsapi <= 15);
	if (m->present & GTPC_V1_HAS_IMSI)
		FUZZ_CHECK(e2m_imsi_parse(&imsi, m->imsi.digits, strlen(m->imsi.digits)) == 0);
	check_element(&element);
	(void)pco_find_e2m(&e2m, &e2m_default_numbers, NULL, m->pco.data, m->pco.len);
}

/* What was read can be written, and reads the same. */
static void check_rewritten(const struct gtpc_v1 *m)
{
	const struct gtpc_v1_create create = {
		.sequence = m->sequence,
		.imsi = m->imsi,
		.apn = "a.b",
		.nsapi = m->nsapi,
		.recovery = m->recovery,
		.teid_data = m->teid_data,
		.teid_control = m->teid_control,
		.gsn = m->gsn_control,
		.pco = m->pco,
	};
	size_t room = 256 + (size_t)m->pco.len;
	uint8_t *out = malloc(room);
	struct gtpc_v1 back;

	FUZZ_CHECK(out);

	int len = gtpc_v1_write_create_request(out, room, &create);

	/* A PCO that all but filled the message may leave no room for the rest. */
	FUZZ_CHECK(len > 0 || (len == -EINVAL && m->pco.len > 65000));
	if (len > 0) {
		FUZZ_CHECK(gtpc_v1_parse(&back, out, (size_t)len) == 0);
		FUZZ_CHECK(back.sequence == m->sequence && back.nsapi == m->nsapi);
		FUZZ_CHECK(memcmp(&back.imsi, &m->imsi, sizeof(back.imsi)) == 0);
		FUZZ_CHECK(back.teid_data == m->teid_data && back.teid_control == m->teid_control);
		FUZZ_CHECK(memcmp(&back.gsn_user, &m->gsn_control, sizeof(back.gsn_user)) == 0);
		FUZZ_CHECK(back.pco.len == m->pco.len && !back.pco.data == !m->pco.data);
		FUZZ_CHECK(!m->pco.data || memcmp(back.pco.data, m->pco.data, m->pco.len) == 0);
	}
	free(out);
}

/* The octets as the texts that a configuration gives: APN and MSISDN. */
static void check_texts(const uint8_t *data, size_t size)
{
	char text[160];
	size_t len = size < sizeof(text) ? size : sizeof(text) - 1;
	struct gtpc_v1_create create = {
		.imsi = {"262010000000001"}, .apn = text, .gsn = {.len = 4}};
	uint8_t out[512];
	struct gtpc_v1 back;

	memcpy(text, data, len);
	text[len] = 0;
	for (int with_msisdn = 0; with_msisdn < 2; with_msisdn++) {
		int written = gtpc_v1_write_create_request(out, sizeof(out), &create);

		FUZZ_CHECK(written > 0 || written == -EINVAL);
		if (written > 0)
			FUZZ_CHECK(gtpc_v1_parse(&back, out, (size_t)written) == 0);
		create.apn = "a";
		create.msisdn = text;
	}
}

/* What each GSN's peer makes of it. */
static void check_received(const struct gtpc_v1 *read, const uint8_t *data, size_t size)
{
	for (unsigned sender = GTPC_V1_FROM_SGSN; sender <= GTPC_V1_FROM_GGSN; sender++) {
		struct gtpc_v1 m = *read;

		gtpc_v1_receive(&m, (enum gtpc_v1_sender)sender);
		FUZZ_CHECK(m.fault == GTPC_FAULTLESS || m.fault >= GTPC_MANDATORY_MISSING);
		FUZZ_CHECK(gtpc_fault_name(m.fault));
		FUZZ_CHECK((m.present & ~read->present) == 0);
		check_message(&m, data, size);
		if (m.fault == GTPC_FAULTLESS && sender == GTPC_V1_FROM_SGSN &&
		    m.type == GTPC_V1_UPDATE_PDP_REQUEST)
			FUZZ_CHECK(m.gsn_control.len > 0 && m.gsn_user.len > 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gtpc_v1 message;
	int result = gtpc_v1_parse(&message, data, size);

	FUZZ_CHECK(result == 0 || result == -EBADMSG);
	FUZZ_CHECK((result == 0) == (message.fault == GTPC_FAULTLESS));
	check_texts(data, size);
	if (result)
		return 0;
	check_message(&message, data, size);
	check_received(&message, data, size);
	if (message.present & GTPC_V1_HAS_IMSI && message.gsn_control.len)
		check_rewritten(&message);
	return 0;
}
