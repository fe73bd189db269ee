/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hss: what the home network's HSS does in steps 0, 1, 7 and 8 of e2m.md 1. It makes vectors, derives and
 * keeps their keysets, and answers who pulls them. Knows nothing of Diameter but the requests and
 * answers; its handlers may run in several threads at once.
 */
#ifndef HSS_HSS_H
#define HSS_HSS_H

#include "hss/hss_config.h"

struct hss;

/* config stays. NULL on any error, which is written to errors. */
struct hss *hss_open(const struct hss_config *config, FILE *errors);
/* Wipes keysets, writes SQNs. After the last handler has returned. */
void hss_close(struct hss *hss);

/* For diameter_serve_auth and diameter_serve_keys; arg is the struct hss. */
void hss_answer_auth(void *arg, const struct diameter_auth_request *request,
		     struct diameter_auth_answer *answer);
void hss_answer_pull(void *arg, const struct diameter_key_request *request,
		     struct diameter_key_answer *answer);

/*
 * Continues with the subscribers, kms_peers and max_pulls_per_s of config, which must stay valid
 * from here on. Handlers wait meanwhile. A subscriber in both configurations keeps its SQNs. A
 * removed subscriber gets no vectors and no keysets any more. -EIO, -ENOMEM: nothing changes; the
 * reason is logged.
 */
int hss_reload(struct hss *hss, const struct hss_config *config);

/* Wipes keysets whose time has passed; to be called once a second or so. */
void hss_tick(struct hss *hss);

#endif
