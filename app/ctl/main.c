/* SPDX-License-Identifier: BSD-3-Clause */
/* hsectl: the operator's hand on a running hse. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "e2m/e2m.h"
#include "gtp/pdp_address.h"
#include "print.h"
#include "program/program.h"

enum {
	EXIT_OK = 0,
	EXIT_UNREACHABLE = 1,
	EXIT_USAGE = 2,
};

#define DEFAULT_PREFIX "hse"
#define SOCKET_FORMAT  "/var/run/dpdk/%s/dpdk_telemetry.v2"
#define SOCKET_MAX     256

static const char help[] =
	"usage: hsectl [--prefix NAME | --socket PATH] [--json] COMMAND\n"
	"\n"
	"commands:\n"
	"  status                               how the hse is\n"
	"  sessions [--all] [--limit N]         the sessions; --all: also those that have ended\n"
	"  sessions [--imsi DIGITS] [--address ADDRESS] [--teid TEID]\n"
	"                                       all about those of this subscriber, with this IP\n"
	"                                       address (or in this network), with this TEID\n"
	"  counters [--all]                     what was counted; --all: also what is zero\n"
	"  bypass [on|off]                      maintenance: all but protected sessions cross\n"
	"\n"
	"options:\n"
	"  --prefix NAME   telemetry.prefix of the hse's configuration (" DEFAULT_PREFIX ")\n"
	"  --socket PATH   the telemetry socket itself\n"
	"  --json          one line of JSON, for programs\n"
	"  --version       print the version and end\n"
	"  --help          print this and end\n"
	"\n"
	"exit status: 0 done, 1 hse cannot be reached or answers nonsense, 2 wrong usage\n";

static const struct command {
	const char *name;
	bool (*run)(struct telemetry *telemetry, const struct options *options);
} commands[] = {
	{"status", command_status},
	{"sessions", command_sessions},
	{"counters", command_counters},
	{"bypass", command_bypass},
};

enum {
	OPTION_PREFIX = 256,
	OPTION_SOCKET,
	OPTION_JSON,
	OPTION_IMSI,
	OPTION_ADDRESS,
	OPTION_TEID,
	OPTION_LIMIT,
	OPTION_ALL,
	OPTION_VERSION,
	OPTION_HELP,
};

static const struct option long_options[] = {
	{"prefix", required_argument, NULL, OPTION_PREFIX},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"json", no_argument, NULL, OPTION_JSON},
	{"imsi", required_argument, NULL, OPTION_IMSI},
	{"address", required_argument, NULL, OPTION_ADDRESS},
	{"teid", required_argument, NULL, OPTION_TEID},
	{"limit", required_argument, NULL, OPTION_LIMIT},
	{"all", no_argument, NULL, OPTION_ALL},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, OPTION_HELP},
	{0},
};

struct invocation {
	const struct command *command;
	const char *prefix;
	const char *socket;
	struct options options;
};

static bool read_limit(const char *text, uint32_t *limit)
{
	char *rest;

	errno = 0;

	unsigned long value = strtoul(text, &rest, 10);

	if (text[0] < '0' || text[0] > '9' || *rest || errno || !value || value > UINT32_MAX) {
		print_error("--limit %s: expected a number from 1 on", text);
		return false;
	}
	*limit = (uint32_t)value;
	return true;
}

static bool read_imsi(const char *text, const char **imsi)
{
	struct e2m_imsi parsed;

	if (e2m_imsi_parse(&parsed, text, strlen(text))) {
		print_error("--imsi %s: expected 6 to 15 decimal digits", text);
		return false;
	}
	*imsi = text;
	return true;
}

static bool read_address(const char *text, const char **address)
{
	struct pdp_prefix parsed;

	if (pdp_prefix_parse(&parsed, text)) {
		print_error("--address %s: expected an address as in 10.0.0.1, or a network as in "
			    "2001:db8::/32",
			    text);
		return false;
	}
	*address = text;
	return true;
}

static bool read_teid(const char *text, const char **teid)
{
	unsigned long value;
	char *rest;

	errno = 0;
	value = strtoul(text, &rest, 0);
	if (text[0] < '0' || text[0] > '9' || *rest || errno || !value || value > UINT32_MAX) {
		print_error("--teid %s: expected a number from 1 to 0xffffffff", text);
		return false;
	}
	*teid = text;
	return true;
}

static bool read_prefix(const char *text, const char **prefix)
{
	if (!*text || strchr(text, '/') || strcmp(text, "..") == 0 || strcmp(text, ".") == 0) {
		print_error("--prefix %s: expected a name without '/'", text);
		return false;
	}
	*prefix = text;
	return true;
}

/* -1 to go on, else the exit status. */
static int read_option(int option, struct invocation *invocation)
{
	bool good = true;

	switch (option) {
	case OPTION_PREFIX:
		good = read_prefix(optarg, &invocation->prefix);
		break;
	case OPTION_SOCKET:
		invocation->socket = optarg;
		break;
	case OPTION_JSON:
		invocation->options.json = true;
		break;
	case OPTION_IMSI:
		good = read_imsi(optarg, &invocation->options.imsi);
		break;
	case OPTION_ADDRESS:
		good = read_address(optarg, &invocation->options.address);
		break;
	case OPTION_TEID:
		good = read_teid(optarg, &invocation->options.teid);
		break;
	case OPTION_LIMIT:
		good = read_limit(optarg, &invocation->options.limit);
		break;
	case OPTION_ALL:
		invocation->options.all = true;
		break;
	case OPTION_VERSION:
		puts("hsectl " HSECTL_VERSION);
		return EXIT_OK;
	case OPTION_HELP:
		fputs(help, stdout);
		return EXIT_OK;
	default: /* getopt_long has said what is wrong */
		good = false;
	}
	return good ? -1 : EXIT_USAGE;
}

static bool check_invocation(const struct invocation *invocation)
{
	const struct options *o = &invocation->options;

	if (invocation->prefix && invocation->socket)
		print_error("--prefix and --socket exclude each other");
	else if ((o->imsi || o->address || o->teid || o->limit) &&
		 invocation->command->run != command_sessions)
		print_error("--imsi, --address, --teid and --limit are for sessions only");
	else if (o->all && invocation->command->run != command_counters &&
		 invocation->command->run != command_sessions)
		print_error("--all is for counters and sessions only");
	else
		return true;
	return false;
}

static bool read_bypass(int argc, char **argv, struct invocation *invocation)
{
	const char *word = optind + 1 < argc ? argv[optind + 1] : NULL;

	if (optind + 2 < argc)
		print_error("%s: not expected after bypass %s", argv[optind + 2], word);
	else if (word && strcmp(word, "on") != 0 && strcmp(word, "off") != 0)
		print_error("bypass %s: expected on or off", word);
	else {
		invocation->options.argument = word;
		return true;
	}
	return false;
}

static bool read_command(int argc, char **argv, struct invocation *invocation)
{
	if (optind == argc) {
		print_error("a command is missing; see hsectl --help");
		return false;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[optind], commands[i].name) == 0)
			invocation->command = &commands[i];
	if (!invocation->command)
		print_error("%s: no such command; see hsectl --help", argv[optind]);
	else if (invocation->command->run == command_bypass)
		return read_bypass(argc, argv, invocation);
	else if (optind + 1 < argc)
		print_error("%s: not expected after %s", argv[optind + 1], argv[optind]);
	else
		return true;
	return false;
}

static int run(const struct invocation *invocation)
{
	char path[SOCKET_MAX];
	struct telemetry telemetry;

	snprintf(path, sizeof(path), SOCKET_FORMAT,
		 invocation->prefix ? invocation->prefix : DEFAULT_PREFIX);
	if (!telemetry_open(&telemetry, invocation->socket ? invocation->socket : path))
		return EXIT_UNREACHABLE;

	bool good = invocation->command->run(&telemetry, &invocation->options);

	telemetry_close(&telemetry);
	if (fflush(stdout) || ferror(stdout)) {
		print_error("cannot write to standard output: %s", strerror(errno));
		good = false;
	}
	return good ? EXIT_OK : EXIT_UNREACHABLE;
}

int main(int argc, char **argv)
{
	struct invocation invocation = {0};
	int option;

	program_ignore_signals();
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		int status = read_option(option, &invocation);

		if (status >= 0)
			return status;
	}
	if (!read_command(argc, argv, &invocation) || !check_invocation(&invocation))
		return EXIT_USAGE;
	return run(&invocation);
}
