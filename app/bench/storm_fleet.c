/* SPDX-License-Identifier: BSD-3-Clause */
#include "storm_fleet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool storm_fleet_start(const struct lab *lab, struct storm_fleet *fleet,
		       const struct storm_fleet_config *config)
{
	char arguments[64];

	*fleet = (struct storm_fleet){.lab = lab};
	snprintf(arguments, sizeof(arguments), "--fleet %" PRIu32, config->devices);
	return storm_config_fleet(lab, config) &&
	       lab_start(lab, &fleet->program, LAB_SGSN, config->name, "hse-ue", arguments);
}

double storm_fleet_figure(const char *line, const char *name)
{
	const size_t len = strlen(name);

	for (const char *at = line; (at = strchr(at, ' ')) != NULL;) {
		at++;
		if (strncmp(at, name, len) == 0 && at[len] == '=')
			return strtod(at + len + 1, NULL);
	}
	return 0;
}

static void take_traffic(struct storm_fleet *fleet, const char *line)
{
	if (fleet->traffic_count == STORM_TRAFFIC_MAX)
		return;
	fleet->traffic[fleet->traffic_count++] = (struct storm_traffic){
		.at_us = (uint64_t)storm_fleet_figure(line, "at_us"),
		.sent = storm_fleet_figure(line, "sent"),
		.answered = storm_fleet_figure(line, "answered"),
		.p50_us = storm_fleet_figure(line, "traffic_p50_us"),
		.p99_us = storm_fleet_figure(line, "traffic_p99_us"),
	};
}

static void take_line(struct storm_fleet *fleet, const char *line)
{
	if (strncmp(line, "progress: ", 10) == 0)
		snprintf(fleet->progress, sizeof(fleet->progress), "%s", line);
	else if (strncmp(line, "fleet: ", 7) == 0)
		snprintf(fleet->summary, sizeof(fleet->summary), "%s", line);
	else if (strncmp(line, "traffic: ", 9) == 0)
		take_traffic(fleet, line);
}

void storm_fleet_read(struct storm_fleet *fleet)
{
	char path[PATH_MAX + 64], line[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.out", fleet->lab->folder, fleet->program.name);
	f = fopen(path, "re");
	if (!f)
		return;
	fseek(f, fleet->read_to, SEEK_SET);
	/* A line that is not whole yet is read again. */
	while (fgets(line, sizeof(line), f) && strchr(line, '\n')) {
		fleet->read_to = ftell(f);
		take_line(fleet, line);
	}
	fclose(f);
}
