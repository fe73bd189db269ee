/* SPDX-License-Identifier: BSD-3-Clause */
/* Which NUMA node gets which packet buffers. */
#include "pools.h"

#include "datapath/datapath.h"
#include "unit.h"

#define NODES 2

static struct hse_config a_config(unsigned workers)
{
	struct hse_config c = {.workers.count = workers, .pull.hold_packets_total = 1000};

	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		c.ports[side].queues = 2;
		c.ports[side].descriptors = 512;
	}
	return c;
}

static unsigned under_way(unsigned workers)
{
	return 1000 + workers * (2048 + DATAPATH_FRAGMENTS_WAITING) + 2 * workers * 512;
}

static void one_node_has_one_pool_for_both_ports(void)
{
	const struct hse_config c = a_config(1);
	const unsigned ports[] = {0, 0}, workers[] = {0};
	struct pools_plan plan;

	pools_plan(&plan, &c, ports, workers);
	CU_ASSERT_EQUAL(plan.packets[0], under_way(1) + 2 * 2 * 512);
	CU_ASSERT_TRUE(plan.workers[0]);
	for (unsigned node = 1; node < RTE_MAX_NUMA_NODES; node++) {
		CU_ASSERT_EQUAL(plan.packets[node], 0);
		CU_ASSERT_FALSE(plan.workers[node]);
	}
}

/* What a port of either node has received may be under way anywhere. */
static void ports_on_two_nodes_have_a_pool_each(void)
{
	const struct hse_config c = a_config(3);
	const unsigned ports[] = {1, 0}, workers[] = {1, 1, 1};
	struct pools_plan plan;

	pools_plan(&plan, &c, ports, workers);
	for (unsigned node = 0; node < NODES; node++)
		CU_ASSERT_EQUAL(plan.packets[node], under_way(3) + 2 * 512);
	CU_ASSERT_FALSE(plan.workers[0]);
	CU_ASSERT_TRUE(plan.workers[1]);
}

static void workers_far_from_the_ports_have_their_own(void)
{
	const struct hse_config c = a_config(2);
	const unsigned ports[] = {0, 0}, workers[] = {0, 1};
	struct pools_plan plan;

	pools_plan(&plan, &c, ports, workers);
	CU_ASSERT_EQUAL(plan.packets[1], 0);
	CU_ASSERT_TRUE(plan.workers[0]);
	CU_ASSERT_TRUE(plan.workers[1]);
}

static void a_number_in_the_configuration_is_that_of_each_pool(void)
{
	struct hse_config c = a_config(2);
	const unsigned ports[] = {0, 1}, workers[] = {0, 1};
	struct pools_plan plan;

	c.memory.mbufs = 5000;
	pools_plan(&plan, &c, ports, workers);
	CU_ASSERT_EQUAL(plan.packets[0], 5000);
	CU_ASSERT_EQUAL(plan.packets[1], 5000);
	CU_ASSERT_EQUAL(plan.packets[2], 0);
}

static void a_port_without_a_node_is_at_its_workers(void)
{
	CU_ASSERT_EQUAL(pools_node_of_port(1, NODES, 0), 1);
	CU_ASSERT_EQUAL(pools_node_of_port(0, NODES, 1), 0);
	CU_ASSERT_EQUAL(pools_node_of_port(-1, NODES, 1), 1);
	CU_ASSERT_EQUAL(pools_node_of_port(NODES, NODES, 1), 1);
}

UNIT_MAIN("pools", {"one_node_has_one_pool_for_both_ports", one_node_has_one_pool_for_both_ports},
	  {"ports_on_two_nodes_have_a_pool_each", ports_on_two_nodes_have_a_pool_each},
	  {"workers_far_from_the_ports_have_their_own", workers_far_from_the_ports_have_their_own},
	  {"a_number_in_the_configuration_is_that_of_each_pool",
	   a_number_in_the_configuration_is_that_of_each_pool},
	  {"a_port_without_a_node_is_at_its_workers", a_port_without_a_node_is_at_its_workers})
