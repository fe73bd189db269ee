/* SPDX-License-Identifier: BSD-3-Clause */
/* compare: finds the differences between two configurations that were read with the same table. */
#include <string.h>

#include "config/config.h"

#define PATH_SIZE 256

struct comparison {
	config_difference take;
	void *arg;
	char path[PATH_SIZE];
};

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same_fields(const struct config_field *fields, const uint8_t *a, const uint8_t *b);

static size_t count_of(const struct config_field *field, const uint8_t *base)
{
	return *(const size_t *)(base + field->count_offset);
}

static const uint8_t *items_of(const struct config_field *field, const uint8_t *base)
{
	return *(uint8_t *const *)(base + field->offset);
}

static bool is_given(const struct config_field *field, const uint8_t *base)
{
	return field->given_offset && *(const bool *)(base + field->given_offset);
}

/* a and b are the structs that contain the field. */
static bool is_same(const struct config_field *field, const uint8_t *a, const uint8_t *b)
{
	const uint8_t *x = a + field->offset, *y = b + field->offset;

	if (is_given(field, a) != is_given(field, b))
		return false;
	switch (field->kind) {
	case CONFIG_STRING:
		return is_same_text(*(char *const *)x, *(char *const *)y);
	case CONFIG_STRUCT:
		return is_same_fields(field->fields, x, y);
	case CONFIG_LIST:
		if (count_of(field, a) != count_of(field, b))
			return false;
		for (size_t i = 0; i < count_of(field, a); i++)
			if (!is_same(field->item, items_of(field, a) + i * field->item->size,
				     items_of(field, b) + i * field->item->size))
				return false;
		return true;
	default:
		return memcmp(x, y, field->size) == 0;
	}
}

static bool is_same_fields(const struct config_field *fields, const uint8_t *a, const uint8_t *b)
{
	for (; fields->name; fields++)
		if (!is_same(fields, a, b))
			return false;
	return true;
}

static void compare_field(struct comparison *c, const struct config_field *field, const uint8_t *a,
			  const uint8_t *b);

static void compare_fields(struct comparison *c, const struct config_field *fields,
			   const uint8_t *a, const uint8_t *b)
{
	const size_t len = strlen(c->path);

	for (; fields->name; fields++) {
		snprintf(c->path + len, PATH_SIZE - len, "%s%s", len > 0 ? "." : "", fields->name);
		compare_field(c, fields, a, b);
		c->path[len] = '\0';
	}
}

static void compare_items(struct comparison *c, const struct config_field *field, const uint8_t *a,
			  const uint8_t *b)
{
	const struct config_field *item = field->item;
	const size_t len = strlen(c->path);

	for (size_t i = 0; i < count_of(field, a); i++) {
		snprintf(c->path + len, PATH_SIZE - len, "[%zu]", i);
		compare_field(c, item, items_of(field, a) + i * item->size,
			      items_of(field, b) + i * item->size);
		c->path[len] = '\0';
	}
}

static void compare_field(struct comparison *c, const struct config_field *field, const uint8_t *a,
			  const uint8_t *b)
{
	const bool is_list = field->kind == CONFIG_LIST, is_struct = field->kind == CONFIG_STRUCT;

	if (is_same(field, a, b))
		return;
	if (!field->reloads && is_struct && is_given(field, a) == is_given(field, b))
		compare_fields(c, field->fields, a + field->offset, b + field->offset);
	else if (!field->reloads && is_list && count_of(field, a) == count_of(field, b))
		compare_items(c, field, a, b);
	else
		c->take(c->arg, c->path, field->reloads);
}

void config_compare_at(const char *path, const struct config_field *fields, const void *running,
		       const void *loaded, config_difference take, void *arg)
{
	struct comparison c = {.take = take, .arg = arg};

	snprintf(c.path, sizeof(c.path), "%s", path);
	compare_fields(&c, fields, running, loaded);
}

void config_compare(const struct config_field *table, const void *running, const void *loaded,
		    config_difference take, void *arg)
{
	config_compare_at("", table, running, loaded, take, arg);
}
