/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * unit_tls: a certification authority for tests. Keys are EC P-256; a certificate bears its name as
 * subjectAltName, and lives for 60 days. Aborts the test program on any failure.
 */
#ifndef UNIT_UNIT_TLS_H
#define UNIT_UNIT_TLS_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static long unit_tls_lifetime_s = 60 * 24 * 3600; /* of certificates that are made from now on */

struct unit_ca {
	EVP_PKEY *key;
	X509 *certificate;
	long serial;
};

static inline void unit_tls_need(int ok)
{
	if (!ok)
		abort();
}

static inline X509 *unit_tls_certificate(const char *name, EVP_PKEY *key, struct unit_ca *ca,
					 int extension, const char *value)
{
	X509 *cert = X509_new();
	X509 *issuer = ca->certificate ? ca->certificate : cert;
	X509V3_CTX context;

	unit_tls_need(cert && X509_set_version(cert, 2));
	ASN1_INTEGER_set(X509_get_serialNumber(cert), ++ca->serial);
	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), unit_tls_lifetime_s);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
				   (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(issuer));
	X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &context, extension, value);
	unit_tls_need(ext && X509_add_ext(cert, ext, -1));
	X509_EXTENSION_free(ext);
	unit_tls_need(X509_sign(cert, ca->key, EVP_sha256()));
	return cert;
}

static inline void unit_tls_write(const char *dir, const char *name, X509 *cert, EVP_PKEY *key)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.pem", dir, name);
	FILE *f = fopen(path, "w");
	unit_tls_need(f && PEM_write_X509(f, cert));
	fclose(f);
	snprintf(path, sizeof(path), "%s/%s.key", dir, name);
	f = fopen(path, "w");
	unit_tls_need(f && !fchmod(fileno(f), 0600) &&
		      PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL));
	fclose(f);
}

/* Writes NAME.pem and NAME.key into dir. */
static inline void unit_ca_make(struct unit_ca *ca, const char *dir, const char *name)
{
	ca->key = EVP_EC_gen("P-256");
	ca->certificate = NULL;
	ca->serial = 0;
	unit_tls_need(ca->key != NULL);
	ca->certificate =
		unit_tls_certificate(name, ca->key, ca, NID_basic_constraints, "critical,CA:TRUE");
	unit_tls_write(dir, name, ca->certificate, ca->key);
}

/* Writes FILE.pem and FILE.key into dir: a certificate for the host name. */
static inline void unit_ca_issue(struct unit_ca *ca, const char *dir, const char *file,
				 const char *name)
{
	char alt[300];

	snprintf(alt, sizeof(alt), "DNS:%s", name);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = unit_tls_certificate(name, key, ca, NID_subject_alt_name, alt);
	unit_tls_write(dir, file, cert, key);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static inline void unit_ca_free(struct unit_ca *ca)
{
	X509_free(ca->certificate);
	EVP_PKEY_free(ca->key);
}

#endif
