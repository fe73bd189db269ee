/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/config.h"

#include <arpa/inet.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ue/check.h"
#include "unit.h"

/* A folder for the configuration and the TLS files that it names. */
static char folder[] = "/tmp/ue-config-test-XXXXXX";

static void remove_folder(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/ue.yaml", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/x.pem", folder);
	unlink(path);
	rmdir(folder);
}

static void make_folder(void)
{
	static bool made;

	if (made)
		return;
	made = true;
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	atexit(remove_folder);
}

static const char good[] = "usim:\n"
			   "  imsi: \"262010000000001\"\n"
			   "  k: 465b5ce8b199b49faa5f0a2ee238a6bc\n"
			   "  op: cdc202d5123e20f62b6d676ac72cb318\n"
			   "  plmn: \"26201\"\n"
			   "  state: usim.state\n"
			   "sgsn: {address: 10.1.0.1, ggsn: 10.1.0.2}\n"
			   "session:\n"
			   "  apn: internet\n"
			   "  name_run_by: rand\n"
			   "tun:\n"
			   "  name: ue7\n"
			   "  routes: [10.2.0.0/24, 0.0.0.0/0, 10.3.0.1/32]\n"
			   "hss: {host: hss.home.example, realm: home.example}\n"
			   "diameter:\n"
			   "  identity: sgsn.home.example\n"
			   "  realm: home.example\n"
			   "  tls: {certificate: x.pem, key: x.pem, ca: x.pem}\n"
			   "  peers: [{identity: hss.home.example, address: 10.99.0.1}]\n";

static void write_file(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fputs(text, file);
	fclose(file);
}

static uint32_t load_fleet;

/* Loads good with the first from replaced by to (NULL: unchanged). */
static struct config_file *load(struct ue_config *config, const char *from, const char *to,
				char *errors, size_t size)
{
	char text[4096], path[128];
	const char *at = from ? strstr(good, from) : good;

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, from ? to : "",
		 at + (from ? strlen(from) : 0));
	make_folder();
	write_file("x.pem", "");
	write_file("ue.yaml", text);
	snprintf(path, sizeof(path), "%s/ue.yaml", folder);
	memset(errors, 0, size);
	FILE *stream = fmemopen(errors, size, "w");
	struct config_file *file = ue_config_load(path, load_fleet, config, stream);
	fclose(stream);
	return file;
}

/* The change makes the file wrong, with exactly this error. */
static void assert_error(const char *from, const char *to, const char *expected)
{
	struct ue_config config;
	char errors[1024];
	struct config_file *file = load(&config, from, to, errors, sizeof(errors));

	/* Without the folder's random name. */
	const char *shown =
		strncmp(errors, folder, strlen(folder)) ? errors : errors + strlen(folder) + 1;
	if (strcmp(shown, expected))
		printf("expected: %s     got: %s", expected, shown);
	CU_ASSERT_STRING_EQUAL(shown, expected);
	CU_ASSERT_PTR_NULL(file);
	if (file)
		ue_config_free(file, &config);
}

static void a_good_file_is_read(void)
{
	struct ue_config config;
	char errors[1024], state[128];
	uint8_t opc[AKA_K_LEN];
	struct config_file *file = load(&config, NULL, NULL, errors, sizeof(errors));

	CU_ASSERT_STRING_EQUAL(errors, "");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_STRING_EQUAL(config.usim.imsi.digits, "262010000000001");
	unit_hex(opc, sizeof(opc), "cd63cb71954a9f4e48a5994e37a02baf");
	CU_ASSERT_EQUAL(memcmp(config.usim.opc, opc, sizeof(opc)), 0);
	snprintf(state, sizeof(state), "%s/usim.state", folder);
	CU_ASSERT_STRING_EQUAL(config.usim.state, state);
	CU_ASSERT_EQUAL(memcmp(config.plmn, "\x62\xf2\x10", 3), 0);
	CU_ASSERT_EQUAL(config.session.name_run_by, E2M_ID_RAND);
	CU_ASSERT_STRING_EQUAL(config.tun.name, "ue7");
	CU_ASSERT_EQUAL_FATAL(config.tun.routes_count, 3);
	CU_ASSERT_EQUAL(config.tun.routes[0].network.s_addr, htonl(0x0a020000));
	CU_ASSERT_EQUAL(config.tun.routes[0].prefix_len, 24);
	CU_ASSERT_EQUAL(config.tun.routes[1].prefix_len, 0);
	CU_ASSERT_EQUAL(config.tun.routes[2].prefix_len, 32);
	ue_config_free(file, &config);
}

static void what_is_not_given_has_the_sample_files_value(void)
{
	struct ue_config config;
	char errors[1024];
	struct config_file *file = load(&config, NULL, NULL, errors, sizeof(errors));

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL(config.log.level, PROGRAM_INFO);
	CU_ASSERT_EQUAL(config.sgsn.t3_ms, 1000);
	CU_ASSERT_EQUAL(config.sgsn.n3, 5);
	CU_ASSERT_EQUAL(config.session.nsapi, 5);
	CU_ASSERT_EQUAL(config.session.key_id, 1);
	CU_ASSERT_EQUAL(config.session.counter_octets, 1);
	CU_ASSERT_EQUAL(config.session.replay_window, 64);
	CU_ASSERT_EQUAL(config.session.ciphering, E2M_EEA2);
	CU_ASSERT_EQUAL(config.session.integrity, E2M_EIA2);
	CU_ASSERT_EQUAL(config.session.gcm_tag_octets, 8);
	CU_ASSERT_FALSE(config.session.allow_null_integrity);
	CU_ASSERT_PTR_NULL(config.session.msisdn);
	CU_ASSERT_EQUAL(config.tun.mtu, 1400);
	CU_ASSERT_EQUAL(config.hss.timeout_ms, 3000);
	CU_ASSERT_EQUAL(config.numbers.pco_container, 0xFF00);
	ue_config_free(file, &config);
}

static void system_is_umts_or_eps(void)
{
	struct ue_config config;
	char errors[1024];
	struct config_file *file = load(&config, NULL, NULL, errors, sizeof(errors));

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL(config.system, AKA_UMTS);
	CU_ASSERT_EQUAL(ue_gtp_version(&config), 1);
	ue_config_free(file, &config);
	file = load(&config, "usim:\n", "system: eps\nusim:\n", errors, sizeof(errors));
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL(config.system, AKA_EPS);
	CU_ASSERT_EQUAL(ue_gtp_version(&config), 2);
	ue_config_free(file, &config);
	assert_error("usim:\n", "system: lte\nusim:\n",
		     "ue.yaml:1:9: system: expected one of umts, eps, found 'lte'\n");
}

static void one_of_op_and_opc_is_needed(void)
{
	assert_error("  op: cdc202d5123e20f62b6d676ac72cb318\n", "",
		     "ue.yaml:2:3: usim: expected one of op and opc, found neither\n");
	assert_error("  op: cdc202d5123e20f62b6d676ac72cb318\n",
		     "  op: cdc202d5123e20f62b6d676ac72cb318\n"
		     "  opc: cdc202d5123e20f62b6d676ac72cb318\n",
		     "ue.yaml:2:3: usim: expected one of op and opc, found both\n");
}

static void keys_are_not_echoed(void)
{
	assert_error("465b5ce8b199b49faa5f0a2ee238a6bc", "465b5ce8b199b49faa5f0a2ee238a6b",
		     "ue.yaml:3:6: usim.k: expected exactly 32 hex digits, found another value, "
		     "which has 31\n");
}

static void a_plmn_has_five_or_six_digits(void)
{
	assert_error("plmn: \"26201\"", "plmn: \"2620\"",
		     "ue.yaml:5:9: usim.plmn: expected MCC and MNC as in \"26201\", found "
		     "'2620'\n");
}

static void algorithms_combine_as_clause_3_allows(void)
{
	assert_error("name_run_by: rand", "integrity: eia0",
		     "ue.yaml:10:14: session.integrity: eia0 does not go with eea2, unless "
		     "allow_null_integrity is true\n");
	assert_error("name_run_by: rand", "ciphering: gcm",
		     "ue.yaml:9:3: session.integrity: eia2 does not go with gcm\n");
	assert_error("name_run_by: rand",
		     "integrity: eia0\n  ciphering: eea0\n  allow_null_integrity: true",
		     "ue.yaml:10:14: session.integrity: eia0 does not go with eea0\n");
	assert_error("name_run_by: rand", "gcm_tag_octets: 12",
		     "ue.yaml:10:19: session.gcm_tag_octets: expected 8 or 16, found 12\n");
}

static void an_msisdn_is_decimal(void)
{
	assert_error("name_run_by: rand", "msisdn: +491700",
		     "ue.yaml:10:11: session.msisdn: expected up to 15 decimal digits, found "
		     "'+491700'\n");
}

static void routes_are_ipv4_networks(void)
{
	static const char *const bad[] = {"10.2.0.0",	 "10.2.0.0/33", "10.2.0.0/",   "10.2.0/24",
					  "10.2.0.1/24", "fe80::/10",	"10.2.0.0/24x"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char expected[256], to[64];
		snprintf(to, sizeof(to), "[10.0.0.0/8, \"%s\"]", bad[i]);
		snprintf(expected, sizeof(expected),
			 "ue.yaml:13:24: tun.routes[1]: expected an IPv4 network as in "
			 "10.2.0.0/24, found '%s'\n",
			 bad[i]);
		assert_error("[10.2.0.0/24, 0.0.0.0/0, 10.3.0.1/32]", to, expected);
	}
}

static void a_device_name_is_short(void)
{
	assert_error("name: ue7", "name: a-device-too-far",
		     "ue.yaml:12:9: tun.name: expected a device name of up to 15 letters, found "
		     "'a-device-too-far'\n");
}

static void both_ends_have_the_same_ip_version(void)
{
	assert_error("ggsn: 10.1.0.2", "ggsn: 2001:db8::2",
		     "ue.yaml:7:33: sgsn.ggsn: expected an address of the same IP version as "
		     "address\n");
}

static void a_move_is_to_another_address(void)
{
	assert_error("ggsn: 10.1.0.2", "ggsn: 10.1.0.2, move_to: 10.1.0.1",
		     "ue.yaml:7:52: sgsn.move_to: expected another address than address\n");
	assert_error("ggsn: 10.1.0.2", "ggsn: 10.1.0.2, move_to: 2001:db8::3",
		     "ue.yaml:7:52: sgsn.move_to: expected an address of the same IP version as "
		     "address\n");
}

static void an_apn_has_labels(void)
{
	static const char *const bad[] = {"a..b", ".a", "a.", "a b", "a_b"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char expected[256], to[64];
		snprintf(to, sizeof(to), "apn: %s", bad[i]);
		snprintf(expected, sizeof(expected),
			 "ue.yaml:9:8: session.apn: expected labels of letters, digits and hyphens "
			 "as in internet.example, found '%s'\n",
			 bad[i]);
		assert_error("apn: internet", to, expected);
	}
}

static void a_static_address_is_one_of_ipv4(void)
{
	assert_error("apn: internet", "apn: internet\n  address: \"2001:db8::1\"",
		     "ue.yaml:10:12: session.address: expected an IPv4 address\n");
}

static void a_fleet_has_its_own_conditions(void)
{
	struct ue_config config;
	char errors[1024];

	load_fleet = 1000;
	assert_error(
		"  state: usim.state\n", "",
		"ue.yaml:1:1: fleet.ping: expected an IPv4 address behind the GGSN that answers "
		"ICMP echo\n");
	assert_error("  state: usim.state\n", "fleet: {ping: \"2001:db8::1\"}\n",
		     "ue.yaml:6:15: fleet.ping: expected an IPv4 address behind the GGSN that "
		     "answers ICMP echo\n");
	assert_error("sgsn:", "fleet: {ping: 10.2.0.1}\nsgsn:",
		     "ue.yaml:6:10: usim.state: a fleet keeps no state of its USIMs; leave it "
		     "out\n");
	assert_error("  state: usim.state\nsgsn: {address: 10.1.0.1, ggsn: 10.1.0.2}\nsession:\n",
		     "sgsn: {address: 10.1.0.1, ggsn: 10.1.0.2}\nfleet: {ping: 10.2.0.1}\n"
		     "session:\n  address: 10.2.0.7\n",
		     "ue.yaml:9:12: session.address: the devices of a fleet cannot share one; "
		     "leave it out\n");
	load_fleet = 0;
	struct config_file *file =
		load(&config, "  state: usim.state\n",
		     "fleet: {ping: 10.2.0.1, window: 7, traffic: {packets_per_s: 9}}\n", errors,
		     sizeof(errors));
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL(config.fleet.window, 7);
	CU_ASSERT_EQUAL(config.fleet.traffic_packets_per_s, 9);
	CU_ASSERT_EQUAL(config.fleet.ping.octets[3], 1);
	CU_ASSERT_EQUAL(config.fleet.octets, 64);
	ue_config_free(file, &config);
}

static void a_fleet_needs_imsis_for_all(void)
{
	struct ue_config config;
	char errors[1024];

	load_fleet = 100;
	CU_ASSERT_PTR_NULL(load(&config, "262010000000001", "999901", errors, sizeof(errors)));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(errors, "usim.imsi: there are no 100 IMSIs of 6 digits from 999901 on\n"));
	load_fleet = 0;
}

/* What is found in a file that starts. */
static bool find(const char *from, const char *to, char *said, size_t size)
{
	struct ue_config config;
	struct config_file *file = load(&config, from, to, said, size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	FILE *stream = fmemopen(said, size, "w");
	const bool ok = ue_findings(file, &config, stream);
	fclose(stream);
	ue_config_free(file, &config);
	return ok;
}

static void what_keeps_nothing_from_starting_is_found(void)
{
	char said[1024];

	CU_ASSERT_TRUE(find(NULL, NULL, said, sizeof(said)));
	CU_ASSERT_STRING_EQUAL(said, "");
	CU_ASSERT_FALSE(find("host: hss.", "host: hs.", said, sizeof(said)));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "ue.yaml:14:13: hss.host: 'hs.home.example' is not in "
					    "diameter.peers; did you mean hss.home.example?\n"));
	CU_ASSERT_TRUE(find("name_run_by: rand", "counter_octets: 0", said, sizeof(said)));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(said, "ue.yaml:9:3: warning: session.replay_window: 64 is more than "
			     "counter_octets: 0 can tell apart; the window is 4\n"));
}

UNIT_MAIN("ue_config", {"a good file is read", a_good_file_is_read},
	  {"what is not given has the sample file's value",
	   what_is_not_given_has_the_sample_files_value},
	  {"system is umts or eps", system_is_umts_or_eps},
	  {"what keeps nothing from starting is found", what_keeps_nothing_from_starting_is_found},
	  {"one of op and opc is needed", one_of_op_and_opc_is_needed},
	  {"keys are not echoed", keys_are_not_echoed},
	  {"a PLMN has five or six digits", a_plmn_has_five_or_six_digits},
	  {"algorithms combine as clause 3 allows", algorithms_combine_as_clause_3_allows},
	  {"an MSISDN is decimal", an_msisdn_is_decimal},
	  {"routes are IPv4 networks", routes_are_ipv4_networks},
	  {"a device name is short", a_device_name_is_short},
	  {"both ends have the same IP version", both_ends_have_the_same_ip_version},
	  {"a move is to another address", a_move_is_to_another_address},
	  {"an APN has labels", an_apn_has_labels},
	  {"a static address is one of IPv4", a_static_address_is_one_of_ipv4},
	  {"a fleet has its own conditions", a_fleet_has_its_own_conditions},
	  {"a fleet needs IMSIs for all", a_fleet_needs_imsis_for_all})
