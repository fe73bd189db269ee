/* SPDX-License-Identifier: BSD-3-Clause */
/* E2M-Session-Notification, both sides. Of unit_diameter's nodes the one that listens is the HSE here, and the
 * one that connects the GGSN. Bad requests are made with the library's inner functions. */
#include "diameter/internal.h"

#include "unit_diameter.h"

#define HSE	  UNIT_HSS
#define GGSN	  UNIT_SGSN
#define CASES_MAX 64
#define VENDOR	  32473
#define TWO	  2 /* how many notifications wait at once */

static struct {
	bool ready, stop, connected;
	unsigned taken; /* notifications that reached the taker */
	struct diameter_notification notifications[CASES_MAX];
	/* What the GGSN got, in the order of its questions but for order. */
	unsigned total;
	enum diameter_notification_outcome outcome[CASES_MAX];
	unsigned order[CASES_MAX];
	uint32_t code[CASES_MAX], failed_code[CASES_MAX], failed_number[CASES_MAX];
	size_t failed_len[CASES_MAX];
	uint64_t faults[DIAMETER_NOTIFICATION_FAULT_COUNT];
} * shared;

/* --- the HSE --- */

static enum diameter_notification_outcome answers[CASES_MAX];
static struct diameter_asked *waiting[TWO];

static void note_taken(const struct diameter_notification *n)
{
	shared->notifications[shared->taken] = *n;
	__atomic_add_fetch(&shared->taken, 1, __ATOMIC_RELEASE);
}

static void answer_at_once(void *arg, const struct diameter_notification *n,
			   struct diameter_asked *asked)
{
	const unsigned i = shared->taken;

	(void)arg;
	note_taken(n);
	diameter_answer_notification(asked, answers[i]);
}

static void let_wait(void *arg, const struct diameter_notification *n, struct diameter_asked *asked)
{
	(void)arg;
	waiting[n->nsapi - 5] = asked;
	note_taken(n);
}

static void start_hse(diameter_notification_taker taker)
{
	if (unit_diameter_init(HSE) || diameter_serve_notifications(taker, NULL) ||
	    diameter_start())
		_exit(1);
	shared->ready = true;
}

static void stop_hse(void)
{
	UNIT_WAIT(shared->stop, 30000);
	for (unsigned i = 0; i < DIAMETER_NOTIFICATION_FAULT_COUNT; i++)
		shared->faults[i] = diameter_notification_faults(i);
	diameter_stop();
}

static void run_hse(void)
{
	start_hse(answer_at_once);
	stop_hse();
}

/* The last that came is answered first, from another thread than it came in. */
static void run_slow_hse(void)
{
	start_hse(let_wait);
	UNIT_WAIT(__atomic_load_n(&shared->taken, __ATOMIC_ACQUIRE) == TWO, 10000);
	for (unsigned i = TWO; i-- > 0;) {
		diameter_answer_notification(waiting[i], DIAMETER_NOTIFICATION_DONE);
		UNIT_WAIT(__atomic_load_n(&shared->total, __ATOMIC_ACQUIRE) == TWO - i, 5000);
	}
	stop_hse();
}

static void with_hse(void (*hse)(void), void (*ggsn)(void))
{
	memset(shared, 0, sizeof(*shared));
	pid_t pid = unit_node_start(hse);

	CU_ASSERT_TRUE(UNIT_WAIT(shared->ready, UNIT_START_MS));
	CU_ASSERT_TRUE(unit_node_wait(unit_node_start(ggsn), 30000));
	CU_ASSERT_TRUE(shared->connected);
	shared->stop = true;
	CU_ASSERT_TRUE(unit_node_wait(pid, 20000));
}

/* --- the GGSN --- */

static struct diameter_notification notification(enum diameter_session_event event)
{
	static const uint8_t rand[E2M_RAND_LEN] = {0xA, 0xB};
	struct diameter_notification n = {
		.event = event,
		.imsi = {UNIT_IMSI},
		.nsapi = 5,
		.key_id = 3,
		.uplink = {.teid = 0x80000001, .gsn = {.family = AF_INET, .octets = {10, 1, 0, 2}}},
		.downlink = {.teid = 7, .gsn = {.family = AF_INET6, .octets = {0x20, 1, [15] = 9}}},
	};

	n.keyset = e2m_keyset_id_make(E2M_ID_RAND, rand);
	return n;
}

static void on_answer(void *arg, enum diameter_notification_outcome outcome, const char *detail)
{
	const unsigned i = (unsigned)(uintptr_t)arg;

	(void)detail;
	shared->outcome[i] = outcome;
	shared->order[shared->total] = i;
	__atomic_add_fetch(&shared->total, 1, __ATOMIC_RELEASE);
}

static void notify(const struct diameter_notification *n, unsigned i)
{
	if (diameter_send_notification(HSE, UNIT_REALM, n, 5000, on_answer, (void *)(uintptr_t)i))
		_exit(1);
}

static bool answered(unsigned count)
{
	return UNIT_WAIT(__atomic_load_n(&shared->total, __ATOMIC_ACQUIRE) == count, 8000);
}

static void send_good_ones(void)
{
	static const uint8_t sqn[E2M_SQN_LEN] = {1, 2, 3, 4, 5, 6};
	struct diameter_notification n = notification(DIAMETER_SESSION_ACTIVATE);

	shared->connected = unit_diameter_connect(GGSN);
	notify(&n, 0);
	answered(1);
	n.event = DIAMETER_SESSION_UPDATE;
	n.keyset = e2m_keyset_id_make(E2M_ID_SQN, sqn);
	n.uplink = (struct diameter_tunnel){0};
	notify(&n, 1);
	answered(2);
	n.event = DIAMETER_SESSION_DELETE;
	n.keyset = (struct e2m_keyset_id){0};
	n.downlink = (struct diameter_tunnel){0};
	notify(&n, 2);
	answered(3);
	diameter_stop();
}

static void set_addresses(struct diameter_notification *n)
{
	static const char *const networks[PDP_NETWORKS_MAX] = {
		"192.0.2.0/24", "10.9.8.7", "2001:db8:7::/48", "2001:db8::7", "2001:db8:100::/40"};
	static const uint8_t lists[] = {PDP_NETWORKS_FRAMED_ROUTE, PDP_NETWORKS_FRAMED_ROUTE,
					PDP_NETWORKS_FRAMED_IPV6_ROUTE,
					PDP_NETWORKS_FRAMED_IPV6_ROUTE,
					PDP_NETWORKS_DELEGATED_PREFIX};

	pdp_address_set_ipv4(&n->address, (uint8_t[]){10, 0, 0, 1});
	pdp_address_set_ipv6(&n->address, (uint8_t[16]){0x20, 1, 0xd, 0xb8}, 56);
	n->apn_len = (uint8_t)gtp_apn_write(n->apn, "internet.example");
	for (; networks[n->networks_count]; n->networks_count++) {
		struct pdp_network *network = &n->networks[n->networks_count];

		if (pdp_prefix_parse(&network->prefix, networks[n->networks_count]))
			_exit(1);
		network->list = lists[n->networks_count];
		n->lists |= (uint8_t)(1 << network->list);
	}
}

static void send_with_addresses(void)
{
	struct diameter_notification n = notification(DIAMETER_SESSION_ACTIVATE);

	shared->connected = unit_diameter_connect(GGSN);
	set_addresses(&n);
	notify(&n, 0);
	answered(1);
	diameter_stop();
}

static void addresses_apn_and_networks_arrive(void) /* e2m.md 4, RFC 7155 4.4.10.5 */
{
	const struct diameter_notification *got = shared->notifications;
	struct diameter_notification sent = notification(DIAMETER_SESSION_ACTIVATE);

	set_addresses(&sent);
	with_hse(run_hse, send_with_addresses);
	CU_ASSERT_EQUAL_FATAL(shared->taken, 1);
	CU_ASSERT_EQUAL(memcmp(&got->address, &sent.address, sizeof(sent.address)), 0);
	CU_ASSERT_EQUAL(got->apn_len, sent.apn_len);
	CU_ASSERT_EQUAL(memcmp(got->apn, sent.apn, sizeof(sent.apn)), 0);
	CU_ASSERT_EQUAL(got->lists, sent.lists);
	CU_ASSERT_EQUAL(got->networks_count, 5);
	CU_ASSERT_EQUAL(memcmp(got->networks, sent.networks, sizeof(sent.networks)), 0);
}

static bool is_same_tunnel(const struct diameter_tunnel *a, const struct diameter_tunnel *b)
{
	return a->teid == b->teid && a->gsn.family == b->gsn.family &&
	       memcmp(a->gsn.octets, b->gsn.octets, 16) == 0;
}

static void what_is_notified_arrives(void)
{
	const struct diameter_notification sent = notification(DIAMETER_SESSION_ACTIVATE);
	const struct diameter_notification *got = shared->notifications;

	with_hse(run_hse, send_good_ones);
	CU_ASSERT_EQUAL_FATAL(shared->taken, 3);
	CU_ASSERT_EQUAL(got[0].event, DIAMETER_SESSION_ACTIVATE);
	CU_ASSERT_STRING_EQUAL(got[0].imsi.digits, UNIT_IMSI);
	CU_ASSERT_STRING_EQUAL(got[0].origin_host, GGSN);
	CU_ASSERT_EQUAL(got[0].nsapi, 5);
	CU_ASSERT_EQUAL(got[0].key_id, 3);
	CU_ASSERT_EQUAL(memcmp(&got[0].keyset, &sent.keyset, sizeof(sent.keyset)), 0);
	CU_ASSERT_TRUE(is_same_tunnel(&got[0].uplink, &sent.uplink));
	CU_ASSERT_TRUE(is_same_tunnel(&got[0].downlink, &sent.downlink));
	CU_ASSERT_EQUAL(got[1].event, DIAMETER_SESSION_UPDATE);
	CU_ASSERT_EQUAL(got[1].keyset.type, E2M_ID_SQN);
	CU_ASSERT_EQUAL(got[1].keyset.value[5], 6);
	CU_ASSERT_EQUAL(got[2].event, DIAMETER_SESSION_DELETE);
}

static void what_is_not_notified_is_not_there(void)
{
	const struct diameter_notification *got = shared->notifications;

	with_hse(run_hse, send_good_ones);
	CU_ASSERT_EQUAL_FATAL(shared->taken, 3);
	CU_ASSERT_EQUAL(got[1].uplink.gsn.family, 0);
	CU_ASSERT_EQUAL(got[1].downlink.teid, 7);
	CU_ASSERT_EQUAL(got[2].keyset.type, 0);
	CU_ASSERT_EQUAL(got[2].uplink.gsn.family, 0);
	CU_ASSERT_EQUAL(got[2].downlink.gsn.family, 0);
	CU_ASSERT_FALSE(pdp_address_is_bound(&got[1].address));
	CU_ASSERT_EQUAL(got[1].apn_len, 0);
	CU_ASSERT_EQUAL(got[1].lists, 0);
	for (unsigned i = 0; i < DIAMETER_NOTIFICATION_FAULT_COUNT; i++)
		CU_ASSERT_EQUAL(shared->faults[i], 0);
}

static void send_for_each_outcome(void)
{
	const struct diameter_notification n = notification(DIAMETER_SESSION_ACTIVATE);

	shared->connected = unit_diameter_connect(GGSN);
	for (unsigned i = 0; i <= DIAMETER_NOTIFICATION_TIMEOUT; i++) {
		notify(&n, i);
		answered(i + 1);
	}
	diameter_stop();
}

static void outcomes_arrive(void)
{
	for (unsigned i = 0; i <= DIAMETER_NOTIFICATION_TIMEOUT; i++)
		answers[i] = i;
	with_hse(run_hse, send_for_each_outcome);
	memset(answers, 0, sizeof(answers));
	for (unsigned i = 0; i <= DIAMETER_NOTIFICATION_TOO_BUSY; i++)
		CU_ASSERT_EQUAL(shared->outcome[i], i);
	/* What no server says: 5012. */
	for (unsigned i = DIAMETER_NOTIFICATION_UNREACHABLE; i <= DIAMETER_NOTIFICATION_TIMEOUT;
	     i++)
		CU_ASSERT_EQUAL(shared->outcome[i], DIAMETER_NOTIFICATION_REFUSED);
}

static void send_two(void)
{
	struct diameter_notification n = notification(DIAMETER_SESSION_ACTIVATE);

	shared->connected = unit_diameter_connect(GGSN);
	for (uint8_t i = 0; i < TWO; i++) {
		n.nsapi = 5 + i;
		notify(&n, i);
	}
	answered(TWO);
	diameter_stop();
}

static void answers_may_come_later_and_in_any_order(void)
{
	with_hse(run_slow_hse, send_two);
	CU_ASSERT_EQUAL_FATAL(shared->total, TWO);
	for (unsigned i = 0; i < TWO; i++) {
		CU_ASSERT_EQUAL(shared->order[i], TWO - 1 - i);
		CU_ASSERT_EQUAL(shared->outcome[i], DIAMETER_NOTIFICATION_DONE);
	}
}

/* --- bad ones --- */

/* A request AVP by AVP: each a step that adds one, in the order of the string.
 *   E U D  event ACTIVATE, UPDATE, DELETE     x  event 3
 *   r s    RAND, E2M-SQN                      R S  one octet too long
 *   k n    Key-Id 3, NSAPI 5                  K 8  Key-Id 0, 8      N F  NSAPI 4, 16
 *   u d    uplink, downlink tunnel            c  downlink as uplink is
 *   t      uplink without TEID                a  without address
 *   T A    with two of it                     z  TEID 0
 *   4 6    address of IPv4, IPv6 of wrong length
 *   0      address 0.0.0.0                    e  of type E.164      y  of one octet
 *   i      an IMSI once more                  o  an AVP of others
 *   m M    a mandatory AVP of nobody, an empty one
 *   v      Framed-IP-Address                  V  of 3 octets
 *   p      Framed-IPv6-Prefix                 P  of no length
 *   b      Called-Station-Id                  B  not an APN
 *   f      Framed-Route                       G  a default route
 *   h      Framed-IPv6-Route                  H  of IPv4
 *   j      Delegated-IPv6-Prefix              J  with bits behind its length
 *   *      as many routes as there may be */
static struct dict_object *unknown_avp;

static void add_tunnel(struct msg *request, char step)
{
	static const uint8_t ipv4[] = {0, 1, 10, 1, 0, 2}, other[] = {0, 1, 10, 1, 0, 3};
	static const uint8_t nobody[6] = {0, 1}, ipv6[] = {0, 2, [17] = 1};
	static const uint8_t e164[] = {0, 8, '4', '9', '1', '7'};
	const bool is_down = step == 'd' || step == 'c';
	struct avp *group = NULL;

	diameter_add_group(request,
			   is_down ? diameter_dict.e2m_downlink_tunnel
				   : diameter_dict.e2m_uplink_tunnel,
			   &group);
	if (step != 't')
		diameter_add_number(group, diameter_dict.e2m_teid, step == 'z' ? 0 : 9);
	if (step == 'T')
		diameter_add_number(group, diameter_dict.e2m_teid, 9);
	if (step == 'a')
		return;
	if (step == 'A')
		diameter_add_octets(group, diameter_dict.e2m_gsn_address, ipv4, 6);
	diameter_add_octets(group, diameter_dict.e2m_gsn_address,
			    step == 'd'	  ? other
			    : step == '0' ? nobody
			    : step == '6' ? ipv6
			    : step == 'e' ? e164
					  : ipv4,
			    step == '4'	  ? 5
			    : step == '6' ? 17
			    : step == 'y' ? 1
					  : 6);
}

static void add_framed(struct msg *request, char step)
{
	static const struct {
		char step;
		struct dict_object **model;
		const char *contents;
		size_t len;
	} all[] = {
		{'v', &diameter_dict.framed_ip_address, "\x0a\0\0\1", 4},
		{'V', &diameter_dict.framed_ip_address, "\x0a\0\0\1", 3},
		{'p', &diameter_dict.framed_ipv6_prefix, "\0\x20\x20\1\xd\xb8", 6},
		{'P', &diameter_dict.framed_ipv6_prefix, "\0\0\x20\1\xd\xb8", 6},
		{'b', &diameter_dict.called_station_id, "a.b", 3},
		{'B', &diameter_dict.called_station_id, "a..b", 4},
		{'f', &diameter_dict.framed_route, "10.0.0.0/8 0.0.0.0 1", 20},
		{'G', &diameter_dict.framed_route, "0.0.0.0/0 0.0.0.0 1", 19},
		{'h', &diameter_dict.framed_ipv6_route, "2001:db8::/32 :: 1", 18},
		{'H', &diameter_dict.framed_ipv6_route, "10.0.0.0/8 0.0.0.0 1", 20},
		{'j', &diameter_dict.delegated_ipv6_prefix, "\0\x20\x20\1\xd\xb8", 6},
		{'J', &diameter_dict.delegated_ipv6_prefix, "\0\x18\x20\1\xd\xb8", 6},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].step == step)
			diameter_add_octets(request, *all[i].model, all[i].contents, all[i].len);
}

static void add_step(struct msg *request, char step)
{
	static const uint8_t octets[E2M_RAND_LEN + 1] = {1, 2};

	switch (step) {
	case 'E':
	case 'U':
	case 'D':
	case 'x':
		diameter_add_number(request, diameter_dict.e2m_session_event,
				    step == 'E'	  ? 0
				    : step == 'U' ? 1
				    : step == 'D' ? 2
						  : 3);
		break;
	case 'r':
	case 'R':
		diameter_add_octets(request, diameter_dict.rand, octets, step == 'r' ? 16 : 17);
		break;
	case 's':
	case 'S':
		diameter_add_octets(request, diameter_dict.e2m_sqn, octets, step == 's' ? 6 : 7);
		break;
	case 'k':
	case 'K':
	case '8':
		diameter_add_number(request, diameter_dict.e2m_key_id,
				    step == 'k'	  ? 3
				    : step == 'K' ? 0
						  : 8);
		break;
	case 'n':
	case 'N':
	case 'F':
		diameter_add_number(request, diameter_dict.e2m_nsapi,
				    step == 'n'	  ? 5
				    : step == 'N' ? 4
						  : 16);
		break;
	case 'i':
		diameter_add_text(request, diameter_dict.user_name, UNIT_IMSI);
		break;
	case 'm':
	case 'M':
		diameter_add_octets(request, unknown_avp, octets, step == 'm' ? 4 : 0);
		break;
	case '*':
		for (unsigned i = 0; i < PDP_NETWORKS_MAX; i++)
			add_framed(request, 'f');
		break;
	case 'o':
		diameter_add_text(request, diameter_dict.visited_plmn_id, "abc");
		break;
	default:
		if (strchr("udctaTAz460ey", step))
			add_tunnel(request, step);
		else
			add_framed(request, step);
	}
}

#define CODE_EVENT 11

struct bad_case {
	const char *steps;
	const char *imsi; /* NULL: a good one */
	uint32_t code;
	enum diameter_notification_fault fault;
	uint32_t failed_code;
	size_t failed_len;
	uint32_t failed_number;
};

#define FAULT(symbol) DIAMETER_NOTIFICATION_FAULT_##symbol

static const struct bad_case bad_cases[] = {
	{"", NULL, 5005, FAULT(MISSING), CODE_EVENT, 0, 0},
	{"Esknu", NULL, 5005, FAULT(MISSING), 10, 0, 0},
	{"Esknd", NULL, 5005, FAULT(MISSING), 9, 0, 0},
	{"Eknud", NULL, 5005, FAULT(MISSING), 1, 6, 0},
	{"Esnud", NULL, 5005, FAULT(MISSING), 8, 0, 0},
	{"Eskud", NULL, 5005, FAULT(MISSING), 7, 0, 0},
	{"sknud", NULL, 5005, FAULT(MISSING), CODE_EVENT, 0, 0},
	{"Dn", NULL, 5005, FAULT(MISSING), 8, 0, 0},
	{"Uk", NULL, 5005, FAULT(MISSING), 7, 0, 0},
	{"Uknt", NULL, 5005, FAULT(MISSING), 5, 0, 0},
	{"Ukna", NULL, 5005, FAULT(MISSING), 6, 6, 0},
	{"UknT", NULL, 5009, FAULT(TWICE), 5, 0, 9},
	{"UknA", NULL, 5009, FAULT(TWICE), 6, 6, 0},
	{"Uknuu", NULL, 5009, FAULT(TWICE), 9, 0, 0},
	{"Ukndd", NULL, 5009, FAULT(TWICE), 10, 0, 0},
	{"UknUu", NULL, 5009, FAULT(TWICE), CODE_EVENT, 0, 1},
	{"UknDu", NULL, 5009, FAULT(TWICE), CODE_EVENT, 0, 2},
	{"Uknk", NULL, 5009, FAULT(TWICE), 8, 0, 3},
	{"Uknn", NULL, 5009, FAULT(TWICE), 7, 0, 5},
	{"Ukrrn", NULL, 5009, FAULT(TWICE), 1447, 16, 0},
	{"Ukrsn", NULL, 5009, FAULT(RAND_AND_SQN), 1, 6, 0},
	{"Uksrn", NULL, 5009, FAULT(RAND_AND_SQN), 1447, 16, 0},
	{"ERknud", NULL, 5014, FAULT(NAME_LENGTH), 1447, 17, 0},
	{"ESknud", NULL, 5014, FAULT(NAME_LENGTH), 1, 7, 0},
	{"xkn", NULL, 5004, FAULT(EVENT), CODE_EVENT, 0, 3},
	{"EsKnud", NULL, 5004, FAULT(KEY_ID), 8, 0, 0},
	{"Es8nud", NULL, 5004, FAULT(KEY_ID), 8, 0, 8},
	{"EskNud", NULL, 5004, FAULT(NSAPI), 7, 0, 4},
	{"EskFud", NULL, 5004, FAULT(NSAPI), 7, 0, 16},
	{"Esknzd", NULL, 5004, FAULT(TEID), 5, 0, 0},
	{"Eskn4d", NULL, 5004, FAULT(ADDRESS), 6, 5, 0},
	{"Eskn6d", NULL, 5004, FAULT(ADDRESS), 6, 17, 0},
	{"Eskn0d", NULL, 5004, FAULT(ADDRESS), 6, 6, 0},
	{"Eskned", NULL, 5004, FAULT(ADDRESS), 6, 6, 0},
	{"Esknyd", NULL, 5004, FAULT(ADDRESS), 6, 1, 0},
	{"Esknuc", NULL, 5004, FAULT(SAME_TUNNEL), 10, 0, 0},
	{"EsknudV", NULL, 5004, FAULT(PDP_ADDRESS), 8, 3, 0},
	{"EsknudP", NULL, 5004, FAULT(PDP_ADDRESS), 97, 6, 0},
	{"Esknudvv", NULL, 5009, FAULT(TWICE), 8, 4, 0},
	{"Esknudpp", NULL, 5009, FAULT(TWICE), 97, 6, 0},
	{"EsknudB", NULL, 5004, FAULT(APN), 30, 4, 0},
	{"Esknudbb", NULL, 5009, FAULT(TWICE), 30, 3, 0},
	{"EsknudG", NULL, 5004, FAULT(ROUTE), 22, 19, 0},
	{"EsknudH", NULL, 5004, FAULT(ROUTE), 99, 20, 0},
	{"EsknudJ", NULL, 5004, FAULT(ROUTE), 123, 6, 0},
	{"Esknud*f", NULL, 5006, FAULT(TOO_MANY_ROUTES), 22, 20, 0},
	{"Esknud*h", NULL, 5006, FAULT(TOO_MANY_ROUTES), 99, 18, 0},
	{"Esknud*j", NULL, 5006, FAULT(TOO_MANY_ROUTES), 123, 6, 0},
	{"Esknud", "12345", 5004, FAULT(IMSI), 1, 5, 0},
	{"Esknudi", NULL, 5009, FAULT(UNPARSED), 1, 1, 0},
	{"Esknudm", NULL, 5001, FAULT(UNPARSED), 999, 4, 0},
	{"EsknudM", NULL, 5001, FAULT(UNPARSED), 0, 0, 0},
	{"Esknudi", NULL, 5009, FAULT(UNPARSED), 1, 1, 0}, /* the connection is there still */
};

#define BAD_CASES (sizeof(bad_cases) / sizeof(bad_cases[0]))

/* RFC 6733 7.5: Failed-AVP. */
static void note_failed(struct msg *message, unsigned i)
{
	struct diameter_avp avp, failed;

	if (!diameter_find_avp(message, 279, &avp) || !diameter_avp_first(avp.avp, &failed))
		return;
	shared->failed_code[i] = failed.code;
	shared->failed_len[i] = failed.len;
	shared->failed_number[i] = failed.value;
}

static void note_result(const struct diameter_asker *asker, enum diameter_end end,
			struct msg *message)
{
	const unsigned i = (unsigned)asker->kind;
	struct diameter_result result;

	if (end == DIAMETER_END_ANSWER && diameter_read_result(message, &result)) {
		shared->code[i] = result.code;
		note_failed(message, i);
	}
	__atomic_add_fetch(&shared->total, 1, __ATOMIC_RELEASE);
}

static struct msg *bad_request(const struct bad_case *bad)
{
	struct msg *request = NULL;
	struct e2m_imsi imsi;

	snprintf(imsi.digits, sizeof(imsi.digits), "%s", bad->imsi ? bad->imsi : UNIT_IMSI);
	diameter_request_new(diameter_dict.notification_request, VENDOR, 4294967040U, HSE,
			     UNIT_REALM, &imsi, &request);
	for (const char *step = bad->steps; *step; step++)
		add_step(request, *step);
	return request;
}

static void send_request(struct msg *request, unsigned i)
{
	const struct diameter_asker asker = {.finish = note_result, .kind = (int)i};

	diameter_pending_send(request, 3000, &asker);
	answered(i + 1);
}

static void connect_with_unknown_avp(void)
{
	struct dict_avp_data data = {.avp_code = 999,
				     .avp_name = (char *)"Unknown",
				     .avp_flag_mask = AVP_FLAG_MANDATORY,
				     .avp_flag_val = AVP_FLAG_MANDATORY,
				     .avp_basetype = AVP_TYPE_OCTETSTRING};

	if (unit_diameter_init(GGSN) ||
	    fd_dict_new(fd_g_config->cnf_dict, DICT_AVP, &data, NULL, &unknown_avp) ||
	    diameter_start())
		_exit(1);
	shared->connected = UNIT_WAIT(diameter_peer_is_open(HSE), UNIT_START_MS);
}

static void send_bad_ones(void)
{
	connect_with_unknown_avp();
	for (unsigned i = 0; i < BAD_CASES; i++)
		send_request(bad_request(&bad_cases[i]), i);
	diameter_stop();
}

static void bad_ones_are_answered_by_their_fault(void)
{
	with_hse(run_hse, send_bad_ones);
	CU_ASSERT_EQUAL(shared->taken, 0);
	for (unsigned i = 0; i < BAD_CASES; i++) {
		const struct bad_case *bad = &bad_cases[i];

		if (shared->code[i] != bad->code || shared->failed_code[i] != bad->failed_code ||
		    shared->failed_len[i] != bad->failed_len ||
		    shared->failed_number[i] != bad->failed_number)
			printf("%s: %u, Failed-AVP %u of %zu octets, %u\n", bad->steps,
			       shared->code[i], shared->failed_code[i], shared->failed_len[i],
			       shared->failed_number[i]);
		CU_ASSERT_EQUAL(shared->code[i], bad->code);
		CU_ASSERT_EQUAL(shared->failed_code[i], bad->failed_code);
		CU_ASSERT_EQUAL(shared->failed_len[i], bad->failed_len);
		CU_ASSERT_EQUAL(shared->failed_number[i], bad->failed_number);
	}
}

static void each_fault_is_counted_by_its_name(void)
{
	uint64_t expected[DIAMETER_NOTIFICATION_FAULT_COUNT] = {0};

	for (unsigned i = 0; i < BAD_CASES; i++)
		expected[bad_cases[i].fault]++;
	with_hse(run_hse, send_bad_ones);
	for (unsigned i = 0; i < DIAMETER_NOTIFICATION_FAULT_COUNT; i++)
		CU_ASSERT_EQUAL(shared->faults[i], expected[i]);
	CU_ASSERT_STRING_EQUAL(diameter_notification_fault_name(FAULT(RAND_AND_SQN)),
			       "rand_and_sqn");
}

static void send_a_forged_one(void)
{
	static const struct bad_case good = {.steps = "Esknud"};
	union avp_value other = {.os = {.data = (uint8_t *)UNIT_KMS, .len = strlen(UNIT_KMS)}};
	struct avp *origin = NULL;
	struct msg *forged;

	shared->connected = unit_diameter_connect(GGSN);
	forged = bad_request(&good);
	fd_msg_search_avp(forged, diameter_dict.origin_host, &origin);
	fd_msg_avp_setvalue(origin, &other);
	send_request(forged, 0);
	diameter_stop();
}

static void a_peer_cannot_speak_for_another(void)
{
	with_hse(run_hse, send_a_forged_one);
	CU_ASSERT_EQUAL(shared->code[0], 5003);
	CU_ASSERT_EQUAL(shared->taken, 0);
	CU_ASSERT_EQUAL(shared->faults[FAULT(ORIGIN_HOST)], 1);
}

static void send_with_an_avp_of_others(void)
{
	static const struct bad_case good = {.steps = "oEsknud"};

	shared->connected = unit_diameter_connect(GGSN);
	send_request(bad_request(&good), 0);
	diameter_stop();
}

static void avps_of_others_are_left_alone(void)
{
	with_hse(run_hse, send_with_an_avp_of_others);
	CU_ASSERT_EQUAL(shared->code[0], 2001);
	CU_ASSERT_EQUAL(shared->taken, 1);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"what is notified arrives", what_is_notified_arrives},
		{"what is not notified is not there", what_is_not_notified_is_not_there},
		{"addresses, APN and networks arrive", addresses_apn_and_networks_arrive},
		{"outcomes arrive", outcomes_arrive},
		{"answers may come later and in any order",
		 answers_may_come_later_and_in_any_order},
		{"bad ones are answered by their fault", bad_ones_are_answered_by_their_fault},
		{"each fault is counted by its name", each_fault_is_counted_by_its_name},
		{"a peer cannot speak for another", a_peer_cannot_speak_for_another},
		{"AVPs of others are left alone", avps_of_others_are_left_alone},
	};
	shared = unit_share(sizeof(*shared));
	unit_diameter_setup();
	int rc = unit_run("diameter_notification", tests, sizeof(tests) / sizeof(tests[0]));
	unit_diameter_teardown();
	return rc;
}
