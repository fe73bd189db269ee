/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/pco.h"

#include <errno.h>
#include <string.h>

#include "fuzz.h"

static void check_found(const struct pco_e2m *e2m, const uint8_t *data, size_t size)
{
	uint8_t written[PCO_MAX_LEN];
	struct pco_e2m again;
	size_t len = pco_write_e2m(written, &e2m_default_numbers, e2m);

	FUZZ_CHECK(e2m->key_id >= E2M_KEY_ID_MIN && e2m->key_id <= E2M_KEY_ID_MAX);
	FUZZ_CHECK(e2m->id.type == E2M_ID_SQN || e2m->id.type == E2M_ID_RAND);
	FUZZ_CHECK(len <= PCO_MAX_LEN);
	/* What was found stands in the octets as it would be written. */
	FUZZ_CHECK(memmem(data, size, written + 1, len - 1));
	FUZZ_CHECK(pco_find_e2m(&again, &e2m_default_numbers, e2m->plmn, written, len) == 1);
	FUZZ_CHECK(memcmp(&again, e2m, sizeof(again)) == 0);
}

static void check_plmn(const uint8_t *data, size_t size)
{
	char text[16];
	size_t len = size < sizeof(text) ? size : sizeof(text) - 1;
	uint8_t plmn[PCO_PLMN_LEN];

	memcpy(text, data, len);
	text[len] = 0;

	int result = pco_plmn_parse(plmn, text);

	FUZZ_CHECK(result == 0 || result == -EINVAL);
	for (size_t i = 0; !result && i < 2 * PCO_PLMN_LEN; i++) {
		uint8_t digit = i % 2 ? plmn[i / 2] >> 4 : plmn[i / 2] & 0xF;

		FUZZ_CHECK(digit <= 9 || (i == 3 && digit == 0xF));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pco_e2m e2m;

	memset(&e2m, 0, sizeof(e2m));
	int result = pco_find_e2m(&e2m, &e2m_default_numbers, NULL, data, size);

	FUZZ_CHECK(result == 0 || result == 1);
	if (result == 1)
		check_found(&e2m, data, size);
	check_plmn(data, size);
	return 0;
}
