#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# No key of the run is in any log (at level debug), in telemetry, in hsectl's output, in a core dump, or in the KMS's
# file.
. "$(dirname "$0")/_init.sh"

name_run_by=rand # so that the oracle can make the run's keys from the wire
log_level=debug
hss_hses='[hse.home.example, kms.home.example]'
hse_peers='- {identity: kms.home.example, address: 10.99.0.4, port: 5868}'
hse_key_sources='- {kind: diameter, name: hss, host: hss.home.example, realm: home.example}
- {kind: diameter, name: kms, host: kms.home.example, realm: home.example, prefetch: true}'
ulimit -c unlimited
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:handle_segv=0" # the SIGSEGV below is the test's own
mkdir "$lab/cwd"
cd "$lab/cwd"
kms_keeps() {
	kill -USR1 "${pids[hse-kms]}"
	log_has hse-kms "keysets: $1 kept"
}

lab_network
start_ggsn
start_hss
start_kms
start_hse
wait_peer_open 2
capture access sgsn gn0
start_ue
ping_up 5
ping_down 5
capture_end access
wait_for 5 "the KMS to have the keyset" counter_is key_source.kms.prefetch.found 1
wait_for 5 "the KMS to have written it" kms_keeps 1
for what in status sessions counters; do
	hsectl $what
	hsectl --json $what
done >"$lab/hsectl.out"
kill -USR2 "${pids[hse-ue]}"
stop hse-ue
for program in hse hse-hss hse-kms; do
	kill -SEGV "${pids[$program]}" # as a bug would
	end_within 10 "${pids[$program]}" || die "$program outlives SIGSEGV"
done
expect_equal "core dumps" "$(find "$lab/cwd" "$top" -maxdepth 1 -name 'core*')" ""

python3 "$e2e_dir/oracle.py" keys "$lab/access.pcap" --k "$k" --opc "$opc" >"$lab/keys"
printf '%s\n' "k $k" "opc $opc" "master $(cat "$lab/kms.master")" >>"$lab/keys"
[ "$(wc -l <"$lab/keys")" -ge 11 ] || die "the oracle has no keys to look for"
cat "$lab"/*.log "$lab"/*.out | tr -d ' :,\n' | tr A-F a-f >"$lab/said"
od -An -v -tx1 "$lab/kms.state" | tr -d ' \n' >"$lab/kms.hex"
grep -q "$(printf %s "$imsi" | od -An -v -tx1 | tr -d ' \n')" "$lab/kms.hex" || die "the KMS's file holds nothing"
while read -r name key; do
	! grep -q "$key" "$lab/kms.hex" || die "$name is in the KMS's file"
	! grep -q "$key" "$lab/said" || die "$name is in a log or an output"
done <"$lab/keys"
