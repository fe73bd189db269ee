#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# hse is killed again and again, without warning, while forty devices attach and talk: each time all sessions are back by
# themselves, traffic goes on, and no COUNT is ever sent twice under one key, nor an old packet taken for a new one.
# CRASHES=200 kills it that often.
. "$(dirname "$0")/_init.sh"
. "$e2e_dir/_fleet.sh"

crashes=${CRASHES:-6}
devices=40
counter_octets=3 # so that COUNT itself stands in each packet
keyset_retention_s=86400
hse_state="{path: $lab/state}"
hse_pull='{retry_min_ms: 20, retry_max_ms: 200}'
fleet_settings='window: 8, rate: 40, answer_ms: 2000, traffic: {packets_per_s: 800}'

# At any moment: sometimes in the middle of the start, sometimes after a second of traffic.
crash() {
	sleep "0.$((RANDOM % 10))$((RANDOM % 10))"
	kill_hard hse
	start hse hse "$build/app/hse" --config "$lab/hse.yaml"
}

settled() {
	hsectl status && [ "$(status sessions_ready)" -eq "$(figure activated)" ] && counter_at_least access.opened 200 &&
		counter_at_least core.protected 200
}

lab_start_without_ue
capture access sgsn gn0
capture core ggsn gn0
start_fleet
for ((i = 1; i <= crashes; i++)); do
	crash
	# Every other time it crashes again before it has come far.
	[ $((i % 2)) -eq 1 ] || wait_for 60 "traffic of all devices after crash $i" settled
done
wait_for 60 "all devices to be served" settled
is_traffic() {
	[ -n "$(sed -n 's/^traffic: .* answered=\([1-9]\)/\1/p' "$lab/fleet.out")" ]
}
wait_for 60 "the fleet's traffic" is_traffic
expect_equal "devices activated" "$(figure activated)" "$devices"
expect_equal "sessions" "$(status sessions)" "$devices"
capture_end access

# What crossed once does not cross again, not even by a process that never saw it.
end fleet || true # devices may have lost their first packet in a crash
opened_no_more() {
	local opened
	opened=$(counter access.opened)
	sleep 0.3
	counter_is access.opened "$opened"
}
wait_for 10 "traffic to end" opened_no_more
packets_in sgsn replay gn0 "$lab/access.pcap" --to 10.1.0.2
wait_for 20 "old packets to be refused" counter_at_least access.drop.replay 100
wait_for 10 "the last of them" opened_no_more
capture_end core
expect_equal "N-PDUs that crossed twice" "$(packets twice "$lab/core.pcap" --to 10.1.0.2)" ""

sent=$(packets count "$lab/access.pcap" --to 10.1.0.1)
[ "$sent" -gt $((crashes * 200)) ] || die "only $sent packets were protected"
expect_equal "COUNTs sent twice" "$(packets reused "$lab/access.pcap" --to 10.1.0.1 --counter-octets 3)" ""
say "$crashes crashes, $sent packets protected, no COUNT twice"
