/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * state: the data that must outlive the process, on disk. It has sessions with the COUNTs that may
 * have been used with their keysets, the COUNTs of keysets that no session holds any more, and how
 * long these are kept. One thread writes one LMDB file, many changes in a transaction, so that no
 * other thread waits for the disk. The control thread calls it. No key is ever in it. doc/state.md
 * has the format, and the reasons why no COUNT is used twice.
 */
#ifndef STATE_STATE_H
#define STATE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "e2m/e2m.h"
#include "gtp/pdp_address.h"
#include "gtp/tunnel.h"

#define STATE_KEYSETS	      2
#define STATE_FINGERPRINT_LEN 16
/* A record's octets in the file, its share of LMDB's pages included: to reckon what a fleet needs. */
#define STATE_OCTETS_A_SESSION 704
#define STATE_OCTETS_AN_ENTRY  128
#define STATE_OCTETS_A_COUNT   256
#define STATE_OCTETS_A_KEYSET  512

/* --- what is kept --- */

enum state_keyset_flag {
	STATE_KEYSET_HELD = 1,		/* there is one in this place */
	STATE_KEYSET_KNOWN = 2,		/* it was pulled: it has a fingerprint and algorithms */
	STATE_KEYSET_AUTHENTICATED = 4, /* an uplink PDU under it was */
	STATE_KEYSET_OVER = 8,		/* its lifetime has ended */
};

struct state_keyset {
	uint8_t flags; /* enum state_keyset_flag */
	uint8_t key_id;
	uint8_t eea;
	uint8_t eia;
	struct e2m_keyset_id id;
	uint8_t fingerprint[STATE_FINGERPRINT_LEN];
	uint32_t lifetime_s;
	uint32_t over_at;    /* its lifetime is, in seconds of state_age; 0: never */
	uint32_t ceiling[2]; /* by direction: every COUNT used is below it */
};

struct state_session {
	uint32_t id;	 /* the session's place, from 1 on: the record's key */
	uint32_t serial; /* of two that have the same tunnel, the later one is right */
	struct e2m_imsi imsi;
	uint8_t nsapi;
	uint8_t primary;
	uint8_t newest;
	uint8_t downlink_slot;
	uint8_t counter_octets;
	uint8_t origin; /* who has the last word: 0 GTP-C, 1 a notification, 2 the configuration */
	uint8_t policy; /* of the session's policy: enum policy_action, 0 to 3 */
	uint8_t has_tunnel[2]; /* by direction */
	struct tunnel tunnel[2];
	struct tunnel control_sgsn;
	struct tunnel control_ggsn;
	struct state_keyset keysets[STATE_KEYSETS];
	struct pdp_address address;
	uint32_t apn; /* a hash of the APN; 0: not known */
};

enum state_entry_kind {
	STATE_UNPROTECTED, /* a session without protection */
	STATE_ENDED,	   /* was protected: its tunnels are barred and its addresses guarded */
	STATE_NETWORK,	   /* a network behind the UE of a protected session */
	STATE_OVERFULL,	   /* a STATE_ENDED once found no room: has number 0 and nothing else */
};

/* What is kept beside protected sessions: as short as possible, for there may be millions. */
struct state_entry {
	uint32_t number; /* its place, from 1 on: the record's key */
	uint8_t kind;	 /* enum state_entry_kind */
	uint8_t nsapi;
	uint8_t primary;
	uint8_t origin; /* these four as in struct state_session */
	uint8_t policy; /* STATE_ENDED: 1: the GGSN may still have it */
	uint8_t is_barred;
	uint32_t serial;
	uint32_t apn;
	struct e2m_imsi imsi;
	struct tunnel tunnel[2]; /* by direction; without a receiver: none */
	struct tunnel control_sgsn;
	struct tunnel control_ggsn;
	struct pdp_address address;
	struct pdp_prefix network; /* STATE_NETWORK */
};

/* COUNTs of a keyset that no session holds. The first three members are the record's key. */
struct state_counts {
	struct e2m_imsi imsi;
	uint8_t fingerprint[STATE_FINGERPRINT_LEN];
	uint8_t bearer;
	uint32_t ceiling[2];
};

/* --- how long COUNTs are kept: counts/retention.h --- */

#define STATE_RETENTION_SOURCES 16
#define STATE_RETENTION_OTHERS	3

enum state_retention_flag {
	STATE_RETENTION_GIVEN = 1,    /* the source has given the keyset */
	STATE_RETENTION_LIFETIME = 2, /* with a lifetime */
	STATE_RETENTION_OPEN = 4,     /* without a lifetime */
	STATE_RETENTION_FREE = 8,     /* the keyset does not wait for the source */
};

struct state_retention_source {
	uint32_t name; /* a hash */
	uint8_t flags; /* enum state_retention_flag */
	uint8_t others;
	uint32_t tags[STATE_RETENTION_OTHERS];
};

/* The retention of one keyset. The first two members are the record's key. One record has no IMSI:
 * it lists the sources. */
struct state_retention {
	struct e2m_imsi imsi;
	uint8_t fingerprint[STATE_FINGERPRINT_LEN];
	uint64_t until_s; /* in seconds of state_age */
	uint8_t sources_count;
	struct state_retention_source sources[STATE_RETENTION_SOURCES];
};

/* --- the file --- */

struct state_config {
	const char *path; /* a folder; made where it is missing, but not the one above it */
	uint64_t max_octets;
};

struct state;

/* Locks the folder, checks all of the file, and opens it. NULL when it is in use, damaged, of a newer
 * format, or cannot be opened: errors has been told, with what to do. */
struct state *state_open(const struct state_config *config, FILE *errors);
/* Waits for what is being written. */
void state_close(struct state *state);

/* Seconds that processes have run with this state, up to the last change that was written: a clock that
 * no one can set. */
uint64_t state_age(const struct state *state);

/* Receives the records: first COUNTs, then their retention, then sessions, then entries, both in the order
 * of their keys. A function that returns
 * false ends the load and has logged the reason. */
struct state_reader {
	bool (*session)(void *arg, const struct state_session *session);
	bool (*counts)(void *arg, const struct state_counts *counts);
	bool (*retention)(void *arg, const struct state_retention *retention);
	bool (*entry)(void *arg, const struct state_entry *entry);
	void *arg;
};
/* Before the first state_write. false: a record is damaged, which errors has been told, or the reader
 * wants no more. */
bool state_load(struct state *state, const struct state_reader *reader, FILE *errors);

/* --- changes --- */

enum state_kind { STATE_SESSION, STATE_COUNTS, STATE_RETENTION, STATE_ENTRY };

struct state_change {
	uint8_t kind; /* enum state_kind */
	bool is_gone; /* the record with that key is removed; the rest says nothing */
	union {
		struct state_session session;
		struct state_counts counts;
		struct state_retention retention;
		struct state_entry entry;
	};
};

/* What is written together: all of it is on disk, or nothing is. */
struct state_batch {
	uint64_t age_s; /* state_age as it is now */
	size_t room;
	size_t count;
	struct state_change changes[];
};

/* NULL: no memory. */
struct state_batch *state_batch_new(size_t room);
void state_batch_free(struct state_batch *batch);

/* Hands batch over to the thread that writes; only one at a time. It must stay as it is until state_written
 * gives it back. -errno: there is no such thread and none could be started. */
int state_write(struct state *state, struct state_batch *batch);
/* The batch that has been worked off, and 0 in *error, or why nothing of it is on disk: for state_strerror.
 * NULL: it is not there yet, or there is none. */
struct state_batch *state_written(struct state *state, int *error);
/* The same, and waits. */
struct state_batch *state_wait(struct state *state, int *error);
/* Becomes readable when state_written has something to give. */
int state_fd(const struct state *state);

const char *state_strerror(int error);

#endif
