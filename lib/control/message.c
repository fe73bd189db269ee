/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/message.h"

void message_set_type(struct message *m, const struct message_type *types, uint8_t type)
{
	m->kind = MESSAGE_OTHER;
	m->type = type;
	m->is_response = false;
	for (; types->request != 0; types++)
		if (type == types->request || type == types->request + 1) {
			m->kind = types->kind;
			m->type = types->request;
			m->is_response = type != types->request;
		}
}

bool message_end_has_address(const struct message_end *e)
{
	return e->ipv4.len > 0 || e->ipv6.len > 0;
}

bool message_end_is_whole(const struct message_end *e)
{
	return e->has_teid && message_end_has_address(e);
}

void message_end_update(struct tunnel *tunnel, const struct message_end *e, bool ipv4)
{
	if (e->ipv4.len > 0 && (ipv4 || e->ipv6.len == 0))
		tunnel_set_ipv4(tunnel, e->ipv4.octets);
	else if (e->ipv6.len > 0)
		tunnel_set_ipv6(tunnel, e->ipv6.octets);
	if (e->has_teid)
		tunnel->teid = e->teid;
}

const struct message_bearer *message_find_bearer(const struct message *m, uint8_t id,
						 bool is_marked)
{
	for (unsigned i = 0; i < m->bearers_count; i++)
		if (m->bearers[i].id == id && m->bearers[i].is_marked == is_marked)
			return &m->bearers[i];
	return NULL;
}

const struct message_bearer *message_first_bearer(const struct message *m)
{
	for (unsigned i = 0; i < m->bearers_count; i++)
		if (!m->bearers[i].is_marked)
			return &m->bearers[i];
	return NULL;
}

enum message_cause message_cause_of(const struct message *m, uint8_t id)
{
	const struct message_bearer *bearer = message_find_bearer(m, id, false);

	return bearer ? bearer->cause : m->cause;
}
