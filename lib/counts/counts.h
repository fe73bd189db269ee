/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * counts: the COUNTs of keysets that have left their sessions. A sender never uses a COUNT twice
 * with one key, also when a tunnel is removed and made again with the same keyset and BEARER
 * (e2m.md 7). A record is identified by IMSI, fingerprint of the keys, and BEARER. Names do not
 * identify it: a keyset has two, the SQN and the RAND of its AV, and a node that forwards the PCO
 * could exchange them. retention.h decides how long records are kept. The number of records is
 * bounded. When all places are taken, nothing is forgotten, and the caller must refuse what could
 * not be remembered.
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

/* Of a keyset's keys; does not lead back to them. */
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

/* By direction. Uplink: H, one more than the highest authenticated COUNT. Downlink: the next to send. */
struct counts_value {
	uint32_t next[2];
};

/* What an earlier process may have used of a keyset that it had no time to say the fingerprint of: it counts
 * for all keysets of that IMSI and bearer. */
extern const struct counts_fingerprint counts_nameless;

void counts_raise(struct counts_value *value, struct counts_value to);
/* Returns true if no COUNT was used, in either direction. */
bool counts_is_unused(struct counts_value value);

/* -EIO: the crypto library failed. */
int counts_fingerprint(struct counts_fingerprint *fingerprint, const struct e2m_keyset *keyset);

/* is_durable: what is remembered is told to counts_collect, and what is forgotten. */
struct counts *counts_new(uint32_t capacity, bool is_durable);
void counts_free(struct counts *counts);

/* Remembers value until counts_take or counts_forget. An existing value is only ever raised.
 * -ENOSPC: all places are taken, and nothing was remembered. */
int counts_put(struct counts *counts, const struct counts_key *key, struct counts_value value);

/* Takes what is remembered out; false, and zeros, when there is nothing. */
bool counts_take(struct counts *counts, const struct counts_key *key, struct counts_value *value);
/* The same, and leaves it there. */
bool counts_look(struct counts *counts, const struct counts_key *key, struct counts_value *value);

/* Number of records of a keyset, or of all keysets of the IMSI if keyset is NULL. */
uint32_t counts_of(struct counts *counts, const struct e2m_imsi *imsi,
		   const struct counts_fingerprint *keyset);
/* Forgets all records of the keyset. */
void counts_forget(struct counts *counts, const struct e2m_imsi *imsi,
		   const struct counts_fingerprint *keyset);

/* --- on disk --- */

/* Of a keyset whose COUNTs are on their way: all of them are below bound, which is what a process that comes
 * after this one is to know, until counts_put or counts_unbind. Needs a place, as counts_put does. */
int counts_bind(struct counts *counts, const struct counts_key *key, struct counts_value bound);
/* The keyset was never used. */
void counts_unbind(struct counts *counts, const struct counts_key *key);

/* Adds to batch what has changed and is not on disk (is_gone false), or what was forgotten and is still on disk
 * (is_gone true), up to the batch's room. The disk may forget a record only after it has the session that took
 * the COUNTs over. */
void counts_collect(struct counts *counts, struct state_batch *batch, bool is_gone);
/* What has become of a change that was collected. */
void counts_written(struct counts *counts, const struct state_counts *record, bool is_gone,
		    bool is_written);
/* Remembers a record from the disk; there is always a place for it. After a crash the disk may have
 * more records than there were places, because forgotten records are erased after the records that
 * replace them are written. -ENOMEM. */
int counts_restore(struct counts *counts, const struct state_counts *record);

/* Keeps at least this many places free from here on. */
void counts_reserve(struct counts *counts, uint32_t places);

/* Places left. */
uint32_t counts_room(const struct counts *counts);

/* Octets of memory when nothing is remembered, and for each keyset that is. */
size_t counts_octets(const struct counts *counts);
size_t counts_octets_each(void);

#endif
