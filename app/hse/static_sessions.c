/* SPDX-License-Identifier: BSD-3-Clause */
#include "static_sessions.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/control.h"
#include "hse_config.h"

#define NSAPI_MIN 5
#define NSAPI_MAX 15

static const struct config_field tunnel_fields[] = {
	{.name = "address",
	 .kind = CONFIG_ADDRESS,
	 CONFIG_MEMBER(struct static_tunnel, address),
	 .required = true},
	{.name = "teid",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct static_tunnel, teid),
	 .min = 1,
	 .max = UINT32_MAX,
	 .required = true},
	{0},
};

/* Its prefix is set later. */
static const struct config_field address_item = {.kind = CONFIG_STRING,
						 .size = sizeof(struct static_address)};

static const struct config_field session_fields[] = {
	{.name = "imsi",
	 .kind = CONFIG_IMSI,
	 CONFIG_MEMBER(struct static_session, imsi),
	 .required = true},
	{.name = "nsapi",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct static_session, nsapi),
	 .min = NSAPI_MIN,
	 .max = NSAPI_MAX,
	 .required = true},
	{.name = "sqn",
	 .kind = CONFIG_HEX,
	 CONFIG_MEMBER(struct static_session, sqn),
	 .given_offset = offsetof(struct static_session, has_sqn)},
	{.name = "rand",
	 .kind = CONFIG_HEX,
	 CONFIG_MEMBER(struct static_session, rand),
	 .given_offset = offsetof(struct static_session, has_rand)},
	{.name = "key_id",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct static_session, key_id),
	 .min = E2M_KEY_ID_MIN,
	 .max = E2M_KEY_ID_MAX,
	 .required = true},
	{.name = "uplink",
	 .kind = CONFIG_STRUCT,
	 CONFIG_MEMBER(struct static_session, uplink),
	 .fields = tunnel_fields,
	 .required = true},
	{.name = "downlink",
	 .kind = CONFIG_STRUCT,
	 CONFIG_MEMBER(struct static_session, downlink),
	 .fields = tunnel_fields,
	 .required = true},
	{.name = "address",
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct static_session, address),
	 .item = &address_item,
	 .count_offset = offsetof(struct static_session, address_count),
	 .min = 1,
	 .max = 2,
	 .or_one = true},
	{.name = "apn", .kind = CONFIG_STRING, CONFIG_MEMBER(struct static_session, apn)},
	{0},
};

const struct config_field static_session_item = {
	.kind = CONFIG_STRUCT, .size = sizeof(struct static_session), .fields = session_fields};

/* --- checks --- */

/* What can come twice, and where it stands. */
struct claim {
	struct e2m_imsi imsi; /* with nsapi; empty: */
	uint8_t nsapi;
	struct tunnel tunnel;
	size_t session;
	const char *member;
};

static int compare_values(const struct claim *a, const struct claim *b)
{
	int order = memcmp(&a->imsi, &b->imsi, sizeof(a->imsi));

	if (order == 0)
		order = a->nsapi - b->nsapi;
	return order ? order : memcmp(&a->tunnel, &b->tunnel, sizeof(a->tunnel));
}

/* Equal ones in the order of the file. */
static int compare(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	const int order = compare_values(x, y);

	if (order != 0 || x->session == y->session)
		return order;
	return x->session < y->session ? -1 : 1;
}

static void report_second(const struct config_file *file, const struct claim *first,
			  const struct claim *second, FILE *errors)
{
	char path[64], tunnel[TUNNEL_STR];

	snprintf(path, sizeof(path), "static_sessions[%zu].%s", second->session, second->member);
	if (second->imsi.digits[0])
		config_error(file, errors, path,
			     "IMSI %s with NSAPI %u is static_sessions[%zu] already",
			     second->imsi.digits, second->nsapi, first->session);
	else
		config_error(file, errors, path, "%s is that of static_sessions[%zu] already",
			     tunnel_str(&second->tunnel, tunnel), first->session);
}

/* Workers know a tunnel once, in whichever direction. */
static bool check_claims(const struct config_file *file, const struct hse_config *c, FILE *errors)
{
	const size_t count = c->static_sessions_count;
	struct claim *claims = calloc(3 * count, sizeof(*claims));
	bool good = claims != NULL;

	if (!claims)
		config_error(file, errors, "static_sessions", "out of memory");
	for (size_t i = 0; claims && i < count; i++) {
		const struct static_session *s = &c->static_sessions[i];

		claims[3 * i] = (struct claim){
			.imsi = s->imsi, .nsapi = s->nsapi, .session = i, .member = "imsi"};
		claims[3 * i + 1] = (struct claim){
			.tunnel = hse_config_tunnel(&s->uplink.address, s->uplink.teid),
			.session = i,
			.member = "uplink"};
		claims[3 * i + 2] = (struct claim){
			.tunnel = hse_config_tunnel(&s->downlink.address, s->downlink.teid),
			.session = i,
			.member = "downlink"};
	}
	if (claims)
		qsort(claims, 3 * count, sizeof(*claims), compare);
	for (size_t i = 1; claims && i < 3 * count; i++)
		if (compare_values(&claims[i - 1], &claims[i]) == 0) {
			report_second(file, &claims[i - 1], &claims[i], errors);
			good = false;
		}
	free(claims);
	return good;
}

static bool check_names(const struct config_file *file, const struct hse_config *c, FILE *errors)
{
	bool good = true;

	for (size_t i = 0; i < c->static_sessions_count; i++) {
		char path[64];

		if (c->static_sessions[i].has_sqn != c->static_sessions[i].has_rand)
			continue;
		snprintf(path, sizeof(path), "static_sessions[%zu]", i);
		config_error(file, errors, path,
			     "expected either 'sqn' or 'rand': a keyset is known by one of them");
		good = false;
	}
	return good;
}

/* NULL, or what is wrong, for people. */
static const char *bind_address(struct pdp_address *address, struct static_address *given)
{
	struct pdp_prefix *prefix = &given->prefix;

	if (pdp_prefix_parse(prefix, given->text))
		return "expected an IPv4 address, or an IPv6 prefix as in 2001:db8:1:2::/64, "
		       "without bits behind its length";
	if (!prefix->is_ipv6 && prefix->length < PDP_IPV4_BITS)
		return "expected one IPv4 address: networks behind the UE are policy[].routes";
	if ((prefix->is_ipv6 ? address->ipv6_state : address->ipv4_state) == PDP_BOUND)
		return "a session has one address of each IP version";
	if (prefix->is_ipv6 && prefix->length > 0)
		pdp_address_set_ipv6(address, prefix->octets, prefix->length);
	else if (!prefix->is_ipv6)
		pdp_address_set_ipv4(address, prefix->octets);
	if ((prefix->is_ipv6 ? address->ipv6_state : address->ipv4_state) != PDP_BOUND)
		return "no UE can have this address";
	return NULL;
}

static bool check_addresses(const struct config_file *file, const struct hse_config *c, size_t i,
			    FILE *errors)
{
	struct static_session *s = &c->static_sessions[i];
	struct pdp_address address = {0};
	bool good = true;

	for (size_t j = 0; j < s->address_count; j++) {
		const char *wrong = bind_address(&address, &s->address[j]);
		char path[80];

		if (!wrong)
			continue;
		snprintf(path, sizeof(path), "static_sessions[%zu].address[%zu]", i, j);
		config_error(file, errors, path, "%s, found '%s'", wrong, s->address[j].text);
		good = false;
	}
	return good;
}

static bool check_apn(const struct config_file *file, const struct hse_config *c, size_t i,
		      FILE *errors)
{
	const char *apn = c->static_sessions[i].apn;
	uint8_t octets[GTP_APN_MAX];
	char path[64];

	if (!apn || gtp_apn_write(octets, apn) > 0)
		return true;
	snprintf(path, sizeof(path), "static_sessions[%zu].apn", i);
	config_error(file, errors, path,
		     "expected an APN: labels of up to 63 characters with dots between, found '%s'",
		     apn);
	return false;
}

bool static_sessions_check(const struct config_file *file, struct hse_config *c, FILE *errors)
{
	bool good = true;

	if (c->static_sessions_count == 0)
		return true;
	if (c->static_sessions_count > c->sessions.max) {
		config_error(file, errors, "static_sessions",
			     "%zu sessions; sessions.max has room for %u", c->static_sessions_count,
			     c->sessions.max);
		good = false;
	}
	for (size_t i = 0; i < c->static_sessions_count; i++) {
		good &= check_addresses(file, c, i, errors);
		good &= check_apn(file, c, i, errors);
	}
	good &= check_names(file, c, errors);
	good &= check_claims(file, c, errors);
	return good;
}

/* --- making them --- */

static struct session_notification activation_of(const struct static_session *s)
{
	struct session_notification n = {.event = SESSION_ACTIVATE,
					 .imsi = s->imsi,
					 .nsapi = s->nsapi,
					 .key_id = s->key_id,
					 .has_tunnel = {true, true}};

	n.keyset = s->has_sqn ? e2m_keyset_id_make(E2M_ID_SQN, s->sqn)
			      : e2m_keyset_id_make(E2M_ID_RAND, s->rand);
	n.tunnel[E2M_UPLINK] = hse_config_tunnel(&s->uplink.address, s->uplink.teid);
	n.tunnel[E2M_DOWNLINK] = hse_config_tunnel(&s->downlink.address, s->downlink.teid);
	for (size_t i = 0; i < s->address_count; i++) {
		const struct pdp_prefix *prefix = &s->address[i].prefix;

		if (prefix->is_ipv6)
			pdp_address_set_ipv6(&n.address, prefix->octets, prefix->length);
		else
			pdp_address_set_ipv4(&n.address, prefix->octets);
	}
	if (s->apn)
		n.apn_len = (uint8_t)gtp_apn_write(n.apn, s->apn);
	return n;
}

int static_sessions_make(const struct hse_config *c, struct session_store *store)
{
	const size_t count = c->static_sessions_count;
	struct session_notification *list = calloc(count ? count : 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		list[i] = activation_of(&c->static_sessions[i]);
	session_make_static(store, list, count);
	free(list);
	return 0;
}
