/* SPDX-License-Identifier: BSD-3-Clause */
#include "telemetry_filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PARAMS_MAX 256

static int read_number(const char *text, int base, uint32_t *number)
{
	unsigned long value;
	char *rest;

	errno = 0;
	value = strtoul(text, &rest, base);
	if (*text < '0' || *text > '9' || *rest || errno || value > UINT32_MAX)
		return -EINVAL;
	*number = (uint32_t)value;
	return 0;
}

static int read_condition(const char *name, const char *value, struct session_filter *filter)
{
	if (strcmp(name, "imsi") == 0)
		return e2m_imsi_parse(&filter->imsi, value, strlen(value)) ? -EINVAL : 0;
	if (strcmp(name, "address") == 0)
		return pdp_prefix_parse(&filter->address, value);
	if (strcmp(name, "teid") == 0) {
		filter->has_teid = true;
		return read_number(value, 0, &filter->teid);
	}
	if (strcmp(name, "ended") != 0)
		return -EINVAL;
	filter->with_ended = strcmp(value, "1") == 0;
	return 0;
}

int telemetry_read_filter(const char *params, uint32_t *first, struct session_filter *filter)
{
	char text[PARAMS_MAX], *rest = NULL, *word;
	int error = 0;

	*first = 0;
	*filter = (struct session_filter){0};
	if (!params)
		return 0;
	if (strlen(params) >= sizeof(text))
		return -EINVAL;
	strcpy(text, params);
	word = strtok_r(text, ",", &rest);
	if (word)
		error = read_number(word, 10, first);
	while (!error && (word = strtok_r(NULL, ",", &rest)) != NULL) {
		char *equals = strchr(word, '=');

		if (!equals)
			return -EINVAL;
		*equals = '\0';
		error = read_condition(word, equals + 1, filter);
	}
	return error;
}
