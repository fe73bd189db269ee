/* SPDX-License-Identifier: BSD-3-Clause */
/* reload: SIGHUP of hse-hss, in both roles: subscribers, rights, certificates, log. */
#ifndef HSS_RELOAD_H
#define HSS_RELOAD_H

#include "hss/hss.h"
#include "hss/kms.h"

struct reload;

/* start, of the file at path, stays. NULL: no memory. */
struct reload *reload_new(const char *path, const struct hss_config *start);
/* After the role has been closed. */
void reload_free(struct reload *reload);

/* Reads the configuration again and goes on with it; the log says what has changed. When anything is wrong with it, nothing
 * changes, and the log says what is wrong. One of hss and kms is NULL. */
void reload_now(struct reload *reload, struct hss *hss, struct kms *kms);

#endif
