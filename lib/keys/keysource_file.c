/* SPDX-License-Identifier: BSD-3-Clause */
#include "keys/keysource_file.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	struct e2m_imsi imsi;
	uint32_t place; /* in the file */
	bool has_sqn, has_rand;
	uint8_t sqn[E2M_SQN_LEN];
	uint8_t rand[E2M_RAND_LEN];
	struct e2m_keyset keyset;
	int ciphering, integrity;
	uint32_t lifetime_s;
	struct e2m_keyset_id id; /* made from sqn or rand */
};

struct keysource_file {
	struct config_file *owner; /* owns and wipes the entries */
	struct entry *entries;	   /* sorted by IMSI, then id */
	size_t count;
};

#define FIELD(member_name, member, ...)                                               \
	{                                                                             \
		.name = member_name, CONFIG_MEMBER(struct entry, member), __VA_ARGS__ \
	}

static const struct config_field entry_fields[] = {
	FIELD("imsi", imsi, .kind = CONFIG_IMSI, .required = true),
	FIELD("sqn", sqn, .kind = CONFIG_HEX, .given_offset = offsetof(struct entry, has_sqn)),
	FIELD("rand", rand, .kind = CONFIG_HEX, .given_offset = offsetof(struct entry, has_rand)),
	FIELD("e2mck", keyset.e2mck, .kind = CONFIG_HEX, .required = true, .secret = true),
	FIELD("e2mik", keyset.e2mik, .kind = CONFIG_HEX, .required = true, .secret = true),
	FIELD("ciphering", ciphering, .kind = CONFIG_ENUM, .names = config_eea_names,
	      .values = config_eea_values),
	FIELD("integrity", integrity, .kind = CONFIG_ENUM, .names = config_eia_names,
	      .values = config_eia_values),
	FIELD("lifetime_s", lifetime_s, .kind = CONFIG_UINT),
	{0},
};

static const struct config_field entry_item = {
	.kind = CONFIG_STRUCT, .size = sizeof(struct entry), .fields = entry_fields};

static const struct entry default_entry = {.ciphering = E2M_EEA2, .integrity = E2M_EIA2};

static const struct config_field file_fields[] = {
	{.name = "keysets",
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct keysource_file, entries),
	 .required = true,
	 .item = &entry_item,
	 .count_offset = offsetof(struct keysource_file, count),
	 .item_default = &default_entry},
	{0},
};

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = memcmp(&x->imsi, &y->imsi, sizeof(x->imsi));

	return order ? order : memcmp(&x->id, &y->id, sizeof(x->id));
}

/* Equal entries keep the order of the file. */
static int compare_places(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	const int order = compare(a, b);

	return order ? order : (x->place > y->place) - (x->place < y->place);
}

static bool check_entry(struct keysource_file *file, size_t i, FILE *errors)
{
	struct entry *entry = &file->entries[i];
	char path[64];

	entry->place = (uint32_t)i;
	entry->id = entry->has_sqn ? e2m_keyset_id_make(E2M_ID_SQN, entry->sqn)
				   : e2m_keyset_id_make(E2M_ID_RAND, entry->rand);
	snprintf(path, sizeof(path), "keysets[%zu]", i);
	if (entry->has_sqn == entry->has_rand)
		config_error(file->owner, errors, path,
			     "expected either 'sqn' or 'rand': a keyset is known by one of them");
	else if (!e2m_algorithms_allowed((unsigned)entry->ciphering, (unsigned)entry->integrity,
					 true))
		config_error(file->owner, errors, path,
			     "%s with %s: gcm goes with gcm only, and eea0 with eia0 protects "
			     "nothing",
			     e2m_eea_name((unsigned)entry->ciphering),
			     e2m_eia_name((unsigned)entry->integrity));
	else
		return true;
	return false;
}

/* The entries are sorted, so duplicates are neighbours. */
static bool check_duplicates(const struct keysource_file *file, FILE *errors)
{
	char id[E2M_KEYSET_ID_STR], first[64], second[64];
	bool ok = true;

	for (size_t i = 1; i < file->count; i++) {
		const struct entry *entry = &file->entries[i];

		if (compare(entry - 1, entry))
			continue;
		snprintf(first, sizeof(first), "keysets[%u].imsi", entry[-1].place);
		snprintf(second, sizeof(second), "keysets[%u].imsi", entry->place);
		config_error(file->owner, errors, second,
			     "IMSI %s with %s is there already: keysets[%u], line %u",
			     entry->imsi.digits, e2m_keyset_id_str(&entry->id, id), entry[-1].place,
			     config_line(file->owner, first));
		ok = false;
	}
	return ok;
}

struct keysource_file *keysource_file_read(const char *path, FILE *errors)
{
	struct keysource_file *file = calloc(1, sizeof(*file));
	bool ok = true;

	if (!file) {
		fprintf(errors, "%s: out of memory\n", path);
		return NULL;
	}
	file->owner = config_load(path, file_fields, file, errors);
	if (!file->owner) {
		free(file);
		return NULL;
	}
	for (size_t i = 0; i < file->count; i++)
		ok = check_entry(file, i, errors) && ok;
	if (file->count > 0)
		qsort(file->entries, file->count, sizeof(file->entries[0]), compare_places);
	if (!ok || !check_duplicates(file, errors)) {
		keysource_file_free(file);
		return NULL;
	}
	return file;
}

void keysource_file_free(struct keysource_file *file)
{
	if (!file)
		return;
	config_free(file->owner);
	free(file);
}

static bool knows_imsi(const struct keysource_file *file, const struct e2m_imsi *imsi)
{
	for (size_t i = 0; i < file->count; i++)
		if (!memcmp(&file->entries[i].imsi, imsi, sizeof(*imsi)))
			return true;
	return false;
}

bool keysource_file_keyset(const struct keysource_file *file, size_t i, struct e2m_imsi *imsi,
			   struct e2m_keyset *keyset)
{
	if (i >= file->count)
		return false;
	*imsi = file->entries[i].imsi;
	*keyset = file->entries[i].keyset;
	return true;
}

void keysource_file_look_up(const struct keysource_file *file,
			    const struct keysource_request *request,
			    struct keysource_answer *answer)
{
	struct entry key = {.imsi = request->imsi, .id = request->id};
	const struct entry *found = NULL;

	if (file->count > 0)
		found = bsearch(&key, file->entries, file->count, sizeof(key), compare);
	if (found) {
		answer->outcome = KEYSOURCE_FOUND;
		answer->keyset = found->keyset;
		answer->ciphering = (enum e2m_eea)found->ciphering;
		answer->integrity = (enum e2m_eia)found->integrity;
		answer->lifetime_s = found->lifetime_s;
		return;
	}
	answer->outcome =
		knows_imsi(file, &request->imsi) ? KEYSOURCE_NOT_AVAILABLE : KEYSOURCE_USER_UNKNOWN;
	snprintf(answer->detail, sizeof(answer->detail), "not in the file");
}
