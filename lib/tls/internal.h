/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by the files of lib/tls. read.c reads a file, check.c checks the three together, expiry.c
 * watches dates, refusal.c explains what is wrong with a peer's certificate, text.c says what a
 * certificate contains. */
#ifndef TLS_INTERNAL_H
#define TLS_INTERNAL_H

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/tls.h"

#define TLS_CHAIN_MAX 16

/* The latest expiry warning given for a certificate. */
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
	enum expiry_stage *told; /* the latest warning of each certificate */
};

struct tls_material {
	char *names[TLS_FILES];
	struct certificates chain, ca;
	int issuer; /* the chain's issuer, in ca; -1: the chain's last certificate issued itself */
	gnutls_x509_privkey_t key;
};

/* The state while the files are read and checked. */
struct reading {
	const char *const *files;
	tls_teller tell;
	void *arg;
	bool is_wrong;
};

void tls_fault(struct reading *reading, enum tls_file file, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Reads a file. Reports a fault and returns false if the file cannot be read or has the wrong
 * contents. The caller wipes and frees data. */
bool tls_read_file(struct reading *reading, enum tls_file file, gnutls_datum_t *data);
void tls_wipe(gnutls_datum_t *data);

/* "CN=lab CA"; at most size octets. */
const char *tls_subject(gnutls_x509_crt_t certificate, char *text, size_t size);
const char *tls_issuer(gnutls_x509_crt_t certificate, char *text, size_t size);

/* The host names in a certificate. */
void tls_names(gnutls_x509_crt_t certificate, char *text, size_t size);

#endif
