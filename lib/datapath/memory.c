/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/memory.h"

#include <rte_memory.h>
#include <sys/mman.h>

static int advise(const struct rte_memseg_list *list, const struct rte_memseg *segment, size_t len,
		  void *arg)
{
	(void)list;
	(void)arg;
	madvise(segment->addr, len, MADV_HUGEPAGE);
	return 0;
}

void datapath_advise_memory(void)
{
	rte_memseg_contig_walk(advise, NULL);
}
