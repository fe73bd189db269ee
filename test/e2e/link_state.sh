#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A port that loses its link has the other taken down, so that the neighbour there sees it, and up again when it is back:
# either way round, at hse's end, and after a crash. Switched off, it is only told.
. "$(dirname "$0")/_init.sh"

# link NAMESPACE up|down: the neighbour's end of the cable.
link() {
	ip -n "$run-$1" link set gn0 "$2"
}

# sees_link NAMESPACE 0|1: what the neighbour there sees, whatever it has set itself.
sees_link() {
	[ "$(in_ns "$1" cat /sys/class/net/gn0/carrier)" = "$2" ]
}

# told ACCESS CORE: by hsectl status.
told() {
	[ "$(status link_access)" = "$1" ] && [ "$(status link_core)" = "$2" ]
}

# loses_and_finds NAMESPACE SIDE OTHER-NAMESPACE OTHER-SIDE
loses_and_finds() {
	link "$1" down
	wait_for 5 "$3 to lose its link when $1 goes" sees_link "$3" 0
	wait_for 5 "hsectl to tell it" told_of "$2"
	log_has hse "ports.$4: taken down, as $2 has no link" || die "hse does not say it"
	link "$1" up
	wait_for 10 "$3 to have link again" sees_link "$3" 1
	wait_for 10 "hsectl to tell that all is well" told up up
	expect_equal "losses of $2" "$(counter "link.$2.lost")" 1
	expect_equal "times that $4 was taken down" "$(counter "link.$4.taken_down")" 1
}

told_of() {
	if [ "$1" = access ]; then
		told 'no link' 'taken down: the other port has no link'
	else
		told 'taken down: the other port has no link' 'no link'
	fi
}

lab_start
wait_for 5 "hse to have seen both links" told up up
loses_and_finds sgsn access ggsn core
ping_up 3
loses_and_finds ggsn core sgsn access
ping_up 3
ping_down 3
expect_equal "the mirror" "$(status link_state_mirror)" on

# What hse took down is up when it ends, and after a crash when it is back.
link sgsn down
wait_for 5 "ggsn to have no link" sees_link ggsn 0
stop hse-ue
stop hse
sees_link ggsn 1 || die "hse has ended, and the core port is down"
link sgsn up
start_hse
wait_for 5 "hse to have seen both links" told up up
link sgsn down
wait_for 5 "ggsn to have no link" sees_link ggsn 0
kill_hard hse
link sgsn up
start_hse
wait_for 5 "both links after a crash" told up up
stop hse

access_device=net_pcap0,rx_iface_in=acc0,tx_iface=acc0
core_device=net_pcap1,rx_iface_in=core0,tx_iface=core0
start_hse
wait_for 5 "hse to have seen both links" told up up
loses_and_finds sgsn access ggsn core
ping_all sgsn 5 10.1.0.2
stop hse

hse_more='link_state_mirror: false'
start_hse
wait_for 5 "hse to have seen both links" told up up
link sgsn down
wait_for 5 "hsectl to tell of the loss" told 'no link' up
sees_link ggsn 1 || die "the mirror is off, and the core port was taken down"
expect_equal "the mirror" "$(status link_state_mirror)" off
