#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Keys that were not used for idle_flush_s are wiped. The next packet, uplink or downlink, has them pulled again by
# itself; none is lost, and the COUNTs on the wire go on where they were.
. "$(dirname "$0")/_init.sh"

# counts DIRECTION RECEIVER: of the authentic N-PDUs on the access side, in their order.
counts() {
	python3 "$e2e_dir/oracle.py" counts "$lab/access.pcap" --k "$k" --opc "$opc" --to "$2" --direction "$1"
}

state_is() {
	hsectl --json sessions | grep -q "\"state\": *\"$1\""
}

# wait_flushed N: so many times by now.
wait_flushed() {
	wait_for 15 "the keys to be flushed, $1" counter_is session.flushed "$1"
	state_is flushed || die "hsectl does not say that the session is flushed"
}

name_run_by=rand
hse_sessions=', idle_flush_s: 2'
lab_network
start_ggsn
start_hss
start_hse
wait_peer_open
capture access sgsn gn0
start_ue
ping_up 10
wait_flushed 1
ping_up 10
expect_equal "keysets pulled again" "$(counter session.flushed_pulled)" 1
wait_flushed 2
ping_down 10
expect_equal "keysets pulled again" "$(counter session.flushed_pulled)" 2
state_is ready || die "hsectl does not say that the session is ready"
capture_end access
for direction in "0 10.1.0.2" "1 10.1.0.1"; do
	# shellcheck disable=SC2086
	expect_equal "COUNTs, direction and receiver $direction" "$(counts $direction)" "$(seq 0 29)"
done
