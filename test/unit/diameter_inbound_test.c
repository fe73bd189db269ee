/* SPDX-License-Identifier: BSD-3-Clause */
/* Who may connect: a client of bare TLS, with any certificate, that sends any first message. */
#include <gnutls/gnutls.h>

#include "unit_diameter.h"

#define CER 257
#define CEA 257

static struct {
	bool ready, stop;
	char said[8000]; /* warnings of the HSS, a line each */
} * shared;

static void note(bool is_error, const char *line)
{
	size_t used = strlen(shared->said);

	if (is_error)
		snprintf(shared->said + used, sizeof(shared->said) - used, "\n%s", line);
}

static void run_hss(void)
{
	unit_log_to = note;
	if (unit_diameter_init(UNIT_HSS) || diameter_start())
		_exit(1);
	shared->ready = true;
	UNIT_WAIT(shared->stop, 60000);
	diameter_stop();
}

/* --- a first message --- */

struct message {
	uint8_t data[512];
	size_t len;
};

static void put_u32(struct message *m, uint32_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		m->data[m->len++] = (uint8_t)(v >> shift);
}

static void put_avp(struct message *m, uint32_t code, const void *data, size_t len)
{
	put_u32(m, code);
	put_u32(m, UINT32_C(0x40000000) | (uint32_t)(8 + len));
	memcpy(m->data + m->len, data, len);
	memset(m->data + m->len + len, 0, 3);
	m->len += (len + 3) & ~(size_t)3;
}

static void put_u32_avp(struct message *m, uint32_t code, uint32_t v)
{
	uint8_t data[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

	put_avp(m, code, data, sizeof(data));
}

/* RFC 6733 5.3.1; origin_host NULL: without. */
static struct message make_request(uint32_t command, const char *origin_host)
{
	static const uint8_t address[] = {0, 1, 127, 0, 0, 1};
	struct message m = {.len = 0};

	put_u32(&m, 0);
	put_u32(&m, UINT32_C(0x80000000) | command);
	put_u32(&m, 0);
	put_u32(&m, 1);
	put_u32(&m, 1);
	if (origin_host)
		put_avp(&m, 264, origin_host, strlen(origin_host));
	put_avp(&m, 296, UNIT_REALM, strlen(UNIT_REALM));
	put_avp(&m, 257, address, sizeof(address));
	put_u32_avp(&m, 266, 0);
	put_avp(&m, 269, "test", 4);
	put_u32_avp(&m, 258, 4294967040U);
	m.data[0] = 1;
	m.data[2] = (uint8_t)(m.len >> 8);
	m.data[3] = (uint8_t)m.len;
	return m;
}

/* The Result-Code of an answer; 0 when it has none. */
static uint32_t result_of(const uint8_t *data, size_t len)
{
	for (size_t at = 20; at + 8 <= len;) {
		uint32_t code = (uint32_t)data[at] << 24 | (uint32_t)data[at + 1] << 16 |
				(uint32_t)data[at + 2] << 8 | data[at + 3];
		size_t size = (size_t)data[at + 5] << 16 | (size_t)data[at + 6] << 8 | data[at + 7];

		if (code == 268 && at + 12 <= len)
			return (uint32_t)data[at + 8] << 24 | (uint32_t)data[at + 9] << 16 |
			       (uint32_t)data[at + 10] << 8 | data[at + 11];
		at += size < 8 ? 8 : (size + 3) & ~(size_t)3;
	}
	return 0;
}

/* --- the client --- */

static int connect_tcp(void)
{
	struct sockaddr_in to = unit_hss_address();
	struct timeval limit = {.tv_sec = 5};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	/* libfdcore listens in a thread of its own, a little after diameter_start has returned. */
	if (fd < 0 || !UNIT_WAIT(!connect(fd, (struct sockaddr *)&to, sizeof(to)), 5000))
		abort();
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

/* The Result-Code of what comes back on the session; 0: closed without. */
static uint32_t exchange(gnutls_session_t session, const struct message *m)
{
	uint8_t answer[2048];
	ssize_t got;

	if (gnutls_handshake(session) < 0 ||
	    gnutls_record_send(session, m->data, m->len) != (ssize_t)m->len)
		return 0;
	do {
		got = gnutls_record_recv(session, answer, sizeof(answer));
	} while (got < 0 && gnutls_error_is_fatal((int)got) == 0);
	return got > 20 ? result_of(answer, (size_t)got) : 0;
}

/* certificate: NULL for none. */
static uint32_t try_tls(const char *certificate, const char *priority, const struct message *m)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;
	int fd = connect_tcp();
	uint32_t result;

	gnutls_certificate_allocate_credentials(&credentials);
	if (certificate) {
		char *pem = unit_path(certificate, ".pem"), *key = unit_path(certificate, ".key");

		CU_ASSERT_TRUE(gnutls_certificate_set_x509_key_file(credentials, pem, key,
								    GNUTLS_X509_FMT_PEM) >= 0);
		free(pem);
		free(key);
	}
	/* Also a certificate of none of the CAs that the server names. */
	gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL | GNUTLS_FORCE_CLIENT_CERT);
	CU_ASSERT_EQUAL(gnutls_priority_set_direct(session, priority, NULL), 0);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_transport_set_int(session, fd);
	gnutls_handshake_set_timeout(session, 5000);
	result = exchange(session, m);
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(credentials);
	close(fd);
	return result;
}

static uint32_t try_cer(const char *certificate, const char *origin_host)
{
	struct message cer = make_request(CER, origin_host);

	return try_tls(certificate, "NORMAL", &cer);
}

static void a_peer_with_its_certificate_is_let_in(void)
{
	CU_ASSERT_EQUAL(try_cer(UNIT_HSE, UNIT_HSE), 2001);
	CU_ASSERT_EQUAL(try_cer(UNIT_SGSN, UNIT_SGSN), 2001);
}

static void a_peer_is_not_let_in_under_another_name(void)
{
	CU_ASSERT_NOT_EQUAL(try_cer(UNIT_HSE, UNIT_SGSN), 2001);
	/* Nor under that of a peer that the HSS connects to. */
	CU_ASSERT_NOT_EQUAL(try_cer(UNIT_SGSN, UNIT_HSE), 2001);
}

static void a_stranger_is_not_let_in(void)
{
	CU_ASSERT_NOT_EQUAL(try_cer("stranger.home.test", "stranger.home.test"), 2001);
	CU_ASSERT_NOT_EQUAL(try_cer(UNIT_HSE, "stranger.home.test"), 2001);
}

static void a_certificate_of_another_ca_is_not_let_in(void)
{
	CU_ASSERT_EQUAL(try_cer("forged", UNIT_HSE), 0);
}

/* Whoever wants to can make a certificate for a peer's name. */
static void only_a_certificate_of_our_ca_proves_who_failed(void)
{
	static const char forged[] =
		" (certificate for " UNIT_HSE "): TLS: its certificate comes from "
		"an unknown CA: CN=other-ca";
	static const char expired[] = "\n" UNIT_HSE ": TLS: its certificate expired on ";

	CU_ASSERT_EQUAL(try_cer("forged", UNIT_HSE), 0);
	CU_ASSERT_TRUE(UNIT_WAIT(strstr(shared->said, forged), 5000));
	CU_ASSERT_PTR_NULL(strstr(shared->said, "\n" UNIT_HSE ": TLS"));
	CU_ASSERT_EQUAL(try_cer("expired", UNIT_HSE), 0);
	CU_ASSERT_TRUE(UNIT_WAIT(strstr(shared->said, expired), 5000));
}

static void nobody_is_let_in_without_a_certificate(void)
{
	CU_ASSERT_EQUAL(try_cer(NULL, UNIT_HSE), 0);
}

static void old_tls_is_not_spoken(void)
{
	struct message cer = make_request(CER, UNIT_HSE);

	CU_ASSERT_EQUAL(try_tls(UNIT_HSE, "NORMAL:-VERS-ALL:+VERS-TLS1.1", &cer), 0);
	CU_ASSERT_EQUAL(try_tls(UNIT_HSE, "NORMAL:-VERS-ALL:+VERS-TLS1.2", &cer), 2001);
}

static void a_first_message_must_be_a_cer_with_a_host(void)
{
	struct message m = make_request(CER, NULL);

	CU_ASSERT_NOT_EQUAL(try_tls(UNIT_HSE, "NORMAL", &m), 2001);
	m = make_request(16777214, UNIT_HSE);
	CU_ASSERT_NOT_EQUAL(try_tls(UNIT_HSE, "NORMAL", &m), 2001);
	m = make_request(CER, "hse.home.test\nforged line");
	CU_ASSERT_NOT_EQUAL(try_tls(UNIT_HSE, "NORMAL", &m), 2001);
	m.len = 30; /* cut short: the server waits for the rest until the client goes away */
	m.data[3] = 30;
	m.data[2] = 0;
	CU_ASSERT_EQUAL(try_tls(UNIT_HSE, "NORMAL", &m), 0);
}

static void plain_tcp_is_not_answered(void)
{
	struct message cer = make_request(CER, UNIT_HSE);
	uint8_t answer[512];
	int fd = connect_tcp();

	CU_ASSERT_EQUAL(send(fd, cer.data, cer.len, MSG_NOSIGNAL), (ssize_t)cer.len);
	ssize_t got = recv(fd, answer, sizeof(answer), 0);
	/* An alert of TLS may come, which begins with 21; no Diameter, which begins with 1. */
	CU_ASSERT_TRUE(got <= 0 || answer[0] == 21);
	close(fd);
}

static void others_are_let_in_after_all_that(void)
{
	CU_ASSERT_EQUAL(try_cer(UNIT_HSE, UNIT_HSE), 2001);
}

static void issue_expired(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = unit_tls_certificate(UNIT_HSE, key, &unit_ca, NID_subject_alt_name,
						 "DNS:" UNIT_HSE);

	X509_gmtime_adj(X509_getm_notAfter(certificate), -30);
	unit_tls_need(X509_sign(certificate, unit_ca.key, EVP_sha256()));
	unit_tls_write(unit_dir, "expired", certificate, key);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"a peer with its certificate is let in", a_peer_with_its_certificate_is_let_in},
		{"a peer is not let in under another name",
		 a_peer_is_not_let_in_under_another_name},
		{"a stranger is not let in", a_stranger_is_not_let_in},
		{"a certificate of another CA is not let in",
		 a_certificate_of_another_ca_is_not_let_in},
		{"only a certificate of our CA proves who failed",
		 only_a_certificate_of_our_ca_proves_who_failed},
		{"nobody is let in without a certificate", nobody_is_let_in_without_a_certificate},
		{"old TLS is not spoken", old_tls_is_not_spoken},
		{"a first message must be a CER with a host",
		 a_first_message_must_be_a_cer_with_a_host},
		{"plain TCP is not answered", plain_tcp_is_not_answered},
		{"others are let in after all that", others_are_let_in_after_all_that},
	};
	struct unit_ca other;

	shared = unit_share(sizeof(*shared));
	unit_diameter_setup();
	unit_ca_make(&other, unit_dir, "other-ca");
	unit_ca_issue(&other, unit_dir, "forged", UNIT_HSE);
	unit_ca_issue(&unit_ca, unit_dir, "stranger.home.test", "stranger.home.test");
	issue_expired();
	unit_ca_free(&other);
	unit_hss_connects_to_hse = true;
	pid_t hss = unit_node_start(run_hss);
	int rc = !UNIT_WAIT(shared->ready, UNIT_START_MS) ||
		 unit_run("diameter_inbound", tests, sizeof(tests) / sizeof(tests[0]));
	shared->stop = true;
	rc |= !unit_node_wait(hss, 20000);
	unit_diameter_teardown();
	return rc;
}
