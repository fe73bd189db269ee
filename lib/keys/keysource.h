/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keysource: "give me the keyset of (IMSI, SQN|RAND)". One interface; behind it a Diameter peer (e2m.md 4) or
 * a static file for a lab without a core. The HSE's control thread opens, asks and collects; each answer,
 * whichever thread makes it, waits in a queue until keysource_fd is readable. Retry, coalescing and caching
 * are in pull.h. The settings (keysource_config.c) are for the program that reads the configuration.
 */
#ifndef KEYS_KEYSOURCE_H
#define KEYS_KEYSOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "config/config.h"
#include "e2m/e2m.h"

enum keysource_kind {
	KEYSOURCE_DIAMETER,
	KEYSOURCE_FILE,
};

/* One entry of the `key_sources:` list, tried in the order of the list. */
struct keysource_config {
	int kind;     /* enum keysource_kind */
	char *name;   /* for logs and counters: 1 to 32 letters, digits and '_' */
	char *host;   /* diameter: Destination-Host; without it and hosts any peer of realm */
	char **hosts; /* the same, of several that answer the same pulls */
	size_t hosts_count;
	bool has_hosts;
	char *realm;
	char *path;	   /* file */
	const char *where; /* place of path in the configuration, as faults begin; NULL: unknown */
	bool prefetch;	   /* also asked for keysets that other sources gave: pull.h */
	/* diameter: the source is an HSS and gives a keyset for this time after it was made.
	 * Without it, until the keyset is replaced (e2m.md 2). */
	uint32_t keyset_retention_s;
	bool has_retention;
};

extern const struct config_field keysource_config_fields[];

/* Checks what the table cannot see: each kind has its own settings. Resolves path from the folder of file, which
 * owns it, and where, from here on. Reports errors at path_of_entry ("key_sources[0]"). Returns true if there is
 * none. */
bool keysource_config_check(struct keysource_config *config, struct config_file *file,
			    const char *path_of_entry, FILE *errors);

/* Checks outside resources for --check: whether a file can be read, and all errors in it. Call it
 * after keysource_config_check. */
bool keysource_config_check_outside(const struct keysource_config *config,
				    const struct config_file *file, const char *path_of_entry,
				    FILE *errors);

enum keysource_outcome {
	KEYSOURCE_FOUND,
	KEYSOURCE_USER_UNKNOWN,	  /* final */
	KEYSOURCE_NOT_AVAILABLE,  /* final for this source; another may still have it */
	KEYSOURCE_NOT_AUTHORIZED, /* final */
	KEYSOURCE_BUSY,		  /* later */
	KEYSOURCE_UNREACHABLE,	  /* later */
	KEYSOURCE_TIMEOUT,	  /* later */
	KEYSOURCE_BAD_ANSWER,	  /* answered with something that e2m.md does not allow */
	KEYSOURCE_OUTCOMES,
};

/* "found", "user_unknown", ...: the names of counters. */
const char *keysource_outcome_name(enum keysource_outcome outcome);

/* What is wrong with a BAD_ANSWER, 0 to KEYSOURCE_FAULTS - 1: the name of a counter. 0: "none". */
#define KEYSOURCE_FAULTS 10
const char *keysource_fault_name(unsigned fault);

struct keysource_request {
	struct e2m_imsi imsi;
	struct e2m_keyset_id id;
};

struct keysource_answer {
	uint64_t cookie;
	enum keysource_outcome outcome;
	unsigned fault;
	struct e2m_keyset keyset; /* FOUND only; the caller of keysource_collect wipes it */
	enum e2m_eea ciphering;
	enum e2m_eia integrity;
	uint32_t lifetime_s; /* 0: until replaced */
	char detail[256];    /* for people */
};

struct keysource;

/*
 * Answers that wait for keysource_collect, of all sources opened on the queue. Free it when no request can be
 * on its way any more: after diameter_stop. Answers that were not collected are wiped.
 */
struct keysource_queue;
struct keysource_queue *keysource_queue_new(void); /* NULL with errno */
void keysource_queue_free(struct keysource_queue *queue);

/* Called for faults of a source. subject is "key_sources.NAME". text begins with the place in the
 * configuration and says what is wrong; NULL: the fault is repaired. The call repeats at each try,
 * every second. Any thread. */
typedef void (*keysource_fault)(const char *subject, const char *text);

/*
 * Opens a source; config is copied. A file is read in the background, again and again until it is
 * valid. Until then the source cannot be asked, and fault (or NULL) is called. NULL: no memory.
 * KEYSOURCE_DIAMETER uses the Diameter stack of the process (diameter_init).
 */
struct keysource *keysource_open(const struct keysource_config *config,
				 struct keysource_queue *queue, keysource_fault fault);
/* Wipes the keys of a file. Call it when no request is on its way any more: after diameter_stop. NULL is allowed. */
void keysource_close(struct keysource *source);

/* Asks. If 0 is returned, exactly one answer with cookie follows, also after timeout_ms. -EHOSTUNREACH: the source
 * cannot be asked now. -ENOBUFS: too many requests are on their way. -ENOMEM. Never blocks. */
int keysource_ask(struct keysource *source, const struct keysource_request *request,
		  uint32_t timeout_ms, uint64_t cookie);

/* Why the source cannot be asked now, for people: "hss.home.example is not connected: ..."; "": it
 * can be asked. */
void keysource_why(const struct keysource *source, char *text, size_t size);

/* The file that the source is, until keysource_close. NULL: the file is not read yet, or
 * the source is none. */
struct keysource_file;
const struct keysource_file *keysource_file(const struct keysource *source);
/* The i-th keyset, from 0; the caller wipes it. Returns false if there are no more. */
bool keysource_file_keyset(const struct keysource_file *file, size_t i, struct e2m_imsi *imsi,
			   struct e2m_keyset *keyset);

/* How often the source asked another host because one did not serve; 0 for a file. */
uint64_t keysource_failovers(const struct keysource *source);

/* Readable (an eventfd) while there are answers. */
int keysource_fd(const struct keysource_queue *queue);

/* Takes up to max answers, oldest first; returns their number. The queue keeps no copy of the keys. */
size_t keysource_collect(struct keysource_queue *queue, struct keysource_answer *answers,
			 size_t max);

#endif
