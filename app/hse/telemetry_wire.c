/* SPDX-License-Identifier: BSD-3-Clause */
#include "telemetry_wire.h"

#include <errno.h>
#include <string.h>

void telemetry_add_links(struct rte_tel_data *d, struct links *links,
			 const struct hse_config *config)
{
	static const char *const names[] = {"link_access", "link_core"};
	static const char *const mtu_names[] = {"mtu_access", "mtu_core"};
	struct link_view ports[DATAPATH_SIDES];
	const char *mirror = "off";

	links_view(links, ports);
	if (config->link_state_mirror)
		mirror =
			ports[DATAPATH_ACCESS].link.is_unable || ports[DATAPATH_CORE].link.is_unable
				? "on, but a port cannot: see the log"
				: "on";
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		rte_tel_data_add_dict_string(d, names[side],
					     ports[side].is_gone
						     ? "the interface is gone"
						     : link_state_name(ports[side].link.state));
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		rte_tel_data_add_dict_u64(d, mtu_names[side], ports[side].mtu);
	rte_tel_data_add_dict_string(d, "link_state_mirror", mirror);
}

void telemetry_add_link_counters(struct rte_tel_data *d, struct links *links,
				 telemetry_counter_adder add)
{
	static const char *const prefixes[] = {"link.access.", "link.core."};
	struct link_view ports[DATAPATH_SIDES];

	links_view(links, ports);
	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		add(d, prefixes[side], "lost", ports[side].link.lost);
		add(d, prefixes[side], "taken_down", ports[side].link.taken_down);
		add(d, prefixes[side], "gone", ports[side].gone);
	}
}

void telemetry_add_nic_counters(struct rte_tel_data *d, struct links *links,
				telemetry_counter_adder add)
{
	static const char *const prefixes[] = {"access.", "core."};
	struct link_view ports[DATAPATH_SIDES];

	links_view(links, ports);
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		for (unsigned i = 0; i < NIC_DROP_COUNT; i++)
			add(d, prefixes[side], nic_drop_name(i), ports[side].drops[i]);
}

void telemetry_add_unknown_teid(struct rte_tel_data *d, const struct control_unknown_teid *view)
{
	rte_tel_data_add_dict_string(d, "unknown_teid", view->passes ? "pass" : "drop");
	rte_tel_data_add_dict_u64(d, "unknown_teid_s", view->passes ? view->for_s : 0);
}

void telemetry_add_bypass(struct rte_tel_data *d, const struct control_bypass *bypass)
{
	rte_tel_data_add_dict_string(d, "bypass", bypass->is_on ? "on" : "off");
	rte_tel_data_add_dict_u64(d, "bypass_s", bypass->is_on ? bypass->for_s : 0);
}

struct question {
	const char *params;
	struct control_bypass bypass;
};

static void set_and_look(struct hse_control *control, void *arg)
{
	struct question *question = arg;

	if (question->params)
		control_set_bypass(control, strcmp(question->params, "on") == 0);
	control_view_bypass(control, &question->bypass);
}

int telemetry_tell_bypass(const char *params, struct rte_tel_data *d, struct hse_control *control)
{
	struct question question = {.params = params};

	if (params && strcmp(params, "on") != 0 && strcmp(params, "off") != 0)
		return -EINVAL;
	if (control_ask(control, set_and_look, &question) != 0)
		return -ESHUTDOWN;
	rte_tel_data_start_dict(d);
	telemetry_add_bypass(d, &question.bypass);
	return 0;
}
