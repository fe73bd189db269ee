/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/memory.h"

#include <errno.h>
#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_memory.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE ((size_t)2 << 20)

/* Room for len octets that lies to huge pages as addr does; what is mapped in all is put in *all. */
static char *map_alike(const char *addr, size_t len, char **all)
{
	const size_t offset = (uintptr_t)addr % HUGE_PAGE;
	char *room = mmap(NULL, len + 2 * HUGE_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (room == MAP_FAILED)
		return NULL;
	*all = room;
	return (char *)RTE_ALIGN_CEIL((uintptr_t)room, HUGE_PAGE) + offset;
}

/* Only what is there: to read the rest would make it. */
static int copy_pages(char *to, char *from, size_t len)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *there = malloc(len / page);
	int ret = there ? mincore(from, len, there) : -1;

	for (size_t i = 0; ret == 0 && i < len / page; i++)
		if (there[i] & 1)
			memcpy(to + i * page, from + i * page, page);
	free(there);
	return ret;
}

/* Without hugepages the EAL's memory is a file in memory, which the kernel gives no huge pages to, unless its
 * administrator said so. So ordinary memory is put in its place, with what stands there already. */
static int replace(const struct rte_memseg_list *list, const struct rte_memseg *segment, size_t len,
		   void *arg)
{
	char *all, *room = map_alike(segment->addr, len, &all);

	(void)list;
	(void)arg;
	if (!room)
		return 0;
	madvise(room, len, MADV_HUGEPAGE);
	if (copy_pages(room, segment->addr, len) != 0) {
		munmap(all, len + 2 * HUGE_PAGE);
		return 0;
	}
	if (mremap(room, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, segment->addr) == MAP_FAILED)
		rte_panic("DPDK's memory at %p is lost: %s\n", segment->addr, strerror(errno));
	/* Where room was there is a hole now, which may be somebody else's already. */
	munmap(all, (size_t)(room - all));
	munmap(room + len, (size_t)(all + 2 * HUGE_PAGE - room));
	return 0;
}

void datapath_advise_memory(void)
{
	if (!rte_eal_has_hugepages())
		rte_memseg_contig_walk(replace, NULL);
}
