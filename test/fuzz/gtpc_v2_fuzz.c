/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/gtpc_v2.h"

#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "gtp/pco.h"

static void check_within(const struct gtp_octets *octets, const uint8_t *data, size_t size)
{
	if (octets->data)
		FUZZ_CHECK(octets->data >= data && octets->data + octets->len <= data + size);
	else
		FUZZ_CHECK(octets->len == 0);
}

static void check_address(const struct gtp_address *address, uint8_t len)
{
	static const uint8_t zero[sizeof(address->octets)];

	FUZZ_CHECK(address->len == 0 || address->len == len);
	FUZZ_CHECK(memcmp(address->octets + address->len, zero, sizeof(zero) - address->len) == 0);
}

static void check_fteid(const struct gtpc_v2_fteid *fteid)
{
	check_address(&fteid->ipv4, 4);
	check_address(&fteid->ipv6, 16);
	FUZZ_CHECK(fteid->is_present == (fteid->ipv4.len > 0 || fteid->ipv6.len > 0));
}

static void check_paa(const struct gtp_octets *paa)
{
	const struct pdp_element element = gtpc_v2_paa(paa);
	const struct pdp_address *a = &element.address;

	FUZZ_CHECK(element.has_type || !element.has_address);
	FUZZ_CHECK(!pdp_address_is_bound(a) || element.has_address);
	FUZZ_CHECK(a->ipv4_state <= PDP_EXCLUDED && a->ipv6_state <= PDP_EXCLUDED);
	FUZZ_CHECK(a->ipv4_state != PDP_EXCLUDED || a->ipv6_state != PDP_EXCLUDED);
	FUZZ_CHECK((a->ipv6_length > 0) == (a->ipv6_state == PDP_BOUND));
	FUZZ_CHECK(a->ipv6_length <= PDP_IPV6_BITS);
}

static void check_fq_csid(const struct gtpc_v2_fq_csid *fq_csid, const uint8_t *data, size_t size)
{
	FUZZ_CHECK(fq_csid->node_id_len == 0 || fq_csid->node_id_len == 4 ||
		   fq_csid->node_id_len == 16);
	FUZZ_CHECK(fq_csid->count <= 15 && (fq_csid->node_id_len > 0 || fq_csid->count == 0));
	FUZZ_CHECK(fq_csid->count == 0 ||
		   (fq_csid->csids >= data && fq_csid->csids + 2 * fq_csid->count <= data + size));
}

static void check_message(const struct gtpc_v2 *m, const uint8_t *data, size_t size)
{
	const struct gtp_octets *const octets[] = {&m->msisdn, &m->apn,	 &m->pco,
						   &m->apco,   &m->epco, &m->paa};
	struct e2m_imsi imsi;
	struct pco_e2m e2m;

	for (size_t i = 0; i < sizeof(octets) / sizeof(octets[0]); i++) {
		check_within(octets[i], data, size);
		(void)pco_find_e2m(&e2m, &e2m_default_numbers, NULL, octets[i]->data,
				   octets[i]->len);
		check_paa(octets[i]);
	}
	FUZZ_CHECK(m->sequence <= GTPC_V2_SEQUENCE_MAX && m->linked_ebi <= GTPC_V2_EBI_MAX);
	if (m->present & GTPC_V2_HAS_IMSI)
		FUZZ_CHECK(e2m_imsi_parse(&imsi, m->imsi.digits, strlen(m->imsi.digits)) == 0);
	check_fteid(&m->sgw_c);
	check_fteid(&m->pgw_c);
	for (unsigned node = 0; node < GTPC_V2_SET_NODES; node++)
		check_fq_csid(&m->fq_csids[node], data, size);
	FUZZ_CHECK(m->bearers_count <= GTPC_V2_BEARERS_MAX);
	for (unsigned i = 0; i < m->bearers_count; i++) {
		const struct gtpc_v2_bearer *bearer = &m->bearers[i];

		FUZZ_CHECK(bearer->instance <= 1 && bearer->ebi <= GTPC_V2_EBI_MAX);
		check_fteid(&bearer->sgw_u);
		check_fteid(&bearer->pgw_u);
		check_within(&bearer->tft, data, size);
		check_within(&bearer->pco, data, size);
		check_within(&bearer->apco, data, size);
		check_within(&bearer->epco, data, size);
	}
}

static void check_same_octets(const struct gtp_octets *a, const struct gtp_octets *b)
{
	FUZZ_CHECK(a->len == b->len && !a->data == !b->data);
	FUZZ_CHECK(!a->data || memcmp(a->data, b->data, a->len) == 0);
}

static void check_same_fteid(const struct gtpc_v2_fteid *a, const struct gtpc_v2_fteid *b)
{
	FUZZ_CHECK(a->is_present == b->is_present && a->teid == b->teid);
	FUZZ_CHECK(memcmp(&a->ipv4, &b->ipv4, sizeof(a->ipv4)) == 0);
	FUZZ_CHECK(memcmp(&a->ipv6, &b->ipv6, sizeof(a->ipv6)) == 0);
}

static void check_same_bearer(const struct gtpc_v2_bearer *a, const struct gtpc_v2_bearer *b)
{
	FUZZ_CHECK(a->instance == b->instance && a->ebi == b->ebi);
	FUZZ_CHECK(a->has_cause == b->has_cause && a->cause == b->cause);
	check_same_fteid(&a->sgw_u, &b->sgw_u);
	check_same_fteid(&a->pgw_u, &b->pgw_u);
	check_same_octets(&a->tft, &b->tft);
	check_same_octets(&a->pco, &b->pco);
	check_same_octets(&a->apco, &b->apco);
	check_same_octets(&a->epco, &b->epco);
}

static void check_same(const struct gtpc_v2 *a, const struct gtpc_v2 *b)
{
	FUZZ_CHECK(a->type == b->type && a->has_teid == b->has_teid && a->teid == b->teid);
	FUZZ_CHECK(a->sequence == b->sequence && a->present == b->present);
	FUZZ_CHECK(memcmp(&a->imsi, &b->imsi, sizeof(a->imsi)) == 0);
	FUZZ_CHECK(a->cause == b->cause && a->recovery == b->recovery);
	FUZZ_CHECK(a->rat_type == b->rat_type);
	FUZZ_CHECK(memcmp(a->serving_network, b->serving_network, 3) == 0);
	FUZZ_CHECK(a->linked_ebi == b->linked_ebi && a->ebis == b->ebis);
	check_same_fteid(&a->sgw_c, &b->sgw_c);
	check_same_fteid(&a->pgw_c, &b->pgw_c);
	check_same_octets(&a->msisdn, &b->msisdn);
	check_same_octets(&a->apn, &b->apn);
	check_same_octets(&a->pco, &b->pco);
	check_same_octets(&a->apco, &b->apco);
	check_same_octets(&a->epco, &b->epco);
	FUZZ_CHECK(a->bearers_count == b->bearers_count);
	for (unsigned i = 0; i < a->bearers_count; i++)
		check_same_bearer(&a->bearers[i], &b->bearers[i]);
}

/* What was read can be written, and reads the same. */
static void check_rewritten(const struct gtpc_v2 *m, size_t size)
{
	/* What a writer adds of its own, to the message and to each bearer. */
	const size_t room = size + 64 + m->bearers_count * (size_t)64;
	struct gtpc_v2 alone = *m, back;
	uint8_t *out = malloc(room);
	int len;

	FUZZ_CHECK(out);
	alone.has_next = false;
	len = gtpc_v2_write(out, room, &alone);
	/* A message that was all but full may have no room for that. */
	FUZZ_CHECK(len > 0 || (len == -EINVAL && size > 60000));
	if (len > 0) {
		FUZZ_CHECK(gtpc_v2_parse(&back, out, (size_t)len) == len);
		check_same(m, &back);
	}
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gtpc_v2 message;
	int result = gtpc_v2_parse(&message, data, size);

	FUZZ_CHECK(result > 0 || result == -EBADMSG);
	FUZZ_CHECK(gtpc_fault_name(message.fault));
	if (result < 0) {
		FUZZ_CHECK(message.fault != GTPC_FAULTLESS);
		return 0;
	}
	FUZZ_CHECK(message.fault == GTPC_FAULTLESS || message.fault >= GTPC_MANDATORY_MISSING);
	FUZZ_CHECK((size_t)result <= size && message.has_next == ((size_t)result < size));
	check_message(&message, data, (size_t)result);
	if (message.fault == GTPC_FAULTLESS)
		check_rewritten(&message, (size_t)result);
	/* The one behind it, as whoever reads a datagram does. */
	if (message.has_next)
		(void)gtpc_v2_parse(&message, data + result, size - (size_t)result);
	return 0;
}
