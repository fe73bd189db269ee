#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Spoilt uplink packets of a protected tunnel: each is dropped, counted under its check's name and no other, and
# never seen on the core side. Then the same packets, unspoilt, still go through: nothing bad has moved the
# window.
. "$(dirname "$0")/_init.sh"

lab_start
ping_up 3

withhold 20

# spoil COUNTER KIND [OPTION...]: injects the next one so, and expects that COUNTER alone rises, by one.
nth=0
spoil() {
	counters access.drop. >"$lab/before"
	packets_in sgsn inject gn0 "$lab/withheld.pcap" "${@:2}" --to 10.1.0.2 --nth $nth
	wait_for 5 "$2 to be counted as $1" has_risen "$1"
	expect_equal "drop counters after $2" "$(risen access.drop. "$lab/before")" "access.drop.$1 1"
	nth=$(((nth + 1) % 20))
}

has_risen() {
	risen access.drop. "$lab/before" | grep -q "^access.drop.$1 "
}

capture core ggsn gn0
spoil bad_mac corrupt_ciphertext
spoil bad_mac corrupt_mac
spoil bad_mac corrupt_header_ctr
spoil bad_mac foreign_key
spoil bad_mac foreign_mac
spoil bad_mac truncate_one_octet
spoil malformed corrupt_header_u
spoil malformed corrupt_header_r
spoil malformed truncate_to_header
spoil malformed truncate_to_nothing
spoil malformed clear_text
spoil unknown_key_id other_key_id
capture_end core
expect_equal "G-PDUs on the core side" "$(packets count "$lab/core.pcap" --to 10.1.0.2)" 0

capture core ggsn gn0
packets_in sgsn replay gn0 "$lab/withheld.pcap"
wait_for 5 "the unspoilt packets on the core side" seen core 20 --to 10.1.0.2
counters access.drop. >"$lab/before"
packets_in sgsn replay gn0 "$lab/withheld.pcap"
wait_for 5 "the replayed packets to be counted" counter_is access.drop.replay 20
expect_equal "drop counters after the replay" "$(risen access.drop. "$lab/before")" "access.drop.replay 20"
ping_up 3
capture_end core
expect_equal "G-PDUs on the core side in the end" "$(packets count "$lab/core.pcap" --to 10.1.0.2)" 23
