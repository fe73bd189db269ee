/* SPDX-License-Identifier: BSD-3-Clause */
#include "unknown_teid.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool unknown_teid_set(struct unknown_teid *u, bool passes, uint64_t now_ms)
{
	if (u->passes == passes)
		return false;
	u->passes = passes;
	u->since_ms = now_ms;
	u->due_ms = now_ms + u->interval_ms;
	return true;
}

const char *unknown_teid_text(struct unknown_teid *u, const uint64_t crossed[DATAPATH_SIDES],
			      uint64_t now_ms, char text[UNKNOWN_TEID_TEXT])
{
	snprintf(text, UNKNOWN_TEID_TEXT,
		 "unknown_teid is pass since %" PRIu64
		 " s: G-PDUs of unknown tunnels cross unread, %" PRIu64
		 " from the access side and %" PRIu64 " from the core side since the last warning. "
		 "This is for the day of insertion: when "
		 "hardly any cross, set unknown_teid: drop and send SIGHUP (doc/deployment.md)",
		 (now_ms - u->since_ms) / 1000,
		 crossed[DATAPATH_ACCESS] - u->before[DATAPATH_ACCESS],
		 crossed[DATAPATH_CORE] - u->before[DATAPATH_CORE]);
	memcpy(u->before, crossed, sizeof(u->before));
	u->due_ms = now_ms + u->interval_ms;
	return text;
}
