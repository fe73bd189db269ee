/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * model: what control knows of one session. Data alone, for the files of this library.
 */
#ifndef CONTROL_MODEL_H
#define CONTROL_MODEL_H

#include <sys/queue.h>

#include "control/control.h"
#include "counts/counts.h"
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

/* COUNTs of one direction that may be used: reserve.c. */
struct session_ceiling {
	uint32_t granted; /* on disk: those below it may be */
	uint16_t asked;	  /* when more were last asked for */
	uint8_t ahead;	  /* beyond what was needed then: 2^(ahead - 1); 0: none */
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

/* A million of them: what a session needs only now and then is in struct session_work. */
struct session {
	uint32_t serial; /* of the Create that made it what it is; 0: not in use */
	uint32_t link[SESSION_INDEXES];
	uint64_t imsi;			    /* table_imsi */
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
	uint32_t recovered;	 /* uplink PDUs that recovered COUNT: watch.c */
	uint32_t recovery_pending; /* uplink PDUs that alone were not enough */
	struct wheel_timer timer;  /* for the first due time, or one that is no more */
	struct session_work *work; /* NULL: nothing is under way */
	struct session_keyset keysets[DATAPATH_KEYSETS];
};

/* Returns true if the session has a keyset, in any state. */
static inline bool session_has_keyset(const struct session *s)
{
	bool any = false;

	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		any |= s->keysets[slot].state != DATAPATH_KEY_NONE;
	return any;
}

#endif
