#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# SIGTERM and SIGINT end each program with status 0, and nothing of it is left: no files, no hugepages, no TUN device.
. "$(dirname "$0")/_init.sh"

leftovers() {
	find "/var/run/dpdk/$run" 2>/dev/null
	find /dev/hugepages -name "*$run*" 2>/dev/null
	find "$lab/cwd" -mindepth 1
	ip -n "$run-sgsn" link show ue0 2>/dev/null
}

mkdir "$lab/cwd"
cd "$lab/cwd"
lab_network
start_ggsn
for signal in TERM INT; do
	start_hss
	start_hse
	wait_peer_open
	start_ue
	ping_up 3
	stop hse-ue $signal
	stop hse $signal
	stop hse-hss $signal
	expect_equal "left behind after SIG$signal" "$(leftovers)" ""
	rm "$lab/hse-ue.out"
done

# Each stops as well when nobody answers it.
start_hse
stop hse TERM
ping_all sgsn 1 10.99.0.1
start_hss
stop hse-hss INT
expect_equal "left behind" "$(leftovers)" ""
