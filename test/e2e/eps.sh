#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The whole procedure in EPS: EPS AKA, Create Session over GTPv2-C through hse to a P-GW, pings both ways, a rekey by
# Modify Bearer, Delete Session. What hse and the P-GW have sent, tshark decodes without a complaint.
. "$(dirname "$0")/_init.sh"

lab_network
start_pgw
start_hss
start_hse
wait_peer_open
for name_run_by in sqn rand; do
	capture access sgsn gn0
	capture core ggsn gn0
	start_ue --eps
	expect_equal "sessions" "$(status sessions)" 1
	marker=6b6565706f7574
	ping_up 10 --pattern "$marker"
	ping_down 10 --pattern "$marker"
	expect_equal "frames with the ping's data in the clear on the access side" \
		"$(packets count "$lab/access.pcap" --containing "$marker$marker")" 0
	seen core 40 --containing "$marker$marker" || die "pings are missing on the core side"

	kill -USR1 "${pids[hse-ue]}"
	wait_log hse-ue 'accepted: Key ID 2'
	ping_up 5
	ping_down 5
	wait_for 10 "the changeover" counter_at_least session.changeovers 1
	stop hse-ue
	wait_for 5 "the session to end" eval '[ "$(status sessions)" -eq 0 ]'
	capture_end access
	capture_end core
	for side in access core; do
		decodes $side
		expect_equal "types of messages on the $side side" \
			"$(gtpv2 $side message_type | paste -sd ' ')" "32 33 34 35 36 37"
	done
	rm "$lab/hse-ue.out"
done
for name in SQN RAND; do
	grep -q "step 6: IMSI $imsi NSAPI 5: $name" "$lab/hse.log" || die "hse has not learned a session by $name"
done
grep -q 'E-UTRAN vector' "$lab/hse-hss.log" || die "the HSS has made no E-UTRAN vector"
expect_equal "messages that could not be read" "$(counter gtpc.drop.malformed)" 0
expect_equal "rekeys" "$(counter session.rekeyed)" 2
