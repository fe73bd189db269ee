/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "diameter/internal.h"

#define GOODBYE_MS 2000

char diameter_identity[DIAMETER_IDENTITY_MAX + 1];

static enum { STACK_NONE, STACK_READY, STACK_RUNNING, STACK_STOPPED } state;

/* libfdcore keeps the pointer to the name that it is given. */
static char conf_name[32];

/* Without certificates libfdcore considers TLS switched off. So TLS is switched on here;
 * credentials.c provides the certificates. */
static int parse_conf(const struct diameter_config *config)
{
	int conf = diameter_conf_write(config);
	int rc;

	if (conf < 0)
		return conf;
	snprintf(conf_name, sizeof(conf_name), "/proc/self/fd/%d", conf);
	rc = -fd_core_parseconf(conf_name);
	close(conf);
	fd_g_config->cnf_sec_data.tls_disabled = 0;
	return rc;
}

/* The address that the kernel would use to reach peer; false when there is no way. */
static bool local_address_towards(const struct diameter_peer *peer, struct sockaddr_storage *local)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(peer->port)};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(peer->port)};
	socklen_t len = sizeof(*local);
	bool ok = false;
	int fd = socket(peer->address.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(&in.sin_addr, peer->address.octets, sizeof(in.sin_addr));
	memcpy(&in6.sin6_addr, peer->address.octets, sizeof(in6.sin6_addr));
	if (fd >= 0)
		ok = !connect(fd,
			      peer->address.family == AF_INET ? (struct sockaddr *)&in
							      : (struct sockaddr *)&in6,
			      peer->address.family == AF_INET ? sizeof(in) : sizeof(in6)) &&
		     !getsockname(fd, (struct sockaddr *)local, &len);
	if (fd >= 0)
		close(fd);
	if (local->ss_family == AF_INET)
		((struct sockaddr_in *)local)->sin_port = 0;
	else
		((struct sockaddr_in6 *)local)->sin6_port = 0;
	return ok;
}

/* Where to listen, and what to put into Host-IP-Address of CER and CEA. libfdcore wants one even when
 * it does not listen, and its ListenOn would leave out loopback addresses. */
static int add_local_address(const struct diameter_config *config)
{
	struct sockaddr_storage local = {0};
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&local;
	struct sockaddr_in *in = (struct sockaddr_in *)&local;
	bool found = false;

	if (config->listen.family == AF_INET) {
		in->sin_family = AF_INET;
		memcpy(&in->sin_addr, config->listen.octets, sizeof(in->sin_addr));
	} else if (config->listen.family == AF_INET6) {
		in6->sin6_family = AF_INET6;
		memcpy(&in6->sin6_addr, config->listen.octets, sizeof(in6->sin6_addr));
	} else {
		for (size_t i = 0; i < config->peers_count && !found; i++)
			if (config->peers[i].address.family)
				found = local_address_towards(&config->peers[i], &local);
		if (!found) {
			in->sin_family = AF_INET;
			in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		}
	}
	return -fd_ep_add_merge(&fd_g_config->cnf_endpoints, (struct sockaddr *)&local,
				local.ss_family == AF_INET ? sizeof(*in) : sizeof(*in6),
				EP_FL_CONF | EP_ACCEPTALL);
}

int diameter_init(const struct diameter_config *config, const struct e2m_numbers *numbers,
		  diameter_log log)
{
	struct sigaction pipe;
	int rc;

	if (state != STACK_NONE)
		return -EALREADY;
	state = STACK_STOPPED;
	/* libfdcore writes to sockets whose other end may be gone. */
	if (!sigaction(SIGPIPE, NULL, &pipe) && pipe.sa_handler == SIG_DFL)
		signal(SIGPIPE, SIG_IGN);
	snprintf(diameter_identity, sizeof(diameter_identity), "%s", config->identity);
	diameter_numbers = *numbers;
	rc = diameter_log_start(log);
	if (!rc)
		rc = diameter_fixes_start();
	if (!rc)
		rc = -fd_core_initialize();
	if (rc)
		return rc;
	rc = diameter_dictionary_start();
	if (!rc)
		rc = diameter_hooks_start();
	if (!rc)
		rc = parse_conf(config);
	if (!rc)
		rc = add_local_address(config);
	if (!rc)
		rc = diameter_inbound_start();
	if (!rc)
		rc = diameter_peers_start(config);
	if (!rc)
		rc = diameter_upkeep_init(config);
	if (!rc)
		rc = diameter_peers_route();
	if (!rc)
		rc = diameter_pending_start();
	if (rc) {
		diameter_log_line(true, "Diameter cannot start: %s; see the lines above",
				  strerror(-rc));
		return rc;
	}
	state = STACK_READY;
	return 0;
}

/* Exported by libfdcore, but not in its headers. */
int fd_servers_start(void);

int diameter_stack_listen(uint16_t port)
{
	fd_g_config->cnf_port_tls = port;
	return -fd_servers_start();
}

static int start_core(void)
{
	int rc;

	if (state != STACK_READY)
		return -EINVAL;
	rc = -fd_core_start();
	if (rc) {
		diameter_log_line(true, "Diameter does not start: %s", strerror(-rc));
		return rc;
	}
	state = STACK_RUNNING;
	diameter_log_phase(LOG_RUNNING);
	return 0;
}

int diameter_start(void)
{
	int rc = start_core();

	if (!rc && !diameter_upkeep_try())
		rc = -EINVAL;
	return rc ? rc : diameter_upkeep_start();
}

int diameter_start_in_any_case(void)
{
	int rc = start_core();

	return rc ? rc : diameter_upkeep_start();
}

/* libfdcore's own, exported but not in its headers: an event for a peer's state machine. */
int fd_psm_terminate(struct peer_hdr *peer, char *reason);

static bool peers_remain(void)
{
	bool remain;

	pthread_rwlock_rdlock(&fd_g_peers_rw);
	remain = !FD_IS_LIST_EMPTY(&fd_g_peers);
	pthread_rwlock_unlock(&fd_g_peers_rw);
	return remain;
}

/* libfdcore waits sixteen seconds for a peer that does not answer its good-bye. To be told once more to
 * terminate, it does not wait. */
static void hurry_goodbye(void)
{
	const struct timespec step = {.tv_nsec = GOODBYE_MS / 50 * 1000000L};

	for (int i = 0; i < 50 && peers_remain(); i++)
		nanosleep(&step, NULL);
	pthread_rwlock_rdlock(&fd_g_peers_rw);
	for (struct fd_list *li = fd_g_peers.next; li != &fd_g_peers; li = li->next)
		fd_psm_terminate((struct peer_hdr *)li->o, NULL);
	pthread_rwlock_unlock(&fd_g_peers_rw);
}

void diameter_stop(void)
{
	if (state != STACK_READY && state != STACK_RUNNING)
		return;
	state = STACK_STOPPED;
	diameter_log_phase(LOG_STOPPING);
	diameter_upkeep_stop();
	diameter_pending_stop();
	fd_core_shutdown();
	hurry_goodbye();
	fd_core_wait_shutdown_complete();
	diameter_upkeep_free();
	diameter_peers_stop();
}
