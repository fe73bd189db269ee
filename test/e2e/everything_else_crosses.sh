#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# hse is a bump in the wire: what is not a G-PDU crosses it octet for octet, both ways: what bridges keep to a link (LLDP,
# LACP, spanning tree), ARP and neighbour discovery, and frames of unknown types, of 14 octets or of 9000; with one worker
# and with several. With unknown_teid: pass, so does a G-PDU of an unknown tunnel.
. "$(dirname "$0")/_init.sh"

# all_cross FILE: its frames both ways, and pings of the kernel's own.
all_cross() {
	frames_cross "$1" sgsn ggsn
	frames_cross "$1" ggsn sgsn
	ping_all sgsn 10 10.1.0.2
	ping_all ggsn 10 10.1.0.1
}

lab_network
packets sundry >"$lab/all"
packets sundry --jumbo >"$lab/all-jumbo"

# Behind net_af_packet the kernel puts IP fragments together and forgets which kind of VLAN tag it took off, before hse
# sees a thing.
for list in all all-jumbo; do
	grep -Ev '^(ipv4_fragment.*|qinq) ' "$lab/$list" >"$lab/$list-af_packet"
done
# Whole G-PDUs of an unknown tunnel.
sed -i -E '/^(vlan_of_gtpu|ipv6_gtpu|gtpu_unknown_teid) /d' "$lab/all-af_packet"
start_hse
all_cross "$lab/all-af_packet"
stop hse

for ns in sgsn ggsn; do
	ip -n "$run-$ns" link set gn0 mtu 9000
done
ip -n "$run-hse" link set acc0 mtu 9000
ip -n "$run-hse" link set core0 mtu 9000
hse_more='unknown_teid: pass'
hse_mtu='mtu: 9000'
hse_mib=512
hse_workers='{count: 2, lcores: [0, 1], poll: adaptive}'
hse_queues=2
access_device=net_af_packet0,iface=acc0,qpairs=2,framesz=12288,blocksz=12288
core_device=net_af_packet1,iface=core0,qpairs=2,framesz=12288,blocksz=12288
start_hse
all_cross "$lab/all-jumbo-af_packet"
stop hse

# Every frame as it is. The worker without a queue gets fragments and G-PDUs of tunnels that would be its own.
hse_queues=1
access_device=net_pcap0,rx_iface_in=acc0,tx_iface=acc0,tx_iface=acc0
core_device=net_pcap1,rx_iface_in=core0,tx_iface=core0,tx_iface=core0
start_hse
all_cross "$lab/all-jumbo"
ping_all sgsn 5 10.1.0.2 --size 20000 # in fragments
counter_at_least access.handed_over 1 || die "the worker without a queue has not worked"
