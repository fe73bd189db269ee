/* SPDX-License-Identifier: BSD-3-Clause */
/* check: what the table of fields cannot see in the configuration of hse-ue. */
#ifndef UE_CHECK_H
#define UE_CHECK_H

#include "ue/config.h"

/* Reports every error at its place in file, and reads what the table leaves as text; fleet as ue_config_load. False:
 * hse-ue does not start with it. */
bool ue_check(struct ue_config *config, struct config_file *file, uint32_t fleet, FILE *errors);

/* What cannot work as it is written, or may not be meant, and keeps hse-ue from nothing. A program_findings; config is a
 * struct ue_config that was read from file; also one that ue_check refuses. */
bool ue_findings(const struct config_file *file, const void *config, FILE *out);

#endif
