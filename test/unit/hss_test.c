/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/hss.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "hss/rate_limit.h"
#include "unit.h"

#define HSE  "hse.home.test"
#define HSE2 "other.home.test"
#define KMS  "kms.home.test"
#define IMSI "001010000000001"
/* TS 35.208 4.3, test set 1. */
#define K   "465b5ce8b199b49faa5f0a2ee238a6bc"
#define OP  "cdc202d5123e20f62b6d676ac72cb318"
#define OPC "cd63cb71954a9f4e48a5994e37a02baf"

static char dir[] = "/tmp/unit-hss-XXXXXX";

static const char start[] =
	"state: sqn\n"
	"log: {level: error}\n"
	"diameter: {identity: hss.home.test, realm: home.test, listen: {address: 127.0.0.1},\n"
	"  tls: {certificate: x.pem, key: x.pem, ca: x.pem}, peers: [{identity: " HSE
	"}, {identity: " KMS "}]}\n";

static const char one_subscriber[] = "subscribers: [{imsi: \"" IMSI "\", k: " K ", opc: " OPC
				     ", ciphering: gcm, integrity: gcm, lifetime_s: 600,\n"
				     "  hses: [" HSE2 ", " HSE ", " KMS "]}]\n";

static void write_file(const char *name, const char *a, const char *b, const char *c)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	fprintf(f, "%s%s%s", a, b, c);
	fclose(f);
}

/* Loads start, more and subscribers; said is what was said. */
static struct config_file *load(struct hss_config *config, const char *more,
				const char *subscribers, char *said, size_t size)
{
	FILE *errors = fmemopen(said, size, "w");
	char path[64];

	write_file("hss.yaml", start, more, subscribers);
	snprintf(path, sizeof(path), "%s/hss.yaml", dir);
	struct config_file *file = hss_config_load(path, config, errors);
	fclose(errors);
	return file;
}

static void a_wrong_configuration_is_told_by_line(void)
{
#define SUBSCRIBER "imsi: \"" IMSI "\", k: " K
	static const struct {
		const char *more, *subscribers, *said;
	} cases[] = {
		{"role: hlr\n", one_subscriber, "hss.yaml:5:7: role: "},
		{"role: kms\n", one_subscriber, "hss.yaml:6:14: subscribers: role kms has no"},
		{"role: kms\n", "", "kms: required by role kms, but missing"},
		{"", "", "subscribers: required by role hss, but missing"},
		{"", "kms: {hss: {hosts: [x], realm: y}}\n", "kms: role hss has no such"},
		{"keyset_retention_s: 0\n", one_subscriber, "hss.yaml:5:21: keyset_retention_s: "},
		{"kms_peers: [" KMS ", kms2.home.test]\n", one_subscriber,
		 "hss.yaml:5:28: kms_peers[1]: 'kms2.home.test' is not in diameter.peers"},
		{"role: kms\nkms_peers: []\n", "",
		 "hss.yaml:6:12: kms_peers: role kms has no such"},
		{"typo: 1\n", one_subscriber, "hss.yaml:5:1: typo: "},
		{"", "subscribers: [{" SUBSCRIBER "}]\n",
		 "hss.yaml:5:15: subscribers[0]: expected either 'opc' or 'op'"},
		{"", "subscribers: [{" SUBSCRIBER ", op: " OP ", opc: " OPC "}]\n",
		 "subscribers[0]: expected either 'opc' or 'op'"},
		{"", "subscribers: [{" SUBSCRIBER ", opc: " OPC ", ciphering: gcm}]\n",
		 "subscribers[0]: gcm with eia2"},
		{"",
		 "subscribers: [{" SUBSCRIBER ", opc: " OPC "}, {" SUBSCRIBER ", opc: " OPC "}]\n",
		 "hss.yaml:5:125: subscribers[1].imsi: IMSI " IMSI
		 " is there already: subscribers[0], line 5"},
		{"", "subscribers: [{" SUBSCRIBER ", opc: 46}]\n", "subscribers[0].opc: "},
		{"", "subscribers: [{" SUBSCRIBER ", opc: " OPC ", count: 0}]\n",
		 "subscribers[0].count: "},
		{"", "subscribers: [{imsi: \"999990\", k: " K ", opc: " OPC ", count: 11}]\n",
		 "subscribers[0]: there are no 11 IMSIs of 6 digits from 999990 on"},
		{"",
		 "subscribers: [{" SUBSCRIBER ", opc: " OPC ", count: 9000000},\n"
		 "  {imsi: \"262010000000001\", k: " K ", opc: " OPC ", count: 1000001}]\n",
		 "subscribers: 10000001 subscribers are more than 10000000"},
		{"",
		 "subscribers: [{" SUBSCRIBER ", opc: " OPC ", count: 10},\n"
		 "  {imsi: \"001010000000005\", k: " K ", opc: " OPC "}]\n",
		 "hss.yaml:6:10: subscribers[1].imsi: IMSI 001010000000005 is there already: "
		 "subscribers[0], line 5"},
	};
	struct hss_config config;
	char said[1000];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(said, 0, sizeof(said));
		CU_ASSERT_PTR_NULL(
			load(&config, cases[i].more, cases[i].subscribers, said, sizeof(said)));
		CU_ASSERT_PTR_NOT_NULL(strstr(said, cases[i].said));
		CU_ASSERT_PTR_NULL(strstr(said, K));
	}
}

static void opc_is_made_of_op(void)
{
	struct hss_config config;
	uint8_t opc[AKA_K_LEN];
	char said[1000] = "";
	struct config_file *file = load(
		&config, "", "subscribers: [{" SUBSCRIBER ", op: " OP "}]\n", said, sizeof(said));

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	unit_hex(opc, sizeof(opc), OPC);
	CU_ASSERT_EQUAL(memcmp(config.subscribers.list[0].opc, opc, sizeof(opc)), 0);
	hss_config_free(&config, file);
}

static struct config_file *load_range(struct hss_config *config, const char *settings)
{
	char subscribers[400], said[1000] = "";

	snprintf(subscribers, sizeof(subscribers),
		 "subscribers: [{imsi: \"262010000000098\", count: 1000, k: " K
		 ", %s}, {" SUBSCRIBER ", opc: " OPC "}]\n",
		 settings);
	struct config_file *file = load(config, "", subscribers, said, sizeof(said));
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL_FATAL(config->subscribers.count, 1001);
	return file;
}

static const struct subscriber *find(const struct hss_config *config, const char *digits)
{
	struct e2m_imsi imsi;

	e2m_imsi_parse(&imsi, digits, strlen(digits));
	return subscribers_find(&config->subscribers, &imsi);
}

static void an_entry_stands_for_count_subscribers(void)
{
	struct hss_config config;
	struct config_file *file = load_range(&config, "opc: " OPC ", lifetime_s: 60");
	const struct subscriber *first = find(&config, "262010000000098");
	const struct subscriber *last = find(&config, "262010000001097");

	CU_ASSERT_PTR_NOT_NULL_FATAL(first);
	CU_ASSERT_PTR_NOT_NULL_FATAL(last);
	CU_ASSERT_PTR_NULL(find(&config, "262010000000097"));
	CU_ASSERT_PTR_NULL(find(&config, "262010000001098"));
	CU_ASSERT_EQUAL(memcmp(first->k, last->k, sizeof(first->k)), 0);
	CU_ASSERT_EQUAL(last->lifetime_s, 60);
	CU_ASSERT_EQUAL(find(&config, IMSI)->lifetime_s, 0);
	hss_config_free(&config, file);
}

static void each_of_them_has_its_own_k_and_opc_where_they_are_derived(void)
{
	struct hss_config config;
	struct config_file *file = load_range(&config, "op: " OP ", derive_k: true");
	const struct subscriber *first = find(&config, "262010000000098");
	const struct subscriber *last = find(&config, "262010000001097");
	uint8_t base[AKA_K_LEN], k[AKA_K_LEN], op[AKA_K_LEN], opc[AKA_K_LEN];

	unit_hex(base, sizeof(base), K);
	unit_hex(op, sizeof(op), OP);
	CU_ASSERT_EQUAL(aka_derive_k(base, &last->imsi, k), 0);
	CU_ASSERT_EQUAL(milenage_opc(k, op, opc), 0);
	CU_ASSERT_EQUAL(memcmp(last->k, k, sizeof(k)), 0);
	CU_ASSERT_EQUAL(memcmp(last->opc, opc, sizeof(opc)), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(first->k, last->k, sizeof(k)), 0);
	CU_ASSERT_EQUAL(memcmp(find(&config, IMSI)->k, base, sizeof(base)), 0);
	hss_config_free(&config, file);
}

/* --- an HSS with one subscriber, and its USIM --- */

static struct {
	struct hss_config config;
	struct config_file *file;
	struct hss *hss;
	struct aka_usim usim;
} lab;

static void open_lab(const char *more)
{
	char said[1000] = "", path[64];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/sqn%s", dir, i ? "-lock" : "");
		unlink(path);
	}
	lab.file = load(&lab.config, more, one_subscriber, said, sizeof(said));
	CU_ASSERT_PTR_NOT_NULL_FATAL(lab.file);
	lab.hss = hss_open(&lab.config, stderr);
	CU_ASSERT_PTR_NOT_NULL_FATAL(lab.hss);
	memset(&lab.usim, 0, sizeof(lab.usim));
	unit_hex(lab.usim.k, sizeof(lab.usim.k), K);
	unit_hex(lab.usim.opc, sizeof(lab.usim.opc), OPC);
}

static void close_lab(void)
{
	hss_close(lab.hss);
	hss_config_free(&lab.config, lab.file);
}

static struct diameter_auth_request auth_request(enum aka_system system)
{
	struct diameter_auth_request request = {
		.imsi.digits = IMSI, .system = system, .visited_plmn = {0x00, 0xf1, 0x10}};

	return request;
}

static struct diameter_auth_answer ask(const struct diameter_auth_request *request)
{
	struct diameter_auth_answer answer = {.outcome = DIAMETER_AUTH_REFUSED};

	hss_answer_auth(lab.hss, request, &answer);
	return answer;
}

/* hse: "" when the peer names nobody that it pulls for. */
static struct diameter_key_answer pull_for(const char *peer, const char *hse, const char *imsi,
					   enum e2m_keyset_id_type type, const uint8_t *value)
{
	struct diameter_key_answer answer = {.outcome = DIAMETER_KEY_REFUSED};
	struct diameter_key_request request = {.id = e2m_keyset_id_make(type, value)};

	e2m_imsi_parse(&request.imsi, imsi, strlen(imsi));
	snprintf(request.origin_host, sizeof(request.origin_host), "%s", peer);
	snprintf(request.on_behalf_of, sizeof(request.on_behalf_of), "%s", hse);
	hss_answer_pull(lab.hss, &request, &answer);
	return answer;
}

static struct diameter_key_answer pull(const char *imsi, const char *hse,
				       enum e2m_keyset_id_type type, const uint8_t *value)
{
	return pull_for(hse, "", imsi, type, value);
}

/* One AKA, and the pull of its keyset by SQN and by RAND. */
static void run_aka(enum aka_system system)
{
	struct diameter_auth_request request = auth_request(system);
	struct diameter_auth_answer vector = ask(&request);
	struct aka_usim_result usim;

	CU_ASSERT_EQUAL(vector.outcome, DIAMETER_AUTH_OK);
	CU_ASSERT_EQUAL(aka_run_usim(&e2m_default_numbers, &lab.usim, system, vector.vector.rand,
				     vector.vector.autn, request.visited_plmn, &usim),
			0);
	CU_ASSERT_TRUE(usim.has_keyset);
	CU_ASSERT_EQUAL(memcmp(usim.res, vector.vector.xres, sizeof(usim.res)), 0);
	CU_ASSERT_EQUAL(memcmp(usim.kasme, vector.vector.kasme, sizeof(usim.kasme)), 0);
	/* AMF, after SQN xor AK: the e2m bit, and in EPS the separation bit. */
	CU_ASSERT_EQUAL(vector.vector.autn[6] & 0x80, system == AKA_EPS ? 0x80 : 0);
	CU_ASSERT_EQUAL(vector.vector.autn[7] & 0x80, 0x80);
	struct diameter_key_answer by_sqn = pull(IMSI, HSE, E2M_ID_SQN, usim.sqn);
	struct diameter_key_answer by_rand = pull(IMSI, HSE, E2M_ID_RAND, vector.vector.rand);
	CU_ASSERT_EQUAL(by_sqn.outcome, DIAMETER_KEY_FOUND);
	CU_ASSERT_EQUAL(by_rand.outcome, DIAMETER_KEY_FOUND);
	CU_ASSERT_EQUAL(memcmp(&by_sqn.keyset, &usim.keyset, sizeof(usim.keyset)), 0);
	CU_ASSERT_EQUAL(memcmp(&by_rand.keyset, &usim.keyset, sizeof(usim.keyset)), 0);
	CU_ASSERT_EQUAL(by_sqn.ciphering, E2M_EEA_GCM);
	CU_ASSERT_EQUAL(by_sqn.integrity, E2M_EIA_GCM);
	CU_ASSERT_EQUAL(by_sqn.lifetime_s, 600);
}

static void hse_and_usim_get_the_same_keyset(void)
{
	open_lab("");
	run_aka(AKA_UMTS);
	run_aka(AKA_EPS);
	run_aka(AKA_UMTS);
	close_lab();
}

static void a_usim_that_is_ahead_resynchronises(void)
{
	struct diameter_auth_request request = auth_request(AKA_UMTS);
	struct aka_usim_result usim;

	open_lab("");
	for (int ind = 0; ind < 1 << AKA_IND_BITS; ind++)
		lab.usim.seq[ind] = 5000;
	struct diameter_auth_answer vector = ask(&request);
	CU_ASSERT_EQUAL(aka_run_usim(&e2m_default_numbers, &lab.usim, AKA_UMTS, vector.vector.rand,
				     vector.vector.autn, NULL, &usim),
			-ESTALE);
	request.resynchronise = true;
	memcpy(request.rand, vector.vector.rand, sizeof(request.rand));
	memcpy(request.auts, usim.auts, sizeof(request.auts));
	request.auts[AKA_AUTS_LEN - 1] ^= 1;
	CU_ASSERT_EQUAL(ask(&request).outcome, DIAMETER_AUTH_DATA_UNAVAILABLE);
	request.auts[AKA_AUTS_LEN - 1] ^= 1;
	vector = ask(&request);
	CU_ASSERT_EQUAL(vector.outcome, DIAMETER_AUTH_OK);
	CU_ASSERT_EQUAL(aka_run_usim(&e2m_default_numbers, &lab.usim, AKA_UMTS, vector.vector.rand,
				     vector.vector.autn, NULL, &usim),
			0);
	CU_ASSERT_EQUAL(aka_sqn_read(usim.sqn) >> AKA_IND_BITS, 5001);
	close_lab();
}

static void each_refusal_of_clause_4_has_its_reason(void)
{
	static const uint8_t never[E2M_RAND_LEN] = {9};
	struct diameter_auth_request request = auth_request(AKA_UMTS);

	open_lab("");
	struct diameter_auth_answer vector = ask(&request);
	const uint8_t *rand = vector.vector.rand;
	CU_ASSERT_EQUAL(pull("001010000000002", HSE, E2M_ID_RAND, rand).outcome,
			DIAMETER_KEY_USER_UNKNOWN);
	CU_ASSERT_EQUAL(pull(IMSI, "foreign.home.test", E2M_ID_RAND, rand).outcome,
			DIAMETER_KEY_NOT_AUTHORIZED);
	CU_ASSERT_EQUAL(pull(IMSI, HSE, E2M_ID_RAND, never).outcome, DIAMETER_KEY_NOT_AVAILABLE);
	CU_ASSERT_EQUAL(pull(IMSI, HSE, E2M_ID_SQN, never).outcome, DIAMETER_KEY_NOT_AVAILABLE);
	CU_ASSERT_EQUAL(pull(IMSI, HSE, E2M_ID_RAND, rand).outcome, DIAMETER_KEY_FOUND);
	e2m_imsi_parse(&request.imsi, "001010000000002", 15);
	CU_ASSERT_EQUAL(ask(&request).outcome, DIAMETER_AUTH_USER_UNKNOWN);
	close_lab();
}

/* --- one HSE a keyset --- */

/* The RAND of a new AKA run. */
static struct e2m_keyset_id run(void)
{
	struct diameter_auth_request request = auth_request(AKA_UMTS);

	return e2m_keyset_id_make(E2M_ID_RAND, ask(&request).vector.rand);
}

static enum diameter_key_outcome outcome(const char *peer, const char *hse,
					 const struct e2m_keyset_id *id)
{
	static const struct e2m_keyset none;
	struct diameter_key_answer answer = pull_for(peer, hse, IMSI, id->type, id->value);

	CU_ASSERT_EQUAL(!memcmp(&answer.keyset, &none, sizeof(none)),
			answer.outcome != DIAMETER_KEY_FOUND);
	return answer.outcome;
}

static void of_two_hses_that_may_pull_a_keyset_the_first_has_it(void)
{
	open_lab("");
	struct e2m_keyset_id id = run();
	CU_ASSERT_EQUAL(outcome(HSE, "", &id), DIAMETER_KEY_FOUND);
	CU_ASSERT_EQUAL(outcome(HSE2, "", &id), DIAMETER_KEY_NOT_AUTHORIZED);
	CU_ASSERT_EQUAL(outcome(HSE, "", &id), DIAMETER_KEY_FOUND);
	id = run();
	CU_ASSERT_EQUAL(outcome(HSE2, "", &id), DIAMETER_KEY_FOUND);
	close_lab();
}

static void a_kms_gets_what_the_hse_has_that_it_pulls_for_and_nothing_else(void)
{
	open_lab("kms_peers: [" KMS "]\n");
	struct e2m_keyset_id id = run();
	CU_ASSERT_EQUAL(outcome(KMS, "", &id), DIAMETER_KEY_NOT_AUTHORIZED);
	CU_ASSERT_EQUAL(outcome(HSE, "", &id), DIAMETER_KEY_FOUND);
	CU_ASSERT_EQUAL(outcome(KMS, HSE, &id), DIAMETER_KEY_FOUND);
	CU_ASSERT_EQUAL(outcome(KMS, HSE2, &id), DIAMETER_KEY_NOT_AUTHORIZED);
	CU_ASSERT_EQUAL(outcome(KMS, "", &id), DIAMETER_KEY_NOT_AUTHORIZED);
	CU_ASSERT_EQUAL(outcome(HSE, "", &id), DIAMETER_KEY_FOUND);
	close_lab();
}

static void what_a_kms_pulled_first_is_the_hses_that_it_pulled_for(void)
{
	open_lab("kms_peers: [KMS.home.test]\n");
	struct e2m_keyset_id id = run();
	CU_ASSERT_EQUAL(outcome(KMS, HSE, &id), DIAMETER_KEY_FOUND);
	CU_ASSERT_EQUAL(outcome(HSE2, "", &id), DIAMETER_KEY_NOT_AUTHORIZED);
	CU_ASSERT_EQUAL(outcome(HSE, "", &id), DIAMETER_KEY_FOUND);
	close_lab();
}

static void who_is_no_kms_pulls_for_himself_whatever_he_says(void)
{
	open_lab("kms_peers: [" KMS "]\n");
	struct e2m_keyset_id id = run();
	CU_ASSERT_EQUAL(outcome(HSE, "", &id), DIAMETER_KEY_FOUND);
	CU_ASSERT_EQUAL(outcome(HSE2, HSE, &id), DIAMETER_KEY_NOT_AUTHORIZED);
	id = run();
	CU_ASSERT_EQUAL(outcome(HSE2, HSE, &id), DIAMETER_KEY_FOUND);
	CU_ASSERT_EQUAL(outcome(HSE, "", &id), DIAMETER_KEY_NOT_AUTHORIZED);
	close_lab();
}

static void a_keyset_is_not_available_when_its_time_has_passed(void)
{
	struct diameter_auth_request request = auth_request(AKA_UMTS);
	const struct timespec retention = {.tv_sec = 1, .tv_nsec = 10000000};

	open_lab("keyset_retention_s: 1\n");
	struct diameter_auth_answer vector = ask(&request);
	nanosleep(&retention, NULL);
	CU_ASSERT_EQUAL(pull(IMSI, HSE, E2M_ID_RAND, vector.vector.rand).outcome,
			DIAMETER_KEY_NOT_AVAILABLE);
	hss_tick(lab.hss);
	CU_ASSERT_EQUAL(pull(IMSI, HSE, E2M_ID_RAND, vector.vector.rand).outcome,
			DIAMETER_KEY_NOT_AVAILABLE);
	close_lab();
}

static void too_many_pulls_a_second_are_too_busy(void)
{
	static const uint8_t never[E2M_RAND_LEN] = {9};
	unsigned busy = 0;

	open_lab("max_pulls_per_s: 1\n");
	CU_ASSERT_EQUAL(pull(IMSI, HSE, E2M_ID_RAND, never).outcome, DIAMETER_KEY_NOT_AVAILABLE);
	for (int i = 0; i < 5; i++)
		busy += pull(IMSI, HSE, E2M_ID_RAND, never).outcome == DIAMETER_KEY_TOO_BUSY;
	CU_ASSERT_TRUE(busy > 0);
	close_lab();
}

static void the_rate_is_kept_over_time(void)
{
	struct rate_limit limit = {.per_s = 1000};
	unsigned taken = 0;

	/* Ten seconds of a try each 0.1 ms: the rate, and what the bucket held at first. */
	for (uint64_t now = 1; now < UINT64_C(10000000000); now += 100000)
		taken += rate_limit_take(&limit, now);
	CU_ASSERT_TRUE(taken >= 10000 && taken <= 10100);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"a wrong configuration is told by line", a_wrong_configuration_is_told_by_line},
		{"OPc is made of OP", opc_is_made_of_op},
		{"an entry stands for count subscribers", an_entry_stands_for_count_subscribers},
		{"each of them has its own K and OPc where they are derived",
		 each_of_them_has_its_own_k_and_opc_where_they_are_derived},
		{"HSE and USIM get the same keyset", hse_and_usim_get_the_same_keyset},
		{"a USIM that is ahead resynchronises", a_usim_that_is_ahead_resynchronises},
		{"each refusal of clause 4 has its reason",
		 each_refusal_of_clause_4_has_its_reason},
		{"of two HSEs that may pull a keyset the first has it",
		 of_two_hses_that_may_pull_a_keyset_the_first_has_it},
		{"a KMS gets what the HSE has that it pulls for, and nothing else",
		 a_kms_gets_what_the_hse_has_that_it_pulls_for_and_nothing_else},
		{"what a KMS pulled first is the HSE's that it pulled for",
		 what_a_kms_pulled_first_is_the_hses_that_it_pulled_for},
		{"who is no KMS pulls for himself, whatever he says",
		 who_is_no_kms_pulls_for_himself_whatever_he_says},
		{"a keyset is not available when its time has passed",
		 a_keyset_is_not_available_when_its_time_has_passed},
		{"too many pulls a second are too busy", too_many_pulls_a_second_are_too_busy},
		{"the rate is kept over time", the_rate_is_kept_over_time},
	};
	char command[64];

	program_set_log_level(PROGRAM_ERROR);
	if (!mkdtemp(dir))
		return 1;
	write_file("x.pem", "", "", "");
	int rc = unit_run("hss", tests, sizeof(tests) / sizeof(tests[0]));
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command) || rc;
}
