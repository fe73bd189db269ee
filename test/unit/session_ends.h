/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session_ends: the two ends of one keyset's N-PDUs, for tests of lib/control. The UE is hse-ue's own
 * user plane. The HSE's receiver makes the checks of e2m.md 7 as the worker's open.c does, with the
 * functions of lib/npdu, on a flow of session_lab. Searches have no budgets.
 */
#ifndef UNIT_SESSION_ENDS_H
#define UNIT_SESSION_ENDS_H

#include "npdu/recovery.h"
#include "session_lab.h"
#include "ue/user_plane.h"

struct ends {
	struct user_plane ue;
	struct ue_counters counters;
	/* The HSE's, uplink. */
	struct npdu_window_any window;
	struct npdu_recovery recovery;
	struct npdu_search_turn turn;
	uint32_t waiting; /* COUNT + 1 of an authentic PDU that waits for its ceiling; 0: none */
};

enum ends_verdict {
	ENDS_DELIVERED,
	ENDS_WAITS,   /* for its ceiling */
	ENDS_PENDING, /* recovery_pending */
	ENDS_REFUSED, /* replay or bad_mac */
};

/* windows: recovery_windows. The engines are shared by all ends of a test. */
void ends_open(uint32_t windows);
void ends_close(void);

/* A UE that has the keyset of that number, with counter_octets of lab.config. */
void ends_init(struct ends *ends, unsigned subscriber, unsigned keyset, uint8_t bearer);
void ends_free(struct ends *ends);

/* The UE's next COUNT. Those that are skipped count as sent, and lost. */
uint32_t ends_up_count(const struct ends *ends);
void ends_lose_up(struct ends *ends, uint32_t packets);

/* The HSE has sent the PDU with the COUNT before the next one of flow: what becomes of it at the UE. */
enum ends_verdict ends_take_down(struct ends *ends, const struct lab_flow *flow, unsigned slot);
/* The UE sends a PDU: what becomes of it at the HSE. */
enum ends_verdict ends_send_up(struct ends *ends, struct lab_flow *flow, unsigned slot);
/* The same of the PDU that waits, if the ceiling has come. */
enum ends_verdict ends_release_up(struct ends *ends, struct lab_flow *flow, unsigned slot);

#endif
