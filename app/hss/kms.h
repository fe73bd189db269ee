/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kms: the key management server of e2m.md 1. It answers pulls for keysets, as the HSS does. It
 * pulls each keyset from the HSS at the first request for it. It keeps the keyset until its
 * lifetime ends, or until two others of the same IMSI have replaced it (e2m.md 2). A keyset
 * obtained for one HSE is given to no other HSE. Two HSEs would use a COUNT twice with one key
 * (e2m.md 7).
 */
#ifndef HSS_KMS_H
#define HSS_KMS_H

#include "hss/hss_config.h"

struct kms;

/* config stays. NULL on any error, which is written to errors. */
struct kms *kms_open(const struct hss_config *config, FILE *errors);
/* Call it before diameter_stop: answers requests that wait for the disk. From then on it releases
 * nothing new. */
void kms_conclude(struct kms *kms);
/* Call it after diameter_stop. */
void kms_close(struct kms *kms);

/* For diameter_serve_keys_later; arg is the struct kms. */
void kms_take_pull(void *arg, const struct diameter_key_request *request,
		   struct diameter_asked *asked);

/* Continues with kms.may_pull and max_pulls_per_s of config, which must stay valid from here on. */
void kms_reload(struct kms *kms, const struct hss_config *config);

/* Erases keysets whose time has passed; to be called once a second or so. */
void kms_tick(struct kms *kms);

/* Writes its counters to the log. */
void kms_tell(struct kms *kms);

#endif
