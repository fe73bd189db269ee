#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# hse is a bump in the wire: what is not a G-PDU of a protected tunnel crosses it octet for octet, both ways.
. "$(dirname "$0")/_init.sh"

lab_network
packets sundry >"$lab/all"

# Behind net_af_packet the kernel puts IP fragments together and forgets which kind of VLAN tag it took off, before hse
# sees a thing.
grep -Ev '^(ipv4_fragment.*|qinq) ' "$lab/all" >"$lab/sundry"
start_hse
frames_cross "$lab/sundry" sgsn ggsn
frames_cross "$lab/sundry" ggsn sgsn
ping_all sgsn 10 10.1.0.2
ping_all ggsn 10 10.1.0.1
stop hse

access_device=net_pcap0,rx_iface_in=acc0,tx_iface=acc0
core_device=net_pcap1,rx_iface_in=core0,tx_iface=core0
start_hse
frames_cross "$lab/all" sgsn ggsn
frames_cross "$lab/all" ggsn sgsn
ping_all sgsn 5 10.1.0.2 --size 4000 # in fragments
