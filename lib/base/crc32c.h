/* SPDX-License-Identifier: BSD-3-Clause */
/* crc32c: the CRC of RFC 3385 (Castagnoli), without inversion before or after. Any library may use it as the check of
 * records on disk, or as the hash of a table. An attacker can choose keys with equal hashes, so a table must bear
 * that. */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Returns the CRC over all octets so far. crc: the result for the octets before, or 0 at the begin. */
uint32_t crc32c(uint32_t crc, const void *octets, size_t len);

#endif
