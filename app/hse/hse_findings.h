/* SPDX-License-Identifier: BSD-3-Clause */
/* hse_findings: what in the configuration of hse cannot work as it is written, or may not be meant, and keeps hse from
 * nothing. */
#ifndef HSE_HSE_FINDINGS_H
#define HSE_HSE_FINDINGS_H

#include "hse_config.h"

/* A program_findings; config is a struct hse_config that was read from file; also one that hse_check refuses. */
bool hse_findings(const struct config_file *file, const void *config, FILE *out);

#endif
