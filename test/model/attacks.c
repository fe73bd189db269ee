/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attacks: known attacks by name, over the same HSE, GSNs and judge as the random sequences. V is protected; A is the
 * attacker's own protected subscriber, whose keys the attacker has; B is the attacker's and names no keyset; W is
 * touched by no attack and must lose nothing. Each attack is played under each policy, and with PDNs of which the HSE
 * can know the address, with ones of which it cannot (0.0.0.0 in the response), and with ones without an address.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "attacker.h"
#include "ggsn.h"
#include "hse.h"
#include "judge.h"
#include "play.h"

enum addresses { WITH_ADDRESS, ADDRESS_NOT_TOLD, WITHOUT_ADDRESS, ADDRESSES };
static const char *const addresses_names[ADDRESSES] = {"with an address", "address 0.0.0.0",
						       "without an address"};

/* How hse is configured, and what happens to it. */
enum setting { DROP, PASS, RESTART, BYPASS, SETTINGS };
static const char *const settings_names[SETTINGS] = {"unknown_teid drop", "unknown_teid pass",
						     "state, and a crash", "bypass"};

static struct {
	enum addresses addresses;
	enum setting setting;
	bool is_protect;
	uint8_t version;
	bool has_happened; /* the GGSN has done what the attacker wanted, or the request did not cross */
} scene;

static struct context *const v = &contexts[SUB_V][0];
static struct context *const a = &contexts[SUB_A][0];

static struct wish wish_of(uint8_t version)
{
	return (struct wish){.version = version,
			     .type = scene.addresses == WITHOUT_ADDRESS ? PDN_NONE : PDN_IPV4};
}

/* Both ways in all contexts, now and after all that the HSE might forget has been forgotten. */
static void exchange_npdus(void)
{
	for (struct pdp *p = pdps; p < pdps + PDPS; p++)
		if (p->is_live)
			ggsn_send_npdu(p);
	for (unsigned s = 0; s < SUBS; s++)
		if (contexts[s][0].is_live)
			sgsn_send_npdu(&contexts[s][0]);
	play_deliver_all();
	if (scene.setting == BYPASS)
		judge_forget();
	else
		judge_settled();
}

static void forge_npdus(void)
{
	const struct context *b = &contexts[SUB_B][0];

	attacker_forge(NULL, &v->up, v->pdn);
	attacker_forge(a, &v->up, v->pdn);
	attacker_forge(a, &a->up, v->pdn);
	attacker_forge(NULL, &b->up, v->pdn);
	play_deliver_all();
}

static void look_on(void)
{
	static const uint16_t times[] = {0, 6000, 12000};

	if (scene.setting == RESTART) {
		hse_crash();
		sgsn_skip_counts();
	}
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		hse_pass(times[i]);
		exchange_npdus();
		forge_npdus();
	}
}

static void say_log(void *arg, const char *line)
{
	(void)arg;
	say("    hse: %s", line);
}

/* In bypass no packet of a protected session crosses, and all messages do, unread. */
static void set_bypass(bool is_on)
{
	hse_set_bypass(is_on);
	hse_settle();
}

static void begin(uint32_t habits)
{
	static const struct hse_ops ops = {
		.sent = judge_sent, .find_keyset = find_keyset, .log = say_log};
	static struct policy_rule protect = {.action = POLICY_PROTECT};
	static const uint8_t subs[] = {SUB_V, SUB_A, SUB_W, SUB_B};
	struct hse_settings settings = {.workers = 2,
					.sessions = 24,
					.counter_octets = COUNTER_OCTETS,
					.drop_unknown = scene.setting != PASS,
					.is_durable = scene.setting == RESTART};
	const struct wish wish = wish_of(scene.version);
	uint32_t of_both[GGSNS];

	habits |= HABIT_BY_IMSI | (scene.addresses == ADDRESS_NOT_TOLD ? HABIT_DHCP : 0);
	of_both[0] = of_both[1] = habits;
	random_begin(1, 1, 1);
	everyone_is_protected = scene.is_protect;
	unknown_passes = scene.setting == PASS;
	if (scene.is_protect)
		settings.policy = (struct policy){.rules = &protect, .count = 1};
	under_way.count = seen.count = 0;
	scene.has_happened = false;
	judge_begin();
	ggsn_begin(of_both);
	sgsn_begin();
	hse_begin(&settings, &ops);
	for (size_t i = 0; i < sizeof(subs); i++) {
		sgsn_create(subs[i], 0, &wish);
		play_deliver_all();
	}
	exchange_npdus();
	set_bypass(scene.setting == BYPASS);
}

/* The GGSN's context of V. */
static struct pdp *pdp_of_v(void)
{
	return ggsn_find_user(0, v->up.teid);
}

/* The attack has happened if the GGSN sends V's downlink there, or if none of the attacker's messages crossed. */
static void expect_moved(const struct tunnel *to, uint64_t crossed_before)
{
	const struct pdp *p = pdp_of_v();

	scene.has_happened = (p && tunnel_is_equal(&p->peer_user, to)) ||
			     tally.messages_left[DATAPATH_CORE] == crossed_before;
}

/* --- attacks --- */

static struct msg update_of_v(const struct tunnel *down)
{
	return sgsn_update_msg(v->version, v->ggsn_control.teid, v->nsapi, down, &v->control);
}

static void move_v(bool is_odd, bool is_fragmented)
{
	const uint64_t before = tally.messages_left[DATAPATH_CORE];
	struct msg m = update_of_v(is_odd ? &v->down : &a->down);
	uint8_t odd[5];

	memcpy(odd, a->down.receiver + 12, 4);
	odd[4] = 0;
	if (is_odd) {
		msg_find(&m, V1_TEID_DATA, 0)->value[3] = (uint8_t)a->down.teid;
		msg_add(&m, V1_GSN, 0, odd, sizeof(odd));
	}
	attacker_send(&m, NODE_HOST, GTPC, 0, is_fragmented);
	play_deliver_all();
	expect_moved(&a->down, before);
}

static void update_onto_the_attackers_tunnel(void)
{
	begin(0);
	move_v(false, false);
}

static void update_in_fragments(void)
{
	begin(0);
	move_v(false, true);
}

static void update_with_an_address_of_five_octets(void)
{
	begin(HABIT_ODD_ADDRESS);
	if (scene.version == 2)
		move_v(false, false);
	else
		move_v(true, false);
}

/* V's Update as it is, the same number elsewhere, then A's onto V's tunnel. */
static void second_request_under_an_answered_number(void)
{
	const struct tunnel host = node_end(NODE_HOST, false, 0x66);
	struct msg m, again;

	begin(HABIT_REPEATS);
	m = update_of_v(&v->down);
	attacker_send(&m, NODE_HOST, 40000, 0, false);
	play_deliver_all();
	again = update_of_v(&host);
	again.sequence = m.sequence;
	attacker_send(&again, NODE_HOST, 40000, 0, false);
	play_deliver_all();
	m = sgsn_update_msg(a->version, a->ggsn_control.teid, a->nsapi, &v->down, &a->control);
	attacker_send(&m, NODE_ATTACKER, GTPC, 0, false);
	play_deliver_all();
	scene.has_happened = true;
}

static void create_as_v(const struct wish *wish, const struct tunnel *down, unsigned keyset)
{
	const struct tunnel control = node_end(NODE_HOST, false, 0x6600);
	const struct msg m =
		sgsn_create_msg(wish, SUB_V, v->nsapi, down, &control, SUB_V, keyset, v->key_id);

	attacker_send(&m, NODE_HOST, GTPC, wish->ggsn, false);
	play_deliver_all();
	scene.has_happened = true;
}

static void context_anew_at_a_second_ggsn(void)
{
	struct wish wish;

	begin(0);
	wish = wish_of(scene.version);
	wish.ggsn = 1;
	create_as_v(&wish, &a->down, 0);
	move_v(false, false);
}

static void context_anew_without_keyset(void)
{
	const struct tunnel host = node_end(NODE_HOST, false, 0x66);
	struct wish wish;

	begin(HABIT_KEEPS_ADDRESS);
	wish = wish_of(scene.version);
	create_as_v(&wish, &host, 0);
}

static void create_of_a_with_the_address_of_v(bool is_other_apn)
{
	struct wish wish;

	begin(HABIT_STATIC);
	wish = wish_of(scene.version);
	wish.apn = is_other_apn;
	wish.static_ipv4 = v->pdn.ipv4;
	sgsn_create(SUB_A, 1, &wish);
	play_deliver_all();
	scene.has_happened = true;
	move_v(false, false);
	{
		const uint64_t before = tally.messages_left[DATAPATH_CORE];
		const struct msg m = update_of_v(&contexts[SUB_A][1].down);

		attacker_send(&m, NODE_HOST, GTPC, 0, false);
		play_deliver_all();
		if (contexts[SUB_A][1].is_live)
			expect_moved(&contexts[SUB_A][1].down, before);
	}
}

static void address_of_v_in_another_apn(void)
{
	create_of_a_with_the_address_of_v(true);
}

static void static_address_of_v_in_the_same_apn(void)
{
	create_of_a_with_the_address_of_v(false);
}

static void handover_on_s2b(void)
{
	const struct tunnel host = node_end(NODE_HOST, false, 0x66);
	struct wish wish;

	begin(HABIT_HANDOVER | HABIT_KEEPS_ADDRESS);
	wish = wish_of(2);
	wish.is_s2b = true;
	create_as_v(&wish, &host, 0);
}

static void gtpv0(void)
{
	begin(0);
	for (unsigned i = 0; i < 6; i++)
		attacker_send_gtpv0(v, i % 2);
	play_deliver_all();
	scene.has_happened = true;
}

static void forged_restart_of_the_sgsn(void)
{
	struct msg m;

	begin(HABIT_KEEPS_RESTARTED);
	m = update_of_v(&v->down);
	msg_add8(&m, scene.version == 1 ? V1_RECOVERY : V2_RECOVERY, 99);
	attacker_send(&m, v->node, GTPC, 0, false);
	play_deliver_all();
	m = (struct msg){.version = scene.version, .type = 1, .sequence = 77};
	msg_add8(&m, scene.version == 1 ? V1_RECOVERY : V2_RECOVERY, 101);
	attacker_send(&m, v->node, GTPC, 0, false);
	play_deliver_all();
	scene.has_happened = true;
}

static void same_imsi_and_nsapi_at_another_ggsn(void)
{
	const struct tunnel host = node_end(NODE_HOST, false, 0x66);
	struct wish wish;

	begin(0);
	wish = wish_of(scene.version);
	wish.ggsn = 1;
	create_as_v(&wish, &host, 1);
}

static void two_echoes_to_a_pgw_that_repeats_recovery(void)
{
	begin(HABIT_ECHO_RECOVERY);
	for (unsigned i = 0; i < 2; i++) {
		struct msg m = {.version = 2, .type = 1, .sequence = 70 + i};

		msg_add8(&m, V2_RECOVERY, (uint8_t)(30 + i));
		attacker_send(&m, NODE_HOST, GTPC, 0, false);
		play_deliver_all();
	}
	/* Nobody has lost anything. */
	for (unsigned s = 0; s < SUBS; s++)
		contexts[s][0].is_clean = true;
	scene.has_happened = true;
}

static void sgsn_restarts_and_the_ggsn_keeps_the_context(void)
{
	struct wish wish;

	begin(HABIT_KEEPS_RESTARTED);
	sgsn_restart(v->node);
	wish = wish_of(scene.version);
	sgsn_create(SUB_V2, 0, &wish);
	play_deliver_all();
	scene.has_happened = pdp_of_v();
}

static void all_answers_to_an_update_are_lost(void)
{
	begin(0);
	for (unsigned i = 0; i < 3; i++) {
		sgsn_move(v, false, false);
		v->is_clean = false;
		hse_settle();
		while (under_way.count > 0) {
			const struct datagram d = queue_take(&under_way, 0);

			/* The GGSN does it; its response never comes to the HSE. */
			if (d.to_core)
				ggsn_take_silently(&d);
		}
		hse_pass(1500);
	}
	scene.has_happened = pdp_of_v() && pdp_of_v()->peer_user.teid != v->down.teid;
}

static void create_of_b_names_the_tunnel_of_v(void)
{
	const struct tunnel control = node_end(NODE_ATTACKER, false, 0x6600);
	struct wish wish;
	struct msg m;

	begin(0);
	wish = wish_of(scene.version);
	m = sgsn_create_msg(&wish, SUB_B, 6, &v->down, &control, SUB_B, 0, 0);
	attacker_send(&m, NODE_ATTACKER, GTPC, 0, false);
	play_deliver_all();
	scene.has_happened = true;
}

static void create_of_a_names_the_tunnel_of_v(void)
{
	const struct tunnel control = node_end(NODE_ATTACKER, false, 0x6600);
	struct wish wish;
	struct msg m;

	begin(0);
	wish = wish_of(scene.version);
	m = sgsn_create_msg(&wish, SUB_A, 6, &v->down, &control, SUB_A, 1, 1);
	attacker_send(&m, NODE_ATTACKER, GTPC, 0, false);
	play_deliver_all();
	scene.has_happened = true;
}

static void forged_delete(void)
{
	struct msg m;

	begin(HABIT_REUSES);
	m = update_of_v(&v->down);
	m.count = 0;
	m.type = scene.version == 1 ? 20 : 36;
	if (scene.version == 1)
		msg_add8(&m, V1_NSAPI, (uint8_t)(0xf0 | v->nsapi));
	else
		msg_add8(&m, V2_EBI, v->nsapi);
	attacker_send(&m, v->node, GTPC, 0, false);
	play_deliver_all();
	scene.has_happened = !pdp_of_v();
}

/* --- the table --- */

static const struct attack {
	const char *name;
	void (*run)(void);
} attacks[] = {
#define ATTACK(function)            \
	{                           \
#function, function \
	}
	ATTACK(update_onto_the_attackers_tunnel),
	ATTACK(update_in_fragments),
	ATTACK(update_with_an_address_of_five_octets),
	ATTACK(second_request_under_an_answered_number),
	ATTACK(context_anew_at_a_second_ggsn),
	ATTACK(context_anew_without_keyset),
	ATTACK(address_of_v_in_another_apn),
	ATTACK(static_address_of_v_in_the_same_apn),
	ATTACK(handover_on_s2b),
	ATTACK(gtpv0),
	ATTACK(forged_restart_of_the_sgsn),
	ATTACK(same_imsi_and_nsapi_at_another_ggsn),
	ATTACK(two_echoes_to_a_pgw_that_repeats_recovery),
	ATTACK(sgsn_restarts_and_the_ggsn_keeps_the_context),
	ATTACK(all_answers_to_an_update_are_lost),
	ATTACK(create_of_b_names_the_tunnel_of_v),
	ATTACK(create_of_a_names_the_tunnel_of_v),
	ATTACK(forged_delete),
};

/*
 * Without an address the tunnel alone decides, so hse must read all messages, and know all tunnels: neither is so with
 * unknown_teid pass, and in bypass.
 */
static bool is_held(enum addresses addresses, enum setting setting)
{
	return addresses == WITH_ADDRESS || setting == DROP || setting == RESTART;
}

static bool play_scene(const struct attack *attack)
{
	say("--- %s, GTPv%u, %s, %s, %s", attack->name, scene.version,
	    addresses_names[scene.addresses], scene.is_protect ? "policy protect" : "no policy",
	    settings_names[scene.setting]);
	attack->run();
	look_on();
	if (finding.verdict == VERDICT_NONE && scene.has_happened)
		return true;
	printf("FAIL %s, GTPv%u, %s, %s, %s: %s%s%s\n", attack->name, scene.version,
	       addresses_names[scene.addresses], scene.is_protect ? "policy protect" : "no policy",
	       settings_names[scene.setting],
	       finding.verdict ? verdict_names[finding.verdict] : "the attack did not happen",
	       finding.verdict ? ": " : "", finding.text);
	return false;
}

/* All combinations that must hold; counts them by result. */
static void play_attack(const struct attack *attack, unsigned results[2])
{
	for (unsigned i = 0; i < ADDRESSES * SETTINGS * 4; i++) {
		scene.addresses = (enum addresses)(i % ADDRESSES);
		scene.setting = (enum setting)(i / ADDRESSES % SETTINGS);
		scene.is_protect = i / ADDRESSES / SETTINGS % 2;
		scene.version = (uint8_t)(1 + i / ADDRESSES / SETTINGS / 2);
		if (is_held(scene.addresses, scene.setting))
			results[play_scene(attack)]++;
	}
}

int main(int argc, char **argv)
{
	unsigned results[2] = {0};

	umask(077);
	if (hse_open() != 0 || keys_open() != 0) {
		fprintf(stderr, "attacks: no memory for DPDK\n");
		return 1;
	}
	is_told = argc == 2;
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
		if (argc < 2 || strcmp(argv[1], attacks[i].name) == 0)
			play_attack(&attacks[i], results);
	hse_close();
	keys_close();
	printf("attacks: %u passed, %u failed\n", results[true], results[false]);
	return results[false] > 0;
}
