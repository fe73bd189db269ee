#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# An SGSN on Osmocom's libgtp and a UE of oracle.py's cryptography, neither with code of lib/, speak through hse with
# osmo-ggsn: create, update with other TEIDs, delete, Echo both ways. What the UE has protected hse opens, and the GGSN's
# TUN device answers; what hse protects the UE opens. One AKA run is named by its RAND, another by its SQN.
. "$(dirname "$0")/_init.sh"

marker=696e646570656e64656e7420 # "independent ", which is the pings' data
sqn=000000000021
rand_1=23553cbe9637a89d218ae64dae47bf35 # TS 35.208 test set 1
rand_2=00112233445566778899aabbccddeeff
ggsn_more='echo-interval 1'
hse_key_sources='- {kind: file, name: lab, path: keysets.yaml}'

# ue COMMAND...: the UE after the AKA run with $rand.
ue() {
	python3 "$e2e_dir/independent_ue.py" --k "$k" --opc "$opc" --rand "$rand" --key-id "$key_id" "$@"
}

sgsn() {
	printf '%s\n' "$*" >"$lab/sgsn.fifo"
}

# start_sgsn OPTION...: with how the PCO names the AKA run.
start_sgsn() {
	mkdir -p "$lab/sgsn-state"
	[ -p "$lab/sgsn.fifo" ] || mkfifo "$lab/sgsn.fifo"
	rm -f "$lab/sgsn.out"
	start sgsn sgsn "$build/test/interop/libgtp-sgsn" --listen 10.1.0.1 --ggsn 10.1.0.2 --imsi "$imsi" \
		--plmn 26201 --key-id "$key_id" --state-dir "$lab/sgsn-state" --commands "$lab/sgsn.fifo" "$@"
	wait_log sgsn '^ready'
}

received() {
	grep '^received' "$lab/sgsn.out" || true
}

echo_answered() {
	tshark -n -r "$lab/core.pcap" -Y 'gtp.message == 2 && ip.src == 10.1.0.1' 2>/dev/null | grep -q Echo
}

# answered FIRST LAST: the UE protects echo requests with these COUNTs, each of another size, and opens an answer to each
# of them, which came in the tunnel that the SGSN has asked for last. Answers are as many as requests: so are their COUNTs.
answered() {
	local count teid wanted=
	teid=$(sed -n 's/.* downlink TEID //p' "$lab/sgsn.out" | tail -n 1)
	for ((count = $1; count <= $2; count++)); do
		sgsn "send $(ue ping "$ue_address" 10.2.0.1 $count $((count * 40)))"
		wait_for 10 "an answer to $count" eval '[ "$(received | wc -l)" -eq '$((count + 1))' ]'
		wanted+="$count: 10.2.0.1 to $ue_address: echo reply $count, $((count * 40)) octets"$'\n'
	done
	expect_equal "what the UE opens" \
		"$(received | tail -n +$(($1 + 1)) | sed -n "s/^received TEID $teid //p" | ue open)"$'\n' "$wanted"
}

# whole_life OPTION...: of a PDP context whose PCO names the AKA run so.
whole_life() {
	capture access sgsn gn0
	capture core ggsn gn0
	start_sgsn "$@"
	sgsn echo
	wait_log sgsn '^echo: restart counter [0-9]'
	sgsn create
	wait_log sgsn '^created: cause 128 '
	ue_address=$(sed -n 's/^created: .* address \([0-9.]*\) .*/\1/p' "$lab/sgsn.out")
	answered 0 4
	sgsn update
	wait_log sgsn '^updated: cause 128 '
	wait_for 10 "the SGSN to answer the GGSN's Echo Request" echo_answered
	expect_equal "downlink TEIDs" "$(grep -o 'downlink TEID .*' "$lab/sgsn.out" | sort -u | wc -l)" 2
	answered 5 9
	sgsn delete
	wait_log sgsn '^deleted: cause 128$'
	wait_for 5 "the session to end" eval '[ "$(status sessions)" -eq 0 ]'
	sgsn quit
	wait_for 5 "the SGSN to end" eval '! is_running sgsn'
	unset "pids[sgsn]"
	capture_end access
	capture_end core
	expect_equal "uplink N-PDUs opened" "$(packets count "$lab/core.pcap" --to 10.1.0.2)" 10
	# Of the ten pings each way the first has no data.
	expect_equal "frames with the pings' data on the core side" \
		"$(packets count "$lab/core.pcap" --containing $marker)" 18
	expect_equal "frames with the pings' data on the access side" \
		"$(packets count "$lab/access.pcap" --containing $marker)" 0
}

lab_network
start_ggsn
rand=$rand_1 key_id=1
keyset_1=$(ue keyset)
rand=$rand_2 key_id=2
keyset_2=$(ue keyset)
cat >"$lab/keysets.yaml" <<-END
	keysets:
	  - {imsi: "$imsi", rand: $rand_1, $keyset_1}
	  - {imsi: "$imsi", sqn: "$sqn", $keyset_2}
END
start_hse
rand=$rand_1 key_id=1
whole_life --rand $rand_1
rand=$rand_2 key_id=2
whole_life --sqn $sqn
expect_equal "tunnels moved" "$(counter session.moved)" 2
expect_equal "drops" "$(counters access.drop. | awk '$2')$(counters core.drop. | awk '$2')" ""
expect_equal "messages that could not be read" "$(counter gtpc.drop.malformed)" 0
