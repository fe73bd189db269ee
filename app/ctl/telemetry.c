/* SPDX-License-Identifier: BSD-3-Clause */
#include "telemetry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "print.h"

/* The greeting says how long answers may be; DPDK 22.11 says 16 KiB. */
#define GREETING_MAX   1024
#define ANSWER_LEN_MIN 64
#define ANSWER_LEN_MAX (16 * 1024 * 1024)

static void say_unreachable(const char *path, int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		print_error(
			"%s: cannot connect: %s. Is hse running? If its telemetry.prefix is not "
			"this one, name it with --prefix or --socket",
			path, strerror(error));
		break;
	case EACCES:
		print_error("%s: cannot connect: %s. Run hsectl as the user that runs hse, or as "
			    "root",
			    path, strerror(error));
		break;
	case EPROTOTYPE:
		print_error("%s: is not a telemetry socket. Give the path of hse's "
			    "dpdk_telemetry.v2",
			    path);
		break;
	case EAGAIN:
		print_error("%s: no connection within %d s. Is hse stopped, or overloaded?", path,
			    TELEMETRY_TIMEOUT_S);
		break;
	default:
		print_error("%s: cannot connect: %s", path, strerror(error));
	}
}

static int connect_to(const char *path)
{
	const struct timeval timeout = {.tv_sec = TELEMETRY_TIMEOUT_S};
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path)) {
		say_unreachable(path, ENAMETOOLONG);
		return -1;
	}
	strcpy(address.sun_path, path);

	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address))) {
		say_unreachable(path, errno);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static bool make_buffer(struct telemetry *t, size_t len)
{
	free(t->buffer);
	t->buffer_len = len;
	t->buffer = malloc(len);
	if (!t->buffer)
		print_error("no memory for answers of %zu octets", len);
	return t->buffer;
}

/* One message as JSON, or NULL. what stands for it in errors. */
static json_t *receive(struct telemetry *t, const char *what)
{
	ssize_t len = recv(t->fd, t->buffer, t->buffer_len, MSG_TRUNC);
	json_error_t error;

	if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		print_error("%s: no answer to %s within %d s. Is hse stopped, or overloaded?",
			    t->path, what, TELEMETRY_TIMEOUT_S);
		return NULL;
	}
	if (len < 0) {
		print_error("%s: no answer to %s: %s", t->path, what, strerror(errno));
		return NULL;
	}
	if (len == 0) {
		print_error("%s: hse closed the connection instead of an answer to %s. Has it "
			    "ended, or are there too many clients (DPDK serves 10)?",
			    t->path, what);
		return NULL;
	}
	if ((size_t)len > t->buffer_len) {
		telemetry_bad_answer(t, what, "is longer than was announced");
		return NULL;
	}

	json_t *message = json_loadb(t->buffer, (size_t)len, JSON_REJECT_DUPLICATES, &error);

	if (!message)
		print_error("%s: the answer to %s is no JSON: %s. Is it the socket of an hse?",
			    t->path, what, error.text);
	return message;
}

/* Makes room for what the greeting announces. */
static bool read_greeting(struct telemetry *t)
{
	json_t *greeting = receive(t, "the connection");

	if (!greeting)
		return false;

	json_int_t len = json_integer_value(json_object_get(greeting, "max_output_len"));

	json_decref(greeting);
	if (len < ANSWER_LEN_MIN || len > ANSWER_LEN_MAX) {
		telemetry_bad_answer(t, "the connection", "is no greeting of DPDK's telemetry");
		return false;
	}
	return make_buffer(t, (size_t)len);
}

bool telemetry_open(struct telemetry *t, const char *path)
{
	*t = (struct telemetry){.path = path, .fd = connect_to(path)};
	if (t->fd < 0)
		return false;
	if (make_buffer(t, GREETING_MAX) && read_greeting(t))
		return true;
	telemetry_close(t);
	return false;
}

void telemetry_close(struct telemetry *t)
{
	free(t->buffer);
	close(t->fd);
}

json_t *telemetry_ask(struct telemetry *t, const char *command)
{
	char name[64];

	if (send(t->fd, command, strlen(command), MSG_NOSIGNAL) < 0) {
		print_error("%s: cannot ask %s: %s. Has hse ended?", t->path, command,
			    strerror(errno));
		return NULL;
	}

	json_t *message = receive(t, command);

	if (!message)
		return NULL;
	/* The answer is an object with the command's name, without parameters, as its only key. */
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(command, ","), command);

	json_t *answer = json_object_get(message, name);

	if (json_is_null(answer))
		print_error("%s: %s is not known there. Is it the socket of an hse, and of this "
			    "version?",
			    t->path, command);
	else if (!json_is_object(answer))
		telemetry_bad_answer(t, command, "is no object under that name");
	else
		json_incref(answer);
	if (!json_is_object(answer))
		answer = NULL;
	json_decref(message);
	return answer;
}

void telemetry_bad_answer(const struct telemetry *t, const char *command, const char *why)
{
	print_error("%s: the answer to %s %s. Is it the socket of an hse, and of this version?",
		    t->path, command, why);
}
