#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A key source of two hosts, front ends of one HSS. Two KMSs before it play them, as both have what the HSS has. One hangs
# with pulls on their way, then crashes: the other is asked within the time-out, and no packet is lost. When it is back
# it is used again.
. "$(dirname "$0")/_init.sh"

hss_hses='[kms.home.example, kms2.home.example]'
hse_pull='{timeout_ms: 1500}'
hse_peers='- {identity: kms.home.example, address: 10.99.0.4, port: 5868}
- {identity: kms2.home.example, address: 10.99.0.5, port: 5868}'
hse_key_sources='- kind: diameter
  name: kms
  hosts: [kms.home.example, kms2.home.example]
  realm: home.example
  keyset_retention_s: 300'

# rekey: a new AKA run, hence a pull, under traffic of which nothing may be lost.
rekey() {
	local found
	found=$(counter key_source.kms.found)
	kill -USR1 "${pids[hse-ue]}"
	ping_up 20 --interval 0.02
	wait_for 10 "the keyset of the new run" counter_is key_source.kms.found $((found + 1))
}

pulls_at() {
	grep -c 'step 7' "$lab/hse-$1.log" || true
}

lab_network
start_ggsn
start_hss
start_kms
start_kms kms2 10.99.0.5
start_hse
wait_peer_open 3
start_ue
ping_up 5
for _ in 1 2 3; do
	rekey
done
expect_equal "pulls at each host" "$(pulls_at kms) $(pulls_at kms2)" "2 2"
expect_equal "failovers" "$(counter key_source.kms.failovers)" 0

kill -STOP "${pids[hse-kms]}"
for _ in 1 2 3; do
	rekey
done
failovers=$(counter key_source.kms.failovers)
[ "$failovers" -ge 1 ] || die "the host that hangs was never asked"
[ "$failovers" -le 2 ] || die "the host that hangs was asked for each pull"
kill_hard hse-kms
for _ in 1 2 3; do
	rekey
done
expect_equal "pulls without an answer" "$(counter pull.timeout)" 0
expect_equal "pulls at the host that goes on" "$(pulls_at kms2)" 8

start_kms
wait_peer_open 3
sleep 0.3
for _ in 1 2 3 4; do
	rekey
done
expect_equal "pulls at the host that is back" "$(pulls_at kms)" 2
