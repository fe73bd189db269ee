/* SPDX-License-Identifier: BSD-3-Clause */
/* network_findings: for --check: addresses and networks of the configuration that are valid, and probably not meant. */
#ifndef HSE_NETWORK_FINDINGS_H
#define HSE_NETWORK_FINDINGS_H

#include "hse_config.h"

/* Warns of policy[].routes, policy[].delegated_prefix_length and static_sessions[].address. */
void network_findings(const struct config_file *file, const struct hse_config *config, FILE *out);

#endif
