/* SPDX-License-Identifier: BSD-3-Clause */
/* Group pco: e2m.md 5. */
#include <stdlib.h>
#include <string.h>

#include "check-vectors-entry.h"
#include "gtp/pco.h"

static bool read_id(struct entry *e, struct e2m_keyset_id *id)
{
	bool is_sqn = entry_has(e, "sqn");
	uint8_t value[E2M_RAND_LEN];

	if (is_sqn == entry_has(e, "rand")) {
		entry_fail(e, "sqn", "expected exactly one of sqn and rand");
		return false;
	}
	if (!entry_hex(e, is_sqn ? "sqn" : "rand", value, is_sqn ? E2M_SQN_LEN : E2M_RAND_LEN))
		return false;
	*id = e2m_keyset_id_make(is_sqn ? E2M_ID_SQN : E2M_ID_RAND, value);
	return true;
}

static void check_found(struct entry *e, const struct pco_e2m *expected, const uint8_t *octets,
			size_t len)
{
	struct pco_e2m got;
	uint8_t other[PCO_PLMN_LEN];

	if (!entry_expect_uint(e, "pco (containers found)", 1,
			       (uint64_t)pco_find_e2m(&got, &e2m_default_numbers, expected->plmn,
						      octets, len)))
		return;
	entry_expect_octets(e, "plmn", expected->plmn, PCO_PLMN_LEN, got.plmn, PCO_PLMN_LEN);
	entry_expect_uint(e, "key_id", expected->key_id, got.key_id);
	entry_expect_uint(e, "pco (type)", expected->id.type, got.id.type);
	entry_expect_octets(e, expected->id.type == E2M_ID_SQN ? "sqn" : "rand", expected->id.value,
			    e2m_keyset_id_len(&expected->id), got.id.value,
			    e2m_keyset_id_len(&got.id));

	memcpy(other, expected->plmn, sizeof(other));
	other[0] ^= 1;
	entry_expect_uint(e, "pco (containers found for another PLMN)", 0,
			  (uint64_t)pco_find_e2m(&got, &e2m_default_numbers, other, octets, len));
}

void check_pco(struct entry *e)
{
	struct pco_e2m e2m = {0};
	uint8_t written[PCO_MAX_LEN];
	uint64_t key_id;
	size_t len;

	if (!entry_hex(e, "plmn", e2m.plmn, sizeof(e2m.plmn)) ||
	    !entry_uint(e, "key_id", UINT8_MAX, &key_id) || !read_id(e, &e2m.id))
		return;
	e2m.key_id = (uint8_t)key_id;

	uint8_t *octets = entry_octets(e, "pco", &len);

	if (!octets)
		return;
	if (entry_expect_octets(e, "pco", octets, len, written,
				pco_write_e2m(written, &e2m_default_numbers, &e2m)))
		check_found(e, &e2m, octets, len);
	free(octets);
}
