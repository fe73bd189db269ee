/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hse: the HSE under test, for the model: lib/control and lib/datapath in one thread, joined as app/hse joins them,
 * with a disk and a key source in memory. Frames go in by hse_receive; what leaves goes to hse_sent. Time is a number.
 */
#ifndef MODEL_HSE_H
#define MODEL_HSE_H

#include "control/control.h"
#include "datapath/datapath.h"

#define HSE_WORKERS_MAX 2

struct hse_settings {
	unsigned workers;
	uint32_t sessions; /* at most */
	uint32_t idle_flush_s;
	uint8_t counter_octets;
	bool is_durable;
	bool drop_unknown;
	bool pull_on_activation;
	struct policy policy; /* owned by the caller */
};

/* The caller's functions. Each gets arg. */
struct hse_ops {
	/* A frame leaves through side. The function must not call hse. */
	void (*sent)(void *arg, enum datapath_side side, const uint8_t *frame, uint32_t len);
	/* True: fills keyset. */
	bool (*find_keyset)(void *arg, const struct e2m_imsi *imsi, const struct e2m_keyset_id *id,
			    struct e2m_keyset *keyset);
	void (*log)(void *arg, const char *line);
	void *arg;
};

/* Once for the process. 0, or -1. */
int hse_open(void);
void hse_close(void);

/* A new HSE with an empty disk; the one before ends. */
void hse_begin(const struct hse_settings *settings, const struct hse_ops *ops);
void hse_end(void);
/* The process ends without a word; another begins with what is on the disk. */
void hse_crash(void);

/* One frame comes in on side, at worker. */
void hse_receive(unsigned worker, enum datapath_side side, const uint8_t *frame, uint32_t len);
/* One round of what waits: commands, events, keys, disk. Returns how much there was to do. */
unsigned hse_work(void);
/* Works until nothing is left to do. */
void hse_settle(void);
/* Lets time pass, and works. */
void hse_pass(uint64_t ms);
uint64_t hse_now_ms(void);

/* False: nothing is written until it is true again. */
void hse_set_disk(bool is_fast);
void hse_set_bypass(bool is_on);
/* E2M-Session-Notification. */
void hse_notify(const struct session_notification *notification);

/* Of this HSE since hse_begin, over crashes, all workers. */
uint64_t hse_counter(enum datapath_side side, enum datapath_counter counter);
uint64_t hse_session_counter(enum session_counter counter);
const struct session_store *hse_store(void);
/* An ended session has found no place: what it had is not known any more. */
bool hse_is_overfull(void);

#endif
