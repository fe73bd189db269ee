/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/address.h"

static uint8_t state_of(const struct pdp_address *a, bool is_ipv6)
{
	return is_ipv6 ? a->ipv6_state : a->ipv4_state;
}

static void copy_version(struct pdp_address *to, const struct pdp_address *from, bool is_ipv6)
{
	if (is_ipv6) {
		to->ipv6_state = from->ipv6_state;
		to->ipv6_length = from->ipv6_length;
		memcpy(to->ipv6, from->ipv6, sizeof(to->ipv6));
	} else {
		to->ipv4_state = from->ipv4_state;
		memcpy(to->ipv4, from->ipv4, sizeof(to->ipv4));
	}
}

/* Binds the versions that are unbound in first and bound in second. */
static struct pdp_address fill(const struct pdp_address *first, const struct pdp_address *second)
{
	struct pdp_address a = *first;

	for (int is_ipv6 = 0; is_ipv6 < 2; is_ipv6++)
		if (state_of(&a, is_ipv6) == PDP_UNBOUND && state_of(second, is_ipv6) == PDP_BOUND)
			copy_version(&a, second, is_ipv6);
	return a;
}

struct pdp_address address_of_create(const struct pdp_element *asked,
				     const struct pdp_element *answered)
{
	return answered->has_address ? answered->address
				     : fill(&answered->address, &asked->address);
}

struct pdp_address address_of_update(const struct pdp_address *before,
				     const struct pdp_element *said)
{
	return fill(before, &said->address);
}

struct pdp_address address_prefer(const struct pdp_address *told, const struct pdp_address *learned)
{
	struct pdp_address a = *told;

	for (int is_ipv6 = 0; is_ipv6 < 2; is_ipv6++)
		if (state_of(told, is_ipv6) != PDP_BOUND ||
		    state_of(learned, is_ipv6) == PDP_EXCLUDED)
			copy_version(&a, learned, is_ipv6);
	return a;
}
