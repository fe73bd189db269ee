/* SPDX-License-Identifier: BSD-3-Clause */
/* ceilings: COUNTs are reserved before they are used. Workers use those below a ceiling that is on disk, and
 * ask in time for more; a process that comes after this one takes all below it for used. So a reservation is
 * short where COUNTs are used slowly, for what is left of it is lost in a crash, and longer where one write to
 * the disk must serve many packets. */
#include "datapath/datapath.h"
#include "session/store.h"

/* COUNTs that are reserved for a keyset that nobody has used yet. */
#define BLOCK_MIN 4
/* How long a reservation should last at the rate of the last one. */
#define LASTS_MS 2000
/* A clock that wraps after an hour and more: enough to tell fast from slow. */
#define TICK_MS 64

static uint16_t now_in_ticks(const struct session_store *store)
{
	return (uint16_t)(wheel_now(store->wheel) / TICK_MS);
}

/* A receiver finds COUNT as long as no more than half of what CTR can tell apart was skipped; half of that
 * is left for packets that are lost. */
static uint32_t block_max(const struct session_store *store, const struct session *s)
{
	const uint32_t quarter = UINT32_C(1) << (1 + 8 * s->counter_octets);

	return quarter < store->config.count_block ? quarter : store->config.count_block;
}

static uint8_t log2_above(uint64_t n)
{
	return n <= 1 ? 0 : (uint8_t)(64 - __builtin_clzll(n - 1));
}

/* As many as were used of the last reservation, for the time that this one should last. */
static uint8_t choose_block(const struct session_store *store, const struct session *s,
			    const struct session_ceiling *c, uint32_t needed)
{
	const uint32_t max = block_max(store, s), begin = c->granted - (UINT32_C(1) << c->block);
	uint64_t block = BLOCK_MIN;

	if (c->granted >= UINT32_C(1) << c->block && c->block > 0 && needed > begin) {
		uint16_t ticks = (uint16_t)(now_in_ticks(store) - c->asked);
		block = (uint64_t)(needed - begin) * (LASTS_MS / TICK_MS) / (ticks ? ticks : 1);
	}
	if (block < BLOCK_MIN)
		block = BLOCK_MIN;
	return block < max ? log2_above(block) : log2_above(max);
}

static uint32_t sum(uint32_t a, uint32_t b)
{
	return a < UINT32_MAX - b ? a + b : UINT32_MAX;
}

uint32_t ceilings_bound(const struct session *s, unsigned slot, enum session_direction direction)
{
	const struct session_keyset *keyset = &s->keysets[slot];
	const uint32_t granted = keyset->ceiling[direction].granted;
	const uint32_t count = direction == UP ? keyset->count.uplink : keyset->count.downlink;

	return granted > count ? granted : count;
}

void ceilings_ask(struct session_store *store, struct session *s, unsigned slot,
		  enum session_direction direction, uint32_t needed)
{
	const struct session_keyset *keyset = &s->keysets[slot];
	struct session_ceiling *c = &s->keysets[slot].ceiling[direction];
	/* What waits downlink has no COUNT yet, and a crash would skip what is reserved for it. */
	const uint32_t bound = ceilings_bound(s, slot, direction);
	const uint32_t used = direction == DOWN && needed > bound ? bound : needed;
	struct session_work *work;
	uint32_t *wanted, most;

	/* An event may speak of a keyset that has left since. */
	if (!store->config.is_durable ||
	    (keyset->state != DATAPATH_KEY_MISSING && keyset->state != DATAPATH_KEY_READY))
		return;
	work = work_begin(store, s);
	if (!work) {
		if (s->flow[direction].live)
			flows_raise_ceiling(store, s, direction, slot); /* it asks again */
		return;
	}
	wanted = &work->wanted[slot][direction];
	if (*wanted == 0) {
		c->block = choose_block(store, s, c, needed);
		c->asked = now_in_ticks(store);
	}
	most = sum(used, block_max(store, s));
	needed = sum(needed, UINT32_C(1) << c->block);
	if (needed > most)
		needed = most;
	if (needed > c->granted && needed > *wanted) {
		*wanted = needed;
		store_count(store, SESSION_RESERVATIONS);
		changes_note(store, s);
	} else if (*wanted == 0 && s->flow[direction].live) {
		/* Enough for now, as slow as it has become: it asks again at a later mark. */
		flows_raise_ceiling(store, s, direction, slot);
	}
	work_end(s);
}

void ceilings_begin(struct session_store *store, struct session *s, unsigned slot,
		    enum session_direction direction)
{
	const struct session_keyset *keyset = &s->keysets[slot];
	const uint32_t count = direction == UP ? keyset->count.uplink : keyset->count.downlink;

	if (count >= keyset->ceiling[direction].granted)
		ceilings_ask(store, s, slot, direction, count);
}

struct datapath_ceiling ceilings_of(const struct session_store *store, const struct session *s,
				    unsigned slot, enum session_direction direction)
{
	const struct session_ceiling *c = &s->keysets[slot].ceiling[direction];
	const uint32_t half = (UINT32_C(1) << c->block) / 2;
	struct datapath_ceiling ceiling = {.ceiling = c->granted, .mark = DATAPATH_NO_MARK};

	if (!store->config.is_durable)
		return DATAPATH_NO_CEILING;
	if (!s->work || s->work->wanted[slot][direction] == 0)
		ceiling.mark = c->granted - (half < c->granted ? half : c->granted);
	return ceiling;
}

uint32_t ceilings_wanted(const struct session *s, unsigned slot, enum session_direction direction)
{
	const uint32_t bound = ceilings_bound(s, slot, direction);
	const uint32_t wanted = s->work ? s->work->wanted[slot][direction] : 0;

	return wanted > bound ? wanted : bound;
}

void ceilings_give_up(struct session *s, unsigned slot)
{
	if (!s->work)
		return;
	s->work->wanted[slot][UP] = s->work->wanted[slot][DOWN] = 0;
	work_end(s);
}

void ceilings_take_low(struct session_store *store, struct session *s,
		       const struct datapath_event *event, enum session_direction direction)
{
	const struct session_keyset *keyset = &s->keysets[event->slot];

	/* Else it speaks of another keyset, or the worker has heard of more since. */
	if (event->cookie == keyset->ceiling[direction].granted)
		ceilings_ask(store, s, event->slot, direction, event->count[event->slot]);
}

/* --- what is on disk --- */

/* Is what the disk says of a keyset true of this one, whoever reads it? By its keys where the disk knows them,
 * else by its name. */
static bool is_about(const struct state_keyset *record, const struct session_keyset *keyset)
{
	if (keyset->state == DATAPATH_KEY_NONE || !(record->flags & STATE_KEYSET_HELD) ||
	    memcmp(&record->id, &keyset->id, sizeof(keyset->id)) != 0)
		return false;
	return !(record->flags & STATE_KEYSET_KNOWN) ||
	       (keyset->is_known && memcmp(record->fingerprint, keyset->fingerprint.octets,
					   sizeof(record->fingerprint)) == 0);
}

static void grant(struct session_store *store, struct session *s, unsigned slot,
		  enum session_direction direction, uint32_t ceiling)
{
	struct session_ceiling *c = &s->keysets[slot].ceiling[direction];

	if (ceiling <= c->granted)
		return;
	c->granted = ceiling;
	if (s->work && s->work->wanted[slot][direction] <= ceiling)
		s->work->wanted[slot][direction] = 0;
	if (s->flow[direction].live)
		flows_raise_ceiling(store, s, direction, slot);
}

void ceilings_grant(struct session_store *store, struct session *s,
		    const struct state_session *record)
{
	const struct e2m_imsi imsi = store_imsi(s);

	if (s->nsapi != record->nsapi || memcmp(&imsi, &record->imsi, sizeof(imsi)) != 0)
		return;
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		if (is_about(&record->keysets[slot], &s->keysets[slot]))
			for (unsigned d = 0; d < 2; d++)
				grant(store, s, slot, d, record->keysets[slot].ceiling[d]);
	work_end(s);
}
