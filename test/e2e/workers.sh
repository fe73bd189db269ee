#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# As many workers and queues as the configuration says: every N-PDU crosses once and in order, whoever owns its tunnel.
. "$(dirname "$0")/_init.sh"

# in_order DIRECTION RECEIVER: what crossed on one side crossed on the other, in the same order.
in_order() {
	packets payloads "$lab/core.pcap" --to "$2" | cut -d ' ' -f 2 >"$lab/core.txt"
	python3 "$e2e_dir/oracle.py" open "$lab/access.pcap" --k "$k" --opc "$opc" --to "$2" \
		--direction "$1" >"$lab/access.txt"
	expect_equal "N-PDUs to $2" "$(wc -l <"$lab/core.txt")" 30
	cmp "$lab/core.txt" "$lab/access.txt" || die "N-PDUs to $2 are not the same, or not in order"
}

# crosses: several sessions one after the other, so that their tunnels belong to different workers.
crosses() {
	local session
	start_hse
	wait_peer_open
	for session in 1 2; do
		rm -f "$lab/hse-ue.out"
		capture access sgsn gn0
		capture core ggsn gn0
		start_ue
		ping_up 15 --interval 0.005
		ping_down 15 --interval 0.005
		stop hse-ue
		capture_end access
		capture_end core
		in_order 0 10.1.0.2
		in_order 1 10.1.0.1
	done
}

name_run_by=rand
lab_network
start_ggsn
start_hss

# One worker that reads all queues of the kernel's fan-out.
hse_queues=4
access_device=net_af_packet0,iface=acc0,qpairs=4
core_device=net_af_packet1,iface=core0,qpairs=4
crosses
expect_equal "packets handed over by one worker" "$(counter access.handed_over)" 0
expect_equal "steering with one worker" "$(status steering_core)" none
stop hse

# A queue for each worker: the kernel does not know whose a tunnel is.
hse_workers='{count: 2, lcores: [0, 1], poll: adaptive}'
hse_queues=2
access_device=net_af_packet0,iface=acc0,qpairs=2
core_device=net_af_packet1,iface=core0,qpairs=2
crosses
expect_equal "steering behind net_af_packet" "$(status steering_core)" ring
stop hse

# One queue, two workers: the second owns the uplink tunnel, whose TEID osmo-ggsn counts from 1.
hse_queues=1
access_device=net_pcap0,rx_iface_in=acc0,tx_iface=acc0,tx_iface=acc0
core_device=net_pcap1,rx_iface_in=core0,tx_iface=core0,tx_iface=core0
crosses
counter_at_least access.handed_over 1 || die "the worker without a queue has not worked"
log_has hse 'ports.access: steering by ring: there is one queue' || die "hse does not say how it steers"
stop hse
