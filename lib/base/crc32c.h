/* SPDX-License-Identifier: BSD-3-Clause */
/* crc32c: the CRC of RFC 3385 (Castagnoli), without inversion before or after. For checks of records on disk, and as the
 * hash for tables: an attacker can choose keys with the same one. */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continues crc with len octets. */
uint32_t crc32c(uint32_t crc, const void *octets, size_t len);

#endif
