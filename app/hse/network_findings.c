/* SPDX-License-Identifier: BSD-3-Clause */
#include "network_findings.h"

#include <string.h>
#include <strings.h>

#define PATH_SIZE 80

/* An IMSI of the fewest digits that operators use. A rule with fewer fits many subscribers. */
#define IMSI_WHOLE 14

/* Prefixes shorter than these belong to operators, not to subscribers. */
#define IPV4_ROUTE_MIN	   8
#define IPV6_ROUTE_MIN	   32
#define IPV6_DELEGATED_MIN 48 /* RFC 6177 2: a site has no more */

struct findings {
	const struct config_file *file;
	const struct hse_config *c;
	FILE *out;
};

static const char *route_path(char path[PATH_SIZE], size_t rule, size_t route)
{
	snprintf(path, PATH_SIZE, "policy[%zu].routes[%zu]", rule, route);
	return path;
}

/* A prefix of length 0 was not read: its error is reported elsewhere. */
static bool overlap(const struct pdp_prefix *a, const struct pdp_prefix *b)
{
	return a->length > 0 && b->length > 0 &&
	       (pdp_prefix_contains(a, b) || pdp_prefix_contains(b, a));
}

/* APNs that a session may have both of. NULL: any. */
static bool may_be_same_apn(const char *a, const char *b)
{
	return !a || !b || strchr(a, '*') || strchr(b, '*') || strcasecmp(a, b) == 0;
}

/* --- policy --- */

static bool is_for_many(const struct policy_rule *rule)
{
	return rule->digits < IMSI_WHOLE || strcmp(rule->first, rule->last) != 0;
}

static void check_width(const struct findings *f, size_t rule, size_t route)
{
	const struct policy_route *r = &f->c->policy[rule].routes[route];
	char path[PATH_SIZE];

	if (r->prefix.length > 0 &&
	    r->prefix.length < (r->prefix.is_ipv6 ? IPV6_ROUTE_MIN : IPV4_ROUTE_MIN))
		config_warning(f->file, f->out, route_path(path, rule, route),
			       "%s is a very wide network behind one UE: is its length meant so?",
			       r->text);
}

/* Networks of two rules, or of one. */
static void check_overlap(const struct findings *f, size_t rule, size_t route, size_t earlier)
{
	const struct policy_rule *a = &f->c->policy[rule], *b = &f->c->policy[earlier];
	const size_t count = rule == earlier ? route : b->routes_count;
	char path[PATH_SIZE], other[PATH_SIZE];

	for (size_t i = 0; i < count; i++) {
		if (!overlap(&a->routes[route].prefix, &b->routes[i].prefix))
			continue;
		route_path(other, earlier, i);
		config_warning(f->file, f->out, route_path(path, rule, route),
			       "%s overlaps %s (line %u), %s: %s", a->routes[route].text, other,
			       config_line(f->file, other), b->routes[i].text,
			       rule == earlier ? "remove the narrower one"
					       : "at one GGSN an address is one session's alone");
		return;
	}
}

static void check_route(const struct findings *f, size_t rule, size_t route)
{
	const struct policy_rule *policy = f->c->policy;

	check_width(f, rule, route);
	for (size_t earlier = 0; earlier <= rule; earlier++)
		if (may_be_same_apn(policy[rule].apn, policy[earlier].apn))
			check_overlap(f, rule, route, earlier);
}

static void check_delegated(const struct findings *f, size_t rule)
{
	const unsigned length = f->c->policy[rule].delegated_prefix_length;
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "policy[%zu].delegated_prefix_length", rule);
	if (length > PDP_IPV6_PREFIX)
		config_warning(f->file, f->out, path,
			       "%u is longer than the /64 that a UE has: packets of its other "
			       "addresses are dropped",
			       length);
	else if (length > 0 && length < IPV6_DELEGATED_MIN)
		config_warning(f->file, f->out, path,
			       "%u is a very wide prefix for one UE: is it meant so?", length);
}

static void check_rule(const struct findings *f, size_t i)
{
	const struct policy_rule *rule = &f->c->policy[i];
	char path[PATH_SIZE];

	if (rule->routes_count == 0 && rule->delegated_prefix_length == 0)
		return;
	snprintf(path, sizeof(path), "policy[%zu].%s", i,
		 rule->routes_count ? "routes" : "delegated_prefix_length");
	if (!policy_protects((enum policy_action)rule->action)) {
		config_warning(f->file, f->out, path, "no effect: the rule does not protect");
		return;
	}
	if (rule->routes_count > 0 && is_for_many(rule))
		config_warning(f->file, f->out, path,
			       "the rule fits more than one subscriber, and each would have "
			       "these networks; give it a whole imsi");
	for (size_t j = 0; j < rule->routes_count; j++)
		check_route(f, i, j);
	check_delegated(f, i);
}

/* --- static sessions --- */

static const struct pdp_prefix *find_shared(const struct static_session *a,
					    const struct static_session *b)
{
	for (size_t i = 0; i < a->address_count; i++)
		for (size_t j = 0; j < b->address_count; j++)
			if (overlap(&a->address[i].prefix, &b->address[j].prefix))
				return &a->address[i].prefix;
	return NULL;
}

/* Contexts of one PDN connection share their addresses. */
static bool is_conflict(const struct static_session *a, const struct static_session *b)
{
	return memcmp(&a->imsi, &b->imsi, sizeof(a->imsi)) != 0 &&
	       memcmp(&a->uplink.address, &b->uplink.address, sizeof(a->uplink.address)) == 0 &&
	       may_be_same_apn(a->apn, b->apn);
}

static void check_static_session(const struct findings *f, size_t i)
{
	const struct static_session *s = f->c->static_sessions;
	char path[PATH_SIZE], other[PATH_SIZE], address[PDP_PREFIX_STR];

	for (size_t j = 0; j < i && s[i].address_count > 0; j++) {
		const struct pdp_prefix *shared =
			is_conflict(&s[i], &s[j]) ? find_shared(&s[i], &s[j]) : NULL;

		if (!shared)
			continue;
		snprintf(path, sizeof(path), "static_sessions[%zu].address", i);
		snprintf(other, sizeof(other), "static_sessions[%zu].address", j);
		config_warning(f->file, f->out, path,
			       "%s is an address of %s (line %u) at the same GGSN: the later "
			       "session gets it",
			       pdp_prefix_str(shared, address), other, config_line(f->file, other));
		return;
	}
}

void network_findings(const struct config_file *file, const struct hse_config *config, FILE *out)
{
	const struct findings f = {file, config, out};

	for (size_t i = 0; i < config->policy_count; i++)
		check_rule(&f, i);
	for (size_t i = 0; i < config->static_sessions_count; i++)
		check_static_session(&f, i);
}
