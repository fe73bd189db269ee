/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * interfaces: whether the Linux interfaces behind a port are still those that it was opened on. An interface that was
 * removed and made again, or moved to another network namespace and back, has the same name, but the sockets of the port
 * are dead. Called by links.c, in its thread.
 */
#ifndef HSE_INTERFACES_H
#define HSE_INTERFACES_H

#include "datapath/command.h"
#include "device.h"

struct interfaces {
	struct device device;
	unsigned
		indexes[DEVICE_INTERFACES_MAX]; /* that the port was opened on; 0: there was none */
	bool was_removed;			/* the kernel has said so since then */
};

/* A socket by which the kernel tells of interfaces that are removed; negative errno. */
int interfaces_open_events(void);
/* Takes from that socket, without waiting, what there is of the ports' interfaces. */
void interfaces_take_events(int fd, struct interfaces ports[DATAPATH_SIDES]);

/* Those there are now are those that the port is opened on. if_index: as the driver says it, or 0. */
void interfaces_note(struct interfaces *port, unsigned if_index);
/* One that the port was opened on is no longer there, even if another has its name. Ports without Linux interfaces never. */
bool interfaces_are_gone(const struct interfaces *port);
/* There is one for each name, so that the port can be opened; or the driver itself makes them. */
bool interfaces_are_there(const struct interfaces *port);
/* The one whose link and MTU count; 0: none. */
unsigned interfaces_first(const struct interfaces *port);
/* The first name that is not there now, or the first. */
const char *interfaces_missing(const struct interfaces *port);

#endif
