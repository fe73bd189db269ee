/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/pco.h"

#include <errno.h>
#include <string.h>

#include "gtp/wire.h"

/*
 * TS 24.008 10.5.6.3: octet 3 (extension bit, spare bits, configuration protocol), then containers of
 * identity (2), length (1), contents. Octet 3 is 0x80; its receiver does not look at spare bits, and reads other
 * configuration protocols as this one. The extended PCO of 10.5.6.3A is laid out alike, and may be longer in all;
 * some containers that only it can hold have a length of two octets by definition. Ours, e2m.md 5:
 *
 * +----------+---------+----------+------------+----------------------+
 * | PLMN (3) | tag (1) | type (1) | key id (1) | SQN (6) or RAND (16) |
 * +----------+---------+----------+------------+----------------------+
 */
#define PCO_FIRST_OCTET	     0x80
#define PCO_CONTAINER_HEADER 3

/* From the MS to the network, TS 24.008 table 10.5.154: Service-level-AA container, SDNAEPC EAP message, UE policy
 * container, each "with the length of two octets". */
static bool has_long_length(uint16_t identity)
{
	return identity == 0x0041 || identity == 0x0051 || identity == 0x0056;
}

enum {
	PCO_AT_TAG = PCO_PLMN_LEN,
	PCO_AT_TYPE,
	PCO_AT_KEY_ID,
	PCO_AT_VALUE,
};

static bool read_container(struct pco_e2m *e2m, const struct e2m_numbers *numbers,
			   const uint8_t *plmn, const uint8_t *data, size_t len)
{
	size_t value_len;

	if (len < PCO_AT_VALUE || data[PCO_AT_TAG] != numbers->pco_tag)
		return false;
	if (data[PCO_AT_TYPE] == E2M_ID_SQN)
		value_len = E2M_SQN_LEN;
	else if (data[PCO_AT_TYPE] == E2M_ID_RAND)
		value_len = E2M_RAND_LEN;
	else
		return false;
	if (len != PCO_AT_VALUE + value_len || data[PCO_AT_KEY_ID] < E2M_KEY_ID_MIN ||
	    data[PCO_AT_KEY_ID] > E2M_KEY_ID_MAX)
		return false;
	if (plmn && memcmp(plmn, data, PCO_PLMN_LEN) != 0)
		return false;
	memcpy(e2m->plmn, data, PCO_PLMN_LEN);
	e2m->key_id = data[PCO_AT_KEY_ID];
	e2m->id =
		e2m_keyset_id_make((enum e2m_keyset_id_type)data[PCO_AT_TYPE], data + PCO_AT_VALUE);
	return true;
}

int pco_find_e2m(struct pco_e2m *e2m, const struct e2m_numbers *numbers, const uint8_t *plmn,
		 const uint8_t *data, size_t len)
{
	size_t at = 1;

	if (len < 1)
		return 0;
	while (len - at >= PCO_CONTAINER_HEADER) {
		const uint16_t identity = wire_get16(data + at);
		const size_t header = PCO_CONTAINER_HEADER + has_long_length(identity);
		size_t contents_len;

		if (header > len - at)
			return 0;
		contents_len =
			header == PCO_CONTAINER_HEADER ? data[at + 2] : wire_get16(data + at + 2);
		at += header;
		if (contents_len > len - at)
			return 0;
		if (identity == numbers->pco_container &&
		    read_container(e2m, numbers, plmn, data + at, contents_len))
			return 1;
		at += contents_len;
	}
	return 0;
}

size_t pco_write_e2m(uint8_t out[PCO_MAX_LEN], const struct e2m_numbers *numbers,
		     const struct pco_e2m *e2m)
{
	size_t value_len = e2m_keyset_id_len(&e2m->id);
	uint8_t *contents = out + 1 + PCO_CONTAINER_HEADER;

	out[0] = PCO_FIRST_OCTET;
	wire_put16(out + 1, numbers->pco_container);
	out[3] = (uint8_t)(PCO_AT_VALUE + value_len);
	memcpy(contents, e2m->plmn, PCO_PLMN_LEN);
	contents[PCO_AT_TAG] = numbers->pco_tag;
	contents[PCO_AT_TYPE] = e2m->id.type;
	contents[PCO_AT_KEY_ID] = e2m->key_id;
	memcpy(contents + PCO_AT_VALUE, e2m->id.value, value_len);
	return 1 + PCO_CONTAINER_HEADER + PCO_AT_VALUE + value_len;
}

int pco_plmn_parse(uint8_t plmn[PCO_PLMN_LEN], const char *text)
{
	uint8_t digits[6];
	size_t count = 0;

	for (const char *c = text; *c; c++) {
		if (*c == '-' && count == 3 && c == text + 3)
			continue;
		if (*c < '0' || *c > '9' || count == sizeof(digits))
			return -EINVAL;
		digits[count++] = (uint8_t)(*c - '0');
	}
	if (count < 5)
		return -EINVAL;
	/* TS 24.008 10.5.1.3: an MNC of two digits has 1111 where the third would be. */
	uint8_t third = count == 6 ? digits[5] : 0xF;

	plmn[0] = (uint8_t)(digits[1] << 4 | digits[0]);
	plmn[1] = (uint8_t)(third << 4 | digits[2]);
	plmn[2] = (uint8_t)(digits[4] << 4 | digits[3]);
	return 0;
}
