/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "diameter/internal.h"

#define AVP_DESTINATION_HOST 293
/* For this time, a reason from TLS explains libfdcore's own messages after it. */
#define TLS_REASON_S 5

static struct {
	struct known_peer {
		char identity[DIAMETER_IDENTITY_MAX + 1];
		struct config_address address;	/* family 0: has a host name, or connects to us */
		struct diameter_peer_name name; /* host NULL: no host name */
		uint16_t port;
		bool is_open; /* as told to the watcher; written by the poll alone */
		uint32_t openings;
		char why[256]; /* why the peer is not open; protected by lock */
		int64_t tls_failed_s;
	} * peers;
	size_t count;
	diameter_peer_changed changed;
	pthread_mutex_t lock; /* protects why of all peers */
} known = {.lock = PTHREAD_MUTEX_INITIALIZER};

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

uint32_t diameter_peers_openings(const char *host)
{
	for (size_t i = 0; i < known.count; i++)
		if (!strcasecmp(known.peers[i].identity, host))
			return __atomic_load_n(&known.peers[i].openings, __ATOMIC_RELAXED);
	return 0;
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

static void note_change(struct known_peer *peer, bool is_open)
{
	if (!is_open) {
		diameter_peers_note(peer->identity, "the connection was lost", false);
		return;
	}
	pthread_mutex_lock(&known.lock);
	peer->why[0] = 0;
	peer->tls_failed_s = 0;
	pthread_mutex_unlock(&known.lock);
}

void diameter_peers_poll(void)
{
	for (size_t i = 0; i < known.count; i++) {
		bool is_open = diameter_peer_is_open(known.peers[i].identity);

		if (is_open == known.peers[i].is_open)
			continue;
		__atomic_store_n(&known.peers[i].is_open, is_open, __ATOMIC_RELAXED);
		__atomic_fetch_add(&known.peers[i].openings, is_open, __ATOMIC_RELAXED);
		note_change(&known.peers[i], is_open);
		if (known.changed)
			known.changed(known.peers[i].identity, is_open);
	}
}

bool diameter_peers_know(const char *identity)
{
	for (size_t i = 0; i < known.count; i++)
		if (!strcasecmp(known.peers[i].identity, identity))
			return true;
	return false;
}

static bool connects_to_us(const struct known_peer *peer)
{
	return peer->address.family == 0 && !peer->name.host;
}

static int64_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

void diameter_peers_note(const char *identity, const char *reason, bool is_tls)
{
	int64_t now = now_s();

	pthread_mutex_lock(&known.lock);
	for (size_t i = 0; i < known.count; i++) {
		if (strcasecmp(known.peers[i].identity, identity) != 0 ||
		    (!is_tls && known.peers[i].tls_failed_s + TLS_REASON_S > now))
			continue;
		snprintf(known.peers[i].why, sizeof(known.peers[i].why), "%s", reason);
		if (is_tls)
			known.peers[i].tls_failed_s = now;
	}
	pthread_mutex_unlock(&known.lock);
}

void diameter_peers_note_all(bool that_connect_to_us, const char *reason)
{
	int64_t now = now_s();

	pthread_mutex_lock(&known.lock);
	for (size_t i = 0; i < known.count; i++) {
		if (that_connect_to_us && !connects_to_us(&known.peers[i]))
			continue;
		snprintf(known.peers[i].why, sizeof(known.peers[i].why), "%s", reason);
		known.peers[i].tls_failed_s = now;
	}
	pthread_mutex_unlock(&known.lock);
}

void diameter_peer_why(const char *identity, char *text, size_t size)
{
	snprintf(text, size, "it is not in diameter.peers");
	pthread_mutex_lock(&known.lock);
	for (size_t i = 0; i < known.count; i++)
		if (!strcasecmp(known.peers[i].identity, identity))
			snprintf(text, size, "%s", known.peers[i].why);
	pthread_mutex_unlock(&known.lock);
}

const char *diameter_peers_named_by(const gnutls_datum_t *der)
{
	gnutls_x509_crt_t certificate;
	const char *named = NULL;

	if (gnutls_x509_crt_init(&certificate) < 0)
		return NULL;
	if (gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) == 0)
		for (size_t i = 0; i < known.count && !named; i++)
			if (gnutls_x509_crt_check_hostname(certificate, known.peers[i].identity))
				named = known.peers[i].identity;
	gnutls_x509_crt_deinit(certificate);
	return named;
}

static bool is_name(const struct diameter_avp *host, const char *name, size_t len)
{
	return host->len == len && !strncasecmp((const char *)host->data, name, len);
}

/* libfdcore would give a request whose host is gone to any other peer of the realm, which can but refuse
 * it. */
static int leave_to_its_host(void *arg, struct msg **request, struct fd_list *candidates)
{
	struct diameter_avp host;
	bool is_peer = false;

	(void)arg;
	if (!diameter_find_avp(*request, AVP_DESTINATION_HOST, &host) || !host.data)
		return 0;
	for (size_t i = 0; i < known.count && !is_peer; i++)
		is_peer = is_name(&host, known.peers[i].identity, strlen(known.peers[i].identity));
	for (struct fd_list *li = candidates->next; is_peer && li != candidates; li = li->next) {
		struct rtd_candidate *candidate = (struct rtd_candidate *)li;

		if (!is_name(&host, candidate->diamid, candidate->diamidlen))
			candidate->score += FD_SCORE_NO_DELIVERY;
	}
	return 0;
}

int diameter_peers_route(void)
{
	struct fd_rt_out_hdl *handle;

	return -fd_rt_out_register(leave_to_its_host, NULL, 0, &handle);
}

static int connect_to(struct known_peer *peer)
{
	struct peer_info info = {
		.pi_diamid = peer->identity,
		.config = {.pic_flags = {.pro4 = PI_P4_TCP, .persist = PI_PRST_ALWAYS},
			   .pic_port = peer->port},
	};
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	int rc = 0;

	/* Without an address libfdcore resolves the name: resolve.c. */
	fd_list_init(&info.pi_endpoints, NULL);
	if (peer->address.family == AF_INET) {
		memcpy(&in.sin_addr, peer->address.octets, sizeof(in.sin_addr));
		rc = fd_ep_add_merge(&info.pi_endpoints, (struct sockaddr *)&in, sizeof(in),
				     EP_FL_CONF | EP_ACCEPTALL);
	} else if (peer->address.family == AF_INET6) {
		memcpy(&in6.sin6_addr, peer->address.octets, sizeof(in6.sin6_addr));
		rc = fd_ep_add_merge(&info.pi_endpoints, (struct sockaddr *)&in6, sizeof(in6),
				     EP_FL_CONF | EP_ACCEPTALL);
	}
	if (!rc)
		rc = fd_peer_add(&info, "configuration", NULL, NULL);
	return -rc;
}

static bool copy_name(struct diameter_peer_name *name, const struct diameter_peer *peer, size_t i)
{
	snprintf(name->subject, sizeof(name->subject), "diameter.peers[%zu].address", i);
	name->host = strdup(peer->host);
	name->where = strdup(peer->where ? peer->where : name->subject);
	return name->host && name->where;
}

const struct diameter_peer_name *diameter_peers_name(const char *identity)
{
	for (size_t i = 0; i < known.count; i++)
		if (known.peers[i].name.host && !strcasecmp(known.peers[i].identity, identity))
			return &known.peers[i].name;
	return NULL;
}

int diameter_peers_start(const struct diameter_config *config)
{
	known.peers = calloc(config->peers_count, sizeof(known.peers[0]));
	if (!known.peers)
		return -ENOMEM;
	for (size_t i = 0; i < config->peers_count; i++) {
		const struct diameter_peer *peer = &config->peers[i];
		bool connects = peer->address.family == 0 && !peer->host;

		snprintf(known.peers[i].identity, sizeof(known.peers[i].identity), "%s",
			 config->peers[i].identity);
		known.peers[i].address = peer->address;
		known.peers[i].port = peer->port;
		snprintf(known.peers[i].why, sizeof(known.peers[i].why), "%s",
			 connects ? "it has not connected to us yet" : "not connected yet");
		if (peer->host && !copy_name(&known.peers[i].name, peer, i))
			return -ENOMEM;
	}
	known.count = config->peers_count;
	return 0;
}

void diameter_peers_connect(void)
{
	for (size_t i = 0; i < known.count; i++) {
		int rc = connects_to_us(&known.peers[i]) ? 0 : connect_to(&known.peers[i]);

		if (rc)
			diameter_log_line(true, "%s: cannot be connected to: %s",
					  known.peers[i].identity, strerror(-rc));
	}
}

void diameter_peers_stop(void)
{
	for (size_t i = 0; i < known.count; i++) {
		free((char *)known.peers[i].name.host);
		free((char *)known.peers[i].name.where);
	}
	free(known.peers);
	known.peers = NULL;
	known.count = 0;
}
