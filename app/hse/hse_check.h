/* SPDX-License-Identifier: BSD-3-Clause */
/* hse_check: checks of hse's configuration that the table of fields cannot make. */
#ifndef HSE_HSE_CHECK_H
#define HSE_HSE_CHECK_H

#include <stdio.h>

#include "hse_config.h"

/* Reports every error at its place in file. Also reads values that the table leaves as text: policy
 * rules and file names. Returns false if hse must not start with the configuration. */
bool hse_check(struct config_file *file, struct hse_config *c, FILE *errors);

#endif
