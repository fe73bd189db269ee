/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath_rig_directory.h"

#include <rte_common.h>

#define SESSIONS 8

struct pdp_prefix rig_prefix(const char *text)
{
	struct pdp_prefix prefix;

	if (pdp_prefix_parse(&prefix, text) != 0)
		abort();
	return prefix;
}

struct directory *rig_open_directory(struct rig *rig)
{
	const struct directory_config config = {.protected_max = SESSIONS,
						.others_max = SESSIONS,
						.protected_octets = sizeof(struct session),
						.hash_secret = 1};
	struct directory *directory = directory_new(&config);

	if (!directory)
		abort();
	rig->directory = directory;
	return directory;
}

struct session *rig_add_session(struct directory *directory, enum directory_kind kind,
				uint32_t teid_up, uint32_t teid_down)
{
	static uint64_t number;
	const uint32_t teids[] = {[E2M_UPLINK] = teid_up, [E2M_DOWNLINK] = teid_down};
	struct e2m_imsi imsi;
	struct session *session;
	char digits[16];

	snprintf(digits, sizeof(digits), "%015lu", (unsigned long)++number);
	if (e2m_imsi_parse(&imsi, digits, strlen(digits)) != 0)
		abort();
	session = directory_add(directory, kind, &imsi, 5);
	if (!session)
		abort();
	for (unsigned d = 0; d < 2; d++) {
		const struct tunnel tunnel = rig_tunnel(d, teids[d], false);

		if (teids[d] == 0)
			continue;
		if (directory_set_tunnel(directory, &session->tunnel[d], &tunnel) != 0)
			abort();
		directory_index(directory, session,
				d == E2M_UPLINK ? INDEX_TUNNEL_UP : INDEX_TUNNEL_DOWN);
	}
	return session;
}

void rig_bind(struct directory *directory, struct session *session, const char *ipv4,
	      const char *ipv6)
{
	struct pdp_address address = {0};
	struct pdp_prefix prefix;

	if (ipv4) {
		prefix = rig_prefix(ipv4);
		pdp_address_set_ipv4(&address, prefix.octets);
	}
	if (ipv6) {
		prefix = rig_prefix(ipv6);
		pdp_address_set_ipv6(&address, prefix.octets, prefix.length);
	}
	directory_set_address(directory, session, &address);
}

void rig_exclude(struct directory *directory, struct session *session, bool is_ipv6)
{
	struct pdp_address address;

	directory_address(session, &address);
	pdp_address_unset(&address, is_ipv6, PDP_EXCLUDED);
	directory_set_address(directory, session, &address);
}

const uint8_t *rig_ip(const char *source, const char *destination, size_t len)
{
	static uint8_t rooms[4][2048];
	static unsigned next;
	const struct pdp_prefix from = rig_prefix(source), to = rig_prefix(destination);
	uint8_t *npdu = rooms[next++ % RTE_DIM(rooms)];

	memset(npdu, 0x5a, len);
	if (from.is_ipv6) {
		npdu[0] = 0x60;
		memcpy(npdu + 8, from.octets, 16);
		memcpy(npdu + 24, to.octets, 16);
	} else {
		npdu[0] = 0x45;
		memcpy(npdu + 12, from.octets, 4);
		memcpy(npdu + 16, to.octets, 4);
	}
	return npdu;
}
