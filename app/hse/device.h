/* SPDX-License-Identifier: BSD-3-Clause */
/* device: reads ports.*.device, which is a PCI address, or a vdev with the Linux interfaces that it
 * uses. */
#ifndef HSE_DEVICE_H
#define HSE_DEVICE_H

#include <net/if.h>
#include <stdbool.h>

/* The number of arguments that can name an interface. */
#define DEVICE_INTERFACES_MAX 8

struct device {
	bool is_pci;
	/* DPDK's name: "0000:3b:00.1" in this form, whatever the spelling, or "net_af_packet0". */
	char name[64];
	unsigned count;
	char interfaces[DEVICE_INTERFACES_MAX]
		       [IF_NAMESIZE]; /* as configured; they need not exist */
};

/* text: "3b:00.1", "0000:3b:00.1", or "net_af_packet0,iface=acc0"; DPDK's arguments may follow. */
void device_read(const char *text, struct device *device);

/* What both devices use: an interface, under any of its names, or the device itself. NULL: nothing.
 * The result points into b. Looks up interfaces in the caller's network namespace. */
const char *device_shared(const struct device *a, const struct device *b);

#endif
