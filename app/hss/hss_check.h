/* SPDX-License-Identifier: BSD-3-Clause */
/* hss_check: what the table of fields cannot see in the configuration of hse-hss. */
#ifndef HSS_HSS_CHECK_H
#define HSS_HSS_CHECK_H

#include "hss/hss_config.h"

/* Reports every error at its place in file, and prepares the subscribers and the names of files. False: hse-hss
 * does not start with it. */
bool hss_check(struct hss_config *config, struct config_file *file, FILE *errors);

#endif
