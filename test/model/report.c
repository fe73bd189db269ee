/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <stdio.h>

#include "hse.h"

static uint64_t counters[DATAPATH_SIDES][DATAPATH_COUNTER_COUNT];
static uint64_t session_counters[SESSION_COUNTER_COUNT];
static unsigned failures[VERDICTS];

void report_add(void)
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		for (unsigned i = 0; i < DATAPATH_COUNTER_COUNT; i++)
			counters[side][i] +=
				hse_counter((enum datapath_side)side, (enum datapath_counter)i);
	for (unsigned i = 0; i < SESSION_COUNTER_COUNT; i++)
		session_counters[i] += hse_session_counter((enum session_counter)i);
}

bool report_fail(enum verdict verdict)
{
	return failures[verdict]++ == 0;
}

static unsigned percent(uint64_t part, uint64_t whole)
{
	return whole ? (unsigned)(part * 100 / whole) : 0;
}

static void print_counters(void)
{
	for (unsigned i = 0; i < DATAPATH_COUNTER_COUNT; i++)
		if (counters[DATAPATH_ACCESS][i] || counters[DATAPATH_CORE][i])
			printf("  %-24s uplink %10lu, downlink %10lu\n",
			       datapath_counter_name((enum datapath_counter)i),
			       counters[DATAPATH_ACCESS][i], counters[DATAPATH_CORE][i]);
	for (unsigned i = 0; i < SESSION_COUNTER_COUNT; i++)
		if (session_counters[i])
			printf("  %-32s %10lu\n", session_counter_name((enum session_counter)i),
			       session_counters[i]);
}

/* A share that is lower than this shows that the model tests nothing. */
static bool is_enough(const char *what, uint64_t part, uint64_t whole, unsigned least)
{
	const bool is_so = tally.sequences < 1000 || percent(part, whole) >= least;

	printf("%s: %lu of %lu (%u %%)%s\n", what, part, whole, percent(part, whole),
	       is_so ? "" : ", which is too few");
	return is_so;
}

bool report_print(void)
{
	bool is_full = true;

	print_counters();
	printf("%lu sequences, %lu steps\n", tally.sequences, tally.steps);
	printf("GTP-C from the access side %lu, of which %lu crossed; from the core side %lu, "
	       "%lu\n",
	       tally.messages[DATAPATH_ACCESS], tally.messages_left[DATAPATH_CORE],
	       tally.messages[DATAPATH_CORE], tally.messages_left[DATAPATH_ACCESS]);
	printf("downlink that left: %lu protected, %lu in clear; forged uplink %lu, of which %lu "
	       "crossed\n",
	       tally.protected_down, tally.clear_down, tally.forged, tally.forged_gone);
	is_full &= is_enough("downlink N-PDUs of honest subscribers that arrived",
			     tally.arrived[E2M_DOWNLINK], tally.sent[E2M_DOWNLINK], 30);
	is_full &= is_enough("uplink N-PDUs of honest subscribers that arrived",
			     tally.arrived[E2M_UPLINK], tally.sent[E2M_UPLINK], 30);
	is_full &= is_enough("downlink N-PDUs that had to arrive, of those sent",
			     tally.due[E2M_DOWNLINK], tally.sent[E2M_DOWNLINK], 15);
	is_full &= is_enough("uplink N-PDUs that had to arrive, of those sent",
			     tally.due[E2M_UPLINK], tally.sent[E2M_UPLINK], 15);
	is_full &= is_enough("protected downlink, of what left", tally.protected_down,
			     tally.protected_down + tally.clear_down, 30);
	for (unsigned i = 1; i < VERDICTS; i++)
		if (failures[i])
			printf("%s: %u sequences\n", verdict_names[i], failures[i]);
	return is_full;
}
