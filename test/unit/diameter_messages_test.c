/* SPDX-License-Identifier: BSD-3-Clause */
/* What the library does with messages that it would not send itself: made with its inner functions. */
#include "diameter/internal.h"

#include "unit_diameter.h"

#define CASES_MAX 32
#define SQN	  diameter_dict.e2m_sqn
#define RAND	  diameter_dict.rand

static struct {
	bool ready, stop, connected;
	unsigned served; /* requests that reached a handler */
	/* What the asker got, by case. */
	unsigned total;
	uint32_t code[CASES_MAX], failed_code[CASES_MAX];
	size_t failed_len[CASES_MAX];
	int outcome[CASES_MAX];
	enum diameter_key_fault fault[CASES_MAX];
	bool clean[CASES_MAX]; /* no key in an answer that is not good */
} * shared;

static const uint8_t octets[64] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};

static void serve_key(void *arg, const struct diameter_key_request *request,
		      struct diameter_key_answer *answer)
{
	(void)arg, (void)request, (void)answer;
	shared->served++;
}

static void serve_auth(void *arg, const struct diameter_auth_request *request,
		       struct diameter_auth_answer *answer)
{
	(void)arg, (void)request, (void)answer;
	shared->served++;
}

static void run_good_hss(void)
{
	if (unit_diameter_init(UNIT_HSS) || diameter_serve_keys(serve_key, NULL) ||
	    diameter_serve_auth(serve_auth, NULL) || diameter_start())
		_exit(1);
	shared->ready = true;
	UNIT_WAIT(shared->stop, 30000);
	diameter_stop();
}

static void with_hss(void (*run_hss)(void), void (*run_hse)(void))
{
	memset(shared, 0, sizeof(*shared));
	pid_t hss = unit_node_start(run_hss);
	CU_ASSERT_TRUE(UNIT_WAIT(shared->ready, UNIT_START_MS));
	CU_ASSERT_TRUE(unit_node_wait(unit_node_start(run_hse), 20000));
	CU_ASSERT_TRUE(shared->connected);
	shared->stop = true;
	CU_ASSERT_TRUE(unit_node_wait(hss, 20000));
}

static void wait_for_case(unsigned i)
{
	UNIT_WAIT(__atomic_load_n(&shared->total, __ATOMIC_ACQUIRE) > i, 4000);
}

/* --- bad requests --- */

static void note_result(const struct diameter_asker *asker, enum diameter_end end,
			struct msg *message)
{
	unsigned i = (unsigned)asker->kind;
	struct diameter_result result;
	struct diameter_avp avp;

	if (end == DIAMETER_END_ANSWER && diameter_read_result(message, &result)) {
		shared->code[i] = result.code;
		for (bool more = diameter_avp_first(message, &avp); more;
		     more = diameter_avp_next(&avp)) {
			struct diameter_avp failed;

			if (!diameter_avp_is(&avp, 279, 0) || !diameter_avp_first(avp.avp, &failed))
				continue;
			shared->failed_code[i] = failed.code;
			shared->failed_len[i] = failed.len;
		}
	}
	__atomic_add_fetch(&shared->total, 1, __ATOMIC_RELEASE);
}

static void send_request(struct msg *request, unsigned i)
{
	struct diameter_asker asker = {.finish = note_result, .kind = (int)i};

	diameter_pending_send(request, 3000, &asker);
	wait_for_case(i);
}

#define LONG "hse.a-name-of-sixty-four-octets-of-which-four-are-too-long.home." /* 64 octets */

struct id_avp {
	struct dict_object **model;
	size_t len;
};

/* An EKR with these AVPs after the User-Name. */
static struct msg *key_request(const char *imsi, const struct id_avp *ids)
{
	struct msg *request = NULL;
	struct e2m_imsi any;

	snprintf(any.digits, sizeof(any.digits), "%s", imsi);
	diameter_request_new(diameter_dict.key_request, 32473, 4294967040U, UNIT_HSS, UNIT_REALM,
			     &any, &request);
	for (; ids && ids->model; ids++)
		diameter_add_octets(request, *ids->model, octets, ids->len);
	return request;
}

static void send_bad_key_requests(void)
{
	static const struct id_avp lists[][3] = {
		{{0}},
		{{&RAND, 16}, {&SQN, 6}},
		{{&RAND, 16}, {&RAND, 16}},
		{{&SQN, 5}},
		{{&RAND, 17}},
		{{&SQN, 0}},
	};
	static const struct id_avp good[] = {{&SQN, 6}, {0}};
	static const char *const no_identities[] = {"", "hse home", LONG LONG LONG LONG};
	union avp_value other = {.os = {.data = (uint8_t *)UNIT_SGSN, .len = strlen(UNIT_SGSN)}};
	struct avp *origin = NULL;
	unsigned i = 0;

	shared->connected = unit_diameter_connect(UNIT_HSE);
	for (; i < sizeof(lists) / sizeof(lists[0]); i++)
		send_request(key_request(UNIT_IMSI, lists[i]), i);
	send_request(key_request("12345", good), i++);
	send_request(key_request("00101000000000x", good), i++);
	struct msg *forged = key_request(UNIT_IMSI, good);
	fd_msg_search_avp(forged, diameter_dict.origin_host, &origin);
	fd_msg_avp_setvalue(origin, &other);
	send_request(forged, i++);
	struct msg *twice = key_request(UNIT_IMSI, good);
	diameter_add_text(twice, diameter_dict.user_name, UNIT_IMSI);
	send_request(twice, i++);
	for (unsigned n = 0; n < sizeof(no_identities) / sizeof(no_identities[0]); n++) {
		struct msg *message = key_request(UNIT_IMSI, good);

		diameter_add_text(message, diameter_dict.route_record, no_identities[n]);
		send_request(message, i++);
	}
	diameter_stop();
}

static void bad_pulls_are_answered_as_clause_4_says(void)
{
	static const struct {
		uint32_t code, failed_code;
		size_t failed_len;
	} expected[] = {
		{5005, 1, 6},	  /* neither */
		{5009, 1, 6},	  /* both */
		{5009, 1447, 16}, /* two RANDs */
		{5014, 1, 5},	  {5014, 1447, 17},
		{5014, 1, 0},	  {5004, 1, 5}, /* User-Name of five digits */
		{5004, 1, 15},			/* and with a letter */
		{5003, 0, 0},			/* an Origin-Host that is not the peer's */
		{5009, 1, 1},			/* two User-Names: libfdcore's own answer */
		{5004, 282, 0},			/* Route-Records that are no identity */
		{5004, 282, 8},	  {5004, 282, 256},
	};

	with_hss(run_good_hss, send_bad_key_requests);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		CU_ASSERT_EQUAL(shared->code[i], expected[i].code);
		CU_ASSERT_EQUAL(shared->failed_code[i], expected[i].failed_code);
		CU_ASSERT_EQUAL(shared->failed_len[i], expected[i].failed_len);
	}
	CU_ASSERT_EQUAL(shared->served, 0);
}

static struct msg *auth_request(struct dict_object *requested, size_t resynchronization,
				size_t plmn)
{
	struct e2m_imsi imsi = {.digits = UNIT_IMSI};
	struct msg *request = NULL;
	struct avp *info = NULL;

	diameter_request_new(diameter_dict.auth_request, DIAMETER_VENDOR_3GPP,
			     DIAMETER_APPLICATION_S6A, UNIT_HSS, UNIT_REALM, &imsi, &request);
	if (requested)
		diameter_add_group(request, requested, &info);
	if (requested)
		diameter_add_number(info, diameter_dict.number_of_vectors, 5);
	if (resynchronization)
		diameter_add_octets(info, diameter_dict.resynchronization, octets,
				    resynchronization);
	if (plmn)
		diameter_add_octets(request, diameter_dict.visited_plmn_id, octets, plmn);
	return request;
}

static void send_bad_auth_requests(void)
{
	shared->connected = unit_diameter_connect(UNIT_SGSN);
	send_request(auth_request(diameter_dict.requested_utran, 0, 0), 0);
	send_request(auth_request(diameter_dict.requested_utran, 0, 4), 1);
	send_request(auth_request(NULL, 0, 3), 2);
	send_request(auth_request(diameter_dict.requested_eutran, 29, 3), 3);
	send_request(auth_request(diameter_dict.requested_eutran, 31, 3), 4);
	diameter_stop();
}

static void bad_requests_for_vectors_are_answered_by_their_fault(void)
{
	static const struct {
		uint32_t code, failed_code;
		size_t failed_len;
	} expected[] = {
		{5005, 1407, 3}, {5014, 1407, 4}, {5005, 0, 0}, {5014, 1411, 29}, {5014, 1411, 31},
	};

	with_hss(run_good_hss, send_bad_auth_requests);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		CU_ASSERT_EQUAL(shared->code[i], expected[i].code);
		CU_ASSERT_EQUAL(shared->failed_code[i], expected[i].failed_code);
		CU_ASSERT_EQUAL(shared->failed_len[i], expected[i].failed_len);
	}
	CU_ASSERT_EQUAL(shared->served, 0);
}

/* --- bad answers: the case is the number at the IMSI's end --- */

enum bad_key_answer {
	GOOD,
	SHORT_CK,
	LONG_IK,
	EMPTY_IK,
	DOUBLE_CK,
	NO_CK,
	CK_TWICE,
	NO_CIPHERING,
	UNKNOWN_CIPHERING,
	GCM_WITH_EIA2,
	NULL_WITH_NULL,
	NO_RESULT,
	TWO_RESULTS,
	OTHER_RESULT,
	UNKNOWN_MANDATORY_AVP,
	OTHER_SESSION,
	OTHER_SUBSCRIBER,
	OTHER_SUBSCRIBERS_REFUSAL,
	SAME_SUBSCRIBER,
	SILENCE,
	BAD_KEY_ANSWERS,
};

static struct dict_object *unknown_avp; /* to the HSE */

static unsigned case_of(struct msg *request)
{
	struct diameter_avp avp;

	for (bool more = diameter_avp_first(request, &avp); more; more = diameter_avp_next(&avp))
		if (diameter_avp_is(&avp, 1, 0) && avp.len == 15)
			return (unsigned)(avp.data[13] - '0') * 10 + (unsigned)(avp.data[14] - '0');
	return 0;
}

static void add_result(struct msg *answer, enum bad_key_answer bad)
{
	if (bad != NO_RESULT)
		diameter_add_number(answer, diameter_dict.result_code,
				    bad == OTHER_RESULT		       ? 5012
				    : bad == OTHER_SUBSCRIBERS_REFUSAL ? 5003
								       : 2001);
	if (bad == TWO_RESULTS)
		diameter_add_number(answer, diameter_dict.result_code, 2001);
}

static void add_keys(struct msg *answer, enum bad_key_answer bad)
{
	if (bad != NO_CK)
		diameter_add_octets(answer, diameter_dict.confidentiality_key, octets,
				    bad == SHORT_CK    ? 15
				    : bad == DOUBLE_CK ? 32
						       : 16);
	if (bad == CK_TWICE)
		diameter_add_octets(answer, diameter_dict.confidentiality_key, octets + 1, 16);
	diameter_add_octets(answer, diameter_dict.integrity_key, octets,
			    bad == LONG_IK    ? 17
			    : bad == EMPTY_IK ? 0
					      : 16);
}

static void add_algorithms(struct msg *answer, enum bad_key_answer bad)
{
	if (bad != NO_CIPHERING)
		diameter_add_number(answer, diameter_dict.e2m_ciphering,
				    bad == UNKNOWN_CIPHERING ? 9
				    : bad == GCM_WITH_EIA2   ? 0x10
				    : bad == NULL_WITH_NULL  ? 0
							     : 2);
	diameter_add_number(answer, diameter_dict.e2m_integrity, bad == NULL_WITH_NULL ? 0 : 2);
}

/* Whom the answer says to be for. */
static void add_names(struct msg *answer, enum bad_key_answer bad)
{
	struct diameter_avp session;
	char name[16];

	if (bad == OTHER_SESSION && diameter_find_avp(answer, 263, &session))
		((uint8_t *)session.data)[session.len - 1] ^= 1;
	snprintf(name, sizeof(name), "%.13s%02u", UNIT_IMSI,
		 bad == SAME_SUBSCRIBER ? SAME_SUBSCRIBER : GOOD);
	if (bad == OTHER_SUBSCRIBER || bad == OTHER_SUBSCRIBERS_REFUSAL || bad == SAME_SUBSCRIBER)
		diameter_add_text(answer, diameter_dict.user_name, name);
}

static int answer_key_badly(struct msg **message, struct avp *avp, struct session *session,
			    void *arg, enum disp_action *action)
{
	enum bad_key_answer bad = (enum bad_key_answer)case_of(*message);

	(void)avp, (void)session, (void)arg, (void)action;
	if (bad == SILENCE) {
		fd_msg_free(*message);
		*message = NULL;
		return 0;
	}
	fd_msg_new_answer_from_req(fd_g_config->cnf_dict, message, 0);
	fd_msg_add_origin(*message, 0);
	add_result(*message, bad);
	add_keys(*message, bad);
	add_algorithms(*message, bad);
	add_names(*message, bad);
	if (bad == UNKNOWN_MANDATORY_AVP)
		diameter_add_number(*message, unknown_avp, 1);
	return fd_msg_send(message, NULL, NULL);
}

enum bad_auth_answer {
	GOOD_VECTOR,
	SHORT_RAND,
	NO_AUTN,
	NO_VECTOR,
	OTHER_KIND,
	XRES_TWICE,
	BAD_AUTH_ANSWERS,
};

static int answer_auth_badly(struct msg **message, struct avp *avp, struct session *session,
			     void *arg, enum disp_action *action)
{
	enum bad_auth_answer bad = (enum bad_auth_answer)case_of(*message);
	struct avp *info = NULL, *vector = NULL;

	(void)avp, (void)session, (void)arg, (void)action;
	fd_msg_new_answer_from_req(fd_g_config->cnf_dict, message, 0);
	fd_msg_add_origin(*message, 0);
	diameter_add_number(*message, diameter_dict.result_code, 2001);
	diameter_add_group(*message, diameter_dict.authentication_info, &info);
	if (bad != NO_VECTOR) {
		diameter_add_group(info,
				   bad == OTHER_KIND ? diameter_dict.eutran_vector
						     : diameter_dict.utran_vector,
				   &vector);
		diameter_add_octets(vector, RAND, octets, bad == SHORT_RAND ? 15 : 16);
		diameter_add_octets(vector, diameter_dict.xres, octets, 8);
		if (bad == XRES_TWICE)
			diameter_add_octets(vector, diameter_dict.xres, octets, 8);
		if (bad != NO_AUTN)
			diameter_add_octets(vector, diameter_dict.autn, octets, 16);
		diameter_add_octets(vector, diameter_dict.confidentiality_key, octets, 16);
		diameter_add_octets(vector, diameter_dict.integrity_key, octets, 16);
	}
	return fd_msg_send(message, NULL, NULL);
}

static void run_bad_hss(void)
{
	struct dict_avp_data unknown = {.avp_code = 999,
					.avp_vendor = 32473,
					.avp_name = (char *)"Unknown",
					.avp_flag_mask = AVP_FLAG_VENDOR | AVP_FLAG_MANDATORY,
					.avp_flag_val = AVP_FLAG_VENDOR | AVP_FLAG_MANDATORY,
					.avp_basetype = AVP_TYPE_UNSIGNED32};

	if (unit_diameter_init(UNIT_HSS) ||
	    fd_dict_new(fd_g_config->cnf_dict, DICT_AVP, &unknown, NULL, &unknown_avp))
		_exit(1);
	struct disp_when key = {.app = diameter_dict.e2m_application,
				.command = diameter_dict.key_request};
	struct disp_when auth = {.app = diameter_dict.auth_application,
				 .command = diameter_dict.auth_request};
	if (fd_disp_register(answer_key_badly, DISP_HOW_CC, &key, NULL, NULL) ||
	    fd_disp_register(answer_auth_badly, DISP_HOW_CC, &auth, NULL, NULL) || diameter_start())
		_exit(1);
	shared->ready = true;
	UNIT_WAIT(shared->stop, 30000);
	diameter_stop();
}

static void on_key(void *arg, const struct diameter_key_answer *answer)
{
	static const struct e2m_keyset none;
	unsigned i = (unsigned)(uintptr_t)arg;

	shared->outcome[i] = (int)answer->outcome;
	shared->fault[i] = answer->fault;
	shared->clean[i] = !memcmp(&answer->keyset, &none, sizeof(none));
	__atomic_add_fetch(&shared->total, 1, __ATOMIC_RELEASE);
}

static void on_auth(void *arg, const struct diameter_auth_answer *answer)
{
	static const struct aka_vector none;
	unsigned i = (unsigned)(uintptr_t)arg;

	shared->outcome[i] = (int)answer->outcome;
	shared->clean[i] = !memcmp(&answer->vector, &none, sizeof(none));
	__atomic_add_fetch(&shared->total, 1, __ATOMIC_RELEASE);
}

static struct e2m_imsi imsi_of_case(unsigned i)
{
	struct e2m_imsi imsi = {.digits = UNIT_IMSI};

	imsi.digits[13] = (char)('0' + i / 10);
	imsi.digits[14] = (char)('0' + i % 10);
	return imsi;
}

static void get_bad_key_answers(void)
{
	shared->connected = unit_diameter_connect(UNIT_HSE);
	for (unsigned i = 0; i < BAD_KEY_ANSWERS; i++) {
		struct diameter_key_request request = {.imsi = imsi_of_case(i),
						       .id.type = E2M_ID_SQN};

		/* Short: what libfdcore drops must be told at once, and not as a time-out. */
		diameter_send_key_request(UNIT_HSS, UNIT_REALM, &request, 500, on_key,
					  (void *)(uintptr_t)i);
		wait_for_case(i);
	}
	diameter_stop();
}

static void bad_answers_to_pulls_are_told_from_others(void)
{
	static const enum diameter_key_fault faults[BAD_KEY_ANSWERS] = {
		[SHORT_CK] = DIAMETER_KEY_FAULT_KEY_LENGTH,
		[LONG_IK] = DIAMETER_KEY_FAULT_KEY_LENGTH,
		[EMPTY_IK] = DIAMETER_KEY_FAULT_KEY_LENGTH,
		[DOUBLE_CK] = DIAMETER_KEY_FAULT_KEY_LENGTH,
		[NO_CK] = DIAMETER_KEY_FAULT_INCOMPLETE,
		[CK_TWICE] = DIAMETER_KEY_FAULT_TWICE,
		[NO_CIPHERING] = DIAMETER_KEY_FAULT_INCOMPLETE,
		[UNKNOWN_CIPHERING] = DIAMETER_KEY_FAULT_ALGORITHM,
		[GCM_WITH_EIA2] = DIAMETER_KEY_FAULT_ALGORITHM,
		[NULL_WITH_NULL] = DIAMETER_KEY_FAULT_ALGORITHM,
		[NO_RESULT] = DIAMETER_KEY_FAULT_NO_RESULT,
		[TWO_RESULTS] = DIAMETER_KEY_FAULT_NO_RESULT,
		[OTHER_RESULT] = DIAMETER_KEY_FAULT_OTHER_RESULT,
		[UNKNOWN_MANDATORY_AVP] = DIAMETER_KEY_FAULT_UNPARSED,
		[OTHER_SESSION] = DIAMETER_KEY_FAULT_OTHER_REQUEST,
		[OTHER_SUBSCRIBER] = DIAMETER_KEY_FAULT_OTHER_SUBSCRIBER,
		[OTHER_SUBSCRIBERS_REFUSAL] = DIAMETER_KEY_FAULT_OTHER_SUBSCRIBER,
	};

	with_hss(run_bad_hss, get_bad_key_answers);
	CU_ASSERT_EQUAL(shared->total, BAD_KEY_ANSWERS);
	for (int i = GOOD; i < BAD_KEY_ANSWERS; i++) {
		bool is_good = i == GOOD || i == SAME_SUBSCRIBER;
		enum diameter_key_outcome expected = is_good		 ? DIAMETER_KEY_FOUND
						     : i == OTHER_RESULT ? DIAMETER_KEY_REFUSED
						     : i == SILENCE	 ? DIAMETER_KEY_TIMEOUT
									 : DIAMETER_KEY_BAD_ANSWER;

		CU_ASSERT_EQUAL(shared->outcome[i], (int)expected);
		CU_ASSERT_EQUAL(shared->fault[i], faults[i]);
		CU_ASSERT_EQUAL(shared->clean[i], !is_good);
	}
}

static void get_bad_auth_answers(void)
{
	shared->connected = unit_diameter_connect(UNIT_SGSN);
	for (unsigned i = 0; i < BAD_AUTH_ANSWERS; i++) {
		struct diameter_auth_request request = {.imsi = imsi_of_case(i),
							.system = AKA_UMTS};

		diameter_send_auth_request(UNIT_HSS, UNIT_REALM, &request, 500, on_auth,
					   (void *)(uintptr_t)i);
		wait_for_case(i);
	}
	diameter_stop();
}

static void bad_vectors_are_told_from_good_ones(void)
{
	with_hss(run_bad_hss, get_bad_auth_answers);
	CU_ASSERT_EQUAL(shared->total, BAD_AUTH_ANSWERS);
	CU_ASSERT_EQUAL(shared->outcome[GOOD_VECTOR], DIAMETER_AUTH_OK);
	for (int i = SHORT_RAND; i < BAD_AUTH_ANSWERS; i++) {
		CU_ASSERT_EQUAL(shared->outcome[i], DIAMETER_AUTH_BAD_ANSWER);
		CU_ASSERT_TRUE(shared->clean[i]);
	}
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"bad pulls are answered as clause 4 says",
		 bad_pulls_are_answered_as_clause_4_says},
		{"bad requests for vectors are answered by their fault",
		 bad_requests_for_vectors_are_answered_by_their_fault},
		{"bad answers to pulls are told from others",
		 bad_answers_to_pulls_are_told_from_others},
		{"bad vectors are told from good ones", bad_vectors_are_told_from_good_ones},
	};
	shared = unit_share(sizeof(*shared));
	unit_diameter_setup();
	int rc = unit_run("diameter_messages", tests, sizeof(tests) / sizeof(tests[0]));
	unit_diameter_teardown();
	return rc;
}
