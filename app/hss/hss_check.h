/* SPDX-License-Identifier: BSD-3-Clause */
/* hss_check: what the table of fields cannot see in the configuration of hse-hss. */
#ifndef HSS_HSS_CHECK_H
#define HSS_HSS_CHECK_H

#include "hss/hss_config.h"

/* Reports every error at its place in file, and prepares the subscribers and the names of files. False: hse-hss
 * does not start with it. */
bool hss_check(struct hss_config *config, struct config_file *file, FILE *errors);

/* What cannot work as it is written and keeps hse-hss from nothing: names that no peer has. A program_findings; config is
 * a struct hss_config that was read from file; also one that hss_check refuses. */
bool hss_findings(const struct config_file *file, const void *config, FILE *out);

#endif
