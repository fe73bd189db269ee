/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * device: one device of a fleet. What it needs for an AKA run and for the activation of its PDP context
 * is an attachment, of which there are as many as devices do that at once; what it needs afterwards is
 * in the device itself, and small.
 */
#ifndef UE_DEVICE_H
#define UE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "ue/echo.h"
#include "ue/figures.h"
#include "ue/ue.h"

struct device {
	struct devices *all;
	TAILQ_ENTRY(device) waits; /* in devices.waiting */
	struct user_tunnel tunnel;
	struct user_plane plane;
	struct in_addr address;
	uint32_t number;   /* its IMSI is so far above the first */
	uint32_t sent;	   /* packets */
	bool is_waiting;   /* for the answer to the last of them */
	bool is_active;	   /* has a PDP context */
	uint32_t first_us; /* how long its first answer took */
	uint64_t since_us; /* of its AKA run; then of its last packet */
};

struct attachment {
	SLIST_ENTRY(attachment) link; /* while free */
	struct device *device;
	struct usim usim;
	struct auth auth;
	struct pdp pdp;
	bool has_pdp;
};

TAILQ_HEAD(device_queue, device);

/* What devices share. */
struct devices {
	struct ue_shared *shared;
	struct figures figures;
	struct device *list;
	uint32_t count;
	struct attachment *attachments;
	SLIST_HEAD(, attachment) free_attachments;
	uint32_t attaching;
	struct device_queue waiting; /* for an answer; who has waited longest is first */
	uint32_t refusals_said;
	/* A device has no attachment any more; it may have failed. */
	void (*attached)(void *arg, struct device *device, bool failed);
	/* The packet that it sent last was answered, or will not be. */
	void (*answered)(void *arg, struct device *device, bool lost);
	void *arg;
};

/* -ENOMEM. The caller sets the callbacks. */
int devices_init(struct devices *all, struct ue_shared *shared, uint32_t count);
/* Wipes all keys. */
void devices_free(struct devices *all);

/* Runs AKA and activates its PDP context. There must be a free attachment. False: it fails at once, and attached is
 * not called. */
bool device_begin(struct device *device);

/* Sends its next packet. False: it could not be protected, so nothing left. */
bool device_send(struct device *device);
/* What it waits for will not come. */
void device_give_up(struct device *device);

/* It has no more to send: its keys are wiped. */
void device_rest(struct device *device);

#endif
