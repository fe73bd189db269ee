/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session_lab: a session store between two GSNs, workers and a key source that do what each test says. The
 * workers execute the store's commands by the law of datapath/command.h, and only when told to; they
 * check that no command is about a flow that is not there, that no tunnel is known twice, and that no
 * COUNT is ever used twice with one key. A key that is freed too early is read by them all the same, for
 * AddressSanitizer to see.
 */
#ifndef UNIT_SESSION_LAB_H
#define UNIT_SESSION_LAB_H

#include "control/control.h"
#include "control/due.h"
#include "control/table.h"
#include "gtp/gtpc_v1.h"
#include "unit.h"

#define LAB_WORKERS	  4
#define LAB_KEYSETS	  8  /* numbers of keysets, from 1 on */
#define LAB_SUBSCRIBERS	  16 /* numbers of subscribers, from 0 on */
#define LAB_QUESTIONS	  4096
#define LAB_MESSAGES	  65536
#define LAB_NOTIFICATIONS 4096
#define LAB_PLACES	  2048		/* of sessions on the disk */
#define LAB_REMEMBERED	  512		/* keysets on the disk */
#define LAB_LATE_MS	  (DUE_MS + 16) /* that what is due may be late: the wheel has slots */

/* --- the fake worker's view --- */

struct lab_place {
	uint8_t state;
	uint8_t key_id;
	const struct npdu_key *key;
	unsigned keyset; /* number; 0: no key */
	uint32_t count;	 /* next COUNT, or H */
	struct datapath_ceiling ceiling;
};

struct lab_flow {
	/* EXPECTED: packets wait. ALIAS: packets are those of flow target of worker target_worker. */
	enum { LAB_FREE, LAB_LIVE, LAB_EXPECTED, LAB_STOPPED, LAB_ALIAS } state;
	struct tunnel tunnel;
	uint32_t session;
	uint8_t direction;
	uint8_t bearer;
	uint8_t in_use;
	uint8_t treatment; /* as it was added */
	bool is_watched;
	uint8_t target_worker;
	uint32_t target;
	struct lab_place places[DATAPATH_KEYSETS];
};

struct lab_worker {
	struct lab_flow *flows;
	struct datapath_command *commands; /* not yet executed, in order */
	size_t commands_count;
	struct datapath_event *events; /* not yet delivered */
	size_t events_count;
};

struct lab_question {
	struct keysource_request request;
	unsigned source; /* 0, or 1: the second */
	uint64_t cookie;
	bool answered;
};

/* What is on disk, and what is on its way there. */
struct lab_disk {
	struct state_session sessions[LAB_PLACES]; /* by id; 0: none */
	struct state_entry entries[LAB_PLACES];	   /* by number; 0: none, but that it is overfull */
	bool is_overfull;
	struct state_counts counts[LAB_REMEMBERED];
	size_t counts_count;
	struct state_retention retention[LAB_REMEMBERED];
	size_t retention_count;
	uint64_t age_s;
	struct state_batch *batch; /* as small as the test wants */
	bool is_writing;
};

struct lab {
	struct session_config config;
	struct session_store *store;
	uint64_t now;
	uint32_t flows_per_worker;
	struct lab_worker workers[LAB_WORKERS];
	struct lab_question questions[LAB_QUESTIONS];
	size_t asked;
	enum retention_memory memory; /* of the key source */
	const char *second;    /* name of another source, asked after it; NULL: there is none */
	int source_refuses;    /* what keysource_ask returns */
	unsigned answers_with; /* this keyset, whatever its name; 0: the one of that name */
	struct keysource_answer next; /* algorithms and lifetime of answers */
	uint8_t left[LAB_MESSAGES];   /* by number: how often released, */
	uint8_t discarded[LAB_MESSAGES];
	uint64_t messages;
	bool answered[LAB_NOTIFICATIONS]; /* by number */
	enum session_outcome outcomes[LAB_NOTIFICATIONS];
	uint64_t notifications;
	const char *apn;    /* of Creates; NULL: "internet" */
	bool send_again;    /* requests keep the sequence number of the last */
	bool ipv6;	    /* GSNs' addresses */
	uint16_t sgsn_port; /* UDP port of the access side; 0: 2123 */
	unsigned warnings;
	char last_warning[512];
	char last_info[512], info_before[512];
	unsigned commands; /* of all kinds, ever */
	struct lab_disk disk;
	/* One more than the highest COUNT ever used. */
	uint32_t used[LAB_SUBSCRIBERS][LAB_KEYSETS + 1][16][2];
};

extern struct lab lab;

/* Two workers, two sessions' worth of everything; a test may change lab.config between the two. */
void lab_defaults(void);
void lab_open(void);
/* What of it a process is; lab_open and lab_stop call them. */
void lab_begin_process(void);
void lab_end_process(void);
static inline void lab_start(void)
{
	lab_defaults();
	lab_open();
}
/* Checks what must hold at the end of every test: each message left, or was discarded, once. */
void lab_stop(void);

/* --- disk and restarts: with config.is_durable --- */

/* Hands the next batch to the disk; false: there is none now. */
bool lab_write(void);
/* It is there, or not. */
void lab_written(int error);
/* Writes all that there is, and lets the workers hear of it. */
void lab_save(void);
/* The process ends without a word, with whatever is on its way, and another one begins with what is on disk. */
void lab_crash(void);
/* The same after a clean stop. */
void lab_restart(void);
/* The record of a context, if the disk has one; of two, the later. */
const struct state_session *lab_record(unsigned subscriber);

/* --- workers --- */

/* Executes the oldest command of a worker; false: there is none. */
bool lab_execute(unsigned worker);
/* Delivers a worker's oldest event. */
bool lab_deliver(unsigned worker);
/* Executes and delivers until nothing is left to do. */
void lab_settle(void);
/* The live flow of a context's direction; NULL: none. */
struct lab_flow *lab_flow(const struct tunnel *tunnel);
/* The live flow that has the tunnel, or of which the tunnel is an alias. NULL: none. */
struct lab_flow *lab_protects(const struct tunnel *tunnel);
/* The same of a tunnel that is expected, and how many are. */
struct lab_flow *lab_expected(const struct tunnel *tunnel);
unsigned lab_expected_count(void);
/* The number of the subscriber that has the flow. */
unsigned lab_subscriber(const struct lab_flow *flow);
/* A packet waits for its key. */
void lab_miss(const struct lab_flow *flow, unsigned slot);
/* Packets in the tunnel wait: the worker holds them. Or it is about to, before it takes back what another worker, which
 * has no alias of the tunnel any more, returns to it. */
bool lab_waits(const struct tunnel *tunnel);
/* An N-PDU comes in the tunnel, which is a flow's or an alias. Returns true if control hears of it: it is watched. */
bool lab_first_npdu(const struct tunnel *tunnel);
/* More COUNTs are wanted: all below needed. */
void lab_low(const struct lab_flow *flow, unsigned slot, uint32_t needed);
/* The same, said of the keyset that was in the slot before. */
void lab_low_of_another_keyset(const struct lab_flow *flow, unsigned slot, uint32_t needed);
/* COUNT_RECOVERED or COUNT_PENDING: a PDU so many COUNTs ahead. */
void lab_recovered(const struct lab_flow *flow, unsigned slot, enum datapath_event_kind kind,
		   uint32_t counts);
/* COUNTs that may be used as yet. */
uint32_t lab_allowed(const struct lab_flow *flow, unsigned slot);
/* The first uplink PDU under a keyset was authentic. */
void lab_authenticated(const struct lab_flow *flow, unsigned slot);
/* Sends or authenticates packets with the key in a place; checks that their COUNTs are new. */
void lab_use(struct lab_flow *flow, unsigned slot, uint32_t packets);

/* --- GSNs --- */

/* A PDP context as its GSNs have it. */
struct lab_context {
	unsigned subscriber;
	uint8_t nsapi;
	uint8_t sgsn, ggsn; /* last octet of the address */
	uint32_t down, up;  /* TEID Data I */
	uint32_t control_sgsn, control_ggsn;
	uint32_t sequence; /* of its last request */
	uint8_t ipv4[4];   /* PDP address. 0.0.0.0: one of its own, by subscriber and NSAPI */
	bool is_unbound;   /* the GGSN gives no address */
	uint8_t recovery_sgsn, recovery_ggsn;
};

struct e2m_imsi lab_imsi(unsigned subscriber);
/* One of its own by number, no TEID shared with another. */
struct lab_context lab_context(unsigned number);
/* The PDP address that the GGSN gives. */
void lab_ipv4(const struct lab_context *c, uint8_t ipv4[4]);
struct tunnel lab_up(const struct lab_context *c);
struct tunnel lab_down(const struct lab_context *c);
struct gtp_address lab_gsn(uint8_t last_octet);
void lab_address(struct tunnel *tunnel, uint8_t last_octet);

struct e2m_keyset_id lab_sqn(unsigned keyset);
struct e2m_keyset_id lab_rand(unsigned keyset); /* the same keyset by its other name */

/* What a message leaves the HSE as: */
enum lab_fate { LAB_HELD, LAB_LEFT, LAB_DISCARDED };
enum lab_fate lab_fate(uint64_t message);

/* Each gives one message to the store and returns its number. Requests take a new sequence number; name
 * NULL: the PCO names no keyset. */
uint64_t lab_give(enum datapath_side side, uint8_t from, uint8_t to, const uint8_t *data,
		  size_t len);
/* The same with addresses of any IP version; their TEIDs do not matter. */
uint64_t lab_give_between(enum datapath_side side, const struct tunnel *from,
			  const struct tunnel *to, const uint8_t *data, size_t len);
uint64_t lab_create_request(struct lab_context *c, const struct e2m_keyset_id *name,
			    uint8_t key_id);
uint64_t lab_create_response(const struct lab_context *c);
uint64_t lab_update_request(struct lab_context *c, const struct e2m_keyset_id *name,
			    uint8_t key_id);
uint64_t lab_update_response(const struct lab_context *c);
uint64_t lab_delete_request(struct lab_context *c, bool teardown);
uint64_t lab_response(const struct lab_context *c, enum gtpc_v1_type type, uint8_t cause);

/* Request and accepted response; the response's number. */
uint64_t lab_create(struct lab_context *c, struct e2m_keyset_id name, uint8_t key_id);
uint64_t lab_update(struct lab_context *c, struct e2m_keyset_id name, uint8_t key_id);
uint64_t lab_move(struct lab_context *c); /* an Update without a keyset, to what c says now */
uint64_t lab_delete(struct lab_context *c);

/* --- a GGSN that reports --- */

/* What it says of a context; name NULL: no keyset. UPDATE and DELETE name no tunnel. */
struct session_notification lab_notification(enum session_event event, const struct lab_context *c,
					     const struct e2m_keyset_id *name, uint8_t key_id);
/* Gives it to the store and returns its number. */
uint64_t lab_notify(const struct session_notification *notification);
/* The same of an ACTIVATE, and all that comes of it. */
uint64_t lab_activate(const struct lab_context *c, struct e2m_keyset_id name, uint8_t key_id);

/* --- key source --- */

/* The keyset that both names of a number stand for. */
struct e2m_keyset lab_keyset(const struct e2m_imsi *imsi, unsigned keyset);
void lab_answer(size_t question, enum keysource_outcome outcome);
/* Finds all that was asked and is not answered yet. */
void lab_answer_all(void);
/* A packet in each direction, and their keyset: makes the session ready. */
void lab_make_ready(const struct lab_context *c);

/* --- time, and what people see --- */

void lab_pass(uint64_t ms);
bool lab_view(const struct lab_context *c, struct session_view *view);
uint32_t lab_sessions(void); /* protected ones */
uint32_t lab_unprotected(void);
uint64_t lab_count(enum session_counter counter);

#endif
