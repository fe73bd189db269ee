/* SPDX-License-Identifier: BSD-3-Clause */
/* bare: intel-ipsec-mb and nothing else. Jobs as the worker's would be, with expanded keys that lie in
 * one array, on buffers that stay where they are; bursts of jobs, flushed at the end of a run alone. */
#include <errno.h>
#include <intel-ipsec-mb.h>
#include <rte_cycles.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define BURST	    32
#define PREFIX	    8 /* COUNT, BEARER, DIRECTION before the message of CMAC */
#define HEADER	    2
#define BUFFER_SIZE 2048

/* Expanded keys of one session, as much as its algorithms use. */
struct bare_key {
	uint8_t *enc;
	uint8_t *auth;
};

struct bench_bare {
	struct bench_case c;
	IMB_MGR *mgr;
	uint8_t *keys;
	size_t enc_size;
	size_t key_size;
	uint8_t *buffers;
	struct {
		uint8_t enc_iv[16];
		uint8_t auth_iv[16];
		uint8_t tag[16];
	} * slots;
	uint32_t at;
};

static size_t round_up(size_t len)
{
	return (len + 63) & ~(size_t)63;
}

static size_t enc_size(IMB_MGR *mgr, enum e2m_eea eea)
{
	switch (eea) {
	case E2M_EEA1:
		return round_up(IMB_SNOW3G_KEY_SCHED_SIZE(mgr));
	case E2M_EEA2:
		return 11 * 16;
	case E2M_EEA3:
		return 16;
	case E2M_EEA_GCM:
		return sizeof(struct gcm_key_data);
	default:
		return 0;
	}
}

static size_t auth_size(IMB_MGR *mgr, enum e2m_eia eia)
{
	switch (eia) {
	case E2M_EIA1:
		return IMB_SNOW3G_KEY_SCHED_SIZE(mgr);
	case E2M_EIA2:
		return 13 * 16;
	case E2M_EIA3:
		return 16;
	default:
		return 0;
	}
}

static void expand(struct bench_bare *b, uint32_t session)
{
	uint8_t *enc = b->keys + session * b->key_size, *auth = enc + b->enc_size;
	uint8_t raw[16], unused[11 * 16] __attribute__((aligned(16)));

	memset(raw, 0x5a, sizeof(raw));
	memcpy(raw, &session, sizeof(session));
	if (b->c.eea == E2M_EEA1)
		IMB_SNOW3G_INIT_KEY_SCHED(b->mgr, raw, (snow3g_key_schedule_t *)enc);
	else if (b->c.eea == E2M_EEA2)
		IMB_AES_KEYEXP_128(b->mgr, raw, enc, unused);
	else if (b->c.eea == E2M_EEA3)
		memcpy(enc, raw, sizeof(raw));
	else if (b->c.eea == E2M_EEA_GCM)
		IMB_AES128_GCM_PRE(b->mgr, raw, (struct gcm_key_data *)enc);
	if (b->c.eia == E2M_EIA1) {
		IMB_SNOW3G_INIT_KEY_SCHED(b->mgr, raw, (snow3g_key_schedule_t *)auth);
	} else if (b->c.eia == E2M_EIA2) {
		IMB_AES_KEYEXP_128(b->mgr, raw, auth, unused);
		IMB_AES_CMAC_SUBKEY_GEN_128(b->mgr, auth, auth + 11 * 16, auth + 12 * 16);
	} else if (b->c.eia == E2M_EIA3) {
		memcpy(auth, raw, sizeof(raw));
	}
}

struct bench_bare *bare_new(const struct bench_case *c)
{
	struct bench_bare *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->c = *c;
	b->mgr = alloc_mb_mgr(0);
	if (!b->mgr) {
		free(b);
		return NULL;
	}
	init_mb_mgr_auto(b->mgr, NULL);
	b->enc_size = enc_size(b->mgr, c->eea);
	b->key_size = round_up(b->enc_size + auth_size(b->mgr, c->eia));
	b->keys = aligned_alloc(64, b->key_size * c->sessions);
	b->buffers = aligned_alloc(64, (size_t)BENCH_BUFFERS * BUFFER_SIZE);
	b->slots = aligned_alloc(64, round_up(BENCH_BUFFERS * sizeof(*b->slots)));
	if (!b->keys || !b->buffers || !b->slots) {
		bare_free(b);
		return NULL;
	}
	memset(b->buffers, 0xab, (size_t)BENCH_BUFFERS * BUFFER_SIZE);
	memset(b->slots, 0, BENCH_BUFFERS * sizeof(*b->slots));
	for (uint32_t s = 0; s < c->sessions; s++)
		expand(b, s);
	return b;
}

void bare_free(struct bench_bare *b)
{
	if (!b)
		return;
	free_mb_mgr(b->mgr);
	free(b->keys);
	free(b->buffers);
	free(b->slots);
	free(b);
}

static void set_cipher(const struct bench_bare *b, IMB_JOB *job, uint8_t *iv, uint32_t count)
{
	const uint64_t at = PREFIX + HEADER, len = b->c.npdu_len;

	job->cipher_start_src_offset_in_bytes = at;
	job->msg_len_to_cipher_in_bytes = len;
	job->iv = iv;
	job->iv_len_in_bytes = 16;
	switch (b->c.eea) {
	case E2M_EEA0:
		job->cipher_mode = IMB_CIPHER_NULL;
		break;
	case E2M_EEA1:
		snow3g_f8_iv_gen(count, 5, 1, iv);
		job->cipher_mode = IMB_CIPHER_SNOW3G_UEA2_BITLEN;
		job->cipher_start_src_offset_in_bits = at * 8;
		job->msg_len_to_cipher_in_bits = len * 8;
		job->dst -= at;
		break;
	case E2M_EEA2:
		memcpy(iv, &count, sizeof(count));
		job->cipher_mode = IMB_CIPHER_CNTR;
		break;
	case E2M_EEA3:
		zuc_eea3_iv_gen(count, 5, 1, iv);
		job->cipher_mode = IMB_CIPHER_ZUC_EEA3;
		break;
	case E2M_EEA_GCM:
		memcpy(iv, &count, sizeof(count));
		job->cipher_mode = IMB_CIPHER_GCM;
		job->iv_len_in_bytes = 12;
		break;
	}
}

static void set_auth(const struct bench_bare *b, IMB_JOB *job, const uint8_t *auth, uint8_t *iv,
		     uint32_t count)
{
	job->hash_start_src_offset_in_bytes = PREFIX;
	job->msg_len_to_hash_in_bits = (HEADER + b->c.npdu_len) * UINT64_C(8);
	job->auth_tag_output_len_in_bytes = 4;
	switch (b->c.eia) {
	case E2M_EIA0:
		job->hash_alg = IMB_AUTH_NULL;
		break;
	case E2M_EIA1:
		snow3g_f9_iv_gen(count, 5U << 27, 1, iv);
		job->hash_alg = IMB_AUTH_SNOW3G_UIA2_BITLEN;
		job->u.SNOW3G_UIA2._key = auth;
		job->u.SNOW3G_UIA2._iv = iv;
		break;
	case E2M_EIA2:
		job->hash_alg = IMB_AUTH_AES_CMAC;
		job->hash_start_src_offset_in_bytes = 0;
		job->msg_len_to_hash_in_bytes = PREFIX + HEADER + b->c.npdu_len;
		job->u.CMAC._key_expanded = auth;
		job->u.CMAC._skey1 = auth + 11 * 16;
		job->u.CMAC._skey2 = auth + 12 * 16;
		break;
	case E2M_EIA3:
		zuc_eia3_iv_gen(count, 5, 1, iv);
		job->hash_alg = IMB_AUTH_ZUC_EIA3_BITLEN;
		job->u.ZUC_EIA3._key = auth;
		job->u.ZUC_EIA3._iv = iv;
		break;
	case E2M_EIA_GCM:
		job->hash_alg = IMB_AUTH_AES_GMAC;
		job->u.GCM.aad = job->src + PREFIX;
		job->u.GCM.aad_len_in_bytes = HEADER;
		job->auth_tag_output_len_in_bytes = 8;
		break;
	}
}

static void set_job(struct bench_bare *b, IMB_JOB *job, uint32_t session, uint32_t at)
{
	const uint32_t i = at % BENCH_BUFFERS;
	uint8_t *buffer = b->buffers + (size_t)i * BUFFER_SIZE;
	const uint8_t *enc = b->keys + session * b->key_size;
	const bool up = b->c.direction == E2M_UPLINK;

	job->enc_keys = job->dec_keys = enc;
	job->key_len_in_bytes = 16;
	job->src = buffer;
	job->dst = buffer + PREFIX + HEADER;
	set_cipher(b, job, b->slots[i].enc_iv, at);
	set_auth(b, job, enc + b->enc_size, b->slots[i].auth_iv, at);
	job->cipher_direction = up ? IMB_DIR_DECRYPT : IMB_DIR_ENCRYPT;
	job->chain_order = up ? IMB_ORDER_HASH_CIPHER : IMB_ORDER_CIPHER_HASH;
	job->auth_tag_output = up ? b->slots[i].tag : buffer + PREFIX + HEADER + b->c.npdu_len;
}

uint64_t bare_run(struct bench_bare *b, const uint32_t *order, uint32_t count)
{
	IMB_JOB *jobs[BURST];
	const uint64_t start = rte_rdtsc_precise();

	for (uint32_t done = 0; done < count; done += BURST) {
		uint32_t n;
		while ((n = IMB_GET_NEXT_BURST(b->mgr, BURST, jobs)) < BURST)
			IMB_FLUSH_BURST(b->mgr, BURST - n, jobs);
		for (uint32_t i = 0; i < BURST; i++, b->at++)
			set_job(b, jobs[i], order[b->at % b->c.sessions], b->at);
		IMB_SUBMIT_BURST_NOCHECK(b->mgr, BURST, jobs);
	}
	while (IMB_FLUSH_BURST(b->mgr, BURST, jobs) > 0)
		;
	return rte_rdtsc_precise() - start;
}
