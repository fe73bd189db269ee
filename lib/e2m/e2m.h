/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * e2m: the words that every part of the project shares. Algorithm identities, the names of a keyset
 * (SQN or RAND), the keyset itself, the IMSI, and the numbers that no standards body has allocated
 * and that an operator may therefore change. No protocol knowledge lives here; every library may
 * include it.
 */
#ifndef E2M_E2M_H
#define E2M_E2M_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define E2M_KEY_LEN	    16
#define E2M_SQN_LEN	    6
#define E2M_RAND_LEN	    16
#define E2M_IMSI_MIN_DIGITS 6
#define E2M_IMSI_MAX_DIGITS 15
#define E2M_KEY_ID_MIN	    1
#define E2M_KEY_ID_MAX	    7

/* e2m.md 3, ciphering. */
enum e2m_eea {
	E2M_EEA0 = 0x00,
	E2M_EEA1 = 0x01,
	E2M_EEA2 = 0x02,
	E2M_EEA3 = 0x03,
	E2M_EEA_GCM = 0x10,
};

/* e2m.md 3, integrity. */
enum e2m_eia {
	E2M_EIA0 = 0x00,
	E2M_EIA1 = 0x01,
	E2M_EIA2 = 0x02,
	E2M_EIA3 = 0x03,
	E2M_EIA_GCM = 0x10,
};

/* TS 33.401 B.1: DIRECTION is 0 for uplink and 1 for downlink. */
enum e2m_direction {
	E2M_UPLINK = 0,
	E2M_DOWNLINK = 1,
};

/* What the PCO container calls "type": e2m.md 5. */
enum e2m_keyset_id_type {
	E2M_ID_SQN = 1,
	E2M_ID_RAND = 2,
};

/* Which AKA run a keyset came from: its SQN or its RAND. Unused octets of value are zero, so that two
 * ids are equal exactly when their memory is. */
struct e2m_keyset_id {
	uint8_t type; /* enum e2m_keyset_id_type */
	uint8_t value[E2M_RAND_LEN];
};

/* e2mKEYSET, e2m.md 2. Wipe with e2m_keyset_wipe when done. */
struct e2m_keyset {
	uint8_t e2mck[E2M_KEY_LEN];
	uint8_t e2mik[E2M_KEY_LEN];
};

/* An IMSI as decimal digits, NUL-terminated; the octets after the NUL are zero. */
struct e2m_imsi {
	char digits[E2M_IMSI_MAX_DIGITS + 1];
};

/* The numbers marked "ours" in e2m.md: never allocated by 3GPP or IANA, so an operator may set them. */
struct e2m_numbers {
	uint8_t fc_umts_prime;	  /* FC of CK' || IK' */
	uint8_t fc_e2mkeyset;	  /* FC of e2mKEYSET */
	uint8_t fc_algorithm_key; /* FC of Kenc and Kint */
	uint16_t amf_e2m_bit;	  /* bit of AMF that asks the USIM for e2mKEYSET */
	uint8_t gcm_identity;	  /* algorithm identity of gcm on the wire and in the KDF */
	uint16_t pco_container;	  /* container identity in the PCO */
	uint8_t pco_tag;	  /* octet that tells our container from the operator's others */
	uint32_t diameter_vendor; /* Vendor-Id of the application and of the E2M AVPs */
	uint32_t diameter_application; /* Auth-Application-Id */
};

/* The values that e2m.md prints. */
extern const struct e2m_numbers e2m_default_numbers;

/* Name as in e2m.md 3 ("eea2", "gcm", "eia0"); "?" when the identity is none of them. */
const char *e2m_eea_name(unsigned eea);
const char *e2m_eia_name(unsigned eia);

/* True for the combinations of e2m.md 3: any eea with any eia, gcm only with gcm, never eea0 with
 * eia0, and eia0 only when allow_null_integrity. */
bool e2m_algorithms_allowed(unsigned eea, unsigned eia, bool allow_null_integrity);

/* Reads 6 to 15 decimal digits (len octets, need not be NUL-terminated). -EINVAL when they are not. */
int e2m_imsi_parse(struct e2m_imsi *imsi, const char *digits, size_t len);

/* The IMSI that is n above first, with as many digits. -ERANGE when it would have more. */
int e2m_imsi_add(struct e2m_imsi *imsi, const struct e2m_imsi *first, uint64_t n);

/* Makes an id from its octets: E2M_SQN_LEN of them for an SQN, E2M_RAND_LEN for a RAND. */
struct e2m_keyset_id e2m_keyset_id_make(enum e2m_keyset_id_type type, const uint8_t *value);

/* Number of octets of value in use: 6 or 16. */
size_t e2m_keyset_id_len(const struct e2m_keyset_id *id);

/* "SQN 0102030405a0" or "RAND 00112233..."; not secret (both cross the air in the clear or masked by
 * AK only towards an observer), so it may appear in logs. buf holds at least E2M_KEYSET_ID_STR. */
#define E2M_KEYSET_ID_STR 40
const char *e2m_keyset_id_str(const struct e2m_keyset_id *id, char buf[E2M_KEYSET_ID_STR]);

/* Overwrites memory that held keys so that the compiler cannot leave it out. */
void e2m_wipe(void *memory, size_t len);

static inline void e2m_keyset_wipe(struct e2m_keyset *keyset)
{
	e2m_wipe(keyset, sizeof(*keyset));
}

#endif
