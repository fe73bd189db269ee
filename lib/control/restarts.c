/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/restarts.h"

#include <rte_jhash.h>
#include <stdlib.h>
#include <string.h>

#include "control/table.h"

/* A pair may stand in any place of its set. */
#define WAYS 8
#define SETS (RESTARTS_PAIRS / WAYS)

/* What the GSN on one side tells the other. */
struct counter {
	bool is_known;
	uint8_t value;
	uint32_t sweep;	 /* number of the sweep that ends sessions up to serial; 0: none ever */
	uint32_t serial; /* the last one at the restart */
	/* An accepted Create whose request said another counter: sessions up to serial are older. */
	struct {
		bool is_said;
		uint8_t value;
		uint32_t serial;
	} next;
};

struct pair {
	uint8_t gsn[DATAPATH_SIDES][16];
	uint32_t used; /* by restarts.clock, when it was last looked for; 0: free */
	struct counter of[DATAPATH_SIDES];
};

struct restarts {
	uint32_t clock;
	uint32_t sweep; /* number of the present sweep, or of the next one */
	struct pair pairs[SETS][WAYS];
};

struct restarts *restarts_new(void)
{
	struct restarts *restarts = calloc(1, sizeof(*restarts));

	if (restarts)
		restarts->sweep = 1;
	return restarts;
}

void restarts_free(struct restarts *restarts)
{
	free(restarts);
}

/* --- pairs --- */

static struct pair *set_of(const struct session_store *store, const uint8_t *sgsn,
			   const uint8_t *ggsn)
{
	uint32_t both[8]; /* in whole words, as rte_jhash_32b reads them */
	uint32_t hash;

	memcpy(both, sgsn, 16);
	memcpy(both + 4, ggsn, 16);
	hash = rte_jhash_32b(both, 8, store->hash_secret);
	return store->restarts->pairs[hash % SETS];
}

/* NULL: nothing is known of the pair. */
static struct pair *find(const struct session_store *store, const uint8_t *sgsn,
			 const uint8_t *ggsn)
{
	struct pair *set = set_of(store, sgsn, ggsn);

	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].used != 0 && memcmp(set[i].gsn[DATAPATH_ACCESS], sgsn, 16) == 0 &&
		    memcmp(set[i].gsn[DATAPATH_CORE], ggsn, 16) == 0)
			return &set[i];
	return NULL;
}

static void note_use(struct restarts *restarts, struct pair *pair)
{
	if (++restarts->clock == 0)
		restarts->clock = 1;
	pair->used = restarts->clock;
}

/* Returns the place of the pair that was not used for longest. */
static struct pair *oldest_of(const struct restarts *restarts, struct pair *set)
{
	struct pair *oldest = &set[0];

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].used == 0)
			return &set[i];
		if (restarts->clock - set[i].used > restarts->clock - oldest->used)
			oldest = &set[i];
	}
	return oldest;
}

/* --- sessions from before a restart --- */

static bool is_before(const struct restarts *restarts, const struct session *s,
		      const struct counter *counter)
{
	return counter->sweep == restarts->sweep && !table_is_later(s->serial, counter->serial);
}

bool restarts_are_after(const struct session_store *store, const struct session *s,
			const struct change *t)
{
	const struct pair *pair = find(store, t->control_sgsn.receiver, t->control_ggsn.receiver);

	return pair && (is_before(store->restarts, s, &pair->of[DATAPATH_ACCESS]) ||
			is_before(store->restarts, s, &pair->of[DATAPATH_CORE]));
}

void restarts_spare(struct session_store *store, struct session *s, const struct change *t)
{
	if (restarts_are_after(store, s, t))
		s->serial = directory_next_serial(store->directory);
}

void restarts_forget(struct session_store *store)
{
	store->restarts->sweep++;
}

/* --- counters --- */

static void say_restart(struct session_store *store, const struct recovery *said, uint8_t before)
{
	char text[INET6_ADDRSTRLEN], address[INET6_ADDRSTRLEN];
	const char *peer = tunnel_address_str(&said->gsn[1 - said->side], address);

	control_count(store, SESSION_GSN_RESTARTS);
	control_log(store, SESSION_LOG_WARNING,
		    "GSN %s on the %s side has restarted, its counter for %s went from %u to %u: "
		    "its earlier sessions with %s end",
		    tunnel_address_str(&said->gsn[said->side], text),
		    said->side == DATAPATH_ACCESS ? "access" : "core", peer, before, said->counter,
		    peer);
}

/* Modulo 256. A lower counter is from before the last restart and comes late. */
static bool is_later(uint8_t counter, uint8_t than)
{
	return (int8_t)(counter - than) > 0;
}

void restarts_hear(struct session_store *store, const struct recovery *asked)
{
	struct pair *pair = asked->is_said ? find(store, asked->gsn[DATAPATH_ACCESS].receiver,
						  asked->gsn[DATAPATH_CORE].receiver)
					   : NULL;
	struct counter *counter = pair ? &pair->of[asked->side] : NULL;

	if (!counter || !counter->is_known || !is_later(asked->counter, counter->value) ||
	    (counter->next.is_said && counter->next.value == asked->counter))
		return;
	counter->next.is_said = true;
	counter->next.value = asked->counter;
	counter->next.serial = directory_last_serial(store->directory);
}

/* The last session from before the restart that has led to this counter. */
static uint32_t last_before(const struct session_store *store, const struct counter *counter,
			    uint8_t value)
{
	return counter->next.is_said && counter->next.value == value
		       ? counter->next.serial
		       : directory_last_serial(store->directory);
}

bool restarts_take(struct session_store *store, const struct recovery *said)
{
	struct pair *pair = said->is_said ? find(store, said->gsn[DATAPATH_ACCESS].receiver,
						 said->gsn[DATAPATH_CORE].receiver)
					  : NULL;
	struct counter *counter = pair ? &pair->of[said->side] : NULL;

	if (pair)
		note_use(store->restarts, pair);
	restarts_note(store, said);
	if (!counter || !counter->is_known || said->counter == counter->value)
		return false;
	if (!is_later(said->counter, counter->value)) {
		control_count(store, SESSION_GTPC_RECOVERY_LATE);
		return false;
	}
	say_restart(store, said, counter->value);
	counter->value = said->counter;
	counter->serial = last_before(store, counter, said->counter);
	counter->next.is_said = false;
	counter->sweep = store->restarts->sweep;
	return true;
}

void restarts_note(struct session_store *store, const struct recovery *said)
{
	const uint8_t *sgsn = said->gsn[DATAPATH_ACCESS].receiver,
		      *ggsn = said->gsn[DATAPATH_CORE].receiver;
	struct pair *pair;

	/* Strangers take no places. */
	if (!said->is_said || gsns_find(store->gsns, sgsn) == 0 ||
	    gsns_find(store->gsns, ggsn) == 0)
		return;
	pair = find(store, sgsn, ggsn);
	if (!pair) {
		pair = oldest_of(store->restarts, set_of(store, sgsn, ggsn));
		*pair = (struct pair){0};
		memcpy(pair->gsn[DATAPATH_ACCESS], sgsn, 16);
		memcpy(pair->gsn[DATAPATH_CORE], ggsn, 16);
		note_use(store->restarts, pair);
	}
	if (!pair->of[said->side].is_known) {
		pair->of[said->side].is_known = true;
		pair->of[said->side].value = said->counter;
	}
}
