#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A hundred thousand sessions of a process that crashed: all of them are there when hse is ready, each with its tunnels, and a
# packet of one of them has its keyset pulled. UNPROTECTED=4000000: with so many sessions without protection beside them.
. "$(dirname "$0")/_init.sh"

sessions=100000
unprotected=${UNPROTECTED:-10000}
hse_state="{path: $lab/state}"
config_hse_of_many() {
	config_hse | sed "s/max: 1024/max: $sessions/"
}

"$build/test/bench/make-state" "$lab/state" "$sessions" "$unprotected"
lab_network
start_hss
certificate hse.home.example
config_hse_of_many >"$lab/hse.yaml"
start hse hse "$build/app/hse" --config "$lab/hse.yaml"
wait_log hse "state: .*: $((sessions + unprotected)) sessions restored in [0-9]* ms" 60
wait_for 20 "hse to answer on its telemetry socket" hsectl status
expect_equal "sessions" "$(status sessions)" "$sessions"
expect_equal "sessions without protection" "$(status unprotected)" "$unprotected"
expect_equal "sessions restored" "$(counter session.restored)" $((sessions + unprotected))
say "$(grep -o 'sessions restored in .*' "$lab/hse.log")"

# A G-PDU on the first and the last tunnel.
wait_peer_open
for teid in 1 $sessions; do
	packets gpdu "$(mac_of sgsn gn0)" "$(mac_of ggsn gn0)" 10.1.0.2 10.1.0.1 "$teid" >"$lab/downlink"
	packets_in ggsn send gn0 "$lab/downlink"
done
wait_for 10 "their keysets to be pulled" counter_is pull.sent 2
expect_equal "packets that crossed in the clear" "$(counter core.passed)" 0
