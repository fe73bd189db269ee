/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/apart.h"

bool apart_is_same_pdn(const struct session *a, const struct session *b)
{
	return a->imsi == b->imsi && a->primary == b->primary;
}

bool apart_needs_protection(const struct session *s)
{
	return session_has_keyset(s) || policy_bars(s->policy);
}

bool apart_is_protected(const struct session *s)
{
	return s->kind == DIRECTORY_PROTECTED && apart_needs_protection(s);
}

bool apart_shares_address(const struct pdp_address *a, const struct pdp_address *b)
{
	struct pdp_prefix of_a, of_b;

	for (int is_ipv6 = 0; is_ipv6 < 2; is_ipv6++)
		if (pdp_address_prefix(a, is_ipv6, &of_a) &&
		    pdp_address_prefix(b, is_ipv6, &of_b) &&
		    (pdp_prefix_contains(&of_a, &of_b) || pdp_prefix_contains(&of_b, &of_a)))
			return true;
	return false;
}

static bool has_or_had_keys(const struct session *s)
{
	return s->kind == DIRECTORY_ENDED || apart_is_protected(s);
}

/* The packets of both may leave under the keys of either. */
static bool is_same_user(const struct session *a, const struct session *b)
{
	if (a->kind == DIRECTORY_ENDED || b->kind == DIRECTORY_ENDED)
		return a->imsi == b->imsi && has_or_had_keys(a) && has_or_had_keys(b);
	return apart_is_same_pdn(a, b);
}

bool apart_is_told(const struct session *a, const struct session *b)
{
	if (!a)
		return !has_or_had_keys(b);
	if (is_same_user(a, b) || (!has_or_had_keys(a) && !has_or_had_keys(b)))
		return true;
	return !pdp_address_is_unbound(&a->address) && !pdp_address_is_unbound(&b->address) &&
	       !apart_shares_address(&a->address, &b->address);
}
