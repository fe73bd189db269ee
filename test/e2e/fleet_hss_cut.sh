#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# In the middle of a storm the HSS cannot be reached for two seconds, by hse and by the SGSN alike, and what connections
# there were are gone. Devices that were activated have their packets held, the others wait for their vectors; when the
# HSS is back, all are served, and no packet is lost.
. "$(dirname "$0")/_init.sh"
. "$e2e_dir/_fleet.sh"

fleet_settings='window: 64, rate: 20' # slow enough for the cut to meet some, however late it comes
hse_pull='{timeout_ms: 500, retry_min_ms: 50, retry_max_ms: 500}'
lab_start_without_ue
start_fleet
answered_at_least() {
	[ "$(figure answered)" -ge "$1" ]
}
held_some() {
	[ "$(status held_packets)" -gt 0 ]
}
wait_for 20 "a part of the fleet to be served" answered_at_least 50
ip -n "$run-home" link set to-hse down
wait_for 5 "packets to wait for keys" held_some
ip -n "$run-home" link set to-sgsn down
in_ns home ss -HKt sport = :5868 >/dev/null
sleep 2
[ "$(figure answered)" -lt "$devices" ] || die "all were served before the connection was cut"
ip -n "$run-home" link set to-hse up
ip -n "$run-home" link set to-sgsn up
end_fleet 60

expect_equal "devices answered" "$(figure answered)" "$devices"
expect_equal "packets lost" "$(figure lost)" 0
expect_equal "devices refused" "$(figure failed)" 0
expect_equal "sessions with keys" "$(status sessions_ready)" "$devices"
expect_equal "packets still held" "$(status held_packets)" 0
[ "$(counter pull.timeout)" -gt 0 ] || [ "$(counter pull.unreachable)" -gt 0 ] ||
	die "no pull has failed: the cut was none"
drops=$(counters access.drop | awk '$2 > 0')$(counters core.drop | awk '$2 > 0')
expect_equal "drops" "$drops" ""
