/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * store: the session struct and the indexes, private to this library.
 */
#ifndef CONTROL_STORE_H
#define CONTROL_STORE_H

#include <sys/queue.h>

#include "control/apns.h"
#include "control/control.h"
#include "control/gsns.h"
#include "control/transactions.h"
#include "counts/counts.h"
#include "counts/retention.h"
#include "npdu/npdu.h"

enum session_direction { UP = E2M_UPLINK, DOWN = E2M_DOWNLINK };

/* How sessions are found. */
enum session_index {
	INDEX_SUBSCRIBER,   /* IMSI, NSAPI */
	INDEX_CONTROL_SGSN, /* TEID Control Plane at the SGSN, its address, NSAPI */
	INDEX_CONTROL_GGSN, /* at the GGSN */
	INDEX_TUNNEL_UP,
	INDEX_TUNNEL_DOWN,
	SESSION_INDEXES,
};

/* COUNTs of one direction that may be used: ceilings.c. */
struct session_ceiling {
	uint32_t granted; /* on disk: those below it may be */
	uint16_t asked;	  /* when more were last asked for */
	uint8_t ahead;	  /* beyond what was needed then: 2^(ahead - 1); 0: none */
};

/* A million of them: what a session needs only now and then is in struct session_work. */
/* Why a keyset is FAILED. */
enum keyset_failure {
	FAILURE_USER_UNKNOWN, /* final answers of the sources */
	FAILURE_NOT_AVAILABLE,
	FAILURE_NOT_AUTHORIZED,
	FAILURE_NOT_ALLOWED, /* the configuration does not allow its algorithms */
	FAILURE_OTHER_KEYS,  /* the keys differ from earlier keys under the same name */
	FAILURE_UNUSABLE,    /* no memory, or the cipher library refused it */
	FAILURE_EXPIRED,     /* its lifetime has ended */
	FAILURES,
};

struct session_keyset {
	struct e2m_keyset_id id;
	uint8_t key_id : 3;
	uint8_t state : 2; /* enum datapath_key_state, the same in both flows */
	bool refusal_said : 1;
	bool authenticated : 1; /* an uplink PDU under it was */
	bool is_known : 1;	/* pulled once: it has a fingerprint, and COUNTs in use */
	uint8_t eea : 5;
	uint8_t failure : 3; /* enum keyset_failure, if FAILED */
	uint8_t eia : 5;
	uint8_t idle : 2; /* consecutive checks that saw no use */
	bool count_warned : 1;
	struct counts_fingerprint fingerprint;
	uint32_t lifetime_s;
	uint32_t due;  /* FAILED: the refusal ends; else the lifetime does */
	uint32_t seen; /* sum of its COUNTs at the last look */
	/* Of the directions whose flow is not live; else the worker's are the truth. */
	struct counts_value count;
	struct session_ceiling ceiling[2]; /* by direction */
	struct npdu_key *key;		   /* MISSING: has come, but operations are under way */
};

struct operation;
TAILQ_HEAD(operation_list, operation);

struct session_waiter {
	struct pull_waiter waiter;
	uint32_t session;
	unsigned slot;
};

/* While anything of it is under way. */
struct session_work {
	struct operation_list operations; /* the first is under way */
	struct session_waiter waiters[DATAPATH_KEYSETS];
	uint32_t wanted[DATAPATH_KEYSETS][2]; /* ceilings that are to be on disk; 0: none */
};

/* struct tunnel without the address: few GSNs have many tunnels. */
struct session_tunnel {
	uint32_t gsn; /* in the store's gsns; 0: none yet */
	uint32_t teid;
};

/* Who has the last word on a session. As in struct state_session. */
enum session_origin {
	ORIGIN_GTPC,
	ORIGIN_NOTIFICATION,
	ORIGIN_CONFIGURATION,
};

struct session_flow {
	struct session_tunnel tunnel;
	uint32_t number; /* at its worker */
	uint8_t worker;
	bool live;
};

struct session {
	uint32_t serial; /* of the Create that made it what it is; 0: not in use */
	uint32_t link[SESSION_INDEXES];
	uint64_t imsi;			    /* store_imsi */
	struct session_tunnel control_sgsn; /* none, if no GTP-C was seen */
	struct session_tunnel control_ggsn;
	struct session_flow flow[2]; /* by direction */
	uint8_t indexed;	     /* bit of each index */
	uint8_t nsapi;
	uint8_t primary;	   /* NSAPI of the context whose PDP address it shares; its own */
	uint8_t newest : 1;	   /* keyset's place of the latest activation */
	uint8_t downlink_slot : 1; /* what downlink uses */
	uint8_t counter_octets : 2;
	uint8_t origin : 2; /* enum session_origin */
	uint8_t contradiction_said : 1;
	uint8_t is_passed_over : 1; /* passed over in the latest round of reconfigure.c */
	uint8_t policy : 2;	    /* enum policy_action that made it, or a stricter one since */
	uint16_t apn;		    /* number in the store's apns; 0: not known */
	uint8_t given_by[DATAPATH_KEYSETS]; /* by place: bit of each source that gave the keyset */
	uint32_t changeover_due; /* downlink uses the newest keyset; when it does, the other goes */
	uint32_t recovered;	 /* uplink PDUs that recovered COUNT: outages.c */
	uint32_t recovery_pending; /* uplink PDUs that alone were not enough */
	struct wheel_timer timer;  /* for the first due time, or one that is no more */
	struct session_work *work; /* NULL: nothing is under way */
	struct session_keyset keysets[DATAPATH_KEYSETS];
};

/* A stopped flow that still drops late packets. */
struct late_tunnel {
	struct wheel_timer timer;
	LIST_ENTRY(late_tunnel) entry;
	TAILQ_ENTRY(late_tunnel) age;
	struct session_store *store;
	struct tunnel tunnel;
	unsigned worker;
	uint32_t number;
};

LIST_HEAD(late_list, late_tunnel);
TAILQ_HEAD(late_queue, late_tunnel);
#define LINGER_LISTS 4096

struct expected;
LIST_HEAD(expected_list, expected);
TAILQ_HEAD(expected_queue, expected);
#define EXPECTED_LISTS 2048
#define EXPECTED_MAX   4096

/* A key that workers may still read, and the COUNTs that they have of its keyset. */
struct retired {
	LIST_ENTRY(retired) entry;
	struct session_store *store;
	struct npdu_key *key;
	bool has_counts; /* its keyset left the session */
	struct counts_key counts_key;
	struct counts_value counts;
	unsigned pending; /* acknowledgements */
};

LIST_HEAD(retired_list, retired);

struct held;
TAILQ_HEAD(held_queue, held);

/* What is to be on disk: changes.c. */
struct changes {
	uint32_t *ids; /* of sessions that wait: a ring of config.max + 1 */
	bool *waits;   /* by id */
	uint32_t first, count;
	/* Notes so far, those that are collected, and those that are on disk. */
	uint64_t noted, collected, written;
	struct held_queue held; /* they wait for their notes to be written */
	uint64_t told_age_s;
	uint64_t retry_ms;
	int error;    /* of the last batch */
	bool is_last; /* the workers have stopped: COUNTs are exact, and nothing is reserved */
};

struct session_store {
	struct session_config config;
	struct session_ops ops;
	struct wheel *wheel;
	uint64_t started_ms;
	struct counts *counts;
	struct retention *retention;
	struct pull_manager *pulls;
	struct session_source sources[PULL_SOURCES_MAX];
	uint8_t files_unread; /* bit of each file source that is not read yet */
	uint64_t counters[SESSION_COUNTER_COUNT];

	struct session *sessions; /* [1..max]; 0 stands for none */
	uint32_t in_use;
	uint32_t highest;    /* id that was ever in use */
	uint32_t free_first; /* below it: linked by INDEX_SUBSCRIBER's link */
	uint32_t ready;
	uint64_t given_up_said_ms; /* 0: never */
	uint32_t promised;	   /* COUNTs that operations under way may have to remember */
	uint32_t last_serial;
	uint32_t *heads[SESSION_INDEXES];
	uint32_t heads_count; /* of each index */
	struct gsns *gsns;
	struct apns *apns;

	uint32_t **free_flows; /* by worker: numbers of flows not in use */
	uint32_t *free_flow_counts;
	struct late_list lingers[LINGER_LISTS];
	struct late_queue *lingers_by_age; /* by worker */
	struct retired_list retired;

	struct expected_list expected[EXPECTED_LISTS];
	struct expected_list expected_over; /* that a worker has still to acknowledge */
	struct expected_queue expected_by_age;
	uint32_t expected_count;

	struct {
		struct wheel_timer timer;
		uint64_t round_began_ms;
		uint32_t looked_at; /* ids, in this round */
		uint32_t rounds;
	} watch;

	struct changes changes;

	struct {
		uint64_t second; /* the second in which lines are counted */
		uint32_t lines;
		uint32_t unsaid;
	} outages;

	struct {
		struct wheel_timer timer;
		uint32_t looked_at; /* ids, in this round */
		bool again;	    /* another round after it */
	} sweep;

	struct {
		struct wheel_timer timer;
		uint32_t looked_at; /* ids checked in this round */
		bool has_passed_over; /* sessions with an operation under way: another round follows */
		bool is_after;	      /* this is such a second round */
		uint8_t rounds;	      /* rounds begun over all sessions */
		uint32_t barred, forbidden; /* in this round */
	} reconfigure;

	struct transactions transactions;
};

/* --- store.c --- */

/* NULL: no place left. */
struct session *store_new_session(struct session_store *store, const struct e2m_imsi *imsi,
				  uint8_t nsapi);
/* The same in a place that no session has had, above all that have. */
struct session *store_restore_session(struct session_store *store, uint32_t id,
				      const struct e2m_imsi *imsi, uint8_t nsapi);
void store_free_session(struct session_store *store, struct session *session);
/* Of a Create: tells a session from the one that had its place, or its IMSI and NSAPI, before. */
uint32_t store_next_serial(struct session_store *store);
static inline bool store_is_later(uint32_t serial, uint32_t than)
{
	return (int32_t)(serial - than) > 0;
}

/* Stores the APN that the policy was checked with when the session was made. */
void store_set_apn(struct session_store *store, struct session *session, struct apn_ref apn);

struct session *store_find_subscriber(struct session_store *store, const struct e2m_imsi *imsi,
				      uint8_t nsapi);
/* Iterates over the sessions of a subscriber: after is NULL at first. NULL: no more. */
struct session *store_next_of_subscriber(struct session_store *store, const struct e2m_imsi *imsi,
					 const struct session *after);
/* which: INDEX_CONTROL_SGSN or INDEX_CONTROL_GGSN. */
struct session *store_find_control(struct session_store *store, enum session_index which,
				   const struct tunnel *control, uint8_t nsapi);
/* Whose live flow has the tunnel, in whichever direction: workers know a tunnel once. */
struct session *store_find_tunnel(struct session_store *store, const struct tunnel *tunnel,
				  enum session_direction *direction);
/* Places for COUNTs that were promised, or that the keysets of sessions need when they leave. */
uint32_t store_places_taken(const struct session_store *store);
/* True when so many more COUNTs would find a place beside those of all keysets that sessions hold. */
bool store_has_room(const struct session_store *store, uint32_t counts);

/* Puts the session under the key that it has now, if it has one, and takes it out again, which must be done
 * before the key changes. */
void store_index(struct session_store *store, struct session *session, enum session_index which);
void store_unindex(struct session_store *store, struct session *session, enum session_index which);

struct session *store_session(struct session_store *store, uint32_t id);
uint32_t store_id(const struct session_store *store, const struct session *session);
struct e2m_imsi store_imsi(const struct session *session);
struct tunnel store_tunnel(const struct session_store *store, const struct session_tunnel *tunnel);
/* A value without an address is none. -ENOMEM: it is as before. An index that it is a key of must not have the
 * session. */
int store_set_tunnel(struct session_store *store, struct session_tunnel *tunnel,
		     const struct tunnel *value);
/* The session that an event is about, if flow is still its own, and which of its flows that is; NULL when it was
 * meant for another. */
struct session *store_session_of_event(struct session_store *store, unsigned worker,
				       const struct datapath_event *event,
				       enum session_direction *direction);

void store_count(struct session_store *store, enum session_counter counter);
void store_log(struct session_store *store, enum session_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* --- sources.c: key sources, and what they release --- */

/* -ENOMEM. */
int sources_make_retention(struct session_store *store);
void sources_init(struct session_store *store);
/* Takes over files that were read since the last call. */
void sources_look(struct session_store *store);
/* Same as store_has_room. If necessary it gives up COUNTs that wait for a source. */
bool sources_make_room(struct session_store *store, uint32_t counts);
/* Returns true if the IMSI may take counts more places. Counts and logs COUNTs that are given up
 * for that. */
bool sources_have_room(struct session_store *store, const struct e2m_imsi *imsi, uint32_t counts);

/* --- due.c: times at which something is due --- */

/* Due times are in units of so much, from the store's start on; 0: never. */
#define DUE_MS 100

/* Sets a due time of session's: delay_ms from now, or up to DUE_MS later. What is to be done then is
 * what the session is at that time. To take it back, set it to 0. */
void due_set(struct session_store *store, struct session *session, uint32_t *due,
	     uint64_t delay_ms);

/* The same, unless an earlier one is set. */
void due_set_no_later(struct session_store *store, struct session *session, uint32_t *due,
		      uint64_t delay_ms);

/* A due time as one of state_age, in seconds. */
uint32_t due_age_s(const struct session_store *store, uint32_t due);

/* --- changes.c: what is to be on disk --- */

int changes_init(struct session_store *store);
void changes_free(struct session_store *store);
/* Something of the session has changed that its record has, or it has come, or gone. */
void changes_note(struct session_store *store, const struct session *session);
/* Until all that was noted so far is on disk; false: it is, or nobody can say when it will be. */
bool changes_hold(struct session_store *store, struct held *held);
size_t changes_octets(const struct session_store *store);
/* Sessions whose changes are not on disk, and that messages wait for, which ask for another; when the disk fails,
 * nobody does. */
uint64_t changes_behind(const struct session_store *store);
uint64_t changes_age_s(const struct session_store *store);

/* --- ceilings.c: COUNTs that may be used --- */

/* A packet is going to use the keyset in slot: reserves COUNTs, unless some are left. */
void ceilings_begin(struct session_store *store, struct session *session, unsigned slot,
		    enum session_direction direction);
/* The keyset leaves its place. */
void ceilings_give_up(struct session *session, unsigned slot);
void ceilings_take_low(struct session_store *store, struct session *session,
		       const struct datapath_event *event, enum session_direction direction);
/* What a worker is to be told. */
struct datapath_ceiling ceilings_of(const struct session_store *store,
				    const struct session *session, unsigned slot,
				    enum session_direction direction);
/* All COUNTs that were ever used of the keyset are below it; */
uint32_t ceilings_bound(const struct session *session, unsigned slot,
			enum session_direction direction);
/* and what is to be on disk. */
uint32_t ceilings_wanted(const struct session *session, unsigned slot,
			 enum session_direction direction);
/* A record of the session, as it was then, is on disk. */
void ceilings_grant(struct session_store *store, struct session *session,
		    const struct state_session *record);

/* --- work.c: what is under way --- */

/* Makes it where it is not there. NULL: no memory. */
struct session_work *work_begin(struct session_store *store, struct session *session);
/* Frees it if nothing is under way any more. */
void work_end(struct session *session);
/* The operation under way, and the last of those that wait for it; NULL: none. */
struct operation *work_first_operation(const struct session *session);
struct operation *work_last_operation(const struct session *session);
bool work_is_pulling(const struct session *session, unsigned slot);

/* --- flows.c: commands to workers --- */

/* Adds a flow for direction with what the session's keysets hold. No other flow has the tunnel.
 * -ENOSPC: the worker has no place. -ENOMEM. acknowledge comes back as the event's cookie. */
int flows_add(struct session_store *store, struct session *session,
	      enum session_direction direction, const struct tunnel *tunnel, void *acknowledge);
/* Stops a live one: the acknowledgement has the COUNTs. The tunnel lingers to drop late packets. */
void flows_stop(struct session_store *store, struct session *session,
		enum session_direction direction, void *acknowledge);
/* A flow that passes packets unprotected drops them from here on. */
void flows_bar(struct session_store *store, struct session *session,
	       enum session_direction direction);
/* Says to one live flow what a keyset's place holds now; acknowledge may be NULL. */
void flows_set_keyset(struct session_store *store, struct session *session,
		      enum session_direction direction, unsigned slot, bool keep_count,
		      void *acknowledge);
/* Says to a live flow how many COUNTs of a keyset may be used now. */
void flows_raise_ceiling(struct session_store *store, struct session *session,
			 enum session_direction direction, unsigned slot);
/* Says to a live flow which place to use; acknowledged after all that was said before. */
void flows_use_keyset(struct session_store *store, struct session *session,
		      enum session_direction direction, void *acknowledge);
void flows_release_gtpc(struct session_store *store, const struct session_gtpc *gtpc);
void flows_discard_gtpc(struct session_store *store, const struct session_gtpc *gtpc);
/* A flow's number at worker, which is to own the tunnel; the tunnel lingers no more. false: there is none left. */
bool flows_take_number(struct session_store *store, const struct tunnel *tunnel, unsigned worker,
		       uint32_t *number);
void flows_remove(struct session_store *store, unsigned worker, uint32_t number);
/* A REMOVE_FLOW was executed: its number may be used again. */
void flows_take_removed(struct session_store *store, unsigned worker, uint32_t number);
/* A tunnel that lingers does so no more. */
void flows_end_linger(struct session_store *store, const struct tunnel *tunnel);
void flows_free_lingers(struct session_store *store);

/* --- expect.c: tunnels that a request has named --- */

void expect_init(struct session_store *store);
void expect_free(struct session_store *store);
/* A request names it: its packets are held from now on. The request, held, leaves when its worker knows that.
 * is_again: it did so before. */
void expect_tunnel(struct session_store *store, enum session_direction direction,
		   const struct tunnel *tunnel, bool is_again, struct held *held);
/* An acknowledgement of EXPECT_FLOW. */
void expect_acknowledged(struct session_store *store, const struct datapath_event *event);
/* What that request asked for is not to be. Where no other names the tunnel, what is held of it is dropped. */
void expect_no_more(struct session_store *store, const struct tunnel *tunnel);
/* The same, whoever names it. */
void expect_end(struct session_store *store, const struct tunnel *tunnel);
/* It begins, at its worker under that number, with what is held of it. false: it was not expected. */
bool expect_take(struct session_store *store, const struct tunnel *tunnel, uint32_t *number);

/* --- apply.c: operations --- */

/* What a message says of its sender's restarts. */
struct recovery {
	bool is_said;
	uint8_t counter;      /* TS 29.060 7.7.11 */
	struct tunnel sender; /* address */
};

/* What a session is to become. */
struct session_target {
	bool alive;
	bool is_swept; /* not alive: one of many, of which the log has spoken already */
	bool fresh;    /* a Create: other keysets of the session count no more */
	bool has_keyset;
	bool is_bare;	    /* a Create without a keyset: ends the session's keysets */
	uint8_t policy;	    /* enum policy_action; for a Create */
	struct apn_ref apn; /* for a Create */
	uint8_t key_id;
	enum session_origin origin;
	struct e2m_keyset_id keyset;
	struct tunnel tunnel[2]; /* by direction */
	struct tunnel control_sgsn;
	struct tunnel control_ggsn;
	struct recovery recovery[DATAPATH_SIDES]; /* of its GSNs, by the message's word */
};

/* What waits until all operations that it asked for are done, and on disk: a GTP-C message, which leaves then,
 * or a notification, which is answered. */
struct held {
	TAILQ_ENTRY(held) entry;
	unsigned users; /* operations, and whoever holds it still */
	enum session_outcome outcome;
	bool is_notification;
	bool is_lasting; /* it made or changed what must outlive the process */
	uint64_t noted;	 /* it waits for the disk: for all notes up to this */
	union {
		struct session_gtpc gtpc; /* discarded if the outcome is not DONE */
		uint64_t notification;
	};
};
/* With one user, the caller; NULL: no memory. */
struct held *apply_hold_gtpc(const struct session_gtpc *gtpc);
struct held *apply_hold_notification(uint64_t number);
void apply_let_go(struct session_store *store, struct held *held);
/* It leaves, is discarded, or answered: nobody has it any more. */
void apply_answer(struct session_store *store, struct held *held);

/* Brings the session there, after what is under way for it already. held (NULL: none) gains a user
 * until then, or another outcome where it is refused. A session that is not to be alive is freed in the
 * end. */
void apply_target(struct session_store *store, struct session *session,
		  const struct session_target *target, struct held *held);
/* The tunnel, wanted for that direction of a session, is another's who is to be protected in any case. Where downlink
 * goes is the word of the SGSN, which need not be trusted: it could have another's packets sent to it in clear, or under
 * its own subscriber's keys. Uplink tunnels are the GGSN's to give away. NULL imsi: nobody knows who wants it. */
bool apply_is_anothers_downlink(struct session_store *store, const struct e2m_imsi *imsi,
				uint8_t nsapi, enum session_direction wanted,
				const struct tunnel *tunnel);
/* Ends the session, if there is one, that has the tunnel, which is of an unprotected context now: its
 * packets cross at once. Not if it is of the configuration. */
void apply_end_of_tunnel(struct session_store *store, const struct tunnel *tunnel,
			 struct held *held);
/* Whether the session will have a keyset once all that is under way is done. */
bool apply_names_keyset(const struct session *session);
/* What the session will be once all that is under way is done; keyset and key_id are of the latest activation. */
void apply_current(const struct session_store *store, const struct session *session,
		   struct session_target *target);
/* An acknowledgement of STOP_FLOW or USE_KEYSET. */
void apply_acknowledged(struct session_store *store, const struct datapath_event *event);
void apply_free(struct session *session);

/* --- notify.c: who has the last word --- */

/* GTP-C would have the session become target. True: somebody else has the last word on it, and has been heard. */
bool notify_prevails(struct session_store *store, struct session *session,
		     const struct session_target *target, struct held *held);
/* The same, where GTP-C would have it end, as the UE has named no keyset. */
bool notify_prevails_protected(struct session_store *store, struct session *session);

/* --- keys.c: the places of keysets --- */

/* It has any, in whatever state. */
bool keys_are_there(const struct session *session);

void keys_set_state(struct session_store *store, struct session *session, unsigned slot,
		    enum datapath_key_state state);
/* An activation, in an operation: makes the keyset the newest, with the COUNTs that the session has of
 * it. fresh: at once, and the only one; else downlink changes over to it in time. */
void keys_activate(struct session_store *store, struct session *session,
		   const struct e2m_keyset_id *id, uint8_t key_id, bool fresh);
/* The keyset in slot goes, with its name; live flows are told. */
void keys_drop(struct session_store *store, struct session *session, unsigned slot);
/* Downlink uses the keyset of the latest activation from now on. */
void keys_use_newest(struct session_store *store, struct session *session);
/* changeover_due: no uplink PDU came with the new Key ID in time, or none any more with the old one. */
void keys_change_over(struct session_store *store, struct session *session);
/* Downlink uses the newest keyset, and the other is about to go. */
bool keys_is_leaving(const struct session *session);
/* After a restart: waits again for what a changeover, or the keyset before it, was waiting for. */
void keys_resume_changeover(struct session_store *store, struct session *session);
void keys_take_event(struct session_store *store, struct session *session,
		     const struct datapath_event *event, enum session_direction direction);

/* --- obtain.c: keysets from key sources, and their end --- */

void keys_pull(struct session_store *store, struct session *session, unsigned slot);
void keys_cancel_pull(struct session_store *store, struct session *session, unsigned slot);
/* The keyset's due time has come. */
void keys_end_time(struct session_store *store, struct session *session, unsigned slot);
/* Returns true if the current configuration allows a keyset these algorithms. */
bool keys_may_have(const struct session_store *store, unsigned eea, unsigned eia);
/* The algorithms of a READY keyset are no longer allowed: refuse it. No operation is under way. */
void keys_forbid(struct session_store *store, struct session *session, unsigned slot);
/* Drops the keyset's packets for good. No operation is under way. */
void keys_end(struct session_store *store, struct session *session, unsigned slot);
/* The session's operations are done: installs what came meanwhile. */
void keys_settle(struct session_store *store, struct session *session);
void keys_take_answer(void *arg, struct pull_waiter *waiter, const struct keysource_answer *answer);
void keys_take_trouble(void *arg, const struct keysource_request *request, const char *source,
		       const struct keysource_answer *answer, uint32_t retry_ms);

/* --- watch.c: keysets that nobody uses, COUNTs near their end --- */

/* Begins to look for them. */
void watch_start(struct session_store *store);
/* As the workers have them, or the session, where a direction has no flow. */
struct counts_value watch_counts_of(const struct session_store *store,
				    const struct session *session, unsigned slot);
/* The same of both directions in one number: another when it was used. */
uint32_t watch_use_of(const struct session_store *store, const struct session *session,
		      unsigned slot);

/* --- retire.c: keys that workers may still read --- */

/* Takes out of a place its key, or its key and COUNTs, for retire_tell. NULL: there was nothing. */
struct retired *retire_key(struct session_store *store, struct session *session, unsigned slot);
struct retired *retire_keyset(struct session_store *store, struct session *session, unsigned slot);
/* The keys in slot leave it, and none of their COUNTs was used. */
void retire_unused(struct session_store *store, struct session *session, unsigned slot);
/* Tells live flows what a place holds now. When all have heard it, the retired key is wiped and its
 * COUNTs, as the workers had them, are remembered. */
void retire_tell(struct session_store *store, struct session *session, unsigned slot,
		 bool keep_count, struct retired *retired);
/* An acknowledgement of SET_KEYSET. */
void retire_acknowledged(const struct datapath_event *event);
void retire_free(struct session_store *store);

/* --- recovery.c: GSNs that restart --- */

/* Both messages of an accepted request, or an Echo Response that was asked for, say so; before they take
 * effect. */
void recovery_take(struct session_store *store, const struct recovery said[DATAPATH_SIDES]);
/* They have taken effect: of a GSN that no session had before, the counter is known from now on. */
void recovery_note(struct session_store *store, const struct recovery said[DATAPATH_SIDES]);
/* Its GSN has restarted, and it will be ended. */
bool recovery_is_lost(const struct session_store *store, const struct session *session);
/* An accepted Update shows that the session, which becomes target, is there after the restart. */
void recovery_spare(struct session_store *store, struct session *session,
		    const struct session_target *target);

/* Echo Request and Response of either version of GTP. */
void recovery_take_echo_request(struct session_store *store, const struct session_gtpc *gtpc,
				uint8_t version, uint32_t sequence);
void recovery_take_echo_response(struct session_store *store, const struct session_gtpc *gtpc,
				 uint8_t version, uint32_t sequence, const struct recovery *said);

/* --- outages.c --- */

/* COUNT_RECOVERED or COUNT_PENDING of a session's uplink. */
void outages_take_event(struct session_store *store, struct session *s,
			const struct datapath_event *event);

#endif
