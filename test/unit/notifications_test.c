/* SPDX-License-Identifier: BSD-3-Clause */
/* The way of notifications between Diameter's threads and the control thread; the test stands for both. */
#include "notifications.h"

#include <poll.h>

#include "unit.h"

#define MANY	   20000 /* more than are let wait */
#define UNANSWERED 16384
#define NONE	   -1

static diameter_notification_taker give;
static void *give_arg;
static int answers[MANY]; /* outcomes, by what was asked; NONE */
static uint64_t taken[MANY];
static struct session_notification last;
static size_t taken_count;

static struct hse_config config;
static struct hse_notifications *notifications;

/* --- what the library and the store do --- */

int diameter_serve_notifications(diameter_notification_taker taker, void *arg)
{
	give = taker;
	give_arg = arg;
	return 0;
}

void diameter_answer_notification(struct diameter_asked *asked,
				  enum diameter_notification_outcome outcome)
{
	int *answer = (int *)asked;

	CU_ASSERT_EQUAL(*answer, NONE);
	*answer = (int)outcome;
}

void session_take_notification(struct session_store *store, const struct session_notification *n,
			       uint64_t number)
{
	(void)store;
	last = *n;
	taken[taken_count++] = number;
}

struct tunnel hse_config_tunnel(const struct config_address *receiver, uint32_t teid)
{
	struct tunnel tunnel = {.teid = teid};

	tunnel_set_ipv4(&tunnel, receiver->octets);
	return tunnel;
}

/* --- the test's hand on it --- */

static void start(void)
{
	static char *may[] = {(char *)"ggsn.home.test"};
	static struct diameter_peer peers[] = {{.identity = (char *)"hss.home.test"},
					       {.identity = (char *)"GGSN.home.test"},
					       {.identity = (char *)"other.home.test"}};

	config.notifications.peers = may;
	config.notifications.peers_count = 1;
	config.diameter.peers = peers;
	config.diameter.peers_count = 3;
	for (size_t i = 0; i < MANY; i++)
		answers[i] = NONE;
	taken_count = 0;
	notifications = notifications_new(&config);
	CU_ASSERT_PTR_NOT_NULL_FATAL(notifications);
}

static void stop(void)
{
	notifications_stop(notifications);
	notifications_free(notifications);
}

static void notify(const char *host, size_t i)
{
	struct diameter_notification n = {
		.event = DIAMETER_SESSION_UPDATE,
		.imsi = {"262010000000001"},
		.nsapi = (uint8_t)(5 + i % 11),
		.key_id = 3,
		.downlink = {.teid = 7, .gsn = {.family = 2, .octets = {10, 1, 0, 1}}}};

	snprintf(n.origin_host, sizeof(n.origin_host), "%s", host);
	give(give_arg, &n, (struct diameter_asked *)&answers[i]);
}

static void addresses_apn_and_networks_come_as_they_are(void)
{
	struct diameter_notification n = {.event = DIAMETER_SESSION_UPDATE,
					  .origin_host = "ggsn.home.test",
					  .apn_len = 3,
					  .apn = {2, 'a', 'b'},
					  .lists = 1 << PDP_NETWORKS_DELEGATED_PREFIX,
					  .networks_count = 1};

	start();
	pdp_address_set_ipv4(&n.address, (uint8_t[]){10, 0, 0, 1});
	n.networks[0] = (struct pdp_network){.list = PDP_NETWORKS_DELEGATED_PREFIX,
					     .prefix = {1, 56, {0x20, 1}}};
	give(give_arg, &n, (struct diameter_asked *)&answers[0]);
	CU_ASSERT_EQUAL(notifications_take(notifications, NULL), 1);
	CU_ASSERT_EQUAL(memcmp(&last.address, &n.address, sizeof(n.address)), 0);
	CU_ASSERT_EQUAL(last.apn_len, 3);
	CU_ASSERT_EQUAL(memcmp(last.apn, n.apn, 3), 0);
	CU_ASSERT_EQUAL(last.lists, n.lists);
	CU_ASSERT_EQUAL(last.networks_count, 1);
	CU_ASSERT_EQUAL(memcmp(&last.networks[0], &n.networks[0], sizeof(n.networks[0])), 0);
	stop();
}

static bool is_readable(void)
{
	struct pollfd fd = {.fd = notifications_fd(notifications), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

static void take_all(void)
{
	while (notifications_take(notifications, NULL) > 0)
		;
}

/* --- tests --- */

static void they_come_in_order_and_as_they_are(void)
{
	start();
	CU_ASSERT_FALSE(is_readable());
	for (size_t i = 0; i < 3; i++)
		notify("ggsn.home.test", i);
	CU_ASSERT_TRUE(is_readable());
	CU_ASSERT_EQUAL(notifications_take(notifications, NULL), 3);
	CU_ASSERT_FALSE(is_readable());
	CU_ASSERT_EQUAL(last.event, SESSION_UPDATE);
	CU_ASSERT_EQUAL(last.nsapi, 7);
	CU_ASSERT_EQUAL(last.key_id, 3);
	CU_ASSERT_FALSE(last.has_tunnel[E2M_UPLINK]);
	CU_ASSERT_TRUE(last.has_tunnel[E2M_DOWNLINK]);
	CU_ASSERT_EQUAL(last.tunnel[E2M_DOWNLINK].teid, 7);
	notifications_answer(notifications, taken[1], SESSION_NO_ROOM);
	CU_ASSERT_EQUAL(answers[0], NONE);
	CU_ASSERT_EQUAL(answers[1], DIAMETER_NOTIFICATION_NO_ROOM);
	stop();
}

static void each_outcome_has_its_answer(void)
{
	static const int expected[] = {[SESSION_DONE] = DIAMETER_NOTIFICATION_DONE,
				       [SESSION_UNKNOWN] = DIAMETER_NOTIFICATION_UNKNOWN,
				       [SESSION_NO_ROOM] = DIAMETER_NOTIFICATION_NO_ROOM,
				       [SESSION_STATIC] = DIAMETER_NOTIFICATION_NOT_AUTHORIZED,
				       [SESSION_TAKEN] = DIAMETER_NOTIFICATION_NOT_AUTHORIZED,
				       [SESSION_POLICY] = DIAMETER_NOTIFICATION_NOT_AUTHORIZED,
				       [SESSION_INVALID] = DIAMETER_NOTIFICATION_INVALID};

	start();
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		notify("ggsn.home.test", i);
	take_all();
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		notifications_answer(notifications, taken[i], (enum session_outcome)i);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		CU_ASSERT_EQUAL(answers[i], expected[i]);
	stop();
}

static void others_are_refused(void)
{
	start();
	notify("other.home.test", 0);
	notify("hss.home.test", 1);
	notify("other.home.test", 2);
	CU_ASSERT_FALSE(is_readable());
	for (size_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(answers[i], DIAMETER_NOTIFICATION_NOT_AUTHORIZED);
	CU_ASSERT_EQUAL(notifications_not_allowed(notifications), 3);
	CU_ASSERT_EQUAL(notifications_too_busy(notifications), 0);
	stop();
}

static void identities_have_no_case(void)
{
	start();
	notify("GGSN.HOME.test", 0);
	CU_ASSERT_TRUE(is_readable());
	stop();
}

static void so_many_wait_and_no_more(void)
{
	start();
	for (size_t i = 0; i < UNANSWERED; i++)
		notify("ggsn.home.test", i);
	take_all(); /* the store has them, and has not answered */
	notify("ggsn.home.test", UNANSWERED);
	CU_ASSERT_EQUAL(answers[UNANSWERED - 1], NONE);
	CU_ASSERT_EQUAL(answers[UNANSWERED], DIAMETER_NOTIFICATION_TOO_BUSY);
	CU_ASSERT_EQUAL(notifications_too_busy(notifications), 1);
	notifications_answer(notifications, taken[0], SESSION_DONE);
	notify("ggsn.home.test", UNANSWERED + 1);
	CU_ASSERT_EQUAL(answers[UNANSWERED + 1], NONE);
	stop();
}

static void control_takes_some_at_a_time(void)
{
	start();
	for (size_t i = 0; i < 1000; i++)
		notify("ggsn.home.test", i);
	CU_ASSERT_TRUE(notifications_take(notifications, NULL) < 1000);
	CU_ASSERT_TRUE(is_readable());
	take_all();
	CU_ASSERT_EQUAL(taken_count, 1000);
	stop();
}

static void at_the_stop_all_who_wait_are_told(void)
{
	start();
	for (size_t i = 0; i < 200; i++)
		notify("ggsn.home.test", i);
	notifications_take(notifications, NULL);
	notifications_stop(notifications);
	for (size_t i = 0; i < 200; i++)
		CU_ASSERT_EQUAL(answers[i], DIAMETER_NOTIFICATION_TOO_BUSY);
	/* The last words of the store come after that: nobody waits for them. */
	notifications_answer(notifications, taken[0], SESSION_DONE);
	notify("ggsn.home.test", 200);
	CU_ASSERT_EQUAL(answers[200], DIAMETER_NOTIFICATION_TOO_BUSY);
	notifications_free(notifications);
}

UNIT_MAIN("notifications",
	  {"they_come_in_order_and_as_they_are", they_come_in_order_and_as_they_are},
	  {"addresses, APN and networks come as they are",
	   addresses_apn_and_networks_come_as_they_are},
	  {"each_outcome_has_its_answer", each_outcome_has_its_answer},
	  {"others_are_refused", others_are_refused},
	  {"identities_have_no_case", identities_have_no_case},
	  {"so_many_wait_and_no_more", so_many_wait_and_no_more},
	  {"control_takes_some_at_a_time", control_takes_some_at_a_time},
	  {"at_the_stop_all_who_wait_are_told", at_the_stop_all_who_wait_are_told})
