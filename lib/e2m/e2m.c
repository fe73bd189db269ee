/* SPDX-License-Identifier: BSD-3-Clause */
#include "e2m/e2m.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct e2m_numbers e2m_default_numbers = {
	.fc_umts_prime = 0xE0,
	.fc_e2mkeyset = 0xE1,
	.fc_algorithm_key = 0xE2,
	.amf_e2m_bit = 0x0080,
	.gcm_identity = 0x10,
	.pco_container = 0xFF00,
	.pco_tag = 0xE2,
	.diameter_vendor = 32473,
	.diameter_application = 4294967040U,
};

const char *e2m_eea_name(unsigned eea)
{
	switch (eea) {
	case E2M_EEA0:
		return "eea0";
	case E2M_EEA1:
		return "eea1";
	case E2M_EEA2:
		return "eea2";
	case E2M_EEA3:
		return "eea3";
	case E2M_EEA_GCM:
		return "gcm";
	}
	return "?";
}

const char *e2m_eia_name(unsigned eia)
{
	switch (eia) {
	case E2M_EIA0:
		return "eia0";
	case E2M_EIA1:
		return "eia1";
	case E2M_EIA2:
		return "eia2";
	case E2M_EIA3:
		return "eia3";
	case E2M_EIA_GCM:
		return "gcm";
	}
	return "?";
}

bool e2m_algorithms_allowed(unsigned eea, unsigned eia, bool allow_null_integrity)
{
	if (eea == E2M_EEA_GCM || eia == E2M_EIA_GCM)
		return eea == E2M_EEA_GCM && eia == E2M_EIA_GCM;
	if (eea > E2M_EEA3 || eia > E2M_EIA3)
		return false;
	if (eia == E2M_EIA0)
		return eea != E2M_EEA0 && allow_null_integrity;
	return true;
}

int e2m_imsi_parse(struct e2m_imsi *imsi, const char *digits, size_t len)
{
	memset(imsi, 0, sizeof(*imsi));
	if (len < E2M_IMSI_MIN_DIGITS || len > E2M_IMSI_MAX_DIGITS)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (digits[i] < '0' || digits[i] > '9') {
			memset(imsi, 0, sizeof(*imsi));
			return -EINVAL;
		}
		imsi->digits[i] = digits[i];
	}
	return 0;
}

size_t e2m_keyset_id_len(const struct e2m_keyset_id *id)
{
	return id->type == E2M_ID_SQN ? E2M_SQN_LEN : E2M_RAND_LEN;
}

int e2m_imsi_add(struct e2m_imsi *imsi, const struct e2m_imsi *first, uint64_t n)
{
	*imsi = *first;
	for (size_t i = strlen(first->digits); n > 0; n /= 10) {
		if (i-- == 0)
			return -ERANGE;
		n += (uint64_t)(imsi->digits[i] - '0');
		imsi->digits[i] = (char)('0' + n % 10);
	}
	return 0;
}

struct e2m_keyset_id e2m_keyset_id_make(enum e2m_keyset_id_type type, const uint8_t *value)
{
	struct e2m_keyset_id id = {.type = (uint8_t)type};

	memcpy(id.value, value, e2m_keyset_id_len(&id));
	return id;
}

const char *e2m_keyset_id_str(const struct e2m_keyset_id *id, char buf[E2M_KEYSET_ID_STR])
{
	int at = snprintf(buf, E2M_KEYSET_ID_STR, "%s ", id->type == E2M_ID_SQN ? "SQN" : "RAND");

	for (size_t i = 0; i < e2m_keyset_id_len(id); i++)
		at += snprintf(buf + at, E2M_KEYSET_ID_STR - (size_t)at, "%02x", id->value[i]);
	return buf;
}

void e2m_wipe(void *memory, size_t len)
{
	explicit_bzero(memory, len);
}
