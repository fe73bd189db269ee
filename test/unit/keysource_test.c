/* SPDX-License-Identifier: BSD-3-Clause */
#include "keys/keysource.h"

#include <poll.h>

#include "unit_diameter.h"

#define SAMPLE UNIT_DATA "/../../../config/keysets.yaml"

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fchmod(fileno(f), 0600);
	fputs(text, f);
	fclose(f);
}

/* What was told of faults last; "": that the last is mended. */
static char fault_told[1000];

static void note_fault(const char *subject, const char *text)
{
	CU_ASSERT_STRING_EQUAL(subject, "key_sources.lab");
	snprintf(fault_told, sizeof(fault_told), "%s", text ? text : "");
}

static bool can_be_asked(const struct keysource *source)
{
	char why[256];

	keysource_why(source, why, sizeof(why));
	return why[0] == 0;
}

/* A source of that file, which has been read. */
static struct keysource *open_file(const char *path, struct keysource_queue *queue)
{
	struct keysource_config config = {
		.kind = KEYSOURCE_FILE, .name = (char *)"lab", .path = (char *)path};
	struct keysource *source = keysource_open(&config, queue, note_fault);

	CU_ASSERT_PTR_NOT_NULL_FATAL(source);
	CU_ASSERT_TRUE(UNIT_WAIT(can_be_asked(source), UNIT_START_MS));
	return source;
}

/* Has text checked as a file of keysets; true when it is good. */
static bool check_text(const char *text, char *said, size_t size)
{
	static const struct config_field none[] = {{0}};
	struct keysource_config config = {.kind = KEYSOURCE_FILE, .name = (char *)"lab"};
	FILE *errors = fmemopen(said, size, "w");
	struct config_file *file = config_load_memory("hse.yaml", "{}", 2, none, NULL, errors);
	bool good;

	config.path = unit_path("keysets", ".yaml");
	write_file(config.path, text);
	good = keysource_config_check_outside(&config, file, "key_sources[0]", errors);
	fclose(errors);
	config_free(file);
	free(config.path);
	return good;
}

/* The sample of the repository, in a file that is the owner's alone. */
static struct keysource *open_sample(struct keysource_queue *queue)
{
	char *path = unit_path("sample", ".yaml");
	static char text[8192];
	FILE *f = fopen(SAMPLE, "r");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	write_file(path, text);
	struct keysource *source = open_file(path, queue);
	free(path);
	return source;
}

static struct keysource_answer ask(struct keysource *source, struct keysource_queue *queue,
				   const char *imsi, enum e2m_keyset_id_type type, const char *hex)
{
	struct keysource_answer answer = {.outcome = KEYSOURCE_OUTCOMES};
	uint8_t value[E2M_RAND_LEN] = {0};
	struct keysource_request request;

	unit_hex(value, sizeof(value), hex);
	request.id = e2m_keyset_id_make(type, value);
	e2m_imsi_parse(&request.imsi, imsi, strlen(imsi));
	CU_ASSERT_EQUAL(keysource_ask(source, &request, 1000, 77), 0);
	CU_ASSERT_EQUAL(keysource_collect(queue, &answer, 1), 1);
	return answer;
}

static void a_file_is_searched_by_imsi_and_sqn_or_rand(void)
{
	struct keysource_queue *queue = keysource_queue_new();
	struct keysource *source = open_sample(queue);
	struct keysource_answer a =
		ask(source, queue, "262010000000001", E2M_ID_SQN, "000000000021");
	CU_ASSERT_EQUAL(a.outcome, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(a.cookie, 77);
	CU_ASSERT_EQUAL(a.keyset.e2mck[15], 0x0f);
	CU_ASSERT_EQUAL(a.keyset.e2mik[0], 0x10);
	CU_ASSERT_EQUAL(a.ciphering, E2M_EEA2);
	a = ask(source, queue, "262010000000002", E2M_ID_RAND, "00112233445566778899aabbccddeeff");
	CU_ASSERT_EQUAL(a.outcome, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(a.ciphering, E2M_EEA_GCM);
	CU_ASSERT_EQUAL(a.lifetime_s, 86400);
	a = ask(source, queue, "262010000000001", E2M_ID_SQN, "000000000022");
	CU_ASSERT_EQUAL(a.outcome, KEYSOURCE_NOT_AVAILABLE);
	a = ask(source, queue, "262010000000003", E2M_ID_SQN, "000000000021");
	CU_ASSERT_EQUAL(a.outcome, KEYSOURCE_USER_UNKNOWN);
	keysource_close(source);
	keysource_queue_free(queue);
}

#define KEYS "e2mck: 000102030405060708090a0b0c0d0e0f, e2mik: 101112131415161718191a1b1c1d1e1f"

static void a_wrong_file_is_told_by_line(void)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"keysets:\n  - {imsi: \"00101000001\", " KEYS "}\n",
		 "keysets.yaml:2:5: keysets[0]: expected either 'sqn' or 'rand'"},
		{"keysets:\n  - {imsi: \"00101000001\", sqn: \"000000000001\", "
		 "rand: 00112233445566778899aabbccddeeff, " KEYS "}\n",
		 "keysets[0]: expected either 'sqn' or 'rand'"},
		{"keysets:\n  - {imsi: \"00101000001\", sqn: \"000000000001\", ciphering: "
		 "gcm, " KEYS "}\n",
		 "keysets[0]: gcm with eia2"},
		{"keysets:\n  - {imsi: \"00101000001\", sqn: \"000000000001\", " KEYS "}\n"
		 "  - {imsi: \"00101000001\", sqn: \"000000000001\", " KEYS "}\n",
		 "keysets.yaml:3:12: keysets[1].imsi: IMSI 00101000001 with SQN 000000000001 is "
		 "there "
		 "already: keysets[0], line 2"},
		{"keysets:\n  - {imsi: \"00101000001\", sqn: \"01\", " KEYS "}\n",
		 "keysets.yaml:2:"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char said[1000] = "";

		CU_ASSERT_FALSE(check_text(cases[i].text, said, sizeof(said)));
		CU_ASSERT_PTR_NOT_NULL(strstr(said, cases[i].said));
		CU_ASSERT_PTR_NULL(strstr(said, "0c0d0e0f"));
	}
}

static const char good_file[] =
	"keysets:\n  - {imsi: \"262010000000001\", sqn: \"000000000021\", " KEYS "}\n";

/* A source whose file is not good is there, says why it cannot be asked, and is asked when the file is good. */
static void a_file_is_read_again_until_it_is_good(void)
{
	struct keysource_config config = {.kind = KEYSOURCE_FILE,
					  .name = (char *)"lab",
					  .where = "hse.yaml:3:9: key_sources[0].path"};
	struct keysource_queue *queue = keysource_queue_new();
	struct keysource_request request = {.imsi.digits = "262010000000001"};
	char *path = unit_path("later", ".yaml"), why[256];
	struct keysource *source;

	config.path = path;
	fault_told[0] = 0;
	source = keysource_open(&config, queue, note_fault);
	CU_ASSERT_PTR_NOT_NULL_FATAL(source);
	CU_ASSERT_TRUE(UNIT_WAIT(fault_told[0] != 0, UNIT_START_MS));
	CU_ASSERT_PTR_NOT_NULL(strstr(fault_told, "hse.yaml:3:9: key_sources[0].path: "));
	CU_ASSERT_PTR_NOT_NULL(strstr(fault_told, "later.yaml: cannot be read: No such file"));
	CU_ASSERT_EQUAL(keysource_ask(source, &request, 1000, 1), -EHOSTUNREACH);
	keysource_why(source, why, sizeof(why));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "later.yaml: cannot be read: No such file"));
	write_file(path, "keysets:\n  - {imsi: 1}\n");
	CU_ASSERT_TRUE(UNIT_WAIT(strstr(fault_told, "later.yaml:2:") != NULL, UNIT_START_MS));
	write_file(path, good_file);
	CU_ASSERT_TRUE(UNIT_WAIT(can_be_asked(source), UNIT_START_MS));
	CU_ASSERT_TRUE(UNIT_WAIT(fault_told[0] == 0, UNIT_START_MS));
	CU_ASSERT_EQUAL(ask(source, queue, "262010000000001", E2M_ID_SQN, "000000000021").outcome,
			KEYSOURCE_FOUND);
	keysource_close(source);
	keysource_queue_free(queue);
	free(path);
}

/* While it waits to try again. */
static void a_source_without_its_file_can_be_closed(void)
{
	struct keysource_config config = {.kind = KEYSOURCE_FILE,
					  .name = (char *)"lab",
					  .path = (char *)"/nonexistent/keysets"};
	struct keysource_queue *queue = keysource_queue_new();
	struct keysource *source = keysource_open(&config, queue, NULL);
	char why[256];

	CU_ASSERT_PTR_NOT_NULL_FATAL(source);
	keysource_why(source, why, sizeof(why));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "/nonexistent/keysets"));
	keysource_close(source);
	keysource_queue_free(queue);
}

static void each_kind_has_its_own_settings(void)
{
	static const struct config_field list[] = {
		{.name = "source", .kind = CONFIG_STRUCT, .fields = keysource_config_fields},
		{0},
	};
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"source: {kind: diameter, name: hss, realm: home.test, "
		 "keyset_retention_s: 300}\n",
		 NULL},
		{"source: {kind: diameter, name: hss, realm: home.test}\n",
		 "source: a source of several hosts must be one HSS: give keyset_retention_s"},
		{"source: {kind: diameter, name: kms_1, hosts: [a, b], realm: x}\n",
		 "source.hosts: a source of several hosts must be one HSS: give "
		 "keyset_retention_s"},
		{"source: {kind: diameter, name: kms_1, hosts: [a], realm: x}\n", NULL},
		{"source: {kind: diameter, name: hss, hosts: [a, b], realm: x, "
		 "keyset_retention_s: 300}\n",
		 NULL},
		{"source: {kind: diameter, name: hss, host: hss.home.test}\n",
		 "source: a source of kind 'diameter' needs 'realm'"},
		{"source: {kind: file, name: lab}\n",
		 "source: a source of kind 'file' needs 'path'"},
		{"source: {kind: file, name: lab, path: x, host: hss.home.test}\n",
		 "source.host: a source of kind 'file' has no 'host'"},
		{"source: {kind: diameter, name: kms_1, host: a, realm: x, prefetch: true}\n",
		 NULL},
		{"source: {kind: diameter, name: hss, host: a, hosts: [b], realm: x}\n",
		 "source.hosts: expected either 'host' or 'hosts'"},
		{"source: {kind: file, name: lab, path: x, hosts: [a]}\n",
		 "source.hosts: a source of kind 'file' has no 'hosts'"},
		{"source: {kind: file, name: lab, path: x, prefetch: true}\n",
		 "source.prefetch: a source of kind 'file' has no 'prefetch'"},
		{"source: {kind: file, name: lab, path: x, keyset_retention_s: 300}\n",
		 "source.keyset_retention_s: a source of kind 'file' has no 'keyset_retention_s'"},
		{"source: {kind: file, name: lab, path: x, realm: x}\n",
		 "source.realm: a source of kind 'file' has no 'realm'"},
		{"source: {kind: diameter, name: hss, host: a, realm: x, path: x}\n",
		 "source.path: a source of kind 'diameter' has no 'path'"},
		{"source: {kind: diameter, name: hss, host: a, realm: x, prefetch: true, "
		 "keyset_retention_s: 300}\n",
		 "source.keyset_retention_s: a source with prefetch remembers keysets"},
		{"source: {kind: diameter, name: the hss, realm: x}\n",
		 "source.name: expected up to 32 letters, digits and '_', found 'the hss'"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct keysource_config config = {0};
		char said[1000] = "";
		FILE *errors = fmemopen(said, sizeof(said), "w");
		struct config_file *file =
			config_load_memory("/etc/hse.yaml", cases[i].text, strlen(cases[i].text),
					   list, &config, errors);

		CU_ASSERT_PTR_NOT_NULL_FATAL(file);
		CU_ASSERT_EQUAL(keysource_config_check(&config, file, "source", errors),
				cases[i].said == NULL);
		fclose(errors);
		if (cases[i].said)
			CU_ASSERT_PTR_NOT_NULL(strstr(said, cases[i].said));
		config_free(file);
	}
}

static void answers_make_the_queue_readable_until_all_are_collected(void)
{
	struct keysource_queue *queue = keysource_queue_new();
	struct keysource *source = open_sample(queue);
	struct pollfd readable = {.fd = keysource_fd(queue), .events = POLLIN};
	struct keysource_request request = {.imsi.digits = "262010000000001"};
	struct keysource_answer answers[2];

	CU_ASSERT_EQUAL(poll(&readable, 1, 0), 0);
	for (uint64_t cookie = 0; cookie < 3; cookie++)
		CU_ASSERT_EQUAL(keysource_ask(source, &request, 1000, cookie), 0);
	keysource_close(source);
	CU_ASSERT_EQUAL(poll(&readable, 1, 0), 1);
	CU_ASSERT_EQUAL(keysource_collect(queue, answers, 2), 2);
	CU_ASSERT_EQUAL(answers[1].cookie, 1);
	CU_ASSERT_EQUAL(poll(&readable, 1, 0), 1);
	CU_ASSERT_EQUAL(keysource_collect(queue, answers, 2), 1);
	CU_ASSERT_EQUAL(answers[0].cookie, 2);
	CU_ASSERT_EQUAL(poll(&readable, 1, 0), 0);
	keysource_queue_free(queue);
}

/* --- over Diameter --- */

static struct {
	bool ready, stop, connected;
	int closed_rc;
	char why[256];
	size_t collected;
	struct keysource_answer answers[8];
} * shared;

/* IMSIs that end in 0 to 4 get the outcome of that number, and 5 one that is none. */
static void answer_key(void *arg, const struct diameter_key_request *request,
		       struct diameter_key_answer *answer)
{
	(void)arg;
	answer->outcome = (enum diameter_key_outcome)(request->imsi.digits[14] - '0');
	if (request->imsi.digits[14] == '5')
		answer->outcome = DIAMETER_KEY_REFUSED;
	answer->ciphering = E2M_EEA2;
	answer->integrity = E2M_EIA2;
	answer->lifetime_s = 60;
	memset(&answer->keyset, 'k', sizeof(answer->keyset));
}

static void run_hss(void)
{
	if (unit_diameter_init(UNIT_HSS) || diameter_serve_keys(answer_key, NULL) ||
	    diameter_start())
		_exit(1);
	shared->ready = true;
	UNIT_WAIT(shared->stop, 30000);
	diameter_stop();
}

static void run_hse(void)
{
	struct keysource_config config = {.kind = KEYSOURCE_DIAMETER,
					  .name = (char *)"hss",
					  .host = (char *)UNIT_HSS,
					  .realm = (char *)UNIT_REALM};
	struct keysource_queue *queue = keysource_queue_new();
	struct keysource *source = keysource_open(&config, queue, NULL);
	struct keysource_request request = {.id = {.type = E2M_ID_SQN}};

	shared->connected = unit_diameter_connect(UNIT_HSE);
	e2m_imsi_parse(&request.imsi, UNIT_IMSI, strlen(UNIT_IMSI));
	for (uint64_t i = 0; i <= 5; i++) {
		struct keysource_answer answer;

		request.imsi.digits[14] = (char)('0' + i);
		if (keysource_ask(source, &request, 3000, i))
			break;
		UNIT_WAIT(keysource_collect(queue, &answer, 1) == 1, 4000);
		shared->answers[answer.cookie] = answer;
		shared->collected++;
	}
	diameter_stop();
	shared->closed_rc = keysource_ask(source, &request, 100, 9);
	keysource_why(source, shared->why, sizeof(shared->why));
	keysource_close(source);
	keysource_queue_free(queue);
}

static void outcomes_of_diameter_are_those_of_the_source(void)
{
	static const enum keysource_outcome expected[] = {
		KEYSOURCE_FOUND,	  KEYSOURCE_USER_UNKNOWN, KEYSOURCE_NOT_AVAILABLE,
		KEYSOURCE_NOT_AUTHORIZED, KEYSOURCE_BUSY,	  KEYSOURCE_BAD_ANSWER,
	};
	pid_t hss = unit_node_start(run_hss);

	CU_ASSERT_TRUE(UNIT_WAIT(shared->ready, UNIT_START_MS));
	CU_ASSERT_TRUE(unit_node_wait(unit_node_start(run_hse), 20000));
	shared->stop = true;
	CU_ASSERT_TRUE(unit_node_wait(hss, 20000));
	CU_ASSERT_TRUE(shared->connected);
	CU_ASSERT_EQUAL(shared->collected, 6);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		CU_ASSERT_EQUAL(shared->answers[i].outcome, expected[i]);
	CU_ASSERT_EQUAL(shared->answers[0].keyset.e2mik[15], 'k');
	CU_ASSERT_EQUAL(shared->answers[0].lifetime_s, 60);
	CU_ASSERT_EQUAL(shared->answers[3].keyset.e2mck[0], 0);
	CU_ASSERT_EQUAL(shared->closed_rc, -EHOSTUNREACH);
	CU_ASSERT_PTR_NOT_NULL(strstr(shared->why, UNIT_HSS " is not connected: "));
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"a file is searched by IMSI and SQN or RAND",
		 a_file_is_searched_by_imsi_and_sqn_or_rand},
		{"a wrong file is told by line", a_wrong_file_is_told_by_line},
		{"a file is read again until it is good", a_file_is_read_again_until_it_is_good},
		{"a source without its file can be closed",
		 a_source_without_its_file_can_be_closed},
		{"each kind has its own settings", each_kind_has_its_own_settings},
		{"answers make the queue readable until all are collected",
		 answers_make_the_queue_readable_until_all_are_collected},
		{"outcomes of Diameter are those of the source",
		 outcomes_of_diameter_are_those_of_the_source},
	};
	shared = unit_share(sizeof(*shared));
	unit_diameter_setup();
	int rc = unit_run("keysource", tests, sizeof(tests) / sizeof(tests[0]));
	unit_diameter_teardown();
	return rc;
}
