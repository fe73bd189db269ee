/* SPDX-License-Identifier: BSD-3-Clause */
/* The AVPs of RFC 7155 4.4.10.5 and RFC 4818 that an E2M-Session-Notification-Request may have (e2m.md 4). */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "diameter/internal.h"

/* Framed-IPv6-Prefix, Delegated-IPv6-Prefix (RFC 3162 2.3): reserved, length of the prefix in bits, its octets. */
#define PREFIX_LENGTH	  1
#define PREFIX_OCTETS	  2
#define PREFIX_OCTETS_MAX (PREFIX_OCTETS + 16)

/* A route as text, at most. */
#define ROUTE_MAX 252

bool framed_read_ip_address(const uint8_t *data, size_t len, struct pdp_address *address)
{
	if (len != 4)
		return false;
	pdp_address_set_ipv4(address, data);
	/* 255.255.255.254: the NAS is to choose (RFC 7155 4.4.10.5.1). */
	return address->ipv4_state == PDP_BOUND && memcmp(data, "\xff\xff\xff\xfe", 4) != 0;
}

/* Octets behind those that the length needs may be left out. */
static bool read_prefix(const uint8_t *data, size_t len, struct pdp_prefix *prefix)
{
	struct pdp_prefix masked;

	*prefix = (struct pdp_prefix){.is_ipv6 = 1};
	if (len < PREFIX_OCTETS || len > PREFIX_OCTETS_MAX || data[PREFIX_LENGTH] == 0 ||
	    data[PREFIX_LENGTH] > PDP_IPV6_BITS ||
	    len - PREFIX_OCTETS < (data[PREFIX_LENGTH] + 7u) / 8)
		return false;
	prefix->length = data[PREFIX_LENGTH];
	memcpy(prefix->octets, data + PREFIX_OCTETS, len - PREFIX_OCTETS);
	masked = *prefix;
	pdp_prefix_mask(&masked);
	return memcmp(&masked, prefix, sizeof(masked)) == 0;
}

bool framed_read_ipv6_prefix(const uint8_t *data, size_t len, struct pdp_address *address)
{
	struct pdp_prefix prefix;

	if (!read_prefix(data, len, &prefix))
		return false;
	pdp_address_set_ipv6(address, prefix.octets, prefix.length);
	return address->ipv6_state == PDP_BOUND;
}

bool framed_read_apn(const uint8_t *data, size_t len, uint8_t apn[GTP_APN_MAX], uint8_t *apn_len)
{
	char text[GTP_APN_MAX];
	int written;

	if (len >= sizeof(text))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum(data[i]) && data[i] != '-' && data[i] != '_' && data[i] != '.')
			return false;
	memcpy(text, data, len);
	text[len] = '\0';
	written = gtp_apn_write(apn, text);
	*apn_len = (uint8_t)(written > 0 ? written : 0);
	return written > 0;
}

/* RFC 7155 4.4.10.5.3: an IPv4 prefix without a length has that of its class. */
static int class_length(const struct pdp_prefix *prefix)
{
	const uint8_t first = prefix->octets[0];

	return first < 128 ? 8 : first < 192 ? 16 : first < 224 ? 24 : PDP_IPV4_BITS;
}

/* The decimal number of one to three digits, or -1. */
static int read_decimal(const char *text, int max)
{
	const size_t len = strlen(text);

	if (len == 0 || len > 3 || strspn(text, "0123456789") != len || atoi(text) > max)
		return -1;
	return atoi(text);
}

static bool read_destination(char *text, bool is_ipv6, struct pdp_prefix *prefix)
{
	char *slash = strchr(text, '/');
	int length;

	if (slash)
		*slash = '\0';
	prefix->is_ipv6 = is_ipv6;
	if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, text, prefix->octets) != 1)
		return false;
	if (slash)
		length = read_decimal(slash + 1, is_ipv6 ? PDP_IPV6_BITS : PDP_IPV4_BITS);
	else
		length = is_ipv6 ? -1 : class_length(prefix);
	/* A default route behind one UE would be every address. */
	if (length <= 0)
		return false;
	prefix->length = (uint8_t)length;
	pdp_prefix_mask(prefix);
	return true;
}

static bool is_gateway(const char *text, bool is_ipv6)
{
	uint8_t octets[16];

	return inet_pton(is_ipv6 ? AF_INET6 : AF_INET, text, octets) == 1;
}

/* "DESTINATION[/LENGTH] [GATEWAY [METRIC...]]". The gateway is the UE. */
static bool read_route(const uint8_t *data, size_t len, bool is_ipv6, struct pdp_prefix *prefix)
{
	char text[ROUTE_MAX + 1], *rest = NULL, *word;

	if (len > ROUTE_MAX || memchr(data, '\0', len))
		return false;
	memcpy(text, data, len);
	text[len] = '\0';
	word = strtok_r(text, " ", &rest);
	if (!word || !read_destination(word, is_ipv6, prefix))
		return false;
	word = strtok_r(NULL, " ", &rest);
	if (word && !is_gateway(word, is_ipv6))
		return false;
	while (word && (word = strtok_r(NULL, " ", &rest)) != NULL)
		if (strspn(word, "0123456789") != strlen(word))
			return false;
	return true;
}

bool framed_read_network(const uint8_t *data, size_t len, struct pdp_network *network)
{
	network->prefix = (struct pdp_prefix){0};
	if (network->list == PDP_NETWORKS_DELEGATED_PREFIX)
		return read_prefix(data, len, &network->prefix);
	return read_route(data, len, network->list == PDP_NETWORKS_FRAMED_IPV6_ROUTE,
			  &network->prefix);
}

/* --- writing --- */

static int add_prefix(struct msg *message, struct dict_object *model, const uint8_t octets[16],
		      uint8_t length)
{
	uint8_t data[PREFIX_OCTETS_MAX] = {[PREFIX_LENGTH] = length};

	memcpy(data + PREFIX_OCTETS, octets, 16);
	return diameter_add_octets(message, model, data, sizeof(data));
}

static int add_network(struct msg *message, const struct pdp_network *network)
{
	const bool is_ipv6 = network->prefix.is_ipv6;
	char prefix[PDP_PREFIX_STR], text[ROUTE_MAX];

	if (network->list == PDP_NETWORKS_DELEGATED_PREFIX)
		return add_prefix(message, diameter_dict.delegated_ipv6_prefix,
				  network->prefix.octets, network->prefix.length);
	pdp_prefix_str(&network->prefix, prefix);
	snprintf(text, sizeof(text), "%s%s %s 1", prefix,
		 strchr(prefix, '/') ? ""
		 : is_ipv6	     ? "/128"
				     : "/32",
		 is_ipv6 ? "::" : "0.0.0.0");
	return diameter_add_text(
		message, is_ipv6 ? diameter_dict.framed_ipv6_route : diameter_dict.framed_route,
		text);
}

/* Labels with dots between them. */
static int add_apn(struct msg *message, const uint8_t *apn, size_t len)
{
	char text[GTP_APN_MAX];

	memcpy(text, apn + 1, len - 1);
	for (size_t at = apn[0]; at + 1 < len; at += apn[at + 1] + 1u)
		text[at] = '.';
	return diameter_add_octets(message, diameter_dict.called_station_id, text, len - 1);
}

int framed_add(struct msg *message, const struct diameter_notification *n)
{
	int rc = 0;

	if (n->address.ipv4_state == PDP_BOUND)
		rc = diameter_add_octets(message, diameter_dict.framed_ip_address, n->address.ipv4,
					 4);
	if (!rc && n->address.ipv6_state == PDP_BOUND)
		rc = add_prefix(message, diameter_dict.framed_ipv6_prefix, n->address.ipv6,
				n->address.ipv6_length);
	if (!rc && n->apn_len > 0)
		rc = add_apn(message, n->apn, n->apn_len);
	for (unsigned i = 0; i < n->networks_count && !rc; i++)
		rc = add_network(message, &n->networks[i]);
	return rc;
}
