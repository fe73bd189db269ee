#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What the kernel or the driver loses before a worker sees it, or after, has a counter, and is among the drops.
. "$(dirname "$0")/_init.sh"

# sum: frames from the access side that hse or its counters know of.
sum() {
	echo $(($(counter access.rx_packets) + $(counter access.drop.nic_imissed)))
}

all_known() {
	[ "$(sum)" -ge $((before + 3000)) ]
}

hse_more='link_state_mirror: false'
lab_network
certificate hse.home.example
start_hse
expect_equal "lost before" "$(counter access.drop.nic_imissed)" 0

# 3000 frames while nobody reads, into a ring of 512.
before=$(sum)
for ((i = 0; i < 3000; i++)); do
	echo "frame ffffffffffff02000000000188b5$(printf '%0100x' $i)"
done >"$lab/frames"
kill -STOP "${pids[hse]}"
packets_in sgsn send gn0 "$lab/frames"
kill -CONT "${pids[hse]}"
wait_for 5 "each frame to be received or counted" all_known
missed=$(counter access.drop.nic_imissed)
[ "$missed" -ge 2000 ] || die "of 3000 frames into a ring of 512, $missed are counted as missed"
hsectl counters | grep -Eq "^access.drop.nic_imissed +$missed\$" || die "hsectl counters does not show it"
expect_equal "the same for programs" "$(hsectl --json counters | python3 -c \
	'import json, sys; print(json.load(sys.stdin)["total"]["access"]["drop"]["nic_imissed"])')" "$missed"

# What cannot be sent. The counters go on when the interface is made again.
ip -n "$run-hse" link set core0 down
packets_in sgsn send gn0 <(head -n 10 "$lab/frames")
wait_for 5 "what cannot be sent to be counted" counter_at_least core.drop.nic_oerrors 10
ip -n "$run-hse" link del acc0
wait_for 5 "the interface to be gone" counter_is link.access.gone 1
veth_add sgsn gn0 hse acc0
wait_log hse 'ports.access: the interface is back'
sleep 0.2
[ "$(counter access.drop.nic_imissed)" -ge "$missed" ] || die "the counter went back"
