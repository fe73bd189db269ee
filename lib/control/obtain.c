/* SPDX-License-Identifier: BSD-3-Clause */
/* obtain: a keyset that a session knows by name is pulled, comes or is refused, and comes to its end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/due.h"
#include "control/journal.h"
#include "control/kept.h"
#include "control/keys.h"
#include "control/obtain.h"
#include "control/reserve.h"
#include "control/table.h"
#include "control/work.h"

void keys_cancel_pull(struct session_store *store, struct session *s, unsigned slot)
{
	if (!s->work)
		return;
	pull_cancel(store->pulls, &s->work->waiters[slot].waiter);
	work_end(s);
}

/* --- no keyset, or no longer --- */

static void fail(struct session_store *store, struct session *s, unsigned slot,
		 enum keyset_failure failure)
{
	struct retired *retired = kept_retire_key(store, s, slot);

	s->keysets[slot].failure = failure;
	keys_set_state(store, s, slot, DATAPATH_KEY_FAILED);
	kept_tell(store, s, slot, true, retired);
	if (slot == s->downlink_slot)
		keys_use_newest(store, s);
}

/* The negative cache has done its time: the next packet asks again. */
static void end_refusal(struct session_store *store, struct session *s, unsigned slot)
{
	keys_set_state(store, s, slot, DATAPATH_KEY_MISSING);
	kept_tell(store, s, slot, true, NULL);
}

static void refuse(struct session_store *store, struct session *s, unsigned slot,
		   enum keyset_failure failure, const char *why, const char *detail)
{
	struct session_keyset *keyset = &s->keysets[slot];
	char id[E2M_KEYSET_ID_STR];

	control_count(store, SESSION_KEYSETS_REFUSED);
	if (!keyset->refusal_said)
		control_log(
			store, SESSION_LOG_WARNING,
			"IMSI %s NSAPI %u: no e2mKEYSET for %s: %s%s%s; its packets are dropped",
			table_imsi(s).digits, s->nsapi, e2m_keyset_id_str(&keyset->id, id), why,
			detail[0] ? ": " : "", detail);
	keyset->refusal_said = true;
	fail(store, s, slot, failure);
	if (store->config.negative_cache_s > 0)
		due_set(store, s, &keyset->due, store->config.negative_cache_s * UINT64_C(1000));
}

static void end_lifetime(struct session_store *store, struct session *s, unsigned slot)
{
	char id[E2M_KEYSET_ID_STR];

	/* A flow that is being stopped may still read the key. */
	if (work_first_operation(s)) {
		due_set(store, s, &s->keysets[slot].due, 0);
		return;
	}
	keys_cancel_pull(store, s, slot);
	control_count(store, SESSION_KEYSETS_EXPIRED);
	control_log(
		store, SESSION_LOG_WARNING,
		"IMSI %s NSAPI %u: the lifetime of e2mKEYSET %s has ended; its packets are dropped "
		"until the UE activates another",
		table_imsi(s).digits, s->nsapi, e2m_keyset_id_str(&s->keysets[slot].id, id));
	fail(store, s, slot, FAILURE_EXPIRED);
	journal_note(store, s);
}

void keys_end_time(struct session_store *store, struct session *s, unsigned slot)
{
	if (s->keysets[slot].state == DATAPATH_KEY_FAILED)
		end_refusal(store, s, slot);
	else
		end_lifetime(store, s, slot);
}

/* --- a keyset has come --- */

/* A keyset that was flushed does not live longer for being pulled again. */
static void start_lifetime(struct session_store *store, struct session *s,
			   struct session_keyset *keyset)
{
	if (keyset->state == DATAPATH_KEY_FAILED)
		keyset->due = 0;
	if (keyset->lifetime_s > 0)
		due_set_no_later(store, s, &keyset->due, keyset->lifetime_s * UINT64_C(1000));
}

static void set_ready(struct session_store *store, struct session *s, unsigned slot)
{
	struct session_keyset *keyset = &s->keysets[slot];

	start_lifetime(store, s, keyset);
	keyset->refusal_said = false;
	keyset->seen = UINT32_MAX; /* so that the first look sees use */
	keys_set_state(store, s, slot, DATAPATH_KEY_READY);
}

/* The place that holds the same keys by another name, SQN for RAND; DATAPATH_KEYSETS: none. */
static unsigned find_twin(const struct session *s, unsigned slot)
{
	const struct session_keyset *other = &s->keysets[1 - slot];

	if (other->is_known && memcmp(&other->fingerprint, &s->keysets[slot].fingerprint,
				      sizeof(other->fingerprint)) == 0)
		return 1 - slot;
	return DATAPATH_KEYSETS;
}

/* The keys stay, with their COUNTs, where they are, and get the name and Key ID of the later
 * activation. */
static unsigned join(struct session_store *store, struct session *s, unsigned slot, unsigned twin)
{
	struct session_keyset *from = &s->keysets[slot], *to = &s->keysets[twin];
	const bool was_used = s->downlink_slot == slot;

	to->id = from->id;
	to->key_id = from->key_id;
	if (to->state == DATAPATH_KEY_READY) {
		npdu_key_free(from->key); /* no worker has seen it */
	} else {
		keys_cancel_pull(store, s, twin);
		npdu_key_free(to->key); /* it had come as well; no worker has seen it */
		to->key = from->key;
		to->eea = from->eea;
		to->eia = from->eia;
		to->lifetime_s = from->lifetime_s;
		set_ready(store, s, twin);
	}
	from->key = NULL;
	from->count = (struct counts_value){0}; /* what was reserved by its name is not used */
	journal_note(store, s);
	kept_tell(store, s, twin, true, NULL);
	if (s->newest == slot)
		s->newest = (uint8_t)twin;
	if (was_used || s->downlink_slot == s->newest)
		keys_use_newest(store, s);
	keys_drop(store, s, slot);
	return twin;
}

/* COUNTs of the keyset whose keys have come, from wherever they may have been used. */
static void find_counts(struct session_store *store, struct session *s, unsigned slot)
{
	struct session_keyset *keyset = &s->keysets[slot];
	const struct session_keyset *other = &s->keysets[1 - slot];
	struct counts_key key = {
		.imsi = table_imsi(s), .keyset = keyset->fingerprint, .bearer = s->nsapi};
	struct counts_value known, nameless;

	/* COUNTs that an earlier process reserved when it knew only the keyset's name. */
	if (!counts_is_unused(keyset->count) &&
	    !retention_keep_restored(store->retention, &key.imsi, &key.keyset))
		abort(); /* as in kept_retire */
	counts_take(store->counts, &key, &known);
	key.keyset = counts_nameless;
	counts_look(store->counts, &key, &nameless);
	counts_raise(&keyset->count, known);
	counts_raise(&keyset->count, nameless);
	/* An earlier process may have used these keys by their other name. */
	if (other->state != DATAPATH_KEY_NONE && !other->is_known)
		counts_raise(&keyset->count, other->count);
	journal_note(store, s);
	reserve_begin(store, s, slot, DOWN);
}

/* One that was flushed goes on with the COUNTs and windows that its flows have still. */
static void make_ready(struct session_store *store, struct session *s, unsigned slot)
{
	struct session_keyset *keyset = &s->keysets[slot];
	const bool was_known = keyset->is_known;

	if (was_known)
		control_count(store, SESSION_FLUSHED_PULLED);
	else
		find_counts(store, s, slot);
	keyset->is_known = true;
	set_ready(store, s, slot);
	kept_tell(store, s, slot, was_known, NULL);
}

/* Its key stands in the place already, where no worker sees it while the state is MISSING. */
static void install(struct session_store *store, struct session *s, unsigned slot)
{
	struct session_keyset *keyset = &s->keysets[slot];
	const unsigned twin = find_twin(s, slot);
	char id[E2M_KEYSET_ID_STR];

	control_log(store, SESSION_LOG_INFO,
		    "step 8: IMSI %s NSAPI %u: e2mKEYSET of %s is here, %s+%s, lifetime %u s",
		    table_imsi(s).digits, s->nsapi, e2m_keyset_id_str(&keyset->id, id),
		    e2m_eea_name(keyset->eea), e2m_eia_name(keyset->eia), keyset->lifetime_s);
	if (twin != DATAPATH_KEYSETS)
		slot = join(store, s, slot, twin);
	else
		make_ready(store, s, slot);
	control_log(store, SESSION_LOG_INFO, "step 9: IMSI %s NSAPI %u: protecting, Key ID %u",
		    table_imsi(s).digits, s->nsapi, s->keysets[slot].key_id);
	if (slot == s->newest && s->changeover_due == 0)
		keys_use_newest(store, s);
}

void keys_settle(struct session_store *store, struct session *s)
{
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		if (s->keysets[slot].state == DATAPATH_KEY_MISSING && s->keysets[slot].key)
			install(store, s, slot);
}

/* --- pulls, and what makes them needless --- */

/* Of another context or bearer of the UE, which is ready with the keyset of that name. NULL: none is. */
static const struct session_keyset *
find_shared(struct session_store *store, const struct session *s, unsigned slot, uint8_t *given_by)
{
	const struct session_keyset *keyset = &s->keysets[slot];
	const struct e2m_imsi imsi = table_imsi(s);
	const struct session *other = NULL;

	while ((other = table_next_of_subscriber(store, &imsi, other)) != NULL)
		for (unsigned i = 0; other != s && i < DATAPATH_KEYSETS; i++)
			if (other->keysets[i].state == DATAPATH_KEY_READY &&
			    memcmp(&other->keysets[i].id, &keyset->id, sizeof(keyset->id)) == 0) {
				*given_by = other->given_by[i];
				return &other->keysets[i];
			}
	return NULL;
}

/* All contexts of a UE may have the same keyset, and one that begins when no source knows it any more is to be
 * served like the others. */
static bool share(struct session_store *store, struct session *s, unsigned slot)
{
	struct session_keyset *keyset = &s->keysets[slot];
	uint8_t given_by;
	const struct session_keyset *shared = find_shared(store, s, slot, &given_by);

	if (!shared || (keyset->is_known && memcmp(&keyset->fingerprint, &shared->fingerprint,
						   sizeof(keyset->fingerprint)) != 0))
		return false;
	keyset->key = npdu_key_copy(shared->key);
	if (!keyset->key)
		return false;
	if (!keyset->is_known)
		kept_unused(store, s, slot);
	keyset->fingerprint = shared->fingerprint;
	s->given_by[slot] |= given_by;
	keyset->eea = shared->eea;
	keyset->eia = shared->eia;
	keyset->lifetime_s = shared->lifetime_s;
	keyset->due = shared->due; /* its lifetime has begun */
	control_count(store, SESSION_KEYSETS_SHARED);
	/* As in take_found. */
	if (!work_first_operation(s))
		install(store, s, slot);
	return true;
}

void keys_pull(struct session_store *store, struct session *s, unsigned slot)
{
	struct session_keyset *keyset = &s->keysets[slot];
	const struct keysource_request request = {.imsi = table_imsi(s), .id = keyset->id};
	struct session_work *work;
	char id[E2M_KEYSET_ID_STR];

	if (keyset->state != DATAPATH_KEY_MISSING || keyset->key || work_is_pulling(s, slot) ||
	    share(store, s, slot))
		return;
	work = work_begin(store, s);
	if (!work || pull_start(store->pulls, &request, &work->waiters[slot].waiter) != 0) {
		work_end(s);
		control_log(store, SESSION_LOG_ERROR, "IMSI %s: out of memory, no pull started",
			    table_imsi(s).digits);
		return;
	}
	control_log(store, SESSION_LOG_INFO, "step 7: IMSI %s NSAPI %u: pulling e2mKEYSET of %s",
		    table_imsi(s).digits, s->nsapi, e2m_keyset_id_str(&keyset->id, id));
}

/* The configuration's floor, which it says by the algorithms themselves: they have no order. */
static bool is_among(uint32_t allowed, unsigned algorithm)
{
	return allowed == 0 || (algorithm < 32 && allowed >> algorithm & 1);
}

bool keys_may_have(const struct session_store *store, unsigned eea, unsigned eia)
{
	return e2m_algorithms_allowed(eea, eia, store->config.allow_null_integrity) &&
	       is_among(store->config.ciphering_allowed, eea) &&
	       is_among(store->config.integrity_allowed, eia);
}

static void refuse_algorithms(struct session_store *store, struct session *s, unsigned slot,
			      unsigned eea, unsigned eia)
{
	char detail[64];

	snprintf(detail, sizeof(detail), "ciphering 0x%02x with integrity 0x%02x", eea, eia);
	control_count(store, SESSION_KEYSETS_WEAK);
	refuse(store, s, slot, FAILURE_NOT_ALLOWED, "algorithms that are not allowed", detail);
}

void keys_forbid(struct session_store *store, struct session *s, unsigned slot)
{
	refuse_algorithms(store, s, slot, s->keysets[slot].eea, s->keysets[slot].eia);
}

void keys_end(struct session_store *store, struct session *s, unsigned slot)
{
	keys_cancel_pull(store, s, slot);
	s->keysets[slot].due = 0; /* never again */
	fail(store, s, slot, FAILURE_NOT_ALLOWED);
}

static void take_found(struct session_store *store, struct session *s, unsigned slot,
		       const struct keysource_answer *answer)
{
	struct session_keyset *keyset = &s->keysets[slot];
	const struct npdu_profile profile = {
		.eea = answer->ciphering,
		.eia = answer->integrity,
		.counter_octets = s->counter_octets,
		.gcm_tag_octets = store->config.gcm_tag_octets,
	};
	struct counts_fingerprint fingerprint;

	if (!keys_may_have(store, answer->ciphering, answer->integrity)) {
		refuse_algorithms(store, s, slot, answer->ciphering, answer->integrity);
		return;
	}
	if (counts_fingerprint(&fingerprint, &answer->keyset) != 0) {
		refuse(store, s, slot, FAILURE_UNUSABLE, "its keys cannot be made ready", "");
		return;
	}
	if (keyset->is_known &&
	    memcmp(&fingerprint, &keyset->fingerprint, sizeof(fingerprint)) != 0) {
		control_count(store, SESSION_KEYSETS_CHANGED);
		refuse(store, s, slot, FAILURE_OTHER_KEYS,
		       "other keys than came before under this name", "");
		return;
	}
	keyset->key = npdu_key_new(&store->config.numbers, &answer->keyset, &profile);
	if (!keyset->key) {
		refuse(store, s, slot, FAILURE_UNUSABLE, "its keys cannot be made ready", "");
		return;
	}
	/* From now on its COUNTs are kept, whatever operation is under way. */
	if (!keyset->is_known)
		kept_unused(store, s, slot);
	keyset->fingerprint = fingerprint;
	s->given_by[slot] |= (uint8_t)(1U << pull_answering_source(answer));
	keyset->eea = (uint8_t)answer->ciphering;
	keyset->eia = (uint8_t)answer->integrity;
	keyset->lifetime_s = answer->lifetime_s;
	/* Else COUNTs of the same keys may be on their way. */
	if (!work_first_operation(s))
		install(store, s, slot);
}

/* The failure that a final answer means. */
static enum keyset_failure failure_of(enum keysource_outcome outcome)
{
	switch (outcome) {
	case KEYSOURCE_USER_UNKNOWN:
		return FAILURE_USER_UNKNOWN;
	case KEYSOURCE_NOT_AUTHORIZED:
		return FAILURE_NOT_AUTHORIZED;
	default:
		return FAILURE_NOT_AVAILABLE;
	}
}

void keys_take_answer(void *arg, struct pull_waiter *waiter, const struct keysource_answer *answer)
{
	struct session_store *store = arg;
	const struct session_waiter *who = (struct session_waiter *)waiter;
	struct session *s = &store->sessions[who->session];
	const unsigned slot = who->slot;

	work_end(s);
	if (answer->outcome == KEYSOURCE_FOUND)
		take_found(store, s, slot, answer);
	else
		refuse(store, s, slot, failure_of(answer->outcome),
		       keysource_outcome_name(answer->outcome), answer->detail);
}

void keys_take_trouble(void *arg, const struct keysource_request *request, const char *source,
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
