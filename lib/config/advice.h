/* SPDX-License-Identifier: BSD-3-Clause */
/* advice: suggests what was meant by an invalid value or key. */
#ifndef CONFIG_ADVICE_H
#define CONFIG_ADVICE_H

#include "config/config.h"
#include "config/tree.h"

#define CONFIG_ADVICE 512

/* What to write instead of the invalid value at node: "; write 100", for instance, or "". */
const char *config_advice_value(const struct config_field *field, const struct config_node *node,
				char advice[CONFIG_ADVICE]);

/* Same for a key that is not in fields. all: the table of the whole document. The text ends with
 * the known keys of fields. */
const char *config_advice_key(const struct config_field *all, const struct config_field *fields,
			      const char *key, char advice[CONFIG_ADVICE]);

#endif
