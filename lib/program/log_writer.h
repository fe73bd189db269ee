/* SPDX-License-Identifier: BSD-3-Clause */
/* log_writer: the thread that writes the lines of the log, and alone waits for the program that reads them. */
#ifndef PROGRAM_LOG_WRITER_H
#define PROGRAM_LOG_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The file at path, appended to, each line with its time; NULL: stderr. Given the same path again, opens it anew, as
 * after logrotate has moved the file. The thread opens it. -ENOMEM. */
int log_writer_set_output(const char *path);

/* Negative errno: there is no thread. */
int log_writer_start(const char *program);
/* Any thread. Never waits; a line without a place is counted, and said when there is one. Before log_writer_start, the
 * line is written to stderr at once, and waits a second at most; after log_writer_stop, not at all. */
void log_writer_take(const char *text, size_t len, bool is_error);
/* Waits until all lines taken so far are written, or for_ms have passed. */
void log_writer_flush(uint32_t for_ms);
/* The same, and ends the thread. Lines that nobody has read by then are lost. */
void log_writer_stop(uint32_t for_ms);
/* It runs on the CPUs of the caller from here on. */
void log_writer_follow_caller(void);
uint64_t log_writer_lost(void);

#endif
