#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The GGSN is killed and started again: its restart counter goes on, which hse sees when another SGSN speaks with it. The
# session of before ends without a Delete, is counted once, and the UE that attaches anew has a new one.
. "$(dirname "$0")/_init.sh"

lab_start
ping_up 5
ping_down 5
expect_equal "sessions" "$(status sessions)" 1
kill_hard ggsn
wait_for 5 "the GGSN's TUN device to go" eval "! ip -n $run-ggsn link show tun0"
start_ggsn
start_sgsnemu # an unprotected subscriber of another SGSN
wait_for 5 "the session of before to end" counter_is session.removed 1
expect_equal "sessions after the restart" "$(status sessions)" 0
expect_equal "restarts seen" "$(counter session.gsn_restarts)" 1
expect_equal "restarts said" "$(grep -c '10.1.0.2 on the core side has restarted' "$lab/hse.log")" 1
! hsectl sessions | grep "$imsi" || die "hsectl sessions has the old session still"

kill_hard hse-ue
rm "$lab/hse-ue.out"
start_ue
ping_up 20
ping_down 20
ping_all sgsn 5 10.2.0.1 --source "$(sgsnemu_address)"
expect_equal "sessions of the UE that is back" "$(status sessions)" 1
expect_equal "restarts seen after that" "$(counter session.gsn_restarts)" 1
expect_equal "sessions removed after that" "$(counter session.removed)" 1
