/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config: hse-ue.yaml as a struct.
 */
#ifndef UE_CONFIG_H
#define UE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "config/config.h"
#include "diameter/diameter.h"
#include "gtp/pco.h"
#include "program/program.h"
#include "ue/hss.h"
#include "ue/tun.h"
#include "ue/usim.h"

/* `sgsn:` */
struct ue_sgsn_config {
	struct config_address address; /* ours, for GTP-C and GTP-U */
	struct config_address move_to; /* another, that a UE may move to; family 0: not given */
	struct config_address ggsn;
	uint32_t t3_ms;
	uint8_t n3;
};

/* `session:` */
struct ue_session_config {
	char *apn;
	char *msisdn;		       /* NULL: none */
	struct config_address address; /* static; family 0: the GGSN gives one */
	uint8_t nsapi;
	uint8_t key_id;	 /* of the first keyset */
	int name_run_by; /* enum e2m_keyset_id_type */
	uint8_t counter_octets;
	uint32_t replay_window;
	uint32_t recovery_windows; /* NPDU_RECOVERY_WINDOWS_AUTO: by counter_octets */
	uint32_t recovery_per_s;
	uint32_t bad_mac_per_s;
	int ciphering; /* enum e2m_eea */
	int integrity; /* enum e2m_eia */
	uint8_t gcm_tag_octets;
	bool allow_null_integrity;
};

/* `fleet:` */
struct ue_fleet_config {
	bool derive_k;	 /* K of each device from usim.k and its IMSI; with op, OPc as well */
	uint32_t window; /* devices between their AKA run and their PDP context */
	uint32_t rate;	 /* devices that begin a second; 0: as many as window lets */
	struct config_address ping;	/* family 0: not given */
	uint32_t packets;		/* of each device, one after the other's answer */
	uint32_t octets;		/* of each, as an IP packet */
	uint32_t answer_ms;		/* after so long a packet is lost */
	uint32_t traffic_packets_per_s; /* of all devices, once they have had their packets */
	uint32_t traffic_s;		/* 0: until a signal */
};

#define UE_FLEET_MAX 1000000

/* What the tables fill that is not yet as it is used. */
struct ue_raw_config {
	uint8_t op[AKA_K_LEN]; /* stays for a fleet with derive_k only */
	bool op_given;
	bool opc_given;
	char *plmn;
	char **routes;
	size_t routes_count;
};

struct ue_config {
	struct program_log_config log;
	int system; /* enum aka_system: of UMTS with an SGSN, or of EPS with MME and S-GW */
	struct usim_config usim;
	uint8_t plmn[PCO_PLMN_LEN]; /* home and serving network */
	struct ue_sgsn_config sgsn;
	struct ue_session_config session;
	struct tun_config tun;
	struct ue_fleet_config fleet;
	struct hss_diameter_config hss;
	struct diameter_config diameter;
	struct e2m_numbers numbers;
	struct ue_raw_config raw;
};

/* Of GTP-C. */
static inline unsigned ue_gtp_version(const struct ue_config *config)
{
	return config->system == AKA_EPS ? 2 : 1;
}

/* Reads and checks path into config; fleet: how many devices it is for, 0: one that is no fleet. NULL when errors have been written to errors. config points into
 * what is returned: ue_config_free takes both. */
struct config_file *ue_config_load(const char *path, uint32_t fleet, struct ue_config *config,
				   FILE *errors);
/* --check: reports every error, all findings (check.h), and outside faults: certificates, the
 * listening address. Returns false if any of them is more than a warning. */
bool ue_config_check(const char *path, uint32_t fleet, struct ue_config *config, FILE *errors);
void ue_config_free(struct config_file *file, struct ue_config *config);

#endif
