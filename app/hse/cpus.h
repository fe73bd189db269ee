/* SPDX-License-Identifier: BSD-3-Clause */
/* cpus: selects the CPU of each thread of hse. */
#ifndef HSE_CPUS_H
#define HSE_CPUS_H

#include "hse_config.h"

/* Number of CPUs of this machine; they are numbered from 0. */
uint32_t cpus_count(void);

uint32_t cpus_of_worker(const struct hse_config *config, unsigned worker);
uint32_t cpus_of_control(const struct hse_config *config);

#endif
