/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/due.h"

#include "base/container.h"

static uint64_t elapsed_ms(const struct session_store *store)
{
	return wheel_now(store->wheel) - store->started_ms;
}

static void on_time(struct wheel_timer *timer, void *arg);

static void arm(struct session_store *store, struct session *s)
{
	const uint64_t elapsed = elapsed_ms(store);
	uint32_t first = protection_of(s)->changeover_due;
	uint64_t at;

	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++) {
		const uint32_t due = protection_of(s)->keysets[slot].due;
		if (due != 0 && (first == 0 || due < first))
			first = due;
	}
	if (first == 0)
		return;
	at = first * (uint64_t)DUE_MS;
	wheel_set(store->wheel, &protection_of(s)->timer, at > elapsed ? at - elapsed : 0, on_time);
}

static bool has_come(const struct session_store *store, uint32_t *due)
{
	if (*due == 0 || *due * (uint64_t)DUE_MS > elapsed_ms(store))
		return false;
	*due = 0;
	return true;
}

static void on_time(struct wheel_timer *timer, void *arg)
{
	struct session_store *store = arg;
	struct session *s =
		&container_of(timer, struct protected_session, protection.timer)->session;

	if (has_come(store, &protection_of(s)->changeover_due))
		store->changeover_is_due(store, s);
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		if (has_come(store, &protection_of(s)->keysets[slot].due))
			store->keyset_is_due(store, s, slot);
	arm(store, s);
}

static uint32_t due_in(const struct session_store *store, uint64_t delay_ms)
{
	const uint64_t at = (elapsed_ms(store) + delay_ms) / DUE_MS + 1;

	return at < UINT32_MAX ? (uint32_t)at : UINT32_MAX; /* after thirteen years */
}

void due_set(struct session_store *store, struct session *s, uint32_t *due, uint64_t delay_ms)
{
	*due = due_in(store, delay_ms);
	arm(store, s);
}

void due_set_no_later(struct session_store *store, struct session *s, uint32_t *due,
		      uint64_t delay_ms)
{
	const uint32_t at = due_in(store, delay_ms);

	if (*due == 0 || at < *due)
		*due = at;
	arm(store, s);
}

uint32_t due_age_s(const struct session_store *store, uint32_t due)
{
	if (due == 0)
		return 0;
	return (uint32_t)(store->config.age_s + due * (uint64_t)DUE_MS / 1000 + 1);
}
