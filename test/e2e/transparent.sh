#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# `transparent`: G-PDUs of unknown tunnels cross, unchanged, between two networks that it names, over IPv4 and IPv6.
# Those of other addresses, or the other way round, do not. SIGHUP takes another list. A protected tunnel
# between the same addresses is protected all the same, and an N-PDU with a protected session's address does not cross.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_reload.sh"
. "$(dirname "$0")/_unknown.sh"

# both_cross ACCESS CORE
both_cross() {
	g_pdu up "$1" "$2" >"$lab/up"
	g_pdu down "$2" "$1" >"$lab/down"
	frames_cross "$lab/up" sgsn ggsn
	frames_cross "$lab/down" ggsn sgsn
}

# none_crosses ACCESS CORE
none_crosses() {
	local up down
	up=$(counter access.drop.unknown_teid) down=$(counter core.drop.unknown_teid)
	g_pdu up "$1" "$2" >"$lab/up"
	g_pdu down "$2" "$1" >"$lab/down"
	packets_in sgsn send gn0 "$lab/up"
	packets_in ggsn send gn0 "$lab/down"
	wait_for 5 "uplink to be dropped" counter_is access.drop.unknown_teid $((up + 1))
	wait_for 5 "downlink to be dropped" counter_is core.drop.unknown_teid $((down + 1))
}

hse_more='policy: [{action: protect}]
transparent:
  - {access: 10.1.0.0/24, core: 10.1.0.2}
  - {access: "2001:db8:1::/48", core: "2001:db8:2::/64"}'
lab_start
both_cross 10.1.0.77 10.1.0.2
both_cross 2001:db8:1:7::1 2001:db8:2::9
none_crosses 10.1.1.77 10.1.0.2
none_crosses 10.1.0.77 10.1.0.3
none_crosses 2001:db8:2::9 2001:db8:1:7::1
expect_equal "G-PDUs that crossed so" "$(counter access.transparent) $(counter core.transparent)" "2 2"

guarded "$ue_address" 10.1.0.77 10.1.0.2

capture access sgsn gn0
ping_up 5 --pattern 706c61696e
ping_down 5 --pattern 706c61696e
capture_end access
expect_equal "readable pings of the protected subscriber" \
	"$(packets count "$lab/access.pcap" --containing 706c61696e706c61696e)" 0

hse_more='policy: [{action: protect}]
transparent: [{access: 10.9.0.1, core: 10.9.0.2}]'
reload_hse
both_cross 10.9.0.1 10.9.0.2
none_crosses 10.1.0.77 10.1.0.2
hse_more='policy: [{action: protect}]'
reload_hse
none_crosses 10.9.0.1 10.9.0.2
stop hse-ue
