/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * auth: one AKA run after another, steps 1 to 4 of e2m.md 1: the SGSN fetches a vector and challenges
 * the USIM; an SQN that is not fresh is resynchronised once a run (TS 33.102 6.3.5); an HSS that cannot
 * be reached is asked again until it can.
 */
#ifndef UE_AUTH_H
#define UE_AUTH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "aka/aka.h"
#include "ue/counters.h"
#include "ue/hss.h"
#include "ue/loop.h"
#include "ue/usim.h"

/* What a run gives. Wiped when the callback returns. */
struct auth_result {
	struct e2m_keyset keyset;
	uint8_t sqn[E2M_SQN_LEN];
	uint8_t rand[E2M_RAND_LEN];
};

/* result is NULL when the run failed for good; the log says why. */
typedef void (*auth_done)(void *arg, const struct auth_result *result);

struct auth_config {
	const struct e2m_numbers *numbers;
	enum aka_system system;
	uint8_t plmn[AKA_SN_ID_LEN]; /* the serving network */
	FILE *steps;
	auth_done done;
	void *arg;
};

struct auth {
	struct auth_config config;
	struct loop *loop;
	struct hss *hss;
	struct usim *usim;
	struct ue_counters *counters;
	bool running;
	bool resynchronised;
	bool waiting_said;
	uint32_t waited_ms; /* for an HSS that does not answer, in this run */
	struct diameter_auth_request request;
	struct loop_timer retry;
};

/* All but config is kept by the caller, and outlives auth. */
void auth_init(struct auth *auth, const struct auth_config *config, struct loop *loop,
	       struct hss *hss, struct usim *usim, struct ue_counters *counters);

/* Begins a run; done is called later. auth_is_running must be false. */
void auth_start(struct auth *auth);
bool auth_is_running(const struct auth *auth);

/* Gives a run up; done is not called any more. */
void auth_stop(struct auth *auth);

#endif
