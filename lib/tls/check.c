/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks whether certificate, key and CA are valid and belong together. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls/internal.h"

/* --- reading the three --- */

static bool import_certificates(struct reading *r, enum tls_file file, struct certificates *into)
{
	gnutls_datum_t data;
	int rc;

	if (!tls_read_file(r, file, &data))
		return false;
	rc = gnutls_x509_crt_list_import2(&into->list, &into->count, &data, GNUTLS_X509_FMT_PEM, 0);
	tls_wipe(&data);
	if (rc < 0)
		tls_fault(r, file, "holds a certificate that cannot be read: %s",
			  gnutls_strerror(rc));
	else if (file == TLS_CERTIFICATE && into->count > TLS_CHAIN_MAX)
		tls_fault(r, file, "holds %u certificates; a chain has %d at most", into->count,
			  TLS_CHAIN_MAX);
	else
		into->told = calloc(into->count, sizeof(into->told[0]));
	return into->told != NULL;
}

static bool import_key(struct reading *r, gnutls_x509_privkey_t *into)
{
	gnutls_x509_privkey_t key = NULL;
	gnutls_datum_t data;
	int rc;

	if (!tls_read_file(r, TLS_KEY, &data))
		return false;
	rc = gnutls_x509_privkey_init(&key);
	if (rc == 0)
		rc = gnutls_x509_privkey_import2(key, &data, GNUTLS_X509_FMT_PEM, NULL, 0);
	tls_wipe(&data);
	if (rc == 0) {
		*into = key;
		return true;
	}
	tls_fault(r, TLS_KEY, "holds a private key that cannot be read: %s", gnutls_strerror(rc));
	gnutls_x509_privkey_deinit(key);
	return false;
}

/* --- one certificate --- */

/* "the certificate", or its number if there are several. */
static const char *which(const struct certificates *of, unsigned i, char *text, size_t size)
{
	char subject[160];

	if (of->count == 1)
		snprintf(text, size, "the certificate");
	else
		snprintf(text, size, "certificate %u (%s)", i + 1,
			 tls_subject(of->list[i], subject, sizeof(subject)));
	return text;
}

static bool is_valid_at(struct reading *r, enum tls_file file, const struct certificates *of,
			unsigned i, time_t now)
{
	time_t from = gnutls_x509_crt_get_activation_time(of->list[i]);
	time_t until = gnutls_x509_crt_get_expiration_time(of->list[i]);
	char date[TLS_DATE_MAX], name[200];

	which(of, i, name, sizeof(name));
	if (until < now)
		tls_fault(r, file, "is no longer valid: %s expired on %s", name,
			  tls_date(until, date));
	else if (from > now)
		tls_fault(r, file,
			  "is not valid yet: %s begins on %s; is the clock of this machine right?",
			  name, tls_date(from, date));
	else
		return true;
	return false;
}

/* --- the chain --- */

static bool bears(gnutls_x509_crt_t certificate, const char *identity)
{
	return gnutls_x509_crt_check_hostname(certificate, identity);
}

static void check_identity(struct reading *r, const struct certificates *chain,
			   const char *identity)
{
	char names[256];

	if (bears(chain->list[0], identity))
		return;
	for (unsigned i = 1; i < chain->count; i++)
		if (bears(chain->list[i], identity)) {
			tls_fault(r, TLS_CERTIFICATE,
				  "is out of order: the certificate for '%s' is number %u; it "
				  "comes first, then "
				  "each issuer",
				  identity, i + 1);
			return;
		}
	tls_names(chain->list[0], names, sizeof(names));
	tls_fault(
		r, TLS_CERTIFICATE,
		"is not for the Diameter identity '%s': its certificate names %s; have one issued "
		"with subjectAltName DNS:%s",
		identity, names, identity);
}

static void check_order(struct reading *r, const struct certificates *chain)
{
	char one[160], other[160];

	for (unsigned i = 0; i + 1 < chain->count; i++)
		if (!gnutls_x509_crt_check_issuer(chain->list[i], chain->list[i + 1])) {
			tls_fault(r, TLS_CERTIFICATE,
				  "is out of order: certificate %u (%s) did not issue certificate "
				  "%u (%s); the "
				  "program's own comes first, then each issuer",
				  i + 2, tls_subject(chain->list[i + 1], one, sizeof(one)), i + 1,
				  tls_subject(chain->list[i], other, sizeof(other)));
			return;
		}
}

static bool is_key_of(gnutls_x509_privkey_t key, gnutls_x509_crt_t certificate)
{
	uint8_t one[64], other[64];
	size_t one_len = sizeof(one), other_len = sizeof(other);

	return gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, one, &one_len) == 0 &&
	       gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, other,
					  &other_len) == 0 &&
	       one_len == other_len && memcmp(one, other, one_len) == 0;
}

static void check_key(struct reading *r, gnutls_x509_privkey_t key,
		      const struct certificates *chain)
{
	if (is_key_of(key, chain->list[0]))
		return;
	for (unsigned i = 1; i < chain->count; i++)
		if (is_key_of(key, chain->list[i])) {
			tls_fault(r, TLS_KEY,
				  "is the key of certificate %u of %s, not of its first: the "
				  "program's own "
				  "certificate comes first",
				  i + 1, r->files[TLS_CERTIFICATE]);
			return;
		}
	tls_fault(r, TLS_KEY, "is not the key of the certificate in %s", r->files[TLS_CERTIFICATE]);
}

/* --- the CA --- */

static bool is_self_issued(gnutls_x509_crt_t certificate)
{
	return gnutls_x509_crt_check_issuer(certificate, certificate);
}

static bool are_all_cas(struct reading *r, const struct certificates *ca)
{
	char name[200], issuer[160];

	for (unsigned i = 0; i < ca->count; i++) {
		if (gnutls_x509_crt_get_ca_status(ca->list[i], NULL) > 0 ||
		    is_self_issued(ca->list[i]))
			continue;
		tls_fault(r, TLS_CA, "is not a CA's: %s was issued by %s and may issue none itself",
			  which(ca, i, name, sizeof(name)),
			  tls_issuer(ca->list[i], issuer, sizeof(issuer)));
		return false;
	}
	return true;
}

static bool is_same(gnutls_x509_crt_t a, gnutls_x509_crt_t b)
{
	return gnutls_x509_crt_equals(a, b);
}

static bool is_in_time(gnutls_x509_crt_t certificate, time_t now)
{
	return gnutls_x509_crt_get_activation_time(certificate) <= now &&
	       gnutls_x509_crt_get_expiration_time(certificate) >= now;
}

/* Finds the certificate of ca that issued the chain or is part of it; -1: none. A CA renewed under
 * the same name is in ca twice for a while. The certificate that is valid now is used, as GnuTLS
 * does. */
static int find_issuer(const struct certificates *chain, const struct certificates *ca, time_t now)
{
	int found = -1;

	for (unsigned i = chain->count; i-- > 0;)
		for (unsigned j = 0; j < ca->count; j++) {
			if (!is_same(chain->list[i], ca->list[j]) &&
			    !gnutls_x509_crt_check_issuer(chain->list[i], ca->list[j]))
				continue;
			if (is_in_time(ca->list[j], now))
				return (int)j;
			if (found < 0)
				found = (int)j;
		}
	return found;
}

static void tell_untrusted(struct reading *r, unsigned status, const struct certificates *chain,
			   int issuer)
{
	const char *ca = r->files[TLS_CA];
	gnutls_datum_t text = {0};
	char name[200];

	if (issuer < 0)
		tls_fault(r, TLS_CERTIFICATE,
			  "does not lead to a CA of %s: its last certificate was issued by %s", ca,
			  tls_issuer(chain->list[chain->count - 1], name, sizeof(name)));
	else if (status & GNUTLS_CERT_SIGNER_NOT_CA)
		tls_fault(r, TLS_CERTIFICATE, "was issued by a certificate that is not a CA's");
	else if (status & GNUTLS_CERT_INSECURE_ALGORITHM)
		tls_fault(r, TLS_CERTIFICATE,
			  "is signed with an algorithm, or a key, that is too weak; use SHA-256 "
			  "and EC P-256 or "
			  "RSA of 2048 bits at least");
	else if (status & (GNUTLS_CERT_SIGNATURE_FAILURE | GNUTLS_CERT_SIGNER_NOT_FOUND))
		tls_fault(
			r, TLS_CERTIFICATE,
			"is not signed by the CA in %s: that CA has the same name and another key",
			ca);
	else if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) ==
		 0)
		tls_fault(r, TLS_CERTIFICATE, "does not hold: %s", text.data);
	else
		tls_fault(r, TLS_CERTIFICATE, "does not hold (status %#x)", status);
	gnutls_free(text.data);
}

/* Ignores dates: they are checked separately, at a time that the caller passes. */
static void check_trust(struct reading *r, const struct tls_material *m, time_t now)
{
	const struct certificates *chain = &m->chain;
	gnutls_x509_trust_list_t trust;
	unsigned status = GNUTLS_CERT_INVALID;

	if (gnutls_x509_trust_list_init(&trust, 0) == 0) {
		gnutls_x509_trust_list_add_cas(trust, m->ca.list, m->ca.count, 0);
		gnutls_x509_trust_list_verify_crt(trust, chain->list, chain->count,
						  GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
							  GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS,
						  &status, NULL);
		gnutls_x509_trust_list_deinit(trust, 0);
	}
	if (status & GNUTLS_CERT_INVALID)
		tell_untrusted(r, status, chain, m->issuer);
	else if (m->issuer >= 0)
		is_valid_at(r, TLS_CA, &m->ca, (unsigned)m->issuer, now);
}

/* --- all --- */

static void check_chain(struct reading *r, const struct certificates *chain, const char *identity,
			time_t now)
{
	bool good = true;

	for (unsigned i = 0; good && i < chain->count; i++)
		good = is_valid_at(r, TLS_CERTIFICATE, chain, i, now);
	check_identity(r, chain, identity);
	if (!r->is_wrong || bears(chain->list[0], identity))
		check_order(r, chain);
}

struct tls_material *tls_load(const char *const files[TLS_FILES], const char *identity, time_t now,
			      tls_teller tell, void *arg)
{
	struct reading r = {.files = files, .tell = tell, .arg = arg};
	struct tls_material *m = calloc(1, sizeof(*m));
	bool chain, key, ca;

	if (!m)
		return NULL;
	for (int i = 0; i < TLS_FILES; i++) {
		m->names[i] = strdup(files[i]);
		r.is_wrong |= m->names[i] == NULL;
	}
	chain = import_certificates(&r, TLS_CERTIFICATE, &m->chain);
	key = import_key(&r, &m->key);
	ca = import_certificates(&r, TLS_CA, &m->ca) && are_all_cas(&r, &m->ca);
	if (chain)
		check_chain(&r, &m->chain, identity, now);
	if (chain && key)
		check_key(&r, m->key, &m->chain);
	m->issuer = chain && ca ? find_issuer(&m->chain, &m->ca, now) : -1;
	if (chain && ca)
		check_trust(&r, m, now);
	if (!r.is_wrong && chain && key && ca)
		return m;
	tls_free(m);
	return NULL;
}

static void free_certificates(struct certificates *c)
{
	for (unsigned i = 0; i < c->count; i++)
		gnutls_x509_crt_deinit(c->list[i]);
	gnutls_free(c->list);
	free(c->told);
}

void tls_free(struct tls_material *m)
{
	if (!m)
		return;
	for (int i = 0; i < TLS_FILES; i++)
		free(m->names[i]);
	free_certificates(&m->chain);
	free_certificates(&m->ca);
	if (m->key)
		gnutls_x509_privkey_deinit(m->key);
	free(m);
}

gnutls_certificate_credentials_t tls_credentials(const struct tls_material *m)
{
	gnutls_certificate_credentials_t credentials;

	if (gnutls_certificate_allocate_credentials(&credentials) < 0)
		return NULL;
	if (gnutls_certificate_set_x509_key(credentials, m->chain.list, (int)m->chain.count,
					    m->key) >= 0 &&
	    gnutls_certificate_set_x509_trust(credentials, m->ca.list, (int)m->ca.count) >= 0)
		return credentials;
	gnutls_certificate_free_credentials(credentials);
	return NULL;
}
