#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The MTU of an interface changes while hse runs: protected and opened packets leave in fragments by the new one, and whole
# again when it is raised. Where buffers do not let it be followed, hse says what it keeps.
. "$(dirname "$0")/_init.sh"

# link_mtu SIDE NAMESPACE MTU: both ends of that cable; returns when hse knows.
link_mtu() {
	ip -n "$run-hse" link set "${1/access/acc}0" mtu "$3"
	ip -n "$run-$2" link set gn0 mtu "$3"
	wait_for 5 "hse to go by an MTU of ${4:-$3}" mtu_is "$1" "${4:-$3}"
}

mtu_is() {
	[ "$(status "mtu_$1")" = "$2" ]
}

# fragmented SIDE: packets that came in there.
fragmented() {
	counter "$1.fragmented"
}

# Downlink, a ping of so many octets makes a G-PDU that is 68 longer, and 74 when it is protected.
lab_start
ping_down 3 --size 1426
expect_equal "packets that were fragmented, at 1500" "$(fragmented core)" 0
link_mtu access sgsn 1400
ping_down 3 --size 1326
expect_equal "packets that were fragmented, of 1400 octets" "$(fragmented core)" 0
ping_down 3 --size 1327
expect_equal "packets that were fragmented, of 1401 octets" "$(fragmented core)" 3

# The UE writes no sequence number into GTP-U: uplink, a G-PDU is 64 longer on the core side.
link_mtu core ggsn 1300
ping_up 3 --size 1236
expect_equal "opened packets that were fragmented, of 1300 octets" "$(fragmented access)" 0
ping_up 3 --size 1237
expect_equal "opened packets that were fragmented, of 1301 octets" "$(fragmented access)" 3

link_mtu core ggsn 1500
link_mtu access sgsn 1500
before=$(fragmented core)
ping_up 3 --size 1300
ping_down 3 --size 1426
expect_equal "packets that were fragmented, at 1500 again" "$(fragmented core) $(fragmented access)" "$before 3"

# A place of 2048 octets has 98 before the IP header.
link_mtu access sgsn 9000 1950
log_has hse 'warning: ports.access: the interface has an MTU of 9000 now, but .*room for 1950: 1950 is kept.*write framesz=12288,blocksz=12288, and restart' ||
	die "hse does not say what it keeps"
ping_down 3 --size 1426
expect_equal "hse's process" "$(is_running hse && echo runs)" runs
