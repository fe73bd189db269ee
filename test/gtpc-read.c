/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gtpc-read: prints what lib/gtp reads in GTP-C messages, for test/e2e/gtpc_read_by_tshark.sh. Each line of stdin is a
 * message in hex; each line of stdout is what was read in it, as JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gtp/gtpc_v1.h"
#include "gtp/gtpc_v2.h"

#define LINE_MAX_OCTETS 4096

static void print_hex(const char *name, const uint8_t *data, size_t len)
{
	printf(", \"%s\": \"", name);
	for (size_t i = 0; i < len; i++)
		printf("%02x", data[i]);
	printf("\"");
}

static void print_octets(const char *name, const struct gtp_octets *octets)
{
	if (octets->data)
		print_hex(name, octets->data, octets->len);
}

static void print_number(const char *name, bool is_there, uint32_t number)
{
	if (is_there)
		printf(", \"%s\": %u", name, number);
}

/* --- GTPv1-C --- */

static void print_v1(const struct gtpc_v1 *m)
{
	const char *names[] = {"gsn0", "gsn1", "gsn2", "gsn3"};
	struct gtpc_v1 from_sgsn = *m, from_ggsn = *m;

	gtpc_v1_receive(&from_sgsn, GTPC_V1_FROM_SGSN);
	gtpc_v1_receive(&from_ggsn, GTPC_V1_FROM_GGSN);
	printf(", \"fault_sgsn\": \"%s\", \"fault_ggsn\": \"%s\"", gtpc_fault_name(from_sgsn.fault),
	       gtpc_fault_name(from_ggsn.fault));
	print_number("sequence", m->has_sequence, m->sequence);
	if (m->present & GTPC_V1_HAS_IMSI)
		printf(", \"imsi\": \"%s\"", m->imsi.digits);
	print_number("nsapi", m->present & GTPC_V1_HAS_NSAPI, m->nsapi);
	print_number("linked_nsapi", m->present & GTPC_V1_HAS_LINKED_NSAPI, m->linked_nsapi);
	print_number("teid_data", m->present & GTPC_V1_HAS_TEID_DATA, m->teid_data);
	print_number("teid_control", m->present & GTPC_V1_HAS_TEID_CONTROL, m->teid_control);
	print_number("cause", m->present & GTPC_V1_HAS_CAUSE, m->cause);
	print_number("recovery", m->present & GTPC_V1_HAS_RECOVERY, m->recovery);
	for (unsigned i = 0; i < m->gsn_addresses; i++)
		print_hex(names[i], m->gsn_address[i].octets, m->gsn_address[i].len);
	print_hex("user_sgsn", from_sgsn.gsn_user.octets, from_sgsn.gsn_user.len);
	print_octets("pco", &m->pco);
	print_octets("apn", &m->apn);
	print_octets("end_user_address", &m->end_user_address);
}

/* --- GTPv2-C --- */

static void print_fteid(const char *name, const struct gtpc_v2_fteid *fteid)
{
	if (!fteid->is_present)
		return;
	printf(", \"%s\": [%u, \"", name, fteid->teid);
	for (unsigned i = 0; i < fteid->ipv4.len; i++)
		printf("%02x", fteid->ipv4.octets[i]);
	printf("\", \"");
	for (unsigned i = 0; i < fteid->ipv6.len; i++)
		printf("%02x", fteid->ipv6.octets[i]);
	printf("\"]");
}

static void print_bearer(const struct gtpc_v2_bearer *b)
{
	printf("{\"instance\": %u, \"ebi\": %u", b->instance, b->ebi);
	print_number("cause", b->has_cause, b->cause);
	print_fteid("sgw_u", &b->sgw_u);
	print_fteid("pgw_u", &b->pgw_u);
	print_octets("pco", &b->pco);
	print_octets("apco", &b->apco);
	print_octets("epco", &b->epco);
	printf("}");
}

static void print_fq_csids(const struct gtpc_v2 *m)
{
	static const char *const names[GTPC_V2_SET_NODES] = {"csid_mme", "csid_sgw", "csid_pgw",
							     "csid_epdg", "csid_twan"};

	for (unsigned node = 0; node < GTPC_V2_SET_NODES; node++)
		if (m->fq_csids[node].node_id_len > 0)
			print_hex(names[node], m->fq_csids[node].csids,
				  2u * m->fq_csids[node].count);
}

static void print_v2(const struct gtpc_v2 *m)
{
	printf(", \"fault\": \"%s\", \"sequence\": %u", gtpc_fault_name(m->fault), m->sequence);
	if (m->present & GTPC_V2_HAS_IMSI)
		printf(", \"imsi\": \"%s\"", m->imsi.digits);
	print_number("cause", m->present & GTPC_V2_HAS_CAUSE, m->cause);
	print_number("recovery", m->present & GTPC_V2_HAS_RECOVERY, m->recovery);
	print_number("linked_ebi", m->linked_ebi != 0, m->linked_ebi);
	print_number("ebis", m->ebis != 0, m->ebis);
	print_fteid("sgw_c", &m->sgw_c);
	print_fteid("pgw_c", &m->pgw_c);
	print_octets("apn", &m->apn);
	print_octets("pco", &m->pco);
	print_octets("apco", &m->apco);
	print_octets("epco", &m->epco);
	print_octets("paa", &m->paa);
	print_fq_csids(m);
	printf(", \"bearers\": [");
	for (unsigned i = 0; i < m->bearers_count; i++) {
		printf("%s", i > 0 ? ", " : "");
		print_bearer(&m->bearers[i]);
	}
	printf("]");
}

static void read_message(const uint8_t *data, size_t len)
{
	struct gtpc_v1 v1;
	struct gtpc_v2 v2;

	if (len > 0 && gtpc_version(data[0]) == 2) {
		const int octets = gtpc_v2_parse(&v2, data, len);

		printf("{\"version\": 2, \"octets\": %d", octets);
		if (octets < 0) {
			printf(", \"fault\": \"%s\"}\n", gtpc_fault_name(v2.fault));
			return;
		}
		printf(", \"type\": %u", v2.type);
		print_number("teid", v2.has_teid, v2.teid);
		print_v2(&v2);
	} else {
		const int error = gtpc_v1_parse(&v1, data, len);

		printf("{\"version\": 1, \"octets\": %d", error ? error : (int)len);
		if (error) {
			printf(", \"fault\": \"%s\"}\n", gtpc_fault_name(v1.fault));
			return;
		}
		printf(", \"type\": %u, \"teid\": %u", v1.type, v1.teid);
		print_v1(&v1);
	}
	printf("}\n");
}

int main(void)
{
	static char line[2 * LINE_MAX_OCTETS + 2];
	static uint8_t data[LINE_MAX_OCTETS];

	while (fgets(line, sizeof(line), stdin)) {
		size_t len = 0;
		unsigned octet;

		while (len < sizeof(data) && sscanf(line + 2 * len, "%2x", &octet) == 1)
			data[len++] = (uint8_t)octet;
		/* A copy without an octet behind it, for the sanitizer. */
		uint8_t *exact = malloc(len > 0 ? len : 1);

		if (!exact)
			return 1;
		memcpy(exact, data, len);
		read_message(exact, len);
		free(exact);
	}
	return 0;
}
