#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A session of the configuration with an address: its packets cross, those with another address do not. No unknown tunnel
# has its address.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_tunnel.sh"

# static ADDRESS
static() {
	hse_state="{path: $lab/state}"
	hse_more="unknown_teid: pass
policy:
  - {action: protect}
static_sessions:
  - imsi: \"$imsi\"
    nsapi: 5
    sqn: \"$sqn\"
    key_id: 1
    uplink: {address: 10.1.0.2, teid: 0x1001}
    downlink: {address: 10.1.0.1, teid: 0x2001}
    address: $1
    apn: iot.example"
}

keysets
lab_network
static '[10.2.0.2, "2001:db8:1:2::/64"]'
start_hse
hsectl sessions --address 10.2.0.2 | grep -q '^apn  *iot.example$' || die "the session does not have its address"
hsectl sessions --address 2001:db8:1:2::7 | grep -q "^imsi  *$imsi\$" || die "the session does not have its prefix"
opens 0x1001 0 5
protects 0x2001 0 5
tunnel clear down 0x2002 0 3 >"$lab/down"
packets_in ggsn send gn0 "$lab/down"
wait_for 5 "its address in another tunnel to be dropped" counter_at_least core.drop.wrong_address 3

stop hse
static 10.2.0.9
start_hse
tunnel clear down 0x2001 5 3 >"$lab/down"
packets_in ggsn send gn0 "$lab/down"
wait_for 5 "another address in its tunnel to be dropped" counter_is core.drop.wrong_address 3
