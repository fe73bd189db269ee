/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads one file: whether it can be read, which other users can read it, and whether its contents
 * fit the setting. */
#include <errno.h>
#include <fcntl.h>
#include <gnutls/pkcs12.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "e2m/e2m.h"
#include "tls/internal.h"

/* A bundle of all public CAs has about 200 KiB. */
#define FILE_MAX_OCTETS (1 << 20)

static const char *const setting_names[TLS_FILES] = {"certificate", "key", "ca"};

const char *tls_file_name(enum tls_file file)
{
	return setting_names[file];
}

void tls_fault(struct reading *reading, enum tls_file file, const char *format, ...)
{
	char text[TLS_TEXT_MAX];
	va_list args;
	int len = snprintf(text, sizeof(text), "%s ", reading->files[file]);

	va_start(args, format);
	if (len >= 0 && (size_t)len < sizeof(text))
		vsnprintf(text + len, sizeof(text) - (size_t)len, format, args);
	va_end(args);
	reading->is_wrong = true;
	reading->tell(reading->arg, file, text);
}

void tls_wipe(gnutls_datum_t *data)
{
	if (data->data)
		e2m_wipe(data->data, data->size);
	free(data->data);
	*data = (gnutls_datum_t){0};
}

/* --- what a file contains, if it has the wrong contents --- */

static bool has(const gnutls_datum_t *data, const char *text)
{
	return memmem(data->data, data->size, text, strlen(text)) != NULL;
}

static bool is_der_certificate(const gnutls_datum_t *data)
{
	gnutls_x509_crt_t certificate;
	bool is = false;

	if (gnutls_x509_crt_init(&certificate) == 0) {
		is = gnutls_x509_crt_import(certificate, data, GNUTLS_X509_FMT_DER) == 0;
		gnutls_x509_crt_deinit(certificate);
	}
	return is;
}

static bool is_der_key(const gnutls_datum_t *data)
{
	gnutls_x509_privkey_t key;
	bool is = false;

	if (gnutls_x509_privkey_init(&key) == 0) {
		is = gnutls_x509_privkey_import2(key, data, GNUTLS_X509_FMT_DER, NULL, 0) == 0;
		gnutls_x509_privkey_deinit(key);
	}
	return is;
}

static bool is_pkcs12(const gnutls_datum_t *data)
{
	gnutls_pkcs12_t bag;
	bool is = false;

	if (gnutls_pkcs12_init(&bag) == 0) {
		is = gnutls_pkcs12_import(bag, data, GNUTLS_X509_FMT_DER, 0) == 0;
		gnutls_pkcs12_deinit(bag);
	}
	return is;
}

static bool holds_certificate(const gnutls_datum_t *data)
{
	return has(data, "-----BEGIN CERTIFICATE-----") ||
	       has(data, "-----BEGIN X509 CERTIFICATE-----");
}

static bool holds_key(const gnutls_datum_t *data)
{
	return has(data, "PRIVATE KEY-----");
}

static bool is_encrypted(const gnutls_datum_t *data)
{
	return has(data, "-----BEGIN ENCRYPTED PRIVATE KEY-----") ||
	       has(data, "Proc-Type: 4,ENCRYPTED");
}

/* Explains what to do about a file without the wanted kind of PEM block. */
static void explain_binary(struct reading *r, enum tls_file file, const gnutls_datum_t *data)
{
	const char *name = r->files[file];

	if (is_pkcs12(data))
		tls_fault(r, file,
			  "is PKCS #12, not PEM: convert it by `openssl pkcs12 -in %s %s -out ...`",
			  name, file == TLS_KEY ? "-nocerts -nodes" : "-nokeys");
	else if (is_der_certificate(data))
		tls_fault(r, file,
			  "is %sDER, not PEM: convert it by `openssl x509 -inform DER -in %s -out "
			  "...`",
			  file == TLS_KEY ? "a certificate in " : "", name);
	else if (is_der_key(data))
		tls_fault(r, file,
			  "is %sDER, not PEM: convert it by `openssl pkey -inform DER -in %s -out "
			  "...`",
			  file == TLS_KEY ? "" : "a private key in ", name);
	else
		tls_fault(r, file, "is not a PEM file: it has no line '-----BEGIN %s-----'",
			  file == TLS_KEY ? "PRIVATE KEY" : "CERTIFICATE");
}

static bool is_certificates(struct reading *r, enum tls_file file, const gnutls_datum_t *data)
{
	if (holds_certificate(data))
		return true;
	if (has(data, "-----BEGIN TRUSTED CERTIFICATE-----"))
		tls_fault(
			r, file,
			"is in OpenSSL's own format: convert it by `openssl x509 -in %s -out ...`",
			r->files[file]);
	else if (has(data, "CERTIFICATE REQUEST-----"))
		tls_fault(r, file,
			  "is a certificate request: have the CA sign it, and name what it gives");
	else if (has(data, "-----BEGIN X509 CRL-----"))
		tls_fault(r, file, "is a list of revoked certificates, not a certificate");
	else if (holds_key(data))
		tls_fault(r, file, "is a private key, not a certificate%s",
			  file == TLS_CERTIFICATE ? ": are certificate and key exchanged?" : "");
	else if (has(data, "-----BEGIN PUBLIC KEY-----"))
		tls_fault(r, file, "is a public key, not a certificate");
	else
		explain_binary(r, file, data);
	return false;
}

static bool is_key(struct reading *r, const gnutls_datum_t *data)
{
	if (is_encrypted(data))
		tls_fault(r, TLS_KEY,
			  "is encrypted with a passphrase, which a program cannot ask for: decrypt "
			  "it by "
			  "`openssl pkey -in %s -out ...`, mode 0600",
			  r->files[TLS_KEY]);
	else if (holds_key(data))
		return true;
	else if (holds_certificate(data))
		tls_fault(
			r, TLS_KEY,
			"is a certificate, not a private key: are certificate and key exchanged?");
	else if (has(data, "-----BEGIN PUBLIC KEY-----"))
		tls_fault(r, TLS_KEY, "is a public key, not a private one");
	else
		explain_binary(r, TLS_KEY, data);
	return false;
}

/* --- reading --- */

/* Reads the file's octets; returns false and sets errno. */
static bool read_octets(int fd, size_t size, gnutls_datum_t *data)
{
	ssize_t got = 0;

	data->data = malloc(size + 1);
	if (!data->data)
		return false;
	while (data->size < size &&
	       (got = read(fd, data->data + data->size, size - data->size)) > 0)
		data->size += (unsigned)got;
	return got >= 0;
}

static bool is_regular(struct reading *r, enum tls_file file, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		tls_fault(r, file, "is a %s, not a file",
			  S_ISDIR(st->st_mode) ? "folder" : "device or a pipe");
	else if (st->st_size == 0)
		tls_fault(r, file, "is empty");
	else if (st->st_size > FILE_MAX_OCTETS)
		tls_fault(r, file, "has more than %d octets: it is a wrong file", FILE_MAX_OCTETS);
	else
		return true;
	return false;
}

/* Only the owner may have access to a key, wherever the file is. */
static bool is_private(struct reading *r, enum tls_file file, const struct stat *st,
		       const gnutls_datum_t *data)
{
	if (file == TLS_CA || !holds_key(data) || !(st->st_mode & (S_IRWXG | S_IRWXO)))
		return true;
	tls_fault(r, file, "%smay be read or written by others than its owner: chmod 600 %s",
		  file == TLS_KEY ? "" : "holds a private key, too, and ", r->files[file]);
	return false;
}

static bool is_what_it_should_be(struct reading *r, enum tls_file file, const gnutls_datum_t *data)
{
	return file == TLS_KEY ? is_key(r, data) : is_certificates(r, file, data);
}

static void tell_unreadable(struct reading *r, enum tls_file file, int error)
{
	if (error == EACCES)
		tls_fault(
			r, file,
			"cannot be read: %s for user id %u: chown it, or its folder, to that user",
			strerror(error), (unsigned)geteuid());
	else
		tls_fault(r, file, "cannot be read: %s", strerror(error));
}

bool tls_read_file(struct reading *r, enum tls_file file, gnutls_datum_t *data)
{
	/* O_NONBLOCK, because open would block on a pipe without a writer. */
	int fd = open(r->files[file], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	bool ok = false;

	*data = (gnutls_datum_t){0};
	if (fd < 0 || fstat(fd, &st) != 0) {
		tell_unreadable(r, file, errno);
	} else if (is_regular(r, file, &st)) {
		ok = read_octets(fd, (size_t)st.st_size, data);
		if (!ok)
			tell_unreadable(r, file, errno);
		else
			ok = is_what_it_should_be(r, file, data) && is_private(r, file, &st, data);
	}
	if (fd >= 0)
		close(fd);
	if (!ok)
		tls_wipe(data);
	return ok;
}
