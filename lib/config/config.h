/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config: a YAML file to a C struct, by a table of fields. Every error names
 * file:line:column: path: what is wrong, and what would be right. Unknown keys, duplicate keys, and
 * values out of range are errors; all errors of a file are reported, not the first alone. All
 * programs use it at start-up; nothing here is fast or needs to be.
 *
 * Scalars that hold keys (CONFIG_HEX with secret set) are wiped from the parser's memory as soon as
 * they are read, and are never echoed in an error; what looks like a key is not echoed wherever it stands. Lists are wiped by config_free; the struct that was
 * filled is the caller's to wipe.
 *
 * Of YAML, one document without anchors, aliases and tags is taken.
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
	bool secret;	   /* never echo the value */
	bool reloads;	   /* a running program takes a new value; all that is below it, too */
	uint64_t min, max; /* CONFIG_UINT; both 0: the member's whole range.
					    * CONFIG_LIST: number of items; both 0: any */
	const char *const *names;	   /* CONFIG_ENUM */
	const int *values;		   /* CONFIG_ENUM, optional */
	const struct config_field *fields; /* CONFIG_STRUCT */
	const struct config_field *item;   /* CONFIG_LIST */
	size_t count_offset;		   /* CONFIG_LIST */
	const void *item_default; /* CONFIG_LIST: what an item is before it is read; NULL: 0 */
	size_t given_offset;	  /* offset of a bool set true when the key is there; 0: none
					    * (so the bool may not be the struct's first member) */
};

#define CONFIG_MEMBER(type, member) \
	.offset = offsetof(type, member), .size = sizeof(((type *)0)->member)

struct config_file; /* the parsed file, and the owner of all strings and lists read from it */

/*
 * Reads path into out, which holds the defaults beforehand, by table (at most 64 fields a mapping).
 * Errors are written to errors, a line each: the first 20, then how many more there are. Returns the
 * file, or NULL when there was any error; out must not be used then. A file with a secret in it that others than its
 * owner may read or write is an error.
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

/* The same for what need not be mended: CONFIG_WARNING comes after the place. */
#define CONFIG_WARNING "warning: "
void config_warning(const struct config_file *file, FILE *errors, const char *path,
		    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* For --check: warns at path of file unless there is a folder for name, a file that is yet to be made. */
void config_warn_of_folder(const struct config_file *file, FILE *errors, const char *path,
			   const char *name);

/* The line of the value at path, or of its nearest parent that is in the file; from 1. */
unsigned config_line(const struct config_file *file, const char *path);

/*
 * Which known word a misspelt one stands for ("did you mean ..."): the one that it takes the fewest insertions,
 * deletions, substitutions and swaps of neighbouring letters to come to, whatever their case. At most one in words of up to 5
 * letters, two of up to 10, three in longer ones. After those, one that begins with the other.
 */
struct config_guess {
	const char *word;
	const char *best;
	unsigned distance; /* of best, or the largest that counts */
	bool is_tied;	   /* best is not the only one so near */
};
/* word and the words that are tried are kept, not copied. */
struct config_guess config_guess_start(const char *word);
void config_guess_try(struct config_guess *guess, const char *known);
/* NULL: none is near enough, or several are equally near. */
const char *config_guess_best(const struct config_guess *guess);

/* "FILE:LINE:COLUMN: PATH" of the value at path, as an error of config_error begins: for faults that are found later.
 * Owned by file; NULL when memory ran out. */
const char *config_where(struct config_file *file, const char *path);

/*
 * What differs between a running configuration and loaded, which was read from file by the same table. take is called
 * for each key whose value differs, with its path; a key that reloads as a whole, or a list of another length, is one
 * key. arg is passed on.
 */
typedef void (*config_difference)(void *arg, const char *path, bool reloads);
void config_compare(const struct config_field *table, const void *running, const void *loaded,
		    config_difference take, void *arg);
/* The same for one struct below path ("key_sources[1]"), by the table of its fields. */
void config_compare_at(const char *path, const struct config_field *fields, const void *running,
		       const void *loaded, config_difference take, void *arg);

/* The path of a file that the configuration names: relative to the folder of the configuration file.
 * Owned by file; NULL when memory ran out. */
const char *config_resolve_path(struct config_file *file, const char *path);

/* Frees strings and lists (the struct that was filled points to them) and wipes secrets. */
void config_free(struct config_file *file);

/* The table for a `numbers:` mapping (struct e2m_numbers), the same in every program. */
extern const struct config_field config_e2m_numbers[];

/* Numbers that cannot be used, or not together; false when there was one. */
bool config_e2m_numbers_check(const struct config_file *file, const struct e2m_numbers *numbers,
			      FILE *errors);

/* Names for CONFIG_ENUM fields that hold enum e2m_eea and enum e2m_eia. */
extern const char *const config_eea_names[];
extern const int config_eea_values[];
extern const char *const config_eia_names[];
extern const int config_eia_values[];

#endif
