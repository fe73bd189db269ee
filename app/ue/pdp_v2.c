/* SPDX-License-Identifier: BSD-3-Clause */
/* pdp_v2: a PDN connection in GTPv2-C on S5/S8, TS 29.274 7.2. */
#include <errno.h>
#include <string.h>

#include "gtp/gtpu.h"
#include "ue/pdp_dialect.h"

#define RAT_TYPE_EUTRAN 6 /* 8.17 */
#define PAA_IPV4	1 /* 8.14 */
#define EBI_MIN		5 /* TS 24.007 11.2.3.1.5: those below are for more bearers than we make */

static struct gtpc_v2_fteid fteid_of(const struct endpoint *local, uint32_t teid)
{
	const struct gtp_address address = endpoint_gsn_address(local);
	struct gtpc_v2_fteid fteid = {.is_present = true, .teid = teid};

	if (address.len == 4)
		fteid.ipv4 = address;
	else
		fteid.ipv6 = address;
	return fteid;
}

/* The address of an F-TEID that is of the same version as ours. */
static struct gtp_address address_of(const struct pdp *pdp, const struct gtpc_v2_fteid *fteid)
{
	return endpoint_gsn_address(&pdp->at->local).len == 4 ? fteid->ipv4 : fteid->ipv6;
}

static struct gtpc_v2 message_to_peer(const struct pdp *pdp, uint8_t type, uint32_t sequence)
{
	return (struct gtpc_v2){
		.type = type, .has_teid = true, .teid = pdp->peer_teid, .sequence = sequence};
}

/* --- requests --- */

static int write_create(const struct pdp *pdp, uint32_t sequence, struct gtp_octets pco,
			uint8_t *out, size_t size)
{
	const struct pdp_config *config = &pdp->config;
	const struct endpoint *local = &pdp->at->local;
	struct gtpc_v2 m = message_to_peer(pdp, GTPC_V2_CREATE_SESSION_REQUEST, sequence);
	uint8_t apn[GTP_APN_MAX], msisdn[GTP_MSISDN_MAX], paa[5] = {PAA_IPV4};
	int apn_len = gtp_apn_write(apn, config->apn);
	int msisdn_len = config->msisdn ? gtp_msisdn_write(msisdn, config->msisdn) : 0;

	if (apn_len < 0 || msisdn_len < 0)
		return -EINVAL;
	m.teid = 0; /* 5.5.2: the P-GW has none for us yet */
	m.present = GTPC_V2_HAS_IMSI | GTPC_V2_HAS_RAT_TYPE | GTPC_V2_HAS_SERVING_NETWORK |
		    GTPC_V2_HAS_RECOVERY;
	m.imsi = config->imsi;
	m.rat_type = RAT_TYPE_EUTRAN;
	memcpy(m.serving_network, config->plmn, sizeof(m.serving_network));
	m.recovery = pdp->at->path->recovery;
	m.sgw_c = fteid_of(local, pdp->at->end.teid);
	m.apn = (struct gtp_octets){apn, (uint16_t)apn_len};
	memcpy(paa + 1, &config->address, sizeof(config->address));
	m.paa = (struct gtp_octets){paa, sizeof(paa)};
	if (config->msisdn)
		m.msisdn = (struct gtp_octets){msisdn, (uint16_t)msisdn_len};
	m.pco = pco;
	m.bearers_count = 1;
	m.bearers[0].ebi = config->nsapi;
	m.bearers[0].sgw_u = fteid_of(local, pdp->at->user_tunnel->teid);
	return gtpc_v2_write(out, size, &m);
}

/* 7.2.7: what moves moves with all its bearers; a PCO for another keyset says nothing of tunnels. */
static int write_update(const struct pdp *pdp, const struct pdp_place *from, uint32_t sequence,
			struct gtp_octets pco, uint8_t *out, size_t size)
{
	const size_t place = (size_t)(from - pdp->places);
	struct gtpc_v2 m = message_to_peer(pdp, GTPC_V2_MODIFY_BEARER_REQUEST, sequence);

	m.pco = pco;
	if (from == pdp->at)
		return gtpc_v2_write(out, size, &m);
	m.present = GTPC_V2_HAS_RECOVERY;
	m.recovery = from->path->recovery;
	m.sgw_c = fteid_of(&from->local, from->end.teid);
	m.bearers[m.bearers_count++] = (struct gtpc_v2_bearer){
		.ebi = pdp->config.nsapi, .sgw_u = fteid_of(&from->local, from->user_tunnel->teid)};
	for (unsigned i = 0; i < pdp->bearers_count; i++) {
		const struct pdp_bearer *bearer = pdp->bearers[i];

		m.bearers[m.bearers_count++] = (struct gtpc_v2_bearer){
			.ebi = bearer->ebi,
			.sgw_u = fteid_of(&from->local, bearer->tunnels[place].teid)};
	}
	return gtpc_v2_write(out, size, &m);
}

static int write_delete(const struct pdp *pdp, uint32_t sequence, uint8_t *out, size_t size)
{
	struct gtpc_v2 m = message_to_peer(pdp, GTPC_V2_DELETE_SESSION_REQUEST, sequence);

	m.linked_ebi = pdp->config.nsapi;
	return gtpc_v2_write(out, size, &m);
}

static const struct gtpc_v2_bearer *find_bearer(const struct gtpc_v2 *m, uint8_t ebi)
{
	for (unsigned i = 0; i < m->bearers_count; i++)
		if (m->bearers[i].instance == 0 && m->bearers[i].ebi == ebi)
			return &m->bearers[i];
	return NULL;
}

static struct pdp_answer read_answer(const struct pdp *pdp, const struct control_message *response)
{
	const struct gtpc_v2 *m = &response->v2;
	const struct gtpc_v2_bearer *bearer = find_bearer(m, pdp->config.nsapi);
	struct pdp_answer answer = {
		.cause = m->present & GTPC_V2_HAS_CAUSE ? m->cause : 0,
		.has_control_teid = m->pgw_c.is_present,
		.control_teid = m->pgw_c.teid,
		.control = address_of(pdp, &m->pgw_c),
	};
	const struct pdp_address address = gtpc_v2_paa(&m->paa).address;

	/* Accepted in part, and not this one. */
	if (bearer && bearer->has_cause && gtpc_v2_cause_accepts(answer.cause))
		answer.cause = bearer->cause;
	answer.accepts = gtpc_v2_cause_accepts(answer.cause);
	answer.is_gone = answer.cause == GTPC_V2_CAUSE_CONTEXT_NOT_FOUND;
	if (bearer && bearer->pgw_u.is_present) {
		answer.has_user_teid = true;
		answer.user_teid = bearer->pgw_u.teid;
		answer.user = address_of(pdp, &bearer->pgw_u);
	}
	answer.has_address = address.ipv4_state == PDP_BOUND;
	if (answer.has_address)
		memcpy(&answer.address, address.ipv4, sizeof(answer.address));
	return answer;
}

/* --- bearers that the P-GW makes and ends --- */

static struct pdp_bearer *find_dedicated(const struct pdp *pdp, uint8_t ebi)
{
	for (unsigned i = 0; i < pdp->bearers_count; i++)
		if (pdp->bearers[i]->ebi == ebi)
			return pdp->bearers[i];
	return NULL;
}

/* 0: all are taken. */
static uint8_t free_ebi(const struct pdp *pdp)
{
	for (uint8_t ebi = EBI_MIN; ebi <= GTPC_V2_EBI_MAX; ebi++)
		if (ebi != pdp->config.nsapi && !find_dedicated(pdp, ebi))
			return ebi;
	return 0;
}

static struct pdp_bearer *begin_bearer(struct pdp *pdp, const struct gtpc_v2_bearer *asked)
{
	const struct pdp_config *config = &pdp->config;
	const struct gtp_address address = address_of(pdp, &asked->pgw_u);
	const uint8_t ebi = free_ebi(pdp);
	struct pdp_bearer *bearer = NULL;

	if (config->bearer_begins && ebi != 0 && pdp->bearers_count < PDP_BEARERS_MAX &&
	    address.len > 0)
		bearer = config->bearer_begins(config->arg, ebi, &asked->tft);
	if (!bearer)
		return NULL;
	bearer->ebi = ebi;
	for (unsigned i = 0; i < PDP_PLACES; i++) {
		bearer->tunnels[i].peer = endpoint_from_gsn(&address, GTPU_PORT);
		bearer->tunnels[i].peer_teid = asked->pgw_u.teid;
	}
	pdp->bearers[pdp->bearers_count++] = bearer;
	return bearer;
}

static void set_cause(struct gtpc_v2 *response, uint8_t cause)
{
	response->present |= GTPC_V2_HAS_CAUSE;
	response->cause = cause;
}

/* 7.2.3, 7.2.4 */
static void answer_create(struct pdp *pdp, const struct gtpc_v2 *request, struct gtpc_v2 *response)
{
	const size_t place = (size_t)(pdp->at - pdp->places);
	unsigned begun = 0;

	for (unsigned i = 0; i < request->bearers_count; i++) {
		const struct gtpc_v2_bearer *asked = &request->bearers[i];
		struct pdp_bearer *bearer = begin_bearer(pdp, asked);
		struct gtpc_v2_bearer *answer = &response->bearers[response->bearers_count++];

		*answer = (struct gtpc_v2_bearer){.has_cause = true,
						  .cause = GTPC_V2_CAUSE_NO_RESOURCES,
						  .pgw_u = asked->pgw_u};
		if (!bearer)
			continue;
		begun++;
		answer->ebi = bearer->ebi;
		answer->cause = GTPC_V2_CAUSE_ACCEPTED;
		answer->sgw_u = fteid_of(&pdp->at->local, bearer->tunnels[place].teid);
	}
	set_cause(response, begun == 0			      ? GTPC_V2_CAUSE_NO_RESOURCES
			    : begun < response->bearers_count ? GTPC_V2_CAUSE_ACCEPTED_PARTIALLY
							      : GTPC_V2_CAUSE_ACCEPTED);
}

/* 7.2.15, 7.2.16: qualities of service are nothing to us. */
static void answer_update(const struct pdp *pdp, const struct gtpc_v2 *request,
			  struct gtpc_v2 *response)
{
	set_cause(response, GTPC_V2_CAUSE_ACCEPTED);
	for (unsigned i = 0; i < request->bearers_count; i++) {
		const uint8_t ebi = request->bearers[i].ebi;
		const bool is_there = ebi == pdp->config.nsapi || find_dedicated(pdp, ebi);

		response->bearers[response->bearers_count++] = (struct gtpc_v2_bearer){
			.ebi = ebi,
			.has_cause = true,
			.cause = is_there ? GTPC_V2_CAUSE_ACCEPTED
					  : GTPC_V2_CAUSE_CONTEXT_NOT_FOUND};
	}
}

static void end_bearer(struct pdp *pdp, struct pdp_bearer *bearer)
{
	unsigned at = 0;

	while (pdp->bearers[at] != bearer)
		at++;
	pdp->bearers[at] = pdp->bearers[--pdp->bearers_count];
	pdp->config.bearer_ends(pdp->config.arg, bearer);
}

/* 7.2.9.2, 7.2.10.2. True: all of the PDN connection. */
static bool answer_delete(struct pdp *pdp, const struct gtpc_v2 *request, struct gtpc_v2 *response)
{
	set_cause(response, GTPC_V2_CAUSE_ACCEPTED);
	response->linked_ebi = request->linked_ebi;
	if (request->linked_ebi != 0)
		return request->linked_ebi == pdp->config.nsapi;
	for (uint8_t ebi = 1; ebi <= GTPC_V2_EBI_MAX; ebi++) {
		struct pdp_bearer *bearer = find_dedicated(pdp, ebi);

		if (!(request->ebis >> ebi & 1))
			continue;
		response->bearers[response->bearers_count++] = (struct gtpc_v2_bearer){
			.ebi = ebi,
			.has_cause = true,
			.cause = bearer ? GTPC_V2_CAUSE_ACCEPTED : GTPC_V2_CAUSE_CONTEXT_NOT_FOUND};
		if (bearer)
			end_bearer(pdp, bearer);
	}
	return false;
}

static int answer(struct pdp *pdp, const struct pdp_place *place,
		  const struct control_message *request, uint8_t *out, size_t size, bool *gone)
{
	struct gtpc_v2 response =
		message_to_peer(pdp, (uint8_t)(request->type + 1), request->sequence);

	*gone = false;
	if (pdp->state == PDP_DELETING && request->type == GTPC_V2_DELETE_BEARER_REQUEST)
		set_cause(&response, GTPC_V2_CAUSE_ACCEPTED); /* both delete at once */
	else if (!pdp_is_active(pdp) || place != pdp->at)
		set_cause(&response, GTPC_V2_CAUSE_CONTEXT_NOT_FOUND);
	else if (request->type == GTPC_V2_CREATE_BEARER_REQUEST)
		answer_create(pdp, &request->v2, &response);
	else if (request->type == GTPC_V2_UPDATE_BEARER_REQUEST)
		answer_update(pdp, &request->v2, &response);
	else
		*gone = answer_delete(pdp, &request->v2, &response);
	return gtpc_v2_write(out, size, &response);
}

const struct pdp_dialect pdp_v2 = {
	.words = {.context = "PDN connection",
		  .create = "Create Session",
		  .update = "Modify Bearer",
		  .delete = "Delete Session",
		  .peer = "P-GW",
		  .node = "S-GW",
		  .identity = "EBI",
		  .causes = "TS 29.274 8.4"},
	.version = 2,
	.create_type = GTPC_V2_CREATE_SESSION_REQUEST,
	.update_type = GTPC_V2_MODIFY_BEARER_REQUEST,
	.delete_type = GTPC_V2_DELETE_SESSION_REQUEST,
	.write_create = write_create,
	.write_update = write_update,
	.write_delete = write_delete,
	.read = read_answer,
	.answer = answer,
};
