/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire_lock.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "program/program.h"

/* While another process is between bind and listen, its address is in use, but does not say whose it is. */
#define TRIES	     50
#define TRY_AGAIN_NS 10000000

enum place { PLACE_FREE, PLACE_TAKEN, PLACE_BUSY, PLACE_NOT_A_LOCK };

static socklen_t make_address(struct sockaddr_un *address, const char *key, unsigned place)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	/* sun_path[0] is 0: abstract. */
	const int len = snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1,
				 "hse-wire/%s/%u", key, place);

	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
}

/* Sends and receives packets, which no ordinary user may. */
static bool has_net_raw(pid_t pid)
{
	char path[64], line[256];
	uint64_t effective = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = pid > 0 ? fopen(path, "re") : NULL;
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "CapEff: %" SCNx64, &effective) == 1)
			break;
	fclose(f);
	return effective >> CAP_NET_RAW & 1;
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
		   (who.uid == 0 || who.uid == geteuid() || has_net_raw(who.pid))) {
		*holder = who.pid;
		found = PLACE_TAKEN;
	}
	close(fd);
	return found;
}

/* A listening socket, -EADDRINUSE when somebody was faster, or another negative errno. */
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

/* A listening socket; -EBUSY: *holder has it; -EUSERS: no address is left; -EADDRINUSE: try again. */
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
			/* An hse soon has time for the connections that wait. */
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
		/* Another user's processes must not keep the wire from being served. */
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

static int take_interface(struct wire_lock *lock, const char *name, pid_t *holder)
{
	const unsigned index = if_nametoindex(name);
	char key[IF_NAMESIZE + 8];
	int ret;

	snprintf(key, sizeof(key), "name/%s", name);
	ret = take_key(lock, key, holder);
	if (ret != 0 || index == 0)
		return ret;
	snprintf(key, sizeof(key), "index/%u", index);
	return take_key(lock, key, holder);
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
		ret = take_interface(lock, device->interfaces[i], holder);
	}
	if (ret != 0)
		wire_lock_release(lock);
	return ret;
}

void wire_lock_answer(const struct wire_lock *lock)
{
	for (unsigned i = 0; i < lock->count; i++) {
		int fd;

		while ((fd = accept4(lock->fds[i], NULL, NULL, SOCK_CLOEXEC)) >= 0)
			close(fd);
	}
}

void wire_lock_release(struct wire_lock *lock)
{
	for (unsigned i = 0; i < lock->count; i++)
		close(lock->fds[i]);
	lock->count = 0;
}
