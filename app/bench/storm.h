/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * storm: hse-bench storm. A region reattaches after a power cut: hse, hse-hss and hse-ue as they are, each a process of
 * its own, in a lab of network namespaces, and what a storm of devices costs there.
 */
#ifndef BENCH_STORM_H
#define BENCH_STORM_H

/* The command `hse-bench storm`; argv[0] is "storm". The exit status. */
int storm_main(int argc, char **argv);

#endif
