/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions without protection: workers find them in the directory, and they take no place of a protected one. */
#include <errno.h>

#include "session_lab_policy.h"

static struct session_view view;

static void start(void)
{
	lab_defaults();
	lab.config.is_durable = true;
	lab.config.max = 2;
	lab.config.unprotected_max = 3;
	lab_rule("secure", NULL, POLICY_PROTECT);
	lab_open();
}

static uint64_t create_plain(struct lab_context *c)
{
	uint64_t response;

	lab_create_request(c, NULL, 0);
	lab_settle();
	response = lab_create_response(c);
	lab_settle();
	lab_save();
	return response;
}

static const char *state_of(const struct lab_context *c)
{
	return lab_view(c, &view) ? view.state : "none";
}

static bool has_tunnels(const struct lab_context *c)
{
	const struct tunnel up = lab_up(c), down = lab_down(c);

	return lab_view(c, &view) && tunnel_is_equal(&view.uplink.tunnel, &up) &&
	       tunnel_is_equal(&view.downlink.tunnel, &down);
}

/* --- places --- */

static void it_takes_no_place_of_a_protected_session(void)
{
	struct lab_context c[5];

	start();
	for (unsigned i = 0; i < 5; i++)
		c[i] = lab_context(1 + i);
	for (unsigned i = 0; i < 3; i++)
		create_plain(&c[i]);
	lab_create(&c[3], lab_sqn(1), 1);
	lab_create(&c[4], lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	CU_ASSERT_EQUAL(lab_unprotected(), 3);
	for (unsigned i = 0; i < 3; i++)
		CU_ASSERT_TRUE(lab_is_treated(&c[i], DATAPATH_LET_PASS));
	CU_ASSERT_TRUE(lab_is_treated(&c[3], DATAPATH_PROTECT));
	lab_stop();
}

static void one_more_than_there_are_places_for_does_not_cross(void)
{
	struct lab_context c;
	uint64_t response = 0;

	start();
	for (unsigned i = 0; i < 4; i++) {
		c = lab_context(1 + i);
		response = create_plain(&c);
	}
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_unprotected(), 3);
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_FULL), 1);
	lab_stop();
}

static void its_end_frees_its_place(void)
{
	struct lab_context c;

	start();
	for (unsigned i = 0; i < 20; i++) {
		c = lab_context(1 + i);
		create_plain(&c);
		CU_ASSERT_EQUAL(lab_unprotected(), 1);
		lab_delete(&c);
		lab_settle();
		CU_ASSERT_EQUAL(lab_unprotected(), 0);
		CU_ASSERT_FALSE(lab_is_treated(&c, DATAPATH_LET_PASS));
	}
	lab_stop();
}

/* --- messages --- */

static void its_response_waits_for_the_disk(void)
{
	struct lab_context c = lab_context(1);
	uint64_t response;

	start();
	lab_create_request(&c, NULL, 0);
	lab_settle();
	response = lab_create_response(&c);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_HELD);
	lab_save();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	lab_stop();
}

/* The worker holds what came for the expected tunnel. It must let that cross before the response does. */
static void its_response_waits_for_the_worker_that_expects_its_tunnel(void)
{
	struct lab_context c = lab_context(1);
	const struct tunnel down = lab_down(&c);
	uint64_t response;

	lab_start();
	lab_create_request(&c, NULL, 0);
	lab_settle();
	CU_ASSERT_PTR_NOT_NULL(lab_expected(&down));
	response = lab_create_response(&c);
	CU_ASSERT_EQUAL(lab_fate(response), LAB_HELD);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_PTR_NULL(lab_expected(&down));
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
	lab_stop();
}

static void a_move_takes_effect_at_once_and_late_packets_cross(void)
{
	struct lab_context c = lab_context(1);
	const struct tunnel before = lab_down(&c);

	start();
	create_plain(&c);
	c.down += 100;
	lab_move(&c);
	CU_ASSERT_TRUE(has_tunnels(&c));
	lab_settle();
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
	CU_ASSERT_PTR_NOT_NULL_FATAL(lab_flow(&before));
	CU_ASSERT_EQUAL(lab_flow(&before)->treatment, DATAPATH_LET_PASS);
	lab_pass(6000);
	lab_settle();
	CU_ASSERT_PTR_NULL(lab_flow(&before));
	lab_stop();
}

static void its_tunnel_may_go_to_another_one(void)
{
	struct lab_context c = lab_context(1), other = lab_context(2);

	start();
	create_plain(&c);
	other.down = c.down;
	create_plain(&other);
	CU_ASSERT_TRUE(lab_is_treated(&other, DATAPATH_LET_PASS));
	CU_ASSERT_FALSE(has_tunnels(&c));
	CU_ASSERT_EQUAL(lab_unprotected(), 2);
	lab_stop();
}

/* --- it becomes a protected one, and the other way round --- */

static void an_update_that_names_a_keyset_protects_it(void)
{
	struct lab_context c = lab_context(1);
	uint32_t id;

	start();
	create_plain(&c);
	CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
	id = view.id;
	lab_update(&c, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_PROTECT));
	CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
	CU_ASSERT_NOT_EQUAL(view.id, id);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_EQUAL(lab_unprotected(), 0);
	lab_make_ready(&c);
	CU_ASSERT_TRUE(lab_is_protected(&c));
	lab_stop();
}

/* Two requests are open when the first is answered: the session has another place then. */
static void a_request_that_waits_finds_it_in_its_new_place(void)
{
	struct lab_context c = lab_context(1);

	start();
	create_plain(&c);
	lab_update_request(&c, &(struct e2m_keyset_id){0}, 0);
	lab_settle();
	lab_update(&c, lab_sqn(1), 1);
	lab_settle();
	c.down += 100;
	lab_move(&c);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_PROTECT));
	CU_ASSERT_TRUE(has_tunnels(&c));
	lab_stop();
}

static void without_a_place_it_is_not_protected_and_the_update_does_not_cross(void)
{
	struct lab_context c = lab_context(1), first = lab_context(2), second = lab_context(3);
	uint64_t response;

	start();
	create_plain(&c);
	lab_create(&first, lab_sqn(1), 1);
	lab_create(&second, lab_sqn(1), 1);
	lab_settle();
	response = lab_update(&c, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
	CU_ASSERT_STRING_EQUAL(state_of(&c), "clear");
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_FULL), 1);
	lab_stop();
}

/* With the address that it had it would be barred (e2m.md 6). */
static void give_other_address(struct lab_context *c)
{
	memcpy(c->ipv4, (uint8_t[]){10, 77, 0, 1}, sizeof(c->ipv4));
}

static void a_create_without_a_keyset_ends_the_protection(void)
{
	struct lab_context c = lab_context(1);

	start();
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	lab_make_ready(&c);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	give_other_address(&c);
	create_plain(&c);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(lab_unprotected(), 1);
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
	CU_ASSERT_EQUAL(lab_count(SESSION_UNPROTECTED_AGAIN), 1);
	lab_update(&c, lab_sqn(2), 2);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_PROTECT));
	lab_stop();
}

static void without_a_place_for_it_the_protection_ends_with_the_session(void)
{
	struct lab_context c, was = lab_context(9);
	uint64_t response;

	start();
	lab_create(&was, lab_sqn(1), 1);
	lab_settle();
	for (unsigned i = 0; i < 3; i++) {
		c = lab_context(1 + i);
		create_plain(&c);
	}
	give_other_address(&was);
	response = create_plain(&was);
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
	CU_ASSERT_FALSE(lab_is_treated(&was, DATAPATH_LET_PASS));
	lab_stop();
}

/* --- a stricter policy --- */

static void reload_with(enum policy_action action)
{
	static struct policy_rule rule = {.apn = (char *)(uintptr_t) "internet"};
	char member[POLICY_MEMBER];

	rule.action = action;
	CU_ASSERT_PTR_NULL(policy_read_rule(&rule, member));
	lab.config.policy = (struct policy){.rules = &rule, .count = 1};
	session_reconfigure(lab.store, &lab.config);
	lab_settle();
}

static void a_stricter_policy_bars_it_in_a_protected_place(void)
{
	struct lab_context c = lab_context(1);

	start();
	create_plain(&c);
	reload_with(POLICY_PROTECT);
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_BAR));
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_EQUAL(lab_unprotected(), 0);
	lab_stop();
}

static bool is_barred_in_the_directory(const struct lab_context *c)
{
	const struct tunnel down = lab_down(c);
	const struct session *s =
		directory_find_tunnel(session_directory(lab.store), &down, E2M_DOWNLINK);

	return s && s->kind == DIRECTORY_UNPROTECTED && s->is_barred;
}

static void without_a_place_a_stricter_policy_bars_it_where_it_is(void)
{
	struct lab_context c = lab_context(1), first = lab_context(2), second = lab_context(3);

	start();
	create_plain(&c);
	lab_create(&first, lab_sqn(1), 1);
	lab_create(&second, lab_sqn(1), 1);
	lab_settle();
	reload_with(POLICY_PROTECT);
	CU_ASSERT_TRUE(is_barred_in_the_directory(&c));
	CU_ASSERT_STRING_EQUAL(state_of(&c), "barred");
	lab_save();
	lab_restart();
	CU_ASSERT_TRUE(is_barred_in_the_directory(&c));
	lab_stop();
}

/* --- restarts --- */

static void a_restart_keeps_it(void)
{
	struct lab_context c = lab_context(1);

	start();
	create_plain(&c);
	lab_crash();
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
	CU_ASSERT_TRUE(has_tunnels(&c));
	CU_ASSERT_EQUAL(lab_unprotected(), 1);
	c.down += 100;
	lab_move(&c); /* its control tunnels are known too */
	CU_ASSERT_TRUE(has_tunnels(&c));
	lab_delete(&c);
	lab_settle();
	lab_save();
	lab_crash();
	CU_ASSERT_EQUAL(lab_unprotected(), 0);
	lab_stop();
}

/* The retention of COUNTs asks for the keysets of all contexts of a subscriber. This one has none. */
static void a_restart_keeps_it_beside_kept_counts_of_its_subscriber(void)
{
	struct lab_context c = lab_context(1), secured = lab_context(2);

	start();
	secured.subscriber = c.subscriber;
	secured.nsapi = (uint8_t)(c.nsapi + 1);
	lab_create(&secured, lab_sqn(1), 1);
	lab_make_ready(&secured);
	create_plain(&c);
	lab_delete(&secured);
	lab_settle();
	lab_save();
	lab_crash();
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
	lab_stop();
}

static void a_restart_writes_nothing_of_it(void)
{
	struct lab_context c = lab_context(1);

	start();
	create_plain(&c);
	lab_crash();
	lab_write();
	for (size_t i = 0; i < lab.disk.batch->count; i++)
		CU_ASSERT_NOT_EQUAL(lab.disk.batch->changes[i].kind, STATE_ENTRY);
	lab_stop();
}

static void a_restart_knows_its_apn(void)
{
	struct lab_context c = lab_context(1), same = lab_context(2);

	start();
	create_plain(&c);
	lab_crash();
	create_plain(&same); /* the octets of the APN, which the disk has as a hash alone */
	reload_with(POLICY_PROTECT);
	CU_ASSERT_STRING_EQUAL(state_of(&c), "barred");
	lab_stop();
}

static void after_a_crash_on_the_way_to_protection_it_is_there_once(void)
{
	struct lab_context c = lab_context(1);

	start();
	create_plain(&c);
	lab_update(&c, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_TRUE(lab_write()); /* and not written */
	lab_crash();
	CU_ASSERT_STRING_EQUAL(state_of(&c), "clear");
	lab_update(&c, lab_sqn(1), 1);
	lab_settle();
	lab_save();
	lab_crash();
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_EQUAL(lab_unprotected(), 0);
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_PROTECT));
	lab_stop();
}

/* --- what has ended, and networks --- */

static struct state_entry entry_of(uint32_t number, enum state_entry_kind kind)
{
	struct state_entry e = {.number = number,
				.kind = (uint8_t)kind,
				.serial = 7,
				.nsapi = 5,
				.primary = 5,
				.imsi = lab_imsi(7)};
	const struct lab_context c = lab_context(7);

	e.control_ggsn = lab_up(&c);
	return e;
}

static bool is_guarded(uint8_t last_octet)
{
	const struct pdp_prefix address = {.length = 32, .octets = {10, 9, 0, last_octet}};
	const struct lab_context c = lab_context(7);
	const struct tunnel up = lab_up(&c);

	return directory_guards(session_directory(lab.store), up.receiver, &address, NULL);
}

static void a_restart_keeps_what_an_ended_session_guards(void)
{
	const struct lab_context c = lab_context(7);
	const struct tunnel down = lab_down(&c);
	struct state_entry ended = entry_of(2, STATE_ENDED);

	ended.tunnel[DOWN] = down;
	pdp_address_set_ipv4(&ended.address, (uint8_t[]){10, 9, 0, 1});
	start();
	lab.disk.entries[2] = ended;
	lab.disk.entries[3] = entry_of(3, STATE_NETWORK);
	lab.disk.entries[3].nsapi = 0; /* as directory_add_network makes it */
	lab.disk.entries[3].network = (struct pdp_prefix){.length = 31, .octets = {10, 9, 0, 2}};
	lab_crash();
	CU_ASSERT_TRUE(is_guarded(1));
	CU_ASSERT_TRUE(is_guarded(2));
	CU_ASSERT_TRUE(is_guarded(3));
	CU_ASSERT_FALSE(is_guarded(4));
	CU_ASSERT_EQUAL(
		directory_find_tunnel(session_directory(lab.store), &down, E2M_DOWNLINK)->kind,
		DIRECTORY_ENDED);
	CU_ASSERT_EQUAL(lab_unprotected(), 0);
	lab_stop();
}

static bool is_guarded_at(const struct lab_context *c)
{
	const struct tunnel up = lab_up(c);
	const struct pdp_prefix address = {.length = 32, .octets = {10, 77, 0, 1}};

	return directory_guards(session_directory(lab.store), up.receiver, &address, NULL);
}

/* Private addresses may be the same at two GGSNs. */
static void a_restart_knows_which_ggsn_a_session_is_at(void)
{
	struct lab_context c = lab_context(1), other = lab_context(2);

	start();
	give_other_address(&c);
	lab_create(&c, lab_sqn(1), 1);
	other.ggsn = (uint8_t)(c.ggsn + 1);
	create_plain(&other);
	CU_ASSERT_TRUE(is_guarded_at(&c));
	CU_ASSERT_FALSE(is_guarded_at(&other));
	lab_crash();
	CU_ASSERT_TRUE(is_guarded_at(&c));
	CU_ASSERT_FALSE(is_guarded_at(&other));
	lab_stop();
}

static void a_restart_knows_what_a_session_that_ended_guards(void)
{
	struct lab_context c = lab_context(1), other = lab_context(2);

	start();
	give_other_address(&c);
	lab_create(&c, lab_sqn(1), 1);
	other.ggsn = (uint8_t)(c.ggsn + 1);
	create_plain(&other);
	lab_delete(&c);
	lab_settle();
	lab_save();
	lab_crash();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_TRUE(is_guarded_at(&c));
	CU_ASSERT_FALSE(is_guarded_at(&other));
	lab_stop();
}

static void a_restart_knows_that_not_all_could_be_guarded(void)
{
	start();
	lab.disk.is_overfull = true;
	lab.disk.entries[0].kind = STATE_OVERFULL;
	CU_ASSERT_FALSE(is_guarded(4));
	lab_crash();
	CU_ASSERT_TRUE(is_guarded(4));
	lab_stop();
}

static void a_state_with_too_many_is_not_read(void)
{
	struct state_entry e = entry_of(1000, STATE_ENDED);

	start();
	CU_ASSERT_EQUAL(session_restore_entry(lab.store, &e), -ENOSPC);
	lab_stop();
}

UNIT_MAIN("session_unprotected", TEST(it_takes_no_place_of_a_protected_session),
	  TEST(one_more_than_there_are_places_for_does_not_cross), TEST(its_end_frees_its_place),
	  TEST(its_response_waits_for_the_disk),
	  TEST(its_response_waits_for_the_worker_that_expects_its_tunnel),
	  TEST(a_move_takes_effect_at_once_and_late_packets_cross),
	  TEST(its_tunnel_may_go_to_another_one), TEST(an_update_that_names_a_keyset_protects_it),
	  TEST(a_request_that_waits_finds_it_in_its_new_place),
	  TEST(without_a_place_it_is_not_protected_and_the_update_does_not_cross),
	  TEST(a_create_without_a_keyset_ends_the_protection),
	  TEST(without_a_place_for_it_the_protection_ends_with_the_session),
	  TEST(a_stricter_policy_bars_it_in_a_protected_place),
	  TEST(without_a_place_a_stricter_policy_bars_it_where_it_is), TEST(a_restart_keeps_it),
	  TEST(a_restart_keeps_it_beside_kept_counts_of_its_subscriber),
	  TEST(a_restart_writes_nothing_of_it), TEST(a_restart_knows_its_apn),
	  TEST(after_a_crash_on_the_way_to_protection_it_is_there_once),
	  TEST(a_restart_keeps_what_an_ended_session_guards),
	  TEST(a_restart_knows_which_ggsn_a_session_is_at),
	  TEST(a_restart_knows_what_a_session_that_ended_guards),
	  TEST(a_restart_knows_that_not_all_could_be_guarded),
	  TEST(a_state_with_too_many_is_not_read))
