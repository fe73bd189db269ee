/* SPDX-License-Identifier: BSD-3-Clause */
/* What of hse.yaml cannot work as it is written, or may not be meant. */
#include "unit_hse_config.h"

#include "hse_findings.h"
#include "policy/cover.h"

#define LOG "log: {level: info}\n"
/* Its TLS files do not exist: --check fails in any case, and start would. */
#define DIAMETER                                                                                   \
	"diameter: {identity: hse.home.test, realm: home.test, tls: {certificate: c, key: k, ca: " \
	"a},\n"                                                                                    \
	"  peers: [{identity: hss1.home.test, address: 10.0.0.1}, {identity: kms.home.test, "      \
	"address: 10.0.0.2}]}\n"
#define PORTS	    "ports: {access: {device: net_null0}, core: {device: net_null1}}\n"
#define FILE_SOURCE "key_sources: [{kind: file, name: lab, path: k.yaml}]\n"

/* What --check says of text beside its TLS files. */
static bool finds(const char *text, const char *line)
{
	check(text);
	return says(line);
}

static void what_is_right_has_no_findings(void)
{
	CU_ASSERT_TRUE(check(BASE STATE PROTECT));
	CU_ASSERT_STRING_EQUAL(said, "");
	CU_ASSERT_TRUE(check(BASE STATE "policy:\n"
					"  - {imsi: \"26201\", apn: iot.example, action: protect}\n"
					"  - {imsi: \"26201\", action: pass}\n"
					"  - {apn: \"*.example\", action: drop}\n"));
	CU_ASSERT_STRING_EQUAL(said, "");
}

/* --- names --- */

static void a_host_of_a_key_source_is_a_peer(void)
{
	CU_ASSERT_TRUE(finds(
		PORTS STATE DIAMETER
		"key_sources:\n"
		"  - {kind: diameter, name: a, realm: home.test, host: hss.home.test}\n",
		"hse.yaml:6:55: key_sources[0].host: 'hss.home.test' is not in diameter.peers; did "
		"you mean hss1.home.test?"));
	CU_ASSERT_TRUE(finds(PORTS STATE DIAMETER "key_sources:\n"
						  "  - {kind: diameter, name: a, realm: home.test, "
						  "hosts: [HSS1.home.test, elsewhere.test], "
						  "keyset_retention_s: 300}\n",
			     "hse.yaml:6:73: key_sources[0].hosts[1]: 'elsewhere.test' is not in "
			     "diameter.peers"));
	CU_ASSERT_PTR_NULL(strstr(said, "hosts[0]"));
	CU_ASSERT_TRUE(
		finds(PORTS STATE DIAMETER
		      "key_sources:\n"
		      "  - {kind: diameter, name: a, realm: home.test, host: hse.home.test}\n",
		      "key_sources[0].host: 'hse.home.test' is diameter.identity: our own name"));
}

static void names_that_nobody_has_keep_nothing_from_starting(void)
{
	check(PORTS STATE DIAMETER
	      "key_sources: [{kind: diameter, name: a, realm: home.test, host: nobody.test}]\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "nobody.test"));
	CU_ASSERT_TRUE(load(
		PORTS STATE DIAMETER
		"key_sources: [{kind: diameter, name: a, realm: home.test, host: nobody.test}]\n"));
	CU_ASSERT_PTR_NULL(strstr(said, "nobody.test"));
}

static void all_is_reported_at_once(void)
{
	CU_ASSERT_FALSE(check(
		PORTS STATE DIAMETER
		"sessions: {gcm_tag_octets: 9, counter_octets: 0}\n"
		"policy: [{action: pass}, {imsi: \"26\", action: drop}]\n"
		"key_sources: [{kind: diameter, name: a, realm: home.test, host: nobody.test},\n"
		"  {kind: diameter, name: a, realm: home.test, host: hss2.home.test}]\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "gcm_tag_octets: must be 8 or 16"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "key_sources[1].name: 'a' is there already"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "key_sources[0].host: 'nobody.test'"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "did you mean hss1.home.test?"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "policy[1]: never applies"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "warning: sessions.replay_window"));
}

static void a_prefetch_without_a_source_before_it_is_warned_of(void)
{
	CU_ASSERT_TRUE(
		finds(PORTS STATE DIAMETER "key_sources: [{kind: diameter, name: a, realm: "
					   "home.test, host: kms.home.test, prefetch: true}]\n",
		      "hse.yaml:5:90: warning: key_sources[0].prefetch: no effect: prefetch needs "
		      "another key source, which gives the keysets"));
}

static void diameter_that_nothing_uses_is_warned_of(void)
{
	CU_ASSERT_TRUE(finds(PORTS STATE DIAMETER FILE_SOURCE,
			     "warning: diameter: no key source is of kind diameter, and "
			     "notifications.peers is empty: Diameter is not used"));
}

/* --- policy --- */

struct rules {
	const char *text; /* from line 4 on */
	const char *said; /* NULL: nothing */
};

static void rules_that_never_apply_are_reported(void)
{
#define BY(rule, line) \
	"never applies: policy[" rule "] (line " line ") fits each session that this rule fits"
	static const struct rules cases[] = {
		{"  - {imsi: \"26201\", action: pass}\n  - {imsi: \"262010\", action: drop}\n",
		 "hse.yaml:6:5: policy[1]: " BY("0", "5") "; move it before, or remove it"},
		{"  - {action: pass}\n  - {apn: a, action: protect}\n",
		 "policy[1]: " BY("0", "5") "; move it before, or remove it"},
		{"  - {imsi: \"26201\", action: drop}\n  - {imsi: \"262010\", action: drop}\n",
		 "hse.yaml:6:5: warning: policy[1]: " BY("0",
							 "5") ", with the same action; remove it"},
		{"  - {imsi: \"262010-262014\", action: pass}\n"
		 "  - {imsi: \"262012\", action: drop}\n",
		 "policy[1]: " BY("0", "5") "; move it before, or remove it"},
		{"  - {imsi: \"262010-262014\", action: pass}\n"
		 "  - {imsi: \"262015-262019\", action: optional}\n"
		 "  - {imsi: \"26201\", action: drop}\n",
		 "policy[2]: never applies: the rules before it fit each session that this rule "
		 "fits; "
		 "move it before, or remove it"},
		{"  - {apn: \"*.Example\", action: drop}\n  - {apn: iot.example, action: drop}\n",
		 "policy[1]: " BY("0", "5") ", with the same action; remove it"},
		{"  - {apn: x, action: pass}\n  - {apn: x, imsi: \"26\", action: optional}\n",
		 "policy[1]: " BY("0", "5") "; move it before, or remove it"},
		{"  - {apn: x, action: protect}\n  - {apn: x, action: drop}\n",
		 "policy[1]: " BY("0", "5") "; move it before, or remove it"},
		/* Not all of what the later one fits. */
		{"  - {imsi: \"262010\", action: pass}\n  - {imsi: \"26201\", action: drop}\n",
		 NULL},
		{"  - {imsi: \"262010-262018\", action: pass}\n  - {imsi: \"26201\", action: "
		 "drop}\n",
		 NULL},
		{"  - {apn: a, action: pass}\n  - {apn: b, action: drop}\n", NULL},
		{"  - {apn: a.b, action: drop}\n  - {apn: \"*.b\", action: drop}\n", NULL},
		{"  - {apn: \"*\", action: drop}\n  - {apn: a.b, action: drop}\n", NULL},
		{"  - {apn: a, action: drop}\n  - {action: drop}\n", NULL},
		/* IMSIs of six digits. */
		{"  - {imsi: \"2620100-2620109\", action: pass}\n  - {imsi: \"262010\", action: "
		 "drop}\n",
		 NULL},
		/* An APN that cannot be read fits the later one alone; a reported session protect alone. */
		{"  - {apn: x, action: pass}\n  - {apn: x, action: drop}\n", NULL},
		{"  - {apn: x, action: drop}\n  - {apn: x, action: protect}\n", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[1024];

		snprintf(text, sizeof(text), BASE STATE "policy:\n%s", cases[i].text);
		const bool good = check(text);
		if (cases[i].said) {
			CU_ASSERT_TRUE(says(cases[i].said));
			CU_ASSERT_EQUAL(good, strstr(said, "with the same action") != NULL);
		} else {
			CU_ASSERT_TRUE(good);
			CU_ASSERT_PTR_NULL(strstr(said, "never applies"));
		}
	}
}

/* The rule that is said to never apply decides no session, tried out. */
static void a_covered_rule_decides_nothing(void)
{
	static const char *const apns[] = {NULL, "a", "b", "a.b", "*", "*.b"};
	static const char *const imsis[] = {
		NULL, "2", "262010", "262010-262014", "26201", "262015-262019", "2620101", "26-27"};
	static const char *const tried_imsis[] = {"262010",	     "262015",		"2620101",
						  "262019999999999", "270000000000000", "200000",
						  "262010000000000"};
	static const uint8_t *const tried_apns[] = {
		(const uint8_t *)"\1a",	   (const uint8_t *)"\1b", (const uint8_t *)"\1a\1b",
		(const uint8_t *)"\1c\1b", (const uint8_t *)"\1c", (const uint8_t *)""};
	unsigned covered = 0;

	srand(1);
	for (unsigned round = 0; round < 20000; round++) {
		struct policy_rule rules[4] = {0}, without[3];
		char member[POLICY_MEMBER];

		for (size_t i = 0; i < 4; i++) {
			rules[i].apn = (char *)apns[(unsigned)rand() % 6];
			rules[i].imsi = (char *)imsis[(unsigned)rand() % 8];
			rules[i].action = rand() % 4;
			CU_ASSERT_PTR_NULL_FATAL(policy_read_rule(&rules[i], member));
		}
		memcpy(without, rules, sizeof(without));
		const struct policy all = {rules, 4}, fewer = {without, 3};
		if (!policy_find_cover(&all, 3).is_covered)
			continue;
		covered++;
		for (size_t i = 0; i < sizeof(tried_imsis) / sizeof(tried_imsis[0]); i++) {
			struct e2m_imsi imsi;

			e2m_imsi_parse(&imsi, tried_imsis[i], strlen(tried_imsis[i]));
			CU_ASSERT_EQUAL_FATAL(policy_decide_reported(&all, &imsi),
					      policy_decide_reported(&fewer, &imsi));
			for (size_t j = 0; j < sizeof(tried_apns) / sizeof(tried_apns[0]); j++) {
				const size_t len = strlen((const char *)tried_apns[j]);

				CU_ASSERT_EQUAL_FATAL(
					policy_decide(&all, &imsi, tried_apns[j], len),
					policy_decide(&fewer, &imsi, tried_apns[j], len));
			}
		}
	}
	CU_ASSERT_TRUE(covered > 1000);
}

/* --- numbers --- */

static void numbers_that_cannot_be_used_are_errors(void)
{
	static const char *const cases[][2] = {
		{"numbers: {fc_e2mkeyset: 0xE2}\n", "hse.yaml:4:25: numbers.fc_e2mkeyset: 0xe2 is "
						    "numbers.fc_algorithm_key as well; each key "
						    "needs an FC of its own"},
		{"numbers: {fc_umts_prime: 0xE1}\n",
		 "hse.yaml:4:26: numbers.fc_umts_prime: 0xe1 is numbers.fc_e2mkeyset as well; each "
		 "key needs "
		 "an FC of its own"},
		{"numbers: {fc_umts_prime: 7, fc_algorithm_key: 7}\n",
		 "hse.yaml:4:47: numbers.fc_algorithm_key: 0x07 is numbers.fc_umts_prime as well; "
		 "each key "
		 "needs an FC of its own"},
		{"numbers: {fc_e2mkeyset: 0x10}\n",
		 "numbers.fc_e2mkeyset: 0x10 is FC of KASME (TS 33.401 A.2); take another"},
		{"numbers: {amf_e2m_bit: 0x00C0}\n", "numbers.amf_e2m_bit: 0x00c0 is not one bit"},
		{"numbers: {amf_e2m_bit: 0}\n", "numbers.amf_e2m_bit: 0x0000 is not one bit"},
		{"numbers: {amf_e2m_bit: 0x8000}\n",
		 "numbers.amf_e2m_bit: 0x8000 is the separation bit of EPS (TS 33.401 6.1.1); take "
		 "another"},
		{"numbers: {gcm_identity: 2}\n",
		 "numbers.gcm_identity: 0x02 is eea2; take another"},
		{"numbers: {diameter_application: 0}\n",
		 "numbers.diameter_application: 0 is an application of the base protocol (RFC "
		 "6733); take "
		 "another"},
		{"numbers: {diameter_vendor: 0}\n", "numbers.diameter_vendor: 0 is the vendor of "
						    "the base protocol (RFC 6733); take another"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[1024];

		snprintf(text, sizeof(text), BASE STATE "%s", cases[i][0]);
		CU_ASSERT_FALSE(load(text));
		CU_ASSERT_TRUE(says(cases[i][1]));
	}
	CU_ASSERT_TRUE(load(BASE STATE "numbers: {fc_umts_prime: 0xE1, fc_e2mkeyset: 0xE0}\n"));
}

/* --- sessions --- */

static void a_window_that_is_clamped_is_warned_of(void)
{
	CU_ASSERT_TRUE(check(BASE STATE "sessions: {counter_octets: 0, replay_window: 64}\n"));
	CU_ASSERT_TRUE(says("hse.yaml:4:46: warning: sessions.replay_window: 64 is more than "
			    "counter_octets: 0 can tell apart; the window is 4"));
	CU_ASSERT_TRUE(
		check(BASE STATE "sessions: {counter_octets: 1, replay_window: 1024}\n" PROTECT));
	CU_ASSERT_STRING_EQUAL(said, "");
	CU_ASSERT_TRUE(
		check(BASE STATE "sessions: {counter_octets: 0, replay_window: 4}\n" PROTECT));
	CU_ASSERT_STRING_EQUAL(said, "");
}

static void waits_that_contradict_each_other_are_warned_of(void)
{
	CU_ASSERT_TRUE(
		check(BASE STATE "pull: {hold_packets_total: 10, hold_packets_per_session: 11}\n"));
	CU_ASSERT_TRUE(says("hse.yaml:4:28: warning: pull.hold_packets_total: 10 is less than "
			    "hold_packets_per_session, 11, which is never used up"));
	CU_ASSERT_TRUE(check(BASE STATE "pull: {hold_ms: 1000, timeout_ms: 2000}\n"));
	CU_ASSERT_TRUE(says(
		"hse.yaml:4:17: warning: pull.hold_ms: 1000 is less than timeout_ms, 2000: held "
		"packets are dropped before an answer that is in time"));
}

static void an_algorithm_without_a_partner_is_warned_of(void)
{
	CU_ASSERT_TRUE(
		check(BASE STATE
		      "allowed_algorithms: {ciphering: [eea2, gcm], integrity: [eia2, eia0]}\n"));
	CU_ASSERT_TRUE(says(
		"hse.yaml:4:40: warning: allowed_algorithms.ciphering[1]: never used: no allowed "
		"algorithm goes with gcm"));
	CU_ASSERT_TRUE(says(
		"hse.yaml:4:64: warning: allowed_algorithms.integrity[1]: never used: no allowed "
		"algorithm goes with eia0, which needs sessions.allow_null_integrity"));
}

/* --- CPUs --- */

static void a_worker_on_the_cpu_of_control_is_warned_of(void)
{
	CU_ASSERT_TRUE(check(BASE STATE "workers: {count: 1, lcores: [0], control_lcore: 0}\n"));
	CU_ASSERT_TRUE(
		says("hse.yaml:4:30: warning: workers.lcores[0]: worker 0 shares CPU 0 with the "
		     "control thread: both are slower; change control_lcore or lcores"));
	CU_ASSERT_TRUE(check(BASE STATE "workers: {count: 1, control_lcore: 1}\n"));
	CU_ASSERT_TRUE(says(
		"hse.yaml:4:36: warning: workers.control_lcore: worker 0 shares CPU 1 with the "
		"control thread: both are slower; change control_lcore or lcores"));
}

static void cpus_that_do_not_exist_are_errors(void)
{
	CU_ASSERT_FALSE(load(BASE STATE "workers: {count: 1, control_lcore: 1023}\n"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(said, "hse.yaml:4:36: workers.control_lcore: CPU 1023 does not exist"));
	CU_ASSERT_FALSE(load(BASE STATE "workers: {count: 1, lcores: [1023]}\n"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(said, "hse.yaml:4:30: workers.lcores[0]: CPU 1023 does not exist"));
	CU_ASSERT_FALSE(check(BASE STATE "workers: {count: 2, lcores: [0]}\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "names 1 lcores for 2 workers"));
}

static void a_state_without_a_folder_is_warned_of(void)
{
	CU_ASSERT_TRUE(check(BASE "\nstate: {path: /nonexistent/state}\n"));
	CU_ASSERT_TRUE(
		says("hse.yaml:4:15: warning: state.path: there is no folder /nonexistent: make it "
		     "before the start, or correct the path"));
	CU_ASSERT_TRUE(check(BASE "\nstate: {path: /tmp/state}\n" PROTECT));
	CU_ASSERT_STRING_EQUAL(said, "");
}

static void more_memory_than_there_is_is_an_error(void)
{
	CU_ASSERT_FALSE(load(BASE STATE "memory: {mib: 524288}\n"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(said, "hse.yaml:4:15: memory.mib: 524288 is more than this machine has, "));
}

/* --- ports --- */

#define DEVICES(access, core) \
	"ports: {access: {device: " access "}, core: {device: " core "}}\n" FILE_SOURCE STATE

static void a_device_that_dpdk_does_not_know_is_explained(void)
{
	CU_ASSERT_FALSE(load(DEVICES("eth0", "eth1")));
	CU_ASSERT_TRUE(
		says("hse.yaml:1:26: ports.access.device: 'eth0' is no device of DPDK: for an "
		     "interface of Linux write \"net_af_packet0,iface=eth0\", for a NIC its PCI "
		     "address, such as \"0000:3b:00.0\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "\"net_af_packet1,iface=eth1\""));
	CU_ASSERT_FALSE(load(DEVICES("\"net_af_packet0, iface=eth0\"", "net_null0")));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "has a space in it"));
	CU_ASSERT_FALSE(load(DEVICES("net_af_packet0", "net_null0")));
	CU_ASSERT_TRUE(
		says("hse.yaml:1:26: ports.access.device: net_af_packet0 needs an interface: write "
		     "\"net_af_packet0,iface=NAME\""));
	CU_ASSERT_FALSE(load(DEVICES("net_af_packet0,iface=acc0", "net_null0")));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "a text with ',' needs quotes within {...}"));
}

static void interfaces_that_are_not_there_are_warned_of(void)
{
	CU_ASSERT_TRUE(check(
		DEVICES("\"net_af_packet0,iface=lo\"", "\"net_af_packet1,iface=none-such\"")));
	CU_ASSERT_TRUE(
		says("warning: ports.core.device: this machine has no interface none-such (now, in "
		     "this network namespace)"));
	CU_ASSERT_PTR_NULL(strstr(said, "interface lo"));
	CU_ASSERT_TRUE(check(DEVICES("ffff:1f:1f.7", "net_null0")));
	CU_ASSERT_TRUE(
		says("hse.yaml:1:26: warning: ports.access.device: this machine has no PCI device "
		     "ffff:1f:1f.7"));
}

UNIT_MAIN("hse_findings", {"what is right has no findings", what_is_right_has_no_findings},
	  {"a host of a key source is a peer", a_host_of_a_key_source_is_a_peer},
	  {"names that nobody has keep nothing from starting",
	   names_that_nobody_has_keep_nothing_from_starting},
	  {"all is reported at once", all_is_reported_at_once},
	  {"a prefetch without a source before it is warned of",
	   a_prefetch_without_a_source_before_it_is_warned_of},
	  {"diameter that nothing uses is warned of", diameter_that_nothing_uses_is_warned_of},
	  {"rules that never apply are reported", rules_that_never_apply_are_reported},
	  {"a covered rule decides nothing", a_covered_rule_decides_nothing},
	  {"numbers that cannot be used are errors", numbers_that_cannot_be_used_are_errors},
	  {"a window that is clamped is warned of", a_window_that_is_clamped_is_warned_of},
	  {"waits that contradict each other are warned of",
	   waits_that_contradict_each_other_are_warned_of},
	  {"an algorithm without a partner is warned of",
	   an_algorithm_without_a_partner_is_warned_of},
	  {"a worker on the CPU of control is warned of",
	   a_worker_on_the_cpu_of_control_is_warned_of},
	  {"CPUs that do not exist are errors", cpus_that_do_not_exist_are_errors},
	  {"a state without a folder is warned of", a_state_without_a_folder_is_warned_of},
	  {"more memory than there is is an error", more_memory_than_there_is_is_an_error},
	  {"a device that DPDK does not know is explained",
	   a_device_that_dpdk_does_not_know_is_explained},
	  {"interfaces that are not there are warned of",
	   interfaces_that_are_not_there_are_warned_of})
