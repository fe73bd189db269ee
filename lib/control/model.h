/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * model: what control knows of one session: its keysets, its flows and what is under way. Data
 * alone, for all files of lib/control. keyset.h says which file assigns the state of a keyset.
 */
#ifndef CONTROL_MODEL_H
#define CONTROL_MODEL_H

#include <assert.h>
#include <sys/queue.h>

#include "control/control.h"
#include "counts/counts.h"
#include "directory/directory.h"
#include "npdu/npdu.h"

enum session_direction { UP = E2M_UPLINK, DOWN = E2M_DOWNLINK };

/* COUNTs of one direction that a worker may use (reserve.c). */
struct session_ceiling {
	uint32_t granted; /* COUNTs below it are reserved on disk */
	uint16_t asked;	  /* when more were last asked for, in ticks of reserve.c */
	uint8_t ahead;	  /* COUNTs beyond those needed then: 2^(ahead - 1); 0: none */
};

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
	bool authenticated : 1; /* an uplink PDU was authenticated with it */
	bool is_known : 1;	/* pulled once: it has a fingerprint, and COUNTs in use */
	uint8_t eea : 5;
	uint8_t failure : 3; /* enum keyset_failure, if FAILED */
	uint8_t eia : 5;
	uint8_t idle : 2; /* consecutive checks that saw no use */
	bool count_warned : 1;
	struct counts_fingerprint fingerprint;
	uint32_t lifetime_s;
	uint32_t due;  /* FAILED: end of the refusal; otherwise of the lifetime */
	uint32_t seen; /* sum of its COUNTs at the last look */
	/* COUNTs of the directions without a live flow. A live flow's worker has the valid
	 * COUNTs. */
	struct counts_value count;
	struct session_ceiling ceiling[2]; /* by direction */
	struct npdu_key *key; /* MISSING: the key has come, but operations are under way */
};

struct operation;
TAILQ_HEAD(operation_list, operation);

struct session_waiter {
	struct pull_waiter waiter;
	uint32_t session;
	unsigned slot;
};

/* Exists only while something of the session is under way (work.h). */
struct session_work {
	struct operation_list operations; /* the first one is running */
	struct session_waiter waiters[DATAPATH_KEYSETS];
	uint32_t wanted[DATAPATH_KEYSETS][2]; /* ceilings that must be on disk; 0: none */
};

/* The source that has the last word on a session. Values as in struct state_session. */
enum session_origin {
	ORIGIN_GTPC,
	ORIGIN_NOTIFICATION,
	ORIGIN_CONFIGURATION,
};

struct session_flow {
	uint32_t number : 25; /* at its worker */
	uint32_t worker : 6;
	uint32_t live : 1;
};

/* What a DIRECTORY_PROTECTED session has beside its entry in the directory. There may be a million.
 * What a session needs only at times is in struct session_work. */
struct session_protection {
	struct session_flow flow[2]; /* by direction, for struct session's tunnel */
	uint8_t newest : 1;	     /* place of the keyset that was activated last */
	uint8_t downlink_slot : 1;   /* place of the keyset that downlink uses */
	uint8_t counter_octets : 2;
	uint8_t given_by[DATAPATH_KEYSETS]; /* by place: bit of each source that gave the keyset */
	/* Then downlink uses the newest keyset. If it uses that keyset already, the other is
	 * dropped. */
	uint32_t changeover_due;
	uint32_t recovered;	   /* uplink PDUs after which COUNT was recovered: watch.c */
	uint32_t recovery_pending; /* uplink PDUs that alone were not enough */
	struct wheel_timer timer;  /* for the earliest due time, or for one that was taken back */
	struct session_work *work; /* NULL: nothing is under way */
	struct session_keyset keysets[DATAPATH_KEYSETS];
};

/* A place in the directory. */
struct protected_session {
	struct session session;
	struct session_protection protection;
};

static inline struct session_protection *protection_of(const struct session *s)
{
	assert(s->kind == DIRECTORY_PROTECTED);
	return &((struct protected_session *)s)->protection;
}

/* Returns true if the session has a keyset, in any state. */
static inline bool session_has_keyset(const struct session *s)
{
	bool any = false;

	for (unsigned slot = 0; s->kind == DIRECTORY_PROTECTED && slot < DATAPATH_KEYSETS; slot++)
		any |= protection_of(s)->keysets[slot].state != DATAPATH_KEY_NONE;
	return any;
}

#endif
