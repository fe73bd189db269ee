/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * npdu: the protected N-PDU of e2m.md 7. Its header, COUNT reconstruction, keys ready for use, and the
 * batch engine on intel-ipsec-mb that protects and opens N-PDUs in place. The data plane's workers,
 * hse-ue and check-vectors call it. The replay window is in npdu/window.h. Knows nothing of
 * sessions, tunnels or packets' outer headers.
 *
 *  bit 7    6    5..3     2..0
 * +------+-----+--------+-------+------------------+------------------+-------+
 * | U=1  | R=0 | Key ID |  CTR (3 + 8n bits)       | ciphertext       | MAC   |
 * +------+-----+--------+-------+------------------+------------------+-------+
 * \_________ octet 0 __________/ \_ n octets _____/
 */
#ifndef NPDU_NPDU_H
#define NPDU_NPDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "e2m/e2m.h"

#define NPDU_COUNTER_OCTETS_MAX 3
#define NPDU_HEADER_MAX		(1 + NPDU_COUNTER_OCTETS_MAX)
#define NPDU_MAC_MAX		16
/* The highest COUNT that may be sent; at 2^32-1 the keyset is spent. */
#define NPDU_COUNT_MAX UINT32_C(0xFFFFFFFE)
/* The engine uses this many octets before the header as scratch, and puts them back. */
#define NPDU_HEADROOM 8
/* Operations in one call of the engine, at most. */
#define NPDU_BURST_MAX 64
/* The largest N-PDU that the engine takes, in octets; the second where one of the algorithms is ZUC, of
 * which intel-ipsec-mb makes 65,504 bits at most. */
#define NPDU_LEN_MAX	 65000
#define NPDU_LEN_MAX_ZUC (65504 / 8 - NPDU_HEADER_MAX)

/* Octets of header for counter_octets n (0 to 3). */
static inline size_t npdu_header_len(unsigned n)
{
	return 1 + n;
}

/* Octets of MAC: 4 for eia1..3, gcm_tag_octets (8 or 16) for gcm, 0 for eia0. */
size_t npdu_mac_len(enum e2m_eia eia, unsigned gcm_tag_octets);

/* Writes octet 0 and CTR = COUNT mod 2^(3+8n). */
static inline void npdu_write_header(uint8_t *out, unsigned n, uint8_t key_id, uint32_t count)
{
	for (unsigned i = n; i > 0; i--, count >>= 8)
		out[i] = (uint8_t)count;
	out[0] = (uint8_t)(0x80 | (key_id & 7) << 3 | (count & 7));
}

/* Reads CTR from a header of 1 + n octets. */
static inline uint32_t npdu_read_ctr(const uint8_t *header, unsigned n)
{
	uint32_t ctr = header[0] & 7;

	for (unsigned i = 0; i < n; i++)
		ctr = ctr << 8 | header[1 + i];
	return ctr;
}

static inline bool npdu_header_is_valid(uint8_t octet0) /* U = 1, R = 0 */
{
	return (octet0 & 0xC0) == 0x80;
}

static inline uint8_t npdu_header_key_id(uint8_t octet0)
{
	return octet0 >> 3 & 7;
}

/*
 * COUNT reconstruction, e2m.md 7 "Receiving": the one value in [base, base + W - 1] that is ctr mod W,
 * where h is one more than the highest COUNT authenticated so far. The result may exceed
 * NPDU_COUNT_MAX: check 3, count_range.
 */
static inline uint64_t npdu_reconstruct_count(unsigned n, uint32_t h, uint32_t ctr)
{
	const uint64_t w = UINT64_C(1) << (3 + 8 * n);
	const uint64_t base = h > w / 2 ? h - w / 2 : 0;

	/* The value in [base, base + w - 1] that is ctr modulo w. */
	return base + ((ctr - base) & (w - 1));
}

/* --- keys --- */

struct npdu_key;

/* How N-PDUs are protected. Kenc and Kint depend on all members (e2m.md 2). */
struct npdu_profile {
	enum e2m_eea eea;
	enum e2m_eia eia;
	uint8_t counter_octets; /* 0 to NPDU_COUNTER_OCTETS_MAX */
	uint8_t gcm_tag_octets; /* 8 or 16; read for gcm only */
};

/* Derives Kenc and Kint of keyset: 64 octets. NULL when the profile is not allowed (errno EINVAL) or
 * memory ran out. Memory is locked from dumps only if the process is. */
struct npdu_key *npdu_key_new(const struct e2m_numbers *numbers, const struct e2m_keyset *keyset,
			      const struct npdu_profile *profile);
/* The same from Kenc and Kint themselves, which the test sets of TS 33.401 annex C give; kint is not
 * looked at for gcm. */
struct npdu_key *npdu_key_new_raw(const uint8_t kenc[E2M_KEY_LEN], const uint8_t kint[E2M_KEY_LEN],
				  enum e2m_eea eea, enum e2m_eia eia, unsigned gcm_tag_octets);
/* Another with the same Kenc and Kint, to be freed by itself. NULL: no memory. */
struct npdu_key *npdu_key_copy(const struct npdu_key *key);
/* Wipes and frees; NULL is allowed. */
void npdu_key_free(struct npdu_key *key);
size_t npdu_key_mac_len(const struct npdu_key *key);
/* Octets of the largest N-PDU that may be protected or opened with key. */
size_t npdu_key_len_max(const struct npdu_key *key);
static inline bool npdu_key_takes(const struct npdu_key *key, uint32_t npdu_len)
{
	return npdu_len <= NPDU_LEN_MAX_ZUC || npdu_len <= npdu_key_len_max(key);
}

/* --- engine --- */

struct npdu_engine; /* one a thread */

/* The schedules of that many keys are kept between calls (at least 1). NULL: no memory, or a CPU that
 * intel-ipsec-mb does not run on. */
struct npdu_engine *npdu_engine_new(uint32_t schedules);
void npdu_engine_free(struct npdu_engine *engine);
/* intel-ipsec-mb for everything, also for what this library does faster itself (eea2 with eia2, and gcm, on
 * a CPU with AES instructions): for tests and measurements that compare the two. Before the engine's first
 * burst. -ENOMEM. */
int npdu_engine_use_library_only(struct npdu_engine *engine);

#define NPDU_NO_HINT UINT32_MAX

/* An engine begins with it: where it keeps most schedules, for npdu_engine_prefetch alone. */
struct npdu_kept {
	const char *schedules;
	uint32_t count; /* hints below are of these */
};
#define NPDU_KEPT_SIZE 448

/* For hints that are not: of gcm by intel-ipsec-mb, or none. */
void npdu_engine_prefetch_other(const struct npdu_engine *engine, const struct npdu_key *key,
				uint32_t hint);

/* Fetches the lines that npdu_protect and npdu_open will read for an operation with key and hint. */
static inline void npdu_engine_prefetch(const struct npdu_engine *engine,
					const struct npdu_key *key, uint32_t hint)
{
	const struct npdu_kept *kept = (const struct npdu_kept *)engine;
	const char *schedule = kept->schedules + (size_t)hint * NPDU_KEPT_SIZE;

	if (hint >= kept->count) {
		npdu_engine_prefetch_other(engine, key, hint);
		return;
	}
	for (size_t at = 0; at < NPDU_KEPT_SIZE; at += 64)
		__builtin_prefetch(schedule + at, 0, 3);
}

/* Wipes what engine keeps of key (NULL is allowed): by whoever gave the hint, before the key is freed,
 * before the hint is used with another key, and before its memory is used for something else. */
void npdu_engine_forget(struct npdu_engine *engine, const struct npdu_key *key, uint32_t *hint);

/*
 * One N-PDU to protect or to open, in place. pdu points at octet 0 of the protected form; the N-PDU
 * stands (protect) or will stand (open) at pdu + 1 + n. There must be NPDU_HEADROOM writable octets
 * before pdu (kept as they are) and room for the MAC after the N-PDU.
 */
struct npdu_op {
	const struct npdu_key *key;
	uint8_t *pdu;
	uint32_t npdu_len; /* octets of the N-PDU alone, 0 to npdu_key_len_max */
	uint32_t count;
	uint8_t bearer;	   /* 0 to 31 */
	uint8_t direction; /* enum e2m_direction */
	uint8_t counter_octets;
	/* Where the engine may remember that it keeps this key's schedule: the caller's, one for each
	 * engine and key, NPDU_NO_HINT at first. NULL: it keeps none. */
	uint32_t *hint;
	bool ok; /* out: protect: always true unless the library failed; open: MAC was right */
	bool is_spoilt; /* out, open, ok false: the N-PDU was deciphered anyway: npdu_restore */
};

/* Protects ops[0..count): the caller has written the headers (npdu_write_header). Operations of one
 * call finish together; different keys and algorithms may be mixed. count at most NPDU_BURST_MAX. */
void npdu_protect(struct npdu_engine *engine, struct npdu_op *ops, size_t count);

/* Opens ops[0..count). If ok is false, the PDU must be dropped or restored. */
void npdu_open(struct npdu_engine *engine, struct npdu_op *ops, size_t count);

/* Restores the received PDU of op after npdu_open has set ok to false. op->count must be unchanged.
 * A second call does nothing. */
void npdu_restore(struct npdu_engine *engine, struct npdu_op *op);

/*
 * Searches the COUNT of a PDU that is as received. Tries op->count, op->count + step and so on,
 * lowest first, until the MAC is right: at most tries COUNTs, none above NPDU_COUNT_MAX. On success
 * ok is true and op->count is that COUNT. Otherwise ok is false and op->count is unchanged. The PDU
 * is unchanged; npdu_open opens it. Returns how many MACs were computed: up to 15 more than COUNTs
 * tried. Not for eia0, where every MAC is right.
 */
uint32_t npdu_find_count(struct npdu_engine *engine, struct npdu_op *op, uint32_t step,
			 uint32_t tries);

#endif
