/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who may connect to us: the configured peers, each with a certificate of our CA for its own name. TLS
 * checks the CA. libfdcore does not compare the certificate of who connects with the Origin-Host of its
 * CER, and so one peer could be taken for another; nor does it ask before it starts a thread for a
 * stranger. Therefore here:
 *
 * - at the end of the handshake the certificate is kept for the thread that shakes hands, which is the
 *   one that receives the CER next;
 * - when the CER has come, its Origin-Host must be a peer, and the certificate must bear it. If not, the
 *   CER is made a message that libfdcore cannot parse, which makes it close the connection;
 * - what is left, libfdcore asks about when it has no entry for the peer, because we do not connect to
 *   it: the same once more.
 */
#include <gnutls/x509.h>
#include <string.h>

#include "diameter/internal.h"

#define CERTIFICATE_MAX 8192

static _Thread_local struct {
	uint8_t der[CERTIFICATE_MAX];
	unsigned size;
} last_certificate;

static _Thread_local bool has_refused; /* what came last on this thread */

static bool certificate_bears(const uint8_t *der, unsigned size, const char *identity)
{
	gnutls_datum_t datum = {.data = (uint8_t *)der, .size = size};
	gnutls_x509_crt_t certificate;
	bool bears;

	if (size == 0 || gnutls_x509_crt_init(&certificate) < 0)
		return false;
	bears = gnutls_x509_crt_import(certificate, &datum, GNUTLS_X509_FMT_DER) >= 0 &&
		gnutls_x509_crt_check_hostname(certificate, identity);
	gnutls_x509_crt_deinit(certificate);
	return bears;
}

static int refuse(gnutls_alert_description_t alert, const char *reason)
{
	diameter_handshake_refuse(alert, reason);
	return GNUTLS_E_CERTIFICATE_ERROR;
}

static gnutls_alert_description_t alert_of(unsigned status)
{
	if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
		return GNUTLS_A_UNKNOWN_CA;
	if (status & (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED))
		return GNUTLS_A_CERTIFICATE_EXPIRED;
	return status & GNUTLS_CERT_REVOKED ? GNUTLS_A_CERTIFICATE_REVOKED
					    : GNUTLS_A_BAD_CERTIFICATE;
}

/* If this side connects, the certificate must name that peer. */
static int verify_name(gnutls_session_t session, const gnutls_datum_t *der)
{
	const char *peer = diameter_tls_peer(session);
	char names[256], reason[TLS_TEXT_MAX];

	if (!peer || !*peer || certificate_bears(der->data, der->size, peer))
		return 0;
	tls_certificate_names(der, names, sizeof(names));
	snprintf(reason, sizeof(reason), "its certificate is not for that name: it names %s",
		 names);
	return refuse(GNUTLS_A_BAD_CERTIFICATE, reason);
}

int diameter_inbound_verify(gnutls_session_t session)
{
	unsigned count = 0, status = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
	char reason[TLS_TEXT_MAX];
	int rc;

	last_certificate.size = 0;
	has_refused = false;
	if (!chain || count == 0)
		return refuse(GNUTLS_A_BAD_CERTIFICATE, "it has no certificate");
	rc = gnutls_certificate_verify_peers2(session, &status);
	if (rc < 0)
		return refuse(GNUTLS_A_BAD_CERTIFICATE, gnutls_strerror(rc));
	if (status & GNUTLS_CERT_INVALID) {
		tls_explain_refusal(session, status, reason);
		return refuse(alert_of(status), reason);
	}
	if (chain[0].size > sizeof(last_certificate.der))
		return refuse(GNUTLS_A_BAD_CERTIFICATE, "its certificate is too long");
	memcpy(last_certificate.der, chain[0].data, chain[0].size);
	last_certificate.size = chain[0].size;
	return verify_name(session, &chain[0]);
}

/* The Origin-Host of a message that has not been parsed yet; false: there is none, or no name. */
static bool read_origin_host(struct msg *message, char identity[DIAMETER_IDENTITY_MAX + 1])
{
	struct fd_pei error;
	struct avp_hdr *host;
	struct avp *avp = NULL;

	if (fd_msg_search_avp(message, diameter_dict.origin_host, &avp) || !avp ||
	    fd_msg_parse_dict(avp, fd_g_config->cnf_dict, &error) || fd_msg_avp_hdr(avp, &host) ||
	    !host->avp_value || host->avp_value->os.len > DIAMETER_IDENTITY_MAX)
		return false;
	memcpy(identity, host->avp_value->os.data, host->avp_value->os.len);
	identity[host->avp_value->os.len] = 0;
	return strlen(identity) == host->avp_value->os.len && diameter_identity_is_valid(identity);
}

void diameter_inbound_check(struct msg *message, const char *connection)
{
	char identity[DIAMETER_IDENTITY_MAX + 1];
	struct msg_hdr *header;

	has_refused = false;
	if (fd_msg_hdr(message, &header))
		return;
	if (!read_origin_host(message, identity))
		diameter_log_line(true, "connection %s refused: its first message names no host",
				  connection);
	else if (!diameter_peers_know(identity))
		diameter_log_line(true, "connection %s refused: '%s' is not in diameter.peers",
				  connection, identity);
	else if (!certificate_bears(last_certificate.der, last_certificate.size, identity))
		diameter_log_line(true,
				  "connection %s refused: it says that it is '%s', but its "
				  "certificate is not for that name",
				  connection, identity);
	else
		return;
	header->msg_code = 0;
	has_refused = true;
}

bool diameter_inbound_has_refused(void)
{
	return has_refused;
}

static int validate(struct peer_info *peer, int *verdict, int (**later)(struct peer_info *))
{
	const gnutls_datum_t *chain = peer->runtime.pir_cert_list;

	(void)later;
	*verdict = -1;
	if (!diameter_peers_know(peer->pi_diamid) || peer->runtime.pir_cert_list_size == 0 ||
	    !certificate_bears(chain[0].data, chain[0].size, peer->pi_diamid))
		return 0;
	/* A peer that is silent for an hour is not sent away. */
	peer->config.pic_flags.exp = PI_EXP_NONE;
	*verdict = 1;
	return 0;
}

int diameter_inbound_start(void)
{
	return -fd_peer_validate_register(validate);
}
