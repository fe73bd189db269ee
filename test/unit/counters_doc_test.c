/* SPDX-License-Identifier: BSD-3-Clause */
/* doc/counters.md names every counter, and none that there is not. */
#include "control/control.h"
#include "datapath/counters.h"
#include "diameter/diameter.h"
#include "keys/keysource.h"
#include "nic.h"
#include "unit.h"

#define NAMES_MAX   256
#define NAME_OCTETS 64

struct names {
	unsigned count;
	char name[NAMES_MAX][NAME_OCTETS];
};

static void add(struct names *names, const char *prefix, const char *name, size_t len)
{
	char *to = names->name[names->count];

	if (names->count++ == NAMES_MAX ||
	    snprintf(to, NAME_OCTETS, "%s%.*s", prefix, (int)len, name) >= NAME_OCTETS)
		abort();
}

static bool has(const struct names *names, const char *name)
{
	for (unsigned i = 0; i < names->count; i++)
		if (strcmp(names->name[i], name) == 0)
			return true;
	return false;
}

/* Those in the first column of the table below heading. */
static void read_page(const char *heading, struct names *names)
{
	FILE *f = fopen(DOC "/counters.md", "r");
	char line[2048];
	bool is_there = false;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	names->count = 0;
	while (fgets(line, sizeof(line), f)) {
		char *column = line, *end;

		if (strncmp(line, "## ", 3) == 0)
			is_there = strncmp(line + 3, heading, strlen(heading)) == 0;
		if (!is_there || strncmp(line, "| `", 3) != 0)
			continue;
		*strchr(line + 1, '|') = '\0';
		while ((column = strchr(column, '`')) != NULL && (end = strchr(++column, '`'))) {
			add(names, "", column, (size_t)(end - column));
			column = end + 1;
		}
	}
	fclose(f);
}

static void expect_same(const struct names *page, const struct names *program)
{
	CU_ASSERT(program->count > 0);
	for (unsigned i = 0; i < program->count; i++)
		if (!has(page, program->name[i])) {
			printf("doc/counters.md does not name %s\n", program->name[i]);
			CU_FAIL("a counter is not documented");
		}
	for (unsigned i = 0; i < page->count; i++)
		if (!has(program, page->name[i])) {
			printf("doc/counters.md names %s, which does not exist\n", page->name[i]);
			CU_FAIL("what is documented does not exist");
		}
}

static void each_counter_of_a_worker_is_documented(void)
{
	static struct names page, program;

	read_page("Workers", &page);
	for (unsigned i = 0; i < DATAPATH_COUNTER_COUNT; i++)
		add(&program, "", datapath_counter_name(i), NAME_OCTETS);
	for (unsigned i = 0; i < NIC_DROP_COUNT; i++)
		add(&program, "", nic_drop_name(i), NAME_OCTETS);
	expect_same(&page, &program);
}

static void each_counter_of_control_is_documented(void)
{
	static const char *const of_pulls[] = {"sent", "coalesced", "retries", "refused_again"};
	static const char *const of_links[] = {"access.lost", "access.taken_down", "access.gone",
					       "core.lost",   "core.taken_down",   "core.gone"};
	static struct names page, program;

	read_page("Control", &page);
	for (unsigned i = 0; i < SESSION_COUNTER_COUNT; i++)
		add(&program, "", session_counter_name(i), NAME_OCTETS);
	for (unsigned i = 0; i < sizeof(of_pulls) / sizeof(of_pulls[0]); i++)
		add(&program, "pull.", of_pulls[i], NAME_OCTETS);
	for (unsigned i = 0; i < KEYSOURCE_OUTCOMES; i++)
		add(&program, "pull.", keysource_outcome_name(i), NAME_OCTETS);
	add(&program, "", "diameter.unexpected_answers", NAME_OCTETS);
	add(&program, "", "notification.not_allowed", NAME_OCTETS);
	add(&program, "", "notification.too_busy", NAME_OCTETS);
	for (unsigned i = 0; i < DIAMETER_NOTIFICATION_FAULT_COUNT; i++)
		add(&program, "notification.fault.", diameter_notification_fault_name(i),
		    NAME_OCTETS);
	for (unsigned i = 0; i < sizeof(of_links) / sizeof(of_links[0]); i++)
		add(&program, "link.", of_links[i], NAME_OCTETS);
	add(&program, "", "log.lines_lost", NAME_OCTETS);
	expect_same(&page, &program);
}

static void each_counter_of_a_key_source_is_documented(void)
{
	static const char *const of_sources[] = {
		"sent",		  "slowed",	      "failovers",	 "prefetch.sent",
		"prefetch.found", "prefetch.refused", "prefetch.dropped"};
	static struct names page, program;

	read_page("Key sources", &page);
	for (unsigned i = 0; i < sizeof(of_sources) / sizeof(of_sources[0]); i++)
		add(&program, "", of_sources[i], NAME_OCTETS);
	for (unsigned i = 0; i < KEYSOURCE_OUTCOMES; i++)
		add(&program, "", keysource_outcome_name(i), NAME_OCTETS);
	for (unsigned i = 1; i < KEYSOURCE_FAULTS; i++)
		add(&program, "fault.", keysource_fault_name(i), NAME_OCTETS);
	expect_same(&page, &program);
}

UNIT_MAIN("counters-doc",
	  {"each_counter_of_a_worker_is_documented", each_counter_of_a_worker_is_documented},
	  {"each_counter_of_control_is_documented", each_counter_of_control_is_documented},
	  {"each_counter_of_a_key_source_is_documented",
	   each_counter_of_a_key_source_is_documented})
