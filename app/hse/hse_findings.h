/* SPDX-License-Identifier: BSD-3-Clause */
/* hse_findings: finds settings of hse that cannot work as written, or are probably not meant, but
 * do not keep hse from starting. */
#ifndef HSE_HSE_FINDINGS_H
#define HSE_HSE_FINDINGS_H

#include "hse_config.h"

/* A program_findings. config is a struct hse_config that was read from file, and may be one that
 * hse_check rejects. */
bool hse_findings(const struct config_file *file, const void *config, FILE *out);

#endif
