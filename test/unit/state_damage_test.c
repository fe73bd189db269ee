/* SPDX-License-Identifier: BSD-3-Clause */
/* A file that is not what was written is refused, or what is wrong with it does not matter: never does it
 * give other records, and never does it end the process. */
#include "unit_state.h"

#include <lmdb.h>
#include <sys/mman.h>

#include "base/crc32c.h"
#include "state/internal.h"

static struct lab_loaded right;

/* Writes sessions and COUNTs, in several batches where there are many, with some gone again, so that
 * there are free pages. */
static void make(uint32_t records)
{
	struct state *state = lab_open();
	struct state_change *changes = calloc(records, sizeof(*changes));

	for (uint32_t i = 0; i < records; i++)
		changes[i] = i % 3 == 0	  ? lab_session(i + 1, i)
			     : i % 3 == 1 ? lab_counts(i, i)
					  : lab_entry(i, i % 2 ? STATE_UNPROTECTED : STATE_ENDED);
	if (records > 4)
		lab_write(state, changes, records / 2, 100);
	lab_write(state, changes, records, 200);
	for (uint32_t i = 0; i < records / 5; i++)
		changes[i].is_gone = true;
	if (records > 4)
		lab_write(state, changes, records / 5, 300);
	lab_load(state, &right);
	CU_ASSERT_EQUAL(right.sessions + right.counts + right.entries, records - records / 5);
	state_close(state);
	free(changes);
}

static size_t file_size(void)
{
	struct stat st;

	return stat(lab_file, &st) == 0 ? (size_t)st.st_size : 0;
}

/* Refused with what to do, or as it was. */
static bool is_refused_or_right(bool *refused)
{
	struct state *state = lab_open();
	struct lab_loaded l = {0};
	const bool loaded = state && lab_load(state, &l);
	const bool same = loaded && memcmp(&l, &right, sizeof(l)) == 0 &&
			  (state_age(state) == 300 || state_age(state) == 200);

	*refused = !loaded;
	if (state)
		state_close(state);
	if (!loaded)
		return strstr(lab_errors, "doc/state.md") || strstr(lab_errors, "newer hse");
	return same;
}

/* Far from anything that was ever written. */
static bool is_blank(int fd, size_t at)
{
	static const uint8_t zeros[32];
	uint8_t octets[32];

	return at >= sizeof(octets) &&
	       pread(fd, octets, sizeof(octets), (off_t)(at - sizeof(octets) + 1)) > 0 &&
	       memcmp(octets, zeros, sizeof(zeros)) == 0;
}

static void flip_octets(size_t step)
{
	static const uint8_t masks[] = {0x01, 0x80, 0xff, 0x10};
	const size_t size = file_size();
	unsigned wrong = 0, refusals = 0;
	int fd = open(lab_file, O_RDWR);
	bool refused;

	for (size_t at = 0; at < size; at += step) {
		uint8_t was, is;
		if (is_blank(fd, at))
			continue;
		if (pread(fd, &was, 1, (off_t)at) != 1)
			abort();
		is = was ^ masks[at / step % 4];
		if (pwrite(fd, &is, 1, (off_t)at) != 1)
			abort();
		if (!is_refused_or_right(&refused)) {
			printf("octet %zu of page %zu: %s", at % 4096, at / 4096, lab_errors);
			wrong++;
		}
		refusals += refused;
		if (pwrite(fd, &was, 1, (off_t)at) != 1)
			abort();
	}
	close(fd);
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(refusals > 0);
}

static void every_octet_of_a_small_file(void)
{
	lab_begin();
	make(4);
	flip_octets(1);
	lab_end();
}

static void octets_all_over_a_file_with_branches(void)
{
	lab_begin();
	make(600);
	CU_ASSERT(file_size() > 100000);
	flip_octets(101);
	lab_end();
}

static void a_file_that_was_cut_off_anywhere(void)
{
	unsigned wrong = 0;
	size_t size;
	bool refused;

	lab_begin();
	make(100);
	size = file_size();
	for (size_t len = size; len > 0;) {
		len = len > 1000 ? len - 1000 : 0;
		if (truncate(lab_file, (off_t)len) != 0)
			abort();
		/* The last pages may be free ones. */
		wrong += !is_refused_or_right(&refused) || (!refused && len < size / 2);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	lab_end();
}

static void pages_of_zeros_and_of_garbage(void)
{
	uint8_t page[4096], was[4096];
	unsigned wrong = 0, refusals = 0;
	bool refused;

	lab_begin();
	make(600);
	int fd = open(lab_file, O_RDWR);
	for (unsigned i = 0; i < file_size() / sizeof(page); i++)
		for (unsigned garbage = 0; garbage < 2; garbage++) {
			for (size_t j = 0; j < sizeof(page); j++)
				page[j] = garbage ? (uint8_t)(j * 167 + i * 13 + j / 7) : 0;
			if (pread(fd, was, sizeof(was), (off_t)(i * sizeof(page))) < 0 ||
			    pwrite(fd, page, sizeof(page), (off_t)(i * sizeof(page))) < 0)
				abort();
			wrong += !is_refused_or_right(&refused);
			refusals += refused;
			if (pwrite(fd, was, sizeof(was), (off_t)(i * sizeof(page))) < 0)
				abort();
		}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(refusals > 20);
	close(fd);
	lab_end();
}

/* Two pages in each other's place: each is whole, and none is where it belongs. */
static void pages_in_each_others_place(void)
{
	const size_t page = 4096;
	unsigned wrong = 0, refusals = 0;
	bool refused;

	lab_begin();
	make(600);
	const size_t size = file_size();
	int fd = open(lab_file, O_RDWR);
	uint8_t *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	uint8_t was[4096];
	for (size_t i = 0; i + 1 < size / page; i++) {
		memcpy(was, map + i * page, page);
		memcpy(map + i * page, map + (i + 1) * page, page);
		memcpy(map + (i + 1) * page, was, page);
		wrong += !is_refused_or_right(&refused);
		refusals += refused;
		memcpy(was, map + i * page, page);
		memcpy(map + i * page, map + (i + 1) * page, page);
		memcpy(map + (i + 1) * page, was, page);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(refusals > 20);
	munmap(map, size);
	close(fd);
	lab_end();
}

/* The file as another program of LMDB could leave it: whole, but with a record that is not ours. */
static void put(const char *key, size_t key_len, const void *value, size_t len)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_val k = {key_len, (void *)key}, v = {len, (void *)value};

	mdb_env_create(&env);
	if (mdb_env_open(env, lab_file, MDB_NOSUBDIR | MDB_NOLOCK, 0600) != 0 ||
	    mdb_txn_begin(env, NULL, 0, &txn) != 0 || mdb_dbi_open(txn, NULL, 0, &dbi) != 0 ||
	    mdb_put(txn, dbi, &k, &v, 0) != 0 || mdb_txn_commit(txn) != 0)
		abort();
	mdb_env_close(env);
}

/* The first len octets of a record. */
static void get(const char *key, size_t key_len, void *value, size_t len)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_val k = {key_len, (void *)key}, v;

	mdb_env_create(&env);
	if (mdb_env_open(env, lab_file, MDB_NOSUBDIR | MDB_NOLOCK, 0600) != 0 ||
	    mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0 ||
	    mdb_dbi_open(txn, NULL, 0, &dbi) != 0 || mdb_get(txn, dbi, &k, &v) != 0 ||
	    v.mv_size < len)
		abort();
	memcpy(value, v.mv_data, len);
	mdb_txn_abort(txn);
	mdb_env_close(env);
}

static void a_record_that_is_not_ours(void)
{
	bool refused;

	lab_begin();
	make(4);
	put("S\0\0\0\7", 5, "nonsense", 8);
	CU_ASSERT(is_refused_or_right(&refused) && refused);
	CU_ASSERT_PTR_NOT_NULL(strstr(lab_errors, "damaged: session 7."));
	lab_end();
}

/* That format, age 0, and the CRC that goes with them. */
static void expect_refusal_of_format(uint8_t format, const char *why)
{
	uint8_t head[16] = {format};
	uint32_t crc;
	bool refused;

	lab_begin();
	make(4);
	crc = crc32c(crc32c(0xffffffff, "A", 1), head, 12);
	memcpy(head + 12, &crc, sizeof(crc));
	put("A", 1, head, sizeof(head));
	CU_ASSERT(is_refused_or_right(&refused) && refused);
	CU_ASSERT_PTR_NOT_NULL(strstr(lab_errors, why));
	lab_end();
}

static void a_state_of_a_newer_hse(void)
{
	expect_refusal_of_format(4, "format 4, which a newer hse has written");
}

/* A session of format 2 has no addresses: its value is shorter. */
static void put_format_2(void)
{
	uint8_t head[16] = {2, 0, 0, 0, 77}, value[RECORD_VALUE_MAX];
	struct record r;
	const struct state_change session = lab_session(9, 5);
	uint32_t crc;

	record_of_change(&r, &session);
	r.value_len -= sizeof(struct pdp_address) + sizeof(uint32_t) + sizeof(crc);
	memcpy(value, r.value, r.value_len);
	crc = crc32c(crc32c(0xffffffff, r.key, r.key_len), value, r.value_len);
	memcpy(value + r.value_len, &crc, sizeof(crc));
	put((const char *)r.key, r.key_len, value, r.value_len + sizeof(crc));
	crc = crc32c(crc32c(0xffffffff, "A", 1), head, 12);
	memcpy(head + 12, &crc, sizeof(crc));
	put("A", 1, head, sizeof(head));
}

static void a_state_of_format_2_is_read_and_brought_up_to_date(void)
{
	struct state_session was = lab_session(9, 5).session;
	struct state *state;
	struct lab_loaded l;
	uint8_t format;

	lab_begin();
	state_close(lab_open());
	put_format_2();
	state = lab_open();
	CU_ASSERT_PTR_NOT_NULL_FATAL(state);
	CU_ASSERT_EQUAL(state_age(state), 77);
	CU_ASSERT_TRUE(lab_load(state, &l));
	was.address = (struct pdp_address){0};
	was.apn = 0;
	CU_ASSERT_EQUAL(memcmp(&l.last_session, &was, sizeof(was)), 0);
	state_close(state);
	get("A", 1, &format, sizeof(format));
	CU_ASSERT_EQUAL(format, 3);
	lab_end();
}

static void a_state_of_an_earlier_hse(void)
{
	expect_refusal_of_format(1, "format 1, which an earlier hse has written");
}

UNIT_MAIN("state-damage", {"every octet of a small file", every_octet_of_a_small_file},
	  {"octets all over a file with branches", octets_all_over_a_file_with_branches},
	  {"a file that was cut off anywhere", a_file_that_was_cut_off_anywhere},
	  {"pages of zeros and of garbage", pages_of_zeros_and_of_garbage},
	  {"pages in each other's place", pages_in_each_others_place},
	  {"a record that is not ours", a_record_that_is_not_ours},
	  {"a state of a newer hse", a_state_of_a_newer_hse},
	  {"a state of an earlier hse", a_state_of_an_earlier_hse},
	  {"a state of format 2 is read and brought up to date",
	   a_state_of_format_2_is_read_and_brought_up_to_date})
