/* SPDX-License-Identifier: BSD-3-Clause */
/* hse_check: what the table of fields cannot see in the configuration of hse. */
#ifndef HSE_HSE_CHECK_H
#define HSE_HSE_CHECK_H

#include <stdio.h>

#include "hse_config.h"

/* Reports every error at its place in file, and reads what the table leaves as text: policy rules, names of files.
 * False: hse does not start with it. */
bool hse_check(struct config_file *file, struct hse_config *c, FILE *errors);

#endif
