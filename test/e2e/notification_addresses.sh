#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A GGSN reports the address of a session, its APN and the networks behind its UE: packets with another address are
# dropped. A list of routes that is reported replaces the one before. Reports with a wrong address or route are refused,
# and change nothing. hsectl shows the addresses, and finds the session by them.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_report.sh"
. "$(dirname "$0")/_tunnel.sh"

about="imsi=$imsi nsapi=5 key_id=1"
tunnels='up=10.1.0.2/0x1001 down=10.1.0.1/0x2001'

certificate ggsn.home.example
keysets
lab_network
start_hse

# The N-PDUs of the UE's side have address 10.2.0.2: of a network behind the UE.
reported 2001 "activate $about sqn=$sqn $tunnels ip=10.2.0.9 ipv6=2001:db8:1:2::/64 apn=iot route=10.2.0.0/24 route=10.3.0.0/24 delegated=2001:db8:100::/56"
expect_equal "kind" "$(session kind)" protected
expect_equal "ipv4" "$(session ipv4)" 10.2.0.9
expect_equal "ipv6" "$(session ipv6)" 2001:db8:1:2::/64
expect_equal "apn" "$(session apn)" iot
expect_equal "networks" "$(session networks | tr ' ' '\n' | sort | xargs)" "10.2.0.0/24 10.3.0.0/24 2001:db8:100::/56"
opens 0x1001 0 5
protects 0x2001 0 5

reported 2001 "update $about"
protects 0x2001 5 5
reported 2001 "update $about route=10.5.0.0/16"
expect_equal "networks" "$(session networks | tr ' ' '\n' | sort | xargs)" "10.5.0.0/16 2001:db8:100::/56"
tunnel clear down 0x2001 10 3 >"$lab/down"
packets_in ggsn send gn0 "$lab/down"
wait_for 5 "downlink with another address to be dropped" counter_is core.drop.wrong_address 3
tunnel protected up 0x1001 5 3 >"$lab/up"
packets_in sgsn send gn0 "$lab/up"
wait_for 5 "uplink with another address to be dropped" counter_is access.drop.wrong_address 3
reported 2001 "update $about route=10.2.0.2/32"
protects 0x2001 10 3
opens 0x1001 8 3

# found OPTION VALUE
found() {
	hsectl sessions "$@" | grep -q "^imsi  *$imsi\$"
}
found --address 10.2.0.9 || die "not found by its address"
found --address 10.2.0.2 || die "not found by its network"
found --address 2001:db8:1:2::7 || die "not found by its prefix"
found --teid 0x2001 || die "not found by its TEID"
found --address 10.9.0.1 && die "found by an address that it does not have"

# refused RESULT-CODE FAULT REPORT
refused() {
	reported "$1" "$3"
	expect_equal "notification.fault.$2" "$(counter "notification.fault.$2")" 1
}
refused 5004 pdp_address "update $about ip=0.0.0.0"
refused 5004 apn "update $about apn=a..b"
refused 5004 route "update $about route=0.0.0.0/0"
refused 5006 too_many_routes "update $about$(printf ' route=10.%s.0.0/16' {1..33})"
expect_equal "ipv4" "$(session ipv4)" 10.2.0.9
protects 0x2001 13 3

reported 2001 "delete $about"
expect_equal "sessions" "$(status sessions)" 0
