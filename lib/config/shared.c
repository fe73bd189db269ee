/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables that every program's configuration uses. */
#include "config/config.h"

#include <stdarg.h>

#define FC_KASME	   0x10	  /* TS 33.401 A.2 */
#define AMF_SEPARATION_BIT 0x8000 /* TS 33.401 6.1.1: separation bit, for EPS */

#define NUMBER(member)                                                                           \
	{                                                                                        \
		.name = #member, .kind = CONFIG_UINT, CONFIG_MEMBER(struct e2m_numbers, member), \
	}

const struct config_field config_e2m_numbers[] = {
	NUMBER(fc_umts_prime),
	NUMBER(fc_e2mkeyset),
	NUMBER(fc_algorithm_key),
	NUMBER(amf_e2m_bit),
	NUMBER(gcm_identity),
	NUMBER(pco_container),
	NUMBER(pco_tag),
	NUMBER(diameter_vendor),
	NUMBER(diameter_application),
	{0},
};

const char *const config_eea_names[] = {"eea0", "eea1", "eea2", "eea3", "gcm", NULL};
const int config_eea_values[] = {E2M_EEA0, E2M_EEA1, E2M_EEA2, E2M_EEA3, E2M_EEA_GCM};
const char *const config_eia_names[] = {"eia0", "eia1", "eia2", "eia3", "gcm", NULL};
const int config_eia_values[] = {E2M_EIA0, E2M_EIA1, E2M_EIA2, E2M_EIA3, E2M_EIA_GCM};

struct check {
	const struct config_file *file;
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

/* If two FC values are equal, two keys are equal, and a party that may know only one of them knows
 * both. */
static void check_fcs(struct check *check, const struct e2m_numbers *n)
{
	const struct {
		const char *path;
		uint8_t fc, by_default;
	} fcs[] = {
		{"numbers.fc_umts_prime", n->fc_umts_prime, e2m_default_numbers.fc_umts_prime},
		{"numbers.fc_e2mkeyset", n->fc_e2mkeyset, e2m_default_numbers.fc_e2mkeyset},
		{"numbers.fc_algorithm_key", n->fc_algorithm_key,
		 e2m_default_numbers.fc_algorithm_key},
	};

	for (size_t i = 0; i < sizeof(fcs) / sizeof(fcs[0]); i++) {
		if (fcs[i].fc == FC_KASME)
			wrong(check, fcs[i].path,
			      "0x%02x is FC of KASME (TS 33.401 A.2); take another", FC_KASME);
		for (size_t j = 0; j < i; j++) {
			/* report the value that the file sets, or the later of two */
			const bool earlier = fcs[i].fc == fcs[i].by_default;
			const char *at = fcs[earlier ? j : i].path,
				   *other = fcs[earlier ? i : j].path;

			if (fcs[i].fc == fcs[j].fc)
				wrong(check, at,
				      "0x%02x is %s as well; each key needs an FC of its own",
				      fcs[i].fc, other);
		}
	}
}

bool config_e2m_numbers_check(const struct config_file *file, const struct e2m_numbers *n,
			      FILE *errors)
{
	struct check check = {.file = file, .errors = errors, .ok = true};
	const uint16_t bit = n->amf_e2m_bit;

	check_fcs(&check, n);
	if (bit == 0 || (bit & (bit - 1)) != 0)
		wrong(&check, "numbers.amf_e2m_bit", "0x%04x is not one bit", bit);
	if (bit == AMF_SEPARATION_BIT)
		wrong(&check, "numbers.amf_e2m_bit",
		      "0x%04x is the separation bit of EPS (TS 33.401 6.1.1); take another", bit);
	if (n->gcm_identity == E2M_EEA0 || n->gcm_identity == E2M_EEA1 ||
	    n->gcm_identity == E2M_EEA2 || n->gcm_identity == E2M_EEA3)
		wrong(&check, "numbers.gcm_identity", "0x%02x is %s; take another", n->gcm_identity,
		      e2m_eea_name(n->gcm_identity));
	if (n->diameter_vendor == 0)
		wrong(&check, "numbers.diameter_vendor",
		      "0 is the vendor of the base protocol (RFC 6733); take another");
	if (n->diameter_application == 0 || n->diameter_application == UINT32_MAX)
		wrong(&check, "numbers.diameter_application",
		      "%u is an application of the base protocol (RFC 6733); take another",
		      n->diameter_application);
	return check.ok;
}
