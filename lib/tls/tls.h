/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tls: reads a program's certificate, private key and CA with GnuTLS, checks them before they are
 * used, and warns before a certificate expires. lib/diameter uses it at start, on reload, and for
 * --check.
 *
 * Every fault text names the file. No text ever contains any part of a private key.
 */
#ifndef TLS_TLS_H
#define TLS_TLS_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <time.h>

/* The files of one program. Names are used unchanged: relative to the working folder unless
 * absolute. */
enum tls_file {
	TLS_CERTIFICATE, /* PEM: the program's own certificate, then each issuer, the root optional */
	TLS_KEY,	 /* PEM: the private key of that certificate, not encrypted, mode 0600 */
	TLS_CA,		 /* PEM: the CAs that peers' certificates must come from */
	TLS_FILES,
};

/* "certificate", "key", "ca": the names of the settings. */
const char *tls_file_name(enum tls_file file);

/* Called for a fault, or for a certificate that expires. text begins with the name of the file. */
typedef void (*tls_teller)(void *arg, enum tls_file file, const char *text);

#define TLS_TEXT_MAX 512

/* A certificate, key and CA that were checked together. */
struct tls_material;

/*
 * Reads and checks the three files: their format, and the permissions of the key. The chain and its
 * CA must be valid at now (seconds since 1970). The certificate must have identity as a name, and
 * the key must belong to it. Each certificate of the chain must have issued the one before it, and
 * a CA of the CA file must have issued the last. Returns NULL if anything is wrong. Each fault is
 * reported, at most one per file and subject. Reads the disk: do not call it on a thread that must
 * not wait. Free the result with tls_free.
 */
struct tls_material *tls_load(const char *const files[TLS_FILES], const char *identity, time_t now,
			      tls_teller tell, void *arg);
/* Wipes the key and frees material. */
void tls_free(struct tls_material *material);

/* Makes GnuTLS credentials from the material. They do not depend on material afterwards. NULL: no
 * memory. */
gnutls_certificate_credentials_t tls_credentials(const struct tls_material *material);

/*
 * Reports each certificate of the material that expires within 30, 7 or 1 days of now, or has
 * expired. Each of these stages is reported once, and only the latest if several apply. Call it
 * about every minute. Returns true if a certificate of the program's chain, or the CA of that
 * chain, has expired. Then no peer accepts new connections.
 */
bool tls_tell_expiry(struct tls_material *material, time_t now, tls_teller tell, void *arg);

/* "2026-11-30 12:00:00 UTC" */
#define TLS_DATE_MAX 32
const char *tls_date(time_t t, char text[TLS_DATE_MAX]);

/*
 * Says in one phrase why the certificate of a peer is rejected. status: from
 * gnutls_certificate_verify_peers2 for that session. "its certificate expired on ...", "its
 * certificate comes from a CA that is not in ca (issuer CN=...)".
 */
void tls_explain_refusal(gnutls_session_t session, unsigned status, char text[TLS_TEXT_MAX]);

/* The host names in a DER certificate: "a.example, b.example"; "no host name" if it has none. */
void tls_certificate_names(const gnutls_datum_t *der, char *text, size_t size);

#endif
