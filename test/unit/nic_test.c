/* SPDX-License-Identifier: BSD-3-Clause */
/* What NICs lose, over ports that are closed and opened again. */
#include "nic.h"

#include <rte_ethdev.h>

#include "unit.h"

#define OURS   3
#define OTHERS 1000 /* what another port has lost */

static uint64_t lost;

/* In the place of DPDK's: a program's own symbols come first. */
int rte_eth_stats_get(uint16_t port, struct rte_eth_stats *stats)
{
	*stats = (struct rte_eth_stats){.imissed = port == OURS ? lost : OTHERS};
	return 0;
}

int rte_eth_dev_info_get(uint16_t port, struct rte_eth_dev_info *info)
{
	(void)port;
	*info = (struct rte_eth_dev_info){.driver_name = "net_test"};
	return 0;
}

static void counts_go_on_when_a_port_is_opened_again(void)
{
	struct nic nic = {0};

	lost = 5;
	nic_opened(&nic, OURS);
	nic_closing(&nic);
	lost = 2; /* of the new port */
	nic_opened(&nic, OURS);
	CU_ASSERT_EQUAL(nic_count(&nic, NIC_IMISSED), 7);
	lost = 4;
	nic_look(&nic);
	CU_ASSERT_EQUAL(nic_count(&nic, NIC_IMISSED), 9);
}

/* A port that cannot be opened again is tried for hours, and its number may be given to another meanwhile. */
static void a_closed_port_counts_nothing(void)
{
	struct nic nic = {0};

	lost = 5;
	nic_opened(&nic, OURS);
	nic_closing(&nic);
	for (unsigned i = 0; i < 3; i++) {
		nic_look(&nic);
		nic_closing(&nic);
	}
	CU_ASSERT_EQUAL(nic_count(&nic, NIC_IMISSED), 5);
}

UNIT_MAIN("nic",
	  {"counts_go_on_when_a_port_is_opened_again", counts_go_on_when_a_port_is_opened_again},
	  {"a_closed_port_counts_nothing", a_closed_port_counts_nothing})
