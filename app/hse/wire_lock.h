/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wire_lock: keeps a second hse off the interfaces and PCI devices of this one. Two of them on one wire would both send
 * each packet on, one of them in clear.
 *
 * A lock is a listening socket with an abstract UNIX address made of the device's name. Such an address belongs to the
 * network namespace, as the interface does; needs no file, and so no folder and no permission; and ends with the process,
 * whatever ends that. Any user may bind such an address, so the lock counts only where the kernel says (SO_PEERCRED) that
 * the holder was root, our own user, or the user named hse when the lock was taken. Where another user holds the address,
 * the lock goes to the next of WIRE_LOCK_PLACES addresses.
 */
#ifndef HSE_WIRE_LOCK_H
#define HSE_WIRE_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "device.h"

#define WIRE_LOCK_PLACES  16
#define WIRE_LOCK_ANSWERS 100 /* at most so many at once, for each address */
/* A device's own, and two for each interface: the name and the index. */
#define WIRE_LOCK_MAX (1 + 2 * DEVICE_INTERFACES_MAX)

struct wire_lock {
	int fds[WIRE_LOCK_MAX];
	bool is_index[WIRE_LOCK_MAX]; /* of an interface: it has another when it is made again */
	unsigned count;
};

/*
 * Takes all that device uses: the PCI address, and of each interface its name and its index, so that a second name of
 * the interface, or a new one, is no way round. 0; -EBUSY: another process has it: *holder is its pid (0: of another PID
 * namespace), *what points to what it has, into device; other negative errno. On any error nothing is held.
 */
int wire_lock_take(struct wire_lock *lock, const struct device *device, pid_t *holder,
		   const char **what);
/*
 * The interfaces of a device that is locked have been made again: takes their indexes of now. The names stay locked
 * without a gap, and as the user's that took them, which need not be the user that hse has become. As wire_lock_take;
 * on any error the names are still held, and it may be called again.
 */
int wire_lock_follow(struct wire_lock *lock, const struct device *device, pid_t *holder,
		     const char **what);
/* Ends the connections of processes that looked who holds the lock. Call several times a second: when too many wait, the
 * lock is not seen. Does not block, and ends, even while a local user connects without end. */
void wire_lock_answer(const struct wire_lock *lock);
void wire_lock_release(struct wire_lock *lock);

#endif
