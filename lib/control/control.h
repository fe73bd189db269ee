/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * control: the public header of lib/control, for the application. The library keeps sessions, their
 * tunnels and their keysets. A session is learned from GTP-C that crosses the HSE, reported by a
 * GGSN or P-GW, or configured. The library installs tunnels in the workers, pulls keysets, and
 * changes over between keysets.
 *
 * One thread calls all functions. The library sends commands to workers and takes their events. The
 * caller carries both, so that tests need no port.
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
#include "gtp/gtpc.h"
#include "gtp/pco.h"
#include "gtp/pdp_address.h"
#include "keys/pull.h"
#include "policy/policy.h"
#include "state/state.h"

/* COUNTs of removed keysets that can be remembered, for each session of config.max. */
#define SESSION_COUNTS_REMEMBERED 16
/* Places for COUNTs that one IMSI may use, including those for the keysets of its sessions. 128 is
 * enough for 4 keysets on 11 bearers: sources that replace keysets allow no more. It is also enough
 * for an AKA run every 4 s during the time that an HSS remembers. */
#define SESSION_COUNTS_OF_IMSI 128

struct session_config {
	struct e2m_numbers numbers;
	uint32_t max;		  /* protected sessions */
	uint32_t unprotected_max; /* sessions without protection, and what guards after an end */
	unsigned workers;
	uint8_t counter_octets; /* 0 to 3 */
	uint16_t replay_window; /* 0 to NPDU_WINDOW_MAX */
	uint8_t gcm_tag_octets; /* 8 or 16 */
	bool allow_null_integrity;
	/* Masks of the enum e2m_eea and e2m_eia values that a keyset may have. 0: all. */
	uint32_t ciphering_allowed;
	uint32_t integrity_allowed;
	struct policy policy;
	bool pull_on_activation; /* false: pull on the first packet */
	uint32_t changeover_s;
	uint32_t negative_cache_s; /* a refused keyset is not pulled again for this time */
	uint32_t idle_flush_s;	   /* keys unused for this time are wiped; 0: never */
	uint32_t count_warning;	   /* COUNT at which to warn; 0: never */
	/* Sessions and COUNTs outlive the process: session_collect gives the caller what must be on
	 * disk. No COUNT is used before the disk says that it may have been used. */
	bool is_durable;
	/* Most COUNTs that are reserved at once: a power of two, at least 2. */
	uint32_t count_block;
	uint64_t age_s; /* state_age at the start, in seconds */
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
	SESSION_DONE,	 /* the workers have carried it out */
	SESSION_UNKNOWN, /* no such session */
	SESSION_NO_ROOM,
	SESSION_STATIC,	 /* the session, or a tunnel that it names, is configured */
	SESSION_TAKEN,	 /* another session claims its tunnel, which is barred for both */
	SESSION_INVALID, /* its two tunnels are the same */
	SESSION_POLICY,	 /* refused by the policy or by hse's own rules */
};

/* Callbacks to the caller. Each gets arg. */
struct session_ops {
	/* Sends command to worker, in order. A command must not be lost. */
	void (*command)(void *arg, unsigned worker, const struct datapath_command *command);
	/* Fills view with what worker has of a flow. It may be a moment old. */
	void (*view_flow)(void *arg, unsigned worker, uint32_t flow,
			  struct datapath_flow_view *view);
	void (*log)(void *arg, enum session_log_level level, const char *line);
	/* Reports the outcome of the notification with this number. NULL: none is ever taken. */
	void (*notified)(void *arg, uint64_t number, enum session_outcome outcome);
	void *arg;
};

#define SESSION_COUNTERS(X)                                                                        \
	X(LEARNED, "session.learned")                                                              \
	X(RESTORED, "session.restored") /* from an earlier process */                              \
	X(REPLACED, "session.replaced") /* Create for a known IMSI and NSAPI */                    \
	X(REMOVED, "session.removed")                                                              \
	X(MOVED, "session.moved")		    /* downlink or uplink tunnel changed */        \
	X(TUNNELS_LOST, "session.tunnels_lost")	    /* given to another session */                 \
	X(TUNNELS_BARRED, "session.tunnels_barred") /* claimed by two sessions */                  \
	X(ADDRESSES_LOST, "session.addresses_lost") /* the same */                                 \
	X(ENDED_LOST, "session.ended_lost")	    /* no place for what ended sessions leave */   \
	X(UNBOUND, "session.unbound")		/* made, without all addresses of its PDN type */  \
	X(REKEYED, "session.rekeyed")		/* Update with another SQN or RAND */              \
	X(REFUSED_FULL, "session.refused_full") /* no place for a session or its COUNTs */         \
	X(REFUSED_QUOTA, "session.refused_quota")	/* the IMSI has too many COUNTs */         \
	X(COUNTS_GIVEN_UP, "session.counts_given_up")	/* to make room for others */              \
	X(KEYSETS_DOUBTFUL, "session.keysets_doubtful") /* COUNTs may have been given up */        \
	X(REFUSED_TUNNEL, "session.refused_tunnel") /* of another session with the same address */ \
	X(REFUSED_STATIC, "session.refused_static") /* session or tunnel is configured */          \
	X(CONTRADICTED, "session.contradicted")	    /* GTP-C without the last word */              \
	X(GSN_RESTARTS, "session.gsn_restarts")	    /* their earlier sessions ended */             \
	X(CHANGEOVERS, "session.changeovers")                                                      \
	X(KEYSETS_LEFT, "session.keysets_left")	    /* dropped after a changeover */               \
	X(COUNT_WARNINGS, "session.count_warnings") /* COUNT has reached the mark */               \
	X(KEYSETS_SPENT, "session.keysets_spent")                                                  \
	X(KEYSETS_EXPIRED, "session.keysets_expired")                                              \
	X(KEYSETS_REFUSED, "session.keysets_refused")                                              \
	X(KEYSETS_WEAK, "session.keysets_not_allowed") /* algorithms that are not allowed */       \
	X(KEYSETS_CHANGED, "session.keysets_changed")  /* other keys under the same name */        \
	X(KEYSETS_SHARED, "session.keysets_shared")    /* with another context of the UE */        \
	X(FLUSHED, "session.flushed")		       /* keys of unused keysets wiped */          \
	X(FLUSHED_PULLED, "session.flushed_pulled")    /* keys pulled again after that */          \
	X(STATE_WRITES, "state.writes")		       /* batches */                               \
	X(STATE_FAILURES, "state.failures")                                                        \
	X(RESERVATIONS, "state.reservations") /* requests to reserve COUNTs */                     \
	X(NOTIFICATIONS, "notification.taken")                                                     \
	X(NOTIFICATIONS_UNKNOWN, "notification.unknown_session")                                   \
	X(UNPROTECTED_AGAIN, "session.unprotected_again") /* made anew without protection */       \
	X(POLICY_REFUSED, "policy.refused")		  /* requests stopped by the policy */     \
	X(POLICY_BARRED, "policy.barred")		  /* must be protected, have no keyset */  \
	X(POLICY_PASSED, "policy.passed")		  /* named a keyset, rule says `pass` */   \
	X(GTPC_SEEN, "gtpc.seen")                                                                  \
	X(GTPC_OTHER, "gtpc.other") /* nothing to learn from */                                    \
	X(GTPC_REPEATED, "gtpc.response_repeated")                                                 \
	X(GTPC_DROP_MALFORMED, "gtpc.drop.malformed")                                              \
	X(GTPC_DROP_MANDATORY, "gtpc.drop.mandatory")                                              \
	X(GTPC_DROP_NO_SEQUENCE, "gtpc.drop.no_sequence")                                          \
	X(GTPC_DROP_NO_REQUEST, "gtpc.drop.no_request")                                            \
	X(GTPC_DROP_AMBIGUOUS, "gtpc.drop.ambiguous")                                              \
	X(GTPC_REFUSED, "gtpc.request_refused") /* by the response's Cause */                      \
	X(GTPC_UNKNOWN_SESSION, "gtpc.unknown_session")                                            \
	X(GTPC_NOT_FROM_PEER, "gtpc.not_from_peer")	    /* sender is not the session's peer */ \
	X(GTPC_EXPECTED_LOST, "gtpc.expected_lost")	    /* too many expected tunnels */        \
	X(GTPC_TRANSACTIONS_LOST, "gtpc.transactions_lost") /* too many open requests */           \
	X(GTPC_RECOVERY_LATE, "gtpc.recovery_late")	    /* older than the last counter */

enum session_counter {
#define X(symbol, name) SESSION_##symbol,
	SESSION_COUNTERS(X)
#undef X
		SESSION_COUNTER_COUNT
};

const char *session_counter_name(enum session_counter counter);

struct session_store;

/* Returns the number of flows that each worker must have room for. */
uint32_t session_flows_per_worker(const struct session_config *config);

/* Makes a store. config and ops are copied; config's policy must stay valid until
 * session_reconfigure. now_ms: CLOCK_MONOTONIC. Returns NULL with errno ENOMEM. */
struct session_store *session_store_new(const struct session_config *config,
					const struct session_ops *ops, uint64_t now_ms);
/* Wipes all keys and frees the store. The workers must have stopped. */
void session_store_free(struct session_store *store);
/* The sessions by tunnel and by address, for the workers. Owned by the store. */
const struct directory *session_directory(const struct session_store *store);
/* The pull manager is owned by the store. */
struct pull_manager *session_pulls(struct session_store *store);

struct session_source {
	struct keysource *keysource; /* owned by the caller, as is name */
	const char *name;	     /* identifies the source, in the state too */
	bool prefetch;		     /* see pull.h */
	enum retention_memory memory;
	uint32_t short_s; /* seconds, for RETENTION_SHORT */
};
/* Adds a key source. Sources are asked in the order of these calls. Call it before anything is
 * restored or asked. Returns 0, -ENOSPC or -ENOMEM. */
int session_add_source(struct session_store *store, const struct session_source *source);

/* A GTP-C message that crosses. source and destination have the address in receiver and the UDP
 * port in teid. data is not used after the call. worker and number identify the message in the
 * RELEASE_GTPC or DISCARD_GTPC that follows, at once or later. */
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
	struct pdp_address address; /* versions that are not given are PDP_UNBOUND */
	uint8_t apn_len;	    /* 0: not given */
	uint8_t apn[GTP_APN_MAX];   /* as in an Access Point Name IE */
	/* Networks behind the UE. A list that is given replaces the session's. */
	uint8_t lists; /* bit of each enum pdp_network_list that is given */
	uint8_t networks_count;
	struct pdp_network networks[PDP_NETWORKS_MAX];
};

/*
 * Takes a notification (e2m.md 4).
 *
 * ACTIVATE has a keyset and both tunnels. It makes the session or replaces it. UPDATE moves the
 * given tunnels and activates the keyset. DELETE ends the session, unless it names tunnels that the
 * session does not have.
 *
 * ops.notified is called once with number when workers and disk have the result, during the call
 * or later. From then on, GTP-C that contradicts the notification changes only the control TEIDs,
 * which no notification has. GTP-C still ends the session if it deletes the context, or if it gives
 * its tunnel to another session.
 */
void session_take_notification(struct session_store *store,
			       const struct session_notification *notification, uint64_t number);

/* Makes the sessions of the configuration. Each activation is an ACTIVATE. Call it once, after
 * everything was restored. Neither GTP-C nor notifications change or end these sessions. Static
 * sessions of an earlier process that are not among activations end. Returns the number of sessions
 * that found no room; each is logged. */
size_t session_make_static(struct session_store *store,
			   const struct session_notification *activations, size_t count);

/* Takes an event of a worker that is not about a GTP-C message. */
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

/* Runs timers and sends waiting pulls. now_ms: CLOCK_MONOTONIC. Call it at least every 10 ms. */
void session_advance(struct session_store *store, uint64_t now_ms);

/* --- what outlives the process, if is_durable --- */

/* Fills batch with changes that are not on disk. Returns false if there is nothing to write now.
 * Call session_written for this batch before the next session_collect. */
bool session_collect(struct session_store *store, struct state_batch *batch);
/* Takes the result of a batch. error 0: all of it is on disk. Otherwise none of it is, and error
 * says why. */
void session_written(struct session_store *store, const struct state_batch *batch, int error);
/* Call it after the workers have stopped. From then on session_collect gives exact COUNTs, so that
 * no COUNT is skipped or refused after a clean stop. */
void session_conclude(struct session_store *store);

/* Restore records of an earlier process, before anything but session_add_source. First restore all
 * COUNTs, then their retention, then sessions in the order of ids, then entries in the order of
 * their numbers. Nothing is sent to the workers yet. Return 0, -ENOMEM or -ENOSPC: config.max or
 * unprotected_max is too small, or retention has too many source names. */
int session_restore(struct session_store *store, const struct state_session *record);
int session_restore_entry(struct session_store *store, const struct state_entry *record);
int session_restore_counts(struct session_store *store, const struct state_counts *record);
int session_restore_retention(struct session_store *store, const struct state_retention *record);
/* Then makes the flows of restored sessions. Looks at up to count ids from first on, and returns
 * the id to go on with, or 0 at the end. Call it until it returns 0, and carry commands and events
 * between calls. */
uint32_t session_restart(struct session_store *store, uint32_t first, uint32_t count);

/* --- for people --- */

/* Octets of one keyset's keys in the memory that workers read. */
#define SESSION_KEY_OCTETS 64

struct session_totals {
	uint32_t sessions; /* protected */
	uint32_t ready;	   /* with a READY keyset */
	uint32_t max;
	uint32_t unprotected;
	uint32_t ended; /* protected sessions that have ended, and guard tunnels and addresses */
	uint32_t unprotected_max;  /* unprotected and ended ones together */
	int state_error;	   /* why the last batch was not written, for state_strerror */
	size_t octets;		   /* control's memory for one session at rest, without keys */
	size_t octets_unprotected; /* the same for one without protection */
	size_t octets_keyset;	   /* for each keyset of a session or with kept COUNTs */
	size_t octets_remembered;  /* for the kept COUNTs of one keyset and bearer */
};
void session_totals(const struct session_store *store, struct session_totals *totals);
/* Returns the value of a counter since the start of the store. */
uint64_t session_count(const struct session_store *store, enum session_counter counter);
/* Returns how many GTP-C messages of a version, 1 or 2, and a type have crossed that say nothing of tunnels. */
uint64_t session_crossed(const struct session_store *store, unsigned version, uint8_t type);

struct session_flow_ref {
	bool live;
	unsigned worker;
	uint32_t number;
	struct tunnel tunnel;
};

/* Networks of a session that a view shows; a session may have more. */
#define SESSION_VIEW_NETWORKS 4

struct session_view {
	uint32_t id;
	/* "protected", "unprotected" or "ended": one that was protected, and whose tunnels and addresses
	 * are guarded until others get them. */
	const char *kind;
	struct e2m_imsi imsi;
	uint8_t nsapi;
	uint8_t primary; /* NSAPI of the context that has the address */
	struct pdp_address address;
	uint8_t apn_len; /* 0: not known */
	uint8_t apn[GTP_APN_MAX];
	unsigned networks_count; /* all behind the UE; the first of them are in networks */
	struct pdp_prefix networks[SESSION_VIEW_NETWORKS];
	/* "learned", "pulling", "ready" or "flushed". Without a keyset: "barred" or "clear". With
	 * an unusable keyset, the reason: "user_unknown", "not_available", "not_authorized",
	 * "not_allowed" (its algorithms), "other_keys" (than before), "unusable" or "expired". An ended
	 * session is "barred". */
	const char *state;
	const char *origin; /* which has the last word: "gtpc", "notification" or "configuration" */
	struct session_flow_ref uplink, downlink;
	struct e2m_keyset_id keyset; /* of the latest activation */
	uint8_t key_id;
	uint8_t slot;
	bool count_warning; /* a COUNT has reached count_warning */
	/* Uplink PDUs after which COUNT was recovered, and PDUs that alone were not enough (e2m.md
	 * 7 "Recovery"). */
	uint32_t recovered;
	uint32_t recovery_pending;
	enum e2m_eea eea; /* valid once ready */
	enum e2m_eia eia;
};

/* Which sessions to view. All zero: all that have not ended. */
struct session_filter {
	struct e2m_imsi imsi; /* empty: any */
	struct pdp_prefix
		address; /* length 0: any. A host, or a network: of which a session has a part */
	bool has_teid;
	uint32_t teid; /* of one of the session's tunnels, user plane or control */
	bool with_ended;
};

/* Fills views with up to max sessions that match, from id first on. Ids start at 1. filter NULL: as all
 * zero. Looks at a bounded number of sessions. *next is the id to go on with, or 0 at the end. Returns
 * the number of views. */
size_t session_view_from(const struct session_store *store, const struct session_filter *filter,
			 uint32_t first, struct session_view *views, size_t max, uint32_t *next);

#endif
