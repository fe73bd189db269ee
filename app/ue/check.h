/* SPDX-License-Identifier: BSD-3-Clause */
/* check: checks of hse-ue's configuration that the table of fields cannot make. */
#ifndef UE_CHECK_H
#define UE_CHECK_H

#include "ue/config.h"

/* Reports every error at its place in file, and reads values that the table leaves as text. fleet:
 * as in ue_config_load. Returns false if hse-ue must not start with the configuration. */
bool ue_check(struct ue_config *config, struct config_file *file, uint32_t fleet, FILE *errors);

/* Finds settings that cannot work as written, or are probably not meant, but do not keep hse-ue
 * from starting. A program_findings. config is a struct ue_config that was read from file, and may
 * be one that ue_check rejects. */
bool ue_findings(const struct config_file *file, const void *config, FILE *out);

#endif
