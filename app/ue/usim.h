/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * usim: a USIM that remembers. lib/aka does what a USIM computes; here it keeps the SQNs that it has
 * accepted in a file, so that a restart of hse-ue is no new card.
 */
#ifndef UE_USIM_H
#define UE_USIM_H

#include "aka/aka.h"
#include "e2m/e2m.h"

struct usim {
	struct e2m_imsi imsi;
	struct aka_usim aka;
	const char *state; /* file; NULL: nothing is remembered */
};

struct usim_config {
	struct e2m_imsi imsi;
	uint8_t k[AKA_K_LEN];
	uint8_t opc[AKA_K_LEN];
	uint8_t sqn[E2M_SQN_LEN]; /* accepted last, when there is no state yet */
	const char *state;	  /* kept by the caller */
};

/* Reads the state file if there is one. Negative errno after a line in the log: -EBADMSG when it is no
 * state of this USIM. */
int usim_open(struct usim *usim, const struct usim_config *config);
void usim_close(struct usim *usim);

/* aka_run_usim; an SQN is on disk before it counts as accepted. Negative errno as there, or of a file
 * that cannot be written, after a line in the log. */
int usim_run(struct usim *usim, const struct e2m_numbers *numbers, enum aka_system system,
	     const uint8_t rand[E2M_RAND_LEN], const uint8_t autn[AKA_AUTN_LEN],
	     const uint8_t *sn_id, struct aka_usim_result *result);

#endif
