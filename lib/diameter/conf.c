/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "diameter/internal.h"

/* A peer whose certificate is good still may not choose an old TLS. */
#define TLS_PRIORITY "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA"

const struct diameter_config diameter_default_config = {
	.listen_port = DIAMETER_SECURE_PORT,
	.connect_interval_s = 2,
	.watchdog_s = 6,
	.worker_threads = 2,
};

static const struct diameter_peer default_peer = {.port = DIAMETER_SECURE_PORT};

static const struct config_field peer_fields[] = {
	{.name = "identity",
	 .kind = CONFIG_STRING,
	 CONFIG_MEMBER(struct diameter_peer, identity),
	 .required = true},
	{.name = "address", .kind = CONFIG_STRING, CONFIG_MEMBER(struct diameter_peer, at)},
	{.name = "port",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct diameter_peer, port),
	 .min = 1,
	 .max = 65535},
	{0},
};

static const struct config_field peer_item = {
	.kind = CONFIG_STRUCT, .size = sizeof(struct diameter_peer), .fields = peer_fields};

/* The nested mappings fill members of the same struct, hence their offset 0. */
static const struct config_field listen_fields[] = {
	{.name = "address",
	 .kind = CONFIG_ADDRESS,
	 CONFIG_MEMBER(struct diameter_config, listen),
	 .required = true},
	{.name = "port",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct diameter_config, listen_port),
	 .min = 1,
	 .max = 65535},
	{0},
};

static const struct config_field tls_fields[] = {
	{.name = "certificate",
	 .kind = CONFIG_STRING,
	 CONFIG_MEMBER(struct diameter_config, tls_certificate),
	 .required = true},
	{.name = "key",
	 .kind = CONFIG_STRING,
	 CONFIG_MEMBER(struct diameter_config, tls_key),
	 .required = true},
	{.name = "ca",
	 .kind = CONFIG_STRING,
	 CONFIG_MEMBER(struct diameter_config, tls_ca),
	 .required = true},
	{0},
};

const struct config_field diameter_config_fields[] = {
	{.name = "identity",
	 .kind = CONFIG_STRING,
	 CONFIG_MEMBER(struct diameter_config, identity),
	 .required = true},
	{.name = "realm",
	 .kind = CONFIG_STRING,
	 CONFIG_MEMBER(struct diameter_config, realm),
	 .required = true},
	{.name = "listen",
	 .kind = CONFIG_STRUCT,
	 .size = sizeof(struct diameter_config),
	 .fields = listen_fields},
	{.name = "tls",
	 .reloads = true,
	 .kind = CONFIG_STRUCT,
	 .size = sizeof(struct diameter_config),
	 .required = true,
	 .fields = tls_fields},
	{.name = "peers",
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct diameter_config, peers),
	 .required = true,
	 .min = 1,
	 .max = 1024,
	 .item = &peer_item,
	 .count_offset = offsetof(struct diameter_config, peers_count),
	 .item_default = &default_peer},
	{.name = "connect_interval_s",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct diameter_config, connect_interval_s),
	 .min = 1,
	 .max = 3600},
	{.name = "watchdog_s",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct diameter_config, watchdog_s),
	 .min = 6, /* RFC 3539 3.4.1 */
	 .max = 3600},
	{.name = "worker_threads",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct diameter_config, worker_threads),
	 .min = 1,
	 .max = 255},
	{0},
};

/* RFC 6733 4.3.1: a FQDN, of letters, digits, hyphens and dots. */
bool diameter_identity_is_valid(const char *identity)
{
	size_t len = strlen(identity);

	return len >= 1 && len <= DIAMETER_IDENTITY_MAX && identity[0] != '.' &&
	       strspn(identity,
		      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") == len;
}

struct check {
	struct config_file *file;
	const char *path;
	FILE *errors;
	bool ok;
};

static bool check_identity(struct check *check, const char *name, const char *identity)
{
	char path[256];

	if (diameter_identity_is_valid(identity))
		return true;
	snprintf(path, sizeof(path), "%s.%s", check->path, name);
	config_error(check->file, check->errors, path,
		     "'%s' is not a host name; give one such as hss.home.example", identity);
	check->ok = false;
	return false;
}

/* The place of diameter.NAME, for faults found later. */
static const char *place_of(struct check *check, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s.%s", check->path, name);
	const char *where = config_where(check->file, path);
	if (where)
		return where;
	config_error(check->file, check->errors, path, "out of memory");
	check->ok = false;
	return NULL;
}

static void resolve_tls_file(struct check *check, const char *name, char **value,
			     const char **where)
{
	const char *resolved = config_resolve_path(check->file, *value);

	*where = place_of(check, name);
	if (resolved)
		*value = (char *)resolved;
	check->ok &= resolved != NULL;
}

/* The last label of a host name is not a number (RFC 3696 2), so "10.1.2" is neither an address nor
 * a name. */
static bool is_host_name(const char *text)
{
	const char *last = strrchr(text, '.');

	last = last && last[1] ? last + 1 : text;
	return diameter_identity_is_valid(text) && strspn(last, "0123456789") != strlen(last);
}

static void check_peer_address(struct check *check, struct diameter_peer *peer, size_t i)
{
	char name[64], path[256];

	if (!peer->at)
		return;
	snprintf(name, sizeof(name), "peers[%zu].address", i);
	peer->where = place_of(check, name);
	if (inet_pton(AF_INET, peer->at, peer->address.octets) == 1)
		peer->address.family = AF_INET;
	else if (inet_pton(AF_INET6, peer->at, peer->address.octets) == 1)
		peer->address.family = AF_INET6;
	else if (is_host_name(peer->at))
		peer->host = peer->at;
	if (peer->address.family || peer->host)
		return;
	snprintf(path, sizeof(path), "%s.%s", check->path, name);
	config_error(check->file, check->errors, path,
		     "expected an IPv4 or IPv6 address, or a host name, found '%s'", peer->at);
	check->ok = false;
}

static void check_peer(struct check *check, const struct diameter_config *config, size_t i)
{
	struct diameter_peer *peer = &config->peers[i];
	char name[64], path[256];

	snprintf(name, sizeof(name), "peers[%zu].identity", i);
	if (!check_identity(check, name, peer->identity))
		return;
	snprintf(path, sizeof(path), "%s.%s", check->path, name);
	for (size_t j = 0; j < i; j++)
		if (!strcasecmp(config->peers[j].identity, peer->identity)) {
			config_error(check->file, check->errors, path,
				     "'%s' is there already: a peer comes once", peer->identity);
			check->ok = false;
		}
	if (!strcasecmp(config->identity, peer->identity)) {
		config_error(check->file, check->errors, path, "a peer cannot be ourselves");
		check->ok = false;
	}
	check_peer_address(check, peer, i);
	if (!peer->at && config->listen.family == 0) {
		config_error(check->file, check->errors, path,
			     "nobody connects to '%s': give its address, or 'listen' so that it "
			     "can connect to us",
			     peer->identity);
		check->ok = false;
	}
}

bool diameter_config_check(struct diameter_config *config, struct config_file *file,
			   const char *path, FILE *errors)
{
	struct check check = {.file = file, .path = path, .errors = errors, .ok = true};

	check_identity(&check, "identity", config->identity);
	check_identity(&check, "realm", config->realm);
	resolve_tls_file(&check, "tls.certificate", &config->tls_certificate,
			 &config->where_certificate);
	resolve_tls_file(&check, "tls.key", &config->tls_key, &config->where_key);
	resolve_tls_file(&check, "tls.ca", &config->tls_ca, &config->where_ca);
	config->where_listen = place_of(&check, "listen");
	for (size_t i = 0; i < config->peers_count; i++)
		check_peer(&check, config, i);
	return check.ok;
}

struct outside {
	const struct config_file *file;
	const char *path;
	FILE *errors;
};

static void tell_tls_fault(void *arg, enum tls_file file, const char *text)
{
	const struct outside *outside = arg;
	char path[256];

	snprintf(path, sizeof(path), "%s.tls.%s", outside->path, tls_file_name(file));
	config_error(outside->file, outside->errors, path, "%s", text);
}

/* If the program runs while its configuration is checked, the program itself uses the port. */
static bool check_listen(const struct diameter_config *config, const struct config_file *file,
			 const char *path, FILE *errors)
{
	char text[DIAMETER_FAULT_MAX], place[256];
	int rc = diameter_listen_try(config, text);

	snprintf(place, sizeof(place), "%s.listen", path);
	if (rc == -EADDRINUSE)
		config_warning(file, errors, place,
			       "port %u is in use now: by this program, if it runs",
			       config->listen_port);
	else if (rc != 0)
		config_error(file, errors, place, "%s", text);
	return rc == 0 || rc == -EADDRINUSE;
}

bool diameter_config_check_outside(const struct diameter_config *config,
				   const struct config_file *file, const char *path, FILE *errors)
{
	const char *const files[TLS_FILES] = {config->tls_certificate, config->tls_key,
					      config->tls_ca};
	struct outside outside = {.file = file, .path = path, .errors = errors};
	struct tls_material *material =
		tls_load(files, config->identity, time(NULL), tell_tls_fault, &outside);
	char text[DIAMETER_FAULT_MAX], place[256];
	bool good = material != NULL;

	tls_free(material);
	for (size_t i = 0; i < config->peers_count; i++) {
		if (!config->peers[i].host ||
		    diameter_resolve_try(config->peers[i].host, text) == 0)
			continue;
		snprintf(place, sizeof(place), "%s.peers[%zu].address", path, i);
		config_error(file, errors, place, "%s", text);
		good = false;
	}
	return check_listen(config, file, path, errors) && good;
}

static int memfd_write(const char *name, const char *text, size_t len)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len) {
		close(fd);
		return -EIO;
	}
	return fd;
}

/*
 * The text has no peers and no listening address. The grammar would leave out loopback addresses
 * (ListenOn) or ask the resolver (ConnectTo); see peers.c and stack.c. The text has no certificates
 * either. libfdcore would refuse to start with invalid ones, and would read them only once; see
 * credentials.c.
 */
int diameter_conf_write(const struct diameter_config *config)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return -ENOMEM;
	fprintf(f, "Identity = \"%s\";\nRealm = \"%s\";\n", config->identity, config->realm);
	fprintf(f, "Port = 0;\nSecPort = 0;\nNo_SCTP;\nNoRelay;\n");
	fprintf(f, "TcTimer = %u;\nTwTimer = %u;\n", config->connect_interval_s,
		config->watchdog_s);
	fprintf(f, "AppServThreads = %u;\n", config->worker_threads);
	fprintf(f, "TLS_Prio = \"" TLS_PRIORITY "\";\n");
	if (fclose(f)) {
		free(text);
		return -ENOMEM;
	}
	int fd = memfd_write("diameter-conf", text, len);
	free(text);
	return fd;
}
