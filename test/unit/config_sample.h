/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_sample: a table of every kind of field, and what loads a text by it, for the tests of
 * lib/config.
 */
#ifndef UNIT_CONFIG_SAMPLE_H
#define UNIT_CONFIG_SAMPLE_H

#include "config/config.h"

#include "unit.h"

enum poll_mode {
	POLL_ADAPTIVE,
	POLL_BUSY,
};

struct port {
	char *device;
	uint16_t queues;
};

struct subscriber {
	struct e2m_imsi imsi;
	uint8_t k[16];
	int ciphering;
	char **hses;
	size_t hses_count;
};

struct sample {
	bool strict;
	bool strict_given;
	uint8_t small;
	uint16_t timeout_ms;
	uint32_t wide;
	uint64_t widest;
	char *name;
	int poll;
	uint8_t amf[2];
	struct config_address address;
	struct port access;
	bool access_given;
	struct subscriber *subscribers;
	size_t subscribers_count;
	struct e2m_numbers numbers;
};

static const char *const poll_names[] = {"adaptive", "busy", NULL};

static const struct config_field port_fields[] = {
	{.name = "device",
	 .kind = CONFIG_STRING,
	 CONFIG_MEMBER(struct port, device),
	 .required = true},
	{.name = "queues",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct port, queues),
	 .min = 1,
	 .max = 16},
	{0},
};

static const struct config_field hse_item = {.kind = CONFIG_STRING, .size = sizeof(char *)};

static const struct config_field subscriber_fields[] = {
	{.name = "imsi",
	 .kind = CONFIG_IMSI,
	 CONFIG_MEMBER(struct subscriber, imsi),
	 .required = true},
	{.name = "k", .kind = CONFIG_HEX, CONFIG_MEMBER(struct subscriber, k), .secret = true},
	{.name = "ciphering",
	 .kind = CONFIG_ENUM,
	 CONFIG_MEMBER(struct subscriber, ciphering),
	 .names = config_eea_names,
	 .values = config_eea_values},
	{.name = "hses",
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct subscriber, hses),
	 .item = &hse_item,
	 .count_offset = offsetof(struct subscriber, hses_count),
	 .min = 1,
	 .max = 2},
	{0},
};

static const struct config_field subscriber_item = {
	.kind = CONFIG_STRUCT, .size = sizeof(struct subscriber), .fields = subscriber_fields};

static const struct subscriber subscriber_default = {.ciphering = E2M_EEA2};

static const struct config_field sample_fields[] = {
	{.name = "strict",
	 .kind = CONFIG_BOOL,
	 CONFIG_MEMBER(struct sample, strict),
	 .given_offset = offsetof(struct sample, strict_given)},
	{.name = "small", .kind = CONFIG_UINT, CONFIG_MEMBER(struct sample, small)},
	{.name = "timeout_ms",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct sample, timeout_ms),
	 .min = 10,
	 .max = 5000},
	{.name = "wide", .kind = CONFIG_UINT, CONFIG_MEMBER(struct sample, wide)},
	{.name = "widest", .kind = CONFIG_UINT, CONFIG_MEMBER(struct sample, widest)},
	{.name = "name", .kind = CONFIG_STRING, CONFIG_MEMBER(struct sample, name)},
	{.name = "poll",
	 .kind = CONFIG_ENUM,
	 CONFIG_MEMBER(struct sample, poll),
	 .names = poll_names},
	{.name = "amf", .kind = CONFIG_HEX, CONFIG_MEMBER(struct sample, amf)},
	{.name = "address", .kind = CONFIG_ADDRESS, CONFIG_MEMBER(struct sample, address)},
	{.name = "access",
	 .kind = CONFIG_STRUCT,
	 CONFIG_MEMBER(struct sample, access),
	 .fields = port_fields,
	 .given_offset = offsetof(struct sample, access_given)},
	{.name = "subscribers",
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct sample, subscribers),
	 .item = &subscriber_item,
	 .item_default = &subscriber_default,
	 .count_offset = offsetof(struct sample, subscribers_count)},
	{.name = "numbers",
	 .kind = CONFIG_STRUCT,
	 CONFIG_MEMBER(struct sample, numbers),
	 .fields = config_e2m_numbers},
	{0},
};

static inline struct config_file *load(struct sample *out, const char *text, size_t len,
				       char *errors, size_t size)
{
	FILE *stream = fmemopen(errors, size, "w");
	struct config_file *file =
		config_load_memory("t.yaml", text, len, sample_fields, out, stream);

	fclose(stream);
	return file;
}

/* text loads without a word. */
static inline struct config_file *load_good(struct sample *out, const char *text)
{
	char errors[4096] = "";

	struct config_file *file = load(out, text, strlen(text), errors, sizeof(errors));
	CU_ASSERT_STRING_EQUAL(errors, "");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	return file;
}

/* text is refused with exactly these errors. */
static inline void assert_errors_len(const char *text, size_t len, const char *expected)
{
	struct sample sample = {0};
	char errors[8192] = "";
	struct config_file *file = load(&sample, text, len, errors, sizeof(errors));

	if (strcmp(errors, expected))
		printf("expected: %s     got: %s", expected, errors);
	CU_ASSERT_STRING_EQUAL(errors, expected);
	CU_ASSERT_PTR_NULL(file);
	config_free(file);
}

static inline void assert_errors(const char *text, const char *expected)
{
	assert_errors_len(text, strlen(text), expected);
}

#endif
