/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/rule.h"

#include "control/apns.h"
#include "control/table.h"

const struct policy_rule *rule_of_session(const struct session_store *store,
					  const struct session *s)
{
	const struct policy *policy = &store->config.policy;
	const struct e2m_imsi imsi = directory_imsi(s);
	const uint8_t *apn = NULL;
	size_t len = 0;

	if (s->apn != 0)
		apn = apns_octets(store->apns, s->apn, &len);
	return apn ? policy_find(policy, &imsi, apn, len) : policy_find_reported(policy, &imsi);
}
