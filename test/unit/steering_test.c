/* SPDX-License-Identifier: BSD-3-Clause */
/* Steering by the NIC, on a NIC that is made here: of DPDK's calls those that steering makes, and behind them what the NIC
 * does with a packet. */
#include "steering.h"

#include <rte_errno.h>
#include <rte_flow.h>
#include <rte_thash.h>

#include "datapath/owner.h"
#include "unit.h"

#define KEY_OCTETS  52
#define TABLE_MAX   2048
#define RULES_MAX   8
#define PATTERN_MAX 8
#define WORKERS	    64
#define TEID_PLACE  5 /* word among those that the NIC hashes */
#define PORT	    3
#define TUNNELS	    4000U
#define NOWHERE	    UINT16_MAX

static struct {
	/* what it can */
	bool takes_key, takes_table, takes_rules;
	bool by_inner_ip, rule_whole; /* as in steering.c */
	/* what it was told */
	uint8_t key[KEY_OCTETS];
	uint16_t table[TABLE_MAX];
	uint16_t table_size;
	unsigned rules;
	enum rte_flow_item_type patterns[RULES_MAX][PATTERN_MAX];
} nic;

int rte_eth_dev_rss_hash_conf_get(uint16_t port, struct rte_eth_rss_conf *conf)
{
	CU_ASSERT_EQUAL(port, PORT);
	memcpy(conf->rss_key, nic.key, conf->rss_key_len);
	return 0;
}

int rte_eth_dev_rss_reta_update(uint16_t port, struct rte_eth_rss_reta_entry64 *table,
				uint16_t size)
{
	CU_ASSERT_EQUAL(port, PORT);
	CU_ASSERT_EQUAL(size, nic.table_size);
	for (unsigned i = 0; i < size; i++) {
		CU_ASSERT_TRUE(table[i / 64].mask >> i % 64 & 1);
		nic.table[i] = table[i / 64].reta[i % 64];
	}
	return nic.takes_table ? 0 : -ENOTSUP;
}

/* As the drivers' sources have it: what is not exactly so is refused. */
static bool is_right(const struct rte_flow_attr *attr, const struct rte_flow_action_rss *rss)
{
	if (!attr->ingress || attr->egress || attr->transfer || rss->types != RTE_ETH_RSS_GTPU ||
	    rss->level != 0)
		return false;
	if (nic.rule_whole)
		return rss->func == RTE_ETH_HASH_FUNCTION_DEFAULT && rss->queue_num > 0 &&
		       rss->key_len <= KEY_OCTETS;
	return rss->func == RTE_ETH_HASH_FUNCTION_TOEPLITZ && !rss->queue && rss->key_len == 0;
}

static bool knows_pattern(const struct rte_flow_item *items, enum rte_flow_item_type *types)
{
	unsigned n = 0;

	for (; items[n].type != RTE_FLOW_ITEM_TYPE_END; n++) {
		if (items[n].spec || items[n].mask || items[n].last)
			return false;
		types[n] = items[n].type;
	}
	types[n] = RTE_FLOW_ITEM_TYPE_END;
	return n == (nic.by_inner_ip ? 5 : 4) && types[0] == RTE_FLOW_ITEM_TYPE_ETH &&
	       types[2] == RTE_FLOW_ITEM_TYPE_UDP && types[3] == RTE_FLOW_ITEM_TYPE_GTPU;
}

struct rte_flow *rte_flow_create(uint16_t port, const struct rte_flow_attr *attr,
				 const struct rte_flow_item items[],
				 const struct rte_flow_action actions[],
				 struct rte_flow_error *error)
{
	const struct rte_flow_action_rss *rss = actions[0].conf;

	CU_ASSERT_EQUAL(port, PORT);
	CU_ASSERT_EQUAL(actions[0].type, RTE_FLOW_ACTION_TYPE_RSS);
	CU_ASSERT_EQUAL(actions[1].type, RTE_FLOW_ACTION_TYPE_END);
	CU_ASSERT_FATAL(nic.rules < RULES_MAX);
	if (!nic.takes_rules || !is_right(attr, rss) ||
	    !knows_pattern(items, nic.patterns[nic.rules])) {
		error->message = "Not supported flow";
		rte_errno = ENOTSUP;
		return NULL;
	}
	if (nic.rule_whole) {
		memcpy(nic.key, rss->key, rss->key_len);
		for (unsigned i = 0; i < nic.table_size; i++)
			nic.table[i] = rss->queue[i % rss->queue_num];
	}
	return (struct rte_flow *)&nic.patterns[nic.rules++];
}

/* The queue that a G-PDU comes to; NOWHERE: no rule is for it. */
static uint16_t receive(enum rte_flow_item_type outer, enum rte_flow_item_type inner, uint32_t teid)
{
	uint32_t input[KEY_OCTETS / 4] = {[TEID_PLACE] = teid};

	for (unsigned i = 0; i < nic.rules; i++)
		if (nic.patterns[i][1] == outer &&
		    (!nic.by_inner_ip || nic.patterns[i][4] == inner))
			return nic.table[rte_softrss(input, KEY_OCTETS / 4 - 1, nic.key) &
					 (nic.table_size - 1U)];
	return NOWHERE;
}

static struct steering_port a_port(const char *driver, unsigned workers, uint16_t queues,
				   uint16_t table)
{
	struct steering_port port = {
		.id = PORT,
		.side = DATAPATH_CORE,
		.queues = queues,
		.workers = workers,
		.wanted = true,
		.info = {.driver_name = driver,
			 .hash_key_size = KEY_OCTETS,
			 .reta_size = table,
			 .flow_type_rss_offloads = RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP}};
	memset(&nic, 0, sizeof(nic));
	nic.takes_key = nic.takes_table = nic.takes_rules = true;
	nic.by_inner_ip = strncmp(driver, "net_i", 5) == 0;
	nic.rule_whole = !nic.by_inner_ip;
	nic.table_size = table;
	return port;
}

static enum steering start(const struct steering_port *port)
{
	struct rte_eth_conf conf = {0};
	char why[STEERING_WHY] = "";
	enum steering steering;

	steering_configure(port, &conf);
	if (nic.takes_key && conf.rx_adv_conf.rss_conf.rss_key)
		memcpy(nic.key, conf.rx_adv_conf.rss_conf.rss_key,
		       conf.rx_adv_conf.rss_conf.rss_key_len);
	steering = steering_start(port, why);
	CU_ASSERT_NOT_EQUAL(why[0], '\0');
	return steering;
}

/* How many of the tunnels come to a worker that does not own them. */
static unsigned strays(const struct steering_port *port)
{
	unsigned count = 0;

	for (uint32_t teid = 1; teid <= TUNNELS; teid++) {
		const uint16_t queue =
			receive(RTE_FLOW_ITEM_TYPE_IPV4, RTE_FLOW_ITEM_TYPE_IPV4, teid);
		CU_ASSERT_FATAL(queue < port->queues);
		count += queue % port->workers != tunnel_owner(teid, port->workers);
	}
	return count;
}

/* Where the table can be cut evenly none strays; else those do whose entry two workers share, half of each. */
static void tunnels_come_to_their_owner(void)
{
	static const char *const drivers[] = {"net_ice", "net_iavf", "net_cn9k", "net_cn10k"};
	static const uint16_t tables[] = {64, 128, 512, 2048};

	for (unsigned d = 0; d < RTE_DIM(drivers); d++)
		for (unsigned t = 0; t < RTE_DIM(tables); t++)
			for (unsigned workers = 2; workers <= WORKERS; workers++) {
				struct steering_port port =
					a_port(drivers[d], workers, (uint16_t)workers, tables[t]);
				CU_ASSERT_EQUAL(start(&port), STEERING_NIC);
				const unsigned found = strays(&port);
				if ((workers & (workers - 1)) == 0)
					CU_ASSERT_EQUAL(found, 0);
				CU_ASSERT(found <= TUNNELS * workers * 6 / 10 / tables[t]);
			}
}

static void more_queues_than_workers_are_all_used(void)
{
	struct steering_port port = a_port("net_ice", 4, 10, 512);
	unsigned used[10] = {0};

	CU_ASSERT_EQUAL(start(&port), STEERING_NIC);
	CU_ASSERT_EQUAL(strays(&port), 0);
	for (unsigned i = 0; i < 512; i++)
		used[nic.table[i]]++;
	for (unsigned q = 0; q < 10; q++)
		CU_ASSERT(used[q] >= 40);
}

static void fewer_queues_than_workers_are_steered_in_part(void)
{
	struct steering_port port = a_port("net_ice", 4, 2, 512);

	CU_ASSERT_EQUAL(start(&port), STEERING_PART);
	CU_ASSERT(strays(&port) > TUNNELS * 4 / 10);
	CU_ASSERT(strays(&port) < TUNNELS * 6 / 10);
}

/* ice and iavf know GTP-U by the IP inside, which a protected N-PDU does not show. */
static void protected_npdus_go_by_ring_where_the_nic_looks_for_ip(void)
{
	struct steering_port port = a_port("net_ice", 2, 2, 512);

	port.side = DATAPATH_ACCESS;
	CU_ASSERT_EQUAL(start(&port), STEERING_PART);
	CU_ASSERT_EQUAL(receive(RTE_FLOW_ITEM_TYPE_IPV4, RTE_FLOW_ITEM_TYPE_VOID, 1), NOWHERE);
	port = a_port("net_cn10k", 2, 2, 256);
	port.side = DATAPATH_ACCESS;
	CU_ASSERT_EQUAL(start(&port), STEERING_NIC);
	CU_ASSERT_NOT_EQUAL(receive(RTE_FLOW_ITEM_TYPE_IPV4, RTE_FLOW_ITEM_TYPE_VOID, 1), NOWHERE);
}

static void all_outer_and_inner_versions_are_steered(void)
{
	static const enum rte_flow_item_type ip[] = {RTE_FLOW_ITEM_TYPE_IPV4,
						     RTE_FLOW_ITEM_TYPE_IPV6};
	struct steering_port port = a_port("net_iavf", 2, 2, 64);

	CU_ASSERT_EQUAL(start(&port), STEERING_NIC);
	for (unsigned outer = 0; outer < 2; outer++)
		for (unsigned inner = 0; inner < 2; inner++)
			CU_ASSERT_NOT_EQUAL(receive(ip[outer], ip[inner], 1), NOWHERE);
}

static void a_nic_that_will_not_leaves_it_to_the_ring(void)
{
	bool *const abilities[] = {&nic.takes_key, &nic.takes_table, &nic.takes_rules};

	for (unsigned i = 0; i < RTE_DIM(abilities); i++) {
		struct steering_port port = a_port("net_ice", 2, 2, 512);
		*abilities[i] = false;
		CU_ASSERT_EQUAL(start(&port), STEERING_RING);
	}
}

static void odd_tables_are_not_written(void)
{
	static const uint16_t sizes[] = {0, 1, 100, 4096};

	for (unsigned i = 0; i < RTE_DIM(sizes); i++) {
		struct steering_port port = a_port("net_ice", 2, 2, sizes[i]);
		CU_ASSERT_EQUAL(start(&port), STEERING_RING);
		CU_ASSERT_EQUAL(nic.rules, 0);
	}
}

/* i40e hashes what its DDP profile says, mlx5 cannot: packets of one tunnel must not scatter. */
static void drivers_that_hash_more_are_not_asked(void)
{
	static const char *const drivers[] = {"net_i40e", "mlx5_pci", "net_af_packet"};

	for (unsigned i = 0; i < RTE_DIM(drivers); i++) {
		struct steering_port port = a_port(drivers[i], 2, 2, 512);
		struct rte_eth_conf conf = {0};

		CU_ASSERT_EQUAL(start(&port), STEERING_RING);
		CU_ASSERT_EQUAL(nic.rules, 0);
		steering_configure(&port, &conf);
		CU_ASSERT_PTR_NULL(conf.rx_adv_conf.rss_conf.rss_key);
		CU_ASSERT_EQUAL(conf.rxmode.mq_mode, RTE_ETH_MQ_RX_RSS);
	}
}

static void nothing_is_asked_that_is_not_wanted_or_needed(void)
{
	struct steering_port port = a_port("net_ice", 1, 4, 512);

	CU_ASSERT_EQUAL(start(&port), STEERING_NONE);
	port = a_port("net_ice", 4, 1, 512);
	CU_ASSERT_EQUAL(start(&port), STEERING_RING);
	port = a_port("net_ice", 4, 4, 512);
	port.wanted = false;
	CU_ASSERT_EQUAL(start(&port), STEERING_RING);
	CU_ASSERT_EQUAL(nic.rules, 0);
}

UNIT_MAIN("steering", {"tunnels_come_to_their_owner", tunnels_come_to_their_owner},
	  {"more_queues_than_workers_are_all_used", more_queues_than_workers_are_all_used},
	  {"fewer_queues_than_workers_are_steered_in_part",
	   fewer_queues_than_workers_are_steered_in_part},
	  {"protected_npdus_go_by_ring_where_the_nic_looks_for_ip",
	   protected_npdus_go_by_ring_where_the_nic_looks_for_ip},
	  {"all_outer_and_inner_versions_are_steered", all_outer_and_inner_versions_are_steered},
	  {"a_nic_that_will_not_leaves_it_to_the_ring", a_nic_that_will_not_leaves_it_to_the_ring},
	  {"odd_tables_are_not_written", odd_tables_are_not_written},
	  {"drivers_that_hash_more_are_not_asked", drivers_that_hash_more_are_not_asked},
	  {"nothing_is_asked_that_is_not_wanted_or_needed",
	   nothing_is_asked_that_is_not_wanted_or_needed})
