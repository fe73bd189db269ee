/* SPDX-License-Identifier: BSD-3-Clause */
/* seal: what must not be on a disk in the clear, sealed under one master key with AES-256-GCM (NIST SP
 * 800-38D) and a random nonce each time; good for 2^32 seals under one key. */
#ifndef HSS_SEAL_H
#define HSS_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SEAL_KEY_LEN   32
#define SEAL_NONCE_LEN 12
#define SEAL_TAG_LEN   16
/* What sealing adds to the text: nonce before, tag behind. */
#define SEAL_EXTRA (SEAL_NONCE_LEN + SEAL_TAG_LEN)

struct seal;

/* NULL: no memory, or the library will not. key may be wiped afterwards. One thread at a time. */
struct seal *seal_new(const uint8_t key[SEAL_KEY_LEN]);
void seal_free(struct seal *seal); /* wipes */

/* out: len + SEAL_EXTRA octets. name is authenticated, not kept: who opens has to know it. */
bool seal_close(struct seal *seal, const void *name, size_t name_len, const void *text, size_t len,
		uint8_t *out);
/* sealed: len + SEAL_EXTRA octets. False, and text wiped: not sealed with this key under this name. */
bool seal_open(struct seal *seal, const void *name, size_t name_len, const uint8_t *sealed,
	       void *text, size_t len);

/* The key that path holds: 32 octets, or 64 hexadecimal digits with or without the end of a line.
 * is_guarded: somebody else sees to it that others cannot read the file, which else must be its owner's
 * alone. False: why is what is wrong, and what to do; it begins with path. */
bool seal_read_key(const char *path, bool is_guarded, uint8_t key[SEAL_KEY_LEN], char *why,
		   size_t why_size);

#endif
