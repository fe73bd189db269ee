/* SPDX-License-Identifier: BSD-3-Clause */
/* reload: handles SIGHUP of hse-hss, in both roles: subscribers, rights, certificates, log. */
#ifndef HSS_RELOAD_H
#define HSS_RELOAD_H

#include "hss/hss.h"
#include "hss/kms.h"

struct reload;

/* start, read from the file at path, must stay valid. NULL: no memory. */
struct reload *reload_new(const char *path, const struct hss_config *start);
/* Call it after the role was closed. */
void reload_free(struct reload *reload);

/* Reads the configuration again, applies it, and logs the changes. If it has any error, nothing
 * changes, and the errors are logged. One of hss and kms is NULL. */
void reload_now(struct reload *reload, struct hss *hss, struct kms *kms);

#endif
