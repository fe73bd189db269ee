#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The lifetime that the HSS gave a keyset ends: said once, counted, its packets are dropped both ways and nothing is
# pulled for them. A new AKA run puts it right at once.
. "$(dirname "$0")/_init.sh"

lifetime_s=4
lab_start
ping_up 5
asked=$(counter pull.sent)
wait_for 15 "the keyset's end" counter_is session.keysets_expired 1
capture access sgsn gn0
capture core ggsn gn0
try_ping 20
in_ns ggsn ping -c 3 -i 0.2 -W 1 "$ue_address" >/dev/null || true
capture_end access
capture_end core
expect_equal "G-PDUs of the UE on the core side" "$(packets count "$lab/core.pcap" --to 10.1.0.2)" 0
expect_equal "G-PDUs for the UE on the access side" "$(packets count "$lab/access.pcap" --to 10.1.0.1)" 0
expect_equal "pulls since" "$(counter pull.sent)" "$asked"
expect_equal "lines in the log" "$(grep -Ec "warning: IMSI $imsi .*lifetime" "$lab/hse.log")" 1

: >"$lab/hse-ue.out"
kill -USR1 "${pids[hse-ue]}"
wait_log hse-ue 'step 5'
ping_up 5
ping_down 5
