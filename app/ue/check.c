/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/check.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "npdu/window.h"

/* Checks that the tables cannot make. Each check reports at most one error, at its place. */
struct check {
	struct config_file *file;
	struct ue_config *config;
	FILE *errors;
	bool ok;
};

static void __attribute__((format(printf, 3, 4)))
wrong(struct check *check, const char *path, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	config_error(check->file, check->errors, path, "%s", text);
	check->ok = false;
}

static void check_usim(struct check *check)
{
	struct ue_config *config = check->config;

	if (config->raw.op_given == config->raw.opc_given)
		wrong(check, "usim", "expected one of op and opc, found %s",
		      config->raw.op_given ? "both" : "neither");
	else if (config->raw.op_given &&
		 milenage_opc(config->usim.k, config->raw.op, config->usim.opc))
		wrong(check, "usim.op", "OPc cannot be computed: the crypto library failed");
	if (!config->fleet.derive_k)
		e2m_wipe(config->raw.op, sizeof(config->raw.op));
	if (pco_plmn_parse(config->plmn, config->raw.plmn))
		wrong(check, "usim.plmn", "expected MCC and MNC as in \"26201\", found '%s'",
		      config->raw.plmn);
	if (config->usim.state)
		config->usim.state = config_resolve_path(check->file, config->usim.state);
}

static void check_sgsn(struct check *check)
{
	const struct ue_sgsn_config *sgsn = &check->config->sgsn;

	if (sgsn->address.family != sgsn->ggsn.family)
		wrong(check, "sgsn.ggsn", "expected an address of the same IP version as address");
	if (sgsn->move_to.family == 0)
		return;
	if (sgsn->move_to.family != sgsn->address.family)
		wrong(check, "sgsn.move_to",
		      "expected an address of the same IP version as address");
	else if (memcmp(sgsn->move_to.octets, sgsn->address.octets, sizeof(sgsn->address.octets)) ==
		 0)
		wrong(check, "sgsn.move_to", "expected another address than address");
}

/* TS 23.003 9.1: like a domain name, at most 100 octets with the length octet of each label. */
static bool is_apn(const char *apn)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

	if (strlen(apn) > 99)
		return false;
	for (;; apn++) {
		size_t len = strspn(apn, letters);
		if (len == 0 || len > 63)
			return false;
		apn += len;
		if (*apn != '.')
			return *apn == '\0';
	}
}

static void check_session(struct check *check)
{
	const struct ue_session_config *session = &check->config->session;

	if (session->gcm_tag_octets != 8 && session->gcm_tag_octets != 16)
		wrong(check, "session.gcm_tag_octets", "expected 8 or 16, found %u",
		      session->gcm_tag_octets);
	if (!e2m_algorithms_allowed((unsigned)session->ciphering, (unsigned)session->integrity,
				    session->allow_null_integrity))
		wrong(check, "session.integrity", "%s does not go with %s%s",
		      e2m_eia_name((unsigned)session->integrity),
		      e2m_eea_name((unsigned)session->ciphering),
		      session->integrity == E2M_EIA0 && session->ciphering != E2M_EEA0
			      ? ", unless allow_null_integrity is true"
			      : "");
	if (!is_apn(session->apn))
		wrong(check, "session.apn",
		      "expected labels of letters, digits and hyphens as in internet.example, "
		      "found '%s'",
		      session->apn);
	if (session->address.family != 0 && session->address.family != AF_INET)
		wrong(check, "session.address", "expected an IPv4 address");
	if (session->msisdn && (strlen(session->msisdn) > 15 ||
				strspn(session->msisdn, "0123456789") != strlen(session->msisdn)))
		wrong(check, "session.msisdn", "expected up to 15 decimal digits, found '%s'",
		      session->msisdn);
}

/* Parses "10.2.0.0/24". */
static bool parse_route(const char *text, struct tun_route *route)
{
	char network[INET_ADDRSTRLEN], *end;
	const char *slash = strchr(text, '/');

	if (!slash || (size_t)(slash - text) >= sizeof(network) || slash[1] < '0' || slash[1] > '9')
		return false;
	memcpy(network, text, (size_t)(slash - text));
	network[slash - text] = '\0';
	unsigned long prefix_len = strtoul(slash + 1, &end, 10);
	if (*end || prefix_len > 32 || inet_pton(AF_INET, network, &route->network) != 1)
		return false;
	route->prefix_len = (uint8_t)prefix_len;
	uint32_t host_bits = prefix_len < 32 ? UINT32_MAX >> prefix_len : 0;
	return (ntohl(route->network.s_addr) & host_bits) == 0;
}

static void check_tun(struct check *check)
{
	struct ue_config *config = check->config;
	size_t count = config->raw.routes_count;
	struct tun_route *routes = calloc(count + 1, sizeof(*routes));

	if (strlen(config->tun.name) >= IFNAMSIZ || strchr(config->tun.name, '/'))
		wrong(check, "tun.name", "expected a device name of up to %d letters, found '%s'",
		      IFNAMSIZ - 1, config->tun.name);
	if (!routes) {
		wrong(check, "tun.routes", "out of memory");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		char path[64];
		snprintf(path, sizeof(path), "tun.routes[%zu]", i);
		if (!parse_route(config->raw.routes[i], &routes[i]))
			wrong(check, path, "expected an IPv4 network as in 10.2.0.0/24, found '%s'",
			      config->raw.routes[i]);
	}
	config->tun.routes = routes;
	config->tun.routes_count = count;
}

static void check_fleet(struct check *check, uint32_t fleet)
{
	const struct ue_config *config = check->config;
	struct e2m_imsi last;

	if (fleet == 0)
		return;
	if (config->fleet.ping.family != AF_INET)
		wrong(check, "fleet.ping",
		      "expected an IPv4 address behind the GGSN that answers ICMP echo");
	if (e2m_imsi_add(&last, &config->usim.imsi, fleet - 1))
		wrong(check, "usim.imsi", "there are no %u IMSIs of %zu digits from %s on", fleet,
		      strlen(config->usim.imsi.digits), config->usim.imsi.digits);
	if (config->session.address.family != 0)
		wrong(check, "session.address",
		      "the devices of a fleet cannot share one; leave it out");
	if (config->usim.state)
		wrong(check, "usim.state", "a fleet keeps no state of its USIMs; leave it out");
}

bool ue_check(struct ue_config *config, struct config_file *file, uint32_t fleet, FILE *errors)
{
	struct check check = {.file = file, .config = config, .errors = errors, .ok = true};

	check_usim(&check);
	check_sgsn(&check);
	check_session(&check);
	check_tun(&check);
	check_fleet(&check, fleet);
	if (!diameter_config_check(&config->diameter, file, "diameter", errors))
		check.ok = false;
	if (!config_e2m_numbers_check(file, &config->numbers, errors))
		check.ok = false;
	if (!program_log_config_check(&config->log, file, errors))
		check.ok = false;
	return check.ok;
}

bool ue_findings(const struct config_file *file, const void *arg, FILE *out)
{
	const struct ue_config *config = arg;
	const struct ue_session_config *session = &config->session;
	const uint32_t window = npdu_window_clamp(session->replay_window, session->counter_octets);

	if (window < session->replay_window)
		config_warning(
			file, out, "session.replay_window",
			"%u is more than counter_octets: %u can tell apart; the window is %u",
			session->replay_window, session->counter_octets, window);
	return !config->hss.host || diameter_config_check_name(&config->diameter, file, "hss.host",
							       config->hss.host, out);
}
