/* SPDX-License-Identifier: BSD-3-Clause */
#include "session_lab.h"

#include "datapath/datapath.h"
#include "datapath/owner.h"

struct lab lab;

static struct npdu_engine *engine;

/* --- which keyset a key was made of --- */

#define PROOF_LEN 20 /* ciphertext and MAC of 16 zeros */

static void prove(const struct npdu_key *key, uint8_t proof[PROOF_LEN])
{
	uint8_t room[NPDU_HEADROOM + NPDU_HEADER_MAX + PROOF_LEN + NPDU_MAC_MAX] = {0};
	struct npdu_op op = {.key = key, .pdu = room + NPDU_HEADROOM, .npdu_len = 16};

	npdu_write_header(op.pdu, 0, 1, 0);
	npdu_protect(engine, &op, 1);
	CU_ASSERT_TRUE(op.ok);
	memcpy(proof, op.pdu + 1, PROOF_LEN);
}

struct e2m_imsi lab_imsi(unsigned subscriber)
{
	struct e2m_imsi imsi = {0};

	snprintf(imsi.digits, sizeof(imsi.digits), "26201%010u", subscriber);
	return imsi;
}

struct e2m_keyset lab_keyset(const struct e2m_imsi *imsi, unsigned keyset)
{
	struct e2m_keyset made;

	memset(made.e2mck, (int)keyset, sizeof(made.e2mck));
	memcpy(made.e2mik, imsi->digits, sizeof(made.e2mik));
	return made;
}

static unsigned number_of_key(const struct npdu_key *key, unsigned subscriber)
{
	static uint8_t all[NPDU_COUNTER_OCTETS_MAX + 1][LAB_SUBSCRIBERS][LAB_KEYSETS + 1]
			  [PROOF_LEN];
	static bool made[NPDU_COUNTER_OCTETS_MAX + 1][LAB_SUBSCRIBERS];
	const uint8_t n = lab.config.counter_octets;
	const struct npdu_profile profile = {.eea = E2M_EEA2, .eia = E2M_EIA2, .counter_octets = n};
	uint8_t(*proofs)[PROOF_LEN] = all[n][subscriber];
	const struct e2m_imsi imsi = lab_imsi(subscriber);
	uint8_t proof[PROOF_LEN];

	for (unsigned i = 1; !made[n][subscriber] && i <= LAB_KEYSETS; i++) {
		const struct e2m_keyset keyset = lab_keyset(&imsi, i);
		struct npdu_key *own = npdu_key_new(&e2m_default_numbers, &keyset, &profile);

		prove(own, proofs[i]);
		npdu_key_free(own);
	}
	made[n][subscriber] = true;
	prove(key, proof);
	for (unsigned i = 1; i <= LAB_KEYSETS; i++)
		if (memcmp(proof, proofs[i], PROOF_LEN) == 0)
			return i;
	CU_FAIL("a key that no keyset gives");
	return 0;
}

/* --- the key source --- */

struct keysource {
	unsigned number;
};

void keysource_why(const struct keysource *source, char *text, size_t size)
{
	(void)source;
	snprintf(text, size, "nobody is there");
}

int keysource_ask(struct keysource *source, const struct keysource_request *request,
		  uint32_t timeout_ms, uint64_t cookie)
{
	(void)timeout_ms;
	if (lab.source_refuses)
		return lab.source_refuses;
	CU_ASSERT_TRUE_FATAL(lab.asked < LAB_QUESTIONS);
	lab.questions[lab.asked++] = (struct lab_question){
		.request = *request, .source = source->number, .cookie = cookie};
	return 0;
}

struct keysource_file {
	char unused;
};

const struct keysource_file *keysource_file(const struct keysource *source)
{
	static const struct keysource_file file = {0};

	(void)source;
	return &file;
}

bool keysource_file_keyset(const struct keysource_file *file, size_t i, struct e2m_imsi *imsi,
			   struct e2m_keyset *keyset)
{
	(void)file;
	if (i >= LAB_SUBSCRIBERS * LAB_KEYSETS)
		return false;
	*imsi = lab_imsi((unsigned)(i / LAB_KEYSETS));
	*keyset = lab_keyset(imsi, (unsigned)(1 + i % LAB_KEYSETS));
	return true;
}

const char *keysource_outcome_name(enum keysource_outcome outcome)
{
	return outcome == KEYSOURCE_FOUND ? "found" : "not found";
}

static struct e2m_keyset_id name_of(enum e2m_keyset_id_type type, unsigned keyset)
{
	uint8_t value[E2M_RAND_LEN];

	memset(value, (int)keyset, sizeof(value));
	return e2m_keyset_id_make(type, value);
}

struct e2m_keyset_id lab_sqn(unsigned keyset)
{
	return name_of(E2M_ID_SQN, keyset);
}

struct e2m_keyset_id lab_rand(unsigned keyset)
{
	return name_of(E2M_ID_RAND, keyset);
}

void lab_answer(size_t question, enum keysource_outcome outcome)
{
	struct lab_question *q = &lab.questions[question];
	struct keysource_answer answer = lab.next;

	CU_ASSERT_TRUE_FATAL(question < lab.asked);
	answer.cookie = q->cookie;
	answer.outcome = outcome;
	if (outcome == KEYSOURCE_FOUND)
		answer.keyset =
			lab_keyset(&q->request.imsi,
				   lab.answers_with ? lab.answers_with : q->request.id.value[0]);
	q->answered = true;
	pull_take_answer(session_pulls(lab.store), &answer);
	pull_send_waiting(session_pulls(lab.store));
}

void lab_answer_all(void)
{
	for (size_t i = 0; i < lab.asked; i++)
		if (!lab.questions[i].answered)
			lab_answer(i, KEYSOURCE_FOUND);
}

/* --- what the store asks of its caller --- */

static void on_command(void *arg, unsigned number, const struct datapath_command *command)
{
	struct lab_worker *w = &lab.workers[number];

	CU_ASSERT_PTR_EQUAL(arg, &lab);
	CU_ASSERT_TRUE_FATAL(number < lab.config.workers);
	w->commands = realloc(w->commands, (w->commands_count + 1) * sizeof(*command));
	w->commands[w->commands_count++] = *command;
	lab.commands++;
}

static void on_view(void *arg, unsigned worker, uint32_t number, struct datapath_flow_view *view)
{
	const struct lab_flow *flow = &lab.workers[worker].flows[number];

	CU_ASSERT_PTR_EQUAL(arg, &lab);
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		view->count[slot] = flow->places[slot].count;
}

static void on_log(void *arg, enum session_log_level level, const char *line)
{
	CU_ASSERT_PTR_EQUAL(arg, &lab);
	if (level == SESSION_LOG_INFO) {
		memcpy(lab.info_before, lab.last_info, sizeof(lab.info_before));
		snprintf(lab.last_info, sizeof(lab.last_info), "%s", line);
	}
	if (level > SESSION_LOG_WARNING)
		return;
	lab.warnings++;
	snprintf(lab.last_warning, sizeof(lab.last_warning), "%s", line);
}

static void on_notified(void *arg, uint64_t number, enum session_outcome outcome)
{
	CU_ASSERT_PTR_EQUAL(arg, &lab);
	CU_ASSERT_TRUE_FATAL(number < lab.notifications);
	CU_ASSERT_FALSE(lab.answered[number]);
	lab.answered[number] = true;
	lab.outcomes[number] = outcome;
}

/* --- start, stop, time --- */

void lab_defaults(void)
{
	memset(&lab, 0, sizeof(lab));
	lab.config = (struct session_config){
		.numbers = e2m_default_numbers,
		.max = 16,
		.unprotected_max = 64,
		.workers = 2,
		.counter_octets = 1,
		.replay_window = 64,
		.gcm_tag_octets = 8,
		.changeover_s = 10,
		.negative_cache_s = 10,
		.pull = {.timeout_ms = 2000,
			 .retry_min_ms = 200,
			 .retry_max_ms = 5000,
			 .in_flight_max = 64},
	};
	lab.now = 100000;
	lab.next = (struct keysource_answer){.ciphering = E2M_EEA2, .integrity = E2M_EIA2};
}

void lab_begin_process(void)
{
	static struct keysource first, second = {.number = 1};
	const struct session_ops ops = {.command = on_command,
					.view_flow = on_view,
					.log = on_log,
					.notified = on_notified,
					.arg = &lab};

	lab.flows_per_worker = session_flows_per_worker(&lab.config);
	for (unsigned w = 0; w < lab.config.workers; w++)
		lab.workers[w].flows = calloc(lab.flows_per_worker, sizeof(struct lab_flow));
	lab.store = session_store_new(&lab.config, &ops, lab.now);
	CU_ASSERT_PTR_NOT_NULL_FATAL(lab.store);
	session_add_source(lab.store, &(struct session_source){.keysource = &first,
							       .name = "lab",
							       .memory = lab.memory,
							       .short_s = 300});
	if (lab.second)
		session_add_source(lab.store, &(struct session_source){.keysource = &second,
								       .name = lab.second});
}

void lab_end_process(void)
{
	session_store_free(lab.store);
	for (unsigned w = 0; w < lab.config.workers; w++) {
		free(lab.workers[w].flows);
		free(lab.workers[w].commands);
		free(lab.workers[w].events);
		lab.workers[w] = (struct lab_worker){0};
	}
}

void lab_open(void)
{
	engine = npdu_engine_new(8);
	CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
	lab_begin_process();
}

void lab_stop(void)
{
	lab_settle();
	if (lab.config.is_durable)
		lab_save(); /* messages wait for it */
	for (uint64_t i = 0; i < lab.messages; i++)
		CU_ASSERT_EQUAL(lab.left[i] + lab.discarded[i], 1);
	for (uint64_t i = 0; i < lab.notifications; i++)
		CU_ASSERT_TRUE(lab.answered[i]);
	lab_end_process();
	state_batch_free(lab.disk.batch);
	npdu_engine_free(engine);
}

void lab_pass(uint64_t ms)
{
	for (uint64_t end = lab.now + ms; lab.now < end;) {
		lab.now += end - lab.now < 8 ? end - lab.now : 8;
		session_advance(lab.store, lab.now);
	}
}

/* --- workers --- */

static void post(unsigned worker, const struct datapath_event *event)
{
	struct lab_worker *w = &lab.workers[worker];

	w->events = realloc(w->events, (w->events_count + 1) * sizeof(*event));
	w->events[w->events_count++] = *event;
}

static unsigned worker_of(const struct lab_flow *flow)
{
	unsigned w = 0;

	while (flow < lab.workers[w].flows || flow >= lab.workers[w].flows + lab.flows_per_worker)
		w++;
	return w;
}

unsigned lab_subscriber(const struct lab_flow *flow)
{
	const struct session *s = table_session(lab.store, flow->session);

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	return (unsigned)strtoul(directory_imsi(s).digits + 5, NULL, 10);
}

static uint32_t *used_by(const struct lab_flow *flow, unsigned slot)
{
	return &lab.used[lab_subscriber(flow)][flow->places[slot].keyset][flow->bearer]
			[flow->direction];
}

static void check_new_tunnel(const struct lab_worker *w, const struct datapath_command *c)
{
	CU_ASSERT_EQUAL(w->flows[c->flow].state, LAB_FREE);
	CU_ASSERT_EQUAL(tunnel_owner(c->add.tunnel.teid, lab.config.workers),
			(unsigned)(w - lab.workers));
	for (uint32_t i = 0; i < lab.flows_per_worker; i++)
		CU_ASSERT_FALSE(w->flows[i].state != LAB_FREE &&
				tunnel_is_equal(&w->flows[i].tunnel, &c->add.tunnel));
}

static void expect_flow(struct lab_worker *w, const struct datapath_command *c)
{
	check_new_tunnel(w, c);
	w->flows[c->flow] = (struct lab_flow){
		.state = LAB_EXPECTED, .tunnel = c->add.tunnel, .direction = c->add.direction};
}

static void add_flow(struct lab_worker *w, const struct datapath_command *c)
{
	struct lab_flow *flow = &w->flows[c->flow];

	if (flow->state != LAB_FREE) {
		CU_ASSERT_TRUE(flow->state == LAB_EXPECTED || flow->state == LAB_ALIAS);
		CU_ASSERT_TRUE(tunnel_is_equal(&flow->tunnel, &c->add.tunnel));
	} else {
		check_new_tunnel(w, c);
	}
	*flow = (struct lab_flow){.state = LAB_LIVE,
				  .tunnel = c->add.tunnel,
				  .session = c->add.session,
				  .direction = c->add.direction,
				  .bearer = c->add.bearer,
				  .treatment = c->add.treatment};
}

static struct lab_flow *find_in(struct lab_worker *w, const struct tunnel *tunnel, unsigned state)
{
	for (uint32_t i = 0; i < lab.flows_per_worker; i++)
		if (w->flows[i].state == state && tunnel_is_equal(&w->flows[i].tunnel, tunnel))
			return &w->flows[i];
	return NULL;
}

/* A command that the worker has not executed yet ends the alias. */
static bool is_over(const struct lab_worker *w, uint32_t number)
{
	for (size_t i = 0; i < w->commands_count; i++)
		if (w->commands[i].flow == number && (w->commands[i].kind == DATAPATH_STOP_FLOW ||
						      w->commands[i].kind == DATAPATH_REMOVE_FLOW))
			return true;
	return false;
}

/* An alias is one of a live flow. Where that is another worker's, that worker knows the alias already. */
static void check_target(const struct lab_worker *w, const struct datapath_command *c)
{
	struct lab_worker *other = &lab.workers[c->alias.worker];

	if (other != w) {
		CU_ASSERT_TRUE(find_in(other, &c->alias.tunnel, LAB_ALIAS) || is_over(w, c->flow));
	} else {
		CU_ASSERT_EQUAL(w->flows[c->alias.target].state, LAB_LIVE);
		CU_ASSERT_EQUAL(w->flows[c->alias.target].direction, c->alias.direction);
	}
}

/* Packets of an alias would become those of another session. */
static void check_no_alias(const struct lab_worker *w, uint32_t number)
{
	for (uint32_t i = 0; i < lab.flows_per_worker; i++)
		CU_ASSERT_FALSE(w->flows[i].state == LAB_ALIAS &&
				w->flows[i].target_worker == w - lab.workers &&
				w->flows[i].target == number);
}

static void alias_flow(struct lab_worker *w, const struct datapath_command *c)
{
	struct lab_flow *flow = &w->flows[c->flow];

	if (flow->state == LAB_FREE) {
		for (uint32_t i = 0; i < lab.flows_per_worker; i++)
			CU_ASSERT_FALSE(w->flows[i].state != LAB_FREE &&
					tunnel_is_equal(&w->flows[i].tunnel, &c->alias.tunnel));
	} else {
		CU_ASSERT_NOT_EQUAL(flow->state, LAB_LIVE);
		CU_ASSERT_TRUE(tunnel_is_equal(&flow->tunnel, &c->alias.tunnel));
	}
	check_target(w, c);
	*flow = (struct lab_flow){.state = LAB_ALIAS,
				  .tunnel = c->alias.tunnel,
				  .direction = c->alias.direction,
				  .target_worker = c->alias.worker,
				  .target = c->alias.target};
}

static void set_keyset(struct lab_flow *flow, const struct datapath_command *c,
		       struct datapath_event *event)
{
	struct lab_place *place = &flow->places[c->slot];

	CU_ASSERT_EQUAL(flow->state, LAB_LIVE);
	CU_ASSERT_EQUAL(c->key_state == DATAPATH_KEY_READY, c->keyset.key != NULL);
	event->count[c->slot] = place->count;
	place->state = c->key_state;
	place->key = c->keyset.key;
	place->key_id = c->keyset.key_id;
	place->ceiling = c->keyset.ceiling;
	place->keyset = place->key ? number_of_key(place->key, lab_subscriber(flow)) : 0;
	if (!c->keyset.keep_count)
		place->count = c->keyset.count;
	if (place->key)
		CU_ASSERT_TRUE(place->count >= *used_by(flow, c->slot));
}

static void stop_flow(struct lab_flow *flow, bool hold, struct datapath_event *event)
{
	CU_ASSERT_TRUE(flow->state == LAB_LIVE || flow->state == LAB_ALIAS ||
		       flow->state == LAB_EXPECTED);
	flow->state = hold ? LAB_EXPECTED : LAB_STOPPED;
	flow->is_watched = false;
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++) {
		event->count[slot] = flow->places[slot].count;
		flow->places[slot].state = DATAPATH_KEY_NONE;
		flow->places[slot].key = NULL;
	}
}

/* A worker may read its keys at any time. */
static void read_keys(const struct lab_worker *w)
{
	for (uint32_t i = 0; i < lab.flows_per_worker; i++)
		for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
			if (w->flows[i].places[slot].key)
				CU_ASSERT_EQUAL(npdu_key_mac_len(w->flows[i].places[slot].key), 4);
}

static void answer_gtpc(uint8_t *fates, uint64_t number)
{
	CU_ASSERT_TRUE_FATAL(number < lab.messages);
	fates[number]++;
}

static void execute(struct lab_worker *w, const struct datapath_command *c,
		    struct datapath_event *event)
{
	struct lab_flow *flow = &w->flows[c->flow];

	CU_ASSERT_TRUE_FATAL(c->flow < lab.flows_per_worker);
	event->side = flow->direction;
	event->session = flow->session;
	switch ((enum datapath_command_kind)c->kind) {
	case DATAPATH_EXPECT_FLOW:
		expect_flow(w, c);
		break;
	case DATAPATH_ADD_FLOW:
		add_flow(w, c);
		break;
	case DATAPATH_SET_KEYSET:
		set_keyset(flow, c, event);
		break;
	case DATAPATH_RAISE_CEILING:
		CU_ASSERT_EQUAL(flow->state, LAB_LIVE);
		flow->places[c->slot].ceiling = c->ceiling;
		break;
	case DATAPATH_USE_KEYSET:
		CU_ASSERT_EQUAL(flow->state, LAB_LIVE);
		flow->in_use = c->slot;
		break;
	case DATAPATH_BAR_FLOW:
		CU_ASSERT_EQUAL(flow->state, LAB_LIVE);
		if (flow->treatment == DATAPATH_LET_PASS)
			flow->treatment = DATAPATH_BAR;
		break;
	case DATAPATH_STOP_FLOW:
		check_no_alias(w, c->flow);
		stop_flow(flow, c->hold, event);
		break;
	case DATAPATH_ALIAS_FLOW:
		alias_flow(w, c);
		break;
	case DATAPATH_WATCH_FLOW:
		CU_ASSERT_TRUE(flow->state == LAB_LIVE || flow->state == LAB_ALIAS);
		flow->is_watched = true;
		break;
	case DATAPATH_REMOVE_FLOW:
		check_no_alias(w, c->flow);
		CU_ASSERT_TRUE(flow->state == LAB_STOPPED || flow->state == LAB_EXPECTED ||
			       flow->state == LAB_ALIAS || flow->treatment == DATAPATH_LET_PASS);
		flow->state = LAB_FREE;
		break;
	case DATAPATH_RELEASE_GTPC:
		answer_gtpc(lab.left, c->gtpc);
		break;
	case DATAPATH_DISCARD_GTPC:
		answer_gtpc(lab.discarded, c->gtpc);
		break;
	case DATAPATH_ALLOW_GTPC:
		break;
	case DATAPATH_SET_TRANSPARENT:
	case DATAPATH_SET_BYPASS:
	case DATAPATH_SET_LIMITS:
		CU_FAIL("sessions know of no bypass and no limits of workers");
		break;
	}
}

bool lab_execute(unsigned worker)
{
	struct lab_worker *w = &lab.workers[worker];
	struct datapath_command c;

	if (w->commands_count == 0)
		return false;
	read_keys(w);
	c = w->commands[0];
	memmove(w->commands, w->commands + 1, --w->commands_count * sizeof(c));

	struct datapath_event event = {.kind = DATAPATH_DONE,
				       .slot = c.slot,
				       .command_kind = c.kind,
				       .flow = c.flow,
				       .cookie = c.cookie};
	execute(w, &c, &event);
	if (c.acknowledge)
		post(worker, &event);
	return true;
}

bool lab_deliver(unsigned worker)
{
	struct lab_worker *w = &lab.workers[worker];
	struct datapath_event event;

	if (w->events_count == 0)
		return false;
	event = w->events[0];
	memmove(w->events, w->events + 1, --w->events_count * sizeof(event));
	session_take_event(lab.store, worker, &event);
	pull_send_waiting(session_pulls(lab.store));
	return true;
}

void lab_settle(void)
{
	for (bool busy = true; busy;) {
		busy = false;
		for (unsigned w = 0; w < lab.config.workers; w++)
			while (lab_execute(w) || lab_deliver(w))
				busy = true;
	}
}

static struct lab_flow *find_flow(const struct tunnel *tunnel, unsigned state)
{
	return find_in(&lab.workers[tunnel_owner(tunnel->teid, lab.config.workers)], tunnel, state);
}

struct lab_flow *lab_flow(const struct tunnel *tunnel)
{
	return find_flow(tunnel, LAB_LIVE);
}

struct lab_flow *lab_expected(const struct tunnel *tunnel)
{
	return find_flow(tunnel, LAB_EXPECTED);
}

struct lab_flow *lab_protects(const struct tunnel *tunnel)
{
	struct lab_flow *flow = find_flow(tunnel, LAB_ALIAS);

	if (!flow)
		return find_flow(tunnel, LAB_LIVE);
	if (flow->target_worker != worker_of(flow))
		flow = find_in(&lab.workers[flow->target_worker], tunnel, LAB_ALIAS);
	return flow ? &lab.workers[flow->target_worker].flows[flow->target] : NULL;
}

bool lab_waits(const struct tunnel *tunnel)
{
	const struct lab_flow *flow = find_flow(tunnel, LAB_ALIAS);
	const struct lab_worker *w = flow ? &lab.workers[worker_of(flow)] : NULL;

	for (size_t i = 0; w && i < w->commands_count; i++)
		if (w->commands[i].kind == DATAPATH_STOP_FLOW && w->commands[i].hold &&
		    w->commands[i].flow == flow - w->flows)
			return true;
	return find_flow(tunnel, LAB_EXPECTED) != NULL;
}

unsigned lab_expected_count(void)
{
	unsigned count = 0;

	for (unsigned w = 0; w < lab.config.workers; w++)
		for (uint32_t i = 0; i < lab.flows_per_worker; i++)
			count += lab.workers[w].flows[i].state == LAB_EXPECTED;
	return count;
}

static void post_of(const struct lab_flow *flow, unsigned slot, enum datapath_event_kind kind)
{
	const unsigned worker = worker_of(flow);
	const struct datapath_event event = {.kind = (uint8_t)kind,
					     .slot = (uint8_t)slot,
					     .flow = (uint32_t)(flow - lab.workers[worker].flows),
					     .session = flow->session};

	post(worker, &event);
}

void lab_miss(const struct lab_flow *flow, unsigned slot)
{
	post_of(flow, slot, DATAPATH_MISS);
}

bool lab_first_npdu(const struct tunnel *tunnel)
{
	const struct lab_flow *protects = lab_protects(tunnel);
	struct lab_flow *flow = find_flow(tunnel, LAB_ALIAS);

	CU_ASSERT_PTR_NOT_NULL_FATAL(protects);
	if (!flow)
		flow = find_flow(tunnel, LAB_LIVE);
	else if (flow->target_worker != worker_of(flow))
		flow = find_in(&lab.workers[flow->target_worker], tunnel, LAB_ALIAS);
	if (!flow->is_watched)
		return false;
	flow->is_watched = false;
	post(worker_of(flow),
	     &(struct datapath_event){.kind = DATAPATH_FIRST_NPDU,
				      .flow = (uint32_t)(flow - lab.workers[worker_of(flow)].flows),
				      .session = protects->session});
	return true;
}

void lab_recovered(const struct lab_flow *flow, unsigned slot, enum datapath_event_kind kind,
		   uint32_t counts)
{
	const unsigned worker = worker_of(flow);
	const struct datapath_event event = {.kind = (uint8_t)kind,
					     .slot = (uint8_t)slot,
					     .flow = (uint32_t)(flow - lab.workers[worker].flows),
					     .session = flow->session,
					     .cookie = counts};

	post(worker, &event);
}

static void low(const struct lab_flow *flow, unsigned slot, uint32_t needed,
		const struct npdu_key *key)
{
	const unsigned worker = worker_of(flow);
	struct datapath_event event = {.kind = DATAPATH_LOW,
				       .slot = (uint8_t)slot,
				       .flow = (uint32_t)(flow - lab.workers[worker].flows),
				       .session = flow->session,
				       .key = key,
				       .cookie = flow->places[slot].ceiling.ceiling};

	event.count[slot] = needed;
	event.used = flow->direction == E2M_UPLINK ? needed : flow->places[slot].count;
	post(worker, &event);
}

void lab_low(const struct lab_flow *flow, unsigned slot, uint32_t needed)
{
	low(flow, slot, needed, flow->places[slot].key);
}

void lab_low_of_another_keyset(const struct lab_flow *flow, unsigned slot, uint32_t needed)
{
	static const char another;

	low(flow, slot, needed, (const struct npdu_key *)(const void *)&another);
}

uint32_t lab_allowed(const struct lab_flow *flow, unsigned slot)
{
	const struct lab_place *place = &flow->places[slot];

	return place->ceiling.ceiling > place->count ? place->ceiling.ceiling - place->count : 0;
}

void lab_authenticated(const struct lab_flow *flow, unsigned slot)
{
	post_of(flow, slot, DATAPATH_AUTHENTICATED);
}

void lab_use(struct lab_flow *flow, unsigned slot, uint32_t packets)
{
	struct lab_place *place = &flow->places[slot];

	CU_ASSERT_EQUAL_FATAL(flow->state, LAB_LIVE);
	CU_ASSERT_EQUAL_FATAL(place->state, DATAPATH_KEY_READY);
	CU_ASSERT_TRUE(place->count >= *used_by(flow, slot));
	CU_ASSERT_TRUE(place->count + packets <= place->ceiling.ceiling);
	place->count += packets;
	*used_by(flow, slot) = place->count;
}

/* --- what people see --- */

void lab_make_ready(const struct lab_context *c)
{
	const struct tunnel up = lab_up(c);
	struct session_view view;
	struct lab_flow *flow;

	lab_settle();
	flow = lab_flow(&up);
	CU_ASSERT_PTR_NOT_NULL_FATAL(flow);
	CU_ASSERT_TRUE_FATAL(lab_view(c, &view));
	lab_miss(flow, view.slot);
	lab_settle();
	lab_answer_all();
	lab_settle();
}

bool lab_view(const struct lab_context *c, struct session_view *view)
{
	const struct e2m_imsi imsi = lab_imsi(c->subscriber);
	uint32_t next = 1;

	while (next && session_view_from(lab.store, NULL, next, view, 1, &next) == 1)
		if (view->nsapi == c->nsapi && strcmp(view->imsi.digits, imsi.digits) == 0)
			return true;
	return false;
}

uint32_t lab_sessions(void)
{
	struct session_totals totals;

	session_totals(lab.store, &totals);
	return totals.sessions;
}

uint32_t lab_unprotected(void)
{
	struct session_totals totals;

	session_totals(lab.store, &totals);
	return totals.unprotected;
}

uint64_t lab_count(enum session_counter counter)
{
	return session_count(lab.store, counter);
}
