/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/gtpu.h"

#include "gtp/extension.h"

int gtpu_parse_options(struct gtpu *gtpu, const uint8_t *data)
{
	size_t end = GTPU_HEADER_MIN + (size_t)gtpu->length;
	size_t at = GTPU_HEADER_MIN + GTPU_OPTIONS_LEN;

	if (at > end)
		return -EBADMSG;
	/* TS 29.281 5.1: the next extension header type means something only if E is set. */
	if (gtpu->flags & GTPU_FLAG_E)
		at = extension_walk(data, at, end, data[at - 1]);
	if (!at || at > UINT16_MAX)
		return -EBADMSG;
	gtpu->header_len = (uint16_t)at;
	gtpu->payload_len = (uint16_t)(end - at);
	return 0;
}

size_t gtpu_write(uint8_t out[GTPU_HEADER_MIN], uint8_t message_type, uint32_t teid,
		  uint16_t payload_len)
{
	out[0] = GTPU_V1_PT1;
	out[1] = message_type;
	wire_put16(out + 2, payload_len);
	wire_put32(out + 4, teid);
	return GTPU_HEADER_MIN;
}
