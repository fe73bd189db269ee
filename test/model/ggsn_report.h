/* SPDX-License-Identifier: BSD-3-Clause */
/* ggsn_report: what a GGSN of the model reports to the HSE over Diameter. ggsn.c calls it. */
#ifndef MODEL_GGSN_REPORT_H
#define MODEL_GGSN_REPORT_H

#include "ggsn_answer.h"

/* After a GGSN has carried out a request about p: an ACTIVATE where the request makes a session with a keyset, an UPDATE
 * where a reported session was changed. */
void ggsn_report(struct pdp *p, const struct asked *asked);
/* The context ends. */
void ggsn_report_end(const struct pdp *p);

#endif
