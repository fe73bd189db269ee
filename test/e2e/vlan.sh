#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# SGSN and GGSN in a VLAN, then in a VLAN within a provider's: tags stay as they are, on fragments too, and what is in them is
# protected and opened.
. "$(dirname "$0")/_init.sh"

# inside NAMESPACE ADDRESS: moves an address off gn0, to a new interface behind it.
inside() {
	veth_add "$1" in0 "$1" tag0
	ip -n "$run-$1" addr del "$2" dev gn0
	ip -n "$run-$1" addr add "$2" dev in0
}

# tags_are TAGS: between in0 and gn0 at both ends.
tags_are() {
	local ns
	for ns in sgsn ggsn; do
		[ -z "${pids[tag-$ns]:-}" ] || kill_hard "tag-$ns"
		: >"$lab/tag-$ns.out"
		start "tag-$ns" "$ns" python3 "$e2e_dir/packets.py" tag tag0 gn0 "$1"
		wait_log "tag-$ns" '^tagging'
	done
}

# crosses TAGS: the Ethertype of IPv4 behind them.
crosses() {
	local side
	capture access sgsn gn0
	capture core ggsn gn0
	ping_up 10
	ping_down 10
	capture_end access
	capture_end core
	for side in access core; do
		expect_equal "G-PDUs, $side side" "$(packets count "$lab/$side.pcap")" 40
		expect_equal "G-PDUs with $1, $side side" \
			"$(packets count "$lab/$side.pcap" --containing "$1"0800)" 40
		packets checksums "$lab/$side.pcap"
	done
	expect_equal "octets of N-PDUs that only the access side has" "$(octets_more)" 240
	ping_down 5 --size 1432 # 1500 octets with the headers of IP, UDP and GTP-U
	expect_equal "packets that were fragmented" "$(counter core.fragmented)" 5
}

octets_more() {
	echo $(($(octets access) - $(octets core)))
}

octets() {
	packets payloads "$lab/$1.pcap" | awk '{ n += length($2) / 2 } END { print n }'
}

lab_network
inside sgsn 10.1.0.1/24
inside ggsn 10.1.0.2/24
tags_are 81000007
start_ggsn
start_hss
start_hse
wait_peer_open
start_ue
crosses 81000007
stop hse-ue
stop hse

# The kernel forgets the kind of an outer tag on its way to net_af_packet. A veth has room for one tag beyond its MTU.
ip -n "$run-sgsn" link set gn0 mtu 1508
ip -n "$run-hse" link set acc0 mtu 1508
ip -n "$run-ggsn" link set gn0 mtu 1508
ip -n "$run-hse" link set core0 mtu 1508
tags_are 88a8006481000008
access_device=net_pcap0,rx_iface_in=acc0,tx_iface=acc0
core_device=net_pcap1,rx_iface_in=core0,tx_iface=core0
start_hse
wait_peer_open
rm "$lab/hse-ue.out"
start_ue
crosses 88a8006481000008
