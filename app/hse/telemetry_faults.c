/* SPDX-License-Identifier: BSD-3-Clause */
#include "telemetry_faults.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Limits of the report, so that it fits the socket's longest message. */
#define TEXT_MAX   7000
#define PEERS_TOLD 16

struct faults {
	char text[TEXT_MAX]; /* lines */
	size_t used;
	unsigned count;
};

static void add(struct faults *faults, const char *line)
{
	const size_t room = sizeof(faults->text) - faults->used;
	const int len = snprintf(faults->text + faults->used, room, "%s%s",
				 faults->used > 0 ? "\n" : "", line);

	if (len > 0)
		faults->used += (size_t)len < room ? (size_t)len : room - 1;
	faults->count++;
}

static void add_peers(struct faults *faults, const struct hse_config *config)
{
	const struct diameter_config *diameter = &config->diameter;
	unsigned closed = 0;
	char why[256], line[512];

	for (size_t i = 0; i < diameter->peers_count; i++) {
		const char *identity = diameter->peers[i].identity;

		if (diameter_peer_is_open(identity) || ++closed > PEERS_TOLD)
			continue;
		diameter_peer_why(identity, why, sizeof(why));
		snprintf(line, sizeof(line), "diameter.peers[%zu]: %s is not connected: %s", i,
			 identity, why);
		add(faults, line);
	}
	if (closed <= PEERS_TOLD)
		return;
	snprintf(line, sizeof(line), "diameter.peers: %u more are not connected",
		 closed - PEERS_TOLD);
	add(faults, line);
}

static void collect(struct faults *faults, const struct hse_config *config)
{
	faults->count = (unsigned)program_faults(faults->text, sizeof(faults->text));
	faults->used = strlen(faults->text);
	if (config->diameter_given)
		add_peers(faults, config);
}

unsigned telemetry_count_faults(const struct hse_config *config)
{
	struct faults faults;

	collect(&faults, config);
	return faults.count;
}

static int add_line(struct rte_tel_data *d, unsigned number, const char *line)
{
	struct rte_tel_data *pieces = rte_tel_data_alloc();
	char name[16], piece[RTE_TEL_MAX_STRING_LEN];

	if (!pieces)
		return -ENOMEM;
	rte_tel_data_start_array(pieces, RTE_TEL_STRING_VAL);
	for (size_t at = 0; line[at]; at += strlen(piece)) {
		snprintf(piece, sizeof(piece), "%s", line + at);
		rte_tel_data_add_array_string(pieces, piece);
	}
	snprintf(name, sizeof(name), "%u", number);
	return rte_tel_data_add_dict_container(d, name, pieces, 0);
}

int telemetry_tell_faults(struct rte_tel_data *d, const struct hse_config *config)
{
	struct faults faults;
	char *rest = NULL;
	unsigned number = 0;
	int rc = 0;

	collect(&faults, config);
	rte_tel_data_start_dict(d);
	for (char *line = strtok_r(faults.text, "\n", &rest); line && rc == 0;
	     line = strtok_r(NULL, "\n", &rest))
		rc = add_line(d, number++, line);
	return rc;
}
