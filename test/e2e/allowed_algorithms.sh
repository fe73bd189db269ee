#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A keyset with algorithms that the operator does not allow is refused: said, counted, and nothing crosses. With better ones
# the same subscriber is served.
. "$(dirname "$0")/_init.sh"

hse_more='allowed_algorithms: {ciphering: [eea2, gcm], integrity: [eia2, gcm]}'
ciphering=eea0
lab_start
capture core ggsn gn0
try_ping 5
wait_log hse 'algorithms that are not allowed: ciphering 0x00 with integrity 0x02'
wait_for 5 "the keyset to be counted" counter_is session.keysets_not_allowed 1
wait_for 5 "its packets to be dropped" counter_at_least access.drop.no_keyset 1
capture_end core
expect_equal "G-PDUs on the core side" "$(packets count "$lab/core.pcap" --to 10.1.0.2)" 0
stop hse-ue
stop hse-hss

ciphering=gcm
integrity=gcm
start_hss
wait_peer_open
rm "$lab/hse-ue.out"
start_ue
ping_up 5
ping_down 5
