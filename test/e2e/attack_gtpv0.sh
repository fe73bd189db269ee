#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The attacker speaks GTPv0 about V's context of GTPv1, on each port of GTP. The GGSN, which has one table for both
# versions, gets neither an N-PDU in clear that has V's address, nor a Create that moves V's downlink to the attacker. With
# a policy `protect`, and without a policy. V's packets go on.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_attack.sh"

injected=494e4a4543544544

# attacked: both messages, on each port.
attacked() {
	local port
	for port in 3386 2123 2152; do
		attack v0-gpdu "$lab/all.pcap" "$sgsn_address" 10.1.0.2 "$ue_address" 10.2.0.1 $injected --to-port $port
		expect_equal "cause of a Create on port $port" \
			"$(attack v0-create "$lab/all.pcap" $attacker 10.1.0.2 --to-port $port)" none
	done
}

# v_is_kept
v_is_kept() {
	local before
	before=$(counter access.drop.gtpv0)
	capture all sgsn gn0
	rm -f "$lab/hse-ue.out"
	start_ue
	ping_up 3 --pattern $marker
	capture tun ggsn tun0
	attacked
	wait_for 5 "GTPv0 to be counted" counter_is access.drop.gtpv0 $((before + 6))
	ping_down 5 --pattern $marker
	ping_up 5 --pattern $marker
	capture_end tun
	capture_end all
	expect_equal "N-PDUs in clear that the GGSN took for V's" "$(packets count "$lab/tun.pcap" --containing $injected)" 0
	expect_equal "packets of V in clear on the access side" "$(packets count "$lab/all.pcap" --containing $marker$marker)" 0
	stop hse-ue
}

hse_more='policy: [{action: protect}]'
attack_lab start_ggsn
v_is_kept
stop hse
hse_more=
start_hse
wait_peer_open
v_is_kept
