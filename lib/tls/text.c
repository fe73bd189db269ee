/* SPDX-License-Identifier: BSD-3-Clause */
/* What a certificate says, as text for people. */
#include <stdio.h>

#include "tls/internal.h"

const char *tls_date(time_t t, char text[TLS_DATE_MAX])
{
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(text, TLS_DATE_MAX, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(text, TLS_DATE_MAX, "an unknown date");
	return text;
}

/* Another party's certificate may contain any text: remove line breaks and terminal control
 * characters. */
static char *make_printable(char *text)
{
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return text;
}

const char *tls_subject(gnutls_x509_crt_t certificate, char *text, size_t size)
{
	size_t room = size;

	if (gnutls_x509_crt_get_dn(certificate, text, &room) < 0)
		snprintf(text, size, "?");
	return make_printable(text);
}

const char *tls_issuer(gnutls_x509_crt_t certificate, char *text, size_t size)
{
	size_t room = size;

	if (gnutls_x509_crt_get_issuer_dn(certificate, text, &room) < 0)
		snprintf(text, size, "?");
	return make_printable(text);
}

static void write_names(gnutls_x509_crt_t certificate, char *text, size_t size)
{
	char name[256];
	size_t used = 0, len;
	int type;

	text[0] = 0;
	for (unsigned i = 0; used < size; i++) {
		len = sizeof(name) - 1;
		type = gnutls_x509_crt_get_subject_alt_name(certificate, i, name, &len, NULL);
		/* the end of the list, or an extension that cannot be read and so has no names */
		if (type < 0 && type != GNUTLS_E_SHORT_MEMORY_BUFFER)
			break;
		if (type != GNUTLS_SAN_DNSNAME)
			continue;
		name[len] = 0;
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", name);
	}
	len = sizeof(name) - 1;
	if (used == 0 && gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0,
						       0, name, &len) == 0)
		snprintf(text, size, "%.*s", (int)len, name);
	else if (used == 0)
		snprintf(text, size, "no host name");
}

void tls_names(gnutls_x509_crt_t certificate, char *text, size_t size)
{
	write_names(certificate, text, size);
	make_printable(text);
}

void tls_certificate_names(const gnutls_datum_t *der, char *text, size_t size)
{
	gnutls_x509_crt_t certificate;

	snprintf(text, size, "no host name");
	if (gnutls_x509_crt_init(&certificate) < 0)
		return;
	if (gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) == 0)
		tls_names(certificate, text, size);
	gnutls_x509_crt_deinit(certificate);
}
