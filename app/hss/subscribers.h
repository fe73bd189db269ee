/* SPDX-License-Identifier: BSD-3-Clause */
/* subscribers: whom hse-hss knows, from its configuration; read only once prepared. */
#ifndef HSS_SUBSCRIBERS_H
#define HSS_SUBSCRIBERS_H

#include "aka/aka.h"
#include "config/config.h"
#include "diameter/diameter.h"

struct subscriber {
	struct e2m_imsi imsi;
	uint32_t entry; /* index in the configuration's list */
	uint32_t count; /* of the IMSIs from imsi on that this entry stands for; 1 once prepared */
	bool derive_k;	/* k is not theirs, but what theirs are derived from */
	uint8_t k[AKA_K_LEN];
	uint8_t opc[AKA_K_LEN];
	uint8_t op[AKA_K_LEN]; /* wiped once opc is made of it */
	bool has_opc, has_op;
	uint8_t amf[AKA_AMF_LEN];
	uint8_t sqn[E2M_SQN_LEN]; /* the first, when the state has none */
	int ciphering, integrity; /* enum e2m_eea, e2m_eia */
	uint32_t lifetime_s;
	bool has_hses;
	char **hses; /* who may pull; without has_hses any peer may */
	size_t hses_count;
};

/* Sorted by IMSI: a subscriber's place is its number from subscribers_prepare on. */
struct subscribers {
	struct subscriber *list;
	size_t count;
	bool is_own; /* the list is not the configuration's: an entry stood for several */
};

/* As many as the file of SQNs has room for. */
#define SUBSCRIBERS_MAX 10000000

/* One item of the list, for a CONFIG_LIST field, and what it is before it is read. */
extern const struct config_field subscriber_item;
extern const struct subscriber subscriber_default;

/* Checks what the table cannot see, makes a subscriber of each IMSI, makes OPc and sorts. Errors are
 * reported at path of file. */
bool subscribers_prepare(struct subscribers *subscribers, const struct config_file *file,
			 const char *path, FILE *errors);
/* Wipes and frees what subscribers_prepare has made. */
void subscribers_free(struct subscribers *subscribers);

/* Reports names in `hses` without a peer in diameter, at path of file: the first twenty. Returns
 * false if there was one. */
bool subscribers_check_names(const struct subscribers *subscribers,
			     const struct diameter_config *diameter, const struct config_file *file,
			     const char *path, FILE *errors);

/* NULL: not known. */
const struct subscriber *subscribers_find(const struct subscribers *subscribers,
					  const struct e2m_imsi *imsi);

bool subscriber_may_be_pulled_by(const struct subscriber *subscriber, const char *hse);

#endif
