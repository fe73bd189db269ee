/* SPDX-License-Identifier: BSD-3-Clause */
/* What of hse.yaml no table of fields can see: static sessions, and who may notify. */
#include "unit_hse_config.h"

/* Line 4, where nothing else is said. */
#define LIST "static_sessions:\n"
#define SESSION(nsapi, name, key_id, uplink, downlink)                                \
	"  - {imsi: \"262010000000001\", nsapi: " nsapi ", " name ", key_id: " key_id \
	", uplink: {address: " uplink "}, downlink: {address: " downlink "}}\n"
#define SQN   "sqn: \"000000000021\""
#define FIRST SESSION("5", SQN, "3", "10.1.0.2, teid: 0x1001", "10.1.0.1, teid: 7")

static void a_static_session_is_read(void)
{
	const struct static_session *s;

	CU_ASSERT_TRUE_FATAL(load(BASE STATE LIST FIRST));
	CU_ASSERT_EQUAL_FATAL(config.static_sessions_count, 1);
	s = &config.static_sessions[0];
	CU_ASSERT_STRING_EQUAL(s->imsi.digits, "262010000000001");
	CU_ASSERT_EQUAL(s->nsapi, 5);
	CU_ASSERT_EQUAL(s->key_id, 3);
	CU_ASSERT_TRUE(s->has_sqn && !s->has_rand);
	CU_ASSERT_EQUAL(s->sqn[5], 0x21);
	CU_ASSERT_EQUAL(s->uplink.teid, 0x1001);
	CU_ASSERT_EQUAL(s->downlink.address.octets[3], 1);
}

static void there_may_be_none(void)
{
	CU_ASSERT_TRUE(load(BASE STATE));
	CU_ASSERT_EQUAL(config.static_sessions_count, 0);
	CU_ASSERT_FALSE(config.notifications_given);
}

/* COUNT must not begin anew with keys that are the same. */
static void running_without_state_is_for_labs(void)
{
	CU_ASSERT_FALSE(load(BASE));
	CU_ASSERT_PTR_NOT_NULL(strstr(
		said, PLACE("1", "1") "state: required, but missing: without it COUNTs begin "
				      "at 0 again at each start of hse"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(said, "add state: {path: FOLDER} (doc/state.md); a lab without real devices "
			     "may have lab_mode: true instead"));
	CU_ASSERT_FALSE(check(BASE));
	CU_ASSERT_FALSE(load(BASE "lab_mode: false\n"));
	CU_ASSERT_TRUE(load(BASE LAB));
	CU_ASSERT_TRUE(load(BASE STATE));
}

/* COUNTs are kept by the rules of e2m.md 2, and by no setting. */
static void there_is_no_retention_of_counts_to_set(void)
{
	CU_ASSERT_FALSE(load(BASE STATE "sessions: {count_retention_s: 86400}\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "count_retention_s: unknown key"));
}

static void a_session_comes_once(void)
{
	CU_ASSERT_FALSE(load(BASE STATE LIST FIRST SESSION("5", SQN, "3", "10.1.0.2, teid: 2",
							   "10.1.0.1, teid: 2")));
	CU_ASSERT_TRUE(says(PLACE("6", "12") "static_sessions[1].imsi: IMSI 262010000000001 with "
					     "NSAPI 5 is static_sessions[0] already"));
}

/* In whichever direction. */
static void a_tunnel_comes_once(void)
{
	CU_ASSERT_FALSE(load(BASE STATE LIST FIRST SESSION("6", SQN, "3", "10.1.0.1, teid: 7",
							   "10.1.0.1, teid: 8")));
	CU_ASSERT_TRUE(says("static_sessions[1].uplink: 10.1.0.1/0x00000007 is that of "
			    "static_sessions[0] already"));
	CU_ASSERT_FALSE(load(
		BASE STATE LIST SESSION("5", SQN, "3", "10.1.0.1, teid: 7", "10.1.0.1, teid: 7")));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "is that of static_sessions[0] already"));
}

static void the_same_teid_elsewhere_is_another_tunnel(void)
{
	CU_ASSERT_TRUE(load(BASE STATE LIST FIRST SESSION("6", SQN, "3", "10.1.0.3, teid: 7",
							  "2001:db8::1, teid: 7")));
	CU_ASSERT_EQUAL(config.static_sessions_count, 2);
}

static void a_keyset_has_one_name(void)
{
	static const char wanted[] = "static_sessions[0]: expected either 'sqn' or 'rand': a "
				     "keyset is known by one of them";

	CU_ASSERT_FALSE(load(BASE STATE LIST
			     "  - {imsi: \"262010000000001\", nsapi: 5, key_id: 3, uplink: "
			     "{address: 10.1.0.2, teid: 1}, downlink: {address: 10.1.0.1, teid: "
			     "1}}\n"));
	CU_ASSERT_TRUE(says(wanted));
	CU_ASSERT_FALSE(
		load(BASE STATE LIST SESSION("5", SQN ", rand: 00112233445566778899aabbccddeeff",
					     "3", "10.1.0.2, teid: 1", "10.1.0.1, teid: 7")));
	CU_ASSERT_TRUE(says(wanted));
}

static void bad_values_are_told(void)
{
	CU_ASSERT_FALSE(load(
		BASE STATE LIST SESSION("16", SQN, "8", "10.1.0, teid: 1", "10.1.0.1, teid: 0")));
	CU_ASSERT_TRUE(says("static_sessions[0].nsapi: expected an integer from 5 to 15, found "
			    "'16'"));
	CU_ASSERT_TRUE(says("static_sessions[0].key_id: expected an integer from 1 to 7, found "
			    "'8'"));
	CU_ASSERT_TRUE(says("static_sessions[0].uplink.address: expected an IPv4 or IPv6 address, "
			    "found '10.1.0'"));
	CU_ASSERT_TRUE(says("static_sessions[0].downlink.teid: expected an integer from 1 to "
			    "4294967295, found '0'"));
}

static void there_is_room_for_them(void)
{
	CU_ASSERT_FALSE(load(BASE STATE "sessions: {max: 1}\n" LIST FIRST SESSION(
		"6", SQN, "3", "10.1.0.2, teid: 2", "10.1.0.1, teid: 2")));
	CU_ASSERT_TRUE(says("static_sessions: 2 sessions; sessions.max has room for 1"));
}

/* --- notifications --- */

#define DIAMETER                                                                               \
	"diameter: {identity: hse.home.test, realm: home.test, listen: {address: 127.0.0.1}, " \
	"tls: {certificate: c, key: k, ca: a}, peers: [{identity: ggsn.home.test}]}\n"

static void who_notifies_is_a_peer(void)
{
	CU_ASSERT_FALSE(check(BASE DIAMETER "notifications: {peers: [GGSN.home.test, other]}\n"));
	CU_ASSERT_TRUE(says(PLACE("4", "41") "notifications.peers[1]: 'other' is not in "
					     "diameter.peers"));
	CU_ASSERT_PTR_NULL(strstr(said, "notifications.peers[0]"));
}

static void notifications_need_diameter(void)
{
	CU_ASSERT_FALSE(load(BASE "notifications: {peers: [ggsn.home.test]}\n"));
	CU_ASSERT_TRUE(says(PLACE("3", "16") "notifications: needs the diameter: section"));
}

static void notifications_name_who_may_send_them(void)
{
	CU_ASSERT_FALSE(load(BASE DIAMETER "notifications: {peers: []}\n"));
	CU_ASSERT_TRUE(says("notifications.peers: expected at least 1 items, found 0"));
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"a static session is read", a_static_session_is_read},
		{"there may be none", there_may_be_none},
		{"running without state is for labs", running_without_state_is_for_labs},
		{"there is no retention of counts to set", there_is_no_retention_of_counts_to_set},
		{"a session comes once", a_session_comes_once},
		{"a tunnel comes once", a_tunnel_comes_once},
		{"the same TEID elsewhere is another tunnel",
		 the_same_teid_elsewhere_is_another_tunnel},
		{"a keyset has one name", a_keyset_has_one_name},
		{"bad values are told", bad_values_are_told},
		{"there is room for them", there_is_room_for_them},
		{"who notifies is a peer", who_notifies_is_a_peer},
		{"notifications need diameter", notifications_need_diameter},
		{"notifications name who may send them", notifications_name_who_may_send_them},
	};
	const int rc = unit_run("hse_config", tests, sizeof(tests) / sizeof(tests[0]));

	config_free(file);
	return rc;
}
