/* SPDX-License-Identifier: BSD-3-Clause */
/* A fleet against an HSS that lives in this process, and an HSE and GGSN in one, over UDP on loopback. */
#include "ue/fleet.h"

#include "gtp/gtpu.h"
#include "npdu/npdu.h"
#include "program/program.h"
#include "ue/echo.h"
#include "ue/figures.h"
#include "ue_loopback.h"
#include "unit.h"

#define DEVICES 50
#define FIRST	"262010000000980"
#define BEARER	5

/* A subscriber, as HSS, HSE and GGSN know it. */
struct subscriber {
	uint64_t sqn;
	uint32_t teid; /* the SGSN's, for downlink */
	struct npdu_key *key;
	uint32_t opened, sent; /* COUNTs */
	bool has_context;
};

struct query {
	struct diameter_auth_request request;
	hss_answered answered;
	void *arg;
};

struct world {
	struct hss hss; /* first: ask gets it */
	struct ue_config config;
	struct ue_shared shared;
	struct fleet *fleet;
	bool ended, failed;
	struct subscriber subscribers[DEVICES];
	struct query queries[DEVICES];
	size_t queries_count;
	size_t most_queries;
	struct loop_timer answer_soon, give_up;
	struct loop_source control, user;
	/* What happens to the subscriber of that number; DEVICES: nobody. */
	unsigned unknown, refused, swallowed;
	int deaf; /* to so many packets of each device */
	char summary[2048];
};

static struct e2m_imsi imsi_of(unsigned n)
{
	struct e2m_imsi first, imsi;

	e2m_imsi_parse(&first, FIRST, strlen(FIRST));
	e2m_imsi_add(&imsi, &first, n);
	return imsi;
}

static unsigned number_of(const struct e2m_imsi *imsi)
{
	unsigned n = 0;
	struct e2m_imsi is = imsi_of(0);

	while (n < DEVICES && memcmp(&is, imsi, sizeof(is)))
		is = imsi_of(++n);
	CU_ASSERT_FATAL(n < DEVICES);
	return n;
}

/* --- the HSS --- */

static void make_vector(struct world *w, const struct diameter_auth_request *request,
			struct aka_vector *vector)
{
	const struct npdu_profile profile = {.eea = E2M_EEA2, .eia = E2M_EIA2, .counter_octets = 1};
	struct subscriber *subscriber = &w->subscribers[number_of(&request->imsi)];
	uint8_t k[AKA_K_LEN], opc[AKA_K_LEN], sqn[E2M_SQN_LEN], rand[E2M_RAND_LEN] = {7};

	CU_ASSERT_EQUAL(aka_derive_k(w->config.usim.k, &request->imsi, k), 0);
	CU_ASSERT_EQUAL(milenage_opc(k, w->config.raw.op, opc), 0);
	CU_ASSERT_EQUAL(aka_sqn_next(subscriber->sqn, &subscriber->sqn), 0);
	aka_sqn_write(subscriber->sqn, sqn);
	CU_ASSERT_EQUAL(
		aka_make_vector(&e2m_default_numbers, AKA_UMTS, k, opc, rand, sqn, 0, NULL, vector),
		0);
	npdu_key_free(subscriber->key);
	subscriber->key = npdu_key_new(&e2m_default_numbers, &vector->keyset, &profile);
}

static void answer_queries(void *arg)
{
	struct world *w = arg;
	struct query queries[DEVICES];
	size_t count = w->queries_count;

	memcpy(queries, w->queries, sizeof(queries));
	w->queries_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct diameter_auth_answer answer = {.outcome = DIAMETER_AUTH_OK};

		if (number_of(&queries[i].request.imsi) == w->unknown)
			answer.outcome = DIAMETER_AUTH_USER_UNKNOWN;
		else
			make_vector(w, &queries[i].request, &answer.vector);
		queries[i].answered(queries[i].arg, &answer);
	}
}

static int ask(struct hss *hss, const struct diameter_auth_request *request, hss_answered answered,
	       void *arg)
{
	struct world *w = (struct world *)hss;

	CU_ASSERT_FATAL(w->queries_count < DEVICES);
	w->queries[w->queries_count++] = (struct query){*request, answered, arg};
	if (w->most_queries < w->queries_count)
		w->most_queries = w->queries_count;
	loop_start_timer(w->shared.loop, &w->answer_soon, 2);
	return 0;
}

/* --- the HSE and GGSN --- */

static void take_control(void *arg)
{
	struct world *w = arg;
	struct endpoint from = {.len = sizeof(from.v6)},
			ggsn = loopback_endpoint(GGSN_HOST, GTPC_PORT);
	uint8_t data[2048], out[256];
	struct gtpc_v1 request;
	struct pco_e2m pco;

	ssize_t len = recvfrom(w->control.fd, data, sizeof(data), 0, &from.any, &from.len);
	CU_ASSERT_EQUAL_FATAL(gtpc_v1_parse(&request, data, (size_t)len), 0);
	CU_ASSERT_EQUAL_FATAL(request.type, GTPC_V1_CREATE_PDP_REQUEST);
	unsigned n = number_of(&request.imsi);
	struct subscriber *subscriber = &w->subscribers[n];
	CU_ASSERT_EQUAL(pco_find_e2m(&pco, &e2m_default_numbers, w->config.plmn, request.pco.data,
				     request.pco.len),
			1);
	CU_ASSERT_EQUAL(pco.id.type, E2M_ID_SQN);
	CU_ASSERT_EQUAL(aka_sqn_read(pco.id.value), subscriber->sqn);
	subscriber->teid = request.teid_data;
	subscriber->has_context = n != w->refused;
	const struct gtpc_v1_accept accept = {.type = GTPC_V1_CREATE_PDP_RESPONSE,
					      .sequence = request.sequence,
					      .peer_teid_control = request.teid_control,
					      .teid_data = 0x1000 + n,
					      .teid_control = 0x2000 + n,
					      .gsn = endpoint_gsn_address(&ggsn),
					      .end_user_ipv4 = {10, 2, 0, (uint8_t)n}};
	int written = n == w->refused ? gtpc_v1_write_cause_response(out, sizeof(out), accept.type,
								     request.sequence,
								     request.teid_control, 199)
				      : gtpc_v1_write_accept_response(out, sizeof(out), &accept);
	CU_ASSERT_EQUAL(sendto(w->control.fd, out, (size_t)written, 0, &from.any, from.len),
			written);
}

/* Opens it, has it answered, protects the answer: false when it is not what a device should send. */
static bool turn_round(struct world *w, struct subscriber *subscriber, uint8_t *pdu, size_t len)
{
	struct npdu_op op = {.key = subscriber->key,
			     .pdu = pdu,
			     .npdu_len = (uint32_t)(len - 6),
			     .count = subscriber->opened++,
			     .bearer = BEARER,
			     .direction = E2M_UPLINK,
			     .counter_octets = 1};

	npdu_open(w->shared.engine, &op, 1);
	if (!op.ok || npdu_header_key_id(pdu[0]) != 1 || !echo_answer(pdu + 2, op.npdu_len))
		return false;
	op.count = subscriber->sent++;
	op.direction = E2M_DOWNLINK;
	npdu_write_header(pdu, 1, 1, op.count);
	npdu_protect(w->shared.engine, &op, 1);
	return op.ok;
}

static void take_user(void *arg)
{
	struct world *w = arg;
	struct endpoint from = {.len = sizeof(from.v6)};
	uint8_t data[2048];
	struct gtpu gtpu;

	ssize_t len = recvfrom(w->user.fd, data, sizeof(data), 0, &from.any, &from.len);
	CU_ASSERT_EQUAL_FATAL(gtpu_parse(&gtpu, data, (size_t)len), 0);
	unsigned n = gtpu.teid - 0x1000;
	CU_ASSERT_FATAL(n < DEVICES && w->subscribers[n].has_context);
	CU_ASSERT_TRUE(turn_round(w, &w->subscribers[n], data + gtpu.header_len, gtpu.payload_len));
	if (n == w->swallowed || w->subscribers[n].opened <= (uint32_t)w->deaf)
		return;
	gtpu_write(data, GTPU_G_PDU, w->subscribers[n].teid, gtpu.payload_len);
	CU_ASSERT_EQUAL(sendto(w->user.fd, data, (size_t)len, 0, &from.any, from.len), len);
}

/* --- the world --- */

static void ended(void *arg, bool failed)
{
	struct world *w = arg;

	w->ended = true;
	w->failed = failed;
	loop_stop(w->shared.loop, 0);
}

static void give_up(void *arg)
{
	struct world *w = arg;

	loop_stop(w->shared.loop, -1);
}

static void set_config(struct ue_config *config)
{
	*config = (struct ue_config){
		.usim = {.k = {1}},
		.plmn = {0x62, 0xf2, 0x10},
		.session = {.apn = (char *)"internet",
			    .nsapi = BEARER,
			    .key_id = 1,
			    .name_run_by = E2M_ID_SQN,
			    .counter_octets = 1,
			    .replay_window = 64,
			    .ciphering = E2M_EEA2,
			    .integrity = E2M_EIA2,
			    .gcm_tag_octets = 8},
		.fleet = {.derive_k = true,
			  .window = 8,
			  .ping = {.family = AF_INET, .octets = {10, 2, 0, 1}},
			  .packets = 2,
			  .octets = 64,
			  .answer_ms = 300},
		.numbers = e2m_default_numbers,
		.raw = {.op = {2}, .op_given = true},
	};
	e2m_imsi_parse(&config->usim.imsi, FIRST, strlen(FIRST));
	config->sgsn.address = (struct config_address){.family = AF_INET};
	struct endpoint sgsn = loopback_endpoint(SGSN_HOST, 0),
			ggsn = loopback_endpoint(GGSN_HOST, 0);
	config->sgsn.ggsn = config->sgsn.address;
	memcpy(config->sgsn.address.octets, &sgsn.v4.sin_addr, 4);
	memcpy(config->sgsn.ggsn.octets, &ggsn.v4.sin_addr, 4);
}

static void listen_on(struct loop *loop, struct loop_source *source, uint16_t port,
		      void (*ready)(void *arg), struct world *w)
{
	struct endpoint ggsn = loopback_endpoint(GGSN_HOST, port);

	*source = (struct loop_source){.fd = endpoint_bind(&ggsn), .ready = ready, .arg = w};
	CU_ASSERT_FATAL(source->fd >= 0);
	CU_ASSERT_EQUAL_FATAL(loop_add(loop, source), 0);
}

static void setup(struct world *w)
{
	struct endpoint control = loopback_endpoint(SGSN_HOST, GTPC_PORT);
	struct endpoint user = loopback_endpoint(SGSN_HOST, GTPU_PORT);

	program_set_log_level(PROGRAM_ERROR);
	*w = (struct world){.hss = {.name = "hss", .ask = ask},
			    .unknown = DEVICES,
			    .refused = DEVICES,
			    .swallowed = DEVICES};
	set_config(&w->config);
	w->shared.config = &w->config;
	w->shared.hss = &w->hss;
	w->shared.loop = loop_new();
	w->shared.engine = npdu_engine_new(16);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->shared.engine);
	npdu_searches_init(&w->shared.searches, w->shared.engine, NPDU_RECOVERY_WINDOWS_AUTO,
			   NPDU_RECOVERY_PER_S_DEFAULT, 1, 0);
	w->answer_soon = (struct loop_timer){.expired = answer_queries, .arg = w};
	w->give_up = (struct loop_timer){.expired = give_up, .arg = w};
	CU_ASSERT_EQUAL_FATAL(control_path_open(&w->shared.control_path, w->shared.loop, &control,
						1000, 3, &w->shared.counters),
			      0);
	w->shared.user_path = user_path_open(w->shared.loop, &user, &w->shared.counters);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->shared.user_path);
	listen_on(w->shared.loop, &w->control, GTPC_PORT, take_control, w);
	listen_on(w->shared.loop, &w->user, GTPU_PORT, take_user, w);
}

/* Runs the fleet to its end, or for ms and no longer; what it has printed last is in summary. */
static void run_for(struct world *w, uint32_t ms)
{
	FILE *out = tmpfile();
	int saved = dup(STDOUT_FILENO);
	char line[2048];

	fflush(stdout);
	dup2(fileno(out), STDOUT_FILENO);
	w->fleet = fleet_new(&w->shared, DEVICES, ended, w);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->fleet);
	loop_start_timer(w->shared.loop, &w->give_up, ms);
	fleet_start(w->fleet);
	CU_ASSERT_FALSE(w->ended);
	if (loop_run(w->shared.loop))
		fleet_stop(w->fleet);
	CU_ASSERT_TRUE(w->ended);
	fleet_free(w->fleet);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(out);
	while (fgets(line, sizeof(line), out))
		if (!strncmp(line, "fleet: ", 7))
			memcpy(w->summary, line, sizeof(line));
	fclose(out);
}

static void run(struct world *w)
{
	run_for(w, 20000);
}

static void teardown(struct world *w)
{
	loop_stop_timer(w->shared.loop, &w->give_up);
	loop_remove(w->shared.loop, &w->control);
	loop_remove(w->shared.loop, &w->user);
	close(w->control.fd);
	close(w->user.fd);
	user_path_close(w->shared.user_path);
	control_path_close(&w->shared.control_path);
	npdu_engine_free(w->shared.engine);
	loop_free(w->shared.loop);
	for (unsigned i = 0; i < DEVICES; i++)
		npdu_key_free(w->subscribers[i].key);
}

#define SAYS(w, text) CU_ASSERT_PTR_NOT_NULL(strstr((w).summary, text))

static void all_are_activated_and_answered(void)
{
	struct world w;

	setup(&w);
	run(&w);
	CU_ASSERT_FALSE(w.failed);
	SAYS(w, " devices=50 activated=50 answered=50 lost=0 failed=0 activation_p50_us=");
	SAYS(w, " first_p99_us=");
	SAYS(w, " next_p99_us=");
	SAYS(w, " delay_p99_us=");
	for (unsigned i = 0; i < DEVICES; i++)
		CU_ASSERT_EQUAL(w.subscribers[i].opened, 2);
	CU_ASSERT_EQUAL(w.shared.counters.gtpc_requests, DEVICES);
	teardown(&w);
}

static void no_more_attach_at_once_than_the_window(void)
{
	struct world w;

	setup(&w);
	run(&w);
	CU_ASSERT_TRUE(w.most_queries > 1);
	CU_ASSERT_TRUE(w.most_queries <= w.config.fleet.window);
	teardown(&w);
}

static void who_is_refused_is_counted_and_the_others_go_on(void)
{
	struct world w;

	setup(&w);
	w.unknown = 3;
	w.refused = 49;
	program_set_log_level(PROGRAM_ERROR);
	run(&w);
	CU_ASSERT_TRUE(w.failed);
	SAYS(w, " devices=50 activated=48 answered=48 lost=0 failed=2 ");
	teardown(&w);
}

static void a_packet_without_an_answer_is_lost(void)
{
	struct world w;

	setup(&w);
	w.swallowed = 0;
	run(&w);
	CU_ASSERT_TRUE(w.failed);
	SAYS(w, " devices=50 activated=50 answered=49 lost=2 failed=0 ");
	teardown(&w);
}

static void a_later_packet_makes_no_first_one_answered(void)
{
	struct world w;

	setup(&w);
	w.deaf = 1;
	run(&w);
	CU_ASSERT_TRUE(w.failed);
	SAYS(w, " devices=50 activated=50 answered=0 lost=50 failed=0 ");
	teardown(&w);
}

static void devices_begin_at_the_rate(void)
{
	struct world w;

	setup(&w);
	w.config.fleet.rate = 100;
	uint64_t begun = figures_now_us();
	run(&w);
	CU_ASSERT_TRUE(figures_now_us() - begun >= (DEVICES - 1) * 10000);
	SAYS(w, " answered=50 ");
	teardown(&w);
}

static void traffic_goes_on_after_that(void)
{
	struct world w;

	setup(&w);
	w.config.fleet.packets = 1;
	w.config.fleet.traffic_packets_per_s = 1000;
	w.config.fleet.traffic_s = 1;
	run(&w);
	CU_ASSERT_FALSE(w.failed);
	CU_ASSERT_TRUE(w.shared.counters.up_packets >= DEVICES + 1000);
	CU_ASSERT_TRUE(w.subscribers[DEVICES - 1].opened > 1);
	teardown(&w);
}

static void it_can_be_ended_at_any_time(void)
{
	struct world w;

	for (uint32_t ms = 0; ms < 8; ms++) {
		setup(&w);
		run_for(&w, ms);
		CU_ASSERT_TRUE(w.failed);
		SAYS(w, " devices=50 ");
		teardown(&w);
	}
}

UNIT_MAIN("ue_fleet", {"all are activated and answered", all_are_activated_and_answered},
	  {"no more attach at once than the window", no_more_attach_at_once_than_the_window},
	  {"who is refused is counted, and the others go on",
	   who_is_refused_is_counted_and_the_others_go_on},
	  {"a packet without an answer is lost", a_packet_without_an_answer_is_lost},
	  {"a later packet makes no first one answered",
	   a_later_packet_makes_no_first_one_answered},
	  {"devices begin at the rate", devices_begin_at_the_rate},
	  {"traffic goes on after that", traffic_goes_on_after_that},
	  {"it can be ended at any time", it_can_be_ended_at_any_time})
