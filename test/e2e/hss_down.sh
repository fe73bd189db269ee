#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# hse cannot reach the HSS when the first packet comes: packets are held up to the bound, what is more is dropped and
# counted, and the pull is tried again with pauses. When the HSS is back, the held packets go on in their order, and
# traffic flows, with no restart of anything.
. "$(dirname "$0")/_init.sh"

hse_pull='{timeout_ms: 500, retry_min_ms: 100, retry_max_ms: 1000, hold_packets_per_session: 8, hold_ms: 60000}'
failures() {
	echo $(($(counter pull.timeout) + $(counter pull.unreachable)))
}

failures_at_least() {
	[ "$(failures)" -ge "$1" ]
}

lab_start
ip -n "$run-home" link set to-hse down
capture core ggsn gn0
try_ping 20 --interval 0.02
wait_for 5 "packets beyond the bound to be dropped" counter_is access.drop.hold_overflow 12
expect_equal "held packets" "$(status held_packets)" 8
wait_for 15 "the pull to be tried three times more" failures_at_least $(($(failures) + 3))
[ "$(failures)" -lt 60 ] || die "$(failures) pulls: it is tried again without a pause"
seen core 0 --to 10.1.0.2 || die "packets crossed without a key"

ip -n "$run-home" link set to-hse up
wait_for 30 "the held packets on the core side" seen core 8 --to 10.1.0.2
expect_equal "held packets after the key came" "$(status held_packets)" 0
ping_up 20
ping_down 20
capture_end core
packets payloads "$lab/core.pcap" --to 10.1.0.2 | cut -d ' ' -f 2 | cut -c 53-56 | head -n 8 >"$lab/order"
sort -c "$lab/order" || die "the held packets went on in another order: $(paste -sd ' ' "$lab/order")"
