#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Two hundred devices, each with its own keys, attach as fast as they can: all are activated, the first packet of each
# is answered, none is lost, and hse has counted what they say.
. "$(dirname "$0")/_init.sh"
. "$e2e_dir/_fleet.sh"

fleet_settings='window: 32, packets: 3'
lab_start_without_ue
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
expect_equal "sessions learned" "$(counter session.learned)" "$devices"
expect_equal "keysets pulled" "$(counter pull.found)" "$devices"
expect_equal "uplink packets opened" "$(counter access.opened)" $((3 * devices))
expect_equal "downlink packets protected" "$(counter core.protected)" $((3 * devices))
expect_equal "packets still held" "$(status held_packets)" 0
expect_equal "packets that waited for a key, and went on" "$(counter access.hold.released)" \
	"$(counter access.hold.held)"
drops=$(counters access.drop | awk '$2 > 0')$(counters core.drop | awk '$2 > 0')
expect_equal "drops" "$drops" ""
