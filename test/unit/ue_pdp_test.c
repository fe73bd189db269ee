/* SPDX-License-Identifier: BSD-3-Clause */
/* A PDP context against a GGSN in this process, over UDP on loopback. */
#include "ue/pdp.h"

#include <errno.h>

#include "ue_loopback.h"
#include "unit.h"

#define T3_MS 30
#define N3    3

/* What the GGSN does with a request. */
enum habit {
	ACCEPT,
	REFUSE,		/* with a cause */
	SAY_NOTHING,	/* until silent is 0 */
	ACCEPT_BARELY,	/* without TEIDs */
	WRONG_SEQUENCE, /* an accepted response to another request */
	WRONG_HOST,	/* the right response from another address */
};

struct world {
	struct loop *loop;
	struct ue_counters counters;
	struct control_path path;
	struct user_tunnel tunnel;
	struct pdp pdp;
	/* what was told last */
	int told;
	enum pdp_event event;
	uint8_t cause;
	struct loop_timer give_up;
	/* the GGSN */
	struct loop_source ggsn;
	int other_fd;
	struct endpoint sgsn; /* who sent the last request */
	enum habit habit;
	int silent;
	uint8_t refusal;
	bool gives_no_address;
	int requests;
	uint8_t data[2048];
	size_t len;
	struct gtpc_v1 request; /* the last; points into data */
};

static void give_up(void *arg)
{
	struct world *w = arg;

	loop_stop(w->loop, -ETIME);
}

static void changed(void *arg, enum pdp_event event, uint8_t cause)
{
	struct world *w = arg;

	w->told++;
	w->event = event;
	w->cause = cause;
	loop_stop(w->loop, 0);
}

static struct gtp_address ggsn_gsn(void)
{
	struct endpoint ggsn = loopback_endpoint(GGSN_HOST, 0);

	return endpoint_gsn_address(&ggsn);
}

static int write_response(struct world *w, uint8_t *out, size_t size)
{
	enum gtpc_v1_type type = w->request.type + 1;
	uint32_t teid = w->request.type == GTPC_V1_CREATE_PDP_REQUEST ? w->request.teid_control
								      : w->pdp.at->end.teid;
	struct gtpc_v1_accept accept = {
		.type = type,
		.sequence = (uint16_t)(w->request.sequence + (w->habit == WRONG_SEQUENCE)),
		.peer_teid_control = teid,
		.teid_data = 0x11223344,
		.teid_control = 0x55667788,
		.gsn = ggsn_gsn(),
		.end_user_ipv4 = {10, 2, 0, 7},
	};

	if (w->gives_no_address)
		memset(accept.end_user_ipv4, 0, sizeof(accept.end_user_ipv4));
	if (w->habit == REFUSE)
		return gtpc_v1_write_cause_response(out, size, type, w->request.sequence, teid,
						    w->refusal);
	if (w->habit == ACCEPT_BARELY || type == GTPC_V1_DELETE_PDP_RESPONSE)
		return gtpc_v1_write_cause_response(out, size, type, w->request.sequence, teid,
						    GTPC_V1_CAUSE_ACCEPTED);
	return gtpc_v1_write_accept_response(out, size, &accept);
}

static void ggsn_ready(void *arg)
{
	struct world *w = arg;
	uint8_t out[512];

	w->sgsn.len = sizeof(w->sgsn.v6);
	ssize_t len = recvfrom(w->ggsn.fd, w->data, sizeof(w->data), 0, &w->sgsn.any, &w->sgsn.len);
	CU_ASSERT_FATAL(len > 0);
	w->len = (size_t)len;
	w->requests++;
	CU_ASSERT_EQUAL(gtpc_v1_parse(&w->request, w->data, w->len), 0);
	if (w->silent > 0 && w->silent--)
		return;
	int n = write_response(w, out, sizeof(out));
	CU_ASSERT_FATAL(n > 0);
	int fd = w->habit == WRONG_HOST ? w->other_fd : w->ggsn.fd;
	CU_ASSERT_EQUAL(sendto(fd, out, (size_t)n, 0, &w->sgsn.any, w->sgsn.len), n);
}

static void setup(struct world *w)
{
	struct endpoint sgsn = loopback_endpoint(SGSN_HOST, GTPC_PORT);
	struct endpoint ggsn = loopback_endpoint(GGSN_HOST, GTPC_PORT);
	struct endpoint other = loopback_endpoint(OTHER_HOST, GTPC_PORT);
	struct pdp_config config = {.numbers = &e2m_default_numbers,
				    .msisdn = "491700000001",
				    .apn = "internet",
				    .nsapi = 5,
				    .ggsn = ggsn,
				    .local = sgsn,
				    .changed = changed,
				    .arg = w};

	*w = (struct world){.loop = loop_new(), .tunnel = {.teid = 0xAABBCCDD}};
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->loop);
	e2m_imsi_parse(&config.imsi, "262010000000001", 15);
	w->give_up = (struct loop_timer){.expired = give_up, .arg = w};
	w->ggsn = (struct loop_source){.fd = endpoint_bind(&ggsn), .ready = ggsn_ready, .arg = w};
	w->other_fd = endpoint_bind(&other);
	CU_ASSERT_FATAL(w->ggsn.fd >= 0 && w->other_fd >= 0);
	CU_ASSERT_EQUAL_FATAL(loop_add(w->loop, &w->ggsn), 0);
	CU_ASSERT_EQUAL_FATAL(control_path_open(&w->path, w->loop, &sgsn, T3_MS, N3, &w->counters),
			      0);
	CU_ASSERT_EQUAL_FATAL(pdp_init(&w->pdp, &config, &w->path, &w->tunnel), 0);
}

static void teardown(struct world *w)
{
	pdp_stop(&w->pdp);
	control_path_close(&w->path);
	loop_remove(w->loop, &w->ggsn);
	close(w->ggsn.fd);
	close(w->other_fd);
	loop_free(w->loop);
}

/* Until the context tells something. */
static enum pdp_event wait_for_event(struct world *w)
{
	loop_start_timer(w->loop, &w->give_up, 5000);
	CU_ASSERT_EQUAL_FATAL(loop_run(w->loop), 0);
	loop_stop_timer(w->loop, &w->give_up);
	return w->event;
}

/* The path has had its turn with what was sent to it before. */
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

static void create(struct world *w)
{
	struct pco_e2m pco = make_pco(1);

	CU_ASSERT_EQUAL_FATAL(pdp_create(&w->pdp, &pco), 0);
	CU_ASSERT_EQUAL_FATAL(wait_for_event(w), PDP_CREATED);
}

static void assert_pco(const struct world *w, uint8_t key_id)
{
	struct pco_e2m found, expected = make_pco(key_id);

	CU_ASSERT_EQUAL(pco_find_e2m(&found, &e2m_default_numbers, NULL, w->request.pco.data,
				     w->request.pco.len),
			1);
	CU_ASSERT_EQUAL(found.key_id, key_id);
	CU_ASSERT_EQUAL(memcmp(&found.id, &expected.id, sizeof(found.id)), 0);
}

static void create_carries_who_and_what(void)
{
	struct world w;

	setup(&w);
	create(&w);
	CU_ASSERT_EQUAL(w.request.type, GTPC_V1_CREATE_PDP_REQUEST);
	CU_ASSERT_STRING_EQUAL(w.request.imsi.digits, "262010000000001");
	CU_ASSERT_EQUAL(w.request.nsapi, 5);
	CU_ASSERT_EQUAL(w.request.teid_data, 0xAABBCCDD);
	CU_ASSERT_EQUAL(w.request.teid_control, w.pdp.at->end.teid);
	CU_ASSERT_NOT_EQUAL(w.request.teid_control, 0);
	CU_ASSERT_EQUAL(w.request.apn.len, 9);
	assert_pco(&w, 1);
	teardown(&w);
}

static void an_accepted_create_tells_where_the_tunnel_ends(void)
{
	struct endpoint ggsn = loopback_endpoint(GGSN_HOST, GTPU_PORT);
	struct world w;

	setup(&w);
	create(&w);
	CU_ASSERT_EQUAL(w.tunnel.peer_teid, 0x11223344);
	CU_ASSERT_TRUE(endpoint_is_same_host(&w.tunnel.peer, &ggsn));
	CU_ASSERT_EQUAL(endpoint_port(&w.tunnel.peer), GTPU_PORT);
	CU_ASSERT_EQUAL(memcmp(&w.pdp.address, (uint8_t[]){10, 2, 0, 7}, 4), 0);
	CU_ASSERT_EQUAL(w.counters.gtpc_requests, 1);
	CU_ASSERT_EQUAL(w.counters.gtpc_responses, 1);
	teardown(&w);
}

static void a_static_address_is_in_the_request(void)
{
	struct pdp_address asked;
	struct world w;

	setup(&w);
	memcpy(&w.pdp.config.address, (uint8_t[]){10, 2, 0, 77}, 4);
	create(&w);
	asked = gtpc_v1_end_user(&w.request.end_user_address).address;
	CU_ASSERT_EQUAL(asked.ipv4_state, PDP_BOUND);
	CU_ASSERT_EQUAL(memcmp(asked.ipv4, (uint8_t[]){10, 2, 0, 77}, 4), 0);
	CU_ASSERT_EQUAL(memcmp(&w.pdp.address, (uint8_t[]){10, 2, 0, 7}, 4), 0);
	teardown(&w);
}

static void a_static_address_serves_where_the_answer_has_none(void)
{
	struct world w;

	setup(&w);
	memcpy(&w.pdp.config.address, (uint8_t[]){10, 2, 0, 77}, 4);
	w.gives_no_address = true;
	create(&w);
	CU_ASSERT_EQUAL(memcmp(&w.pdp.address, (uint8_t[]){10, 2, 0, 77}, 4), 0);
	teardown(&w);
}

static void an_acceptance_without_any_address_is_none(void)
{
	struct pco_e2m pco = make_pco(1);
	struct world w;

	setup(&w);
	w.gives_no_address = true;
	CU_ASSERT_EQUAL_FATAL(pdp_create(&w.pdp, &pco), 0);
	CU_ASSERT_EQUAL(wait_for_event(&w), PDP_REFUSED);
	CU_ASSERT_EQUAL(w.cause, 0);
	teardown(&w);
}

static void a_request_is_sent_again_unchanged(void)
{
	struct world w;

	setup(&w);
	w.silent = N3 - 1;
	create(&w);
	CU_ASSERT_EQUAL(w.requests, N3);
	CU_ASSERT_EQUAL(w.len, w.pdp.request.len);
	CU_ASSERT_EQUAL(memcmp(w.data, w.pdp.request.message, w.len), 0);
	CU_ASSERT_EQUAL(w.counters.gtpc_retransmissions, N3 - 1);
	teardown(&w);
}

/* Create fails with that event and cause, after so many requests. */
static void assert_create_fails(enum habit habit, int silent, enum pdp_event event, uint8_t cause,
				int requests)
{
	struct pco_e2m pco = make_pco(1);
	struct world w;

	setup(&w);
	w.habit = habit;
	w.silent = silent;
	w.refusal = cause;
	CU_ASSERT_EQUAL_FATAL(pdp_create(&w.pdp, &pco), 0);
	CU_ASSERT_EQUAL(wait_for_event(&w), event);
	CU_ASSERT_EQUAL(w.cause, cause);
	CU_ASSERT_EQUAL(w.requests, requests);
	CU_ASSERT_EQUAL(w.pdp.state, PDP_NONE);
	teardown(&w);
}

static void after_n3_tries_there_is_no_answer(void)
{
	assert_create_fails(SAY_NOTHING, 100, PDP_NO_ANSWER, 0, N3);
}

static void a_refusal_has_its_cause(void)
{
	assert_create_fails(REFUSE, 0, PDP_REFUSED, 199, 1);
}

static void an_acceptance_without_teids_is_none(void)
{
	assert_create_fails(ACCEPT_BARELY, 0, PDP_REFUSED, 0, 1);
}

static void a_response_to_another_request_is_passed_over(void)
{
	assert_create_fails(WRONG_SEQUENCE, 0, PDP_NO_ANSWER, 0, N3);
}

static void a_response_from_another_host_is_passed_over(void)
{
	assert_create_fails(WRONG_HOST, 0, PDP_NO_ANSWER, 0, N3);
}

static void an_apn_that_cannot_be_written_is_said_at_once(void)
{
	struct pco_e2m pco = make_pco(1);
	struct world w;

	setup(&w);
	w.pdp.config.apn = "a..b";
	CU_ASSERT_EQUAL(pdp_create(&w.pdp, &pco), -EINVAL);
	CU_ASSERT_EQUAL(w.counters.gtpc_requests, 0);
	teardown(&w);
}

static void update_carries_the_next_key_id(void)
{
	struct pco_e2m pco = make_pco(2);
	struct world w;

	setup(&w);
	create(&w);
	CU_ASSERT_EQUAL(pdp_update(&w.pdp, &pco), 0);
	CU_ASSERT_EQUAL(wait_for_event(&w), PDP_UPDATED);
	CU_ASSERT_EQUAL(w.request.type, GTPC_V1_UPDATE_PDP_REQUEST);
	CU_ASSERT_EQUAL(w.request.teid, 0x55667788);
	assert_pco(&w, 2);
	teardown(&w);
}

static void a_refused_update_leaves_the_context(void)
{
	struct pco_e2m pco = make_pco(2);
	struct world w;

	setup(&w);
	create(&w);
	w.habit = REFUSE;
	w.refusal = 204;
	CU_ASSERT_EQUAL(pdp_update(&w.pdp, &pco), 0);
	CU_ASSERT_EQUAL(wait_for_event(&w), PDP_REFUSED);
	CU_ASSERT_EQUAL(w.pdp.state, PDP_ACTIVE);
	w.refusal = GTPC_V1_CAUSE_NON_EXISTENT;
	CU_ASSERT_EQUAL(pdp_update(&w.pdp, &pco), 0);
	CU_ASSERT_EQUAL(wait_for_event(&w), PDP_GONE);
	teardown(&w);
}

/* --- another SGSN --- */

static struct control_path other_path;
static struct user_tunnel other_tunnel;

static void setup_to_move(struct world *w)
{
	const struct endpoint other = loopback_endpoint(OTHER_SGSN_HOST, GTPC_PORT);

	setup(w);
	other_tunnel = (struct user_tunnel){.teid = 0xDDCCBBAA};
	CU_ASSERT_EQUAL_FATAL(
		control_path_open(&other_path, w->loop, &other, T3_MS, N3, &w->counters), 0);
	CU_ASSERT_EQUAL_FATAL(pdp_add_place(&w->pdp, &other, &other_path, &other_tunnel), 0);
	create(w);
}

static void teardown_moved(struct world *w)
{
	pdp_stop(&w->pdp);
	control_path_close(&other_path);
	teardown(w);
}

static void a_move_is_asked_for_by_the_other_sgsn(void)
{
	const struct endpoint other = loopback_endpoint(OTHER_SGSN_HOST, GTPC_PORT);
	const struct gtp_address other_gsn = endpoint_gsn_address(&other);
	struct world w;

	setup_to_move(&w);
	CU_ASSERT_EQUAL_FATAL(pdp_move(&w.pdp), 0);
	CU_ASSERT_EQUAL(wait_for_event(&w), PDP_MOVED);
	CU_ASSERT_TRUE(endpoint_is_same_host(&w.sgsn, &other));
	CU_ASSERT_EQUAL(w.request.type, GTPC_V1_UPDATE_PDP_REQUEST);
	CU_ASSERT_EQUAL(w.request.teid, 0x55667788);
	CU_ASSERT_EQUAL(w.request.teid_data, other_tunnel.teid);
	CU_ASSERT_EQUAL(w.request.teid_control, w.pdp.at->end.teid);
	CU_ASSERT_EQUAL(memcmp(&w.request.gsn_user, &other_gsn, sizeof(other_gsn)), 0);
	CU_ASSERT_PTR_NULL(w.request.pco.data);
	CU_ASSERT_PTR_EQUAL(w.pdp.at->path, &other_path);
	CU_ASSERT_EQUAL(other_tunnel.peer_teid, 0x11223344);
	/* And back. */
	CU_ASSERT_EQUAL_FATAL(pdp_move(&w.pdp), 0);
	CU_ASSERT_EQUAL(wait_for_event(&w), PDP_MOVED);
	CU_ASSERT_EQUAL(w.request.teid_data, w.tunnel.teid);
	CU_ASSERT_PTR_EQUAL(w.pdp.at->path, &w.path);
	teardown_moved(&w);
}

static void a_refused_move_leaves_the_context_where_it_is(void)
{
	struct world w;

	setup_to_move(&w);
	w.habit = REFUSE;
	w.refusal = 204;
	CU_ASSERT_EQUAL_FATAL(pdp_move(&w.pdp), 0);
	CU_ASSERT_EQUAL(wait_for_event(&w), PDP_REFUSED);
	CU_ASSERT_PTR_EQUAL(w.pdp.at->path, &w.path);
	CU_ASSERT_EQUAL(w.pdp.state, PDP_ACTIVE);
	teardown_moved(&w);
}

static void without_another_sgsn_there_is_no_move(void)
{
	struct world w;

	setup(&w);
	create(&w);
	CU_ASSERT_EQUAL(pdp_move(&w.pdp), -ENOENT);
	CU_ASSERT_EQUAL(w.requests, 1);
	teardown(&w);
}

static void delete_ends_the_context(void)
{
	struct world w;

	setup(&w);
	create(&w);
	CU_ASSERT_EQUAL(pdp_delete(&w.pdp), 0);
	CU_ASSERT_EQUAL(wait_for_event(&w), PDP_DELETED);
	CU_ASSERT_EQUAL(w.request.type, GTPC_V1_DELETE_PDP_REQUEST);
	CU_ASSERT_EQUAL(w.request.teid, 0x55667788);
	CU_ASSERT_TRUE(w.request.teardown);
	CU_ASSERT_EQUAL(w.pdp.state, PDP_NONE);
	teardown(&w);
}

/* --- what the GGSN begins --- */

/* The path's answer to message; false: there is none. */
static bool ask_path(struct world *w, const uint8_t *message, size_t len)
{
	struct endpoint sgsn = loopback_endpoint(SGSN_HOST, GTPC_PORT);

	loop_remove(w->loop, &w->ggsn);
	CU_ASSERT_EQUAL(sendto(w->ggsn.fd, message, len, 0, &sgsn.any, sgsn.len), (ssize_t)len);
	run_for(w, 50);
	ssize_t n = recv(w->ggsn.fd, w->data, sizeof(w->data), MSG_DONTWAIT);
	CU_ASSERT_EQUAL(loop_add(w->loop, &w->ggsn), 0);
	return n > 0 && !gtpc_v1_parse(&w->request, w->data, (size_t)n);
}

static void echo_is_answered_with_the_restart_counter(void)
{
	uint8_t message[32];
	struct world w;

	setup(&w);
	int len = gtpc_v1_write_echo(message, sizeof(message), GTPC_V1_ECHO_REQUEST, 777, 0);
	CU_ASSERT_TRUE(ask_path(&w, message, (size_t)len));
	CU_ASSERT_EQUAL(w.request.type, GTPC_V1_ECHO_RESPONSE);
	CU_ASSERT_EQUAL(w.request.sequence, 777);
	CU_ASSERT_EQUAL(w.request.recovery, w.path.recovery);
	CU_ASSERT_EQUAL(w.counters.gtpc_echo, 1);
	teardown(&w);
}

static void the_ggsn_may_delete_the_context(void)
{
	uint8_t message[64];
	struct world w;

	setup(&w);
	create(&w);
	int len = gtpc_v1_write_delete_request(message, sizeof(message), 9, w.pdp.at->end.teid, 5,
					       true);
	CU_ASSERT_TRUE(ask_path(&w, message, (size_t)len));
	CU_ASSERT_EQUAL(w.request.type, GTPC_V1_DELETE_PDP_RESPONSE);
	CU_ASSERT_EQUAL(w.request.sequence, 9);
	CU_ASSERT_EQUAL(w.request.teid, 0x55667788);
	CU_ASSERT_EQUAL(w.request.cause, GTPC_V1_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(w.event, PDP_GONE);
	CU_ASSERT_TRUE(ask_path(&w, message, (size_t)len)); /* sent again, answered alike */
	CU_ASSERT_EQUAL(w.request.cause, GTPC_V1_CAUSE_ACCEPTED);
	message[9]++; /* and asked for once more */
	CU_ASSERT_TRUE(ask_path(&w, message, (size_t)len));
	CU_ASSERT_EQUAL(w.request.cause, GTPC_V1_CAUSE_NON_EXISTENT);
	CU_ASSERT_EQUAL(w.told, 2);
	teardown(&w);
}

static void an_unknown_context_is_said_to_be_unknown(void)
{
	uint8_t message[64];
	struct world w;

	setup(&w);
	int len = gtpc_v1_write_delete_request(message, sizeof(message), 9, 0x01020304, 5, true);
	CU_ASSERT_TRUE(ask_path(&w, message, (size_t)len));
	CU_ASSERT_EQUAL(w.request.cause, GTPC_V1_CAUSE_NON_EXISTENT);
	CU_ASSERT_EQUAL(w.counters.gtpc_unexpected, 1);
	CU_ASSERT_EQUAL(w.told, 0);
	teardown(&w);
}

static void bytes_that_are_no_gtp_are_counted(void)
{
	struct world w;

	setup(&w);
	CU_ASSERT_FALSE(ask_path(&w, (const uint8_t *)"no GTP", 6));
	CU_ASSERT_EQUAL(w.counters.gtpc_unparsed, 1);
	teardown(&w);
}

UNIT_MAIN("ue_pdp", {"Create carries who and what", create_carries_who_and_what},
	  {"an accepted Create tells where the tunnel ends",
	   an_accepted_create_tells_where_the_tunnel_ends},
	  {"a static address is in the request", a_static_address_is_in_the_request},
	  {"a static address serves where the answer has none",
	   a_static_address_serves_where_the_answer_has_none},
	  {"an acceptance without any address is none", an_acceptance_without_any_address_is_none},
	  {"a request is sent again unchanged", a_request_is_sent_again_unchanged},
	  {"after N3 tries there is no answer", after_n3_tries_there_is_no_answer},
	  {"a refusal has its cause", a_refusal_has_its_cause},
	  {"an acceptance without TEIDs is none", an_acceptance_without_teids_is_none},
	  {"a response to another request is passed over",
	   a_response_to_another_request_is_passed_over},
	  {"a response from another host is passed over",
	   a_response_from_another_host_is_passed_over},
	  {"an APN that cannot be written is said at once",
	   an_apn_that_cannot_be_written_is_said_at_once},
	  {"Update carries the next Key ID", update_carries_the_next_key_id},
	  {"a refused Update leaves the context", a_refused_update_leaves_the_context},
	  {"a move is asked for by the other SGSN", a_move_is_asked_for_by_the_other_sgsn},
	  {"a refused move leaves the context where it is",
	   a_refused_move_leaves_the_context_where_it_is},
	  {"without another SGSN there is no move", without_another_sgsn_there_is_no_move},
	  {"Delete ends the context", delete_ends_the_context},
	  {"echo is answered with the restart counter", echo_is_answered_with_the_restart_counter},
	  {"the GGSN may delete the context", the_ggsn_may_delete_the_context},
	  {"an unknown context is said to be unknown", an_unknown_context_is_said_to_be_unknown},
	  {"bytes that are no GTP are counted", bytes_that_are_no_gtp_are_counted})
