/* SPDX-License-Identifier: BSD-3-Clause */
/* netdev: the Linux interface behind a port, where it has one. */
#ifndef HSE_NETDEV_H
#define HSE_NETDEV_H

#include <stdbool.h>

/* 0: there is no such interface. */
unsigned netdev_mtu(unsigned if_index);

/* 1: it is up and has a carrier; 0: not; negative errno. */
int netdev_has_link(unsigned if_index);

/* Brings it administratively up or down, which on most takes away the light, and on a veth its peer's carrier.
 * Negative errno. */
int netdev_set_up(unsigned if_index, bool up);

#endif
