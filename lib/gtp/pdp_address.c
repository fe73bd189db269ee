/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/pdp_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>

static void mask_ipv6(uint8_t ipv6[16], unsigned length)
{
	uint64_t halves[2];

	memcpy(halves, ipv6, sizeof(halves));
	halves[0] &= pdp_ipv6_mask(length, 0);
	halves[1] &= pdp_ipv6_mask(length, 1);
	memcpy(ipv6, halves, sizeof(halves));
}

bool pdp_address_prefix(const struct pdp_address *a, bool is_ipv6, struct pdp_prefix *out)
{
	*out = (struct pdp_prefix){0};
	if ((is_ipv6 ? a->ipv6_state : a->ipv4_state) != PDP_BOUND)
		return false;
	out->is_ipv6 = is_ipv6;
	out->length = is_ipv6 ? a->ipv6_length : PDP_IPV4_BITS;
	memcpy(out->octets, is_ipv6 ? a->ipv6 : a->ipv4, is_ipv6 ? 16 : 4);
	return true;
}

bool pdp_address_has(const struct pdp_address *a, const struct pdp_prefix *prefix)
{
	struct pdp_prefix own;

	return pdp_address_prefix(a, prefix->is_ipv6, &own) && pdp_prefix_contains(&own, prefix);
}

void pdp_address_unset(struct pdp_address *a, bool is_ipv6, enum pdp_state state)
{
	if (is_ipv6) {
		a->ipv6_state = (uint8_t)state;
		a->ipv6_length = 0;
		memset(a->ipv6, 0, sizeof(a->ipv6));
	} else {
		a->ipv4_state = (uint8_t)state;
		memset(a->ipv4, 0, sizeof(a->ipv4));
	}
}

void pdp_address_set_ipv4(struct pdp_address *a, const uint8_t ipv4[4])
{
	pdp_address_unset(a, false, PDP_UNBOUND);
	if (pdp_ipv4_is_unspecified(ipv4) || pdp_ipv4_is_to_many(ipv4))
		return;
	a->ipv4_state = PDP_BOUND;
	memcpy(a->ipv4, ipv4, sizeof(a->ipv4));
}

void pdp_address_set_ipv6(struct pdp_address *a, const uint8_t ipv6[16], unsigned length)
{
	uint8_t masked[16];

	pdp_address_unset(a, true, PDP_UNBOUND);
	memcpy(masked, ipv6, sizeof(masked));
	mask_ipv6(masked, length);
	if (pdp_ipv6_is_link_local(ipv6) || pdp_ipv6_is_unspecified(masked) || ipv6[0] == 0xff)
		return;
	a->ipv6_state = PDP_BOUND;
	a->ipv6_length = (uint8_t)length;
	memcpy(a->ipv6, masked, sizeof(a->ipv6));
}

void pdp_address_set_length(struct pdp_address *a, unsigned length)
{
	uint8_t ipv6[16];

	if (a->ipv6_state != PDP_BOUND)
		return;
	memcpy(ipv6, a->ipv6, sizeof(ipv6));
	pdp_address_set_ipv6(a, ipv6, length);
}

/* The decimal number after the slash, or -EINVAL. */
static int read_length(const char *text, int max)
{
	int length = 0;

	if (!*text || (text[0] == '0' && text[1]))
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		length = 10 * length + (*text - '0');
		if (length > max)
			return -EINVAL;
	}
	return length;
}

void pdp_prefix_mask(struct pdp_prefix *prefix)
{
	uint32_t word;

	if (prefix->is_ipv6) {
		mask_ipv6(prefix->octets, prefix->length);
	} else {
		memcpy(&word, prefix->octets, sizeof(word));
		word &= pdp_ipv4_mask(prefix->length);
		memcpy(prefix->octets, &word, sizeof(word));
	}
}

int pdp_prefix_parse(struct pdp_prefix *out, const char *text)
{
	struct pdp_prefix prefix = {.is_ipv6 = strchr(text, ':') != NULL}, masked;
	const int max = prefix.is_ipv6 ? PDP_IPV6_BITS : PDP_IPV4_BITS;
	const size_t len = strcspn(text, "/");
	char address[INET6_ADDRSTRLEN];
	int length = max;

	if (len >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, len);
	address[len] = '\0';
	if (text[len] == '/')
		length = read_length(text + len + 1, max);
	if (length < 0 ||
	    inet_pton(prefix.is_ipv6 ? AF_INET6 : AF_INET, address, prefix.octets) != 1)
		return -EINVAL;
	prefix.length = (uint8_t)length;
	masked = prefix;
	pdp_prefix_mask(&masked);
	if (memcmp(&masked, &prefix, sizeof(prefix)) != 0)
		return -EINVAL;
	*out = prefix;
	return 0;
}

const char *pdp_prefix_str(const struct pdp_prefix *prefix, char buf[PDP_PREFIX_STR])
{
	char address[INET6_ADDRSTRLEN];

	inet_ntop(prefix->is_ipv6 ? AF_INET6 : AF_INET, prefix->octets, address, sizeof(address));
	if (prefix->length == (prefix->is_ipv6 ? PDP_IPV6_BITS : PDP_IPV4_BITS))
		snprintf(buf, PDP_PREFIX_STR, "%s", address);
	else
		snprintf(buf, PDP_PREFIX_STR, "%s/%u", address, prefix->length);
	return buf;
}
