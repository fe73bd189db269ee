#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A GGSN that reports its sessions to hse over Diameter: a tunnel that no GTP-C has ever announced is protected and
# opened from the answer on, moved, and gone. Reports that are wrong, or of a peer that may not report, are refused by
# their fault, and change nothing.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_report.sh"
. "$(dirname "$0")/_tunnel.sh"

hse_peers+='
- {identity: other.home.example}'
about="imsi=$imsi nsapi=5 key_id=1"
up=up=10.1.0.2/0x1001
down=down=10.1.0.1/0x2001

certificate ggsn.home.example
certificate other.home.example
keysets
lab_network
start_hse

dropped_as_unknown protected up 0x1001 0 3
reported 5002 "update $about $down"
reported 2001 "activate $about sqn=$sqn $up $down"
expect_equal "who has the last word" "$(session origin)" notification
opens 0x1001 0 10
protects 0x2001 0 10
expect_equal "clear text for the protected tunnel" "$(counter access.drop.malformed)" 0
tunnel clear up 0x1001 100 1 >"$lab/clear"
packets_in sgsn send gn0 "$lab/clear"
wait_for 5 "clear text to be dropped" counter_is access.drop.malformed 1

reported 2001 "update $about down=10.1.0.1/0x2002"
protects 0x2002 10 10
opens 0x1001 10 10
reported 2001 "update $about"

expect_equal "a peer that may not report" "$(report_of other.home.example "delete $about" "delete $about")" "5003
5003"
expect_equal "its reports" "$(counter notification.not_allowed)" 2
expect_equal "lines about it" "$(grep -c 'other.home.example notifies' "$lab/hse.log")" 1

# refused RESULT-CODE FAULT REPORT
refused() {
	local before
	before=$(counter "notification.fault.$2")
	reported "$1" "$3"
	expect_equal "notification.fault.$2" "$(counter "notification.fault.$2")" $((before + 1))
}
refused 5005 missing_avp "activate $about $up $down"
refused 5005 missing_avp "activate $about sqn=$sqn $up"
refused 5009 rand_and_sqn "activate $about sqn=$sqn rand=$e2mck $up $down"
refused 5009 avp_twice "update $about $down $down"
refused 5004 event "event=3 $about"
refused 5004 nsapi "delete imsi=$imsi nsapi=4 key_id=1"
refused 5004 imsi "delete imsi=12345 nsapi=5 key_id=1"
refused 5009 unparsed "delete $about imsi=$imsi"
reported 5004 "update $about up=10.1.0.1/0x2002"
protects 0x2002 20 3
opens 0x1001 20 3

reported 2001 "delete $about"
expect_equal "sessions" "$(status sessions)" 0
reported 5002 "delete $about"
packets_in sgsn send gn0 "$lab/clear"
wait_for 5 "late packets to be dropped" counter_is access.drop.tunnel_removed 1
