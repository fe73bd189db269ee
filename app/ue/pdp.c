/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/pdp.h"

#include <errno.h>

#include "gtp/gtpu.h"
#include "ue/pdp_dialect.h"

static void peer_requested(void *arg, const struct endpoint *from,
			   const struct control_message *request);

static const struct pdp_dialect *dialect_of(unsigned version)
{
	return version == 2 ? &pdp_v2 : &pdp_v1;
}

const struct pdp_words *pdp_words(unsigned version)
{
	return &dialect_of(version)->words;
}

static int open_place(struct pdp *pdp, struct pdp_place *place, const struct endpoint *local,
		      struct control_path *path, struct user_tunnel *user_tunnel)
{
	*place = (struct pdp_place){
		.pdp = pdp,
		.local = *local,
		.path = path,
		.user_tunnel = user_tunnel,
		.end = {.requested = peer_requested, .arg = place},
	};
	return control_path_add_end(path, &place->end);
}

int pdp_init(struct pdp *pdp, const struct pdp_config *config, struct control_path *path,
	     struct user_tunnel *user_tunnel)
{
	*pdp = (struct pdp){.config = *config,
			    .dialect = dialect_of(config->version),
			    .state = PDP_NONE,
			    .peer = config->ggsn};
	pdp->at = &pdp->places[0];
	return open_place(pdp, pdp->at, &config->local, path, user_tunnel);
}

int pdp_add_place(struct pdp *pdp, const struct endpoint *local, struct control_path *path,
		  struct user_tunnel *user_tunnel)
{
	return open_place(pdp, &pdp->places[1], local, path, user_tunnel);
}

struct pdp_place *pdp_other_place(struct pdp *pdp)
{
	struct pdp_place *other = &pdp->places[pdp->at == &pdp->places[0]];

	return other->path ? other : NULL;
}

void pdp_stop(struct pdp *pdp)
{
	control_path_cancel(&pdp->request);
}

static void tell(struct pdp *pdp, enum pdp_event event, uint8_t cause)
{
	pdp->config.changed(pdp->config.arg, event, cause);
}

/* --- requests --- */

/* Sends what has been written to request.message from a place; len is what its writer returned. */
static int send_request(struct pdp *pdp, struct pdp_place *from, enum pdp_phase state, uint8_t type,
			int len, control_answered answered)
{
	if (len < 0)
		return len;
	pdp->request.len = (size_t)len;
	pdp->request.version = pdp->dialect->version;
	pdp->request.type = type;
	pdp->request.answered = answered;
	pdp->request.arg = pdp;
	pdp->state = state;
	control_path_request(from->path, &pdp->request, &pdp->peer);
	return 0;
}

static uint32_t begin_request(struct pdp *pdp, struct pdp_place *from)
{
	control_path_cancel(&pdp->request);
	pdp->request.sequence = control_path_next_sequence(from->path, pdp->dialect->version);
	return pdp->request.sequence;
}

/* Where the peer says that its ends are; what it does not say stays as it was. */
static void learn_ends(struct pdp *pdp, const struct pdp_answer *answer)
{
	struct user_tunnel *tunnel = pdp->at->user_tunnel;

	if (answer->has_control_teid)
		pdp->peer_teid = answer->control_teid;
	if (answer->has_user_teid)
		tunnel->peer_teid = answer->user_teid;
	if (answer->control.len > 0)
		pdp->peer = endpoint_from_gsn(&answer->control, endpoint_port(&pdp->config.ggsn));
	if (answer->user.len > 0)
		tunnel->peer = endpoint_from_gsn(&answer->user, GTPU_PORT);
}

/* A static address need not be in the answer. INADDR_ANY: there is none. */
static struct in_addr address_of(const struct pdp *pdp, const struct pdp_answer *answer)
{
	return answer->has_address && answer->address.s_addr != INADDR_ANY ? answer->address
									   : pdp->config.address;
}

/* TS 29.060 table 6, TS 29.274 table 7.2.2-1: what an accepted answer to a Create cannot do without, but for the
 * address. */
static bool is_complete(const struct pdp_answer *answer)
{
	return answer->has_control_teid && answer->has_user_teid && answer->control.len > 0 &&
	       answer->user.len > 0;
}

static struct pdp_answer read_answer(const struct pdp *pdp, const struct control_message *response)
{
	return response ? pdp->dialect->read(pdp, response) : (struct pdp_answer){0};
}

static void create_answered(void *arg, const struct control_message *response)
{
	struct pdp *pdp = arg;
	const struct pdp_answer answer = read_answer(pdp, response);

	pdp->state = PDP_NONE;
	if (!response) {
		tell(pdp, PDP_NO_ANSWER, 0);
	} else if (!answer.accepts) {
		tell(pdp, PDP_REFUSED, answer.cause);
	} else if (!is_complete(&answer) || address_of(pdp, &answer).s_addr == INADDR_ANY) {
		tell(pdp, PDP_REFUSED, 0);
	} else {
		learn_ends(pdp, &answer);
		pdp->address = address_of(pdp, &answer);
		pdp->state = PDP_ACTIVE;
		tell(pdp, PDP_CREATED, answer.cause);
	}
}

static void update_answered(void *arg, const struct control_message *response)
{
	struct pdp *pdp = arg;
	const struct pdp_answer answer = read_answer(pdp, response);

	pdp->state = PDP_ACTIVE;
	if (!response) {
		tell(pdp, PDP_NO_ANSWER, 0);
	} else if (answer.is_gone) {
		pdp->state = PDP_NONE;
		tell(pdp, PDP_GONE, answer.cause);
	} else if (!answer.accepts) {
		tell(pdp, PDP_REFUSED, answer.cause);
	} else {
		learn_ends(pdp, &answer);
		tell(pdp, PDP_UPDATED, answer.cause);
	}
}

/* The old place still takes what is on its way to it. */
static void move_answered(void *arg, const struct control_message *response)
{
	struct pdp *pdp = arg;
	const struct pdp_answer answer = read_answer(pdp, response);

	if (response && answer.accepts) {
		pdp->at = pdp_other_place(pdp);
		learn_ends(pdp, &answer);
		pdp->state = PDP_ACTIVE;
		tell(pdp, PDP_MOVED, answer.cause);
	} else {
		update_answered(arg, response);
	}
}

/* Whatever the peer says to a Delete, the context is gone (TS 29.060 7.3.6, TS 29.274 7.2.10.1). */
static void delete_answered(void *arg, const struct control_message *response)
{
	struct pdp *pdp = arg;
	const struct pdp_answer answer = read_answer(pdp, response);

	pdp->state = PDP_NONE;
	tell(pdp, response ? PDP_DELETED : PDP_NO_ANSWER, answer.cause);
}

int pdp_create(struct pdp *pdp, const struct pco_e2m *pco)
{
	uint8_t octets[PCO_MAX_LEN];
	size_t pco_len = pco_write_e2m(octets, pdp->config.numbers, pco);
	int len = pdp->dialect->write_create(pdp, begin_request(pdp, pdp->at),
					     (struct gtp_octets){octets, (uint16_t)pco_len},
					     pdp->request.message, CONTROL_MESSAGE_MAX);

	return send_request(pdp, pdp->at, PDP_CREATING, pdp->dialect->create_type, len,
			    create_answered);
}

/* From a place, which need not be the one that has the context yet. */
static int send_update(struct pdp *pdp, struct pdp_place *from, struct gtp_octets pco,
		       enum pdp_phase state, control_answered answered)
{
	int len = pdp->dialect->write_update(pdp, from, begin_request(pdp, from), pco,
					     pdp->request.message, CONTROL_MESSAGE_MAX);

	return send_request(pdp, from, state, pdp->dialect->update_type, len, answered);
}

int pdp_update(struct pdp *pdp, const struct pco_e2m *pco)
{
	uint8_t octets[PCO_MAX_LEN];
	size_t len = pco_write_e2m(octets, pdp->config.numbers, pco);

	return send_update(pdp, pdp->at, (struct gtp_octets){octets, (uint16_t)len}, PDP_UPDATING,
			   update_answered);
}

int pdp_move(struct pdp *pdp)
{
	struct pdp_place *to = pdp_other_place(pdp);

	if (!to)
		return -ENOENT;
	/* The peer may send there before its answer is here. */
	to->user_tunnel->peer = pdp->at->user_tunnel->peer;
	to->user_tunnel->peer_teid = pdp->at->user_tunnel->peer_teid;
	return send_update(pdp, to, (struct gtp_octets){0}, PDP_MOVING, move_answered);
}

int pdp_delete(struct pdp *pdp)
{
	int len = pdp->dialect->write_delete(pdp, begin_request(pdp, pdp->at), pdp->request.message,
					     CONTROL_MESSAGE_MAX);

	return send_request(pdp, pdp->at, PDP_DELETING, pdp->dialect->delete_type, len,
			    delete_answered);
}

/* --- requests of the peer --- */

static bool is_answered(const struct pdp *pdp, const struct control_message *request)
{
	return pdp->response.len > 0 && pdp->response.type == request->type &&
	       pdp->response.sequence == request->sequence;
}

/* Does what it asks for; true: the context is no more. */
static bool answer(struct pdp *pdp, const struct pdp_place *place,
		   const struct control_message *request)
{
	bool gone = false;
	int len = pdp->dialect->answer(pdp, place, request, pdp->response.octets,
				       sizeof(pdp->response.octets), &gone);

	pdp->response.len = len > 0 ? (size_t)len : 0;
	pdp->response.type = request->type;
	pdp->response.sequence = request->sequence;
	return gone;
}

static void peer_requested(void *arg, const struct endpoint *from,
			   const struct control_message *request)
{
	struct pdp_place *place = arg;
	struct pdp *pdp = place->pdp;
	bool gone = false;

	if (request->version != pdp->dialect->version)
		return;
	if (!is_answered(pdp, request))
		gone = answer(pdp, place, request);
	if (pdp->response.len > 0)
		control_path_respond(place->path, from, pdp->response.octets, pdp->response.len);
	if (gone) {
		control_path_cancel(&pdp->request);
		pdp->state = PDP_NONE;
		tell(pdp, PDP_GONE, 0);
	}
}
