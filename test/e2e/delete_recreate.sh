#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A PDP context is deleted and made again, three times, and once more after the SGSN crashed without a Delete: hse forgets
# the old tunnels, pulls the new keys, and traffic flows.
. "$(dirname "$0")/_init.sh"

sessions_are() {
	[ "$(status sessions)" -eq "$1" ]
}

lab_start
for _ in 1 2 3; do
	ping_up 5
	ping_down 5
	expect_equal "sessions" "$(status sessions)" 1
	stop hse-ue
	wait_for 5 "the session to be gone" sessions_are 0
	rm "$lab/hse-ue.out"
	start_ue
done
kill_hard hse-ue
rm "$lab/hse-ue.out"
start_ue
ping_up 5
ping_down 5
expect_equal "sessions after the crash" "$(status sessions)" 1
