/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/seal.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "e2m/e2m.h"

struct seal {
	/* With the key expanded: it is not kept otherwise. */
	EVP_CIPHER_CTX *closing, *opening;
};

struct seal *seal_new(const uint8_t key[SEAL_KEY_LEN])
{
	struct seal *seal = calloc(1, sizeof(*seal));

	if (!seal)
		return NULL;
	seal->closing = EVP_CIPHER_CTX_new();
	seal->opening = EVP_CIPHER_CTX_new();
	if (seal->closing && seal->opening &&
	    EVP_EncryptInit_ex(seal->closing, EVP_aes_256_gcm(), NULL, key, NULL) == 1 &&
	    EVP_DecryptInit_ex(seal->opening, EVP_aes_256_gcm(), NULL, key, NULL) == 1)
		return seal;
	seal_free(seal);
	return NULL;
}

void seal_free(struct seal *seal)
{
	if (!seal)
		return;
	/* OpenSSL wipes what it frees. */
	EVP_CIPHER_CTX_free(seal->closing);
	EVP_CIPHER_CTX_free(seal->opening);
	free(seal);
}

bool seal_close(struct seal *seal, const void *name, size_t name_len, const void *text, size_t len,
		uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = seal->closing;
	uint8_t *tag = out + SEAL_NONCE_LEN + len;
	int n;

	return RAND_bytes(out, SEAL_NONCE_LEN) == 1 &&
	       EVP_EncryptInit_ex(ctx, NULL, NULL, NULL, out) == 1 &&
	       EVP_EncryptUpdate(ctx, NULL, &n, name, (int)name_len) == 1 &&
	       EVP_EncryptUpdate(ctx, out + SEAL_NONCE_LEN, &n, text, (int)len) == 1 &&
	       EVP_EncryptFinal_ex(ctx, tag, &n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_LEN, tag) == 1;
}

bool seal_open(struct seal *seal, const void *name, size_t name_len, const uint8_t *sealed,
	       void *text, size_t len)
{
	EVP_CIPHER_CTX *ctx = seal->opening;
	void *tag = (void *)(sealed + SEAL_NONCE_LEN + len); /* read only */
	uint8_t end[SEAL_TAG_LEN];
	int n;

	if (EVP_DecryptInit_ex(ctx, NULL, NULL, NULL, sealed) == 1 &&
	    EVP_DecryptUpdate(ctx, NULL, &n, name, (int)name_len) == 1 &&
	    EVP_DecryptUpdate(ctx, text, &n, sealed + SEAL_NONCE_LEN, (int)len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_LEN, tag) == 1 &&
	    EVP_DecryptFinal_ex(ctx, end, &n) == 1)
		return true;
	e2m_wipe(text, len);
	return false;
}

/* --- the file of the key --- */

static bool read_hex(const char *digits, uint8_t key[SEAL_KEY_LEN])
{
	for (size_t i = 0; i < SEAL_KEY_LEN; i++) {
		unsigned octet;

		if (!isxdigit((unsigned char)digits[2 * i]) ||
		    !isxdigit((unsigned char)digits[2 * i + 1]) ||
		    sscanf(digits + 2 * i, "%2x", &octet) != 1)
			return false;
		key[i] = (uint8_t)octet;
	}
	return true;
}

/* text holds len octets and a NUL. */
static bool read_text(const char *text, size_t len, uint8_t key[SEAL_KEY_LEN])
{
	const size_t digits = 2 * (size_t)SEAL_KEY_LEN;

	if (len == SEAL_KEY_LEN) {
		memcpy(key, text, SEAL_KEY_LEN);
		return true;
	}
	return (len == digits || (len == digits + 1 && text[digits] == '\n')) &&
	       read_hex(text, key);
}

bool seal_read_key(const char *path, bool is_guarded, uint8_t key[SEAL_KEY_LEN], char *why,
		   size_t why_size)
{
	char text[2 * SEAL_KEY_LEN + 3] = ""; /* one octet more than the longest */
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	struct stat st;
	bool ok = false;

	if (len < 0 || fstat(fd, &st))
		snprintf(why, why_size, "%s cannot be read: %s", path, strerror(errno));
	else if (!is_guarded && st.st_mode & (S_IRWXG | S_IRWXO))
		snprintf(why, why_size,
			 "%s may be read or written by others than its owner: chmod 600 %s", path,
			 path);
	else if (!read_text(text, (size_t)len, key))
		snprintf(why, why_size,
			 "%s holds no key of 32 octets, or of 64 hexadecimal digits; make one "
			 "with: openssl rand -hex 32",
			 path);
	else
		ok = true;
	e2m_wipe(text, sizeof(text));
	if (fd >= 0)
		close(fd);
	return ok;
}
