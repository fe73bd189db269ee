/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * context: what all files of lib/control share: configuration, timers, counters, the log and the
 * parts. Private to the library. control.c makes and frees it. Each part knows its own data alone.
 */
#ifndef CONTROL_CONTEXT_H
#define CONTROL_CONTEXT_H

#include "control/apns.h"
#include "control/model.h"
#include "counts/retention.h"
#include "directory/gsns.h"

struct held;

struct session_store {
	struct session_config config;
	struct session_ops ops;
	struct wheel *wheel;
	uint64_t started_ms;  /* CLOCK_MONOTONIC */
	uint32_t hash_secret; /* random: no sender can predict a hash */
	uint64_t counters[SESSION_COUNTER_COUNT];
	/* Upward calls, which control.c sets: a due time of the session has come. */
	void (*changeover_is_due)(struct session_store *store, struct session *session);
	void (*keyset_is_due)(struct session_store *store, struct session *session, unsigned slot);

	struct directory *directory;
	struct gsns *gsns; /* of the directory */
	struct apns *apns;
	uint32_t ggsns;	       /* addresses that binding.c knows as a GGSN's */
	bool is_overfull_said; /* ended.c has logged it */
	uint32_t ready;	       /* sessions with a READY keyset */
	uint32_t promised;     /* places for COUNTs that operations under way may need */
	struct counts *counts;
	struct retention *retention;
	struct kept *kept;
	struct pull_manager *pulls;
	struct tunnels *tunnels;
	struct journal *journal; /* NULL: the store is not durable */
	struct {
		uint64_t told_age_s; /* age_s of the last batch */
		uint64_t retry_ms;   /* no batch before this time, after one that failed */
		/* The workers have stopped. Records get exact COUNTs, and no further COUNT may be
		 * used. */
		bool is_concluded;
	} durable;
	struct watch *watch;
	struct sweep *sweep;
	struct restarts *restarts;
	struct reconfigure *reconfigure;
	struct transactions *transactions;
	struct discard *discard;
	struct alternatives *alternatives;
};

/* Octets of the longest log line, with its NUL. Longer lines are cut. */
#define CONTROL_LINE_MAX 512

/* Hashes a tunnel and a number. A sender may choose both. The secret keeps senders from choosing
 * values that all fall into one list. */
uint32_t control_hash(const struct session_store *store, const struct tunnel *tunnel,
		      uint32_t number);
void control_count(struct session_store *store, enum session_counter counter);
void control_log(struct session_store *store, enum session_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
