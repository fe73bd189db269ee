# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# _refused.sh: what hse does when a pull is refused for good.

# expect_refused OUTCOME: the UE's packets are not sent on; the pull is counted as OUTCOME, said once in the log with
# the IMSI, and not tried again for each packet.
expect_refused() {
	local asked
	capture core ggsn gn0
	try_ping 100 --interval 0.02
	wait_for 10 "the pull to be counted as $1" counter_at_least "pull.$1" 1
	capture_end core
	expect_equal "the state of the session" \
		"$(hsectl --json sessions | python3 -c 'import json,sys; print(json.load(sys.stdin)["sessions"][0]["state"])')" "$1"
	expect_equal "G-PDUs on the core side" "$(packets count "$lab/core.pcap" --to 10.1.0.2)" 0
	asked=$(counter "pull.$1")
	[ "$asked" -le 3 ] || die "100 packets in two seconds made $asked pulls"
	expect_equal "lines in the log of hse with the IMSI and the refusal" \
		"$(grep -Ec "(error|warning): .*$imsi" "$lab/hse.log")" 1
}
