#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Each size of the counter's part, and the long tag of gcm: the overhead is what e2m.md 7 says, and packets go through, more
# of them than the shortest counter can tell apart.
. "$(dirname "$0")/_init.sh"

# costs OCTETS: pings both ways, and measures what an N-PDU has grown by.
costs() {
	start_hss
	start_hse
	wait_peer_open
	start_ue
	capture access sgsn gn0
	ping_up 30
	ping_down 30
	capture_end access
	expect_equal "octets of protected N-PDUs with $ciphering, counter_octets $counter_octets" \
		"$(packets payloads "$lab/access.pcap" | awk '{ print length($2) / 2 - 84 }' | sort -u)" "$1"
	stop hse-ue
	stop hse
	stop hse-hss
	rm "$lab/hse-ue.out"
}

lab_network
start_ggsn
counter_octets=0
costs 5
counter_octets=2
costs 7
counter_octets=3
costs 8
ciphering=gcm
integrity=gcm
counter_octets=1
gcm_tag_octets=8
costs 10
gcm_tag_octets=16
costs 18
