/* SPDX-License-Identifier: BSD-3-Clause */
/* syntax: explains errors of the YAML library, at the place of the mistake. */
#ifndef CONFIG_SYNTAX_H
#define CONFIG_SYNTAX_H

#include <yaml.h>

#include "config/report.h"

/* Call it when yaml has failed. */
void config_syntax_report(const yaml_parser_t *yaml, struct config_report *report);

/* Reports a quoted scalar that ends on another line than it begins on. Its closing quote is
 * missing, and a later quote closed it. */
void config_syntax_report_quote(const yaml_mark_t *start, const yaml_mark_t *end,
				struct config_report *report);

#endif
