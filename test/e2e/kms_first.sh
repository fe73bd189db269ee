#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The KMS before the HSS in hse's order: the KMS gets each keyset from the HSS at first demand, and gives it again when
# the HSS has forgotten it. When the KMS is gone, hse pulls from the HSS, without a restart of anything.
. "$(dirname "$0")/_init.sh"

keyset_retention_s=4
hss_hses='[hse.home.example, kms.home.example]'
hse_sessions=', idle_flush_s: 2'
hse_peers='- {identity: kms.home.example, address: 10.99.0.4, port: 5868}'
hse_key_sources='- {kind: diameter, name: kms, host: kms.home.example, realm: home.example}
- {kind: diameter, name: hss, host: hss.home.example, realm: home.example}'

lab_network
start_ggsn
start_hss
start_kms
start_hse
wait_peer_open 2
start_ue
ping_up 5
expect_equal "keysets from the KMS" "$(counter key_source.kms.found)" 1
expect_equal "pulls to the HSS" "$(counter key_source.hss.sent)" 0
wait_for 15 "the keys to be flushed" counter_is session.flushed 1
sleep 2.5
ping_up 5
expect_equal "keysets from the KMS" "$(counter key_source.kms.found)" 2
kill -USR1 "${pids[hse-kms]}"
wait_log hse-kms 'pulls: 1 given, 0 refused, 0 held by another HSE; asked of the HSS: 1 .*: 1 learned, 0 not had'

kill_hard hse-kms
: >"$lab/hse-ue.out"
kill -USR1 "${pids[hse-ue]}"
wait_log hse-ue 'step 5'
ping_up 10
expect_equal "keysets from the HSS" "$(counter key_source.hss.found)" 1
