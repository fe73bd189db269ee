/* SPDX-License-Identifier: BSD-3-Clause */
/* eal: DPDK's environment, started from hse's own configuration. */
#ifndef HSE_EAL_H
#define HSE_EAL_H

#include "hse_config.h"
#include "program/privileges.h"

/* Errors are logged; negative errno, and then nothing is left. The caller's thread becomes control's. */
int eal_start(const struct hse_config *config);

/* The first error that DPDK logged during eal_start, for instance about a device that cannot be
 * opened; "": none. */
const char *eal_first_error(void);

/* Gives user the EAL's files in the runtime directory, so that the files can be removed at the
 * end. */
void eal_give_files(const struct program_user *user);

/* Removes what the EAL leaves in its runtime directory for processes that would attach to this one; hse
 * has none. Call last: after this nobody can tell by its files that hse runs. */
void eal_remove_files(void);

/* The lcore of a worker by its number. Lcore 0 is control's. */
static inline unsigned eal_worker_lcore(unsigned worker)
{
	return worker + 1;
}

#endif
