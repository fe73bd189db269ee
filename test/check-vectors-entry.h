/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * check-vectors-entry: one entry of a vectors file: its fields, what is expected of them, and the one line
 * that says why it failed. A field that is missing or is not what it should be fails the entry;
 * after the first failure of an entry the others are not told.
 */
#ifndef CHECK_VECTORS_ENTRY_H
#define CHECK_VECTORS_ENTRY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct entry {
	const char *group;
	size_t index;
	const json_t *object;
	bool failed;
};

/* Fails the entry: "group[index].field: text". */
void entry_fail(struct entry *entry, const char *field, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

bool entry_has(const struct entry *entry, const char *field);

/* Reads exactly size octets of hexadecimal digits. False: the entry has failed. */
bool entry_hex(struct entry *entry, const char *field, uint8_t *out, size_t size);

/* Reads any number of octets; the caller frees them. NULL: the entry has failed. */
uint8_t *entry_octets(struct entry *entry, const char *field, size_t *len);

/* Reads an integer from 0 to max. */
bool entry_uint(struct entry *entry, const char *field, uint64_t max, uint64_t *out);

/* Fails the entry if got is not what was expected; false then. */
bool entry_expect_octets(struct entry *entry, const char *field, const uint8_t *expected,
			 size_t expected_len, const uint8_t *got, size_t got_len);
bool entry_expect_uint(struct entry *entry, const char *field, uint64_t expected, uint64_t got);

/* Fails the entry if result is not 0; false then. */
bool entry_expect_ok(struct entry *entry, const char *field, const char *function, int result);

/* The same against the entry's own field. */
bool entry_check_hex(struct entry *entry, const char *field, const uint8_t *got, size_t len);

/* The groups. Each checks one entry, in both directions where there are two. */
void check_aka(struct entry *entry);
void check_algorithm_key(struct entry *entry);
void check_pdu(struct entry *entry);
void check_reconstruct(struct entry *entry);
void check_receive(struct entry *entry);
void check_sequence(struct entry *entry);
void check_pco(struct entry *entry);

#endif
