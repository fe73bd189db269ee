/* SPDX-License-Identifier: BSD-3-Clause */
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "diameter/internal.h"

#define LINE_MAX_OCTETS 512
/* libfdcore says the same at each try to connect: said once in so many seconds it is an error. */
#define REPEAT_S     60
#define REPEAT_LINES 64

static diameter_log log_to;
static enum diameter_log_phase phase = LOG_STARTING;

static struct {
	pthread_mutex_t lock;
	struct {
		uint64_t hash;
		time_t said;
	} lines[REPEAT_LINES];
} repeats = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Ports and descriptors, which come after one of these, do not make another line of it. */
static uint64_t hash_line(const char *line)
{
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */

	for (; *line; line++) {
		hash = (hash ^ (uint8_t)*line) * UINT64_C(1099511628211);
		if (strchr(":(<-#", *line))
			line += strspn(line + 1, "0123456789");
	}
	return hash;
}

static bool was_said_lately(const char *line)
{
	uint64_t hash = hash_line(line);
	struct timespec now;
	bool said = false;

	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&repeats.lock);
	size_t oldest = 0;
	for (size_t i = 0; i < REPEAT_LINES && !said; i++) {
		if (repeats.lines[i].said < repeats.lines[oldest].said)
			oldest = i;
		said = repeats.lines[i].hash == hash &&
		       repeats.lines[i].said > now.tv_sec - REPEAT_S;
	}
	if (!said) {
		repeats.lines[oldest].hash = hash;
		repeats.lines[oldest].said = now.tv_sec;
	}
	pthread_mutex_unlock(&repeats.lock);
	return said;
}

static void write_line(bool is_error, char *line)
{
	/* Peers choose some of the words: they shall not forge lines. */
	for (char *c = line; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = ' ';
	int cancel;

	/* When libfdcore stops, it cancels its threads. A cancelled thread must not hold the lock
	 * of the log. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	/* Good-bye is no error, whatever it interrupts. */
	if (__atomic_load_n(&phase, __ATOMIC_RELAXED) == LOG_STOPPING)
		is_error = false;
	log_to(is_error && !was_said_lately(line), line);
	pthread_setcancelstate(cancel, NULL);
}

void diameter_log_line(bool is_error, const char *format, ...)
{
	char line[LINE_MAX_OCTETS];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	write_line(is_error, line);
}

/* Lines about a failed call. libfdcore writes such lines whenever a connection closes; the hooks tell the operator
 * what happened. Each text is how libfdcore begins a line, the last one too. */
static bool is_about_a_call(const char *line)
{
	static const char *const starts[] = {"ERROR: in ",
					     "ERROR: Invalid parameter ",
					     "TLS ERROR: in 'ret = gnutls_record_",
					     "TLS ERROR: in 'ret = gnutls_handshake",
					     "Fatal GNUTLS error: ",
					     "TODO: "};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (!strncmp(line, starts[i], strlen(starts[i])))
			return true;
	return false;
}

/* The thread that connects to a peer: libfdcore logs the reason at level debug, and then that all
 * attempts failed. */
static _Thread_local char connect_error[160];

static bool is_connect_error(const char *format)
{
	return !strcmp(format, "TCP connection to %s failed: %s");
}

static void libfdcore_says(int level, const char *format, va_list args)
{
	bool starting = __atomic_load_n(&phase, __ATOMIC_RELAXED) == LOG_STARTING;
	char line[LINE_MAX_OCTETS];

	if (is_connect_error(format))
		vsnprintf(connect_error, sizeof(connect_error), "%s: %s", args);
	if (level < FD_LOG_NOTICE)
		return;
	vsnprintf(line, sizeof(line), format, args);
	write_line(level >= FD_LOG_ERROR && (starting || !is_about_a_call(line)), line);
}

void diameter_log_phase(enum diameter_log_phase now)
{
	__atomic_store_n(&phase, now, __ATOMIC_RELAXED);
}

int diameter_log_start(diameter_log log)
{
	log_to = log;
	return -fd_log_handler_register(libfdcore_says);
}

static uint64_t unexpected_answers;

uint64_t diameter_unexpected_answers(void)
{
	return __atomic_load_n(&unexpected_answers, __ATOMIC_RELAXED);
}

static const char *peer_name(struct peer_hdr *peer)
{
	return peer ? peer->info.pi_diamid : "an unknown peer";
}

/* What is on its way to the socket is a copy. A request is kept, to be sent again if need be. */
static void wipe_sent_answer(struct msg *message)
{
	struct msg_hdr *header;

	if (!fd_msg_hdr(message, &header) && !(header->msg_flags & CMD_FLAG_REQUEST) &&
	    header->msg_appl != 0)
		diameter_message_wipe(message);
}

/* What libfdcore answers by itself. */
static void count_unparsed(struct msg *message)
{
	struct msg_hdr *header;

	if (message && !fd_msg_hdr(message, &header) && header->msg_flags & CMD_FLAG_REQUEST &&
	    header->msg_code == DIAMETER_COMMAND_NOTIFICATION)
		diameter_notification_count(DIAMETER_NOTIFICATION_FAULT_UNPARSED);
}

static _Thread_local bool has_told;

void diameter_log_told(void)
{
	has_told = true;
}

/* If a better line about the failure is in the log already, this line is not an error. */
static void tell_no_connection(struct peer_hdr *peer, const char *reason)
{
	bool is_news = !has_told && (peer || !diameter_inbound_has_refused());

	if (connect_error[0]) {
		reason = connect_error;
		diameter_log_line(is_news, "%s: not connected: %s", peer_name(peer), reason);
	} else {
		diameter_log_line(is_news, "connection with %s: %s", peer_name(peer), reason);
	}
	if (peer)
		diameter_peers_note(peer->info.pi_diamid, reason, false);
	/* On the thread that connected. Removes the addresses, so that the next try resolves the
	 * name again. */
	if (peer && diameter_peers_name(peer->info.pi_diamid))
		fd_ep_filter(&peer->info.pi_endpoints, EP_FL_CONF);
	connect_error[0] = 0;
	has_told = false;
}

static void on_hook(enum fd_hook_type type, struct msg *message, struct peer_hdr *peer, void *other,
		    struct fd_hook_permsgdata *data, void *arg)
{
	(void)data, (void)arg;
	switch (type) {
	case HOOK_MESSAGE_RECEIVED:
		if (!peer)
			diameter_inbound_check(message, other);
		break;
	case HOOK_MESSAGE_SENT:
		wipe_sent_answer(message);
		break;
	case HOOK_MESSAGE_PARSING_ERROR:
		diameter_log_line(false, "a message of %s does not parse: %s", peer_name(peer),
				  message ? (const char *)other : "no Diameter");
		count_unparsed(message);
		break;
	case HOOK_MESSAGE_ROUTING_ERROR:
		diameter_log_line(false, "a message cannot be sent: %s", (const char *)other);
		break;
	case HOOK_MESSAGE_DROPPED:
		diameter_log_line(false, "a message is dropped: %s", (const char *)other);
		if (!diameter_pending_dropped(message))
			__atomic_fetch_add(&unexpected_answers, 1, __ATOMIC_RELAXED);
		break;
	case HOOK_PEER_CONNECT_FAILED:
		tell_no_connection(peer, other);
		break;
	default:
		break;
	}
}

/* They stay to the end, also through the shutdown, which drops messages. */
int diameter_hooks_start(void)
{
	struct fd_hook_hdl *hooks;

	return -fd_hook_register((UINT32_C(1) << (HOOK_LAST + 1)) - 1, on_hook, NULL, NULL, &hooks);
}
