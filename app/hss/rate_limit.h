/* SPDX-License-Identifier: BSD-3-Clause */
/* rate_limit: so many events a second and no more, for several threads: a token bucket that holds a
 * tenth of a second's worth, at least one. Zeroed memory but for per_s is a full bucket. */
#ifndef HSS_RATE_LIMIT_H
#define HSS_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct rate_limit {
	uint32_t per_s;	     /* 0: no limit */
	uint64_t full_at_ns; /* when the bucket will be full again */
};

/* now_ns: of CLOCK_MONOTONIC. */
static inline bool rate_limit_take(struct rate_limit *limit, uint64_t now_ns)
{
	if (limit->per_s == 0)
		return true;
	uint64_t each = UINT64_C(1000000000) / limit->per_s;
	uint64_t room = each > 100000000 ? each : 100000000;
	uint64_t full_at = __atomic_load_n(&limit->full_at_ns, __ATOMIC_RELAXED);
	uint64_t from;
	do {
		from = full_at > now_ns ? full_at : now_ns;
		if (from + each > now_ns + room)
			return false;
	} while (!__atomic_compare_exchange_n(&limit->full_at_ns, &full_at, from + each, true,
					      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return true;
}

#endif
