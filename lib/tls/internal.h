/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of lib/tls share: read.c reads a file, check.c checks what is in the three, expiry.c watches dates,
 * refusal.c says what is wrong with a peer's certificate. */
#ifndef TLS_INTERNAL_H
#define TLS_INTERNAL_H

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/tls.h"

#define TLS_CHAIN_MAX 16

/* How far the warnings about a certificate have come. */
enum expiry_stage {
	EXPIRY_FAR,
	EXPIRY_MONTH,
	EXPIRY_WEEK,
	EXPIRY_DAY,
	EXPIRY_OVER,
};

struct certificates {
	gnutls_x509_crt_t *list;
	unsigned count;
	enum expiry_stage *told; /* by certificate */
};

struct tls_material {
	char *names[TLS_FILES];
	struct certificates chain, ca;
	int issuer; /* in ca: who issued the chain; -1: the chain's last is its own issuer */
	gnutls_x509_privkey_t key;
};

/* While the files are read and checked. */
struct reading {
	const char *const *files;
	tls_teller tell;
	void *arg;
	bool is_wrong;
};

void tls_fault(struct reading *reading, enum tls_file file, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Reads a file; false, and told, when it cannot be, or when it is not what it should be. The caller wipes and
 * frees data. */
bool tls_read_file(struct reading *reading, enum tls_file file, gnutls_datum_t *data);
void tls_wipe(gnutls_datum_t *data);

/* "CN=lab CA"; size octets at most. */
const char *tls_subject(gnutls_x509_crt_t certificate, char *text, size_t size);
const char *tls_issuer(gnutls_x509_crt_t certificate, char *text, size_t size);

/* The host names that a certificate bears. */
void tls_names(gnutls_x509_crt_t certificate, char *text, size_t size);

#endif
