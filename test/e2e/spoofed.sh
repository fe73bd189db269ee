#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Somebody at another address of the access network, who knows all that GTP-C has said of a session, sends Delete and
# Update for it, to the GGSN and to an accomplice, who accepts them. Traffic goes on both ways meanwhile, protected by the
# same keyset. When he has the GGSN send the downlink to himself, he gets nothing that he can read, until the UE's SGSN
# asks for it again. That SGSN's own Delete ends the session.
. "$(dirname "$0")/_init.sh"

forger=10.1.0.66
accomplice=10.1.0.67
marker=6b6565706f7574
sequence=100

# forge CAUSE COMMAND TO [OPTION...]: what is to come of it at the GSN that it goes to.
forge() {
	sequence=$((sequence + 1))
	expect_equal "cause of the response to $*" "$(in_ns sgsn python3 "$e2e_dir/forger.py" "$2" "$lab/access.pcap" \
		"$forger" "$3" $sequence "${@:4}")" "$1"
}

session() {
	hsectl --json sessions | python3 -c 'import json,sys
s, = json.load(sys.stdin)["sessions"]
print(s["imsi"], s["keyset"], s["key_id"], s["state"], s["uplink"], s.get("downlink") if len(sys.argv) > 1 else "")' "$@"
}

packets_to_forger() {
	packets count "$lab/access.pcap" --to $forger
}

ue_move_to=10.1.0.3
lab_network
ip -n "$run-sgsn" addr add $forger/24 dev gn0
ip -n "$run-ggsn" addr add $accomplice/24 dev gn0
start_gsn --knows-sgsn
start accomplice ggsn python3 "$e2e_dir/forger.py" accomplice $accomplice
wait_log accomplice '^ready'
start_hss
start_hse
wait_peer_open
capture access sgsn gn0
start_ue
ping_up 5
ping_down 5
before=$(session all)
start up sgsn python3 "$e2e_dir/packets.py" ping --count 200 --interval 0.01 --pattern $marker --device ue0 10.2.0.1
start down ggsn python3 "$e2e_dir/packets.py" ping --count 200 --interval 0.01 --pattern $marker "$ue_address"
forge 192 delete 10.1.0.2
forge 192 delete 10.1.0.2 --teardown
# The accomplice answers a request that went to the GGSN: that does not cross.
forge '' delete 10.1.0.2 --accomplice $accomplice
forge 128 update 10.1.0.2 --keyset
forge 128 update $accomplice --keyset
forge 128 update $accomplice --keyset --by-imsi
forge 128 delete $accomplice
for way in up down; do
	wait_for 20 "the last ping $way" log_has $way received
	log_has $way '200 received' || die "packets were lost: $(cat "$lab/$way.out")"
done
expect_equal "the session" "$(session all)" "$before"
expect_equal "requests from elsewhere" "$(counter gtpc.not_from_peer)" 3
expect_equal "responses from elsewhere" "$(counter gtpc.drop.no_request)" 1
expect_equal "keysets pulled" "$(counter pull.sent)" 1

before=$(session)
forge 128 update 10.1.0.2 --downlink-to $forger
expect_equal "requests from elsewhere" "$(counter gtpc.not_from_peer)" 4
packets_in ggsn ping --count 10 --wait 0.1 --pattern $marker "$ue_address" >/dev/null || true
wait_for 5 "downlink packets to the forger" eval '[ "$(packets_to_forger)" -ge 10 ]'
expect_equal "the session" "$(session)" "$before"
kill -HUP "${pids[hse-ue]}"
wait_for 10 "the move to another SGSN" log_has hse-ue '^moved to SGSN'
ping_up 5 --pattern $marker
ping_down 5 --pattern $marker
expect_equal "requests from elsewhere" "$(counter gtpc.not_from_peer)" 4
capture_end access
expect_equal "frames in clear on the access side" \
	"$(packets count "$lab/access.pcap" --containing $marker$marker)" 0
stop hse-ue
wait_for 5 "the end of the session" eval '[ "$(status sessions)" -eq 0 ]'
