/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The AVPs of EKA and ESR (e2m.md 4), read as lib/diameter reads them: libfdproto takes the message apart and
 * applies the dictionary and its rules, and what is left is read by our code. Of the input the first octet says
 * which of the two it is, and the rest is what comes after the header.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "diameter/internal.h"
#include "fuzz.h"

#define HEADER_LEN  20
#define COMMAND_KEY 16777214
#define IMSI	    "262010000000001"
#define SESSION	    "hse.home.test;1;1"

enum kind { EKA, ESR, KINDS };

/* libfdcore's own, exported but not in its headers: the models of what it adds to messages. */
int fd_msg_init(void);

static struct msg *pull; /* that an EKA answers */

static void quiet(bool is_error, const char *line)
{
	(void)is_error, (void)line;
}

static void set_up(void)
{
	diameter_numbers = e2m_default_numbers;
	FUZZ_CHECK(diameter_log_start(quiet) == 0);
	FUZZ_CHECK(diameter_fixes_start() == 0);
	FUZZ_CHECK(fd_core_initialize() == 0);
	FUZZ_CHECK(fd_msg_init() == 0);
	FUZZ_CHECK(diameter_dictionary_start() == 0);
	fd_g_config->cnf_diamid = strdup("hse.home.test");
	fd_g_config->cnf_diamid_len = strlen(fd_g_config->cnf_diamid);
	fd_g_config->cnf_diamrlm = strdup("home.test");
	fd_g_config->cnf_diamrlm_len = strlen(fd_g_config->cnf_diamrlm);
	FUZZ_CHECK(fd_msg_new(diameter_dict.key_request, 0, &pull) == 0);
	FUZZ_CHECK(diameter_add_text(pull, diameter_dict.session_id, SESSION) == 0);
	FUZZ_CHECK(diameter_add_text(pull, diameter_dict.user_name, IMSI) == 0);
}

static void put(uint8_t *at, uint32_t value)
{
	value = htonl(value);
	memcpy(at, &value, sizeof(value));
}

/* NULL: libfdproto does not take it. */
static struct msg *parse(enum kind kind, const uint8_t *body, size_t size)
{
	const uint32_t flags =
		kind == ESR ? CMD_FLAG_REQUEST | CMD_FLAG_PROXIABLE : CMD_FLAG_PROXIABLE;
	uint8_t *octets = calloc(1, HEADER_LEN + size);
	struct msg *message = NULL;
	struct fd_pei error = {0};

	FUZZ_CHECK(octets);
	put(octets, 1u << 24 | (uint32_t)(HEADER_LEN + size));
	put(octets + 4, flags << 24 | (kind == ESR ? DIAMETER_COMMAND_NOTIFICATION : COMMAND_KEY));
	put(octets + 8, diameter_numbers.diameter_application);
	memcpy(octets + HEADER_LEN, body, size);
	if (fd_msg_parse_buffer(&octets, HEADER_LEN + size, &message)) {
		free(octets);
		return NULL;
	}
	if (fd_msg_parse_rules(message, fd_g_config->cnf_dict, &error) == 0)
		return message;
	if (error.pei_avp_free)
		fd_msg_free(error.pei_avp);
	diameter_message_free(message);
	return NULL;
}

/* --- EKA --- */

static void check_key_answer(struct msg *message)
{
	struct diameter_key_answer answer = {0};

	diameter_read_key_answer(message, pull, &answer);
	FUZZ_CHECK(answer.outcome <= DIAMETER_KEY_REFUSED);
	FUZZ_CHECK(answer.fault < DIAMETER_KEY_FAULT_COUNT);
	FUZZ_CHECK(memchr(answer.detail, 0, sizeof(answer.detail)));
	if (answer.outcome == DIAMETER_KEY_FOUND) {
		FUZZ_CHECK(answer.fault == DIAMETER_KEY_FAULT_NONE);
		FUZZ_CHECK(e2m_algorithms_allowed(answer.ciphering, answer.integrity, true));
	}
	FUZZ_CHECK((answer.outcome == DIAMETER_KEY_BAD_ANSWER ||
		    answer.outcome == DIAMETER_KEY_REFUSED) ==
		   (answer.fault != DIAMETER_KEY_FAULT_NONE));
	diameter_message_free(message);
}

/* --- ESR --- */

static void check_tunnel(const struct diameter_tunnel *tunnel, bool is_needed)
{
	FUZZ_CHECK(tunnel->gsn.family == 0 || tunnel->gsn.family == AF_INET ||
		   tunnel->gsn.family == AF_INET6);
	FUZZ_CHECK((tunnel->gsn.family != 0) == (tunnel->teid != 0));
	FUZZ_CHECK(tunnel->gsn.family != 0 || !is_needed);
}

static void check_networks(const struct diameter_notification *n)
{
	unsigned lists = 0;

	FUZZ_CHECK(n->networks_count <= PDP_NETWORKS_MAX);
	for (unsigned i = 0; i < n->networks_count; i++) {
		const struct pdp_prefix *prefix = &n->networks[i].prefix;
		struct pdp_prefix masked = *prefix;

		pdp_prefix_mask(&masked);
		FUZZ_CHECK(memcmp(&masked, prefix, sizeof(masked)) == 0);
		FUZZ_CHECK(prefix->length > 0);
		FUZZ_CHECK(prefix->length <= (prefix->is_ipv6 ? PDP_IPV6_BITS : PDP_IPV4_BITS));
		FUZZ_CHECK(n->networks[i].list < PDP_NETWORKS_POLICY);
		lists |= 1u << n->networks[i].list;
	}
	FUZZ_CHECK(lists == n->lists);
}

static void check_good(const struct diameter_notification *n)
{
	const bool is_activation = n->event == DIAMETER_SESSION_ACTIVATE;

	FUZZ_CHECK(n->event <= DIAMETER_SESSION_DELETE);
	FUZZ_CHECK(n->nsapi >= 5 && n->nsapi <= 15);
	FUZZ_CHECK(n->key_id >= E2M_KEY_ID_MIN && n->key_id <= E2M_KEY_ID_MAX);
	FUZZ_CHECK(n->keyset.type == E2M_ID_SQN || n->keyset.type == E2M_ID_RAND ||
		   (n->keyset.type == 0 && !is_activation));
	FUZZ_CHECK(n->address.ipv4_state <= PDP_BOUND && n->address.ipv6_state <= PDP_BOUND);
	FUZZ_CHECK((n->address.ipv6_length > 0) == (n->address.ipv6_state == PDP_BOUND));
	FUZZ_CHECK(n->apn_len <= GTP_APN_MAX);
	check_networks(n);
	check_tunnel(&n->uplink, is_activation);
	check_tunnel(&n->downlink, is_activation);
}

/* It is answered with its fault, and the answer can be written. */
static void check_bad(struct msg **message, enum diameter_notification_fault fault,
		      const struct diameter_result *result)
{
	unsigned char *octets = NULL;
	size_t len = 0;

	FUZZ_CHECK(fault > DIAMETER_NOTIFICATION_FAULT_UNPARSED &&
		   fault < DIAMETER_NOTIFICATION_FAULT_COUNT);
	FUZZ_CHECK(result->code / 1000 == 5 && result->vendor == 0);
	FUZZ_CHECK(diameter_answer_new(message, diameter_numbers.diameter_vendor,
				       diameter_numbers.diameter_application, result) == 0);
	FUZZ_CHECK(fd_msg_bufferize(*message, &octets, &len) == 0 && len > HEADER_LEN);
	free(octets);
}

static void check_notification(struct msg *message)
{
	struct diameter_notification n = {0};
	enum diameter_notification_fault fault = DIAMETER_NOTIFICATION_FAULT_UNPARSED;
	struct diameter_result result = {0};

	if (diameter_read_notification(message, &n, &fault, &result))
		check_good(&n);
	else
		check_bad(&message, fault, &result);
	fd_msg_free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct msg *message;

	if (!pull)
		set_up();
	if (size == 0)
		return 0;
	message = parse(data[0] % KINDS, data + 1, size - 1);
	if (!message)
		return 0;
	if (data[0] % KINDS == ESR)
		check_notification(message);
	else
		check_key_answer(message);
	return 0;
}
