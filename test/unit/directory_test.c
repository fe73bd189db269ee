/* SPDX-License-Identifier: BSD-3-Clause */
/* The directory: which session has a tunnel or an address, and what guards it. */
#include "directory/directory.h"

#include "directory/gsns.h"

#include "unit.h"

#define PROTECTED_MAX	 8
#define OTHERS_MAX	 16
#define PROTECTED_OCTETS 192
#define MANY		 5000

static struct directory *d;

static void set_up(void)
{
	const struct directory_config config = {.protected_max = PROTECTED_MAX,
						.others_max = OTHERS_MAX,
						.protected_octets = PROTECTED_OCTETS,
						.hash_secret = 7};

	d = directory_new(&config);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
}

static void tear_down(void)
{
	directory_free(d);
}

static struct e2m_imsi imsi_of(unsigned number)
{
	struct e2m_imsi imsi;

	snprintf(imsi.digits, sizeof(imsi.digits), "26201%010u", number);
	return imsi;
}

static struct session *add(enum directory_kind kind, unsigned number)
{
	const struct e2m_imsi imsi = imsi_of(number);

	return directory_add(d, kind, &imsi, 5);
}

/* 10.0.x.1, and 10.1.x.1 for SGSNs */
static struct tunnel tunnel_at(unsigned network, unsigned host, uint32_t teid)
{
	const uint8_t address[] = {10, (uint8_t)network, (uint8_t)host, 1};
	struct tunnel t = {.teid = teid};

	tunnel_set_ipv4(&t, address);
	return t;
}

static struct tunnel ggsn_tunnel(unsigned ggsn, uint32_t teid)
{
	return tunnel_at(0, ggsn, teid);
}

static void set_tunnel(struct session *s, unsigned direction, struct tunnel tunnel)
{
	directory_unindex(d, s, INDEX_TUNNEL_UP + direction);
	CU_ASSERT_EQUAL(directory_set_tunnel(d, &s->tunnel[direction], &tunnel), 0);
	directory_index(d, s, INDEX_TUNNEL_UP + direction);
}

static const struct session *at_tunnel(unsigned direction, struct tunnel tunnel)
{
	return directory_find_tunnel(d, &tunnel, direction);
}

/* At a GGSN with one address. */
static struct session *add_at(enum directory_kind kind, unsigned number, unsigned ggsn)
{
	struct session *s = add(kind, number);
	const struct tunnel up = ggsn_tunnel(ggsn, number);

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	set_tunnel(s, E2M_UPLINK, up);
	set_tunnel(s, E2M_DOWNLINK, tunnel_at(1, 1, number));
	directory_join_ggsn(d, up.receiver, up.receiver);
	return s;
}

static struct pdp_prefix prefix_of(const char *text)
{
	struct pdp_prefix prefix;

	CU_ASSERT_EQUAL_FATAL(pdp_prefix_parse(&prefix, text), 0);
	return prefix;
}

/* A host or a prefix. */
static void bind_to(struct session *s, const char *text)
{
	const struct pdp_prefix prefix = prefix_of(text);
	struct pdp_address address = s->address;

	if (prefix.is_ipv6)
		pdp_address_set_ipv6(&address, prefix.octets, prefix.length);
	else
		pdp_address_set_ipv4(&address, prefix.octets);
	directory_set_address(d, s, &address);
}

static bool guards(unsigned ggsn, const char *address, const struct session *own)
{
	const struct pdp_prefix prefix = prefix_of(address);

	return directory_guards(d, ggsn_tunnel(ggsn, 0).receiver, &prefix, own);
}

static bool owns(const struct session *own, const char *address)
{
	const struct pdp_prefix prefix = prefix_of(address);

	return directory_owns(d, own, &prefix);
}

/* --- places --- */

static void session_is_found_by_subscriber_until_it_is_removed(void)
{
	const struct e2m_imsi imsi = imsi_of(1), other = imsi_of(2);
	struct session *s;

	set_up();
	s = add(DIRECTORY_PROTECTED, 1);
	CU_ASSERT_PTR_EQUAL(directory_find_subscriber(d, &imsi, 5), s);
	CU_ASSERT_PTR_NULL(directory_find_subscriber(d, &imsi, 6));
	CU_ASSERT_PTR_NULL(directory_find_subscriber(d, &other, 5));
	CU_ASSERT_STRING_EQUAL(directory_imsi(s).digits, imsi.digits);
	directory_remove(d, s);
	CU_ASSERT_PTR_NULL(directory_find_subscriber(d, &imsi, 5));
	CU_ASSERT_EQUAL(directory_count(d, DIRECTORY_PROTECTED), 0);
	tear_down();
}

static void all_contexts_of_a_subscriber_are_found(void)
{
	const struct e2m_imsi imsi = imsi_of(1);
	const struct session *s = NULL;
	unsigned seen = 0;

	set_up();
	directory_add(d, DIRECTORY_PROTECTED, &imsi, 5);
	directory_add(d, DIRECTORY_UNPROTECTED, &imsi, 6);
	directory_add_network(d, directory_add(d, DIRECTORY_PROTECTED, &imsi, 7),
			      &(struct pdp_prefix){.length = 8, .octets = {10}});
	add(DIRECTORY_PROTECTED, 2);
	while ((s = directory_next_of_subscriber(d, &imsi, s)) != NULL)
		seen |= 1U << s->nsapi;
	CU_ASSERT_EQUAL(seen, 1U << 5 | 1U << 6 | 1U << 7);
	tear_down();
}

static void each_kind_has_the_room_that_the_configuration_says(void)
{
	set_up();
	for (unsigned i = 0; i < PROTECTED_MAX; i++)
		CU_ASSERT_PTR_NOT_NULL(add(DIRECTORY_PROTECTED, i));
	CU_ASSERT_PTR_NULL(add(DIRECTORY_PROTECTED, 100));
	CU_ASSERT_EQUAL(directory_room(d, DIRECTORY_PROTECTED), 0);
	CU_ASSERT_EQUAL(directory_room(d, DIRECTORY_UNPROTECTED), OTHERS_MAX);
	for (unsigned i = 0; i < OTHERS_MAX; i++)
		CU_ASSERT_PTR_NOT_NULL(add(DIRECTORY_UNPROTECTED, 200 + i));
	CU_ASSERT_PTR_NULL(add(DIRECTORY_UNPROTECTED, 300));
	CU_ASSERT_PTR_NULL(add(DIRECTORY_ENDED, 300));
	CU_ASSERT_EQUAL(directory_count(d, DIRECTORY_UNPROTECTED), OTHERS_MAX);
	tear_down();
}

static void ids_are_those_of_the_kind_and_come_in_order(void)
{
	uint32_t id = 0, last = 0, count = 0;

	set_up();
	for (unsigned i = 0; i < 3; i++) {
		const struct session *p = add(DIRECTORY_PROTECTED, i);
		const struct session *u = add(DIRECTORY_UNPROTECTED, 100 + i);

		CU_ASSERT_TRUE(directory_is_id_of(d, DIRECTORY_PROTECTED, directory_id(d, p)));
		CU_ASSERT_TRUE(directory_is_id_of(d, DIRECTORY_UNPROTECTED, directory_id(d, u)));
		CU_ASSERT_PTR_EQUAL(directory_entry(d, directory_id(d, p)), p);
		CU_ASSERT_PTR_EQUAL(directory_entry(d, directory_id(d, u)), u);
	}
	while ((id = directory_next_id(d, id)) != 0) {
		CU_ASSERT_TRUE(id > last);
		last = id;
		count++;
	}
	CU_ASSERT_EQUAL(count, 6);
	CU_ASSERT_PTR_NULL(directory_entry(d, 0));
	CU_ASSERT_PTR_NULL(directory_entry(d, UINT32_MAX));
	tear_down();
}

static void freed_id_is_not_used_again_soon(void)
{
	uint32_t freed, id;

	set_up();
	freed = directory_id(d, add(DIRECTORY_PROTECTED, 1));
	directory_remove(d, directory_session(d, freed));
	CU_ASSERT_PTR_NULL(directory_entry(d, freed));
	for (unsigned i = 0; i < 200; i++) {
		struct session *s = add(DIRECTORY_PROTECTED, i);

		id = directory_id(d, s);
		CU_ASSERT_NOT_EQUAL(id, freed);
		directory_remove(d, s);
	}
	tear_down();
}

static void places_are_used_again_for_ever(void)
{
	set_up();
	for (unsigned i = 0; i < MANY; i++) {
		struct session *s = add(DIRECTORY_ENDED, i);

		CU_ASSERT_PTR_NOT_NULL_FATAL(s);
		directory_remove(d, s);
	}
	tear_down();
}

static void restored_session_keeps_id_and_serial(void)
{
	const struct e2m_imsi imsi = imsi_of(1);
	struct session *s;
	uint32_t id;

	set_up();
	s = directory_restore(d, DIRECTORY_PROTECTED, 4, 77, &imsi, 5);
	CU_ASSERT_PTR_EQUAL(directory_session(d, 4), s);
	CU_ASSERT_EQUAL(s->serial, 77);
	CU_ASSERT_EQUAL(directory_next_serial(d), 78);
	CU_ASSERT_PTR_NULL(directory_restore(d, DIRECTORY_PROTECTED, 3, 78, &imsi, 6));
	CU_ASSERT_PTR_NULL(directory_restore(d, DIRECTORY_UNPROTECTED, 5, 78, &imsi, 6));
	for (unsigned i = 1; i < PROTECTED_MAX; i++)
		CU_ASSERT_PTR_NOT_NULL(add(DIRECTORY_PROTECTED, 100 + i));
	for (id = 0; (id = directory_next_id(d, id)) != 0;)
		if (id != 4 && directory_session(d, id))
			CU_ASSERT_NOT_EQUAL(directory_session(d, id)->imsi, s->imsi);
	CU_ASSERT_PTR_NULL(directory_restore(d, DIRECTORY_PROTECTED, 200, 79, &imsi, 6));
	tear_down();
}

/* --- tunnels --- */

static void tunnel_is_found_in_its_direction(void)
{
	struct session *s;

	set_up();
	s = add_at(DIRECTORY_PROTECTED, 9, 1);
	CU_ASSERT_PTR_EQUAL(at_tunnel(E2M_UPLINK, ggsn_tunnel(1, 9)), s);
	CU_ASSERT_PTR_EQUAL(at_tunnel(E2M_DOWNLINK, tunnel_at(1, 1, 9)), s);
	CU_ASSERT_PTR_NULL(at_tunnel(E2M_DOWNLINK, ggsn_tunnel(1, 9)));
	CU_ASSERT_PTR_NULL(at_tunnel(E2M_UPLINK, ggsn_tunnel(1, 10)));
	CU_ASSERT_PTR_NULL(at_tunnel(E2M_UPLINK, ggsn_tunnel(2, 9)));
	set_tunnel(s, E2M_DOWNLINK, tunnel_at(1, 2, 9));
	CU_ASSERT_PTR_NULL(at_tunnel(E2M_DOWNLINK, tunnel_at(1, 1, 9)));
	CU_ASSERT_PTR_EQUAL(at_tunnel(E2M_DOWNLINK, tunnel_at(1, 2, 9)), s);
	directory_remove(d, s);
	CU_ASSERT_PTR_NULL(at_tunnel(E2M_UPLINK, ggsn_tunnel(1, 9)));
	CU_ASSERT_EQUAL(gsns_find(directory_gsns(d), ggsn_tunnel(1, 9).receiver), 0);
	tear_down();
}

static bool bars_teid(unsigned ggsn, uint32_t teid)
{
	const struct tunnel tunnel = ggsn_tunnel(ggsn, teid);

	return directory_bars_teid(d, &tunnel);
}

static void teid_of_a_protected_session_is_barred_at_its_ggsns_other_addresses(void)
{
	struct session *s, *unprotected, *ended;

	set_up();
	s = add_at(DIRECTORY_PROTECTED, 9, 1);
	unprotected = add_at(DIRECTORY_UNPROTECTED, 10, 1);
	ended = add_at(DIRECTORY_ENDED, 11, 1);
	add_at(DIRECTORY_UNPROTECTED, 12, 2);
	add_at(DIRECTORY_UNPROTECTED, 13, 3);
	directory_join_ggsn(d, ggsn_tunnel(1, 0).receiver, ggsn_tunnel(2, 0).receiver);
	CU_ASSERT_TRUE(bars_teid(2, 9));
	CU_ASSERT_TRUE(bars_teid(2, 11));
	CU_ASSERT_TRUE(bars_teid(77, 9)); /* no GGSN has given this address */
	CU_ASSERT_FALSE(bars_teid(3, 9));
	CU_ASSERT_FALSE(bars_teid(2, 14));
	CU_ASSERT_FALSE(bars_teid(2, 10));
	unprotected->is_barred = true;
	CU_ASSERT_TRUE(bars_teid(2, 10));
	directory_remove(d, s);
	directory_remove(d, ended);
	CU_ASSERT_FALSE(bars_teid(2, 9));
	CU_ASSERT_FALSE(bars_teid(77, 11));
	tear_down();
}

static void one_teid_at_many_ggsns_is_found_at_each(void)
{
	struct session *s[OTHERS_MAX];

	set_up();
	for (unsigned i = 0; i < OTHERS_MAX; i++) {
		s[i] = add(i == 11 ? DIRECTORY_ENDED : DIRECTORY_UNPROTECTED, i);
		set_tunnel(s[i], E2M_UPLINK, ggsn_tunnel(i, 9));
		directory_join_ggsn(d, ggsn_tunnel(i, 0).receiver, ggsn_tunnel(i, 0).receiver);
	}
	for (unsigned i = 0; i < OTHERS_MAX; i++) {
		CU_ASSERT_PTR_EQUAL(at_tunnel(E2M_UPLINK, ggsn_tunnel(i, 9)), s[i]);
		CU_ASSERT_EQUAL(bars_teid(i, 9), i == 11);
	}
	tear_down();
}

static void set_control(struct session *s, struct tunnel tunnel)
{
	CU_ASSERT_EQUAL(directory_set_tunnel(d, &s->control_ggsn, &tunnel), 0);
	directory_index(d, s, INDEX_CONTROL_GGSN);
}

static void all_contexts_with_a_control_tunnel_are_found(void)
{
	const struct e2m_imsi imsi = imsi_of(1);
	const struct tunnel control = ggsn_tunnel(1, 77);
	const struct session *s = NULL;
	unsigned seen = 0;

	set_up();
	for (uint8_t nsapi = 5; nsapi < 9; nsapi++)
		set_control(directory_add(d, DIRECTORY_PROTECTED, &imsi, nsapi), control);
	set_control(add(DIRECTORY_PROTECTED, 2), ggsn_tunnel(1, 78));
	set_control(add(DIRECTORY_PROTECTED, 3), ggsn_tunnel(2, 77));
	while ((s = directory_next_of_control(d, INDEX_CONTROL_GGSN, &control, s)) != NULL)
		seen |= 1U << s->nsapi;
	CU_ASSERT_EQUAL(seen, 0xf << 5);
	tear_down();
}

static void conversion_changes_the_id_alone(void)
{
	const struct e2m_imsi imsi = imsi_of(9);
	struct session *s, *converted;
	uint32_t serial;

	set_up();
	s = add_at(DIRECTORY_UNPROTECTED, 9, 1);
	serial = s->serial;
	bind_to(s, "10.9.0.1");
	converted = directory_convert(d, s, DIRECTORY_PROTECTED);
	CU_ASSERT_PTR_NOT_NULL_FATAL(converted);
	CU_ASSERT_EQUAL(converted->kind, DIRECTORY_PROTECTED);
	CU_ASSERT_EQUAL(converted->serial, serial);
	CU_ASSERT_TRUE(directory_is_id_of(d, DIRECTORY_PROTECTED, directory_id(d, converted)));
	CU_ASSERT_PTR_EQUAL(at_tunnel(E2M_UPLINK, ggsn_tunnel(1, 9)), converted);
	CU_ASSERT_PTR_EQUAL(at_tunnel(E2M_DOWNLINK, tunnel_at(1, 1, 9)), converted);
	CU_ASSERT_PTR_EQUAL(directory_find_subscriber(d, &imsi, 5), converted);
	CU_ASSERT_TRUE(guards(1, "10.9.0.1", NULL));
	CU_ASSERT_EQUAL(directory_count(d, DIRECTORY_UNPROTECTED), 0);
	s = directory_convert(d, converted, DIRECTORY_UNPROTECTED);
	CU_ASSERT_PTR_EQUAL(at_tunnel(E2M_UPLINK, ggsn_tunnel(1, 9)), s);
	CU_ASSERT_FALSE(guards(1, "10.9.0.1", NULL));
	directory_remove(d, s);
	CU_ASSERT_EQUAL(gsns_find(directory_gsns(d), ggsn_tunnel(1, 9).receiver), 0);
	tear_down();
}

static void conversion_without_room_changes_nothing(void)
{
	struct session *s;

	set_up();
	for (unsigned i = 0; i < PROTECTED_MAX; i++)
		add(DIRECTORY_PROTECTED, i);
	s = add_at(DIRECTORY_UNPROTECTED, 9, 1);
	CU_ASSERT_PTR_NULL(directory_convert(d, s, DIRECTORY_PROTECTED));
	CU_ASSERT_PTR_EQUAL(at_tunnel(E2M_UPLINK, ggsn_tunnel(1, 9)), s);
	tear_down();
}

/* --- guards --- */

static void address_of_a_protected_session_is_guarded_in_other_tunnels(void)
{
	struct session *victim, *other;

	set_up();
	victim = add_at(DIRECTORY_PROTECTED, 1, 1);
	other = add_at(DIRECTORY_UNPROTECTED, 2, 1);
	bind_to(victim, "10.9.0.1");
	bind_to(other, "10.9.0.2");
	CU_ASSERT_TRUE(guards(1, "10.9.0.1", NULL));
	CU_ASSERT_TRUE(guards(1, "10.9.0.1", other));
	CU_ASSERT_FALSE(guards(1, "10.9.0.1", victim));
	CU_ASSERT_FALSE(guards(1, "10.9.0.2", NULL));
	CU_ASSERT_FALSE(guards(1, "10.9.0.3", other));
	bind_to(other, "10.9.0.1"); /* in another APN */
	CU_ASSERT_FALSE(guards(1, "10.9.0.1", other));
	tear_down();
}

static void session_made_anew_may_have_the_address_from_before_that(void)
{
	struct session *before, *anew, *other, *unprotected;

	set_up();
	before = add_at(DIRECTORY_PROTECTED, 1, 1);
	bind_to(before, "10.9.0.1");
	CU_ASSERT_PTR_NOT_NULL(directory_leave_ended(d, before));
	directory_remove(d, before);
	anew = add_at(DIRECTORY_PROTECTED, 1, 1);
	other = add_at(DIRECTORY_PROTECTED, 2, 1);
	CU_ASSERT_FALSE(guards(1, "10.9.0.1", anew));
	CU_ASSERT_TRUE(guards(1, "10.9.0.1", other));
	directory_remove(d, anew);
	unprotected = add_at(DIRECTORY_UNPROTECTED, 1, 1);
	CU_ASSERT_TRUE(guards(1, "10.9.0.1", unprotected));
	tear_down();
}

static void prefix_guards_all_its_hosts(void)
{
	struct session *s;

	set_up();
	s = add_at(DIRECTORY_PROTECTED, 1, 1);
	bind_to(s, "2001:db8:0:1::/64");
	CU_ASSERT_TRUE(guards(1, "2001:db8:0:1::5", NULL));
	CU_ASSERT_TRUE(guards(1, "2001:db8:0:1:ffff:ffff:ffff:ffff", NULL));
	CU_ASSERT_FALSE(guards(1, "2001:db8:0:2::5", NULL));
	bind_to(s, "2001:db8::/56");
	CU_ASSERT_TRUE(guards(1, "2001:db8:0:2::5", NULL));
	CU_ASSERT_FALSE(guards(1, "2001:db8:0:100::5", NULL));
	bind_to(s, "2001:db8::1");
	CU_ASSERT_TRUE(guards(1, "2001:db8::1", NULL));
	CU_ASSERT_FALSE(guards(1, "2001:db8::2", NULL));
	tear_down();
}

static void same_address_at_another_ggsn_is_not_guarded(void)
{
	set_up();
	bind_to(add_at(DIRECTORY_PROTECTED, 1, 1), "10.9.0.1");
	add_at(DIRECTORY_UNPROTECTED, 2, 2);
	CU_ASSERT_FALSE(guards(2, "10.9.0.1", NULL));
	CU_ASSERT_TRUE(guards(1, "10.9.0.1", NULL));
	tear_down();
}

static void address_of_another_ggsn_is_not_the_sessions_own(void)
{
	struct session *other;

	set_up();
	bind_to(add_at(DIRECTORY_PROTECTED, 1, 1), "10.9.0.1");
	other = add_at(DIRECTORY_UNPROTECTED, 2, 2);
	bind_to(other, "10.9.0.1");
	CU_ASSERT_TRUE(guards(1, "10.9.0.1", other));
	CU_ASSERT_FALSE(guards(2, "10.9.0.1", other));
	tear_down();
}

static void address_that_no_ggsn_has_given_counts_as_every_ggsn(void)
{
	const struct tunnel sgsn = tunnel_at(1, 1, 0);
	const struct pdp_prefix address = prefix_of("10.9.0.1");

	set_up();
	bind_to(add_at(DIRECTORY_PROTECTED, 1, 1), "10.9.0.1");
	CU_ASSERT_TRUE(guards(77, "10.9.0.1", NULL));
	CU_ASSERT_TRUE(directory_guards(d, sgsn.receiver, &address, NULL));
	tear_down();
}

static void session_at_an_unknown_ggsn_is_guarded_at_every_ggsn(void)
{
	set_up();
	bind_to(add(DIRECTORY_PROTECTED, 1), "10.9.0.1");
	add_at(DIRECTORY_UNPROTECTED, 2, 2);
	CU_ASSERT_TRUE(guards(2, "10.9.0.1", NULL));
	tear_down();
}

static void ggsn_is_known_by_all_its_addresses(void)
{
	struct session *s, *other;

	set_up();
	s = add_at(DIRECTORY_PROTECTED, 1, 1);
	other = add_at(DIRECTORY_UNPROTECTED, 2, 2);
	add_at(DIRECTORY_UNPROTECTED, 3, 3);
	add_at(DIRECTORY_UNPROTECTED, 4, 4);
	bind_to(s, "10.9.0.1");
	directory_join_ggsn(d, ggsn_tunnel(3, 0).receiver, ggsn_tunnel(2, 0).receiver);
	CU_ASSERT_FALSE(guards(3, "10.9.0.1", NULL));
	directory_join_ggsn(d, ggsn_tunnel(1, 0).receiver, ggsn_tunnel(2, 0).receiver);
	CU_ASSERT_TRUE(guards(2, "10.9.0.1", NULL));
	CU_ASSERT_TRUE(guards(3, "10.9.0.1", NULL));
	CU_ASSERT_FALSE(guards(4, "10.9.0.1", NULL));
	CU_ASSERT_TRUE(directory_is_same_ggsn(d, s, other));
	tear_down();
}

static void address_may_belong_to_sessions_at_two_ggsns(void)
{
	struct session *a, *b;
	const struct pdp_prefix address = prefix_of("10.9.0.1");
	const struct session *first;

	set_up();
	a = add_at(DIRECTORY_PROTECTED, 1, 1);
	b = add_at(DIRECTORY_PROTECTED, 2, 2);
	bind_to(a, "10.9.0.1");
	bind_to(b, "10.9.0.1");
	CU_ASSERT_FALSE(directory_is_same_ggsn(d, a, b));
	CU_ASSERT_TRUE(guards(1, "10.9.0.1", NULL) && guards(2, "10.9.0.1", NULL));
	first = directory_next_with_address(d, &address, NULL);
	CU_ASSERT_TRUE(first == a || first == b);
	CU_ASSERT_PTR_EQUAL(directory_next_with_address(d, &address, first), first == a ? b : a);
	CU_ASSERT_PTR_NULL(directory_next_with_address(d, &address, first == a ? b : a));
	add_at(DIRECTORY_UNPROTECTED, 3, 1);
	directory_remove(d, a);
	CU_ASSERT_FALSE(guards(1, "10.9.0.1", NULL));
	CU_ASSERT_TRUE(guards(2, "10.9.0.1", NULL));
	tear_down();
}

static void entries_of_all_lengths_are_found(void)
{
	static const char *const prefixes[] = {"2001:db8::1", "2001:db8::/64", "2001:db8::/56",
					       "2001:db8::/32"};
	const struct pdp_prefix host = prefix_of("2001:db8::1"), net = prefix_of("2001:db8::/64");
	const struct session *s = NULL;
	unsigned of_host = 0, of_net = 0;

	set_up();
	for (unsigned i = 0; i < 4; i++)
		bind_to(add(DIRECTORY_UNPROTECTED, i), prefixes[i]);
	while ((s = directory_next_with_address(d, &host, s)) != NULL)
		of_host++;
	while ((s = directory_next_with_address(d, &net, s)) != NULL)
		of_net++;
	CU_ASSERT_EQUAL(of_host, 4);
	CU_ASSERT_EQUAL(of_net, 3);
	tear_down();
}

/* As the GGSN routes it. */
static void address_belongs_to_the_session_with_the_longest_prefix(void)
{
	struct session *victim, *wide, *elsewhere;

	set_up();
	victim = add_at(DIRECTORY_PROTECTED, 1, 1);
	bind_to(victim, "2001:db8:0:1::/64");
	elsewhere = add_at(DIRECTORY_PROTECTED, 4, 2);
	bind_to(elsewhere, "2001:db8:0:2::/64");
	for (unsigned i = 0; i < 2; i++) {
		wide = add_at(i ? DIRECTORY_PROTECTED : DIRECTORY_UNPROTECTED, 2 + i, 1);
		bind_to(wide, "2001:db8::/48");
		CU_ASSERT_TRUE(guards(1, "2001:db8:0:1::5", wide));
		CU_ASSERT_FALSE(guards(1, "2001:db8:0:2::5", wide));
		CU_ASSERT_FALSE(guards(1, "2001:db8:0:1::5", victim));
	}
	tear_down();
}

static struct session *add_of_subscriber(unsigned number, uint8_t nsapi, uint8_t primary,
					 const char *text)
{
	const struct e2m_imsi imsi = imsi_of(number);
	const struct tunnel up = ggsn_tunnel(1, 0x100u + nsapi);
	struct session *s = directory_add(d, DIRECTORY_PROTECTED, &imsi, nsapi);

	s->primary = primary;
	set_tunnel(s, E2M_UPLINK, up);
	bind_to(s, text);
	return s;
}

static void longer_prefix_of_the_same_pdn_or_without_protection_takes_nothing(void)
{
	struct session *wide;

	set_up();
	wide = add_at(DIRECTORY_PROTECTED, 1, 1);
	bind_to(wide, "2001:db8::/48");
	bind_to(add_at(DIRECTORY_UNPROTECTED, 2, 1), "2001:db8:0:1::/64");
	add_of_subscriber(1, 6, wide->primary, "2001:db8:0:2::/64");
	add_of_subscriber(1, 7, 7, "2001:db8:0:3::/64");
	CU_ASSERT_FALSE(guards(1, "2001:db8:0:1::5", wide));
	CU_ASSERT_FALSE(guards(1, "2001:db8:0:2::5", wide));
	CU_ASSERT_TRUE(guards(1, "2001:db8:0:3::5", wide));
	tear_down();
}

static void contexts_of_one_pdn_are_alone_with_their_address(void)
{
	const struct pdp_prefix host = prefix_of("10.9.0.1");
	struct session *s, *second;

	set_up();
	s = add_at(DIRECTORY_PROTECTED, 1, 1);
	bind_to(s, "10.9.0.1");
	add_of_subscriber(1, 6, s->primary, "10.9.0.1");
	bind_to(add_at(DIRECTORY_UNPROTECTED, 2, 1), "10.9.0.1");
	CU_ASSERT_TRUE(directory_is_alone(d, s, &host));
	second = add_of_subscriber(1, 7, 7, "10.9.0.1");
	CU_ASSERT_FALSE(directory_is_alone(d, s, &host));
	directory_remove(d, second);
	CU_ASSERT_TRUE(directory_is_alone(d, s, &host));
	tear_down();
}

static void session_at_an_unknown_ggsn_has_its_own_address(void)
{
	struct session *s;

	set_up();
	s = add(DIRECTORY_UNPROTECTED, 1);
	bind_to(s, "10.9.0.1");
	bind_to(add_at(DIRECTORY_PROTECTED, 2, 1), "10.9.0.1");
	CU_ASSERT_TRUE(guards(1, "10.9.0.1", NULL));
	CU_ASSERT_FALSE(guards(1, "10.9.0.1", s));
	tear_down();
}

static void address_of_another_ended_pdn_connection_of_the_subscriber_is_guarded(void)
{
	struct session *s, *second;

	set_up();
	s = add_at(DIRECTORY_PROTECTED, 1, 1);
	second = add_of_subscriber(1, 7, 7, "10.9.0.1");
	CU_ASSERT_PTR_NOT_NULL(directory_leave_ended(d, second));
	directory_remove(d, second);
	CU_ASSERT_TRUE(guards(1, "10.9.0.1", s));
	tear_down();
}

/* --- networks --- */

static void network_is_its_sessions_and_guarded_from_others(void)
{
	const struct pdp_prefix network = prefix_of("192.168.7.0/24"),
				delegated = prefix_of("2001:db8:7::/48");
	struct session *s, *other;

	set_up();
	s = add_at(DIRECTORY_PROTECTED, 1, 1);
	other = add_at(DIRECTORY_PROTECTED, 2, 1);
	CU_ASSERT_PTR_NOT_NULL(directory_add_network(d, s, &network));
	CU_ASSERT_PTR_NOT_NULL(directory_add_network(d, s, &delegated));
	CU_ASSERT_TRUE(owns(s, "192.168.7.9"));
	CU_ASSERT_TRUE(owns(s, "2001:db8:7::9"));
	CU_ASSERT_FALSE(owns(s, "192.168.8.9"));
	CU_ASSERT_FALSE(owns(other, "192.168.7.9"));
	CU_ASSERT_FALSE(guards(1, "192.168.7.9", s));
	CU_ASSERT_TRUE(guards(1, "192.168.7.9", other));
	CU_ASSERT_TRUE(guards(1, "192.168.7.9", NULL));
	CU_ASSERT_FALSE(guards(1, "192.168.8.9", NULL));
	tear_down();
}

static void network_does_not_have_what_another_session_has_in_a_longer_prefix(void)
{
	const struct pdp_prefix wide = prefix_of("10.0.0.0/8"), inner = prefix_of("10.9.0.0/16"),
				own_inner = prefix_of("10.9.0.0/24");
	struct session *s, *victim;

	set_up();
	s = add_at(DIRECTORY_PROTECTED, 1, 1);
	victim = add_at(DIRECTORY_PROTECTED, 2, 1);
	bind_to(s, "10.9.0.2");
	bind_to(victim, "10.9.0.1");
	CU_ASSERT_PTR_NOT_NULL(directory_add_network(d, s, &wide));
	CU_ASSERT_TRUE(guards(1, "10.9.0.1", s));
	CU_ASSERT_FALSE(guards(1, "10.9.0.2", s));
	CU_ASSERT_FALSE(guards(1, "10.9.0.3", s));
	CU_ASSERT_PTR_NOT_NULL(directory_add_network(d, victim, &inner));
	CU_ASSERT_TRUE(guards(1, "10.9.0.3", s));
	CU_ASSERT_FALSE(guards(1, "10.9.0.2", s));
	CU_ASSERT_FALSE(guards(1, "10.8.0.3", s));
	CU_ASSERT_FALSE(guards(1, "10.9.0.3", victim));
	CU_ASSERT_PTR_NOT_NULL(directory_add_network(d, s, &own_inner));
	CU_ASSERT_FALSE(guards(1, "10.9.0.3", s));
	tear_down();
}

static void networks_of_one_pdn_are_found_by_its_sessions(void)
{
	const struct pdp_prefix network = prefix_of("192.168.7.0/24");
	const struct e2m_imsi imsi = imsi_of(1);
	struct session *primary, *secondary, *other_pdn, *entry;

	set_up();
	primary = add_at(DIRECTORY_PROTECTED, 1, 1);
	secondary = directory_add(d, DIRECTORY_PROTECTED, &imsi, 6);
	secondary->primary = primary->nsapi;
	other_pdn = directory_add(d, DIRECTORY_PROTECTED, &imsi, 7);
	entry = directory_add_network(d, primary, &network);
	CU_ASSERT_PTR_EQUAL(directory_next_network(d, primary, NULL), entry);
	CU_ASSERT_PTR_EQUAL(directory_next_network(d, secondary, NULL), entry);
	CU_ASSERT_PTR_NULL(directory_next_network(d, primary, entry));
	CU_ASSERT_PTR_NULL(directory_next_network(d, other_pdn, NULL));
	CU_ASSERT_TRUE(owns(secondary, "192.168.7.9"));
	CU_ASSERT_FALSE(owns(other_pdn, "192.168.7.9"));
	directory_remove(d, entry);
	CU_ASSERT_FALSE(owns(primary, "192.168.7.9"));
	tear_down();
}

/* --- ends --- */

static void ended_session_leaves_tunnels_and_addresses(void)
{
	const struct e2m_imsi imsi = imsi_of(1);
	struct session *s, *ended;

	set_up();
	s = add_at(DIRECTORY_PROTECTED, 1, 1);
	bind_to(s, "10.9.0.1");
	bind_to(s, "2001:db8::/64");
	ended = directory_leave_ended(d, s);
	directory_remove(d, s);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ended);
	CU_ASSERT_EQUAL(ended->kind, DIRECTORY_ENDED);
	CU_ASSERT_PTR_NULL(directory_find_subscriber(d, &imsi, 5));
	CU_ASSERT_PTR_EQUAL(at_tunnel(E2M_UPLINK, ggsn_tunnel(1, 1)), ended);
	CU_ASSERT_PTR_EQUAL(at_tunnel(E2M_DOWNLINK, tunnel_at(1, 1, 1)), ended);
	CU_ASSERT_TRUE(guards(1, "10.9.0.1", NULL));
	CU_ASSERT_TRUE(guards(1, "2001:db8::9", NULL));
	tear_down();
}

static void ended_session_is_guarded_at_its_ggsn_alone_without_tunnels_too(void)
{
	struct session *s, *ended;

	set_up();
	s = add_at(DIRECTORY_PROTECTED, 1, 1);
	add_at(DIRECTORY_UNPROTECTED, 2, 2);
	bind_to(s, "10.9.0.1");
	ended = directory_leave_ended(d, s);
	directory_remove(d, s);
	CU_ASSERT_FALSE(directory_ended_lost_tunnel(d, ended, E2M_UPLINK));
	CU_ASSERT_FALSE(directory_ended_lost_tunnel(d, ended, E2M_DOWNLINK));
	CU_ASSERT_PTR_NULL(at_tunnel(E2M_UPLINK, ggsn_tunnel(1, 1)));
	CU_ASSERT_TRUE(guards(1, "10.9.0.1", NULL));
	CU_ASSERT_FALSE(guards(2, "10.9.0.1", NULL));
	tear_down();
}

static void ended_session_has_nothing_left_when_all_is_lost(void)
{
	struct session *s, *ended;

	set_up();
	s = add_at(DIRECTORY_PROTECTED, 1, 1);
	bind_to(s, "10.9.0.1");
	bind_to(s, "2001:db8::/64");
	ended = directory_leave_ended(d, s);
	directory_remove(d, s);
	CU_ASSERT_FALSE(directory_ended_lost_address(d, ended, false));
	CU_ASSERT_FALSE(guards(1, "10.9.0.1", NULL));
	CU_ASSERT_FALSE(directory_ended_lost_tunnel(d, ended, E2M_UPLINK));
	CU_ASSERT_FALSE(directory_ended_lost_tunnel(d, ended, E2M_DOWNLINK));
	CU_ASSERT_TRUE(directory_ended_lost_address(d, ended, true));
	directory_remove(d, ended);
	CU_ASSERT_EQUAL(directory_count(d, DIRECTORY_ENDED), 0);
	CU_ASSERT_EQUAL(gsns_find(directory_gsns(d), ggsn_tunnel(1, 1).receiver), 0);
	tear_down();
}

static void session_comes_before_an_ended_one_with_its_tunnel(void)
{
	struct session *s, *again;

	set_up();
	again = add_at(DIRECTORY_UNPROTECTED, 1, 1);
	s = add_at(DIRECTORY_PROTECTED, 1, 1);
	directory_leave_ended(d, s);
	directory_remove(d, s);
	CU_ASSERT_PTR_EQUAL(at_tunnel(E2M_UPLINK, ggsn_tunnel(1, 1)), again);
	tear_down();
}

static void session_with_nothing_leaves_nothing(void)
{
	set_up();
	CU_ASSERT_PTR_NULL(directory_leave_ended(d, add(DIRECTORY_PROTECTED, 1)));
	CU_ASSERT_FALSE(directory_is_overfull(d));
	tear_down();
}

static void without_a_place_for_an_ended_session_all_foreign_addresses_are_guarded(void)
{
	struct session *own, *s;

	set_up();
	own = add_at(DIRECTORY_UNPROTECTED, 100, 1);
	bind_to(own, "10.9.0.2");
	while (directory_room(d, DIRECTORY_ENDED) > 0)
		add(DIRECTORY_UNPROTECTED, 200 + directory_room(d, DIRECTORY_ENDED));
	s = add_at(DIRECTORY_PROTECTED, 1, 1);
	CU_ASSERT_FALSE(guards(1, "10.9.0.3", NULL));
	CU_ASSERT_PTR_NULL(directory_leave_ended(d, s));
	CU_ASSERT_TRUE(directory_is_overfull(d));
	CU_ASSERT_TRUE(guards(1, "10.9.0.3", NULL));
	CU_ASSERT_TRUE(guards(1, "10.9.0.3", own));
	CU_ASSERT_FALSE(guards(1, "10.9.0.2", own));
	tear_down();
}

UNIT_MAIN("directory",
	  {"session is found by subscriber until it is removed",
	   session_is_found_by_subscriber_until_it_is_removed},
	  {"all contexts of a subscriber are found", all_contexts_of_a_subscriber_are_found},
	  {"each kind has the room that the configuration says",
	   each_kind_has_the_room_that_the_configuration_says},
	  {"ids are those of the kind and come in order",
	   ids_are_those_of_the_kind_and_come_in_order},
	  {"freed id is not used again soon", freed_id_is_not_used_again_soon},
	  {"places are used again for ever", places_are_used_again_for_ever},
	  {"restored session keeps id and serial", restored_session_keeps_id_and_serial},
	  {"tunnel is found in its direction", tunnel_is_found_in_its_direction},
	  {"teid of a protected session is barred at its GGSN's other addresses",
	   teid_of_a_protected_session_is_barred_at_its_ggsns_other_addresses},
	  {"one teid at many GGSNs is found at each", one_teid_at_many_ggsns_is_found_at_each},
	  {"all contexts with a control tunnel are found",
	   all_contexts_with_a_control_tunnel_are_found},
	  {"conversion changes the id alone", conversion_changes_the_id_alone},
	  {"conversion without room changes nothing", conversion_without_room_changes_nothing},
	  {"address of a protected session is guarded in other tunnels",
	   address_of_a_protected_session_is_guarded_in_other_tunnels},
	  {"session made anew may have the address from before that",
	   session_made_anew_may_have_the_address_from_before_that},
	  {"prefix guards all its hosts", prefix_guards_all_its_hosts},
	  {"same address at another GGSN is not guarded",
	   same_address_at_another_ggsn_is_not_guarded},
	  {"address of another GGSN is not the session's own",
	   address_of_another_ggsn_is_not_the_sessions_own},
	  {"address that no GGSN has given counts as every GGSN",
	   address_that_no_ggsn_has_given_counts_as_every_ggsn},
	  {"session at an unknown GGSN is guarded at every GGSN",
	   session_at_an_unknown_ggsn_is_guarded_at_every_ggsn},
	  {"GGSN is known by all its addresses", ggsn_is_known_by_all_its_addresses},
	  {"address may belong to sessions at two GGSNs",
	   address_may_belong_to_sessions_at_two_ggsns},
	  {"entries of all lengths are found", entries_of_all_lengths_are_found},
	  {"network is its session's and guarded from others",
	   network_is_its_sessions_and_guarded_from_others},
	  {"address belongs to the session with the longest prefix",
	   address_belongs_to_the_session_with_the_longest_prefix},
	  {"longer prefix of the same PDN or without protection takes nothing",
	   longer_prefix_of_the_same_pdn_or_without_protection_takes_nothing},
	  {"contexts of one PDN are alone with their address",
	   contexts_of_one_pdn_are_alone_with_their_address},
	  {"session at an unknown GGSN has its own address",
	   session_at_an_unknown_ggsn_has_its_own_address},
	  {"address of another ended PDN connection of the subscriber is guarded",
	   address_of_another_ended_pdn_connection_of_the_subscriber_is_guarded},
	  {"network does not have what another session has in a longer prefix",
	   network_does_not_have_what_another_session_has_in_a_longer_prefix},
	  {"networks of one PDN are found by its sessions",
	   networks_of_one_pdn_are_found_by_its_sessions},
	  {"ended session leaves tunnels and addresses",
	   ended_session_leaves_tunnels_and_addresses},
	  {"ended session is guarded at its GGSN alone, without tunnels too",
	   ended_session_is_guarded_at_its_ggsn_alone_without_tunnels_too},
	  {"ended session has nothing left when all is lost",
	   ended_session_has_nothing_left_when_all_is_lost},
	  {"session comes before an ended one with its tunnel",
	   session_comes_before_an_ended_one_with_its_tunnel},
	  {"session with nothing leaves nothing", session_with_nothing_leaves_nothing},
	  {"without a place for an ended session all foreign addresses are guarded",
	   without_a_place_for_an_ended_session_all_foreign_addresses_are_guarded})
