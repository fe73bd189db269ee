#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Policy in EPS. unknown_teid: drop lets an ordinary subscriber cross beside a protected one, for his bearer is learned as
# well. `protect`: without a keyset nothing of him crosses, in either direction; a keyset that is named protects. `drop`: no
# PDN connection is made. `pass`: packets cross as they are, though the UE names a keyset.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_policy.sh"

stop_sgw() {
	stop sgw
	rm -f "$lab/sgw.out"
	ip -n "$run-sgsn" rule del table 200 2>/dev/null || true
}

ue_system=eps
hse_more='unknown_teid: drop'
lab_network
start_pgw
start_hss
start_hse
wait_peer_open
start_ue
start_sgw
ping_up 5
ping_down 5
ping_all sgsn 5 10.2.0.1 --source "$(sgsnemu_address)"
ping_all ggsn 5 "$(sgsnemu_address)"
expect_equal "state of the ordinary one" "$(state_of $sgsnemu_imsi)" clear
stop_sgw
stop hse-ue
wait_for 5 "the sessions to end" eval '[ "$(status sessions)" -eq 0 ]'

restart "{imsi: \"26201\", apn: INTERNET, action: protect}"
start_sgw
nothing_crosses
expect_equal "state of the session" "$(state_of $sgsnemu_imsi)" barred
expect_equal "sessions without a keyset" "$(counter policy.barred)" 1
ue_again
ping_up 3
ping_down 3
expect_equal "state of the other" "$(state_of "$imsi")" ready
stop_sgw
stop hse-ue

restart "{apn: internet, imsi: \"$sgsnemu_imsi\", action: drop}"
run_sgw
wait_for 10 "its request to be dropped" counter_at_least policy.refused 1
wait_log hse "IMSI $sgsnemu_imsi NSAPI 5: the policy says drop"
ue_again
ping_up 3
! sgsnemu_address >/dev/null || die "the subscriber has a session"
expect_equal "PDN connections of the subscriber since" "$(grep -c "session of IMSI $sgsnemu_imsi" "$lab/pgw.out")" 2
stop sgw
stop hse-ue

all_passes
