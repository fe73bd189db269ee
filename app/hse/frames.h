/* SPDX-License-Identifier: BSD-3-Clause */
/* frames: how large they may be at a port. Vdevs over Linux interfaces do not say it right themselves: those know 1500
 * octets, whatever the interface has. */
#ifndef HSE_FRAMES_H
#define HSE_FRAMES_H

#include "hse_config.h"

/* Octets that a buffer must take so that the port's largest frame fits into one. */
unsigned frames_room(uint16_t port, const struct hse_port_config *p);

/* Sets the MTU as configured, on a port that rte_eth_dev_configure has seen; *mtu is what it has then. name: of
 * the port in the configuration. Errors are logged; negative errno. */
int frames_set_mtu(uint16_t port, const struct hse_port_config *p, const char *name, uint16_t *mtu);

/* The MTU for a running port after its Linux interface has got the MTU has: that MTU, if the
 * port's buffers and the configuration allow it. If they do not, the MTU in use and the reason
 * are logged. */
uint16_t frames_follow_mtu(uint16_t port, const struct hse_port_config *p, const char *name,
			   unsigned has);

#endif
