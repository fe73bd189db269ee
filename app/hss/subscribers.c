/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/subscribers.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REPORTS_MAX 20 /* errors reported of one kind */

const struct subscriber subscriber_default = {
	.count = 1, .ciphering = E2M_EEA2, .integrity = E2M_EIA2};

static const struct config_field hse_item = {.kind = CONFIG_STRING, .size = sizeof(char *)};

static const struct config_field subscriber_fields[] = {
	{.name = "imsi",
	 .kind = CONFIG_IMSI,
	 CONFIG_MEMBER(struct subscriber, imsi),
	 .required = true},
	{.name = "count",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct subscriber, count),
	 .min = 1,
	 .max = SUBSCRIBERS_MAX},
	{.name = "derive_k", .kind = CONFIG_BOOL, CONFIG_MEMBER(struct subscriber, derive_k)},
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

	const int order = memcmp(&x->imsi, &y->imsi, sizeof(x->imsi));

	/* If two entries have the same IMSI, the later one in the file is the duplicate. */
	return order ? order : (x->entry > y->entry) - (x->entry < y->entry);
}

static bool check_one(const struct subscriber *subscriber, const struct config_file *file,
		      const char *path, FILE *errors)
{
	struct e2m_imsi last;

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
	if (e2m_imsi_add(&last, &subscriber->imsi, subscriber->count - 1)) {
		config_error(file, errors, path, "there are no %u IMSIs of %zu digits from %s on",
			     subscriber->count, strlen(subscriber->imsi.digits),
			     subscriber->imsi.digits);
		return false;
	}
	return true;
}

/* A list of one item for each IMSI; the one that was read where it is so already. */
static bool expand(struct subscribers *subscribers, const struct config_file *file,
		   const char *path, FILE *errors)
{
	struct subscriber *list, *next;
	uint64_t total = 0;

	for (size_t i = 0; i < subscribers->count; i++)
		total += subscribers->list[i].count;
	if (total == subscribers->count)
		return true;
	if (total > SUBSCRIBERS_MAX) {
		config_error(file, errors, path, "%llu subscribers are more than %d",
			     (unsigned long long)total, SUBSCRIBERS_MAX);
		return false;
	}
	next = list = calloc(total, sizeof(*list));
	if (!list) {
		config_error(file, errors, path, "no memory for %llu subscribers",
			     (unsigned long long)total);
		return false;
	}
	for (size_t i = 0; i < subscribers->count; i++)
		for (uint32_t n = 0; n < subscribers->list[i].count; n++, next++) {
			*next = subscribers->list[i];
			next->count = 1;
			e2m_imsi_add(&next->imsi, &subscribers->list[i].imsi, n);
		}
	*subscribers = (struct subscribers){.list = list, .count = total, .is_own = true};
	return true;
}

static bool make_keys(struct subscriber *subscriber)
{
	bool ok = true;

	if (subscriber->derive_k)
		ok = !aka_derive_k(subscriber->k, &subscriber->imsi, subscriber->k);
	if (ok && subscriber->has_op)
		ok = !milenage_opc(subscriber->k, subscriber->op, subscriber->opc);
	e2m_wipe(subscriber->op, sizeof(subscriber->op));
	return ok;
}

static bool check_all(struct subscribers *subscribers, const struct config_file *file,
		      const char *path, FILE *errors)
{
	bool ok = true;
	char place[64];

	for (size_t i = 0; i < subscribers->count; i++) {
		subscribers->list[i].entry = (uint32_t)i;
		snprintf(place, sizeof(place), "%s[%zu]", path, i);
		ok = check_one(&subscribers->list[i], file, place, errors) && ok;
	}
	return ok;
}

static void report_duplicate(const struct subscriber *first, const struct subscriber *second,
			     const struct config_file *file, const char *path, FILE *errors)
{
	char first_place[64], second_place[64];

	snprintf(first_place, sizeof(first_place), "%s[%u].imsi", path, first->entry);
	snprintf(second_place, sizeof(second_place), "%s[%u].imsi", path, second->entry);
	config_error(file, errors, second_place, "IMSI %s is there already: %s[%u], line %u",
		     second->imsi.digits, path, first->entry, config_line(file, first_place));
}

/* The subscribers are sorted. Two overlapping ranges are reported once. */
static bool check_duplicates(const struct subscribers *subscribers, const struct config_file *file,
			     const char *path, FILE *errors)
{
	const struct subscriber *list = subscribers->list;
	size_t found = 0, shown = 0, last = 0;

	for (size_t i = 1; i < subscribers->count; i++) {
		if (memcmp(&list[i - 1].imsi, &list[i].imsi, sizeof(list[i].imsi)) != 0)
			continue;
		const bool is_new = found++ == 0 || list[last].entry != list[i].entry ||
				    list[last - 1].entry != list[i - 1].entry;
		last = i;
		if (is_new && shown++ < REPORTS_MAX)
			report_duplicate(&list[i - 1], &list[i], file, path, errors);
	}
	if (shown > REPORTS_MAX)
		config_error(file, errors, path, "and %zu more IMSIs that are there already",
			     shown - REPORTS_MAX);
	return found == 0;
}

bool subscribers_prepare(struct subscribers *subscribers, const struct config_file *file,
			 const char *path, FILE *errors)
{
	bool ok = true;

	if (!check_all(subscribers, file, path, errors) || !expand(subscribers, file, path, errors))
		return false;
	for (size_t i = 0; i < subscribers->count && ok; i++)
		ok = make_keys(&subscribers->list[i]);
	if (!ok)
		config_error(file, errors, path, "the crypto library cannot make the keys");
	if (subscribers->count > 0)
		qsort(subscribers->list, subscribers->count, sizeof(subscribers->list[0]), compare);
	return check_duplicates(subscribers, file, path, errors) && ok;
}

void subscribers_free(struct subscribers *subscribers)
{
	if (!subscribers->is_own)
		return;
	e2m_wipe(subscribers->list, subscribers->count * sizeof(subscribers->list[0]));
	free(subscribers->list);
	*subscribers = (struct subscribers){0};
}

/* Subscribers of one entry share its list. */
static bool same_hses(const struct subscriber *a, const struct subscriber *b)
{
	return a->entry == b->entry;
}

bool subscribers_check_names(const struct subscribers *subscribers,
			     const struct diameter_config *diameter, const struct config_file *file,
			     const char *path, FILE *errors)
{
	size_t wrong = 0;

	for (size_t i = 0; i < subscribers->count; i++) {
		const struct subscriber *s = &subscribers->list[i];

		for (size_t j = 0; j < s->hses_count; j++) {
			char place[96];

			if ((i > 0 && same_hses(s - 1, s)) ||
			    diameter_config_has_peer(diameter, s->hses[j]))
				continue;
			snprintf(place, sizeof(place), "%s[%u].hses[%zu]", path, s->entry, j);
			if (wrong++ < REPORTS_MAX)
				diameter_config_check_name(diameter, file, place, s->hses[j],
							   errors);
		}
	}
	if (wrong > REPORTS_MAX)
		config_error(file, errors, path, "and %zu more names in hses that no peer has",
			     wrong - REPORTS_MAX);
	return wrong == 0;
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
