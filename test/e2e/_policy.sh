# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# _policy.sh: what tests of the operator's policy share, for _init.sh's lab. sgsnemu_imsi is the ordinary subscriber.

# restart RULES: hse with that policy, which knows nothing of before.
restart() {
	hse_more="policy: [$1]"
	stop hse
	start_hse
	wait_peer_open
}

ue_again() {
	rm -f "$lab/hse-ue.out"
	start_ue
}

# state_of IMSI: of its session, by hsectl.
state_of() {
	hsectl --json sessions --imsi "$1" |
		python3 -c 'import json, sys; print(*(s["state"] for s in json.load(sys.stdin)["sessions"]))'
}

# nothing_crosses: of the ordinary subscriber, either way.
nothing_crosses() {
	local up down
	up=$(counter access.drop.policy) down=$(counter core.drop.policy)
	capture access sgsn gn0
	capture core ggsn gn0
	packets_in sgsn ping --count 5 --wait 0.1 10.2.0.1 --source "$(sgsnemu_address)" >/dev/null || true
	packets_in ggsn ping --count 5 --wait 0.1 "$(sgsnemu_address)" >/dev/null || true
	wait_for 5 "uplink to be counted" counter_is access.drop.policy $((up + 5))
	wait_for 5 "downlink to be counted" counter_is core.drop.policy $((down + 5))
	capture_end access
	capture_end core
	expect_equal "pings uplink on the core side" \
		"$(packets count "$lab/core.pcap" --to 10.1.0.2)" 0
	expect_equal "pings downlink on the access side" \
		"$(packets count "$lab/access.pcap" --to 10.1.0.3)" 0
}

# all_passes: what the UE protects crosses as it is, though the UE names a keyset.
all_passes() {
	restart '{apn: "*", action: pass}'
	ue_again
	capture access sgsn gn0
	capture core ggsn gn0
	try_ping 5
	wait_for 5 "the packets on the core side" seen core 5 --to 10.1.0.2
	capture_end access
	capture_end core
	packets payloads "$lab/access.pcap" --to 10.1.0.2 >"$lab/access.txt"
	packets payloads "$lab/core.pcap" --to 10.1.0.2 | cmp - "$lab/access.txt" || die "what is to pass was changed"
	expect_equal "packets that were opened" "$(counter access.opened)" 0
	expect_equal "sessions that named a keyset and pass" "$(counter policy.passed)" 1
}
