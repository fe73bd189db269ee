/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory of a hundred thousand sessions, as malloc and mmap have it: what `hsectl status` says is all
 * there is, and what a session needs while something is under way is given back.
 */
#include <malloc.h>
#include <rte_eal.h>
#include <sys/mman.h>

#include "control/control.h"
#include "datapath/datapath.h"
#include "gtp/gtpc_v1.h"
#include "gtp/pco.h"
#include "npdu/npdu.h"
#include "unit.h"

#define SESSIONS	100000
#define FLOWS		(2 * SESSIONS + 1024)
#define IN_FLIGHT	1024
#define CHUNK		(2U << 20) /* of memory for keys */
#define WHOLE_MAX	768	   /* octets a session, with its keys */
#define AT_REST_MAX	360	   /* octets a session in control, without its key */
#define UNPROTECTED_MAX 128	   /* octets a session without protection */
#define UNDER_WAY_MAX	512	   /* on top of that, for each with work under way */
#define MALLOC_ROUNDS	16	   /* where what would be left over is too small to be of use */

/* --- what is allocated: the linker sends the libraries' calls here --- */

static size_t heap, mapped;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__real_mmap64(void *address, size_t len, int prot, int flags, int fd, off_t offset);
int __real_munmap(void *address, size_t len);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);
void *__wrap_mmap64(void *address, size_t len, int prot, int flags, int fd, off_t offset);
int __wrap_munmap(void *address, size_t len);

/* malloc keeps a word of its own before what it gives. */
static size_t octets_of(void *memory)
{
	return memory ? malloc_usable_size(memory) + sizeof(size_t) : 0;
}

static void *counted(void *memory)
{
	heap += octets_of(memory);
	return memory;
}

void *__wrap_malloc(size_t size)
{
	return counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
	heap -= octets_of(memory);
	return counted(__real_realloc(memory, size));
}

void __wrap_free(void *memory)
{
	heap -= octets_of(memory);
	__real_free(memory);
}

void *__wrap_mmap64(void *address, size_t len, int prot, int flags, int fd, off_t offset)
{
	mapped += len;
	return __real_mmap64(address, len, prot, flags, fd, offset);
}

int __wrap_munmap(void *address, size_t len)
{
	mapped -= len;
	return __real_munmap(address, len);
}

/* --- a worker that does at once what it is told, and a key source that answers when asked to --- */

static struct {
	struct session_store *store;
	uint64_t now;
	uint64_t messages;
	uint64_t left;
	struct {
		uint32_t session;
		uint8_t direction;
	} flows[FLOWS];
	struct datapath_event events[4 * SESSIONS];
	size_t events_count;
	struct {
		struct e2m_imsi imsi;
		uint64_t cookie;
	} asked[IN_FLIGHT];
	size_t asked_count;
} rig;

static void on_command(void *arg, unsigned worker, const struct datapath_command *c)
{
	struct datapath_event event = {.kind = DATAPATH_DONE,
				       .slot = c->slot,
				       .command_kind = c->kind,
				       .flow = c->flow,
				       .cookie = c->cookie,
				       .count = {1, 1}};

	(void)arg, (void)worker;
	if (c->kind == DATAPATH_RELEASE_GTPC)
		rig.left++;
	if (c->kind == DATAPATH_ADD_FLOW) {
		rig.flows[c->flow].session = c->add.session;
		rig.flows[c->flow].direction = c->add.direction;
	}
	if (!c->acknowledge)
		return;
	event.session = rig.flows[c->flow].session;
	event.side = rig.flows[c->flow].direction;
	CU_ASSERT_TRUE_FATAL(rig.events_count < 4 * SESSIONS);
	rig.events[rig.events_count++] = event;
}

static void on_log(void *arg, enum session_log_level level, const char *line)
{
	(void)arg;
	if (level <= SESSION_LOG_WARNING && printf("%s\n", line))
		CU_FAIL("a warning");
}

void keysource_why(const struct keysource *source, char *text, size_t size)
{
	(void)source;
	snprintf(text, size, "nobody is there");
}

int keysource_ask(struct keysource *source, const struct keysource_request *request,
		  uint32_t timeout_ms, uint64_t cookie)
{
	(void)source, (void)timeout_ms;
	CU_ASSERT_TRUE_FATAL(rig.asked_count < IN_FLIGHT);
	rig.asked[rig.asked_count].imsi = request->imsi;
	rig.asked[rig.asked_count++].cookie = cookie;
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
	(void)file, (void)i, (void)imsi, (void)keyset;
	return false;
}

const char *keysource_outcome_name(enum keysource_outcome outcome)
{
	return outcome == KEYSOURCE_FOUND ? "found" : "not found";
}

static void deliver(void)
{
	for (size_t i = 0; i < rig.events_count; i++) {
		const struct datapath_event event = rig.events[i];
		session_take_event(rig.store, 0, &event);
	}
	rig.events_count = 0;
}

/* The worker knows of the tunnel that a request named, as it does before a response can come. */
static void deliver_last(void)
{
	const struct datapath_event event = rig.events[--rig.events_count];

	CU_ASSERT_EQUAL(event.command_kind, DATAPATH_EXPECT_FLOW);
	session_take_event(rig.store, 0, &event);
}

static void pass(uint64_t ms)
{
	rig.now += ms;
	session_advance(rig.store, rig.now);
}

static struct session_config config = {.max = SESSIONS,
				       .workers = 1,
				       .counter_octets = 1,
				       .replay_window = 64,
				       .gcm_tag_octets = 8,
				       .changeover_s = 10,
				       .negative_cache_s = 10,
				       .pull = {.timeout_ms = 2000,
						.retry_min_ms = 200,
						.retry_max_ms = 5000,
						.in_flight_max = IN_FLIGHT}};

static void start(void)
{
	const struct session_ops ops = {.command = on_command, .log = on_log};

	memset(&rig, 0, sizeof(rig));
	rig.now = 1000;
	config.numbers = e2m_default_numbers;
	rig.store = session_store_new(&config, &ops, rig.now);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rig.store);
	session_add_source(rig.store, &(struct session_source){.name = "rig"});
}

static void stop(void)
{
	CU_ASSERT_EQUAL(rig.left, rig.messages);
	session_store_free(rig.store);
}

/* --- its sessions --- */

static struct e2m_imsi imsi_of(uint32_t number)
{
	struct e2m_imsi imsi = {0};

	snprintf(imsi.digits, sizeof(imsi.digits), "26201%010u", number);
	return imsi;
}

static void give(enum datapath_side side, const uint8_t *data, int len)
{
	static const uint8_t sgsn[4] = {10, 1, 0, 1}, ggsn[4] = {10, 1, 0, 2};
	struct session_gtpc gtpc = {.side = side,
				    .source.teid = GTPC_PORT,
				    .destination.teid = GTPC_PORT,
				    .data = data,
				    .len = (size_t)len,
				    .number = rig.messages++};

	CU_ASSERT_TRUE_FATAL(len > 0);
	tunnel_set_ipv4(&gtpc.source, side == DATAPATH_ACCESS ? sgsn : ggsn);
	tunnel_set_ipv4(&gtpc.destination, side == DATAPATH_ACCESS ? ggsn : sgsn);
	session_take_gtpc(rig.store, &gtpc);
}

static void create(uint32_t number)
{
	const uint8_t rand[E2M_RAND_LEN] = {(uint8_t)number};
	const struct pco_e2m e2m = {.key_id = 1, .id = e2m_keyset_id_make(E2M_ID_RAND, rand)};
	uint8_t pco[PCO_MAX_LEN], data[512];
	const struct gtpc_v1_create request = {
		.sequence = (uint16_t)number,
		.imsi = imsi_of(number),
		.apn = "internet",
		.nsapi = 5,
		.teid_data = number,
		.teid_control = number,
		.gsn = {.len = 4, .octets = {10, 1, 0, 1}},
		.pco = {.data = pco,
			.len = (uint16_t)pco_write_e2m(pco, &e2m_default_numbers, &e2m)}};
	const struct gtpc_v1_accept response = {.type = GTPC_V1_CREATE_PDP_RESPONSE,
						.sequence = (uint16_t)number,
						.peer_teid_control = number,
						.teid_data = number,
						.teid_control = number,
						.gsn = {.len = 4, .octets = {10, 1, 0, 2}}};

	give(DATAPATH_ACCESS, data, gtpc_v1_write_create_request(data, sizeof(data), &request));
	deliver_last();
	give(DATAPATH_CORE, data, gtpc_v1_write_accept_response(data, sizeof(data), &response));
}

static void create_all(void)
{
	for (uint32_t i = 1; i <= SESSIONS; i++)
		create(i);
}

static void delete_all(void)
{
	uint8_t data[128];

	for (uint32_t i = 1; i <= SESSIONS; i++) {
		give(DATAPATH_ACCESS, data,
		     gtpc_v1_write_delete_request(data, sizeof(data), (uint16_t)i, i, 5, true));
		give(DATAPATH_CORE, data,
		     gtpc_v1_write_cause_response(data, sizeof(data), GTPC_V1_DELETE_PDP_RESPONSE,
						  (uint16_t)i, i, GTPC_V1_CAUSE_ACCEPTED));
	}
}

/* A first packet of each. */
static void miss_all(void)
{
	for (uint32_t i = 0; i < FLOWS; i++) {
		const struct datapath_event miss = {
			.kind = DATAPATH_MISS, .flow = i, .session = rig.flows[i].session};
		if (rig.flows[i].session != 0 && rig.flows[i].direction == E2M_UPLINK)
			session_take_event(rig.store, 0, &miss);
	}
}

static void answer_all(void)
{
	do {
		for (size_t i = 0; i < rig.asked_count; i++) {
			struct keysource_answer answer = {.cookie = rig.asked[i].cookie,
							  .outcome = KEYSOURCE_FOUND,
							  .ciphering = E2M_EEA2,
							  .integrity = E2M_EIA2,
							  .lifetime_s = 3600};
			memcpy(answer.keyset.e2mck, rig.asked[i].imsi.digits, E2M_KEY_LEN);
			pull_take_answer(session_pulls(rig.store), &answer);
		}
		rig.asked_count = 0;
		pull_send_waiting(session_pulls(rig.store));
		deliver();
	} while (rig.asked_count > 0);
}

static struct session_totals totals(void)
{
	struct session_totals t;

	session_totals(rig.store, &t);
	return t;
}

/* --- */

/* The journal is a part of the memory. */
static void start_durable(void)
{
	config.is_durable = true;
	start();
	config.is_durable = false;
}

static void session_takes_768_octets_at_most(void)
{
	char program[] = "session-memory", no_huge[] = "--no-huge", no_pci[] = "--no-pci",
	     no_shconf[] = "--no-shconf", m[] = "-m", mib[] = "256",
	     no_telemetry[] = "--no-telemetry", l[] = "-l", lcore[] = "0";
	char *args[] = {program, no_huge, no_pci, no_shconf, m, mib, no_telemetry, l, lcore};
	const struct datapath_config datapath = {.workers = 1,
						 .flows = session_flows_per_worker(&config),
						 .window_max = config.replay_window,
						 .mtu = {1500, 1500},
						 .hold_packets_per_flow = 1,
						 .hold_packets_total = 1};
	struct datapath_worker *worker;
	size_t flows;

	CU_ASSERT_TRUE_FATAL(rte_eal_init(RTE_DIM(args), args) >= 0);
	worker = datapath_worker_new(&datapath, NULL, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(worker);
	flows = datapath.flows * datapath_flow_octets(worker) / SESSIONS;
	start_durable();
	printf("octets a session: %zu in control, %zu in workers, %u a key\n", totals().octets,
	       flows, SESSION_KEY_OCTETS);
	CU_ASSERT_TRUE(totals().octets + flows + SESSION_KEY_OCTETS <= WHOLE_MAX);
	stop();
	datapath_worker_free(worker);
	rte_eal_cleanup();
}

static void session_at_rest_takes_what_the_totals_say(void)
{
	const size_t before = heap, mapped_before = mapped;
	size_t fixed;

	start();
	fixed = heap - before - SESSIONS * totals().octets;
	create_all();
	deliver();
	miss_all();
	answer_all();
	CU_ASSERT_EQUAL(totals().ready, SESSIONS);
	/* Tables whose size does not depend on the number of sessions. */
	CU_ASSERT_TRUE(fixed < 24U << 20);
	CU_ASSERT_TRUE(heap - before - fixed >= SESSIONS * totals().octets);
	CU_ASSERT_TRUE(heap - before - fixed < SESSIONS * (totals().octets + 1));
	CU_ASSERT_TRUE(totals().octets <= AT_REST_MAX);
	CU_ASSERT_TRUE(mapped - mapped_before >= SESSIONS * SESSION_KEY_OCTETS);
	CU_ASSERT_TRUE(mapped - mapped_before < SESSIONS * SESSION_KEY_OCTETS + CHUNK);
	stop();
	CU_ASSERT_EQUAL(heap, before);
}

static void unprotected_session_takes_128_octets_at_most(void)
{
	start_durable();
	printf("octets an unprotected session: %zu\n", totals().octets_unprotected);
	CU_ASSERT_TRUE(totals().octets_unprotected <= UNPROTECTED_MAX);
	stop();
}

/* All at once, as after a power cut. */
static void work_under_way_is_bounded_and_given_back(void)
{
	size_t empty, activating, pulling, at_rest;

	start();
	empty = heap;
	create_all();
	activating = heap - empty;
	deliver();
	miss_all();
	pulling = heap - empty;
	answer_all();
	at_rest = heap - empty;
	CU_ASSERT_TRUE(activating > 0 && activating < (size_t)SESSIONS * UNDER_WAY_MAX);
	CU_ASSERT_TRUE(pulling > 0 && pulling < (size_t)SESSIONS * UNDER_WAY_MAX);
	CU_ASSERT_TRUE(at_rest < SESSIONS);
	printf("octets a session: %zu at rest, %zu more while activated, %zu while pulled\n",
	       totals().octets, activating / SESSIONS, pulling / SESSIONS);
	stop();
}

static void removed_session_leaves_its_counts_alone(void)
{
	size_t empty, remembered;

	config.unprotected_max = SESSIONS; /* what ended sessions leave */
	start();
	config.unprotected_max = 0;
	empty = heap;
	create_all();
	deliver();
	miss_all();
	answer_all();
	delete_all();
	deliver();
	CU_ASSERT_EQUAL(totals().sessions, 0);
	pass(6000); /* late packets have been dropped */
	/* Sanitizers' malloc does not round. */
	remembered = totals().octets_remembered + totals().octets_keyset;
	CU_ASSERT_TRUE(heap - empty >= SESSIONS * (remembered - 2 * MALLOC_ROUNDS));
	CU_ASSERT_TRUE(heap - empty <= SESSIONS * (remembered + 2 * MALLOC_ROUNDS));
	printf("octets a removed keyset: %zu\n", remembered);
	stop();
}

UNIT_MAIN("session_memory", {"session takes 768 octets at most", session_takes_768_octets_at_most},
	  {"session at rest takes what the totals say", session_at_rest_takes_what_the_totals_say},
	  {"unprotected session takes 128 octets at most",
	   unprotected_session_takes_128_octets_at_most},
	  {"work under way is bounded and given back", work_under_way_is_bounded_and_given_back},
	  {"removed session leaves its COUNTs alone", removed_session_leaves_its_counts_alone})
