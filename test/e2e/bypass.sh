#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# In bypass everybody's packets cross but those of protected sessions, of which none does, in clear least of all: neither of
# one that was there before, nor of one that is made meanwhile. It is said and counted. Afterwards sessions go on where
# they were.
. "$(dirname "$0")/_init.sh"

# bypass_is on|off
bypass_is() {
	[ "$(status bypass)" = "$1" ]
}

# nothing_crosses: of the UE's, either way.
nothing_crosses() {
	counters access. >"$lab/before"
	counters core. >>"$lab/before"
	capture access sgsn gn0
	capture core ggsn gn0
	try_ping 5
	packets_in ggsn ping --count 5 --wait 0.1 "$ue_address" --pattern $marker >/dev/null || true
	wait_for 5 "the packets to be counted" has_dropped 5
	capture_end access
	capture_end core
	expect_equal "G-PDUs from the UE on the core side" "$(packets count "$lab/core.pcap" --to 10.1.0.2)" 0
	expect_equal "G-PDUs to the UE on the access side" "$(packets count "$lab/access.pcap" --to 10.1.0.1)" 0
	expect_equal "clear-text packets on the access side" \
		"$(packets count "$lab/access.pcap" --containing $marker$marker)" 0
}

has_dropped() {
	[ "$(risen access.drop. "$lab/before")" = "access.drop.bypass $1" ] &&
		[ "$(risen core.drop. "$lab/before")" = "core.drop.bypass $1" ]
}

# the_other_crosses: a subscriber who is not protected.
the_other_crosses() {
	ping_all sgsn 10 10.2.0.1 --source "$(sgsnemu_address)"
	ping_all ggsn 10 "$(sgsnemu_address)"
}

marker=706c61696e
lab_start
start_sgsnemu
ping_up 5
ping_down 5
expect_equal "bypass" "$(hsectl bypass)" off

hsectl bypass on | grep -q '^ON for [0-9]* s: no packet of a protected session crosses' || die "hsectl does not say it"
wait_log hse 'warning: bypass is on'
hsectl status | grep -q '^bypass  *ON for' || die "hsectl status does not say it in clear words"
nothing_crosses
the_other_crosses
counter_at_least access.bypassed 20 || die "packets in bypass are not counted"
counter_at_least core.bypassed 20 || die "packets in bypass are not counted"

# A session that is made meanwhile is known to be protected.
stop hse-ue
rm "$lab/hse-ue.out"
start_ue
nothing_crosses

hsectl bypass off | grep -qx off || die "hsectl does not say that bypass has ended"
wait_log hse 'warning: bypass is off'
wait_for 5 "the end of bypass" bypass_is off
ping_up 5
ping_down 5
the_other_crosses
hsectl bypass on >/dev/null
nothing_crosses
hsectl bypass off >/dev/null
ping_up 5
ping_down 5
stop hse-ue
stop hse

hse_more='bypass: true'
start_hse
wait_peer_open
bypass_is on || die "bypass: true, and it is off"
rm "$lab/hse-ue.out"
start_ue
nothing_crosses
