/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/obtain.h"

#include <stdio.h>
#include <string.h>

#include "base/container.h"
#include "control/changeover.h"
#include "control/due.h"
#include "control/journal.h"
#include "control/kept.h"
#include "control/keyset.h"
#include "control/reserve.h"
#include "control/table.h"
#include "control/work.h"

/* --- no keyset, or no longer --- */

static void fail(struct session_store *store, struct session *s, unsigned slot,
		 enum keyset_failure failure)
{
	keyset_fail(store, s, slot, failure);
	if (slot == protection_of(s)->downlink_slot)
		changeover_finish(store, s);
}

static void refuse(struct session_store *store, struct session *s, unsigned slot,
		   enum keyset_failure failure, const char *why, const char *detail)
{
	struct session_keyset *keyset = &protection_of(s)->keysets[slot];

	control_count(store, SESSION_KEYSETS_REFUSED);
	if (!keyset->refusal_said)
		control_log_of(store, s, SESSION_LOG_WARNING,
			       "no e2mKEYSET for %s: %s%s%s; its packets are dropped",
			       keyset_name(s, slot).text, why, detail[0] ? ": " : "", detail);
	keyset->refusal_said = true;
	fail(store, s, slot, failure);
	if (store->config.negative_cache_s > 0)
		due_set(store, s, &keyset->due, store->config.negative_cache_s * UINT64_C(1000));
}

void obtain_on_time(struct session_store *store, struct session *s, unsigned slot)
{
	if (protection_of(s)->keysets[slot].state == DATAPATH_KEY_FAILED) {
		keyset_set_missing(store, s, slot); /* the next packet pulls again */
	} else if (work_first_operation(s)) {
		/* A flow that is being stopped may still read the key: try again soon. */
		due_set(store, s, &protection_of(s)->keysets[slot].due, 0);
	} else {
		control_count(store, SESSION_KEYSETS_EXPIRED);
		control_log_of(store, s, SESSION_LOG_WARNING,
			       "the lifetime of e2mKEYSET %s has ended; its packets are dropped "
			       "until the UE activates another",
			       keyset_name(s, slot).text);
		fail(store, s, slot, FAILURE_EXPIRED);
		journal_note(store, s);
	}
}

void obtain_end(struct session_store *store, struct session *s)
{
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++) {
		if (protection_of(s)->keysets[slot].state == DATAPATH_KEY_NONE)
			continue;
		protection_of(s)->keysets[slot].due = 0; /* no end: refused for good */
		fail(store, s, slot, FAILURE_NOT_ALLOWED);
	}
}

/* The configuration allows a set of algorithms, since algorithms have no order of strength. */
static bool is_among(uint32_t allowed, unsigned algorithm)
{
	return allowed == 0 || (algorithm < 32 && allowed >> algorithm & 1);
}

/* Returns true if the configuration does not allow the algorithms. */
static bool refuse_algorithms(struct session_store *store, struct session *s, unsigned slot,
			      unsigned eea, unsigned eia)
{
	char detail[64];

	if (e2m_algorithms_allowed(eea, eia, store->config.allow_null_integrity) &&
	    is_among(store->config.ciphering_allowed, eea) &&
	    is_among(store->config.integrity_allowed, eia))
		return false;
	snprintf(detail, sizeof(detail), "ciphering 0x%02x with integrity 0x%02x", eea, eia);
	control_count(store, SESSION_KEYSETS_WEAK);
	refuse(store, s, slot, FAILURE_NOT_ALLOWED, "algorithms that are not allowed", detail);
	return true;
}

unsigned obtain_forbid(struct session_store *store, struct session *s)
{
	unsigned forbidden = 0;

	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++) {
		const struct session_keyset *keyset = &protection_of(s)->keysets[slot];

		if (keyset->state == DATAPATH_KEY_READY)
			forbidden += refuse_algorithms(store, s, slot, keyset->eea, keyset->eia);
	}
	return forbidden;
}

/* --- a keyset has come --- */

static bool is_same(const struct counts_fingerprint *a, const struct counts_fingerprint *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static void copy_keys(struct session_keyset *to, const struct session_keyset *from)
{
	to->key = from->key;
	to->fingerprint = from->fingerprint;
	to->eea = from->eea;
	to->eia = from->eia;
	to->lifetime_s = from->lifetime_s;
}

/* The other place has the same keys under another name: SQN for RAND. They stay there with their
 * COUNTs, and get the name and Key ID of the later activation. Returns the other place. */
static unsigned join(struct session_store *store, struct session *s, unsigned slot)
{
	const unsigned twin = 1 - slot;
	struct session_keyset *from = &protection_of(s)->keysets[slot],
			      *to = &protection_of(s)->keysets[twin];
	const bool was_used = protection_of(s)->downlink_slot == slot;

	to->id = from->id;
	to->key_id = from->key_id;
	if (to->state == DATAPATH_KEY_READY) {
		npdu_key_free(from->key); /* no worker has had it */
		kept_tell(store, s, twin, true, NULL);
	} else {
		keyset_cancel_pull(store, s, twin);
		npdu_key_free(to->key); /* it had arrived too; no worker has had it */
		copy_keys(to, from);
		keyset_set_ready(store, s, twin, true);
	}
	from->key = NULL;
	from->count = (struct counts_value){0}; /* COUNTs reserved under this name are unused */
	journal_note(store, s);
	if (protection_of(s)->newest == slot)
		protection_of(s)->newest = (uint8_t)twin;
	if (was_used || protection_of(s)->downlink_slot == protection_of(s)->newest)
		changeover_finish(store, s);
	keyset_drop(store, s, slot);
	return twin;
}

static void install(struct session_store *store, struct session *s, unsigned slot)
{
	struct session_keyset *keyset = &protection_of(s)->keysets[slot];
	const struct session_keyset *other = &protection_of(s)->keysets[1 - slot];

	control_log(store, SESSION_LOG_INFO,
		    "step 8: IMSI %s NSAPI %u: e2mKEYSET of %s is here, %s+%s, lifetime %u s",
		    directory_imsi(s).digits, s->nsapi, keyset_name(s, slot).text,
		    e2m_eea_name(keyset->eea), e2m_eia_name(keyset->eia), keyset->lifetime_s);
	if (other->is_known && is_same(&other->fingerprint, &keyset->fingerprint)) {
		slot = join(store, s, slot);
	} else if (keyset->is_known) {
		/* The keyset was flushed. Its flows still have its COUNTs and windows. */
		control_count(store, SESSION_FLUSHED_PULLED);
		keyset_set_ready(store, s, slot, true);
	} else {
		kept_find(store, s, slot);
		reserve_begin(store, s, slot, DOWN);
		keyset->is_known = true;
		keyset_set_ready(store, s, slot, false);
	}
	control_log(store, SESSION_LOG_INFO, "step 9: IMSI %s NSAPI %u: protecting, Key ID %u",
		    directory_imsi(s).digits, s->nsapi, protection_of(s)->keysets[slot].key_id);
	if (slot == protection_of(s)->newest && protection_of(s)->changeover_due == 0)
		changeover_finish(store, s);
}

void obtain_settle(struct session_store *store, struct session *s)
{
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		if (protection_of(s)->keysets[slot].state == DATAPATH_KEY_MISSING &&
		    protection_of(s)->keysets[slot].key)
			install(store, s, slot);
}

/* Puts given keys into the place of their keyset. No worker sees them while the state is MISSING.
 * Operations under way may bring COUNTs of the same keys. So obtain_settle installs the keys after
 * the operations. */
static void take_keys(struct session_store *store, struct session *s, unsigned slot,
		      const struct session_keyset *given, uint8_t given_by)
{
	/* From now on the keyset's COUNTs are kept, whatever operation is under way. */
	if (!protection_of(s)->keysets[slot].is_known)
		kept_unused(store, s, slot);
	copy_keys(&protection_of(s)->keysets[slot], given);
	protection_of(s)->given_by[slot] |= given_by;
	if (!work_first_operation(s))
		install(store, s, slot);
}

static bool has_had_others(const struct session_keyset *keyset,
			   const struct counts_fingerprint *fingerprint)
{
	return keyset->is_known && !is_same(&keyset->fingerprint, fingerprint);
}

static void take_found(struct session_store *store, struct session *s, unsigned slot,
		       const struct keysource_answer *answer)
{
	struct session_keyset given = {.eea = (uint8_t)answer->ciphering,
				       .eia = (uint8_t)answer->integrity,
				       .lifetime_s = answer->lifetime_s};
	const struct npdu_profile profile = {
		.eea = answer->ciphering,
		.eia = answer->integrity,
		.counter_octets = protection_of(s)->counter_octets,
		.gcm_tag_octets = store->config.gcm_tag_octets,
	};

	if (refuse_algorithms(store, s, slot, answer->ciphering, answer->integrity))
		return;
	if (counts_fingerprint(&given.fingerprint, &answer->keyset) == 0) {
		if (has_had_others(&protection_of(s)->keysets[slot], &given.fingerprint)) {
			control_count(store, SESSION_KEYSETS_CHANGED);
			refuse(store, s, slot, FAILURE_OTHER_KEYS,
			       "other keys than came before under this name", "");
			return;
		}
		given.key = npdu_key_new(&store->config.numbers, &answer->keyset, &profile);
	}
	if (given.key)
		take_keys(store, s, slot, &given, (uint8_t)(1U << pull_answering_source(answer)));
	else
		refuse(store, s, slot, FAILURE_UNUSABLE, "its keys cannot be made ready", "");
}

/* --- pulls, and what makes them needless --- */

/* All contexts of a UE may use the same keyset. A context may begin when no source knows that
 * keyset any more. So it takes the keys of a context that is READY with them. */
static bool share(struct session_store *store, struct session *s, unsigned slot)
{
	struct session_keyset *keyset = &protection_of(s)->keysets[slot], shared;
	const struct e2m_imsi imsi = directory_imsi(s);
	const struct session *other = NULL;
	unsigned its_slot;

	do {
		other = table_next_protected(store, &imsi, other);
		if (!other)
			return false;
		its_slot = keyset_find(other, &keyset->id);
	} while (its_slot == DATAPATH_KEYSETS ||
		 protection_of(other)->keysets[its_slot].state != DATAPATH_KEY_READY);
	shared = protection_of(other)->keysets[its_slot];
	if (has_had_others(keyset, &shared.fingerprint) ||
	    !(shared.key = npdu_key_copy(shared.key)))
		return false;
	keyset->due = shared.due; /* its lifetime has begun already */
	control_count(store, SESSION_KEYSETS_SHARED);
	take_keys(store, s, slot, &shared, protection_of(other)->given_by[its_slot]);
	return true;
}

void obtain_pull(struct session_store *store, struct session *s, unsigned slot)
{
	const struct session_keyset *keyset = &protection_of(s)->keysets[slot];
	const struct keysource_request request = {.imsi = directory_imsi(s), .id = keyset->id};
	struct session_work *work;

	if (keyset->state != DATAPATH_KEY_MISSING || keyset->key || work_is_pulling(s, slot) ||
	    share(store, s, slot))
		return;
	work = work_begin(store, s);
	if (!work || pull_start(store->pulls, &request, &work->waiters[slot].waiter) != 0) {
		work_end(s);
		control_log(store, SESSION_LOG_ERROR, "IMSI %s: out of memory, no pull started",
			    request.imsi.digits);
		return;
	}
	control_log(store, SESSION_LOG_INFO, "step 7: IMSI %s NSAPI %u: pulling e2mKEYSET of %s",
		    request.imsi.digits, s->nsapi, keyset_name(s, slot).text);
}

void obtain_take_answer(void *arg, struct pull_waiter *waiter,
			const struct keysource_answer *answer)
{
	static const enum keyset_failure failures[KEYSOURCE_OUTCOMES] = {
		[KEYSOURCE_USER_UNKNOWN] = FAILURE_USER_UNKNOWN,
		[KEYSOURCE_NOT_AVAILABLE] = FAILURE_NOT_AVAILABLE,
		[KEYSOURCE_NOT_AUTHORIZED] = FAILURE_NOT_AUTHORIZED,
	};
	struct session_store *store = arg;
	const struct session_waiter *who = container_of(waiter, struct session_waiter, waiter);
	struct session *s = table_session(store, who->session);
	const unsigned slot = who->slot;

	work_end(s);
	if (answer->outcome == KEYSOURCE_FOUND)
		take_found(store, s, slot, answer);
	else
		refuse(store, s, slot, failures[answer->outcome],
		       keysource_outcome_name(answer->outcome), answer->detail);
}

void obtain_take_trouble(void *arg, const struct keysource_request *request, const char *source,
			 const struct keysource_answer *answer, uint32_t retry_ms)
{
	char id[E2M_KEYSET_ID_STR];

	control_log(
		arg, SESSION_LOG_WARNING,
		"IMSI %s: pull of %s from %s failed: %s%s%s; again in %u ms, and until it answers",
		request->imsi.digits, e2m_keyset_id_str(&request->id, id), source,
		keysource_outcome_name(answer->outcome), answer->detail[0] ? ": " : "",
		answer->detail, retry_ms);
}
