/* SPDX-License-Identifier: BSD-3-Clause */
/* telemetry: /hse/status, /hse/sessions and /hse/counters on DPDK's telemetry socket. No key material,
 * ever: nothing here sees any. */
#ifndef HSE_TELEMETRY_H
#define HSE_TELEMETRY_H

#include "control.h"
#include "links.h"
#include "ports.h"

int telemetry_start(struct hse_control *control, const struct hse_config *config,
		    const struct hse_ports *ports, struct links *links,
		    struct datapath_worker *const *workers);

/* From here on nothing is answered, and nothing that was handed to telemetry_start is touched. Control
 * must have stopped. */
void telemetry_stop(void);

#endif
