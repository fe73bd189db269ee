# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# _attack.sh: for tests of attacks by a node of the access side, whose address is $attacker. V is the protected subscriber
# of _init.sh's lab. A is the attacker's own protected subscriber, of another SGSN: the attacker has the keys of A.
# Sourced after _init.sh.

attacker=10.1.0.66
a_imsi=262010000000002
a_sgsn=10.1.0.3
marker=6b6565706f7574 # in each ping of V
name_run_by=rand      # so that oracle.py finds A's keys in a capture
access_device=net_pcap0,rx_iface_in=acc0,tx_iface=acc0 # the kernel would put fragments together
core_device=net_pcap1,rx_iface_in=core0,tx_iface=core0

subscribers() {
	subscriber "$imsi" "$ciphering" "$integrity" | sed 's/amf: "0000"/amf: "0080"/'
	printf '  count: 2\n'
}

# attack_lab GGSN [OPTION...]: the lab without UEs; GGSN is start_ggsn or start_gsn.
attack_lab() {
	lab_network
	ip -n "$run-sgsn" addr add $attacker/24 dev gn0
	"$@"
	start_hss
	start_hse
	wait_peer_open
	certificate sgsn.home.example
	certificate sgsn2.home.example
}

# start_a: A, whose address is in $a_address.
start_a() {
	rm -f "$lab/ue-a.out"
	(
		imsi=$a_imsi sgsn_address=$a_sgsn ue_static=${a_static:-}
		config_ue
	) | sed 's/sgsn\.home\.example/sgsn2.home.example/g; s/name: ue0/name: ue1/; s/, routes: \[[^]]*\]//; s/491700000001/491700000002/' \
		>"$lab/ue-a.yaml"
	start ue-a sgsn "$build/app/hse-ue" --config "$lab/ue-a.yaml"
	wait_log ue-a '^ready: ' 30
	a_address=$(sed -n 's/^ready: .* address \([0-9.]*\).*/\1/p' "$lab/ue-a.out")
	ip -n "$run-sgsn" route add 10.2.0.1/32 dev ue1 table 201
	ip -n "$run-sgsn" rule add from "$a_address" table 201
}

# attack COMMAND...: what attacker.py prints.
attack() {
	in_ns sgsn python3 "$e2e_dir/attacker.py" "$@"
}

# downlink_of_v: N-PDUs to V, all with the marker. The GGSN sends them to whom it believes V is.
downlink_of_v() {
	capture downlink ggsn gn0
	packets_in ggsn ping --count 5 --interval 0.05 --wait 0.2 --pattern $marker "$ue_address" >/dev/null || true
	capture_end downlink
	[ "$(packets count "$lab/downlink.pcap" --containing $marker$marker)" -ge 5 ] || die "the GGSN sends nothing to V"
}

# expect_kept CAPTURE RECEIVER: nothing of V's downlink is in clear in CAPTURE, and A's keys open none of the G-PDUs to
# RECEIVER. CAPTURE has A's RAND, and no other.
expect_kept() {
	expect_equal "downlink packets of V in clear on the access side" \
		"$(packets count "$lab/$1.pcap" --containing $marker$marker)" 0
	python3 "$e2e_dir/oracle.py" open "$lab/$1.pcap" --k "$k" --opc "$opc" --to "$2" --direction 1 --others >"$lab/opened.txt"
	expect_equal "downlink packets of V that A's keys open" "$(grep -c "$marker$marker" "$lab/opened.txt" || true)" 0
}
