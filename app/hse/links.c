/* SPDX-License-Identifier: BSD-3-Clause */
#include "links.h"

#include <errno.h>
#include <pthread.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "netdev.h"

struct links {
	struct hse_ports *ports;
	unsigned if_index[DATAPATH_SIDES]; /* 0: no Linux interface */
	struct link_mirror mirror;
	pthread_t thread;
	pthread_mutex_t lock; /* over what follows, and over mirror.port for who views it */
	pthread_cond_t stopped;
	bool stop;
	struct link_port seen[DATAPATH_SIDES];
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- devices --- */

/* What cannot tell is taken to have one. The kernel knows better than drivers on top of it, of which not all ask. */
static bool has_link(const struct links *l, unsigned side)
{
	struct rte_eth_link link;
	int ret;

	if (l->if_index[side] != 0) {
		ret = netdev_has_link(l->if_index[side]);
		return ret < 0 ? ret != -ENODEV : ret;
	}
	ret = rte_eth_link_get_nowait(l->ports->port[side].id, &link);
	return ret != 0 || link.link_status == RTE_ETH_LINK_UP;
}

/* Drivers on top of a Linux interface mostly leave its link to the kernel. */
static int set_device(const struct links *l, unsigned side, bool up)
{
	const uint16_t id = l->ports->port[side].id;
	int ret = up ? rte_eth_dev_set_link_up(id) : rte_eth_dev_set_link_down(id);

	if (ret == -ENOTSUP && l->if_index[side] != 0)
		ret = netdev_set_up(l->if_index[side], up);
	return ret;
}

/* Workers send nothing into a port that is down: drivers keep it, and would send it when nobody expects it any more. */
static int set_link(void *arg, enum datapath_side side, bool up)
{
	struct links *l = arg;
	atomic_bool *is_down = &l->ports->port[side].is_down;
	int ret;

	if (!up)
		atomic_store(is_down, true);
	ret = set_device(l, side, up);
	if (up == (ret == 0))
		atomic_store(is_down, false);
	return ret;
}

/* --- the thread --- */

static bool wait_for_next_look(struct links *l)
{
	struct timespec until;
	bool stop;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LINK_LOOK_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	pthread_mutex_lock(&l->lock);
	memcpy(l->seen, l->mirror.port, sizeof(l->seen));
	while (!l->stop && pthread_cond_timedwait(&l->stopped, &l->lock, &until) == 0)
		;
	stop = l->stop;
	pthread_mutex_unlock(&l->lock);
	return !stop;
}

static void *run(void *arg)
{
	struct links *l = arg;

	while (wait_for_next_look(l)) {
		for (unsigned side = 0; side < DATAPATH_SIDES; side++)
			wire_lock_answer(&l->ports->port[side].lock);
		const bool has[DATAPATH_SIDES] = {has_link(l, DATAPATH_ACCESS),
						  has_link(l, DATAPATH_CORE)};
		link_mirror_look(&l->mirror, has, now_ms());
	}
	link_mirror_stop(&l->mirror);
	return NULL;
}

/* An earlier hse may have crashed after it had taken it down. */
static void bring_up(const struct links *l, unsigned side)
{
	const int ret = netdev_set_up(l->if_index[side], true);

	if (ret != 0)
		program_log(PROGRAM_WARNING,
			    "link_state_mirror: the Linux interface of port %s cannot be brought "
			    "up: %s; it needs CAP_NET_ADMIN",
			    side == DATAPATH_ACCESS ? "access" : "core", strerror(-ret));
}

static void find_interfaces(struct links *l, const struct hse_config *config)
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		struct rte_eth_dev_info info;
		struct device device;

		device_read(config->ports[side].device, &device);
		if (rte_eth_dev_info_get(l->ports->port[side].id, &info) == 0)
			l->if_index[side] = netdev_of_port(info.if_index, &device);
		if (config->link_state_mirror && l->if_index[side] != 0)
			bring_up(l, side);
	}
}

static void init_lock(struct links *l)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&l->stopped, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&l->lock, NULL);
}

static void free_links(struct links *l)
{
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->stopped);
	free(l);
}

struct links *links_start(struct hse_ports *ports, const struct hse_config *config)
{
	struct links *l = calloc(1, sizeof(*l));
	int ret = -ENOMEM;

	if (l) {
		l->ports = ports;
		init_lock(l);
		find_interfaces(l, config);
		link_mirror_start(&l->mirror, config->link_state_mirror, set_link, l, now_ms());
		ret = rte_ctrl_thread_create(&l->thread, "links", NULL, run, l);
	}
	if (ret == 0)
		return l;
	program_log(PROGRAM_ERROR, "no thread to look at the ports' links: %s", strerror(-ret));
	if (l)
		free_links(l);
	return NULL;
}

void links_stop(struct links *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->stop = true;
	pthread_cond_signal(&l->stopped);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	free_links(l);
}

void links_view(struct links *l, struct link_port port[DATAPATH_SIDES])
{
	pthread_mutex_lock(&l->lock);
	memcpy(port, l->seen, sizeof(l->seen));
	pthread_mutex_unlock(&l->lock);
}
