#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Uplink packets are lost in a row, more than CTR can tell apart, near and far, with counter_octets 0 and 1: here a bypass
# drops them. The first packet after it is opened, or, after a long outage, the second. That is counted, by session too,
# and said once.
. "$(dirname "$0")/_init.sh"

# outage COUNT: at least so many uplink packets do not arrive.
outage() {
	local wanted tries=0
	hsectl bypass on >/dev/null
	wanted=$(($(counter access.drop.bypass) + $1))
	# On a busy machine some do not reach hse.
	until [ "$(counter access.drop.bypass)" -ge "$wanted" ]; do
		[ $((tries += 1)) -le 20 ] || die "$1 packets were not sent"
		try_ping $((wanted - $(counter access.drop.bypass))) --interval 0.0005 --wait 0.2
	done
	hsectl bypass off >/dev/null
}

# back WHAT MOST: pings uplink, of which at most MOST are lost.
back() {
	local out lost
	out=$(packets_in sgsn ping --device ue0 --count 30 --interval 0.02 --wait 3 10.2.0.1) || true
	lost=$((30 - $(sed -n 's/.* \([0-9]*\) received/\1/p' <<<"$out")))
	[ "$lost" -le "$2" ] || die "$1: $lost packets of 30 are lost"
}

# of_session NAME
of_session() {
	hsectl --json sessions | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}

# expect_recovered TIMES PENDING
expect_recovered() {
	expect_equal "access.recovered" "$(counter access.recovered)" "$1"
	expect_equal "access.recovery_pending" "$(counter access.recovery_pending)" "$2"
	expect_equal "recovered of the session" "$(of_session recovered)" "$1"
	expect_equal "recovery_pending of the session" "$(of_session recovery_pending)" "$2"
}

lab_network
start_ggsn
start_hss
for counter_octets in 0 1; do
	start_hse
	wait_peer_open
	: >"$lab/hse-ue.out"
	start_ue
	ping_up 5
	window=$((1 << 3 + 8 * counter_octets))
	expect_recovered 0 0

	outage $((window * 5 / 4))
	back "counter_octets $counter_octets, after $((window * 5 / 4)) packets" 0
	expect_recovered 1 0
	wait_log hse "info: IMSI $imsi NSAPI 5: COUNT found again"

	# More than 16 windows; with counter_octets 1 that would take too long here.
	if [ "$counter_octets" -eq 0 ]; then
		outage $((window * 20))
		back "after $((window * 20)) packets" 1
		expect_recovered 2 1
	fi
	ping_up 5
	ping_down 5
	expect_equal "lines in the log" "$(grep -c 'COUNT found again' "$lab/hse.log")" 1
	stop hse-ue
	stop hse
	: >"$lab/hse.log"
done
