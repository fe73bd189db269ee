/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * interfaces: checks whether the Linux interfaces of a port are still those that it was opened on.
 * An interface can be removed and made again, or moved to another network namespace and back. It
 * then has the same name, but the port's sockets do not work any more. Called by links.c, in its
 * thread.
 */
#ifndef HSE_INTERFACES_H
#define HSE_INTERFACES_H

#include "datapath/command.h"
#include "device.h"

struct interfaces {
	struct device device;
	unsigned
		indexes[DEVICE_INTERFACES_MAX]; /* indexes at the port's opening; 0: no interface */
	bool was_removed;			/* the kernel has reported a removal since then */
};

/* Opens a socket that reports removed interfaces; negative errno. */
int interfaces_open_events(void);
/* Reads pending events of the ports' interfaces from that socket. Does not wait. */
void interfaces_take_events(int fd, struct interfaces ports[DATAPATH_SIDES]);

/* Stores the current indexes, at the port's opening. if_index: the index that the driver reports,
 * or 0. */
void interfaces_note(struct interfaces *port, unsigned if_index);
/* Returns true if an interface from the port's opening is gone, even if another one has its name
 * now. Always false for ports without Linux interfaces. */
bool interfaces_are_gone(const struct interfaces *port);
/* Returns true if every interface exists, so that the port can be opened, or if the driver makes
 * the interfaces itself. */
bool interfaces_are_there(const struct interfaces *port);
/* The interface that decides on link and MTU; 0: none. */
unsigned interfaces_first(const struct interfaces *port);
/* The first name without an interface now, otherwise the first name. */
const char *interfaces_missing(const struct interfaces *port);

#endif
