/* SPDX-License-Identifier: BSD-3-Clause */
/* recovery: hse-bench --recovery, once DPDK has started. Returns the exit status. */
#ifndef BENCH_RECOVERY_H
#define BENCH_RECOVERY_H

int recovery_main(void);

#endif
