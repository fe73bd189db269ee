#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The operator says who is to be protected, by IMSI and APN. `protect`: without a keyset nothing of a subscriber crosses, nor
# when an SGSN takes the keyset out of the PCO of one who was protected before. `drop`: no session is made. `pass`: packets
# cross as they are, though the UE names a keyset. Another subscriber beside them is as he always was.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_policy.sh"

stop_sgsnemu() {
	kill_hard sgsnemu
	ip -n "$run-sgsn" rule del table 200 2>/dev/null || true
}

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

all_passes
