/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * extension: the chain of extension headers that GTP-U (TS 29.281 5.2.1) and GTPv1-C (TS 29.060 6.1)
 * share.
 *
 * +----------------------+-----------------------------+----------------------------+
 * | length in 4 octets   | contents (4 * length - 2)   | next extension header type |
 * +----------------------+-----------------------------+----------------------------+
 */
#ifndef GTP_EXTENSION_H
#define GTP_EXTENSION_H

#include <stddef.h>
#include <stdint.h>

/*
 * Walks the chain that begins at data + at with a header of type next (0: there is none). Returns the
 * offset after the chain, or 0 when a header has length zero or runs past end.
 */
static inline size_t extension_walk(const uint8_t *data, size_t at, size_t end, uint8_t next)
{
	while (next) {
		size_t len = at < end ? (size_t)data[at] * 4 : 0;

		if (!len || len > end - at)
			return 0;
		next = data[at + len - 1];
		at += len;
	}
	return at;
}

#endif
