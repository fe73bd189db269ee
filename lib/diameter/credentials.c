/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chooses the certificate, key and CA of new connections. libfdcore keeps one set of credentials
 * for all sessions, and reads it once. Here, a session gets the credentials that are current when
 * it begins, and holds them until it ends. So the credentials can be replaced while connections are
 * open.
 *
 * libfdcore calls the two functions of GnuTLS below by name. The definitions in the program take
 * precedence (fixes.c).
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "diameter/internal.h"

struct credentials {
	gnutls_certificate_credentials_t gnutls;
	unsigned holders; /* one for each session, and one while current */
};

/* Data of a TLS session of libfdcore. */
struct tls_session {
	struct credentials *credentials;
	char peer[DIAMETER_IDENTITY_MAX +
		  1]; /* the peer that this side connects to; "": the peer connects */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* protects current and all holders */
static struct credentials *current;

static int (*real_set)(gnutls_session_t session, gnutls_credentials_type_t type, void *credentials);
static void (*real_deinit)(gnutls_session_t session);

static void find_real(void)
{
	void *set = dlsym(RTLD_NEXT, "gnutls_credentials_set");
	void *deinit = dlsym(RTLD_NEXT, "gnutls_deinit");

	/* ISO C has no cast from void * to a function pointer. */
	memcpy(&real_set, &set, sizeof(set));
	memcpy(&real_deinit, &deinit, sizeof(deinit));
	if (!real_set || !real_deinit)
		abort();
}

/* Programs linked with this library may call GnuTLS before diameter_init. */
static void load_real(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_real);
}

/* Call it with the lock held. */
static void let_go(struct credentials *credentials)
{
	if (!credentials || --credentials->holders > 0)
		return;
	gnutls_certificate_free_credentials(credentials->gnutls);
	free(credentials);
}

static void make_current(struct credentials *credentials)
{
	pthread_mutex_lock(&lock);
	let_go(current);
	current = credentials;
	pthread_mutex_unlock(&lock);
}

int diameter_credentials_take(gnutls_certificate_credentials_t gnutls)
{
	struct credentials *taken = calloc(1, sizeof(*taken));

	if (!taken)
		return -ENOMEM;
	taken->gnutls = gnutls;
	taken->holders = 1;
	gnutls_certificate_set_verify_function(gnutls, diameter_inbound_verify);
	make_current(taken);
	return 0;
}

void diameter_credentials_drop(void)
{
	make_current(NULL);
}

static struct tls_session *session_new(void)
{
	struct tls_session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	pthread_mutex_lock(&lock);
	session->credentials = current;
	if (current)
		current->holders++;
	pthread_mutex_unlock(&lock);
	if (session->credentials)
		return session;
	free(session);
	return NULL;
}

static void session_free(struct tls_session *session)
{
	pthread_mutex_lock(&lock);
	let_go(session->credentials);
	pthread_mutex_unlock(&lock);
	free(session);
}

char *diameter_tls_peer(gnutls_session_t session)
{
	struct tls_session *own = gnutls_db_get_ptr(session);

	return own ? own->peer : NULL;
}

/* libfdcore does not use the session's database pointer with TCP, so this pointer holds the data of
 * the session. */
int gnutls_credentials_set(gnutls_session_t session, gnutls_credentials_type_t type,
			   void *credentials)
{
	struct tls_session *own;

	load_real();
	if (!fd_g_config || credentials != fd_g_config->cnf_sec_data.credentials)
		return real_set(session, type, credentials);
	own = session_new();
	if (!own)
		return GNUTLS_E_INSUFFICIENT_CREDENTIALS;
	gnutls_db_set_ptr(session, own);
	/* A client that reads the server's list of CAs sends no certificate of another CA. The
	 * server could then only report that there is no certificate. So the list is not sent. */
	gnutls_certificate_send_x509_rdn_sequence(session, 1);
	return real_set(session, type, own->credentials->gnutls);
}

void gnutls_deinit(gnutls_session_t session)
{
	struct tls_session *own = session ? gnutls_db_get_ptr(session) : NULL;

	load_real();
	real_deinit(session);
	if (own)
		session_free(own);
}
