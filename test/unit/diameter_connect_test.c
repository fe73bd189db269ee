/* SPDX-License-Identifier: BSD-3-Clause */
/* When a node tries to connect with a peer that does not listen. */
#include "unit_diameter.h"

static struct {
	unsigned failures; /* tries to connect that failed */
	unsigned spread;   /* waits that were made longer or shorter at random */
} * shared;

/* libfdcore's random numbers are for its waits alone. It finds this before libc's. */
long random(void)
{
	__atomic_add_fetch(&shared->spread, 1, __ATOMIC_RELAXED);
	return 3;
}

static void note_failure(bool is_error, const char *line)
{
	(void)is_error;
	if (strstr(line, "not connected: "))
		__atomic_add_fetch(&shared->failures, 1, __ATOMIC_RELEASE);
}

static void try_to_connect(void)
{
	struct diameter_peer hss = {
		.identity = (char *)UNIT_HSS, .address = unit_address, .port = unit_port};
	struct diameter_config node = diameter_default_config;

	node.identity = (char *)UNIT_HSE;
	node.realm = (char *)UNIT_REALM;
	node.tls_certificate = unit_path(UNIT_HSE, ".pem");
	node.tls_key = unit_path(UNIT_HSE, ".key");
	node.tls_ca = unit_path("ca", ".pem");
	node.peers = &hss;
	node.peers_count = 1;
	node.connect_interval_s = 1;
	if (diameter_init(&node, &e2m_default_numbers, note_failure) || diameter_start())
		_exit(1);
	UNIT_WAIT(__atomic_load_n(&shared->failures, __ATOMIC_ACQUIRE) >= 3, UNIT_START_MS);
	diameter_stop();
	free(node.tls_certificate);
	free(node.tls_key);
	free(node.tls_ca);
}

static void a_try_to_connect_is_made_when_it_is_due(void)
{
	CU_ASSERT_TRUE(unit_node_wait(unit_node_start(try_to_connect), 20000));
	CU_ASSERT_TRUE(shared->failures >= 3);
	CU_ASSERT_EQUAL(shared->spread, 0);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"a try to connect is made when it is due",
		 a_try_to_connect_is_made_when_it_is_due},
	};
	shared = unit_share(sizeof(*shared));
	unit_diameter_setup();
	int rc = unit_run("diameter_connect", tests, sizeof(tests) / sizeof(tests[0]));
	unit_diameter_teardown();
	return rc;
}
