/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/gtpu.h"

#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gtpu gtpu, again;
	int result = gtpu_parse(&gtpu, data, size);

	FUZZ_CHECK(result == 0 || result == -EBADMSG);
	if (result)
		return 0;
	FUZZ_CHECK(gtpu.header_len >= GTPU_HEADER_MIN);
	FUZZ_CHECK((size_t)gtpu.header_len + gtpu.payload_len ==
		   (size_t)GTPU_HEADER_MIN + gtpu.length);
	FUZZ_CHECK((size_t)gtpu.header_len + gtpu.payload_len <= size);

	if (gtpu.flags == GTPU_V1_PT1) {
		uint8_t written[GTPU_HEADER_MIN];

		gtpu_write(written, gtpu.message_type, gtpu.teid, gtpu.payload_len);
		FUZZ_CHECK(memcmp(written, data, sizeof(written)) == 0);
	}

	/* The header stands by itself: with the payload taken away it is the same. */
	uint8_t *header = malloc(gtpu.header_len);

	FUZZ_CHECK(header);
	memcpy(header, data, gtpu.header_len);
	gtpu_set_payload_len(header, gtpu.header_len, 0);
	FUZZ_CHECK(gtpu_parse(&again, header, gtpu.header_len) == 0);
	FUZZ_CHECK(again.header_len == gtpu.header_len && again.payload_len == 0);
	FUZZ_CHECK(again.teid == gtpu.teid && again.message_type == gtpu.message_type);
	free(header);
	return 0;
}
