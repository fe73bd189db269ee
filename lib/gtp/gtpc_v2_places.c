/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/gtpc_v2_places.h"

#include "gtp/gtpc_v2_ie.h"

#define S5S8	   (1u << GTPC_V2_S5_S8)
#define S2A	   (1u << GTPC_V2_S2A)
#define S2B	   (1u << GTPC_V2_S2B)
#define ANY_ACCESS (S5S8 | S2A | S2B)

static const struct gtpc_v2_place places[] = {
	/* table 7.2.1-1, 7.2.1-2 */
	{GTPC_V2_CREATE_SESSION_REQUEST, GTPC_V2_SGW_C, 0, ANY_ACCESS},
	{GTPC_V2_CREATE_SESSION_REQUEST, GTPC_V2_PGW_C, 1, ANY_ACCESS},
	{GTPC_V2_CREATE_SESSION_REQUEST, GTPC_V2_SGW_U, 2, S5S8},
	{GTPC_V2_CREATE_SESSION_REQUEST, GTPC_V2_PGW_U, 3, S5S8},
	{GTPC_V2_CREATE_SESSION_REQUEST, GTPC_V2_SGW_U, 5, S2B},
	{GTPC_V2_CREATE_SESSION_REQUEST, GTPC_V2_SGW_U, 6, S2A},
	/* table 7.2.2-1, 7.2.2-2 */
	{GTPC_V2_CREATE_SESSION_RESPONSE, GTPC_V2_PGW_C, 1, ANY_ACCESS},
	{GTPC_V2_CREATE_SESSION_RESPONSE, GTPC_V2_PGW_U, 2, S5S8},
	{GTPC_V2_CREATE_SESSION_RESPONSE, GTPC_V2_PGW_U, 4, S2B},
	{GTPC_V2_CREATE_SESSION_RESPONSE, GTPC_V2_PGW_U, 5, S2A},
	/* table 7.2.3-2 */
	{GTPC_V2_CREATE_BEARER_REQUEST, GTPC_V2_PGW_U, 1, S5S8},
	{GTPC_V2_CREATE_BEARER_REQUEST, GTPC_V2_PGW_U, 4, S2B},
	{GTPC_V2_CREATE_BEARER_REQUEST, GTPC_V2_PGW_U, 5, S2A},
	/* table 7.2.4-2 */
	{GTPC_V2_CREATE_BEARER_RESPONSE, GTPC_V2_SGW_U, 2, S5S8},
	{GTPC_V2_CREATE_BEARER_RESPONSE, GTPC_V2_PGW_U, 3, S5S8},
	{GTPC_V2_CREATE_BEARER_RESPONSE, GTPC_V2_SGW_U, 8, S2B},
	{GTPC_V2_CREATE_BEARER_RESPONSE, GTPC_V2_PGW_U, 9, S2B},
	{GTPC_V2_CREATE_BEARER_RESPONSE, GTPC_V2_SGW_U, 10, S2A},
	{GTPC_V2_CREATE_BEARER_RESPONSE, GTPC_V2_PGW_U, 11, S2A},
	/* table 7.2.5-1 */
	{GTPC_V2_BEARER_RESOURCE_COMMAND, GTPC_V2_SGW_C, 2, ANY_ACCESS},
	/* table 7.2.7-1, 7.2.7-2 */
	{GTPC_V2_MODIFY_BEARER_REQUEST, GTPC_V2_SGW_C, 0, ANY_ACCESS},
	{GTPC_V2_MODIFY_BEARER_REQUEST, GTPC_V2_SGW_U, 1, S5S8},
	/* table 7.2.9.1-1 */
	{GTPC_V2_DELETE_SESSION_REQUEST, GTPC_V2_SGW_C, 0, ANY_ACCESS},
};

#define PLACES (sizeof(places) / sizeof(places[0]))

static bool is_in_bearer(uint8_t end)
{
	return end == GTPC_V2_SGW_U || end == GTPC_V2_PGW_U;
}

const struct gtpc_v2_place *gtpc_v2_find_place(uint8_t type, bool in_bearer, uint8_t instance)
{
	for (size_t i = 0; i < PLACES; i++)
		if (places[i].type == type && is_in_bearer(places[i].end) == in_bearer &&
		    places[i].instance == instance)
			return &places[i];
	return NULL;
}

int gtpc_v2_find_instance(uint8_t type, enum gtpc_v2_end end, enum gtpc_v2_access access)
{
	for (size_t i = 0; i < PLACES; i++)
		if (places[i].type == type && places[i].end == end &&
		    (places[i].accesses >> access & 1))
			return places[i].instance;
	return -1;
}

static const uint8_t interface_types[GTPC_V2_ACCESSES][GTPC_V2_ENDS] = {
	[GTPC_V2_S5_S8] = {[GTPC_V2_SGW_C] = INTERFACE_S5_SGW_C,
			   [GTPC_V2_PGW_C] = INTERFACE_S5_PGW_C,
			   [GTPC_V2_SGW_U] = INTERFACE_S5_SGW_U,
			   [GTPC_V2_PGW_U] = INTERFACE_S5_PGW_U},
	[GTPC_V2_S2A] = {[GTPC_V2_SGW_C] = INTERFACE_S2A_TWAN_C,
			 [GTPC_V2_PGW_C] = INTERFACE_S2A_PGW_C,
			 [GTPC_V2_SGW_U] = INTERFACE_S2A_TWAN_U,
			 [GTPC_V2_PGW_U] = INTERFACE_S2A_PGW_U},
	[GTPC_V2_S2B] = {[GTPC_V2_SGW_C] = INTERFACE_S2B_EPDG_C,
			 [GTPC_V2_PGW_C] = INTERFACE_S2B_PGW_C,
			 [GTPC_V2_SGW_U] = INTERFACE_S2B_EPDG_U,
			 [GTPC_V2_PGW_U] = INTERFACE_S2B_PGW_U},
};

bool gtpc_v2_find_interface(struct gtpc_v2_interface_of *of, uint8_t interface_type)
{
	for (uint8_t access = 0; access < GTPC_V2_ACCESSES; access++)
		for (uint8_t end = 0; end < GTPC_V2_ENDS; end++)
			if (interface_types[access][end] == interface_type) {
				*of = (struct gtpc_v2_interface_of){.end = end, .access = access};
				return true;
			}
	return false;
}

uint8_t gtpc_v2_interface_type(enum gtpc_v2_end end, enum gtpc_v2_access access)
{
	return interface_types[access][end];
}

/* --- mandatory elements --- */

/* Of the elements that the parser reads, those that are mandatory (M), by the tables of 7.2 and 7.9. The others are for
 * the receiver to demand: if it refuses, nothing changes. A refusal needs no more than its Cause. */
static const struct demand {
	uint8_t type;
	bool cause;	    /* so it is a response, or a failure indication */
	bool linked_ebi;    /* EBI, instance 0 */
	bool bearers;	    /* a Bearer Context of instance 0 */
	bool bearer_ebi;    /* in each Bearer Context */
	bool bearer_cause;  /* the same */
	uint32_t not_wrong; /* bits of gtpc_v2.present: conditional elements that must make sense */
} demands[] = {
	{GTPC_V2_CREATE_SESSION_REQUEST, .bearers = true, .bearer_ebi = true,
	 .not_wrong = GTPC_V2_HAS_IMSI},
	{GTPC_V2_CREATE_SESSION_RESPONSE, .cause = true, .bearers = true, .bearer_ebi = true,
	 .bearer_cause = true},
	{GTPC_V2_MODIFY_BEARER_REQUEST, .bearer_ebi = true},
	{GTPC_V2_MODIFY_BEARER_RESPONSE, .cause = true, .bearer_ebi = true, .bearer_cause = true},
	{GTPC_V2_DELETE_SESSION_REQUEST, .cause = false},
	{GTPC_V2_DELETE_SESSION_RESPONSE, .cause = true},
	{GTPC_V2_BEARER_RESOURCE_COMMAND, .linked_ebi = true},
	{GTPC_V2_BEARER_RESOURCE_FAILURE, .cause = true, .linked_ebi = true},
	{GTPC_V2_CREATE_BEARER_REQUEST, .linked_ebi = true, .bearers = true},
	{GTPC_V2_CREATE_BEARER_RESPONSE, .cause = true, .bearers = true, .bearer_ebi = true,
	 .bearer_cause = true},
	{GTPC_V2_UPDATE_BEARER_REQUEST, .bearers = true, .bearer_ebi = true},
	{GTPC_V2_UPDATE_BEARER_RESPONSE, .cause = true, .bearers = true, .bearer_ebi = true,
	 .bearer_cause = true},
	{GTPC_V2_DELETE_BEARER_REQUEST, .bearer_ebi = true},
	{GTPC_V2_DELETE_BEARER_RESPONSE, .cause = true, .bearer_ebi = true, .bearer_cause = true},
	{GTPC_V2_DELETE_PDN_SET_REQUEST, .cause = false},
	{GTPC_V2_DELETE_PDN_SET_RESPONSE, .cause = true},
	{GTPC_V2_UPDATE_PDN_SET_REQUEST, .cause = false},
	{GTPC_V2_UPDATE_PDN_SET_RESPONSE, .cause = true},
};

static const struct demand *demand_of(uint8_t type)
{
	for (size_t i = 0; i < sizeof(demands) / sizeof(demands[0]); i++)
		if (demands[i].type == type)
			return &demands[i];
	return NULL;
}

/* A bearer that is refused need not have an identity: the UE has given none. */
static bool is_whole(const struct demand *demand, const struct gtpc_v2_bearer *bearer)
{
	const bool is_refused = bearer->has_cause && !gtpc_v2_cause_accepts(bearer->cause);

	return (bearer->has_cause || !demand->bearer_cause) &&
	       (bearer->ebi != 0 || !demand->bearer_ebi || is_refused);
}

static bool has_bearers(const struct demand *demand, const struct gtpc_v2 *message)
{
	bool any = !demand->bearers;

	for (unsigned i = 0; i < message->bearers_count; i++) {
		if (!is_whole(demand, &message->bearers[i]))
			return false;
		any |= message->bearers[i].instance == 0;
	}
	return any;
}

enum gtpc_fault gtpc_v2_find_fault(const struct gtpc_v2 *message, uint32_t invalid)
{
	const struct demand *demand = demand_of(message->type);

	if (!demand)
		return GTPC_FAULTLESS;
	if (message->fault != GTPC_FAULTLESS)
		return message->fault;
	if (invalid & (demand->not_wrong | (demand->cause ? GTPC_V2_HAS_CAUSE : 0)))
		return GTPC_MANDATORY_INVALID;
	if (demand->cause && !(message->present & GTPC_V2_HAS_CAUSE))
		return GTPC_MANDATORY_MISSING;
	if (demand->linked_ebi && message->linked_ebi == 0)
		return GTPC_MANDATORY_MISSING;
	if (demand->cause && !gtpc_v2_cause_accepts(message->cause))
		return GTPC_FAULTLESS;
	return has_bearers(demand, message) ? GTPC_FAULTLESS : GTPC_MANDATORY_MISSING;
}
