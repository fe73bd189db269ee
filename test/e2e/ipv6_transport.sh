#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# SGSN and GGSN that speak IPv6 to each other: sessions are learned, packets protected and opened, UDP checksums, which IPv6
# demands, right on both sides; and what protection makes longer than the MTU, at either end, goes in IPv6 fragments.
. "$(dirname "$0")/_init.sh"

name_run_by=rand
sgsn_address=fd00:1::1
ggsn_address=fd00:1::2
ue_tun_mtu=1500
lab_network
ipv6_on sgsn gn0 $sgsn_address/64
ipv6_on ggsn gn0 $ggsn_address/64
start_gsn
start_hss
start_hse
wait_peer_open
capture access sgsn gn0
capture core ggsn gn0
start_ue
ping_up 5
ping_up 5 --size 700
ping_down 5
ping_down 5 --size 701 # an odd number for the checksum
capture_end access
capture_end core
reads_alike 0 $ggsn_address
reads_alike 1 $sgsn_address
packets checksums "$lab/access.pcap"
packets checksums "$lab/core.pcap"
expect_equal "packets that were opened" "$(counter access.opened)" 20
expect_equal "packets that were protected" "$(counter core.protected)" 20

# 1500 octets with the headers of IPv6, UDP and GTP-U: hse makes fragments downlink, and puts together uplink those of the
# SGSN's kernel.
ping_down 5 --size 1416
expect_equal "packets that hse fragmented" "$(counter core.fragmented)" 5
expect_equal "packets that hse put together" "$(counter access.reassembled)" 5
ping_up 5 --size 1416
expect_equal "packets that hse fragmented" "$(counter core.fragmented)" 10
expect_equal "packets that hse put together" "$(counter access.reassembled)" 10
ping_down 5 --size 1410
expect_equal "packets that hse fragmented, when they still fit" "$(counter core.fragmented)" 10

# A clear-text packet for the tunnel does not get past hse.
capture inside ggsn tun0
packets_in sgsn inject gn0 "$lab/access.pcap" clear_text --to $ggsn_address
wait_for 5 "it to be counted" counter_is access.drop.malformed 1
capture_end inside
expect_equal "clear-text packets that the GGSN passed on" \
	"$(packets count "$lab/inside.pcap" --containing "$(printf leakleak | od -An -tx1 | tr -d ' ')")" 0
stop hse-ue
wait_log ggsn '^deleted'
