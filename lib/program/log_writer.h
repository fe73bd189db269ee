/* SPDX-License-Identifier: BSD-3-Clause */
/* log_writer: the thread that writes the log lines. Only this thread waits for the program that
 * reads the log. */
#ifndef PROGRAM_LOG_WRITER_H
#define PROGRAM_LOG_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Appends to the file at path, with the time before each line; NULL: stderr. The same path again
 * opens the file anew, for logrotate. The thread opens the file. -ENOMEM. */
int log_writer_set_output(const char *path);

/* Negative errno: the thread was not started. */
int log_writer_start(const char *program);
/* Any thread. Never waits. A line without a free place is counted, and the number is logged later.
 * Before log_writer_start, the line is written to stderr at once, and may wait a second. After
 * log_writer_stop it does not wait. */
void log_writer_take(const char *text, size_t len, bool is_error);
/* Waits until all lines taken so far are written, but at most for_ms. */
void log_writer_flush(uint32_t for_ms);
/* Same, and ends the thread. Lines that were not written by then are lost. */
void log_writer_stop(uint32_t for_ms);
/* From here on the thread runs on the CPUs of the caller. */
void log_writer_follow_caller(void);
uint64_t log_writer_lost(void);

#endif
