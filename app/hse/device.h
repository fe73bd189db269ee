/* SPDX-License-Identifier: BSD-3-Clause */
/* device: reads ports.*.device: a PCI address, or a vdev with the Linux interfaces that it uses. */
#ifndef HSE_DEVICE_H
#define HSE_DEVICE_H

#include <net/if.h>
#include <stdbool.h>

/* As many as the arguments that can name one. */
#define DEVICE_INTERFACES_MAX 8

struct device {
	bool is_pci;
	/* DPDK's name: "0000:3b:00.1" in this form, however it is written, or "net_af_packet0". */
	char name[64];
	unsigned count;
	char interfaces[DEVICE_INTERFACES_MAX][IF_NAMESIZE]; /* as written; they need not exist */
};

/* text: "3b:00.1", "0000:3b:00.1", or "net_af_packet0,iface=acc0"; with DPDK's arguments. */
void device_read(const char *text, struct device *device);

/* What both use: an interface under any of its names, or the device itself; NULL: nothing. Points into b. Looks
 * interfaces up in the network namespace of the caller. */
const char *device_shared(const struct device *a, const struct device *b);

#endif
