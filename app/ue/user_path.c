/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/user_path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gtp/gtpu.h"
#include "program/program.h"

#define GTPU_ERROR_INDICATION 26
#define IE_RECOVERY	      14 /* TS 29.281 8.2 */

struct user_path {
	struct loop *loop;
	struct loop_source source;
	struct ue_counters *counters;
	struct teid_table tunnels;
	struct endpoint from[BURST_MAX];
	struct burst burst;
};

static void receive(void *arg);

struct user_path *user_path_open(struct loop *loop, const struct endpoint *local,
				 struct ue_counters *counters)
{
	struct user_path *path = calloc(1, sizeof(*path));

	if (!path)
		return NULL;
	path->loop = loop;
	path->counters = counters;
	path->source = (struct loop_source){.ready = receive, .arg = path};
	path->source.fd = endpoint_bind(local);
	int err = path->source.fd < 0 ? path->source.fd : teid_table_init(&path->tunnels);
	if (!err)
		err = loop_add(loop, &path->source);
	if (err) {
		user_path_close(path);
		errno = -err;
		return NULL;
	}
	return path;
}

void user_path_close(struct user_path *path)
{
	if (!path)
		return;
	loop_remove(path->loop, &path->source);
	if (path->source.fd >= 0)
		close(path->source.fd);
	teid_table_free(&path->tunnels);
	free(path);
}

int user_path_add_tunnel(struct user_path *path, struct user_tunnel *tunnel)
{
	tunnel->teid = teid_table_add(&path->tunnels, tunnel);
	return tunnel->teid ? 0 : -ENOSPC;
}

void user_path_remove_tunnel(struct user_path *path, const struct user_tunnel *tunnel)
{
	teid_table_remove(&path->tunnels, tunnel->teid);
}

struct packet *user_path_burst(struct user_path *path)
{
	burst_reset(&path->burst);
	return path->burst.packets;
}

void user_path_send(struct user_path *path, const struct user_tunnel *tunnel,
		    struct packet *packets, size_t count)
{
	struct mmsghdr messages[BURST_MAX] = {0};
	struct iovec parts[BURST_MAX];
	struct endpoint to = tunnel->peer;

	for (size_t i = 0; i < count; i++) {
		uint8_t *header = packets[i].data - GTPU_HEADER_MIN;
		gtpu_write(header, GTPU_G_PDU, tunnel->peer_teid, (uint16_t)packets[i].len);
		parts[i] = (struct iovec){header, GTPU_HEADER_MIN + packets[i].len};
		messages[i].msg_hdr = (struct msghdr){.msg_name = &to,
						      .msg_namelen = to.len,
						      .msg_iov = &parts[i],
						      .msg_iovlen = 1};
	}
	for (size_t done = 0; done < count;) {
		int n = sendmmsg(path->source.fd, messages + done, (unsigned)(count - done), 0);
		if (n < 0) {
			path->counters->up_send_failed++;
			n = 1; /* past the one that failed */
		}
		done += (size_t)n;
	}
}

/*
 * TS 29.281 7.2.2: the sequence number is the request's; the restart counter is always 0.
 * flags (S), type, length 6, TEID 0, sequence number, N-PDU number, next extension | IE 14, 0
 */
static void answer_echo(struct user_path *path, const struct endpoint *from,
			const struct gtpu *request, const uint8_t *data)
{
	uint8_t response[] = {GTPU_V1_PT1 | GTPU_FLAG_S,
			      GTPU_ECHO_RESPONSE,
			      0,
			      6,
			      0,
			      0,
			      0,
			      0,
			      0,
			      0,
			      0,
			      0,
			      IE_RECOVERY,
			      0};

	if (request->flags & GTPU_FLAG_S)
		memcpy(response + GTPU_HEADER_MIN, data + GTPU_HEADER_MIN, 2);
	path->counters->gtpu_echo++;
	if (sendto(path->source.fd, response, sizeof(response), 0, &from->any, from->len) < 0)
		path->counters->up_send_failed++;
}

static void handle_signalling(struct user_path *path, const struct endpoint *from,
			      const struct gtpu *gtpu, const uint8_t *data)
{
	if (gtpu->message_type == GTPU_ECHO_REQUEST) {
		answer_echo(path, from, gtpu, data);
	} else if (gtpu->message_type == GTPU_ERROR_INDICATION) {
		char peer[ENDPOINT_STR];
		if (path->counters->gtpu_error_indication++ == 0)
			program_log(PROGRAM_WARNING,
				    "GTP-U: %s does not know the tunnel that it is sent to",
				    endpoint_str(from, peer));
	} else {
		path->counters->gtpu_unexpected++;
	}
}

/* The tunnel of a G-PDU, and packet made what stands in it; NULL when there is nothing to hand on. */
static struct user_tunnel *classify(struct user_path *path, const struct endpoint *from,
				    struct packet *packet)
{
	struct gtpu gtpu;

	if (gtpu_parse(&gtpu, packet->data, packet->len)) {
		path->counters->gtpu_unparsed++;
		return NULL;
	}
	if (gtpu.message_type != GTPU_G_PDU) {
		handle_signalling(path, from, &gtpu, packet->data);
		return NULL;
	}
	struct user_tunnel *tunnel = teid_table_find(&path->tunnels, gtpu.teid);
	if (!tunnel) {
		path->counters->gtpu_unknown_tunnel++;
		return NULL;
	}
	if (!endpoint_is_same_host(from, &tunnel->peer)) {
		path->counters->gtpu_wrong_peer++;
		return NULL;
	}
	packet->data += gtpu.header_len;
	packet->len = gtpu.payload_len;
	return tunnel;
}

static int receive_burst(struct user_path *path)
{
	struct mmsghdr messages[BURST_MAX] = {0};
	struct iovec parts[BURST_MAX];

	burst_reset(&path->burst);
	for (size_t i = 0; i < BURST_MAX; i++) {
		parts[i] = (struct iovec){path->burst.packets[i].data, PACKET_MAX};
		messages[i].msg_hdr = (struct msghdr){.msg_name = &path->from[i],
						      .msg_namelen = sizeof(path->from[i].v6),
						      .msg_iov = &parts[i],
						      .msg_iovlen = 1};
	}
	int n = recvmmsg(path->source.fd, messages, BURST_MAX, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		path->burst.packets[i].len = messages[i].msg_len;
		path->from[i].len = messages[i].msg_hdr.msg_namelen;
	}
	return n;
}

/* What comes for one tunnel without another's between is handed on together. */
static void receive(void *arg)
{
	struct user_path *path = arg;
	struct packet run[BURST_MAX];
	struct user_tunnel *of_run = NULL;
	size_t in_run = 0;

	int n = receive_burst(path);
	for (int i = 0; i < n; i++) {
		struct packet packet = path->burst.packets[i];
		struct user_tunnel *tunnel = classify(path, &path->from[i], &packet);
		if (!tunnel)
			continue;
		if (in_run > 0 && tunnel != of_run) {
			of_run->received(of_run->arg, run, in_run);
			in_run = 0;
		}
		of_run = tunnel;
		run[in_run++] = packet;
	}
	if (in_run > 0)
		of_run->received(of_run->arg, run, in_run);
}
