/* SPDX-License-Identifier: BSD-3-Clause */
#include "aka/crypto.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>

/* Fetching takes a lock and a search each time; the process keeps what it fetched till its end. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_CIPHER *aes_128_ecb;
static EVP_MAC *hmac;

static void fetch(void)
{
	aes_128_ecb = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
}

struct aka_aes *aka_aes_new(const uint8_t key[AKA_BLOCK_LEN])
{
	pthread_once(&once, fetch);
	EVP_CIPHER_CTX *ctx = aes_128_ecb ? EVP_CIPHER_CTX_new() : NULL;

	if (!ctx)
		return NULL;
	if (EVP_EncryptInit_ex2(ctx, aes_128_ecb, key, NULL, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1) {
		EVP_CIPHER_CTX_free(ctx);
		return NULL;
	}
	return (struct aka_aes *)ctx;
}

void aka_aes_free(struct aka_aes *aes)
{
	EVP_CIPHER_CTX_free((EVP_CIPHER_CTX *)aes);
}

int aka_aes_encrypt(struct aka_aes *aes, const uint8_t in[AKA_BLOCK_LEN],
		    uint8_t out[AKA_BLOCK_LEN])
{
	int len = 0;

	if (EVP_EncryptUpdate((EVP_CIPHER_CTX *)aes, out, &len, in, AKA_BLOCK_LEN) != 1 ||
	    len != AKA_BLOCK_LEN)
		return -EIO;
	return 0;
}

int aka_hmac_sha256(const uint8_t *key, size_t key_len, const uint8_t *data, size_t len,
		    uint8_t out[AKA_SHA256_LEN])
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	size_t out_len = 0;

	pthread_once(&once, fetch);
	EVP_MAC_CTX *ctx = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
	int ok = ctx && EVP_MAC_init(ctx, key, key_len, params) == 1 &&
		 EVP_MAC_update(ctx, data, len) == 1 &&
		 EVP_MAC_final(ctx, out, &out_len, AKA_SHA256_LEN) == 1 &&
		 out_len == AKA_SHA256_LEN;
	EVP_MAC_CTX_free(ctx);
	return ok ? 0 : -EIO;
}
