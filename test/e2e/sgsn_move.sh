#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The UE moves to another SGSN and back, six times, under traffic both ways: the downlink tunnel moves by Update PDP Context,
# keys and COUNTs go on, not one packet is lost, and none reaches either SGSN in clear.
. "$(dirname "$0")/_init.sh"

# downlink_counts: COUNTs of downlink N-PDUs on the access side, to either SGSN, as an independent reader opens them.
downlink_counts() {
	python3 "$e2e_dir/oracle.py" counts "$lab/access.pcap" --k $k --opc $opc --direction 1 \
		--counter-octets $counter_octets --to "$1"
}

packets_to() {
	packets count "$lab/access.pcap" --to "$1"
}

start_pings() {
	start up sgsn python3 "$e2e_dir/packets.py" ping --count 300 --interval 0.03 --device ue0 10.2.0.1
	start down ggsn python3 "$e2e_dir/packets.py" ping --count 300 --interval 0.03 "$ue_address"
}

name_run_by=rand # which the independent reader finds in the capture
counter_octets=2 # so that CTR is COUNT in all of it
ue_move_to=10.1.0.3
hse_pull='{hold_packets_per_session: 300}' # a busy machine may be late with a move
hse_more='gtpc: {hold_ms: 5000}'
lab_network
start_ggsn
start_hss
start_hse
wait_peer_open
capture access sgsn gn0
start_ue
ping_up 5 # the keys are there
ping_down 5
start_pings
for address in 10.1.0.3 10.1.0.1 10.1.0.3 10.1.0.1 10.1.0.3 10.1.0.1; do
	before=$(packets_to $address)
	kill -HUP "${pids[hse-ue]}"
	wait_for 10 "downlink packets to $address" eval '[ "$(packets_to $address)" -ge $((before + 15)) ]'
done
for way in up down; do
	wait_for 20 "the last ping $way" log_has $way 'received'
	log_has $way '300 received' || die "packets were lost: $(cat "$lab/$way.out")"
done
capture_end access
expect_equal "tunnels moved" "$(counter session.moved)" 6
expect_equal "sessions" "$(status sessions)" 1
expect_equal "AKA runs" "$(counter pull.sent)" 1
for address in 10.1.0.1 10.1.0.3; do
	downlink_counts $address >"$lab/counts-$address"
	[ "$(wc -l <"$lab/counts-$address")" -ge 50 ] || die "hardly any downlink packets to $address"
done
sort -n "$lab"/counts-* | diff -q - <(seq 0 609) >/dev/null ||
	die "COUNTs of downlink: wanted 0 to 609, each once: $(sort -n "$lab"/counts-* | paste -sd ' ')"
ping_up 5
ping_down 5
