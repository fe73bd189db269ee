/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/subscribers.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct subscriber subscriber_default = {.ciphering = E2M_EEA2, .integrity = E2M_EIA2};

static const struct config_field hse_item = {.kind = CONFIG_STRING, .size = sizeof(char *)};

static const struct config_field subscriber_fields[] = {
	{.name = "imsi",
	 .kind = CONFIG_IMSI,
	 CONFIG_MEMBER(struct subscriber, imsi),
	 .required = true},
	{.name = "k",
	 .kind = CONFIG_HEX,
	 CONFIG_MEMBER(struct subscriber, k),
	 .required = true,
	 .secret = true},
	{.name = "opc",
	 .kind = CONFIG_HEX,
	 CONFIG_MEMBER(struct subscriber, opc),
	 .secret = true,
	 .given_offset = offsetof(struct subscriber, has_opc)},
	{.name = "op",
	 .kind = CONFIG_HEX,
	 CONFIG_MEMBER(struct subscriber, op),
	 .secret = true,
	 .given_offset = offsetof(struct subscriber, has_op)},
	{.name = "amf", .kind = CONFIG_HEX, CONFIG_MEMBER(struct subscriber, amf)},
	{.name = "sqn", .kind = CONFIG_HEX, CONFIG_MEMBER(struct subscriber, sqn)},
	{.name = "ciphering",
	 .kind = CONFIG_ENUM,
	 CONFIG_MEMBER(struct subscriber, ciphering),
	 .names = config_eea_names,
	 .values = config_eea_values},
	{.name = "integrity",
	 .kind = CONFIG_ENUM,
	 CONFIG_MEMBER(struct subscriber, integrity),
	 .names = config_eia_names,
	 .values = config_eia_values},
	{.name = "lifetime_s", .kind = CONFIG_UINT, CONFIG_MEMBER(struct subscriber, lifetime_s)},
	{.name = "hses",
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct subscriber, hses),
	 .item = &hse_item,
	 .count_offset = offsetof(struct subscriber, hses_count),
	 .given_offset = offsetof(struct subscriber, has_hses)},
	{0},
};

const struct config_field subscriber_item = {
	.kind = CONFIG_STRUCT, .size = sizeof(struct subscriber), .fields = subscriber_fields};

static int compare(const void *a, const void *b)
{
	const struct subscriber *x = a, *y = b;

	return memcmp(&x->imsi, &y->imsi, sizeof(x->imsi));
}

static bool prepare_one(struct subscriber *subscriber, const struct config_file *file,
			const char *path, FILE *errors)
{
	if (subscriber->has_opc == subscriber->has_op) {
		config_error(file, errors, path, "expected either 'opc' or 'op'");
		return false;
	}
	if (!e2m_algorithms_allowed((unsigned)subscriber->ciphering,
				    (unsigned)subscriber->integrity, true)) {
		config_error(file, errors, path,
			     "%s with %s: gcm goes with gcm only, and eea0 with eia0 protects "
			     "nothing",
			     e2m_eea_name((unsigned)subscriber->ciphering),
			     e2m_eia_name((unsigned)subscriber->integrity));
		return false;
	}
	if (subscriber->has_op && milenage_opc(subscriber->k, subscriber->op, subscriber->opc)) {
		config_error(file, errors, path, "the crypto library cannot make OPc");
		return false;
	}
	e2m_wipe(subscriber->op, sizeof(subscriber->op));
	return true;
}

bool subscribers_prepare(struct subscribers *subscribers, const struct config_file *file,
			 const char *path, FILE *errors)
{
	bool ok = true;
	char place[64];

	for (size_t i = 0; i < subscribers->count; i++) {
		snprintf(place, sizeof(place), "%s[%zu]", path, i);
		ok = prepare_one(&subscribers->list[i], file, place, errors) && ok;
	}
	if (subscribers->count > 0)
		qsort(subscribers->list, subscribers->count, sizeof(subscribers->list[0]), compare);
	for (size_t i = 1; i < subscribers->count; i++) {
		if (compare(&subscribers->list[i - 1], &subscribers->list[i]))
			continue;
		config_error(file, errors, path, "IMSI %s is there twice",
			     subscribers->list[i].imsi.digits);
		ok = false;
	}
	return ok;
}

const struct subscriber *subscribers_find(const struct subscribers *subscribers,
					  const struct e2m_imsi *imsi)
{
	size_t from = 0, to = subscribers->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = memcmp(imsi, &subscribers->list[middle].imsi, sizeof(*imsi));

		if (order == 0)
			return &subscribers->list[middle];
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return NULL;
}

bool subscriber_may_be_pulled_by(const struct subscriber *subscriber, const char *hse)
{
	if (!subscriber->has_hses)
		return true;
	for (size_t i = 0; i < subscriber->hses_count; i++)
		if (!strcasecmp(subscriber->hses[i], hse))
			return true;
	return false;
}
