/* SPDX-License-Identifier: BSD-3-Clause */
/* rate_limit: so many events a second and no more, for several threads: a token bucket that holds a
 * tenth of a second's worth, at least one. */
#ifndef HSS_RATE_LIMIT_H
#define HSS_RATE_LIMIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct rate_limit {
	pthread_mutex_t lock;
	uint32_t per_s;	     /* 0: no limit */
	uint64_t free_at_ns; /* when the bucket will be full again */
};

#define RATE_LIMIT_INIT(rate)                                       \
	{                                                           \
		.lock = PTHREAD_MUTEX_INITIALIZER, .per_s = (rate), \
	}

/* now_ns: of CLOCK_MONOTONIC. */
static inline bool rate_limit_take(struct rate_limit *limit, uint64_t now_ns)
{
	if (limit->per_s == 0)
		return true;
	uint64_t each = UINT64_C(1000000000) / limit->per_s;
	uint64_t room = each > 100000000 ? each : 100000000;
	pthread_mutex_lock(&limit->lock);
	uint64_t from = limit->free_at_ns > now_ns ? limit->free_at_ns : now_ns;
	bool ok = from + each <= now_ns + room;
	if (ok)
		limit->free_at_ns = from + each;
	pthread_mutex_unlock(&limit->lock);
	return ok;
}

#endif
