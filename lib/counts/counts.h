/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * counts: the COUNTs of keysets that have left their sessions. A sender never uses a COUNT twice
 * with one key, also when a tunnel is removed and made again with the same keyset and BEARER
 * (e2m.md 7). lib/control and retention.c call these functions, in the control thread.
 *
 * A record is identified by IMSI, fingerprint of the keys, and BEARER. The name of a keyset cannot
 * identify a record: a keyset has two names, the SQN and the RAND of its AV, and a node that
 * forwards the PCO could exchange them. retention.h decides how long records are kept. The number
 * of records is bounded. When all places are taken, nothing is forgotten, and the caller must
 * refuse the new keyset.
 */
#ifndef COUNTS_COUNTS_H
#define COUNTS_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "e2m/e2m.h"
#include "state/state.h"

struct counts;

/* A one-way hash of a keyset's keys. */
#define COUNTS_FINGERPRINT_LEN 16
struct counts_fingerprint {
	uint8_t octets[COUNTS_FINGERPRINT_LEN];
};

static inline bool counts_is_same(const struct counts_fingerprint *a,
				  const struct counts_fingerprint *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* No padding. */
struct counts_key {
	struct e2m_imsi imsi;
	struct counts_fingerprint keyset;
	uint8_t bearer;
};

static inline struct counts_key counts_key_of(const struct e2m_imsi *imsi,
					      const uint8_t fingerprint[COUNTS_FINGERPRINT_LEN],
					      uint8_t bearer)
{
	struct counts_key key = {.imsi = *imsi, .bearer = bearer};

	memcpy(key.keyset.octets, fingerprint, sizeof(key.keyset.octets));
	return key;
}

/* COUNTs by direction. Uplink: H, one more than the highest authenticated COUNT. Downlink: the next COUNT to
 * send. */
struct counts_value {
	uint32_t next[2];
};

/* Stands for a keyset with an unknown fingerprint: an earlier process used its COUNTs and ended before it recorded
 * the fingerprint. The COUNTs are valid for all keysets of that IMSI and bearer. */
extern const struct counts_fingerprint counts_nameless;

void counts_raise(struct counts_value *value, struct counts_value to);
/* Returns true if no COUNT was used, in either direction. */
bool counts_is_unused(struct counts_value value);

/* -EIO: the crypto library failed. */
int counts_fingerprint(struct counts_fingerprint *fingerprint, const struct e2m_keyset *keyset);

/* is_durable: counts_collect gets all records and removals. Returns NULL if there is no memory. */
struct counts *counts_new(uint32_t capacity, bool is_durable);
void counts_free(struct counts *counts);

/* Remembers value until counts_take or counts_forget. An existing value never becomes smaller.
 * -ENOSPC: all places are taken, and value was not remembered. */
int counts_put(struct counts *counts, const struct counts_key *key, struct counts_value value);

/* Removes the record and returns its COUNTs in *value. Returns false, and zeros, if there is no record. */
bool counts_take(struct counts *counts, const struct counts_key *key, struct counts_value *value);
/* Same, but does not remove the record. */
bool counts_look(struct counts *counts, const struct counts_key *key, struct counts_value *value);

/* Returns the number of records of the keyset, or of all keysets of the IMSI if keyset is NULL. */
uint32_t counts_of(struct counts *counts, const struct e2m_imsi *imsi,
		   const struct counts_fingerprint *keyset);
/* Forgets all records of the keyset. */
void counts_forget(struct counts *counts, const struct e2m_imsi *imsi,
		   const struct counts_fingerprint *keyset);

/* --- on disk --- */

/* Records a bound of COUNTs that the workers have not reported yet: all COUNTs used are below bound. After a crash,
 * the next process starts at bound. The bound is valid until counts_put or counts_unbind. -ENOSPC: all places are
 * taken. */
int counts_bind(struct counts *counts, const struct counts_key *key, struct counts_value bound);
/* Removes the bound, because the keyset was not used. */
void counts_unbind(struct counts *counts, const struct counts_key *key);

/* Adds changes to batch, up to its room. is_gone false: records that changed since they were written. is_gone true:
 * forgotten records that are still on disk. Write the session that took the COUNTs over before the record is
 * erased. */
void counts_collect(struct counts *counts, struct state_batch *batch, bool is_gone);
/* Reports the outcome of a change that was collected. */
void counts_written(struct counts *counts, const struct state_counts *record, bool is_gone,
		    bool is_written);
/* Remembers a record from the disk, and adds a place if all places are taken. After a crash the disk may have
 * more records than there were places: forgotten records are erased only after the records that
 * replace them are written. -ENOMEM. */
int counts_restore(struct counts *counts, const struct state_counts *record);

/* Raises the number of places until at least this many are free. */
void counts_reserve(struct counts *counts, uint32_t places);

/* Returns the number of free places. */
uint32_t counts_room(const struct counts *counts);

/* Octets of memory: without records, and for each record. */
size_t counts_octets(const struct counts *counts);
size_t counts_octets_each(void);

#endif
