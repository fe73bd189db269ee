#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The HSS crashes and starts again. Sessions with a key go on without it; its SQNs go on where they were, so the USIM
# accepts the next AKA at once; and hse needs no restart to pull what comes of that.
. "$(dirname "$0")/_init.sh"

lab_start
ping_up 5
kill_hard hse-hss
wait_for 30 "hse to notice" peers_closed
ping_up 5
ping_down 5

start_hss
wait_peer_open
: >"$lab/hse-ue.out"
kill -USR1 "${pids[hse-ue]}"
wait_log hse-ue 'step 5'
log_has hse-ue '[Rr]esync' && die "the USIM had to resynchronise: the HSS went back to SQNs of before"
ping_up 20
ping_down 20
