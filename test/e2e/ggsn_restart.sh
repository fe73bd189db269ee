#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The GGSN is killed and started again: its restart counter goes on, which it tells the session's SGSN in an Echo Response.
# The session of before ends without a Delete and is counted once. What the GGSN tells another SGSN ends nothing more. The
# UE that attaches anew has a new session.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_policy.sh"

# An Echo Request (TS 29.060 7.2.1) from the address of hse-ue's SGSN, and its answer.
echo_ggsn() {
	ip netns exec "$run-sgsn" python3 - "$sgsn_address" "$ggsn_address" <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.settimeout(5)
		s.bind((sys.argv[1], 0))
		s.sendto(bytes.fromhex("320100040000000077770000"), (sys.argv[2], 2123))
		s.recv(1500)
	END
}

lab_start
ping_up 5
ping_down 5
expect_equal "sessions" "$(status sessions)" 1
kill_hard ggsn
wait_for 5 "the GGSN's TUN device to go" eval "! ip -n $run-ggsn link show tun0"
start_ggsn
echo_ggsn
wait_for 5 "the session of before to end" counter_is session.removed 1
expect_equal "sessions after the restart" "$(status sessions)" 0
expect_equal "restarts seen" "$(counter session.gsn_restarts)" 1
expect_equal "restarts said" "$(grep -c '10.1.0.2 on the core side has restarted' "$lab/hse.log")" 1
start_sgsnemu # an unprotected subscriber of another SGSN
! hsectl sessions | grep "$imsi" || die "hsectl sessions has the old session still"

kill_hard hse-ue
rm "$lab/hse-ue.out"
start_ue
ping_up 20
ping_down 20
ping_all sgsn 5 10.2.0.1 --source "$(sgsnemu_address)"
expect_equal "states of the sessions of the UE that is back" "$(state_of "$imsi")" ready
expect_equal "restarts seen after that" "$(counter session.gsn_restarts)" 1
expect_equal "sessions removed after that" "$(counter session.removed)" 1
