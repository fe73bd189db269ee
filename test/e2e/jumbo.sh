#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Links of 9000 octets: N-PDUs of 8000 cross whole, protected and back, in one buffer a frame and in several. What
# protection makes longer than the link's MTU leaves in fragments.
. "$(dirname "$0")/_init.sh"

# link_mtu ACCESS CORE: of the links on either side.
link_mtu() {
	ip -n "$run-sgsn" link set gn0 mtu "$1"
	ip -n "$run-hse" link set acc0 mtu "$1"
	ip -n "$run-ggsn" link set gn0 mtu "$2"
	ip -n "$run-hse" link set core0 mtu "$2"
}

restart() {
	stop hse-ue
	stop hse
	start_hse
	wait_peer_open
	rm "$lab/hse-ue.out"
	start_ue
}

ue_tun_mtu=8900
lab_network
link_mtu 9000 9000
start_ggsn
ip -n "$run-ggsn" link set tun0 mtu 8900
start_hss

hse_mtu='mtu: 9000'
access_device=net_af_packet0,iface=acc0,framesz=12288,blocksz=12288
core_device=net_af_packet1,iface=core0,framesz=12288,blocksz=12288
start_hse
wait_peer_open
start_ue
capture access sgsn gn0
ping_up 5 --size 8000
ping_down 5 --size 8000
capture_end access
expect_equal "whole G-PDUs to the GGSN" "$(packets count "$lab/access.pcap" --to 10.1.0.2)" 10
expect_equal "whole G-PDUs to the SGSN" "$(packets count "$lab/access.pcap" --to 10.1.0.1)" 10
expect_equal "packets that were fragmented" "$(counter core.fragmented)" 0

# As the interface has it. N-PDUs of 8055 octets make 8095 with IP, UDP and GTP-U, and 8101 when protected.
hse_mtu=
link_mtu 8100 9000
restart
ping_down 5 --size 8026
expect_equal "packets that were fragmented, at 8100 octets" "$(counter core.fragmented)" 0
ping_down 5 --size 8027
expect_equal "packets that were fragmented, at 8101 octets" "$(counter core.fragmented)" 5

# net_pcap hands large frames over in several buffers, as many NICs do, and takes its MTU for 1500.
link_mtu 9000 9000
access_device=net_pcap0,rx_iface_in=acc0,tx_iface=acc0
core_device=net_pcap1,rx_iface_in=core0,tx_iface=core0
restart
capture access sgsn gn0
ping_up 5 --size 8000
ping_down 5 --size 8000
capture_end access
expect_equal "whole G-PDUs to the GGSN, over net_pcap" \
	"$(packets count "$lab/access.pcap" --to 10.1.0.2)" 10
expect_equal "packets that were opened" "$(counter access.opened)" 10
expect_equal "packets that were protected" "$(counter core.protected)" 10
