/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keysource: "give me the keyset of (IMSI, SQN|RAND)". One interface; behind it a Diameter peer
 * (e2m.md 4) or a static file for a lab without a core. The HSE's control thread asks; answers,
 * whichever thread they were made in, are collected by the control thread when keysource_fd becomes
 * readable. Retry, coalescing and caching are not here: see session/pull.h.
 */
#ifndef KEYSOURCE_KEYSOURCE_H
#define KEYSOURCE_KEYSOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "e2m/e2m.h"

enum keysource_kind {
	KEYSOURCE_DIAMETER,
	KEYSOURCE_FILE,
};

/* One entry of the `key_sources:` list, tried in the order of the list. */
struct keysource_config {
	int kind;   /* enum keysource_kind */
	char *name; /* for logs and counters */
	char *host; /* diameter: Destination-Host; NULL: any peer of realm */
	char *realm;
	char *path; /* file */
};

extern const struct config_field keysource_config_fields[];

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

struct keysource_request {
	struct e2m_imsi imsi;
	struct e2m_keyset_id id;
};

struct keysource_answer {
	uint64_t cookie;
	enum keysource_outcome outcome;
	struct e2m_keyset keyset; /* FOUND only; whoever collects it wipes it */
	enum e2m_eea ciphering;
	enum e2m_eia integrity;
	uint32_t lifetime_s; /* 0: until replaced */
	char detail[96];     /* for people */
};

struct keysource;

/*
 * Opens a source. For KEYSOURCE_FILE the file is read at once, its errors go to errors, and NULL is
 * returned on any. All sources opened on one struct keysource_queue report there.
 */
struct keysource_queue;
struct keysource_queue *keysource_queue_new(void);
void keysource_queue_free(struct keysource_queue *queue); /* wipes answers never collected */

struct keysource *keysource_open(const struct keysource_config *config,
				 const struct e2m_numbers *numbers, struct keysource_queue *queue,
				 FILE *errors);
void keysource_close(struct keysource *source);

/* Asks. Exactly one answer with cookie follows, if 0 is returned; also after keysource_close of
 * nothing but the source. -EHOSTUNREACH: not now. Never blocks. */
int keysource_ask(struct keysource *source, const struct keysource_request *request,
		  uint32_t timeout_ms, uint64_t cookie);

/* Readable (an eventfd) while there are answers. */
int keysource_fd(const struct keysource_queue *queue);

/* Takes up to max answers; returns how many. */
size_t keysource_collect(struct keysource_queue *queue, struct keysource_answer *answers,
			 size_t max);

#endif
