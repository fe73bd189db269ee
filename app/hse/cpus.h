/* SPDX-License-Identifier: BSD-3-Clause */
/* cpus: which CPU each thread of hse runs on. */
#ifndef HSE_CPUS_H
#define HSE_CPUS_H

#include "hse_config.h"

/* How many this machine has: 0 to one less. */
uint32_t cpus_count(void);

uint32_t cpus_of_worker(const struct hse_config *config, unsigned worker);
uint32_t cpus_of_control(const struct hse_config *config);

#endif
