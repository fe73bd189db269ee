/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pco: the container of e2m.md 5 in the Protocol Configuration Options (TS 24.008 10.5.6.3), the Additional
 * (TS 29.274 8.94) or the Extended ones (TS 24.008 10.5.6.3A), whose contents are laid out alike.
 */
#ifndef GTP_PCO_H
#define GTP_PCO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "e2m/e2m.h"

#define PCO_PLMN_LEN 3
/* Longest PCO that pco_write makes: first octet, container header, PLMN, tag, type, key id, RAND. */
#define PCO_MAX_LEN (1 + 3 + PCO_PLMN_LEN + 3 + E2M_RAND_LEN)

struct pco_e2m {
	uint8_t plmn[PCO_PLMN_LEN]; /* TS 24.008 10.5.1.3 */
	uint8_t key_id;		    /* 1 to 7 */
	struct e2m_keyset_id id;
};

/*
 * Looks for our container in the contents of a PCO (from octet 3 of TS 24.008 10.5.6.3 on, whose value
 * says nothing to its receiver). Returns 1 and fills e2m, or 0 when there is none that is exactly ours
 * (anything else, well-formed or not, is left alone). Where there are two, the first counts. plmn: accept only this home PLMN; NULL accepts any.
 */
int pco_find_e2m(struct pco_e2m *e2m, const struct e2m_numbers *numbers, const uint8_t *plmn,
		 const uint8_t *data, size_t len);

/* Writes a PCO with our container only, as a UE sends it; returns its length, at most PCO_MAX_LEN. */
size_t pco_write_e2m(uint8_t out[PCO_MAX_LEN], const struct e2m_numbers *numbers,
		     const struct pco_e2m *e2m);

/* "262-01" or "26201" to three octets; -EINVAL. MCC of 3 digits, MNC of 2 or 3. */
int pco_plmn_parse(uint8_t plmn[PCO_PLMN_LEN], const char *text);

#endif
