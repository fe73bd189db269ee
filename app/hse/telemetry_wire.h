/* SPDX-License-Identifier: BSD-3-Clause */
/* telemetry_wire: what telemetry tells of hse as a wire: links of its ports, bypass. In telemetry's threads. */
#ifndef HSE_TELEMETRY_WIRE_H
#define HSE_TELEMETRY_WIRE_H

#include <rte_telemetry.h>

#include "control.h"
#include "links.h"

/* In /hse/status. */
void telemetry_add_links(struct rte_tel_data *d, struct links *links,
			 const struct hse_config *config);
void telemetry_add_bypass(struct rte_tel_data *d, const struct control_bypass *bypass);
void telemetry_add_unknown_teid(struct rte_tel_data *d, const struct control_unknown_teid *view);

/* Counters by name, of those in doc/counters.md. */
typedef void (*telemetry_counter_adder)(struct rte_tel_data *d, const char *prefix,
					const char *name, uint64_t value);
void telemetry_add_link_counters(struct rte_tel_data *d, struct links *links,
				 telemetry_counter_adder add);

/* Packets that NICs have lost: drops, with the names of enum nic_drop. */
void telemetry_add_nic_counters(struct rte_tel_data *d, struct links *links,
				telemetry_counter_adder add);

/* /hse/bypass; params: "on", "off", or NULL, to look only. */
int telemetry_tell_bypass(const char *params, struct rte_tel_data *d, struct hse_control *control);

#endif
