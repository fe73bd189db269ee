/* SPDX-License-Identifier: BSD-3-Clause */
#include "play.h"

#include <stdio.h>

#include "attacker.h"
#include "ggsn.h"
#include "hse.h"
#include "sgsn.h"

static struct {
	bool is_attacked;
	bool is_lossy;	/* GTP-C is lost, repeated and reordered */
	bool is_lawful; /* the GGSNs keep to the specifications */
	bool is_durable;
	bool is_disk_slow; /* nothing is written */
	uint8_t version;   /* 0: both */
} plan;

uint32_t play_without_habits;

/* --- messages under way --- */

static void deliver(const struct datagram *d)
{
	if (d->to_core)
		ggsn_take(d);
	else
		sgsn_take(d);
}

static void deliver_one(bool is_disturbed)
{
	const struct datagram d = queue_take(&under_way, is_disturbed ? pick(under_way.count) : 0);

	if (is_disturbed)
		sgsn_spoil(&d.source, d.data, d.len);
	if (is_disturbed && one_in(5)) {
		say("    a message of type %u is lost behind the HSE", d.data[1]);
		return;
	}
	deliver(&d);
	if (is_disturbed && one_in(5)) {
		say("    a message of type %u is repeated", d.data[1]);
		send_datagram(&d);
	}
}

void play_deliver_all(void)
{
	hse_settle();
	for (unsigned n = 0; under_way.count > 0 && n < 100; n++) {
		deliver_one(false);
		hse_settle();
	}
}

static void work(void)
{
	if (plan.is_lossy && one_in(4)) {
		for (unsigned n = pick(4); n > 0 && under_way.count > 0; n--) {
			deliver_one(true);
			hse_work();
		}
		judge_forget();
		return;
	}
	play_deliver_all();
	if (plan.is_disk_slow)
		judge_forget();
	else
		judge_settled();
}

/* --- steps --- */

static struct context *pick_context(void)
{
	for (unsigned tries = 0; tries < 6; tries++) {
		struct context *c = &contexts[pick(SUBS)][one_in(3)];

		if (c->is_live)
			return c;
	}
	return NULL;
}

static struct pdp *pick_pdp(void)
{
	for (unsigned tries = 0; tries < 30; tries++) {
		struct pdp *p = &pdps[pick(PDPS)];

		if (p->is_live)
			return p;
	}
	return NULL;
}

static struct wish pick_wish(unsigned sub, unsigned slot)
{
	struct wish wish = {.version = plan.version ? plan.version : (uint8_t)(1 + pick(2)),
			    .type = (uint8_t)(one_in(2) ? PDN_IPV4 : pick(PDN_TYPES)),
			    .apn = (uint8_t)one_in(4),
			    .ggsn = (uint8_t)one_in(5)};

	if (wish.type == PDN_IPV4 && one_in(6))
		wish.static_ipv4 = (uint8_t)(30 + sub + (slot ? SUBS : 0));
	return wish;
}

static void create(unsigned sub, unsigned slot)
{
	struct wish wish = pick_wish(sub, slot);
	const struct context *primary = &contexts[sub][0];

	if (slot == 1 && primary->is_live && primary->is_clean && primary->version == 1 &&
	    one_in(2)) {
		wish.is_secondary = true;
		wish.version = 1;
		wish.ggsn = primary->ggsn;
		wish.apn = primary->apn;
		wish.type = primary->type;
	}
	sgsn_create(sub, slot, &wish);
}

static void step_create(void)
{
	create(pick(SUBS), one_in(3));
}

static void step_move(void)
{
	struct context *c = pick_context();

	if (c && !c->is_pending)
		sgsn_move(c, !subscribers[c->sub].is_attackers && one_in(3),
			  c->version == 1 && c->is_protected && one_in(4));
}

static void step_delete(void)
{
	struct context *c = pick_context();

	if (c && !c->is_pending && (c->version == 1 || !c->is_secondary))
		sgsn_delete(c);
}

static void step_downlink(void)
{
	for (unsigned n = 1 + pick(4); n > 0; n--) {
		struct pdp *p = pick_pdp();

		if (p)
			ggsn_send_npdu(p);
	}
}

static void step_uplink(void)
{
	for (unsigned n = 1 + pick(3); n > 0; n--) {
		struct context *c = pick_context();

		if (c)
			sgsn_send_npdu(c);
	}
}

/* Both ways for each context. */
static void step_traffic(void)
{
	for (struct pdp *p = pdps; p < pdps + PDPS; p++)
		if (p->is_live)
			ggsn_send_npdu(p);
	for (unsigned s = 0; s < SUBS; s++)
		for (unsigned i = 0; i < CONTEXTS; i++)
			if (contexts[s][i].is_live)
				sgsn_send_npdu(&contexts[s][i]);
}

static void step_pass(void)
{
	static const uint16_t times[] = {10, 100, 1100, 5100, 6000, 12000};
	const uint16_t ms = times[pick(sizeof(times) / sizeof(times[0]))];

	say("%u ms pass", ms);
	hse_pass(ms);
}

static void step_of_ggsn(void)
{
	struct pdp *p = pick_pdp();

	if (!p)
		return;
	if (one_in(6))
		ggsn_restart(p->ggsn);
	else if (one_in(2))
		ggsn_dedicate_bearer(p);
	else if (!p->is_told)
		ggsn_tell_address(p);
	else
		ggsn_delete_context(p);
}

static void step_crash(void)
{
	if (!plan.is_durable || plan.is_disk_slow)
		return;
	say("the HSE crashes");
	judge_forget();
	hse_crash();
	ggsn_note_crash();
	sgsn_skip_counts();
	for (unsigned s = 0; s < SUBS; s++)
		for (unsigned i = 0; i < CONTEXTS; i++)
			contexts[s][i].is_clean = false;
}

static void step_disk(void)
{
	if (!plan.is_durable)
		return;
	plan.is_disk_slow = !plan.is_disk_slow;
	say("the disk is %s", plan.is_disk_slow ? "slow" : "fast again");
	hse_set_disk(!plan.is_disk_slow);
}

static void step_sgsn_restart(void)
{
	sgsn_restart(pick(NODES));
}

static void step_echo(void)
{
	sgsn_echo(one_in(3) ? NODE_HOST : pick(NODES), pick(GGSNS));
}

static void step_attack(void)
{
	if (plan.is_attacked && one_in(3))
		attacker_send_npdu();
	else if (plan.is_attacked)
		attacker_signal();
	else
		step_traffic();
}

static void step(void)
{
	static void (*const steps[])(void) = {
		step_create,  step_move,    step_move,	 step_delete,  step_downlink, step_downlink,
		step_traffic, step_uplink,  step_uplink, step_attack,  step_attack,   step_attack,
		step_attack,  step_traffic, step_pass,	 step_traffic, step_downlink, step_uplink};
	static void (*const seldom[])(void) = {step_of_ggsn, step_of_ggsn, step_crash,
					       step_echo,    step_pass,	   step_sgsn_restart,
					       step_disk};

	if (one_in(12))
		seldom[pick(sizeof(seldom) / sizeof(seldom[0]))]();
	else
		steps[pick(sizeof(steps) / sizeof(steps[0]))]();
}

/* --- sequences --- */

static void ignore_log(void *arg, const char *line)
{
	(void)arg;
	say("    hse: %s", line);
}

static const struct hse_ops ops = {
	.sent = judge_sent, .find_keyset = find_keyset, .log = ignore_log};

static uint32_t pick_habits(void)
{
	uint32_t habits = 0;

	for (unsigned bit = 0; bit < 22; bit++)
		if (one_in(3))
			habits |= 1u << bit;
	if (one_in(2))
		habits |= HABIT_BY_IMSI;
	if (!one_in(4))
		habits &= ~(uint32_t)HABIT_IGNORES_UPDATES;
	if (!one_in(4))
		habits &= ~(uint32_t)(HABIT_DHCP | HABIT_NO_ADDRESS);
	habits &= ~play_without_habits;
	return plan.is_lawful ? habits & HABITS_LAWFUL : habits;
}

static void begin(void)
{
	static struct policy_rule protect = {.action = POLICY_PROTECT};
	struct hse_settings settings = {.workers = one_in(4) ? 2 : 1,
					.counter_octets = COUNTER_OCTETS,
					.is_durable = one_in(4),
					.drop_unknown = !one_in(5),
					.pull_on_activation = one_in(2),
					.sessions = one_in(6) ? 3 + pick(6) : 24,
					.idle_flush_s = one_in(3) ? 4 : 0};
	uint32_t habits[GGSNS];

	plan.is_attacked = !one_in(4);
	plan.is_lossy = one_in(4);
	plan.is_lawful = one_in(2);
	plan.is_durable = settings.is_durable;
	plan.is_disk_slow = false;
	plan.version = (uint8_t)pick(3);
	everyone_is_protected = one_in(2);
	unknown_passes = !settings.drop_unknown;
	if (everyone_is_protected)
		settings.policy = (struct policy){.rules = &protect, .count = 1};
	for (unsigned g = 0; g < GGSNS; g++)
		habits[g] = pick_habits();
	/* Of one operator: both report, or none. */
	habits[1] = (habits[1] & ~(uint32_t)HABIT_REPORTS) | (habits[0] & HABIT_REPORTS);
	say("policy %s, unknown_teid %s, state %s, %u workers, GGSNs' habits %#x and %#x",
	    everyone_is_protected ? "protect" : "none", settings.drop_unknown ? "drop" : "pass",
	    settings.is_durable ? "yes" : "no", settings.workers, habits[0], habits[1]);
	under_way.count = seen.count = 0;
	judge_begin();
	ggsn_begin(habits);
	sgsn_begin();
	hse_begin(&settings, &ops);
}

/* The first steps: each subscriber's first context. */
static bool play_beginning(unsigned number)
{
	static const uint8_t chances[SUBS] = {10, 5, 7, 5, 8, 4, 5};

	if (number >= SUBS)
		return false;
	if (pick(10) < chances[number])
		create(number, 0);
	return true;
}

static void end(unsigned steps)
{
	random_begin(0, 0, 0);
	hse_set_disk(true);
	play_deliver_all();
	judge_settled();
	tally.steps += steps;
	tally.sequences++;
}

unsigned play(uint64_t seed, uint64_t number, const struct skipped *skipped)
{
	unsigned steps;

	random_begin(seed, number, 0);
	begin();
	steps = SUBS + 12 + pick(PLAY_STEPS_MAX - SUBS - 12 - 40);
	for (unsigned i = 0; i < steps && finding.verdict == VERDICT_NONE; i++) {
		if (skipped && skipped->is_skipped[i])
			continue;
		random_begin(seed, number, 1 + i);
		if (is_told)
			printf("%u. ", i);
		if (!play_beginning(i))
			step();
		work();
		if (is_told)
			putchar('\n');
	}
	end(steps);
	return steps;
}

void play_shrink(uint64_t seed, uint64_t number, struct skipped *skipped)
{
	const enum verdict verdict = finding.verdict;
	bool is_smaller = true;

	*skipped = (struct skipped){0};
	while (is_smaller) {
		is_smaller = false;
		for (unsigned i = 0; i < PLAY_STEPS_MAX; i++) {
			if (skipped->is_skipped[i])
				continue;
			skipped->is_skipped[i] = true;
			play(seed, number, skipped);
			if (finding.verdict == verdict)
				is_smaller = true;
			else
				skipped->is_skipped[i] = false;
		}
	}
}
