/* SPDX-License-Identifier: BSD-3-Clause */
#include "telemetry_sessions.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "telemetry_filter.h"

/* Rows of one answer: what fits the socket's longest message, 16 KiB. A row has at most some 750 octets. */
#define ROWS 20

/* The longest text of a cell. */
#define TEXT RTE_TEL_MAX_STRING_LEN

struct rows {
	struct session_filter filter;
	uint32_t first;
	uint32_t next;
	uint32_t total;
	size_t count;
	struct session_view views[ROWS];
};

static void ask_rows(struct hse_control *control, void *arg)
{
	struct rows *rows = arg;
	struct session_totals totals;

	session_totals(control_store(control), &totals);
	rows->total = totals.sessions + totals.unprotected;
	rows->count = session_view_from(control_store(control), &rows->filter, rows->first,
					rows->views, ROWS, &rows->next);
}

enum column {
	COLUMN_ID,
	COLUMN_KIND,
	COLUMN_IMSI,
	COLUMN_NSAPI,
	COLUMN_PRIMARY,
	COLUMN_APN,
	COLUMN_IPV4,
	COLUMN_IPV6,
	COLUMN_NETWORKS,
	COLUMN_STATE,
	COLUMN_ORIGIN,
	COLUMN_UPLINK,
	COLUMN_DOWNLINK,
	COLUMN_KEYSET,
	COLUMN_KEY_ID,
	COLUMN_ALGORITHMS,
	COLUMN_UPLINK_PACKETS,
	COLUMN_DOWNLINK_PACKETS,
	COLUMN_COUNT_UP,
	COLUMN_COUNT_DOWN,
	COLUMN_COUNT_WARNING,
	COLUMN_RECOVERED,
	COLUMN_RECOVERY_PENDING,
	COLUMN_DROPPED,
	COLUMNS,
};

static const struct {
	const char *name;
	bool is_text;
} columns[COLUMNS] = {
	[COLUMN_ID] = {"id", false},
	[COLUMN_KIND] = {"kind", true},
	[COLUMN_IMSI] = {"imsi", true},
	[COLUMN_NSAPI] = {"nsapi", false},
	[COLUMN_PRIMARY] = {"primary", false},
	[COLUMN_APN] = {"apn", true},
	[COLUMN_IPV4] = {"ipv4", true},
	[COLUMN_IPV6] = {"ipv6", true},
	[COLUMN_NETWORKS] = {"networks", true},
	[COLUMN_STATE] = {"state", true},
	[COLUMN_ORIGIN] = {"origin", true},
	[COLUMN_UPLINK] = {"uplink", true},
	[COLUMN_DOWNLINK] = {"downlink", true},
	[COLUMN_KEYSET] = {"keyset", true},
	[COLUMN_KEY_ID] = {"key_id", false},
	[COLUMN_ALGORITHMS] = {"algorithms", true},
	[COLUMN_UPLINK_PACKETS] = {"uplink_packets", false},
	[COLUMN_DOWNLINK_PACKETS] = {"downlink_packets", false},
	[COLUMN_COUNT_UP] = {"count_up", false},
	[COLUMN_COUNT_DOWN] = {"count_down", false},
	[COLUMN_COUNT_WARNING] = {"count_warning", false},
	[COLUMN_RECOVERED] = {"recovered", false},
	[COLUMN_RECOVERY_PENDING] = {"recovery_pending", false},
	[COLUMN_DROPPED] = {"dropped", false},
};

static void view_flow(struct datapath_worker *const *workers, const struct session_flow_ref *flow,
		      struct datapath_flow_view *view)
{
	*view = (struct datapath_flow_view){0};
	if (flow->live)
		datapath_view_flow(workers[flow->worker], flow->number, view);
}

/* --- text --- */

/* "10.0.0.1", "2001:db8:1:2::/64", "unbound", "lost", or "-": not of the PDN type. */
static void write_address(const struct session_view *v, bool is_ipv6, char text[TEXT])
{
	const uint8_t state = is_ipv6 ? v->address.ipv6_state : v->address.ipv4_state;
	struct pdp_prefix prefix;
	char address[PDP_PREFIX_STR];

	if (pdp_address_prefix(&v->address, is_ipv6, &prefix))
		snprintf(text, TEXT, "%s", pdp_prefix_str(&prefix, address));
	else
		snprintf(text, TEXT, "%s",
			 state == PDP_UNBOUND ? "unbound"
			 : state == PDP_LOST  ? "lost"
					      : "-");
}

/* Labels with dots between. A character that no APN should have is shown as '?'. */
static void write_apn(const struct session_view *v, char text[TEXT])
{
	size_t len = 0;

	for (size_t at = 0, label = 0; at < v->apn_len && len + 1 < TEXT; at++) {
		const uint8_t c = v->apn[at];

		if (label == 0) {
			label = c;
			if (len > 0)
				text[len++] = '.';
			continue;
		}
		label--;
		text[len++] = isalnum(c) || c == '-' || c == '_' ? (char)c : '?';
	}
	text[len] = '\0';
	if (len == 0)
		snprintf(text, TEXT, "-");
}

/* "10.1.0.0/16 2001:db8:7::/48 +3": those that find room, and the number of the others. */
static void write_networks(const struct session_view *v, char text[TEXT])
{
	unsigned shown = 0;
	size_t len = 0;

	snprintf(text, TEXT, "-");
	for (; shown < v->networks_count && shown < SESSION_VIEW_NETWORKS; shown++) {
		char network[PDP_PREFIX_STR];

		pdp_prefix_str(&v->networks[shown], network);
		if (len + strlen(network) + sizeof(" +4294967295") > TEXT)
			break;
		len += (size_t)snprintf(text + len, TEXT - len, "%s%s", len ? " " : "", network);
	}
	if (shown < v->networks_count)
		snprintf(text + len, TEXT - len, "%s+%u", len ? " " : "",
			 v->networks_count - shown);
}

static void write_algorithms(const struct session_view *v, char text[TEXT])
{
	if (v->eea == 0 && v->eia == 0)
		snprintf(text, TEXT, "-");
	else if (v->eea == E2M_EEA_GCM)
		snprintf(text, TEXT, "gcm");
	else
		snprintf(text, TEXT, "%s+%s", e2m_eea_name(v->eea), e2m_eia_name(v->eia));
}

static void write_tunnel(const struct tunnel *tunnel, char text[TEXT])
{
	if (IN6_IS_ADDR_UNSPECIFIED((const struct in6_addr *)tunnel->receiver))
		snprintf(text, TEXT, "-");
	else
		tunnel_str(tunnel, text);
}

static void add_text(struct rte_tel_data *d, enum column column, const struct session_view *v)
{
	char text[TEXT];

	switch (column) {
	case COLUMN_KIND:
		rte_tel_data_add_array_string(d, v->kind);
		return;
	case COLUMN_IMSI:
		rte_tel_data_add_array_string(d, v->imsi.digits);
		return;
	case COLUMN_STATE:
		rte_tel_data_add_array_string(d, v->state);
		return;
	case COLUMN_ORIGIN:
		rte_tel_data_add_array_string(d, v->origin);
		return;
	case COLUMN_APN:
		write_apn(v, text);
		break;
	case COLUMN_IPV4:
	case COLUMN_IPV6:
		write_address(v, column == COLUMN_IPV6, text);
		break;
	case COLUMN_NETWORKS:
		write_networks(v, text);
		break;
	case COLUMN_UPLINK:
		write_tunnel(&v->uplink.tunnel, text);
		break;
	case COLUMN_DOWNLINK:
		write_tunnel(&v->downlink.tunnel, text);
		break;
	case COLUMN_KEYSET:
		snprintf(text, sizeof(text), "-");
		if (v->keyset.type != 0)
			e2m_keyset_id_str(&v->keyset, text);
		break;
	default:
		write_algorithms(v, text);
	}
	rte_tel_data_add_array_string(d, text);
}

/* --- numbers --- */

static uint64_t number_of(struct datapath_worker *const *workers, enum column column,
			  const struct session_view *v)
{
	struct datapath_flow_view up, down;

	view_flow(workers, &v->uplink, &up);
	view_flow(workers, &v->downlink, &down);
	switch (column) {
	case COLUMN_ID:
		return v->id;
	case COLUMN_NSAPI:
		return v->nsapi;
	case COLUMN_PRIMARY:
		return v->primary;
	case COLUMN_KEY_ID:
		return v->key_id;
	case COLUMN_UPLINK_PACKETS:
		return up.packets;
	case COLUMN_DOWNLINK_PACKETS:
		return down.packets;
	case COLUMN_COUNT_UP:
		return up.count[v->slot];
	case COLUMN_COUNT_DOWN:
		return down.count[v->slot];
	case COLUMN_COUNT_WARNING:
		return v->count_warning;
	case COLUMN_RECOVERED:
		return v->recovered;
	case COLUMN_RECOVERY_PENDING:
		return v->recovery_pending;
	default:
		return up.dropped + down.dropped;
	}
}

/* --- a page --- */

static void fill_column(struct rte_tel_data *array, struct datapath_worker *const *workers,
			enum column column, const struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct session_view *v = &rows->views[i];

		if (columns[column].is_text)
			add_text(array, column, v);
		else
			rte_tel_data_add_array_u64(array, number_of(workers, column, v));
	}
}

int telemetry_tell_sessions(struct hse_control *control, struct datapath_worker *const *workers,
			    const char *params, struct rte_tel_data *d)
{
	struct rows rows = {0};

	if (telemetry_read_filter(params, &rows.first, &rows.filter) != 0)
		return -EINVAL;
	if (control_ask(control, ask_rows, &rows) != 0)
		return -ESHUTDOWN;
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_u64(d, "total", rows.total);
	rte_tel_data_add_dict_u64(d, "next", rows.next);
	for (unsigned column = 0; column < COLUMNS; column++) {
		struct rte_tel_data *array = rte_tel_data_alloc();

		if (!array)
			return -ENOMEM;
		rte_tel_data_start_array(array, columns[column].is_text ? RTE_TEL_STRING_VAL
									: RTE_TEL_U64_VAL);
		fill_column(array, workers, column, &rows);
		rte_tel_data_add_dict_container(d, columns[column].name, array, 0);
	}
	return 0;
}
