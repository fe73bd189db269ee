/* SPDX-License-Identifier: BSD-3-Clause */
/* --check of hse-hss, in both roles: names that no peer has, IMSIs that come twice. */
#include "hss/hss_config.h"

#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#define K "465b5ce8b199b49faa5f0a2ee238a6bc"
#define START                                                                                   \
	"state: sqn\n"                                                                          \
	"diameter: {identity: hss.home.test, realm: home.test, listen: {address: 127.0.0.1},\n" \
	"  tls: {certificate: x.pem, key: x.pem, ca: x.pem},\n"                                 \
	"  peers: [{identity: hse1.home.test}, {identity: kms.home.test}]}\n"
#define SUBSCRIBERS	       START "subscribers:\n"
#define SUBSCRIBER(imsi, more) "  - {imsi: \"" imsi "\", " more ", k: " K ", opc: " K "}\n"
#define KMS		       START "role: kms\nkms:\n  key_file: master.key\n"

static char said[16384];

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0 || chmod(path, 0600) != 0)
		abort();
}

static void remove_files(const char *folder)
{
	static const char *const names[] = {"hss.yaml", "x.pem", "master.key"};
	char path[96];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

/* What --check, or a start, says of text; without the folder's name. */
static bool read_text(const char *text, bool is_check)
{
	char folder[] = "/tmp/unit-hss-check-XXXXXX", path[96];
	FILE *errors = fmemopen(said, sizeof(said), "w");
	struct hss_config config;
	bool good;

	memset(said, 0, sizeof(said));
	if (!mkdtemp(folder) || !errors)
		abort();
	write_file(folder, "hss.yaml", text);
	write_file(folder, "x.pem", "");
	write_file(folder, "master.key", K K);
	snprintf(path, sizeof(path), "%s/hss.yaml", folder);
	if (is_check) {
		good = hss_config_check(path, &config, errors);
	} else {
		struct config_file *file = hss_config_load(path, &config, errors);

		good = file != NULL;
		if (file)
			hss_config_free(&config, file);
	}
	fclose(errors);
	remove_files(folder);
	return good;
}

static bool says(const char *line)
{
	const char *at = strstr(said, line);
	const bool found = at && at[strlen(line)] == '\n';

	if (!found)
		printf("wanted: %s\nsaid: %s", line, said);
	return found;
}

static unsigned count(const char *word)
{
	unsigned n = 0;

	for (const char *at = said; (at = strstr(at, word)); at++)
		n++;
	return n;
}

static void an_hse_of_a_subscriber_is_a_peer(void)
{
	static const char text[] =
		SUBSCRIBERS SUBSCRIBER("262010000000001", "hses: [HSE1.home.test, kms.home.test]")
			SUBSCRIBER("262010000000002", "hses: [kms.home.test, hse.home.test]");

	CU_ASSERT_FALSE(read_text(text, true));
	CU_ASSERT_TRUE(says("hss.yaml:7:53: subscribers[1].hses[1]: 'hse.home.test' is not in "
			    "diameter.peers; did you mean hse1.home.test?"));
	CU_ASSERT_PTR_NULL(strstr(said, "subscribers[0]"));
	CU_ASSERT_TRUE(read_text(text, false));
}

/* An entry stands for many subscribers, and is one mistake. */
static void a_range_of_subscribers_is_reported_once(void)
{
	CU_ASSERT_FALSE(read_text(
		SUBSCRIBERS SUBSCRIBER("262010000000001", "count: 1000, hses: [nobody.test]"),
		true));
	CU_ASSERT_TRUE(says("subscribers[0].hses[0]: 'nobody.test' is not in diameter.peers"));
	CU_ASSERT_EQUAL(count("nobody.test"), 1);
}

static void many_names_that_nobody_has_are_counted(void)
{
	static char text[8192] = SUBSCRIBERS;
	for (int i = 0; i < 25; i++)
		sprintf(text + strlen(text), SUBSCRIBER("2620100000000%02d", "hses: [nobody.test]"),
			i);
	CU_ASSERT_FALSE(read_text(text, true));
	CU_ASSERT_TRUE(says("subscribers: and 5 more names in hses that no peer has"));
	CU_ASSERT_EQUAL(count("nobody.test"), 20);
}

static void an_imsi_that_comes_twice_is_reported_at_the_second(void)
{
	CU_ASSERT_FALSE(read_text(SUBSCRIBERS SUBSCRIBER("262010000000005", "count: 1")
					  SUBSCRIBER("262010000000001", "count: 1")
						  SUBSCRIBER("262010000000005", "count: 1"),
				  false));
	CU_ASSERT_TRUE(
		says("hss.yaml:8:12: subscribers[2].imsi: IMSI 262010000000005 is there already: "
		     "subscribers[0], line 6"));
}

/* The later entry, also where its IMSIs begin before those of the earlier one; once for all of them. */
static void ranges_that_overlap_are_reported_at_the_second(void)
{
	CU_ASSERT_FALSE(read_text(SUBSCRIBERS SUBSCRIBER("262010000000005", "count: 10")
					  SUBSCRIBER("262010000000001", "count: 8")
						  SUBSCRIBER("262010000000014", "count: 2"),
				  false));
	CU_ASSERT_TRUE(
		says("hss.yaml:7:12: subscribers[1].imsi: IMSI 262010000000005 is there already: "
		     "subscribers[0], line 6"));
	CU_ASSERT_TRUE(
		says("hss.yaml:8:12: subscribers[2].imsi: IMSI 262010000000014 is there already: "
		     "subscribers[0], line 6"));
	CU_ASSERT_PTR_NULL(strstr(said, "262010000000006"));
}

static void a_host_that_a_kms_asks_is_a_peer(void)
{
	static const char text[] = KMS "  hss: {hosts: [kms.home.test, hss.home.test, "
				       "hse2.home.test], realm: home.test}\n";

	CU_ASSERT_FALSE(read_text(text, true));
	CU_ASSERT_TRUE(says(
		"hss.yaml:8:32: kms.hss.hosts[1]: 'hss.home.test' is diameter.identity: our own "
		"name"));
	CU_ASSERT_TRUE(says(
		"hss.yaml:8:47: kms.hss.hosts[2]: 'hse2.home.test' is not in diameter.peers; did "
		"you mean hse1.home.test?"));
	CU_ASSERT_TRUE(read_text(text, false));
}

static void who_may_pull_from_a_kms_is_a_peer(void)
{
	static const char text[] =
		KMS "  hss: {hosts: [kms.home.test], realm: home.test}\n"
		    "  may_pull: [{imsi: \"26201\", hses: [hse1.home.test, nobody.test]}]\n";

	CU_ASSERT_FALSE(read_text(text, true));
	CU_ASSERT_TRUE(says(
		"hss.yaml:9:53: kms.may_pull[0].hses[1]: 'nobody.test' is not in diameter.peers"));
	CU_ASSERT_TRUE(read_text(text, false));
}

static void all_is_reported_at_once(void)
{
	CU_ASSERT_FALSE(read_text(
		SUBSCRIBERS SUBSCRIBER("262010000000005", "hses: [nobody.test]")
			SUBSCRIBER("262010000000005", "count: 1") "numbers: {fc_e2mkeyset: 0xE0}\n"
								  "kms_peers: [kms.home.tset]\n",
		true));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(said, "subscribers[1].imsi: IMSI 262010000000005 is there already"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "subscribers[0].hses[0]: 'nobody.test'"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "0xe0 is numbers.fc_umts_prime as well"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(said, "kms_peers[0]: 'kms.home.tset' is not in diameter.peers; did you "
			     "mean kms.home.test?"));
}

UNIT_MAIN("hss_check", {"an HSE of a subscriber is a peer", an_hse_of_a_subscriber_is_a_peer},
	  {"a range of subscribers is reported once", a_range_of_subscribers_is_reported_once},
	  {"many names that nobody has are counted", many_names_that_nobody_has_are_counted},
	  {"an IMSI that comes twice is reported at the second",
	   an_imsi_that_comes_twice_is_reported_at_the_second},
	  {"ranges that overlap are reported at the second",
	   ranges_that_overlap_are_reported_at_the_second},
	  {"a host that a KMS asks is a peer", a_host_that_a_kms_asks_is_a_peer},
	  {"who may pull from a KMS is a peer", who_may_pull_from_a_kms_is_a_peer},
	  {"all is reported at once", all_is_reported_at_once})
