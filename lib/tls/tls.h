/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tls: the certificate, private key and CA of a program, read and checked with GnuTLS before they are used, and the
 * warnings before a certificate expires. lib/diameter uses it when a program starts, on reload, and for --check.
 *
 * Every fault names the file. Nothing of a private key is ever in a text.
 */
#ifndef TLS_TLS_H
#define TLS_TLS_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <time.h>

/* The files of one program. Names are used as they are: relative to the working folder unless absolute. */
enum tls_file {
	TLS_CERTIFICATE, /* PEM: the program's own certificate, then each issuer, the root optional */
	TLS_KEY,	 /* PEM: the private key of that certificate, not encrypted, mode 0600 */
	TLS_CA,		 /* PEM: the CAs that peers' certificates must come from */
	TLS_FILES,
};

/* "certificate", "key", "ca": the names of the settings. */
const char *tls_file_name(enum tls_file file);

/* Told of a fault, or of a certificate that expires: text begins with the name of the file. */
typedef void (*tls_teller)(void *arg, enum tls_file file, const char *text);

#define TLS_TEXT_MAX 512

/* A certificate, key and CA that hold together. */
struct tls_material;

/*
 * Reads and checks the three files: format; permissions of the key; validity at now (seconds since 1970) of the chain
 * and of the CA that it leads to; that the certificate bears identity, that the key is the certificate's, that
 * each certificate of the chain issued the one before, that a CA of the CA file issued the last. NULL when anything is
 * wrong; then each fault has been told, at most one a file and subject. Reads the disk: never on a thread
 * that must not wait. Free with tls_free.
 */
struct tls_material *tls_load(const char *const files[TLS_FILES], const char *identity, time_t now,
			      tls_teller tell, void *arg);
/* Wipes the key. */
void tls_free(struct tls_material *material);

/* GnuTLS credentials with that material, independent of it; NULL: no memory. */
gnutls_certificate_credentials_t tls_credentials(const struct tls_material *material);

/*
 * Tells each certificate of the material that expires within 30, 7 or 1 days of now, or has expired: each of these
 * once, and the latest alone when several apply. Call it every minute or so. True when one of the program's own
 * chain, or the CA that it leads to, has expired: no peer accepts new connections.
 */
bool tls_tell_expiry(struct tls_material *material, time_t now, tls_teller tell, void *arg);

/* "2026-11-30 12:00:00 UTC" */
#define TLS_DATE_MAX 32
const char *tls_date(time_t t, char text[TLS_DATE_MAX]);

/*
 * Says in one phrase why the certificate of a peer is not accepted: status of gnutls_certificate_verify_peers2 for
 * that session. "its certificate expired on ...", "its certificate comes from a CA that is not in ca (issuer CN=...)".
 */
void tls_explain_refusal(gnutls_session_t session, unsigned status, char text[TLS_TEXT_MAX]);

/* The host names in a DER certificate: "a.example, b.example"; "no host name" when there is none. */
void tls_certificate_names(const gnutls_datum_t *der, char *text, size_t size);

#endif
