/* SPDX-License-Identifier: BSD-3-Clause */
/* sources: key sources, and what they release. */
#ifndef CONTROL_SOURCES_H
#define CONTROL_SOURCES_H

#include "control/context.h"

/* -ENOMEM. */
int sources_make_retention(struct session_store *store);
void sources_init(struct session_store *store);
/* Takes over files that were read since the last call. */
void sources_look(struct session_store *store);
/* Same as store_has_room. If necessary it gives up COUNTs that wait for a source. */
bool sources_make_room(struct session_store *store, uint32_t counts);
/* Returns true if the IMSI may take counts more places. Counts and logs COUNTs that are given up
 * for that. */
bool sources_have_room(struct session_store *store, const struct e2m_imsi *imsi, uint32_t counts);

#endif
