/* SPDX-License-Identifier: BSD-3-Clause */
#include "msg.h"

#include <stdio.h>

#define V1_HEADER 12
#define V2_HEADER 12
#define V1_TLV	  128

static void put16(uint8_t *p, size_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value & 0xffff);
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* --- elements --- */

void msg_add(struct msg *m, uint8_t type, uint8_t instance, const void *value, size_t len)
{
	struct ie *ie = &m->ies[m->count];

	if (m->count == MSG_IES || len > MSG_IE_OCTETS)
		return;
	m->count++;
	ie->type = type;
	ie->instance = instance;
	ie->len = (uint16_t)len;
	if (len > 0)
		memcpy(ie->value, value, len);
}

void msg_add8(struct msg *m, uint8_t type, uint8_t value)
{
	msg_add(m, type, 0, &value, 1);
}

void msg_add32(struct msg *m, uint8_t type, uint32_t value)
{
	uint8_t octets[4];

	put32(octets, value);
	msg_add(m, type, 0, octets, sizeof(octets));
}

void msg_add_imsi(struct msg *m, const char *digits)
{
	uint8_t octets[8];

	for (unsigned i = 0; i < sizeof(octets); i++) {
		const char low = digits[2 * i], high = digits[2 * i + 1];

		octets[i] = (uint8_t)((low - '0') | (high ? high - '0' : 0xF) << 4);
		if (!high)
			break;
	}
	msg_add(m, m->version == 1 ? V1_IMSI : V2_IMSI, 0, octets, sizeof(octets));
}

void msg_add_apn(struct msg *m, const char *label)
{
	char octets[64];
	const int len = snprintf(octets, sizeof(octets), "%c%s", (int)strlen(label), label);

	msg_add(m, m->version == 1 ? V1_APN : V2_APN, 0, octets, (size_t)len);
}

void msg_add_gsn(struct msg *m, const struct tunnel *end)
{
	if (tunnel_is_ipv4(end))
		msg_add(m, V1_GSN, 0, end->receiver + 12, 4);
	else
		msg_add(m, V1_GSN, 0, end->receiver, 16);
}

void msg_add_fteid(struct msg *m, uint8_t instance, uint8_t interface, const struct tunnel *end)
{
	const bool is_ipv4 = tunnel_is_ipv4(end);
	const size_t len = is_ipv4 ? 4 : 16;
	uint8_t octets[21];

	octets[0] = (uint8_t)((is_ipv4 ? 0x80 : 0x40) | interface);
	put32(octets + 1, end->teid);
	memcpy(octets + 5, end->receiver + 16 - len, len);
	msg_add(m, V2_FTEID, instance, octets, 5 + len);
}

void msg_add_to_group(struct msg *m, unsigned group, const struct ie *ie)
{
	struct ie *g = &m->ies[group];
	uint8_t *at = g->value + g->len;

	if (g->len + 4u + ie->len > MSG_IE_OCTETS)
		return;
	at[0] = ie->type;
	put16(at + 1, ie->len);
	at[3] = ie->instance;
	memcpy(at + 4, ie->value, ie->len);
	g->len = (uint16_t)(g->len + 4 + ie->len);
}

struct ie *msg_find(struct msg *m, uint8_t type, unsigned nth)
{
	for (unsigned i = 0; i < m->count; i++)
		if (m->ies[i].type == type && nth-- == 0)
			return &m->ies[i];
	return NULL;
}

void msg_remove(struct msg *m, const struct ie *ie)
{
	const unsigned at = (unsigned)(ie - m->ies);

	m->count--;
	memmove(&m->ies[at], &m->ies[at + 1], (m->count - at) * sizeof(*ie));
}

bool msg_find_in_group(const struct ie *group, uint8_t type, uint8_t instance, struct ie *found)
{
	for (size_t at = 0; at + 4 <= group->len;) {
		const uint8_t *p = group->value + at;
		const size_t len = get16(p + 1);

		if (at + 4 + len > group->len)
			return false;
		if (p[0] == type && (p[3] & 15) == instance) {
			*found = (struct ie){
				.type = type, .instance = instance, .len = (uint16_t)len};
			memcpy(found->value, p + 4, len);
			return true;
		}
		at += 4 + len;
	}
	return false;
}

uint8_t ie8(const struct ie *ie)
{
	return ie && ie->len > 0 ? ie->value[0] : 0;
}

uint32_t ie32(const struct ie *ie)
{
	return ie && ie->len >= 4 ? get32(ie->value) : 0;
}

bool ie_imsi(const struct ie *ie, char digits[16])
{
	unsigned n = 0;

	if (!ie || ie->len < 8)
		return false;
	for (unsigned i = 0; i < 8 && n < 15; i++) {
		digits[n++] = (char)('0' + (ie->value[i] & 15));
		if (n < 15)
			digits[n++] = (char)('0' + (ie->value[i] >> 4));
	}
	digits[n] = 0;
	return true;
}

bool ie_gsn(const struct ie *ie, struct tunnel *end)
{
	if (ie && ie->len == 4)
		tunnel_set_ipv4(end, ie->value);
	else if (ie && ie->len == 16)
		tunnel_set_ipv6(end, ie->value);
	else
		return false;
	return true;
}

bool ie_fteid(const struct ie *ie, struct tunnel *end)
{
	if (!ie || ie->len < 9)
		return false;
	end->teid = get32(ie->value + 1);
	if (ie->value[0] & 0x80)
		tunnel_set_ipv4(end, ie->value + 5);
	else if (ie->value[0] & 0x40 && ie->len >= 21)
		tunnel_set_ipv6(end, ie->value + 5);
	else
		return false;
	return true;
}

/* --- messages --- */

static size_t write_header(const struct msg *m, uint8_t *out)
{
	memset(out, 0, V1_HEADER);
	out[1] = m->type;
	if (m->version == 1) {
		out[0] = 0x32;
		put32(out + 4, m->teid);
		put16(out + 8, m->sequence);
		return V1_HEADER;
	}
	/* An Echo has no TEID. */
	out[0] = m->type <= 2 ? 0x40 : 0x48;
	if (m->type > 2)
		put32(out + 4, m->teid);
	put32(out + (m->type > 2 ? 8 : 4), m->sequence << 8);
	return m->type > 2 ? V2_HEADER : 8;
}

static size_t write_ie(const struct msg *m, const struct ie *ie, uint8_t *out)
{
	size_t at = 0;

	out[at++] = ie->type;
	if (m->version == 2 || ie->type >= V1_TLV) {
		put16(out + at, ie->len);
		at += 2;
	}
	if (m->version == 2)
		out[at++] = ie->instance;
	memcpy(out + at, ie->value, ie->len);
	return at + ie->len;
}

size_t msg_write(const struct msg *m, uint8_t out[MSG_OCTETS])
{
	size_t at = write_header(m, out);

	for (unsigned i = 0; i < m->count && at + MSG_IE_OCTETS + 4 <= MSG_OCTETS; i++)
		at += write_ie(m, &m->ies[i], out + at);
	put16(out + 2, at - (m->version == 1 ? 8 : 4));
	return at;
}

/* TS 29.060 table 37, elements that a message of the model may have; 0: unknown. */
static size_t length_v1(uint8_t type)
{
	switch (type) {
	case V1_IMSI:
		return 8;
	case V1_TEID_DATA:
	case V1_TEID_CONTROL:
		return 4;
	case V1_CAUSE:
	case V1_RECOVERY:
	case V1_SELECTION_MODE:
	case V1_TEARDOWN:
	case V1_NSAPI:
		return 1;
	default:
		return 0;
	}
}

static bool read_header(struct msg *m, const uint8_t *data, size_t len, size_t *at)
{
	if (len < 8)
		return false;
	m->version = data[0] >> 5;
	m->type = data[1];
	m->count = 0;
	if (m->version == 1) {
		*at = data[0] & 7 ? V1_HEADER : 8;
		m->teid = get32(data + 4);
		m->sequence = len >= V1_HEADER ? get16(data + 8) : 0;
		return *at <= len;
	}
	if (m->version != 2)
		return false;
	*at = data[0] & 8 ? V2_HEADER : 8;
	if (*at > len)
		return false;
	m->teid = data[0] & 8 ? get32(data + 4) : 0;
	m->sequence = get32(data + *at - 4) >> 8;
	return true;
}

bool msg_read(struct msg *m, const uint8_t *data, size_t len)
{
	size_t at;

	if (!read_header(m, data, len, &at))
		return false;
	while (at + 4 <= len || (m->version == 1 && at + 2 <= len)) {
		const uint8_t type = data[at];
		const bool has_length = m->version == 2 || type >= V1_TLV;
		const size_t header = m->version == 2 ? 4 : has_length ? 3 : 1;
		const size_t value = has_length ? get16(data + at + 1) : length_v1(type);

		if ((!has_length && value == 0) || at + header + value > len ||
		    value > MSG_IE_OCTETS)
			break;
		msg_add(m, type, m->version == 2 ? data[at + 3] & 15 : 0, data + at + header,
			value);
		at += header + value;
	}
	return true;
}
