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

uint16_t control_path_next_sequence(struct control_path *path)
{
	return path->sequence++;
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

static void answer_echo(struct control_path *path, const struct endpoint *from,
			const struct gtpc_v1 *request)
{
	uint8_t message[32];

	int len = gtpc_v1_write_echo(message, sizeof(message), GTPC_V1_ECHO_RESPONSE,
				     request->sequence, path->recovery);
	if (len > 0)
		send_message(path, from, message, (size_t)len);
	path->counters->gtpc_echo++;
}

/* TS 29.060 7.3.6: what is not there any more is said to be not there. */
static void refuse_delete(struct control_path *path, const struct endpoint *from,
			  const struct gtpc_v1 *request)
{
	uint8_t message[32];

	int len =
		gtpc_v1_write_cause_response(message, sizeof(message), GTPC_V1_DELETE_PDP_RESPONSE,
					     request->sequence, 0, GTPC_V1_CAUSE_NON_EXISTENT);
	if (len > 0)
		send_message(path, from, message, (size_t)len);
}

static struct control_request *find_request(struct control_path *path, const struct endpoint *from,
					    const struct gtpc_v1 *response)
{
	struct control_request *request;

	if (!response->has_sequence)
		return NULL;
	LIST_FOREACH (request, &path->requests[response->sequence % CONTROL_REQUEST_LISTS], link)
		if (request->sequence == response->sequence &&
		    request->type + 1 == response->type &&
		    endpoint_is_same_host(&request->peer, from))
			return request;
	return NULL;
}

static void handle(struct control_path *path, const struct endpoint *from,
		   const struct gtpc_v1 *message)
{
	struct control_request *request = find_request(path, from, message);
	struct control_end *end = teid_table_find(&path->ends, message->teid);

	if (message->type == GTPC_V1_ECHO_REQUEST) {
		answer_echo(path, from, message);
	} else if (request) {
		path->counters->gtpc_responses++;
		finish(request);
		request->answered(request->arg, message);
	} else if (message->type == GTPC_V1_DELETE_PDP_REQUEST && end) {
		end->requested(end->arg, from, message);
	} else {
		path->counters->gtpc_unexpected++;
		if (message->type == GTPC_V1_DELETE_PDP_REQUEST)
			refuse_delete(path, from, message);
	}
}

static void receive(void *arg)
{
	struct control_path *path = arg;
	uint8_t data[CONTROL_MESSAGE_MAX * 2];

	/* A handler may close the path. */
	for (int i = 0; i < MESSAGES_A_TURN && path->source.fd >= 0; i++) {
		struct endpoint from = {.len = sizeof(from.v6)};
		struct gtpc_v1 message;
		ssize_t len = recvfrom(path->source.fd, data, sizeof(data), MSG_TRUNC, &from.any,
				       &from.len);
		if (len < 0)
			return;
		if ((size_t)len > sizeof(data) || gtpc_v1_parse(&message, data, (size_t)len))
			path->counters->gtpc_unparsed++;
		else
			handle(path, &from, &message);
	}
}
