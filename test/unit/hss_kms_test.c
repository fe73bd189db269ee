/* SPDX-License-Identifier: BSD-3-Clause */
/* A KMS between an HSS and two HSEs, over Diameter. The HSS does as the last digit of the IMSI says, and gives a
 * keyset to whoever asks. */
#include "hss/kms.h"

#include <sys/stat.h>

#include "unit_diameter.h"

#define HSE2	  UNIT_SGSN /* another HSE */
#define PULLS_MAX 4

static struct {
	bool ready, stop;
	unsigned asked, asked_for[2]; /* by HSE */
} * hss;

static struct {
	bool ready, stop;
} * kms;

static struct client {
	bool connected;
	unsigned answered;
	int64_t slowest_ms;
	struct diameter_key_answer answers[PULLS_MAX];
} * clients;

/* --- the HSS: 1 to 4 are the outcomes of that number, 6 is slow, 7 silent --- */

static void answer_pull(void *arg, const struct diameter_key_request *request,
			struct diameter_key_answer *answer)
{
	unsigned last = (unsigned)(request->imsi.digits[14] - '0');

	(void)arg;
	__atomic_add_fetch(&hss->asked, 1, __ATOMIC_RELAXED);
	hss->asked_for[0] += !strcmp(request->on_behalf_of, UNIT_HSE);
	hss->asked_for[1] += !strcmp(request->on_behalf_of, HSE2);
	if (last >= 6)
		unit_sleep_ms(last == 6 ? 500 : 3000);
	answer->outcome = last <= 4 ? (enum diameter_key_outcome)last : DIAMETER_KEY_FOUND;
	answer->ciphering = E2M_EEA1;
	answer->integrity = E2M_EIA3;
	answer->lifetime_s = 3600;
	memset(&answer->keyset, (int)last + 1, sizeof(answer->keyset));
}

static void run_hss(void)
{
	if (unit_diameter_init(UNIT_HSS) || diameter_serve_keys(answer_pull, NULL) ||
	    diameter_start())
		_exit(1);
	hss->ready = true;
	UNIT_WAIT(hss->stop, 60000);
	diameter_stop();
}

/* --- the KMS --- */

static const char *kms_section;

static void write_file(const char *name, const char *text)
{
	char *path = unit_path(name, "");
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
	chmod(path, 0600);
	free(path);
}

static struct config_file *load(struct hss_config *config, const char *section, FILE *errors)
{
	char *path = unit_path("kms.yaml", ""), *text = NULL;
	const uint8_t *a = unit_address.octets;

	if (asprintf(&text,
		     "role: kms\nstate: keysets\nlog: {level: error}\n"
		     "diameter: {identity: " UNIT_KMS ", realm: " UNIT_REALM ",\n"
		     "  listen: {address: %u.%u.%u.%u, port: %u}, connect_interval_s: 1,\n"
		     "  tls: {certificate: " UNIT_KMS ".pem, key: " UNIT_KMS ".key, ca: ca.pem},\n"
		     "  peers: [{identity: " UNIT_HSS ", address: %u.%u.%u.%u},\n"
		     "    {identity: " UNIT_HSE "}, {identity: " HSE2 "}]}\n%s",
		     a[0], a[1], a[2], a[3], unit_port + 1, a[0], a[1], a[2], a[3], section) < 0)
		abort();
	write_file("kms.yaml", text);
	struct config_file *file = hss_config_load(path, config, errors);
	free(text);
	free(path);
	return file;
}

static void run_kms(void)
{
	struct hss_config config;
	struct config_file *file = load(&config, kms_section, stderr);
	struct kms *it = file ? kms_open(&config, stderr) : NULL;

	program_set_log_level(PROGRAM_ERROR);
	if (!it || diameter_init(&config.diameter, &config.numbers, unit_log) ||
	    diameter_serve_keys_later(kms_take_pull, it) || diameter_start())
		_exit(1);
	UNIT_WAIT(diameter_peer_is_open(UNIT_HSS) || !hss->ready, UNIT_START_MS);
	kms->ready = true;
	UNIT_WAIT(kms->stop, 60000);
	kms_conclude(it);
	diameter_stop();
	kms_close(it);
	hss_config_free(&config, file);
}

static pid_t start_hss(void)
{
	memset(hss, 0, sizeof(*hss));
	pid_t pid = unit_node_start(run_hss);
	CU_ASSERT_TRUE(UNIT_WAIT(hss->ready, UNIT_START_MS));
	return pid;
}

static pid_t start_kms(void)
{
	memset(kms, 0, sizeof(*kms));
	pid_t pid = unit_node_start(run_kms);
	CU_ASSERT_TRUE(UNIT_WAIT(kms->ready, UNIT_START_MS));
	return pid;
}

static void stop(bool *told, pid_t pid)
{
	*told = true;
	CU_ASSERT_TRUE(unit_node_wait(pid, 20000));
}

/* An empty store. */
static void begin_anew(void)
{
	char *path = unit_path("keysets", ""), *lock = unit_path("keysets", "-lock");

	unlink(path);
	unlink(lock);
	free(path);
	free(lock);
	memset(clients, 0, 2 * sizeof(*clients));
	kms_section = "kms: {key_file: master.key, timeout_ms: 800,\n"
		      "  hss: {hosts: [" UNIT_HSS "], realm: " UNIT_REALM "}}\n";
}

/* --- the HSEs --- */

static const char *imsis[PULLS_MAX]; /* what a client pulls, one after the other */
static unsigned client_number;

static void on_answer(void *arg, const struct diameter_key_answer *answer)
{
	struct client *client = &clients[client_number];

	client->answers[client->answered] = *answer;
	if (unit_now_ms() - (int64_t)(intptr_t)arg > client->slowest_ms)
		client->slowest_ms = unit_now_ms() - (int64_t)(intptr_t)arg;
	__atomic_add_fetch(&client->answered, 1, __ATOMIC_RELEASE);
}

static int connect_to_kms(void)
{
	static struct diameter_peer peer = {.identity = (char *)UNIT_KMS};
	struct diameter_config config = diameter_default_config;
	const char *identity = client_number ? HSE2 : UNIT_HSE;

	peer.address = unit_address;
	peer.port = unit_port + 1;
	config.identity = (char *)identity;
	config.realm = (char *)UNIT_REALM;
	config.tls_certificate = unit_path(identity, ".pem");
	config.tls_key = unit_path(identity, ".key");
	config.tls_ca = unit_path("ca", ".pem");
	config.peers = &peer;
	config.peers_count = 1;
	int rc = diameter_init(&config, &e2m_default_numbers, unit_log);
	free(config.tls_certificate);
	free(config.tls_key);
	free(config.tls_ca);
	return rc ? rc : diameter_start();
}

static void run_client(void)
{
	static const uint8_t sqn[E2M_SQN_LEN] = {[5] = 0x21};
	struct client *client = &clients[client_number];
	struct diameter_key_request request = {.id = e2m_keyset_id_make(E2M_ID_SQN, sqn)};

	client->connected =
		!connect_to_kms() && UNIT_WAIT(diameter_peer_is_open(UNIT_KMS), UNIT_START_MS);
	for (unsigned i = 0; i < PULLS_MAX && imsis[i]; i++) {
		e2m_imsi_parse(&request.imsi, imsis[i], strlen(imsis[i]));
		diameter_send_key_request(UNIT_KMS, UNIT_REALM, &request, 4000, on_answer,
					  (void *)(intptr_t)unit_now_ms());
		UNIT_WAIT(__atomic_load_n(&client->answered, __ATOMIC_ACQUIRE) == i + 1, 5000);
	}
	diameter_stop();
}

static pid_t start_client(unsigned number)
{
	client_number = number;
	return unit_node_start(run_client);
}

static void run_one_client(unsigned number)
{
	CU_ASSERT_TRUE(unit_node_wait(start_client(number), 30000));
	CU_ASSERT_TRUE(clients[number].connected);
}

static void pull_one_by_one(const char *a, const char *b, const char *c, const char *d)
{
	const char *const list[PULLS_MAX] = {a, b, c, d};

	memcpy(imsis, list, sizeof(imsis));
}

static bool is_keyset_of(const struct diameter_key_answer *answer, unsigned last)
{
	return answer->outcome == DIAMETER_KEY_FOUND && answer->ciphering == E2M_EEA1 &&
	       answer->integrity == E2M_EIA3 && answer->keyset.e2mck[0] == last + 1 &&
	       answer->keyset.e2mik[15] == last + 1;
}

/* --- what it does --- */

static void a_keyset_is_got_from_the_hss_once_and_outlives_everybody(void)
{
	begin_anew();
	pid_t home = start_hss(), store = start_kms();

	pull_one_by_one("001010000000005", "001010000000005", "001010000000005", NULL);
	run_one_client(0);
	CU_ASSERT_EQUAL(clients[0].answered, 3);
	for (unsigned i = 0; i < 3; i++)
		CU_ASSERT_TRUE(is_keyset_of(&clients[0].answers[i], 5));
	CU_ASSERT_EQUAL(clients[0].answers[0].lifetime_s, 3600);
	CU_ASSERT_EQUAL(hss->asked, 1);
	stop(&hss->stop, home);
	stop(&kms->stop, store);

	hss->ready = false;
	memset(clients, 0, sizeof(*clients));
	store = start_kms();
	pull_one_by_one("001010000000005", NULL, NULL, NULL);
	run_one_client(0);
	CU_ASSERT_TRUE(is_keyset_of(&clients[0].answers[0], 5));
	CU_ASSERT_TRUE(clients[0].answers[0].lifetime_s <= 3600);
	CU_ASSERT_TRUE(clients[0].answers[0].lifetime_s > 3500);
	stop(&kms->stop, store);
}

static void is_refused(const struct client *client, unsigned answers)
{
	CU_ASSERT_EQUAL(client->answered, answers);
	for (unsigned i = 0; i < answers; i++) {
		CU_ASSERT_EQUAL(client->answers[i].outcome, DIAMETER_KEY_NOT_AUTHORIZED);
		CU_ASSERT_EQUAL(client->answers[i].keyset.e2mck[0], 0);
	}
}

static void what_one_hse_has_another_does_not_get_before_a_restart_or_after(void)
{
	begin_anew();
	pid_t home = start_hss(), store = start_kms();

	pull_one_by_one("001010000000005", NULL, NULL, NULL);
	run_one_client(0);
	CU_ASSERT_TRUE(is_keyset_of(&clients[0].answers[0], 5));
	pull_one_by_one("001010000000005", "001010000000005", NULL, NULL);
	run_one_client(1);
	is_refused(&clients[1], 2);
	stop(&kms->stop, store);
	memset(clients, 0, 2 * sizeof(*clients));
	store = start_kms();
	run_one_client(1);
	is_refused(&clients[1], 2);
	run_one_client(0);
	CU_ASSERT_TRUE(is_keyset_of(&clients[0].answers[0], 5));
	CU_ASSERT_EQUAL(hss->asked, 1);
	CU_ASSERT_EQUAL(hss->asked_for[0], 1);
	stop(&hss->stop, home);
	stop(&kms->stop, store);
}

static void of_two_hses_that_pull_the_same_keyset_at_once_one_gets_it(void)
{
	begin_anew();
	kms_section = "kms: {key_file: master.key, timeout_ms: 3000,\n"
		      "  hss: {hosts: [" UNIT_HSS "], realm: " UNIT_REALM "}}\n";
	pid_t home = start_hss(), store = start_kms();

	pull_one_by_one("001010000000006", NULL, NULL, NULL);
	pid_t first = start_client(0), second = start_client(1);
	CU_ASSERT_TRUE(unit_node_wait(first, 30000));
	CU_ASSERT_TRUE(unit_node_wait(second, 30000));
	unsigned had = is_keyset_of(&clients[0].answers[0], 6) ? 0 : 1;
	CU_ASSERT_TRUE(is_keyset_of(&clients[had].answers[0], 6));
	is_refused(&clients[!had], 1);
	CU_ASSERT_TRUE(hss->asked_for[had] > 0); /* each for itself */
	CU_ASSERT_EQUAL(hss->asked, hss->asked_for[0] + hss->asked_for[1]);
	stop(&hss->stop, home);
	stop(&kms->stop, store);
}

static void what_the_hss_refuses_the_kms_refuses_and_forgets(void)
{
	static const enum diameter_key_outcome expected[PULLS_MAX] = {
		DIAMETER_KEY_USER_UNKNOWN, DIAMETER_KEY_NOT_AVAILABLE, DIAMETER_KEY_TOO_BUSY,
		DIAMETER_KEY_NOT_AVAILABLE};
	begin_anew();
	pid_t home = start_hss(), store = start_kms();

	pull_one_by_one("001010000000001", "001010000000002", "001010000000004", "001010000000002");
	run_one_client(0);
	CU_ASSERT_EQUAL(clients[0].answered, PULLS_MAX);
	for (unsigned i = 0; i < PULLS_MAX; i++)
		CU_ASSERT_EQUAL(clients[0].answers[i].outcome, expected[i]);
	CU_ASSERT_EQUAL(hss->asked, 4);
	stop(&hss->stop, home);
	stop(&kms->stop, store);
}

static void an_hss_that_is_silent_or_gone_means_later(void)
{
	begin_anew();
	pid_t home = start_hss(), store = start_kms();

	pull_one_by_one("001010000000007", NULL, NULL, NULL);
	run_one_client(0);
	CU_ASSERT_EQUAL(clients[0].answers[0].outcome, DIAMETER_KEY_UNREACHABLE);
	CU_ASSERT_TRUE(clients[0].slowest_ms >= 700);
	CU_ASSERT_TRUE(clients[0].slowest_ms < 2000);
	unit_node_kill(home);
	pull_one_by_one("001010000000005", NULL, NULL, NULL);
	run_one_client(1);
	CU_ASSERT_EQUAL(clients[1].answers[0].outcome, DIAMETER_KEY_UNREACHABLE);
	CU_ASSERT_TRUE(clients[1].slowest_ms < 700);
	stop(&kms->stop, store);
}

static void who_may_not_pull_gets_nothing_kept_or_not(void)
{
	begin_anew();
	kms_section = "kms: {key_file: master.key, hss: {hosts: [" UNIT_HSS "], realm: " UNIT_REALM
		      "},\n  may_pull: [{imsi: \"00101\", hses: [" UNIT_HSE "]}]}\n";
	pid_t home = start_hss(), store = start_kms();

	pull_one_by_one("001010000000005", "001020000000005", NULL, NULL);
	run_one_client(0);
	CU_ASSERT_TRUE(is_keyset_of(&clients[0].answers[0], 5));
	CU_ASSERT_EQUAL(clients[0].answers[1].outcome, DIAMETER_KEY_NOT_AUTHORIZED);
	run_one_client(1);
	CU_ASSERT_EQUAL(clients[1].answers[0].outcome, DIAMETER_KEY_NOT_AUTHORIZED);
	CU_ASSERT_EQUAL(clients[1].answers[0].keyset.e2mck[0], 0);
	CU_ASSERT_EQUAL(clients[1].answers[1].outcome, DIAMETER_KEY_NOT_AUTHORIZED);
	CU_ASSERT_EQUAL(hss->asked, 1);
	stop(&hss->stop, home);
	stop(&kms->stop, store);
}

/* --- its configuration --- */

static void the_longest_beginning_of_an_imsi_says_who_may_pull(void)
{
	static char *a[] = {(char *)"a"}, *b[] = {(char *)"b"};
	struct kms_right rights[] = {
		{(char *)"", a, 1}, {(char *)"26201", b, 1}, {(char *)"26", a, 1}};
	struct kms_config config = {.rights = rights, .rights_count = 3, .has_rights = true};
	struct e2m_imsi german = {"262010000000001"}, other = {"001010000000001"};

	CU_ASSERT_TRUE(kms_config_may_pull(&config, &german, "B"));
	CU_ASSERT_FALSE(kms_config_may_pull(&config, &german, "a"));
	CU_ASSERT_TRUE(kms_config_may_pull(&config, &other, "a"));
	config.rights_count = 0;
	CU_ASSERT_FALSE(kms_config_may_pull(&config, &other, "a"));
	config.has_rights = false;
	CU_ASSERT_TRUE(kms_config_may_pull(&config, &other, "a"));
}

static void a_wrong_configuration_is_told_by_line(void)
{
#define HSS "hss: {hosts: [" UNIT_HSS "], realm: " UNIT_REALM "}"
	static const struct {
		const char *section, *said;
	} cases[] = {
		{"kms: {key_file: master.key}\n", "kms.hss: required, but missing"},
		{"kms: {" HSS "}\n",
		 "kms.yaml:9:6: kms: expected either 'key_file' or 'credential'"},
		{"kms: {key_file: a, credential: b, " HSS "}\n", "kms: expected either"},
		{"kms: {key_file: none.key, " HSS "}\n", "kms.yaml:9:17: kms.key_file: "},
		{"kms: {key_file: ca.pem, " HSS "}\n", "chmod 600"},
		{"kms: {key_file: short.key, " HSS "}\n", "openssl rand -hex 32"},
		{"kms: {credential: master, " HSS "}\n", "no CREDENTIALS_DIRECTORY"},
		{"kms: {credential: ../master, " HSS "}\n", "is a path"},
		{"kms: {key_file: master.key, hss: {hosts: [], realm: x}}\n", "kms.hss.hosts: "},
		{"kms: {key_file: master.key, keysets_per_imsi: 1, " HSS "}\n",
		 "kms.keysets_per_imsi: "},
		{"kms: {key_file: master.key, " HSS "}\n"
		 "hse_clusters: [{nodes: [a.test, b.test]}, {nodes: [B.test]}]\n",
		 "hse_clusters[1].nodes[0]: 'B.test' is of hse_clusters[0] already"},
		{"kms: {key_file: master.key, " HSS ",\n may_pull: [{imsi: 26x, hses: []}]}\n",
		 "kms.yaml:10:20: kms.may_pull[0].imsi: expected the first digits"},
		{"kms: {key_file: master.key, " HSS ",\n"
		 " may_pull: [{imsi: \"26\", hses: []}, {imsi: \"26\", hses: [a]}]}\n",
		 "kms.may_pull[1].imsi: '26' is there already"},
		{"keyset_retention_s: 7\nkms: {key_file: master.key, " HSS "}\n",
		 "keyset_retention_s: role kms has no such setting"},
	};
	struct hss_config config;
	char said[2000];

	unsetenv("CREDENTIALS_DIRECTORY");
	write_file("short.key", "0123\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(said, 0, sizeof(said));
		FILE *errors = fmemopen(said, sizeof(said), "w");
		CU_ASSERT_PTR_NULL(load(&config, cases[i].section, errors));
		fclose(errors);
		CU_ASSERT_PTR_NOT_NULL(strstr(said, cases[i].said));
	}
}

static void the_master_key_may_be_a_credential(void)
{
	struct hss_config config;

	setenv("CREDENTIALS_DIRECTORY", unit_dir, 1);
	struct config_file *file =
		load(&config, "kms: {credential: master.key, " HSS "}\n", stderr);
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	hss_config_free(&config, file);
	unsetenv("CREDENTIALS_DIRECTORY");
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"a wrong configuration is told by line", a_wrong_configuration_is_told_by_line},
		{"the master key may be a credential", the_master_key_may_be_a_credential},
		{"the longest beginning of an IMSI says who may pull",
		 the_longest_beginning_of_an_imsi_says_who_may_pull},
		{"a keyset is got from the HSS once, and outlives everybody",
		 a_keyset_is_got_from_the_hss_once_and_outlives_everybody},
		{"what one HSE has another does not get, before a restart or after",
		 what_one_hse_has_another_does_not_get_before_a_restart_or_after},
		{"of two HSEs that pull the same keyset at once one gets it",
		 of_two_hses_that_pull_the_same_keyset_at_once_one_gets_it},
		{"what the HSS refuses the KMS refuses, and forgets",
		 what_the_hss_refuses_the_kms_refuses_and_forgets},
		{"an HSS that is silent or gone means: later",
		 an_hss_that_is_silent_or_gone_means_later},
		{"who may not pull gets nothing, kept or not",
		 who_may_not_pull_gets_nothing_kept_or_not},
	};
	hss = unit_share(sizeof(*hss));
	kms = unit_share(sizeof(*kms));
	clients = unit_share(2 * sizeof(*clients));
	unit_diameter_setup();
	write_file("master.key",
		   "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
	int rc = unit_run("hss_kms", tests, sizeof(tests) / sizeof(tests[0]));
	unit_diameter_teardown();
	return rc;
}
