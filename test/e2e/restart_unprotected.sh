#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# With unknown_teid: drop, hse is killed and starts again: a subscriber without protection, whom it knew, goes on without a
# new activation. When the subscriber has left, packets in its tunnels are of unknown tunnels.
. "$(dirname "$0")/_init.sh"

hse_more='unknown_teid: drop'
hse_state="{path: $lab/state}"
lab_network
start_ggsn
start_hss
start_hse
start_sgsnemu
ping_all sgsn 5 10.2.0.1 --source "$(sgsnemu_address)"
expect_equal "sessions without protection" "$(status unprotected)" 1
expect_equal "protected sessions" "$(status sessions)" 0

for _ in 1 2; do
	kill_hard hse
	start_hse
	expect_equal "sessions without protection" "$(status unprotected)" 1
	ping_all sgsn 5 10.2.0.1 --source "$(sgsnemu_address)"
	ping_all ggsn 5 "$(sgsnemu_address)"
done
expect_equal "packets of unknown tunnels" "$(counter access.drop.unknown_teid)$(counter core.drop.unknown_teid)" 00

kill -INT "${pids[sgsnemu]}"
wait_log sgsnemu 'Received delete PDP context response'
is_gone() {
	[ "$(status unprotected)" -eq 0 ]
}
wait_for 5 "the session to end" is_gone
kill_hard hse
start_hse
expect_equal "sessions without protection" "$(status unprotected)" 0
