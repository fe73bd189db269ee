/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/codings.h"

#include <errno.h>
#include <string.h>

#include "gtp/gtpc.h"

#define APN_LABEL_MAX	  63
#define MSISDN_MAX_DIGITS 15

const char *gtpc_fault_name(enum gtpc_fault fault)
{
	static const char *const names[GTPC_FAULTS] = {
		[GTPC_FAULTLESS] = "faultless",
		[GTPC_WRONG_VERSION] = "wrong version",
		[GTPC_CUT_SHORT] = "cut short",
		[GTPC_WRONG_LENGTH] = "wrong length",
		[GTPC_UNKNOWN_ELEMENT] = "element of unknown length",
		[GTPC_MANDATORY_MISSING] = "mandatory element missing",
		[GTPC_MANDATORY_INVALID] = "mandatory element invalid",
		[GTPC_AMBIGUOUS] = "ambiguous",
	};

	return names[fault];
}

int tbcd_read_imsi(struct e2m_imsi *imsi, const uint8_t *value, size_t len)
{
	char digits[2 * TBCD_IMSI_LEN];
	size_t count = 0;
	bool ended = false;

	if (len > TBCD_IMSI_LEN)
		return -EBADMSG;
	for (size_t i = 0; i < 2 * len; i++) {
		uint8_t digit = i % 2 ? value[i / 2] >> 4 : value[i / 2] & 0xF;

		if (digit == TBCD_FILLER)
			ended = true;
		else if (ended || digit > 9)
			return -EBADMSG;
		else
			digits[count++] = (char)('0' + digit);
	}
	return e2m_imsi_parse(imsi, digits, count) ? -EBADMSG : 0;
}

void tbcd_write(uint8_t *out, size_t len, const char *digits, size_t count)
{
	memset(out, TBCD_FILLER << 4 | TBCD_FILLER, len);
	for (size_t i = 0; i < count; i++) {
		uint8_t digit = (uint8_t)(digits[i] - '0');

		if (i % 2)
			out[i / 2] = (uint8_t)((out[i / 2] & 0x0F) | digit << 4);
		else
			out[i / 2] = (uint8_t)((out[i / 2] & 0xF0) | digit);
	}
}

int gtp_apn_write(uint8_t out[GTP_APN_MAX], const char *apn)
{
	const size_t len = strlen(apn) + 1;

	if (len > GTP_APN_MAX)
		return -EINVAL;
	for (const char *label = apn;; label++) {
		size_t label_len = strcspn(label, ".");

		if (!label_len || label_len > APN_LABEL_MAX)
			return -EINVAL;
		*out++ = (uint8_t)label_len;
		memcpy(out, label, label_len);
		out += label_len;
		label += label_len;
		if (!*label)
			return (int)len;
	}
}

int gtp_msisdn_write(uint8_t out[GTP_MSISDN_MAX], const char *digits)
{
	const size_t count = strlen(digits), len = (count + 1) / 2;

	if (!count || count > MSISDN_MAX_DIGITS || strspn(digits, "0123456789") != count)
		return -EINVAL;
	tbcd_write(out, len, digits, count);
	return (int)len;
}
