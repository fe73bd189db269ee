#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# No signal but SIGTERM and SIGINT ends hse, hse-hss, in both roles, or hse-ue, and hsectl outlives SIGUSR1, SIGUSR2,
# SIGALRM and SIGPIPE: each is sent to each program under traffic both ways, and no packet is lost.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_reload.sh"

every=(USR1 USR2 ALRM PIPE QUIT VTALRM PROF IO STKFLT PWR XCPU XFSZ TTIN TTOU URG WINCH CONT CHLD RTMIN RTMIN+5 RTMAX)
hss_hses='[hse.home.example, kms.home.example]'
ue_move_to=10.1.0.3
hse_pull='{hold_packets_per_session: 300}' # a UE that has moved sends at once what waited, maybe by a keyset that is not here yet
lab_network
start_gsn
start_hss
start_kms
start_hse
wait_peer_open
start_ue
ping_up 3
traffic_begins 500
for program in hse hse-hss hse-kms hse-ue; do
	for signal in "${every[@]}"; do
		kill -"$signal" "${pids[$program]}"
	done
done
for program in hse hse-hss hse-kms; do
	reload $program
done
kill -HUP "${pids[hse-ue]}"
wait_for 10 "the move to another SGSN" log_has hse-ue '^moved to SGSN'
traffic_lost_nothing 500
for program in hse hse-hss hse-kms hse-ue; do
	is_running $program || die "$program has ended"
done

# hsectl waits for a socket that does not answer.
python3 - "$lab/socket" <<'PYTHON' &
import socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(sys.argv[1])
s.listen()
c = s.accept()[0]
time.sleep(1.5)
PYTHON
silent=$!
wait_for 5 "the silent socket" test -S "$lab/socket"
"$build/app/hsectl" --socket "$lab/socket" status >/dev/null 2>"$lab/hsectl.out" &
hsectl=$!
sleep 0.3
for signal in USR1 USR2 ALRM PIPE; do
	kill -$signal $hsectl
done
sleep 0.2
kill -0 $hsectl || die "hsectl has ended"
wait $silent
status=0
wait $hsectl || status=$?
[ $status -lt 128 ] || die "hsectl was ended by signal $((status - 128))"

for program in hse-ue hse hse-kms; do
	stop $program
done
stop hse-hss INT
