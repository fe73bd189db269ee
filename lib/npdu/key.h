/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * key: a keyset ready for use, private to this library, in two forms. npdu_key is what a session keeps:
 * the derived keys alone, one cache line, because with a million sessions what counts is how many lines
 * a packet fetches. npdu_schedule is what the algorithms work with; an engine keeps those of the keys
 * that it meets often (schedules.h).
 */
#ifndef NPDU_KEY_H
#define NPDU_KEY_H

#include <intel-ipsec-mb.h>
#include <stdalign.h>

#include "npdu/npdu.h"

#define NPDU_AES_SCHEDULE_LEN (11 * 16)
#define NPDU_HASH_POWERS      9

struct npdu_key {
	/* Never given twice in a process, so that a schedule is not taken for that of a key that was
	 * freed. */
	alignas(64) uint64_t number;
	uint8_t eea;
	uint8_t eia;
	uint8_t mac_len;
	bool is_aes; /* eea2 with eia2 */
	uint8_t unused[4];
	uint8_t kenc[E2M_KEY_LEN];
	uint8_t kint[E2M_KEY_LEN]; /* gcm: the hash subkey H of SP 800-38D 7.1 */
	uint8_t cmac_k1[16];	   /* eia2: the first subkey of CMAC; the second follows from it */
};

_Static_assert(sizeof(struct npdu_key) == 64, "a key is one cache line");

/* What stands in enc and auth: round keys of AES, the schedule of SNOW 3G, the key itself for ZUC. gcm by
 * aes_gcm.c has powers of the hash subkey H in place of auth. */
struct npdu_schedule_parts {
	uint8_t enc[NPDU_AES_SCHEDULE_LEN];
	union {
		uint8_t auth[NPDU_AES_SCHEDULE_LEN];
		struct {
			/* H^9, then pairs from H^8 on, none of which crosses a cache line. */
			uint8_t unused[32];
			uint8_t hash_powers[NPDU_HASH_POWERS][16];
		};
	};
	uint8_t cmac_k1[16];
	uint8_t cmac_k2[16];
};

/* Who works with a schedule. */
enum npdu_schedule_kind {
	NPDU_SCHEDULE_JOB,	   /* intel-ipsec-mb, as a job */
	NPDU_SCHEDULE_AES,	   /* aes.h, where the CPU has what it needs */
	NPDU_SCHEDULE_GCM,	   /* the same */
	NPDU_SCHEDULE_GCM_LIBRARY, /* intel-ipsec-mb, a call */
};

struct npdu_schedule {
	alignas(64) uint64_t number; /* the key's; 0: empty */
	uint32_t *hint;		     /* whose owner is told when this place is given to another */
	uint32_t used;		     /* the burst that met it last */
	uint8_t kind;		     /* enum npdu_schedule_kind */
	uint8_t mac_len;	     /* the key's, so that the key itself need not be fetched */
	union {
		alignas(64) struct npdu_schedule_parts parts;
		struct gcm_key_data gcm;
	};
};

/* Octets of a schedule of all kinds but NPDU_SCHEDULE_GCM_LIBRARY. */
#define NPDU_SCHEDULE_PARTS_SIZE \
	(offsetof(struct npdu_schedule, parts) + sizeof(struct npdu_schedule_parts))

/* The library's functions for this CPU; used for key schedules, which touch none of its state. NULL
 * when the CPU is not supported. */
const IMB_MGR *npdu_library(void);

/* A manager of one's own, with the best code for this CPU; NULL when there is none. */
IMB_MGR *npdu_manager_new(void);

/* Makes the schedule of key. out has NPDU_SCHEDULE_PARTS_SIZE octets; key is of gcm only where
 * aes_gcm_is_available. */
void npdu_expand_key(const struct npdu_key *key, struct npdu_schedule *out);
/* The same of a key of gcm for intel-ipsec-mb; out is a whole one. */
void npdu_expand_key_for_library(const struct npdu_key *key, struct npdu_schedule *out);

#endif
