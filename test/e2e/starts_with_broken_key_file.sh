#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A file is the key source, and is not there, and then cannot be read: hse starts, forwards at once, keeps protected tunnels
# closed, says what is wrong, and serves them when the file is good, without a restart.
. "$(dirname "$0")/_init.sh"
. "$e2e_dir/_tunnel.sh"
. "$e2e_dir/_starts_with.sh"

hse_state="{path: $lab/state}"
hse_more="unknown_teid: pass
static_sessions:
  - imsi: \"$imsi\"
    nsapi: 5
    sqn: \"$sqn\"
    key_id: 1
    uplink: {address: 10.1.0.2, teid: 0x1001}
    downlink: {address: 10.1.0.1, teid: 0x2001}"

# stays_closed FIRST: five PDUs of the protected tunnel each way from this COUNT on do not cross.
stays_closed() {
	tunnel protected up 0x1001 "$1" 5 >"$lab/up"
	tunnel clear down 0x2001 "$1" 5 >"$lab/down"
	capture core ggsn gn0
	capture access sgsn gn0
	packets_in sgsn send gn0 "$lab/up"
	packets_in ggsn send gn0 "$lab/down"
	wait_for 5 "packets to wait for their key" held_at_least 1
	crosses_unchanged clear up 0x1002 "$1" 3
	capture_end core
	capture_end access
	expect_equal "G-PDUs on the core side but those of another tunnel" "$(packets count "$lab/core.pcap" --to 10.1.0.2)" 3
	expect_equal "G-PDUs on the access side" "$(packets count "$lab/access.pcap" --to 10.1.0.1)" 0
}

held_at_least() {
	[ "$(status held_packets)" -ge "$1" ]
}

is_ready() {
	[ "$(session_state)" = ready ]
}

lab_network
start_hse
place="$lab/hse.yaml:[0-9]+:[0-9]+: key_sources\[0\].path: $lab/keysets.yaml"
wait_log hse "error: $place: cannot be read: No such file or directory"
expect_fault "$place: cannot be read: No such file or directory"
stays_closed 0

echo 'keysets: [{imsi: 1}]' >"$lab/keysets.yaml"
wait_log hse "error: $place:1:[0-9]+: keysets\[0\]"
stays_closed 5

keysets
wait_for 10 "the keyset of the file" is_ready
opens 0x1001 10 5
log_has hse 'mended: key_sources.lab' || die "hse does not say that it is mended"
