/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/pdp.h"

#include <errno.h>
#include <string.h>

#include "gtp/gtpu.h"

static void ggsn_requested(void *arg, const struct endpoint *from, const struct gtpc_v1 *request);

static int open_place(struct pdp *pdp, struct pdp_place *place, const struct endpoint *local,
		      struct control_path *path, struct user_tunnel *user_tunnel)
{
	*place = (struct pdp_place){
		.pdp = pdp,
		.local = *local,
		.path = path,
		.user_tunnel = user_tunnel,
		.end = {.requested = ggsn_requested, .arg = place},
	};
	return control_path_add_end(path, &place->end);
}

int pdp_init(struct pdp *pdp, const struct pdp_config *config, struct control_path *path,
	     struct user_tunnel *user_tunnel)
{
	*pdp = (struct pdp){.config = *config, .state = PDP_NONE, .peer = config->ggsn};
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

/* Sends what has been written to request.message from a place; len is what its writer returned. */
static int send_request(struct pdp *pdp, struct pdp_place *from, enum pdp_state state,
			enum gtpc_v1_type type, int len, control_answered answered)
{
	if (len < 0)
		return len;
	pdp->request.len = (size_t)len;
	pdp->request.type = (uint8_t)type;
	pdp->request.answered = answered;
	pdp->request.arg = pdp;
	pdp->state = state;
	control_path_request(from->path, &pdp->request, &pdp->peer);
	return 0;
}

static void begin_request(struct pdp *pdp, struct pdp_place *from)
{
	control_path_cancel(&pdp->request);
	pdp->request.sequence = control_path_next_sequence(from->path);
}

/* Where the GGSN says that its ends are; what it does not say stays as it was. */
static void learn_ends(struct pdp *pdp, const struct gtpc_v1 *response)
{
	if (response->present & GTPC_V1_HAS_TEID_CONTROL)
		pdp->peer_teid = response->teid_control;
	if (response->present & GTPC_V1_HAS_TEID_DATA)
		pdp->at->user_tunnel->peer_teid = response->teid_data;
	if (response->gsn_control.len > 0)
		pdp->peer =
			endpoint_from_gsn(&response->gsn_control, endpoint_port(&pdp->config.ggsn));
	if (response->gsn_user.len > 0)
		pdp->at->user_tunnel->peer = endpoint_from_gsn(&response->gsn_user, GTPU_PORT);
}

/* TS 29.060 table 6: what an accepted Create Response cannot do without. */
static bool is_complete(const struct gtpc_v1 *response)
{
	const uint32_t needed = GTPC_V1_HAS_TEID_CONTROL | GTPC_V1_HAS_TEID_DATA;

	return (response->present & needed) == needed && response->gsn_control.len > 0 &&
	       response->gsn_user.len > 0;
}

static uint8_t cause_of(const struct gtpc_v1 *response)
{
	return response->present & GTPC_V1_HAS_CAUSE ? response->cause : 0;
}

static void create_answered(void *arg, const struct gtpc_v1 *response)
{
	struct pdp *pdp = arg;
	uint8_t ipv4[4];

	pdp->state = PDP_NONE;
	if (!response) {
		tell(pdp, PDP_NO_ANSWER, 0);
	} else if (!gtpc_v1_cause_accepts(cause_of(response))) {
		tell(pdp, PDP_REFUSED, cause_of(response));
	} else if (!is_complete(response) ||
		   gtpc_v1_end_user_ipv4(&response->end_user_address, ipv4)) {
		tell(pdp, PDP_REFUSED, 0);
	} else {
		learn_ends(pdp, response);
		memcpy(&pdp->address, ipv4, sizeof(pdp->address));
		pdp->state = PDP_ACTIVE;
		tell(pdp, PDP_CREATED, response->cause);
	}
}

static void update_answered(void *arg, const struct gtpc_v1 *response)
{
	struct pdp *pdp = arg;
	uint8_t cause = response ? cause_of(response) : 0;

	pdp->state = PDP_ACTIVE;
	if (!response) {
		tell(pdp, PDP_NO_ANSWER, 0);
	} else if (cause == GTPC_V1_CAUSE_NON_EXISTENT) {
		pdp->state = PDP_NONE;
		tell(pdp, PDP_GONE, cause);
	} else if (!gtpc_v1_cause_accepts(cause)) {
		tell(pdp, PDP_REFUSED, cause);
	} else {
		learn_ends(pdp, response);
		tell(pdp, PDP_UPDATED, cause);
	}
}

/* The old place still takes what is on its way to it. */
static void move_answered(void *arg, const struct gtpc_v1 *response)
{
	struct pdp *pdp = arg;

	if (response && gtpc_v1_cause_accepts(cause_of(response))) {
		pdp->at = pdp_other_place(pdp);
		learn_ends(pdp, response);
		pdp->state = PDP_ACTIVE;
		tell(pdp, PDP_MOVED, response->cause);
	} else {
		update_answered(arg, response);
	}
}

/* Whatever the GGSN says to a Delete, the context is gone (TS 29.060 7.3.6). */
static void delete_answered(void *arg, const struct gtpc_v1 *response)
{
	struct pdp *pdp = arg;

	pdp->state = PDP_NONE;
	tell(pdp, response ? PDP_DELETED : PDP_NO_ANSWER, response ? cause_of(response) : 0);
}

int pdp_create(struct pdp *pdp, const struct pco_e2m *pco)
{
	const struct pdp_config *config = &pdp->config;
	uint8_t pco_octets[PCO_MAX_LEN];
	size_t pco_len = pco_write_e2m(pco_octets, config->numbers, pco);

	begin_request(pdp, pdp->at);
	const struct gtpc_v1_create create = {
		.sequence = pdp->request.sequence,
		.imsi = config->imsi,
		.msisdn = config->msisdn,
		.apn = config->apn,
		.nsapi = config->nsapi,
		.recovery = pdp->at->path->recovery,
		.teid_data = pdp->at->user_tunnel->teid,
		.teid_control = pdp->at->end.teid,
		.gsn = endpoint_gsn_address(&pdp->at->local),
		.pco = {pco_octets, (uint16_t)pco_len},
	};
	int len = gtpc_v1_write_create_request(pdp->request.message, CONTROL_MESSAGE_MAX, &create);
	return send_request(pdp, pdp->at, PDP_CREATING, GTPC_V1_CREATE_PDP_REQUEST, len,
			    create_answered);
}

/* From a place, which need not be the one that has the context yet. */
static int send_update(struct pdp *pdp, struct pdp_place *from, struct gtp_octets pco,
		       enum pdp_state state, control_answered answered)
{
	begin_request(pdp, from);
	const struct gtpc_v1_update update = {
		.sequence = pdp->request.sequence,
		.peer_teid_control = pdp->peer_teid,
		.nsapi = pdp->config.nsapi,
		.recovery = from->path->recovery,
		.teid_data = from->user_tunnel->teid,
		.teid_control = from->end.teid,
		.gsn = endpoint_gsn_address(&from->local),
		.pco = pco,
	};
	int len = gtpc_v1_write_update_request(pdp->request.message, CONTROL_MESSAGE_MAX, &update);
	return send_request(pdp, from, state, GTPC_V1_UPDATE_PDP_REQUEST, len, answered);
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
	/* The GGSN may send there before its answer is here. */
	to->user_tunnel->peer = pdp->at->user_tunnel->peer;
	to->user_tunnel->peer_teid = pdp->at->user_tunnel->peer_teid;
	return send_update(pdp, to, (struct gtp_octets){0}, PDP_MOVING, move_answered);
}

int pdp_delete(struct pdp *pdp)
{
	begin_request(pdp, pdp->at);
	int len = gtpc_v1_write_delete_request(pdp->request.message, CONTROL_MESSAGE_MAX,
					       pdp->request.sequence, pdp->peer_teid,
					       pdp->config.nsapi, true);
	return send_request(pdp, pdp->at, PDP_DELETING, GTPC_V1_DELETE_PDP_REQUEST, len,
			    delete_answered);
}

/* The path hands on Delete Requests only. */
static void ggsn_requested(void *arg, const struct endpoint *from, const struct gtpc_v1 *request)
{
	struct pdp_place *place = arg;
	struct pdp *pdp = place->pdp;
	uint8_t message[32];
	bool ours =
		pdp->state == PDP_ACTIVE || pdp->state == PDP_UPDATING || pdp->state == PDP_MOVING;

	/* Where both delete at once, each gets its answer (TS 29.060 7.3.5). */
	uint8_t cause = ours || pdp->state == PDP_DELETING ? GTPC_V1_CAUSE_ACCEPTED
							   : GTPC_V1_CAUSE_NON_EXISTENT;
	int len =
		gtpc_v1_write_cause_response(message, sizeof(message), GTPC_V1_DELETE_PDP_RESPONSE,
					     request->sequence, pdp->peer_teid, cause);
	if (len > 0)
		control_path_respond(place->path, from, message, (size_t)len);
	if (ours) {
		control_path_cancel(&pdp->request);
		pdp->state = PDP_NONE;
		tell(pdp, PDP_GONE, 0);
	}
}
