/* SPDX-License-Identifier: BSD-3-Clause */
#include "cpus.h"

#include <unistd.h>

uint32_t cpus_count(void)
{
	return (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
}

uint32_t cpus_of_worker(const struct hse_config *c, unsigned worker)
{
	if (c->workers.lcores_count > 0)
		return c->workers.lcores[worker];
	/* Start with CPU 1, unless the machine has only one CPU. */
	return (worker + 1) % cpus_count();
}

static bool is_workers_cpu(const struct hse_config *c, uint32_t cpu)
{
	for (unsigned i = 0; i < c->workers.count; i++)
		if (cpus_of_worker(c, i) == cpu)
			return true;
	return false;
}

uint32_t cpus_of_control(const struct hse_config *c)
{
	const uint32_t cpus = cpus_count();

	if (c->workers.control_lcore_given)
		return c->workers.control_lcore;
	for (uint32_t cpu = 0; cpu < cpus; cpu++)
		if (!is_workers_cpu(c, cpu))
			return cpu;
	return 0;
}
