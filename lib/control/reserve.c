/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reserve: COUNTs are reserved on disk before they are used. A worker uses COUNTs below a ceiling
 * that is on disk, and asks for more in time. The next process takes all COUNTs below the ceiling
 * as used.
 *
 * So COUNTs that are reserved ahead are lost in a crash. Downlink, this costs nothing: the sender
 * skips them, and the receiver finds COUNT again. Uplink, it costs packets: those that the UE sends
 * with these COUNTs are refused.
 *
 * So for a UE that sends only at times, none is reserved ahead, and each packet waits for the disk.
 * For a busy UE, one write serves the packets of a moment.
 */
#include "control/reserve.h"

#include <rte_common.h>
#include <sys/param.h>

#include "control/commands.h"
#include "control/journal.h"
#include "control/table.h"
#include "control/work.h"
#include "datapath/datapath.h"

/* COUNTs reserved ahead for downlink at the slowest rate. From this number on, the reservation may
 * grow. */
#define AHEAD_MIN 4
/* The most by which a reservation grows at once: a burst is not a rate. */
#define AHEAD_GROWS 8
/* How long COUNTs reserved ahead should last at the rate of the last reservation, by direction. */
static const uint32_t lasts_ms[] = {[UP] = 250, [DOWN] = 2000};
/* Unit of a 16-bit clock. It wraps after more than an hour, which is enough to tell fast from
 * slow. */
#define TICK_MS 64

static uint16_t now_in_ticks(const struct session_store *store)
{
	return (uint16_t)(wheel_now(store->wheel) / TICK_MS);
}

/* A ceiling is at most W/4 above the highest COUNT used (e2m.md 7). The COUNT of the ceiling itself
 * is not reserved. */
static uint32_t ahead_max(const struct session_store *store, const struct session *s)
{
	const uint32_t quarter = UINT32_C(1) << (1 + 8 * protection_of(s)->counter_octets);

	return MIN(quarter - 1, store->config.count_block);
}

static uint32_t ahead_of(const struct session_ceiling *c)
{
	return c->ahead == 0 ? 0 : UINT32_C(1) << (c->ahead - 1);
}

/* Reserves for the time that COUNTs should last, at the rate at which the last reservation was
 * used. */
static uint8_t choose_ahead(const struct session_store *store, const struct session *s,
			    const struct session_ceiling *c, enum session_direction direction,
			    uint32_t needed)
{
	const uint64_t least = direction == DOWN ? AHEAD_MIN : 0, max = ahead_max(store, s);
	const uint32_t before = ahead_of(c);
	const uint64_t most = AHEAD_GROWS * (uint64_t)MAX(before, AHEAD_MIN);
	const uint16_t ticks = (uint16_t)(now_in_ticks(store) - c->asked);
	const uint32_t begin = c->granted > before ? c->granted - before : 0;
	uint64_t ahead = least;

	if (c->granted > 0 && needed > begin)
		ahead = (needed - begin) * (uint64_t)lasts_ms[direction] /
			((ticks ? ticks : 1) * (uint64_t)TICK_MS);
	ahead = MIN(MAX(MIN(ahead, most), least), max);
	return ahead == 0 ? 0 : (uint8_t)(rte_log2_u64(ahead) + 1);
}

static uint32_t sum(uint32_t a, uint32_t b)
{
	return a < UINT32_MAX - b ? a + b : UINT32_MAX;
}

uint32_t reserve_bound(const struct session *s, unsigned slot, enum session_direction direction)
{
	const struct session_keyset *keyset = &protection_of(s)->keysets[slot];

	return MAX(keyset->ceiling[direction].granted, keyset->count.next[direction]);
}

struct datapath_ceiling reserve_ceiling(const struct session_store *store, const struct session *s,
					unsigned slot, enum session_direction direction)
{
	const struct session_ceiling *c = &protection_of(s)->keysets[slot].ceiling[direction];
	struct datapath_ceiling ceiling = {.ceiling = c->granted, .mark = DATAPATH_NO_MARK};

	if (!store->config.is_durable)
		return DATAPATH_NO_CEILING;
	if (!protection_of(s)->work || protection_of(s)->work->wanted[slot][direction] == 0)
		ceiling.mark = c->granted - MIN(ahead_of(c) / 2, c->granted);
	return ceiling;
}

static void tell(struct session_store *store, const struct session *s, unsigned slot,
		 enum session_direction direction)
{
	const struct datapath_command c = {.kind = DATAPATH_RAISE_CEILING,
					   .slot = (uint8_t)slot,
					   .ceiling = reserve_ceiling(store, s, slot, direction)};

	if (protection_of(s)->flow[direction].live)
		commands_send(store, &protection_of(s)->flow[direction], c, NULL);
}

/* COUNTs below needed are about to be used; COUNTs below used were used. Reserves those that are
 * not reserved yet, and more ahead. */
static void ask(struct session_store *store, struct session *s, unsigned slot,
		enum session_direction direction, uint32_t needed, uint32_t used)
{
	struct session_keyset *keyset = &protection_of(s)->keysets[slot];
	struct session_ceiling *c = &keyset->ceiling[direction];
	const uint32_t most = sum(used, ahead_max(store, s));
	struct session_work *work;
	uint32_t *wanted;

	/* An event may be about a keyset that has left since. */
	if (!store->config.is_durable ||
	    (keyset->state != DATAPATH_KEY_MISSING && keyset->state != DATAPATH_KEY_READY))
		return;
	work = work_begin(store, s);
	if (!work) {
		tell(store, s, slot, direction); /* the worker asks again */
		return;
	}
	wanted = &work->wanted[slot][direction];
	if (*wanted == 0) {
		c->ahead = choose_ahead(store, s, c, direction, needed);
		c->asked = now_in_ticks(store);
	}
	needed = MIN(sum(needed, ahead_of(c)), most);
	if (needed > c->granted && needed > *wanted) {
		*wanted = needed;
		control_count(store, SESSION_RESERVATIONS);
		journal_note(store, s);
	} else if (*wanted == 0) {
		/* What is granted is enough at this slower rate: the worker asks again at a later
		 * mark. */
		tell(store, s, slot, direction);
	}
	work_end(s);
}

void reserve_begin(struct session_store *store, struct session *s, unsigned slot,
		   enum session_direction direction)
{
	const struct session_keyset *keyset = &protection_of(s)->keysets[slot];
	const uint32_t count = keyset->count.next[direction];

	/* Uplink, the ceiling is for the waiting packet, probably the first with its keyset. The
	 * packet may be forged. So after a restart it reserves nothing; otherwise each restart
	 * would refuse one COUNT more. */
	if (direction == UP && count > 0)
		return;
	if (count >= keyset->ceiling[direction].granted)
		ask(store, s, slot, direction, direction == UP ? sum(count, 1) : count, count);
}

uint32_t reserve_wanted(const struct session *s, unsigned slot, enum session_direction direction)
{
	const uint32_t wanted =
		protection_of(s)->work ? protection_of(s)->work->wanted[slot][direction] : 0;

	return MAX(wanted, reserve_bound(s, slot, direction));
}

void reserve_give_up(struct session *s, unsigned slot)
{
	if (!protection_of(s)->work)
		return;
	protection_of(s)->work->wanted[slot][UP] = protection_of(s)->work->wanted[slot][DOWN] = 0;
	work_end(s);
}

void reserve_take_low(struct session_store *store, struct session *s,
		      const struct datapath_event *event, enum session_direction direction)
{
	const struct session_keyset *keyset = &protection_of(s)->keysets[event->slot];

	/* In other cases the event is about another keyset, perhaps with much higher COUNTs, or is
	 * older than the worker's ceiling. */
	if (event->key == keyset->key && event->cookie == keyset->ceiling[direction].granted)
		ask(store, s, event->slot, direction, event->count[event->slot], event->used);
}

void reserve_grant(struct session_store *store, struct session *s, unsigned slot,
		   const uint32_t ceiling[2])
{
	uint32_t *wanted = protection_of(s)->work ? protection_of(s)->work->wanted[slot] : NULL;

	/* After session_conclude the disk has exact COUNTs, so no further COUNT may be used. */
	if (store->durable.is_concluded)
		return;
	for (unsigned d = 0; d < 2; d++) {
		if (ceiling[d] <= protection_of(s)->keysets[slot].ceiling[d].granted)
			continue;
		protection_of(s)->keysets[slot].ceiling[d].granted = ceiling[d];
		if (wanted && wanted[d] <= ceiling[d])
			wanted[d] = 0;
		tell(store, s, slot, d);
	}
}
