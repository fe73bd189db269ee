/* SPDX-License-Identifier: BSD-3-Clause */
/* telemetry_faults: what hse lacks outside of itself, a line each. In telemetry's threads. */
#ifndef HSE_TELEMETRY_FAULTS_H
#define HSE_TELEMETRY_FAULTS_H

#include <rte_telemetry.h>

#include "hse_config.h"

/* Faults, and peers that are not connected. */
unsigned telemetry_count_faults(const struct hse_config *config);

/* /hse/faults: {"0": [PIECES], "1": [PIECES], ...}: the pieces of a line, one after the other, for DPDK's strings are
 * short. */
int telemetry_tell_faults(struct rte_tel_data *d, const struct hse_config *config);

#endif
