/* SPDX-License-Identifier: BSD-3-Clause */
/* What hsectl makes of the answers of a telemetry server; the server is a thread of this test. */
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "run.h"
#include "unit.h"

#define GREETING "{\"version\":\"DPDK 22.11\",\"pid\":1,\"max_output_len\":16384}"

/* What the server answers to a request. */
struct exchange {
	const char *request;
	const char *answer; /* NULL: none, ever; "": closes the connection */
};

struct server {
	const char *greeting;
	const struct exchange *exchanges; /* until request is NULL */
	int listener;
	char folder[32];
	struct sockaddr_un address;
	pthread_t thread;
};

static const char *answer_to(const struct server *server, const char *request)
{
	for (const struct exchange *e = server->exchanges; e->request; e++)
		if (strcmp(e->request, request) == 0)
			return e->answer;
	return "{\"unexpected\":null}";
}

/* One client. */
static void *serve(void *arg)
{
	struct server *server = arg;
	char request[1024];
	int fd = accept(server->listener, NULL, NULL);
	const char *answer = server->greeting;

	while (fd >= 0 && answer && *answer) {
		if (send(fd, answer, strlen(answer), MSG_NOSIGNAL) < 0)
			break;

		ssize_t len = recv(fd, request, sizeof(request) - 1, 0);

		if (len <= 0)
			break;
		request[len] = 0;
		answer = answer_to(server, request);
	}
	/* Without an answer: until the client has gone. */
	if (!answer)
		(void)!recv(fd, request, sizeof(request), 0);
	close(fd);
	return NULL;
}

static void server_start(struct server *server)
{
	strcpy(server->folder, "/tmp/hse-ctl-XXXXXX");
	server->address.sun_family = AF_UNIX;
	server->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (server->listener < 0 || !mkdtemp(server->folder))
		abort();
	snprintf(server->address.sun_path, sizeof(server->address.sun_path), "%s/socket",
		 server->folder);
	if (bind(server->listener, (const struct sockaddr *)&server->address,
		 sizeof(server->address)) ||
	    listen(server->listener, 1) || pthread_create(&server->thread, NULL, serve, server))
		abort();
}

static void server_stop(struct server *server)
{
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->listener);
	unlink(server->address.sun_path);
	rmdir(server->folder);
}

/* Runs hsectl --socket ... a b c against a server with these answers. */
static struct run run_against(const char *greeting, const struct exchange *exchanges, const char *a,
			      const char *b, const char *c)
{
	struct server server = {.greeting = greeting, .exchanges = exchanges};
	struct run run;

	server_start(&server);
	const char *const args[] = {HSECTL, "--socket", server.address.sun_path, a, b, c, NULL};
	run_program(&run, args);
	server_stop(&server);
	return run;
}

static struct run run_alone(const char *a, const char *b, const char *c, const char *d)
{
	const char *const args[] = {HSECTL, a, b, c, d, NULL};
	struct run run;

	run_program(&run, args);
	return run;
}

#define STATUS                                                                     \
	"{\"/hse/status\":{\"version\":\"0.1.0\",\"uptime_s\":3725,\"workers\":2," \
	"\"sessions\":3,\"sessions_ready\":2,\"port_access\":\"net_af_packet0\"}}"

static const struct exchange status[] = {{"/hse/status", STATUS}, {0}};

static void status_is_a_list_for_people(void)
{
	struct run run = run_against(GREETING, status, "status", NULL, NULL);

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_STRING_EQUAL(run.out, "version         0.1.0\n"
					"uptime          1 h 2 min\n"
					"workers         2\n"
					"sessions        3\n"
					"sessions ready  2\n"
					"port access     net_af_packet0\n");
}

static void status_is_the_dict_for_programs(void)
{
	struct run run = run_against(GREETING, status, "status", "--json", NULL);

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_STRING_EQUAL(run.out, "{\"version\":\"0.1.0\",\"uptime_s\":3725,\"workers\":2,"
					"\"sessions\":3,\"sessions_ready\":2,"
					"\"port_access\":\"net_af_packet0\"}\n");
}

static const struct exchange faults[] = {
	{"/hse/status", "{\"/hse/status\":{\"workers\":1,\"faults\":2,\"state\":\"good\"}}"},
	{"/hse/faults", "{\"/hse/faults\":{\"0\":[\"hse.yaml:7:9: \",\"the key is gone\"],"
			"\"1\":[\"no HSS\"]}}"},
	{0}};

static void status_has_a_line_for_each_fault(void)
{
	struct run run = run_against(GREETING, faults, "status", NULL, NULL);

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_STRING_EQUAL(run.out, "workers  1\n"
					"faults   2\n"
					"state    good\n"
					"fault: hse.yaml:7:9: the key is gone\n"
					"fault: no HSS\n");
	run = run_against(GREETING, faults, "status", "--json", NULL);
	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_STRING_EQUAL(run.out,
			       "{\"workers\":1,\"faults\":[\"hse.yaml:7:9: the key is gone\","
			       "\"no HSS\"],\"state\":\"good\"}\n");
}

static void status_without_faults_has_an_empty_list(void)
{
	static const struct exchange none[] = {
		{"/hse/status", "{\"/hse/status\":{\"workers\":1,\"faults\":0}}"}, {0}};
	struct run run = run_against(GREETING, none, "status", "--json", NULL);

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_STRING_EQUAL(run.out, "{\"workers\":1,\"faults\":[]}\n");
}

#define ON_SAID \
	"ON for 1 h 2 min: no packet of a protected session crosses, and all else does, unread\n"

static const struct exchange bypass[] = {
	{"/hse/status", "{\"/hse/status\":{\"workers\":1,\"bypass\":\"on\",\"bypass_s\":3725}}"},
	{"/hse/bypass", "{\"/hse/bypass\":{\"bypass\":\"off\",\"bypass_s\":0}}"},
	{"/hse/bypass,on", "{\"/hse/bypass\":{\"bypass\":\"on\",\"bypass_s\":3725}}"},
	{"/hse/bypass,off", "{\"/hse/bypass\":{}}"},
	{0}};

static void status_says_in_words_that_bypass_is_on(void)
{
	struct run run = run_against(GREETING, bypass, "status", NULL, NULL);

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_STRING_EQUAL(run.out, "workers  1\n"
					"bypass   " ON_SAID);
}

static void bypass_is_set_and_told(void)
{
	struct run run = run_against(GREETING, bypass, "bypass", NULL, NULL);

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_STRING_EQUAL(run.out, "off\n");
	run = run_against(GREETING, bypass, "bypass", "on", NULL);
	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_STRING_EQUAL(run.out, ON_SAID);
	run = run_against(GREETING, bypass, "--json", "bypass", "on");
	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_STRING_EQUAL(run.out, "{\"bypass\":\"on\",\"bypass_s\":3725}\n");
}

static void an_answer_without_bypass_is_told(void)
{
	struct run run = run_against(GREETING, bypass, "bypass", "off", NULL);

	CU_ASSERT_EQUAL(run.code, 1);
	CU_ASSERT_STRING_EQUAL(run.out, "");
	CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "the answer to /hse/bypass,off does not say"));
}

static void bypass_takes_on_or_off(void)
{
	struct run run = run_alone("bypass", "maybe", NULL, NULL);

	CU_ASSERT_EQUAL(run.code, 2);
	CU_ASSERT_STRING_EQUAL(run.err, "hsectl: bypass maybe: expected on or off\n");
	run = run_alone("bypass", "on", "off", NULL);
	CU_ASSERT_EQUAL(run.code, 2);
	CU_ASSERT_STRING_EQUAL(run.err, "hsectl: off: not expected after bypass on\n");
}

#define PAGE_0                                                                     \
	"{\"/hse/sessions\":{\"total\":3,\"next\":2,\"id\":[1,2],"                 \
	"\"imsi\":[\"262010000000001\",\"26201001\"],\"nsapi\":[5,6],"             \
	"\"kind\":[\"protected\",\"unprotected\"],\"ipv4\":[\"10.0.0.1\",\"-\"],"  \
	"\"ipv6\":[\"unbound\",\"2001:db8:1:2::/64\"],"                            \
	"\"state\":[\"ready\",\"pulling\"],"                                       \
	"\"uplink\":[\"10.1.0.2/0x00000001\",\"10.1.0.2/0x2\"],"                   \
	"\"downlink\":[\"10.1.0.1/0x00000001\",\"10.1.0.1/0x2\"],"                 \
	"\"keyset\":[\"SQN 000000000021\",\"SQN 000000000041\"],\"key_id\":[1,1]," \
	"\"algorithms\":[\"eea2+eia2\",\"gcm\"],\"uplink_packets\":[20,0],"        \
	"\"downlink_packets\":[19,0],\"dropped\":[1,0],\"recovered\":[2,0]}}"
#define PAGE_2                                                   \
	"{\"/hse/sessions\":{\"total\":3,\"next\":0,\"id\":[7]," \
	"\"imsi\":[\"262010000000003\"],\"nsapi\":[15],\"state\":[\"learned\"]}}"

static const struct exchange sessions[] = {
	{"/hse/sessions,0", PAGE_0}, {"/hse/sessions,2", PAGE_2}, {0}};

static void sessions_are_a_table_of_all_pages(void)
{
	struct run run = run_against(GREETING, sessions, "sessions", NULL, NULL);

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_STRING_EQUAL(
		run.out,
		"IMSI             NSAPI  KIND         IPV4      IPV6               STATE    "
		"ALGORITHMS  KEY  UPLINK TO            DOWNLINK TO          UP  DOWN  DROPPED  "
		"RECOVERED\n"
		"262010000000001      5  protected    10.0.0.1  unbound            ready    "
		"eea2+eia2     1  10.1.0.2/0x00000001  10.1.0.1/0x00000001  20    19        1  "
		"        2\n"
		"26201001             6  unprotected  -         2001:db8:1:2::/64  pulling  "
		"gcm           1  10.1.0.2/0x2         10.1.0.1/0x2          0     0        0  "
		"        0\n"
		"262010000000003     15  -            -         -                  learned  "
		"-             -  -                    -                     -     -        -  "
		"        -\n"
		"3 of 3 sessions\n");
}

/* hse finds them; hsectl shows what it is given. */
#define FOUND                                                                                \
	"{\"/hse/sessions\":{\"total\":3,\"next\":0,\"id\":[2],\"imsi\":[\"26201001\"],"     \
	"\"nsapi\":[6],\"kind\":[\"unprotected\"],\"ipv4\":[\"-\"],\"state\":[\"pulling\"]," \
	"\"keyset\":[\"SQN 000000000041\"]}}"
#define NOT_FOUND "{\"/hse/sessions\":{\"total\":3,\"next\":0,\"id\":[]}}"

static void sessions_are_rows_for_programs(void)
{
	static const struct exchange found[] = {{"/hse/sessions,0,imsi=26201001", FOUND}, {0}};
	struct run run = run_against(GREETING, found, "sessions", "--json", "--imsi=26201001");

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_STRING_EQUAL(run.out,
			       "{\"total\":3,\"sessions\":[{\"id\":2,\"imsi\":\"26201001\","
			       "\"nsapi\":6,\"kind\":\"unprotected\",\"ipv4\":\"-\","
			       "\"state\":\"pulling\",\"keyset\":\"SQN 000000000041\"}]}\n");
	run = run_against(GREETING, sessions, "--json", "sessions", NULL);
	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "},{\"id\":7,"));
}

static void limit_ends_the_list(void)
{
	/* The second page is never asked for. */
	static const struct exchange first[] = {{"/hse/sessions,0", PAGE_0}, {0}};
	struct run run = run_against(GREETING, first, "sessions", "--limit", "1");

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "\n262010000000001 "));
	CU_ASSERT_PTR_NULL(strstr(run.out, "\n26201001 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "1 of 3 sessions\n"));
}

static void one_subscriber_is_shown_in_full(void)
{
	static const struct exchange found[] = {{"/hse/sessions,0,imsi=26201001", FOUND}, {0}};
	static const struct exchange none[] = {{"/hse/sessions,0,imsi=26201002", NOT_FOUND}, {0}};
	struct run run = run_against(GREETING, found, "sessions", "--imsi", "26201001");

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "imsi    26201001\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "keyset  SQN 000000000041\n"));
	run = run_against(GREETING, none, "sessions", "--imsi", "26201002");
	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_STRING_EQUAL(run.out, "no session of 26201002 among 3\n");
}

/* Ended sessions too: they guard their addresses and tunnels. */
static void sessions_are_found_by_address_and_teid(void)
{
	static const struct exchange by_address[] = {
		{"/hse/sessions,0,address=2001:db8::/32,ended=1", FOUND}, {0}};
	static const struct exchange by_teid[] = {{"/hse/sessions,0,teid=0x2,ended=1", FOUND}, {0}};
	static const struct exchange none[] = {
		{"/hse/sessions,0,address=10.0.0.9,ended=1", NOT_FOUND}, {0}};
	struct run run =
		run_against(GREETING, by_address, "sessions", "--address", "2001:db8::/32");

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "imsi    26201001\n"));
	run = run_against(GREETING, by_teid, "sessions", "--teid", "0x2");
	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "imsi    26201001\n"));
	run = run_against(GREETING, none, "sessions", "--address", "10.0.0.9");
	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_STRING_EQUAL(run.out, "no session with address 10.0.0.9 among 3\n");
}

static void all_shows_ended_sessions(void)
{
	static const struct exchange all[] = {{"/hse/sessions,0,ended=1", FOUND}, {0}};
	struct run run = run_against(GREETING, all, "sessions", "--all", NULL);

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "1 of 3 sessions\n"));
}

/* hse looks at a bounded number of sessions for each answer. */
static void empty_page_is_not_the_end(void)
{
	static const struct exchange pages[] = {
		{"/hse/sessions,0", "{\"/hse/sessions\":{\"total\":3,\"next\":2,\"id\":[]}}"},
		{"/hse/sessions,2", PAGE_2},
		{0}};
	struct run run = run_against(GREETING, pages, "sessions", NULL, NULL);

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "1 of 3 sessions\n"));
}

static void no_sessions_are_an_empty_list(void)
{
	static const struct exchange none[] = {
		{"/hse/sessions,0", "{\"/hse/sessions\":{\"total\":0,\"next\":0,\"id\":[]}}"}, {0}};
	struct run run = run_against(GREETING, none, "sessions", "--json", NULL);

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_STRING_EQUAL(run.out, "{\"total\":0,\"sessions\":[]}\n");
	run = run_against(GREETING, none, "sessions", NULL, NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "0 of 0 sessions\n"));
}

static const struct exchange counters[] = {
	{"/hse/status", STATUS},
	{"/hse/counters,0", "{\"/hse/counters\":{\"access/rx_packets\":1000,"
			    "\"access/drop/bad_mac\":3,\"core/tx_packets\":0}}"},
	{"/hse/counters,1", "{\"/hse/counters\":{\"access.rx_packets\":23,"
			    "\"access.drop.bad_mac\":0,\"core.tx_packets\":0,\"extra\":7}}"},
	{"/hse/counters,ports", "{\"/hse/counters\":{\"access/drop/nic_imissed\":5,"
				"\"core/drop/nic_imissed\":0}}"},
	{"/hse/counters,control",
	 "{\"/hse/counters\":{\"pull.found\":2,\"pull.timeout\":0,\"gtpc.unparsed\":1}}"},
	{"/hse/counters,key_sources", "{\"/hse/counters\":{\"key_source/hss/found\":2}}"},
	{0}};

static void counters_are_tables_without_zeros(void)
{
	struct run run = run_against(GREETING, counters, "counters", NULL, NULL);

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_STRING_EQUAL(run.out,
			       "WORKERS                  TOTAL  WORKER 0  WORKER 1\n"
			       "access.rx_packets         1023      1000        23\n"
			       "access.drop.bad_mac          3         3         0\n"
			       "extra                        7         -         7\n"
			       "access.drop.nic_imissed      5         -         -\n"
			       "\n"
			       "CONTROL               TOTAL\n"
			       "pull.found                2\n"
			       "gtpc.unparsed             1\n"
			       "key_source.hss.found      2\n"
			       "\n"
			       "not shown, as they are zero: 3 counters; --all shows them\n");
}

static void all_counters_are_shown_when_asked_for(void)
{
	struct run run = run_against(GREETING, counters, "counters", "--all", NULL);

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(run.out, "core.tx_packets              0         0         0\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "pull.timeout              0\n"));
	CU_ASSERT_PTR_NULL(strstr(run.out, "not shown"));
}

static void counters_nest_by_their_dots_for_programs(void)
{
	struct run run = run_against(GREETING, counters, "counters", "--json", NULL);

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_STRING_EQUAL(
		run.out,
		"{\"workers\":["
		"{\"worker\":0,\"access\":{\"rx_packets\":1000,\"drop\":{\"bad_mac\":3}},"
		"\"core\":{\"tx_packets\":0}},"
		"{\"worker\":1,\"access\":{\"rx_packets\":23,\"drop\":{\"bad_mac\":0}},"
		"\"core\":{\"tx_packets\":0},\"extra\":7}],"
		"\"control\":{\"pull\":{\"found\":2,\"timeout\":0},\"gtpc\":{\"unparsed\":1},"
		"\"key_source\":{\"hss\":{\"found\":2}}},"
		"\"total\":{\"access\":{\"rx_packets\":1023,\"drop\":{\"bad_mac\":3,"
		"\"nic_imissed\":5}},"
		"\"core\":{\"tx_packets\":0,\"drop\":{\"nic_imissed\":0}},\"extra\":7}}\n");
}

/* Exit status 1, nothing or the beginning of it on stdout, one line on stderr that names the socket. */
static bool is_refused(const struct run *run, const char *why)
{
	const char *end = strchr(run->err, '\n');

	if (run->code == 1 && strncmp(run->err, "hsectl: /tmp/hse-ctl-", 21) == 0 && end &&
	    !end[1] && strstr(run->err, why))
		return true;
	printf("exit status %d, expected '%s': %s\n", run->code, why, run->err);
	return false;
}

static void nonsense_is_refused(void)
{
	static const struct {
		const char *command, *request, *answer, *why;
	} nonsense[] = {
		{"status", "/hse/status", "", "closed the connection"},
		{"status", "/hse/status", "{", "no JSON"},
		{"status", "/hse/status", "[]", "no object under that name"},
		{"status", "/hse/status", "\"text\"", "no JSON"},
		{"status", "/hse/status", "{\"/hse/status\":null}", "not known there"},
		{"status", "/hse/status", "{\"/hse/status\":[1]}", "no object under that name"},
		{"status", "/hse/status", "{\"/hse/sessions\":{}}", "no object under that name"},
		{"status", "/hse/status", "{\"/hse/status\":{\"a\":1,\"a\":2}}", "duplicate"},
		{"sessions", "/hse/sessions,0", "{\"/hse/sessions\":{}}", "no total"},
		{"sessions", "/hse/sessions,0", "{\"/hse/sessions\":{\"total\":-1,\"next\":0}}",
		 "no total"},
		{"sessions", "/hse/sessions,0", "{\"/hse/sessions\":{\"total\":1,\"next\":\"0\"}}",
		 "no next"},
		{"sessions", "/hse/sessions,0",
		 "{\"/hse/sessions\":{\"total\":1,\"next\":0,\"id\":[1],\"imsi\":[]}}",
		 "unequal length"},
		{"sessions", "/hse/sessions,0",
		 "{\"/hse/sessions\":{\"total\":1,\"next\":-1,\"id\":[1]}}", "leads nowhere"},
		{"counters", "/hse/status", "{\"/hse/status\":{\"workers\":0}}", "no number"},
		{"counters", "/hse/status", "{\"/hse/status\":{\"workers\":1000000}}", "no number"},
		{"counters", "/hse/status", "{\"/hse/status\":{\"workers\":\"1\"}}", "no number"},
	};

	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		struct exchange exchange[] = {{nonsense[i].request, nonsense[i].answer}, {0}};
		struct run run = run_against(GREETING, exchange, nonsense[i].command, NULL, NULL);

		CU_ASSERT_TRUE(is_refused(&run, nonsense[i].why));
	}
}

static void counters_that_are_no_counts_are_refused(void)
{
	static const char *const answers[] = {
		"{\"/hse/counters\":{\"a\":-1}}",
		"{\"/hse/counters\":{\"a\":\"1\"}}",
		"{\"/hse/counters\":{\"a\":1.5}}",
		"{\"/hse/counters\":{\"a\":{\"b\":1}}}",
		"{\"/hse/counters\":{\"a.b\":1,\"a\":1}}",
		"{\"/hse/counters\":{\"a.b.c\":1,\"a.b\":1}}",
		"{\"/hse/counters\":{\"a\":99999999999999999999}}",
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct exchange exchange[] = {
			{"/hse/status", STATUS}, {"/hse/counters,0", answers[i]}, {0}};
		struct run run = run_against(GREETING, exchange, "counters", NULL, NULL);

		CU_ASSERT_TRUE(is_refused(&run, "/hse/counters,0"));
	}
}

static void workers_that_contradict_each_other_are_refused(void)
{
	static const struct exchange exchange[] = {
		{"/hse/status", STATUS},
		{"/hse/counters,0", "{\"/hse/counters\":{\"a.b\":1}}"},
		{"/hse/counters,1", "{\"/hse/counters\":{\"a\":1}}"},
		{"/hse/counters,ports", "{\"/hse/counters\":{}}"},
		{"/hse/counters,control", "{\"/hse/counters\":{}}"},
		{"/hse/counters,key_sources", "{\"/hse/counters\":{}}"},
		{0}};
	struct run run = run_against(GREETING, exchange, "counters", "--json", NULL);

	CU_ASSERT_TRUE(is_refused(&run, "contradict"));
}

static void sums_stay_at_the_highest_number(void)
{
	static const struct exchange exchange[] = {
		{"/hse/status", STATUS},
		{"/hse/counters,0", "{\"/hse/counters\":{\"a\":9223372036854775807}}"},
		{"/hse/counters,1", "{\"/hse/counters\":{\"a\":9223372036854775807}}"},
		{"/hse/counters,ports", "{\"/hse/counters\":{}}"},
		{"/hse/counters,control", "{\"/hse/counters\":{}}"},
		{"/hse/counters,key_sources", "{\"/hse/counters\":{}}"},
		{0}};
	struct run run = run_against(GREETING, exchange, "counters", "--json", NULL);

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "\"total\":{\"a\":9223372036854775807}"));
}

static void greeting_of_another_server_is_refused(void)
{
	static const char *const greetings[] = {"hello",
						"{}",
						"[]",
						"{\"max_output_len\":0}",
						"{\"max_output_len\":\"16384\"}",
						"{\"max_output_len\":99999999999}"};

	for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++) {
		struct run run = run_against(greetings[i], status, "status", NULL, NULL);

		CU_ASSERT_TRUE(is_refused(&run, "the answer to the connection"));
	}
}

static void answer_beyond_what_was_announced_is_refused(void)
{
	struct run run = run_against("{\"max_output_len\":64}", status, "status", NULL, NULL);

	CU_ASSERT_TRUE(is_refused(&run, "longer than was announced"));
}

static void control_characters_do_not_reach_the_terminal(void)
{
	static const struct exchange exchange[] = {
		{"/hse/status",
		 "{\"/hse/status\":{\"version\":\"\\u001b[2J\\u0007\\u009b\\n\",\"\\u001bk\":1}}"},
		{0}};
	struct run run = run_against(GREETING, exchange, "status", NULL, NULL);

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_STRING_EQUAL(run.out, "version  ?[2J????\n?k       1\n");
	run = run_against(GREETING, exchange, "status", "--json", NULL);
	for (const char *c = run.out; *c; c++)
		CU_ASSERT_TRUE((*c >= ' ' && *c <= '~') || (*c == '\n' && !c[1]));
}

static void server_that_stops_answering_is_given_up(void)
{
	static const struct exchange silent[] = {{"/hse/status", NULL}, {0}};
	struct run run = run_against(GREETING, silent, "status", NULL, NULL);

	CU_ASSERT_TRUE(is_refused(&run, "no answer to /hse/status within 5 s"));
}

static void missing_socket_is_told_with_what_to_do(void)
{
	struct run run = run_alone("status", "--prefix", "no-such-hse", NULL);

	CU_ASSERT_EQUAL(run.code, 1);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(run.err, "/var/run/dpdk/no-such-hse/dpdk_telemetry.v2: cannot connect"));
	CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "Is hse running?"));
	CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "--prefix"));
}

static void wrong_usage_is_told(void)
{
	static const char *const wrong[][4] = {
		{NULL},
		{"stat"},
		{"status", "more"},
		{"status", "--colour"},
		{"status", "--all"},
		{"status", "--limit", "1"},
		{"counters", "--imsi", "262010000000001"},
		{"status", "--teid", "1"},
		{"counters", "--address", "10.0.0.1"},
		{"sessions", "--address", "10.0.0"},
		{"sessions", "--address", "10.0.0.1,ended=1"},
		{"sessions", "--teid", "0"},
		{"sessions", "--teid", "0x100000000"},
		{"sessions", "--teid", "x"},
		{"sessions", "--imsi", "26201"},
		{"sessions", "--imsi", "26201x"},
		{"sessions", "--imsi"},
		{"sessions", "--limit", "0"},
		{"sessions", "--limit", "-1"},
		{"sessions", "--limit", "4294967296"},
		{"sessions", "--limit", "1x"},
		{"status", "--prefix", "a/b"},
		{"status", "--prefix", ""},
		{"status", "--prefix=a", "--socket=b"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct run run = run_alone(wrong[i][0], wrong[i][1], wrong[i][2], wrong[i][3]);

		CU_ASSERT_EQUAL(run.code, 2);
		CU_ASSERT_TRUE(strlen(run.err) > 0);
		CU_ASSERT_STRING_EQUAL(run.out, "");
	}
}

static void help_and_version_are_answered(void)
{
	struct run run = run_alone("--help", NULL, NULL, NULL);

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "usage: hsectl"));
	run = run_alone("--version", NULL, NULL, NULL);
	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_EQUAL(strncmp(run.out, "hsectl ", 7), 0);
}

UNIT_MAIN("hsectl", {"status is a list for people", status_is_a_list_for_people},
	  {"status is the dict for programs", status_is_the_dict_for_programs},
	  {"status says in words that bypass is on", status_says_in_words_that_bypass_is_on},
	  {"status has a line for each fault", status_has_a_line_for_each_fault},
	  {"status without faults has an empty list", status_without_faults_has_an_empty_list},
	  {"bypass is set and told", bypass_is_set_and_told},
	  {"an answer without bypass is told", an_answer_without_bypass_is_told},
	  {"bypass takes on or off", bypass_takes_on_or_off},
	  {"sessions are a table of all pages", sessions_are_a_table_of_all_pages},
	  {"sessions are rows for programs", sessions_are_rows_for_programs},
	  {"limit ends the list", limit_ends_the_list},
	  {"one subscriber is shown in full", one_subscriber_is_shown_in_full},
	  {"sessions are found by address and TEID", sessions_are_found_by_address_and_teid},
	  {"all shows ended sessions", all_shows_ended_sessions},
	  {"empty page is not the end", empty_page_is_not_the_end},
	  {"no sessions are an empty list", no_sessions_are_an_empty_list},
	  {"counters are tables without zeros", counters_are_tables_without_zeros},
	  {"all counters are shown when asked for", all_counters_are_shown_when_asked_for},
	  {"counters nest by their dots for programs", counters_nest_by_their_dots_for_programs},
	  {"nonsense is refused", nonsense_is_refused},
	  {"counters that are no counts are refused", counters_that_are_no_counts_are_refused},
	  {"workers that contradict each other are refused",
	   workers_that_contradict_each_other_are_refused},
	  {"sums stay at the highest number", sums_stay_at_the_highest_number},
	  {"greeting of another server is refused", greeting_of_another_server_is_refused},
	  {"answer beyond what was announced is refused",
	   answer_beyond_what_was_announced_is_refused},
	  {"control characters do not reach the terminal",
	   control_characters_do_not_reach_the_terminal},
	  {"server that stops answering is given up", server_that_stops_answering_is_given_up},
	  {"missing socket is told with what to do", missing_socket_is_told_with_what_to_do},
	  {"wrong usage is told", wrong_usage_is_told},
	  {"help and version are answered", help_and_version_are_answered})
