#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The log is a pipe that is full, as the program that reads it hangs. hse answers hsectl, activates devices and protects
# their packets as ever, and nobody gets downlink in clear by an Update in the midst of it. When the pipe is read again, the
# log goes on, and says how many lines it has lost.
. "$(dirname "$0")/_init.sh"

forger=10.1.0.66
marker=6b6565706f7574
hse_pull='{when: on_activation}' # each Update makes some lines: more than the pipe and the ring hold

lab_network
ip -n "$run-sgsn" addr add $forger/24 dev gn0
start_ggsn
start_hss
mkfifo "$lab/go" "$lab/pipe"
# Opens the pipe, and reads it once the other one says so.
start reader hse sh -c 'exec 3<"$0"; read -r _ <"$1"; exec cat <&3' "$lab/pipe" "$lab/go"
certificate hse.home.example
config_hse >"$lab/hse.yaml"
start hse hse sh -c 'exec "$0" --config "$1" 2>"$2"' "$build/app/hse" "$lab/hse.yaml" "$lab/pipe"
wait_for 20 "hse to answer on its telemetry socket" hsectl status
wait_peer_open
capture access sgsn gn0
start_ue
ping_up 3 --pattern $marker
in_ns sgsn python3 "$e2e_dir/forger.py" rekeys "$lab/access.pcap" 10.1.0.1 10.1.0.2 1000 --count 2600
wait_for 5 "lines that are lost" counter_at_least log.lines_lost 1

overdue=$(counter gtpc.overdue)
expect_equal "cause of the Update to the forger" "$(in_ns sgsn python3 "$e2e_dir/forger.py" update "$lab/access.pcap" \
	$forger 10.1.0.2 99 --downlink-to $forger)" 128
packets_in ggsn ping --count 5 --wait 0.1 --pattern $marker "$ue_address" >/dev/null || true
stop hse-ue
rm "$lab/hse-ue.out"
start_ue
ping_up 5 --pattern $marker
ping_down 5 --pattern $marker
capture_end access
expect_equal "GTP-C that control had no time for" "$(counter gtpc.overdue)" "$overdue"
expect_equal "frames in clear on the access side" \
	"$(packets count "$lab/access.pcap" --containing $marker$marker)" 0
log_has reader . && die "somebody reads the log"

echo >"$lab/go"
wait_for 10 "the log to say what it lost" log_has reader 'warning: log: [0-9]+ lines lost$'
stop hse-ue
wait_for 10 "the log to go on" log_has reader 'session removed'
stop hse
