/* SPDX-License-Identifier: BSD-3-Clause */
/* The disk of session_lab, and processes that come after one another. */
#include "session_lab.h"

static struct state_counts *find_counts(const struct state_counts *like)
{
	for (size_t i = 0; i < lab.disk.counts_count; i++) {
		struct state_counts *c = &lab.disk.counts[i];
		if (memcmp(&c->imsi, &like->imsi, sizeof(c->imsi)) == 0 &&
		    memcmp(c->fingerprint, like->fingerprint, sizeof(c->fingerprint)) == 0 &&
		    c->bearer == like->bearer)
			return c;
	}
	return NULL;
}

static void write_counts(const struct state_change *change)
{
	struct state_counts *c = find_counts(&change->counts);

	if (change->is_gone) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(c);
		*c = lab.disk.counts[--lab.disk.counts_count];
		return;
	}
	if (!c) {
		CU_ASSERT_TRUE_FATAL(lab.disk.counts_count < LAB_REMEMBERED);
		c = &lab.disk.counts[lab.disk.counts_count++];
	}
	*c = change->counts;
}

static void write_retention(const struct state_change *change)
{
	struct state_retention *r = lab.disk.retention;
	const struct state_retention *to = &change->retention;
	const struct state_retention *end = r + lab.disk.retention_count;

	while (r < end && (memcmp(&r->imsi, &to->imsi, sizeof(r->imsi)) != 0 ||
			   memcmp(r->fingerprint, to->fingerprint, sizeof(r->fingerprint)) != 0))
		r++;
	if (change->is_gone) {
		CU_ASSERT_TRUE_FATAL(r < end);
		*r = lab.disk.retention[--lab.disk.retention_count];
		return;
	}
	if (r == end)
		CU_ASSERT_TRUE_FATAL(lab.disk.retention_count++ < LAB_REMEMBERED);
	*r = *to;
}

static void write_session(const struct state_change *change)
{
	const uint32_t id = change->session.id;

	CU_ASSERT_TRUE_FATAL(id > 0 && id < LAB_PLACES);
	lab.disk.sessions[id] = change->is_gone ? (struct state_session){0} : change->session;
}

static void write_entry(const struct state_change *change)
{
	const uint32_t number = change->entry.number;

	CU_ASSERT_TRUE_FATAL(number < LAB_PLACES);
	lab.disk.is_overfull |= number == 0;
	lab.disk.entries[number] = change->is_gone ? (struct state_entry){0} : change->entry;
}

bool lab_write(void)
{
	if (!lab.disk.batch)
		lab.disk.batch = state_batch_new(256);
	CU_ASSERT_FALSE_FATAL(lab.disk.is_writing);
	lab.disk.is_writing = session_collect(lab.store, lab.disk.batch);
	CU_ASSERT_TRUE(lab.disk.batch->count <= lab.disk.batch->room);
	return lab.disk.is_writing;
}

void lab_written(int error)
{
	const struct state_batch *batch = lab.disk.batch;

	CU_ASSERT_TRUE_FATAL(lab.disk.is_writing);
	for (size_t i = 0; i < batch->count && error == 0; i++) {
		if (batch->changes[i].kind == STATE_SESSION)
			write_session(&batch->changes[i]);
		else if (batch->changes[i].kind == STATE_ENTRY)
			write_entry(&batch->changes[i]);
		else if (batch->changes[i].kind == STATE_RETENTION)
			write_retention(&batch->changes[i]);
		else
			write_counts(&batch->changes[i]);
	}
	if (error == 0)
		lab.disk.age_s = batch->age_s;
	lab.disk.is_writing = false;
	session_written(lab.store, batch, error);
}

void lab_save(void)
{
	if (lab.disk.is_writing)
		lab_written(0);
	do {
		while (lab_write())
			lab_written(0);
		lab_settle();
	} while (lab_write() && (lab_written(0), true));
}

static void begin_with_what_is_on_disk(void)
{
	uint32_t next = 0;

	lab.config.age_s = lab.disk.age_s;
	lab_begin_process();
	for (size_t i = 0; i < lab.disk.counts_count; i++)
		CU_ASSERT_EQUAL(session_restore_counts(lab.store, &lab.disk.counts[i]), 0);
	for (size_t i = 0; i < lab.disk.retention_count; i++)
		CU_ASSERT_EQUAL(session_restore_retention(lab.store, &lab.disk.retention[i]), 0);
	for (uint32_t id = 1; id < LAB_PLACES; id++)
		if (lab.disk.sessions[id].id)
			CU_ASSERT_EQUAL(session_restore(lab.store, &lab.disk.sessions[id]), 0);
	for (uint32_t number = 0; number < LAB_PLACES; number++)
		if (lab.disk.entries[number].number || (number == 0 && lab.disk.is_overfull))
			CU_ASSERT_EQUAL(session_restore_entry(lab.store, &lab.disk.entries[number]),
					0);
	do {
		next = session_restart(lab.store, next, 3);
		lab_settle();
	} while (next);
}

void lab_crash(void)
{
	lab_end_process();
	lab.disk.is_writing = false;
	for (size_t i = 0; i < lab.asked; i++)
		lab.questions[i].answered = true;
	for (uint64_t i = 0; i < lab.messages; i++)
		if (lab_fate(i) == LAB_HELD)
			lab.left[i]++; /* nobody will ever see it */
	for (uint64_t i = 0; i < lab.notifications; i++)
		lab.answered[i] = true;
	begin_with_what_is_on_disk();
}

void lab_restart(void)
{
	lab_settle();
	if (lab.disk.is_writing)
		lab_written(0);
	lab_settle();
	session_conclude(lab.store);
	while (lab_write())
		lab_written(0);
	lab_crash();
}

const struct state_session *lab_record(unsigned subscriber)
{
	const struct e2m_imsi imsi = lab_imsi(subscriber);
	const struct state_session *found = NULL;

	for (uint32_t id = 1; id < LAB_PLACES; id++) {
		const struct state_session *r = &lab.disk.sessions[id];
		if (r->id && memcmp(&r->imsi, &imsi, sizeof(imsi)) == 0 &&
		    (!found || (int32_t)(r->serial - found->serial) > 0))
			found = r;
	}
	return found;
}
