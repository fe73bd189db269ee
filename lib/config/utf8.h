/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * utf8: checks the characters of a YAML file before the YAML library reads it. The library reads
 * ahead, so it cannot report the place of a character that it rejects.
 */
#ifndef CONFIG_UTF8_H
#define CONFIG_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "config/report.h"

/* Returns false after it has reported the place of the first octet that is not UTF-8, or of a
 * character that YAML does not allow. */
bool config_utf8_check(const char *text, size_t len, struct config_report *report);

#endif
