/* SPDX-License-Identifier: BSD-3-Clause */
/* hse_config: the YAML of hse, checked. */
#ifndef HSE_HSE_CONFIG_H
#define HSE_HSE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "config/config.h"
#include "datapath/command.h"
#include "diameter/diameter.h"
#include "keys/keysource.h"
#include "policy/policy.h"
#include "program/program.h"
#include "static_sessions.h"
#include "transparent_pairs.h"

enum hse_teid_steering { HSE_STEERING_AUTO, HSE_STEERING_OFF };
enum hse_poll { HSE_POLL_ADAPTIVE, HSE_POLL_BUSY };
enum hse_unknown_teid { HSE_UNKNOWN_TEID_PASS, HSE_UNKNOWN_TEID_DROP };
enum hse_pull_when { HSE_PULL_ON_FIRST_PACKET, HSE_PULL_ON_ACTIVATION };

struct hse_port_config {
	char *device; /* DPDK vdev ("net_af_packet0,iface=acc0") or PCI address */
	uint16_t queues;
	uint16_t descriptors; /* a queue */
	uint16_t mtu;	      /* 0: as the device has it; at most HSE_MTU_MAX */
	int teid_steering;    /* enum hse_teid_steering */
};

#define HSE_MTU_MAX 9600
#define HSE_USER    "hse"

struct hse_config {
	struct hse_port_config ports[DATAPATH_SIDES];
	struct {
		uint32_t count;
		uint32_t *lcores; /* CPUs */
		size_t lcores_count;
		int poll; /* enum hse_poll */
		uint32_t control_lcore;
		bool control_lcore_given;
	} workers;
	struct {
		bool hugepages;
		uint32_t mib;
		bool mib_given;
		uint32_t mbufs; /* 0: as many as the rest of the configuration can hold */
	} memory;
	struct {
		uint32_t max;
		uint32_t unprotected_max;
		uint8_t counter_octets;
		uint16_t replay_window;
		uint32_t recovery_windows; /* NPDU_RECOVERY_WINDOWS_AUTO: by counter_octets */
		uint32_t recovery_per_s;
		uint32_t bad_mac_per_s;
		uint32_t changeover_s;
		bool allow_null_integrity;
		uint8_t gcm_tag_octets;
		uint32_t idle_flush_s; /* 0: never */
		uint32_t count_warning;
	} sessions;
	struct {
		int when; /* enum hse_pull_when */
		uint32_t timeout_ms;
		uint32_t retry_min_ms;
		uint32_t retry_max_ms;
		uint32_t in_flight;
		uint32_t hold_packets_per_session;
		uint32_t hold_packets_total;
		uint32_t hold_ms;
		uint32_t negative_cache_s;
	} pull;
	struct {
		uint32_t hold_ms;
	} gtpc;
	struct {
		char *path; /* a folder */
		uint32_t count_block;
	} state;
	bool state_given;
	struct {
		char **peers; /* Diameter identities that may send E2M-Session-Notifications */
		size_t peers_count;
	} notifications;
	bool notifications_given;
	struct static_session *static_sessions;
	size_t static_sessions_count;
	struct policy_rule *policy;
	size_t policy_count;
	int unknown_teid; /* enum hse_unknown_teid */
	struct transparent_config *transparent;
	size_t transparent_count; /* at most DATAPATH_TRANSPARENT_MAX */
	struct {
		int *ciphering; /* enum e2m_eea */
		size_t ciphering_count;
		int *integrity; /* enum e2m_eia */
		size_t integrity_count;
	} allowed_algorithms; /* none: all */
	char *user; /* the user to become if started as root; NULL: HSE_USER, if it exists */
	bool lab_mode;
	bool link_state_mirror;
	bool bypass; /* at the start */
	bool diameter_given;
	struct diameter_config diameter;
	struct keysource_config *key_sources;
	size_t key_sources_count;
	struct {
		char *prefix;
	} telemetry;
	struct program_log_config log;
	struct e2m_numbers numbers;
};

/* A list of algorithms as bits by their identities; 0: it is empty. */
uint32_t hse_config_algorithms(const int *list, size_t count);
/* Whether this list allows algorithm for a keyset. An empty list allows all. */
bool hse_config_is_allowed(const int *list, size_t count, unsigned algorithm);

/* The table of all keys. */
extern const struct config_field hse_config_fields[];

/* Reads and checks the configuration. NULL if there was any error. The file owns all strings. */
struct config_file *hse_config_load(const char *path, struct hse_config *config, FILE *errors);

/* --check: reports every error, all findings (hse_findings.h), and outside faults: certificates,
 * the listening address. Returns false if any of them is more than a warning. */
bool hse_config_check(const char *path, struct hse_config *config, FILE *errors);

/* How workers know a tunnel of that receiver. */
struct tunnel hse_config_tunnel(const struct config_address *receiver, uint32_t teid);

#endif
