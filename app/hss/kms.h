/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kms: the key management server of e2m.md 1. Gives keysets to who pulls them, as the HSS does; gets each
 * from the HSS, itself by a pull, the first time that somebody asks for it; and keeps it until its
 * lifetime ends, or two others of the same IMSI have replaced it (e2m.md 2). What it got for one HSE it gives to no
 * other: two would send a COUNT twice under one key (e2m.md 7).
 */
#ifndef HSS_KMS_H
#define HSS_KMS_H

#include "hss/hss_config.h"

struct kms;

/* config stays. NULL on any error, which is written to errors. */
struct kms *kms_open(const struct hss_config *config, FILE *errors);
/* Before diameter_stop: answers what waits for the disk, and releases nothing new. */
void kms_conclude(struct kms *kms);
/* After diameter_stop. */
void kms_close(struct kms *kms);

/* For diameter_serve_keys_later; arg is the struct kms. */
void kms_take_pull(void *arg, const struct diameter_key_request *request,
		   struct diameter_asked *asked);

/* Goes on with kms.may_pull and max_pulls_per_s of config, which stays from here on. */
void kms_reload(struct kms *kms, const struct hss_config *config);

/* Erases keysets whose time has passed; to be called once a second or so. */
void kms_tick(struct kms *kms);

/* Writes its counters to the log. */
void kms_tell(struct kms *kms);

#endif
