/* SPDX-License-Identifier: BSD-3-Clause */
/* pdp_v1: a PDP context in GTPv1-C, TS 29.060 7.3. */
#include <string.h>

#include "ue/pdp_dialect.h"

static int write_create(const struct pdp *pdp, uint32_t sequence, struct gtp_octets pco,
			uint8_t *out, size_t size)
{
	const struct pdp_config *config = &pdp->config;
	const bool is_static = config->address.s_addr != INADDR_ANY;
	const struct gtpc_v1_create create = {
		.sequence = (uint16_t)sequence,
		.imsi = config->imsi,
		.msisdn = config->msisdn,
		.apn = config->apn,
		.nsapi = config->nsapi,
		.recovery = pdp->at->path->recovery,
		.teid_data = pdp->at->user_tunnel->teid,
		.teid_control = pdp->at->end.teid,
		.gsn = endpoint_gsn_address(&pdp->at->local),
		.static_ipv4 = is_static ? (const uint8_t *)&config->address : NULL,
		.pco = pco,
	};

	return gtpc_v1_write_create_request(out, size, &create);
}

static int write_update(const struct pdp *pdp, const struct pdp_place *from, uint32_t sequence,
			struct gtp_octets pco, uint8_t *out, size_t size)
{
	const struct gtpc_v1_update update = {
		.sequence = (uint16_t)sequence,
		.peer_teid_control = pdp->peer_teid,
		.nsapi = pdp->config.nsapi,
		.recovery = from->path->recovery,
		.teid_data = from->user_tunnel->teid,
		.teid_control = from->end.teid,
		.gsn = endpoint_gsn_address(&from->local),
		.pco = pco,
	};

	return gtpc_v1_write_update_request(out, size, &update);
}

static int write_delete(const struct pdp *pdp, uint32_t sequence, uint8_t *out, size_t size)
{
	return gtpc_v1_write_delete_request(out, size, (uint16_t)sequence, pdp->peer_teid,
					    pdp->config.nsapi, true);
}

static struct pdp_answer read_answer(const struct pdp *pdp, const struct control_message *response)
{
	const struct gtpc_v1 *m = &response->v1;
	struct pdp_answer answer = {
		.cause = m->present & GTPC_V1_HAS_CAUSE ? m->cause : 0,
		.has_control_teid = m->present & GTPC_V1_HAS_TEID_CONTROL,
		.has_user_teid = m->present & GTPC_V1_HAS_TEID_DATA,
		.control_teid = m->teid_control,
		.user_teid = m->teid_data,
		.control = m->gsn_control,
		.user = m->gsn_user,
	};
	const struct pdp_address address = gtpc_v1_end_user(&m->end_user_address).address;

	(void)pdp;
	answer.accepts = gtpc_v1_cause_accepts(answer.cause);
	answer.is_gone = answer.cause == GTPC_V1_CAUSE_NON_EXISTENT;
	answer.has_address = address.ipv4_state == PDP_BOUND;
	if (answer.has_address)
		memcpy(&answer.address, address.ipv4, sizeof(answer.address));
	return answer;
}

/* The path hands on Delete Requests only. Where both delete at once, each gets its answer (7.3.5). */
static int answer_delete(struct pdp *pdp, const struct pdp_place *place,
			 const struct control_message *request, uint8_t *out, size_t size,
			 bool *gone)
{
	uint8_t cause = pdp_is_active(pdp) || pdp->state == PDP_DELETING
				? GTPC_V1_CAUSE_ACCEPTED
				: GTPC_V1_CAUSE_NON_EXISTENT;

	(void)place;
	*gone = pdp_is_active(pdp);
	return gtpc_v1_write_cause_response(out, size, GTPC_V1_DELETE_PDP_RESPONSE,
					    (uint16_t)request->sequence, pdp->peer_teid, cause);
}

const struct pdp_dialect pdp_v1 = {
	.words = {.context = "PDP context",
		  .create = "Create PDP Context",
		  .update = "Update PDP Context",
		  .delete = "Delete PDP Context",
		  .peer = "GGSN",
		  .node = "SGSN",
		  .identity = "NSAPI",
		  .causes = "TS 29.060 7.7.1"},
	.version = 1,
	.create_type = GTPC_V1_CREATE_PDP_REQUEST,
	.update_type = GTPC_V1_UPDATE_PDP_REQUEST,
	.delete_type = GTPC_V1_DELETE_PDP_REQUEST,
	.write_create = write_create,
	.write_update = write_update,
	.write_delete = write_delete,
	.read = read_answer,
	.answer = answer_delete,
};
