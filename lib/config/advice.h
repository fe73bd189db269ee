/* SPDX-License-Identifier: BSD-3-Clause */
/* advice: what was meant by a value or a key that is not taken. */
#ifndef CONFIG_ADVICE_H
#define CONFIG_ADVICE_H

#include "config/config.h"
#include "config/tree.h"

#define CONFIG_ADVICE 512

/* What to write instead of the value at node, which is not as field wants it: "; write 100", for instance, or "". */
const char *config_advice_value(const struct config_field *field, const struct config_node *node,
				char advice[CONFIG_ADVICE]);

/* The same of a key that is not in fields; all: the table of the whole document. Ends with what is known in fields. */
const char *config_advice_key(const struct config_field *all, const struct config_field *fields,
			      const char *key, char advice[CONFIG_ADVICE]);

#endif
