/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire_lock.h"

#include <errno.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "program/program.h"

/* While another process is between bind and listen, its address is in use but does not show its
 * user. */
#define TRIES	     50
#define TRY_AGAIN_NS 10000000

enum place { PLACE_FREE, PLACE_TAKEN, PLACE_BUSY, PLACE_NOT_A_LOCK };

static socklen_t make_address(struct sockaddr_un *address, const char *key, unsigned place)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	/* sun_path[0] is 0: an abstract address. */
	const int len = snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1,
				 "hse-wire/%s/%u", key, place);

	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
}

/* The uid of hse's default user. Reads only the passwd file, because a directory service may not
 * answer. */
static uid_t uid_of_hse(void)
{
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *user = NULL;
	uid_t uid;

	while (f && (user = fgetpwent(f)) != NULL && strcmp(user->pw_name, "hse") != 0)
		;
	uid = user ? user->pw_uid : 0;
	if (f)
		fclose(f);
	return uid;
}

/*
 * Only the user counts, which the kernel stored when the socket began to listen. The current rights
 * of the process prove nothing. An ordinary user's process can get all capabilities in its own user
 * namespace, or by a setuid program.
 */
static bool is_trusted(uid_t user)
{
	return user == 0 || user == geteuid() || user == uid_of_hse();
}

static enum place look_at(const char *key, unsigned place, pid_t *holder)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	enum place found = PLACE_NOT_A_LOCK;
	struct sockaddr_un address;
	const socklen_t len = make_address(&address, key, place);
	struct ucred who;
	socklen_t who_len = sizeof(who);

	if (fd < 0)
		return PLACE_NOT_A_LOCK;
	if (connect(fd, (struct sockaddr *)&address, len) != 0) {
		if (errno == ECONNREFUSED)
			found = PLACE_FREE;
		else if (errno == EAGAIN)
			found = PLACE_BUSY;
	} else if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &who_len) == 0 &&
		   is_trusted(who.uid)) {
		*holder = who.pid;
		found = PLACE_TAKEN;
	}
	close(fd);
	return found;
}

/* Returns a listening socket, -EADDRINUSE if another process was faster, or another negative
 * errno. */
static int listen_at(const char *key, unsigned place)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;
	const socklen_t len = make_address(&address, key, place);
	int error;

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 &&
	    listen(fd, SOMAXCONN) == 0)
		return fd;
	error = -errno;
	if (fd >= 0)
		close(fd);
	return error;
}

/* Returns a listening socket. -EBUSY: *holder has the lock; -EUSERS: no address is left;
 * -EADDRINUSE: try again. */
static int try_key(const char *key, bool is_last, pid_t *holder)
{
	int free_place = -1;

	for (unsigned place = 0; place < WIRE_LOCK_PLACES; place++)
		switch (look_at(key, place, holder)) {
		case PLACE_TAKEN:
			return -EBUSY;
		case PLACE_FREE:
			if (free_place < 0)
				free_place = (int)place;
			break;
		case PLACE_BUSY:
			/* A running hse will soon close the waiting connections. */
			if (!is_last)
				return -EADDRINUSE;
			break;
		case PLACE_NOT_A_LOCK:
			break;
		}
	return free_place < 0 ? -EUSERS : listen_at(key, (unsigned)free_place);
}

static int take_key(struct wire_lock *lock, const char *key, pid_t *holder)
{
	const struct timespec again = {.tv_nsec = TRY_AGAIN_NS};
	int fd = -EADDRINUSE;

	for (unsigned i = 0; i < TRIES && fd == -EADDRINUSE; i++) {
		if (i > 0)
			nanosleep(&again, NULL);
		fd = try_key(key, i + 1 == TRIES, holder);
	}
	if (fd == -EUSERS || fd == -EADDRINUSE) {
		/* Other users' processes must not prevent hse from starting. */
		program_log(PROGRAM_WARNING,
			    "%s: other users' programs hold all %u addresses @hse-wire/%s/: end "
			    "them; until then nothing keeps a second hse off",
			    key, WIRE_LOCK_PLACES, key);
		return 0;
	}
	if (fd < 0)
		return fd;
	lock->fds[lock->count++] = fd;
	return 0;
}

static int take_name(struct wire_lock *lock, const char *name, pid_t *holder)
{
	char key[IF_NAMESIZE + 8];

	snprintf(key, sizeof(key), "name/%s", name);
	return take_key(lock, key, holder);
}

static int take_index(struct wire_lock *lock, const char *name, pid_t *holder)
{
	const unsigned index = if_nametoindex(name), before = lock->count;
	char key[IF_NAMESIZE + 8];
	int ret;

	if (index == 0)
		return 0;
	snprintf(key, sizeof(key), "index/%u", index);
	ret = take_key(lock, key, holder);
	if (lock->count > before)
		lock->is_index[before] = true;
	return ret;
}

static void release_indexes(struct wire_lock *lock)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < lock->count; i++)
		if (lock->is_index[i])
			close(lock->fds[i]);
		else
			lock->fds[kept++] = lock->fds[i];
	lock->count = kept;
	memset(lock->is_index, 0, sizeof(lock->is_index));
}

int wire_lock_take(struct wire_lock *lock, const struct device *device, pid_t *holder,
		   const char **what)
{
	int ret = 0;

	*lock = (struct wire_lock){0};
	*what = device->name;
	if (device->is_pci)
		ret = take_key(lock, device->name, holder);
	for (unsigned i = 0; ret == 0 && i < device->count; i++) {
		*what = device->interfaces[i];
		ret = take_name(lock, device->interfaces[i], holder);
		if (ret == 0)
			ret = take_index(lock, device->interfaces[i], holder);
	}
	if (ret != 0)
		wire_lock_release(lock);
	return ret;
}

int wire_lock_follow(struct wire_lock *lock, const struct device *device, pid_t *holder,
		     const char **what)
{
	int ret = 0;

	release_indexes(lock);
	for (unsigned i = 0; ret == 0 && i < device->count; i++) {
		*what = device->interfaces[i];
		ret = take_index(lock, device->interfaces[i], holder);
	}
	return ret;
}

void wire_lock_answer(const struct wire_lock *lock)
{
	for (unsigned i = 0; i < lock->count; i++)
		for (unsigned n = 0; n < WIRE_LOCK_ANSWERS; n++) {
			const int fd = accept4(lock->fds[i], NULL, NULL, SOCK_CLOEXEC);

			if (fd < 0)
				break;
			close(fd);
		}
}

void wire_lock_release(struct wire_lock *lock)
{
	for (unsigned i = 0; i < lock->count; i++)
		close(lock->fds[i]);
	lock->count = 0;
}
