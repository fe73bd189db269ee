/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session: what the control thread knows. Sessions, learned from the GTP-C that crosses the HSE, reported by
 * a GGSN, or configured; their tunnels, which it installs in the workers; their keysets, which it pulls, and changes over. One
 * thread calls all of it. It reaches the workers by commands and hears from them by events; the caller
 * carries both, so that everything here can be tested without a port.
 *
 *   learned - pulling - ready - (idle: flushed - pulling) - removed
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "counts/retention.h"
#include "datapath/command.h"
#include "e2m/e2m.h"
#include "gtp/pco.h"
#include "keys/pull.h"
#include "policy/policy.h"
#include "state/state.h"

/* COUNTs of removed keysets that can be remembered, for each session that can exist. */
#define SESSION_COUNTS_REMEMBERED 16
/* The most of those places that one IMSI may take, with what its sessions hold. 128 is enough for 4
 * keysets on 11 bearers, the most that sources that replace keysets allow. It is also enough for an
 * AKA run every 4 s during the time that an HSS remembers. */
#define SESSION_COUNTS_OF_IMSI 128

struct session_config {
	struct e2m_numbers numbers;
	uint32_t max; /* sessions */
	unsigned workers;
	uint8_t counter_octets; /* 0 to 3 */
	uint16_t replay_window; /* 0 to NPDU_WINDOW_MAX */
	uint8_t gcm_tag_octets; /* 8 or 16 */
	bool allow_null_integrity;
	/* Bit of each enum e2m_eea, e2m_eia that a keyset may have; 0: all. */
	uint32_t ciphering_allowed;
	uint32_t integrity_allowed;
	struct policy policy;
	bool learns_all; /* workers drop what they do not know: sessions without protection are learned too */
	bool pull_on_activation; /* else on the first packet */
	uint32_t changeover_s;
	uint32_t negative_cache_s; /* a refusal counts for so long */
	uint32_t idle_flush_s;	   /* keys unused for so long are wiped; 0: never */
	uint32_t count_warning;	   /* COUNT from which on to warn; 0: never */
	/* What must outlive the process is told to session_collect, and no COUNT is used before it is on
	 * disk that it may have been. */
	bool is_durable;
	uint32_t
		count_block; /* COUNTs that are reserved at once, at most; a power of two, at least 2 */
	uint64_t age_s;	     /* state_age at the start */
	struct pull_config pull;
};

enum session_log_level {
	SESSION_LOG_ERROR,
	SESSION_LOG_WARNING,
	SESSION_LOG_INFO,
	SESSION_LOG_DEBUG,
};

struct datapath_flow_view;

enum session_outcome {
	SESSION_DONE,	 /* the workers have the flows, or have them no more */
	SESSION_UNKNOWN, /* there is no such session */
	SESSION_NO_ROOM,
	SESSION_STATIC,	 /* it, or a tunnel that it names, is the configuration's */
	SESSION_TAKEN,	 /* its downlink tunnel is that of a session to be protected */
	SESSION_INVALID, /* its tunnels would be one */
	SESSION_POLICY,	 /* the policy, or hse itself, would not have it */
};

/* What the store asks of its caller. */
struct session_ops {
	/* Carries command to worker, in order; it must not be lost. */
	void (*command)(void *arg, unsigned worker, const struct datapath_command *command);
	/* What worker has of a flow; it may be a moment old. */
	void (*view_flow)(void *arg, unsigned worker, uint32_t flow,
			  struct datapath_flow_view *view);
	void (*log)(void *arg, enum session_log_level level, const char *line);
	/* What has become of the notification that was taken with number; NULL where none is taken. */
	void (*notified)(void *arg, uint64_t number, enum session_outcome outcome);
	void *arg;
};

#define SESSION_COUNTERS(X)                                                                       \
	X(LEARNED, "session.learned")                                                             \
	X(RESTORED, "session.restored") /* of an earlier process */                               \
	X(REPLACED, "session.replaced") /* Create for an IMSI and NSAPI that were there */        \
	X(REMOVED, "session.removed")                                                             \
	X(MOVED, "session.moved")			/* downlink or uplink tunnel changed */   \
	X(REKEYED, "session.rekeyed")			/* Update with another SQN or RAND */     \
	X(REFUSED_FULL, "session.refused_full")		/* no place for it or its COUNTs */       \
	X(REFUSED_QUOTA, "session.refused_quota")	/* IMSI has too many COUNTs */            \
	X(COUNTS_GIVEN_UP, "session.counts_given_up")	/* to stay within the quota */            \
	X(KEYSETS_DOUBTFUL, "session.keysets_doubtful") /* COUNTs may have been given up */       \
	X(REFUSED_TUNNEL, "session.refused_tunnel")	/* of a protected session */              \
	X(REFUSED_STATIC, "session.refused_static") /* it, or a tunnel, is the configuration's */ \
	X(CONTRADICTED, "session.contradicted")	    /* GTP-C said otherwise than who prevails */  \
	X(GSN_RESTARTS, "session.gsn_restarts")	    /* whose sessions of before ended */          \
	X(CHANGEOVERS, "session.changeovers")                                                     \
	X(KEYSETS_LEFT, "session.keysets_left")	    /* unused since the changeover */             \
	X(COUNT_WARNINGS, "session.count_warnings") /* COUNTs that came to the mark */            \
	X(KEYSETS_SPENT, "session.keysets_spent")                                                 \
	X(KEYSETS_EXPIRED, "session.keysets_expired")                                             \
	X(KEYSETS_REFUSED, "session.keysets_refused")                                             \
	X(KEYSETS_WEAK, "session.keysets_not_allowed") /* algorithms that may not be combined */  \
	X(KEYSETS_CHANGED, "session.keysets_changed")  /* other keys than before, same name */    \
	X(KEYSETS_SHARED, "session.keysets_shared")    /* of another context of the UE */         \
	X(FLUSHED, "session.flushed")		       /* keysets that lost their keys, unused */ \
	X(FLUSHED_PULLED, "session.flushed_pulled")    /* and got them again */                   \
	X(STATE_WRITES, "state.writes")		       /* batches */                              \
	X(STATE_FAILURES, "state.failures")                                                       \
	X(RESERVATIONS, "state.reservations") /* of COUNTs, asked for */                          \
	X(NOTIFICATIONS, "notification.taken")                                                    \
	X(NOTIFICATIONS_UNKNOWN, "notification.unknown_session")                                  \
	X(UNPROTECTED_AGAIN,                                                                      \
	  "session.unprotected_again")	    /* protected before, and made anew without */         \
	X(POLICY_REFUSED, "policy.refused") /* requests that a rule `drop` kept back */           \
	X(POLICY_BARRED, "policy.barred")   /* sessions to be protected, without a keyset */      \
	X(POLICY_PASSED, "policy.passed")   /* that named one, and a rule says `pass` */          \
	X(GTPC_SEEN, "gtpc.seen")                                                                 \
	X(GTPC_UNPARSED, "gtpc.unparsed")                                                         \
	X(GTPC_OTHER, "gtpc.other") /* nothing to learn from */                                   \
	X(GTPC_UNMATCHED, "gtpc.response_unmatched")                                              \
	X(GTPC_REFUSED, "gtpc.request_refused") /* by the response's Cause */                     \
	X(GTPC_UNKNOWN_SESSION, "gtpc.unknown_session")                                           \
	X(GTPC_NOT_FROM_PEER, "gtpc.not_from_peer")	    /* of a session, from elsewhere */    \
	X(GTPC_AMBIGUOUS, "gtpc.ambiguous")		    /* requests, which did not cross */   \
	X(GTPC_EXPECTED_LOST, "gtpc.expected_lost")	    /* tunnels, too many half open */     \
	X(GTPC_TRANSACTIONS_LOST, "gtpc.transactions_lost") /* too many half open */              \
	X(GTPC_RECOVERY_LATE, "gtpc.recovery_late")	    /* a restart counter from before */

enum session_counter {
#define X(symbol, name) SESSION_##symbol,
	SESSION_COUNTERS(X)
#undef X
		SESSION_COUNTER_COUNT
};

const char *session_counter_name(enum session_counter counter);

struct session_store;

/* Flows that each worker must have room for. */
uint32_t session_flows_per_worker(const struct session_config *config);

/* NULL with errno set. now_ms: CLOCK_MONOTONIC. */
struct session_store *session_store_new(const struct session_config *config,
					const struct session_ops *ops, uint64_t now_ms);
/* Wipes all keys; the workers must have stopped. */
void session_store_free(struct session_store *store);
struct pull_manager *session_pulls(struct session_store *store);

struct session_source {
	struct keysource *keysource; /* owned by the caller, as is name */
	const char *name;	     /* identifies the source, also in the state */
	bool prefetch;		     /* see pull.h */
	enum retention_memory memory;
	uint32_t short_s; /* for RETENTION_SHORT */
};
/* Call it in the order in which sources are asked, before anything is restored or asked. -ENOSPC,
 * -ENOMEM. */
int session_add_source(struct session_store *store, const struct session_source *source);

/* A GTP-C message that crosses. source and destination carry their addresses in receiver, and the port
 * in teid. worker and number name it in the RELEASE_GTPC that follows, at once or later. */
struct session_gtpc {
	enum datapath_side side;
	struct tunnel source;
	struct tunnel destination;
	const uint8_t *data;
	size_t len;
	unsigned worker;
	uint64_t number;
};
void session_take_gtpc(struct session_store *store, const struct session_gtpc *gtpc);

/* --- sessions that a GGSN or P-GW reports, and those of the configuration --- */

enum session_event { SESSION_ACTIVATE, SESSION_UPDATE, SESSION_DELETE };

/* E2M-Session-Notification, e2m.md 4. */
struct session_notification {
	enum session_event event;
	struct e2m_imsi imsi;
	uint8_t nsapi;		     /* 5 to 15 */
	uint8_t key_id;		     /* of keyset, 1 to 7 */
	struct e2m_keyset_id keyset; /* type 0: not given */
	bool has_tunnel[2];	     /* by direction */
	struct tunnel tunnel[2];
};

/* ACTIVATE, which has a keyset and both tunnels, makes the session, or replaces it; UPDATE moves the tunnels
 * that are given and activates the keyset; DELETE ends it, unless it names tunnels that are not the session's.
 * ops.notified is called with number once, when that is done, from here or later. From then on GTP-C that says
 * otherwise of the session changes nothing but the control TEIDs, which nobody else says; that its context is
 * deleted, or its tunnel another's, ends it. */
void session_take_notification(struct session_store *store,
			       const struct session_notification *notification, uint64_t number);

/* Makes the sessions of the configuration, each an ACTIVATE, once: after all that was restored. Neither GTP-C nor
 * notifications change or end them. Those of an earlier process that are not among them end. Returns how many
 * found no room; the log has them. */
size_t session_make_static(struct session_store *store,
			   const struct session_notification *activations, size_t count);

/* Any other event of a worker. */
void session_take_event(struct session_store *store, unsigned worker,
			const struct datapath_event *event);

/*
 * Replaces the configuration: policy, allowed algorithms, pull_on_activation, changeover_s,
 * negative_cache_s, idle_flush_s, count_warning and pull. All other settings stay. Stricter rules
 * apply to all sessions. A session that must be protected now and has no keyset is barred. No
 * packet of a session that must be dropped crosses any more. A keyset with algorithms that are no
 * longer allowed is refused. Laxer rules apply to sessions that are made later. config's policy
 * must stay valid until the next call.
 */
void session_reconfigure(struct session_store *store, const struct session_config *config);

/* Timers; sends the pulls that wait. Call often, every 10 ms at least. */
void session_advance(struct session_store *store, uint64_t now_ms);

/* --- what outlives the process: with is_durable --- */

/* Fills batch with what has changed and is not on disk; false: there is nothing to write now. The next may be
 * collected when session_written has heard what has become of this one. */
bool session_collect(struct session_store *store, struct state_batch *batch);
/* error: 0 when all of batch is on disk, else why nothing of it is. */
void session_written(struct session_store *store, const struct state_batch *batch, int error);
/* After the workers have stopped: from now on session_collect gives COUNTs as they are, so that after a clean
 * stop none is skipped, nor refused. */
void session_conclude(struct session_store *store);

/* Restores records of an earlier process, before anything else: first all COUNTs, then their
 * retention, then sessions in the order of ids. -ENOSPC: config.max is too small for the sessions,
 * or retention has too many source names. -ENOMEM. Nothing is sent to the workers yet. */
int session_restore(struct session_store *store, const struct state_session *record);
int session_restore_counts(struct session_store *store, const struct state_counts *record);
int session_restore_retention(struct session_store *store, const struct state_retention *record);
/* Then, until it returns 0: makes the flows of sessions from id first on, up to count, and returns where to go
 * on. Commands and events must be carried in between. */
uint32_t session_restart(struct session_store *store, uint32_t first, uint32_t count);

/* --- for people --- */

/* Of a keyset's keys, in the memory that workers read. */
#define SESSION_KEY_OCTETS 64

struct session_totals {
	uint32_t sessions;
	uint32_t ready; /* can protect and open */
	uint32_t max;
	int state_error;      /* why the last batch was not written, for state_strerror */
	size_t octets;	      /* control's memory for one session at rest, without keys */
	size_t octets_keyset; /* for each keyset that sessions hold, or with kept COUNTs */
	size_t octets_remembered; /* for the COUNTs of a keyset and bearer that have left their session */
};
void session_totals(const struct session_store *store, struct session_totals *totals);
uint64_t session_count(const struct session_store *store, enum session_counter counter);

struct session_flow_ref {
	bool live;
	unsigned worker;
	uint32_t number;
	struct tunnel tunnel;
};

struct session_view {
	uint32_t id;
	struct e2m_imsi imsi;
	uint8_t nsapi;
	/* "learned", "pulling", "ready" or "flushed". Without a keyset: "barred" or "clear". With
	 * an unusable keyset, the reason: "user_unknown", "not_available", "not_authorized",
	 * "not_allowed" (its algorithms), "other_keys" (than before), "unusable" or "expired". */
	const char *state;
	const char *origin; /* "gtpc", "notification", "configuration": who has the last word */
	struct session_flow_ref uplink, downlink;
	struct e2m_keyset_id keyset; /* of the latest activation */
	uint8_t key_id;
	uint8_t slot;
	bool count_warning; /* a COUNT nears its end */
	/* Uplink PDUs that recovered COUNT after an outage, and PDUs that alone were not enough:
	 * e2m.md 7 "Recovery". */
	uint32_t recovered;
	uint32_t recovery_pending;
	enum e2m_eea eea; /* valid once ready */
	enum e2m_eia eia;
};

/* Views sessions from id first on, up to max; *next is where to go on, 0 at the end. Ids start at 1. */
size_t session_view_from(const struct session_store *store, uint32_t first,
			 struct session_view *views, size_t max, uint32_t *next);

#endif
