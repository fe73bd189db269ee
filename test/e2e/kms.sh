#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A UE back from idle when the HSS has forgotten its keyset: the KMS serves it, which was told early. So it does when
# the HSS is gone, and after a restart of its own; under another master key it does not start.
. "$(dirname "$0")/_init.sh"

keyset_retention_s=4
hss_hses='[hse.home.example, kms.home.example]'
hse_sessions=', idle_flush_s: 2'
hse_peers='- {identity: kms.home.example, address: 10.99.0.4, port: 5868}'
hse_key_sources='- {kind: diameter, name: hss, host: hss.home.example, realm: home.example}
- {kind: diameter, name: kms, host: kms.home.example, realm: home.example, prefetch: true}'

flushed() {
	wait_for 15 "the keys to be flushed, $1" counter_is session.flushed "$1"
}

lab_network
start_ggsn
start_hss
start_kms
start_hse
wait_peer_open 2
start_ue
ping_up 5
wait_for 5 "the KMS to have the keyset" counter_is key_source.kms.prefetch.found 1
wait_log hse-kms 'step 8: .* got from the HSS'
expect_equal "keysets from the HSS" "$(counter key_source.hss.found)" 1
flushed 1
sleep 2.5

ping_up 10
ping_down 10
expect_equal "keysets that the HSS did not have any more" "$(counter key_source.hss.not_available)" 1
expect_equal "keysets from the KMS" "$(counter key_source.kms.found)" 1
expect_equal "keysets pulled again" "$(counter session.flushed_pulled)" 1
flushed 2

stop hse-hss
stop hse-kms
start_kms
wait_peer_open 1
ping_down 10
ping_up 10
expect_equal "keysets from the KMS" "$(counter key_source.kms.found)" 2
[ "$(counter key_source.hss.unreachable)" -ge 1 ] || die "the HSS was not tried first"

stop hse-kms
master_key >"$lab/kms.master"
status=0
"$build/app/hse-hss" --config "$lab/hse-kms.yaml" 2>"$lab/refused.log" || status=$?
expect_equal "exit status under another master key" "$status" 1
grep -q "kms.state: was written under another master key" "$lab/refused.log" || die "$(cat "$lab/refused.log")"
