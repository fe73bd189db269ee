/* SPDX-License-Identifier: BSD-3-Clause */
/* sgsn_messages: what sgsn.c needs to write requests. */
#ifndef MODEL_SGSN_MESSAGES_H
#define MODEL_SGSN_MESSAGES_H

#include "sgsn.h"

void sgsn_begin_messages(void);
/* No number is used twice in a sequence. */
uint32_t sgsn_next_sequence(void);
/* keyset 0: adds nothing. */
void sgsn_add_pco(struct msg *m, unsigned sub, unsigned keyset, uint8_t key_id);

#endif
