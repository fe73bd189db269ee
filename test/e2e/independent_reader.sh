#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A second reading of e2m.md (oracle.py) makes the keys from the RAND on the wire, and opens on the access side
# exactly what crosses the core side.
. "$(dirname "$0")/_init.sh"

# reads_alike DIRECTION RECEIVER
reads_alike() {
	packets payloads "$lab/core.pcap" --to "$2" | cut -d ' ' -f 2 >"$lab/core.txt"
	python3 "$e2e_dir/oracle.py" open "$lab/access.pcap" --k "$k" --opc "$opc" --to "$2" \
		--direction "$1" >"$lab/access.txt"
	[ -s "$lab/core.txt" ] || die "nothing went to $2"
	cmp "$lab/core.txt" "$lab/access.txt" || die "direction $1: not the same N-PDUs"
}

name_run_by=rand
lab_network
start_ggsn
start_hss
start_hse
wait_peer_open
capture access sgsn gn0
capture core ggsn gn0
start_ue
ping_up 5
ping_up 5 --size 1 --pattern 5a
ping_down 5 --size 700
capture_end access
capture_end core
reads_alike 0 10.1.0.2
reads_alike 1 10.1.0.1
