/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * key: a keyset made ready for intel-ipsec-mb, private to this library. What every packet needs comes
 * first; the schedules that the algorithms need follow, each aligned to a cache line.
 */
#ifndef NPDU_KEY_H
#define NPDU_KEY_H

#include <intel-ipsec-mb.h>
#include <stdalign.h>

#include "npdu/npdu.h"

#define NPDU_AES_SCHEDULE_LEN (11 * 16)

struct npdu_key {
	alignas(64) uint8_t eea;
	uint8_t eia;
	uint8_t mac_len;
	bool is_aes;	     /* eea2 with eia2 */
	uint32_t size;	     /* octets of the whole, for wiping */
	const void *enc;     /* schedule for the cipher, in this allocation */
	const void *auth;    /* schedule for the MAC */
	const void *cmac_k1; /* subkeys of CMAC, eia2 only */
	const void *cmac_k2;
	alignas(64) uint8_t schedules[];
};

/* The library's functions for this CPU; used for key schedules, which touch none of its state. NULL
 * when the CPU is not supported. */
const IMB_MGR *npdu_library(void);

/* A manager of one's own, with the best code for this CPU; NULL when there is none. */
IMB_MGR *npdu_manager_new(void);

#endif
