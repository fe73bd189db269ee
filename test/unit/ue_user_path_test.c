/* SPDX-License-Identifier: BSD-3-Clause */
/* The SGSN's end of GTP-U against a GGSN in this process, over UDP on loopback. */
#include "ue/user_path.h"

#include "gtp/gtpu.h"
#include "ue_loopback.h"
#include "unit.h"

/* What a tunnel was handed. */
struct handed {
	size_t calls;
	size_t count;
	size_t lens[BURST_MAX];
	uint8_t first[BURST_MAX];
};

struct world {
	struct loop *loop;
	struct ue_counters counters;
	struct user_path *path;
	struct user_tunnel tunnels[2];
	struct handed handed[2];
	struct loop_timer enough;
	int ggsn;
	int other;
};

static void received(void *arg, struct packet *packets, size_t count)
{
	struct handed *handed = arg;

	handed->calls++;
	for (size_t i = 0; i < count && handed->count < BURST_MAX; i++) {
		handed->lens[handed->count] = packets[i].len;
		handed->first[handed->count++] = packets[i].len > 0 ? packets[i].data[0] : 0;
	}
}

static void enough(void *arg)
{
	struct world *w = arg;

	loop_stop(w->loop, 0);
}

static void setup(struct world *w)
{
	struct endpoint sgsn = loopback_endpoint(SGSN_HOST, GTPU_PORT);
	struct endpoint ggsn = loopback_endpoint(GGSN_HOST, GTPU_PORT);
	struct endpoint other = loopback_endpoint(OTHER_HOST, GTPU_PORT);

	*w = (struct world){
		.loop = loop_new(), .ggsn = endpoint_bind(&ggsn), .other = endpoint_bind(&other)};
	w->enough = (struct loop_timer){.expired = enough, .arg = w};
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->loop);
	CU_ASSERT_FATAL(w->ggsn >= 0 && w->other >= 0);
	w->path = user_path_open(w->loop, &sgsn, &w->counters);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->path);
	for (size_t i = 0; i < 2; i++) {
		w->tunnels[i] = (struct user_tunnel){.peer_teid = 0x1000 + (uint32_t)i,
						     .peer = ggsn,
						     .received = received,
						     .arg = &w->handed[i]};
		CU_ASSERT_EQUAL_FATAL(user_path_add_tunnel(w->path, &w->tunnels[i]), 0);
	}
}

static void teardown(struct world *w)
{
	user_path_close(w->path);
	close(w->ggsn);
	close(w->other);
	loop_free(w->loop);
}

static void send_to_sgsn(int fd, const void *data, size_t len)
{
	struct endpoint sgsn = loopback_endpoint(SGSN_HOST, GTPU_PORT);

	CU_ASSERT_EQUAL(sendto(fd, data, len, 0, &sgsn.any, sgsn.len), (ssize_t)len);
}

/* A G-PDU with payload mark repeated len times. */
static void send_g_pdu(int fd, uint32_t teid, uint8_t mark, uint16_t len)
{
	uint8_t data[GTPU_HEADER_MIN + 1500];

	gtpu_write(data, GTPU_G_PDU, teid, len);
	memset(data + GTPU_HEADER_MIN, mark, len);
	send_to_sgsn(fd, data, GTPU_HEADER_MIN + (size_t)len);
}

/* The path takes what was sent to it. */
static void let_it_run(struct world *w)
{
	loop_start_timer(w->loop, &w->enough, 20);
	CU_ASSERT_EQUAL(loop_run(w->loop), 0);
}

static void g_pdus_go_to_the_tunnel_of_their_teid(void)
{
	struct world w;

	setup(&w);
	send_g_pdu(w.ggsn, w.tunnels[0].teid, 'a', 100);
	send_g_pdu(w.ggsn, w.tunnels[0].teid, 'b', 0);
	send_g_pdu(w.ggsn, w.tunnels[1].teid, 'c', 1500);
	send_g_pdu(w.ggsn, w.tunnels[0].teid, 'd', 1);
	let_it_run(&w);
	CU_ASSERT_EQUAL_FATAL(w.handed[0].count, 3);
	CU_ASSERT_EQUAL(w.handed[0].calls, 2); /* a and b together */
	CU_ASSERT_EQUAL(w.handed[0].lens[0], 100);
	CU_ASSERT_EQUAL(w.handed[0].first[0], 'a');
	CU_ASSERT_EQUAL(w.handed[0].lens[1], 0);
	CU_ASSERT_EQUAL(w.handed[0].first[2], 'd');
	CU_ASSERT_EQUAL_FATAL(w.handed[1].count, 1);
	CU_ASSERT_EQUAL(w.handed[1].lens[0], 1500);
	CU_ASSERT_EQUAL(w.handed[1].first[0], 'c');
	teardown(&w);
}

static void optional_headers_are_left_out(void)
{
	uint8_t data[] = {GTPU_V1_PT1 | GTPU_FLAG_S | GTPU_FLAG_E,
			  GTPU_G_PDU,
			  0,
			  9,
			  0,
			  0,
			  0,
			  0,
			  0,
			  7,
			  0,
			  0xC0,
			  1,
			  0xAB,
			  0xCD,
			  0,
			  'x'};
	struct world w;

	setup(&w);
	wire_put32(data + 4, w.tunnels[0].teid);
	send_to_sgsn(w.ggsn, data, sizeof(data));
	let_it_run(&w);
	CU_ASSERT_EQUAL_FATAL(w.handed[0].count, 1);
	CU_ASSERT_EQUAL(w.handed[0].lens[0], 1);
	CU_ASSERT_EQUAL(w.handed[0].first[0], 'x');
	teardown(&w);
}

static void what_is_for_no_tunnel_is_counted(void)
{
	static const uint8_t end_marker[] = {0x30, 254, 0, 0, 0, 0, 0, 0};
	struct world w;

	setup(&w);
	send_g_pdu(w.ggsn, w.tunnels[0].teid ^ 0x80000000, 'a', 10);
	send_g_pdu(w.ggsn, w.tunnels[1].teid + 1, 'a', 10);
	send_g_pdu(w.ggsn, 0, 'a', 10);
	send_g_pdu(w.other, w.tunnels[0].teid, 'a', 10);
	send_to_sgsn(w.ggsn, "no GTP-U", 8);
	send_to_sgsn(w.ggsn, end_marker, sizeof(end_marker));
	let_it_run(&w);
	CU_ASSERT_EQUAL(w.handed[0].calls + w.handed[1].calls, 0);
	CU_ASSERT_EQUAL(w.counters.gtpu_unknown_tunnel, 3);
	CU_ASSERT_EQUAL(w.counters.gtpu_wrong_peer, 1);
	CU_ASSERT_EQUAL(w.counters.gtpu_unparsed, 1);
	CU_ASSERT_EQUAL(w.counters.gtpu_unexpected, 1);
	teardown(&w);
}

static void echo_is_answered_with_its_sequence_number(void)
{
	static const uint8_t request[] = {0x32, 1, 0, 4, 0, 0, 0, 0, 0x12, 0x34, 0, 0};
	static const uint8_t response[] = {0x32, 2, 0, 6, 0, 0, 0, 0, 0x12, 0x34, 0, 0, 14, 0};
	uint8_t data[64];
	struct world w;

	setup(&w);
	send_to_sgsn(w.other, request, sizeof(request));
	let_it_run(&w);
	CU_ASSERT_EQUAL(recv(w.other, data, sizeof(data), MSG_DONTWAIT), sizeof(response));
	CU_ASSERT_EQUAL(memcmp(data, response, sizeof(response)), 0);
	CU_ASSERT_EQUAL(w.counters.gtpu_echo, 1);
	teardown(&w);
}

static void a_burst_is_sent_into_the_tunnel(void)
{
	uint8_t data[64];
	struct world w;

	setup(&w);
	struct packet *packets = user_path_burst(w.path);
	for (uint8_t i = 0; i < BURST_MAX; i++) {
		packets[i].data[0] = i;
		packets[i].len = 1;
	}
	user_path_send(w.path, &w.tunnels[1], packets, BURST_MAX);
	for (uint8_t i = 0; i < BURST_MAX; i++) {
		struct gtpu gtpu;
		ssize_t len = recv(w.ggsn, data, sizeof(data), MSG_DONTWAIT);
		CU_ASSERT_EQUAL_FATAL(len, GTPU_HEADER_MIN + 1);
		CU_ASSERT_EQUAL(gtpu_parse(&gtpu, data, (size_t)len), 0);
		CU_ASSERT_EQUAL(gtpu.message_type, GTPU_G_PDU);
		CU_ASSERT_EQUAL(gtpu.teid, 0x1001);
		CU_ASSERT_EQUAL(data[GTPU_HEADER_MIN], i);
	}
	CU_ASSERT_EQUAL(w.counters.up_send_failed, 0);
	teardown(&w);
}

static void a_packet_that_cannot_be_sent_does_not_hold_up_others(void)
{
	uint8_t data[64];
	struct world w;

	setup(&w);
	struct packet *packets = user_path_burst(w.path);
	packets[0].len = 1;
	packets[1].len = 65530; /* more than UDP carries */
	packets[2].len = 2;
	user_path_send(w.path, &w.tunnels[0], packets, 3);
	CU_ASSERT_EQUAL(recv(w.ggsn, data, sizeof(data), MSG_DONTWAIT), GTPU_HEADER_MIN + 1);
	CU_ASSERT_EQUAL(recv(w.ggsn, data, sizeof(data), MSG_DONTWAIT), GTPU_HEADER_MIN + 2);
	CU_ASSERT_EQUAL(w.counters.up_send_failed, 1);
	teardown(&w);
}

UNIT_MAIN("ue_user_path",
	  {"G-PDUs go to the tunnel of their TEID", g_pdus_go_to_the_tunnel_of_their_teid},
	  {"optional headers are left out", optional_headers_are_left_out},
	  {"what is for no tunnel is counted", what_is_for_no_tunnel_is_counted},
	  {"echo is answered with its sequence number", echo_is_answered_with_its_sequence_number},
	  {"a burst is sent into the tunnel", a_burst_is_sent_into_the_tunnel},
	  {"a packet that cannot be sent does not hold up others",
	   a_packet_that_cannot_be_sent_does_not_hold_up_others})
