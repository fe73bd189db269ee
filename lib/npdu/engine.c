/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <endian.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "npdu/aes.h"
#include "npdu/key.h"
#include "npdu/schedules.h"

/* What one operation needs while its job is in a lane. */
struct slot {
	alignas(16) uint8_t enc_iv[16];
	alignas(16) uint8_t auth_iv[16];
	uint8_t tag[NPDU_MAC_MAX];
	uint8_t saved[NPDU_HEADROOM];
	const struct npdu_schedule *schedule;
};

/* Hints of schedules of gcm begin here. */
#define GCM_FIRST UINT32_C(0x40000000)

_Static_assert(NPDU_KEPT_SIZE == NPDU_SCHEDULE_PARTS_SIZE, "as npdu.h says");

struct npdu_engine {
	struct npdu_kept kept; /* of parts; npdu.h knows that it stands here */
	IMB_MGR *mgr;
	bool has_aes;		      /* eea2 with eia2 by aes.c */
	struct schedules parts;	      /* of all but */
	struct schedules gcm_library; /* gcm by the library: none where aes_gcm.c does it */
	struct slot slots[NPDU_BURST_MAX];
};

static int use_library_for_gcm(struct npdu_engine *engine)
{
	return schedules_init_for_library(&engine->gcm_library, GCM_FIRST, engine->parts.count);
}

struct npdu_engine *npdu_engine_new(uint32_t schedules)
{
	struct npdu_engine *engine = aligned_alloc(64, (sizeof(*engine) + 63) & ~(size_t)63);

	if (!engine)
		return NULL;
	memset(engine, 0, sizeof(*engine));
	engine->mgr = npdu_manager_new();
	engine->has_aes = aes_is_available();
	if (!engine->mgr || schedules_init(&engine->parts, schedules) != 0 ||
	    (!aes_gcm_is_available() && use_library_for_gcm(engine) != 0)) {
		npdu_engine_free(engine);
		return NULL;
	}
	engine->kept = (struct npdu_kept){engine->parts.entries, engine->parts.count};
	return engine;
}

void npdu_engine_free(struct npdu_engine *engine)
{
	if (!engine)
		return;
	if (engine->mgr)
		free_mb_mgr(engine->mgr);
	schedules_free(&engine->parts);
	schedules_free(&engine->gcm_library);
	e2m_wipe(engine, sizeof(*engine));
	free(engine);
}

static struct schedules *schedules_of(struct npdu_engine *engine, const struct npdu_key *key)
{
	return key->eea == E2M_EEA_GCM && engine->gcm_library.count > 0 ? &engine->gcm_library
									: &engine->parts;
}

void npdu_engine_prefetch_other(const struct npdu_engine *engine, const struct npdu_key *key,
				uint32_t hint)
{
	const char *schedule;

	if (!schedules_has(&engine->gcm_library, hint)) {
		__builtin_prefetch(key, 0, 3);
		return;
	}
	/* What a short N-PDU needs of it. */
	schedule = (const char *)schedules_at(&engine->gcm_library, hint - GCM_FIRST);
	for (size_t at = 0; at < NPDU_KEPT_SIZE; at += 64)
		__builtin_prefetch(schedule + at, 0, 3);
}

void npdu_engine_forget(struct npdu_engine *engine, const struct npdu_key *key, uint32_t *hint)
{
	if (key)
		schedules_forget(schedules_of(engine, key), key, hint);
}

int npdu_engine_use_library_only(struct npdu_engine *engine)
{
	engine->has_aes = false;
	return engine->gcm_library.count > 0 ? 0 : use_library_for_gcm(engine);
}

/* COUNT || BEARER || DIRECTION || 0^26: TS 33.401 B.1.3 (first half of the counter block), B.2.3. As it
 * stands in memory. */
static inline uint64_t count_bearer_direction(const struct npdu_op *op)
{
	const uint64_t bearer_direction = (uint64_t)(op->bearer << 3 | op->direction << 2);

	return htobe64((uint64_t)op->count << 32 | bearer_direction << 24);
}

static void write_count_bearer_direction(uint8_t out[8], const struct npdu_op *op)
{
	const uint64_t octets = count_bearer_direction(op);

	memcpy(out, &octets, sizeof(octets));
}

/* --- gcm by the library, RFC 5116: no lanes to share, so no job either --- */

static void run_gcm_by_library(struct npdu_engine *engine, struct npdu_op *op,
			       const struct npdu_schedule *schedule, bool protect)
{
	const size_t header = npdu_header_len(op->counter_octets);
	const size_t mac_len = schedule->mac_len;
	uint8_t *npdu = op->pdu + header, *mac = npdu + op->npdu_len;
	struct gcm_context_data context;
	uint8_t nonce[12] = {0}, tag[NPDU_MAC_MAX];

	write_count_bearer_direction(nonce, op);
	op->ok = true;
	if (protect) {
		IMB_AES128_GCM_ENC(engine->mgr, &schedule->gcm, &context, npdu, npdu, op->npdu_len,
				   nonce, op->pdu, header, mac, mac_len);
	} else {
		IMB_AES128_GCM_DEC(engine->mgr, &schedule->gcm, &context, npdu, npdu, op->npdu_len,
				   nonce, op->pdu, header, tag, mac_len);
		op->ok = CRYPTO_memcmp(mac, tag, mac_len) == 0;
		op->is_spoilt = !op->ok;
	}
}

/* The library deciphers before it compares the tag, so encipher again to restore the ciphertext. */
static void restore_gcm_by_library(struct npdu_engine *engine, const struct npdu_op *op,
				   const struct npdu_schedule *schedule)
{
	const size_t header = npdu_header_len(op->counter_octets);
	struct gcm_context_data context;
	uint8_t nonce[12] = {0}, tag[NPDU_MAC_MAX];

	write_count_bearer_direction(nonce, op);
	IMB_AES128_GCM_ENC(engine->mgr, &schedule->gcm, &context, op->pdu + header,
			   op->pdu + header, op->npdu_len, nonce, op->pdu, header, tag,
			   schedule->mac_len);
}

/* --- all others as jobs --- */

enum job_task {
	TASK_PROTECT,
	TASK_OPEN,
	TASK_CHECK_MAC, /* the MAC part of open */
	TASK_CIPHER,	/* the ciphering part of open */
};

static void set_cipher(IMB_JOB *job, const struct npdu_op *op, struct slot *slot, size_t header,
		       enum job_task task)
{
	job->key_len_in_bytes = IMB_KEY_128_BYTES;
	job->enc_keys = slot->schedule->parts.enc;
	job->dec_keys = slot->schedule->parts.enc;
	job->dst = op->pdu + header;
	job->cipher_start_src_offset_in_bytes = NPDU_HEADROOM + header;
	job->msg_len_to_cipher_in_bytes = op->npdu_len;
	job->iv = slot->enc_iv;
	job->iv_len_in_bytes = 16;
	switch (op->npdu_len > 0 && task != TASK_CHECK_MAC ? op->key->eea : E2M_EEA0) {
	case E2M_EEA0:
		job->cipher_mode = IMB_CIPHER_NULL;
		break;
	case E2M_EEA1:
		snow3g_f8_iv_gen(op->count, op->bearer, op->direction, slot->enc_iv);
		job->cipher_mode = IMB_CIPHER_SNOW3G_UEA2_BITLEN;
		job->cipher_start_src_offset_in_bits = (NPDU_HEADROOM + header) * 8;
		job->msg_len_to_cipher_in_bits = (uint64_t)op->npdu_len * 8;
		/* This mode alone adds the offset to dst as well. */
		job->dst = op->pdu - NPDU_HEADROOM;
		break;
	case E2M_EEA2:
		write_count_bearer_direction(slot->enc_iv, op);
		memset(slot->enc_iv + 8, 0, 8);
		job->cipher_mode = IMB_CIPHER_CNTR;
		break;
	case E2M_EEA3:
		zuc_eea3_iv_gen(op->count, op->bearer, op->direction, slot->enc_iv);
		job->cipher_mode = IMB_CIPHER_ZUC_EEA3;
		break;
	}
}

static inline uint8_t task_eia(const struct npdu_op *op, enum job_task task)
{
	return task == TASK_CIPHER ? E2M_EIA0 : op->key->eia;
}

static void set_auth(IMB_JOB *job, const struct npdu_op *op, struct slot *slot, size_t header,
		     enum job_task task)
{
	const struct npdu_key *key = op->key;
	const struct npdu_schedule_parts *parts = &slot->schedule->parts;

	job->hash_start_src_offset_in_bytes = NPDU_HEADROOM;
	job->msg_len_to_hash_in_bytes = header + op->npdu_len;
	job->auth_tag_output_len_in_bytes = key->mac_len;
	switch (task_eia(op, task)) {
	case E2M_EIA0:
		job->hash_alg = IMB_AUTH_NULL;
		break;
	case E2M_EIA1:
		/* TS 33.401 B.2.2: FRESH is BEARER || 0^27. */
		snow3g_f9_iv_gen(op->count, (uint32_t)op->bearer << 27, op->direction,
				 slot->auth_iv);
		job->hash_alg = IMB_AUTH_SNOW3G_UIA2_BITLEN;
		job->msg_len_to_hash_in_bits = (header + op->npdu_len) * 8;
		job->u.SNOW3G_UIA2._key = parts->auth;
		job->u.SNOW3G_UIA2._iv = slot->auth_iv;
		break;
	case E2M_EIA2:
		/* The eight octets that precede the message in CMAC's input stand before the PDU while
		 * the job runs; finish puts back what was there. */
		memcpy(slot->saved, op->pdu - NPDU_HEADROOM, NPDU_HEADROOM);
		write_count_bearer_direction(op->pdu - NPDU_HEADROOM, op);
		job->hash_alg = IMB_AUTH_AES_CMAC;
		job->hash_start_src_offset_in_bytes = 0;
		job->msg_len_to_hash_in_bytes = NPDU_HEADROOM + header + op->npdu_len;
		job->u.CMAC._key_expanded = parts->auth;
		job->u.CMAC._skey1 = parts->cmac_k1;
		job->u.CMAC._skey2 = parts->cmac_k2;
		break;
	case E2M_EIA3:
		zuc_eia3_iv_gen(op->count, op->bearer, op->direction, slot->auth_iv);
		job->hash_alg = IMB_AUTH_ZUC_EIA3_BITLEN;
		job->msg_len_to_hash_in_bits = (header + op->npdu_len) * 8;
		job->u.ZUC_EIA3._key = parts->auth;
		job->u.ZUC_EIA3._iv = slot->auth_iv;
		break;
	}
}

static void set_job(IMB_JOB *job, const struct npdu_op *op, struct slot *slot, enum job_task task)
{
	const size_t header = npdu_header_len(op->counter_octets);

	job->src = op->pdu - NPDU_HEADROOM;
	set_cipher(job, op, slot, header, task);
	set_auth(job, op, slot, header, task);
	if (task == TASK_PROTECT) {
		job->cipher_direction = IMB_DIR_ENCRYPT;
		job->chain_order = IMB_ORDER_CIPHER_HASH;
		job->auth_tag_output = op->pdu + header + op->npdu_len;
	} else {
		job->cipher_direction = IMB_DIR_DECRYPT;
		job->chain_order = IMB_ORDER_HASH_CIPHER;
		job->auth_tag_output = slot->tag;
	}
}

static void finish(struct npdu_op *op, const struct slot *slot, enum job_task task)
{
	const struct npdu_key *key = op->key;

	if (task_eia(op, task) == E2M_EIA2)
		memcpy(op->pdu - NPDU_HEADROOM, slot->saved, NPDU_HEADROOM);
	if ((task == TASK_OPEN || task == TASK_CHECK_MAC) && op->ok) {
		const uint8_t *mac = op->pdu + npdu_header_len(op->counter_octets) + op->npdu_len;
		op->ok = CRYPTO_memcmp(mac, slot->tag, key->mac_len) == 0;
		op->is_spoilt = !op->ok && task == TASK_OPEN;
	}
}

/* Debug builds let the library check every job's arguments. */
#ifdef NDEBUG
#define SUBMIT_BURST IMB_SUBMIT_BURST_NOCHECK
#else
#define SUBMIT_BURST IMB_SUBMIT_BURST
#endif

static void note_completed(IMB_JOB **jobs, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct npdu_op *op = jobs[i]->user_data;
		op->ok = jobs[i]->status == IMB_STATUS_COMPLETED;
	}
}

static void run_jobs(struct npdu_engine *engine, struct npdu_op *const *ops, size_t count,
		     enum job_task task)
{
	IMB_JOB *jobs[NPDU_BURST_MAX];

	/* Every call leaves the manager empty, so there is always room for a whole burst. */
	uint32_t got = IMB_GET_NEXT_BURST(engine->mgr, (uint32_t)count, jobs);
	for (uint32_t i = 0; i < count; i++)
		ops[i]->ok = ops[i]->is_spoilt = false;
	for (uint32_t i = 0; i < got; i++) {
		set_job(jobs[i], ops[i], &engine->slots[i], task);
		jobs[i]->user_data = ops[i];
	}
	note_completed(jobs, SUBMIT_BURST(engine->mgr, got, jobs));
	for (uint32_t done; (done = IMB_FLUSH_BURST(engine->mgr, NPDU_BURST_MAX, jobs)) > 0;)
		note_completed(jobs, done);
	for (uint32_t i = 0; i < got; i++)
		finish(ops[i], &engine->slots[i], task);
}

static struct npdu_schedule *make_schedule(struct npdu_engine *engine, const struct npdu_op *op,
					   unsigned place)
{
	struct npdu_schedule *kept = schedules_kept(&engine->gcm_library, op->hint);

	return kept ? kept
		    : schedules_make(schedules_of(engine, op->key), op->key, op->hint, place);
}

static inline struct npdu_schedule *schedule_of(struct npdu_engine *engine,
						const struct npdu_op *op, unsigned place)
{
	struct npdu_schedule *schedule = schedules_kept(&engine->parts, op->hint);

	if (!schedule)
		schedule = make_schedule(engine, op, place);
	assert(schedule->number == op->key->number);
	return schedule;
}

static inline struct aes_op aes_op(struct npdu_op *op, const struct npdu_schedule *schedule)
{
	return (struct aes_op){op, &schedule->parts, count_bearer_direction(op), schedule->mac_len};
}

static void begin_burst(struct npdu_engine *engine)
{
	schedules_begin(&engine->parts);
	schedules_begin(&engine->gcm_library);
}

static void run(struct npdu_engine *engine, struct npdu_op *ops, size_t count, bool protect)
{
	struct aes_op aes[NPDU_BURST_MAX], gcm[NPDU_BURST_MAX];
	struct npdu_op *others[NPDU_BURST_MAX];
	size_t aes_count = 0, gcm_count = 0, others_count = 0;

	assert(count <= NPDU_BURST_MAX);
	begin_burst(engine);
	for (size_t i = 0; i < count; i++) {
		const struct npdu_schedule *schedule = schedule_of(engine, &ops[i], (unsigned)i);

		if (schedule->kind == NPDU_SCHEDULE_AES && engine->has_aes) {
			aes[aes_count++] = aes_op(&ops[i], schedule);
		} else if (schedule->kind == NPDU_SCHEDULE_GCM) {
			gcm[gcm_count++] = aes_op(&ops[i], schedule);
		} else if (schedule->kind == NPDU_SCHEDULE_GCM_LIBRARY) {
			run_gcm_by_library(engine, &ops[i], schedule, protect);
		} else {
			engine->slots[others_count].schedule = schedule;
			others[others_count++] = &ops[i];
		}
	}
	if (aes_count > 0)
		(protect ? aes_protect : aes_open)(aes, aes_count);
	if (gcm_count > 0)
		(protect ? aes_gcm_protect : aes_gcm_open)(gcm, gcm_count);
	if (others_count > 0)
		run_jobs(engine, others, others_count, protect ? TASK_PROTECT : TASK_OPEN);
}

void npdu_protect(struct npdu_engine *engine, struct npdu_op *ops, size_t count)
{
	run(engine, ops, count, true);
}

void npdu_open(struct npdu_engine *engine, struct npdu_op *ops, size_t count)
{
	run(engine, ops, count, false);
}

/* --- a PDU with a wrong MAC --- */

void npdu_restore(struct npdu_engine *engine, struct npdu_op *op)
{
	const struct npdu_schedule *schedule;

	/* The project's own cipher code deciphers a PDU only after its MAC was right. */
	if (!op->is_spoilt)
		return;
	op->is_spoilt = false;
	begin_burst(engine);
	schedule = schedule_of(engine, op, 0);
	if (schedule->kind == NPDU_SCHEDULE_GCM_LIBRARY) {
		restore_gcm_by_library(engine, op, schedule);
		return;
	}
	if (op->npdu_len == 0 || op->key->eea == E2M_EEA0)
		return;
	engine->slots[0].schedule = schedule;
	run_jobs(engine, &op, 1, TASK_CIPHER); /* ciphering twice restores the input */
	op->ok = false;
}

/* COUNTs tried side by side: two for each lane of aes_cmac.c. */
#define TRIES 16

/* Checks the MACs of ops, which are one PDU with several COUNTs. */
static void check_macs(struct npdu_engine *engine, const struct npdu_schedule *schedule,
		       struct npdu_op *ops, size_t count)
{
	struct aes_op aes[TRIES];
	struct npdu_op *jobs[TRIES];

	for (size_t i = 0; i < count; i++) {
		aes[i] = aes_op(&ops[i], schedule);
		jobs[i] = &ops[i];
		engine->slots[i].schedule = schedule;
	}
	if (schedule->kind == NPDU_SCHEDULE_GCM) {
		aes_gcm_check_tags(aes, count);
	} else if (schedule->kind == NPDU_SCHEDULE_GCM_LIBRARY) {
		for (size_t i = 0; i < count; i++) {
			run_gcm_by_library(engine, &ops[i], schedule, false);
			restore_gcm_by_library(engine, &ops[i], schedule);
		}
	} else if (ops[0].key->eia != E2M_EIA2) {
		run_jobs(engine, jobs, count, TASK_CHECK_MAC);
	} else if (engine->has_aes) {
		aes_run_macs(aes, count, false);
	} else {
		/* One after the other, because all ops share the octets before the PDU. */
		for (size_t i = 0; i < count; i++)
			run_jobs(engine, &jobs[i], 1, TASK_CHECK_MAC);
	}
}

/* Makes up to TRIES ops, the first with count. */
static size_t make_tries(struct npdu_op *ops, const struct npdu_op *op, uint64_t count,
			 uint64_t step, uint32_t most)
{
	size_t made = 0;

	for (; made < TRIES && made < most && count <= NPDU_COUNT_MAX; count += step) {
		ops[made] = *op;
		ops[made++].count = (uint32_t)count;
	}
	return made;
}

uint32_t npdu_find_count(struct npdu_engine *engine, struct npdu_op *op, uint32_t step,
			 uint32_t tries)
{
	const struct npdu_schedule *schedule;
	struct npdu_op ops[TRIES];
	uint32_t tried = 0;

	begin_burst(engine);
	schedule = schedule_of(engine, op, 0);
	op->ok = false;
	while (tried < tries) {
		const uint64_t from = op->count + (uint64_t)step * tried;
		const size_t count = make_tries(ops, op, from, step, tries - tried);

		if (count == 0)
			break;
		check_macs(engine, schedule, ops, count);
		tried += (uint32_t)count;
		for (size_t i = 0; i < count; i++) {
			if (!ops[i].ok)
				continue;
			op->count = ops[i].count;
			op->ok = true;
			return tried;
		}
	}
	return tried;
}
