/* SPDX-License-Identifier: BSD-3-Clause */
/* A PDN connection against a P-GW in this process, over UDP on loopback. */
#include <errno.h>

#include "gtp/gtpu.h"
#include "ue/pdp.h"
#include "ue_loopback.h"
#include "unit.h"

#define PGW_TEID  0x55667788
#define USER_TEID 0x11223344

struct world {
	struct loop *loop;
	struct ue_counters counters;
	struct control_path path;
	struct user_tunnel tunnel;
	struct pdp pdp;
	/* what was told */
	int told;
	enum pdp_event event;
	uint8_t cause;
	struct loop_timer give_up;
	/* other bearers */
	struct pdp_bearer bearers[PDP_BEARERS_MAX];
	unsigned begun, ended;
	bool no_room;
	/* the P-GW */
	struct loop_source pgw;
	uint8_t answer_cause;	  /* 0: none at all */
	bool bare;		  /* a Create Session Response without F-TEIDs */
	struct gtpc_v2 piggyback; /* behind the next response; type 0: none */
	uint8_t data[2048];
	struct gtpc_v2 message; /* the last received; points into data */
	unsigned received;
};

static void give_up(void *arg)
{
	loop_stop(((struct world *)arg)->loop, -ETIME);
}

static void changed(void *arg, enum pdp_event event, uint8_t cause)
{
	struct world *w = arg;

	w->told++;
	w->event = event;
	w->cause = cause;
	loop_stop(w->loop, 0);
}

static struct pdp_bearer *bearer_begins(void *arg, uint8_t ebi, const struct gtp_octets *tft)
{
	struct world *w = arg;
	struct pdp_bearer *bearer = &w->bearers[w->begun];

	CU_ASSERT_EQUAL(tft->len, 2);
	if (w->no_room)
		return NULL;
	bearer->tunnels[0].teid = 0xD0000000u + ebi;
	w->begun++;
	return bearer;
}

static void bearer_ends(void *arg, struct pdp_bearer *bearer)
{
	(void)bearer;
	((struct world *)arg)->ended++;
}

/* --- the P-GW --- */

static struct gtpc_v2_fteid fteid(uint32_t teid)
{
	struct endpoint pgw = loopback_endpoint(GGSN_HOST, 0);

	return (struct gtpc_v2_fteid){
		.is_present = true, .teid = teid, .ipv4 = endpoint_gsn_address(&pgw)};
}

static struct gtpc_v2 response_to(struct world *w)
{
	static const uint8_t paa[] = {1, 10, 2, 0, 7};
	const uint8_t type = w->message.type;
	struct gtpc_v2 m = {.type = (uint8_t)(type + 1),
			    .has_teid = true,
			    .teid = w->pdp.at->end.teid,
			    .sequence = w->message.sequence,
			    .present = GTPC_V2_HAS_CAUSE,
			    .cause = w->answer_cause};

	if (type != GTPC_V2_CREATE_SESSION_REQUEST || w->bare)
		return m;
	m.pgw_c = fteid(PGW_TEID);
	m.paa = (struct gtp_octets){paa, sizeof(paa)};
	m.bearers_count = 1;
	m.bearers[0] = (struct gtpc_v2_bearer){
		.ebi = 5, .has_cause = true, .cause = w->answer_cause, .pgw_u = fteid(USER_TEID)};
	return m;
}

static void send_to_sgw(struct world *w, const uint8_t *data, int len)
{
	struct endpoint sgw = loopback_endpoint(SGSN_HOST, GTPC_PORT);

	CU_ASSERT_FATAL(len > 0);
	CU_ASSERT_EQUAL(sendto(w->pgw.fd, data, (size_t)len, 0, &sgw.any, sgw.len), len);
}

static void pgw_ready(void *arg)
{
	struct world *w = arg;
	uint8_t out[1024];
	ssize_t len = recv(w->pgw.fd, w->data, sizeof(w->data), 0);
	struct gtpc_v2 response;
	int n, both;

	CU_ASSERT_FATAL(len > 0);
	CU_ASSERT_EQUAL(gtpc_v2_parse(&w->message, w->data, (size_t)len), (int)len);
	w->received++;
	if (w->answer_cause == 0 || w->message.type > GTPC_V2_DELETE_SESSION_REQUEST)
		return; /* no answer, or it is one itself */
	response = response_to(w);
	response.has_next = w->piggyback.type != 0;
	n = both = gtpc_v2_write(out, sizeof(out), &response);
	if (w->piggyback.type != 0) {
		w->piggyback.teid = w->pdp.at->end.teid;
		both += gtpc_v2_write(out + n, sizeof(out) - (size_t)n, &w->piggyback);
	}
	w->piggyback.type = 0;
	send_to_sgw(w, out, both);
}

static void setup(struct world *w)
{
	struct endpoint sgw = loopback_endpoint(SGSN_HOST, GTPC_PORT);
	struct endpoint pgw = loopback_endpoint(GGSN_HOST, GTPC_PORT);
	struct pdp_config config = {.numbers = &e2m_default_numbers,
				    .version = 2,
				    .msisdn = "491700000001",
				    .apn = "internet",
				    .plmn = {0x62, 0xf2, 0x10},
				    .nsapi = 5,
				    .ggsn = pgw,
				    .local = sgw,
				    .changed = changed,
				    .bearer_begins = bearer_begins,
				    .bearer_ends = bearer_ends,
				    .arg = w};

	*w = (struct world){.loop = loop_new(),
			    .tunnel = {.teid = 0xAABBCCDD},
			    .answer_cause = GTPC_V2_CAUSE_ACCEPTED};
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->loop);
	e2m_imsi_parse(&config.imsi, "262010000000001", 15);
	w->give_up = (struct loop_timer){.expired = give_up, .arg = w};
	w->pgw = (struct loop_source){.fd = endpoint_bind(&pgw), .ready = pgw_ready, .arg = w};
	CU_ASSERT_FATAL(w->pgw.fd >= 0);
	CU_ASSERT_EQUAL_FATAL(loop_add(w->loop, &w->pgw), 0);
	CU_ASSERT_EQUAL_FATAL(control_path_open(&w->path, w->loop, &sgw, 30, 3, &w->counters), 0);
	CU_ASSERT_EQUAL_FATAL(pdp_init(&w->pdp, &config, &w->path, &w->tunnel), 0);
}

static void teardown(struct world *w)
{
	pdp_stop(&w->pdp);
	control_path_close(&w->path);
	loop_remove(w->loop, &w->pgw);
	close(w->pgw.fd);
	loop_free(w->loop);
}

/* Until something is told, or for so long. */
static void run_for(struct world *w, uint32_t ms)
{
	loop_start_timer(w->loop, &w->give_up, ms);
	loop_run(w->loop);
	loop_stop_timer(w->loop, &w->give_up);
}

static struct pco_e2m make_pco(uint8_t key_id)
{
	const uint8_t sqn[E2M_SQN_LEN] = {1, 2, 3, 4, 5, 6};

	return (struct pco_e2m){.plmn = {0x62, 0xf2, 0x10},
				.key_id = key_id,
				.id = e2m_keyset_id_make(E2M_ID_SQN, sqn)};
}

static void create(struct world *w, enum pdp_event expected)
{
	const struct pco_e2m pco = make_pco(1);

	CU_ASSERT_EQUAL_FATAL(pdp_create(&w->pdp, &pco), 0);
	run_for(w, 5000);
	CU_ASSERT_EQUAL_FATAL(w->event, expected);
}

static void assert_pco(const struct world *w, uint8_t key_id)
{
	struct pco_e2m found;

	CU_ASSERT_EQUAL(pco_find_e2m(&found, &e2m_default_numbers, NULL, w->message.pco.data,
				     w->message.pco.len),
			1);
	CU_ASSERT_EQUAL(found.key_id, key_id);
}

/* --- what the S-GW asks for --- */

static void create_session_carries_who_and_what(void) /* TS 29.274 7.2.1 */
{
	struct world w;

	setup(&w);
	create(&w, PDP_CREATED);
	CU_ASSERT_EQUAL(w.message.type, GTPC_V2_CREATE_SESSION_REQUEST);
	CU_ASSERT_EQUAL(w.message.teid, 0);
	CU_ASSERT_TRUE(w.message.sequence < 0x800000); /* 7.6 */
	CU_ASSERT_STRING_EQUAL(w.message.imsi.digits, "262010000000001");
	CU_ASSERT_EQUAL(memcmp(w.message.serving_network, "\x62\xf2\x10", 3), 0);
	CU_ASSERT_EQUAL(w.message.rat_type, 6);
	CU_ASSERT_EQUAL(w.message.sgw_c.teid, w.pdp.at->end.teid);
	CU_ASSERT_EQUAL(w.message.apn.len, 9);
	CU_ASSERT_EQUAL(w.message.msisdn.len, 6);
	CU_ASSERT_EQUAL_FATAL(w.message.bearers_count, 1);
	CU_ASSERT_EQUAL(w.message.bearers[0].ebi, 5);
	CU_ASSERT_EQUAL(w.message.bearers[0].sgw_u.teid, 0xAABBCCDD);
	assert_pco(&w, 1);
	teardown(&w);
}

static void its_answer_tells_where_the_tunnel_ends(void) /* 7.2.2 */
{
	struct endpoint pgw = loopback_endpoint(GGSN_HOST, GTPU_PORT);
	struct world w;

	setup(&w);
	create(&w, PDP_CREATED);
	CU_ASSERT_EQUAL(w.tunnel.peer_teid, USER_TEID);
	CU_ASSERT_TRUE(endpoint_is_same_host(&w.tunnel.peer, &pgw));
	CU_ASSERT_EQUAL(w.pdp.peer_teid, PGW_TEID);
	CU_ASSERT_EQUAL(memcmp(&w.pdp.address, (uint8_t[]){10, 2, 0, 7}, 4), 0);
	teardown(&w);
}

static void a_refusal_is_told_with_its_cause(void)
{
	struct world w;

	setup(&w);
	w.answer_cause = GTPC_V2_CAUSE_NO_RESOURCES;
	create(&w, PDP_REFUSED);
	CU_ASSERT_EQUAL(w.cause, GTPC_V2_CAUSE_NO_RESOURCES);
	teardown(&w);
}

static void an_answer_that_lacks_something_is_none(void)
{
	struct world w;

	setup(&w);
	w.bare = true;
	create(&w, PDP_REFUSED);
	CU_ASSERT_EQUAL(w.cause, 0);
	teardown(&w);
}

static void no_answer_is_told(void)
{
	struct world w;

	setup(&w);
	w.answer_cause = 0;
	create(&w, PDP_NO_ANSWER);
	CU_ASSERT_EQUAL(w.received, 3);
	teardown(&w);
}

static void modify_bearer_carries_the_pco_alone(void) /* 7.2.7 */
{
	const struct pco_e2m pco = make_pco(2);
	struct world w;

	setup(&w);
	create(&w, PDP_CREATED);
	CU_ASSERT_EQUAL(pdp_update(&w.pdp, &pco), 0);
	run_for(&w, 5000);
	CU_ASSERT_EQUAL(w.event, PDP_UPDATED);
	CU_ASSERT_EQUAL(w.message.type, GTPC_V2_MODIFY_BEARER_REQUEST);
	CU_ASSERT_EQUAL(w.message.teid, PGW_TEID);
	CU_ASSERT_FALSE(w.message.sgw_c.is_present);
	CU_ASSERT_EQUAL(w.message.bearers_count, 0);
	assert_pco(&w, 2);
	teardown(&w);
}

static void a_pgw_that_knows_it_no_more_ends_it(void)
{
	const struct pco_e2m pco = make_pco(2);
	struct world w;

	setup(&w);
	create(&w, PDP_CREATED);
	w.answer_cause = GTPC_V2_CAUSE_CONTEXT_NOT_FOUND;
	CU_ASSERT_EQUAL(pdp_update(&w.pdp, &pco), 0);
	run_for(&w, 5000);
	CU_ASSERT_EQUAL(w.event, PDP_GONE);
	teardown(&w);
}

static void delete_session_names_the_default_bearer(void) /* 7.2.9.1 */
{
	struct world w;

	setup(&w);
	create(&w, PDP_CREATED);
	CU_ASSERT_EQUAL(pdp_delete(&w.pdp), 0);
	run_for(&w, 5000);
	CU_ASSERT_EQUAL(w.event, PDP_DELETED);
	CU_ASSERT_EQUAL(w.message.type, GTPC_V2_DELETE_SESSION_REQUEST);
	CU_ASSERT_EQUAL(w.message.linked_ebi, 5);
	teardown(&w);
}

/* --- what the P-GW asks for --- */

static struct gtpc_v2 request_of_pgw(const struct world *w, uint8_t type, uint32_t sequence)
{
	return (struct gtpc_v2){
		.type = type, .has_teid = true, .teid = w->pdp.at->end.teid, .sequence = sequence};
}

static struct gtpc_v2 create_bearer(const struct world *w, uint32_t sequence)
{
	static const uint8_t tft[] = {0x20, 0};
	struct gtpc_v2 m = request_of_pgw(w, GTPC_V2_CREATE_BEARER_REQUEST, sequence);

	m.linked_ebi = 5;
	m.bearers_count = 1;
	m.bearers[0].pgw_u = fteid(USER_TEID + 1);
	m.bearers[0].tft = (struct gtp_octets){tft, sizeof(tft)};
	return m;
}

/* The answer is in message. */
static void ask(struct world *w, const struct gtpc_v2 *request)
{
	const unsigned before = w->received;
	uint8_t out[512];

	send_to_sgw(w, out, gtpc_v2_write(out, sizeof(out), request));
	for (int i = 0; i < 100 && w->received == before; i++)
		run_for(w, 20);
	CU_ASSERT_EQUAL_FATAL(w->received, before + 1);
	CU_ASSERT_EQUAL(w->message.type, request->type + 1);
	CU_ASSERT_EQUAL(w->message.sequence, request->sequence);
}

static void a_bearer_begins(void) /* 7.2.3, 7.2.4 */
{
	const struct gtpc_v2_bearer *answer;
	struct gtpc_v2 m;
	struct world w;

	setup(&w);
	create(&w, PDP_CREATED);
	m = create_bearer(&w, 9);
	ask(&w, &m);
	answer = &w.message.bearers[0];
	CU_ASSERT_EQUAL(w.message.teid, PGW_TEID);
	CU_ASSERT_EQUAL(w.message.cause, GTPC_V2_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL_FATAL(w.message.bearers_count, 1);
	CU_ASSERT_EQUAL(answer->ebi, 6);
	CU_ASSERT_EQUAL(answer->sgw_u.teid, 0xD0000006);
	CU_ASSERT_EQUAL(answer->pgw_u.teid, USER_TEID + 1);
	CU_ASSERT_EQUAL(w.begun, 1);
	CU_ASSERT_EQUAL(w.bearers[0].tunnels[0].peer_teid, USER_TEID + 1);
	CU_ASSERT_EQUAL(endpoint_port(&w.bearers[0].tunnels[0].peer), GTPU_PORT);
	teardown(&w);
}

static void a_request_that_comes_twice_is_done_once(void) /* 7.6 */
{
	struct gtpc_v2 m;
	struct world w;

	setup(&w);
	create(&w, PDP_CREATED);
	m = create_bearer(&w, 9);
	ask(&w, &m);
	ask(&w, &m);
	CU_ASSERT_EQUAL(w.message.bearers[0].ebi, 6);
	CU_ASSERT_EQUAL(w.begun, 1);
	m.sequence++;
	ask(&w, &m);
	CU_ASSERT_EQUAL(w.message.bearers[0].ebi, 7);
	CU_ASSERT_EQUAL(w.begun, 2);
	teardown(&w);
}

static void a_bearer_without_room_is_refused(void)
{
	struct gtpc_v2 m;
	struct world w;

	setup(&w);
	create(&w, PDP_CREATED);
	w.no_room = true;
	m = create_bearer(&w, 9);
	ask(&w, &m);
	CU_ASSERT_EQUAL(w.message.cause, GTPC_V2_CAUSE_NO_RESOURCES);
	CU_ASSERT_EQUAL(w.message.bearers[0].cause, GTPC_V2_CAUSE_NO_RESOURCES);
	teardown(&w);
}

static void a_piggybacked_request_is_taken(void) /* 5.5.1 */
{
	struct world w;

	setup(&w);
	w.piggyback = create_bearer(&w, 9);
	create(&w, PDP_CREATED);
	for (int i = 0; i < 100 && w.received < 2; i++)
		run_for(&w, 20);
	CU_ASSERT_EQUAL(w.message.type, GTPC_V2_CREATE_BEARER_RESPONSE);
	CU_ASSERT_EQUAL(w.message.cause, GTPC_V2_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(w.begun, 1);
	teardown(&w);
}

static void a_bearer_is_updated_and_ends(void) /* 7.2.15, 7.2.9.2 */
{
	struct gtpc_v2 m;
	struct world w;

	setup(&w);
	create(&w, PDP_CREATED);
	m = create_bearer(&w, 9);
	ask(&w, &m);
	m = request_of_pgw(&w, GTPC_V2_UPDATE_BEARER_REQUEST, 10);
	m.bearers_count = 2;
	m.bearers[0].ebi = 6;
	m.bearers[1].ebi = 9;
	ask(&w, &m);
	CU_ASSERT_EQUAL(w.message.bearers[0].cause, GTPC_V2_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(w.message.bearers[1].cause, GTPC_V2_CAUSE_CONTEXT_NOT_FOUND);
	m = request_of_pgw(&w, GTPC_V2_DELETE_BEARER_REQUEST, 11);
	m.ebis = 1 << 6;
	ask(&w, &m);
	CU_ASSERT_EQUAL(w.message.bearers[0].cause, GTPC_V2_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(w.ended, 1);
	CU_ASSERT_EQUAL(w.told, 1);
	teardown(&w);
}

static void the_pgw_may_end_the_pdn_connection(void) /* 7.2.9.2 */
{
	struct gtpc_v2 m;
	struct world w;

	setup(&w);
	create(&w, PDP_CREATED);
	m = request_of_pgw(&w, GTPC_V2_DELETE_BEARER_REQUEST, 11);
	m.linked_ebi = 5;
	ask(&w, &m);
	CU_ASSERT_EQUAL(w.message.cause, GTPC_V2_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(w.event, PDP_GONE);
	teardown(&w);
}

static void an_unknown_connection_is_said_to_be_unknown(void) /* 5.5.2 */
{
	struct gtpc_v2 m;
	struct world w;

	setup(&w);
	create(&w, PDP_CREATED);
	m = create_bearer(&w, 9);
	m.teid++;
	ask(&w, &m);
	CU_ASSERT_EQUAL(w.message.cause, GTPC_V2_CAUSE_CONTEXT_NOT_FOUND);
	CU_ASSERT_EQUAL(w.message.teid, 0);
	CU_ASSERT_EQUAL(w.begun, 0);
	teardown(&w);
}

static void echo_is_answered_with_the_restart_counter(void) /* 7.1.2 */
{
	const struct gtpc_v2 echo = {
		.type = GTPC_V2_ECHO_REQUEST, .sequence = 777, .present = GTPC_V2_HAS_RECOVERY};
	struct world w;

	setup(&w);
	w.answer_cause = 0;
	ask(&w, &echo);
	CU_ASSERT_FALSE(w.message.has_teid);
	CU_ASSERT_EQUAL(w.message.recovery, w.path.recovery);
	CU_ASSERT_EQUAL(w.counters.gtpc_echo, 1);
	teardown(&w);
}

UNIT_MAIN("ue_pdp_v2", {"Create Session carries who and what", create_session_carries_who_and_what},
	  {"its answer tells where the tunnel ends", its_answer_tells_where_the_tunnel_ends},
	  {"a refusal is told with its cause", a_refusal_is_told_with_its_cause},
	  {"an answer that lacks something is none", an_answer_that_lacks_something_is_none},
	  {"no answer is told", no_answer_is_told},
	  {"Modify Bearer carries the PCO alone", modify_bearer_carries_the_pco_alone},
	  {"a P-GW that knows it no more ends it", a_pgw_that_knows_it_no_more_ends_it},
	  {"Delete Session names the default bearer", delete_session_names_the_default_bearer},
	  {"a bearer begins", a_bearer_begins},
	  {"a request that comes twice is done once", a_request_that_comes_twice_is_done_once},
	  {"a bearer without room is refused", a_bearer_without_room_is_refused},
	  {"a piggybacked request is taken", a_piggybacked_request_is_taken},
	  {"a bearer is updated and ends", a_bearer_is_updated_and_ends},
	  {"the P-GW may end the PDN connection", the_pgw_may_end_the_pdn_connection},
	  {"an unknown connection is said to be unknown",
	   an_unknown_connection_is_said_to_be_unknown},
	  {"Echo is answered with the restart counter", echo_is_answered_with_the_restart_counter})
