/* SPDX-License-Identifier: BSD-3-Clause */
#include "npdu/npdu.h"

size_t npdu_mac_len(enum e2m_eia eia, unsigned gcm_tag_octets)
{
	switch (eia) {
	case E2M_EIA0:
		return 0;
	case E2M_EIA_GCM:
		return gcm_tag_octets;
	default:
		return 4;
	}
}

void npdu_write_header(uint8_t *out, unsigned n, uint8_t key_id, uint32_t count)
{
	out[0] = (uint8_t)(0x80 | (key_id & 7) << 3 | ((uint64_t)count >> 8 * n & 7));
	for (unsigned i = 0; i < n; i++)
		out[1 + i] = (uint8_t)(count >> 8 * (n - 1 - i));
}

uint32_t npdu_read_ctr(const uint8_t *header, unsigned n)
{
	uint32_t ctr = header[0] & 7;

	for (unsigned i = 0; i < n; i++)
		ctr = ctr << 8 | header[1 + i];
	return ctr;
}

uint64_t npdu_reconstruct_count(unsigned n, uint32_t h, uint32_t ctr)
{
	const uint64_t w = UINT64_C(1) << (3 + 8 * n);
	const uint64_t base = h > w / 2 ? h - w / 2 : 0;

	/* The value in [base, base + w - 1] that is ctr modulo w. */
	return base + ((ctr - base) & (w - 1));
}
