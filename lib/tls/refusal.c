/* SPDX-License-Identifier: BSD-3-Clause */
/* Explains in one phrase why a peer's certificate is rejected. */
#include <stdio.h>
#include <time.h>

#include "tls/internal.h"

static void explain(gnutls_x509_crt_t certificate, unsigned status, char text[TLS_TEXT_MAX])
{
	char date[TLS_DATE_MAX], name[160];
	gnutls_datum_t other = {0};

	if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
		snprintf(text, TLS_TEXT_MAX,
			 "its certificate comes from an unknown CA: %s is not in tls.ca",
			 tls_issuer(certificate, name, sizeof(name)));
	else if (status & GNUTLS_CERT_REVOKED)
		snprintf(text, TLS_TEXT_MAX, "its certificate has been revoked");
	else if (status & GNUTLS_CERT_EXPIRED &&
		 gnutls_x509_crt_get_expiration_time(certificate) < time(NULL))
		snprintf(text, TLS_TEXT_MAX, "its certificate expired on %s",
			 tls_date(gnutls_x509_crt_get_expiration_time(certificate), date));
	else if (status & GNUTLS_CERT_EXPIRED)
		snprintf(text, TLS_TEXT_MAX, "the CA of its certificate has expired: %s",
			 tls_issuer(certificate, name, sizeof(name)));
	else if (status & GNUTLS_CERT_NOT_ACTIVATED)
		snprintf(text, TLS_TEXT_MAX,
			 "its certificate is not valid before %s; are the clocks right?",
			 tls_date(gnutls_x509_crt_get_activation_time(certificate), date));
	else if (status & GNUTLS_CERT_INSECURE_ALGORITHM)
		snprintf(text, TLS_TEXT_MAX,
			 "its certificate is signed with an algorithm that is too weak");
	else if (status & GNUTLS_CERT_SIGNATURE_FAILURE)
		snprintf(text, TLS_TEXT_MAX,
			 "its certificate is not signed by the CA that it names");
	else if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &other, 0) ==
		 0)
		snprintf(text, TLS_TEXT_MAX, "its certificate does not hold: %s", other.data);
	else
		snprintf(text, TLS_TEXT_MAX, "its certificate does not hold (status %#x)", status);
	gnutls_free(other.data);
}

void tls_explain_refusal(gnutls_session_t session, unsigned status, char text[TLS_TEXT_MAX])
{
	gnutls_x509_crt_t certificate = NULL;
	const gnutls_datum_t *list;
	unsigned count = 0;

	snprintf(text, TLS_TEXT_MAX, "it has no certificate");
	list = gnutls_certificate_get_peers(session, &count);
	if (!list || count == 0 || gnutls_x509_crt_init(&certificate) < 0)
		return;
	if (gnutls_x509_crt_import(certificate, &list[0], GNUTLS_X509_FMT_DER) < 0)
		snprintf(text, TLS_TEXT_MAX, "its certificate cannot be read");
	else
		explain(certificate, status, text);
	gnutls_x509_crt_deinit(certificate);
}
