#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# hse is stopped and started again: its sessions are there, their keys are pulled by the next packet, and the conversation
# goes on, with no new AKA run and no COUNT left out or used again. What was removed stays removed.
. "$(dirname "$0")/_init.sh"

# counts DIRECTION RECEIVER: of the authentic N-PDUs on the access side, in their order.
counts() {
	python3 "$e2e_dir/oracle.py" counts "$lab/access.pcap" --k "$k" --opc "$opc" --to "$2" --direction "$1"
}

restart() {
	stop hse
	start_hse
	wait_peer_open
}

name_run_by=rand
hse_state="{path: $lab/state}"
lab_network
start_ggsn
start_hss
start_hse
wait_peer_open
expect_equal "state" "$(status state)" good
capture access sgsn gn0
start_ue
ping_up 10
ping_down 10
restart
expect_equal "sessions after a restart" "$(status sessions)" 1
expect_equal "sessions restored" "$(counter session.restored)" 1
ping_down 10
restart
ping_up 10
expect_equal "keysets pulled" "$(counter pull.found)" 1
capture_end access
for direction in "0 10.1.0.2" "1 10.1.0.1"; do
	# shellcheck disable=SC2086
	expect_equal "COUNTs, direction and receiver $direction" "$(counts $direction)" "$(seq 0 39)"
done

stop hse-ue # deletes its context
wait_for 5 "the session to end" counter_is session.removed 1
restart
expect_equal "sessions after the last was removed" "$(status sessions)" 0
grep -Eq 'state: .*: 0 sessions restored' "$lab/hse.log" || die "the log does not say that there is none"
