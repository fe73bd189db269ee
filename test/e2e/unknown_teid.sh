#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A G-PDU crosses only if hse knows its tunnel: of protected subscribers and of others. What is no G-PDU crosses. With
# unknown_teid: pass, which SIGHUP switches on and off, G-PDUs of unknown tunnels cross as well; log and hsectl status say
# so, and no session ends. An N-PDU with the address of a protected session does not cross so.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_reload.sh"
. "$(dirname "$0")/_unknown.sh"

# frames REGEX: of all kinds, those by these names.
frames() {
	packets sundry | grep -E "^($1) "
}

all_sessions_go_on() {
	ping_up 5
	ping_down 5
	ping_all sgsn 5 10.2.0.1 --source "$(sgsnemu_address)"
	ping_all ggsn 5 "$(sgsnemu_address)"
}

# the_unknown_is_dropped: from either side.
the_unknown_is_dropped() {
	local ns side other before
	for ns in sgsn ggsn; do
		[ $ns = sgsn ] && side=access other=ggsn || side=core other=sgsn
		capture "to-$other" "$other" gn0
		before=$(counter $side.drop.unknown_teid)
		packets_in $ns send gn0 "$lab/unknown"
		wait_for 5 "it to be counted" counter_is $side.drop.unknown_teid $((before + 1))
		capture_end "to-$other"
		[ -n "$(packets missing "$lab/to-$other.pcap" "$lab/unknown")" ] || die "it crossed"
	done
}

g_pdu unknown 10.1.0.77 10.1.0.99 >"$lab/unknown"
frames 'gtpu_(echo|error|end|version|cut).*|icmp|gtp_prime|lldp|arp.*' >"$lab/others"
lab_start
start_sgsnemu
all_sessions_go_on
frames_cross "$lab/others" sgsn ggsn
frames_cross "$lab/others" ggsn sgsn
the_unknown_is_dropped
hsectl status | grep -q '^unknown teid  *drop' || die "hsectl status does not say drop"

hse_more='unknown_teid: pass'
reload_hse
wait_log hse "warning: $lab/hse.yaml:[0-9:]*: unknown_teid: pass lets G-PDUs of unknown tunnels cross"
hsectl status | grep -q '^unknown teid  *PASS for [0-9]* s: G-PDUs of unknown tunnels cross' ||
	die "hsectl status does not warn: $(hsectl status)"
frames_cross "$lab/unknown" sgsn ggsn
frames_cross "$lab/unknown" ggsn sgsn
expect_equal "G-PDUs of unknown tunnels that crossed" "$(counter access.unknown_teid) $(counter core.unknown_teid)" "1 1"
guarded "$ue_address" 10.1.0.77 "$ggsn_address"
all_sessions_go_on

# A session that is made meanwhile is known afterwards.
kill_hard sgsnemu
ip -n "$run-sgsn" rule del table 200 2>/dev/null || true
start_sgsnemu

hse_more='unknown_teid: drop'
reload_hse
wait_log hse 'info: unknown_teid is drop'
the_unknown_is_dropped
all_sessions_go_on
stop hse-ue
