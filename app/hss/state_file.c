/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void state_file_tell(const char *path, int rc, const char *cost, FILE *errors)
{
	fprintf(errors,
		"%s: the state cannot be used: %s. Repair it, or move it away to start anew: %s\n",
		path, mdb_strerror(rc), cost);
}

/* LMDB maps the file: to touch a page beyond its end would kill the process. What was cut off comes back
 * as zeros, which LMDB knows not to be pages. */
static int restore_length(const struct state_file *file)
{
	MDB_envinfo info;
	MDB_stat pages;
	struct stat st;
	int rc = mdb_env_info(file->env, &info);

	if (!rc)
		rc = mdb_env_stat(file->env, &pages);
	if (rc)
		return rc;
	if (fstat(file->lock_fd, &st))
		return errno;
	uint64_t needed = ((uint64_t)info.me_last_pgno + 1) * pages.ms_psize;
	if ((uint64_t)st.st_size < needed && ftruncate(file->lock_fd, (off_t)needed))
		return errno;
	return 0;
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
		     unsigned databases, const char *cost, FILE *errors)
{
	int rc;

	file->env = NULL;
	file->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file->lock_fd < 0) {
		fprintf(errors, "%s: cannot be opened: %s; is there such a folder?\n", path,
			strerror(errno));
		return false;
	}
	if (flock(file->lock_fd, LOCK_EX | LOCK_NB)) {
		fprintf(errors, "%s: in use by another hse-hss; give each its own state\n", path);
		return false;
	}
	rc = mdb_env_create(&file->env);
	if (!rc)
		rc = mdb_env_set_mapsize(file->env, map_octets);
	if (!rc)
		rc = mdb_env_set_maxdbs(file->env, databases);
	if (!rc)
		rc = mdb_env_open(file->env, path, MDB_NOSUBDIR | MDB_NOTLS, 0600);
	if (!rc)
		rc = restore_length(file);
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
