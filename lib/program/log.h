/* SPDX-License-Identifier: BSD-3-Clause */
/* log: what the command line tells the log. */
#ifndef PROGRAM_LOG_H
#define PROGRAM_LOG_H

/* name is kept, not copied. */
void program_log_set_name(const char *name);

#endif
