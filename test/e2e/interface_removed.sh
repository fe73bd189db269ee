#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A port's interface is removed, and made again; moved to another namespace, and back: hse tells it, drops what would leave
# there, and takes the interface again when it is back. No restart, no packet in clear, and all goes on under the same keys.
. "$(dirname "$0")/_init.sh"

# remade [OPTION...]: acc0 with a new index, or as the options say, and else as it was.
remade() {
	ip -n "$run-hse" link add acc0 "$@" type veth peer name gn0 netns "$run-sgsn"
	offload_off hse acc0
	offload_off sgsn gn0
	ip -n "$run-sgsn" link set gn0 up
	ip -n "$run-hse" link set acc0 up
	ip -n "$run-hse" link set acc0 promisc on arp off
	ip -n "$run-sgsn" addr add 10.1.0.1/24 dev gn0
	ip -n "$run-sgsn" addr add 10.1.0.3/24 dev gn0
}

status_is() {
	[ "$(status "$1")" = "$2" ]
}

sees_link() {
	[ "$(in_ns "$1" cat /sys/class/net/gn0/carrier)" = "$2" ]
}

# comes_back TIMES: after hse has taken it again that often, packets cross both ways, protected.
comes_back() {
	wait_for 10 "hse to take the interface again" taken_again "$1"
	wait_for 10 "the access link" status_is link_access up
	wait_for 10 "the core link" status_is link_core up
	wait_for 5 "ggsn to have link" sees_link ggsn 1
	capture access sgsn gn0
	ping_up 3 --pattern $marker
	ping_down 3 --pattern $marker
	capture_end access
	seen access 6 --to 10.1.0.1 || die "not all came to the access side"
	expect_equal "packets in clear on the access side" \
		"$(packets count "$lab/access.pcap" --containing $marker$marker)" 0
	[ "$(pidof_hse)" = "$first" ] || die "hse was restarted"
}

taken_again() {
	[ "$(grep -c 'ports.access: the interface is back, and taken again' "$lab/hse.log")" -eq "$1" ]
}

pidof_hse() {
	printf '%s' "${pids[hse]}"
}

marker=706c61696e
lab_start
first=$(pidof_hse)
ping_up 3

# Removed. Downlink is dropped, and counted; the other port is taken down as for any lost link.
ip -n "$run-hse" link del acc0
wait_for 5 "hse to tell that the interface is gone" status_is link_access 'the interface is gone'
log_has hse 'warning: ports.access: acc0 was removed' || die "hse does not log it"
wait_for 5 "the core port to be taken down" sees_link ggsn 0
expect_equal "times that it was gone" "$(counter link.access.gone)" 1
remade
comes_back 1

# Without the mirror, what comes from the core meanwhile is counted as dropped.
stop hse-ue
stop hse
: >"$lab/hse.log"
hse_more='link_state_mirror: false'
start_hse
wait_peer_open
first=$(pidof_hse)
: >"$lab/hse-ue.out"
start_ue
ping_up 2
ip -n "$run-hse" link del acc0
wait_for 5 "hse to tell that the interface is gone" status_is link_access 'the interface is gone'
dropped=$(counter access.drop.link_down)
packets_in ggsn ping --count 5 --wait 0.1 "$ue_address" >/dev/null || true
wait_for 5 "downlink to be dropped" counter_at_least access.drop.link_down $((dropped + 5))
remade
comes_back 1

# To another namespace and back: the same index, but the sockets are dead.
ip -n "$run-hse" link set acc0 netns "$run-home"
wait_for 5 "hse to tell that the interface is gone" status_is link_access 'the interface is gone'
ip -n "$run-home" link set acc0 netns "$run-hse"
offload_off hse acc0
ip -n "$run-hse" link set acc0 up promisc on arp off
comes_back 2

# Gone and back between two looks, with net_pcap, and with the same index, as the other namespace has none like it.
stop hse-ue
stop hse
: >"$lab/hse.log"
ip -n "$run-hse" link del acc0
remade index 4711
access_device=net_pcap0,rx_iface_in=acc0,tx_iface=acc0
start_hse
wait_peer_open
first=$(pidof_hse)
: >"$lab/hse-ue.out"
start_ue
ping_up 2
kill -STOP "${pids[hse]}"
ip -n "$run-hse" link set acc0 netns "$run-home"
ip -n "$run-home" link set acc0 netns "$run-hse"
offload_off hse acc0
ip -n "$run-hse" link set acc0 up promisc on arp off
kill -CONT "${pids[hse]}"
expect_equal "the index" "$(in_ns hse cat /sys/class/net/acc0/ifindex)" 4711
comes_back 1
