#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Sessions of the configuration, in a lab without a core: their tunnels are protected and opened from the start of hse on.
# After a clean stop COUNTs go on where they were, and after a crash none is used again.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_tunnel.sh"

hse_state="{path: $lab/state}"
hse_more="static_sessions:
  - imsi: \"$imsi\"
    nsapi: 5
    sqn: \"$sqn\"
    key_id: 1
    uplink: {address: 10.1.0.2, teid: 0x1001}
    downlink: {address: 10.1.0.1, teid: 0x2001}"

keysets
lab_network
start_hse
expect_equal "sessions" "$(status sessions)" 1
opens 0x1001 0 5
protects 0x2001 0 5
dropped_as_unknown clear up 0x1002 0 3
dropped_as_unknown clear down 0x2002 0 3

stop hse
start_hse
protects 0x2001 5 5
opens 0x1001 5 5

kill_hard hse
start_hse
tunnel clear down 0x2001 10 5 >"$lab/clear"
capture access sgsn gn0
packets_in ggsn send gn0 "$lab/clear"
wait_for 5 "packets after the crash" seen access 5 --to 10.1.0.1
capture_end access
counts=$(tunnel counts "$lab/access.pcap" down)
[ "$(sort -n <<<"$counts" | head -n 1)" -ge 10 ] || die "COUNTs after the crash were used before: $counts"
expect_equal "COUNTs that came twice" "$(sort <<<"$counts" | uniq -d)" ""
expect_equal "sessions after the crash" "$(status sessions)" 1
