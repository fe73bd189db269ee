/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Peers by host name. For a peer without an address, libfdcore asks the resolver for the peer's
 * identity before each try, on the thread that connects. Here the host name of the configuration is
 * resolved instead (fixes.c says how the call gets here). A name that does not resolve is tried
 * again, like a peer that does not listen.
 *
 * The resolver may take long. A stopping libfdcore cancels the connecting thread, and the resolver
 * does not support cancellation. So a separate thread asks the resolver, and the connecting thread
 * waits for it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "diameter/internal.h"

struct question {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	unsigned holders;
	bool is_answered;
	char *host;
	int error;	  /* EAI_ value */
	int system_error; /* errno, if error is EAI_SYSTEM */
	struct addrinfo *answer;
};

static int (*real_getaddrinfo)(const char *node, const char *service, const struct addrinfo *hints,
			       struct addrinfo **answer);
static int (*real_getnameinfo)(const struct sockaddr *address, socklen_t len, char *host,
			       socklen_t host_len, char *service, socklen_t service_len, int flags);

static void find_real(void)
{
	void *address = dlsym(RTLD_NEXT, "getaddrinfo");
	void *name = dlsym(RTLD_NEXT, "getnameinfo");

	memcpy(&real_getaddrinfo, &address, sizeof(address));
	memcpy(&real_getnameinfo, &name, sizeof(name));
	if (!real_getaddrinfo || !real_getnameinfo)
		abort();
}

static void load_real(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_real);
}

static int ask_resolver(const char *host, struct addrinfo **answer)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};

	load_real();
	return real_getaddrinfo(host, NULL, &hints, answer);
}

static void let_go(void *arg)
{
	struct question *question = arg;
	unsigned holders;

	pthread_mutex_lock(&question->lock);
	holders = --question->holders;
	pthread_mutex_unlock(&question->lock);
	if (holders > 0)
		return;
	if (question->answer)
		freeaddrinfo(question->answer);
	pthread_mutex_destroy(&question->lock);
	pthread_cond_destroy(&question->answered);
	free(question->host);
	free(question);
}

static void *run(void *arg)
{
	struct question *question = arg;
	struct addrinfo *answer = NULL;
	int error = ask_resolver(question->host, &answer), system_error = errno;

	pthread_mutex_lock(&question->lock);
	question->error = error;
	question->system_error = system_error;
	question->answer = answer;
	question->is_answered = true;
	pthread_cond_signal(&question->answered);
	pthread_mutex_unlock(&question->lock);
	let_go(question);
	return NULL;
}

static struct question *ask(const char *host)
{
	struct question *question = calloc(1, sizeof(*question));
	pthread_t thread;

	if (!question)
		return NULL;
	pthread_mutex_init(&question->lock, NULL);
	pthread_cond_init(&question->answered, NULL);
	question->holders = 2;
	question->host = strdup(host);
	if (question->host && pthread_create(&thread, NULL, run, question) == 0) {
		pthread_detach(thread);
		return question;
	}
	question->holders = 1;
	let_go(question);
	return NULL;
}

static void unlock(void *lock)
{
	pthread_mutex_unlock(lock);
}

/* The caller may be cancelled while it waits. Same result as getaddrinfo, with errno. */
static int resolve(const char *host, struct addrinfo **answer)
{
	struct question *question = ask(host);
	int error, system_error;

	if (!question)
		return EAI_MEMORY;
	pthread_cleanup_push(let_go, question);
	pthread_mutex_lock(&question->lock);
	pthread_cleanup_push(unlock, &question->lock);
	while (!question->is_answered)
		pthread_cond_wait(&question->answered, &question->lock);
	error = question->error;
	system_error = question->system_error;
	*answer = question->answer;
	question->answer = NULL;
	pthread_cleanup_pop(1);
	pthread_cleanup_pop(1);
	errno = system_error;
	return error;
}

static void explain(const char *host, int error, char text[DIAMETER_FAULT_MAX])
{
	snprintf(text, DIAMETER_FAULT_MAX, "the host name %s does not resolve: %s", host,
		 error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
}

int diameter_resolve_try(const char *host, char text[DIAMETER_FAULT_MAX])
{
	struct addrinfo *answer = NULL;
	int error = ask_resolver(host, &answer);

	if (error)
		explain(host, error, text);
	else
		freeaddrinfo(answer);
	return error;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		struct addrinfo **answer)
{
	const struct diameter_peer_name *name = node && !service ? diameter_peers_name(node) : NULL;
	char text[DIAMETER_FAULT_MAX];
	int error;

	load_real();
	if (!name)
		return real_getaddrinfo(node, service, hints, answer);
	error = resolve(name->host, answer);
	if (error) {
		explain(name->host, error, text);
		diameter_peers_note(node, text, true);
		diameter_log_told();
	}
	diameter_upkeep_tell(name->subject, name->where, error ? text : NULL);
	/* at any other error libfdcore gives up the peer */
	return error ? EAI_AGAIN : 0;
}

/* libfdcore resolves the name of each connection for its log. A slow DNS server would delay the
 * connection. */
int getnameinfo(const struct sockaddr *address, socklen_t len, char *host, socklen_t host_len,
		char *service, socklen_t service_len, int flags)
{
	load_real();
	return real_getnameinfo(address, len, host, host_len, service, service_len,
				flags | NI_NUMERICHOST | NI_NUMERICSERV);
}
