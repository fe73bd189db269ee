# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# _other_keys.sh: an Update moves the downlink of V onto the tunnel of A, in several forms. Whatever the GGSN then does,
# no downlink N-PDU of V leaves in clear, and A's keys open none. V's packets go on when the context is made anew. For
# tests that source it after _attack.sh and have an attack_lab.

# both_begin: V and A, as contexts 0 and 1 of all.pcap. a.pcap begins with A.
both_begin() {
	capture all sgsn gn0
	rm -f "$lab/hse-ue.out"
	start_ue
	ping_up 3 --pattern $marker
	ping_down 3 --pattern $marker
	capture a sgsn gn0
	start_a
	ping_all ggsn 3 "$a_address"
	capture_end all
}

both_end() {
	kill_hard hse-ue
	kill_hard ue-a
}

# moved_onto_a [OPTION...]: one Update moves V's downlink onto A's tunnel.
moved_onto_a() {
	both_begin
	say "cause of the Update ${*:-}: $(attack move "$lab/all.pcap" $attacker "$ggsn_address" --onto 1 "$@")"
	downlink_of_v
	capture_end a
	expect_kept a $a_sgsn
	both_end
}

# moved_by_numbers: a second Update under an answered number moves V's downlink for one reader and not for another. Then
# V's tunnel is free for A.
moved_by_numbers() {
	both_begin
	say "cause of the Update of V: $(attack move "$lab/all.pcap" "$sgsn_address" "$ggsn_address" --sequence 900 --port 40000)"
	say "cause under the same number: $(attack move "$lab/all.pcap" "$sgsn_address" "$ggsn_address" --sequence 900 --port 40000 \
		--elsewhere $attacker)"
	say "cause of the Update of A onto V's tunnel: $(attack move "$lab/all.pcap" $attacker "$ggsn_address" --context 1 --onto 0)"
	downlink_of_v
	capture_end a
	expect_kept a "$sgsn_address"
	both_end
}

other_keys() {
	moved_onto_a
	moved_onto_a --fragmented
	moved_onto_a --third-address
	moved_by_numbers
	both_begin
	ping_up 3
	ping_down 3
	capture_end a
	both_end
}
