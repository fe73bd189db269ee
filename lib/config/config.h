/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config: reads a YAML file into a C struct by a table of fields. Every error has the form
 * file:line:column: path: what is wrong, and what to write instead. Unknown keys, duplicate keys,
 * and values out of range are errors. All errors of a file are reported. All programs use it at
 * start; it is not fast and need not be.
 *
 * Scalars that hold keys (CONFIG_HEX with secret set) are wiped from the parser's memory as soon as
 * they are read. They are never echoed in an error. Text that looks like a key is never echoed,
 * wherever it stands. config_free wipes the lists; the caller wipes the struct that was filled.
 *
 * A file is one YAML document without anchors, aliases and tags.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "e2m/e2m.h"

enum config_kind {
	CONFIG_BOOL,   /* bool: true/false (or yes/no), without quotes */
	CONFIG_UINT,   /* unsigned integer of size 1, 2, 4 or 8 octets; decimal or 0x, without
			* quotes; min..max */
	CONFIG_STRING, /* char *, owned by the config_file; never empty, printable */
	CONFIG_ENUM,   /* int (size 4): one of names, a NULL-terminated list; the value is its place
			 * in names, or values[place] when values is given */
	CONFIG_HEX,    /* uint8_t[size]: exactly 2*size hex digits */
	CONFIG_ADDRESS, /* struct config_address: IPv4 or IPv6 */
	CONFIG_IMSI,	/* struct e2m_imsi */
	CONFIG_STRUCT,	/* a mapping; fields describe the struct at offset */
	CONFIG_LIST,	/* a sequence: offset is of a pointer to an array, count_offset of a size_t;
			 * each item is read by item (whose offset is 0) into item->size octets */
};

struct config_address {
	int family; /* AF_INET or AF_INET6; 0: not given */
	uint8_t octets[16];
};

struct config_field {
	const char *name; /* key in the mapping; NULL ends a table */
	enum config_kind kind;
	size_t offset; /* in the struct that the table describes */
	size_t size;   /* octets of the member; items of a list: of one item */
	bool required;
	bool secret;  /* never echo the value */
	bool reloads; /* a running program accepts a new value; applies to all fields below too */
	uint64_t min, max;		   /* CONFIG_UINT; both 0: the member's whole range.
					    * CONFIG_LIST: number of items; both 0: any */
	const char *const *names;	   /* CONFIG_ENUM */
	const int *values;		   /* CONFIG_ENUM, optional */
	const struct config_field *fields; /* CONFIG_STRUCT */
	const struct config_field *item;   /* CONFIG_LIST */
	size_t count_offset;		   /* CONFIG_LIST */
	bool or_one;		  /* CONFIG_LIST: a scalar stands for a list of this one item */
	const void *item_default; /* CONFIG_LIST: what an item is before it is read; NULL: 0 */
	size_t given_offset;	  /* offset of a bool set true when the key is there; 0: none
					    * (so the bool may not be the struct's first member) */
};

#define CONFIG_MEMBER(type, member) \
	.offset = offsetof(type, member), .size = sizeof(((type *)0)->member)

struct config_file; /* the parsed file, and the owner of all strings and lists read from it */

/*
 * Reads path into out by table (at most 64 fields a mapping). out must hold the defaults. Errors
 * are written to errors, one a line: the first 20, then the number of further errors. Returns the
 * file, or NULL if there was any error; then do not use out. A file with a secret is an error if
 * other users than its owner may read or write it.
 */
struct config_file *config_load(const char *path, const struct config_field *table, void *out,
				FILE *errors);

/* The same from memory; name stands for the file's name in errors. For tests and fuzzing. */
struct config_file *config_load_memory(const char *name, const char *text, size_t len,
				       const struct config_field *table, void *out, FILE *errors);

/*
 * Reports an error that the table cannot see, at the place of the value at path ("pull.timeout_ms",
 * "ports.access", "subscribers[3].imsi"), or of its nearest parent that is in the file.
 */
void config_error(const struct config_file *file, FILE *errors, const char *path,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Same for a fault that need not be repaired. CONFIG_WARNING follows the place. */
#define CONFIG_WARNING "warning: "
void config_warning(const struct config_file *file, FILE *errors, const char *path,
		    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* For --check: warns at path of file if there is no folder for name, a file that does not exist
 * yet. */
void config_warn_of_folder(const struct config_file *file, FILE *errors, const char *path,
			   const char *name);

/* The line of the value at path, or of its nearest parent in the file; from 1. */
unsigned config_line(const struct config_file *file, const char *path);

/*
 * Finds the known word that a misspelt word probably stands for ("did you mean ..."). It is the
 * word with the fewest insertions, deletions, substitutions and swaps of neighbouring letters,
 * without regard to case. At most one change in words of up to 5 letters, two in words of up to 10,
 * three in longer words. If no word is that near, a word counts if one of the two begins with the
 * other.
 */
struct config_guess {
	const char *word;
	const char *best;
	unsigned distance; /* of best, or the largest distance that counts */
	bool is_tied;	   /* another word is as near as best */
};
/* word and the known words are kept by reference, not copied. */
struct config_guess config_guess_start(const char *word);
void config_guess_try(struct config_guess *guess, const char *known);
/* NULL: no word is near enough, or several are equally near. */
const char *config_guess_best(const struct config_guess *guess);

/* "FILE:LINE:COLUMN: PATH" of the value at path, like the start of a config_error message: for
 * faults found later. Owned by file; NULL if there is no memory. */
const char *config_where(struct config_file *file, const char *path);

/*
 * Compares a running configuration with loaded, which was read from file by the same table. Calls
 * take for each key with a different value, with the path of the key. A key that reloads as a
 * whole, or a list with another length, counts as one key. arg is passed on.
 */
typedef void (*config_difference)(void *arg, const char *path, bool reloads);
void config_compare(const struct config_field *table, const void *running, const void *loaded,
		    config_difference take, void *arg);
/* Same for one struct at path ("key_sources[1]"), with the table of its fields. */
void config_compare_at(const char *path, const struct config_field *fields, const void *running,
		       const void *loaded, config_difference take, void *arg);

/* The path of a file that the configuration names: relative to the folder of the configuration file.
 * Owned by file; NULL when memory ran out. */
const char *config_resolve_path(struct config_file *file, const char *path);

/* Frees strings and lists (the struct that was filled points to them) and wipes secrets. */
void config_free(struct config_file *file);

/* The table for a `numbers:` mapping (struct e2m_numbers), the same in every program. */
extern const struct config_field config_e2m_numbers[];

/* Reports numbers that are invalid, alone or together. Returns false if there was one. */
bool config_e2m_numbers_check(const struct config_file *file, const struct e2m_numbers *numbers,
			      FILE *errors);

/* Names for CONFIG_ENUM fields that hold enum e2m_eea and enum e2m_eia. */
extern const char *const config_eea_names[];
extern const int config_eea_values[];
extern const char *const config_eia_names[];
extern const int config_eia_values[];

#endif
