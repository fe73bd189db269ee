/* SPDX-License-Identifier: BSD-3-Clause */
/* unit_state: a state of sessions and COUNTs in a folder of its own, for the tests of lib/state. */
#ifndef UNIT_STATE_H
#define UNIT_STATE_H

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/state.h"
#include "unit.h"

#define LAB_OCTETS (UINT64_C(64) << 20)

static char lab_folder[64], lab_file[96], lab_lock[96];
static char lab_errors[1024];

/* An empty place for a state. */
static inline void lab_begin(void)
{
	snprintf(lab_folder, sizeof(lab_folder), "/tmp/unit-state-XXXXXX");
	if (!mkdtemp(lab_folder))
		abort();
	snprintf(lab_file, sizeof(lab_file), "%s/sessions.mdb", lab_folder);
	snprintf(lab_lock, sizeof(lab_lock), "%s/lock", lab_folder);
}

static inline void lab_end(void)
{
	unlink(lab_file);
	unlink(lab_lock);
	rmdir(lab_folder);
}

/* What is said of errors is in lab_errors then. */
static inline struct state *lab_open_sized(uint64_t max_octets)
{
	const struct state_config config = {.path = lab_folder, .max_octets = max_octets};
	FILE *errors = fmemopen(lab_errors, sizeof(lab_errors), "w");
	struct state *state = state_open(&config, errors);

	fclose(errors);
	return state;
}

static inline struct state *lab_open(void)
{
	return lab_open_sized(LAB_OCTETS);
}

static inline struct state_change lab_session(uint32_t id, uint32_t ceiling)
{
	struct state_change c = {.kind = STATE_SESSION};
	struct state_session *s = &c.session;

	s->id = id;
	s->serial = id * 3;
	snprintf(s->imsi.digits, sizeof(s->imsi.digits), "26201%09u", id);
	s->nsapi = s->primary = 5;
	s->newest = 1;
	s->counter_octets = 1;
	s->origin = 2;
	for (unsigned i = 0; i < 2; i++) {
		struct state_keyset *k = &s->keysets[i];
		s->has_tunnel[i] = 1;
		tunnel_set_ipv4(&s->tunnel[i], "\x0a\x01\x00\x01");
		s->tunnel[i].teid = id * 2 + i;
		k->flags = STATE_KEYSET_HELD | STATE_KEYSET_KNOWN;
		k->key_id = (uint8_t)(1 + i);
		k->eea = E2M_EEA2;
		k->eia = E2M_EIA2;
		k->id.type = E2M_ID_SQN;
		memcpy(k->id.value, &id, sizeof(id));
		k->id.value[4] = (uint8_t)i;
		memset(k->fingerprint, (int)(id + i), sizeof(k->fingerprint));
		k->lifetime_s = 3600;
		k->ceiling[0] = ceiling;
		k->ceiling[1] = ceiling + 1 + i;
	}
	tunnel_set_ipv6(&s->control_sgsn, "control of sgsn..");
	s->control_ggsn = s->control_sgsn;
	s->control_ggsn.teid = id;
	s->apn = id * 7;
	pdp_address_set_ipv4(&s->address, s->tunnel[0].receiver + 12);
	return c;
}

static inline struct state_change lab_counts(uint32_t id, uint32_t ceiling)
{
	struct state_change c = {.kind = STATE_COUNTS};

	snprintf(c.counts.imsi.digits, sizeof(c.counts.imsi.digits), "26202%09u", id);
	memset(c.counts.fingerprint, (int)id, sizeof(c.counts.fingerprint));
	c.counts.bearer = 5;
	c.counts.ceiling[0] = ceiling;
	c.counts.ceiling[1] = ceiling + 7;
	return c;
}

static inline struct state_change lab_retention(uint32_t id, uint8_t sources)
{
	struct state_change c = {.kind = STATE_RETENTION};
	struct state_retention *r = &c.retention;

	snprintf(r->imsi.digits, sizeof(r->imsi.digits), "26202%09u", id);
	memset(r->fingerprint, (int)id, sizeof(r->fingerprint));
	r->until_s = 86400 + id;
	r->sources_count = sources;
	for (unsigned i = 0; i < sources; i++)
		r->sources[i] = (struct state_retention_source){.name = id + i,
								.flags = STATE_RETENTION_GIVEN |
									 STATE_RETENTION_OPEN,
								.others = (uint8_t)(i % 3),
								.tags = {id, i, id + i}};
	return c;
}

static inline struct state_change lab_entry(uint32_t number, enum state_entry_kind kind)
{
	struct state_change c = {.kind = STATE_ENTRY};
	struct state_entry *e = &c.entry;

	*e = (struct state_entry){.number = number,
				  .kind = (uint8_t)kind,
				  .nsapi = 6,
				  .primary = 5,
				  .origin = 1,
				  .policy = 2,
				  .serial = number * 3};
	snprintf(e->imsi.digits, sizeof(e->imsi.digits), "26201%010u", number);
	tunnel_set_ipv4(&e->control_sgsn, "\x0a\x01\x00\x01");
	tunnel_set_ipv4(&e->control_ggsn, "\x0a\x02\x00\x01");
	e->tunnel[E2M_DOWNLINK] = e->control_sgsn;
	tunnel_set_ipv4(&e->tunnel[E2M_UPLINK], "\x0a\x02\x00\x02");
	e->tunnel[E2M_DOWNLINK].teid = number;
	e->tunnel[E2M_UPLINK].teid = number + 1;
	if (kind == STATE_NETWORK)
		e->network = (struct pdp_prefix){.length = 24, .octets = {192, 168, 7}};
	else
		pdp_address_set_ipv4(&e->address, (uint8_t[]){10, 9, 0, 1});
	if (kind == STATE_UNPROTECTED)
		e->apn = 0x12345678;
	return c;
}

/* Writes changes in one batch; the error of it. */
static inline int lab_write(struct state *state, const struct state_change *changes, size_t count,
			    uint64_t age_s)
{
	struct state_batch *batch = state_batch_new(count);
	int error = -1;

	batch->age_s = age_s;
	batch->count = count;
	memcpy(batch->changes, changes, count * sizeof(*changes));
	if (state_write(state, batch) != 0 || state_wait(state, &error) != batch)
		abort();
	state_batch_free(batch);
	return error;
}

/* What a load gave, records of all kinds in the order in which they came. */
struct lab_loaded {
	size_t sessions, counts, retentions, entries;
	uint64_t sum; /* of all their octets */
	struct state_session last_session;
	struct state_counts last_counts;
	struct state_retention last_retention;
	struct state_entry last_entry;
};

static inline void lab_sum(struct lab_loaded *l, const void *octets, size_t len)
{
	for (size_t i = 0; i < len; i++)
		l->sum = (l->sum ^ ((const uint8_t *)octets)[i]) * UINT64_C(0x100000001b3);
}

static inline bool lab_take_session(void *arg, const struct state_session *s)
{
	struct lab_loaded *l = arg;

	l->sessions++;
	l->last_session = *s;
	lab_sum(l, s, sizeof(*s));
	return true;
}

static inline bool lab_take_counts(void *arg, const struct state_counts *c)
{
	struct lab_loaded *l = arg;

	l->counts++;
	l->last_counts = *c;
	lab_sum(l, c, sizeof(*c));
	return true;
}

static inline bool lab_take_retention(void *arg, const struct state_retention *r)
{
	struct lab_loaded *l = arg;

	l->retentions++;
	l->last_retention = *r;
	lab_sum(l, r, sizeof(*r));
	return true;
}

static inline bool lab_take_entry(void *arg, const struct state_entry *e)
{
	struct lab_loaded *l = arg;

	l->entries++;
	l->last_entry = *e;
	lab_sum(l, e, sizeof(*e));
	return true;
}

static inline bool lab_load(struct state *state, struct lab_loaded *loaded)
{
	const struct state_reader reader = {lab_take_session, lab_take_counts, lab_take_retention,
					    lab_take_entry, loaded};
	FILE *errors = fmemopen(lab_errors, sizeof(lab_errors), "w");
	bool good;

	*loaded = (struct lab_loaded){0};
	good = state_load(state, &reader, errors);
	fclose(errors);
	return good;
}

#endif
