#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# With unknown_teid: drop a G-PDU crosses only where hse knows its tunnel: of protected subscribers and of others, who are
# learned for that; what is no G-PDU crosses. As it is by default the G-PDU crosses, and is counted.
. "$(dirname "$0")/_init.sh"

# frames REGEX: of all kinds, those by these names.
frames() {
	packets sundry | grep -E "^($1) "
}

lab_start
frames 'gtpu_unknown_teid' >"$lab/unknown"
before=$(counter access.unknown_teid)
frames_cross "$lab/unknown" sgsn ggsn
wait_for 5 "it to be counted" counter_is access.unknown_teid $((before + 1))
stop hse-ue
stop hse

hse_more='unknown_teid: drop'
start_hse
wait_peer_open
rm "$lab/hse-ue.out"
start_ue
start_sgsnemu
ping_up 5
ping_down 5
ping_all sgsn 5 10.2.0.1 --source "$(sgsnemu_address)"
ping_all ggsn 5 "$(sgsnemu_address)"
frames 'gtpu_(echo|error|end|version|cut).*|icmp|gtp_prime|lldp|arp.*' >"$lab/others"
frames_cross "$lab/others" sgsn ggsn
frames_cross "$lab/others" ggsn sgsn
for ns in sgsn ggsn; do
	[ $ns = sgsn ] && side=access other=ggsn || side=core other=sgsn
	capture "to-$other" "$other" gn0
	before=$(counter $side.drop.unknown_teid)
	packets_in $ns send gn0 "$lab/unknown"
	wait_for 5 "it to be counted" counter_is $side.drop.unknown_teid $((before + 1))
	capture_end "to-$other"
	[ -n "$(packets missing "$lab/to-$other.pcap" "$lab/unknown")" ] || die "it crossed"
done
stop hse-ue
