/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/discard.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/wheel.h"
#include "control/held.h"

/* Between two log lines of one reason. */
#define SILENCE_MS 1000

struct discard {
	uint64_t crossed[2][UINT8_MAX + 1]; /* by version and type */
	struct {
		uint64_t said_ms; /* 0: never */
		uint64_t unsaid;  /* since then */
	} reasons[DISCARD_REASONS];
};

static const struct {
	enum session_counter counter;
	const char *why;
} says[DISCARD_REASONS] = {
	[DISCARD_MALFORMED] = {SESSION_GTPC_DROP_MALFORMED, "it cannot be read"},
	[DISCARD_MANDATORY] = {SESSION_GTPC_DROP_MANDATORY,
			       "a mandatory element is missing or makes no sense"},
	[DISCARD_NO_SEQUENCE] = {SESSION_GTPC_DROP_NO_SEQUENCE, "it has no sequence number"},
	[DISCARD_NO_REQUEST] = {SESSION_GTPC_DROP_NO_REQUEST,
				"no request that crossed waits for this response"},
	[DISCARD_AMBIGUOUS] = {SESSION_GTPC_DROP_AMBIGUOUS, "GSNs would read it in different ways"},
};

struct discard *discard_new(void)
{
	return calloc(1, sizeof(struct discard));
}

void discard_free(struct discard *discard)
{
	free(discard);
}

static void say(struct session_store *store, const struct session_gtpc *gtpc,
		enum discard_reason reason)
{
	const uint64_t now = wheel_now(store->wheel);
	struct discard *d = store->discard;
	char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN], more[64] = "";

	if (d->reasons[reason].said_ms != 0 && now < d->reasons[reason].said_ms + SILENCE_MS) {
		d->reasons[reason].unsaid++;
		return;
	}
	if (d->reasons[reason].unsaid > 0)
		snprintf(more, sizeof(more), "; %" PRIu64 " more since the last such line",
			 d->reasons[reason].unsaid);
	d->reasons[reason].said_ms = now;
	d->reasons[reason].unsaid = 0;
	control_log(store, SESSION_LOG_WARNING,
		    "GTP-C from %s to %s, version %u, type %u: dropped: %s%s",
		    tunnel_address_str(&gtpc->source, from),
		    tunnel_address_str(&gtpc->destination, to),
		    gtpc->len > 0 ? gtpc_version(gtpc->data[0]) : 0,
		    gtpc->len > 1 ? gtpc->data[1] : 0, says[reason].why, more);
}

void discard_gtpc(struct session_store *store, const struct session_gtpc *gtpc,
		  enum discard_reason reason, struct held *held)
{
	control_count(store, says[reason].counter);
	say(store, gtpc, reason);
	held->outcome = SESSION_POLICY;
}

void discard_note_crossing(struct session_store *store, unsigned version, uint8_t type)
{
	control_count(store, SESSION_GTPC_OTHER);
	store->discard->crossed[version - 1][type]++;
}

uint64_t session_crossed(const struct session_store *store, unsigned version, uint8_t type)
{
	return store->discard->crossed[version - 1][type];
}
