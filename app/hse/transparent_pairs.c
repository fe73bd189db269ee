/* SPDX-License-Identifier: BSD-3-Clause */
#include "transparent_pairs.h"

#include <stdio.h>

#include "hse_config.h"

#define PATH_SIZE 48

static const char *const side_names[] = {[DATAPATH_ACCESS] = "access", [DATAPATH_CORE] = "core"};

static const struct config_field pair_fields[] = {
	{.name = "access",
	 .kind = CONFIG_STRING,
	 CONFIG_MEMBER(struct transparent_config, text[DATAPATH_ACCESS]),
	 .required = true},
	{.name = "core",
	 .kind = CONFIG_STRING,
	 CONFIG_MEMBER(struct transparent_config, text[DATAPATH_CORE]),
	 .required = true},
	{0},
};

const struct config_field transparent_item = {
	.kind = CONFIG_STRUCT, .size = sizeof(struct transparent_config), .fields = pair_fields};

static const char *pair_path(char path[PATH_SIZE], size_t i)
{
	snprintf(path, PATH_SIZE, "transparent[%zu]", i);
	return path;
}

static const char *side_path(char path[PATH_SIZE], size_t i, unsigned side)
{
	snprintf(path, PATH_SIZE, "transparent[%zu].%s", i, side_names[side]);
	return path;
}

/* --- errors --- */

static bool read_network(const struct config_file *file, struct transparent_config *pair, size_t i,
			 unsigned side, FILE *errors)
{
	char path[PATH_SIZE];

	if (pdp_prefix_parse(&pair->prefix[side], pair->text[side]) == 0)
		return true;
	config_error(file, errors, side_path(path, i, side),
		     "expected a network as in 10.1.0.0/16 or 2001:db8::/32, without bits behind "
		     "its length, or one address, found '%s'",
		     pair->text[side]);
	return false;
}

static bool check_pair(const struct config_file *file, struct transparent_config *pair, size_t i,
		       FILE *errors)
{
	char path[PATH_SIZE];
	bool good = true;

	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		good &= read_network(file, pair, i, side, errors);
	if (!good || pair->prefix[DATAPATH_ACCESS].is_ipv6 == pair->prefix[DATAPATH_CORE].is_ipv6)
		return good;
	config_error(file, errors, pair_path(path, i),
		     "access and core are of different IP versions: no packet has both");
	return false;
}

bool transparent_pairs_check(const struct config_file *file, struct hse_config *c, FILE *errors)
{
	bool good = true;

	for (size_t i = 0; i < c->transparent_count; i++)
		good &= check_pair(file, &c->transparent[i], i, errors);
	return good;
}

/* --- findings --- */

static bool overlap(const struct pdp_prefix *a, const struct pdp_prefix *b)
{
	return pdp_prefix_contains(a, b) || pdp_prefix_contains(b, a);
}

static bool covers(const struct transparent_config *whole, const struct transparent_config *part)
{
	return pdp_prefix_contains(&whole->prefix[DATAPATH_ACCESS],
				   &part->prefix[DATAPATH_ACCESS]) &&
	       pdp_prefix_contains(&whole->prefix[DATAPATH_CORE], &part->prefix[DATAPATH_CORE]);
}

/* A node is on one side of hse. */
static bool is_on_other_side(const struct config_file *file, const struct hse_config *c, size_t i,
			     size_t j, FILE *out)
{
	const struct transparent_config *a = &c->transparent[i], *b = &c->transparent[j];
	char path[PATH_SIZE], other[PATH_SIZE];

	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		if (!overlap(&a->prefix[side], &b->prefix[!side]))
			continue;
		side_path(other, j, !side);
		config_error(
			file, out, side_path(path, i, side),
			"%s is on the %s side here, and on the %s side in %s (line %u), %s: are "
			"access and core exchanged?",
			a->text[side], side_names[side], side_names[!side], other,
			config_line(file, other), b->text[!side]);
		return true;
	}
	return false;
}

static void find_overlap(const struct config_file *file, const struct hse_config *c, size_t i,
			 size_t j, FILE *out)
{
	const struct transparent_config *later = &c->transparent[i], *earlier = &c->transparent[j];
	char path[PATH_SIZE], other[PATH_SIZE];

	pair_path(other, j);
	if (covers(earlier, later))
		config_warning(file, out, pair_path(path, i),
			       "never counts: %s (line %u) has all its addresses; remove it", other,
			       config_line(file, other));
	else if (covers(later, earlier))
		config_warning(file, out, pair_path(path, i),
			       "has all addresses of %s (line %u), which never counts; remove that "
			       "one, or narrow this one",
			       other, config_line(file, other));
	else if (overlap(&later->prefix[DATAPATH_ACCESS], &earlier->prefix[DATAPATH_ACCESS]) &&
		 overlap(&later->prefix[DATAPATH_CORE], &earlier->prefix[DATAPATH_CORE]))
		config_warning(file, out, pair_path(path, i),
			       "overlaps %s (line %u): is each network as long as it is meant?",
			       other, config_line(file, other));
}

static void find_useless(const struct config_file *file, const struct hse_config *c, FILE *out)
{
	if (c->transparent_count > 0 && c->unknown_teid == HSE_UNKNOWN_TEID_PASS)
		config_warning(file, out, "transparent",
			       "no effect while unknown_teid is pass, which lets all unknown "
			       "tunnels cross");
}

bool transparent_pairs_find(const struct config_file *file, const struct hse_config *c, FILE *out)
{
	bool good = true;

	find_useless(file, c, out);
	for (size_t i = 0; i < c->transparent_count; i++)
		for (size_t j = 0; j <= i; j++) {
			if (is_on_other_side(file, c, i, j, out))
				good = false;
			else if (j < i)
				find_overlap(file, c, i, j, out);
		}
	return good;
}

/* --- for the workers --- */

void transparent_pairs_send(const struct hse_config *c, transparent_send send, void *arg)
{
	struct datapath_command command = {.kind = DATAPATH_SET_TRANSPARENT};

	command.transparent.count = (uint8_t)c->transparent_count;
	if (c->transparent_count == 0)
		send(arg, &command);
	for (size_t i = 0; i < c->transparent_count; i++) {
		command.transparent.index = (uint8_t)i;
		for (unsigned side = 0; side < DATAPATH_SIDES; side++)
			command.transparent.prefix[side] = c->transparent[i].prefix[side];
		send(arg, &command);
	}
}
