/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables that every program's configuration uses. */
#include "config/config.h"

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
