/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * utf8: what a YAML file may be made of. The YAML library reads ahead and cannot say where a character stood that it
 * does not take, so all characters are looked at before it sees any.
 */
#ifndef CONFIG_UTF8_H
#define CONFIG_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "config/report.h"

/* False when the place of the first octet that is not UTF-8, or of a character that YAML does not allow, was reported. */
bool config_utf8_check(const char *text, size_t len, struct config_report *report);

#endif
