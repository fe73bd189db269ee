/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keysource: gets the keyset of (IMSI, SQN|RAND) from one key source. The source is a Diameter peer (e2m.md 4)
 * or, in a lab without a core, a static file. The control thread opens sources, asks them and collects the
 * answers. Any thread may make an answer; the answer then waits in a queue, and keysource_fd is readable.
 * Retry, coalescing and caching are in pull.h. The program that reads the configuration calls
 * keysource_config_*.
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
	char *host;   /* diameter: Destination-Host. Without host and hosts: any peer of realm */
	char **hosts; /* diameter: several hosts that answer the same pulls, instead of host */
	size_t hosts_count;
	bool has_hosts;
	char *realm;
	char *path;	   /* file */
	const char *where; /* place of path in the configuration, for messages; NULL: unknown */
	bool prefetch;	   /* also ask for keysets that other sources gave: pull.h */
	/* diameter: the source is an HSS that gives a keyset for this time after the AKA run. If not
	 * set, the source gives a keyset until the keyset is replaced (e2m.md 2). */
	uint32_t keyset_retention_s;
	bool has_retention;
};

extern const struct config_field keysource_config_fields[];

/* Checks what the table of fields cannot check: each kind has its own settings. Resolves path from the folder
 * of file; from then on file owns path and where. Reports errors at path_of_entry ("key_sources[0]"). Returns
 * true if there are no errors. */
bool keysource_config_check(struct keysource_config *config, struct config_file *file,
			    const char *path_of_entry, FILE *errors);

/* For --check: tries to read the key file and reports all errors in the file. Call this function
 * after keysource_config_check. */
bool keysource_config_check_outside(const struct keysource_config *config,
				    const struct config_file *file, const char *path_of_entry,
				    FILE *errors);

enum keysource_outcome {
	KEYSOURCE_FOUND,
	KEYSOURCE_USER_UNKNOWN,	  /* final */
	KEYSOURCE_NOT_AVAILABLE,  /* final for this source; another source may have the keyset */
	KEYSOURCE_NOT_AUTHORIZED, /* final */
	KEYSOURCE_BUSY,		  /* try again later */
	KEYSOURCE_UNREACHABLE,	  /* try again later */
	KEYSOURCE_TIMEOUT,	  /* try again later */
	KEYSOURCE_BAD_ANSWER,	  /* e2m.md does not allow this answer */
	KEYSOURCE_OUTCOMES,
};

/* "found", "user_unknown", ...: the names of counters. */
const char *keysource_outcome_name(enum keysource_outcome outcome);

/* The fault of a BAD_ANSWER as the name of a counter. fault: 0 ("none") to KEYSOURCE_FAULTS - 1. */
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
 * Answers of all sources opened on the queue; they wait for keysource_collect. Free the queue after
 * diameter_stop, when no request is in flight. keysource_queue_free wipes answers that were not collected.
 */
struct keysource_queue;
struct keysource_queue *keysource_queue_new(void); /* NULL with errno */
void keysource_queue_free(struct keysource_queue *queue);

/* Reports a fault of a source. subject is "key_sources.NAME". text begins with the place in the
 * configuration and says what is wrong; NULL: the fault is repaired. The call comes from any thread,
 * again at each try, every second. */
typedef void (*keysource_fault)(const char *subject, const char *text);

/*
 * Opens a source and copies config. Another thread reads a key file, again and again until the file is
 * valid. Until then the source cannot be asked, and fault is called unless it is NULL. Returns NULL if
 * there is no memory. KEYSOURCE_DIAMETER uses the Diameter stack of the process (diameter_init).
 */
struct keysource *keysource_open(const struct keysource_config *config,
				 struct keysource_queue *queue, keysource_fault fault);
/* Wipes the keys of a file. Call it after diameter_stop, when no request is in flight. NULL is allowed. */
void keysource_close(struct keysource *source);

/* Sends a request. After a return of 0, exactly one answer with cookie follows, after timeout_ms at the latest.
 * -EHOSTUNREACH: the source cannot be asked now. -ENOBUFS: too many requests are in flight. -ENOMEM. Never
 * blocks. */
int keysource_ask(struct keysource *source, const struct keysource_request *request,
		  uint32_t timeout_ms, uint64_t cookie);

/* Writes why the source cannot be asked now, for people: "hss.home.example is not connected: ...".
 * "": the source can be asked. */
void keysource_why(const struct keysource *source, char *text, size_t size);

/* The keysets of a source of kind file, valid until keysource_close. NULL: the file is not read yet, or
 * the source has another kind. */
struct keysource_file;
const struct keysource_file *keysource_file(const struct keysource *source);
/* Returns the i-th keyset, from 0; the caller wipes the keyset. Returns false if there are no more. */
bool keysource_file_keyset(const struct keysource_file *file, size_t i, struct e2m_imsi *imsi,
			   struct e2m_keyset *keyset);

/* How often the source asked another host because one host did not serve. 0 for a file. */
uint64_t keysource_failovers(const struct keysource *source);

/* Readable (an eventfd) while there are answers. */
int keysource_fd(const struct keysource_queue *queue);

/* Takes up to max answers, oldest first. Returns the number of answers. The queue keeps no copy of the keys. */
size_t keysource_collect(struct keysource_queue *queue, struct keysource_answer *answers,
			 size_t max);

#endif
