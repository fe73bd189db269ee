/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * address: which source gives a session its PDP addresses (e2m.md 6, "Address binding"). For each IP version, the first
 * of these that knows the address: a notification or the configuration; an accepted Create response; the static address
 * in its request; an accepted GGSN-initiated Update PDP Context Request. Functions without state, for procedure*.c,
 * report.c and restore.c.
 */
#ifndef CONTROL_ADDRESS_H
#define CONTROL_ADDRESS_H

#include "gtp/pdp_address.h"

/* What a Create gives: asked is the End User Address or PAA of the request, answered that of the response that accepts
 * it. The static address in the request counts only where the response has no address field at all. The PDN type is the
 * response's. */
struct pdp_address address_of_create(const struct pdp_element *asked,
				     const struct pdp_element *answered);

/* What a session has after an accepted GGSN-initiated Update with this End User Address: only a version that is not
 * known yet gets an address. */
struct pdp_address address_of_update(const struct pdp_address *before,
				     const struct pdp_element *said);

/* Puts together what a notification or the configuration gave and what GTP-C gave. The former has precedence, but a
 * version that the PDN type excludes stays excluded. */
struct pdp_address address_prefer(const struct pdp_address *told,
				  const struct pdp_address *learned);

#endif
