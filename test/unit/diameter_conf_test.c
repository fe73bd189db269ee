/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said of a configuration that does not hold: by the check, and by the stack itself. */
#include "unit_diameter.h"

static struct diameter_config config;

/* Reads text as the `diameter:` mapping of a file in unit_dir; false, and said, when it is wrong. */
static bool check(const char *text, char *said, size_t size)
{
	static const struct config_field table[] = {
		{.name = "diameter", .kind = CONFIG_STRUCT, .fields = diameter_config_fields}, {0}};
	FILE *errors = fmemopen(said, size, "w");
	char *path = unit_path("hse", ".yaml");
	bool ok = false;

	config = diameter_default_config;
	struct config_file *file =
		config_load_memory(path, text, strlen(text), table, &config, errors);
	if (file)
		ok = diameter_config_check(&config, file, "diameter", errors);
	fclose(errors);
	config_free(file);
	free(path);
	return ok;
}

#define TLS   "tls: {certificate: hse.home.test.pem, key: hse.home.test.key, ca: ca.pem}"
#define START "diameter: {identity: hse.home.test, realm: home.test, " TLS ", "

static void a_right_configuration_is_read(void)
{
	char said[1000] = "";

	CU_ASSERT_TRUE(check(START
			     "listen: {address: \"::1\", port: 3000}, peers: [{identity: a.test},"
			     " {identity: b.test, address: 10.0.0.1}], watchdog_s: 30}\n",
			     said, sizeof(said)));
	CU_ASSERT_STRING_EQUAL(said, "");
	CU_ASSERT_EQUAL(config.listen.family, AF_INET6);
	CU_ASSERT_EQUAL(config.listen_port, 3000);
	CU_ASSERT_EQUAL(config.peers_count, 2);
	CU_ASSERT_EQUAL(config.watchdog_s, 30);
	CU_ASSERT_EQUAL(config.connect_interval_s, 2);
}

static void a_peer_has_an_address_or_a_host_name(void)
{
	char said[1000] = "";

	CU_ASSERT_TRUE(check(START "peers: [{identity: a.test, address: \"2001:db8::1\"},"
				   " {identity: b.test, address: b.mgmt.test}]}\n",
			     said, sizeof(said)));
	CU_ASSERT_EQUAL(config.peers_count, 2);
}

static void a_wrong_configuration_is_told_by_place(void)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{START "peers: [{identity: \"a b\", address: 10.0.0.1}]}\n",
		 "diameter.peers[0].identity: 'a b' is not a host name"},
		{START "peers: [{identity: a.test, address: 10.0.0.1},"
		       " {identity: A.test, address: 10.0.0.2}]}\n",
		 "diameter.peers[1].identity: 'A.test' is there already"},
		{START "peers: [{identity: hse.home.test, address: 10.0.0.1}]}\n",
		 "diameter.peers[0].identity: a peer cannot be ourselves"},
		{START "peers: [{identity: a.test}]}\n",
		 "diameter.peers[0].identity: nobody connects to 'a.test'"},
		{START "peers: []}\n", "diameter.peers: "},
		{START "peers: [{identity: a.test, address: 10.0.0.1}], watchdog_s: 5}\n",
		 "diameter.watchdog_s: "},
		{START "peers: [{identity: a.test, address: 10.0.0.1, port: 0}]}\n",
		 "diameter.peers[0].port: "},
		{START "peers: [{identity: a.test, address: 10.0.0.1.5}]}\n",
		 "diameter.peers[0].address: expected an IPv4 or IPv6 address, or a host name, "
		 "found "
		 "'10.0.0.1.5'"},
		{START "peers: [{identity: a.test, address: \"a b\"}]}\n",
		 "diameter.peers[0].address: expected an IPv4 or IPv6 address, or a host name"},
		{"diameter: {identity: hse.home.test, realm: \"x\\\"y\", " TLS
		 ", peers: [{identity: a.test, address: 10.0.0.1}]}\n",
		 "diameter.realm: 'x\"y' is not a host name"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char said[1000] = "";

		CU_ASSERT_FALSE(check(cases[i].text, said, sizeof(said)));
		CU_ASSERT_PTR_NOT_NULL(strstr(said, cases[i].said));
	}
}

/* --- by the stack, in a child, which writes its errors here --- */

static struct {
	int init_rc, start_rc;
	bool was_stopped;
	char said[2000];
} * shared;

static void note_error(bool is_error, const char *line)
{
	size_t used = strlen(shared->said);

	if (is_error)
		snprintf(shared->said + used, sizeof(shared->said) - used, "%s\n", line);
}

/* Starts and stops an HSS with the certificate, key and CA of these names. */
static void start_with(const char *certificate, const char *key, const char *ca)
{
	static struct diameter_peer peer = {.identity = (char *)UNIT_HSE};
	struct diameter_config node = diameter_default_config;

	node.identity = (char *)UNIT_HSS;
	node.realm = (char *)UNIT_REALM;
	node.tls_certificate = unit_path(certificate, ".pem");
	node.tls_key = unit_path(key, ".key");
	node.tls_ca = unit_path(ca, ".pem");
	node.peers = &peer;
	node.peers_count = 1;
	node.listen = unit_address;
	node.listen_port = unit_port;
	shared->init_rc = diameter_init(&node, &e2m_default_numbers, note_error);
	shared->start_rc = diameter_start();
	diameter_stop();
	shared->was_stopped = true;
	free(node.tls_certificate);
	free(node.tls_key);
	free(node.tls_ca);
}

static void use_foreign_certificate(void)
{
	start_with(UNIT_HSE, UNIT_HSE, "ca");
}

static void use_foreign_key(void)
{
	start_with(UNIT_HSS, UNIT_HSE, "ca");
}

static void use_foreign_ca(void)
{
	start_with(UNIT_HSS, UNIT_HSS, "other-ca");
}

static void use_taken_port(void)
{
	start_with(UNIT_HSS, UNIT_HSS, "ca");
}

static void run(void (*child)(void))
{
	memset(shared, 0, sizeof(*shared));
	CU_ASSERT_TRUE(unit_node_wait(unit_node_start(child), 10000));
}

static void the_stack_does_not_start_with_a_certificate_for_another_name(void)
{
	run(use_foreign_certificate);
	CU_ASSERT_NOT_EQUAL(shared->start_rc, 0);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(shared->said, "is not for the Diameter identity 'hss.home.test'"));
}

static void the_stack_does_not_start_with_the_key_of_another(void)
{
	run(use_foreign_key);
	CU_ASSERT_NOT_EQUAL(shared->start_rc, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(shared->said, "diameter.tls.key: "));
}

static void the_stack_does_not_start_with_a_certificate_of_another_ca(void)
{
	run(use_foreign_ca);
	CU_ASSERT_NOT_EQUAL(shared->start_rc, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(shared->said, "does not lead to a CA of"));
}

static void a_port_that_is_taken_is_told(void)
{
	struct sockaddr_in here = unit_hss_address();
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&here, sizeof(here)), 0);
	CU_ASSERT_EQUAL(listen(fd, 1), 0);
	run(use_taken_port);
	close(fd);
	CU_ASSERT_EQUAL(shared->init_rc, 0);
	CU_ASSERT_NOT_EQUAL(shared->start_rc, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(shared->said, "another program listens on"));
	CU_ASSERT_TRUE(shared->was_stopped);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"a right configuration is read", a_right_configuration_is_read},
		{"a peer has an address or a host name", a_peer_has_an_address_or_a_host_name},
		{"a wrong configuration is told by place", a_wrong_configuration_is_told_by_place},
		{"the stack does not start with a certificate for another name",
		 the_stack_does_not_start_with_a_certificate_for_another_name},
		{"the stack does not start with the key of another",
		 the_stack_does_not_start_with_the_key_of_another},
		{"the stack does not start with a certificate of another CA",
		 the_stack_does_not_start_with_a_certificate_of_another_ca},
		{"a port that is taken is told", a_port_that_is_taken_is_told},
	};
	struct unit_ca other;

	shared = unit_share(sizeof(*shared));
	unit_diameter_setup();
	unit_ca_make(&other, unit_dir, "other-ca");
	unit_ca_free(&other);
	int rc = unit_run("diameter_conf", tests, sizeof(tests) / sizeof(tests[0]));
	unit_diameter_teardown();
	return rc;
}
