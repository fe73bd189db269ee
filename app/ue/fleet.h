/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fleet: many devices at once, as after a power cut. Each runs AKA, activates a PDP context, sends its
 * first packet, an ICMP echo request, and waits for the answer; so many at a time as the configuration
 * says. No device has a TUN interface: packets are made and looked at here.
 *
 *   fleet.c    begins devices, looks after those whose answer does not come, ends
 *   device.c   one device: AKA, PDP context, packets
 *   figures.c  how long everything took
 */
#ifndef UE_FLEET_H
#define UE_FLEET_H

#include <stdbool.h>
#include <stdint.h>

#include "ue/ue.h"

struct fleet;

/* Plays shared->config->fleet with count devices. ended is called once, not from within fleet_start: failed when
 * a device was refused, or a packet of its own was lost. NULL with errno. */
struct fleet *fleet_new(struct ue_shared *shared, uint32_t count,
			void (*ended)(void *arg, bool failed), void *arg);
/* Wipes all keys. */
void fleet_free(struct fleet *fleet);

void fleet_start(struct fleet *fleet);

/* Ends it as it is. */
void fleet_stop(struct fleet *fleet);

#endif
