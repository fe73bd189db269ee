/* SPDX-License-Identifier: BSD-3-Clause */
/* memory: DPDK's memory without hugepages, made as good as it can be. */
#ifndef DATAPATH_MEMORY_H
#define DATAPATH_MEMORY_H

/* Puts memory that the kernel may make of transparent huge pages behind DPDK's memory: right after the EAL
 * has started, while no other thread allocates of it. Where hugepages are in use, or memory is short, nothing
 * changes. Not where a device has been told of the memory already: a NIC behind vfio, or virtio_user. */
void datapath_advise_memory(void);

#endif
