/* SPDX-License-Identifier: BSD-3-Clause */
#include "steering.h"

#include <rte_byteorder.h>
#include <rte_errno.h>
#include <rte_flow.h>
#include <string.h>

#include "datapath/owner.h"

#define TABLE_MAX 2048

/* How a driver wants to be asked. */
struct nic {
	const char *driver;
	/* It recognizes GTP-U only by the IP packet inside: not on protected N-PDUs. */
	bool is_by_inner_ip;
	/* It takes key and queues with the rule, instead of those of the port. */
	bool is_rule_whole;
};

static const struct nic nics[] = {
	{.driver = "net_ice", .is_by_inner_ip = true},
	{.driver = "net_iavf", .is_by_inner_ip = true},
	{.driver = "net_cn9k", .is_rule_whole = true},
	{.driver = "net_cn10k", .is_rule_whole = true},
};

static const struct nic *find_nic(const struct rte_eth_dev_info *info)
{
	for (unsigned i = 0; info->driver_name && i < RTE_DIM(nics); i++)
		if (strcmp(info->driver_name, nics[i].driver) == 0)
			return &nics[i];
	return NULL;
}

const char *steering_name(enum steering steering)
{
	static const char *const names[] = {
		[STEERING_NONE] = "none",
		[STEERING_RING] = "ring",
		[STEERING_PART] = "nic in part",
		[STEERING_NIC] = "nic",
	};

	return names[steering];
}

/* --- the hash --- */

/* Drivers keep the pointer. */
static uint8_t *key(void)
{
	static uint8_t octets[UINT8_MAX + 1];
	const rte_be32_t word = rte_cpu_to_be_32(OWNER_KEY);

	for (unsigned i = 0; i < sizeof(octets); i += sizeof(word))
		memcpy(octets + i, &word, sizeof(word));
	return octets;
}

void steering_configure(const struct steering_port *port, struct rte_eth_conf *conf)
{
	struct rte_eth_rss_conf *rss = &conf->rx_adv_conf.rss_conf;

	if (port->queues == 1 || port->info.flow_type_rss_offloads == 0)
		return;
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	rss->rss_hf = (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP) & port->info.flow_type_rss_offloads;
	if (port->wanted && find_nic(&port->info)) {
		rss->rss_key = key();
		rss->rss_key_len = port->info.hash_key_size;
	}
}

static bool has_our_key(const struct steering_port *port)
{
	uint8_t got[UINT8_MAX] = {0};
	struct rte_eth_rss_conf rss = {.rss_key = got, .rss_key_len = port->info.hash_key_size};

	return port->info.hash_key_size > 0 && rte_eth_dev_rss_hash_conf_get(port->id, &rss) == 0 &&
	       memcmp(got, key(), port->info.hash_key_size) == 0;
}

/* --- the table of queues --- */

static bool has_table(const struct steering_port *port)
{
	return port->info.reta_size >= 2 && port->info.reta_size <= TABLE_MAX &&
	       rte_is_power_of_2(port->info.reta_size);
}

/* The queue for hashes that end in the bits of entry: one of the worker that owns most of them. */
static uint16_t queue_of(const struct steering_port *port, uint32_t entry)
{
	const unsigned bits = rte_log2_u32(port->info.reta_size);
	uint32_t leading = 0, worker, queues;

	for (unsigned bit = 0; bit < bits; bit++)
		leading |= (entry >> bit & 1) << (bits - 1 - bit);
	worker = owner_by_hash(leading << (32 - bits) | 1U << (31 - bits), port->workers);
	if (worker >= port->queues)
		return (uint16_t)(worker % port->queues);
	queues = (port->queues - worker + port->workers - 1) / port->workers;
	return (uint16_t)(worker + leading % queues * port->workers);
}

static int set_table(const struct steering_port *port)
{
	struct rte_eth_rss_reta_entry64 table[TABLE_MAX / RTE_ETH_RETA_GROUP_SIZE] = {0};

	for (uint32_t i = 0; i < port->info.reta_size; i++) {
		struct rte_eth_rss_reta_entry64 *group = &table[i / RTE_ETH_RETA_GROUP_SIZE];
		group->mask |= 1ULL << i % RTE_ETH_RETA_GROUP_SIZE;
		group->reta[i % RTE_ETH_RETA_GROUP_SIZE] = queue_of(port, i);
	}
	return rte_eth_dev_rss_reta_update(port->id, table, port->info.reta_size);
}

/* --- rules --- */

#define PATTERN_MAX 6
#define PATTERNS    4

/* The NIC goes by what is there, not by what it says: items have no spec. */
static void make_pattern(unsigned number, bool by_inner_ip, struct rte_flow_item *items)
{
	static const enum rte_flow_item_type ip[] = {RTE_FLOW_ITEM_TYPE_IPV4,
						     RTE_FLOW_ITEM_TYPE_IPV6};
	unsigned n = 0;

	memset(items, 0, PATTERN_MAX * sizeof(*items));
	items[n++].type = RTE_FLOW_ITEM_TYPE_ETH;
	items[n++].type = ip[number & 1];
	items[n++].type = RTE_FLOW_ITEM_TYPE_UDP;
	items[n++].type = RTE_FLOW_ITEM_TYPE_GTPU;
	if (by_inner_ip)
		items[n++].type = ip[number >> 1];
	items[n].type = RTE_FLOW_ITEM_TYPE_END;
}

/* How many of them the port took; why it did not take the last. */
static unsigned add_rules(const struct steering_port *port, const struct nic *nic, unsigned count,
			  const char **why)
{
	const struct rte_flow_attr ingress = {.ingress = 1};
	uint16_t queues[TABLE_MAX];
	struct rte_flow_action_rss rss = {.func = RTE_ETH_HASH_FUNCTION_TOEPLITZ,
					  .types = RTE_ETH_RSS_GTPU};
	const struct rte_flow_action actions[] = {
		{.type = RTE_FLOW_ACTION_TYPE_RSS, .conf = &rss},
		{.type = RTE_FLOW_ACTION_TYPE_END},
	};
	unsigned taken = 0;

	if (nic->is_rule_whole) {
		for (uint32_t i = 0; i < port->info.reta_size; i++)
			queues[i] = queue_of(port, i);
		rss.func = RTE_ETH_HASH_FUNCTION_DEFAULT;
		rss.key = key();
		rss.key_len = port->info.hash_key_size;
		rss.queue = queues;
		rss.queue_num = port->info.reta_size;
	}
	for (unsigned i = 0; i < count; i++) {
		struct rte_flow_item items[PATTERN_MAX];
		struct rte_flow_error error = {0};

		make_pattern(i, nic->is_by_inner_ip, items);
		if (rte_flow_create(port->id, &ingress, items, actions, &error))
			taken++;
		else
			*why = error.message ? error.message : rte_strerror(rte_errno);
	}
	return taken;
}

/* --- all of it --- */

static enum steering ask(const struct steering_port *port, const struct nic *nic, char *why)
{
	const unsigned count = nic->is_by_inner_ip ? PATTERNS : PATTERNS / 2;
	const char *refusal = "";
	unsigned taken;

	if (!has_table(port) || !has_our_key(port) || set_table(port) != 0) {
		snprintf(why, STEERING_WHY, "%s does not take the key or the table of queues",
			 nic->driver);
		return STEERING_RING;
	}
	taken = add_rules(port, nic, count, &refusal);
	if (taken == 0) {
		snprintf(why, STEERING_WHY, "%s refuses the rule: %s", nic->driver, refusal);
		return STEERING_RING;
	}
	snprintf(why, STEERING_WHY, "%s took %u of %u rules%s%s", nic->driver, taken, count,
		 nic->is_by_inner_ip && port->side == DATAPATH_ACCESS
			 ? "; protected N-PDUs, which it does not recognize, go by ring"
			 : "",
		 port->queues < port->workers ? "; workers without a queue get theirs by ring"
					      : "");
	return taken == count && port->queues >= port->workers &&
			       !(nic->is_by_inner_ip && port->side == DATAPATH_ACCESS)
		       ? STEERING_NIC
		       : STEERING_PART;
}

enum steering steering_start(const struct steering_port *port, char why[STEERING_WHY])
{
	const struct nic *nic = find_nic(&port->info);

	if (port->workers == 1) {
		snprintf(why, STEERING_WHY, "there is one worker");
		return STEERING_NONE;
	}
	if (port->wanted && port->queues > 1 && nic)
		return ask(port, nic, why);
	snprintf(why, STEERING_WHY, "%s",
		 !port->wanted	     ? "teid_steering is off"
		 : port->queues == 1 ? "there is one queue"
				     : "its driver is not known to hash the TEID alone");
	return STEERING_RING;
}
