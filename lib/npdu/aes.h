/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aes: eea2 with eia2, and gcm, all over AES-128, written for this one format, private to this library. Where
 * intel-ipsec-mb sees two jobs in a queue, here a burst is worked through at once: the counter blocks
 * of one N-PDU side by side, and the MACs of eight N-PDUs side by side, each with its own key. Lengths
 * may differ; a lane that is done takes the next N-PDU.
 */
#ifndef NPDU_AES_H
#define NPDU_AES_H

#include <stdbool.h>

#include "npdu/key.h"

/* True when the CPU has what this code needs; else intel-ipsec-mb does it. */
bool aes_is_available(void);
bool aes_gcm_is_available(void);

/* The CPU works on two blocks in one register (VAES, VPCLMULQDQ). Tests take it away, to see the code that does
 * without. */
extern bool aes_is_wide;

/* Round keys and subkeys of a key of eea2 and eia2. */
void aes_expand(const struct npdu_key *key, struct npdu_schedule_parts *out);
/* Round keys and powers of the hash subkey of a key of gcm. */
void aes_gcm_expand(const struct npdu_key *key, struct npdu_schedule_parts *out);

/* One N-PDU and what its key expands to. */
struct aes_op {
	struct npdu_op *op;
	const struct npdu_schedule_parts *schedule;
	uint64_t
		count_bearer_direction; /* COUNT || BEARER || DIRECTION || 0^26, in memory's order */
	uint32_t tag_len;		/* gcm: 8 or 16 */
};

/* EEA2: the same both ways. */
void aes_crypt(const struct aes_op *ops, size_t count);
/* EIA2: writes the MACs, or compares them and sets ok. */
void aes_run_macs(const struct aes_op *ops, size_t count, bool protect);

/* Both, in the order of the direction. ok of each is set. */
void aes_protect(const struct aes_op *ops, size_t count);
void aes_open(const struct aes_op *ops, size_t count);

/* gcm, the same. */
void aes_gcm_protect(const struct aes_op *ops, size_t count);
void aes_gcm_open(const struct aes_op *ops, size_t count);
/* Compares the tags of ops and sets ok. All ops (at least one) are the same PDU with different
 * COUNTs. The PDU is unchanged. */
void aes_gcm_check_tags(const struct aes_op *ops, size_t count);

#endif
