/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/counters.h"

#include <inttypes.h>

void ue_counters_print(const struct ue_counters *counters, FILE *out)
{
	fputs("counters:", out);
#define UE_COUNTER_PRINT(member, name) fprintf(out, " %s=%" PRIu64, name, counters->member);
	UE_COUNTERS(UE_COUNTER_PRINT)
#undef UE_COUNTER_PRINT
	fputc('\n', out);
	fflush(out);
}
