/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "diameter/internal.h"

#define COMMAND_KEY  16777214 /* e2m.md 4: EKR and EKA */
#define COMMAND_AUTH 318      /* TS 29.272 7.2.5: AIR and AIA */

struct diameter_dictionary diameter_dict;
struct e2m_numbers diameter_numbers;

struct definition {
	struct dict_object **object;
	const char *name;
	uint32_t code;
	enum dict_avp_basetype type;
};

/* TS 29.272 table 7.3.1/1 and TS 29.229 table 6.3.0; all bear V and M. */
static const struct definition avps_3gpp[] = {
	{&diameter_dict.rand, "RAND", 1447, AVP_TYPE_OCTETSTRING},
	{&diameter_dict.xres, "XRES", 1448, AVP_TYPE_OCTETSTRING},
	{&diameter_dict.autn, "AUTN", 1449, AVP_TYPE_OCTETSTRING},
	{&diameter_dict.kasme, "KASME", 1450, AVP_TYPE_OCTETSTRING},
	{&diameter_dict.confidentiality_key, "Confidentiality-Key", 625, AVP_TYPE_OCTETSTRING},
	{&diameter_dict.integrity_key, "Integrity-Key", 626, AVP_TYPE_OCTETSTRING},
	{&diameter_dict.visited_plmn_id, "Visited-PLMN-Id", 1407, AVP_TYPE_OCTETSTRING},
	{&diameter_dict.requested_eutran, "Requested-EUTRAN-Authentication-Info", 1408,
	 AVP_TYPE_GROUPED},
	{&diameter_dict.requested_utran, "Requested-UTRAN-GERAN-Authentication-Info", 1409,
	 AVP_TYPE_GROUPED},
	{&diameter_dict.number_of_vectors, "Number-Of-Requested-Vectors", 1410,
	 AVP_TYPE_UNSIGNED32},
	{&diameter_dict.resynchronization, "Re-Synchronization-Info", 1411, AVP_TYPE_OCTETSTRING},
	{&diameter_dict.immediate_response, "Immediate-Response-Preferred", 1412,
	 AVP_TYPE_UNSIGNED32},
	{&diameter_dict.authentication_info, "Authentication-Info", 1413, AVP_TYPE_GROUPED},
	{&diameter_dict.eutran_vector, "E-UTRAN-Vector", 1414, AVP_TYPE_GROUPED},
	{&diameter_dict.utran_vector, "UTRAN-Vector", 1415, AVP_TYPE_GROUPED},
	{&diameter_dict.item_number, "Item-Number", 1419, AVP_TYPE_UNSIGNED32},
};

/* RFC 7155 4.4.10.5, RFC 4818: all bear M. */
static const struct definition avps_framed[] = {
	{&diameter_dict.framed_ip_address, "Framed-IP-Address", 8, AVP_TYPE_OCTETSTRING},
	{&diameter_dict.framed_route, "Framed-Route", 22, AVP_TYPE_OCTETSTRING},
	{&diameter_dict.called_station_id, "Called-Station-Id", 30, AVP_TYPE_OCTETSTRING},
	{&diameter_dict.framed_ipv6_prefix, "Framed-IPv6-Prefix", 97, AVP_TYPE_OCTETSTRING},
	{&diameter_dict.framed_ipv6_route, "Framed-IPv6-Route", 99, AVP_TYPE_OCTETSTRING},
	{&diameter_dict.delegated_ipv6_prefix, "Delegated-IPv6-Prefix", 123, AVP_TYPE_OCTETSTRING},
};

/* e2m.md 4. */
static const struct definition avps_e2m[] = {
	{&diameter_dict.e2m_sqn, "E2M-SQN", 1, AVP_TYPE_OCTETSTRING},
	{&diameter_dict.e2m_ciphering, "E2M-Ciphering-Algorithm", 2, AVP_TYPE_UNSIGNED32},
	{&diameter_dict.e2m_integrity, "E2M-Integrity-Algorithm", 3, AVP_TYPE_UNSIGNED32},
	{&diameter_dict.e2m_lifetime, "E2M-Keyset-Lifetime", 4, AVP_TYPE_UNSIGNED32},
	{&diameter_dict.e2m_teid, "E2M-TEID", 5, AVP_TYPE_UNSIGNED32},
	{&diameter_dict.e2m_gsn_address, "E2M-GSN-Address", 6, AVP_TYPE_OCTETSTRING},
	{&diameter_dict.e2m_nsapi, "E2M-NSAPI", 7, AVP_TYPE_UNSIGNED32},
	{&diameter_dict.e2m_key_id, "E2M-Key-Id", 8, AVP_TYPE_UNSIGNED32},
	{&diameter_dict.e2m_uplink_tunnel, "E2M-Uplink-Tunnel", 9, AVP_TYPE_GROUPED},
	{&diameter_dict.e2m_downlink_tunnel, "E2M-Downlink-Tunnel", 10, AVP_TYPE_GROUPED},
	/* RFC 6733 4.3.1: Enumerated is Integer32. */
	{&diameter_dict.e2m_session_event, "E2M-Session-Event", 11, AVP_TYPE_INTEGER32},
};

/* RFC 6733: libfdcore has them. */
static const struct {
	struct dict_object **object;
	const char *name;
} avps_base[] = {
	{&diameter_dict.session_id, "Session-Id"},
	{&diameter_dict.vendor_specific_application_id, "Vendor-Specific-Application-Id"},
	{&diameter_dict.vendor_id, "Vendor-Id"},
	{&diameter_dict.auth_application_id, "Auth-Application-Id"},
	{&diameter_dict.auth_session_state, "Auth-Session-State"},
	{&diameter_dict.origin_host, "Origin-Host"},
	{&diameter_dict.origin_realm, "Origin-Realm"},
	{&diameter_dict.destination_host, "Destination-Host"},
	{&diameter_dict.destination_realm, "Destination-Realm"},
	{&diameter_dict.route_record, "Route-Record"},
	{&diameter_dict.user_name, "User-Name"},
	{&diameter_dict.result_code, "Result-Code"},
	{&diameter_dict.experimental_result, "Experimental-Result"},
	{&diameter_dict.experimental_result_code, "Experimental-Result-Code"},
	{&diameter_dict.failed_avp, "Failed-AVP"},
};

static int find_base_avps(void)
{
	int rc = 0;

	for (size_t i = 0; i < sizeof(avps_base) / sizeof(avps_base[0]) && !rc; i++)
		rc = fd_dict_search(fd_g_config->cnf_dict, DICT_AVP, AVP_BY_NAME, avps_base[i].name,
				    avps_base[i].object, ENOENT);
	return rc;
}

static int add_avps(const struct definition *definitions, size_t count, uint32_t vendor)
{
	const uint8_t vendor_flag = vendor ? AVP_FLAG_VENDOR : 0;
	int rc = 0;

	for (size_t i = 0; i < count && !rc; i++) {
		struct dict_avp_data data = {
			.avp_code = definitions[i].code,
			.avp_vendor = vendor,
			.avp_name = (char *)definitions[i].name,
			.avp_flag_mask = AVP_FLAG_VENDOR | AVP_FLAG_MANDATORY,
			.avp_flag_val = (uint8_t)(vendor_flag | AVP_FLAG_MANDATORY),
			.avp_basetype = definitions[i].type,
		};
		rc = fd_dict_new(fd_g_config->cnf_dict, DICT_AVP, &data, NULL,
				 definitions[i].object);
		if (rc)
			diameter_log_line(true, "AVP %s, code %u of vendor %u: %s", data.avp_name,
					  data.avp_code, vendor, strerror(rc));
	}
	return rc;
}

static int add_vendor(uint32_t id, const char *name, struct dict_object **vendor)
{
	struct dict_vendor_data data = {.vendor_id = id, .vendor_name = (char *)name};

	return fd_dict_new(fd_g_config->cnf_dict, DICT_VENDOR, &data, NULL, vendor);
}

static int add_rule(struct dict_object *command, struct dict_object *avp,
		    enum rule_position position)
{
	struct dict_rule_data data = {
		.rule_avp = avp,
		.rule_position = position,
		.rule_order = position == RULE_FIXED_HEAD,
		.rule_min = position == RULE_OPTIONAL ? 0 : 1,
		.rule_max = 1,
	};

	return fd_dict_new(fd_g_config->cnf_dict, DICT_RULE, &data, command, NULL);
}

/* What every request needs: libfdcore answers with 5005 or 5009 where it does not hold. Answers have no
 * rules: libfdcore would drop what breaks them, and whoever waits would never know why. */
static int add_request_rules(struct dict_object *command)
{
	int rc = add_rule(command, diameter_dict.session_id, RULE_FIXED_HEAD);

	if (!rc)
		rc = add_rule(command, diameter_dict.auth_session_state, RULE_REQUIRED);
	if (!rc)
		rc = add_rule(command, diameter_dict.origin_host, RULE_REQUIRED);
	if (!rc)
		rc = add_rule(command, diameter_dict.origin_realm, RULE_REQUIRED);
	if (!rc)
		rc = add_rule(command, diameter_dict.destination_realm, RULE_REQUIRED);
	if (!rc)
		rc = add_rule(command, diameter_dict.destination_host, RULE_OPTIONAL);
	if (!rc)
		rc = add_rule(command, diameter_dict.user_name, RULE_REQUIRED);
	return rc;
}

struct command {
	uint32_t code;
	const char *request_name, *answer_name;
	struct dict_object **request;
};

static int add_command(struct dict_object *application, const struct command *command)
{
	struct dictionary *dict = fd_g_config->cnf_dict;
	struct dict_cmd_data cmd = {
		.cmd_code = command->code,
		.cmd_name = (char *)command->request_name,
		.cmd_flag_mask = CMD_FLAG_REQUEST | CMD_FLAG_PROXIABLE,
		.cmd_flag_val = CMD_FLAG_REQUEST | CMD_FLAG_PROXIABLE,
	};
	int rc = fd_dict_new(dict, DICT_COMMAND, &cmd, application, command->request);

	if (!rc)
		rc = add_request_rules(*command->request);
	cmd.cmd_name = (char *)command->answer_name;
	cmd.cmd_flag_val = CMD_FLAG_PROXIABLE;
	if (!rc)
		rc = fd_dict_new(dict, DICT_COMMAND, &cmd, application, NULL);
	return rc;
}

/* An application with its commands, up to one without a name, and its advertisement in CER and CEA. */
static int add_application(uint32_t id, const char *name, struct dict_object *vendor,
			   const struct command *commands, struct dict_object **application)
{
	struct dict_application_data app = {.application_id = id, .application_name = (char *)name};
	int rc = fd_dict_new(fd_g_config->cnf_dict, DICT_APPLICATION, &app, vendor, application);

	for (; commands->request_name && !rc; commands++)
		rc = add_command(*application, commands);
	if (!rc)
		rc = fd_disp_app_support(*application, vendor, 1, 0);
	return rc;
}

int diameter_dictionary_start(void)
{
	static const struct command e2m[] = {
		{COMMAND_KEY, "E2M-Key-Request", "E2M-Key-Answer", &diameter_dict.key_request},
		{DIAMETER_COMMAND_NOTIFICATION, "E2M-Session-Notification-Request",
		 "E2M-Session-Notification-Answer", &diameter_dict.notification_request},
		{0}};
	static const struct command s6a[] = {{COMMAND_AUTH, "Authentication-Information-Request",
					      "Authentication-Information-Answer",
					      &diameter_dict.auth_request},
					     {0}};
	struct dict_object *vendor_3gpp, *vendor_e2m;
	int rc = find_base_avps();

	if (!rc)
		rc = add_avps(avps_framed, sizeof(avps_framed) / sizeof(avps_framed[0]), 0);
	if (!rc)
		rc = add_vendor(DIAMETER_VENDOR_3GPP, "3GPP", &vendor_3gpp);
	if (!rc)
		rc = add_avps(avps_3gpp, sizeof(avps_3gpp) / sizeof(avps_3gpp[0]),
			      DIAMETER_VENDOR_3GPP);
	if (!rc)
		rc = add_vendor(diameter_numbers.diameter_vendor, "e2m", &vendor_e2m);
	if (!rc)
		rc = add_avps(avps_e2m, sizeof(avps_e2m) / sizeof(avps_e2m[0]),
			      diameter_numbers.diameter_vendor);
	if (!rc)
		rc = add_application(DIAMETER_APPLICATION_S6A, "S6a/S6d", vendor_3gpp, s6a,
				     &diameter_dict.auth_application);
	if (!rc)
		rc = add_application(diameter_numbers.diameter_application, "e2m", vendor_e2m, e2m,
				     &diameter_dict.e2m_application);
	if (rc)
		diameter_log_line(true,
				  "the dictionary cannot be made: %s; are numbers.diameter_vendor "
				  "and numbers.diameter_application free?",
				  strerror(rc));
	return -rc;
}
