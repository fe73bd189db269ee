/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * context: what all files of this library share: configuration, timers, counters, the log, and the parts, each of which
 * knows its own data alone. control.c makes and frees it.
 */
#ifndef CONTROL_CONTEXT_H
#define CONTROL_CONTEXT_H

#include "control/apns.h"
#include "control/gsns.h"
#include "control/model.h"
#include "counts/retention.h"

struct held;

struct session_store {
	struct session_config config;
	struct session_ops ops;
	struct wheel *wheel;
	uint64_t started_ms;  /* CLOCK_MONOTONIC */
	uint32_t hash_secret; /* no sender can foresee it */
	uint64_t counters[SESSION_COUNTER_COUNT];
	/* Calls upwards that control.c sets: a due time of the session has come. */
	void (*changeover_is_due)(struct session_store *store, struct session *session);
	void (*keyset_is_due)(struct session_store *store, struct session *session, unsigned slot);

	struct gsns *gsns;
	struct apns *apns;
	struct table *table;
	uint32_t ready;	   /* sessions that can protect and open */
	uint32_t promised; /* COUNTs that operations under way may have to remember */
	struct counts *counts;
	struct retention *retention;
	struct kept *kept;
	struct pull_manager *pulls;
	struct tunnels *tunnels;
	struct journal *journal; /* NULL: not durable */
	struct {
		uint64_t told_age_s; /* in the last batch */
		uint64_t retry_ms;   /* not before: the last batch could not be written */
		/* The workers have stopped: records have exact COUNTs, and no COUNT may be used any more. */
		bool is_concluded;
	} durable;
	struct watch *watch;
	struct sweep *sweep;
	struct reconfigure *reconfigure;
	struct transactions *transactions;
};

/* The longest line of the log, with its NUL; what is longer is cut. */
#define CONTROL_LINE_MAX 512

/* Hash of a tunnel and a number that a sender chooses. The secret keeps a sender from choosing them so that all
 * fall into one list. */
uint32_t control_hash(const struct session_store *store, const struct tunnel *tunnel,
		      uint32_t number);
void control_count(struct session_store *store, enum session_counter counter);
void control_log(struct session_store *store, enum session_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
