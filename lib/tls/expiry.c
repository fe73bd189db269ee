/* SPDX-License-Identifier: BSD-3-Clause */
/* Warnings before a certificate expires. */
#include <inttypes.h>
#include <stdio.h>

#include "tls/internal.h"

#define DAY_S (24 * 60 * 60)

static enum expiry_stage stage_of(time_t until, time_t now)
{
	if (until < now)
		return EXPIRY_OVER;
	if (until - now <= 1 * DAY_S)
		return EXPIRY_DAY;
	if (until - now <= 7 * DAY_S)
		return EXPIRY_WEEK;
	return until - now <= 30 * DAY_S ? EXPIRY_MONTH : EXPIRY_FAR;
}

static const char *time_left(time_t left, char text[32])
{
	if (left >= 2 * DAY_S)
		snprintf(text, 32, "in %" PRId64 " days", (int64_t)left / DAY_S);
	else
		snprintf(text, 32, "in %" PRId64 " hours", (int64_t)left / 3600);
	return text;
}

static void tell_one(const struct tls_material *m, enum tls_file file,
		     gnutls_x509_crt_t certificate, time_t now, tls_teller tell, void *arg)
{
	time_t until = gnutls_x509_crt_get_expiration_time(certificate);
	char text[TLS_TEXT_MAX], subject[160], date[TLS_DATE_MAX], left[32];

	tls_subject(certificate, subject, sizeof(subject));
	tls_date(until, date);
	if (until < now)
		snprintf(text, sizeof(text), "%s: the certificate of %s expired on %s",
			 m->names[file], subject, date);
	else
		snprintf(text, sizeof(text), "%s: the certificate of %s expires %s, on %s",
			 m->names[file], subject, time_left(until - now, left), date);
	tell(arg, file, text);
}

static bool tell_all(struct tls_material *m, enum tls_file file, struct certificates *of,
		     time_t now, tls_teller tell, void *arg)
{
	bool any_over = false;

	for (unsigned i = 0; i < of->count; i++) {
		enum expiry_stage stage =
			stage_of(gnutls_x509_crt_get_expiration_time(of->list[i]), now);

		if (stage > of->told[i])
			tell_one(m, file, of->list[i], now, tell, arg);
		/* If the clock is set back, the warnings are given again. */
		of->told[i] = stage;
		any_over |= stage == EXPIRY_OVER;
	}
	return any_over;
}

bool tls_tell_expiry(struct tls_material *m, time_t now, tls_teller tell, void *arg)
{
	bool is_over = tell_all(m, TLS_CERTIFICATE, &m->chain, now, tell, arg);

	/* A bundle may contain CAs that have expired long ago. Only the issuer of the program's own
	 * chain matters. */
	tell_all(m, TLS_CA, &m->ca, now, tell, arg);
	return is_over || (m->issuer >= 0 && m->ca.told[m->issuer] == EXPIRY_OVER);
}
