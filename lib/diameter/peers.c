/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "diameter/internal.h"

static struct {
	struct {
		char identity[DIAMETER_IDENTITY_MAX + 1];
		bool we_connect;
		bool is_open; /* as told to the watcher; written by the poll alone */
	} * peers;
	size_t count;
	diameter_peer_changed changed;
} known;

void diameter_watch_peers(diameter_peer_changed changed)
{
	known.changed = changed;
}

bool diameter_peer_is_open(const char *identity)
{
	struct peer_hdr *peer = NULL;

	/* libfdcore removes no peer that we connect to; one that connects to us it frees minutes after
	 * it went away, and by then it is long out of this list. */
	return !fd_peer_getbyid((DiamId_t)identity, strlen(identity), 1, &peer) && peer &&
	       fd_peer_get_state(peer) == STATE_OPEN;
}

bool diameter_peers_can_reach(const char *host)
{
	bool any = false;

	for (size_t i = 0; i < known.count; i++) {
		bool is_open = __atomic_load_n(&known.peers[i].is_open, __ATOMIC_RELAXED);

		if (host && !strcasecmp(known.peers[i].identity, host))
			return is_open || diameter_peer_is_open(host);
		any = any || is_open || diameter_peer_is_open(known.peers[i].identity);
	}
	return any;
}

void diameter_peers_poll(void)
{
	for (size_t i = 0; i < known.count; i++) {
		bool is_open = diameter_peer_is_open(known.peers[i].identity);

		if (is_open == known.peers[i].is_open)
			continue;
		__atomic_store_n(&known.peers[i].is_open, is_open, __ATOMIC_RELAXED);
		if (known.changed)
			known.changed(known.peers[i].identity, is_open);
	}
}

bool diameter_peers_may_connect(const uint8_t *identity, size_t len)
{
	for (size_t i = 0; i < known.count; i++)
		if (strlen(known.peers[i].identity) == len &&
		    !strncasecmp(known.peers[i].identity, (const char *)identity, len))
			return !known.peers[i].we_connect;
	return false;
}

static bool certificate_bears(const gnutls_datum_t *der, const char *identity)
{
	gnutls_x509_crt_t certificate;
	bool bears;

	if (gnutls_x509_crt_init(&certificate) < 0)
		return false;
	bears = gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) >= 0 &&
		gnutls_x509_crt_check_hostname(certificate, identity);
	gnutls_x509_crt_deinit(certificate);
	return bears;
}

/* libfdcore asks for each incoming connection, after TLS has found the certificate to be of our CA:
 * may this peer be who its CER says? */
static int validate(struct peer_info *peer, int *verdict, int (**later)(struct peer_info *))
{
	(void)later;
	*verdict = -1;
	if (!diameter_peers_may_connect((const uint8_t *)peer->pi_diamid, peer->pi_diamidlen))
		return 0;
	if (peer->runtime.pir_cert_list_size == 0 ||
	    !certificate_bears(&peer->runtime.pir_cert_list[0], peer->pi_diamid)) {
		diameter_log_line(true, "'%s' refused: its certificate is not for that name",
				  peer->pi_diamid);
		return 0;
	}
	/* A peer that is silent for an hour is not sent away. */
	peer->config.pic_flags.exp = PI_EXP_NONE;
	*verdict = 1;
	return 0;
}

static int connect_to(const struct diameter_peer *peer)
{
	struct peer_info info = {
		.pi_diamid = peer->identity,
		.config = {.pic_flags = {.pro4 = PI_P4_TCP, .persist = PI_PRST_ALWAYS},
			   .pic_port = peer->port},
	};
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	int rc;

	fd_list_init(&info.pi_endpoints, NULL);
	if (peer->address.family == AF_INET) {
		memcpy(&in.sin_addr, peer->address.octets, sizeof(in.sin_addr));
		rc = fd_ep_add_merge(&info.pi_endpoints, (struct sockaddr *)&in, sizeof(in),
				     EP_FL_CONF | EP_ACCEPTALL);
	} else {
		memcpy(&in6.sin6_addr, peer->address.octets, sizeof(in6.sin6_addr));
		rc = fd_ep_add_merge(&info.pi_endpoints, (struct sockaddr *)&in6, sizeof(in6),
				     EP_FL_CONF | EP_ACCEPTALL);
	}
	if (!rc)
		rc = fd_peer_add(&info, "configuration", NULL, NULL);
	return -rc;
}

int diameter_peers_start(const struct diameter_config *config)
{
	int rc = -fd_peer_validate_register(validate);

	known.peers = calloc(config->peers_count, sizeof(known.peers[0]));
	if (!known.peers)
		return -ENOMEM;
	known.count = config->peers_count;
	for (size_t i = 0; i < config->peers_count && !rc; i++) {
		snprintf(known.peers[i].identity, sizeof(known.peers[i].identity), "%s",
			 config->peers[i].identity);
		known.peers[i].we_connect = config->peers[i].address.family != 0;
		if (known.peers[i].we_connect)
			rc = connect_to(&config->peers[i]);
	}
	return rc;
}

void diameter_peers_stop(void)
{
	free(known.peers);
	known.peers = NULL;
	known.count = 0;
}
