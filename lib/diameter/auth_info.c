/* SPDX-License-Identifier: BSD-3-Clause */
/* Authentication-Information-Request and -Answer, TS 29.272 5.2.3.1: step 1. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#include "diameter/internal.h"

#define AVP_VISITED_PLMN_ID	1407 /* all of 3GPP */
#define AVP_REQUESTED_EUTRAN	1408
#define AVP_REQUESTED_UTRAN	1409
#define AVP_RESYNCHRONIZATION	1411
#define AVP_AUTHENTICATION_INFO 1413
#define AVP_EUTRAN_VECTOR	1414
#define AVP_UTRAN_VECTOR	1415
#define AVP_RAND		1447
#define AVP_XRES		1448
#define AVP_AUTN		1449
#define AVP_KASME		1450
#define AVP_CONFIDENTIALITY_KEY 625
#define AVP_INTEGRITY_KEY	626

#define RESYNCHRONIZATION_LEN (E2M_RAND_LEN + AKA_AUTS_LEN)

static diameter_auth_handler serve;
static void *serve_arg;

static bool is_3gpp(const struct diameter_avp *avp, uint32_t code)
{
	return diameter_avp_is(avp, code, DIAMETER_VENDOR_3GPP);
}

/* What a vector is made of on the wire: one AVP a member. Which of them a vector must have depends on
 * the system. */
struct part {
	uint32_t code;
	size_t offset, len;
	struct dict_object **model;
	bool umts, eps;
};

static const struct part parts[] = {
	{AVP_RAND, offsetof(struct aka_vector, rand), E2M_RAND_LEN, &diameter_dict.rand, true,
	 true},
	{AVP_XRES, offsetof(struct aka_vector, xres), AKA_RES_LEN, &diameter_dict.xres, true, true},
	{AVP_AUTN, offsetof(struct aka_vector, autn), AKA_AUTN_LEN, &diameter_dict.autn, true,
	 true},
	{AVP_CONFIDENTIALITY_KEY, offsetof(struct aka_vector, ck), E2M_KEY_LEN,
	 &diameter_dict.confidentiality_key, true, false},
	{AVP_INTEGRITY_KEY, offsetof(struct aka_vector, ik), E2M_KEY_LEN,
	 &diameter_dict.integrity_key, true, false},
	{AVP_KASME, offsetof(struct aka_vector, kasme), AKA_KASME_LEN, &diameter_dict.kasme, false,
	 true},
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static bool is_part_of(const struct part *part, enum aka_system system)
{
	return system == AKA_UMTS ? part->umts : part->eps;
}

/* --- the SGSN's or MME's side --- */

static void set_outcome(struct diameter_auth_answer *answer, enum diameter_auth_outcome outcome,
			const char *format, ...) __attribute__((format(printf, 3, 4)));

static void set_outcome(struct diameter_auth_answer *answer, enum diameter_auth_outcome outcome,
			const char *format, ...)
{
	va_list args;

	answer->outcome = outcome;
	va_start(args, format);
	vsnprintf(answer->detail, sizeof(answer->detail), format, args);
	va_end(args);
}

static void read_vector(struct avp *group, enum aka_system system,
			struct diameter_auth_answer *answer)
{
	struct diameter_avp avp;
	unsigned has = 0;

	for (bool more = diameter_avp_first(group, &avp); more; more = diameter_avp_next(&avp))
		for (size_t i = 0; i < PARTS; i++) {
			if (!is_3gpp(&avp, parts[i].code) || !is_part_of(&parts[i], system))
				continue;
			if (has & 1u << i ||
			    !diameter_avp_copy(&avp, (uint8_t *)&answer->vector + parts[i].offset,
					       parts[i].len)) {
				set_outcome(answer, DIAMETER_AUTH_BAD_ANSWER,
					    "AVP %u comes twice or has %zu octets, expected %zu",
					    avp.code, avp.len, parts[i].len);
				return;
			}
			has |= 1u << i;
		}
	for (size_t i = 0; i < PARTS; i++)
		if (is_part_of(&parts[i], system) && !(has & 1u << i)) {
			set_outcome(answer, DIAMETER_AUTH_BAD_ANSWER, "a vector without AVP %u",
				    parts[i].code);
			return;
		}
	set_outcome(answer, DIAMETER_AUTH_OK, "one vector");
}

static bool find_group(msg_or_avp *parent, uint32_t code, struct diameter_avp *found)
{
	bool more = diameter_avp_first(parent, found);

	while (more && !is_3gpp(found, code))
		more = diameter_avp_next(found);
	return more;
}

/* The first vector of the kind that was asked for; a generous HSS may have sent more. */
static void read_vectors(struct msg *message, enum aka_system system,
			 struct diameter_auth_answer *answer)
{
	struct diameter_avp info, vector;

	if (find_group(message, AVP_AUTHENTICATION_INFO, &info) &&
	    find_group(info.avp, system == AKA_UMTS ? AVP_UTRAN_VECTOR : AVP_EUTRAN_VECTOR,
		       &vector))
		read_vector(vector.avp, system, answer);
	else
		set_outcome(answer, DIAMETER_AUTH_BAD_ANSWER, "success, but no %s",
			    system == AKA_UMTS ? "UTRAN-Vector" : "E-UTRAN-Vector");
}

static void read_answer(struct msg *message, enum aka_system system,
			struct diameter_auth_answer *answer)
{
	struct diameter_result result;

	if (!diameter_read_result(message, &result))
		set_outcome(answer, DIAMETER_AUTH_BAD_ANSWER, "no Result-Code, or more than one");
	else if (result.vendor == 0 && result.code == DIAMETER_SUCCESS)
		read_vectors(message, system, answer);
	else if (result.vendor == DIAMETER_VENDOR_3GPP && result.code == DIAMETER_EXP_USER_UNKNOWN)
		set_outcome(answer, DIAMETER_AUTH_USER_UNKNOWN, "no such subscriber");
	else if (result.vendor == DIAMETER_VENDOR_3GPP &&
		 result.code == DIAMETER_EXP_DATA_UNAVAILABLE)
		set_outcome(answer, DIAMETER_AUTH_DATA_UNAVAILABLE, "no vector can be made now");
	else if (result.vendor == 0 && result.code == DIAMETER_REJECTED)
		set_outcome(answer, DIAMETER_AUTH_NOT_AUTHORIZED, "we may not ask for vectors");
	else if (result.vendor == 0 && result.code == DIAMETER_UNABLE_TO_DELIVER)
		set_outcome(answer, DIAMETER_AUTH_UNREACHABLE, "no peer to send it to");
	else
		set_outcome(answer, DIAMETER_AUTH_REFUSED, "%s %u/%u",
			    result.vendor ? "Experimental-Result" : "Result-Code", result.vendor,
			    result.code);
}

static void finish(const struct diameter_asker *asker, enum diameter_end end, struct msg *message)
{
	struct diameter_auth_answer answer = {0};

	switch (end) {
	case DIAMETER_END_ANSWER:
		read_answer(message, (enum aka_system)asker->kind, &answer);
		break;
	case DIAMETER_END_UNPARSED:
		set_outcome(&answer, DIAMETER_AUTH_BAD_ANSWER, "the answer's AVPs do not parse");
		break;
	case DIAMETER_END_UNREACHABLE:
		set_outcome(&answer, DIAMETER_AUTH_UNREACHABLE, "the connection is gone");
		break;
	case DIAMETER_END_TIMEOUT:
		set_outcome(&answer, DIAMETER_AUTH_TIMEOUT, "no answer in time");
		break;
	}
	if (answer.outcome != DIAMETER_AUTH_OK)
		e2m_wipe(&answer.vector, sizeof(answer.vector));
	asker->answered.auth(asker->arg, &answer);
	e2m_wipe(&answer, sizeof(answer));
}

static int add_request_info(struct msg *message, const struct diameter_auth_request *request)
{
	uint8_t resynchronization[RESYNCHRONIZATION_LEN];
	struct avp *info = NULL;
	int rc = diameter_add_group(message,
				    request->system == AKA_UMTS ? diameter_dict.requested_utran
								: diameter_dict.requested_eutran,
				    &info);

	if (!rc)
		rc = diameter_add_number(info, diameter_dict.number_of_vectors, 1);
	if (!rc)
		rc = diameter_add_number(info, diameter_dict.immediate_response, 1);
	if (!rc && request->resynchronise) {
		memcpy(resynchronization, request->rand, E2M_RAND_LEN);
		memcpy(resynchronization + E2M_RAND_LEN, request->auts, AKA_AUTS_LEN);
		rc = diameter_add_octets(info, diameter_dict.resynchronization, resynchronization,
					 sizeof(resynchronization));
	}
	if (!rc)
		rc = diameter_add_octets(message, diameter_dict.visited_plmn_id,
					 request->visited_plmn, AKA_SN_ID_LEN);
	return rc;
}

int diameter_send_auth_request(const char *destination_host, const char *destination_realm,
			       const struct diameter_auth_request *request, uint32_t timeout_ms,
			       diameter_auth_answered answered, void *arg)
{
	struct diameter_asker asker = {
		.finish = finish, .answered.auth = answered, .arg = arg, .kind = request->system};
	struct msg *message = NULL;
	int rc;

	if (!request->imsi.digits[0])
		return -EINVAL;
	if (!diameter_peers_can_reach(destination_host))
		return -EHOSTUNREACH;
	rc = diameter_request_new(diameter_dict.auth_request, DIAMETER_VENDOR_3GPP,
				  DIAMETER_APPLICATION_S6A, destination_host, destination_realm,
				  &request->imsi, &message);
	if (!rc)
		rc = add_request_info(message, request);
	if (rc) {
		if (message)
			fd_msg_free(message);
		return -rc;
	}
	return diameter_pending_send(message, timeout_ms, &asker);
}

/* --- the HSS's side --- */

static bool fail(struct diameter_result *result, uint32_t code, struct dict_object *avp,
		 const struct diameter_avp *failed, size_t zeros)
{
	*result = (struct diameter_result){.code = code,
					   .avp = avp,
					   .failed = failed ? failed->data : NULL,
					   .failed_len = failed ? failed->len : zeros};
	return false;
}

/* Requested-(E)UTRAN...-Authentication-Info: what kind of vector, and whether to resynchronise. */
static bool read_requested(struct avp *group, struct diameter_auth_request *request,
			   struct diameter_result *result)
{
	uint8_t resynchronization[RESYNCHRONIZATION_LEN];
	struct diameter_avp avp;

	for (bool more = diameter_avp_first(group, &avp); more; more = diameter_avp_next(&avp)) {
		if (!is_3gpp(&avp, AVP_RESYNCHRONIZATION))
			continue;
		if (request->resynchronise)
			return fail(result, DIAMETER_TOO_MANY_TIMES,
				    diameter_dict.resynchronization, &avp, 0);
		if (!diameter_avp_copy(&avp, resynchronization, sizeof(resynchronization)))
			return fail(result, DIAMETER_INVALID_LENGTH,
				    diameter_dict.resynchronization, &avp, 0);
		memcpy(request->rand, resynchronization, E2M_RAND_LEN);
		memcpy(request->auts, resynchronization + E2M_RAND_LEN, AKA_AUTS_LEN);
		request->resynchronise = true;
	}
	return true;
}

static bool read_request(struct msg *message, struct diameter_auth_request *request,
			 struct diameter_result *result)
{
	struct diameter_avp avp;
	bool has_kind = false, has_plmn = false;

	for (bool more = diameter_avp_first(message, &avp); more; more = diameter_avp_next(&avp)) {
		bool eutran = is_3gpp(&avp, AVP_REQUESTED_EUTRAN);

		if (is_3gpp(&avp, AVP_VISITED_PLMN_ID)) {
			if (has_plmn || !diameter_avp_copy(&avp, request->visited_plmn,
							   sizeof(request->visited_plmn)))
				return fail(result,
					    has_plmn ? DIAMETER_TOO_MANY_TIMES
						     : DIAMETER_INVALID_LENGTH,
					    diameter_dict.visited_plmn_id, &avp, 0);
			has_plmn = true;
		} else if (eutran || is_3gpp(&avp, AVP_REQUESTED_UTRAN)) {
			/* A combined node may ask for both kinds (5.2.3.1.1); one vector a request
			 * is given (e2m.md 4), of the first kind. */
			if (!has_kind) {
				request->system = eutran ? AKA_EPS : AKA_UMTS;
				if (!read_requested(avp.avp, request, result))
					return false;
			}
			has_kind = true;
		}
	}
	if (!has_plmn)
		return fail(result, DIAMETER_MISSING_AVP, diameter_dict.visited_plmn_id, NULL,
			    AKA_SN_ID_LEN);
	if (!has_kind) /* TS 29.272 5.2.3.1.2: no vector was asked for, none is given */
		return fail(result, DIAMETER_MISSING_AVP, NULL, NULL, 0);
	return true;
}

static struct diameter_result result_of(enum diameter_auth_outcome outcome)
{
	switch (outcome) {
	case DIAMETER_AUTH_OK:
		return (struct diameter_result){.code = DIAMETER_SUCCESS};
	case DIAMETER_AUTH_USER_UNKNOWN:
		return (struct diameter_result){.code = DIAMETER_EXP_USER_UNKNOWN,
						.vendor = DIAMETER_VENDOR_3GPP};
	case DIAMETER_AUTH_DATA_UNAVAILABLE:
		return (struct diameter_result){.code = DIAMETER_EXP_DATA_UNAVAILABLE,
						.vendor = DIAMETER_VENDOR_3GPP};
	case DIAMETER_AUTH_NOT_AUTHORIZED:
		return (struct diameter_result){.code = DIAMETER_REJECTED};
	default:
		return (struct diameter_result){.code = DIAMETER_UNABLE_TO_COMPLY};
	}
}

static int add_vector(struct msg *message, enum aka_system system, const struct aka_vector *vector)
{
	struct avp *info = NULL, *group = NULL;
	int rc = diameter_add_group(message, diameter_dict.authentication_info, &info);

	if (!rc)
		rc = diameter_add_group(info,
					system == AKA_UMTS ? diameter_dict.utran_vector
							   : diameter_dict.eutran_vector,
					&group);
	if (!rc)
		rc = diameter_add_number(group, diameter_dict.item_number, 1);
	for (size_t i = 0; i < PARTS && !rc; i++)
		if (is_part_of(&parts[i], system))
			rc = diameter_add_octets(group, *parts[i].model,
						 (const uint8_t *)vector + parts[i].offset,
						 parts[i].len);
	return rc;
}

static int on_request(struct msg **message, struct avp *avp, struct session *session, void *arg,
		      enum disp_action *action)
{
	struct diameter_auth_answer answer = {.outcome = DIAMETER_AUTH_REFUSED};
	struct diameter_auth_request request = {0};
	struct diameter_result result;
	int rc, cancel;

	(void)avp, (void)session, (void)arg, (void)action;
	/* A stopping libfdcore cancels threads that take too long, and they would keep the
	 * handler's locks. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	if (diameter_read_requester(*message, request.origin_host, &request.imsi, &result) &&
	    read_request(*message, &request, &result)) {
		serve(serve_arg, &request, &answer);
		result = result_of(answer.outcome);
	}
	rc = diameter_answer_new(message, DIAMETER_VENDOR_3GPP, DIAMETER_APPLICATION_S6A, &result);
	if (!rc && answer.outcome == DIAMETER_AUTH_OK)
		rc = add_vector(*message, request.system, &answer.vector);
	e2m_wipe(&answer, sizeof(answer));
	pthread_setcancelstate(cancel, NULL);
	diameter_answer_send(message, rc);
	return 0;
}

int diameter_serve_auth(diameter_auth_handler handler, void *arg)
{
	struct disp_when when = {.app = diameter_dict.auth_application,
				 .command = diameter_dict.auth_request};

	serve = handler;
	serve_arg = arg;
	return -fd_disp_register(on_request, DISP_HOW_CC, &when, NULL, NULL);
}
