/* SPDX-License-Identifier: BSD-3-Clause */
#include "links.h"

#include <errno.h>
#include <pthread.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "frames.h"
#include "interfaces.h"
#include "netdev.h"

/* Time between tries to open a port on an interface that exists again. */
#define RETRY_MIN_MS 1000
#define RETRY_MAX_MS 60000

static const char *const side_names[] = {"access", "core"};

/* The device of one port. */
struct behind {
	struct nic nic;
	bool is_gone;
	uint64_t gone; /* number of removals */
	uint64_t gone_since_ms;
	uint64_t try_at_ms;
	uint64_t try_after_ms;
	unsigned mtu; /* MTU of the interface at the last look */
};

struct links {
	struct hse_ports *ports;
	const struct hse_config *config;
	struct interfaces interfaces[DATAPATH_SIDES];
	struct behind behind[DATAPATH_SIDES];
	int events; /* socket for interface events; negative: none */
	struct link_mirror mirror;
	pthread_t thread;
	pthread_mutex_t lock; /* protects the members below */
	pthread_cond_t stopped;
	bool stop;
	struct link_view seen[DATAPATH_SIDES];
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
	const unsigned index = interfaces_first(&l->interfaces[side]);
	struct rte_eth_link link;
	int ret;

	if (l->behind[side].is_gone)
		return false;
	if (index != 0) {
		ret = netdev_has_link(index);
		return ret < 0 ? ret != -ENODEV : ret;
	}
	ret = rte_eth_link_get_nowait(l->ports->port[side].id, &link);
	return ret != 0 || link.link_status == RTE_ETH_LINK_UP;
}

/* Drivers on top of a Linux interface mostly leave its link to the kernel. */
static int set_device(const struct links *l, unsigned side, bool up)
{
	const uint16_t id = l->ports->port[side].id;
	const unsigned index = interfaces_first(&l->interfaces[side]);
	int ret;

	if (l->behind[side].is_gone)
		return 0; /* when the interface is back, the mirror sets its link */
	ret = up ? rte_eth_dev_set_link_up(id) : rte_eth_dev_set_link_down(id);
	if (ret == -ENOTSUP && index != 0)
		ret = netdev_set_up(index, up);
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

/* An earlier hse may have crashed after it had taken the interface down. */
static void bring_up(const struct links *l, unsigned side)
{
	const unsigned index = interfaces_first(&l->interfaces[side]);
	const int ret = index != 0 ? netdev_set_up(index, true) : 0;

	if (ret != 0)
		program_log(PROGRAM_WARNING,
			    "link_state_mirror: the Linux interface of port %s cannot be brought "
			    "up: %s; it needs CAP_NET_ADMIN",
			    side_names[side], strerror(-ret));
}

/* --- interfaces that are removed and made again --- */

static void note_opened(struct links *l, unsigned side)
{
	const uint16_t id = l->ports->port[side].id;
	struct rte_eth_dev_info info = {0};

	if (rte_eth_dev_info_get(id, &info) != 0)
		info.if_index = 0;
	interfaces_note(&l->interfaces[side], info.if_index);
	nic_opened(&l->behind[side].nic, id);
}

static void note_gone(struct links *l, unsigned side)
{
	struct behind *b = &l->behind[side];

	atomic_store(&l->ports->port[side].is_away, true);
	b->is_gone = true;
	b->gone++;
	b->gone_since_ms = b->try_at_ms = now_ms();
	b->try_after_ms = RETRY_MIN_MS;
	program_log(PROGRAM_WARNING,
		    "ports.%s: %s was removed; what would leave by it is dropped until it is back",
		    side_names[side], interfaces_missing(&l->interfaces[side]));
}

static void follow_mtu(struct links *l, unsigned side)
{
	struct behind *b = &l->behind[side];
	struct hse_port *port = &l->ports->port[side];
	const unsigned mtu = netdev_mtu(interfaces_first(&l->interfaces[side]));

	if (mtu == 0 || mtu == b->mtu)
		return;
	b->mtu = mtu;
	atomic_store(&port->mtu,
		     frames_follow_mtu(port->id, &l->config->ports[side], side_names[side], mtu));
}

/* The mirror does not know the state of the new interface, so set the link as the mirror wants
 * it. */
static void set_as_mirror_wants(struct links *l, unsigned side)
{
	if (!l->config->link_state_mirror)
		return;
	if (l->mirror.port[side].state == LINK_TAKEN_DOWN)
		set_device(l, side, false);
	else
		bring_up(l, side);
}

static void take_again(struct links *l, unsigned side)
{
	struct behind *b = &l->behind[side];

	nic_closing(&b->nic);
	if (ports_reopen(l->ports, l->config, side) != 0) {
		b->try_at_ms = now_ms() + b->try_after_ms;
		b->try_after_ms = RTE_MIN(2 * b->try_after_ms, (uint64_t)RETRY_MAX_MS);
		return;
	}
	b->is_gone = false;
	note_opened(l, side);
	b->mtu = 0;
	follow_mtu(l, side);
	set_as_mirror_wants(l, side);
	atomic_store(&l->ports->port[side].is_away, false);
	program_log(PROGRAM_INFO, "ports.%s: the interface is back, and taken again after %.1f s",
		    side_names[side], (double)(now_ms() - b->gone_since_ms) / 1000);
}

static void look_behind(struct links *l, unsigned side)
{
	struct behind *b = &l->behind[side];

	if (!b->is_gone && interfaces_are_gone(&l->interfaces[side]))
		note_gone(l, side);
	if (b->is_gone && now_ms() >= b->try_at_ms && interfaces_are_there(&l->interfaces[side]))
		take_again(l, side);
	if (b->is_gone)
		return;
	follow_mtu(l, side);
	nic_look(&b->nic);
}

static void look(struct links *l)
{
	bool has[DATAPATH_SIDES];

	if (l->events >= 0)
		interfaces_take_events(l->events, l->interfaces);
	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		wire_lock_answer(&l->ports->port[side].lock);
		look_behind(l, side);
		has[side] = has_link(l, side);
	}
	link_mirror_look(&l->mirror, has, now_ms());
}

/* --- the thread --- */

static void show(struct links *l)
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		const struct behind *b = &l->behind[side];

		l->seen[side] = (struct link_view){.link = l->mirror.port[side],
						   .is_gone = b->is_gone,
						   .gone = b->gone,
						   .mtu = l->ports->port[side].mtu};
		for (unsigned i = 0; i < NIC_DROP_COUNT; i++)
			l->seen[side].drops[i] = nic_count(&b->nic, i);
	}
}

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
	show(l);
	while (!l->stop && pthread_cond_timedwait(&l->stopped, &l->lock, &until) == 0)
		;
	stop = l->stop;
	pthread_mutex_unlock(&l->lock);
	return !stop;
}

static void *run(void *arg)
{
	struct links *l = arg;

	while (wait_for_next_look(l))
		look(l);
	link_mirror_stop(&l->mirror);
	return NULL;
}

static void find_interfaces(struct links *l)
{
	l->events = interfaces_open_events();
	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		device_read(l->config->ports[side].device, &l->interfaces[side].device);
		note_opened(l, side);
		l->behind[side].mtu = netdev_mtu(interfaces_first(&l->interfaces[side]));
		if (l->config->link_state_mirror)
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
	if (l->events >= 0)
		close(l->events);
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
		l->config = config;
		find_interfaces(l);
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

void links_view(struct links *l, struct link_view ports[DATAPATH_SIDES])
{
	pthread_mutex_lock(&l->lock);
	memcpy(ports, l->seen, sizeof(l->seen));
	pthread_mutex_unlock(&l->lock);
}
