#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Bearers that the P-GW makes beside the first: one piggybacked on the Create Session Response, one later. Each has a
# BEARER of its own, as a second reader of e2m.md finds; an updated one stays, a released one goes, and when the P-GW
# ends the PDN connection, all are gone.
. "$(dirname "$0")/_init.sh"

# teids BEARER: uplink and downlink TEID of the bearer for that remote address.
teids() {
	sed -n "s/^bearer EBI .* for $1: uplink TEID \(.*\), downlink TEID \(.*\)/\1 \2/p" "$lab/pgw.out"
}

# reads_alike REMOTE BEARER: what crosses the core side in those tunnels stands protected on the access side.
reads_alike() {
	local up down
	read -r up down <<<"$(teids "$1")"
	reads_way_alike "$up" 10.1.0.2 0 "$2"
	reads_way_alike "$down" 10.1.0.1 1 "$2"
}

# reads_way_alike TEID RECEIVER DIRECTION BEARER
reads_way_alike() {
	packets payloads "$lab/core.pcap" --to "$2" --teid "$1" | cut -d ' ' -f 2 >"$lab/core.txt"
	python3 "$e2e_dir/oracle.py" open "$lab/access.pcap" --k "$k" --opc "$opc" --to "$2" --teid "$1" \
		--direction "$3" --bearer "$4" >"$lab/access.txt"
	[ "$(wc -l <"$lab/core.txt")" -ge 5 ] || die "hardly anything to $2 in tunnel $1"
	cmp "$lab/core.txt" "$lab/access.txt" || die "tunnel $1: not the same N-PDUs"
}

sessions_are() {
	[ "$(status sessions)" -eq "$1" ]
}

ue_system=eps
name_run_by=rand
lab_network
start_pgw --piggyback 10.2.0.8
start_hss
start_hse
wait_peer_open
capture access sgsn gn0
capture core ggsn gn0
start_ue
wait_log pgw 'bearer EBI 6 .* for 10.2.0.8'
pgw dedicated 10.2.0.9
wait_log pgw 'bearer EBI 7 .* for 10.2.0.9'
expect_equal "sessions" "$(status sessions)" 3
for host in 1 8 9; do
	ping_all sgsn 5 10.2.0.$host --device ue0
	ping_all ggsn 5 "$ue_address" --source 10.2.0.$host
done
pgw update 7
wait_log pgw 'updated: cause 16'
ping_all sgsn 5 10.2.0.9 --device ue0
pgw release 6
wait_log pgw 'bearer EBI 6 .* ended'
wait_for 5 "the bearer to end" sessions_are 2
ping_all sgsn 5 10.2.0.8 --device ue0 # by way of the first bearer
pgw disconnect
wait_log pgw 'bearer EBI 5 .* ended'
wait_for 5 "all to end" sessions_are 0
capture_end access
capture_end core
reads_alike 10.2.0.8 6
reads_alike 10.2.0.9 7
decodes access
decodes core
expect_equal "keysets pulled" "$(counter pull.found)" 1
expect_equal "keysets shared" "$(counter session.keysets_shared)" 2
expect_equal "messages that could not be read" "$(counter gtpc.drop.malformed)" 0
unset "pids[hse-ue]" # it has ended: there is no PDN connection any more
