#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# An HSS that answers slowly, never, twice, to nothing that was asked, for another, with wrong keys, algorithms or AVPs,
# or whose connection breaks with pulls on their way: each is counted by its name, no wrong key is used, another UE's
# packets go on all the while, and the pull succeeds by itself once the HSS answers as it should.
. "$(dirname "$0")/_init.sh"

witness=262010000000002
hss_hses='[bad.home.example]'
hse_pull='{timeout_ms: 600, retry_min_ms: 100, retry_max_ms: 400, hold_ms: 60000}'
hse_peers='- {identity: bad.home.example, address: 10.99.0.5, port: 5868}'
hse_key_sources='- {kind: diameter, name: bad, host: bad.home.example, realm: home.example}'

subscribers() {
	subscriber "$hss_imsi" "$ciphering" "$integrity"
	subscriber "$witness" "$ciphering" "$integrity"
}

mode() {
	echo "$*" >"$lab/bad.mode.new"
	mv "$lab/bad.mode.new" "$lab/bad.mode"
}

start_bad_hss() {
	certificate bad.home.example
	mode good
	start bad-hss home python3 "$e2e_dir/bad_hss.py" --identity bad.home.example --realm home.example \
		--address 10.99.0.5 --certificate "$lab/bad.home.example.pem" --key "$lab/bad.home.example.key" \
		--ca "$lab/ca.pem" --mode "$lab/bad.mode" --upstream 10.99.0.1 --upstream-identity hss.home.example
	wait_log bad-hss '^listening'
}

# start_witness: another UE of another SGSN, whose session the bad answers are not about.
start_witness() {
	certificate sgsn2.home.example
	config_ue | sed "s/imsi: \"[0-9]*\"/imsi: \"$witness\"/; s/address: \"10.1.0.1\"/address: 10.1.0.3/; s/name: ue0/name: ue1/
		s/, routes: .*/}/; s/sgsn.home/sgsn2.home/g" >"$lab/hse-ue2.yaml"
	start hse-ue2 sgsn "$build/app/hse-ue" --config "$lab/hse-ue2.yaml"
	wait_log hse-ue2 '^ready: ' 30
	ip -n "$run-sgsn" route add 10.2.0.0/24 dev ue1 metric 100
}

ping_witness() {
	ping_all sgsn "$1" 10.2.0.1 --device ue1
}

# rekey: a new AKA run, hence a pull.
rekey() {
	: >"$lab/hse-ue.out"
	kill -USR1 "${pids[hse-ue]}"
	wait_log hse-ue 'step 5: accepted'
}

# survives MODE COUNTER: what is wrong with the answers in that mode is counted as COUNTER.
survives() {
	local before
	before=$(counter "$2")
	mode "$1"
	rekey
	try_ping 3 # which is what hse pulls for
	wait_for 10 "'$1' to be counted as $2" counter_at_least "$2" $((before + 2))
	ping_witness 10
	mode good
	ping_up 10
	say "$1: $2 $before, then $(counter "$2")"
}

lab_network
start_ggsn
start_hss
start_bad_hss
start_hse
wait_for 20 "hse's connections" peers_open 2
start_ue
start_witness
ping_up 5
ping_witness 5
expect_equal "keysets" "$(counter key_source.bad.found)" 2

survives never pull.timeout
survives "slow 900" pull.timeout
survives hop_by_hop pull.timeout
survives other_session key_source.bad.fault.other_request
survives other_subscriber key_source.bad.fault.other_subscriber
for octets in 0 15 17 32; do
	survives "length $octets" key_source.bad.fault.key_length
done
survives algorithm key_source.bad.fault.algorithm
survives mandatory key_source.bad.fault.unparsed
survives busy key_source.bad.busy
survives cut pull.unreachable
survives garbage pull.unreachable

found=$(counter key_source.bad.found)
unexpected=$(counter diameter.unexpected_answers)
mode twice
rekey
ping_up 10
expect_equal "keysets of one pull that is answered twice" "$(counter key_source.bad.found)" $((found + 1))
wait_for 5 "the second answer" counter_at_least diameter.unexpected_answers $((unexpected + 1))
mode slow 300
rekey
ping_up 10
ping_witness 10
ping_down 10
expect_equal "packets with a wrong key" "$(counter access.drop.bad_mac)" 0
expect_equal "pulls for the other UE" "$(grep -c "$witness" "$lab/bad-hss.out")" 1
