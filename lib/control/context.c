/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/context.h"

#include <rte_jhash.h>
#include <stdarg.h>
#include <stdio.h>

const char *session_counter_name(enum session_counter counter)
{
	static const char *const names[] = {
#define X(symbol, name) [SESSION_##symbol] = name,
		SESSION_COUNTERS(X)
#undef X
	};

	return names[counter];
}

uint32_t control_hash(const struct session_store *store, const struct tunnel *tunnel,
		      uint32_t number)
{
	const uint32_t hash =
		rte_jhash(tunnel->receiver, sizeof(tunnel->receiver), store->hash_secret);

	return rte_jhash_2words(tunnel->teid, number, hash);
}

void control_count(struct session_store *store, enum session_counter counter)
{
	store->counters[counter]++;
}

uint64_t session_count(const struct session_store *store, enum session_counter counter)
{
	return store->counters[counter];
}

void control_log(struct session_store *store, enum session_log_level level, const char *format, ...)
{
	char line[CONTROL_LINE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	store->ops.log(store->ops.arg, level, line);
}
