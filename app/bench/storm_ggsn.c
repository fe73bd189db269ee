/* SPDX-License-Identifier: BSD-3-Clause */
#include "storm_ggsn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gtp/gtpc_v1.h"
#include "gtp/gtpu.h"
#include "ue/echo.h"
#include "ue/endpoint.h"
#include "ue/figures.h"

#define BURST	   64
#define BUFFER_LEN 2048
#define RECOVERY   1
/* A context's place above these is its TEID, and the address of its device. */
#define TEID_DATA    0x20000000u
#define TEID_CONTROL 0x40000000u
#define DEVICES_FROM 0x0a800001u /* 10.128.0.1 */
/* TS 29.060 7.7.1. */
#define CAUSE_SYSTEM_FAILURE 204

struct context {
	bool active;
	uint16_t sequence;  /* of the Create Request */
	uint32_t teid_data; /* the SGSN's */
	uint32_t teid_control;
	struct endpoint sgsn; /* for user traffic */
	uint64_t activated_us;
	uint64_t delivered_us; /* 0: no packet has come */
};

/* A burst of one socket: what is received is turned into what is sent, in place. */
struct burst {
	int fd;
	struct endpoint from[BURST];
	uint8_t data[BURST][BUFFER_LEN];
	struct iovec parts[BURST];
	struct mmsghdr messages[BURST];
};

struct storm_ggsn {
	struct storm_ggsn_config config;
	struct gtp_address gsn;
	uint64_t first_imsi;
	struct context *contexts;
	struct burst control, user;
	int stop; /* an eventfd */
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* of what follows, and of contexts */
	uint64_t wrong, retransmitted, unexpected;
};

/* --- GTP-C --- */

static struct context *context_of(struct storm_ggsn *g, const struct gtpc_v1 *create)
{
	const uint64_t imsi = strtoull(create->imsi.digits, NULL, 10);

	if (!(create->present & GTPC_V1_HAS_IMSI) ||
	    strlen(create->imsi.digits) != strlen(g->config.first.digits) || imsi < g->first_imsi ||
	    imsi - g->first_imsi >= g->config.count)
		return NULL;
	return &g->contexts[imsi - g->first_imsi];
}

static struct context *context_at(struct storm_ggsn *g, uint32_t teid, uint32_t base)
{
	const uint32_t place = teid - base;

	return place < g->config.count && g->contexts[place].active ? &g->contexts[place] : NULL;
}

static int accept_request(const struct storm_ggsn *g, const struct context *context,
			  const struct gtpc_v1 *request, uint8_t *out)
{
	const uint32_t place = (uint32_t)(context - g->contexts);
	const struct gtpc_v1_accept accept = {
		.type = (enum gtpc_v1_type)(request->type + 1),
		.sequence = request->sequence,
		.peer_teid_control = context->teid_control,
		.recovery = RECOVERY,
		.teid_data = TEID_DATA + place,
		.teid_control = TEID_CONTROL + place,
		.gsn = g->gsn,
		.end_user_ipv4 = {(uint8_t)((DEVICES_FROM + place) >> 24),
				  (uint8_t)((DEVICES_FROM + place) >> 16),
				  (uint8_t)((DEVICES_FROM + place) >> 8),
				  (uint8_t)(DEVICES_FROM + place)},
	};

	return gtpc_v1_write_accept_response(out, BUFFER_LEN, &accept);
}

static int refuse(const struct gtpc_v1 *request, uint8_t cause, uint8_t *out)
{
	return gtpc_v1_write_cause_response(out, BUFFER_LEN, (enum gtpc_v1_type)(request->type + 1),
					    request->sequence, request->teid_control, cause);
}

/* What Create and Update Requests say of the SGSN's end of the tunnels. */
static void learn_sgsn(struct context *context, const struct gtpc_v1 *request)
{
	if (request->present & GTPC_V1_HAS_TEID_DATA)
		context->teid_data = request->teid_data;
	if (request->present & GTPC_V1_HAS_TEID_CONTROL)
		context->teid_control = request->teid_control;
	if (request->gsn_user.len > 0)
		context->sgsn = endpoint_from_gsn(&request->gsn_user, GTPU_PORT);
}

static int create(struct storm_ggsn *g, const struct gtpc_v1 *request, uint8_t *out)
{
	struct context *context = context_of(g, request);

	if (!context)
		return refuse(request, CAUSE_SYSTEM_FAILURE, out);
	if (context->active && context->sequence == request->sequence &&
	    context->teid_data == request->teid_data) {
		g->retransmitted++;
		return accept_request(g, context, request, out);
	}
	*context = (struct context){
		.active = true, .sequence = request->sequence, .activated_us = figures_now_us()};
	learn_sgsn(context, request);
	return accept_request(g, context, request, out);
}

static int update(struct storm_ggsn *g, const struct gtpc_v1 *request, uint8_t *out)
{
	struct context *context = context_at(g, request->teid, TEID_CONTROL);

	if (!context)
		return refuse(request, GTPC_V1_CAUSE_NON_EXISTENT, out);
	learn_sgsn(context, request);
	return accept_request(g, context, request, out);
}

static int delete (struct storm_ggsn *g, const struct gtpc_v1 *request, uint8_t *out)
{
	struct context *context = context_at(g, request->teid, TEID_CONTROL);

	if (!context)
		return refuse(request, GTPC_V1_CAUSE_NON_EXISTENT, out);
	context->active = false;
	return gtpc_v1_write_cause_response(out, BUFFER_LEN, GTPC_V1_DELETE_PDP_RESPONSE,
					    request->sequence, context->teid_control,
					    GTPC_V1_CAUSE_ACCEPTED);
}

/* Turns data into the answer; its length, or 0: there is none. */
static int answer_control(struct storm_ggsn *g, uint8_t *data, size_t len)
{
	struct gtpc_v1 request;
	uint8_t out[BUFFER_LEN];
	int written = 0;

	if (gtpc_v1_parse(&request, data, len))
		request.type = 0;
	switch (request.type) {
	case GTPC_V1_ECHO_REQUEST:
		written = gtpc_v1_write_echo(out, sizeof(out), GTPC_V1_ECHO_RESPONSE,
					     request.sequence, RECOVERY);
		break;
	case GTPC_V1_CREATE_PDP_REQUEST:
		written = create(g, &request, out);
		break;
	case GTPC_V1_UPDATE_PDP_REQUEST:
		written = update(g, &request, out);
		break;
	case GTPC_V1_DELETE_PDP_REQUEST:
		written = delete (g, &request, out);
		break;
	default:
		g->unexpected++;
	}
	if (written <= 0)
		return 0;
	memcpy(data, out, (size_t)written);
	return written;
}

/* --- GTP-U --- */

/* The addresses in what looks like IPv4 without options; the rest is looked at by echo_answer. */
static bool is_from_device(const struct storm_ggsn *g, const struct context *context,
			   const uint8_t *npdu, size_t len)
{
	const uint32_t device = htonl(DEVICES_FROM + (uint32_t)(context - g->contexts));

	return len >= ECHO_LEN_MIN && memcmp(npdu + 12, &device, 4) == 0 &&
	       memcmp(npdu + 16, &g->config.host, 4) == 0;
}

/* Turns the G-PDU in data into the answer, to be sent to *to; its length, or 0. */
static int answer_user(struct storm_ggsn *g, uint8_t *data, size_t len, struct endpoint *to)
{
	struct context *context = NULL;
	struct gtpu gtpu;

	if (gtpu_parse(&gtpu, data, len) == 0 && gtpu.message_type == GTPU_G_PDU &&
	    gtpu.header_len == GTPU_HEADER_MIN)
		context = context_at(g, gtpu.teid, TEID_DATA);
	if (!context || !endpoint_is_same_host(to, &context->sgsn) ||
	    !is_from_device(g, context, data + GTPU_HEADER_MIN, gtpu.payload_len) ||
	    !echo_answer(data + GTPU_HEADER_MIN, gtpu.payload_len)) {
		g->wrong++;
		return 0;
	}
	if (context->delivered_us == 0)
		context->delivered_us = figures_now_us();
	*to = context->sgsn;
	gtpu_write(data, GTPU_G_PDU, context->teid_data, gtpu.payload_len);
	return GTPU_HEADER_MIN + gtpu.payload_len;
}

/* --- sockets --- */

static int receive(struct burst *b)
{
	int count;

	for (unsigned i = 0; i < BURST; i++) {
		b->parts[i] = (struct iovec){b->data[i], BUFFER_LEN};
		b->messages[i].msg_hdr = (struct msghdr){.msg_name = &b->from[i],
							 .msg_namelen = sizeof(b->from[i].v6),
							 .msg_iov = &b->parts[i],
							 .msg_iovlen = 1};
	}
	count = recvmmsg(b->fd, b->messages, BURST, MSG_DONTWAIT, NULL);
	for (int i = 0; i < count; i++)
		b->from[i].len = b->messages[i].msg_hdr.msg_namelen;
	return count;
}

static void send_all(struct burst *b, unsigned count)
{
	for (unsigned done = 0; done < count;) {
		const int n = sendmmsg(b->fd, b->messages + done, count - done, 0);

		done += n > 0 ? (unsigned)n : 1; /* past one that failed: it will be missed */
	}
}

static void answer_burst(struct storm_ggsn *g, struct burst *b, bool is_user)
{
	const int count = receive(b);
	unsigned answers = 0;

	pthread_mutex_lock(&g->lock);
	for (int i = 0; i < count; i++) {
		const size_t len = b->messages[i].msg_len;
		const int answer = is_user ? answer_user(g, b->data[i], len, &b->from[i])
					   : answer_control(g, b->data[i], len);
		if (answer == 0)
			continue;
		b->parts[answers] = (struct iovec){b->data[i], (size_t)answer};
		b->messages[answers].msg_hdr.msg_name = &b->from[i];
		b->messages[answers].msg_hdr.msg_namelen = b->from[i].len;
		answers++;
	}
	pthread_mutex_unlock(&g->lock);
	send_all(b, answers);
}

static void *run(void *arg)
{
	struct storm_ggsn *g = arg;
	struct pollfd fds[] = {{.fd = g->stop, .events = POLLIN},
			       {.fd = g->control.fd, .events = POLLIN},
			       {.fd = g->user.fd, .events = POLLIN}};

	while (poll(fds, 3, -1) >= 0 || errno == EINTR) {
		if (fds[0].revents)
			break;
		if (fds[1].revents)
			answer_burst(g, &g->control, false);
		if (fds[2].revents)
			answer_burst(g, &g->user, true);
	}
	return NULL;
}

static int bind_to(struct in_addr address, uint16_t port)
{
	const struct endpoint local = {
		.v4 = {.sin_family = AF_INET, .sin_addr = address, .sin_port = htons(port)},
		.len = sizeof(local.v4)};

	return endpoint_bind(&local);
}

/* --- start, stop, look --- */

struct storm_ggsn *storm_ggsn_start(const struct storm_ggsn_config *config)
{
	struct storm_ggsn *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->config = *config;
	g->first_imsi = strtoull(config->first.digits, NULL, 10);
	g->gsn.len = sizeof(config->address);
	memcpy(g->gsn.octets, &config->address, sizeof(config->address));
	pthread_mutex_init(&g->lock, NULL);
	g->contexts = calloc(config->count, sizeof(*g->contexts));
	g->stop = eventfd(0, EFD_CLOEXEC);
	g->control.fd = bind_to(config->address, GTPC_PORT);
	g->user.fd = bind_to(config->address, GTPU_PORT);
	if (g->contexts && g->stop >= 0 && g->control.fd >= 0 && g->user.fd >= 0)
		g->has_thread = pthread_create(&g->thread, NULL, run, g) == 0;
	if (g->has_thread)
		return g;
	fprintf(stderr, "hse-bench: no GGSN: sockets %s and %s, %u contexts\n",
		g->control.fd < 0 ? strerror(-g->control.fd) : "bound",
		g->user.fd < 0 ? strerror(-g->user.fd) : "bound", config->count);
	storm_ggsn_stop(g);
	return NULL;
}

void storm_ggsn_stop(struct storm_ggsn *g)
{
	if (!g)
		return;
	if (g->has_thread) {
		eventfd_write(g->stop, 1);
		pthread_join(g->thread, NULL);
	}
	if (g->stop >= 0)
		close(g->stop);
	if (g->control.fd >= 0)
		close(g->control.fd);
	if (g->user.fd >= 0)
		close(g->user.fd);
	pthread_mutex_destroy(&g->lock);
	free(g->contexts);
	free(g);
}

static void add(const struct context *context, struct storm_ggsn_figures *figures)
{
	if (!context->active)
		return;
	figures->activated++;
	if (figures->first_activation_us == 0 ||
	    context->activated_us < figures->first_activation_us)
		figures->first_activation_us = context->activated_us;
	figures->delivered += context->delivered_us != 0;
	if (context->delivered_us > figures->last_delivery_us)
		figures->last_delivery_us = context->delivered_us;
}

void storm_ggsn_look(struct storm_ggsn *g, uint32_t first, uint32_t count,
		     struct storm_ggsn_figures *figures)
{
	*figures = (struct storm_ggsn_figures){0};
	pthread_mutex_lock(&g->lock);
	for (uint32_t i = first; i < first + count && i < g->config.count; i++)
		add(&g->contexts[i], figures);
	figures->wrong = g->wrong;
	figures->retransmitted = g->retransmitted;
	figures->unexpected = g->unexpected;
	pthread_mutex_unlock(&g->lock);
}
