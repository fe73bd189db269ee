#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Two HSEs that pull the same keyset, and would each begin downlink at COUNT 0: the HSS gives it to the first alone, and
# so it does when the second asks a KMS that knows nothing of the first. That is said once, with both names; the second
# counts it; and the first's traffic goes on.
. "$(dirname "$0")/_init.sh"

hss_hses='[hse.home.example, hse2.home.example, kms.home.example]'
kms_hses='[hse.home.example, hse2.home.example]'

# The second hse gets a copy of every frame between the SGSN and the first, and what it sends goes nowhere.
second_network() {
	namespace_add hse2
	veth_add sgsn copy-up hse2 acc0
	veth_add sgsn copy-down hse2 core0
	ip -n "$run-hse2" link set acc0 promisc on arp off
	ip -n "$run-hse2" link set core0 promisc on arp off
	ip -n "$run-sgsn" link set copy-up arp off
	ip -n "$run-sgsn" link set copy-down arp off
	in_ns sgsn tc qdisc add dev gn0 clsact
	in_ns sgsn tc filter add dev gn0 egress protocol all u32 match u32 0 0 action mirred egress mirror dev copy-up
	in_ns sgsn tc filter add dev gn0 ingress protocol all u32 match u32 0 0 action mirred egress mirror dev copy-down
	veth_add hse2 mgmt0 home to-hse2
	ip -n "$run-home" link set to-hse2 master br0
	ip -n "$run-hse2" addr add 10.99.0.6/24 dev mgmt0
}

# second COMMAND...: one of the words about hse, about the second.
second() {
	run="${run}2" "$@"
}

# start_second SOURCE ADDRESS: an hse that pulls from there, as soon as it is let out.
start_second() {
	ip -n "$run-hse2" link set mgmt0 down
	: >"$lab/hse2.log"
	config_hse | sed -e "s/hse\.home\.example/hse2.home.example/g; s/prefix: .*}/prefix: ${run}2}/" \
		-e "s/hss\.home\.example/$1.home.example/g; s/name: hss/name: $1/; s/10\.99\.0\.1,/$2,/" >"$lab/hse2.yaml"
	start hse2 hse2 "$build/app/hse" --config "$lab/hse2.yaml"
	wait_for 20 "the second hse to answer on its telemetry socket" second hsectl status
}

# expect_second_refused SOURCE ADDRESS: a UE whose keyset the first hse has, when the second begins to pull.
expect_second_refused() {
	start_second "$1" "$2"
	: >"$lab/hse-ue.out"
	start_ue
	ping_up 5
	wait_for 10 "the second hse to want the keyset" second counter_at_least pull.unreachable 1
	ip -n "$run-hse2" link set mgmt0 up
	wait_for 30 "the second hse to be refused" second counter_at_least pull.not_authorized 1
	ping_up 50
	ping_down 10
	expect_equal "keysets that the second hse has got" "$(second counter pull.found)" 0
	expect_equal "lines of the second hse about it" "$(grep -c "$imsi.*another HSE has it" "$lab/hse2.log")" 1
	stop hse2
	stop hse-ue
}

lab_network
second_network
certificate hse2.home.example
start_ggsn
start_hss
start_kms
start_hse
wait_peer_open

expect_second_refused hss 10.99.0.1
expect_equal "lines of the HSS about it" \
	"$(grep -c "$imsi.*refused to hse2.home.example, as hse.home.example has it" "$lab/hse-hss.log")" 1

expect_second_refused kms 10.99.0.4
expect_equal "lines of the HSS about it" "$(grep -c \
	"$imsi.*refused to kms.home.example for hse2.home.example, as hse.home.example has it" "$lab/hse-hss.log")" 1
