/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ue: one UE with its USIM, and what the SGSN, or MME and S-GW, keep for it, from its first AKA run to the deletion
 * of its PDP context or PDN connection. Everything of a UE is in here; what UEs share is in struct ue_shared.
 */
#ifndef UE_UE_H
#define UE_UE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ue/auth.h"
#include "ue/bearers.h"
#include "ue/config.h"
#include "ue/control_path.h"
#include "ue/counters.h"
#include "ue/loop.h"
#include "ue/pdp.h"
#include "ue/user_path.h"
#include "ue/user_plane.h"
#include "ue/usim.h"

/* Owned by main; outlives all UEs. */
struct ue_shared {
	const struct ue_config *config;
	struct loop *loop;
	struct hss *hss;
	struct control_path control_path;
	struct user_path *user_path;
	/* Of the SGSN that a UE may move to; user_path NULL: there is none. */
	struct control_path other_control_path;
	struct user_path *other_user_path;
	struct npdu_engine *engine;
	struct npdu_searches searches;
	struct ue_counters counters;
	FILE *steps; /* stdout */
};

enum ue_state {
	UE_ATTACHING,  /* first AKA run */
	UE_ACTIVATING, /* first Create PDP Context */
	UE_READY,
	UE_LEAVING, /* Delete PDP Context */
	UE_ENDED,
};

struct ue {
	struct ue_shared *shared;
	enum ue_state state;
	struct usim usim;
	struct auth auth;
	struct user_tunnel tunnels[PDP_PLACES];
	struct pdp pdp;
	struct user_plane plane;
	struct bearers bearers; /* others than the first */
	struct loop_source tun;
	struct loop_timer move; /* runs until the uplink before a move has arrived */
	uint8_t key_id;		/* of the latest AKA run that gave keys */
	bool updating;		/* a move is on its way, or an AKA run or Update of a rekey */
	bool rekey_wanted;	/* asked for meanwhile */
	bool uplink_waits;	/* in the TUN device: neither SGSN may send it */
	bool stop_wanted;	/* asked for while the Create was on its way */
	bool failed;		/* it leaves because something went wrong */
	void (*ended)(void *arg, bool failed);
	void *arg;
};

/* ended is called once, when the UE has left or has failed; not from within ue_init. Negative errno
 * after a line in the log. */
int ue_init(struct ue *ue, struct ue_shared *shared, void (*ended)(void *arg, bool failed),
	    void *arg);
void ue_free(struct ue *ue);

/* Runs AKA and activates the PDP context. */
void ue_start(struct ue *ue);

/* A new AKA run, and an Update PDP Context with the next Key ID. */
void ue_rekey(struct ue *ue);

/* To the other SGSN, or back. */
void ue_move(struct ue *ue);

/* Deletes the PDP context, then calls ended. */
void ue_stop(struct ue *ue);

#endif
