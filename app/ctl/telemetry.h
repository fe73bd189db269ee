/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * telemetry: the client's end of DPDK's telemetry socket (SOCK_SEQPACKET; the server greets, then answers
 * each command with one JSON message). What comes from there is not trusted: every error, and a server
 * that stops answering, is said on stderr with the socket's path.
 */
#ifndef CTL_TELEMETRY_H
#define CTL_TELEMETRY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* How long to wait for one answer. */
#define TELEMETRY_TIMEOUT_S 5

struct telemetry {
	const char *path;
	int fd;
	char *buffer;
	size_t buffer_len;
};

/* Connects and reads the greeting. False: said why; nothing to close. */
bool telemetry_open(struct telemetry *telemetry, const char *path);
void telemetry_close(struct telemetry *telemetry);

/* Asks command ("/hse/status", or with ",PARAMETER") and returns the answer, an object that the caller
 * releases with json_decref. NULL: said why. */
json_t *telemetry_ask(struct telemetry *telemetry, const char *command);

/* Says that an answer is not what hse gives; for callers that find it so. */
void telemetry_bad_answer(const struct telemetry *telemetry, const char *command, const char *why);

#endif
