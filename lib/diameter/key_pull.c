/* SPDX-License-Identifier: BSD-3-Clause */
/* E2M-Key-Request and -Answer, e2m.md 4: steps 7 and 8. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "diameter/internal.h"

#define AVP_USER_NAME		1 /* of RFC 6733 */
#define AVP_SESSION_ID		263
#define AVP_ROUTE_RECORD	282
#define AVP_RAND		1447 /* of 3GPP */
#define AVP_CONFIDENTIALITY_KEY 625
#define AVP_INTEGRITY_KEY	626
#define AVP_E2M_SQN		1 /* of numbers.diameter_vendor */
#define AVP_E2M_CIPHERING	2
#define AVP_E2M_INTEGRITY	3
#define AVP_E2M_LIFETIME	4

static diameter_key_handler serve;
static diameter_key_taker take; /* set when serve is not */
static void *serve_arg;

/* --- the HSE's side --- */

const char *diameter_key_fault_name(enum diameter_key_fault fault)
{
	static const char *const names[] = {
#define X(symbol, name) name,
		DIAMETER_KEY_FAULTS(X)
#undef X
	};

	return (unsigned)fault < DIAMETER_KEY_FAULT_COUNT ? names[fault] : "?";
}

static void set_outcome(struct diameter_key_answer *answer, enum diameter_key_outcome outcome,
			const char *detail)
{
	answer->outcome = outcome;
	snprintf(answer->detail, sizeof(answer->detail), "%s", detail);
}

static void set_fault(struct diameter_key_answer *answer, enum diameter_key_fault fault,
		      const char *format, ...) __attribute__((format(printf, 3, 4)));

static void set_fault(struct diameter_key_answer *answer, enum diameter_key_fault fault,
		      const char *format, ...)
{
	va_list args;

	answer->outcome = fault == DIAMETER_KEY_FAULT_OTHER_RESULT ? DIAMETER_KEY_REFUSED
								   : DIAMETER_KEY_BAD_ANSWER;
	answer->fault = fault;
	va_start(args, format);
	vsnprintf(answer->detail, sizeof(answer->detail), format, args);
	va_end(args);
}

/* Algorithm identities on the wire are those of clause 3, but for gcm's, which is ours to choose. */
static uint32_t algorithm_to_wire(unsigned algorithm)
{
	return algorithm == E2M_EEA_GCM ? diameter_numbers.gcm_identity : algorithm;
}

static unsigned algorithm_from_wire(uint32_t identity)
{
	if (identity == diameter_numbers.gcm_identity)
		return E2M_EEA_GCM;
	return identity == E2M_EEA_GCM ? UINT32_MAX : identity;
}

enum {
	HAS_CK = 1,
	HAS_IK = 2,
	HAS_CIPHERING = 4,
	HAS_INTEGRITY = 8,
	HAS_LIFETIME = 16,
	HAS_ALL = HAS_CK | HAS_IK | HAS_CIPHERING | HAS_INTEGRITY,
};

/* Which of a found keyset's AVPs this is, copied into answer; 0: none, -1: of wrong length. */
static int read_keyset_avp(const struct diameter_avp *avp, struct diameter_key_answer *answer)
{
	uint32_t vendor = diameter_numbers.diameter_vendor;

	if (diameter_avp_is(avp, AVP_CONFIDENTIALITY_KEY, DIAMETER_VENDOR_3GPP))
		return diameter_avp_copy(avp, answer->keyset.e2mck, E2M_KEY_LEN) ? HAS_CK : -1;
	if (diameter_avp_is(avp, AVP_INTEGRITY_KEY, DIAMETER_VENDOR_3GPP))
		return diameter_avp_copy(avp, answer->keyset.e2mik, E2M_KEY_LEN) ? HAS_IK : -1;
	if (diameter_avp_is(avp, AVP_E2M_CIPHERING, vendor)) {
		answer->ciphering = (enum e2m_eea)algorithm_from_wire(avp->value);
		return HAS_CIPHERING;
	}
	if (diameter_avp_is(avp, AVP_E2M_INTEGRITY, vendor)) {
		answer->integrity = (enum e2m_eia)algorithm_from_wire(avp->value);
		return HAS_INTEGRITY;
	}
	if (diameter_avp_is(avp, AVP_E2M_LIFETIME, vendor)) {
		answer->lifetime_s = avp->value;
		return HAS_LIFETIME;
	}
	return 0;
}

static void read_found(struct msg *message, struct diameter_key_answer *answer)
{
	struct diameter_avp avp;
	int has = 0;

	for (bool more = diameter_avp_first(message, &avp); more; more = diameter_avp_next(&avp)) {
		int got = read_keyset_avp(&avp, answer);

		if (got < 0) {
			set_fault(answer, DIAMETER_KEY_FAULT_KEY_LENGTH,
				  "%s has %zu octets, expected %d",
				  avp.code == AVP_INTEGRITY_KEY ? "Integrity-Key"
								: "Confidentiality-Key",
				  avp.len, E2M_KEY_LEN);
			return;
		}
		if (has & got) {
			set_fault(answer, DIAMETER_KEY_FAULT_TWICE, "AVP %u comes twice", avp.code);
			return;
		}
		has |= got;
	}
	if ((has & HAS_ALL) != HAS_ALL)
		set_fault(answer, DIAMETER_KEY_FAULT_INCOMPLETE, "success, but no %s",
			  !(has & HAS_CK)	   ? "Confidentiality-Key"
			  : !(has & HAS_IK)	   ? "Integrity-Key"
			  : !(has & HAS_CIPHERING) ? "E2M-Ciphering-Algorithm"
						   : "E2M-Integrity-Algorithm");
	else if (!e2m_algorithms_allowed(answer->ciphering, answer->integrity, true))
		set_fault(answer, DIAMETER_KEY_FAULT_ALGORITHM,
			  "algorithms that are unknown or do not go together");
	else
		set_outcome(answer, DIAMETER_KEY_FOUND, "found");
}

static bool check_whose(struct msg *message, struct msg *request,
			struct diameter_key_answer *answer)
{
	if (!diameter_repeats(message, request, AVP_SESSION_ID))
		set_fault(answer, DIAMETER_KEY_FAULT_OTHER_REQUEST,
			  "the answer to another request, as its Session-Id says");
	else if (!diameter_repeats(message, request, AVP_USER_NAME))
		set_fault(answer, DIAMETER_KEY_FAULT_OTHER_SUBSCRIBER,
			  "the answer for another subscriber, as its User-Name says");
	else
		return true;
	return false;
}

void diameter_read_key_answer(struct msg *message, struct msg *request,
			      struct diameter_key_answer *answer)
{
	struct diameter_result result;

	if (!check_whose(message, request, answer))
		return;
	if (!diameter_read_result(message, &result))
		set_fault(answer, DIAMETER_KEY_FAULT_NO_RESULT, "no Result-Code, or more than one");
	else if (result.vendor == 0 && result.code == DIAMETER_SUCCESS)
		read_found(message, answer);
	else if (result.vendor == DIAMETER_VENDOR_3GPP && result.code == DIAMETER_EXP_USER_UNKNOWN)
		set_outcome(answer, DIAMETER_KEY_USER_UNKNOWN, "no such subscriber");
	else if (result.vendor == diameter_numbers.diameter_vendor &&
		 result.code == DIAMETER_EXP_KEYSET_MISSING)
		set_outcome(answer, DIAMETER_KEY_NOT_AVAILABLE,
			    "no keyset for that SQN or RAND, or its time has passed");
	else if (result.vendor == 0 && result.code == DIAMETER_REJECTED)
		set_outcome(
			answer, DIAMETER_KEY_NOT_AUTHORIZED,
			"we may not pull it: the subscriber is not ours, or another HSE has it");
	else if (result.vendor == 0 && result.code == DIAMETER_TOO_BUSY)
		set_outcome(answer, DIAMETER_KEY_TOO_BUSY, "overloaded");
	else if (result.vendor == 0 && result.code == DIAMETER_UNABLE_TO_DELIVER)
		set_outcome(answer, DIAMETER_KEY_UNREACHABLE, "no peer to send it to");
	else
		set_fault(answer, DIAMETER_KEY_FAULT_OTHER_RESULT, "%s %u/%u",
			  result.vendor ? "Experimental-Result" : "Result-Code", result.vendor,
			  result.code);
}

static void read_answer(struct msg *message, struct diameter_key_answer *answer)
{
	struct msg *request = NULL;

	if (fd_msg_answ_getq(message, &request) || !request)
		set_fault(answer, DIAMETER_KEY_FAULT_OTHER_REQUEST, "an answer without a request");
	else
		diameter_read_key_answer(message, request, answer);
}

static void finish(const struct diameter_asker *asker, enum diameter_end end, struct msg *message)
{
	struct diameter_key_answer answer = {0};

	switch (end) {
	case DIAMETER_END_ANSWER:
		read_answer(message, &answer);
		break;
	case DIAMETER_END_UNPARSED:
		set_fault(&answer, DIAMETER_KEY_FAULT_UNPARSED, "the answer's AVPs do not parse");
		break;
	case DIAMETER_END_UNREACHABLE:
		set_outcome(&answer, DIAMETER_KEY_UNREACHABLE, "the connection is gone");
		break;
	case DIAMETER_END_TIMEOUT:
		set_outcome(&answer, DIAMETER_KEY_TIMEOUT, "no answer in time");
		break;
	}
	if (answer.outcome != DIAMETER_KEY_FOUND)
		e2m_keyset_wipe(&answer.keyset);
	asker->answered.key(asker->arg, &answer);
	e2m_wipe(&answer, sizeof(answer));
}

static int add_keyset_id(struct msg *message, const struct e2m_keyset_id *id)
{
	return diameter_add_octets(
		message, id->type == E2M_ID_SQN ? diameter_dict.e2m_sqn : diameter_dict.rand,
		id->value, e2m_keyset_id_len(id));
}

int diameter_send_key_request(const char *destination_host, const char *destination_realm,
			      const struct diameter_key_request *request, uint32_t timeout_ms,
			      diameter_key_answered answered, void *arg)
{
	struct diameter_asker asker = {.finish = finish, .answered.key = answered, .arg = arg};
	struct msg *message = NULL;
	int rc;

	if (!request->imsi.digits[0] ||
	    (request->id.type != E2M_ID_SQN && request->id.type != E2M_ID_RAND) ||
	    (request->on_behalf_of[0] && !diameter_identity_is_valid(request->on_behalf_of)))
		return -EINVAL;
	if (!diameter_peers_can_reach(destination_host))
		return -EHOSTUNREACH;
	rc = diameter_request_new(diameter_dict.key_request, diameter_numbers.diameter_vendor,
				  diameter_numbers.diameter_application, destination_host,
				  destination_realm, &request->imsi, &message);
	if (!rc)
		rc = add_keyset_id(message, &request->id);
	if (!rc && request->on_behalf_of[0])
		rc = diameter_add_text(message, diameter_dict.route_record, request->on_behalf_of);
	if (rc) {
		if (message)
			fd_msg_free(message);
		return -rc;
	}
	return diameter_pending_send(message, timeout_ms, &asker);
}

/* --- the HSS's side --- */

/* Exactly one of RAND and E2M-SQN, of the right length. False: result says what is wrong. */
static bool read_keyset_id(struct msg *message, struct e2m_keyset_id *id,
			   struct diameter_result *result)
{
	struct diameter_avp avp;

	memset(id, 0, sizeof(*id));
	for (bool more = diameter_avp_first(message, &avp); more; more = diameter_avp_next(&avp)) {
		bool is_sqn = diameter_avp_is(&avp, AVP_E2M_SQN, diameter_numbers.diameter_vendor);

		if (!is_sqn && !diameter_avp_is(&avp, AVP_RAND, DIAMETER_VENDOR_3GPP))
			continue;
		result->avp = is_sqn ? diameter_dict.e2m_sqn : diameter_dict.rand;
		result->failed = avp.data;
		result->failed_len = avp.len;
		result->code = DIAMETER_TOO_MANY_TIMES;
		if (id->type)
			return false;
		result->code = DIAMETER_INVALID_LENGTH;
		if (avp.len != (is_sqn ? E2M_SQN_LEN : E2M_RAND_LEN))
			return false;
		*id = e2m_keyset_id_make(is_sqn ? E2M_ID_SQN : E2M_ID_RAND, avp.data);
	}
	if (id->type) {
		memset(result, 0, sizeof(*result));
		return true;
	}
	*result = (struct diameter_result){.code = DIAMETER_MISSING_AVP,
					   .avp = diameter_dict.e2m_sqn,
					   .failed_len = E2M_SQN_LEN};
	return false;
}

/* The first Route-Record is where the request began. libfdcore adds one of the peer itself to whatever comes,
 * so that alone says nothing. False: it is no identity. */
static bool read_on_behalf_of(struct msg *message, const char *peer, char on_behalf_of[256],
			      struct diameter_result *result)
{
	struct diameter_avp avp;

	on_behalf_of[0] = 0;
	if (!diameter_find_avp(message, AVP_ROUTE_RECORD, &avp))
		return true;
	if (avp.len > 0 && avp.len <= DIAMETER_IDENTITY_MAX && !memchr(avp.data, 0, avp.len)) {
		memcpy(on_behalf_of, avp.data, avp.len);
		on_behalf_of[avp.len] = 0;
		if (diameter_identity_is_valid(on_behalf_of)) {
			if (!strcasecmp(on_behalf_of, peer))
				on_behalf_of[0] = 0;
			return true;
		}
	}
	*result = (struct diameter_result){.code = DIAMETER_INVALID_VALUE,
					   .avp = diameter_dict.route_record,
					   .failed = avp.data,
					   .failed_len = avp.len};
	return false;
}

static struct diameter_result result_of(enum diameter_key_outcome outcome)
{
	switch (outcome) {
	case DIAMETER_KEY_FOUND:
		return (struct diameter_result){.code = DIAMETER_SUCCESS};
	case DIAMETER_KEY_USER_UNKNOWN:
		return (struct diameter_result){.code = DIAMETER_EXP_USER_UNKNOWN,
						.vendor = DIAMETER_VENDOR_3GPP};
	case DIAMETER_KEY_NOT_AVAILABLE:
		return (struct diameter_result){.code = DIAMETER_EXP_KEYSET_MISSING,
						.vendor = diameter_numbers.diameter_vendor};
	case DIAMETER_KEY_NOT_AUTHORIZED:
		return (struct diameter_result){.code = DIAMETER_REJECTED};
	case DIAMETER_KEY_TOO_BUSY:
		return (struct diameter_result){.code = DIAMETER_TOO_BUSY};
	case DIAMETER_KEY_UNREACHABLE:
	case DIAMETER_KEY_TIMEOUT:
		return (struct diameter_result){.code = DIAMETER_UNABLE_TO_DELIVER};
	default:
		return (struct diameter_result){.code = DIAMETER_UNABLE_TO_COMPLY};
	}
}

static int add_keyset(struct msg *message, const struct diameter_key_answer *answer)
{
	int rc = diameter_add_octets(message, diameter_dict.confidentiality_key,
				     answer->keyset.e2mck, E2M_KEY_LEN);

	if (!rc)
		rc = diameter_add_octets(message, diameter_dict.integrity_key, answer->keyset.e2mik,
					 E2M_KEY_LEN);
	if (!rc)
		rc = diameter_add_number(message, diameter_dict.e2m_ciphering,
					 algorithm_to_wire(answer->ciphering));
	if (!rc)
		rc = diameter_add_number(message, diameter_dict.e2m_integrity,
					 algorithm_to_wire(answer->integrity));
	if (!rc && answer->lifetime_s)
		rc = diameter_add_number(message, diameter_dict.e2m_lifetime, answer->lifetime_s);
	return rc;
}

/* Turns *message from a request into its answer; answer: NULL when result says all. */
static int make_answer(struct msg **message, const struct diameter_result *result,
		       const struct diameter_key_answer *answer)
{
	int rc = diameter_answer_new(message, diameter_numbers.diameter_vendor,
				     diameter_numbers.diameter_application, result);

	if (!rc && answer && answer->outcome == DIAMETER_KEY_FOUND)
		rc = add_keyset(*message, answer);
	return rc;
}

/* A peer that does not read holds this up, and a stop of libfdcore shall not wait for it. */
static void send_answer(struct msg *answer, int rc)
{
	int cancel;

	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &cancel);
	diameter_answer_send(&answer, rc);
	pthread_setcancelstate(cancel, NULL);
}

/* An asked is the request itself. */
void diameter_answer_key(struct diameter_asked *asked, const struct diameter_key_answer *answer)
{
	struct msg *message = (struct msg *)asked;
	struct diameter_result result = result_of(answer->outcome);
	int rc = make_answer(&message, &result, answer);

	send_answer(message, rc);
}

static void serve_request(struct msg *message, const struct diameter_key_request *request)
{
	struct diameter_key_answer answer = {.outcome = DIAMETER_KEY_REFUSED};
	struct diameter_result result;
	int rc;

	if (take) {
		take(serve_arg, request, (struct diameter_asked *)message);
		return;
	}
	serve(serve_arg, request, &answer);
	result = result_of(answer.outcome);
	rc = make_answer(&message, &result, &answer);
	e2m_wipe(&answer, sizeof(answer));
	send_answer(message, rc);
}

static int on_request(struct msg **message, struct avp *avp, struct session *session, void *arg,
		      enum disp_action *action)
{
	struct diameter_key_request request;
	struct diameter_result result;
	struct msg *taken = *message;
	int rc, cancel;

	(void)avp, (void)session, (void)arg, (void)action;
	*message = NULL;
	/* A stopping libfdcore cancels threads that take too long, and they would keep the
	 * handler's locks. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	if (diameter_read_requester(taken, request.origin_host, &request.imsi, &result) &&
	    read_keyset_id(taken, &request.id, &result) &&
	    read_on_behalf_of(taken, request.origin_host, request.on_behalf_of, &result)) {
		serve_request(taken, &request);
	} else {
		rc = make_answer(&taken, &result, NULL);
		send_answer(taken, rc);
	}
	pthread_setcancelstate(cancel, NULL);
	return 0;
}

static int serve_keys(diameter_key_handler handler, diameter_key_taker taker, void *arg)
{
	struct disp_when when = {.app = diameter_dict.e2m_application,
				 .command = diameter_dict.key_request};

	serve = handler;
	take = taker;
	serve_arg = arg;
	return -fd_disp_register(on_request, DISP_HOW_CC, &when, NULL, NULL);
}

int diameter_serve_keys(diameter_key_handler handler, void *arg)
{
	return serve_keys(handler, NULL, arg);
}

int diameter_serve_keys_later(diameter_key_taker taker, void *arg)
{
	return serve_keys(NULL, taker, arg);
}
