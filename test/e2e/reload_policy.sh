#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# SIGHUP with another policy: one that is stricter is so at once, for the sessions that are there; one that is laxer is for
# those that are made later. So it is with allowed algorithms. Nothing of a session that is barred crosses meanwhile, and a
# session that is not meant loses no packet.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_policy.sh"
. "$(dirname "$0")/_reload.sh"

emu_crosses() {
	packets_in sgsn ping --count 3 10.2.0.1 --source "$(sgsnemu_address)" >/dev/null || die "the ordinary subscriber's packets are lost"
}

hse_more='unknown_teid: drop'
lab_start
start_sgsnemu
emu_crosses
expect_equal "state of the ordinary session" "$(state_of $sgsnemu_imsi)" clear
traffic_begins 300

# Stricter: at once.
hse_more='unknown_teid: drop
policy: [{apn: internet, action: protect}]'
reload_hse
wait_log hse 'policy: 1 sessions are barred that were not before'
expect_equal "state of the ordinary session" "$(state_of $sgsnemu_imsi)" barred
traffic_lost_nothing 300
nothing_crosses
expect_equal "state of the protected session" "$(state_of "$imsi")" ready

# Laxer: for new ones. The one that was barred stays so when it is made anew with its address, unless a rule excepts it.
hse_more='unknown_teid: drop'
reload_hse
sleep 0.5
nothing_crosses
emu_again() {
	kill_hard sgsnemu
	ip -n "$run-sgsn" rule del table 200 2>/dev/null || true
	start_sgsnemu
}
emu_again
nothing_crosses
hse_more="unknown_teid: drop
policy: [{imsi: \"$sgsnemu_imsi\", action: pass}]"
reload_hse
emu_again
emu_crosses
hse_more='unknown_teid: drop'
reload_hse
emu_again
emu_crosses

# Algorithms.
hse_more='unknown_teid: drop
allowed_algorithms: {ciphering: [gcm], integrity: [gcm]}'
reload_hse
wait_log hse 'allowed_algorithms: 1 keysets are refused that were in use'
expect_equal "state of the session with eea2" "$(state_of "$imsi")" not_allowed
capture core ggsn gn0
try_ping 5
capture_end core
expect_equal "its packets on the core side" "$(packets count "$lab/core.pcap" --to 10.1.0.2)" 0
emu_crosses

# Nothing of one that is to be dropped crosses, and it is not made anew.
hse_more="unknown_teid: drop
policy: [{imsi: \"$imsi\", action: drop}]"
reload_hse
wait_log hse 'policy: 1 sessions are barred that were not before'
capture core ggsn gn0
capture access sgsn gn0
try_ping 5
packets_in ggsn ping --count 5 --wait 0.1 "$ue_address" >/dev/null || true
capture_end core
capture_end access
expect_equal "its packets on the core side" "$(packets count "$lab/core.pcap" --to 10.1.0.2)" 0
expect_equal "its packets on the access side" "$(packets count "$lab/access.pcap" --to 10.1.0.1)" 0
emu_crosses
