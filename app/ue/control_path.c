/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/control_path.h"

#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

#define MESSAGES_A_TURN 64 /* then other sources have their turn */

static void receive(void *arg);

int control_path_open(struct control_path *path, struct loop *loop, const struct endpoint *local,
		      uint32_t t3_ms, unsigned n3, struct ue_counters *counters)
{
	*path = (struct control_path){
		.loop = loop,
		.source = {.fd = -1, .ready = receive, .arg = path},
		.counters = counters,
		.t3_ms = t3_ms,
		.n3 = n3,
	};
	/* No restart counter is kept on disk: a random one differs from the last run's 255 times of 256. */
	if (getrandom(&path->recovery, sizeof(path->recovery), 0) != sizeof(path->recovery) ||
	    getrandom(&path->sequence, sizeof(path->sequence), 0) != sizeof(path->sequence))
		return -EIO;
	int err = teid_table_init(&path->ends);
	if (err)
		return err;
	int fd = endpoint_bind(local);
	if (fd < 0)
		return fd;
	path->source.fd = fd;
	return loop_add(loop, &path->source);
}

void control_path_close(struct control_path *path)
{
	struct control_request *request;

	for (size_t i = 0; i < CONTROL_REQUEST_LISTS; i++)
		while ((request = LIST_FIRST(&path->requests[i])))
			control_path_cancel(request);
	if (path->source.fd >= 0) {
		loop_remove(path->loop, &path->source);
		close(path->source.fd);
		path->source.fd = -1;
	}
	teid_table_free(&path->ends);
}

int control_path_add_end(struct control_path *path, struct control_end *end)
{
	end->teid = teid_table_add(&path->ends, end);
	return end->teid ? 0 : -ENOSPC;
}

void control_path_remove_end(struct control_path *path, const struct control_end *end)
{
	teid_table_remove(&path->ends, end->teid);
}

uint32_t control_path_next_sequence(struct control_path *path, unsigned version)
{
	/* TS 29.274 7.6: the highest of 24 bits is for Command messages. */
	return path->sequence++ & (version == 1 ? UINT16_MAX : GTPC_V2_SEQUENCE_MAX >> 1);
}

static void send_message(struct control_path *path, const struct endpoint *to,
			 const uint8_t *message, size_t len)
{
	/* What is lost here is sent again like what is lost on the way. */
	if (sendto(path->source.fd, message, len, 0, &to->any, to->len) != (ssize_t)len)
		path->counters->gtpc_send_failed++;
}

static void transmit(struct control_request *request)
{
	struct control_path *path = request->path;

	send_message(path, &request->peer, request->message, request->len);
	request->sent++;
	loop_start_timer(path->loop, &request->timer, path->t3_ms);
}

/* Takes request off the path; whoever calls may then tell its owner. */
static void finish(struct control_request *request)
{
	loop_stop_timer(request->path->loop, &request->timer);
	LIST_REMOVE(request, link);
	request->path = NULL;
}

/* TS 29.060 7.6: after T3-RESPONSE the same message again, N3-REQUESTS times in all. */
static void t3_expired(void *arg)
{
	struct control_request *request = arg;
	struct control_path *path = request->path;

	if (request->sent < path->n3) {
		path->counters->gtpc_retransmissions++;
		transmit(request);
		return;
	}
	path->counters->gtpc_no_answer++;
	finish(request);
	request->answered(request->arg, NULL);
}

void control_path_request(struct control_path *path, struct control_request *request,
			  const struct endpoint *peer)
{
	request->path = path;
	request->peer = *peer;
	request->timer = (struct loop_timer){.expired = t3_expired, .arg = request};
	request->sent = 0;
	LIST_INSERT_HEAD(&path->requests[request->sequence % CONTROL_REQUEST_LISTS], request, link);
	path->counters->gtpc_requests++;
	transmit(request);
}

void control_path_cancel(struct control_request *request)
{
	if (request->path)
		finish(request);
}

void control_path_respond(struct control_path *path, const struct endpoint *to,
			  const uint8_t *message, size_t len)
{
	send_message(path, to, message, len);
}

static void send_if_written(struct control_path *path, const struct endpoint *to,
			    const uint8_t *message, int len)
{
	if (len > 0)
		send_message(path, to, message, (size_t)len);
}

static void answer_echo(struct control_path *path, const struct endpoint *from,
			const struct control_message *request)
{
	const struct gtpc_v2 v2 = {.type = GTPC_V2_ECHO_RESPONSE,
				   .sequence = request->sequence,
				   .present = GTPC_V2_HAS_RECOVERY,
				   .recovery = path->recovery};
	uint8_t message[32];
	int len = request->version == 2
			  ? gtpc_v2_write(message, sizeof(message), &v2)
			  : gtpc_v1_write_echo(message, sizeof(message), GTPC_V1_ECHO_RESPONSE,
					       (uint16_t)request->sequence, path->recovery);

	send_if_written(path, from, message, len);
	path->counters->gtpc_echo++;
}

/* Is it a request about a context, bearer or session that is there? */
static bool is_request(const struct control_message *message)
{
	if (message->version == 1)
		return message->type == GTPC_V1_DELETE_PDP_REQUEST;
	return message->type == GTPC_V2_CREATE_BEARER_REQUEST ||
	       message->type == GTPC_V2_UPDATE_BEARER_REQUEST ||
	       message->type == GTPC_V2_DELETE_BEARER_REQUEST;
}

/* TS 29.060 7.3.6, TS 29.274 7.7.1: what is not there any more is said to be not there. */
static void refuse(struct control_path *path, const struct endpoint *from,
		   const struct control_message *request)
{
	const struct gtpc_v2 v2 = {.type = request->type + 1,
				   .has_teid = true,
				   .sequence = request->sequence,
				   .present = GTPC_V2_HAS_CAUSE,
				   .cause = GTPC_V2_CAUSE_CONTEXT_NOT_FOUND};
	uint8_t message[32];
	int len = request->version == 2
			  ? gtpc_v2_write(message, sizeof(message), &v2)
			  : gtpc_v1_write_cause_response(
				    message, sizeof(message), GTPC_V1_DELETE_PDP_RESPONSE,
				    (uint16_t)request->sequence, 0, GTPC_V1_CAUSE_NON_EXISTENT);

	send_if_written(path, from, message, len);
}

static struct control_request *find_request(struct control_path *path, const struct endpoint *from,
					    const struct control_message *response)
{
	struct control_request *request;

	if (!response->has_sequence)
		return NULL;
	LIST_FOREACH (request, &path->requests[response->sequence % CONTROL_REQUEST_LISTS], link)
		if (request->sequence == response->sequence &&
		    request->version == response->version && request->type + 1 == response->type &&
		    endpoint_is_same_host(&request->peer, from))
			return request;
	return NULL;
}

static void handle(struct control_path *path, const struct endpoint *from,
		   const struct control_message *message)
{
	struct control_request *request = find_request(path, from, message);
	struct control_end *end = teid_table_find(&path->ends, message->teid);

	if (message->type == GTPC_V1_ECHO_REQUEST) {
		answer_echo(path, from, message);
	} else if (request) {
		path->counters->gtpc_responses++;
		finish(request);
		request->answered(request->arg, message);
	} else if (is_request(message) && end) {
		end->requested(end->arg, from, message);
	} else {
		path->counters->gtpc_unexpected++;
		if (is_request(message))
			refuse(path, from, message);
	}
}

/* The message that stands first; returns its octets, or -EBADMSG. */
static int read_message(struct control_message *message, const uint8_t *data, size_t len)
{
	int read;

	message->version = len > 0 ? gtpc_version(data[0]) : 0;
	if (message->version != 2) {
		message->version = 1;
		read = gtpc_v1_parse(&message->v1, data, len);
		message->type = message->v1.type;
		message->teid = message->v1.teid;
		message->has_sequence = message->v1.has_sequence;
		message->sequence = message->v1.sequence;
		return read ? read : (int)len;
	}
	read = gtpc_v2_parse(&message->v2, data, len);
	message->type = message->v2.type;
	message->teid = message->v2.teid;
	message->has_sequence = true;
	message->sequence = message->v2.sequence;
	return read;
}

/* One message, or one and what is piggybacked on it (TS 29.274 5.5.1). A handler may close the path. */
static void read_datagram(struct control_path *path, const struct endpoint *from,
			  const uint8_t *data, size_t len)
{
	size_t at = 0;

	do {
		struct control_message message;
		const int read = read_message(&message, data + at, len - at);

		if (read < 0) {
			path->counters->gtpc_unparsed++;
			return;
		}
		handle(path, from, &message);
		at += (size_t)read;
	} while (at < len && path->source.fd >= 0);
}

static void receive(void *arg)
{
	struct control_path *path = arg;
	uint8_t data[CONTROL_MESSAGE_MAX * 2];

	/* A handler may close the path. */
	for (int i = 0; i < MESSAGES_A_TURN && path->source.fd >= 0; i++) {
		struct endpoint from = {.len = sizeof(from.v6)};
		ssize_t len = recvfrom(path->source.fd, data, sizeof(data), MSG_TRUNC, &from.any,
				       &from.len);
		if (len < 0)
			return;
		if ((size_t)len > sizeof(data))
			path->counters->gtpc_unparsed++;
		else
			read_datagram(path, &from, data, (size_t)len);
	}
}
