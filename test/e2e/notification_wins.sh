#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The GGSN reports a session that hse has seen in GTP-C too: they agree, and nothing changes. From then on GTP-C that
# names another AKA run changes nothing, and is said once, until the GGSN reports it too; and a Delete that it accepted
# ends the session.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_report.sh"

# update_pdp: a new AKA run and an Update PDP Context that names it; the words for it in $run_of_update.
update_pdp() {
	: >"$lab/hse-ue.out"
	kill -USR1 "${pids[hse-ue]}"
	wait_log hse-ue 'step 5: accepted'
	run_of_update=$(sed -n 's/.*PCO with SQN \([0-9a-f]*\), Key ID \([0-9]\).*/sqn=\1 key_id=\2/p' "$lab/hse-ue.out")
}

certificate ggsn.home.example
lab_start
ping_up 5
read -r name value <<<"$(session keyset)"
tunnels="up=$(session uplink) down=$(session downlink)"
reported 2001 "activate imsi=$imsi nsapi=5 key_id=1 ${name,,}=$value $tunnels"
expect_equal "who has the last word" "$(session origin)" notification
ping_up 5
ping_down 5
expect_equal "contradictions" "$(counter session.contradicted)" 0

for key_id in 2 3; do
	update_pdp
	try_ping 3
	wait_for 5 "packets with Key ID $key_id to be dropped" counter_at_least access.drop.unknown_key_id $((3 * key_id - 3))
	expect_equal "contradictions" "$(counter session.contradicted)" $((key_id - 1))
	expect_equal "Key ID of the session" "$(session key_id)" $((key_id - 1))
	reported 2001 "update imsi=$imsi nsapi=5 $run_of_update"
	ping_up 10
	ping_down 10
done
expect_equal "lines about it" "$(grep -c 'GTP-C says otherwise of its keyset' "$lab/hse.log")" 1

stop hse-ue # deletes its context
wait_for 5 "the session to end" counter_is session.removed 1
reported 5002 "delete imsi=$imsi nsapi=5 key_id=3"
