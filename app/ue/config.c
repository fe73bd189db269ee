/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/config.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "npdu/npdu.h"
#include "npdu/window.h"
#include "ue/echo.h"

static const char *const run_names[] = {"sqn", "rand", NULL};
static const int run_values[] = {E2M_ID_SQN, E2M_ID_RAND};

static const char *const system_names[] = {"umts", "eps", NULL};
static const int system_values[] = {AKA_UMTS, AKA_EPS};

static const struct config_field string_item = {.kind = CONFIG_STRING, .size = sizeof(char *)};

static const struct config_field usim_fields[] = {
	{.name = "imsi",
	 .kind = CONFIG_IMSI,
	 CONFIG_MEMBER(struct ue_config, usim.imsi),
	 .required = true},
	{.name = "k",
	 .kind = CONFIG_HEX,
	 CONFIG_MEMBER(struct ue_config, usim.k),
	 .required = true,
	 .secret = true},
	{.name = "opc",
	 .kind = CONFIG_HEX,
	 CONFIG_MEMBER(struct ue_config, usim.opc),
	 .secret = true,
	 .given_offset = offsetof(struct ue_config, raw.opc_given)},
	{.name = "op",
	 .kind = CONFIG_HEX,
	 CONFIG_MEMBER(struct ue_config, raw.op),
	 .secret = true,
	 .given_offset = offsetof(struct ue_config, raw.op_given)},
	{.name = "sqn", .kind = CONFIG_HEX, CONFIG_MEMBER(struct ue_config, usim.sqn)},
	{.name = "state", .kind = CONFIG_STRING, CONFIG_MEMBER(struct ue_config, usim.state)},
	{.name = "plmn",
	 .kind = CONFIG_STRING,
	 CONFIG_MEMBER(struct ue_config, raw.plmn),
	 .required = true},
	{0},
};

static const struct config_field sgsn_fields[] = {
	{.name = "address",
	 .kind = CONFIG_ADDRESS,
	 CONFIG_MEMBER(struct ue_sgsn_config, address),
	 .required = true},
	{.name = "move_to", .kind = CONFIG_ADDRESS, CONFIG_MEMBER(struct ue_sgsn_config, move_to)},
	{.name = "ggsn",
	 .kind = CONFIG_ADDRESS,
	 CONFIG_MEMBER(struct ue_sgsn_config, ggsn),
	 .required = true},
	{.name = "t3_ms",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct ue_sgsn_config, t3_ms),
	 .min = 100,
	 .max = 60000},
	{.name = "n3",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct ue_sgsn_config, n3),
	 .min = 1,
	 .max = 20},
	{0},
};

static const struct config_field session_fields[] = {
	{.name = "apn",
	 .kind = CONFIG_STRING,
	 CONFIG_MEMBER(struct ue_session_config, apn),
	 .required = true},
	{.name = "msisdn", .kind = CONFIG_STRING, CONFIG_MEMBER(struct ue_session_config, msisdn)},
	{.name = "nsapi",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct ue_session_config, nsapi),
	 .min = 5,
	 .max = 15},
	{.name = "key_id",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct ue_session_config, key_id),
	 .min = E2M_KEY_ID_MIN,
	 .max = E2M_KEY_ID_MAX},
	{.name = "name_run_by",
	 .kind = CONFIG_ENUM,
	 CONFIG_MEMBER(struct ue_session_config, name_run_by),
	 .names = run_names,
	 .values = run_values},
	{.name = "counter_octets",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct ue_session_config, counter_octets),
	 .min = 0,
	 .max = NPDU_COUNTER_OCTETS_MAX},
	{.name = "replay_window",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct ue_session_config, replay_window),
	 .min = 1,
	 .max = NPDU_WINDOW_MAX},
	{.name = "ciphering",
	 .kind = CONFIG_ENUM,
	 CONFIG_MEMBER(struct ue_session_config, ciphering),
	 .names = config_eea_names,
	 .values = config_eea_values},
	{.name = "integrity",
	 .kind = CONFIG_ENUM,
	 CONFIG_MEMBER(struct ue_session_config, integrity),
	 .names = config_eia_names,
	 .values = config_eia_values},
	{.name = "gcm_tag_octets",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct ue_session_config, gcm_tag_octets)},
	{.name = "allow_null_integrity",
	 .kind = CONFIG_BOOL,
	 CONFIG_MEMBER(struct ue_session_config, allow_null_integrity)},
	{0},
};

static const struct config_field tun_fields[] = {
	{.name = "name", .kind = CONFIG_STRING, CONFIG_MEMBER(struct ue_config, tun.name)},
	{.name = "mtu",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct ue_config, tun.mtu),
	 .min = 68,
	 .max = 9200},
	{.name = "routes",
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct ue_config, raw.routes),
	 .item = &string_item,
	 .count_offset = offsetof(struct ue_config, raw.routes_count)},
	{0},
};

#define FLEET(member_name, member, ...)                                                         \
	{                                                                                       \
		.name = member_name, CONFIG_MEMBER(struct ue_fleet_config, member), __VA_ARGS__ \
	}

/* Members of struct ue_fleet_config, described from its start. */
static const struct config_field traffic_fields[] = {
	FLEET("packets_per_s", traffic_packets_per_s, .kind = CONFIG_UINT, .max = 1000000),
	FLEET("seconds", traffic_s, .kind = CONFIG_UINT, .max = 86400),
	{0},
};

static const struct config_field fleet_fields[] = {
	FLEET("derive_k", derive_k, .kind = CONFIG_BOOL),
	FLEET("window", window, .kind = CONFIG_UINT, .min = 1, .max = 16384),
	FLEET("rate", rate, .kind = CONFIG_UINT, .max = 1000000),
	FLEET("ping", ping, .kind = CONFIG_ADDRESS),
	FLEET("packets", packets, .kind = CONFIG_UINT, .min = 1, .max = 100),
	FLEET("octets", octets, .kind = CONFIG_UINT, .min = ECHO_LEN_MIN, .max = 1400),
	FLEET("answer_ms", answer_ms, .kind = CONFIG_UINT, .min = 100, .max = 600000),
	{.name = "traffic",
	 .kind = CONFIG_STRUCT,
	 .size = sizeof(struct ue_fleet_config),
	 .fields = traffic_fields},
	{0},
};

static const struct config_field hss_fields[] = {
	{.name = "host", .kind = CONFIG_STRING, CONFIG_MEMBER(struct hss_diameter_config, host)},
	{.name = "realm",
	 .kind = CONFIG_STRING,
	 CONFIG_MEMBER(struct hss_diameter_config, realm),
	 .required = true},
	{.name = "timeout_ms",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct hss_diameter_config, timeout_ms),
	 .min = 100,
	 .max = 60000},
	{0},
};

/* usim and tun fill members all over struct ue_config, hence their offset 0. */
static const struct config_field fields[] = {
	{.name = "log",
	 .kind = CONFIG_STRUCT,
	 CONFIG_MEMBER(struct ue_config, log),
	 .fields = program_log_fields},
	{.name = "system",
	 .kind = CONFIG_ENUM,
	 CONFIG_MEMBER(struct ue_config, system),
	 .names = system_names,
	 .values = system_values},
	{.name = "usim",
	 .kind = CONFIG_STRUCT,
	 .size = sizeof(struct ue_config),
	 .required = true,
	 .fields = usim_fields},
	{.name = "sgsn",
	 .kind = CONFIG_STRUCT,
	 CONFIG_MEMBER(struct ue_config, sgsn),
	 .required = true,
	 .fields = sgsn_fields},
	{.name = "session",
	 .kind = CONFIG_STRUCT,
	 CONFIG_MEMBER(struct ue_config, session),
	 .required = true,
	 .fields = session_fields},
	{.name = "tun",
	 .kind = CONFIG_STRUCT,
	 .size = sizeof(struct ue_config),
	 .fields = tun_fields},
	{.name = "fleet",
	 .kind = CONFIG_STRUCT,
	 CONFIG_MEMBER(struct ue_config, fleet),
	 .fields = fleet_fields},
	{.name = "hss",
	 .kind = CONFIG_STRUCT,
	 CONFIG_MEMBER(struct ue_config, hss),
	 .required = true,
	 .fields = hss_fields},
	{.name = "diameter",
	 .kind = CONFIG_STRUCT,
	 CONFIG_MEMBER(struct ue_config, diameter),
	 .required = true,
	 .fields = diameter_config_fields},
	{.name = "numbers",
	 .kind = CONFIG_STRUCT,
	 CONFIG_MEMBER(struct ue_config, numbers),
	 .fields = config_e2m_numbers},
	{0},
};

static void set_defaults(struct ue_config *config)
{
	*config = (struct ue_config){
		.log = program_log_default,
		.sgsn = {.t3_ms = 1000, .n3 = 5},
		.session = {.nsapi = 5,
			    .key_id = 1,
			    .name_run_by = E2M_ID_SQN,
			    .counter_octets = 1,
			    .replay_window = NPDU_WINDOW_DEFAULT,
			    .ciphering = E2M_EEA2,
			    .integrity = E2M_EIA2,
			    .gcm_tag_octets = 8},
		.tun = {.name = "ue0", .mtu = 1400},
		.fleet = {.window = 512, .packets = 1, .octets = 64, .answer_ms = 60000},
		.hss = {.timeout_ms = 3000},
		.diameter = diameter_default_config,
		.numbers = e2m_default_numbers,
	};
}

/* What the tables cannot see. Each check says at most one thing, at its place. */
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

/* TS 23.003 9.1: as a domain name, 100 octets at most with the octet before each label. */
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
	if (session->msisdn && (strlen(session->msisdn) > 15 ||
				strspn(session->msisdn, "0123456789") != strlen(session->msisdn)))
		wrong(check, "session.msisdn", "expected up to 15 decimal digits, found '%s'",
		      session->msisdn);
}

/* "10.2.0.0/24" */
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
	if (config->usim.state)
		wrong(check, "usim.state", "a fleet keeps no state of its USIMs; leave it out");
}

struct config_file *ue_config_load(const char *path, uint32_t fleet, struct ue_config *config,
				   FILE *errors)
{
	set_defaults(config);
	struct config_file *file = config_load(path, fields, config, errors);
	struct check check = {.file = file, .config = config, .errors = errors, .ok = true};

	if (!file)
		return NULL;
	check_usim(&check);
	check_sgsn(&check);
	check_session(&check);
	check_tun(&check);
	check_fleet(&check, fleet);
	if (!diameter_config_check(&config->diameter, file, "diameter", errors))
		check.ok = false;
	if (check.ok)
		return file;
	ue_config_free(file, config);
	return NULL;
}

void ue_config_free(struct config_file *file, struct ue_config *config)
{
	free((void *)config->tun.routes);
	e2m_wipe(config, sizeof(*config));
	config_free(file);
}
