#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# No key of the run is in any log (at level debug), in telemetry, in hsectl's output, or in a core dump.
. "$(dirname "$0")/_init.sh"

name_run_by=rand # so that the oracle can make the run's keys from the wire
log_level=debug
ulimit -c unlimited
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:handle_segv=0" # the SIGSEGV below is the test's own
mkdir "$lab/cwd"
cd "$lab/cwd"
lab_network
start_ggsn
start_hss
start_hse
wait_peer_open
capture access sgsn gn0
start_ue
ping_up 5
ping_down 5
capture_end access
for what in status sessions counters; do
	hsectl $what
	hsectl --json $what
done >"$lab/hsectl.out"
kill -USR2 "${pids[hse-ue]}"
stop hse-ue
for program in hse hse-hss; do
	kill -SEGV "${pids[$program]}" # as a bug would
	end_within 10 "${pids[$program]}" || die "$program outlives SIGSEGV"
done
expect_equal "core dumps" "$(find "$lab/cwd" "$top" -maxdepth 1 -name 'core*')" ""

python3 "$e2e_dir/oracle.py" keys "$lab/access.pcap" --k "$k" --opc "$opc" >"$lab/keys"
printf '%s\n' "k $k" "opc $opc" >>"$lab/keys"
[ "$(wc -l <"$lab/keys")" -ge 14 ] || die "the oracle has no keys to look for"
cat "$lab"/*.log "$lab"/*.out | tr -d ' :,\n' | tr A-F a-f >"$lab/said"
while read -r name key; do
	! grep -q "$key" "$lab/said" || die "$name is in a log or an output"
done <"$lab/keys"
