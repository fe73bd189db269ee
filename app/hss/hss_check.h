/* SPDX-License-Identifier: BSD-3-Clause */
/* hss_check: checks of hse-hss's configuration that the table of fields cannot make. */
#ifndef HSS_HSS_CHECK_H
#define HSS_HSS_CHECK_H

#include "hss/hss_config.h"

/* Reports every error at its place in file, and prepares the subscribers and the file names.
 * Returns false if hse-hss must not start with the configuration. */
bool hss_check(struct hss_config *config, struct config_file *file, FILE *errors);

/* Finds settings that cannot work as written but do not keep hse-hss from starting: names without a
 * peer. A program_findings. config is a struct hss_config that was read from file, and may be one
 * that hss_check rejects. */
bool hss_findings(const struct config_file *file, const void *config, FILE *out);

#endif
