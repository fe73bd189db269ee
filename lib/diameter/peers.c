/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "diameter/internal.h"

#define AVP_DESTINATION_HOST 293

static struct {
	struct {
		char identity[DIAMETER_IDENTITY_MAX + 1];
		bool is_open; /* as told to the watcher; written by the poll alone */
		uint32_t openings;
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

void diameter_peers_poll(void)
{
	for (size_t i = 0; i < known.count; i++) {
		bool is_open = diameter_peer_is_open(known.peers[i].identity);

		if (is_open == known.peers[i].is_open)
			continue;
		__atomic_store_n(&known.peers[i].is_open, is_open, __ATOMIC_RELAXED);
		__atomic_fetch_add(&known.peers[i].openings, is_open, __ATOMIC_RELAXED);
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
	int rc = 0;

	known.peers = calloc(config->peers_count, sizeof(known.peers[0]));
	if (!known.peers)
		return -ENOMEM;
	known.count = config->peers_count;
	for (size_t i = 0; i < config->peers_count && !rc; i++) {
		snprintf(known.peers[i].identity, sizeof(known.peers[i].identity), "%s",
			 config->peers[i].identity);
		if (config->peers[i].address.family)
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
