#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# GTP-C about tunnels does not cross if its lengths are wrong, in neither direction. It is counted and logged.
. "$(dirname "$0")/_init.sh"

# stays FROM TO TOTAL: sends the broken frames in one namespace. None comes to the other.
stays() {
	capture "to-$2" "$2" gn0
	packets_in "$1" send gn0 "$lab/broken"
	wait_for 5 "each to be counted" counter_is gtpc.drop.malformed "$3"
	ping_up 1
	capture_end "to-$2"
	expect_equal "frames that did not cross from $1 to $2" \
		"$(packets missing "$lab/to-$2.pcap" "$lab/broken" | wc -l)" "$kinds"
}

lab_start
packets gtpc-broken 02:00:00:00:00:01 02:00:00:00:00:02 >"$lab/broken"
kinds=$(wc -l <"$lab/broken")
stays sgsn ggsn "$kinds"
stays ggsn sgsn $((2 * kinds))
log_has hse 'GTP-C from .* dropped: it cannot be read' || die "the log does not say what was dropped"
