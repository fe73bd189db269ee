/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said of certificate, key and CA files: each fault that an operator can make, by the file that has it. */
#include <openssl/pkcs12.h>
#include <string.h>
#include <unistd.h>

#include "tls/tls.h"
#include "unit.h"
#include "unit_tls.h"

#define IDENTITY "hse.home.test"
#define DAY_S	 (24 * 60 * 60)

static char dir[] = "/tmp/unit-tls-XXXXXX";
static struct unit_ca ca, other_ca, middle;
static time_t made;

/* What was told, by file. */
static struct {
	unsigned count[TLS_FILES];
	char text[TLS_FILES][1000];
} told;

static void note(void *arg, enum tls_file file, const char *text)
{
	(void)arg;
	told.count[file]++;
	snprintf(told.text[file], sizeof(told.text[file]), "%s", text);
}

static const char *path_of(const char *name)
{
	static char paths[8][600];
	static unsigned turn;
	char *path = paths[turn++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static struct tls_material *load_at(const char *certificate, const char *key, const char *ca_file,
				    time_t now)
{
	const char *const files[TLS_FILES] = {path_of(certificate), path_of(key), path_of(ca_file)};

	memset(&told, 0, sizeof(told));
	return tls_load(files, IDENTITY, now, note, NULL);
}

static void is_good(const char *certificate, const char *key, const char *ca_file)
{
	struct tls_material *material = load_at(certificate, key, ca_file, made);

	CU_ASSERT_PTR_NOT_NULL(material);
	for (int i = 0; i < TLS_FILES; i++)
		CU_ASSERT_STRING_EQUAL(told.text[i], "");
	tls_free(material);
}

/* Nothing is loaded, and of that file, and no other, one fault is told: its name, then text. */
static void is_told_at(enum tls_file file, const char *const names[TLS_FILES], time_t now,
		       const char *text)
{
	struct tls_material *material = load_at(names[0], names[1], names[2], now);
	const char *path = path_of(names[file]);

	CU_ASSERT_PTR_NULL(material);
	for (int i = 0; i < TLS_FILES; i++)
		CU_ASSERT_EQUAL(told.count[i], i == (int)file);
	CU_ASSERT_EQUAL(strncmp(told.text[file], path, strlen(path)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(told.text[file], text));
	if (!strstr(told.text[file], text))
		printf("told: %s\n", told.text[file]);
	tls_free(material);
}

static void is_told(enum tls_file file, const char *name, const char *text)
{
	const char *names[TLS_FILES] = {IDENTITY ".pem", IDENTITY ".key", "ca.pem"};

	names[file] = name;
	is_told_at(file, names, made, text);
}

/* --- files for the tests --- */

static void append(const char *to, const char *from)
{
	FILE *in = fopen(path_of(from), "r"), *out = fopen(path_of(to), "a");
	char text[4096];
	size_t len;

	unit_tls_need(in && out);
	while ((len = fread(text, 1, sizeof(text), in)) > 0)
		fwrite(text, 1, len, out);
	fclose(in);
	fclose(out);
}

static void write_text(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");

	unit_tls_need(f && fputs(text, f) >= 0 && !fchmod(fileno(f), 0600));
	fclose(f);
}

static EVP_PKEY *read_key(const char *name)
{
	FILE *f = fopen(path_of(name), "r");
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;

	unit_tls_need(key != NULL);
	fclose(f);
	return key;
}

static X509 *read_certificate(const char *name)
{
	FILE *f = fopen(path_of(name), "r");
	X509 *certificate = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;

	unit_tls_need(certificate != NULL);
	fclose(f);
	return certificate;
}

static FILE *open_new(const char *name)
{
	FILE *f = fopen(path_of(name), "w");

	unit_tls_need(f && !fchmod(fileno(f), 0600));
	return f;
}

/* Other formats of the good certificate and key. */
static void make_formats(void)
{
	EVP_PKEY *key = read_key(IDENTITY ".key");
	X509 *certificate = read_certificate(IDENTITY ".pem");
	PKCS12 *bag = PKCS12_create("", IDENTITY, key, certificate, NULL, 0, 0, 0, 0, 0);
	FILE *f = open_new("der.pem");
	unit_tls_need(i2d_X509_fp(f, certificate));
	fclose(f);
	f = open_new("der.key");
	unit_tls_need(i2d_PrivateKey_fp(f, key));
	fclose(f);
	f = open_new("pkcs12");
	unit_tls_need(bag && i2d_PKCS12_fp(f, bag));
	fclose(f);
	f = open_new("encrypted.key");
	unit_tls_need(
		PEM_write_PKCS8PrivateKey(f, key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL));
	fclose(f);
	f = open_new("encrypted-old.key");
	fputs("-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
	      "DEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n",
	      f);
	fclose(f);
	f = open_new("public.pem");
	unit_tls_need(PEM_write_PUBKEY(f, key));
	fclose(f);
	PKCS12_free(bag);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

/* A CA between ca and the certificate "deep". */
static void make_chain(void)
{
	middle.key = EVP_EC_gen("P-256");
	middle.certificate = unit_tls_certificate("middle", middle.key, &ca, NID_basic_constraints,
						  "critical,CA:TRUE");
	unit_tls_write(dir, "middle", middle.certificate, middle.key);
	unit_ca_issue(&middle, dir, "deep", IDENTITY);
	append("chain.pem", "deep.pem");
	append("chain.pem", "middle.pem");
	append("reversed.pem", "middle.pem");
	append("reversed.pem", "deep.pem");
	append("mixed.pem", IDENTITY ".pem");
	append("mixed.pem", "middle.pem");
	append("bundle.pem", "other-ca.pem");
	append("bundle.pem", "ca.pem");
}

/* The certificate that ca had before this one: the same name and key. */
static void make_renewed_ca(void)
{
	struct unit_ca self = {.key = ca.key};
	X509 *before = unit_tls_certificate("ca", ca.key, &self, NID_basic_constraints,
					    "critical,CA:TRUE");

	X509_gmtime_adj(X509_getm_notAfter(before), -30);
	unit_tls_need(X509_sign(before, ca.key, EVP_sha256()));
	unit_tls_write(dir, "ca-before", before, ca.key);
	X509_free(before);
	append("renewed-ca.pem", "ca-before.pem");
	append("renewed-ca.pem", "ca.pem");
}

/* A certificate with a name of two lines, and one with a subjectAltName that is no DER. */
static void make_hostile(void)
{
	struct unit_ca self = {.key = ca.key};
	X509 *lines = unit_tls_certificate("one\ntwo", ca.key, &self, NID_basic_constraints,
					   "critical,CA:TRUE");
	X509 *broken =
		unit_tls_certificate("broken", ca.key, &ca, NID_subject_alt_name, "DER:3081");

	unit_tls_write(dir, "lines", lines, ca.key);
	unit_tls_write(dir, "broken-name", broken, ca.key);
	X509_free(lines);
	X509_free(broken);
}

static void make_files(void)
{
	unit_tls_need(mkdtemp(dir) != NULL);
	made = time(NULL);
	unit_ca_make(&ca, dir, "ca");
	unit_ca_make(&other_ca, dir, "other-ca");
	unit_ca_issue(&ca, dir, IDENTITY, IDENTITY);
	unit_ca_issue(&ca, dir, "other", "other.home.test");
	unit_ca_issue(&other_ca, dir, "foreign", IDENTITY);
	make_formats();
	make_chain();
	make_renewed_ca();
	make_hostile();
	write_text("empty", "");
	write_text("text", "what is this?\n");
	write_text("request.pem", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n"
				  "-----END CERTIFICATE REQUEST-----\n");
	write_text("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	write_text("broken.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
	append("open.key", IDENTITY ".key");
	unit_tls_need(!chmod(path_of("open.key"), 0640));
	append("both.pem", IDENTITY ".pem");
	append("both.pem", IDENTITY ".key");
	unit_tls_need(!chmod(path_of("both.pem"), 0644));
}

/* --- good ones --- */

static void a_certificate_its_key_and_its_ca_are_good(void)
{
	is_good(IDENTITY ".pem", IDENTITY ".key", "ca.pem");
}

static void a_chain_is_good_in_its_order(void)
{
	is_good("chain.pem", "deep.key", "ca.pem");
}

static void a_bundle_of_cas_is_good(void)
{
	is_good(IDENTITY ".pem", IDENTITY ".key", "bundle.pem");
}

static void a_ca_may_stand_beside_its_expired_certificate(void)
{
	is_good(IDENTITY ".pem", IDENTITY ".key", "renewed-ca.pem");
}

static void credentials_are_made_of_it(void)
{
	struct tls_material *material = load_at("chain.pem", "deep.key", "ca.pem", made);
	gnutls_certificate_credentials_t credentials = tls_credentials(material);

	tls_free(material);
	CU_ASSERT_PTR_NOT_NULL(credentials);
	gnutls_certificate_free_credentials(credentials);
}

/* --- what can be wrong with any file --- */

static void a_file_that_is_not_there_is_told(void)
{
	is_told(TLS_CERTIFICATE, "nowhere", "cannot be read: No such file or directory");
	is_told(TLS_KEY, "nowhere", "cannot be read: No such file or directory");
	is_told(TLS_CA, "nowhere", "cannot be read: No such file or directory");
}

static void all_faults_are_told_at_once(void)
{
	CU_ASSERT_PTR_NULL(load_at("nowhere", "open.key", "empty", made));
	CU_ASSERT_EQUAL(told.count[TLS_CERTIFICATE], 1);
	CU_ASSERT_EQUAL(told.count[TLS_KEY], 1);
	CU_ASSERT_EQUAL(told.count[TLS_CA], 1);
}

static void an_empty_file_is_told(void)
{
	is_told(TLS_CERTIFICATE, "empty", "is empty");
}

static void a_folder_is_told(void)
{
	is_told(TLS_CA, ".", "is a folder, not a file");
}

static void a_file_of_something_else_is_told(void)
{
	is_told(TLS_CERTIFICATE, "text", "is not a PEM file");
	is_told(TLS_KEY, "text", "is not a PEM file");
	is_told(TLS_CERTIFICATE, "request.pem", "is a certificate request");
	is_told(TLS_CERTIFICATE, "broken.pem", "holds a certificate that cannot be read");
	is_told(TLS_KEY, "broken.key", "holds a private key that cannot be read");
}

static void der_instead_of_pem_is_told(void)
{
	is_told(TLS_CERTIFICATE, "der.pem", "is DER, not PEM: convert it by `openssl x509");
	is_told(TLS_CA, "der.pem", "is DER, not PEM: convert it by `openssl x509");
	is_told(TLS_KEY, "der.key", "is DER, not PEM: convert it by `openssl pkey");
	is_told(TLS_KEY, "pkcs12", "is PKCS #12, not PEM");
}

static void key_and_certificate_exchanged_are_told(void)
{
	is_told(TLS_CERTIFICATE, IDENTITY ".key", "is a private key, not a certificate");
	is_told(TLS_KEY, IDENTITY ".pem", "is a certificate, not a private key");
	is_told(TLS_KEY, "public.pem", "is a public key, not a private one");
	is_told(TLS_CA, "ca.key", "is a private key, not a certificate");
}

/* --- the key --- */

static void a_key_that_others_can_read_is_told(void)
{
	is_told(TLS_KEY, "open.key", "may be read or written by others than its owner: chmod 600 ");
}

static void a_key_in_a_certificate_file_that_others_can_read_is_told(void)
{
	is_told(TLS_CERTIFICATE, "both.pem", "holds a private key, too");
}

static void an_encrypted_key_is_told(void)
{
	is_told(TLS_KEY, "encrypted.key", "is encrypted with a passphrase");
	is_told(TLS_KEY, "encrypted-old.key", "is encrypted with a passphrase");
}

static void the_key_of_another_is_told(void)
{
	is_told(TLS_KEY, "other.key", "is not the key of the certificate in ");
}

/* --- the certificate --- */

static void a_certificate_for_another_name_is_told(void)
{
	const char *const names[TLS_FILES] = {"other.pem", "other.key", "ca.pem"};

	is_told_at(TLS_CERTIFICATE, names, made,
		   "is not for the Diameter identity 'hse.home.test': its certificate names "
		   "other.home.test");
}

static void what_a_certificate_says_is_one_printable_line(void)
{
	CU_ASSERT_PTR_NULL(load_at("lines.pem", "lines.key", "ca.pem", made));
	CU_ASSERT_PTR_NOT_NULL(strstr(told.text[TLS_CERTIFICATE], "CN=one?two"));
	CU_ASSERT_PTR_NULL(load_at("broken-name.pem", "broken-name.key", "ca.pem", made));
	CU_ASSERT_PTR_NOT_NULL(strstr(told.text[TLS_CERTIFICATE], "certificate names broken"));
}

static void a_certificate_of_another_ca_is_told(void)
{
	const char *const names[TLS_FILES] = {"foreign.pem", "foreign.key", "ca.pem"};

	is_told_at(TLS_CERTIFICATE, names, made, "was issued by CN=other-ca");
}

static void an_expired_certificate_is_told(void)
{
	const char *const names[TLS_FILES] = {IDENTITY ".pem", IDENTITY ".key", "ca.pem"};
	char date[TLS_DATE_MAX];

	CU_ASSERT_PTR_NULL(load_at(names[0], names[1], names[2], made + 61 * DAY_S));
	CU_ASSERT_PTR_NOT_NULL(strstr(told.text[TLS_CERTIFICATE], "is no longer valid: "));
	tls_date(made + 60 * DAY_S, date);
	CU_ASSERT_PTR_NOT_NULL(strstr(told.text[TLS_CERTIFICATE], "expired on 20"));
	date[strlen("2026-01-01")] = 0;
	CU_ASSERT_PTR_NOT_NULL(strstr(told.text[TLS_CERTIFICATE], date));
	CU_ASSERT_PTR_NOT_NULL(strstr(told.text[TLS_CA], "is no longer valid: "));
}

static void a_certificate_that_begins_later_is_told(void)
{
	CU_ASSERT_PTR_NULL(load_at(IDENTITY ".pem", IDENTITY ".key", "ca.pem", made - DAY_S));
	CU_ASSERT_PTR_NOT_NULL(strstr(told.text[TLS_CERTIFICATE], "is not valid yet: "));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(told.text[TLS_CERTIFICATE], "is the clock of this machine right?"));
}

static void a_chain_out_of_order_is_told(void)
{
	const char *const names[TLS_FILES] = {"reversed.pem", "middle.key", "ca.pem"};

	CU_ASSERT_PTR_NULL(load_at(names[0], names[1], names[2], made));
	CU_ASSERT_PTR_NOT_NULL(strstr(told.text[TLS_CERTIFICATE], "is out of order: "));
	CU_ASSERT_PTR_NULL(load_at("reversed.pem", "deep.key", "ca.pem", made));
	CU_ASSERT_PTR_NOT_NULL(strstr(told.text[TLS_KEY], "is the key of certificate 2 of "));
}

static void a_certificate_in_the_chain_that_issued_nothing_is_told(void)
{
	const char *const names[TLS_FILES] = {"mixed.pem", IDENTITY ".key", "ca.pem"};

	is_told_at(TLS_CERTIFICATE, names, made,
		   "is out of order: certificate 2 (CN=middle) did not issue certificate 1");
}

static void a_chain_without_its_middle_is_told(void)
{
	const char *const names[TLS_FILES] = {"deep.pem", "deep.key", "ca.pem"};

	is_told_at(TLS_CERTIFICATE, names, made, "its last certificate was issued by CN=middle");
}

/* --- the CA --- */

static void a_certificate_in_the_place_of_the_ca_is_told(void)
{
	is_told(TLS_CA, "other.pem", "is not a CA's: the certificate was issued by CN=ca");
}

/* --- dates of certificates in use --- */

static struct tls_material *in_use;

static unsigned warned(time_t before_end)
{
	time_t end = made + 60 * DAY_S;

	memset(&told, 0, sizeof(told));
	tls_tell_expiry(in_use, end - before_end, note, NULL);
	return told.count[TLS_CERTIFICATE];
}

static void warnings_come_thirty_seven_and_one_days_before_the_end(void)
{
	in_use = load_at(IDENTITY ".pem", IDENTITY ".key", "ca.pem", made);
	CU_ASSERT_EQUAL(warned(31 * DAY_S), 0);
	CU_ASSERT_EQUAL(warned(30 * DAY_S - 60), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(told.text[TLS_CERTIFICATE], "expires in "));
	CU_ASSERT_EQUAL(told.count[TLS_CA], 1);
	CU_ASSERT_EQUAL(warned(8 * DAY_S), 0);
	CU_ASSERT_EQUAL(warned(7 * DAY_S - 60), 1);
	CU_ASSERT_EQUAL(warned(2 * DAY_S), 0);
	CU_ASSERT_EQUAL(warned(DAY_S - 60), 1);
	CU_ASSERT_EQUAL(warned(60), 0);
	CU_ASSERT_EQUAL(warned(-60), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(told.text[TLS_CERTIFICATE], " expired on "));
	CU_ASSERT_EQUAL(warned(-DAY_S), 0);
	tls_free(in_use);
}

static void a_late_start_has_the_latest_warning_alone(void)
{
	in_use = load_at(IDENTITY ".pem", IDENTITY ".key", "ca.pem", made);
	CU_ASSERT_EQUAL(warned(DAY_S - 60), 1);
	CU_ASSERT_EQUAL(warned(DAY_S - 120), 0);
	tls_free(in_use);
}

static void the_end_of_the_chain_or_of_its_ca_is_the_end(void)
{
	in_use = load_at("chain.pem", "deep.key", "bundle.pem", made);
	CU_ASSERT_FALSE(tls_tell_expiry(in_use, made + 59 * DAY_S, note, NULL));
	CU_ASSERT_TRUE(tls_tell_expiry(in_use, made + 61 * DAY_S, note, NULL));
	tls_free(in_use);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"a certificate, its key and its CA are good",
		 a_certificate_its_key_and_its_ca_are_good},
		{"a chain is good in its order", a_chain_is_good_in_its_order},
		{"a bundle of CAs is good", a_bundle_of_cas_is_good},
		{"a CA may stand beside its expired certificate",
		 a_ca_may_stand_beside_its_expired_certificate},
		{"credentials are made of it", credentials_are_made_of_it},
		{"a file that is not there is told", a_file_that_is_not_there_is_told},
		{"all faults are told at once", all_faults_are_told_at_once},
		{"an empty file is told", an_empty_file_is_told},
		{"a folder is told", a_folder_is_told},
		{"a file of something else is told", a_file_of_something_else_is_told},
		{"DER instead of PEM is told", der_instead_of_pem_is_told},
		{"key and certificate exchanged are told", key_and_certificate_exchanged_are_told},
		{"a key that others can read is told", a_key_that_others_can_read_is_told},
		{"a key in a certificate file that others can read is told",
		 a_key_in_a_certificate_file_that_others_can_read_is_told},
		{"an encrypted key is told", an_encrypted_key_is_told},
		{"the key of another is told", the_key_of_another_is_told},
		{"a certificate for another name is told", a_certificate_for_another_name_is_told},
		{"what a certificate says is one printable line",
		 what_a_certificate_says_is_one_printable_line},
		{"a certificate of another CA is told", a_certificate_of_another_ca_is_told},
		{"an expired certificate is told", an_expired_certificate_is_told},
		{"a certificate that begins later is told",
		 a_certificate_that_begins_later_is_told},
		{"a chain out of order is told", a_chain_out_of_order_is_told},
		{"a certificate in the chain that issued nothing is told",
		 a_certificate_in_the_chain_that_issued_nothing_is_told},
		{"a chain without its middle is told", a_chain_without_its_middle_is_told},
		{"a certificate in the place of the CA is told",
		 a_certificate_in_the_place_of_the_ca_is_told},
		{"warnings come thirty, seven and one days before the end",
		 warnings_come_thirty_seven_and_one_days_before_the_end},
		{"a late start has the latest warning alone",
		 a_late_start_has_the_latest_warning_alone},
		{"the end of the chain, or of its CA, is the end",
		 the_end_of_the_chain_or_of_its_ca_is_the_end},
	};
	char command[64];

	make_files();
	int rc = unit_run("tls", tests, sizeof(tests) / sizeof(tests[0]));
	snprintf(command, sizeof(command), "rm -r %s", dir);
	if (system(command))
		printf("%s is left behind\n", dir);
	unit_ca_free(&ca);
	unit_ca_free(&other_ca);
	unit_ca_free(&middle);
	return rc;
}
