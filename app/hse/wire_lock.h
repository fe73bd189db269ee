/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wire_lock: keeps a second hse off the interfaces and PCI devices of this one. Two hse on one wire
 * would both forward each packet, one of them unprotected.
 *
 * A lock is a listening socket with an abstract UNIX address made of the device's name. Such an
 * address belongs to the network namespace, like the interface. It needs no file, and so no folder
 * and no permission. The kernel removes it when the process ends, for whatever reason. But any user
 * may bind such an address. So a lock counts only if the kernel says (SO_PEERCRED) that root, this
 * process's user or the user named hse took it. If another user holds the address, the lock uses
 * the next of WIRE_LOCK_PLACES addresses.
 */
#ifndef HSE_WIRE_LOCK_H
#define HSE_WIRE_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "device.h"

#define WIRE_LOCK_PLACES  16
#define WIRE_LOCK_ANSWERS 100 /* connections accepted per call, for each address */
/* One for the device, and two for each interface: its name and its index. */
#define WIRE_LOCK_MAX (1 + 2 * DEVICE_INTERFACES_MAX)

struct wire_lock {
	int fds[WIRE_LOCK_MAX];
	bool is_index[WIRE_LOCK_MAX]; /* an interface index: changes if made again */
	unsigned count;
};

/*
 * Locks everything that device uses: the PCI address, and the name and the index of each interface.
 * The index prevents that a second or new name of the interface avoids the lock. Returns 0. -EBUSY:
 * another process has a lock; *holder is its pid (0: in another PID namespace), and *what points to
 * the locked name in device. Other errors: negative errno. After any error nothing is locked.
 */
int wire_lock_take(struct wire_lock *lock, const struct device *device, pid_t *holder,
		   const char **what);
/*
 * The interfaces of a locked device have been made again: locks their new indexes. The names stay
 * locked without a gap, by the user that took them, even if hse has become another user since.
 * Returns as wire_lock_take does. After an error the names are still locked, and the call may be
 * repeated.
 */
int wire_lock_follow(struct wire_lock *lock, const struct device *device, pid_t *holder,
		     const char **what);
/* Closes the connections of processes that checked the lock. Call it several times a second: with
 * too many waiting connections, the lock is not seen. It never blocks, and it ends even if a local
 * user connects endlessly. */
void wire_lock_answer(const struct wire_lock *lock);
void wire_lock_release(struct wire_lock *lock);

#endif
