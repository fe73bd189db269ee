/* SPDX-License-Identifier: BSD-3-Clause */
/* ggsn_answer: what a GGSN of the model reads in a request, and the octets of its response. ggsn.c calls it. */
#ifndef MODEL_GGSN_ANSWER_H
#define MODEL_GGSN_ANSWER_H

#include "ggsn.h"
#include "gtp/pco.h"

enum asked_kind { ASKED_NOTHING, ASKED_ECHO, ASKED_CREATE, ASKED_UPDATE, ASKED_DELETE };

struct asked {
	enum asked_kind kind;
	uint8_t version, nsapi, linked, apn, type, static_ipv4, recovery;
	unsigned sub; /* SUBS: names none */
	uint32_t teid;
	bool is_linked, is_teardown, is_handover;
	bool has_user, has_control, has_user_teid, has_control_teid;
	struct tunnel user, control; /* the peer's ends */
	struct tunnel source;
	uint32_t peer_teid; /* for the response's header */
	uint8_t interface;  /* version 2, of the user plane */
	bool has_e2m;	    /* the PCO names a keyset */
	struct pco_e2m e2m;
};

bool asked_is_request(const struct msg *m);
const char *asked_name(enum asked_kind kind);
void asked_read(struct asked *asked, const struct msg *m, const struct tunnel *source,
		uint32_t habits);
/* p: the context that the response is about; NULL where there is none. */
void answer_write(struct msg *response, const struct msg *request, const struct asked *asked,
		  const struct pdp *p, bool is_accepted, uint8_t recovery, uint32_t habits);

#endif
