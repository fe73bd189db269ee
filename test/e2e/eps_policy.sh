#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Policy in EPS. unknown_teid: drop lets an ordinary subscriber cross beside a protected one, for his bearer is learned as
# well. `protect`: without a keyset nothing of him crosses, in either direction; a keyset that is named protects. `drop`: no
# PDN connection is made. `pass`: packets cross as they are, though the UE names a keyset.
. "$(dirname "$0")/_init.sh"

# restart RULES [LINE...]: hse with that policy, which knows nothing of before, and no subscribers.
restart() {
	hse_more="policy: [$1]"
	stop hse
	start_hse
	wait_peer_open
}

ue_again() {
	rm -f "$lab/hse-ue.out"
	start_ue
}

stop_sgw() {
	stop sgw
	rm -f "$lab/sgw.out"
	ip -n "$run-sgsn" rule del table 200 2>/dev/null || true
}

# state_of IMSI: of its session, by hsectl.
state_of() {
	hsectl --json sessions --imsi "$1" |
		python3 -c 'import json, sys; print(*(s["state"] for s in json.load(sys.stdin)["sessions"]))'
}

# nothing_crosses: of sgw.py's subscriber, either way.
nothing_crosses() {
	local up down
	up=$(counter access.drop.policy) down=$(counter core.drop.policy)
	capture access sgsn gn0
	capture core ggsn gn0
	packets_in sgsn ping --count 5 --wait 0.1 10.2.0.1 --source "$(sgsnemu_address)" >/dev/null || true
	packets_in ggsn ping --count 5 --wait 0.1 "$(sgsnemu_address)" >/dev/null || true
	wait_for 5 "uplink to be counted" counter_is access.drop.policy $((up + 5))
	wait_for 5 "downlink to be counted" counter_is core.drop.policy $((down + 5))
	capture_end access
	capture_end core
	expect_equal "pings uplink on the core side" "$(packets count "$lab/core.pcap" --to 10.1.0.2)" 0
	expect_equal "pings downlink on the access side" "$(packets count "$lab/access.pcap" --to 10.1.0.3)" 0
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

restart '{apn: "*", action: pass}'
ue_again
capture access sgsn gn0
capture core ggsn gn0
try_ping 5
wait_for 5 "the packets on the core side" seen core 5 --to 10.1.0.2
capture_end access
capture_end core
packets payloads "$lab/access.pcap" --to 10.1.0.2 >"$lab/access.txt"
packets payloads "$lab/core.pcap" --to 10.1.0.2 | cmp - "$lab/access.txt" || die "what is to pass was changed"
expect_equal "packets that were opened" "$(counter access.opened)" 0
expect_equal "PDN connections that named a keyset and pass" "$(counter policy.passed)" 1
