/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/config.h"

#include <stdlib.h>
#include <string.h>

#include "npdu/forgery.h"
#include "npdu/npdu.h"
#include "npdu/recovery.h"
#include "npdu/window.h"
#include "ue/check.h"
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
	{.name = "address",
	 .kind = CONFIG_ADDRESS,
	 CONFIG_MEMBER(struct ue_session_config, address)},
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
	{.name = "recovery_windows",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct ue_session_config, recovery_windows),
	 .max = NPDU_RECOVERY_WINDOWS_MAX},
	{.name = "recovery_per_s",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct ue_session_config, recovery_per_s),
	 .min = 1,
	 .max = NPDU_RECOVERY_PER_S_MAX},
	{.name = "bad_mac_per_s",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct ue_session_config, bad_mac_per_s),
	 .max = NPDU_FORGERY_PER_S_MAX},
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
			    .recovery_windows = NPDU_RECOVERY_WINDOWS_AUTO,
			    .recovery_per_s = NPDU_RECOVERY_PER_S_DEFAULT,
			    .bad_mac_per_s = NPDU_FORGERY_PER_S_DEFAULT,
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

struct config_file *ue_config_load(const char *path, uint32_t fleet, struct ue_config *config,
				   FILE *errors)
{
	set_defaults(config);
	struct config_file *file = config_load(path, fields, config, errors);

	if (!file || ue_check(config, file, fleet, errors))
		return file;
	ue_config_free(file, config);
	return NULL;
}

bool ue_config_check(const char *path, uint32_t fleet, struct ue_config *config, FILE *errors)
{
	struct config_file *file;
	bool ok;

	set_defaults(config);
	file = config_load(path, fields, config, errors);
	ok = file && ue_check(config, file, fleet, errors);
	if (file) {
		ok = ue_findings(file, config, errors) && ok;
		if (config->usim.state)
			config_warn_of_folder(file, errors, "usim.state", config->usim.state);
		ok = diameter_config_check_outside(&config->diameter, file, "diameter", errors) &&
		     ok;
	}
	ue_config_free(file, config);
	return ok;
}

void ue_config_free(struct config_file *file, struct ue_config *config)
{
	free((void *)config->tun.routes);
	e2m_wipe(config, sizeof(*config));
	config_free(file);
}
