/* SPDX-License-Identifier: BSD-3-Clause */
/* The process stops while timers are set. Each must leave the wheel before its memory is freed: AddressSanitizer
 * reports a neighbour in the wheel that still points to it. Which timers are neighbours depends on time, so these
 * tests set timers throughout a turn of the wheel. */
#include "session_lab.h"

#define ROUNDS 3600

static struct lab_context context_of_round(unsigned round)
{
	struct lab_context c = lab_context(1 + round % 15);

	c.nsapi = (uint8_t)(5 + round % 11);
	c.down = 0x10000 + round;
	c.up = 0x20000 + round;
	c.control_sgsn = 0x30000 + round;
	c.control_ggsn = 0x40000 + round;
	return c;
}

static void start(void)
{
	lab_defaults();
	lab.config.max = 300;
	lab_open();
}

/* Leaves COUNTs that are remembered, and tunnels that linger. */
static void use_and_delete(unsigned round)
{
	struct lab_context c = context_of_round(round);
	const struct tunnel down = lab_down(&c);

	lab_create(&c, lab_sqn(1 + round % LAB_KEYSETS), 1);
	lab_make_ready(&c);
	lab_use(lab_flow(&down), 0, 1);
	lab_delete(&c);
	lab_settle();
}

/* Irregular, so that all distances between two timers come up. */
static void pass(unsigned round)
{
	lab_pass(round * 7 % 61);
}

static void process_stops_while_tunnels_linger(void)
{
	start();
	for (unsigned round = 0; round < ROUNDS; round++) {
		use_and_delete(round);
		pass(round);
	}
	lab_stop();
}

static void process_stops_while_tunnels_are_expected(void)
{
	start();
	for (unsigned round = 0; round < ROUNDS; round++) {
		const struct e2m_keyset_id name = lab_sqn(1);
		struct lab_context c = context_of_round(round);

		if (round % 2 == 0)
			use_and_delete(round);
		else
			lab_create_request(&c, &name, 1);
		lab_settle();
		pass(round);
	}
	lab_stop();
}

UNIT_MAIN("session_stop", TEST(process_stops_while_tunnels_linger),
	  TEST(process_stops_while_tunnels_are_expected))
