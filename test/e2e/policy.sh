#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The operator says who is to be protected, by IMSI and APN. `protect`: without a keyset nothing of a subscriber crosses, nor
# when an SGSN takes the keyset out of the PCO of one who was protected before. `drop`: no session is made. `pass`: packets
# cross as they are, though the UE names a keyset. Another subscriber beside them is as he always was.
. "$(dirname "$0")/_init.sh"

# restart RULES: hse with that policy, which knows nothing of before.
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

stop_sgsnemu() {
	kill_hard sgsnemu
	ip -n "$run-sgsn" rule del table 200 2>/dev/null || true
}

# state_of IMSI: of its session, by hsectl.
state_of() {
	hsectl --json sessions --imsi "$1" |
		python3 -c 'import json, sys; print(*(s["state"] for s in json.load(sys.stdin)["sessions"]))'
}

# nothing_crosses: of sgsnemu's subscriber, either way.
nothing_crosses() {
	local up down
	up=$(counter access.drop.policy) down=$(counter core.drop.policy)
	capture access sgsn gn0
	capture core ggsn gn0
	packets_in sgsn ping --count 5 --wait 0.1 10.2.0.1 --source "$(sgsnemu_address)" --pattern $marker >/dev/null || true
	packets_in ggsn ping --count 5 --wait 0.1 "$(sgsnemu_address)" --pattern $marker >/dev/null || true
	wait_for 5 "uplink to be counted" counter_is access.drop.policy $((up + 5))
	wait_for 5 "downlink to be counted" counter_is core.drop.policy $((down + 5))
	capture_end access
	capture_end core
	expect_equal "pings uplink on the core side" \
		"$(packets count "$lab/core.pcap" --to 10.1.0.2)" 0
	expect_equal "pings downlink on the access side" \
		"$(packets count "$lab/access.pcap" --to 10.1.0.3)" 0
}

marker=706c61696e
hse_more="policy: [{imsi: \"26201000000009\", apn: INTERNET, action: protect}]"
lab_start
start_sgsnemu
nothing_crosses
expect_equal "state of the session" "$(state_of $sgsnemu_imsi)" barred
expect_equal "sessions without a keyset" "$(counter policy.barred)" 1
ping_up 3
ping_down 3
expect_equal "state of the other" "$(state_of "$imsi")" ready

# The same context anew, but an SGSN on the way has taken the keyset out.
stop_sgsnemu
stop hse-ue
restart '{imsi: "26201", action: protect}'
ue_again
ping_up 3
kill_hard hse-ue
sgsnemu_imsi=$imsi
sgsnemu_more=(--nsapi 5)
start_sgsnemu
nothing_crosses
log_has hse "IMSI $imsi NSAPI 5: the UE made the context anew without naming a keyset" ||
	die "hse does not say it"
expect_equal "protected sessions that were made without" "$(counter session.unprotected_again)" 1
expect_equal "state of the session" "$(state_of "$imsi")" barred
stop_sgsnemu

restart '{apn: internet, imsi: "26201000000009", action: drop}'
sgsnemu_imsi=262010000000099
sgsnemu_more=()
capture core ggsn gn0
run_sgsnemu
wait_for 10 "its request to be dropped" counter_at_least policy.refused 1
wait_log hse "IMSI $sgsnemu_imsi NSAPI 0: the policy says drop"
ue_again
ping_up 3
capture_end core
! sgsnemu_address >/dev/null || die "the subscriber has a session"
stop_sgsnemu
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
expect_equal "sessions that named a keyset and pass" "$(counter policy.passed)" 1
