/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gtpc_v2_places: which F-TEID stands in which instance of which message, and which elements a message must have,
 * by the tables of TS 29.274 7.2 and 7.9. For the parser and the writer of this library, not for others.
 */
#ifndef GTP_GTPC_V2_PLACES_H
#define GTP_GTPC_V2_PLACES_H

#include "gtp/gtpc_v2.h"

enum gtpc_v2_end {
	GTPC_V2_SGW_C,
	GTPC_V2_PGW_C,
	GTPC_V2_SGW_U, /* those for user traffic stand in a Bearer Context, the others do not */
	GTPC_V2_PGW_U,
	GTPC_V2_ENDS
};

/* The F-TEID that a message of this type has in this instance on S5/S8, S2a or S2b. */
struct gtpc_v2_place {
	uint8_t type; /* of the message */
	uint8_t end;  /* enum gtpc_v2_end */
	uint8_t instance;
	uint8_t accesses; /* bit of each enum gtpc_v2_access */
};

/* What an interface type (8.22) stands for. */
struct gtpc_v2_interface_of {
	uint8_t end;
	uint8_t access;
};

/* in_bearer: in a Bearer Context of instance 0. NULL: no F-TEID is expected there. */
const struct gtpc_v2_place *gtpc_v2_find_place(uint8_t type, bool in_bearer, uint8_t instance);
/* The instance of an end's F-TEID, or -1: such a message has none. */
int gtpc_v2_find_instance(uint8_t type, enum gtpc_v2_end end, enum gtpc_v2_access access);
/* False: of an interface other than S5/S8, S2a and S2b. */
bool gtpc_v2_find_interface(struct gtpc_v2_interface_of *of, uint8_t interface_type);
uint8_t gtpc_v2_interface_type(enum gtpc_v2_end end, enum gtpc_v2_access access);

/* Looks for the mandatory elements of message, which has been read otherwise. Returns the fault that it has already, or
 * the one that is found. GTPC_FAULTLESS for types that the tables do not have: they are not read. invalid: bits of
 * gtpc_v2.present, of elements with a value that makes no sense. */
enum gtpc_fault gtpc_v2_find_fault(const struct gtpc_v2 *message, uint32_t invalid);

#endif
