#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The disk is full while sixty devices attach: hse says so, and serves on as far as COUNTs are noted on disk; what needs more
# waits, and no COUNT is used that the disk does not know of. When there is room again, all goes on by itself, and no packet
# is lost.
. "$(dirname "$0")/_init.sh"
. "$e2e_dir/_fleet.sh"

devices=60
fleet_settings='window: 8, packets: 3'
hse_state="{path: $lab/small/state}"

state_fails() {
	[ "$(status state)" = 'No space left on device' ]
}

state_is_good() {
	[ "$(status state)" = good ]
}

some_wait() {
	[ "$(status held_packets)" -gt 10 ]
}

small_disk "$lab/small" 1M
lab_network
start_ggsn
start_hss
start_hse
wait_peer_open
expect_equal "state" "$(status state)" good
cat /dev/zero >"$lab/small/filler" 2>"$lab/filler.log" || true
start_fleet
wait_for 20 "hse to say that the disk is full" state_fails
wait_for 20 "packets to wait for COUNTs" some_wait
[ "$(counter state.failures)" -gt 0 ] || die "state.failures does not say so"
expect_equal "times the log says so" "$(grep -c 'the state cannot be written: No space left on device' "$lab/hse.log")" 1
wait_for 20 "all devices to be activated all the same" counter_is session.learned "$devices"
[ "$(counter access.opened)" -lt "$devices" ] || die "all were served, with a disk that is full"
[ "$(counter core.protected)" -le $((4 * devices)) ] || die "COUNTs were used that the disk does not know of"

rm "$lab/small/filler"
wait_for 20 "the state to be written again" state_is_good
end_fleet 60
for what in activated answered; do
	expect_equal "devices $what" "$(figure $what)" "$devices"
done
expect_equal "packets lost" "$(figure lost)" 0
drops=$(counters access.drop | awk '$2 > 0')$(counters core.drop | awk '$2 > 0')
expect_equal "drops" "$drops" ""
grep -q 'the state can be written again' "$lab/hse.log" || die "the log does not say that the disk is well again"
