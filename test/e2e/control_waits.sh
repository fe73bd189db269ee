#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The control thread waits for nobody: eight telemetry clients ask and do not read, and then every thread that speaks with
# the outside stands still (log, Diameter, reload, links). hse answers hsectl, moves and ends sessions, and no GTP-C leaves
# without control; what a pull would bring waits. When the threads go on, so does all else.
. "$(dirname "$0")/_init.sh"

ue_move_to=10.1.0.3
lab_network
start_gsn
start_hss
start_hse
wait_peer_open
start_ue
ping_up 3
ping_down 3

# Clients that ask until nothing more goes into their sockets.
cat >"$lab/clients.py" <<'PYTHON'
import socket, sys, time
clients = []
for _ in range(8):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect(sys.argv[1])
    s.settimeout(0.2)
    clients.append(s)
for s in clients:
    try:
        while True:
            s.send(b"/hse/counters,control")
    except OSError:
        pass
print("deaf", flush=True)
time.sleep(60)
PYTHON
start clients hse python3 "$lab/clients.py" "/var/run/dpdk/$run/dpdk_telemetry.v2"
wait_log clients '^deaf'
overdue=$(counter gtpc.overdue)
move_and_ping() {
	: >"$lab/hse-ue.out"
	kill -HUP "${pids[hse-ue]}"
	wait_for 5 "the move to another SGSN" log_has hse-ue '^moved to SGSN'
	ping_up 3
	ping_down 3
	expect_equal "GTP-C that control had no time for" "$(counter gtpc.overdue)" "$overdue"
}
move_and_ping

start threads hse python3 "$e2e_dir/threads.py" "${pids[hse]}"
wait_log threads '^stopped ([5-9]|[1-9][0-9])'
move_and_ping
kill -USR1 "${pids[hse-ue]}"
wait_for 5 "another AKA run" log_has hse-ue 'Key ID 2 is in use'
wait_for 5 "hse to have seen it" counter_is session.rekeyed 1
try_ping 3
expect_equal "keysets that have come" "$(counter pull.found)" 1
expect_equal "sessions" "$(status sessions)" 1
expect_equal "GTP-C that control had no time for" "$(counter gtpc.overdue)" "$overdue"

stop threads
wait_for 15 "the keyset that was waited for" counter_is pull.found 2
ping_up 3
ping_down 3
stop hse-ue
stop hse
