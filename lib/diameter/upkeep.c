/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The outside resources of Diameter: a valid certificate, key and CA, and the address to listen on.
 * A separate thread reports missing resources and tries again, so that no other thread waits for
 * them. The same thread warns before certificates expire.
 *
 * libfdcore itself starts without any of them (stack.c). The peers are added when there are
 * credentials. The server is added when the address can be used as well.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "diameter/internal.h"

#define RETRY_MS  1000
#define WHERE_MAX 512

/* The three files, and their places in the configuration. */
struct files {
	char *name[TLS_FILES];
	char *where[TLS_FILES];
};

static struct {
	pthread_mutex_t lock; /* protects the members below; held while files are read */
	pthread_cond_t wake;
	pthread_t thread;
	bool runs, shall_stop;
	struct files files;
	struct tls_material *material; /* in use; NULL: none yet */
	struct diameter_config listen; /* only its listen and listen_port are set */
	char *where_listen;
	bool has_peers, listens, has_expired;
	diameter_fault tell;
} upkeep = {.lock = PTHREAD_MUTEX_INITIALIZER};

void diameter_watch_faults(diameter_fault fault)
{
	upkeep.tell = fault;
}

/* --- reports --- */

void diameter_upkeep_tell(const char *subject, const char *where, const char *text)
{
	char line[WHERE_MAX + DIAMETER_FAULT_MAX];
	int cancel;

	/* libfdcore may cancel the calling thread, if it connects to a peer. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	if (text)
		snprintf(line, sizeof(line), "%s: %s", where, text);
	if (upkeep.tell)
		upkeep.tell(subject, text ? line : NULL);
	else if (text)
		diameter_log_line(true, "%s", line);
	pthread_setcancelstate(cancel, NULL);
}

static const char *const tls_subjects[TLS_FILES] = {"diameter.tls.certificate", "diameter.tls.key",
						    "diameter.tls.ca"};

/* The faults of all files, one text for each. */
struct tls_faults {
	char text[TLS_FILES][DIAMETER_FAULT_MAX];
};

static void collect(void *arg, enum tls_file file, const char *text)
{
	struct tls_faults *faults = arg;
	char *so_far = faults->text[file];
	size_t used = strlen(so_far);

	snprintf(so_far + used, DIAMETER_FAULT_MAX - used, "%s%s", used ? "; " : "", text);
}

static void tell_tls_faults(const struct files *files, const struct tls_faults *faults)
{
	for (int i = 0; i < TLS_FILES; i++)
		diameter_upkeep_tell(tls_subjects[i], files->where[i],
				     faults->text[i][0] ? faults->text[i] : NULL);
}

/* --- the files' names --- */

static void free_files(struct files *files)
{
	for (int i = 0; i < TLS_FILES; i++) {
		free(files->name[i]);
		free(files->where[i]);
	}
	*files = (struct files){0};
}

static int copy_files(struct files *files, const struct diameter_config *config)
{
	const char *const names[TLS_FILES] = {config->tls_certificate, config->tls_key,
					      config->tls_ca};
	const char *const where[TLS_FILES] = {config->where_certificate, config->where_key,
					      config->where_ca};
	bool ok = true;

	for (int i = 0; i < TLS_FILES; i++) {
		files->name[i] = strdup(names[i]);
		files->where[i] = strdup(where[i] ? where[i] : tls_subjects[i]);
		ok &= files->name[i] && files->where[i];
	}
	if (ok)
		return 0;
	free_files(files);
	return -ENOMEM;
}

/* --- certificates --- */

/* Loads the files and uses them for new connections. Returns 0, or a negative errno and faults. */
static int use(const struct files *files, struct tls_faults *faults)
{
	struct tls_material *material = tls_load((const char *const *)files->name,
						 diameter_identity, time(NULL), collect, faults);
	gnutls_certificate_credentials_t credentials;

	if (!material)
		return -EINVAL;
	credentials = tls_credentials(material);
	if (!credentials || diameter_credentials_take(credentials) != 0) {
		if (credentials)
			gnutls_certificate_free_credentials(credentials);
		tls_free(material);
		collect(faults, TLS_CERTIFICATE, "cannot be used: out of memory");
		return -ENOMEM;
	}
	tls_free(upkeep.material);
	upkeep.material = material;
	upkeep.has_expired = false;
	return 0;
}

/* No peer can connect until there is a certificate. */
static void tell_peers(const struct tls_faults *faults)
{
	char reason[DIAMETER_FAULT_MAX + 32];

	for (int i = 0; i < TLS_FILES; i++)
		if (faults->text[i][0]) {
			snprintf(reason, sizeof(reason), "%s: %s", tls_subjects[i],
				 faults->text[i]);
			diameter_peers_note_all(false, reason);
			return;
		}
}

static bool try_certificates(void)
{
	struct tls_faults faults = {0};
	int rc = use(&upkeep.files, &faults);

	if (!upkeep.material)
		tell_peers(&faults);
	tell_tls_faults(&upkeep.files, &faults);
	return rc == 0;
}

static void warn(void *arg, enum tls_file file, const char *text)
{
	(void)arg;
	diameter_log_line(true, "%s: %s", upkeep.files.where[file], text);
}

static void look_at_dates(void)
{
	upkeep.has_expired = tls_tell_expiry(upkeep.material, time(NULL), warn, NULL);
}

int diameter_reload_certificates(const struct diameter_config *config)
{
	struct tls_faults faults = {0};
	struct files files;
	int rc = copy_files(&files, config);

	if (rc)
		return rc;
	pthread_mutex_lock(&upkeep.lock);
	rc = use(&files, &faults);
	for (int i = 0; i < TLS_FILES; i++)
		if (faults.text[i][0])
			diameter_log_line(true, "%s: %s; %s", files.where[i], faults.text[i],
					  upkeep.material ? "the certificates in use stay"
							  : "there is no certificate yet");
	/* If no credentials are in use, the old file names are worthless. */
	if (rc == 0 || !upkeep.material) {
		tell_tls_faults(&files, &faults);
		free_files(&upkeep.files);
		upkeep.files = files;
	} else {
		free_files(&files);
	}
	pthread_cond_signal(&upkeep.wake);
	pthread_mutex_unlock(&upkeep.lock);
	return rc;
}

/* --- the address --- */

static bool try_to_listen(void)
{
	char text[DIAMETER_FAULT_MAX];
	int rc;

	if (upkeep.listen.listen.family == 0)
		return true;
	rc = diameter_listen_try(&upkeep.listen, text);
	if (rc == 0) {
		rc = diameter_stack_listen(upkeep.listen.listen_port);
		if (rc != 0)
			snprintf(text, sizeof(text), "cannot be listened on: %s", strerror(-rc));
	}
	if (rc)
		diameter_peers_note_all(true, text);
	diameter_upkeep_tell("diameter.listen", upkeep.where_listen, rc ? text : NULL);
	return rc == 0;
}

/* --- one try --- */

static bool try_all(void)
{
	if ((!upkeep.material || upkeep.has_expired) && !try_certificates() && !upkeep.material)
		return false;
	if (!upkeep.has_peers)
		diameter_peers_connect();
	upkeep.has_peers = true;
	if (!upkeep.listens)
		upkeep.listens = try_to_listen();
	return upkeep.listens;
}

bool diameter_upkeep_try(void)
{
	bool good;

	pthread_mutex_lock(&upkeep.lock);
	good = try_all();
	pthread_mutex_unlock(&upkeep.lock);
	return good;
}

/* --- the thread --- */

static void *run(void *arg)
{
	struct timespec until;

	(void)arg;
	pthread_mutex_lock(&upkeep.lock);
	while (!upkeep.shall_stop) {
		try_all();
		if (upkeep.material)
			look_at_dates();
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += RETRY_MS / 1000;
		pthread_cond_timedwait(&upkeep.wake, &upkeep.lock, &until);
	}
	pthread_mutex_unlock(&upkeep.lock);
	return NULL;
}

int diameter_upkeep_start(void)
{
	int rc = pthread_create(&upkeep.thread, NULL, run, NULL);

	upkeep.runs = rc == 0;
	return -rc;
}

void diameter_upkeep_stop(void)
{
	if (!upkeep.runs)
		return;
	pthread_mutex_lock(&upkeep.lock);
	upkeep.shall_stop = true;
	pthread_cond_signal(&upkeep.wake);
	pthread_mutex_unlock(&upkeep.lock);
	pthread_join(upkeep.thread, NULL);
	upkeep.runs = false;
}

int diameter_upkeep_init(const struct diameter_config *config)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&upkeep.wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	upkeep.listen.listen = config->listen;
	upkeep.listen.listen_port = config->listen_port;
	upkeep.where_listen =
		strdup(config->where_listen ? config->where_listen : "diameter.listen");
	return upkeep.where_listen ? copy_files(&upkeep.files, config) : -ENOMEM;
}

void diameter_upkeep_free(void)
{
	diameter_credentials_drop();
	tls_free(upkeep.material);
	upkeep.material = NULL;
	free_files(&upkeep.files);
	free(upkeep.where_listen);
	upkeep.where_listen = NULL;
}
