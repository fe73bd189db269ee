/* SPDX-License-Identifier: BSD-3-Clause */
/* telemetry_faults: reports the missing outside resources of hse, one a line. Runs in telemetry's
 * threads. */
#ifndef HSE_TELEMETRY_FAULTS_H
#define HSE_TELEMETRY_FAULTS_H

#include <rte_telemetry.h>

#include "hse_config.h"

/* Number of faults, and of peers that are not connected. */
unsigned telemetry_count_faults(const struct hse_config *config);

/* /hse/faults: {"0": [PIECES], "1": [PIECES], ...}. Each line is split into pieces, in order,
 * because DPDK's strings are short. */
int telemetry_tell_faults(struct rte_tel_data *d, const struct hse_config *config);

#endif
