#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The UE is out of coverage while downlink goes on, for more packets than CTR can tell apart, near and far, with
# counter_octets 0 and 1: the first packet that arrives is taken, or, after a long outage, the second. hse-ue counts that.
. "$(dirname "$0")/_init.sh"

# out_of_coverage COUNT: at least so many downlink packets are protected, and none arrives: the SGSN's host does not know
# the address.
out_of_coverage() {
	local wanted tries=0
	wanted=$(($(counter core.protected) + $1))
	ip -n "$run-sgsn" route del local 10.1.0.1 dev gn0 table local
	# On a busy machine some do not reach hse.
	until [ "$(counter core.protected)" -ge "$wanted" ]; do
		[ $((tries += 1)) -le 20 ] || die "$1 packets were not protected"
		packets_in ggsn ping --count $((wanted - $(counter core.protected))) --interval 0.0005 --wait 0.2 "$ue_address" >/dev/null || true
	done
	ip -n "$run-sgsn" route add local 10.1.0.1 dev gn0 table local src 10.1.0.1
}

# ue_counter NAME
ue_counter() {
	local lines
	lines=$(grep -c '^counters:' "$lab/hse-ue.out" || true)
	kill -USR2 "${pids[hse-ue]}"
	wait_for 5 "hse-ue's counters" eval '[ "$(grep -c "^counters:" "$lab/hse-ue.out")" -gt '"$lines ]"
	grep '^counters:' "$lab/hse-ue.out" | tail -n 1 | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# back WHAT MOST: pings downlink, of which at most MOST are lost, all before the first that is answered.
back() {
	local out lost
	out=$(packets_in ggsn ping --count 30 --interval 0.02 --wait 3 "$ue_address") || true
	lost=$((30 - $(sed -n 's/.* \([0-9]*\) received/\1/p' <<<"$out")))
	[ "$lost" -le "$2" ] || die "$1: $lost packets of 30 are lost"
}

lab_network
start_ggsn
start_hss
for counter_octets in 0 1; do
	start_hse
	wait_peer_open
	: >"$lab/hse-ue.out"
	start_ue
	in_ns ggsn ip neigh replace 10.1.0.1 lladdr "$(mac_of sgsn gn0)" dev gn0
	ping_down 5
	window=$((1 << 3 + 8 * counter_octets))
	expect_equal "recovered without an outage" "$(ue_counter down.recovered)" 0

	out_of_coverage $((window * 5 / 4))
	back "counter_octets $counter_octets, after $((window * 5 / 4)) packets" 0
	expect_equal "recovered after the first outage" "$(ue_counter down.recovered)" 1
	expect_equal "pending after the first outage" "$(ue_counter down.recovery_pending)" 0

	# More than 16 windows; with counter_octets 1 that would take too long here.
	if [ "$counter_octets" -eq 0 ]; then
		out_of_coverage $((window * 20))
		back "after $((window * 20)) packets" 1
		expect_equal "recovered after the second outage" "$(ue_counter down.recovered)" 2
		expect_equal "pending after the second outage" "$(ue_counter down.recovery_pending)" 1
	fi
	ping_down 20
	ping_up 20
	stop hse-ue
	stop hse
done
