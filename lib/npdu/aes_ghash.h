/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aes_ghash: GHASH of SP 800-38D 6.4 over what gcm authenticates of a PDU: its header as associated data, its
 * ciphertext, and the lengths of both. Private to this library.
 */
#ifndef NPDU_AES_GHASH_H
#define NPDU_AES_GHASH_H

#include "npdu/aes.h"
#include "npdu/aes_register.h"

/* True when the CPU has what this code needs beside what aes_is_available says. */
bool ghash_is_available(void);

/* H^9 to H from H, in the form that ghash_pdus wants. */
void ghash_make_powers(const uint8_t h[16], uint8_t powers[NPDU_HASH_POWERS][16]);

/* GHASH of each PDU, its octets in the order of memory. */
void ghash_pdus(const struct aes_op *ops, size_t count, __m128i *hashes);

#endif
