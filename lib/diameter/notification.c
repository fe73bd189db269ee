/* SPDX-License-Identifier: BSD-3-Clause */
/* E2M-Session-Notification-Request and -Answer, e2m.md 4: step 6, where the GGSN or P-GW reports. */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>

#include "diameter/internal.h"

#define AVP_SESSION_ID		263  /* of RFC 6733 */
#define AVP_RAND		1447 /* of 3GPP */
#define AVP_E2M_SQN		1    /* of numbers.diameter_vendor */
#define AVP_E2M_TEID		5
#define AVP_E2M_GSN_ADDRESS	6
#define AVP_E2M_NSAPI		7
#define AVP_E2M_KEY_ID		8
#define AVP_E2M_UPLINK_TUNNEL	9
#define AVP_E2M_DOWNLINK_TUNNEL 10
#define AVP_E2M_SESSION_EVENT	11

#define NSAPI_MIN 5
#define NSAPI_MAX 15

/* The AddressType of an Address, RFC 6733 4.3.1, and how long it is with that. */
#define ADDRESS_IPV4	   1
#define ADDRESS_IPV6	   2
#define ADDRESS_TYPE_LEN   2
#define ADDRESS_IPV4_LEN   (ADDRESS_TYPE_LEN + 4)
#define ADDRESS_OCTETS_MAX (ADDRESS_TYPE_LEN + 16)

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

/* --- reading --- */

/* A notification that is being read. */
struct reader {
	struct diameter_notification *notification;
	unsigned has;
	enum diameter_notification_fault fault;
	struct diameter_result *result;
};

enum {
	HAS_EVENT = 1,
	HAS_NAME = 2,
	HAS_KEY_ID = 4,
	HAS_NSAPI = 8,
	HAS_UPLINK = 16,
	HAS_DOWNLINK = 32,
	/* in a tunnel */
	HAS_TEID = 64,
	HAS_ADDRESS = 128,
};

/* avp: what is wrong; NULL: what is missing, by model. */
static bool fail(struct reader *r, enum diameter_notification_fault fault, uint32_t code,
		 struct dict_object *model, const struct diameter_avp *avp)
{
	r->fault = fault;
	*r->result = (struct diameter_result){.code = code, .avp = model};
	if (avp) {
		r->result->failed = avp->data;
		r->result->failed_len = avp->len;
		r->result->failed_number = avp->value;
	}
	return false;
}

/* RFC 6733 7.5: the missing AVP with as many zeros as it needs at least. */
static bool fail_missing(struct reader *r, struct dict_object *model, size_t len)
{
	fail(r, DIAMETER_NOTIFICATION_FAULT_MISSING, DIAMETER_MISSING_AVP, model, NULL);
	r->result->failed_len = len;
	return false;
}

static bool is_first(struct reader *r, unsigned what, struct dict_object *model,
		     const struct diameter_avp *avp)
{
	if (r->has & what)
		return fail(r, DIAMETER_NOTIFICATION_FAULT_TWICE, DIAMETER_TOO_MANY_TIMES, model,
			    avp);
	r->has |= what;
	return true;
}

static bool read_number(struct reader *r, const struct diameter_avp *avp, uint32_t min,
			uint32_t max, enum diameter_notification_fault fault,
			struct dict_object *model)
{
	if (avp->value < min || avp->value > max)
		return fail(r, fault, DIAMETER_INVALID_VALUE, model, avp);
	return true;
}

static bool read_name(struct reader *r, const struct diameter_avp *avp,
		      enum e2m_keyset_id_type type)
{
	struct e2m_keyset_id *keyset = &r->notification->keyset;
	struct dict_object *model = type == E2M_ID_SQN ? diameter_dict.e2m_sqn : diameter_dict.rand;

	if (r->has & HAS_NAME && keyset->type != type)
		return fail(r, DIAMETER_NOTIFICATION_FAULT_RAND_AND_SQN, DIAMETER_TOO_MANY_TIMES,
			    model, avp);
	if (!is_first(r, HAS_NAME, model, avp))
		return false;
	if (avp->len != (type == E2M_ID_SQN ? E2M_SQN_LEN : E2M_RAND_LEN))
		return fail(r, DIAMETER_NOTIFICATION_FAULT_NAME_LENGTH, DIAMETER_INVALID_LENGTH,
			    model, avp);
	*keyset = e2m_keyset_id_make(type, avp->data);
	return true;
}

/* An address of nobody is none. */
static bool read_address(struct reader *r, const struct diameter_avp *avp,
			 struct config_address *address)
{
	static const uint8_t nobody[ADDRESS_OCTETS_MAX];
	const unsigned type =
		avp->len < ADDRESS_TYPE_LEN ? 0 : (unsigned)avp->data[0] << 8 | avp->data[1];
	const size_t len = avp->len - ADDRESS_TYPE_LEN;

	if (!(type == ADDRESS_IPV4 && avp->len == ADDRESS_IPV4_LEN) &&
	    !(type == ADDRESS_IPV6 && avp->len == ADDRESS_OCTETS_MAX))
		return fail(r, DIAMETER_NOTIFICATION_FAULT_ADDRESS, DIAMETER_INVALID_VALUE,
			    diameter_dict.e2m_gsn_address, avp);
	if (memcmp(avp->data + ADDRESS_TYPE_LEN, nobody, len) == 0)
		return fail(r, DIAMETER_NOTIFICATION_FAULT_ADDRESS, DIAMETER_INVALID_VALUE,
			    diameter_dict.e2m_gsn_address, avp);
	address->family = type == ADDRESS_IPV4 ? AF_INET : AF_INET6;
	memcpy(address->octets, avp->data + ADDRESS_TYPE_LEN, len);
	return true;
}

static bool read_tunnel_avp(struct reader *r, const struct diameter_avp *avp,
			    struct diameter_tunnel *tunnel)
{
	const uint32_t vendor = diameter_numbers.diameter_vendor;

	if (diameter_avp_is(avp, AVP_E2M_TEID, vendor)) {
		tunnel->teid = avp->value;
		return is_first(r, HAS_TEID, diameter_dict.e2m_teid, avp) &&
		       read_number(r, avp, 1, UINT32_MAX, DIAMETER_NOTIFICATION_FAULT_TEID,
				   diameter_dict.e2m_teid);
	}
	if (diameter_avp_is(avp, AVP_E2M_GSN_ADDRESS, vendor))
		return is_first(r, HAS_ADDRESS, diameter_dict.e2m_gsn_address, avp) &&
		       read_address(r, avp, &tunnel->gsn);
	return true;
}

static bool read_tunnel(struct reader *r, const struct diameter_avp *group, unsigned what,
			struct dict_object *model, struct diameter_tunnel *tunnel)
{
	struct diameter_avp avp;

	if (!is_first(r, what, model, group))
		return false;
	r->has &= ~(unsigned)(HAS_TEID | HAS_ADDRESS);
	for (bool more = diameter_avp_first(group->avp, &avp); more; more = diameter_avp_next(&avp))
		if (!read_tunnel_avp(r, &avp, tunnel))
			return false;
	if (!(r->has & HAS_TEID))
		return fail_missing(r, diameter_dict.e2m_teid, 0);
	if (!(r->has & HAS_ADDRESS))
		return fail_missing(r, diameter_dict.e2m_gsn_address, ADDRESS_IPV4_LEN);
	return true;
}

/* An AVP that is not ours is left alone: libfdcore has refused those that are mandatory. */
static bool read_avp(struct reader *r, const struct diameter_avp *avp)
{
	struct diameter_notification *n = r->notification;

	if (diameter_avp_is(avp, AVP_RAND, DIAMETER_VENDOR_3GPP))
		return read_name(r, avp, E2M_ID_RAND);
	if (avp->vendor != diameter_numbers.diameter_vendor)
		return true;
	switch (avp->code) {
	case AVP_E2M_SQN:
		return read_name(r, avp, E2M_ID_SQN);
	case AVP_E2M_SESSION_EVENT:
		n->event = (enum diameter_session_event)avp->value;
		return is_first(r, HAS_EVENT, diameter_dict.e2m_session_event, avp) &&
		       read_number(r, avp, DIAMETER_SESSION_ACTIVATE, DIAMETER_SESSION_DELETE,
				   DIAMETER_NOTIFICATION_FAULT_EVENT,
				   diameter_dict.e2m_session_event);
	case AVP_E2M_NSAPI:
		n->nsapi = (uint8_t)avp->value;
		return is_first(r, HAS_NSAPI, diameter_dict.e2m_nsapi, avp) &&
		       read_number(r, avp, NSAPI_MIN, NSAPI_MAX, DIAMETER_NOTIFICATION_FAULT_NSAPI,
				   diameter_dict.e2m_nsapi);
	case AVP_E2M_KEY_ID:
		n->key_id = (uint8_t)avp->value;
		return is_first(r, HAS_KEY_ID, diameter_dict.e2m_key_id, avp) &&
		       read_number(r, avp, E2M_KEY_ID_MIN, E2M_KEY_ID_MAX,
				   DIAMETER_NOTIFICATION_FAULT_KEY_ID, diameter_dict.e2m_key_id);
	case AVP_E2M_UPLINK_TUNNEL:
		return read_tunnel(r, avp, HAS_UPLINK, diameter_dict.e2m_uplink_tunnel, &n->uplink);
	case AVP_E2M_DOWNLINK_TUNNEL:
		return read_tunnel(r, avp, HAS_DOWNLINK, diameter_dict.e2m_downlink_tunnel,
				   &n->downlink);
	}
	return true;
}

/* A session cannot be made without its keyset and both tunnels. */
static bool check_whole(struct reader *r)
{
	const bool is_activation = r->notification->event == DIAMETER_SESSION_ACTIVATE;

	if (!(r->has & HAS_EVENT))
		return fail_missing(r, diameter_dict.e2m_session_event, 0);
	if (!(r->has & HAS_NSAPI))
		return fail_missing(r, diameter_dict.e2m_nsapi, 0);
	if (!(r->has & HAS_KEY_ID))
		return fail_missing(r, diameter_dict.e2m_key_id, 0);
	if (is_activation && !(r->has & HAS_NAME))
		return fail_missing(r, diameter_dict.e2m_sqn, E2M_SQN_LEN);
	if (is_activation && !(r->has & HAS_UPLINK))
		return fail_missing(r, diameter_dict.e2m_uplink_tunnel, 0);
	if (is_activation && !(r->has & HAS_DOWNLINK))
		return fail_missing(r, diameter_dict.e2m_downlink_tunnel, 0);
	return true;
}

static bool is_same(const struct diameter_tunnel *a, const struct diameter_tunnel *b)
{
	return a->teid == b->teid && a->gsn.family == b->gsn.family &&
	       memcmp(a->gsn.octets, b->gsn.octets, sizeof(a->gsn.octets)) == 0;
}

bool diameter_read_notification(struct msg *message, struct diameter_notification *notification,
				enum diameter_notification_fault *fault,
				struct diameter_result *result)
{
	struct reader r = {.notification = notification, .result = result};
	struct diameter_avp avp;
	bool good = true;

	for (bool more = diameter_avp_first(message, &avp); more && good;
	     more = diameter_avp_next(&avp))
		good = read_avp(&r, &avp);
	good = good && check_whole(&r);
	if (good && r.has & HAS_UPLINK && is_same(&notification->uplink, &notification->downlink))
		good = fail(&r, DIAMETER_NOTIFICATION_FAULT_SAME_TUNNEL, DIAMETER_INVALID_VALUE,
			    diameter_dict.e2m_downlink_tunnel, NULL);
	*fault = r.fault;
	return good;
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
