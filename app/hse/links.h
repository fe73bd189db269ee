/* SPDX-License-Identifier: BSD-3-Clause */
/* links: a thread that looks at the ports' links, and mirrors them: link_state_mirror. No worker and no packet
 * waits for it, and it may wait for a device. */
#ifndef HSE_LINKS_H
#define HSE_LINKS_H

#include "hse_config.h"
#include "link_mirror.h"
#include "ports.h"

struct links;

/* The ports are open. NULL: no memory, or no thread; said in the log. */
struct links *links_start(struct hse_ports *ports, const struct hse_config *config);
/* Leaves no port taken down. links may be NULL. */
void links_stop(struct links *links);

/* From any thread: what there is now. */
void links_view(struct links *links, struct link_port port[DATAPATH_SIDES]);

#endif
