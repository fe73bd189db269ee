/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the AVPs of an E2M-Session-Notification-Request, e2m.md 4. */
#include <netinet/in.h>
#include <string.h>

#include "diameter/internal.h"

#define AVP_FRAMED_IP_ADDRESS	  8 /* RFC 7155 4.4.10.5 */
#define AVP_FRAMED_ROUTE	  22
#define AVP_CALLED_STATION_ID	  30
#define AVP_FRAMED_IPV6_PREFIX	  97
#define AVP_FRAMED_IPV6_ROUTE	  99
#define AVP_DELEGATED_IPV6_PREFIX 123 /* RFC 4818 */

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
	HAS_IP_ADDRESS = 256,
	HAS_IPV6_PREFIX = 512,
	HAS_APN = 1024,
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

static bool check_framed(struct reader *r, bool is_good, enum diameter_notification_fault fault,
			 struct dict_object *model, const struct diameter_avp *avp)
{
	return is_good || fail(r, fault, DIAMETER_INVALID_VALUE, model, avp);
}

static bool read_network(struct reader *r, const struct diameter_avp *avp,
			 enum pdp_network_list list, struct dict_object *model)
{
	struct diameter_notification *n = r->notification;
	struct pdp_network network = {.list = list};

	if (!check_framed(r, framed_read_network(avp->data, avp->len, &network),
			  DIAMETER_NOTIFICATION_FAULT_ROUTE, model, avp))
		return false;
	if (n->networks_count == PDP_NETWORKS_MAX)
		return fail(r, DIAMETER_NOTIFICATION_FAULT_TOO_MANY_ROUTES,
			    DIAMETER_RESOURCES_EXCEEDED, model, avp);
	n->lists |= (uint8_t)(1u << list);
	n->networks[n->networks_count++] = network;
	return true;
}

/* Addresses, APN and networks, as RFC 7155 has them. */
static bool read_framed(struct reader *r, const struct diameter_avp *avp)
{
	struct diameter_notification *n = r->notification;

	switch (avp->code) {
	case AVP_FRAMED_IP_ADDRESS:
		return is_first(r, HAS_IP_ADDRESS, diameter_dict.framed_ip_address, avp) &&
		       check_framed(r, framed_read_ip_address(avp->data, avp->len, &n->address),
				    DIAMETER_NOTIFICATION_FAULT_PDP_ADDRESS,
				    diameter_dict.framed_ip_address, avp);
	case AVP_FRAMED_IPV6_PREFIX:
		return is_first(r, HAS_IPV6_PREFIX, diameter_dict.framed_ipv6_prefix, avp) &&
		       check_framed(r, framed_read_ipv6_prefix(avp->data, avp->len, &n->address),
				    DIAMETER_NOTIFICATION_FAULT_PDP_ADDRESS,
				    diameter_dict.framed_ipv6_prefix, avp);
	case AVP_CALLED_STATION_ID:
		return is_first(r, HAS_APN, diameter_dict.called_station_id, avp) &&
		       check_framed(r, framed_read_apn(avp->data, avp->len, n->apn, &n->apn_len),
				    DIAMETER_NOTIFICATION_FAULT_APN,
				    diameter_dict.called_station_id, avp);
	case AVP_FRAMED_ROUTE:
		return read_network(r, avp, PDP_NETWORKS_FRAMED_ROUTE, diameter_dict.framed_route);
	case AVP_FRAMED_IPV6_ROUTE:
		return read_network(r, avp, PDP_NETWORKS_FRAMED_IPV6_ROUTE,
				    diameter_dict.framed_ipv6_route);
	case AVP_DELEGATED_IPV6_PREFIX:
		return read_network(r, avp, PDP_NETWORKS_DELEGATED_PREFIX,
				    diameter_dict.delegated_ipv6_prefix);
	}
	return true;
}

/* An AVP that is not ours is left alone: libfdcore has refused those that are mandatory. */
static bool read_avp(struct reader *r, const struct diameter_avp *avp)
{
	struct diameter_notification *n = r->notification;

	if (diameter_avp_is(avp, AVP_RAND, DIAMETER_VENDOR_3GPP))
		return read_name(r, avp, E2M_ID_RAND);
	if (avp->vendor == 0)
		return read_framed(r, avp);
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
