/* SPDX-License-Identifier: BSD-3-Clause */
/* memory: DPDK's memory without hugepages, made as good as it can be. */
#ifndef DATAPATH_MEMORY_H
#define DATAPATH_MEMORY_H

/* Asks the kernel for transparent huge pages behind DPDK's memory: after the EAL has started and before
 * anything large is allocated. Where hugepages are in use, or the kernel has none to give, nothing
 * changes. */
void datapath_advise_memory(void);

#endif
