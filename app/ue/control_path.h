/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * control_path: the end of GTP-C of an SGSN (TS 29.060) or S-GW (TS 29.274). Sends requests until they are
 * answered or N3 tries are over, matches responses by sequence number and peer, answers echo, and hands
 * requests of the GGSN or P-GW to whom their TEID belongs. Shared by all UEs of the process.
 */
#ifndef UE_CONTROL_PATH_H
#define UE_CONTROL_PATH_H

#include <stdint.h>
#include <sys/queue.h>

#include "gtp/gtpc_v1.h"
#include "gtp/gtpc_v2.h"
#include "ue/counters.h"
#include "ue/endpoint.h"
#include "ue/loop.h"
#include "ue/teid_table.h"

#define CONTROL_MESSAGE_MAX   1024
#define CONTROL_REQUEST_LISTS 1024 /* power of two */

/* A message of either version of GTP-C, and what they have in common. */
struct control_message {
	unsigned version; /* of GTP: which of v1 and v2 it is */
	uint8_t type;
	uint32_t teid;
	bool has_sequence;
	uint32_t sequence;
	union {
		struct gtpc_v1 v1;
		struct gtpc_v2 v2;
	};
};

/* response is NULL when none came; it lives in the path's buffer. */
typedef void (*control_answered)(void *arg, const struct control_message *response);

/* A request, from control_path_request until it is answered or cancelled. message, len, version,
 * type and sequence are the caller's to fill. */
struct control_request {
	uint8_t message[CONTROL_MESSAGE_MAX];
	size_t len;
	uint8_t version; /* of GTP */
	uint8_t type;	 /* the response's is one more */
	uint32_t sequence;
	control_answered answered;
	void *arg;
	/* The path's own. */
	LIST_ENTRY(control_request) link;
	struct control_path *path; /* NULL: not on its way */
	struct endpoint peer;
	struct loop_timer timer;
	unsigned sent;
};

/* A tunnel end point for signalling: who gets the GGSN's or P-GW's requests for teid. */
struct control_end {
	uint32_t teid;
	void (*requested)(void *arg, const struct endpoint *from,
			  const struct control_message *request);
	void *arg;
};

struct control_path {
	struct loop *loop;
	struct loop_source source;
	struct ue_counters *counters;
	struct teid_table ends;
	LIST_HEAD(, control_request) requests[CONTROL_REQUEST_LISTS]; /* by sequence number */
	uint32_t t3_ms;
	unsigned n3;
	uint32_t sequence;
	uint8_t recovery; /* restart counter: TS 29.060 7.7.11, TS 29.274 8.5 */
};

/* Binds to local. t3_ms and n3: TS 29.060 7.6. Negative errno. */
int control_path_open(struct control_path *path, struct loop *loop, const struct endpoint *local,
		      uint32_t t3_ms, unsigned n3, struct ue_counters *counters);
void control_path_close(struct control_path *path);

/* Fills end->teid; -ENOSPC. end stays where it is as long as path is open. */
int control_path_add_end(struct control_path *path, struct control_end *end);
/* From now on end's TEID is nobody's; it is not given out again. */
void control_path_remove_end(struct control_path *path, const struct control_end *end);

/* version: of GTP. */
uint32_t control_path_next_sequence(struct control_path *path, unsigned version);

/* Sends request to peer; answered is called exactly once, later, unless it is cancelled before. */
void control_path_request(struct control_path *path, struct control_request *request,
			  const struct endpoint *peer);
/* Forgets request if it is on its way. */
void control_path_cancel(struct control_request *request);

/* Sends a response. */
void control_path_respond(struct control_path *path, const struct endpoint *to,
			  const uint8_t *message, size_t len);

#endif
