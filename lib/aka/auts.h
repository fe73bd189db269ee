/* SPDX-License-Identifier: BSD-3-Clause */
/* auts: what the two ends of resynchronisation share. AUTS = SQN_MS xor AK* || MAC-S. */
#ifndef AKA_AUTS_H
#define AKA_AUTS_H

#include "aka/aka.h"

/* TS 33.102 6.3.3: the AMF of MAC-S is all zero, as it does not go with AUTS. */
static const uint8_t aka_resync_amf[AKA_AMF_LEN] = {0, 0};

#endif
