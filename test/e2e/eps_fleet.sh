#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A hundred devices, each with its own keys, attach over GTPv2-C as fast as they can: all are activated, the first
# packet of each is answered, and none is lost.
. "$(dirname "$0")/_init.sh"
. "$e2e_dir/_fleet.sh"

ue_system=eps
devices=100
lab_network
start_pgw
start_hss
start_hse
wait_peer_open
start_fleet
end_fleet 60
for what in activated answered; do
	expect_equal "devices $what" "$(figure $what)" "$devices"
done
for what in lost failed; do
	expect_equal "$what" "$(figure $what)" 0
done
expect_equal "sessions of hse" "$(status sessions)" "$devices"
expect_equal "sessions with keys" "$(status sessions_ready)" "$devices"
expect_equal "keysets pulled" "$(counter pull.found)" "$devices"
drops=$(counters access.drop | awk '$2 > 0')$(counters core.drop | awk '$2 > 0')
expect_equal "drops" "$drops" ""
