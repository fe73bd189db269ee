/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * crypto: the two primitives that aka needs, on OpenSSL's libcrypto. Algorithms are fetched once a
 * process; every call has its own context, so any thread may call.
 */
#ifndef AKA_CRYPTO_H
#define AKA_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#define AKA_BLOCK_LEN  16
#define AKA_SHA256_LEN 32

/* AES-128 encryption of single blocks under one key. */
struct aka_aes;

/* NULL when the library failed. */
struct aka_aes *aka_aes_new(const uint8_t key[AKA_BLOCK_LEN]);
/* Wipes the key schedule; NULL is allowed. */
void aka_aes_free(struct aka_aes *aes);
/* 0 or -EIO. out may be in. */
int aka_aes_encrypt(struct aka_aes *aes, const uint8_t in[AKA_BLOCK_LEN],
		    uint8_t out[AKA_BLOCK_LEN]);

/* 0 or -EIO. */
int aka_hmac_sha256(const uint8_t *key, size_t key_len, const uint8_t *data, size_t len,
		    uint8_t out[AKA_SHA256_LEN]);

#endif
