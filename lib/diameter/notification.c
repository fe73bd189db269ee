/* SPDX-License-Identifier: BSD-3-Clause */
/* E2M-Session-Notification-Request and -Answer, e2m.md 4: step 6, where the GGSN or P-GW reports. notification_read.c reads
 * its AVPs. */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>

#include "diameter/internal.h"

#define AVP_SESSION_ID 263 /* of RFC 6733 */

static diameter_notification_taker take;
static void *take_arg;
static uint64_t faults[DIAMETER_NOTIFICATION_FAULT_COUNT];

const char *diameter_notification_fault_name(enum diameter_notification_fault fault)
{
	static const char *const names[] = {
#define X(symbol, name) name,
		DIAMETER_NOTIFICATION_FAULTS(X)
#undef X
	};

	return (unsigned)fault < DIAMETER_NOTIFICATION_FAULT_COUNT ? names[fault] : "?";
}

void diameter_notification_count(enum diameter_notification_fault fault)
{
	__atomic_fetch_add(&faults[fault], 1, __ATOMIC_RELAXED);
}

uint64_t diameter_notification_faults(enum diameter_notification_fault fault)
{
	return __atomic_load_n(&faults[fault], __ATOMIC_RELAXED);
}

/* --- the HSE's side --- */

static uint32_t code_of(enum diameter_notification_outcome outcome)
{
	switch (outcome) {
	case DIAMETER_NOTIFICATION_DONE:
		return DIAMETER_SUCCESS;
	case DIAMETER_NOTIFICATION_UNKNOWN:
		return DIAMETER_UNKNOWN_SESSION;
	case DIAMETER_NOTIFICATION_NOT_AUTHORIZED:
		return DIAMETER_REJECTED;
	case DIAMETER_NOTIFICATION_INVALID:
		return DIAMETER_INVALID_VALUE;
	case DIAMETER_NOTIFICATION_NO_ROOM:
		return DIAMETER_RESOURCES_EXCEEDED;
	case DIAMETER_NOTIFICATION_TOO_BUSY:
		return DIAMETER_TOO_BUSY;
	default:
		return DIAMETER_UNABLE_TO_COMPLY;
	}
}

/* An asked is the request itself. */
static void answer(struct msg *message, const struct diameter_result *result)
{
	int rc = diameter_answer_new(&message, diameter_numbers.diameter_vendor,
				     diameter_numbers.diameter_application, result);

	if (rc) {
		diameter_log_line(true, "a notification is not answered: %s", strerror(rc));
		fd_msg_free(message);
	} else {
		diameter_pending_answer(message);
	}
}

void diameter_answer_notification(struct diameter_asked *asked,
				  enum diameter_notification_outcome outcome)
{
	const struct diameter_result result = {.code = code_of(outcome)};

	answer((struct msg *)asked, &result);
}

static enum diameter_notification_fault fault_of_requester(const struct diameter_result *result)
{
	switch (result->code) {
	case DIAMETER_MISSING_AVP:
		return DIAMETER_NOTIFICATION_FAULT_MISSING;
	case DIAMETER_INVALID_VALUE:
		return DIAMETER_NOTIFICATION_FAULT_IMSI;
	default:
		return DIAMETER_NOTIFICATION_FAULT_ORIGIN_HOST;
	}
}

static bool read_request(struct msg *message, struct diameter_notification *n,
			 enum diameter_notification_fault *fault, struct diameter_result *result)
{
	memset(n, 0, sizeof(*n));
	if (diameter_read_requester(message, n->origin_host, &n->imsi, result))
		return diameter_read_notification(message, n, fault, result);
	*fault = fault_of_requester(result);
	return false;
}

static int on_request(struct msg **message, struct avp *avp, struct session *session, void *arg,
		      enum disp_action *action)
{
	struct diameter_notification notification;
	enum diameter_notification_fault fault;
	struct diameter_result result;
	struct msg *taken = *message;
	int cancel;

	(void)avp, (void)session, (void)arg, (void)action;
	*message = NULL;
	/* A stopping libfdcore cancels threads that take too long, and they would keep the taker's
	 * locks. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	if (read_request(taken, &notification, &fault, &result)) {
		take(take_arg, &notification, (struct diameter_asked *)taken);
	} else {
		diameter_notification_count(fault);
		answer(taken, &result);
	}
	pthread_setcancelstate(cancel, NULL);
	return 0;
}

int diameter_serve_notifications(diameter_notification_taker taker, void *arg)
{
	struct disp_when when = {.app = diameter_dict.e2m_application,
				 .command = diameter_dict.notification_request};

	take = taker;
	take_arg = arg;
	return -fd_disp_register(on_request, DISP_HOW_CC, &when, NULL, NULL);
}

/* --- the GGSN's side --- */

static enum diameter_notification_outcome outcome_of(const struct diameter_result *result)
{
	if (result->vendor != 0)
		return DIAMETER_NOTIFICATION_REFUSED;
	switch (result->code) {
	case DIAMETER_SUCCESS:
		return DIAMETER_NOTIFICATION_DONE;
	case DIAMETER_UNKNOWN_SESSION:
		return DIAMETER_NOTIFICATION_UNKNOWN;
	case DIAMETER_REJECTED:
		return DIAMETER_NOTIFICATION_NOT_AUTHORIZED;
	case DIAMETER_INVALID_VALUE:
		return DIAMETER_NOTIFICATION_INVALID;
	case DIAMETER_RESOURCES_EXCEEDED:
		return DIAMETER_NOTIFICATION_NO_ROOM;
	case DIAMETER_TOO_BUSY:
		return DIAMETER_NOTIFICATION_TOO_BUSY;
	case DIAMETER_UNABLE_TO_DELIVER:
		return DIAMETER_NOTIFICATION_UNREACHABLE;
	default:
		return DIAMETER_NOTIFICATION_REFUSED;
	}
}

static void read_answer(const struct diameter_asker *asker, struct msg *message)
{
	struct diameter_result result;
	struct msg *request = NULL;
	char detail[64];

	if (fd_msg_answ_getq(message, &request) || !request ||
	    !diameter_repeats(message, request, AVP_SESSION_ID)) {
		asker->answered.notification(asker->arg, DIAMETER_NOTIFICATION_BAD_ANSWER,
					     "the answer to another request");
	} else if (!diameter_read_result(message, &result)) {
		asker->answered.notification(asker->arg, DIAMETER_NOTIFICATION_BAD_ANSWER,
					     "no Result-Code, or more than one");
	} else {
		snprintf(detail, sizeof(detail), "%s %u",
			 result.vendor ? "Experimental-Result-Code" : "Result-Code", result.code);
		asker->answered.notification(asker->arg, outcome_of(&result), detail);
	}
}

static void finish(const struct diameter_asker *asker, enum diameter_end end, struct msg *message)
{
	switch (end) {
	case DIAMETER_END_ANSWER:
		read_answer(asker, message);
		break;
	case DIAMETER_END_UNPARSED:
		asker->answered.notification(asker->arg, DIAMETER_NOTIFICATION_BAD_ANSWER,
					     "the answer's AVPs do not parse");
		break;
	case DIAMETER_END_UNREACHABLE:
		asker->answered.notification(asker->arg, DIAMETER_NOTIFICATION_UNREACHABLE,
					     "the connection is gone");
		break;
	case DIAMETER_END_TIMEOUT:
		asker->answered.notification(asker->arg, DIAMETER_NOTIFICATION_TIMEOUT,
					     "no answer in time");
		break;
	}
}

static int add_tunnel(struct msg *message, struct dict_object *model,
		      const struct diameter_tunnel *tunnel)
{
	const bool is_ipv4 = tunnel->gsn.family == AF_INET;
	uint8_t address[ADDRESS_OCTETS_MAX] = {0, is_ipv4 ? ADDRESS_IPV4 : ADDRESS_IPV6};
	struct avp *group = NULL;
	int rc;

	if (tunnel->gsn.family == 0)
		return 0;
	memcpy(address + ADDRESS_TYPE_LEN, tunnel->gsn.octets, sizeof(tunnel->gsn.octets));
	rc = diameter_add_group(message, model, &group);
	if (!rc)
		rc = diameter_add_number(group, diameter_dict.e2m_teid, tunnel->teid);
	if (!rc)
		rc = diameter_add_octets(group, diameter_dict.e2m_gsn_address, address,
					 is_ipv4 ? ADDRESS_IPV4_LEN : ADDRESS_OCTETS_MAX);
	return rc;
}

static int add_notification(struct msg *message, const struct diameter_notification *n)
{
	int rc = diameter_add_number(message, diameter_dict.e2m_session_event, n->event);

	if (!rc && n->keyset.type)
		rc = diameter_add_octets(message,
					 n->keyset.type == E2M_ID_SQN ? diameter_dict.e2m_sqn
								      : diameter_dict.rand,
					 n->keyset.value, e2m_keyset_id_len(&n->keyset));
	if (!rc)
		rc = diameter_add_number(message, diameter_dict.e2m_key_id, n->key_id);
	if (!rc)
		rc = diameter_add_number(message, diameter_dict.e2m_nsapi, n->nsapi);
	if (!rc)
		rc = add_tunnel(message, diameter_dict.e2m_uplink_tunnel, &n->uplink);
	if (!rc)
		rc = add_tunnel(message, diameter_dict.e2m_downlink_tunnel, &n->downlink);
	if (!rc)
		rc = framed_add(message, n);
	return rc;
}

int diameter_send_notification(const char *destination_host, const char *destination_realm,
			       const struct diameter_notification *notification,
			       uint32_t timeout_ms, diameter_notification_answered answered,
			       void *arg)
{
	struct diameter_asker asker = {
		.finish = finish, .answered.notification = answered, .arg = arg};
	struct msg *message = NULL;
	int rc;

	if (!notification->imsi.digits[0])
		return -EINVAL;
	if (!diameter_peers_can_reach(destination_host))
		return -EHOSTUNREACH;
	rc = diameter_request_new(diameter_dict.notification_request,
				  diameter_numbers.diameter_vendor,
				  diameter_numbers.diameter_application, destination_host,
				  destination_realm, &notification->imsi, &message);
	if (!rc)
		rc = add_notification(message, notification);
	if (rc) {
		if (message)
			fd_msg_free(message);
		return -rc;
	}
	return diameter_pending_send(message, timeout_ms, &asker);
}
