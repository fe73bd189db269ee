/* SPDX-License-Identifier: BSD-3-Clause */
/* static_sessions: sessions that the configuration has, for a lab without a core: e2m.md 6. */
#ifndef HSE_STATIC_SESSIONS_H
#define HSE_STATIC_SESSIONS_H

#include "config/config.h"
#include "e2m/e2m.h"
#include "gtp/pdp_address.h"

struct hse_config;
struct session_store;

struct static_tunnel {
	struct config_address address; /* of the receiver */
	uint32_t teid;
};

struct static_address {
	char *text;		  /* as configured */
	struct pdp_prefix prefix; /* set from text by static_sessions_check */
};

struct static_session {
	struct e2m_imsi imsi;
	uint8_t nsapi;
	bool has_sqn, has_rand;
	uint8_t sqn[E2M_SQN_LEN];
	uint8_t rand[E2M_RAND_LEN];
	uint8_t key_id;
	struct static_tunnel uplink, downlink;
	struct static_address *address; /* at most one of each IP version */
	size_t address_count;
	char *apn; /* NULL: not given */
};

/* An item of static_sessions:. */
extern const struct config_field static_session_item;
#define STATIC_SESSIONS_MAX 4096

/* Checks what the table cannot check. Returns true if all is well. */
bool static_sessions_check(const struct config_file *file, struct hse_config *config, FILE *errors);

/* Makes them, and ends those of an earlier process that the configuration has no more. What finds no room is in the
 * log. -ENOMEM. */
int static_sessions_make(const struct hse_config *config, struct session_store *store);

#endif
