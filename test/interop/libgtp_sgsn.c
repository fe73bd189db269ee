/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libgtp-sgsn: an SGSN on Osmocom's libgtp, for tests: nothing of lib/ is in it, so that a mistake of ours in GTP is not
 * one of both ends. It knows nothing of N-PDUs: they come and go as hex. The library is under the GPL, and so is this
 * program as it is built; it is no part of the product.
 *
 *   libgtp-sgsn --listen ADDRESS --ggsn ADDRESS --imsi DIGITS --plmn DIGITS --key-id N (--sqn | --rand) HEX
 *               --state-dir FOLDER --commands FIFO
 *
 * Commands are lines of the FIFO; what happens is said on stdout, a line each:
 *
 *   echo         Echo Request
 *   create       Create PDP Context Request; its PCO names the AKA run
 *   update       Update PDP Context Request with other TEIDs, of data and control, for the same context
 *   send HEX     a G-PDU
 *   delete       Delete PDP Context Request, with teardown
 *   quit
 *
 * The library answers Echo Requests and retransmits by itself.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/timer.h>

#include <gtp.h>
#include <pdp.h>

#define NSAPI	  5
#define NPDU_MAX  1500
#define LINE_SIZE (16 + 2 * NPDU_MAX)

struct sgsn {
	struct in_addr listen, ggsn;
	uint64_t imsi;
	struct ul255_t pco;
	struct gsn_t *gsn;
	struct pdp_t *pdp;  /* the context as the GGSN knows it; NULL: none */
	struct pdp_t *next; /* the context as a request on its way wants it; NULL: none */
	bool over;
};

/* libgtp's call-backs for responses and G-PDUs have no argument of ours that is always there. */
static struct sgsn sgsn;

static void die(const char *what, const char *why)
{
	fprintf(stderr, "libgtp-sgsn: %s: %s\n", what, why);
	exit(1);
}

/* Octets of hex, or -1 when it is not hex or does not fit. */
static int from_hex(const char *hex, uint8_t *octets, size_t size)
{
	const size_t len = strlen(hex) / 2;

	if (strlen(hex) % 2 || len > size || strspn(hex, "0123456789abcdefABCDEF") != 2 * len)
		return -1;
	for (size_t i = 0; i < len; i++) {
		const char digits[3] = {hex[2 * i], hex[2 * i + 1]};

		octets[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return (int)len;
}

/* The PCO with the one container that names the AKA run: e2m.md 5, TS 24.008 10.5.1.3 and 10.5.6.3. type: 1 SQN, 2 RAND. */
static void make_pco(const char *plmn, const char *key_id, uint8_t type, const char *name)
{
	const uint8_t name_len = type == 1 ? 6 : 16;
	const bool has_mnc3 = strlen(plmn) == 6;
	uint8_t *v = sgsn.pco.v;
	uint8_t digit[6];

	if (strspn(plmn, "0123456789") != strlen(plmn) || (strlen(plmn) != 5 && !has_mnc3))
		die("--plmn", "not 5 or 6 digits");
	for (size_t i = 0; i < 6; i++)
		digit[i] = i < strlen(plmn) ? (uint8_t)(plmn[i] - '0') : 0xf;
	*v++ = 0x80;
	*v++ = 0xff;
	*v++ = 0x00;
	*v++ = (uint8_t)(6 + name_len);
	*v++ = (uint8_t)(digit[1] << 4 | digit[0]);
	*v++ = (uint8_t)(digit[5] << 4 | digit[2]);
	*v++ = (uint8_t)(digit[4] << 4 | digit[3]);
	*v++ = 0xe2;
	*v++ = type;
	*v++ = (uint8_t)strtoul(key_id, NULL, 10);
	if (from_hex(name, v, name_len) != name_len)
		die(type == 1 ? "--sqn" : "--rand", "not as many octets, in hex, as it has");
	sgsn.pco.l = (unsigned int)(v + name_len - sgsn.pco.v);
}

static struct pdp_t *pdp_new(void)
{
	static const uint8_t apn[] = "\x08internet", msisdn[] = {0x91, 0x94, 0x71, 0, 0, 0, 0x90};
	static const uint8_t qos[] = {0x02, 0x0b, 0x92, 0x1f};
	struct pdp_t *pdp;

	if (gtp_pdp_newpdp(sgsn.gsn, &pdp, sgsn.imsi, NSAPI, NULL))
		die("gtp_pdp_newpdp", "failed");
	pdp->version = 1;
	pdp->hisaddr0 = pdp->hisaddr1 = sgsn.ggsn;
	pdp->tx_gpdu_seq = false;
	in_addr2gsna(&pdp->gsnlc, &sgsn.listen);
	in_addr2gsna(&pdp->gsnlu, &sgsn.listen);
	pdp->eua = (struct ul66_t){2, {PDP_EUA_ORG_IETF, PDP_EUA_TYPE_v4}};
	pdp->apn_use.l = sizeof(apn) - 1;
	memcpy(pdp->apn_use.v, apn, sizeof(apn) - 1);
	pdp->msisdn.l = sizeof(msisdn);
	memcpy(pdp->msisdn.v, msisdn, sizeof(msisdn));
	pdp->qos_req.l = sizeof(qos);
	memcpy(pdp->qos_req.v, qos, sizeof(qos));
	pdp->pco_req = sgsn.pco;
	return pdp;
}

/* --- what libgtp says ---------------------------------------------------------------------------- */

static void say_context(const char *what, int cause, struct pdp_t *pdp)
{
	struct in_addr address = {0};

	eua2ipv4(&address, &pdp->eua);
	printf("%s: cause %d address %s uplink TEID %#x downlink TEID %#x\n", what, cause,
	       inet_ntoa(address), pdp->teid_gn, pdp->teid_own);
}

/* The context that was asked for takes the place of the one before, or never was. */
static void take_next(const char *what, int cause)
{
	struct pdp_t *gone = cause == GTPCAUSE_ACC_REQ ? sgsn.pdp : sgsn.next;

	if (cause == GTPCAUSE_ACC_REQ) {
		sgsn.pdp = sgsn.next;
		say_context(what, cause, sgsn.pdp);
	} else {
		printf("%s: cause %d\n", what, cause);
	}
	sgsn.next = NULL;
	if (gone)
		pdp_freepdp(gone);
}

/* cause: of the response, its restart counter for an Echo Response, EOF for no answer. */
static int on_response(int type, int cause, struct pdp_t *pdp, void *context)
{
	(void)pdp;
	(void)context;
	switch (type) {
	case GTP_ECHO_REQ:
		printf("echo: restart counter %d\n", cause);
		break;
	case GTP_CREATE_PDP_REQ:
		take_next("created", cause);
		break;
	case GTP_UPDATE_PDP_REQ:
		take_next("updated", cause);
		break;
	case GTP_DELETE_PDP_REQ:
		printf("deleted: cause %d\n", cause);
		if (sgsn.pdp)
			pdp_freepdp(sgsn.pdp);
		sgsn.pdp = NULL;
		break;
	default:
		printf("response to message type %d: cause %d\n", type, cause);
	}
	return 0;
}

static int on_gpdu(struct pdp_t *pdp, void *npdu, unsigned int len)
{
	const uint8_t *octets = npdu;

	printf("received TEID %#x ", pdp->teid_own);
	for (unsigned int i = 0; i < len; i++)
		printf("%02x", octets[i]);
	printf("\n");
	return 0;
}

/* --- what it is told ----------------------------------------------------------------------------- */

static void create(void)
{
	sgsn.next = pdp_new();
	gtp_create_context_req(sgsn.gsn, sgsn.next, NULL);
}

/* With libgtp a TEID is the place of a context in its table: other TEIDs are those of another one, which takes over what
 * the GGSN has said. */
static void update(void)
{
	const struct pdp_t *pdp = sgsn.pdp;

	sgsn.next = pdp_new();
	sgsn.next->eua = pdp->eua;
	sgsn.next->teic_gn = pdp->teic_gn;
	sgsn.next->teid_gn = pdp->teid_gn;
	sgsn.next->gsnrc = pdp->gsnrc;
	sgsn.next->gsnru = pdp->gsnru;
	gtp_update_context(sgsn.gsn, sgsn.next, NULL, &sgsn.ggsn);
}

static void send_gpdu(const char *hex)
{
	uint8_t npdu[NPDU_MAX];
	const int len = from_hex(hex, npdu, sizeof(npdu));

	if (len < 0)
		die("send", "not hex, or too long");
	if (gtp_data_req(sgsn.gsn, sgsn.pdp, npdu, (unsigned int)len))
		die("gtp_data_req", "failed");
}

static void obey(const char *command)
{
	const bool needs_context = strncmp(command, "send ", 5) == 0 ||
				   strcmp(command, "update") == 0 || strcmp(command, "delete") == 0;

	if (needs_context && !sgsn.pdp)
		die(command, "there is no PDP context");
	if (strncmp(command, "send ", 5) == 0)
		send_gpdu(command + 5);
	else if (strcmp(command, "echo") == 0)
		gtp_echo_req(sgsn.gsn, 1, NULL, &sgsn.ggsn);
	else if (strcmp(command, "create") == 0)
		create();
	else if (strcmp(command, "update") == 0)
		update();
	else if (strcmp(command, "delete") == 0)
		gtp_delete_context_req2(sgsn.gsn, sgsn.pdp, NULL, 1);
	else if (strcmp(command, "quit") == 0)
		sgsn.over = true;
	else
		die(command, "no such command");
}

static void run(FILE *commands)
{
	struct pollfd fds[] = {{.fd = fileno(commands), .events = POLLIN},
			       {.fd = sgsn.gsn->fd1c, .events = POLLIN},
			       {.fd = sgsn.gsn->fd1u, .events = POLLIN}};
	char line[LINE_SIZE];

	while (!sgsn.over) {
		osmo_timers_prepare();
		if (poll(fds, 3, osmo_timers_nearest_ms()) < 0 && errno != EINTR)
			die("poll", strerror(errno));
		osmo_timers_update();
		if (fds[0].revents && fgets(line, sizeof(line), commands)) {
			line[strcspn(line, "\n")] = 0;
			obey(line);
		}
		if (fds[1].revents)
			gtp_decaps1c(sgsn.gsn);
		if (fds[2].revents)
			gtp_decaps1u(sgsn.gsn);
	}
}

static struct in_addr address_of(const char *text)
{
	struct in_addr address;

	if (!text || inet_pton(AF_INET, text, &address) != 1)
		die(text ? text : "--listen, --ggsn", "not an IPv4 address");
	return address;
}

/* Opened for both ways, so that it does not end with a writer, and read without stdio's buffer, so that poll sees every
 * line that is left. */
static FILE *open_commands(const char *path)
{
	const int fd = open(path, O_RDWR | O_CLOEXEC);
	FILE *commands = fd < 0 ? NULL : fdopen(fd, "r");

	if (!commands)
		die(path, strerror(errno));
	setvbuf(commands, NULL, _IONBF, 0);
	return commands;
}

int main(int argc, char **argv)
{
	enum { LISTEN, GGSN, IMSI, PLMN, KEY_ID, SQN, RAND, STATE_DIR, COMMANDS, OPTIONS };
	static const struct option options[] = {
		{"listen", 1, NULL, LISTEN},	 {"ggsn", 1, NULL, GGSN},
		{"imsi", 1, NULL, IMSI},	 {"plmn", 1, NULL, PLMN},
		{"key-id", 1, NULL, KEY_ID},	 {"sqn", 1, NULL, SQN},
		{"rand", 1, NULL, RAND},	 {"state-dir", 1, NULL, STATE_DIR},
		{"commands", 1, NULL, COMMANDS}, {0},
	};
	static const struct log_info log_info = {0};
	char *value[OPTIONS] = {NULL};
	FILE *commands;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option == '?')
			return 2;
		value[option] = optarg;
	}
	if (!value[IMSI] || !value[PLMN] || !value[KEY_ID] || !value[SQN] == !value[RAND] ||
	    !value[STATE_DIR] || !value[COMMANDS])
		die("command line", "an option is missing, or both --sqn and --rand are there");
	setvbuf(stdout, NULL, _IOLBF, 0);
	osmo_init_logging2(NULL, &log_info);
	sgsn.listen = address_of(value[LISTEN]);
	sgsn.ggsn = address_of(value[GGSN]);
	sgsn.imsi = gtp_imsi_str2gtp(value[IMSI]);
	make_pco(value[PLMN], value[KEY_ID], value[SQN] ? 1 : 2,
		 value[SQN] ? value[SQN] : value[RAND]);
	commands = open_commands(value[COMMANDS]);
	if (gtp_new(&sgsn.gsn, value[STATE_DIR], &sgsn.listen, GTP_MODE_SGSN))
		die("gtp_new", "failed");
	gtp_set_cb_conf(sgsn.gsn, on_response);
	gtp_set_cb_data_ind(sgsn.gsn, on_gpdu);
	printf("ready\n");
	run(commands);
	gtp_free(sgsn.gsn);
	fclose(commands);
	return 0;
}
