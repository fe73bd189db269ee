/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "state/pages.h"

static void tell(const char *path, const char *what, const char *cost, FILE *errors)
{
	fprintf(errors,
		"%s: the state cannot be used: %s. Repair it, or move it away to start anew: %s\n",
		path, what, cost);
}

void state_file_tell(const char *path, int rc, const char *cost, FILE *errors)
{
	tell(path, mdb_strerror(rc), cost, errors);
}

/* A new file is not there after a power cut unless its folder has been written too. */
static int sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int rc = fd < 0 || fsync(fd) ? errno : 0;

	if (fd >= 0)
		close(fd);
	free(folder);
	return rc;
}

bool state_file_open(struct state_file *file, const char *path, uint64_t map_octets,
		     const char *cost, FILE *errors)
{
	char why[128];
	int rc;

	file->env = NULL;
	file->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file->lock_fd < 0 && errno == EACCES) {
		fprintf(errors,
			"%s: cannot be opened: %s for user id %u: chown the file, and its folder, "
			"to that user\n",
			path, strerror(errno), (unsigned)geteuid());
		return false;
	}
	if (file->lock_fd < 0) {
		fprintf(errors, "%s: cannot be opened: %s; is there such a folder?\n", path,
			strerror(errno));
		return false;
	}
	if (flock(file->lock_fd, LOCK_EX | LOCK_NB)) {
		fprintf(errors, "%s: in use by another hse-hss; give each its own state\n", path);
		return false;
	}
	if (lseek(file->lock_fd, 0, SEEK_END) > 0 &&
	    !pages_check(file->lock_fd, why, sizeof(why))) {
		tell(path, why, cost, errors);
		return false;
	}
	rc = mdb_env_create(&file->env);
	if (!rc)
		rc = mdb_env_set_mapsize(file->env, map_octets);
	if (!rc)
		rc = mdb_env_open(file->env, path, MDB_NOSUBDIR | MDB_NOTLS, 0600);
	if (!rc)
		rc = sync_folder(path);
	if (rc)
		state_file_tell(path, rc, cost, errors);
	return rc == 0;
}

void state_file_close(struct state_file *file)
{
	if (file->env)
		mdb_env_close(file->env);
	if (file->lock_fd >= 0)
		close(file->lock_fd);
	file->env = NULL;
	file->lock_fd = -1;
}
