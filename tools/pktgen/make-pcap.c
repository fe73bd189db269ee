/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * make-pcap: writes what it takes to measure hse with a traffic generator that plays pcap files. See
 * README.md beside it. Sessions are made up, and their keysets come out as a file for hse's key source
 * of kind file; nothing here is anybody's key.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gtp/gtpc_v1.h"
#include "gtp/gtpu.h"
#include "gtp/pco.h"
#include "npdu/npdu.h"

#define SESSIONS_MAX \
	65536 /* sequence numbers of GTP-C: every request is sent before any response */
#define NSAPI	   5
#define KEY_ID	   1
#define OCTETS_MAX 9000
#define OUTER_LEN  (14 + 20 + 8)
#define FRAME_MAX  (OUTER_LEN + GTPU_HEADER_MIN + NPDU_HEADER_MAX + OCTETS_MAX + NPDU_MAC_MAX)

static const uint8_t sgsn[4] = {10, 1, 0, 1};
static const uint8_t ggsn[4] = {10, 1, 0, 2};
static const uint8_t sqn[E2M_SQN_LEN] = {0, 0, 0, 0, 0, 0x21};

struct options {
	uint32_t sessions;
	uint32_t packets; /* of each session */
	uint32_t octets;
	enum e2m_eea eea;
	enum e2m_eia eia;
	unsigned counter_octets;
	unsigned gcm_tag_octets;
	const char *folder;
};

struct frame {
	uint8_t octets[FRAME_MAX];
	size_t len;
};

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16(p + 2, (uint16_t)v);
}

/* --- sessions --- */

static uint32_t uplink_teid(uint32_t session)
{
	return 0x10000000 + session;
}

static uint32_t downlink_teid(uint32_t session)
{
	return 0x20000000 + session;
}

static struct e2m_imsi imsi_of(uint32_t session)
{
	struct e2m_imsi imsi = {0};

	snprintf(imsi.digits, sizeof(imsi.digits), "26201%010u", session + 1);
	return imsi;
}

static struct e2m_keyset keyset_of(uint32_t session)
{
	struct e2m_keyset keyset;

	memset(&keyset, 0x5a, sizeof(keyset));
	put32(keyset.e2mck, session);
	put32(keyset.e2mik, ~session);
	return keyset;
}

/* --- files --- */

static FILE *create(const struct options *o, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", o->folder, name);
	FILE *file = fopen(path, "w");
	if (!file) {
		fprintf(stderr, "make-pcap: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	return file;
}

static void finish(FILE *file, const char *name, uint64_t count, const char *what)
{
	const bool bad = ferror(file);

	if (fclose(file) != 0 || bad) {
		fprintf(stderr, "make-pcap: %s: could not be written in full: %s\n", name,
			strerror(errno));
		exit(1);
	}
	printf("%-20s %8lu %s\n", name, (unsigned long)count, what);
}

/* The headers of libpcap's file format, in this machine's byte order. */
static FILE *create_pcap(const struct options *o, const char *name)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, figures, snaplen, linktype;
	} header = {0xa1b2c3d4, 2, 4, 0, 0, 65535, 1};
	FILE *file = create(o, name);

	fwrite(&header, sizeof(header), 1, file);
	return file;
}

static void write_frame(FILE *file, const struct frame *frame)
{
	const uint32_t header[4] = {0, 0, (uint32_t)frame->len, (uint32_t)frame->len};

	fwrite(header, sizeof(header), 1, file);
	fwrite(frame->octets, frame->len, 1, file);
}

/* --- frames --- */

static uint16_t ipv4_checksum(const uint8_t header[20])
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < 20; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

/* Ethernet, IPv4 and UDP before the payload of len octets at OUTER_LEN. UDP's checksum is zero: none. */
static void wrap(struct frame *frame, enum e2m_direction direction, uint16_t port, size_t len)
{
	uint8_t *eth = frame->octets, *ip = eth + 14, *udp = ip + 20;
	const bool up = direction == E2M_UPLINK;

	memset(eth, 0, OUTER_LEN);
	eth[0] = eth[6] = 0x02;
	eth[5] = up ? 2 : 1;
	eth[11] = up ? 1 : 2;
	put16(eth + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, (uint16_t)(28 + len));
	ip[8] = 64;
	ip[9] = 17;
	memcpy(ip + 12, up ? sgsn : ggsn, 4);
	memcpy(ip + 16, up ? ggsn : sgsn, 4);
	put16(ip + 10, ipv4_checksum(ip));
	put16(udp, port);
	put16(udp + 2, port);
	put16(udp + 4, (uint16_t)(8 + len));
	frame->len = OUTER_LEN + len;
}

static struct gtp_address address(const uint8_t ipv4[4])
{
	struct gtp_address a = {.len = 4};

	memcpy(a.octets, ipv4, 4);
	return a;
}

static void make_request(struct frame *frame, uint32_t session)
{
	struct pco_e2m container = {.key_id = KEY_ID, .id = e2m_keyset_id_make(E2M_ID_SQN, sqn)};
	uint8_t pco[PCO_MAX_LEN];

	pco_plmn_parse(container.plmn, "26201");
	const size_t pco_len = pco_write_e2m(pco, &e2m_default_numbers, &container);
	const struct gtpc_v1_create create = {.sequence = (uint16_t)session,
					      .imsi = imsi_of(session),
					      .apn = "internet",
					      .nsapi = NSAPI,
					      .teid_data = downlink_teid(session),
					      .teid_control = downlink_teid(session),
					      .gsn = address(sgsn),
					      .pco = {pco, (uint16_t)pco_len}};
	int len = gtpc_v1_write_create_request(frame->octets + OUTER_LEN, FRAME_MAX - OUTER_LEN,
					       &create);
	wrap(frame, E2M_UPLINK, GTPC_PORT, (size_t)len);
}

static void make_response(struct frame *frame, uint32_t session)
{
	struct gtpc_v1_accept accept = {.type = GTPC_V1_CREATE_PDP_RESPONSE,
					.sequence = (uint16_t)session,
					.peer_teid_control = downlink_teid(session),
					.teid_data = uplink_teid(session),
					.teid_control = uplink_teid(session),
					.gsn = address(ggsn)};

	put32(accept.end_user_ipv4, 0x0a800000 + session);
	int len = gtpc_v1_write_accept_response(frame->octets + OUTER_LEN, FRAME_MAX - OUTER_LEN,
						&accept);
	wrap(frame, E2M_DOWNLINK, GTPC_PORT, (size_t)len);
}

static void make_downlink(struct frame *frame, uint32_t session, const struct options *o)
{
	uint8_t *gtpu = frame->octets + OUTER_LEN;

	memset(gtpu + GTPU_HEADER_MIN, 0x45, o->octets);
	gtpu_write(gtpu, GTPU_G_PDU, downlink_teid(session), (uint16_t)o->octets);
	wrap(frame, E2M_DOWNLINK, GTPU_PORT, GTPU_HEADER_MIN + o->octets);
}

static void make_uplink(struct frame *frame, uint32_t session, uint32_t count,
			const struct npdu_key *key, struct npdu_engine *engine,
			const struct options *o)
{
	uint8_t *gtpu = frame->octets + OUTER_LEN, *pdu = gtpu + GTPU_HEADER_MIN;
	const size_t header = npdu_header_len(o->counter_octets);
	const size_t len = header + o->octets + npdu_key_mac_len(key);
	struct npdu_op op = {.key = key,
			     .pdu = pdu,
			     .npdu_len = o->octets,
			     .count = count,
			     .bearer = NSAPI,
			     .direction = E2M_UPLINK,
			     .counter_octets = (uint8_t)o->counter_octets};

	npdu_write_header(pdu, o->counter_octets, KEY_ID, count);
	memset(pdu + header, 0x45, o->octets);
	npdu_protect(engine, &op, 1);
	gtpu_write(gtpu, GTPU_G_PDU, uplink_teid(session), (uint16_t)len);
	wrap(frame, E2M_UPLINK, GTPU_PORT, GTPU_HEADER_MIN + len);
}

/* --- what comes out --- */

static void write_keysets(const struct options *o)
{
	FILE *file = create(o, "keysets.yaml");

	fchmod(fileno(file), 0600); /* hse refuses keys that others can read */

	fprintf(file, "keysets:\n");
	for (uint32_t i = 0; i < o->sessions; i++) {
		const struct e2m_keyset k = keyset_of(i);
		fprintf(file,
			"  - {imsi: \"%s\", sqn: \"000000000021\", e2mck: ", imsi_of(i).digits);
		for (unsigned j = 0; j < E2M_KEY_LEN; j++)
			fprintf(file, "%02x", k.e2mck[j]);
		fprintf(file, ", e2mik: ");
		for (unsigned j = 0; j < E2M_KEY_LEN; j++)
			fprintf(file, "%02x", k.e2mik[j]);
		fprintf(file, ", ciphering: %s, integrity: %s}\n", e2m_eea_name(o->eea),
			e2m_eia_name(o->eia));
	}
	finish(file, "keysets.yaml", o->sessions, "keysets");
}

static void write_signalling(const struct options *o)
{
	static struct frame frame;
	FILE *requests = create_pcap(o, "create-request.pcap");
	FILE *responses = create_pcap(o, "create-response.pcap");

	for (uint32_t i = 0; i < o->sessions; i++) {
		make_request(&frame, i);
		write_frame(requests, &frame);
		make_response(&frame, i);
		write_frame(responses, &frame);
	}
	finish(requests, "create-request.pcap", o->sessions, "packets, for hse's access side");
	finish(responses, "create-response.pcap", o->sessions, "packets, for hse's core side");
}

/* All sessions in random order, the same each time. */
static uint32_t *shuffled(uint32_t count)
{
	uint32_t *order = malloc(count * sizeof(*order));
	uint64_t state = 1;

	if (!order) {
		fprintf(stderr, "make-pcap: no memory for %u sessions\n", count);
		exit(1);
	}
	for (uint32_t i = 0; i < count; i++) {
		state = state * 6364136223846793005U + 1442695040888963407U;
		const uint32_t j = (uint32_t)(state >> 32) % (i + 1);
		order[i] = order[j];
		order[j] = i;
	}
	return order;
}

static void write_traffic(const struct options *o)
{
	const struct npdu_profile profile = {
		.eea = o->eea,
		.eia = o->eia,
		.counter_octets = (uint8_t)o->counter_octets,
		.gcm_tag_octets = (uint8_t)o->gcm_tag_octets,
	};
	static struct frame frame;
	FILE *down = create_pcap(o, "downlink.pcap"), *up = create_pcap(o, "uplink.pcap");
	struct npdu_engine *engine = npdu_engine_new(1);
	uint32_t *order = shuffled(o->sessions);

	for (uint32_t count = 0; engine && count < o->packets; count++)
		for (uint32_t i = 0; i < o->sessions; i++) {
			const struct e2m_keyset keyset = keyset_of(order[i]);
			struct npdu_key *key =
				npdu_key_new(&e2m_default_numbers, &keyset, &profile);
			if (!key) {
				fprintf(stderr, "make-pcap: no key: %s\n", strerror(errno));
				exit(1);
			}
			make_downlink(&frame, order[i], o);
			write_frame(down, &frame);
			make_uplink(&frame, order[i], count, key, engine, o);
			write_frame(up, &frame);
			npdu_key_free(key);
		}
	if (!engine) {
		fprintf(stderr, "make-pcap: intel-ipsec-mb does not run on this CPU\n");
		exit(1);
	}
	npdu_engine_free(engine);
	free(order);
	const uint64_t packets = (uint64_t)o->sessions * o->packets;
	finish(down, "downlink.pcap", packets, "packets, for hse's core side");
	finish(up, "uplink.pcap", packets, "packets, for hse's access side");
}

/* --- command line --- */

static void usage(FILE *out)
{
	fputs("Usage: make-pcap [OPTION...]\n"
	      "Writes pcap files, and keysets, to measure hse with a traffic generator.\n"
	      "  --folder PATH         where to (.)\n"
	      "  --sessions N          1 to 65536 (1000)\n"
	      "  --packets N           of each session in each direction (4); at most half of "
	      "what\n"
	      "                        CTR can tell apart, so that the files can be played in a "
	      "loop\n"
	      "  --octets N            of each N-PDU, 0 to 9000 (64)\n"
	      "  --ciphering NAME      eea0, eea1, eea2, eea3 or gcm (eea2)\n"
	      "  --integrity NAME      eia0, eia1, eia2, eia3 or gcm (eia2)\n"
	      "  --counter-octets N    as in hse's configuration (1)\n"
	      "  --gcm-tag-octets N    as in hse's configuration (8)\n",
	      out);
}

static void refuse(const char *why)
{
	fprintf(stderr, "make-pcap: %s; see make-pcap --help\n", why);
	exit(2);
}

static uint32_t number(const char *text, const char *why)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n > UINT32_MAX)
		refuse(why);
	return (uint32_t)n;
}

static unsigned algorithm(const char *text, const char *(*name)(unsigned))
{
	static const unsigned all[] = {0, 1, 2, 3, E2M_EEA_GCM};

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(text, name(all[i])) == 0)
			return all[i];
	refuse("no such algorithm");
	return 0;
}

static void parse_option(int option, struct options *o)
{
	switch (option) {
	case 'f':
		o->folder = optarg;
		break;
	case 's':
		o->sessions = number(optarg, "--sessions is a number");
		break;
	case 'p':
		o->packets = number(optarg, "--packets is a number");
		break;
	case 'o':
		o->octets = number(optarg, "--octets is a number");
		break;
	case 'c':
		o->eea = algorithm(optarg, e2m_eea_name);
		break;
	case 'i':
		o->eia = algorithm(optarg, e2m_eia_name);
		break;
	case 'n':
		o->counter_octets = number(optarg, "--counter-octets is a number");
		break;
	case 't':
		o->gcm_tag_octets = number(optarg, "--gcm-tag-octets is a number");
		break;
	case 'h':
		usage(stdout);
		exit(0);
	default:
		usage(stderr);
		exit(2);
	}
}

static void check(const struct options *o)
{
	if (o->sessions < 1 || o->sessions > SESSIONS_MAX)
		refuse("--sessions is 1 to 65536");
	if (o->octets > OCTETS_MAX)
		refuse("--octets is 0 to 9000");
	if (o->counter_octets > NPDU_COUNTER_OCTETS_MAX)
		refuse("--counter-octets is 0 to 3");
	if (o->packets < 1 || o->packets > UINT32_C(1) << (2 + 8 * o->counter_octets))
		refuse("--packets is 1 to half of what CTR can tell apart (1024 with one counter "
		       "octet)");
	if (o->gcm_tag_octets != 8 && o->gcm_tag_octets != 16)
		refuse("--gcm-tag-octets is 8 or 16");
	if (!e2m_algorithms_allowed(o->eea, o->eia, true))
		refuse("these algorithms do not go together: gcm goes with gcm only, and eea0 with "
		       "eia0 protects nothing");
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {{"folder", required_argument, NULL, 'f'},
					      {"sessions", required_argument, NULL, 's'},
					      {"packets", required_argument, NULL, 'p'},
					      {"octets", required_argument, NULL, 'o'},
					      {"ciphering", required_argument, NULL, 'c'},
					      {"integrity", required_argument, NULL, 'i'},
					      {"counter-octets", required_argument, NULL, 'n'},
					      {"gcm-tag-octets", required_argument, NULL, 't'},
					      {"help", no_argument, NULL, 'h'},
					      {0}};
	struct options o = {.sessions = 1000,
			    .packets = 4,
			    .octets = 64,
			    .eea = E2M_EEA2,
			    .eia = E2M_EIA2,
			    .counter_octets = 1,
			    .gcm_tag_octets = 8,
			    .folder = "."};
	int option;

	while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1)
		parse_option(option, &o);
	if (optind < argc)
		refuse("no arguments are expected");
	check(&o);
	if (mkdir(o.folder, 0700) != 0 && errno != EEXIST) {
		fprintf(stderr, "make-pcap: %s: %s\n", o.folder, strerror(errno));
		return 1;
	}
	write_keysets(&o);
	write_signalling(&o);
	write_traffic(&o);
	return 0;
}
