/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reports each TLS failure in one line with the peer and the reason. libfdcore knows only that a
 * call failed, and sends the peer no reason. So this file replaces the GnuTLS calls of libfdcore
 * (fixes.c says how). The peer gets an alert with the reason, for its own log.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "diameter/internal.h"

struct cnxctx; /* libfdcore's own type */

/* Exported by libfdcore, but not in its headers: "{----} TCP from [10.0.0.1]:4000 (7<-3)". */
char *fd_cnx_getid(struct cnxctx *connection);

static int (*real_handshake)(gnutls_session_t session);
static ssize_t (*real_recv)(gnutls_session_t session, void *data, size_t size);
static int (*real_server_name)(gnutls_session_t session, gnutls_server_name_type_t type,
			       const void *name, size_t len);

/* Why the peer's certificate was rejected in the handshake on this thread. */
static _Thread_local struct {
	char reason[TLS_TEXT_MAX];
	gnutls_alert_description_t alert;
} refusal;

static void find_real(void)
{
	void *handshake = dlsym(RTLD_NEXT, "gnutls_handshake");
	void *recv = dlsym(RTLD_NEXT, "gnutls_record_recv");
	void *server_name = dlsym(RTLD_NEXT, "gnutls_server_name_set");

	memcpy(&real_handshake, &handshake, sizeof(handshake));
	memcpy(&real_recv, &recv, sizeof(recv));
	memcpy(&real_server_name, &server_name, sizeof(server_name));
	if (!real_handshake || !real_recv || !real_server_name)
		abort();
}

static void load_real(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_real);
}

void diameter_handshake_refuse(gnutls_alert_description_t alert, const char *reason)
{
	snprintf(refusal.reason, sizeof(refusal.reason), "%s", reason);
	refusal.alert = alert;
}

/* --- the peer --- */

/* A CA of this program issued the certificate, so its names are true, even if it has expired or was
 * revoked. */
static bool is_proven(gnutls_session_t session)
{
	const unsigned bearable = GNUTLS_CERT_INVALID | GNUTLS_CERT_EXPIRED |
				  GNUTLS_CERT_NOT_ACTIVATED | GNUTLS_CERT_REVOKED;
	unsigned status = 0;

	return gnutls_certificate_verify_peers2(session, &status) == 0 && !(status & ~bearable);
}

/* The peer named in the certificate, if it is a known peer and a CA of this program confirms it.
 * Otherwise the origin of the connection. */
static const char *name_client(gnutls_session_t session, char *text, size_t size)
{
	struct cnxctx *connection = gnutls_session_get_ptr(session);
	const char *id = connection ? strstr(fd_cnx_getid(connection), "from ") : NULL;
	unsigned count = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
	const char *peer = chain && count > 0 ? diameter_peers_named_by(&chain[0]) : NULL;

	if (peer && is_proven(session))
		return peer;
	id = id ? id + strlen("from ") : "an unknown place";
	snprintf(text, size, "connection from %.*s%s%s%s", (int)strcspn(id, " "), id,
		 peer ? " (certificate for " : "", peer ? peer : "", peer ? ")" : "");
	return text;
}

/* --- the reason --- */

static bool is_about_our_certificate(gnutls_alert_description_t alert)
{
	switch (alert) {
	case GNUTLS_A_BAD_CERTIFICATE:
	case GNUTLS_A_UNSUPPORTED_CERTIFICATE:
	case GNUTLS_A_CERTIFICATE_REVOKED:
	case GNUTLS_A_CERTIFICATE_EXPIRED:
	case GNUTLS_A_CERTIFICATE_UNKNOWN:
	case GNUTLS_A_UNKNOWN_CA:
	case GNUTLS_A_ACCESS_DENIED:
	case GNUTLS_A_DECRYPT_ERROR:
		return true;
	default:
		return false;
	}
}

static void explain_alert(gnutls_session_t session, char text[TLS_TEXT_MAX])
{
	gnutls_alert_description_t alert = gnutls_alert_get(session);
	const char *name = gnutls_alert_get_name(alert);

	/* This program has a certificate, but only of a CA that the peer did not list. */
	if (alert == GNUTLS_A_CERTIFICATE_REQUIRED)
		snprintf(text, TLS_TEXT_MAX,
			 "it does not take certificates of our CA: alert %d, %s", (int)alert, name);
	else
		snprintf(text, TLS_TEXT_MAX, "it refuses %s: alert %d, %s",
			 is_about_our_certificate(alert) ? "our certificate" : "the connection",
			 (int)alert, name ? name : "unknown");
}

static void explain(gnutls_session_t session, int rc, char text[TLS_TEXT_MAX])
{
	switch (rc) {
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		explain_alert(session, text);
		return;
	case GNUTLS_E_PREMATURE_TERMINATION:
	case GNUTLS_E_PULL_ERROR:
	case GNUTLS_E_PUSH_ERROR:
		snprintf(text, TLS_TEXT_MAX, "it closed the connection during the handshake");
		return;
	case GNUTLS_E_TIMEDOUT:
		snprintf(text, TLS_TEXT_MAX, "it did not finish the handshake in time");
		return;
	case GNUTLS_E_NO_CERTIFICATE_FOUND:
	case GNUTLS_E_CERTIFICATE_REQUIRED:
		snprintf(text, TLS_TEXT_MAX, "it has no certificate");
		return;
	case GNUTLS_E_UNEXPECTED_PACKET:
	case GNUTLS_E_UNEXPECTED_PACKET_LENGTH:
		snprintf(text, TLS_TEXT_MAX, "it does not speak TLS on this port: %s",
			 gnutls_strerror(rc));
		return;
	case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
	case GNUTLS_E_NO_CIPHER_SUITES:
		snprintf(text, TLS_TEXT_MAX,
			 "it has no version of TLS, or no cipher suite, that is accepted here: %s",
			 gnutls_strerror(rc));
		return;
	default:
		snprintf(text, TLS_TEXT_MAX, "%s", gnutls_strerror(rc));
	}
}

static void tell(gnutls_session_t session, const char *reason)
{
	const char *peer = diameter_tls_peer(session);
	char client[128 + DIAMETER_IDENTITY_MAX], text[TLS_TEXT_MAX];

	if (!peer)
		return; /* not a session of libfdcore */
	if (!*peer)
		peer = name_client(session, client, sizeof(client));
	diameter_log_line(true, "%s: TLS: %s", peer, reason);
	snprintf(text, sizeof(text), "TLS: %.*s", TLS_TEXT_MAX - 8, reason);
	diameter_peers_note(peer, text, true);
	diameter_log_told();
}

static void fail(gnutls_session_t session, int rc)
{
	char text[TLS_TEXT_MAX];

	if (refusal.reason[0]) {
		gnutls_alert_send(session, GNUTLS_AL_FATAL, refusal.alert);
		tell(session, refusal.reason);
		return;
	}
	if (rc != GNUTLS_E_FATAL_ALERT_RECEIVED)
		gnutls_alert_send_appropriate(session, rc);
	explain(session, rc, text);
	tell(session, text);
}

/* --- the calls --- */

int gnutls_server_name_set(gnutls_session_t session, gnutls_server_name_type_t type,
			   const void *name, size_t len)
{
	char *peer = diameter_tls_peer(session);

	load_real();
	if (peer)
		snprintf(peer, DIAMETER_IDENTITY_MAX + 1, "%.*s", (int)len, (const char *)name);
	return real_server_name(session, type, name, len);
}

int gnutls_handshake(gnutls_session_t session)
{
	int rc;

	load_real();
	refusal.reason[0] = 0;
	rc = real_handshake(session);
	if (rc < 0 && diameter_tls_peer(session))
		fail(session, rc);
	return rc;
}

/* In TLS 1.3 a client finishes the handshake before the server checks the client's certificate. */
ssize_t gnutls_record_recv(gnutls_session_t session, void *data, size_t size)
{
	char text[TLS_TEXT_MAX];
	ssize_t got;

	load_real();
	got = real_recv(session, data, size);
	if (got == GNUTLS_E_FATAL_ALERT_RECEIVED && diameter_tls_peer(session)) {
		explain_alert(session, text);
		tell(session, text);
	}
	return got;
}
